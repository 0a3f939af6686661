"""What `ssl_core.train` promises: equal seeds give equal weights, also after a stop; a folder that says all."""

import dataclasses
import json
import re

import pytest
import torch
from safetensors.torch import load_file

from ssl_core import evaluate
from ssl_core.backbones import BACKBONES, ResNet
from ssl_core.checkpoint import CHECKPOINT, CheckpointError
from ssl_core.evaluate import knn
from ssl_core.methods.simclr import SimCLR
from ssl_core.pretrained import load_method
from ssl_core.runs import RunError, read_run
from ssl_core.shapes import shapes
from ssl_core.train import TrainingError, build, train

TIMES = {"seconds", "pairs_per_second"}


def fit(settings, data, out, **options):
    return train("simclr", settings, data, out, device="cpu", progress=False, **options)


def weights(folder) -> bytes:
    return (folder / "encoder.safetensors").read_bytes()


def untimed(metrics):
    return [{name: value for name, value in line.items() if name not in TIMES} for line in metrics]


# --- equal runs ------------------------------------------------------------------------------------------------


def test_equal_seeds_give_equal_files(finished_run, tiny_settings, tiny_data, tmp_path):
    torch.manual_seed(12345)  # the state of the global generator is no part of a run
    run = fit(tiny_settings, tiny_data, tmp_path / "again")
    assert weights(run.folder) == weights(finished_run)
    first = read_run(finished_run)
    assert untimed(run.metrics) == untimed(first.metrics)
    assert run.results == first.results


def test_another_seed_gives_other_weights_from_the_first_step_on(finished_run, tiny_settings, tiny_data, tmp_path):
    run = fit(tiny_settings, tiny_data, tmp_path / "other", seed=1)
    assert weights(run.folder) != weights(finished_run)
    assert run.metrics[0]["loss"] != read_run(finished_run).metrics[0]["loss"]


