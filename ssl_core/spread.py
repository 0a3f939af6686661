"""How representations lie on the sphere: spread, rank, alignment and uniformity, and what a collapse looks like.

All figures are of l2-normalised vectors. Spread is that of SimSiam (Chen and He, CVPR 2021, §4.1), effective rank
that of Roy and Vetterli (EUSIPCO 2007), alignment and uniformity those of Wang and Isola (ICML 2020, §4.1).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

COLLAPSED_STD = 0.4  # of std * sqrt(D): 1 all over the sphere, about 0 when all are one point
COLLAPSED_RANK = 1.5
ONE_POINT = 1e-6  # distance from the mean below which float32 cannot tell unit vectors apart


@torch.no_grad()
def feature_std(features: Tensor) -> float:
    """Return the mean over dimensions of the standard deviation of the l2-normalised features (N, D).

    Spread evenly over the sphere gives 1 / sqrt(D); 0 means that all inputs map to one point, a collapse
    (SimSiam, §4.1).

    >>> feature_std(torch.ones(5, 4))
    0.0
    """
    return functional.normalize(features, dim=1).std(dim=0, correction=0).mean().item()


@torch.no_grad()
def effective_rank(features: Tensor) -> float:
    """Return the effective rank of features (N, D): how many dimensions they use, from 1 to min(N - 1, D).

    With the singular values sigma of the l2-normalised, centred features it is exp(-sum_k p_k log p_k) with
    p_k = sigma_k / sum_j sigma_j (Roy and Vetterli, 2007, definition 1). Features that are all one point have 1.

    >>> round(effective_rank(torch.cat((torch.eye(3), -torch.eye(3)))), 6), effective_rank(torch.ones(5, 4))
    (3.0, 1.0)
    """
    return _rank(_singular_values(features))


@torch.no_grad()
def variance_rank(features: Tensor) -> float:
    """Return in how many dimensions the variance of features (N, D) lies, from 1 to min(N - 1, D).

    As `effective_rank`, with the eigenvalues of the covariance, which are the squares of the singular values. It
    hardly counts dimensions of faint noise, of which `effective_rank` sums up many to a high rank.

    >>> round(variance_rank(torch.cat((torch.eye(3), -torch.eye(3)))), 6), variance_rank(torch.ones(5, 4))
    (3.0, 1.0)
    """
    return _rank(_singular_values(features).square())


def _singular_values(features: Tensor) -> Tensor:
    """Return those of the l2-normalised, centred features in float64; all zero but one where they are one point."""
    x = functional.normalize(features.double(), dim=1)
    x = x - x.mean(dim=0)
    # The squared singular values are the eigenvalues of the smaller of the two products, in less time.
    gram = x.T @ x if len(x) > x.shape[1] else x @ x.T
    sigma: Tensor = torch.linalg.eigvalsh(gram).clamp_min(0).sqrt()
    if sigma.max() <= ONE_POINT * math.sqrt(len(x)):
        sigma = torch.zeros_like(sigma)
        sigma[-1] = 1
    return sigma


def _rank(spectrum: Tensor) -> float:
    return float(torch.special.entr(spectrum / spectrum.sum()).sum().exp())


@torch.no_grad()
def alignment(x: Tensor, y: Tensor) -> float:
    """Return the mean squared distance of positive pairs, from 0 (views do not matter) to 4.

    x, y: (N, D), row i of both from two views of image i; l2-normalised here. Wang and Isola's alignment loss
    with alpha = 2.

    >>> alignment(torch.eye(2), 3 * torch.eye(2)), alignment(torch.eye(2), -torch.eye(2))
    (0.0, 4.0)
    """
    difference = functional.normalize(x, dim=1) - functional.normalize(y, dim=1)
    return difference.square().sum(dim=1).mean().item()


@torch.no_grad()
def uniformity(features: Tensor, t: float = 2.0) -> float:
    """Return log of the mean of exp(-t |u - v|^2) over all pairs of different rows of features (N, D).

    Rows are l2-normalised here. 0 means that all are one point; the lower, the more evenly they cover the
    sphere, down to about -2 t in many dimensions. Wang and Isola's uniformity loss, t = 2 as there.

    >>> round(uniformity(torch.tensor([[1.0, 0.0], [-1.0, 0.0]])), 6), uniformity(torch.ones(3, 2))
    (-8.0, 0.0)
    """
    u = functional.normalize(features, dim=1)
    squares = u.square().sum(dim=1)
    total = torch.zeros((), dtype=torch.float64, device=u.device)
    for start in range(0, len(u), 500):
        rows = torch.arange(start, min(start + 500, len(u)), device=u.device)
        distances = (squares[rows, None] + squares - 2 * u[rows] @ u.T).clamp_min(0)
        potential = (-t * distances).exp()
        potential[torch.arange(len(rows), device=u.device), rows] = 0
        total += potential.sum(dtype=torch.float64)
    return (total / (len(u) * (len(u) - 1))).log().item()


def collapse(z: Tensor) -> str | None:
    """Return why the outputs z (N, D) of N images, many of them, have collapsed, in a sentence, or None.

    One signature is a spread near 0 (SimSiam, §4.1), told long before it is reached. A BatchNorm without affine
    parameters at the output hides it, because it gives every channel unit variance; then the outputs lie near a line,
    and their variance has a rank near 1. In few dimensions even a healthy rank is small, so that there less is asked
    for.

    >>> collapse(torch.ones(5, 4))
    'collapse: the l2-normalised outputs have std * sqrt(d) = 0.00 (at least 0.4 is healthy)'
    """
    dim = z.shape[1]
    std = feature_std(z) * math.sqrt(dim)
    if std < COLLAPSED_STD:
        return (
            f"collapse: the l2-normalised outputs have std * sqrt(d) = {std:.2f} "
            f"(at least {COLLAPSED_STD:g} is healthy)"
        )
    rank, least = variance_rank(z), min(COLLAPSED_RANK, 1 + (dim - 1) / 4)
    if rank < least:
        return (
            f"collapse to a line: the variance of the l2-normalised outputs has effective rank {rank:.2f} in {dim} "
            f"dimensions (at least {least:g} is healthy); whether h still learns, its kNN tells"
        )
    return None
