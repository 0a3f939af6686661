"""Losses as pure functions of tensors, with the papers' letters.

Contrastive: `nt_xent` (SimCLR), `hard_negative` (HCL). Towards a target without gradient: `negative_cosine` (BYOL,
SimSiam), `distillation` (SimCLRv2). From pseudo-labels: `log_ratio`, `hyperbolic_log_ratio` (UHML, in their own
module). Each sees the whole batch and returns a scalar, averaged over the batch.

Half types are raised to float32 inside (exp(1/tau) leaves float16 below tau = 0.09); float32 and float64 stay
as they are.
"""

import math
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from ssl_core.log_ratio import hyperbolic_log_ratio, log_ratio
from ssl_core.loss_inputs import LossError, at_least_float32, check_temperature

__all__ = [
    "LossError",
    "at_least_float32",
    "contrastive_accuracy",
    "distillation",
    "hard_negative",
    "hard_negative_terms",
    "hard_negative_weights",
    "hyperbolic_log_ratio",
    "log_ratio",
    "negative_cosine",
    "nt_xent",
    "nt_xent_logits",
    "positives",
]


def nt_xent_logits(z1: Tensor, z2: Tensor, temperature: float) -> Tensor:
    """Return the logits s[i, k] / tau of NT-Xent, (2B, 2B), with -inf on the diagonal (SimCLR Eq. 1).

    Row i < B is the first view of image i, row B + i its second. s is the cosine similarity.
    """
    check_temperature(temperature)
    z = functional.normalize(torch.cat([at_least_float32(z1), at_least_float32(z2)]), dim=1)
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
        temperature: tau > 0 (LossError otherwise).

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


class HardNegativeTerms(NamedTuple):
    """The parts of `hard_negative` for each of the 2B anchors i, in logarithms.

    log_p: <z_i, z_P(i)> / t of the positive, (2B,).
    log_pi: the weights pi_ij = w_ij / N of the negatives, which sum to 1; -inf for all others, (2B, 2B).
    log_r, log_g: the reweighted sum R_i over the negatives, and G_i without its same-class share, (2B,).
    clamped: whether G_i is at its lower bound N exp(-1/t), where the negatives get no gradient, (2B,) bool.
    """

    log_p: Tensor
    log_pi: Tensor
    log_r: Tensor
    log_g: Tensor
    clamped: Tensor


class NegativeWeights(NamedTuple):
    """How `hard_negative` weighs its negatives, for logs: two scalars without gradient.

    effective_sample_size: mean over the anchors of (1 / sum_j pi_ij^2) / N, in (0, 1]; 1 at beta = 0.
    clamped: share of the anchors whose negatives are at the lower bound and get no gradient, in [0, 1].
    """

    effective_sample_size: Tensor
    clamped: Tensor


def hard_negative_terms(
    z1: Tensor, z2: Tensor, temperature: float, tau_plus: float, beta: float
) -> HardNegativeTerms:
    """Return the parts of `hard_negative`, whose arguments and errors these are, with their gradients.

    >>> terms = hard_negative_terms(torch.eye(2), torch.eye(2), temperature=0.5, tau_plus=0.1, beta=1.0)
    >>> terms.log_pi[0].exp().tolist()  # two images: the two views of the other one are the negatives
    [0.0, 0.5, 0.0, 0.5]
    """
    if not 0 <= tau_plus < 1:
        raise LossError(f"tau_plus is a class probability in [0, 1), not {tau_plus}: 1 / classes is usual")
    if not 0 <= beta < math.inf:
        raise LossError(f"beta must be finite and >= 0, not {beta}: 0 weighs all negatives alike, 1 is usual")
    if len(z1) < 2:
        raise LossError("hard_negative needs a batch of at least 2 images: one alone has no negatives")
    logits = nt_xent_logits(z1, z2, temperature)
    positive = positives(len(z1), logits.device)[:, None]
    log_p = logits.gather(1, positive).squeeze(1)
    excluded = torch.eye(len(logits), dtype=torch.bool, device=logits.device).scatter(1, positive, True)
    s = logits.masked_fill(excluded, 0)  # until after the product with beta: 0 * -inf would be NaN
    tilt = (beta * s).masked_fill(excluded, -math.inf)
    log_z = tilt.logsumexp(1)
    # In logarithms throughout: exp((beta + 1) / t) leaves float32 already at t = 0.07, beta = 6.
    log_n = math.log(len(logits) - 2)
    log_r = log_n + ((beta + 1) * s).masked_fill(excluded, -math.inf).logsumexp(1) - log_z
    # R - tau_plus N p = R * left. Where nothing is left G is at its bound, whatever the value; exp and log stay
    # finite there, as an infinite gradient times zero would be NaN.
    most = -math.log(tau_plus) if tau_plus > 0 else 0.0
    left = 1 - tau_plus * (log_n + log_p - log_r).clamp_max(most).exp()
    debiased = log_r + left.where(left > 0, 1.0).log() - math.log1p(-tau_plus)
    bound = log_n - 1 / temperature
    clamped = (left <= 0) | (debiased < bound) if tau_plus > 0 else torch.zeros_like(log_p, dtype=torch.bool)
    return HardNegativeTerms(log_p, tilt - log_z[:, None], log_r, debiased.masked_fill(clamped, bound), clamped)


