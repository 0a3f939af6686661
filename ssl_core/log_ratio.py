"""Losses from a hierarchy of pseudo-labels: the similarity of two points follows the level at which they part.

From UHML (Unsupervised Hyperbolic Metric Learning, Yan et al., CVPR 2021; official code JiexiYan/UnHyperML
`losses/LogRatio.py`), which follows the log-ratio loss of Kim et al. (Deep Metric Learning Beyond Binary
Supervision, CVPR 2019). `ssl_core.losses` offers both functions too.
"""

import math

import torch
from torch import Tensor

from ssl_core.hyperbolic import pairwise_distance
from ssl_core.loss_inputs import LossError, at_least_float32

EPSILON = 1e-6  # of the official code, inside the logarithms


def log_ratio(z: Tensor, labels: Tensor, omega: float, weight: float) -> Tensor:
    r"""Log-ratio loss on inner products (UHML's code): the mean over all triples (a, p, n) of

    .. math::
        \Big[\log \frac{s_{ap} + \varepsilon}{s_{an} + \varepsilon} - \lambda \log
        \frac{\omega + \varepsilon}{\omega^{h(a,n)+1} + \varepsilon}\Big]^2

    with s = max(<z, z'>, epsilon), epsilon = 1e-6, and h of `disagreement_level`. The positive p is another point
    with the finest label of the anchor a, the negative n one with another finest label.

    The official code sums where this is the mean, compares labels of different levels with each other, and is NaN for
    <z, z'> < 0. Here such a pair counts as epsilon and gets no gradient, while its triples still push the positive.

    Args:
        z: points of the ball, (B, D), which are not normalised here.
        labels: cluster numbers, (B, K) int, finest level first.
        omega: base of the hierarchical similarity, in (0, 1); 0.1 in the code.
        weight: lambda, 0.1 in the code. But for epsilon only lambda log(1 / omega) matters.

    Returns:
        A scalar >= 0; zero, with a graph, when the batch has no triple.

    Raises:
        LossError: if omega is out of its range or labels are not (B, K).

    >>> z = torch.tensor([[0.5, 0.0], [0.5, 0.0], [0.4, 0.3]])
    >>> round(log_ratio(z, torch.tensor([[0], [0], [1]]), omega=0.1, weight=0.1).item(), 6)  # log(5/4) is near 0.23
    5.1e-05
    """
    _check_omega(omega)
    z = at_least_float32(z)
    with torch.autocast(z.device.type, enabled=False):
        s = z @ z.T
    h = disagreement_level(labels)
    target = weight * ((omega + EPSILON) / (omega ** (h.to(s.dtype) + 1) + EPSILON)).log()
    return _mean_over_triples((s.clamp_min(EPSILON) + EPSILON).log(), target, labels)


def hyperbolic_log_ratio(z: Tensor, labels: Tensor, omega: float, weight: float, c: float) -> Tensor:
    r"""Log-ratio loss on distances of the Poincaré ball: our variant of `log_ratio`, the mean over all triples of

    .. math::
        \Big[\log d_c(z_a, z_n) - \log d_c(z_a, z_p) - \lambda\, h(a, n) \log \frac1\omega\Big]^2

    It is the loss of Kim et al. with hyperbolic distances, and with the targets of `log_ratio` for epsilon = 0. A
    distance counts as at least 1e-6; coincident points get no gradient.

    Args:
        z, labels, omega, weight: as for `log_ratio`; the logarithm of a distance may need another weight.
        c: minus the curvature of the ball, c > 0 (`ssl_core.hyperbolic.GeometryError` otherwise).

    >>> z = torch.tensor([[0.0, 0.0], [0.2, 0.0], [0.0, 0.4]])
    >>> labels = torch.tensor([[0, 0], [0, 0], [1, 0]])
    >>> losses = [hyperbolic_log_ratio(z, labels, 0.1, weight, c=1.0).item() for weight in (0.0, 0.3, 1.0)]
    >>> losses.index(min(losses))
    1
    """
    _check_omega(omega)
    u = -pairwise_distance(z, c=c).clamp_min(EPSILON).log()
    target = -weight * math.log(omega) * disagreement_level(labels).to(u.dtype)
    return _mean_over_triples(u, target, labels)


def disagreement_level(labels: Tensor) -> Tensor:
    """Return h[a, n] = max {k : the labels of a and n differ at level k}, 0 if at none, (B, K) -> (B, B) int.

    Level 1, the finest, comes first: h is the coarsest level that separates a and n.

    >>> disagreement_level(torch.tensor([[0, 0], [1, 0], [2, 1]])).tolist()
    [[0, 1, 2], [1, 0, 2], [2, 2, 0]]
    """
    if labels.ndim != 2:
        raise LossError(f"labels must be (batch, levels), not {tuple(labels.shape)}: one level is labels[:, None]")
    # The same level on both sides: cluster numbers of different cuts have nothing to do with each other.
    differ = labels[:, None, :] != labels[None, :, :]
    return (differ * torch.arange(1, labels.shape[1] + 1, device=labels.device)).amax(dim=2)


def _mean_over_triples(u: Tensor, target: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of (u[a, p] - u[a, n] - target[a, n])^2 over all triples, from (B, B) matrices without loops.

    u is the logarithm of a similarity. With v = u + target the sum over p and n of (u_p - v_n)^2 depends on counts,
    means and squared deviations only; in deviations no two large numbers are subtracted.
    """
    same = labels[:, None, 0] == labels[None, :, 0]
    itself = torch.eye(len(u), dtype=torch.bool, device=u.device)
    positives, mean_u, squares_u = _moments(u, same & ~itself)
    negatives, mean_v, squares_v = _moments(u + target, ~same)
    total = negatives * squares_u + positives * squares_v + positives * negatives * (mean_u - mean_v).square()
    return total.sum() / (positives * negatives).sum().clamp_min(1)


def _moments(x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each row the number, the mean and the summed squared deviations of the masked entries, (B,) each."""
    m = mask.to(x.dtype)
    number = m.sum(dim=1)
    mean = (m * x).sum(dim=1) / number.clamp_min(1)
    return number, mean, (m * (x - mean[:, None]).square()).sum(dim=1)


def _check_omega(omega: float) -> None:
    if not 0 < omega < 1:
        raise LossError(f"omega must lie in (0, 1), not {omega}: similarity shrinks by it from level to level")


def mean_by_depth(pairs: Tensor, labels: Tensor) -> dict[int, float]:
    """Return the mean of pairs (B, B), its diagonal left out, at each depth h = 0 .. K that has any.

    labels int64 (B, K) are nested clusters, finest first; two images are at h if they differ in the first h columns.

    >>> pairs = torch.tensor([[9.0, 4.0, 2.0], [4.0, 9.0, 3.0], [2.0, 3.0, 9.0]])
    >>> mean_by_depth(pairs, torch.tensor([[0], [0], [1]]))
    {0: 4.0, 1: 2.5}
    """
    depth = disagreement_level(labels).fill_diagonal_(-1)
    return {h: pairs[depth == h].mean().item() for h in range(labels.shape[1] + 1) if (depth == h).any()}
