"""What `ssl_core.methods.simclrv2` promises: pre-train, fine-tune from the projector, distil without labels."""

import dataclasses

import pytest
import torch
from torch import nn

from ssl_core import few_labels
from ssl_core.backbones import BACKBONES, backbone, half
from ssl_core.checkpoint import CHECKPOINT
from ssl_core.few_labels import labelled_part, labelled_rows
from ssl_core.loop import Loop
from ssl_core.methods.base import Batch, SettingError
from ssl_core.methods.simclrv2 import ABLATION, PRESETS, Settings, build
from ssl_core.train import build as build_seeded
from ssl_core.train import train
from tests.conftest import batch_of

AFTER = ["supervised-1", "finetune-1", "distill-1", "supervised-10", "finetune-10", "distill-10"]
FIGURES = {
    f"{what}_{percent}" for what in ("supervised", "finetuned", "distilled", "distilled_small") for percent in (1, 10)
}


@pytest.fixture(scope="module")
def settings(tiny_backbone):
    return Settings(
        epochs=2,
        batch_size=40,
        backbone=tiny_backbone,
        optimizer="adamw",
        lr=1e-3,
        warmup_epochs=1.0,
        precision="fp32",
        compile="false",
        finetune_epochs=4,
        supervised_epochs=1,
        distill_epochs=2,
        distill_lr=1e-3,
    )


@pytest.fixture
def method(settings):
    return build_seeded("simclrv2", settings, seed=0)


@pytest.fixture
def loop_at(settings, tiny_data):
    """Return a function that gives a run at the start of a stage, after the beginnings of those before it."""

    def at(name, data=tiny_data, **changes):
        run = Loop(
            build_seeded("simclrv2", dataclasses.replace(settings, **changes), seed=0),
            data,
            seed=0,
            device=torch.device("cpu"),
            precision="fp32",
        )
        while run.stage.name != name:
            if run.stage_number > 0:  # pre-training costs most, and any weights will do
                distinct_weights(run.learner)
            run.begin_stage(run.stage_number + 1)
        return run

    return at


