"""What `ssl_core.invariance` promises: how far an augmentation moves features, and what they know of colour."""

from dataclasses import replace

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
    drawn,
    sensitivities,
    sensitivities_protocol,
    sensitivity,
)
from ssl_core.shapes import shapes


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


def sensitivity_to(name, function, images):
    return sensitivities({"f": Pixels(function)}, images)[f"sensitivity_f_{name}"]


def test_features_that_ignore_an_augmentation_have_sensitivity_zero(data):
    def mean_colour(images):
        return images.mean(dim=(2, 3))

    assert sensitivity_to("flip", mean_colour, data.test_images) == pytest.approx(0, abs=1e-5)
    assert sensitivity_to("jitter", mean_colour, data.test_images) > 0.01


def test_sensitivity_is_the_ratio_of_both_distances(data):
    images = data.test_images[:50].flatten(1).float()
    g, moved = (functional.normalize(x, dim=1) for x in (images, images.flip(0)))
    another = torch.cat((g[-1:], g[:-1]))
    expected = sum(1 - a @ b for a, b in zip(g, moved, strict=True)) / sum(
        1 - a @ b for a, b in zip(g, another, strict=True)
    )
    assert sensitivity(images, 2 * images.flip(0)) == pytest.approx(expected.item(), rel=1e-4)


def test_data_sorted_by_class_are_measured_on_all_classes(data):
    """Folders are sorted by class; neighbours and the first thousands would then be of one class."""
    order = data.test_labels.argsort(stable=True)
    sorted_data = replace(data, test_images=data.test_images[order], test_labels=data.test_labels[order])
    seen = sorted_data.test_labels[drawn(300, 100)]
    assert len(seen.unique()) == 10
    assert (seen == seen.roll(1)).float().mean() < 0.3


def test_the_probe_is_tested_on_jitters_that_it_was_not_fitted_on(data, monkeypatch):
    seen = []

    def watched(images, recipe, seed=0):
        found = augmented(images, recipe, seed)
        seen.append(found[1])
        return found

    monkeypatch.setattr("ssl_core.invariance.augmented", watched)
    colour_probe(Pixels(lambda images: images.mean(dim=(2, 3))), data)
    train, test = seen[:2], seen[2:]
    assert len(train) == len(test) == 2
    assert not any(torch.isin(a, b).all(dim=1).any() for a in train for b in test)


def test_features_that_know_the_colours_pass_the_probe_and_grey_ones_do_not_know_the_hue(data):
    def colours(images):
        return torch.cat((images.mean(dim=(2, 3)), images.std(dim=(2, 3))), dim=1)

    def grey(images):
        return colours(images.mean(dim=1, keepdim=True))

    knowing, colour_blind = (colour_probe(Pixels(function), data) for function in (colours, grey))
    assert set(knowing) == set(colour_blind) == set(COLOUR_PROTOCOL)
    assert knowing["colour_brightness"] > 0.3
    assert colour_blind["colour_brightness"] > 0.25
    assert knowing["colour_saturation"] > colour_blind["colour_saturation"] + 0.02
    assert colour_blind["colour_hue"] == pytest.approx(0.1, abs=0.06)


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
