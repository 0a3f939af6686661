"""A training run from start to finish: checks, the loop, the evaluation of the last epoch, the run folder.

Each epoch ends with a checkpoint that holds all random states, so that a run that is stopped and resumed ends in
the same weights, bit for bit on a CPU, as one that was not.
"""

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from ssl_core import distributed, evaluate
from ssl_core.checkpoint import CHECKPOINT, CheckpointError, differences, load_checkpoint, save_checkpoint
from ssl_core.data import Dataset
from ssl_core.digest import source_digest
from ssl_core.loop import Loop, TrainingError
from ssl_core.methods import method_module
from ssl_core.methods.base import Method, Settings
from ssl_core.precision import choose_device, choose_precision, place
from ssl_core.processes import check_joined
from ssl_core.progress import Progress
from ssl_core.provenance import git_commit, hardware, peak_memory_bytes, versions
from ssl_core.runs import Run, RunError, read_run, write_manifest, write_metrics


def build(slug: str, settings: Settings, seed: int) -> Method:
    """Return a new method on the CPU. Its weights depend on the seed alone; global generators stay as they are."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        method: Method = method_module(slug).build(settings)
    return method


def train(
    slug: str,
    settings: Settings,
    data: Dataset,
    out: Path,
    *,
    seed: int = 0,
    preset: str | None = None,
    device: str = "auto",
    resume: bool = False,
    progress: bool = True,
    on_epoch: Callable[[list[dict[str, Any]]], None] | None = None,
    minutes: float | None = None,
) -> Run:
    """Train a method, evaluate its last epoch, and leave a run folder; return the run.

    Args:
        slug: the method, one of `ssl_core.methods.SLUGS`.
        settings: its settings, usually a preset, possibly with `dataclasses.replace`.
        data: what to train on; its labels serve the evaluation, and the supervised stages of SimCLRv2.
        out: the run folder. It must not hold a run unless `resume` is true.
        seed: of weights, shuffling and augmentation, 0 to 2**31 - 1.
        preset: the preset's name, for the manifest.
        device: auto, cpu or cuda.
        resume: go on from the folder's checkpoint; without one start fresh; a finished run is returned as it is.
        progress: show a progress bar and a line an epoch.
        on_epoch: called after each epoch with the metrics so far, for instance to draw a live curve.
        minutes: stop after the epoch that ends later than this from now on; the run can be resumed.

    Raises:
        TrainingError, RunError, CheckpointError: in a sentence that says what to do.
    """
    check_joined()
    where = choose_device(device)
    precision = choose_precision(settings.precision, where)
    check(settings, data, seed)
    manifest: dict[str, Any] = {
        "method": slug,
        "preset": preset,
        "settings": asdict(settings),
        "data": {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "n_train": len(data.train_images),
            "n_test": len(data.test_images),
        },
        "seed": seed,
        "precision": precision,
        "processes": distributed.world_size(),
        "git_commit": git_commit(),
        "source_digest": source_digest("ssl_core.train", f"ssl_core.methods.{slug}"),
        "versions": versions(),
        "hardware": hardware(where),
        "status": "running",
    }
    before = distributed.from_first(lambda: finished_before(out, resume, manifest))
    if before is not None:
        return before

    # Everything that can fail on wrong settings comes before the folder is made.
    with enough_memory(settings.batch_size):
        loop = Loop(build(slug, settings, seed), data.to(where), seed, where, precision)
    identity = what_must_be_equal(manifest) | {"device": where.type, "precision": precision}
    if resume and (state := distributed.from_first(lambda: checkpoint_in(out, identity))) is not None:
        loop.restore(state)
    note_part(loop, manifest, progress)
    writer = distributed.is_first()
    if writer:
        out.mkdir(parents=True, exist_ok=True)
        write_manifest(out, manifest)
        write_metrics(out, loop.metrics)

    called = time.perf_counter()
    started = called - loop.wall_seconds
    show = Progress(f"{slug} on {data.name}", loop, enabled=progress and writer)
    status = "failed"
    try:
        while not loop.finished:
            with enough_memory(settings.batch_size):
                loop.run_epoch(show.step)
            loop.wall_seconds = time.perf_counter() - started
            loop.peak_memory_bytes = max(loop.peak_memory_bytes, peak_memory_bytes(where))
            if writer:
                save_checkpoint(out / CHECKPOINT, {"identity": identity, **loop.state()})
                write_metrics(out, loop.metrics)
            show.epoch_done(loop)
            if on_epoch is not None and writer:
                on_epoch(loop.metrics)
            if not loop.finished and distributed.from_first(lambda: is_late(called, minutes)):
                status = "stopped"
                break
        else:
            manifest |= distributed.from_first(lambda: finish(loop, slug, settings, seed, out))
            status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    finally:
        show.close()
        manifest |= {"status": status, "wall_seconds": time.perf_counter() - started}
        if writer:
            write_manifest(out, manifest)
    return Run(out, manifest, loop.metrics)


@contextmanager
def enough_memory(batch_size: int) -> Iterator[None]:
    """Turn a GPU's lack of memory into a TrainingError."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"the GPU has too little memory for --batch-size {batch_size}: lower it, in a new --out"
        ) from error