def hard_negative(z1: Tensor, z2: Tensor, temperature: float, tau_plus: float, beta: float) -> Tensor:
    r"""Contrastive loss with hard, debiased negatives (HCL, ICLR 2021; joshr17/HCL `image/main.py`, criterion).

    With e_ij = exp(<z_i, z_j> / t), p_i the same for the positive, and the N = 2B - 2 negatives j of anchor i:

    .. math::
        w_{ij} = \frac{e_{ij}^\beta}{\frac1N \sum_k e_{ik}^\beta}, \quad R_i = \sum_j w_{ij} e_{ij}, \quad
        G_i = \max\Big\{\frac{R_i - \tau^+ N p_i}{1 - \tau^+}, N e^{-1/t}\Big\}, \quad
        \mathcal L = \frac1{2B} \sum_i -\log \frac{p_i}{p_i + G_i}

    beta = 0 is the debiased loss (Chuang et al., NeurIPS 2020), beta = 0 and tau_plus = 0 is `nt_xent`. As in the
    official code the gradient flows through the weights w.

    Args:
        z1, z2: projections of the first and second views, (B, D), B >= 2, of any length: they are normalised here.
        temperature: t > 0. With tau_plus > 0 keep it near 0.5: at 0.1 most good pairs are at the bound.
        tau_plus: probability that a negative has the class of the anchor, in [0, 1).
        beta: how much hard negatives count, >= 0.

    Returns:
        A scalar. All projections equal gives log(2B - 1) whatever the hyperparameters are:

    >>> round(hard_negative(torch.ones(4, 8), torch.ones(4, 8), temperature=0.5, tau_plus=0.1, beta=1.0).item(), 4)
    1.9459

    Raises:
        LossError: if a hyperparameter is out of its range, or B < 2.
    """
    terms = hard_negative_terms(z1, z2, temperature, tau_plus, beta)
    return -functional.logsigmoid(terms.log_p - terms.log_g).mean()


@torch.no_grad()
def hard_negative_weights(
    z1: Tensor, z2: Tensor, temperature: float, tau_plus: float, beta: float
) -> NegativeWeights:
    """Return what to log of `hard_negative`, whose arguments and errors these are.

    >>> weights = hard_negative_weights(torch.eye(4), torch.eye(4), temperature=0.5, tau_plus=0.1, beta=1.0)
    >>> round(weights.effective_sample_size.item(), 4), weights.clamped.item()
    (1.0, 0.0)
    """
    terms = hard_negative_terms(z1, z2, temperature, tau_plus, beta)
    effective = 1 / terms.log_pi.exp().square().sum(1) / (len(terms.log_pi) - 2)
    return NegativeWeights(effective.mean(), terms.clamped.to(effective.dtype).mean())


def negative_cosine(p: Tensor, z: Tensor) -> Tensor:
    r"""Negative cosine similarity to a target without gradient (SimSiam, CVPR 2021, Eqs. 1 and 2).

    .. math:: \mathcal D(p, \mathrm{sg}(z)) = -\frac{p}{\lVert p\rVert_2} \cdot \frac{z}{\lVert z\rVert_2}

    SimSiam's loss is D(p1, z2) / 2 + D(p2, z1) / 2. Each of the two terms of BYOL (NeurIPS 2020, Eq. 2) is 2 + 2 D:
    BYOL's total is 4 + 4 times SimSiam's loss.

    Args:
        p, z: predictions and targets, (B, D), of any length; z is detached here.

    Returns:
        A scalar in [-1, 1], the mean over the batch.

    >>> round(negative_cosine(torch.tensor([[2.0, 0.0]]), torch.tensor([[3.0, 4.0]])).item(), 4)
    -0.6
    """
    p, z = at_least_float32(p), at_least_float32(z.detach())
    return -(functional.normalize(p, dim=1) * functional.normalize(z, dim=1)).sum(1).mean()


def distillation(student_logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    r"""Cross entropy of a student with a teacher's soft labels (SimCLRv2, NeurIPS 2020, its distillation loss).

    .. math:: -\frac1B \sum_i \sum_y P^T(y \mid x_i; \tau) \log P^S(y \mid x_i; \tau)

    This is the paper's formula as a mean; the official notebook (google-research/simclr
    `colabs/distillation_self_training.ipynb`) multiplies it by tau^2, which is the same at its tau = 1.

    Args:
        student_logits, teacher_logits: (B, C); the teacher's are detached here.
        temperature: tau > 0 of both softmaxes (LossError otherwise).

    Returns:
        A scalar: the entropy of the teacher's labels when both agree, more when they do not.

    >>> round(distillation(torch.zeros(2, 10), torch.zeros(2, 10), temperature=0.5).item(), 4)  # log 10
    2.3026
    """
    check_temperature(temperature)
    student, teacher = at_least_float32(student_logits), at_least_float32(teacher_logits.detach())
    return functional.cross_entropy(student / temperature, (teacher / temperature).softmax(dim=1))
