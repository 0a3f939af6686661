"""What `ssl_core.losses` promises of hard negatives: HCL's loss and its special cases, always finite."""

import math

import pytest
import torch
from torch import Tensor

from ssl_core.losses import (
    LossError,
    hard_negative,
    hard_negative_terms,
    hard_negative_weights,
    nt_xent,
    nt_xent_logits,
)


def views(batch: int, dim: int, seed: int = 0, noise: float = 1.0) -> tuple[Tensor, Tensor]:
    """Two views per image; with little noise they are alike, and anchors come to the lower bound."""
    generator = torch.Generator().manual_seed(seed)
    z, n1, n2 = torch.randn(3, batch, dim, generator=generator, dtype=torch.float64)
    return z + noise * n1, z + noise * n2


def loop(z1: Tensor, z2: Tensor, t: float, tau_plus: float, beta: float) -> tuple[float, float, float]:
    """HCL's batch form with Python's own numbers: loss, effective sample size, share of clamped anchors."""
    z = [row.tolist() for row in torch.cat([z1, z2])]
    z = [[a / math.hypot(*row) for a in row] for row in z]
    anchors = len(z)
    loss = effective = clamped = 0.0
    for i in range(anchors):
        other = (i + anchors // 2) % anchors
        e = [math.exp(sum(a * b for a, b in zip(z[i], z[j], strict=True)) / t) for j in range(anchors)]
        p = e[other]
        negatives = [e[j] for j in range(anchors) if j not in (i, other)]
        n = len(negatives)
        mean = sum(x**beta for x in negatives) / n
        w = [x**beta / mean for x in negatives]
        assert sum(w) / n == pytest.approx(1)
        r = sum(weight * x for weight, x in zip(w, negatives, strict=True))
        debiased, bound = (r - tau_plus * n * p) / (1 - tau_plus), n * math.exp(-1 / t)
        loss -= math.log(p / (p + max(debiased, bound)))
        effective += n / sum(weight**2 for weight in w)
        clamped += debiased < bound
    return loss / anchors, effective / anchors, clamped / anchors


@pytest.mark.parametrize(("batch", "noise"), [(2, 1.0), (9, 1.0), (9, 0.1), (24, 0.3)])
@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("tau_plus", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0])
def test_hard_negative_equals_the_loop_of_the_paper(batch, noise, temperature, tau_plus, beta):
    z1, z2 = views(batch, 4, noise=noise)
    loss, effective, clamped = loop(z1, z2, temperature, tau_plus, beta)
    assert hard_negative(z1, z2, temperature, tau_plus, beta).item() == pytest.approx(loss, rel=1e-10)
    weights = hard_negative_weights(z1, z2, temperature, tau_plus, beta)
    assert weights.effective_sample_size.item() == pytest.approx(effective, rel=1e-10)
    assert weights.clamped.item() == pytest.approx(clamped)


def test_the_cases_of_the_loop_have_clamped_and_free_anchors():
    for batch, noise in ((9, 0.1), (24, 0.3)):
        assert 0.2 < hard_negative_weights(*views(batch, 4, noise=noise), 0.1, 0.1, 0.5).clamped.item() < 0.8


@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0])
def test_beta_zero_and_tau_plus_zero_equals_nt_xent(temperature):
    z1, z2 = views(12, 6)
    assert torch.allclose(hard_negative(z1, z2, temperature, 0.0, 0.0), nt_xent(z1, z2, temperature), rtol=1e-12)


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_beta_zero_equals_debiased(noise):
    """Debiased Contrastive Learning: plain sum of the negatives, corrected, bounded below by N exp(-1/t)."""
    z1, z2 = views(12, 6, noise=noise)
    t, tau_plus = 0.5, 0.2
    z = torch.nn.functional.normalize(torch.cat([z1, z2]))
    e = (z @ z.T / t).exp()
    p = (z * z.roll(12, 0)).sum(1).div(t).exp()
    ng = (e.sum(1) - e.diagonal() - p - tau_plus * 22 * p) / (1 - tau_plus)
    debiased = -(p / (p + ng.clamp_min(22 * math.exp(-1 / t)))).log().mean()
    assert torch.allclose(hard_negative(z1, z2, t, tau_plus, 0.0), debiased, rtol=1e-12)


@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0, 6.0, 50.0])
def test_the_weights_of_the_negatives_sum_to_1(beta):
    log_pi = hard_negative_terms(*views(12, 6), 0.5, 0.1, beta).log_pi
    assert torch.allclose(log_pi.exp().sum(1), torch.ones(24, dtype=torch.float64), rtol=1e-12)
    assert (log_pi.isfinite().sum(1) == 22).all()
    assert log_pi.diagonal().isneginf().all()
    assert log_pi.diagonal(12).isneginf().all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("beta", [0.0, 1.0, 6.0])
