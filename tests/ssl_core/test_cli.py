"""What the command line promises: options from settings, one line an error, JSON alone on stdout, a clean stop."""

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from ssl_core import __version__, cli, pretrained
from ssl_core import data as data_module
from ssl_core import train as train_module
from ssl_core.cli import main
from ssl_core.methods import SLUGS
from ssl_core.methods.simclr import PRESETS, Settings
from ssl_core.runs import read_run
from ssl_core.shapes import shapes
from ssl_core.train import train as train_

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path, monkeypatch, tiny_backbone, tiny_data):
    """Work in an empty folder, where `shapes` are the tiny data."""
    monkeypatch.chdir(tmp_path)
    load = data_module.load
    for module in (data_module, pretrained):
        monkeypatch.setattr(module, "load", lambda name, progress: tiny_data if name == "shapes" else load(name))
    return tmp_path


TRAIN = ["train", "simclr", "--data", "shapes", "--preset", "quick", "--device", "cpu"]
TRAIN += ["--precision", "fp32", "--backbone", "tiny", "--batch-size", "32", "--epochs", "1"]


def one_error(capsys) -> str:
    """Return the error of a command that must have printed it as one line and nothing else on stderr."""
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("error: ")
    return lines[0]


def usage_error(arguments, capsys) -> str:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    return capsys.readouterr().err


# --- words -----------------------------------------------------------------------------------------------------


def test_methods_lists_every_method_with_its_paper(capsys):
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(SLUGS)
    (simclr,) = (line for line in lines if line.startswith("simclr "))
    assert "A Simple Framework for Contrastive Learning of Visual Representations" in simclr


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"ssl_core {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "COMMAND"),
        (["train"], "METHOD"),
        (["train", "moco"], "invalid choice: 'moco'"),
        (["train", "simclr", "--preset", "huge"], "invalid choice: 'huge'"),
        (["train", "simclr", "--epochs", "many"], "invalid int value: 'many'"),
        (["train", "simclr", "--learning-rate", "1"], "--learning-rate"),
        (["evaluate"], "RUN_DIR"),
    ],
)
def test_wrong_usage_exits_with_2(arguments, told, capsys):
    assert told in usage_error(arguments, capsys)


def test_every_setting_is_an_option_with_help_and_preset_values(capsys):
    with pytest.raises(SystemExit):
        main(["train", "simclr", "--help"])
    text = re.sub(r"\s+", " ", capsys.readouterr().out)
    for field in dataclasses.fields(Settings):
        assert f"--{field.name.replace('_', '-')}" in text
        assert field.metadata["help"] in text
        for name, preset in PRESETS.items():
            assert f"{getattr(preset, field.name)} {name}" in text


# --- train -----------------------------------------------------------------------------------------------------


def test_options_replace_the_presets_values_and_nothing_else(place, capsys):
    options = ["--lr", "0.0123", "--temperature", "0.31", "--warmup-epochs", "0.25", "--seed", "5", "--out", "run"]
    assert main([*TRAIN, *options]) == 0
    manifest = read_run(place / "run").manifest
    given = {"lr": 0.0123, "temperature": 0.31, "warmup_epochs": 0.25, "epochs": 1, "batch_size": 32}
    given |= {"backbone": "tiny", "precision": "fp32"}
    assert manifest["settings"] == dataclasses.asdict(PRESETS["quick"]) | given
    assert manifest["seed"] == 5
    assert manifest["preset"] == "quick"
    out = capsys.readouterr().out
    assert f"{manifest['results']['knn']:.4f}" in out
    assert "k = 200" in out
    assert "run folder: run" in out


def test_a_disk_that_is_full_is_one_clear_line(place, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "run/checkpoint.pt.partial")

    monkeypatch.setattr("ssl_core.train.save_checkpoint", full)
    assert main([*TRAIN, "--out", "run"]) == 1
    told = "error: run/checkpoint.pt.partial: No space left on device: choose another place or make room"
    assert capsys.readouterr().err.splitlines()[-1] == told


