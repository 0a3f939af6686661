"""What `ssl_core.optim` promises: LARS as in SimCLR's official code, what it leaves alone, and the schedule."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from ssl_core.optim import LARS, UnknownOptimizerError, cosine_lr, optimizer


def parameter(*values: float) -> nn.Parameter:
    return nn.Parameter(torch.tensor(values, dtype=torch.float64))


def lars_step(lars: LARS, w: nn.Parameter, *gradient: float) -> list[float]:
    w.grad = torch.tensor(gradient, dtype=torch.float64)
    lars.step()
    return w.tolist()


def test_lars_equals_two_steps_by_hand():
    w = parameter(3.0, 4.0)
    lars = LARS([{"params": [w]}], lr=2.0, momentum=0.5, weight_decay=0.1, eta=0.01)
    # Step 1: g = (0.7, -0.4) + 0.1 (3, 4) = (1, 0); |w| = 5, |g| = 1, r = 0.01 * 5 / 1 = 0.05;
    # v = 2 * 0.05 * (1, 0) = (0.1, 0); w = (2.9, 4).
    assert lars_step(lars, w, 0.7, -0.4) == pytest.approx([2.9, 4.0], abs=1e-12)
    # Step 2: g = (-0.29, 1.6) + 0.1 (2.9, 4) = (0, 2); |w| = sqrt(24.41), |g| = 2; r = 0.01 * sqrt(24.41) / 2;
    # v = 0.5 (0.1, 0) + 2 r (0, 2) = (0.05, 0.02 sqrt(24.41)); w = (2.85, 4 - 0.02 sqrt(24.41)).
    assert lars_step(lars, w, -0.29, 1.6) == pytest.approx([2.85, 4 - 0.02 * 24.41**0.5], abs=1e-12)


def test_the_learning_rate_is_inside_larss_momentum():
    w = parameter(10.0)
    lars = LARS([{"params": [w], "adapt": False}], lr=1.0, momentum=0.5)
    assert lars_step(lars, w, 1.0) == [9.0]
    lars.param_groups[0]["lr"] = 0.1  # v = 0.5 * 1 + 0.1 * 1 = 0.6; outside it would be 0.1 * 1.5 = 0.15
    assert lars_step(lars, w, 1.0) == pytest.approx([8.4])


def test_groups_without_adaptation_take_plain_momentum_steps():
    w, twin = parameter(3.0, 4.0), parameter(3.0, 4.0)
    lars = LARS([{"params": [w], "adapt": False}], lr=0.1, momentum=0.9, weight_decay=0.0)
    sgd = torch.optim.SGD([twin], lr=0.1, momentum=0.9)
    for _ in range(3):
        lars_step(lars, w, 1.0, -2.0)
        twin.grad = torch.tensor([1.0, -2.0], dtype=torch.float64)
        sgd.step()
    assert w.tolist() == pytest.approx(twin.tolist(), abs=1e-12)


def test_a_zero_norm_gives_the_ratio_one():
    still, zero = parameter(3.0, 4.0), parameter(0.0, 0.0)
    lars = LARS([{"params": [still, zero]}], lr=0.5, weight_decay=0.0)
    still.grad = torch.zeros_like(still)
    zero.grad = torch.ones_like(zero)
    lars.step()
    assert still.tolist() == [3.0, 4.0]
    assert zero.tolist() == [-0.5, -0.5]


def test_lars_passes_over_parameters_without_gradient():
    w = parameter(1.0)
    LARS([{"params": [w]}], lr=1.0, weight_decay=1.0).step()
    assert w.tolist() == [1.0]


def test_lars_goes_on_from_its_saved_state():
    def steps(saved_after: int | None) -> list[float]:
        w = parameter(3.0, 4.0)
        lars = LARS([{"params": [w]}], lr=0.2, weight_decay=0.1)
        for i in range(4):
            if i == saved_after:
                state = lars.state_dict()
                lars = LARS([{"params": [w]}], lr=9.0)
                lars.load_state_dict(state)
            lars_step(lars, w, 1.0, float(i))
        return w.tolist()

    assert steps(2) == steps(None)


def network() -> nn.Sequential:
    torch.manual_seed(0)
    layers = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2), nn.BatchNorm1d(2))
    layers[-1].bias.requires_grad_(False)
    return layers


@pytest.mark.parametrize("name", ["sgd", "adamw", "lars"])
def test_weights_decay_and_biases_and_batchnorm_do_not(name):
    layers = network()
    decayed, plain = optimizer(name, layers, lr=0.1, weight_decay=0.3).param_groups
    assert decayed["weight_decay"] == 0.3
    assert plain["weight_decay"] == 0
    assert {id(p) for p in decayed["params"]} == {id(layers[0].weight), id(layers[3].weight)}
    expected = [layers[0].bias, layers[1].weight, layers[1].bias, layers[3].bias, layers[4].weight]
    assert {id(p) for p in plain["params"]} == {id(p) for p in expected}
    assert decayed["lr"] == plain["lr"] == 0.1


def test_lars_adapts_weights_and_neither_biases_nor_batchnorm():
    adapted, plain = optimizer("lars", network(), lr=0.1, weight_decay=0.3).param_groups
    assert adapted["adapt"]
    assert not plain["adapt"]


def test_unknown_optimizer_is_told_with_the_known_ones():
    with pytest.raises(UnknownOptimizerError, match=r"no optimiser 'adam'.*sgd, adamw, lars"):
        optimizer("adam", network(), lr=0.1, weight_decay=0.0)


def test_warm_up_is_linear_and_reaches_the_peak():
    rates = [cosine_lr(step, total_steps=100, warmup_steps=10, peak=2.0) for step in range(10)]
    assert rates == pytest.approx([0.2 * (i + 1) for i in range(10)])


@pytest.mark.parametrize("warmup", [0, 1, 7, 50])
def test_the_rate_rises_to_one_peak_and_falls_nearly_to_zero(warmup):
    rates = [cosine_lr(step, total_steps=100, warmup_steps=warmup, peak=2.0) for step in range(100)]
    top = rates.index(max(rates))
    assert max(rates) == 2.0
    assert all(a < b for a, b in pairwise(rates[: top + 1]))
    # The last step of the warm-up and the first of the decay may share the peak.
    falling = rates[max(top, warmup) :]
    assert all(a > b for a, b in pairwise(falling))
    assert 0 < rates[-1] < 0.01


def test_the_cosine_is_at_half_height_in_the_middle():
    assert cosine_lr(55, total_steps=100, warmup_steps=10, peak=2.0) == pytest.approx(1.0)
    assert cosine_lr(10, total_steps=10, warmup_steps=10, peak=2.0) == 2.0  # no step is left to decay in