def test_the_clamp_never_acts_at_tau_plus_zero(dtype, beta):
    opposite = torch.tensor([[0.3, 0.1, 0.7], [-0.3, -0.1, -0.7]], dtype=dtype)  # every negative at cosine -1
    for z1, z2 in (views(12, 6), views(3, 1), (opposite, opposite), (opposite, 0.3 * opposite)):
        assert not hard_negative_terms(z1.to(dtype), z2.to(dtype), 0.1, 0.0, beta).clamped.any()


def test_large_beta_leaves_the_hardest_negative():
    z1, z2 = views(12, 6)
    terms = hard_negative_terms(z1, z2, 0.5, 0.0, 1e6)
    z = torch.nn.functional.normalize(torch.cat([z1, z2]))
    s = (z @ z.T / 0.5).fill_diagonal_(-math.inf)
    s.diagonal(12).fill_(-math.inf)
    s.diagonal(-12).fill_(-math.inf)
    assert torch.allclose(terms.log_r, math.log(22) + s.amax(1), rtol=1e-9)
    assert hard_negative_weights(z1, z2, 0.5, 0.0, 1e6).effective_sample_size.item() == pytest.approx(1 / 22)


def uniform_cosines() -> tuple[Tensor, Tensor]:
    """256 images whose first anchor has 510 negatives with cosines uniform on [-1, 1]."""
    angles = torch.linspace(-1, 1, 510, dtype=torch.float64).acos()
    points = torch.stack([angles.cos(), angles.sin()], 1)
    anchor = torch.tensor([[1.0, 0.0]], dtype=torch.float64)
    return torch.cat([anchor, points[::2]]), torch.cat([anchor, points[1::2]])


@pytest.mark.parametrize(
    ("beta", "share", "effective"), [(0, 10, 100), (0.5, 21, 75), (1, 34, 47), (2, 55, 24), (6, 90, 8)]
)
def test_share_of_the_hardest_tenth_and_effective_sample_size_of_uniform_cosines(beta, share, effective):
    pi = hard_negative_terms(*uniform_cosines(), 0.5, 0.1, beta).log_pi[0].exp()
    actual = 100 * pi.topk(51).values.sum().item(), 100 / pi.square().sum().item() / 510
    assert actual == pytest.approx((share, effective), abs=1.2)  # the known percentages are those of a random sample
    if beta > 0:  # and those of a density exp(a s) on [-1, 1], a = beta / t, for comparison
        a = beta / 0.5
        share = (math.exp(a) - math.exp(0.8 * a)) / (2 * math.sinh(a))
        effective = (math.sinh(a) / a) ** 2 / (math.sinh(2 * a) / (2 * a))
        assert actual == pytest.approx((100 * share, 100 * effective), abs=0.3)


@pytest.mark.parametrize("beta", [0.0, 1.0, 3.0])
def test_the_gradient_flows_through_the_weights(beta):
    """dR/ds_j = N pi_j [(beta + 1) e^{s_j} - beta sum_k pi_k e^{s_k}], carried on to z1 and z2 by the logits s."""
    t = 0.5
    z1, z2 = (z.requires_grad_() for z in uniform_cosines())
    terms = hard_negative_terms(z1, z2, t, 0.0, beta)
    s = nt_xent_logits(z1, z2, t)[0][terms.log_pi[0].isfinite()]
    pi = torch.softmax(beta * s, 0)
    formula = (510 * pi * ((beta + 1) * s.exp() - beta * (pi * s.exp()).sum())).detach()
    expected = torch.autograd.grad(s, (z1, z2), grad_outputs=formula)
    actual = torch.autograd.grad(terms.log_r[0].exp(), (z1, z2))
    for a, b in zip(actual, expected, strict=True):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-9)
    if beta == 1:  # easy negatives are pulled towards the anchor: 67 %, those with a cosine below 0.32
        assert (formula < 0).double().mean().item() == pytest.approx(0.66, abs=0.01)
        assert s[formula < 0].max().item() * t == pytest.approx(0.32, abs=0.01)


@pytest.mark.parametrize(("tau_plus", "beta"), [(0.0, 0.0), (0.1, 0.0), (0.0, 1.0), (0.1, 1.0), (0.3, 3.0)])
def test_the_gradient_of_hard_negative_is_right(tau_plus, beta):
    z1, z2 = (z.requires_grad_() for z in views(4, 3, noise=0.3))
    assert torch.autograd.gradcheck(lambda a, b: hard_negative(a, b, 0.5, tau_plus, beta), (z1, z2))


