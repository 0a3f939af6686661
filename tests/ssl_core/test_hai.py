"""What `ssl_core.methods.hai` promises: a loss at every stage, augmentations that grow with depth, expanded views."""

import copy
from dataclasses import replace
from functools import partial

import pytest
import torch
from torch import nn
from torch.nn import functional

from ssl_core import backbones, evaluate
from ssl_core.augment import apply
from ssl_core.loop import Loop
from ssl_core.methods import simsiam
from ssl_core.methods.base import SettingError
from ssl_core.methods.hai import ABLATION, NO_JITTER, PRESETS, Settings, build, recipes, spread, stage_widths
from ssl_core.recipes import draw, join
from ssl_core.shapes import shapes
from ssl_core.side_branches import SepConv, SideBranch
from ssl_core.train import build as build_seeded
from tests.conftest import batch_of

STAGES = (0, 1, 2, 3)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def settings():
    """Give settings of a small HAI whose backbone has four stages, the last with maps of 2 x 2."""
    with pytest.MonkeyPatch.context() as patch:
        network = partial(backbones.ResNet, widths=(8, 16, 32, 64), blocks=(1, 1, 1, 1), stem_stride=2)
        patch.setitem(backbones.BACKBONES, "tiny-4", network)
        yield Settings(
            epochs=2,
            batch_size=32,
            backbone="tiny-4",
            optimizer="adamw",
            lr=4e-3,
            weight_decay=1e-4,
            precision="fp32",
            compile="false",
            projection_dim=32,
            embedding_dim=8,
        )


@pytest.fixture
def method(settings):
    return build_seeded("hai", settings, seed=0)


@pytest.fixture
def inputs(method, tiny_data):
    return method.views(batch_of(tiny_data, 16), generator())


def chances(recipe):
    return {"jitter": recipe.jitter, "grayscale": recipe.grayscale, "blur": recipe.blur, "flip": recipe.flip}


# Where to contrast: the sets of augmentations


def test_each_stage_has_one_augmentation_more_than_the_one_before():
    assert [chances(recipe) for recipe in recipes(Settings(), 4)] == [
        {"jitter": 0.8, "grayscale": 0.0, "blur": 0.0, "flip": 0.0},
        {"jitter": 0.8, "grayscale": 0.2, "blur": 0.0, "flip": 0.0},
        {"jitter": 0.8, "grayscale": 0.2, "blur": 0.5, "flip": 0.0},
        {"jitter": 0.8, "grayscale": 0.2, "blur": 0.5, "flip": 0.5},
    ]


def test_crop_and_jitter_are_the_papers_at_every_stage():
    for recipe in recipes(Settings(), 4):
        assert recipe.crop_area == (0.2, 1.0)
        assert (recipe.brightness, recipe.contrast, recipe.saturation, recipe.hue) == (0.4, 0.4, 0.4, 0.1)
        assert recipe.blur_sigma == (0.1, 2.0)
        assert recipe.solarize == 0


def test_a_shorter_backbone_keeps_the_largest_sets():
    assert recipes(Settings(), 3) == recipes(Settings(), 4)[1:]


def test_uniform_has_all_augmentations_at_every_stage():
    assert recipes(Settings(uniform=True), 4) == [recipes(Settings(), 4)[3]] * 4


# Views and theta


def test_views_are_two_a_stage_and_come_with_their_jitter(inputs):
    assert [tuple(x.shape) for x in inputs] == [(32, 3, 32, 32)] * 4 + [(32, 4)] * 4
    assert all(0 <= x.min() < x.max() <= 1 for x in inputs[:4])


@pytest.mark.parametrize("i", STAGES)
def test_theta_is_the_jitter_that_made_the_views(method, inputs, tiny_data, i):
    """The images again, with the same draw except that the factors are those of theta, are the views."""
    images, same = tiny_data.train_images[:16], generator()
    for recipe in method.recipes[: i + 1]:
        params = join(*(draw(recipe, 16, 32, 32, same, "cpu") for _ in range(2)))
    brightness, contrast, saturation, hue = inputs[4 + i].unbind(dim=1)
    again = replace(params, brightness=brightness, contrast=contrast, saturation=saturation, hue=hue)
    assert torch.equal(apply(torch.cat((images, images)), again), inputs[i])
    plain = replace(again, brightness=torch.ones(32), contrast=torch.ones(32), saturation=torch.ones(32))
    assert not torch.equal(apply(torch.cat((images, images)), plain), inputs[i])


