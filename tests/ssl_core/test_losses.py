"""What `ssl_core.losses` promises of NT-Xent (SimCLR's Eq. 1), negative cosine and distillation.

Hard negatives and log-ratio losses have their own files.
"""

import math
import warnings

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from ssl_core.losses import (
    LossError,
    contrastive_accuracy,
    distillation,
    negative_cosine,
    nt_xent,
    nt_xent_logits,
    positives,
)


def views(batch: int, dim: int, seed: int = 0, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    z1, z2 = scale * torch.randn(2, batch, dim, generator=generator, dtype=torch.float64)
    return z1, z2


def eq1(z1: Tensor, z2: Tensor, tau: float) -> float:
    """SimCLR's Eq. 1 and Algorithm 1 written out with Python's own numbers."""
    z = [row.tolist() for row in torch.cat([z1, z2])]
    lengths = [math.sqrt(sum(a * a for a in row)) for row in z]
    n = len(z1)

    def s(i: int, k: int) -> float:
        return sum(a * b for a, b in zip(z[i], z[k], strict=True)) / (lengths[i] * lengths[k])

    total = 0.0
    for i in range(2 * n):
        j = i + n if i < n else i - n
        denominator = sum(math.exp(s(i, k) / tau) for k in range(2 * n) if k != i)
        total -= math.log(math.exp(s(i, j) / tau) / denominator)
    return total / (2 * n)


@pytest.mark.parametrize(("batch", "dim"), [(1, 3), (2, 1), (5, 8), (17, 4)])
@pytest.mark.parametrize("temperature", [0.05, 0.2, 0.5, 1.0, 10.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 40.0])
def test_nt_xent_equals_the_double_loop_of_eq1(batch, dim, temperature, scale):
    z1, z2 = views(batch, dim, scale=scale)
    assert nt_xent(z1, z2, temperature).item() == pytest.approx(eq1(z1, z2, temperature), rel=1e-12, abs=1e-12)


def test_the_length_of_projections_does_not_matter():
    z1, z2 = views(6, 5)
    lengths = torch.linspace(0.1, 9, 6, dtype=torch.float64)[:, None]
    assert torch.allclose(nt_xent(z1 * lengths, z2 / lengths, 0.3), nt_xent(z1, z2, 0.3), rtol=1e-12)


@pytest.mark.parametrize("batch", [1, 2, 64, 256])
@pytest.mark.parametrize("temperature", [0.05, 0.5, 1.0])
def test_equal_projections_give_log_2b_minus_1(batch, temperature):
    z = torch.tensor([0.3, -2.0, 1.0], dtype=torch.float64).expand(batch, 3)
    assert nt_xent(z, z, temperature).item() == pytest.approx(math.log(2 * batch - 1), abs=1e-12)


@pytest.mark.parametrize(("batch", "temperature", "value"), [(512, 0.5, 4.94), (256, 0.5, 4.25), (512, 0.1, 0.045)])
def test_value_for_equal_pairs_with_orthogonal_negatives(batch, temperature, value):
    z = torch.eye(batch, dtype=torch.float64)
    assert nt_xent(z, z, temperature).item() == pytest.approx(value, abs=0.005)


def test_nt_xent_is_symmetric_in_the_views():
    z1, z2 = views(7, 4)
    assert torch.allclose(nt_xent(z1, z2, 0.2), nt_xent(z2, z1, 0.2), rtol=1e-13)


def test_the_order_of_the_images_does_not_matter():
    z1, z2 = views(9, 4)
    order = torch.randperm(9, generator=torch.Generator().manual_seed(1))
    assert torch.allclose(nt_xent(z1[order], z2[order], 0.2), nt_xent(z1, z2, 0.2), rtol=1e-13)
    assert not torch.allclose(nt_xent(z1[order], z2, 0.2), nt_xent(z1, z2, 0.2), rtol=1e-3)


def test_gradients_of_both_views_are_right():
    z1, z2 = (z.requires_grad_() for z in views(4, 3))
    assert torch.autograd.gradcheck(lambda a, b: nt_xent(a, b, 0.3), (z1, z2))


def test_gradients_stay_finite_at_a_small_temperature():
    z = torch.eye(8, requires_grad=True)
    nt_xent(z, z.detach(), 0.01).backward()
    assert z.grad is not None
    assert z.grad.isfinite().all()


def official(hidden: Tensor, temperature: float) -> Tensor:
    """google-research/simclr `objective.py`, add_contrastive_loss on one device, line by line."""
    large = 1e9
    hidden1, hidden2 = functional.normalize(hidden, dim=-1).chunk(2)
    batch_size = len(hidden1)
    labels = functional.one_hot(torch.arange(batch_size), batch_size * 2).to(hidden.dtype)
    masks = functional.one_hot(torch.arange(batch_size), batch_size).to(hidden.dtype)
    logits_aa = hidden1 @ hidden1.T / temperature - masks * large
    logits_bb = hidden2 @ hidden2.T / temperature - masks * large
    logits_ab = hidden1 @ hidden2.T / temperature
    logits_ba = hidden2 @ hidden1.T / temperature
    loss_a = functional.cross_entropy(torch.cat([logits_ab, logits_aa], 1), labels)
    loss_b = functional.cross_entropy(torch.cat([logits_ba, logits_bb], 1), labels)
    return loss_a + loss_b


@pytest.mark.parametrize("temperature", [0.1, 0.5])
def test_the_official_objective_is_twice_ours(temperature):
    z1, z2 = views(12, 6)
    twice = official(torch.cat([z1, z2]), temperature)
    assert torch.allclose(twice, 2 * nt_xent(z1, z2, temperature), rtol=1e-12)


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_half_types_are_raised_to_float32(half):
    z1, z2 = (z.to(half) for z in views(16, 8))
    loss = nt_xent(z1, z2, 0.02)  # exp(1 / 0.02) leaves float16
    assert loss.dtype == torch.float32
    assert torch.equal(loss, nt_xent(z1.float(), z2.float(), 0.02))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_float32_and_float64_stay_as_they_are(dtype):
    z1, z2 = (z.to(dtype) for z in views(3, 4))
    assert nt_xent(z1, z2, 0.5).dtype == dtype


def test_autocast_does_not_lower_the_precision_of_the_loss():
    z1, z2 = (z.float() for z in views(32, 16))
    exact = nt_xent(z1, z2, 0.1)
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(nt_xent(z1, z2, 0.1), exact)


def test_inputs_are_not_changed():
    z1, z2 = views(3, 4)
    before = z1.clone(), z2.clone()
    nt_xent(z1, z2, 0.5)
    assert torch.equal(z1, before[0])
    assert torch.equal(z2, before[1])


def test_every_row_has_its_other_view_as_positive():
    assert positives(4).tolist() == [4, 5, 6, 7, 0, 1, 2, 3]


def test_contrastive_accuracy_of_a_constructed_case():
    # Images 0 and 1 have equal views; the views of image 2 are nearer to those of image 0 than to each other.
    z1 = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.9, 0.1, 0.3]])
    z2 = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.9, 0.1, -0.5]])
    assert contrastive_accuracy(nt_xent_logits(z1, z2, 0.5)).item() == pytest.approx(4 / 6)