def test_the_seed_decides_the_first_weights(tiny_settings):
    first, again, other = (build("simclr", tiny_settings, seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_training_leaves_the_global_random_state_alone(tiny_settings, tiny_data, tmp_path):
    torch.manual_seed(7)
    before = torch.get_rng_state()
    fit(dataclasses.replace(tiny_settings, epochs=1), tiny_data, tmp_path / "run")
    assert torch.equal(torch.get_rng_state(), before)


def test_training_moves_every_part_of_the_encoder(finished_run, tiny_settings):
    start = build("simclr", tiny_settings, seed=0).encoder.state_dict()
    for name, value in load_file(finished_run / "encoder.safetensors").items():
        assert not torch.equal(value, start[name]), name


def test_the_encoder_file_holds_weights_and_nothing_else(finished_run):
    content = weights(finished_run)
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    assert header.pop("__metadata__", {"format": "pt"}) == {"format": "pt"}
    assert set(header) == set(load_method(finished_run).encoder.state_dict())


# --- stopping and going on -------------------------------------------------------------------------------------


class Stop:
    """An `on_epoch` that acts like Ctrl-C after a number of epochs."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, metrics):
        if len(metrics) == self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize("optimizer", ["adamw", "sgd", "lars"])
def test_a_run_interrupted_after_any_epoch_ends_in_the_same_bytes(tiny_settings, tiny_data, tmp_path, optimizer):
    settings = dataclasses.replace(tiny_settings, optimizer=optimizer)
    whole = fit(settings, tiny_data, tmp_path / "whole")
    for epoch in range(1, settings.epochs + 1):
        out = tmp_path / f"stopped-{epoch}"
        with pytest.raises(KeyboardInterrupt):
            fit(settings, tiny_data, out, on_epoch=Stop(epoch))
        assert read_run(out).manifest["status"] == "interrupted"
        assert len(read_run(out).metrics) == epoch
        torch.rand(3)
        resumed = fit(settings, tiny_data, out, resume=True)
        assert weights(out) == weights(whole.folder)
        assert untimed(resumed.metrics) == untimed(whole.metrics)
        assert resumed.results == whole.results
        assert resumed.manifest["status"] == "finished"


def test_a_time_budget_stops_after_an_epoch_and_the_run_goes_on(finished_run, tiny_settings, tiny_data, tmp_path):
    out = tmp_path / "run"
    for epoch in (1, 2):
        stopped = fit(tiny_settings, tiny_data, out, resume=True, minutes=0)
        assert stopped.manifest["status"] == "stopped"
        assert stopped.results == {}
        assert [line["epoch"] for line in stopped.metrics] == list(range(1, epoch + 1))
    assert fit(tiny_settings, tiny_data, out, resume=True, minutes=0).manifest["status"] == "finished"
    assert weights(out) == weights(finished_run)


def test_an_epoch_that_was_cut_short_is_begun_again(finished_run, tiny_settings, tiny_data, tmp_path, monkeypatch):
    out, views, calls = tmp_path / "run", SimCLR.views, []

    def interrupted(self, batch, generator):
        calls.append(1)
        if len(calls) == 9:  # in the middle of the second epoch of six steps
            raise KeyboardInterrupt
        return views(self, batch, generator)

    monkeypatch.setattr(SimCLR, "views", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(tiny_settings, tiny_data, out)
    monkeypatch.undo()
    assert len(read_run(out).metrics) == 1
    fit(tiny_settings, tiny_data, out, resume=True)
    assert weights(out) == weights(finished_run)


def test_metrics_of_an_epoch_whose_checkpoint_is_missing_are_written_again(tiny_settings, tiny_data, tmp_path):
    """A kill between the two files must not leave an epoch out or count one twice."""
    out = tmp_path / "run"
    fit(tiny_settings, tiny_data, out, minutes=0)
    line = (out / "metrics.jsonl").read_text()
    for left_behind in ("", line + line.replace('"epoch": 1', '"epoch": 2')):
        (out / "metrics.jsonl").write_text(left_behind)
        resumed = fit(tiny_settings, tiny_data, out, resume=True, minutes=0)
        epochs = [entry["epoch"] for entry in resumed.metrics]
        assert epochs == list(range(1, len(epochs) + 1))


def test_resuming_without_a_checkpoint_starts_fresh(finished_run, tiny_settings, tiny_data, tmp_path):
    assert weights(fit(tiny_settings, tiny_data, tmp_path / "new", resume=True).folder) == weights(finished_run)


def test_resuming_a_finished_run_changes_no_file(tiny_settings, tiny_data, tmp_path):
    def files():
        return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.iterdir()}

    out = tmp_path / "run"
    run = fit(dataclasses.replace(tiny_settings, epochs=1), tiny_data, out)
    before = files()
    again = fit(dataclasses.replace(tiny_settings, epochs=1), tiny_data, out, resume=True)
    assert files() == before
    assert again == run


def test_a_stop_during_the_evaluation_loses_nothing(finished_run, tiny_settings, tiny_data, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    monkeypatch.setattr(evaluate, "evaluate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fit(tiny_settings, tiny_data, out)
    monkeypatch.undo()
    assert read_run(out).manifest["status"] != "finished"
    run = fit(tiny_settings, tiny_data, out, resume=True)
    assert run.results == read_run(finished_run).results


def test_wall_seconds_count_all_parts_of_a_run(tiny_settings, tiny_data, tmp_path):
    out = tmp_path / "run"
    first = fit(tiny_settings, tiny_data, out, minutes=0).manifest["wall_seconds"]
    second = fit(tiny_settings, tiny_data, out, resume=True, minutes=0)
    assert second.manifest["wall_seconds"] > first + second.metrics[1]["seconds"]


@pytest.mark.parametrize("what", ["settings", "seed", "data"])
def test_resuming_another_run_is_refused_and_says_what_differs(tiny_settings, tiny_data, tmp_path, what):
    out = tmp_path / "run"
    fit(tiny_settings, tiny_data, out, minutes=0)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    settings = dataclasses.replace(tiny_settings, lr=0.5) if what == "settings" else tiny_settings
    data = shapes(n_train=210, n_test=60) if what == "data" else tiny_data
    difference = {"settings": r"lr was 0\.001, now 0\.5", "seed": r"seed was 0, now 3", "data": r"data was '"}[what]
    with pytest.raises(CheckpointError, match=difference):
        fit(settings, data, out, seed=3 if what == "seed" else 0, resume=True)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_a_folder_that_holds_a_run_is_refused(finished_run, tiny_settings, tiny_data):
    before = weights(finished_run)
    with pytest.raises(RunError, match=r"holds a run already: add --resume .* or choose another --out"):
        fit(dataclasses.replace(tiny_settings, epochs=1), tiny_data, finished_run)
    assert weights(finished_run) == before


# --- the run folder --------------------------------------------------------------------------------------------


def test_the_manifest_says_what_the_design_asks_for(finished_run, tiny_settings, tiny_data):
    manifest = json.loads((finished_run / "run.json").read_text())
    required = {"method", "preset", "settings", "data", "seed", "git_commit", "source_digest", "versions"}
    required |= {"hardware", "wall_seconds", "pairs_per_second", "peak_memory_bytes", "results"}
    assert required <= set(manifest)
    assert manifest["method"] == "simclr"
    assert manifest["preset"] == "quick"
    assert manifest["settings"] == dataclasses.asdict(tiny_settings)
    assert manifest["data"] == {
        "name": "shapes",
        "fingerprint": tiny_data.fingerprint,
        "n_train": 200,
        "n_test": 60,
    }
    assert manifest["seed"] == 0
    assert manifest["git_commit"] is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", manifest["git_commit"])
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["source_digest"])
    assert {"python", "torch"} <= set(manifest["versions"])
    assert set(manifest["hardware"]) == {"cpu", "cores", "gpu"}
    assert manifest["wall_seconds"] > 0
    assert manifest["pairs_per_second"] > 0
    assert manifest["peak_memory_bytes"] > 50e6  # torch alone needs more
    assert {"knn", "knn_untrained", "linear"} <= set(manifest["results"])
    shares = {
        name: value for name, value in manifest["results"].items() if name.startswith(("knn", "linear", "recall"))
    }
    assert all(isinstance(value, float) and 0 <= value <= 1 for value in shares.values())
    assert set(manifest["results"]) <= set(manifest["protocol"])
    assert manifest["processes"] == 1


def test_no_file_for_others_names_a_folder_of_this_machine(finished_run):
    for name in ("run.json", "metrics.jsonl", "encoder.safetensors"):
        text = (finished_run / name).read_bytes().decode(errors="replace")
        assert str(finished_run.parent) not in text
    manifest = (finished_run / "run.json").read_text()
    assert not re.search(r'"[^"]*(?:/home/|/root|/tmp/|/work|/Users/|[A-Z]:\\)', manifest)
    assert not re.search(r'"(?:/|~)', manifest)


def test_results_are_those_of_the_saved_encoder_and_of_the_first_weights(finished_run, tiny_settings, tiny_data):
    results = read_run(finished_run).results
    assert results["knn"] == knn(load_method(finished_run).encoder, tiny_data)
    assert results["knn_untrained"] == knn(build("simclr", tiny_settings, seed=0).encoder, tiny_data)


def test_metrics_have_one_line_an_epoch(finished_run, tiny_settings):
    lines = [json.loads(line) for line in (finished_run / "metrics.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == list(range(1, tiny_settings.epochs + 1))
    required = {"loss", "contrastive_accuracy", "lr", "knn_monitor", "feature_std", "seconds", "pairs_per_second"}
    for line in lines:
        assert required <= set(line)
        assert line["stage"] == "pretrain"
        assert all(
            isinstance(value, int | float) for name, value in line.items() if name not in ("stage", "collapse")
        )
    assert lines[-1]["lr"] < 0.1 * tiny_settings.lr


def test_the_folder_holds_what_the_design_names_and_nothing_else(finished_run):
    expected = {"run.json", "metrics.jsonl", CHECKPOINT, "encoder.safetensors"}
    assert {path.name for path in finished_run.iterdir()} == expected


def test_on_epoch_sees_the_metrics_so_far(tiny_settings, tiny_data, tmp_path):
    seen = []
    run = fit(tiny_settings, tiny_data, tmp_path / "run", on_epoch=lambda metrics: seen.append(list(metrics)))
    assert seen == [run.metrics[: i + 1] for i in range(tiny_settings.epochs)]


def test_the_last_incomplete_batch_is_dropped(tiny_settings, tiny_data, tmp_path, monkeypatch):
    sizes, views = [], SimCLR.views

    def noted(self, batch, generator):
        sizes.append(len(batch.images))
        return views(self, batch, generator)

    monkeypatch.setattr(SimCLR, "views", noted)
    fit(dataclasses.replace(tiny_settings, epochs=2, batch_size=60), tiny_data, tmp_path / "run")
    assert sizes == [60] * 6


def test_an_epoch_takes_every_image_once(tiny_settings, tiny_data, tmp_path, monkeypatch):
    seen, views = [], SimCLR.views

    def noted(self, batch, generator):
        seen.extend(image.numpy().tobytes() for image in batch.images)
        return views(self, batch, generator)

    monkeypatch.setattr(SimCLR, "views", noted)
    fit(dataclasses.replace(tiny_settings, epochs=2, batch_size=50), tiny_data, tmp_path / "run")
    first, second = seen[:200], seen[200:]
    assert sorted(first) == sorted(second) == sorted(image.numpy().tobytes() for image in tiny_data.train_images)
    assert first != second


def test_bf16_trains_on_a_cpu_and_is_recorded(tiny_settings, tiny_data, tmp_path):
    run = fit(dataclasses.replace(tiny_settings, epochs=1, precision="bf16"), tiny_data, tmp_path / "run")
    assert run.manifest["precision"] == "bf16"
    assert all(value.dtype != torch.bfloat16 for value in load_file(run.folder / "encoder.safetensors").values())


# --- refusals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [201, 1, 0])
def test_a_batch_that_does_not_fit_the_data_is_told_before_anything_is_written(
    tiny_settings, tiny_data, tmp_path, size
):
    with pytest.raises(TrainingError, match=rf"--batch-size {size} does not fit 200 training images: choose"):
        fit(dataclasses.replace(tiny_settings, batch_size=size), tiny_data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_no_epoch_at_all_is_told(tiny_settings, tiny_data, tmp_path):
    with pytest.raises(TrainingError, match=r"--epochs 0: choose 1 or more"):
        fit(dataclasses.replace(tiny_settings, epochs=0), tiny_data, tmp_path / "run")


def test_too_few_images_for_knn_are_told_before_training(tiny_settings, tiny_data, tmp_path):
    seen = []
    with pytest.raises(Exception, match="200") as caught:
        fit(tiny_settings, tiny_data.subset(100), tmp_path / "run", on_epoch=seen.append)
    assert type(caught.value).__module__.startswith("ssl_core")
    assert seen == []


def test_a_loss_that_is_not_finite_is_told_and_leaves_no_checkpoint(tiny_settings, tiny_data, tmp_path):
    settings = dataclasses.replace(tiny_settings, optimizer="sgd", lr=1e12, warmup_epochs=0.0)
    with pytest.raises(
        TrainingError, match=r"(the loss is (nan|inf)|weights are not finite) in epoch \d of stage 'pretrain': lower"
    ):
        fit(settings, tiny_data, tmp_path / "run")
    checkpoint = tmp_path / "run" / CHECKPOINT
    if checkpoint.exists():  # of an epoch before
        state = torch.load(checkpoint, weights_only=True)["method"]
        assert all(value.isfinite().all() for value in state.values())


# --- learning --------------------------------------------------------------------------------------------------


def test_training_raises_knn_above_that_of_the_untrained_encoder(tiny_settings, tmp_path, monkeypatch):
    """Ten classes, 2000 images, 14 epochs, half a minute on one free core."""
    monkeypatch.setitem(BACKBONES, "tiny", lambda: ResNet((16, 32, 64), (1, 1, 1), stem_stride=2))
    settings = dataclasses.replace(
        tiny_settings, epochs=14, batch_size=128, lr=5e-3, temperature=0.2, crop_min_area=0.5
    )
    run = fit(settings, shapes(n_train=2000, n_test=1000), tmp_path / "run")
    print(run.results, run.manifest["wall_seconds"])
    assert run.results["knn"] > run.results["knn_untrained"] + 0.05
    assert run.metrics[-1]["loss"] < run.metrics[0]["loss"] - 0.5
    assert run.metrics[-1]["contrastive_accuracy"] > run.metrics[0]["contrastive_accuracy"] + 0.1
