"""What `ssl_core.study` and the studies promise: the method's own training, with exactly one thing changed."""

import dataclasses
import importlib
import json
from itertools import product

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from ssl_core.backbones import half
from ssl_core.cli import main
from ssl_core.data import DataError
from ssl_core.digest import run_digest
from ssl_core.few_labels import labelled_rows
from ssl_core.loop import Loop
from ssl_core.methods import SLUGS, byol, simclr, simsiam
from ssl_core.methods.base import Batch
from ssl_core.shapes import shapes
from ssl_core.studies import hai as hai_studies
from ssl_core.studies import simclrv2 as simclrv2_studies
from ssl_core.studies import uhml as uhml_studies
from ssl_core.study import Study, UnknownStudyError, build, run_study, studies
from ssl_core.train import train

ALL = [(slug, name) for slug in SLUGS for name in studies(slug)]
SHORT = {
    "epochs": 1,
    "batch_size": 40,
    "precision": "fp32",
    "rounds": 1,
    "cuts": "8,4",
    "cluster_images": 100,
    "metric_batch_size": 32,
    "hidden_dim": 16,
    "projection_dim": 16,
    "embedding_dim": 8,
    "finetune_epochs": 1,
    "supervised_epochs": 1,
    "distill_epochs": 1,
}


@pytest.fixture
def short(tiny_backbone, monkeypatch):
    """Return a function that puts a study of an epoch on a tiny network in the place of one, and gives it."""

    def shortened(slug, name):
        table = importlib.import_module(f"ssl_core.studies.{slug}").STUDIES
        wanted = {**SHORT, "backbone": tiny_backbone}
        kept = table[name].settings
        # What a study switches off stays off.
        changes = {key: value for key, value in wanted.items() if getattr(kept, key, None)}
        if changes.get("cuts") and "," not in kept.cuts:
            changes["cuts"] = "8"
        monkeypatch.setitem(
            table, name, dataclasses.replace(table[name], settings=dataclasses.replace(kept, **changes))
        )
        monkeypatch.setattr(simclrv2_studies, "ALL_EPOCHS", 1)
        monkeypatch.setattr(simclrv2_studies, "ALL_BATCH_SIZE", 40)
        return table[name]

    return shortened


def loop_of(study, data, seed=0):
    """Give a loop at its beginning, prepared as `run_study` does."""
    loop = Loop(build(study, seed), study.part(data), seed, torch.device("cpu"), "fp32")
    study.prepare(loop)
    return loop


@pytest.mark.parametrize(("slug", "name"), ALL)
def test_every_study_trains_and_explains_each_of_its_figures(slug, name, short, tiny_data, tmp_path):
    short(slug, name)
    if name.startswith("unseen"):
        tiny_data = shapes(n_train=400, n_test=60)  # half of them are enough for kNN
    run = run_study(slug, name, tiny_data, tmp_path / "run", seed=1, device="cpu", progress=False)
    manifest = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert (manifest["method"], manifest["preset"], manifest["study"], manifest["seed"]) == (slug, "study", name, 1)
    assert manifest["status"] == "finished"
    assert manifest["source_digest"] == run_digest(slug, "study")
    assert manifest["data"]["n_train"] == len(tiny_data.train_images)
    assert run.results
    assert all(0 <= value <= 1.01 for value in run.results.values())
    assert set(manifest["protocol"]) == set(run.results)
    assert len((tmp_path / "run" / "metrics.jsonl").read_text(encoding="utf-8").splitlines()) == len(run.metrics) > 0


def test_a_study_that_changes_nothing_is_the_training_itself(tiny_settings, tiny_data, tmp_path, monkeypatch):
    table = importlib.import_module("ssl_core.studies.simclr").STUDIES
    monkeypatch.setitem(table, "unchanged", Study(tiny_settings, simclr.SimCLR))
    studied = run_study("simclr", "unchanged", tiny_data, tmp_path / "a", seed=3, device="cpu", progress=False)
    trained = train("simclr", tiny_settings, tiny_data, tmp_path / "b", seed=3, device="cpu", progress=False)
    timed = {"seconds", "pairs_per_second"}
    for one, other in zip(studied.metrics, trained.metrics, strict=True):
        assert {k: v for k, v in one.items() if k not in timed} == {k: v for k, v in other.items() if k not in timed}
    assert studied.results == {name: trained.results[name] for name in studied.results}
    assert studied.manifest["collapse"] == trained.manifest["collapse"]


