"""What `ssl_core.spread` promises of its figures, against loops and cases whose answer is known."""

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from ssl_core.spread import alignment, collapse, effective_rank, feature_std, uniformity, variance_rank


def noise(n: int, dim: int, seed: int = 0) -> Tensor:
    return torch.randn(n, dim, generator=torch.Generator().manual_seed(seed))


def unit(x: Tensor) -> np.ndarray:
    y = x.double().numpy()
    return y / np.sqrt((y**2).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("dim", [16, 128])
def test_feature_std_of_the_whole_sphere_is_one_over_sqrt_d(dim):
    assert feature_std(noise(20_000, dim)) == pytest.approx(1 / math.sqrt(dim), rel=0.01)


def test_feature_std_of_a_collapse_is_zero():
    assert feature_std(noise(1, 16) * torch.linspace(1, 9, 50)[:, None]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("n", "dim"), [(50, 8), (8, 50)])
def test_effective_rank_is_roy_and_vetterlis_by_a_singular_value_decomposition(n, dim):
    x = noise(n, dim) * torch.linspace(0.1, 3, dim) + 0.5
    y = unit(x)
    sigma = np.linalg.svd(y - y.mean(axis=0), compute_uv=False)
    p = sigma / sigma.sum()
    p = p[p > 1e-12]
    assert effective_rank(x) == pytest.approx(math.exp(-(p * np.log(p)).sum()), rel=1e-5)
    p = p**2 / (p**2).sum()
    assert variance_rank(x) == pytest.approx(math.exp(-(p * np.log(p)).sum()), rel=1e-5)


def test_effective_rank_of_noise_is_near_the_number_of_dimensions():
    assert 63 < effective_rank(noise(20_000, 64)) <= 64


@pytest.mark.parametrize("rank", [2, 5])
def test_effective_rank_counts_the_dimensions_in_use(rank):
    x = noise(5000, rank) @ torch.linalg.qr(noise(32, rank)).Q.T
    assert effective_rank(x) == pytest.approx(rank, rel=0.01)


def test_effective_rank_does_not_look_at_the_length_of_features():
    x = noise(100, 8)
    assert effective_rank(x * torch.linspace(0.1, 50, 100)[:, None]) == pytest.approx(effective_rank(x), rel=1e-4)


def test_effective_rank_of_identical_vectors_is_one_in_spite_of_rounding():
    point = noise(1, 16)
    assert effective_rank(point.repeat(50, 1)) == 1
    assert effective_rank(point * torch.linspace(1, 9, 50)[:, None]) == 1  # the same only after normalisation


def test_alignment_equals_a_naive_loop():
    x, y = noise(20, 4), noise(20, 4, seed=1)
    naive = np.mean([((a - b) ** 2).sum() for a, b in zip(unit(x), unit(y), strict=True)])
    assert alignment(x, y) == pytest.approx(naive, rel=1e-5)
    assert alignment(x, 5 * x) == pytest.approx(0, abs=1e-6)
    assert alignment(x, -x) == pytest.approx(4)


def test_uniformity_equals_a_naive_loop_over_pairs_in_any_number_of_blocks():
    x = noise(601, 5) + 0.3
    u = unit(x)
    pairs = [math.exp(-2 * ((u[i] - u[j]) ** 2).sum()) for i in range(len(u)) for j in range(i)]
    assert uniformity(x) == pytest.approx(math.log(np.mean(pairs)), rel=1e-5)


def test_uniformity_of_a_uniform_sphere_and_of_one_point():
    # On the sphere in three dimensions the cosine is uniform in [-1, 1]: E exp(-4 (1 - c)) = (1 - exp(-8)) / 8.
    assert uniformity(noise(5000, 3)) == pytest.approx(math.log((1 - math.exp(-8)) / 8), abs=0.02)
    assert uniformity(noise(1, 3).repeat(9, 1)) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("dim", [1, 2, 3, 4, 8, 128])
def test_healthy_outputs_are_not_called_collapsed_in_any_dimension(dim):
    assert collapse(noise(1000, dim)) is None


def test_a_small_spread_is_named_with_its_figure():
    z = noise(1, 64) * 5 + 0.1 * noise(500, 64, seed=1)
    figure = f"{feature_std(z) * 8:.2f}"
    assert figure == "0.02"
    sentence = "collapse: the l2-normalised outputs have std * sqrt(d) = 0.02 (at least 0.4 is healthy)"
    assert collapse(z) == sentence


def test_a_spread_of_a_third_of_what_the_sphere_allows_is_announced():
    """SimSiam without stop-gradient ends between 0.17 and 0.34 in its stored runs, and learns nothing more."""
    z = noise(1, 64) * 2.7 + noise(500, 64, seed=1)
    assert 0.3 < feature_std(z) * 8 < 0.4
    assert collapse(z) is not None


@pytest.mark.parametrize("dim", [2, 3, 64])
def test_outputs_on_a_line_are_a_collapse_although_their_spread_is_large(dim):
    """What a BatchNorm without affine parameters leaves of a collapse: unit variance in every channel."""
    z = noise(500, 1) * torch.ones(dim) + 0.01 * noise(500, dim, seed=1)
    z = (z - z.mean(dim=0)) / z.std(dim=0)
    assert feature_std(z) * math.sqrt(dim) > 0.5
    assert collapse(z).startswith(
        "collapse to a line: the variance of the l2-normalised outputs has effective rank 1."
    )
    assert f"in {dim} dimensions" in collapse(z)
