"""A run that is killed at any moment loses at most the epoch it was in, and ends in the same bytes when resumed."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ssl_core.run_lock import alone_in
from ssl_core.runs import RunError, read_run
from tests.tiny import EXTRA

HOLD = """
import sys, time
from pathlib import Path
from ssl_core.run_lock import alone_in
with alone_in(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""
ROOT = Path(__file__).parents[2]
LIMIT = 240


def command(slug: str, out: Path) -> list[str]:
    """Return a training of a few epochs of a small network, all stages, as a process of its own."""
    start = [sys.executable, "-m", "tests.two_processes", "train", slug, "--data", "shapes", "--images", "300"]
    common = ["--preset", "quick", "--device", "cpu", "--precision", "fp32", "--backbone", "tiny", "--epochs", "3"]
    options = [*start, *common, "--batch-size", "32", "--out", str(out), "--resume"]
    for name, value in EXTRA.get(slug, {}).items():
        options += [f"--{name.replace('_', '-')}", str(value)]
    return options


def environment() -> dict[str, str]:
    return dict(os.environ, PYTHONPATH=str(ROOT))


def finish(slug: str, out: Path) -> bytes:
    """Let the run go to its end; return its encoder."""
    done = subprocess.run(
        command(slug, out), env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert done.returncode == 0, done.stderr
    assert read_run(out).manifest["status"] == "finished"
    return (out / "encoder.safetensors").read_bytes()


@pytest.mark.parametrize("slug", ["byol", "simclrv2"])
def test_a_run_killed_at_random_moments_ends_in_the_same_bytes(slug, tmp_path):
    whole = finish(slug, tmp_path / "whole")
    out, moments = tmp_path / "killed", random.Random(slug)
    for _ in range(3):
        with subprocess.Popen(
            command(slug, out), env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            begun = time.monotonic()
            while process.poll() is None and not (out / "run.json").exists():
                assert time.monotonic() - begun < LIMIT
                time.sleep(0.02)
            time.sleep(moments.uniform(0, 1.5))
            process.send_signal(signal.SIGKILL)
        read_run(out)  # what a kill leaves can be read
    assert finish(slug, out) == whole
    lines = [(line["stage"], line["epoch"]) for line in read_run(out).metrics]
    assert lines == [(line["stage"], line["epoch"]) for line in read_run(tmp_path / "whole").metrics]


def test_sigterm_stops_a_run_like_ctrl_c(tmp_path):
    out = tmp_path / "run"
    long = [*command("simsiam", out), "--epochs", "500"]
    with subprocess.Popen(
        long, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        begun = time.monotonic()
        while not (out / "checkpoint.pt").exists():
            assert process.poll() is None
            assert time.monotonic() - begun < LIMIT
            time.sleep(0.05)
        process.terminate()
        _, errors = process.communicate(timeout=LIMIT)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert read_run(out).manifest["status"] == "interrupted"


def test_a_second_process_is_refused_a_run_folder_in_use_and_a_killed_one_frees_it(tmp_path):
    out = tmp_path / "run"
    with alone_in(out):
        refused = subprocess.run(
            command("simclr", out), env=environment(), capture_output=True, text=True, timeout=LIMIT, check=False
        )
    assert refused.returncode == 1
    assert refused.stderr.splitlines()[-1].startswith(f"error: {out}: another process trains into it")
    assert not out.exists()
    start = [sys.executable, "-c", HOLD, str(out)]
    with subprocess.Popen(start, env=environment(), stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RunError, match="another process"), alone_in(out):
            pass
        holder.kill()
    with alone_in(out):
        pass