def test_contrastive_accuracy_of_random_projections_is_chance():
    z, _ = views(16, 32)
    repeats = [contrastive_accuracy(nt_xent_logits(*views(16, 32, seed=seed), 0.5)).item() for seed in range(300)]
    assert sum(repeats) / 300 == pytest.approx(1 / 31, abs=0.01)
    assert contrastive_accuracy(nt_xent_logits(z, z, 0.5)) == 1


@pytest.mark.parametrize("temperature", [0.07, 0.5])
def test_nt_xent_equals_lightlys(temperature):
    z1, z2 = views(9, 5)
    theirs = lightly_loss("NTXentLoss", temperature=temperature)(z1, z2)
    assert nt_xent(z1, z2, temperature).item() == pytest.approx(theirs.item(), rel=1e-6)


def lightly_loss(name: str, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import is not our business
        from lightly import loss
    return getattr(loss, name)(**options)


@pytest.mark.parametrize("temperature", [0.0, -0.5, math.nan])
def test_a_temperature_that_is_not_positive_is_refused(temperature):
    z1, z2 = views(3, 4)
    for loss in (nt_xent, distillation):
        with pytest.raises(LossError, match=r"temperature .* must be > 0"):
            loss(z1, z2, temperature)


# negative_cosine


def cosine(a: list[float], b: list[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True)) / math.hypot(*a) / math.hypot(*b)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 40.0])
def test_negative_cosine_equals_the_loop_over_the_rows(scale):
    p, z = views(7, 5, scale=scale)
    expected = -sum(cosine(a, b) for a, b in zip(p.tolist(), z.tolist(), strict=True)) / 7
    assert negative_cosine(p, z).item() == pytest.approx(expected, rel=1e-12)


def test_negative_cosine_equals_lightlys():
    p, z = views(7, 5)
    theirs = lightly_loss("NegativeCosineSimilarity")(p, z)
    assert negative_cosine(p, z).item() == pytest.approx(theirs.item(), rel=1e-12)