def test_the_run_folder_is_named_after_the_run(place):
    assert main([*TRAIN, "--seed", "3"]) == 0
    assert [path.name for path in (place / "runs").iterdir()] == ["simclr-shapes-quick-seed3"]


def test_images_takes_a_balanced_subset(place, monkeypatch):
    monkeypatch.setattr(data_module, "load", lambda name, progress: shapes(n_train=300, n_test=60))
    assert main([*TRAIN, "--images", "210", "--out", "run"]) == 0
    assert read_run(place / "run").manifest["data"]["n_train"] == 210


def test_resuming_a_finished_run_exits_with_0_and_changes_nothing(place):
    def files():
        return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in (place / "run").iterdir()}

    command = [*TRAIN, "--out", "run", "--resume"]
    assert main(command) == 0
    before = files()
    assert main(command) == 0
    assert files() == before


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--data", "/nowhere/at/all"], "--data '/nowhere/at/all' is neither"),
        (["--images", "100000"], "--images"),
        (["--batch-size", "1000"], "--batch-size 1000 does not fit"),
        (["--backbone", "resnet7"], "no backbone 'resnet7'"),
        (["--optimizer", "adam"], "no optimiser 'adam'"),
        (["--precision", "fp16"], "fp16 needs a GPU"),
        (["--device", "tpu"], "no device 'tpu'"),
        (["--epochs", "0"], "--epochs 0"),
        (["--jitter", "2"], "jitter is 2"),
        (["--lr", "-1"], "--lr"),
        (["--lr", "nan"], "--lr"),
        (["--weight-decay", "-1"], "--weight-decay"),
        (["--temperature", "0"], "--temperature"),
        (["--compile", "yes"], "--compile"),
        (["--out", "file"], "file"),
    ],
)
def test_what_cannot_work_is_one_line_and_exit_1(place, capsys, options, told):
    (place / "file").write_text("not a folder")
    assert main([*TRAIN, "--out", "run", *options]) == 1
    assert told in one_error(capsys)
    assert not (place / "run" / "encoder.safetensors").exists()


@pytest.mark.parametrize(
    ("slug", "options", "told"),
    [
        ("hcl", ["--tau-plus", "1"], "--tau-plus 1.0: choose 0 to 0.999"),
        ("hcl", ["--beta", "-1"], "--beta -1.0"),
        ("byol", ["--tau-base", "1.5"], "--tau-base 1.5: choose 0 to 1"),
        ("byol", ["--hidden-dim", "-1"], "--hidden-dim -1"),
        ("simsiam", ["--projection-dim", "2"], "--projection-dim 2"),
        ("simsiam", ["--projector-layers", "0"], "--projector-layers 0"),
        ("simclrv2", ["--finetune-layer", "4"], "--finetune-layer 4"),
        ("uhml", ["--cuts", "2,10"], "--cuts 2,10"),
        ("uhml", ["--variant", "euclidean"], "--variant euclidean: choose one of released, hyperbolic"),
        ("hai", ["--embedding-dim", "0"], "--embedding-dim 0"),
        ("simclr", ["--warmup-epochs", "nan"], "--warmup-epochs nan"),
    ],
)
def test_settings_outside_their_range_are_one_line_and_leave_no_folder(place, capsys, slug, options, told):
    assert main(["train", slug, *TRAIN[2:], "--out", "run", *options]) == 1
    assert told in one_error(capsys)
    assert not (place / "run").exists()


def test_a_time_budget_stops_the_run_and_says_how_to_go_on(place, capsys):
    command = [*TRAIN, "--epochs", "2", "--out", "run"]
    assert main([*command, "--minutes", "0"]) == 0
    assert "stopped after 1 epochs: repeat with --resume" in capsys.readouterr().out
    assert read_run(place / "run").manifest["status"] == "stopped"
    assert main([*command, "--resume"]) == 0
    assert len(read_run(place / "run").metrics) == 2


