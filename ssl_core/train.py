"""A training run from start to finish: checks, the loop, the evaluation of the last epoch, the run folder.

Each epoch ends with a checkpoint that holds all random states, so that a run that is stopped and resumed ends in
the same weights, bit for bit on a CPU, as one that was not.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from ssl_core import evaluate
from ssl_core.checkpoint import CHECKPOINT, CheckpointError, differences, load_checkpoint, save_checkpoint
from ssl_core.data import Dataset
from ssl_core.digest import source_digest
from ssl_core.loop import Loop, TrainingError
from ssl_core.methods import method_module
from ssl_core.methods.base import Method, Settings
from ssl_core.precision import choose_device, choose_precision
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
        data: what to train on; its labels are used for evaluation only.
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
        "git_commit": git_commit(),
        "source_digest": source_digest("ssl_core.train", f"ssl_core.methods.{slug}"),
        "versions": versions(),
        "hardware": hardware(where),
        "status": "running",
    }
    if (out / "run.json").exists():
        if not resume:
            raise RunError(f"{out}: holds a run already: add --resume to go on with it, or choose another --out")
        before = read_run(out)
        if before.manifest["status"] == "finished":
            refuse_other_run(out, before.manifest, manifest)
            return before

    # Everything that can fail on wrong settings comes before the folder is made.
    method = build(slug, settings, seed).to(device=where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    loop = Loop(method, settings, data.to(where), seed, where, precision)
    identity = what_must_be_equal(manifest) | {"device": where.type, "precision": precision}
    if resume and (out / CHECKPOINT).exists():
        loop.restore(load_checkpoint(out / CHECKPOINT, identity))
    out.mkdir(parents=True, exist_ok=True)
    write_manifest(out, manifest)
    write_metrics(out, loop.metrics)

    called = time.perf_counter()
    started = called - loop.wall_seconds
    show = Progress(
        f"{slug} on {data.name}",
        loop.epoch,
        settings.epochs,
        loop.steps_per_epoch,
        settings.batch_size,
        enabled=progress,
    )
    status = "failed"
    try:
        while loop.epoch < settings.epochs:
            loop.run_epoch(show.step)
            loop.wall_seconds = time.perf_counter() - started
            loop.peak_memory_bytes = max(loop.peak_memory_bytes, peak_memory_bytes(where))
            save_checkpoint(out / CHECKPOINT, {"identity": identity, **loop.state()})
            write_metrics(out, loop.metrics)
            show.epoch_done(loop.metrics[-1])
            if on_epoch is not None:
                on_epoch(loop.metrics)
            late = minutes is not None and time.perf_counter() - called > minutes * 60
            if late and loop.epoch < settings.epochs:
                status = "stopped"
                break
        else:
            manifest |= finish(loop, slug, settings, seed, out)
            status = "finished"
    except KeyboardInterrupt:
        status = "interrupted"
        raise
    except torch.OutOfMemoryError as error:
        raise TrainingError(
            f"the GPU has too little memory for --batch-size {settings.batch_size}: lower it, in a new --out"
        ) from error
    finally:
        show.close()
        write_manifest(out, manifest | {"status": status, "wall_seconds": time.perf_counter() - started})
    return read_run(out)


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
    save_file(weights, partial)
    partial.replace(out / "encoder.safetensors")
    results = evaluate.evaluate(loop.method.encoder, loop.method.projector, loop.data)
    untrained = build(slug, settings, seed).to(loop.device)
    results["knn_untrained"] = evaluate.knn(untrained.encoder, loop.data)
    return {
        "pairs_per_second": loop.pairs_per_second(),
        "peak_memory_bytes": max(loop.peak_memory_bytes, peak_memory_bytes(loop.device)),
        "results": results,
        "protocol": evaluate.protocol(loop.data),
    }