def test_theta_of_a_skipped_jitter_is_no_jitter(method, tiny_data):
    for theta in method.views(batch_of(tiny_data, 50), generator())[4:]:
        skipped = (theta == torch.tensor(NO_JITTER)).all(dim=1)
        assert skipped.float().mean().item() == pytest.approx(0.2, abs=0.15)
        strengths = (theta[~skipped] - torch.tensor(NO_JITTER)).abs()
        assert (strengths > 0).all()
        assert (strengths <= torch.tensor([0.4, 0.4, 0.4, 0.1]) + 1e-6).all()
    method.recipes = [replace(recipe, jitter=0.0) for recipe in method.recipes]
    for theta in method.views(batch_of(tiny_data, 8), generator())[4:]:
        assert torch.equal(theta, torch.tensor([[1.0, 1.0, 1.0, 0.0]] * 16))


def test_the_eight_views_of_an_image_are_drawn_independently(method, tiny_data):
    method.recipes = [replace(recipe, jitter=1.0) for recipe in method.recipes]
    thetas = [theta[rows] for theta in method.views(batch_of(tiny_data, 8), generator())[4:] for rows in (0, 8)]
    assert len({tuple(theta.tolist()) for theta in thetas}) == 8


def test_a_share_gets_its_images_views_of_the_whole_batch(method, tiny_data):
    whole = method.views(batch_of(tiny_data, 8), generator(3))
    shared = method.views(batch_of(tiny_data, 8, share=slice(2, 5)), generator(3))
    for x, part in zip(whole, shared, strict=True):
        assert torch.equal(part, torch.cat((x[2:5], x[10:13])))


def test_equal_seeds_give_equal_losses_and_other_seeds_do_not(settings, tiny_data):
    def loss(seed):
        model = build_seeded("hai", settings, seed=seed)
        return model(*model.views(batch_of(tiny_data, 16), generator(seed)))[0].item()

    assert loss(3) == loss(3)
    assert loss(3) != loss(4)


# The loss


@pytest.mark.parametrize("i", STAGES)
def test_a_stages_loss_reaches_its_own_and_earlier_stages_only(method, inputs, i):
    method.stage_loss(i, inputs[i], inputs[4 + i])[0].backward()
    parts = [method.encoder.stem, *method.encoder.stages]
    for depth, part in enumerate(parts):
        for parameter in part.parameters():
            if depth <= i + 1:
                assert parameter.grad is not None
            else:
                assert parameter.grad is None
        assert depth > i + 1 or sum(p.grad.abs().sum() for p in part.parameters()) > 0
    for j in STAGES:
        heads = [method.predictors[j], method.projector if j == 3 else method.shallow_projectors[j]]
        heads += [method.branches[j]] if j < 3 else []
        for parameter in (p for head in heads for p in head.parameters()):
            assert (parameter.grad is not None) == (i == j)


