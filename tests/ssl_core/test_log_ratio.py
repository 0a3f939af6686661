"""What `ssl_core.losses` promises of log-ratio losses: UHML's triple sum, without its loop and without its faults."""

import math

import pytest
import torch
from torch import Tensor

from ssl_core.hyperbolic import distance, expmap0
from ssl_core.log_ratio import disagreement_level
from ssl_core.losses import LossError, hyperbolic_log_ratio, log_ratio

# Nested cuts of one tree, finest first, with cluster numbers that mean nothing across levels.
NESTED = torch.tensor(
    [[0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 1, 0], [1, 1, 0], [2, 0, 0], [2, 0, 0], [3, 2, 1], [3, 2, 1]]
)
LONELY = torch.tensor([[0, 0], [1, 0], [2, 0], [2, 0], [2, 0], [3, 1], [4, 1]])  # most have no positive


def points(batch: int, dim: int = 4, seed: int = 0, positive: bool = False) -> Tensor:
    """Points of the ball of c = 1; with `positive` all inner products are > 0."""
    generator = torch.Generator().manual_seed(seed)
    v = torch.randn(batch, dim, generator=generator, dtype=torch.float64)
    return expmap0((v.abs() if positive else v) / 2, c=1.0)


def loop(labels: Tensor, residual) -> float:
    """Mean of residual(a, p, n, h)^2 over all triples, by the definition of positive, negative and h."""
    y = labels.tolist()
    everyone = range(len(y))
    squares = []
    for a in everyone:
        for p in everyone:
            for n in everyone:
                if p != a and y[p][0] == y[a][0] and y[n][0] != y[a][0]:
                    h = max(level for level in range(1, len(y[a]) + 1) if y[a][level - 1] != y[n][level - 1])
                    squares.append(residual(a, p, n, h) ** 2)
    return sum(squares) / len(squares)


def inner_product_loop(z: Tensor, labels: Tensor, omega: float, weight: float) -> float:
    rows, eps = z.tolist(), 1e-6

    def s(i: int, j: int) -> float:
        return max(sum(a * b for a, b in zip(rows[i], rows[j], strict=True)), eps)

    def residual(a: int, p: int, n: int, h: int) -> float:
        target = weight * math.log((omega + eps) / (omega ** (h + 1) + eps))
        return math.log((s(a, p) + eps) / (s(a, n) + eps)) - target

    return loop(labels, residual)


def distance_loop(z: Tensor, labels: Tensor, omega: float, weight: float, c: float) -> float:
    def d(i: int, j: int) -> float:
        return distance(z[i : i + 1], z[j : j + 1], c=c).item()

    return loop(labels, lambda a, p, n, h: math.log(d(a, n)) - math.log(d(a, p)) - weight * h * math.log(1 / omega))


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("positive", [True, False])
@pytest.mark.parametrize(("omega", "weight"), [(0.1, 0.1), (0.5, 1.0), (0.01, 0.3)])
def test_log_ratio_equals_the_triple_loop(levels, positive, omega, weight):
    z = points(9, positive=positive)
    labels = NESTED[:, :levels]
    expected = inner_product_loop(z, labels, omega, weight)
    assert log_ratio(z, labels, omega, weight).item() == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize("levels", [1, 2, 3])
@pytest.mark.parametrize("c", [1.0, 0.1])
def test_hyperbolic_log_ratio_equals_the_triple_loop(levels, c):
    z, labels = points(9), NESTED[:, :levels]
    expected = distance_loop(z, labels, 0.1, 0.2, c)
    assert hyperbolic_log_ratio(z, labels, 0.1, 0.2, c).item() == pytest.approx(expected, rel=1e-10)


def test_anchors_without_a_positive_or_a_negative_contribute_nothing():
    z = points(7, positive=True)
    assert log_ratio(z, LONELY, 0.1, 0.1).item() == pytest.approx(inner_product_loop(z, LONELY, 0.1, 0.1), rel=1e-11)


def test_labels_that_are_not_nested_follow_the_finest_level_too():
    labels = torch.randint(3, (10, 3), generator=torch.Generator().manual_seed(1))
    z = points(10, positive=True)
    assert log_ratio(z, labels, 0.1, 0.1).item() == pytest.approx(inner_product_loop(z, labels, 0.1, 0.1), rel=1e-11)


def test_levels_are_compared_with_themselves():
    """Renumbering the clusters of one level changes nothing; the official code compares numbers across levels."""
    z = points(9, positive=True)
    renumbered = NESTED.clone()
    renumbered[:, 1] = torch.tensor([7, 5, 9])[NESTED[:, 1]]
    renumbered[:, 2] = 1 - NESTED[:, 2]
    assert torch.equal(log_ratio(z, renumbered, 0.1, 0.1), log_ratio(z, NESTED, 0.1, 0.1))
    assert torch.equal(disagreement_level(renumbered), disagreement_level(NESTED))
    assert disagreement_level(NESTED)[0].tolist() == [0, 0, 0, 1, 1, 2, 2, 3, 3]


