"""Side branches: from the maps of a shallow stage to a feature as wide as the backbone's own h.

HAI (Zhang & Ma, CVPR 2022) contrasts at every stage of the backbone; before the last one a side branch reduces the
maps, weights them by attention and scales them up, so that the stage itself need not be abstract. Official code:
zhangjb416/Hierarchical-Augmentation, `resnet_imagenet.py`; here for blocks without expansion (e = 1), and with
PyTorch's default weights. The branches are thrown away after training.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from ssl_core.loss_inputs import at_least_float32


class SepConv(nn.Sequential):
    """Two depthwise separable 3x3 convolutions: maps (B, inputs, H, W) -> (B, outputs, H/stride, W/stride).

    The first has the stride, the second changes the width. Odd sizes are rounded up.
    """

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(*_separable(inputs, inputs, stride), *_separable(inputs, outputs, 1))


class _Depthwise(nn.Conv2d):
    """A depthwise convolution, in float32 on a CPU, where a strided one in bfloat16 takes 15 times as long."""

    def forward(self, input: Tensor) -> Tensor:
        if input.device.type != "cpu":
            return super().forward(input)
        with torch.autocast("cpu", enabled=False):
            return super().forward(at_least_float32(input))


def _separable(inputs: int, outputs: int, stride: int) -> tuple[nn.Module, ...]:
    depthwise = _Depthwise(inputs, inputs, 3, stride=stride, padding=1, groups=inputs, bias=False)
    return depthwise, *_pointwise(inputs, outputs)


def _pointwise(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)


class SideBranch(nn.Module):
    """Reduction, attention, scale-up and average pooling: maps (B, widths[0], H, W) -> g (B, widths[-1]).

    Args:
        widths: channels of the branch's own stage and of all deeper ones; each further one halves the maps.

    >>> tuple(SideBranch(widths=(8, 16, 32))(torch.randn(4, 8, 5, 5)).shape)
    (4, 32)
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        width, dim = widths[0], widths[-1]
        self.reduce = nn.Sequential(*_pointwise(width, width))
        self.attention = SepConv(width, width, stride=2)
        self.attention_bn = nn.BatchNorm2d(width)
        self.scale_up = nn.Sequential(
            *(SepConv(inputs, outputs, stride=2) for inputs, outputs in pairwise(widths)), *_pointwise(dim, dim)
        )

    def forward(self, maps: Tensor) -> Tensor:
        """Return g for maps of any size; the attention has the size of the maps."""
        maps = self.reduce(maps)
        attention = functional.interpolate(
            self.attention(maps), size=maps.shape[2:], mode="bilinear", align_corners=False
        )
        weighted = maps * self.attention_bn(attention).sigmoid()
        g: Tensor = self.scale_up(weighted).mean(dim=(2, 3))
        return g
