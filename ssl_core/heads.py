"""Heads on top of the encoder, all thrown away after training: projectors h -> z and predictors z -> p.

Each paper has its own; what differs is where BatchNorm and biases stand and how the weights start.

SimCLR writes z = W2 ReLU(W1 h) (§2.1, §2.3); its official code has BatchNorm after both layers, the last one
with a scale but no offset, no biases, and weights drawn from N(0, 0.01^2) (google-research/simclr
`tf2/model.py`, `model_util.py`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core import hyperbolic
from ssl_core.loss_inputs import at_least_float32


class ScaleBatchNorm(nn.BatchNorm1d):
    """BatchNorm with a learnt scale and no offset: features (B, D) -> (B, D)."""

    def __init__(self, dim: int) -> None:
        super().__init__(dim)
        self.bias.requires_grad_(False)


def projector(inputs: int, hidden: int, outputs: int, layers: int = 2) -> nn.Sequential:
    """Return g: (B, inputs) -> (B, outputs), `layers` linear layers, BatchNorm after each, ReLU between them.

    >>> import torch
    >>> tuple(projector(256, 256, 128)(torch.randn(4, 256)).shape)
    (4, 128)
    """
    widths = [inputs] + [hidden] * (layers - 1) + [outputs]
    parts: list[nn.Module] = []
    for i in range(layers):
        linear = nn.Linear(widths[i], widths[i + 1], bias=False)
        nn.init.normal_(linear.weight, std=0.01)
        if i < layers - 1:
            parts += [linear, nn.BatchNorm1d(widths[i + 1]), nn.ReLU(inplace=True)]
        else:
            parts += [linear, ScaleBatchNorm(widths[i + 1])]
    return nn.Sequential(*parts)


def simsiam_projector(inputs: int, hidden: int, outputs: int, layers: int, affine: bool) -> nn.Sequential:
    """Return SimSiam's projector (B, inputs) -> (B, outputs): BatchNorm after every layer, ReLU between them.

    SimSiam §3 and facebookresearch/simsiam `builder.py`; PyTorch's default weights (App. A).

    Args:
        inputs, hidden, outputs: widths.
        layers: linear layers: 3 on ImageNet, 2 on CIFAR-10 (App. D).
        affine: whether the last BatchNorm has a scale and an offset. The official code has none; then every
            output has unit variance, so that a collapse shows in the rank and not in the spread.

    >>> import torch
    >>> tuple(simsiam_projector(256, 512, 512, layers=2, affine=True)(torch.randn(4, 256)).shape)
    (4, 512)
    """
    widths = [inputs] + [hidden] * (layers - 1) + [outputs]
    parts: list[nn.Module] = []
    for i in range(layers - 1):
        parts += [_linear_norm(widths[i], widths[i + 1]), nn.ReLU(inplace=True)]
    return nn.Sequential(*parts, _linear_norm(widths[-2], outputs, affine))


def _linear_norm(inputs: int, outputs: int, affine: bool = True) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs, affine=affine))


def predictor(dim: int, hidden: int) -> nn.Sequential:
    """Return SimSiam's predictor h: z (B, dim) -> p (B, dim), a bottleneck of width `hidden`, usually dim / 4.

    BatchNorm on the hidden layer only: on the output it makes training unstable (SimSiam, Table 3d).

    >>> [type(part).__name__ for part in predictor(64, 16)]
    ['Sequential', 'ReLU', 'Linear']
    """
    return nn.Sequential(_linear_norm(dim, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, dim))


def byol_mlp(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    """Return BYOL's projector or predictor (B, inputs) -> (B, outputs): no BatchNorm on the output (§3.3).

    The first layer has a bias, the last has none (google-deepmind/deepmind-research `byol/utils/networks.py`).

    >>> [type(part).__name__ for part in byol_mlp(256, 1024, 256)]
    ['Linear', 'BatchNorm1d', 'ReLU', 'Linear']
    """
    return nn.Sequential(
        nn.Linear(inputs, hidden),
        nn.BatchNorm1d(hidden),
        nn.ReLU(inplace=True),
        nn.Linear(hidden, outputs, bias=False),
    )


class BallHead(nn.Module):
    """h (B, inputs) -> z (B, dim), points of the ball of curvature -c, float32 under autocast too.

    Vectors longer than clip_radius are clipped before the exponential map; with None all become unit vectors.
    """

    def __init__(self, inputs: int, dim: int, c: float, clip_radius: float | None) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, dim)
        # Small, as in SimCLR's heads: vectors are meant to begin inside the radius, where clipping does nothing.
        nn.init.normal_(self.linear.weight, std=0.01)
        nn.init.zeros_(self.linear.bias)
        self.c, self.clip_radius = c, clip_radius

    def forward(self, h: Tensor) -> Tensor:
        """Return z: Linear, unit length or clipping, exponential map at the origin."""
        with torch.autocast(h.device.type, enabled=False):
            v = self.linear(at_least_float32(h))
            v = functional.normalize(v, dim=1) if self.clip_radius is None else hyperbolic.clip(v, self.clip_radius)
            return hyperbolic.expmap0(v, c=self.c)
