r"""The Poincaré ball: maps, Möbius addition and distances, as pure functions of tensors.

.. math:: \mathbb D_c^n = \{x \in \mathbb R^n : c \lVert x \rVert^2 < 1\}

has curvature -c and radius 1/sqrt(c), c > 0. The formulas are those of Ganea et al. (Hyperbolic Neural Networks,
NeurIPS 2018) and, in the same convention, of geoopt and of UHML's code (JiexiYan/UnHyperML `hyptorch/pmath.py`):
the conformal factor is 2 / (1 - c |x|^2), so that the distance from the origin to `expmap0(v)` is 2 |v|.

Near the rim a rounding error becomes a large distance. So every function that returns points keeps them within
`project`'s margin, and distances use arsinh of a difference, which is exact for near points and whose gradient is
zero, not NaN, where points coincide. Gradients are Euclidean: nothing is rescaled on the way back. Half types are
raised to float32 (and stay there under autocast); float64 stays float64.
"""

import torch
from torch import Tensor

from ssl_core.errors import SslCoreError
from ssl_core.loss_inputs import at_least_float32

# The share of the radius that points keep from the rim, as in geoopt's `stereographic/math.py`.
MARGIN = {torch.float32: 4e-3, torch.float64: 1e-5}
# The smallest norm that divides: 0 / 0 would make the gradient at the origin NaN.
TINY = 1e-15


class GeometryError(SslCoreError):
    """A curvature or a radius with which there is no ball."""


def clip(v: Tensor, radius: float) -> Tensor:
    r"""Return min(1, r / |v|) v: feature clipping (Guo et al., CVPR 2022), before the exponential map.

    Args:
        v: vectors (..., D), of any length.
        radius: r > 0, the largest length that stays; GeometryError otherwise.

    >>> clip(torch.tensor([[3.0, 4.0], [0.3, 0.4]]), radius=1.0)
    tensor([[0.6000, 0.8000], [0.3000, 0.4000]])
    """
    if not radius > 0:
        raise GeometryError(f"vectors are clipped to a radius > 0, not {radius}: choose for instance 1.0")
    v = at_least_float32(v)
    return v * (radius / _norm(v)).clamp_max(1)


def project(x: Tensor, *, c: float) -> Tensor:
    """Return x with the points beyond the margin drawn back to it, (..., D) -> (..., D).

    The margin is 4e-3 of the radius in float32 and 1e-5 in float64 (geoopt's values): at c = 1 no point is then
    further than 6.2 or 12.2 from the origin.

    Raises:
        GeometryError: if c <= 0, here and in all functions below.

    >>> project(torch.tensor([[0.0, 2.0], [0.0, 0.5]]), c=1.0)
    tensor([[0.0000, 0.9960], [0.0000, 0.5000]])
    """
    x = at_least_float32(x)
    return clip(x, (1 - MARGIN[x.dtype]) / _root(c))


def expmap0(v: Tensor, *, c: float) -> Tensor:
    r"""Exponential map at the origin: vectors of any length (..., D) -> points of the ball (..., D).

    .. math:: \exp_0^c(v) = \tanh(\sqrt c \lVert v \rVert) \frac{v}{\sqrt c \lVert v \rVert}

    >>> expmap0(torch.tensor([[0.6, 0.8]]), c=1.0).norm()  # a unit vector: tanh(1)
    tensor(0.7616)
    """
    v = at_least_float32(v)
    norm = _root(c) * _norm(v)
    return project(norm.tanh() / norm * v, c=c)


def logmap0(y: Tensor, *, c: float) -> Tensor:
    r"""Logarithm at the origin, the inverse of `expmap0`: points of the ball (..., D) -> vectors (..., D).

    .. math:: \log_0^c(y) = \operatorname{artanh}(\sqrt c \lVert y \rVert) \frac{y}{\sqrt c \lVert y \rVert}

    >>> logmap0(expmap0(torch.tensor([[0.6, 0.8]]), c=0.1), c=0.1)
    tensor([[0.6000, 0.8000]])
    """
    y = project(y, c=c)
    norm = _root(c) * _norm(y)
    return norm.atanh() / norm * y


