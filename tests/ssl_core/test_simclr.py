"""What `ssl_core.methods.simclr` promises: Algorithm 1 with the augmentation of Appendix B.9."""

import dataclasses

import pytest
import torch

from ssl_core.augment import augment
from ssl_core.losses import contrastive_accuracy, nt_xent, nt_xent_logits
from ssl_core.methods.simclr import ABLATION, Settings, build
from ssl_core.train import build as build_seeded
from tests.conftest import batch_of


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def method(tiny_settings):
    return build_seeded("simclr", tiny_settings, seed=0)


def test_the_defaults_are_the_papers_cifar_augmentation():
    recipe = build(Settings(backbone="resnet_small")).recipe
    assert recipe.crop_area == (0.08, 1.0)
    assert recipe.crop_ratio == (3 / 4, 4 / 3)
    assert recipe.flip == 0.5
    assert recipe.jitter == 0.8
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    assert strengths == pytest.approx((0.4, 0.4, 0.4, 0.1))
    assert recipe.grayscale == 0.2
    assert recipe.blur == recipe.solarize == 0


def test_colour_strength_scales_jitter_as_in_appendix_a():
    recipe = build(Settings(backbone="resnet_small", jitter_strength=1.0, blur=0.5)).recipe
    strengths = (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue)
    assert strengths == pytest.approx((0.8, 0.8, 0.8, 0.2))
    assert recipe.blur == 0.5


def test_views_are_all_first_ones_then_all_second_ones(method, tiny_data):
    views = method.views(batch_of(tiny_data, 6), generator())[0]
    assert views.shape == (12, 3, 32, 32)
    assert views.dtype == torch.float32
    assert 0 <= views.min() < views.max() <= 1
    # Without the random part both halves are the images themselves, in their order.
    method.recipe = dataclasses.replace(
        method.recipe, crop_area=(1.0, 1.0), crop_ratio=(1.0, 1.0), flip=0.0, jitter=0.0, grayscale=0.0
    )
    first, second = method.views(batch_of(tiny_data, 6), generator())[0].chunk(2)
    assert torch.allclose(first, tiny_data.train_images[:6] / 255, atol=1e-6)
    assert torch.equal(first, second)


def test_the_two_views_of_an_image_differ(method, tiny_data):
    first, second = method.views(batch_of(tiny_data, 6), generator())[0].chunk(2)
    assert all(not torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_views_follow_from_the_generator_alone(method, tiny_data):
    first, again, other = (method.views(batch_of(tiny_data, 6), generator(seed))[0] for seed in (3, 3, 4))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_loss_is_nt_xent_of_the_projections(method, tiny_settings, tiny_data):
    views = augment(tiny_data.train_images[:16], method.recipe, generator())[0]
    loss, logs = method(views)
    z1, z2 = method.projector(method.encoder(views)).chunk(2)
    assert loss.item() == pytest.approx(nt_xent(z1, z2, tiny_settings.temperature).item(), abs=1e-6)
    expected = contrastive_accuracy(nt_xent_logits(z1, z2, tiny_settings.temperature))
    assert logs["contrastive_accuracy"].item() == pytest.approx(expected.item())
    assert loss.requires_grad
    assert not logs["contrastive_accuracy"].requires_grad


def test_gradients_reach_every_trained_parameter(method, tiny_data):
    loss, _ = method(*method.views(batch_of(tiny_data, 16), generator()))
    loss.backward()
    assert all(p.grad is not None for p in method.parameters() if p.requires_grad)


def test_both_views_share_batchnorm_statistics(method):
    """One pass over 2B images: statistics move once a step, towards the mean over both views."""
    bn = method.encoder.stem[1]
    method(torch.rand(8, 3, 32, 32))
    assert bn.num_batches_tracked == 1


def test_the_head_is_as_wide_as_h_and_ends_in_projection_dim(tiny_settings):
    method = build(dataclasses.replace(tiny_settings, projection_dim=24))
    h = method.encoder(torch.rand(4, 3, 32, 32))
    z = method.projector(h)
    assert z.shape == (4, 24)
    assert method.projector[0].weight.shape == (h.shape[1], h.shape[1])


def test_the_crop_ablation_leaves_out_colour_and_changes_nothing_else():
    with_colour, crop_only = ABLATION["crop-colour"], ABLATION["crop"]
    assert dataclasses.replace(crop_only, jitter=with_colour.jitter, grayscale=with_colour.grayscale) == with_colour
    assert build(crop_only).recipe.steps == ()


def test_the_temperature_ablation_changes_the_temperature_alone():
    base = ABLATION["crop-colour"]
    others = [ABLATION[f"temperature-{temperature}"] for temperature in (0.05, 0.5, 1.0)]
    assert [base.temperature, *(settings.temperature for settings in others)] == [0.1, 0.05, 0.5, 1.0]
    assert all(dataclasses.replace(settings, temperature=0.1) == base for settings in others)


def test_the_batch_ablation_scales_the_learning_rate_by_the_square_root_and_changes_nothing_else():
    base = ABLATION["crop-colour"]
    for batch in (64, 1024):
        other = ABLATION[f"batch-{batch}"]
        assert other.batch_size == batch
        assert other.lr == base.lr * (batch / base.batch_size) ** 0.5
        assert dataclasses.replace(other, batch_size=base.batch_size, lr=base.lr) == base
