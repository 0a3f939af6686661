"""What `ssl_core.heads` promises of the projector: the layers of SimCLR's official code."""

import pytest
import torch
from torch import nn

from ssl_core.heads import projector
from ssl_core.optim import optimizer


def test_batchnorm_follows_both_layers_and_relu_only_the_first():
    kinds = [type(layer).__mro__ for layer in projector(6, 5, 4)]
    expected = [nn.Linear, nn.BatchNorm1d, nn.ReLU, nn.Linear, nn.BatchNorm1d]
    assert len(kinds) == len(expected)
    assert all(wanted in kind for kind, wanted in zip(kinds, expected, strict=True))


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_widths_of_the_layers(layers):
    linear = [layer for layer in projector(6, 5, 4, layers) if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == {
        1: [(6, 4)],
        2: [(6, 5), (5, 4)],
        3: [(6, 5), (5, 5), (5, 4)],
    }[layers]


def test_linear_layers_have_no_bias():
    assert all(layer.bias is None for layer in projector(6, 5, 4) if isinstance(layer, nn.Linear))


def test_the_last_batchnorm_has_a_learnt_scale_and_no_offset():
    torch.manual_seed(0)
    g = projector(6, 5, 4)
    first, last = g[1], g[-1]
    assert first.bias.requires_grad
    assert first.weight.requires_grad
    before = last.weight.clone()
    training = optimizer("sgd", g, lr=0.5, weight_decay=0.1)
    for _ in range(3):
        training.zero_grad()
        (g(torch.randn(8, 6)) * torch.arange(1.0, 5.0) - 1).square().sum().backward()
        training.step()
    assert last.bias.tolist() == [0] * 4
    assert not torch.equal(last.weight, before)


def test_weights_start_with_a_standard_deviation_of_one_hundredth():
    torch.manual_seed(0)
    for layer in projector(400, 300, 200):
        if isinstance(layer, nn.Linear):
            assert layer.weight.std().item() == pytest.approx(0.01, rel=0.02)
            assert layer.weight.mean().item() == pytest.approx(0, abs=1e-4)


def test_outputs_of_a_training_batch_have_mean_zero():
    torch.manual_seed(0)
    z = projector(6, 5, 4)(torch.randn(16, 6))
    assert torch.allclose(z.mean(dim=0), torch.zeros(4), atol=1e-6)