def test_a_tree_that_fits_gives_zero():
    """Similarities 1, 1/1.259, 1/1.585 (omega = lambda = 0.1): what the loss asks of one, two levels."""
    labels = torch.tensor([[0, 0], [0, 0], [1, 0], [1, 0], [2, 1], [2, 1]])
    s = 10.0 ** (-0.1 * disagreement_level(labels).double())
    z = torch.linalg.cholesky(s + 1e-9 * torch.eye(6)).double()
    assert s[0].tolist() == pytest.approx([1, 1, 1 / 1.259, 1 / 1.259, 1 / 1.585, 1 / 1.585], rel=1e-3)
    assert log_ratio(z, labels, 0.1, 0.1).item() == pytest.approx(0, abs=1e-8)
    assert log_ratio(z, labels, 0.1, 0.2).item() > 0.01


@pytest.mark.parametrize("labels", [torch.zeros(5, 2, dtype=torch.long), torch.arange(5)[:, None], torch.zeros(1, 1)])
def test_a_batch_without_triples_gives_a_zero_with_a_graph(labels):
    for loss in (log_ratio, lambda *args: hyperbolic_log_ratio(*args, 1.0)):
        z = points(len(labels)).requires_grad_()
        value = loss(z, labels, 0.1, 0.1)
        value.backward()
        assert value.item() == 0
        assert z.grad is not None
        assert torch.equal(z.grad, torch.zeros_like(z))


def test_gradients_of_log_ratio_are_right():
    z = points(9, positive=True).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: log_ratio(x, NESTED, 0.1, 0.1), z)


@pytest.mark.parametrize("c", [1.0, 0.1])
def test_gradients_of_hyperbolic_log_ratio_are_right(c):
    z = points(9).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: hyperbolic_log_ratio(x, NESTED, 0.1, 0.2, c), z)


@pytest.mark.parametrize("coincident", [[0, 1], [0, 3], [0, 1, 3]])
def test_coincident_points_give_finite_losses_and_gradients(coincident):
    z = points(9).float()
    z[coincident] = z[0].clone()
    for loss in (log_ratio, lambda *args: hyperbolic_log_ratio(*args, 1.0)):
        x = z.clone().requires_grad_()
        value = loss(x, NESTED, 0.1, 0.1)
        value.backward()
        assert value.isfinite()
        assert x.grad.isfinite().all()
        assert x.grad.norm() > 0


def test_a_negative_inner_product_is_not_nan():
    z = torch.tensor([[0.5, 0.1], [0.5, 0.0], [-0.5, 0.0], [-0.4, 0.1]], requires_grad=True)
    value = log_ratio(z, torch.tensor([[0], [0], [1], [1]]), 0.1, 0.1)
    value.backward()
    assert value.isfinite()
    assert z.grad.isfinite().all()


def test_the_mean_loses_no_precision_in_float32():
    """Squares are summed as deviations from means: residuals of 1e-4 on top of logarithms near -9."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(64)[:, None] // 8
    s = (1e-4 * torch.randn(64, 1, generator=generator)).exp()
    z = 0.01 * torch.cat([s, 1e-2 * torch.rand(64, 7, generator=generator)], dim=1)
    for omega in (0.1, 0.999):
        exact = log_ratio(z.double(), labels, omega, 0.1)
        assert log_ratio(z, labels, omega, 0.1).item() == pytest.approx(exact.item(), rel=1e-2)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_types_are_raised_to_float32_also_under_autocast(half):
    z = points(9).to(half)
    with torch.autocast("cpu", torch.bfloat16):
        losses = log_ratio(z, NESTED, 0.1, 0.1), hyperbolic_log_ratio(z, NESTED, 0.1, 0.1, 1.0)
    assert losses[0].dtype == losses[1].dtype == torch.float32
    assert torch.equal(losses[0], log_ratio(z.float(), NESTED, 0.1, 0.1))
    assert torch.equal(losses[1], hyperbolic_log_ratio(z.float(), NESTED, 0.1, 0.1, 1.0))


def test_float32_is_exact_under_autocast_and_float64_stays():
    z = points(9)
    with torch.autocast("cpu", torch.bfloat16):
        value = log_ratio(z.float(), NESTED, 0.1, 0.1)
    assert torch.equal(value, log_ratio(z.float(), NESTED, 0.1, 0.1))
    assert (
        log_ratio(z, NESTED, 0.1, 0.1).dtype == hyperbolic_log_ratio(z, NESTED, 0.1, 0.1, 1.0).dtype == torch.float64
    )


@pytest.mark.parametrize("omega", [0.0, 1.0, -0.1, 1.5, math.nan])
def test_an_omega_outside_0_1_is_refused(omega):
    z = points(9)
    with pytest.raises(LossError, match="omega"):
        log_ratio(z, NESTED, omega, 0.1)
    with pytest.raises(LossError, match="omega"):
        hyperbolic_log_ratio(z, NESTED, omega, 0.1, 1.0)


def test_labels_without_levels_are_refused():
    with pytest.raises(LossError, match=r"labels must be \(batch, levels\), not \(9,\)"):
        log_ratio(points(9), NESTED[:, 0], 0.1, 0.1)
