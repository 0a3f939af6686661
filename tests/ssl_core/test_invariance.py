"""What `ssl_core.invariance` promises: how far an augmentation moves features, and what they know of colour."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from ssl_core.backbones import resnet_small
from ssl_core.features import features
from ssl_core.invariance import (
    AUGMENTATIONS,
    COLOUR_PROTOCOL,
    PooledStage,
    augmented,
    colour_probe,
    sensitivities,
    sensitivities_protocol,
    sensitivity,
)
from ssl_core.shapes import shapes

pytestmark = pytest.mark.usefixtures("one_thread")


class Pixels(nn.Module):
    """Features that are a function of the images; with a parameter, as networks have."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        self.device = nn.Parameter(torch.zeros(()))

    def forward(self, images):
        return self.function(images)


@pytest.fixture(scope="module")
def data():
    return shapes(n_train=600, n_test=300)


def test_each_augmentation_is_one_operation_on_every_image(data):
    images = data.test_images[:20]
    assert torch.equal(augmented(images, AUGMENTATIONS["flip"])[0], images.flip(3))
    grey = augmented(images, AUGMENTATIONS["grayscale"])[0]
    assert torch.equal(grey[:, 0], grey[:, 2])
    for name in AUGMENTATIONS:
        changed = (augmented(images, AUGMENTATIONS[name])[0] != images).flatten(1).any(dim=1)
        assert changed.all(), name


def test_only_jitter_has_a_theta_that_differs_from_no_jitter(data):
    for name, recipe in AUGMENTATIONS.items():
        theta = augmented(data.test_images[:20], recipe)[1]
        assert (theta != torch.tensor([1.0, 1.0, 1.0, 0.0])).any().item() == (name == "jitter")


def test_features_that_ignore_an_augmentation_have_sensitivity_zero(data):
    mean_colour = Pixels(lambda images: images.mean(dim=(2, 3)))
    assert sensitivity(mean_colour, data.test_images, "flip") == pytest.approx(0, abs=1e-5)
    assert sensitivity(mean_colour, data.test_images, "jitter") > 0.01


def test_sensitivity_is_the_ratio_of_both_distances(data):
    pixels = Pixels(lambda images: images.flatten(1))
    images = data.test_images[:50]
    g, moved = (functional.normalize(features(pixels, x), dim=1) for x in (images, images.flip(3)))
    another = torch.cat((g[-1:], g[:-1]))
    expected = sum(1 - a @ b for a, b in zip(g, moved, strict=True)) / sum(
        1 - a @ b for a, b in zip(g, another, strict=True)
    )
    assert sensitivity(pixels, images, "flip") == pytest.approx(expected.item(), rel=1e-4)


def test_features_that_know_the_colours_pass_the_probe_and_grey_ones_do_not_know_the_hue(data):
    def colours(images):
        return torch.cat((images.mean(dim=(2, 3)), images.std(dim=(2, 3)), images.amax(dim=(2, 3))), dim=1)

    knowing = colour_probe(Pixels(colours), data)
    ignorant = colour_probe(Pixels(lambda images: colours(images) * 0 + 1), data)
    assert set(knowing) == set(ignorant) == set(COLOUR_PROTOCOL)
    assert knowing["colour_brightness"] > 0.3
    assert all(value == pytest.approx(0.1, abs=0.06) for value in ignorant.values())


def test_pooled_maps_of_the_last_stage_are_h(data):
    encoder, images = resnet_small(), data.test_images[:5]
    assert torch.allclose(features(PooledStage(encoder, 3), images), features(encoder, images), atol=1e-6)
    assert features(PooledStage(encoder, 0), images).shape == (5, 32)


def test_every_sensitivity_has_its_sentence(data):
    networks = {"1": PooledStage(resnet_small(), 0), "g_1": Pixels(lambda images: images.flatten(1))}
    found = sensitivities(networks, data.test_images[:50])
    assert set(found) == set(sensitivities_protocol(networks))
    assert len(found) == 2 * len(AUGMENTATIONS)
    assert "side branch 1" in sensitivities_protocol(networks)["sensitivity_g_1_crop"]