def test_the_loss_is_the_sum_of_four_symmetric_simsiam_losses(method, settings, inputs):
    """By the formula, with each view by itself and the target detached; the gradient is compared, too."""
    f = method.encoder
    expected = []
    for i, (x, theta) in enumerate(zip(inputs[:4], inputs[4:], strict=True)):
        z, p = [], []
        for view, jitter in zip(x.split(16), theta.split(16), strict=True):
            maps = f.stem(view)
            for stage in f.stages[: i + 1]:
                maps = stage(maps)
            u = method.branches[i](maps) if i < 3 else maps.mean(dim=(2, 3))
            head = [*method.shallow_projectors, method.projector][i]
            if i > 0:
                u = torch.cat((u, head.embedding(jitter)), dim=1)
            z.append(head.projector(u))
            p.append(method.predictors[i](z[-1]))
        cosines = [(functional.normalize(p[a]) * functional.normalize(z[1 - a]).detach()).sum(dim=1) for a in (0, 1)]
        expected.append(-(cosines[0].mean() + cosines[1].mean()) / 2)
    weight = f.stem[0].weight
    (gradient,) = torch.autograd.grad(sum(expected), weight)

    loss, logs = method(*inputs)
    assert loss.item() == pytest.approx(sum(expected).item(), abs=1e-5)
    assert -4 <= loss.item() <= 4
    assert [logs[f"loss_{i}"].item() for i in (1, 2, 3, 4)] == pytest.approx([x.item() for x in expected], abs=1e-5)
    assert torch.allclose(torch.autograd.grad(loss, weight)[0], gradient, atol=1e-5)
    assert not any(value.requires_grad for value in logs.values())


def test_equal_outputs_at_every_stage_have_the_least_loss(method, inputs):
    for predictor in method.predictors:
        torch.nn.init.zeros_(predictor[-1].weight)
        torch.nn.init.ones_(predictor[-1].bias)
    for projector in (*method.shallow_projectors, method.projector):
        torch.nn.init.zeros_(projector.projector[-1][-1].weight)
        torch.nn.init.ones_(projector.projector[-1][-1].bias)
    loss, logs = method(*inputs)
    assert loss.item() == pytest.approx(-4)
    assert [logs[f"spread_{i}"].item() for i in (1, 2, 3, 4)] == [0] * 4


def test_gradients_reach_every_trained_parameter(method, inputs):
    method(*inputs)[0].backward()
    assert all(p.grad is not None for p in method.parameters() if p.requires_grad)


def test_views_pass_one_by_one_and_only_as_deep_as_their_stage(method, inputs):
    """BatchNorm's statistics move once for each pass: two views of four stages, of three, of two, of one."""
    method(*inputs)
    assert method.encoder.stem[1].num_batches_tracked == 8
    assert [stage[0].bn1.num_batches_tracked.item() for stage in method.encoder.stages] == [8, 6, 4, 2]
    assert [branch.attention_bn.num_batches_tracked.item() for branch in method.branches] == [2, 2, 2]


def test_weight_decay_is_on_all_parameters_as_in_simsiam(method):
    assert method.pretraining().decay_all


def test_spread_of_noise_is_about_one():
    assert spread(torch.randn(2000, 64, generator=generator())).item() == pytest.approx(1, abs=0.02)


# What to contrast: expanded views


def test_the_jitter_is_embedded_from_the_second_stage_on(method, settings):
    projectors = [*method.shallow_projectors, method.projector]
    assert [projector.embedding is not None for projector in projectors] == [False, True, True, True]
    dim, width = method.encoder.dim, settings.embedding_dim
    assert [p.projector[0][0].in_features for p in projectors] == [dim] + [dim + width] * 3
    encoders = [[type(part).__name__ for part in p.embedding] for p in projectors[1:]]
    assert encoders == [["Linear", "BatchNorm1d", "ReLU"]] * 3
    assert len({id(p.embedding) for p in projectors}) == 4


def test_another_theta_moves_z_where_it_is_embedded_and_nowhere_else(method, inputs):
    method.eval()
    for i in STAGES:
        x, theta = inputs[i], inputs[4 + i]
        z, other = method.project(i, x, theta), method.project(i, x, theta.flip(0))
        assert torch.equal(z, other) == (i == 0)


def test_without_embedding_no_stage_knows_theta(settings, inputs):
    method = build_seeded("hai", replace(settings, embed=False), seed=0).eval()
    for i in STAGES:
        x, theta = inputs[i], inputs[4 + i]
        assert torch.equal(method.project(i, x, theta), method.project(i, x, theta.flip(0)))
    assert not any("embedding" in name for name in method.state_dict())


