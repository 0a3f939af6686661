"""Encoders f: CIFAR ResNets, whose output h after average pooling is the representation.

ResNet v1 with basic blocks (He et al., CVPR 2016) and the CIFAR stem that SimCLR uses for images of 32 pixels:
one 3x3 convolution and no max-pooling (SimCLR, Appendix B.9; google-research/simclr `tf2/resnet.py`). The
ImageNet stem (7x7, stride 2, max-pool) costs much accuracy at this size. The scale of the
last BatchNorm of every block starts at 0, so that each block starts as the identity (same file).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ssl_core.errors import SslCoreError


class UnknownBackboneError(SslCoreError):
    """A backbone name that `BACKBONES` does not hold."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with a shortcut: (B, inputs, H, W) -> (B, width, H/stride, W/stride)."""

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        nn.init.zeros_(self.bn2.weight)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(inputs, width, 1, stride=stride, bias=False), nn.BatchNorm2d(width)
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's activations for x."""
        y = torch.relu_(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu_(y + self.shortcut(x))


class ResNet(nn.Module):
    """A CIFAR ResNet: images (B, 3, H, W), floats in [0, 1] -> h (B, dim).

    Args:
        widths: channels of each stage; every stage after the first halves the resolution.
        blocks: basic blocks in each stage.
        stem_stride: 1 as in the papers; 2 makes a network four times cheaper, for CPUs.

    >>> h = ResNet(widths=(8, 16), blocks=(1, 1))(torch.zeros(2, 3, 32, 32))
    >>> tuple(h.shape)
    (2, 16)
    """

    def __init__(self, widths: Sequence[int], blocks: Sequence[int], stem_stride: int = 1) -> None:
        super().__init__()
        self.dim = widths[-1]
        self.stem = nn.Sequential(
            nn.Conv2d(3, widths[0], 3, stride=stem_stride, padding=1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(inplace=True),
        )
        stages, inputs = [], widths[0]
        for i, (width, depth) in enumerate(zip(widths, blocks, strict=True)):
            stage = [BasicBlock(inputs, width, stride=1 if i == 0 else 2)]
            stage += [BasicBlock(width, width, stride=1) for _ in range(depth - 1)]
            stages.append(nn.Sequential(*stage))
            inputs = width
        self.stages = nn.Sequential(*stages)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, images: Tensor) -> Tensor:
        """Return h of shape (B, dim) for images of shape (B, 3, H, W)."""
        maps: Tensor = self.stages(self.stem(images))
        return maps.mean(dim=(2, 3))


def resnet18() -> ResNet:
    """The CIFAR ResNet-18 of the literature: 11.2 M parameters, h in R^512."""
    return ResNet(widths=(64, 128, 256, 512), blocks=(2, 2, 2, 2))


def resnet_small() -> ResNet:
    """The network of the `quick` presets: 1.2 M parameters, h in R^256.

    Narrow first stages, because on a CPU the large maps cost most, in BatchNorm and ReLU rather than in the
    convolutions.
    """
    return ResNet(widths=(32, 64, 128, 256), blocks=(1, 1, 1, 1), stem_stride=2)


BACKBONES: dict[str, Callable[[], ResNet]] = {"resnet18": resnet18, "resnet_small": resnet_small}


def backbone(name: str) -> ResNet:
    """Return a new, randomly initialised encoder by its name in `BACKBONES`.

    >>> backbone("resnet18").dim
    512
    """
    if name not in BACKBONES:
        raise UnknownBackboneError(
            f"there is no backbone '{name}' (--backbone): choose one of {', '.join(BACKBONES)}"
        )
    return BACKBONES[name]()


def half(name: str) -> ResNet:
    """Return a new backbone with half the channels of the named one.

    >>> half("resnet18").dim
    256
    """
    whole = backbone(name)
    stages = [[block for block in stage.modules() if isinstance(block, BasicBlock)] for stage in whole.stages]
    stem = next(layer for layer in whole.stem.modules() if isinstance(layer, nn.Conv2d))
    widths = [stage[0].conv1.out_channels // 2 for stage in stages]
    return ResNet(widths, [len(stage) for stage in stages], stem.stride[0])