def test_an_unknown_study_names_those_there_are():
    with pytest.raises(UnknownStudyError, match=r"simclr has no study 'head': choose one of head-none, head-linear"):
        run_study("simclr", "head", None, None)
    with pytest.raises(UnknownStudyError, match=r"hcl has no study"):
        run_study("hcl", "head", None, None)


def test_without_a_head_the_loss_acts_on_h_and_a_linear_head_is_one_layer(short, tiny_data):
    images = tiny_data.train_images[:8].float() / 255
    none, linear = (build(short("simclr", name), 0) for name in ("head-none", "head-linear"))
    h = none.encoder(images)
    assert torch.equal(none.projector(h), h)
    layers = [part for part in linear.projector.modules() if isinstance(part, nn.Linear)]
    assert len(layers) == 1
    assert not any(isinstance(part, nn.ReLU) for part in linear.projector.modules())
    assert torch.equal(none.encoder.stem[0].weight, linear.encoder.stem[0].weight)  # the same start


def test_crops_alone_leave_colours_as_they_are(short, tiny_data):
    method = build(short("byol", "crop"), 0)
    assert [recipe.steps for recipe in method.recipes] == [(), ()]
    plain = byol.BYOL(method.settings)
    assert [(r.crop_area, r.flip) for r in method.recipes] == [(r.crop_area, r.flip) for r in plain.recipes]
    grey = torch.full_like(tiny_data.train_images[:6], 77)
    views = method.views(Batch(grey, torch.zeros(6).long(), torch.arange(6)), torch.Generator().manual_seed(0))
    assert all(torch.allclose(view, torch.tensor(77 / 255), atol=1e-6) for view in views)


def test_byol_without_batchnorm_has_none_in_the_target_either(short):
    method = build(short("byol", "no-batchnorm"), 0)
    assert not any(isinstance(part, _BatchNorm) for part in method.modules())
    online = [*method.encoder.parameters(), *method.projector.parameters()]
    assert [p.shape for p in online] == [p.shape for p in method.target.parameters()]


@pytest.mark.parametrize(
    ("name", "projector", "predictor"),
    [("no-head-batchnorm", 0, 0), ("hidden-batchnorm", 1, 1), ("constant-predictor-rate", 2, 1)],
)
def test_batchnorm_of_simsiams_heads_stands_where_the_study_says(short, name, projector, predictor):
    method = build(short("simsiam", name), 0)
    for head, wanted in ((method.projector, projector), (method.predictor, predictor)):
        assert sum(isinstance(part, _BatchNorm) for part in head.modules()) == wanted
    assert any(isinstance(part, _BatchNorm) for part in method.encoder.modules())
    assert not isinstance(list(method.projector.modules())[-1], _BatchNorm) or name == "constant-predictor-rate"


def test_a_constant_rate_is_the_predictors_alone(short, tiny_data):
    study = short("simsiam", "constant-predictor-rate")
    study = dataclasses.replace(study, settings=dataclasses.replace(study.settings, epochs=2))
    loop = loop_of(study, tiny_data)
    predictor = {id(p) for p in loop.method.predictor.parameters()}
    held = {id(p) for group in loop.optimizer.param_groups[2:] for p in group["params"]}
    assert held == predictor
    everything = [id(p) for group in loop.optimizer.param_groups for p in group["params"]]
    assert sorted(everything) == sorted(id(p) for p in loop.method.parameters() if p.requires_grad)
    rates = []
    loop.optimizer.register_step_post_hook(
        lambda optimizer, *_: rates.append([group["lr"] for group in optimizer.param_groups])
    )
    while not loop.finished:
        loop.run_epoch(lambda *_: None)
    others, own = ([rate[i] for rate in rates] for i in (0, 2))
    assert set(own) == {study.settings.lr}
    assert min(others) < 0.2 * study.settings.lr
    plain = loop_of(dataclasses.replace(study, prepare=lambda loop: None), tiny_data)
    while not plain.finished:
        plain.run_epoch(lambda *_: None)
    assert isinstance(plain.method, simsiam.SimSiam)
    weights = [loop.method.predictor[2].weight for loop in (loop, plain)]
    assert not torch.equal(*weights)