def test_the_evaluators_projector_takes_h_as_that_of_an_unjittered_image(method):
    method.eval()
    images = torch.rand(6, 3, 32, 32, generator=generator())
    h = method.encoder(images)
    z = method.projector(h)
    assert torch.equal(z, method.project(3, images, torch.tensor([[1.0, 1.0, 1.0, 0.0]] * 6)))
    assert not torch.allclose(z, method.projector(h, torch.tensor([[1.2, 1.0, 1.0, 0.0]] * 6)))


# Side branches


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_a_side_branch_takes_maps_of_any_size(size):
    maps = torch.rand(4, 4, size, size, generator=generator())
    assert SideBranch((4, 8, 12))(maps).shape == (4, 12)


def test_a_side_branch_has_a_block_for_each_deeper_stage(method):
    blocks = [sum(isinstance(part, SepConv) for part in branch.scale_up) for branch in method.branches]
    assert blocks == [3, 2, 1]
    assert stage_widths(method.encoder) == [8, 16, 32, 64]


def test_attention_weights_the_reduced_maps():
    branch = SideBranch((4, 8)).eval()
    a, b = torch.rand(2, 3, 4, 6, 6, generator=generator())
    assert not torch.allclose(branch(a), branch(b))
    torch.nn.init.zeros_(branch.attention_bn.weight)
    torch.nn.init.constant_(branch.attention_bn.bias, -100.0)  # attention 0 everywhere
    assert torch.allclose(branch(a), branch(b))
    torch.nn.init.constant_(branch.attention_bn.bias, 100.0)  # attention 1 everywhere
    assert torch.allclose(branch(a), branch.scale_up(branch.reduce(a)).mean(dim=(2, 3)))


def test_a_separable_convolution_filters_each_channel_by_itself_before_it_mixes_them():
    first, mix, *_, second, widen = (part for part in SepConv(4, 6, stride=2) if isinstance(part, torch.nn.Conv2d))
    assert [(conv.groups, conv.kernel_size, conv.stride) for conv in (first, mix, second, widen)] == [
        (4, (3, 3), (2, 2)),
        (1, (1, 1), (1, 1)),
        (4, (3, 3), (1, 1)),
        (1, (1, 1), (1, 1)),
    ]
    assert SepConv(4, 6, stride=2)(torch.rand(2, 4, 5, 5)).shape == (2, 6, 3, 3)


# Runs


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_built(preset):
    method = build(PRESETS[preset])
    assert len(method.recipes) == len(method.predictors) == 4


def test_the_full_preset_is_simsiams_for_cifar():
    full = PRESETS["full"]
    assert (full.optimizer, full.lr, full.weight_decay, full.batch_size) == ("sgd", 0.06, 5e-4, 512)
    assert (full.projector_layers, full.projection_dim, full.embedding_dim) == (2, 2048, 128)


def test_each_variant_of_the_ablation_lacks_one_part_more():
    complete, no_embedding, uniform, simsiam = ABLATION.values()
    assert complete.embed
    assert not complete.uniform
    assert no_embedding == replace(complete, embed=False)
    assert uniform == replace(no_embedding, uniform=True)
    assert simsiam == replace(uniform, contrasted=1)


def test_with_one_contrasted_stage_and_no_embedding_it_is_simsiam(settings, tiny_data):
    """The same weights in SimSiam's own networks give the same loss of the same views."""
    method = build_seeded("hai", replace(settings, embed=False, uniform=True, contrasted=1), seed=0)
    other = simsiam.build(simsiam.Settings(backbone=settings.backbone, projection_dim=settings.projection_dim))
    other.encoder.load_state_dict(method.encoder.state_dict())
    other.projector.load_state_dict(method.projector.projector.state_dict())
    other.predictor.load_state_dict(method.predictors[0].state_dict())
    views, _ = method.views(batch_of(tiny_data, 16), generator())
    loss, logs = method(views, torch.zeros(32, 4))
    assert loss.item() == pytest.approx(other(*views.chunk(2))[0].item(), abs=1e-6)
    assert set(logs) == {"loss_4", "spread_4"}
    assert len(method.branches) == 0


