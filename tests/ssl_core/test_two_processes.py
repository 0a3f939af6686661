"""Two processes compute what one computes, for every stage of every method, and a run of two is one run."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import torch

from ssl_core.methods import SLUGS
from ssl_core.runs import read_run
from tests.two_processes import every_step

ROOT = Path(__file__).parents[2]
LIMIT = 240  # seconds for a start of two processes: never reached, but on a machine that is overloaded or a fault
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]


def environment() -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=str(ROOT))


@pytest.fixture(scope="module")
def one(tiny_backbone):
    return every_step()


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    file = tmp_path_factory.mktemp("two") / "steps.pt"
    subprocess.run([*TORCHRUN, "-m", "tests.two_processes", file], check=True, env=environment(), timeout=LIMIT)
    return torch.load(file)


def assert_close(a, b, tolerance: float) -> None:
    assert set(a) == set(b)
    for name in a:
        torch.testing.assert_close(
            a[name], b[name], rtol=0, atol=tolerance, msg=lambda told, name=name: f"{name}: {told}"
        )


@pytest.mark.parametrize("slug", SLUGS)
def test_loss_and_gradients_of_two_processes_are_those_of_one(one, two, slug):
    stages = [name for name in one if name.split()[0] == slug]
    assert stages
    for name in stages:
        mine, theirs = one[name], two[name]
        assert abs(mine["loss"] - theirs["loss"]) < 1e-8
        # A bias before BatchNorm has none, but for rounding errors.
        reached = [float(gradient.abs().max()) > 1e-9 for gradient in mine["gradients"].values()]
        assert sum(reached) > 0.9 * len(reached) > 0
        assert_close(mine["gradients"], theirs["gradients"], 1e-8)
        assert_close(mine["logs"], theirs["logs"], 1e-6)
        assert_close(mine["buffers"], theirs["buffers"], 1e-8)


def command(out: Path, *options: str) -> list[str]:
    common = ["--data", "shapes", "--images", "400", "--preset", "quick", "--device", "cpu", "--precision", "fp32"]
    # Small steps: float32 rounds differently in two processes, and large steps from random weights blow that up.
    small = ["--backbone", "tiny", "--batch-size", "64", "--epochs", "2", "--optimizer", "sgd"]
    small += ["--lr", "0.0001", "--temperature", "0.5", "--out", str(out)]
    return ["-m", "tests.two_processes", "train", "simclr", *common, *small, *options]


def test_a_run_of_two_processes_is_one_run_with_one_writer(tmp_path):
    alone = subprocess.run(
        [sys.executable, *command(tmp_path / "one")],
        env=environment(), capture_output=True, text=True, timeout=LIMIT, check=True,
    )  # fmt: skip
    together = subprocess.run(
        [*TORCHRUN, *command(tmp_path / "two")],
        env=environment(), capture_output=True, text=True, timeout=LIMIT, check=True,
    )  # fmt: skip
    one, two = read_run(tmp_path / "one"), read_run(tmp_path / "two")
    assert two.manifest["processes"] == 2
    assert two.manifest["status"] == "finished"
    assert [line["epoch"] for line in two.metrics] == [1, 2]
    for mine, theirs in zip(one.metrics, two.metrics, strict=True):
        assert mine["loss"] == pytest.approx(theirs["loss"], abs=5e-4)
    assert alone.stdout.count("run folder:") == together.stdout.count("run folder:") == 1


def test_two_processes_resume_in_the_next_stage(tmp_path):
    options = ["--data", "shapes", "--images", "200", "--preset", "quick", "--device", "cpu", "--precision", "fp32"]
    options += ["--backbone", "tiny", "--batch-size", "32", "--epochs", "1", "--rounds", "1", "--cuts", "8,4,2"]
    options += ["--metric-batch-size", "32", "--out", str(tmp_path / "run"), "--resume"]
    for limit in (["--minutes", "0"], []):
        subprocess.run(
            [*TORCHRUN, "-m", "tests.two_processes", "train", "uhml", *options, *limit],
            env=environment(), capture_output=True, timeout=LIMIT, check=True,
        )  # fmt: skip
        stages = [line["stage"] for line in read_run(tmp_path / "run").metrics]
        assert stages == (["warm-up"] if limit else ["warm-up", "metric"])
    assert read_run(tmp_path / "run").manifest["status"] == "finished"


def test_a_batch_that_cannot_be_split_is_told_once_and_nothing_is_written(tmp_path):
    told = subprocess.run(
        [*TORCHRUN, *command(tmp_path / "run", "--batch-size", "33")],
        env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert told.returncode != 0
    assert told.stderr.count("error: 2 processes cannot share the 33 images of a step of stage 'pretrain'") == 1
    assert not (tmp_path / "run").exists()


def test_killing_one_process_ends_the_run_in_seconds_and_keeps_its_epochs(tmp_path):
    out = tmp_path / "run"
    long = command(out, "--epochs", "200")
    with subprocess.Popen(
        [*TORCHRUN, *long], env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as torchrun:
        begun = time.monotonic()
        while not (out / "checkpoint.pt").exists():
            assert torchrun.poll() is None
            assert time.monotonic() - begun < LIMIT
            time.sleep(0.1)
        workers = [p for p in psutil.Process(torchrun.pid).children(recursive=True) if "train" in p.cmdline()]
        victim = next(p for p in workers if p.environ()["RANK"] == "1")
        victim.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        _, errors = torchrun.communicate(timeout=60)
        seconds = time.monotonic() - killed
    assert torchrun.returncode != 0
    assert seconds < 30
    assert "SIGKILL" in errors or "another process of this run has ended" in errors
    epochs = len((out / "metrics.jsonl").read_text().splitlines())
    assert json.loads((out / "run.json").read_text())["status"] != "finished"
    assert epochs >= 1