def test_with_all_labels_every_image_is_seen_and_half_the_width_is_half_everywhere(short, tiny_data):
    whole, narrow = (build(short("simclrv2", name), 0) for name in ("all-labels", "half-width"))
    names = [stage.name for stage in whole.stages(tiny_data)]
    assert names == ["pretrain", "supervised-100", "finetune-100"]
    learner = whole.begin(whole.stages(tiny_data)[2], tiny_data)
    rows = learner.order(tiny_data, 40, torch.Generator().manual_seed(0))
    assert sorted(rows.flatten().tolist()) == list(range(len(tiny_data.train_images)))
    wanted = half(whole.settings.backbone).dim
    assert narrow.encoder.dim == wanted < whole.encoder.dim
    for stage in narrow.stages(tiny_data)[1:]:
        body = narrow.begin(stage, tiny_data).classifier.body
        assert body[0].dim == wanted
        assert f"half-{whole.settings.backbone}" in narrow.protocol()[narrow.downstream.figure]
    assert [stage.name.partition("-")[2] for stage in narrow.stages(tiny_data)[1:]] == [
        "1",
        "1",
        "10",
        "10",
        "100",
        "100",
    ]


def test_distillation_on_labelled_images_takes_as_many_steps_and_no_other_image(short, tiny_data):
    study = short("simclrv2", "distil-labelled")
    method = build(study, 0)
    stages = {stage.name: stage for stage in method.stages(tiny_data)}
    method.begin(stages["finetune-10"], tiny_data)
    learner = method.begin(stages["distill-10"], tiny_data)
    rows = learner.order(tiny_data, 40, torch.Generator().manual_seed(0))
    labelled = labelled_rows(tiny_data, 0.1)
    assert rows.shape == (len(tiny_data.train_images) // 40, 40)
    assert set(rows.flatten().tolist()) == set(labelled.tolist())
    assert method.downstream is learner
    epochs = stages["distill-10"].epochs
    told = f"on {len(labelled)} labelled training images for as many steps as {epochs} epochs of all take"
    assert all(told in method.protocol()[figure] for figure in ("distilled_10", "distilled_small_10"))
    assert not any(p.requires_grad for p in learner.teacher.parameters())


def test_the_mean_hue_is_that_of_the_colour_however_pale_and_grey_pixels_do_not_count():
    turns = torch.tensor([0.0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6])
    pure = torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1], [1, 0, 1]])
    images = (200 * pure).to(torch.uint8)[:, :, None, None].expand(-1, -1, 4, 4).clone()
    assert torch.allclose(hai_studies.mean_hue(images), turns, atol=1e-6)
    pale = (images // 2 + 100).to(torch.uint8)
    assert torch.allclose(hai_studies.mean_hue(pale), turns, atol=1e-6)
    images[:, :, :2] = 128
    assert torch.allclose(hai_studies.mean_hue(images), turns, atol=1e-6)


def test_the_contrastive_loss_is_the_sum_over_pairs():
    z = torch.randn(9, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2, 2])
    unit = functional.normalize(z, dim=1)
    positives, negatives = [], []
    for i, j in product(range(9), repeat=2):
        d = (unit[i] - unit[j]).norm()
        if i != j and labels[i] == labels[j]:
            positives.append(d**2)
        elif i != j:
            negatives.append(max(torch.tensor(0.0), 1 - d) ** 2)
    naive = torch.stack(positives).mean() + torch.stack(negatives).mean()
    assert torch.isclose(uhml_studies.contrastive(z, labels), naive)
    z.requires_grad_()
    uhml_studies.contrastive(torch.cat((z, z)), torch.cat((labels, labels))).backward()
    assert z.grad.isfinite().all()  # equal points have no slope, not NaN


def test_the_contrastive_loss_is_computed_in_float32_under_autocast_too():
    z = functional.normalize(torch.ones(8, 4) + 0.02 * torch.eye(8, 4), dim=1)  # nearly equal, as a cluster is
    labels = torch.zeros(8).long()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under = uhml_studies.contrastive(z, labels)
    assert under.dtype == torch.float32
    assert torch.equal(under, uhml_studies.contrastive(z, labels))
    assert under > 1e-6


def test_data_without_an_unseen_class_are_refused(tiny_data):
    few = dataclasses.replace(tiny_data, classes=tiny_data.classes[: uhml_studies.SEEN])
    with pytest.raises(DataError, match=r"has 5 classes: those after the first 5 are the unseen"):
        uhml_studies.seen(few)