@pytest.mark.parametrize("contrasted", [0, 5])
def test_there_are_as_many_losses_as_stages_at_most(settings, contrasted):
    with pytest.raises(SettingError, match=rf"--contrasted {contrasted}: choose 1 to 4"):
        build(replace(settings, contrasted=contrasted))


def test_with_fewer_contrasted_stages_the_deepest_are_left(settings, tiny_data):
    method = build_seeded("hai", replace(settings, contrasted=2), seed=0)
    loss, logs = method(*method.views(batch_of(tiny_data, 16), generator()))
    assert set(logs) == {"loss_3", "loss_4", "spread_3", "spread_4"}
    assert loss.item() == pytest.approx(logs["loss_3"].item() + logs["loss_4"].item(), abs=1e-6)
    assert [chances(recipe)["flip"] for recipe in method.recipes] == [0.0, 0.5]


def test_a_collapse_of_a_shallow_stage_is_announced_with_its_number(method, tiny_data):
    assert "collapse" not in method.monitor(tiny_data)
    for parameter in method.shallow_projectors[1].parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(method.shallow_projectors[1].projector[-1][1].bias)
    assert method.monitor(tiny_data)["collapse"].startswith("stage 2: collapse: the l2-normalised outputs have std")
    for parameter in method.projector.parameters():
        nn.init.zeros_(parameter)
    nn.init.ones_(method.projector.projector[-1][1].bias)
    told = method.monitor(tiny_data)["collapse"]
    assert told.startswith("stage 2: collapse")
    assert "; stage 4: collapse" in told


def test_a_single_contrasted_stage_still_has_its_embedding(settings, tiny_data):
    method = build_seeded("hai", replace(settings, contrasted=1), seed=0).eval()
    images = tiny_data.train_images[:4].float() / 255
    without, shifted = (torch.tensor(theta).expand(4, -1) for theta in (NO_JITTER, (0.6, 1.4, 0.6, 0.1)))
    assert not torch.allclose(method.project(3, images, without), method.project(3, images, shifted))


def test_a_run_ends_with_the_sensitivity_of_every_stage_and_the_colour_probe(method, tiny_data):
    found = method.results(tiny_data)
    assert set(found) == set(method.protocol())
    assert {"sensitivity_1_flip", "sensitivity_4_crop", "sensitivity_g_3_jitter", "colour_hue"} <= set(found)
    assert "sensitivity_g_4_crop" not in found  # the last stage has no side branch


@pytest.mark.parametrize("name", ["projection_dim", "projector_layers", "embedding_dim"])
def test_a_width_of_zero_is_refused(settings, name):
    with pytest.raises(SettingError, match=rf"--{name.replace('_', '-')} 0"):
        build(replace(settings, **{name: 0}))


def loop_of(settings, data):
    return Loop(build_seeded("hai", settings, seed=0), data, 0, torch.device("cpu"), "fp32")


def test_a_run_stopped_and_resumed_ends_in_the_same_weights(settings, tiny_data):
    whole = loop_of(settings, tiny_data)
    whole.run_epoch(lambda *_: None)
    checkpoint = copy.deepcopy(whole.state())
    whole.run_epoch(lambda *_: None)
    resumed = loop_of(settings, tiny_data)
    resumed.restore(checkpoint)
    resumed.run_epoch(lambda *_: None)
    weights, again = whole.method.state_dict(), resumed.method.state_dict()
    assert resumed.finished
    assert all(torch.equal(weights[name], again[name]) for name in weights)
    assert resumed.metrics[1]["loss"] == whole.metrics[1]["loss"]


def test_it_learns_shapes_in_two_epochs_without_collapse(settings):
    data = shapes(1000, 500)
    loop = loop_of(replace(settings, projection_dim=64), data)
    untrained = evaluate.knn(loop.method.encoder, data)
    while not loop.finished:
        loop.run_epoch(lambda *_: None)
    first, last = loop.metrics
    for i in (1, 2, 3, 4):
        assert last[f"loss_{i}"] < first[f"loss_{i}"] < 0
        assert last[f"spread_{i}"] > 0.7
    assert "collapse" not in last
    assert evaluate.knn(loop.method.encoder, data) > untrained + 0.03