def test_tensorboard_events_go_into_the_run_folder(place):
    assert main([*TRAIN, "--out", "run", "--tensorboard"]) == 0
    assert list((place / "run" / "tensorboard").glob("events.out.tfevents.*"))


def test_cuda_where_there_is_none_is_one_line_and_exit_1(place, capsys, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert main([*TRAIN, "--device", "cuda"]) == 1
    assert "no CUDA device" in one_error(capsys)


def test_a_folder_that_holds_a_run_is_one_line_and_exit_1(place, capsys, finished_run):
    assert main([*TRAIN, "--out", str(finished_run)]) == 1
    assert "holds a run already" in one_error(capsys)


def test_ctrl_c_exits_with_130_and_says_how_to_go_on(place, capsys, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_module, "train", interrupted)
    assert main(TRAIN) == cli.INTERRUPTED == 130
    lines = capsys.readouterr().err.split("\n")
    assert [line for line in lines if line] == [line for line in lines if "--resume" in line]


# --- evaluate, reproduce ---------------------------------------------------------------------------------------


def test_evaluate_prints_one_json_object_with_the_runs_figures(place, capsys, finished_run):
    assert main(["evaluate", str(finished_run), "--device", "cpu"]) == 0
    figures = json.loads(capsys.readouterr().out)
    results = read_run(finished_run).results
    assert figures["knn"] == pytest.approx(results["knn"], abs=1e-6)
    assert {"knn", "linear", "recall_at_1", "feature_std"} <= set(figures)


@pytest.mark.parametrize("target", ["nowhere", "file", "empty"])
def test_evaluate_without_a_run_is_one_line_and_exit_1(place, capsys, target):
    (place / "file").write_text("")
    (place / "empty").mkdir()
    assert main(["evaluate", target]) == 1
    assert "there is no run here" in one_error(capsys)


def test_reproduce_says_what_was_made_and_what_is_missing(place, capsys, monkeypatch):
    asked = []

    def made_one(*arguments):
        asked.append(arguments)
        return ["simclr/a"], ["simclr/b"]

    monkeypatch.setattr("ssl_core.reproduce.reproduce", made_one)
    assert main(["reproduce", "simclr", "--preset", "ablation", "--minutes", "7"]) == 0
    assert asked[0][:4] == ("ablation", ("simclr",), "cifar10", 7.0)
    out = capsys.readouterr().out
    assert "simclr/a" in out.splitlines()[-2]
    assert "simclr/b" in out.splitlines()[-1]


def test_export_names_the_file_and_the_difference_from_torch(place, capsys, finished_run):
    assert main(["export", str(finished_run), "--format", "safetensors", "--out", "encoder.safetensors"]) == 0
    assert capsys.readouterr().out == "encoder.safetensors\n"
    assert (place / "encoder.safetensors").stat().st_size > 1000


def test_bench_prints_one_json_object_a_method(capsys, monkeypatch):
    monkeypatch.setattr("ssl_core.bench.WARM_UP", 0)
    monkeypatch.setattr("ssl_core.bench.TIMED", 1)
    assert main(["bench", "simclr", "byol", "--device", "cpu"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["method"] for line in lines] == ["simclr", "byol"]
    for line in lines:
        assert line["pairs_per_second"] == pytest.approx(line["batch_size"] / line["step_seconds"])
        assert line["views_share"] > 0
    assert main(["bench", "moco"]) == 1


@pytest.mark.parametrize(("bar", "code"), [(0.0, 0), (1.01, 1)])
def test_quick_check_fails_below_the_bar(place, capsys, monkeypatch, tiny_data, tiny_settings, bar, code):
    from ssl_core import quick_check

    monkeypatch.setattr(quick_check, "load", lambda data, progress: tiny_data)
    monkeypatch.setattr(quick_check, "settings_for", lambda slug, preset, images: tiny_settings)
    monkeypatch.setitem(quick_check.BARS, "simclr", {"shapes": bar})
    assert main(["quick-check", "simclr", "--data", "shapes"]) == code
    out = capsys.readouterr()
    assert ("BELOW" in out.out) == bool(code)
    assert ("below their bar: simclr" in out.err) == bool(code)


def test_without_torch_one_sentence_says_what_to_install():
    """In a process of its own: the modules of this one must stay as they are."""
    code = "import sys; sys.modules['torch'] = None; from ssl_core.__main__ import run; sys.exit(run())"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert done.stderr == "error: torch is not installed: pip install 'paper-notes[train]' brings it\n"


def test_quick_check_takes_no_data_without_bars(capsys):
    with pytest.raises(SystemExit):
        main(["quick-check", "--data", "pictures"])
    assert "choose from" in capsys.readouterr().err


def test_quick_check_goes_on_after_a_method_that_fails(place, capsys, monkeypatch, tiny_data, tiny_settings):
    from ssl_core import quick_check

    settings = {"simclr": dataclasses.replace(tiny_settings, epochs=0), "hcl": tiny_settings}
    monkeypatch.setattr(quick_check, "load", lambda data, progress: tiny_data)
    monkeypatch.setattr(quick_check, "settings_for", lambda slug, preset, images: settings[slug])
    monkeypatch.setattr(quick_check, "train", lambda slug, *rest, **options: train_("simclr", *rest, **options))
    monkeypatch.setattr(quick_check, "BARS", {"simclr": {"shapes": 0.0}, "hcl": {"shapes": 0.0}})
    assert main(["quick-check", "simclr", "hcl", "--data", "shapes"]) == 1
    out = capsys.readouterr()
    assert "simclr    shapes: --epochs 0: choose 1 or more" in out.out
    assert "bar 0.00 reached" in out.out
    assert "failed or below their bar: simclr (figures above)" in out.err


# --- a real process --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pictures(tmp_path_factory, tiny_data) -> Path:
    """Give the tiny data as a folder of images, which another process can read."""
    folder = tmp_path_factory.mktemp("pictures") / "drawn"
    for split in ("train", "test"):
        images, labels = getattr(tiny_data, f"{split}_images"), getattr(tiny_data, f"{split}_labels")
        for i, (image, label) in enumerate(zip(images, labels, strict=True)):
            path = folder / split / tiny_data.classes[label] / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image.permute(1, 2, 0).numpy()).save(path)
    data_module.load(str(folder))  # decoded once for the cache, so that no bar is drawn later
    return folder


def test_a_real_ctrl_c_stops_cleanly_and_resume_finishes(pictures, tmp_path):
    command = [sys.executable, "-m", "ssl_core", "train", "simclr", "--data", str(pictures), "--out", "run"]
    command += ["--preset", "quick", "--device", "cpu", "--precision", "fp32"]
    command += ["--backbone", "resnet_small", "--batch-size", "100", "--epochs", "4"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    # A shell's background job ignores SIGINT, and so would its children, these tests and the process.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    signal.signal(signal.SIGINT, before)
    metrics = tmp_path / "run" / "metrics.jsonl"
    try:
        deadline = time.monotonic() + 300
        while not (metrics.exists() and metrics.read_text()):
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    lines = [line for line in err.splitlines() if line]
    assert len(lines) == 1, err
    assert "interrupted" in lines[0]
    assert "--resume" in lines[0]
    stopped = read_run(tmp_path / "run")
    assert stopped.manifest["status"] == "interrupted"
    assert 1 <= len(stopped.metrics) < 4

    done = subprocess.run(
        [*command, "--resume"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    run = read_run(tmp_path / "run")
    assert run.manifest["status"] == "finished"
    assert run.metrics[: len(stopped.metrics)] == stopped.metrics
    assert [line["epoch"] for line in run.metrics] == [1, 2, 3, 4]
    assert run.manifest["data"]["name"] == "drawn"
    assert str(pictures.parent) not in (tmp_path / "run" / "run.json").read_text()
    assert "knn" in done.stdout
