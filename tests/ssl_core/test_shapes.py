"""What `ssl_core.shapes` promises: the same pixels everywhere, balanced classes, and no easy way to them."""

import numpy as np
import pytest
import torch
from torch import Tensor

from ssl_core import shapes as module
from ssl_core.backbones import resnet_small
from ssl_core.data import load
from ssl_core.evaluate import features, knn_accuracy
from ssl_core.shapes import CLASSES, shapes


def test_pixels_follow_from_the_seed_alone():
    torch.manual_seed(1)
    np.random.seed(1)
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()
    first = shapes(30, 20, seed=3)
    assert np.array_equal(np.random.get_state()[1], numpy_state)
    assert torch.equal(torch.get_rng_state(), torch_state)
    np.random.seed(2)
    assert shapes(30, 20, seed=3).fingerprint == first.fingerprint
    assert shapes(30, 20, seed=4).fingerprint != first.fingerprint


def test_pixels_are_the_same_on_every_machine():
    # Stored runs name their data by this fingerprint: who changes the pictures on purpose changes it here, and
    # runs them again.
    assert shapes(20, 10).fingerprint == "39d48577f43c6470765666af851ac1eab6d81174798416956ac6710f8b3477bd"


def test_default_is_ten_thousand_and_two_thousand():
    data = load("shapes")
    assert data.name == "shapes"
    assert data.classes == CLASSES
    assert len(set(CLASSES)) == 10
    assert data.train_images.shape == (10_000, 3, 32, 32)
    assert data.test_images.shape == (2_000, 3, 32, 32)
    assert data.train_images.dtype == torch.uint8
    assert data.train_labels.dtype == torch.int64
    assert torch.bincount(data.train_labels).tolist() == [1000] * 10
    assert torch.bincount(data.test_labels).tolist() == [200] * 10
    both = torch.cat([data.train_images, data.test_images]).flatten(1).numpy()
    assert len({image.tobytes() for image in both}) == 12_000


@pytest.mark.parametrize("n", [0, 1, 7, 10, 203])
def test_any_number_is_balanced_to_within_one(n):
    data = shapes(n, 0)
    assert data.train_images.shape == (n, 3, 32, 32)
    counts = torch.bincount(data.train_labels, minlength=10)
    assert counts.max() - counts.min() <= 1


def test_more_images_leave_the_earlier_ones_as_they_are():
    few, many = shapes(30, 15), shapes(450, 300)
    assert torch.equal(many.train_images[:30], few.train_images)
    assert torch.equal(many.test_images[:15], few.test_images)


def test_splits_are_drawn_from_streams_of_their_own():
    data = shapes(10, 10)
    assert not torch.equal(data.train_images, data.test_images)


GRID = np.meshgrid(np.linspace(-1.6, 1.6, 161), np.linspace(-1.6, 1.6, 161))


@pytest.mark.parametrize("name", CLASSES)
def test_every_figure_fills_its_circle_without_leaving_it(name):
    u, v = GRID
    inside = module._distance(name, u, v) < 0
    reach = np.hypot(u, v)[inside]
    # So a figure whose circle lies within the image is never cut off.
    assert reach.max() <= 1.0001
    assert reach.max() > 0.85
    assert 0.15 < inside.sum() / (np.hypot(u, v) < 1).sum() <= 1


@pytest.mark.parametrize("name", CLASSES)
def test_distance_grows_as_fast_as_the_points_move(name):
    u, v = GRID
    field = module._distance(name, u, v)
    step = u[0, 1] - u[0, 0]
    for axis in (0, 1):
        assert np.abs(np.diff(field, axis=axis)).max() <= step * (1 + 1e-9)
    # Where the nearest piece of outline changes the slope is less; elsewhere it is one.
    assert np.median(np.hypot(*np.gradient(field, step))) == pytest.approx(1, abs=0.01)


def test_square_has_the_distance_of_a_box():
    u, v = GRID
    across, down = np.abs(u) - 0.7, np.abs(v) - 0.7
    box = np.hypot(across.clip(0), down.clip(0)) + np.maximum(across, down).clip(max=0)
    np.testing.assert_allclose(module._distance("square", u, v), box, atol=1e-12)


def test_figures_stay_distinct_at_every_turn():
    """No class, turned by up to TURN either way, covers the area of another (intersection over union)."""
    u, v = (grid[::2, ::2] for grid in GRID)

    def mask(name, degrees):
        c, s = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
        return module._distance(name, c * u + s * v, c * v - s * u) < 0

    turns = np.linspace(-module.TURN, module.TURN, 5)
    masks = {name: [mask(name, degrees) for degrees in turns] for name in CLASSES}
    for i, one in enumerate(CLASSES):
        for other in CLASSES[i + 1 :]:
            overlap = max((a & b).sum() / (a | b).sum() for a in masks[one] for b in masks[other])
            assert overlap < 0.85, (one, other)


def test_figure_and_ground_differ_in_luminance():
    rng = np.random.default_rng(0)
    axis = np.linspace(-1, 1, 32)
    x, y = (grid[None] for grid in np.meshgrid(axis, axis))
    luminance, tint = module._surface(np.full(module.BLOCK, 0.5), x, y, rng)
    # Neither texture nor tint moves the mean, so the contrast drawn is the contrast seen.
    assert np.abs(np.tensordot(tint, module.LUMA, axes=(1, 0))).max() < 1e-12
    assert np.abs(luminance - 0.5).max() <= module.TEXTURE
    assert module.CONTRAST[0] > module.TEXTURE


def test_either_may_be_the_brighter_one():
    data = shapes(2000, 0)
    squares = data.train_images[data.train_labels == CLASSES.index("square")].float().mean(1)
    middle, border = squares[:, 14:18, 14:18].mean((1, 2)), squares[:, 0].mean(1)
    assert 0.35 < (middle > border).float().mean() < 0.65


def accuracy(train: Tensor, test: Tensor, data) -> float:
    return float(knn_accuracy(train, data.train_labels, test, data.test_labels))


def test_an_untrained_encoder_does_not_tell_the_classes():
    data = shapes(2000, 400)
    torch.manual_seed(0)
    encoder = resnet_small()
    untrained = accuracy(features(encoder, data.train_images), features(encoder, data.test_images), data)
    assert 0.1 < untrained < 0.4
