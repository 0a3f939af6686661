"""What `ssl_core.backbones` promises: SimCLR's CIFAR ResNet, counted, measured, and the identity at the start."""

import pytest
import torch
from torch import nn

from ssl_core.backbones import BACKBONES, BasicBlock, UnknownBackboneError, backbone, resnet18


def resnet18_parameters() -> int:
    """Count ResNet-18 without a classifier by hand: convolutions without bias, two numbers a BatchNorm channel."""
    total = 3 * 3 * 3 * 64 + 2 * 64  # the stem
    inputs = 64
    for width in (64, 128, 256, 512):
        total += 9 * inputs * width + 9 * width * width + 4 * width  # first block
        if inputs != width:
            total += inputs * width + 2 * width  # its shortcut
        total += 2 * 9 * width * width + 4 * width  # second block
        inputs = width
    return total


def test_resnet18_has_the_literatures_parameters():
    assert sum(p.numel() for p in resnet18().parameters()) == resnet18_parameters() == 11_168_832


def test_resnet18_keeps_32_pixels_in_the_stem_and_halves_them_thrice():
    network = resnet18()
    sizes = []
    x = network.stem(torch.zeros(2, 3, 32, 32))
    for stage in network.stages:
        x = stage(x)
        sizes.append(tuple(x.shape))
    assert sizes == [(2, 64, 32, 32), (2, 128, 16, 16), (2, 256, 8, 8), (2, 512, 4, 4)]
    assert not any(isinstance(module, nn.MaxPool2d) for module in network.modules())


def test_h_is_the_mean_of_the_last_maps():
    torch.manual_seed(0)
    network = backbone("resnet_small").eval()
    images = torch.rand(2, 3, 32, 32)
    with torch.no_grad():
        maps = network.stages(network.stem(images))
        assert torch.allclose(network(images), maps.mean(dim=(2, 3)))


@pytest.mark.parametrize("name", BACKBONES)
def test_every_backbone_gives_h_of_its_width(name):
    network = backbone(name).eval()
    with torch.no_grad():
        assert network(torch.rand(2, 3, 32, 32)).shape == (2, network.dim)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_last_batchnorm_of_every_block_starts_at_zero_and_no_other(name):
    network = backbone(name)
    last = [block.bn2 for block in network.modules() if isinstance(block, BasicBlock)]
    assert last
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.weight.tolist() == [0.0 if any(module is bn for bn in last) else 1.0] * module.num_features
            assert module.bias.tolist() == [0.0] * module.num_features


def test_every_block_starts_as_its_shortcut():
    torch.manual_seed(0)
    x = torch.rand(4, 8, 8, 8)
    assert torch.equal(BasicBlock(8, 8, stride=1)(x), x)
    narrowing = BasicBlock(8, 16, stride=2)
    assert torch.equal(narrowing(x), torch.relu(narrowing.shortcut(x)))


def test_a_block_leaves_its_input_as_it_is():
    x = torch.rand(2, 8, 4, 4)
    before = x.clone()
    BasicBlock(8, 8, stride=1)(x)
    assert torch.equal(x, before)


def test_gradients_reach_every_parameter():
    torch.manual_seed(0)
    network = backbone("resnet_small")
    network(torch.rand(4, 3, 32, 32)).square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())


def test_unknown_backbone_is_told_with_the_known_ones():
    with pytest.raises(UnknownBackboneError, match=r"no backbone 'resnet9'.*resnet18, resnet_small"):
        backbone("resnet9")