def test_the_negatives_of_a_clamped_anchor_get_no_gradient():
    z1, z2 = (z.requires_grad_() for z in views(8, 16, noise=0.01))
    terms = hard_negative_terms(z1, z2, 0.1, 0.1, 1.0)
    assert terms.clamped.all()
    assert torch.allclose(terms.log_g, torch.full_like(terms.log_g, math.log(14) - 10))
    for gradient in torch.autograd.grad(terms.log_g.sum(), (z1, z2)):
        assert torch.equal(gradient, torch.zeros_like(gradient))


@pytest.mark.parametrize("temperature", [0.01, 0.07])
@pytest.mark.parametrize("tau_plus", [0.0, 1e-12, 0.1, 0.9])
@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
def test_float32_stays_finite_at_a_small_temperature_and_large_beta(temperature, tau_plus, noise):
    exact = views(32, 16, noise=noise)
    z1, z2 = (z.float().requires_grad_() for z in exact)
    loss = hard_negative(z1, z2, temperature, tau_plus, 6.0)
    assert loss.isfinite()
    assert loss.item() == pytest.approx(hard_negative(*exact, temperature, tau_plus, 6.0).item(), rel=1e-3, abs=1e-6)
    for gradient in torch.autograd.grad(loss, (z1, z2)):
        assert gradient.isfinite().all()


@pytest.mark.parametrize("tau_plus", [0.0, 0.1])
def test_equal_projections_give_log_2b_minus_1(tau_plus):
    z = torch.tensor([0.3, -2.0, 1.0], dtype=torch.float64).expand(8, 3)
    assert hard_negative(z, z, 0.2, tau_plus, 2.0).item() == pytest.approx(math.log(15), rel=1e-12)


def test_the_length_of_projections_and_the_order_of_views_do_not_matter():
    z1, z2 = views(8, 5)
    loss = hard_negative(z1, z2, 0.5, 0.1, 1.0)
    assert torch.allclose(hard_negative(7 * z1, z2 / 9, 0.5, 0.1, 1.0), loss, rtol=1e-12)
    assert torch.allclose(hard_negative(z2, z1, 0.5, 0.1, 1.0), loss, rtol=1e-12)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_types_are_raised_to_float32_also_under_autocast(half):
    z1, z2 = (z.to(half) for z in views(16, 8))
    with torch.autocast("cpu", torch.bfloat16):
        loss = hard_negative(z1, z2, 0.07, 0.1, 6.0)
    assert loss.dtype == torch.float32
    assert torch.equal(loss, hard_negative(z1.float(), z2.float(), 0.07, 0.1, 6.0))


def test_the_weights_for_the_log_have_no_gradient():
    z1, z2 = (z.requires_grad_() for z in views(6, 4))
    assert not any(value.requires_grad for value in hard_negative_weights(z1, z2, 0.5, 0.1, 1.0))
    assert hard_negative(z1, z2, 0.5, 0.1, 1.0).requires_grad


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((0.0, 0.1, 1.0), "temperature"),
        ((-1.0, 0.1, 1.0), "temperature"),
        ((0.5, 1.0, 1.0), "tau_plus"),
        ((0.5, -0.1, 1.0), "tau_plus"),
        ((0.5, math.nan, 1.0), "tau_plus"),
        ((0.5, 0.1, -0.5), "beta"),
        ((0.5, 0.1, math.inf), "beta"),
    ],
)
def test_hyperparameters_out_of_range_are_refused(options, message):
    z1, z2 = views(4, 3)
    for function in (hard_negative, hard_negative_weights):
        with pytest.raises(LossError, match=message):
            function(z1, z2, *options)


def test_a_single_image_is_refused():
    with pytest.raises(LossError, match="at least 2 images"):
        hard_negative(*views(1, 3), 0.5, 0.1, 1.0)


@pytest.mark.parametrize("tau_plus", [0.1, 0.5])
def test_gradients_stay_finite_where_debiasing_leaves_nothing(tau_plus):
    """Equal views and opposite negatives: the same-class share is e^200 times the sum, beyond float32."""
    z1, z2 = (torch.tensor([[0.3, 0.1, 0.7], [-0.3, -0.1, -0.7]], requires_grad=True) for _ in range(2))
    loss = hard_negative(z1, z2, 0.01, tau_plus, 1.0)
    assert loss.item() == pytest.approx(0, abs=1e-6)
    for gradient in torch.autograd.grad(loss, (z1, z2)):
        assert gradient.isfinite().all()