def test_equal_directions_give_minus_1_and_opposite_ones_1():
    p, _ = views(6, 4)
    assert negative_cosine(p, 3 * p).item() == pytest.approx(-1, abs=1e-14)
    assert negative_cosine(p, -p).item() == pytest.approx(1, abs=1e-14)


def test_the_target_gets_no_gradient():
    p, z = (x.requires_grad_() for x in views(6, 4))
    negative_cosine(p, z).backward()
    assert z.grad is None
    assert p.grad is not None
    assert p.grad.norm() > 0


def test_without_a_predictor_stop_gradient_halves_the_gradient():
    """z2 is constant in D(z1, sg z2) and z1 in D(z2, sg z1): of the two equal halves of D's gradient one is left."""
    z1, z2 = (x.requires_grad_() for x in views(6, 4))
    stopped = (negative_cosine(z1, z2) + negative_cosine(z2, z1)) / 2
    through = -functional.cosine_similarity(z1, z2).mean()
    assert stopped.item() == pytest.approx(through.item(), rel=1e-14)
    halves, whole = torch.autograd.grad(stopped, (z1, z2)), torch.autograd.grad(through, (z1, z2))
    for half, one in zip(halves, whole, strict=True):
        assert torch.allclose(2 * half, one, rtol=1e-12)


def test_byols_total_is_4_plus_4_times_simsiams_loss():
    (p1, p2), (z1, z2) = views(6, 4), views(6, 4, seed=1)
    unit = functional.normalize
    # BYOL Eq. 2: squared distance of unit vectors, summed over both directions, averaged over the batch.
    byol = sum((unit(p) - unit(z)).square().sum(1).mean() for p, z in ((p1, z2), (p2, z1)))
    simsiam = (negative_cosine(p1, z2) + negative_cosine(p2, z1)) / 2
    assert torch.allclose(byol, 4 + 4 * simsiam, rtol=1e-13)


def test_the_gradient_of_negative_cosine_is_right():
    p, z = views(4, 3)
    assert torch.autograd.gradcheck(lambda x: negative_cosine(x, z), p.requires_grad_())


# distillation


def test_distillation_equals_the_loop_of_the_formula():
    student, teacher = (logits.tolist() for logits in views(5, 4, scale=2.0))
    tau = 0.3
    total = 0.0
    for s, t in zip(student, teacher, strict=True):
        teacher_sum, student_sum = (sum(math.exp(a / tau) for a in row) for row in (t, s))
        total -= sum(
            math.exp(b / tau) / teacher_sum * math.log(math.exp(a / tau) / student_sum)
            for a, b in zip(s, t, strict=True)
        )
    assert distillation(*views(5, 4, scale=2.0), tau).item() == pytest.approx(total / 5, rel=1e-12)


@pytest.mark.parametrize("temperature", [0.1, 1.0, 4.0])
def test_distillation_is_the_teachers_entropy_exactly_when_both_agree(temperature):
    student, teacher = views(8, 10, scale=2.0)
    entropy = torch.distributions.Categorical(logits=teacher / temperature).entropy().mean()
    # Logits are free up to a constant per row.
    assert torch.allclose(distillation(teacher + 7, teacher, temperature), entropy, rtol=1e-12)
    assert distillation(student, teacher, temperature) > entropy + 1e-3
    nudged = teacher + 0.1 * student
    assert distillation(nudged, teacher, temperature) > entropy


def test_the_teacher_gets_no_gradient():
    student, teacher = (logits.requires_grad_() for logits in views(5, 4))
    distillation(student, teacher, 0.5).backward()
    assert teacher.grad is None
    # The gradient of a cross entropy is the difference of the two soft labels, over tau and B.
    difference = (student / 0.5).softmax(1) - (teacher / 0.5).softmax(1)
    assert torch.allclose(student.grad, difference / 0.5 / 5, rtol=1e-12)


def test_the_gradient_of_distillation_is_right():
    student, teacher = views(4, 3)
    assert torch.autograd.gradcheck(lambda s: distillation(s, teacher, 0.4), student.requires_grad_())


@pytest.mark.parametrize("half", [torch.float16, torch.bfloat16])
def test_losses_towards_a_target_are_computed_in_float32(half):
    a, b = (x.to(half) for x in views(16, 8))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(negative_cosine(a, b), negative_cosine(a.float(), b.float()))
        assert torch.equal(distillation(a, b, 0.1), distillation(a.float(), b.float(), 0.1))
    assert negative_cosine(a, b).dtype == distillation(a, b, 0.1).dtype == torch.float32
    assert negative_cosine(a.double(), b.double()).dtype == torch.float64
    assert distillation(a.double(), b.double(), 0.1).dtype == torch.float64
