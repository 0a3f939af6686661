"""What `ssl_core.hyperbolic` promises: the Poincaré ball as geoopt has it, with gradients finite everywhere."""

import math
import warnings

import pytest
import torch
from torch import Tensor

from ssl_core.errors import SslCoreError
from ssl_core.hyperbolic import clip, distance, expmap0, logmap0, mobius_add, pairwise_distance, project

CURVATURES = [1.0, 0.1, 0.05]


def vectors(batch: int, dim: int = 5, seed: int = 0, scale: float = 0.5) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(batch, dim, generator=generator, dtype=torch.float64)


def points(batch: int, dim: int = 5, seed: int = 0, *, c: float = 1.0) -> Tensor:
    return expmap0(vectors(batch, dim, seed), c=c)


@pytest.fixture(scope="module")
def geoopt():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import compiles with what torch has deprecated
        from geoopt.manifolds.stereographic import math as geometry
    return geometry


@pytest.mark.parametrize("c", CURVATURES)
def test_maps_sum_and_distance_equal_geoopts(geoopt, c):
    k = torch.tensor(-c, dtype=torch.float64)
    v = vectors(20)
    x, y = points(20, c=c), points(20, seed=1, c=c)
    assert torch.allclose(expmap0(v, c=c), geoopt.expmap0(v, k=k), rtol=1e-12)
    assert torch.allclose(logmap0(x, c=c), geoopt.logmap0(x, k=k), rtol=1e-10)
    assert torch.allclose(mobius_add(x, y, c=c), geoopt.mobius_add(x, y, k=k), rtol=1e-11)
    assert torch.allclose(distance(x, y, c=c), geoopt.dist(x, y, k=k), rtol=1e-11)
    assert torch.allclose(pairwise_distance(x, c=c), geoopt.dist(x[:, None], x[None], k=k), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("c", CURVATURES)
def test_project_equals_geoopts(geoopt, c, dtype):
    x = vectors(20, scale=2.0).to(dtype)
    k = torch.tensor(-c, dtype=dtype)
    assert torch.allclose(project(x, c=c), geoopt.project(x, k=k), rtol=10 * torch.finfo(dtype).eps)


@pytest.mark.parametrize("c", CURVATURES)
def test_the_three_forms_of_the_distance_agree(c):
    x, y = points(30, c=c), points(30, seed=1, c=c)
    root = math.sqrt(c)
    artanh = 2 / root * (root * mobius_add(-x, y, c=c).norm(dim=1)).atanh()
    x2, y2 = x.square().sum(1), y.square().sum(1)
    arcosh = (1 + 2 * c * (x - y).square().sum(1) / ((1 - c * x2) * (1 - c * y2))).acosh() / root
    assert torch.allclose(distance(x, y, c=c), artanh, rtol=0, atol=1e-12)
    assert torch.allclose(distance(x, y, c=c), arcosh, rtol=0, atol=1e-12)


@pytest.mark.parametrize("c", CURVATURES)
def test_pairwise_distance_equals_distance_row_by_row(c):
    x = points(8, c=c)
    expected = distance(x.repeat_interleave(8, 0), x.repeat(8, 1), c=c).view(8, 8)
    assert torch.allclose(pairwise_distance(x, c=c), expected, rtol=1e-13)
    assert torch.equal(pairwise_distance(x, c=c).diagonal(), torch.zeros(8, dtype=torch.float64))


@pytest.mark.parametrize("c", CURVATURES)
def test_expmap0_lies_at_twice_the_norm_from_the_origin(c):
    v = vectors(20)
    assert torch.allclose(distance(torch.zeros_like(v), expmap0(v, c=c), c=c), 2 * v.norm(dim=1), rtol=1e-12)


@pytest.mark.parametrize("c", CURVATURES)
def test_logmap0_is_the_inverse_of_expmap0(c):
    v, y = vectors(20), points(20, seed=3, c=c)
    assert torch.allclose(logmap0(expmap0(v, c=c), c=c), v, rtol=1e-11)
    assert torch.allclose(expmap0(logmap0(y, c=c), c=c), y, rtol=1e-11)
    assert torch.equal(logmap0(expmap0(torch.zeros(1, 3), c=c), c=c), torch.zeros(1, 3))


@pytest.mark.parametrize("c", CURVATURES)
def test_small_curvature_is_nearly_euclidean(c):
    """For c -> 0 the distance is 2 |x - y|, the sum x + y."""
    x, y = vectors(5) / 2, vectors(5, seed=1) / 2
    assert torch.allclose(distance(x, y, c=c * 1e-9), 2 * (x - y).norm(dim=1), rtol=1e-7)
    assert torch.allclose(mobius_add(x, y, c=c * 1e-9), x + y, atol=1e-7)


def test_mobius_addition_has_zero_and_left_inverses():
    x, y = points(10), points(10, seed=1)
    zero = torch.zeros_like(x)
    assert torch.allclose(mobius_add(zero, x, c=1.0), x, rtol=1e-14)
    assert torch.allclose(mobius_add(x, zero, c=1.0), x, rtol=1e-14)
    assert torch.allclose(mobius_add(-x, mobius_add(x, y, c=1.0), c=1.0), y, rtol=1e-11)
    assert not torch.allclose(mobius_add(x, y, c=1.0), mobius_add(y, x, c=1.0), rtol=1e-2)


def test_a_head_of_unit_norm_gives_one_sphere_and_identical_rankings():
    """UHML's head: norm tanh 1, distance 2 from the origin, at most 4 between two, and no radial hierarchy."""
    v = torch.nn.functional.normalize(vectors(40, 8))
    x = expmap0(v, c=1.0)
    assert torch.allclose(x.norm(dim=1), torch.full((40,), math.tanh(1), dtype=torch.float64), rtol=1e-12)
    origin_distances = distance(torch.zeros_like(x), x, c=1.0)
    assert torch.allclose(origin_distances, torch.full((40,), 2.0, dtype=torch.float64), rtol=1e-12)
    assert distance(x, -x, c=1.0).max().item() == pytest.approx(4)
    hyperbolic = pairwise_distance(x, c=1.0).argsort(dim=1)
    assert torch.equal(hyperbolic, torch.cdist(x, x).argsort(dim=1))
    assert torch.equal(hyperbolic, (v @ v.T).argsort(dim=1, descending=True))
    # Without the unit norm the rankings differ.
    free = points(40, 8)
    assert not torch.equal(pairwise_distance(free, c=1.0).argsort(1), torch.cdist(free, free).argsort(1))


@pytest.mark.parametrize("c", CURVATURES)
@pytest.mark.parametrize(("dtype", "furthest"), [(torch.float32, 6.2), (torch.float64, 12.2)])
def test_points_keep_their_margin_from_the_rim(c, dtype, furthest):
    """Vectors of any length: 6.2 and 12.2 are the largest distances from the origin at c = 1."""
    v = torch.tensor([[1e3, 0.0], [0.0, -1e15], [50.0, 50.0]], dtype=dtype)
    x = expmap0(v, c=c)
    margin = {torch.float32: 4e-3, torch.float64: 1e-5}[dtype]
    assert torch.allclose(math.sqrt(c) * x.norm(dim=1), torch.full((3,), 1 - margin, dtype=dtype), rtol=1e-6)
    outermost = distance(torch.zeros_like(x), x, c=c) * math.sqrt(c)
    assert torch.allclose(outermost, torch.full((3,), furthest, dtype=dtype), atol=0.02)
    assert (math.sqrt(c) * mobius_add(x, x, c=c).norm(dim=1) < 1 - margin / 2).all()
    beyond = x / x.norm(dim=1, keepdim=True) / math.sqrt(c)  # on the rim itself
    assert torch.allclose(distance(torch.zeros_like(x), beyond, c=c), outermost / math.sqrt(c), rtol=1e-3)
    assert pairwise_distance(beyond, c=c).isfinite().all()
    assert logmap0(beyond, c=c).isfinite().all()


def test_points_inside_the_margin_stay_as_they_are():
    x = points(10)
    assert torch.equal(project(x, c=1.0), x)


def test_clip_shortens_long_vectors_only():
    v = vectors(50, scale=1.0)
    clipped = clip(v, 1.5)
    norm = v.norm(dim=1)
    long = norm > 1.5
    assert 0 < long.sum() < 50
    assert torch.equal(clipped[~long], v[~long])
    assert torch.allclose(clipped[long], 1.5 * v[long] / norm[long, None], rtol=1e-14)
    assert torch.equal(clip(torch.zeros(1, 3), 1.0), torch.zeros(1, 3))


@pytest.mark.parametrize("c", CURVATURES)
def test_gradients_are_right(c):
    v, w = (vectors(4, 3, seed=seed).requires_grad_() for seed in (0, 1))
    for function in (
        lambda a: expmap0(a, c=c),
        lambda a: logmap0(a / 4, c=c),
        lambda a: project(4 * a, c=c),
        lambda a: clip(a, 0.8),
        lambda a: pairwise_distance(expmap0(a, c=c), c=c),
    ):
        assert torch.autograd.gradcheck(function, v)
    for function in (mobius_add, distance):
        assert torch.autograd.gradcheck(lambda a, b, f=function: f(a / 4, b / 4, c=c), (v, w))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradients_are_finite_where_points_coincide_and_at_the_origin(dtype):
    x = torch.tensor([[0.3, 0.1], [0.3, 0.1], [0.0, 0.0], [0.0, 0.0], [0.2, -0.5]], dtype=dtype, requires_grad=True)
    (gradient,) = torch.autograd.grad(pairwise_distance(x, c=1.0).sum(), x)
    assert gradient.isfinite().all()
    assert torch.equal(gradient[0], gradient[1])  # they do not push each other
    (gradient,) = torch.autograd.grad(distance(x, x.detach(), c=1.0).sum(), x)
    assert torch.equal(gradient, torch.zeros_like(gradient))
    for function in (expmap0, logmap0, project):
        zero = torch.zeros(1, 2, dtype=dtype, requires_grad=True)
        (gradient,) = torch.autograd.grad(function(zero, c=1.0).sum(), zero)
        assert torch.allclose(gradient, torch.ones_like(gradient))  # each is the identity near the origin


def test_gradients_are_finite_far_beyond_the_rim():
    v = torch.tensor([[100.0, 0.0], [3e4, 4e4]], requires_grad=True)
    (gradient,) = torch.autograd.grad(pairwise_distance(expmap0(v, c=1.0), c=1.0).sum(), v)
    assert gradient.isfinite().all()


def test_near_points_keep_their_distance_in_float32():
    """A matrix product for |x - y|^2 would leave no correct digit here."""
    x = points(10)
    pairs = torch.cat([x, x + 1e-4 * vectors(10, seed=2)]).float()
    near = pairwise_distance(pairs, c=1.0).diagonal(10)
    exact = pairwise_distance(pairs.double(), c=1.0).diagonal(10)
    assert torch.allclose(near.double(), exact, rtol=1e-4)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_types_are_raised_to_float32_also_under_autocast(half):
    v, y = vectors(6).to(half), points(6, seed=1).to(half)
    for function in (
        lambda a, b: expmap0(a, c=1.0),
        lambda a, b: logmap0(b, c=1.0),
        lambda a, b: project(a, c=1.0),
        lambda a, b: clip(a, 1.0),
        lambda a, b: mobius_add(b, -b / 2, c=1.0),
        lambda a, b: distance(b, -b / 2, c=1.0),
        lambda a, b: pairwise_distance(b, c=1.0),
    ):
        with torch.autocast("cpu", torch.bfloat16):
            result = function(v, y)
        assert result.dtype == torch.float32
        assert torch.equal(result, function(v.float(), y.float()))


@pytest.mark.parametrize("c", [0.0, -1.0, math.nan])
def test_a_curvature_that_makes_no_ball_is_refused(c):
    x = points(3)
    for function in (expmap0, logmap0, project, pairwise_distance):
        with pytest.raises(SslCoreError, match="needs c > 0"):
            function(x, c=c)
    for function in (mobius_add, distance):
        with pytest.raises(SslCoreError, match="needs c > 0"):
            function(x, x, c=c)


@pytest.mark.parametrize("radius", [0.0, -1.0, math.nan])
def test_a_radius_that_is_not_positive_is_refused(radius):
    with pytest.raises(SslCoreError, match="radius > 0"):
        clip(points(3), radius)