def mobius_add(x: Tensor, y: Tensor, *, c: float) -> Tensor:
    r"""Möbius addition of points of the ball, (..., D) and (..., D) -> (..., D).

    .. math::
        x \oplus_c y = \frac{(1 + 2c\langle x, y\rangle + c\lVert y\rVert^2)\,x + (1 - c\lVert x\rVert^2)\,y}
        {1 + 2c\langle x, y\rangle + c^2\lVert x\rVert^2\lVert y\rVert^2}

    >>> mobius_add(torch.tensor([0.5, 0.0]), torch.tensor([0.5, 0.0]), c=1.0)  # as velocities add in relativity
    tensor([0.8000, 0.0000])
    """
    x, y = project(x, c=c), project(y, c=c)
    xy = (x * y).sum(-1, keepdim=True)
    x2 = x.square().sum(-1, keepdim=True)
    y2 = y.square().sum(-1, keepdim=True)
    numerator = (1 + 2 * c * xy + c * y2) * x + (1 - c * x2) * y
    return project(numerator / (1 + 2 * c * xy + c**2 * x2 * y2), c=c)


def distance(x: Tensor, y: Tensor, *, c: float) -> Tensor:
    r"""Distance row by row, (B, D) and (B, D) -> (B,).

    .. math::
        d_c(x, y) = \frac{2}{\sqrt c} \operatorname{artanh}\big(\sqrt c \lVert (-x) \oplus_c y \rVert\big)
        = \frac{2}{\sqrt c} \operatorname{arsinh}
        \frac{\sqrt c \lVert x - y \rVert}{\sqrt{(1 - c\lVert x\rVert^2)(1 - c\lVert y\rVert^2)}}

    Args:
        x, y: points of the ball; those beyond `project`'s margin are taken at the margin.

    >>> y = expmap0(torch.tensor([[0.6, 0.8]]), c=0.1)
    >>> round(distance(torch.zeros(1, 2), y, c=0.1).item(), 4)  # from the origin: 2 |v|
    2.0
    """
    x, y = project(x, c=c), project(y, c=c)
    difference = torch.linalg.vector_norm(x - y, dim=-1)  # whose gradient at zero is zero
    return _from_euclidean(difference, _gap(x, c), _gap(y, c), c)


def pairwise_distance(x: Tensor, *, c: float) -> Tensor:
    """Distance of every point of the ball to every other, (B, D) -> (B, B), symmetric, zero on the diagonal.

    The gradient is finite also where points coincide, as they do on the diagonal.

    >>> x = expmap0(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), c=1.0)
    >>> pairwise_distance(x, c=1.0).round(decimals=3).tolist()
    [[0.0, 4.0], [4.0, 0.0]]
    """
    x = project(x, c=c)
    gap = _gap(x, c)
    # |x|^2 + |y|^2 - 2 <x, y> by a matrix product would lose the distances of near points to rounding.
    with torch.autocast(x.device.type, enabled=False):
        difference = torch.cdist(x, x, compute_mode="donot_use_mm_for_euclid_dist")
    return _from_euclidean(difference, gap[:, None], gap[None, :], c)


def _from_euclidean(difference: Tensor, gap_x: Tensor, gap_y: Tensor, c: float) -> Tensor:
    root = _root(c)
    return (root * difference / (gap_x * gap_y).sqrt()).asinh() * (2 / root)


def _gap(x: Tensor, c: float) -> Tensor:
    """Return 1 - c |x|^2 of each point, (..., D) -> (...), which `project` keeps away from zero."""
    return 1 - c * x.square().sum(-1)


def _norm(v: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(v, dim=-1, keepdim=True)
    return norm.clamp_min(TINY)


def _root(c: float) -> float:
    if not c > 0:
        raise GeometryError(f"the ball of curvature -c needs c > 0, not {c}: choose for instance 1.0 or 0.1")
    return float(c**0.5)
