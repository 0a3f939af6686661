"""What `ssl_core.few_labels` promises: whose labels are seen, which weights move, and that nothing else does."""

import dataclasses

import pytest
import torch
from torch import nn

from ssl_core import few_labels
from ssl_core.augment import augment
from ssl_core.backbones import ResNet
from ssl_core.data import make
from ssl_core.few_labels import (
    FINE_TUNING_RECIPE,
    Classifier,
    FewLabelsError,
    accuracy,
    batches,
    few_labels_accuracy,
    few_labels_protocol,
    fine_tune,
    labelled_part,
)
from ssl_core.shapes import shapes


def tiny_network(widths=(8, 16)):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return ResNet(widths, (1,) * len(widths), stem_stride=2)


@pytest.fixture
def few_steps(monkeypatch):
    monkeypatch.setattr(few_labels, "STEPS", {0.01: 6, 0.1: 6})


def states(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_the_labelled_part_is_balanced_and_follows_from_the_seed(tiny_data):
    part = labelled_part(tiny_data, 0.1, seed=3)
    assert torch.bincount(part.train_labels).tolist() == [2] * 10
    assert part.fingerprint == labelled_part(tiny_data, 0.1, seed=3).fingerprint
    assert part.fingerprint != labelled_part(tiny_data, 0.1, seed=4).fingerprint


def test_every_class_has_a_label_even_where_the_share_is_less(tiny_data):
    assert torch.bincount(labelled_part(tiny_data, 0.01).train_labels).tolist() == [1] * 10
    assert " with 10 class-balanced labels" in few_labels_protocol(tiny_data, 0.01)


def test_a_class_without_training_images_is_named(tiny_data):
    kept = tiny_data.train_labels != 3
    tensors = (tiny_data.train_images[kept], tiny_data.train_labels[kept])
    data = make("mine", *tensors, tiny_data.test_images, tiny_data.test_labels, tiny_data.classes)
    with pytest.raises(FewLabelsError, match=r"mine has no training image of heart .*add some"):
        labelled_part(data, 0.1)


def test_the_recipe_crops_and_flips_and_keeps_colours():
    images = torch.randint(256, (1, 3, 1, 1), dtype=torch.uint8).expand(50, 3, 32, 32).contiguous()
    views, draw = augment(images, FINE_TUNING_RECIPE, torch.Generator().manual_seed(0))
    assert torch.allclose(views, images / 255, atol=1e-5)
    assert draw.steps == ()
    assert 10 < draw.flips.sum() < 40
    assert len(draw.boxes.unique(dim=0)) > 40


def test_the_classifier_starts_at_zero_and_draws_no_random_number():
    before = torch.get_rng_state()
    classifier = Classifier(nn.Flatten(), 12, 3)
    assert torch.equal(torch.get_rng_state(), before)
    assert not classifier.head.weight.any()
    assert not classifier.head.bias.any()


def test_batches_take_every_image_once_an_epoch():
    found = list(batches(10, 3, steps=7, seed=0))
    assert [len(batch) for batch in found] == [3] * 7
    assert len(torch.cat(found[:3]).unique()) == len(torch.cat(found[3:6]).unique()) == 9
    assert not torch.equal(torch.cat(found[:3]), torch.cat(found[3:6]))
    assert [sorted(batch.tolist()) for batch in batches(2, 64, steps=2, seed=0)] == [[0, 1], [0, 1]]


def test_accuracy_is_the_share_of_right_answers_in_inference_mode(tiny_data):
    classifier = Classifier(tiny_network(), 16, 10).train()
    classifier.body.stages[0].eval()
    nn.init.ones_(classifier.head.bias.data[4:5])
    before = states(classifier)
    share = (tiny_data.test_labels == 4).double().mean().item()
    assert accuracy(classifier, tiny_data.test_images, tiny_data.test_labels) == pytest.approx(share)
    assert all(torch.equal(before[name], value) for name, value in classifier.state_dict().items())
    assert classifier.training
    assert not classifier.body.stages[0].training


def test_fine_tuning_moves_all_weights_and_the_statistics_of_batchnorm(tiny_data):
    classifier = Classifier(tiny_network().requires_grad_(False).eval(), 16, 10)
    before = states(classifier)
    fine_tune(classifier, labelled_part(tiny_data, 0.1), steps=10, batch_size=8)
    assert not [name for name, value in classifier.state_dict().items() if torch.equal(before[name], value)]


def test_the_learning_rate_falls_along_a_cosine_from_its_peak(tiny_data, monkeypatch):
    rates = []
    step = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: rates.append(self.param_groups[0]["lr"]) or step(self))
    fine_tune(Classifier(tiny_network(), 16, 10), labelled_part(tiny_data, 0.1), steps=4, batch_size=8)
    peak = few_labels.PEAK_LR
    assert rates == pytest.approx([peak, peak * 0.853553, peak * 0.5, peak * 0.146447], rel=1e-4)


@pytest.mark.parametrize("training", [True, False])
def test_the_encoder_and_the_global_generator_stay_as_they_are(tiny_data, few_steps, training):
    encoder = tiny_network().train(training).requires_grad_(False)
    before, generator = states(encoder), torch.get_rng_state()
    with torch.no_grad():
        few_labels_accuracy(encoder, tiny_data, 0.1)
    assert all(torch.equal(before[name], value) for name, value in encoder.state_dict().items())
    assert all(module.training is training for module in encoder.modules())
    assert not any(p.requires_grad or p.grad is not None for p in encoder.parameters())
    assert torch.equal(torch.get_rng_state(), generator)


def test_the_same_seed_gives_the_same_weights_and_another_one_does_not(tiny_data):
    def tuned(seed):
        torch.manual_seed(torch.seed())  # of the global generator, which must not matter
        classifier = Classifier(tiny_network(), 16, 10)
        fine_tune(classifier, labelled_part(tiny_data, 0.1), steps=3, batch_size=8, seed=seed)
        return classifier.head.weight

    with torch.random.fork_rng(devices=[]):
        assert torch.equal(tuned(0), tuned(0))
        assert not torch.equal(tuned(0), tuned(1))


def test_test_labels_and_unlabelled_images_teach_nothing(tiny_data, few_steps, monkeypatch):
    """Only the labelled part reaches the training: all other labels may be wrong."""
    seen = []
    monkeypatch.setattr(few_labels, "fine_tune", lambda classifier, part, *rest: seen.append(part))
    few_labels_accuracy(tiny_network(), tiny_data, 0.1, seed=2)
    assert torch.equal(seen[0].train_images, labelled_part(tiny_data, 0.1, seed=2).train_images)
    wrong = dataclasses.replace(tiny_data, test_labels=tiny_data.test_labels + 10)
    assert few_labels_accuracy(tiny_network(), wrong, 0.1) == 0


def test_few_labels_are_better_than_chance(monkeypatch):
    monkeypatch.setattr(few_labels, "STEPS", {0.1: 250})
    monkeypatch.setattr(few_labels, "BATCH_SIZES", {0.1: 32})
    encoder = tiny_network(widths=(8, 16, 32))
    assert few_labels_accuracy(encoder, shapes(n_train=3000, n_test=300), 0.1) > 0.2  # chance is 0.1