def note_part(loop: Loop, manifest: dict[str, Any], progress: bool) -> None:
    """Note in loop and manifest which code trains from here on; say so when it is not what began the run."""
    part = {name: manifest[name] for name in ("source_digest", "git_commit", "processes")}
    if not loop.parts or loop.parts[-1]["source_digest"] != part["source_digest"]:
        loop.parts.append({"epochs_before": len(loop.metrics), **part})
        if len(loop.parts) > 1 and progress and distributed.is_first():
            print("warning: ssl_core has changed since this run was begun; run.json tells the parts", file=sys.stderr)
    manifest["parts"] = loop.parts


def finished_before(out: Path, resume: bool, manifest: dict[str, Any]) -> Run | None:
    """Return the finished run that a folder holds, None where there is one to begin or to go on with."""
    if not (out / "run.json").exists():
        return None
    if not resume:
        raise RunError(f"{out}: holds a run already: add --resume to go on with it, or choose another --out")
    before = read_run(out)
    if before.manifest.get("status") != "finished":
        return None
    refuse_other_run(out, before.manifest, manifest)
    return before


def checkpoint_in(out: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """Return the state in a folder's checkpoint, None without one."""
    return load_checkpoint(out / CHECKPOINT, identity) if (out / CHECKPOINT).exists() else None


def is_late(called: float, minutes: float | None) -> bool:
    """Return whether a time budget that began at `called` is spent."""
    return minutes is not None and time.perf_counter() - called > minutes * 60


def check(settings: Settings, data: Dataset, seed: int) -> None:
    """Raise TrainingError when settings, data and seed cannot work together."""
    images = len(data.train_images)
    if images < evaluate.KNN_K:
        raise TrainingError(
            f"{images} training images are too few: kNN is measured with k = {evaluate.KNN_K}, "
            "use at least that many (--images)"
        )
    if not 2 <= settings.batch_size <= images:
        raise TrainingError(
            f"--batch-size {settings.batch_size} does not fit {images} training images: choose 2 to {images}"
        )
    if settings.epochs < 1:
        raise TrainingError(f"--epochs {settings.epochs}: choose 1 or more")
    if not (math.isfinite(settings.lr) and settings.lr > 0):
        raise TrainingError(f"--lr {settings.lr}: choose a number above 0")
    if not (math.isfinite(settings.weight_decay) and settings.weight_decay >= 0):
        raise TrainingError(f"--weight-decay {settings.weight_decay}: choose 0 or more")
    if settings.compile not in ("auto", "true", "false"):
        raise TrainingError(f"--compile {settings.compile}: choose auto, true or false")
    if not (math.isfinite(settings.warmup_epochs) and settings.warmup_epochs >= 0):
        raise TrainingError(f"--warmup-epochs {settings.warmup_epochs}: choose 0 or more")
    if not 0 <= seed < 2**31:
        raise TrainingError(f"--seed {seed}: choose 0 to {2**31 - 1}")


def what_must_be_equal(manifest: dict[str, Any]) -> dict[str, Any]:
    """Return what makes a run that run: method, settings, seed, data."""
    return {
        "method": manifest["method"],
        "settings": manifest["settings"],
        "seed": manifest["seed"],
        "data": manifest["data"]["fingerprint"],
    }


def refuse_other_run(out: Path, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise CheckpointError when a finished run is not the one asked for; device and precision may differ."""
    if found := differences(what_must_be_equal(before), what_must_be_equal(now)):
        raise CheckpointError(
            f"{out}: holds another finished run ({'; '.join(found)}): choose another --out, or give its options"
        )


def finish(loop: Loop, slug: str, settings: Settings, seed: int, out: Path) -> dict[str, Any]:
    """Store the encoder, evaluate it beside its untrained self, and return what the manifest gains."""
    partial = out / "encoder.partial"
    weights = {name: tensor.cpu().contiguous() for name, tensor in loop.method.encoder.state_dict().items()}
    partial.write_bytes(save(weights))
    partial.replace(out / "encoder.safetensors")
    results = evaluate.evaluate(loop.method.encoder, loop.method.projector, loop.data)
    untrained = build(slug, settings, seed)
    place(untrained, loop.device)
    results["knn_untrained"] = evaluate.knn(untrained.encoder, loop.data)
    return {
        "pairs_per_second": loop.pairs_per_second(),
        "peak_memory_bytes": max(loop.peak_memory_bytes, peak_memory_bytes(loop.device)),
        "collapse": collapse_of(loop.metrics),
        "results": {**results, **loop.results},
        "protocol": evaluate.protocol(loop.data) | loop.method.protocol(),
    }


def collapse_of(metrics: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return since which epoch the run has been collapsed at its end, and the reason; None for a healthy run."""
    followed = [line for line in metrics if "knn_monitor" in line]
    if "collapse" not in followed[-1]:
        return None
    healthy = [i for i, line in enumerate(followed) if "collapse" not in line]
    first = followed[healthy[-1] + 1 if healthy else 0]
    return {"stage": first["stage"], "epoch": first["epoch"], "reason": followed[-1]["collapse"]}