def test_unseen_classes_are_unseen_in_training_and_alone_in_the_measurement(tiny_data, monkeypatch):
    part = uhml_studies.seen(tiny_data)
    assert set(part.train_labels.tolist()) == set(part.test_labels.tolist()) == set(range(uhml_studies.SEEN))
    assert part.classes == tiny_data.classes[: uhml_studies.SEEN]
    measured = []
    monkeypatch.setattr(uhml_studies, "retrieval", lambda method, images, labels: measured.append(labels) or {})
    network = nn.Module()
    network.encoder = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    uhml_studies.on_unseen(network, network, tiny_data)
    assert set(measured[0].tolist()) == set(range(uhml_studies.SEEN, len(tiny_data.classes)))


def test_the_command_lists_the_studies_and_trains_one_where_no_run_lies(
    short, tmp_path, capsys, monkeypatch, tiny_data
):
    assert main(["study", "simclr"]) == 0
    assert capsys.readouterr().out.split() == ["head-none", "head-linear"]
    assert main(["study", "hcl"]) == 0
    assert "hcl has no study" in capsys.readouterr().out
    short("simclr", "head-none")
    monkeypatch.setattr("ssl_core.data.load", lambda data, progress: tiny_data)
    call = ["study", "simclr", "head-none", "--seed", "2", "--device", "cpu", "--out", str(tmp_path / "run")]
    assert main(call) == 0
    assert "knn" in capsys.readouterr().out
    assert main(call) == 1
    assert "holds a run already" in capsys.readouterr().err
    assert main(["study", "simclr", "nothing", "--out", str(tmp_path / "other")]) == 1
    assert "choose one of head-none, head-linear" in capsys.readouterr().err
    assert main(["study", "hcl", "nothing"]) == 1
    assert capsys.readouterr().err == "error: hcl has no study 'nothing': it has none\n"
    assert main([*call[:-1], str(tmp_path / "other"), "--images", "0"]) == 1
    assert "0 training images" in capsys.readouterr().err
    assert not (tmp_path / "other").exists()


def test_the_command_refuses_a_part_of_the_data_that_is_too_small(short, tmp_path, capsys, monkeypatch, tiny_data):
    short("uhml", "unseen-warm-up")
    monkeypatch.setattr("ssl_core.data.load", lambda data, progress: tiny_data)
    out = tmp_path / "run"
    assert main(["study", "uhml", "unseen-warm-up", "--out", str(out)]) == 1
    assert "100 training images are too few" in capsys.readouterr().err
    assert not out.exists()


def test_each_name_stands_for_one_change_for_runs_note_the_name_alone():
    """The tables of studies are no part of a run's digest: another class under an old name must fail here."""
    made = {
        (slug, name): (each.build.__name__, each.part.__name__, each.prepare.__name__, each.measure.__name__)
        for slug, name in ALL
        for each in (studies(slug)[name],)
    }
    plain = ("<lambda>", "<lambda>", "accuracies")
    assert made == {
        ("byol", "crop"): ("CropOnly", *plain),
        ("byol", "no-batchnorm"): ("NoBatchNorm", *plain),
        **{
            ("hai", f"hue-{v}"): ("OnlyTrained", *plain[:2], "hue_probe")
            for v in ("hai", "no-embedding", "uniform", "simsiam")
        },
        ("simclr", "head-none"): ("NoHead", *plain),
        ("simclr", "head-linear"): ("LinearHead", *plain),
        ("simclrv2", "all-labels"): ("AllLabels", *plain),
        ("simclrv2", "half-width"): ("HalfWidth", *plain),
        ("simclrv2", "distil-labelled"): ("DistilLabelled", *plain),
        ("simsiam", "no-head-batchnorm"): ("NoHeadBatchNorm", *plain),
        ("simsiam", "hidden-batchnorm"): ("HiddenBatchNorm", *plain),
        ("simsiam", "constant-predictor-rate"): ("SimSiam", plain[0], "hold_predictor_rate", plain[2]),
        ("uhml", "kmeans"): ("KMeansLabels", *plain[:2], "on_all"),
        ("uhml", "unseen-warm-up"): ("UHML", "seen", plain[1], "on_unseen"),
        ("uhml", "unseen-kmeans"): ("KMeansLabels", "seen", plain[1], "on_unseen"),
        ("uhml", "unseen-hierarchy"): ("UHML", "seen", plain[1], "on_unseen"),
    }
