"""Losses as pure functions of tensors, with the papers' letters.

Half types are raised to float32 inside (exp(1/tau) leaves float16 below tau = 0.09); float32 and float64 stay
as they are. All are averaged over the batch.
"""

import torch
from torch import Tensor
from torch.nn import functional


def at_least_float32(x: Tensor) -> Tensor:
    """Return x in float32 when it is a half type, else as it is."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def nt_xent_logits(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """Return the logits s[i, k] / tau of NT-Xent, (2B, 2B), with -inf on the diagonal (SimCLR Eq. 1).

    Row i < B is the first view of image i, row B + i its second. s is the cosine similarity.
    """
    z = functional.normalize(at_least_float32(torch.cat([z1, z2])), dim=1)
    with torch.autocast(z.device.type, enabled=False):  # which would make the product a half type again
        logits = z @ z.T / temperature
    return logits.fill_diagonal_(float("-inf"))


def nt_xent(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    r"""Normalised temperature-scaled cross entropy (SimCLR, ICML 2020, Eq. 1 and Algorithm 1).

    .. math::
        \ell(i, j) = -\log \frac{\exp(s_{i,j} / \tau)}{\sum_{k \ne i} \exp(s_{i,k} / \tau)}

    averaged over the 2B anchors i, j being the other view of the same image. The official code
    (google-research/simclr `objective.py`) returns the sum of two means, that is twice this value.

    Args:
        z1, z2: projections of the first and second views, (B, D), of any length: they are normalised here.
        temperature: tau > 0.

    Returns:
        A scalar. All projections equal gives log(2B - 1) whatever tau is:

    >>> round(nt_xent(torch.ones(4, 8), torch.ones(4, 8), temperature=0.5).item(), 4)
    1.9459
    """
    logits = nt_xent_logits(z1, z2, temperature)
    return functional.cross_entropy(logits, positives(len(z1), logits.device))


def positives(batch: int, device: torch.device | str = "cpu") -> Tensor:
    """Return for each of the 2B rows of `nt_xent_logits` the column of its positive, (2B,).

    >>> positives(3).tolist()
    [3, 4, 5, 0, 1, 2]
    """
    return torch.arange(2 * batch, device=device).roll(batch)


def contrastive_accuracy(logits: Tensor) -> Tensor:
    """Return the share of anchors whose most similar candidate is their positive, a scalar in [0, 1].

    logits (2B, 2B) are those of `nt_xent_logits`; chance is 1 / (2B - 1).
    """
    return (logits.argmax(dim=1) == positives(len(logits) // 2, logits.device)).float().mean()