def distinct_weights(network):
    with torch.no_grad():
        for p in network.parameters():
            p.add_(torch.randn(p.shape, generator=generator(p.numel())), alpha=0.05)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def copies(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def equal(first, second) -> bool:
    return first.keys() == second.keys() and all(torch.equal(value, second[name]) for name, value in first.items())


# --- the run ---------------------------------------------------------------------------------------------------


def test_stages_are_pretraining_then_baseline_fine_tuning_and_distillation_of_each_share(method, tiny_data):
    assert [stage.name for stage in method.stages(tiny_data)] == ["pretrain", *AFTER]


def test_fine_tuning_has_neither_weight_decay_nor_warm_up(method, tiny_data):
    stages = [stage for stage in method.stages(tiny_data) if stage.name.startswith("finetune")]
    assert [(stage.weight_decay, stage.warmup_epochs) for stage in stages] == [(0.0, 0.0)] * 2


def test_baseline_and_distillation_are_left_out_at_zero_epochs(settings, tiny_data):
    method = build(dataclasses.replace(settings, supervised_epochs=0, distill_epochs=0))
    assert [stage.name for stage in method.stages(tiny_data)] == ["pretrain", "finetune-1", "finetune-10"]


def test_a_run_stopped_after_every_epoch_ends_in_the_same_weights_and_figures(
    settings, tiny_data, tmp_path, monkeypatch
):
    for share in (0.01, 0.1):  # the evaluation of the encoder alone is not what is looked at here
        monkeypatch.setitem(few_labels.STEPS, share, 1)
    settings = dataclasses.replace(settings, finetune_epochs=2)

    def fit(out, **options):
        return train("simclrv2", settings, tiny_data, tmp_path / out, device="cpu", progress=False, **options)

    def untimed(metrics):
        times = {"seconds", "pairs_per_second"}
        return [{name: value for name, value in line.items() if name not in times} for line in metrics]

    def weights(out):
        return torch.load(tmp_path / out / CHECKPOINT, weights_only=True)["method"]

    whole = fit("whole")
    epochs = [(line["stage"], line["epoch"]) for line in whole.metrics]
    lengths = {"pretrain": 2, "supervised": 1, "finetune": 2, "distill": 2}
    assert epochs == [
        (stage, epoch + 1) for stage in ["pretrain", *AFTER] for epoch in range(lengths[stage.partition("-")[0]])
    ]
    for done in range(1, len(epochs)):
        stopped = fit("stopped", resume=True, minutes=0)
        assert (stopped.manifest["status"], len(stopped.metrics)) == ("stopped", done)
    resumed = fit("stopped", resume=True, minutes=0)
    assert resumed.manifest["status"] == "finished"
    assert equal(weights("stopped"), weights("whole"))
    assert untimed(resumed.metrics) == untimed(whole.metrics)
    assert resumed.results == whole.results

    assert set(whole.results) >= FIGURES
    assert all(0 <= whole.results[figure] <= 1 for figure in FIGURES)
    assert set(whole.results) <= set(whole.manifest["protocol"])
    followed = {name for line in whole.metrics for name in line if name.startswith("test_accuracy")}
    assert followed == {"test_accuracy", "test_accuracy_small"} <= set(whole.manifest["protocol"])


def test_the_protocol_says_how_many_labels_were_seen(loop_at):
    protocol = loop_at("finetune-10").method.protocol()
    assert "8 epochs on 10 labels (1 a class)" in protocol["finetuned_1"]  # one a class at least
    assert "4 epochs on 20 labels (2 a class)" in protocol["finetuned_10"]
    assert "1 epochs on 20 labels" in protocol["supervised_10"]
    assert "distilled_10" not in protocol  # not begun


def test_only_the_networks_of_the_present_stage_are_in_the_checkpoint(loop_at):
    run = loop_at("pretrain")
    always = {"encoder", "projector"}
    assert {name.partition(".")[0] for name in run.state()["method"]} == always
    for name in AFTER:
        run.begin_stage(run.stage_number + 1)
        assert run.stage.name == name
        held = {tuple(key.split(".")[:2]) for key in run.state()["method"] if key.partition(".")[0] not in always}
        networks = ("teacher", "student", "small") if name.startswith("distill") else ("classifier",)
        assert held == {("downstream", network) for network in networks}


# --- fine-tuning -----------------------------------------------------------------------------------------------


def test_the_projector_has_three_layers(method):
    assert [type(part) for part in method.projector.children()].count(nn.Linear) == 3


def test_fine_tuning_keeps_the_first_projector_layer_and_adds_a_classifier_of_zeros(method, tiny_data):
    distinct_weights(method)
    classifier = method.begin(method.stages(tiny_data)[2], tiny_data).classifier
    encoder, *head = classifier.body
    assert equal(encoder.state_dict(), method.encoder.state_dict())
    assert [type(part) for part in head] == [nn.Linear, nn.BatchNorm1d, nn.ReLU]
    assert all(
        equal(mine.state_dict(), kept.state_dict()) for mine, kept in zip(head, method.projector, strict=False)
    )
    assert not any(p.any() for p in classifier.head.parameters())
    held = {p.data_ptr() for p in method.encoder.parameters()} | {p.data_ptr() for p in method.projector.parameters()}
    assert not held & {p.data_ptr() for p in classifier.parameters()}


@pytest.mark.parametrize("layer", [0, 1, 2, 3])
def test_the_feature_is_what_follows_a_projector_layers_relu(settings, tiny_data, layer):
    method = build(dataclasses.replace(settings, finetune_layer=layer, projection_dim=24))
    distinct_weights(method)
    method.eval()
    classifier = method.begin(method.stages(tiny_data)[2], tiny_data).classifier.eval()
    x = torch.rand(6, 3, 32, 32)
    h = feature = method.encoder(x)
    for linear, norm in [(0, 1), (3, 4), (6, 7)][:layer]:
        feature = method.projector[norm](method.projector[linear](feature))
        feature = feature.relu() if linear < 6 else feature
    assert torch.allclose(classifier.body(x), feature, atol=1e-6)
    assert classifier.head.in_features == (24 if layer == 3 else h.shape[1])


def test_fine_tuning_trains_all_its_weights_and_leaves_the_pretrained_ones(loop_at):
    run = loop_at("finetune-10")
    distinct_weights(run.learner)  # behind zeros nothing moves in the first steps
    before, pretrained = copies(run.learner), copies(run.method.encoder) | copies(run.method.projector)
    while run.stage.name == "finetune-10":
        after = run.learner
        run.run_epoch(lambda *_: None)
    assert [name for name, value in after.state_dict().items() if torch.equal(value, before[name])] == []
    assert equal(copies(run.method.encoder) | copies(run.method.projector), pretrained)


def test_the_baseline_has_the_layers_of_fine_tuning_and_random_weights(loop_at):
    baseline, tuned = copies(loop_at("supervised-1").learner), copies(loop_at("finetune-1").learner)
    assert {name: value.shape for name, value in baseline.items()} == {
        name: value.shape for name, value in tuned.items()
    }
    assert not torch.equal(baseline["classifier.body.0.stem.0.weight"], tuned["classifier.body.0.stem.0.weight"])


def test_labelled_rows_are_class_balanced_and_those_of_the_evaluation(tiny_data):
    rows = labelled_rows(tiny_data, 0.1)
    assert torch.bincount(tiny_data.train_labels[rows]).tolist() == [2] * 10
    assert torch.equal(tiny_data.train_images[rows], labelled_part(tiny_data, 0.1).train_images)


@pytest.mark.parametrize("name", ["supervised-1", "finetune-1", "supervised-10", "finetune-10"])
@pytest.mark.parametrize("batch_size", [7, 64])
def test_every_labelled_row_and_no_other_is_taken_equally_often(loop_at, tiny_data, name, batch_size):
    learner = loop_at(name).learner
    order = learner.order(tiny_data, batch_size, generator())
    assert order.shape == (learner.steps(tiny_data, batch_size), batch_size)
    counts = torch.bincount(order.flatten(), minlength=200)
    labelled = counts[labelled_rows(tiny_data, 0.01 if name.endswith("-1") else 0.1)]
    assert counts.sum() == labelled.sum()
    assert labelled.max() - labelled.min() <= 1
    assert not torch.equal(order, learner.order(tiny_data, batch_size, generator(1)))


def test_an_epoch_passes_twice_over_one_percent_and_once_over_ten(loop_at, tiny_data):
    assert loop_at("finetune-1").learner.steps(tiny_data, batch_size=5) == 4  # of 10 labels
    assert loop_at("finetune-10").learner.steps(tiny_data, batch_size=5) == 4  # of 20


def test_the_cross_entropy_is_that_of_the_batchs_labels(loop_at, tiny_data):
    learner = loop_at("finetune-1").learner.eval()
    distinct_weights(learner)
    views, labels = learner.views(batch_of(tiny_data, torch.arange(12)), generator())
    assert torch.equal(labels, tiny_data.train_labels[:12])
    loss, logs = learner(views, labels)
    logits = learner.classifier(views)
    picked = logits.softmax(1)[torch.arange(12), labels]
    assert loss.item() == pytest.approx(-picked.log().mean().item(), rel=1e-5)
    assert logs["train_accuracy"].item() == pytest.approx((logits.argmax(1) == labels).float().mean().item())


# --- distillation ----------------------------------------------------------------------------------------------


def test_the_teacher_is_the_fine_tuned_network(loop_at):
    run = loop_at("finetune-1")
    distinct_weights(run.learner)
    tuned = copies(run.learner.classifier)
    run.begin_stage(run.stage_number + 1)
    assert equal(run.learner.teacher.state_dict(), tuned)


def test_the_teacher_stays_as_it_is_and_in_inference_mode_while_both_students_learn(loop_at, monkeypatch):
    run = loop_at("distill-1")
    teacher = run.learner.teacher
    before, students = copies(teacher), copies(run.learner.student) | copies(run.learner.small)
    modes = []
    forward = type(run.learner).forward

    def noted(self, *inputs):
        modes.append((any(m.training for m in teacher.modules()), all(m.training for m in self.student.modules())))
        return forward(self, *inputs)

    monkeypatch.setattr(type(run.learner), "forward", noted)
    run.run_epoch(lambda *_: None)
    assert modes == [(False, True)] * 5
    assert equal(teacher.state_dict(), before)
    assert all(p.grad is None and not p.requires_grad for p in teacher.parameters())
    now = copies(run.learner.student) | copies(run.learner.small)
    assert all(not torch.equal(now[name], students[name]) for name in students if name.endswith("head.weight"))
    assert all(p.grad is not None for p in run.learner.student.parameters())
    assert all(p.grad is not None for p in run.learner.small.parameters())
    optimised = {id(p) for group in run.optimizer.param_groups for p in group["params"]}
    assert not optimised & {id(p) for p in teacher.parameters()}


def test_the_student_starts_from_the_pretrained_weights_and_the_small_one_at_half_the_width(loop_at):
    run = loop_at("distill-1")
    assert equal(run.learner.student.body[0].state_dict(), run.method.encoder.state_dict())
    assert not equal(run.learner.teacher.body[0].state_dict(), run.method.encoder.state_dict())
    large, small = run.learner.student.state_dict(), run.learner.small.state_dict()
    assert large.keys() == small.keys()
    for name in ("body.0.stem.0.weight", "body.0.stages.2.0.conv2.weight", "body.1.weight"):
        assert small[name].shape[0] * 2 == large[name].shape[0]


@pytest.mark.parametrize("name", BACKBONES)
def test_half_has_the_depth_and_the_stem_of_the_whole(name):
    whole, small = backbone(name).state_dict(), half(name).state_dict()
    assert whole.keys() == small.keys()
    for key, value in whole.items():
        if value.ndim == 4:
            inputs = 3 if key == "stem.0.weight" else value.shape[1] // 2
            assert small[key].shape == (value.shape[0] // 2, inputs, *value.shape[2:])
    assert half(name).stem[0].stride == backbone(name).stem[0].stride


def test_the_loss_is_the_cross_entropy_of_both_students_with_the_teachers_soft_labels(loop_at, tiny_data):
    learner = loop_at("distill-1", distillation_temperature=0.5).learner.eval()
    distinct_weights(learner.student)
    distinct_weights(learner.small)
    (views,) = learner.views(batch_of(tiny_data, torch.arange(10)), generator())
    loss, logs = learner(views)
    naive = []
    for student in (learner.student, learner.small):
        p = (learner.teacher(views) / 0.5).exp()
        q = (student(views) / 0.5).exp()
        naive.append(-(p / p.sum(1, keepdim=True) * (q / q.sum(1, keepdim=True)).log()).sum(1).mean().item())
    assert naive[0] != pytest.approx(naive[1])
    assert logs["distillation"].item() == pytest.approx(naive[0], rel=1e-4)
    assert logs["distillation_small"].item() == pytest.approx(naive[1], rel=1e-4)
    assert loss.item() == pytest.approx(sum(naive), rel=1e-4)


def test_distillation_looks_at_no_label(loop_at, tiny_data):
    def distilled(labels):
        run = loop_at("distill-1")
        run.data = dataclasses.replace(tiny_data, train_labels=labels)
        run.run_epoch(lambda *_: None)
        return copies(run.learner)

    assert equal(distilled(tiny_data.train_labels), distilled(tiny_data.train_labels.roll(7)))


def test_distillation_takes_every_training_image(loop_at, tiny_data):
    order = loop_at("distill-10").learner.order(tiny_data, 40, generator())
    assert order.flatten().sort().values.tolist() == list(range(200))


# --- all stages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["finetune-1", "distill-1"])
def test_processes_that_share_a_batch_make_the_views_of_one(loop_at, tiny_data, name):
    learner = loop_at(name).learner
    rows = torch.arange(8)
    whole = learner.views(batch_of(tiny_data, rows), generator(3))
    first, second = (
        learner.views(batch_of(tiny_data, rows, share), generator(3)) for share in (slice(0, 4), slice(4, 8))
    )
    assert all(torch.equal(torch.cat([a, b]), x) for a, b, x in zip(first, second, whole, strict=True))


@pytest.mark.parametrize("name", ["finetune-1", "distill-1"])
def test_views_are_cropped_and_flipped_and_keep_their_colours(loop_at, tiny_data, name):
    grey = torch.full((4, 3, 32, 32), 77, dtype=torch.uint8)
    rows = torch.arange(4)
    views = loop_at(name).learner.views(Batch(grey, tiny_data.train_labels[:4], rows), generator())[0]
    assert torch.allclose(views, torch.full_like(views, 77 / 255), atol=1e-5)
    views = loop_at(name).learner.views(batch_of(tiny_data, rows), generator())[0]
    assert not torch.allclose(views, tiny_data.train_images[:4] / 255, atol=0.05)


@pytest.mark.parametrize(
    ("name", "value"),
    [("finetune_layer", 4), ("finetune_layer", -1), ("finetune_epochs", 0), ("distillation_temperature", 0.0)],
)
def test_settings_that_make_no_sense_are_told(settings, name, value):
    with pytest.raises(SettingError, match=f"--{name.replace('_', '-')} {value}"):
        build(dataclasses.replace(settings, **{name: value}))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_can_be_built(preset):
    assert build(PRESETS[preset]).encoder(torch.rand(2, 3, 32, 32)).shape[0] == 2


def test_the_ablation_fine_tunes_from_three_layers_with_equal_settings_and_trains_the_other_classifiers_once():
    layers = {name: settings.finetune_layer for name, settings in ABLATION.items()}
    assert layers == {"all-stages": 1, "from-layer-0": 0, "from-layer-3": 3}
    left_out = {"finetune_layer": 0, "supervised_epochs": 0, "distill_epochs": 0}
    assert len({dataclasses.replace(settings, **left_out) for settings in ABLATION.values()}) == 1
