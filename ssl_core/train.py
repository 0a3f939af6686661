"""One training loop for every method: data on the device, views made in batches, one epoch after another.

The data set lies on the device as uint8 and is shuffled by an index (KellerJordan/cifar10-airbench); there is no
DataLoader and no worker process. Each epoch ends with a checkpoint that holds all random states, so that a run
that is stopped and resumed ends in the same weights, bit for bit on a CPU, as one that was not.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from ssl_core import evaluate
from ssl_core.checkpoint import CHECKPOINT, load_checkpoint, save_checkpoint
from ssl_core.data import Dataset
from ssl_core.digest import source_digest
from ssl_core.errors import SslCoreError
from ssl_core.methods import method_module
from ssl_core.methods.base import Method, Settings
from ssl_core.optim import cosine_lr, optimizer
from ssl_core.precision import autocast, choose_device, choose_precision
from ssl_core.progress import Progress
from ssl_core.provenance import git_commit, hardware, peak_memory_bytes, versions
from ssl_core.runs import Run, RunError, read_run, write_manifest, write_metrics

MONITOR_MEMORY, MONITOR_QUERIES = 5000, 1000
COMPILE_FROM_EPOCHS = 50  # below, compiling costs more than it saves


class TrainingError(SslCoreError):
    """A run that cannot start or go on: settings that do not fit the data, or a loss that is not finite."""


def build(slug: str, settings: Settings, seed: int) -> Method:
    """Return a new method whose random weights depend on the seed alone; the global generator is untouched."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
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
        seed: of weights, shuffling and augmentation.
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
    check(settings, data)
    identity = {
        "method": slug,
        "settings": asdict(settings),
        "seed": seed,
        "data": data.fingerprint,
        "device": where.type,
        "precision": precision,
    }
    checkpoint_file = out / CHECKPOINT
    if (out / "run.json").exists() and not resume:
        raise RunError(f"{out}: holds a run already: add --resume to go on with it, or choose another --out")

    method = build(slug, settings, seed).to(device=where, memory_format=torch.channels_last)  # type: ignore[call-overload]
    state = load_checkpoint(checkpoint_file, identity, where) if resume and checkpoint_file.exists() else None
    if state is not None and (out / "run.json").exists() and read_run(out).manifest["status"] == "finished":
        return read_run(out)
    out.mkdir(parents=True, exist_ok=True)
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
    write_manifest(out, manifest)

    loop = Loop(method, settings, data.to(where), seed, where, precision)
    if state is not None:
        loop.restore(state)
    write_metrics(out, loop.metrics)
    called = time.perf_counter()
    started = called - loop.wall_seconds
    show = Progress(f"{slug} on {data.name}", settings.epochs, loop.steps_per_epoch, settings.batch_size, progress)
    show.start(loop.epoch)
    try:
        while loop.epoch < settings.epochs:
            loop.run_epoch(show.step)
            loop.wall_seconds = time.perf_counter() - started
            save_checkpoint(checkpoint_file, {"identity": identity, **loop.state()})
            write_metrics(out, loop.metrics)
            show.epoch_done(loop.metrics[-1])
            if on_epoch is not None:
                on_epoch(loop.metrics)
            late = minutes is not None and time.perf_counter() - called > minutes * 60
            if late and loop.epoch < settings.epochs:
                write_manifest(out, manifest | {"status": "stopped", "wall_seconds": loop.wall_seconds})
                return read_run(out)
    except KeyboardInterrupt:
        write_manifest(out, manifest | {"status": "interrupted", "wall_seconds": loop.wall_seconds})
        raise
    finally:
        show.close()

    method.cpu()
    save_file(
        {name: tensor.contiguous() for name, tensor in method.encoder.state_dict().items()},
        out / "encoder.safetensors",
    )
    untrained = build(slug, settings, seed).to(where)
    method.to(where)
    results = evaluate.evaluate(method.encoder, method.projector, loop.data)
    results["knn_untrained"] = evaluate.knn(untrained.encoder, loop.data)
    write_manifest(
        out,
        manifest
        | {
            "status": "finished",
            "wall_seconds": time.perf_counter() - started,
            "pairs_per_second": loop.pairs_per_second(),
            "peak_memory_bytes": peak_memory_bytes(where),
            "results": results,
            "protocol": evaluate.protocol(data),
        },
    )
    return read_run(out)


def check(settings: Settings, data: Dataset) -> None:
    """Raise TrainingError when the settings cannot work with the data."""
    images = len(data.train_images)
    if not 2 <= settings.batch_size <= images:
        raise TrainingError(
            f"--batch-size {settings.batch_size} does not fit {images} training images: choose 2 to {images}"
        )
    if settings.epochs < 1:
        raise TrainingError(f"--epochs {settings.epochs}: choose 1 or more")


def monitored_part(data: Dataset) -> Dataset:
    """Return the fixed, class-balanced part of the data on which kNN is followed from epoch to epoch."""
    part = data.subset(min(MONITOR_MEMORY, len(data.train_images)))
    queries = torch.randperm(len(data.test_images), generator=torch.Generator().manual_seed(0))
    queries = queries[:MONITOR_QUERIES].to(data.test_images.device)
    return replace(part, test_images=data.test_images[queries], test_labels=data.test_labels[queries])


class Loop:
    """The state of a training run, and the epoch that advances it."""

    def __init__(
        self,
        method: Method,
        settings: Settings,
        data: Dataset,
        seed: int,
        device: torch.device,
        precision: str,
    ) -> None:
        self.method, self.settings, self.data = method, settings, data
        self.device, self.precision = device, precision
        self.steps_per_epoch = len(data.train_images) // settings.batch_size
        self.optimizer = optimizer(settings.optimizer, method, settings.lr, settings.weight_decay)
        self.scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
        self.shuffling = torch.Generator().manual_seed(2 * seed + 1)
        self.augmentation = torch.Generator(device).manual_seed(2 * seed)
        self.epoch = 0
        self.wall_seconds = 0.0
        self.metrics: list[dict[str, Any]] = []
        long_on_gpu = device.type == "cuda" and settings.epochs >= COMPILE_FROM_EPOCHS
        compiled = settings.compile == "true" or (settings.compile == "auto" and long_on_gpu)
        self.forward = torch.compile(method) if compiled else method
        self.monitored = monitored_part(data)

    def run_epoch(self, on_step: Callable[[int, Tensor], None]) -> None:
        """Train one epoch and append its metrics; on_step gets the step's number and its loss, on the device."""
        begun = time.perf_counter()
        self.method.train()
        sums: dict[str, Tensor] = {}
        for i, batch in enumerate(self.batches()):
            logs = self.step(batch, self.epoch * self.steps_per_epoch + i)
            for name, value in logs.items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + value
            on_step(i, logs["loss"])
        means = {name: (total / self.steps_per_epoch).item() for name, total in sums.items()}
        seconds = time.perf_counter() - begun
        if not math.isfinite(means["loss"]):
            raise TrainingError(
                f"the loss is {means['loss']} in epoch {self.epoch + 1}: lower --lr or lengthen --warmup-epochs"
            )
        self.epoch += 1
        self.metrics.append(
            {
                "epoch": self.epoch,
                **means,
                "lr": self.optimizer.param_groups[0]["lr"],
                **self.monitor(),
                "seconds": seconds,
                "pairs_per_second": self.steps_per_epoch * self.settings.batch_size / seconds,
            }
        )

    def batches(self) -> Iterator[Tensor]:
        """Yield the epoch's batches of uint8 images; the last incomplete batch is dropped."""
        images = self.data.train_images
        order = torch.randperm(len(images), generator=self.shuffling).to(self.device)
        size = self.settings.batch_size
        for i in range(self.steps_per_epoch):
            yield images[order[i * size : (i + 1) * size]]

    def step(self, images: Tensor, number: int) -> dict[str, Tensor]:
        """Take optimiser step `number` on uint8 images (B, 3, H, W); return the loss and the method's logs."""
        for group in self.optimizer.param_groups:
            group["lr"] = cosine_lr(
                number,
                self.settings.epochs * self.steps_per_epoch,
                round(self.settings.warmup_epochs * self.steps_per_epoch),
                self.settings.lr,
            )
        views = self.method.views(images, self.augmentation).contiguous(memory_format=torch.channels_last)
        with autocast(self.precision, self.device):
            loss, logs = self.forward(views)
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return {"loss": loss.detach(), **logs}

    def monitor(self) -> dict[str, float]:
        """Return kNN and feature spread on a fixed part of the data, cheap enough for every epoch."""
        part = self.monitored
        h_train = evaluate.features(self.method.encoder, part.train_images)
        h_test = evaluate.features(self.method.encoder, part.test_images)
        k = min(evaluate.KNN_K, len(h_train))
        knn = evaluate.knn_accuracy(h_train, part.train_labels, h_test, part.test_labels, k=k)
        return {"knn_monitor": knn, "feature_std": evaluate.feature_std(h_test)}

    def pairs_per_second(self) -> float:
        """Return the mean number of image pairs trained on in a second, evaluation not counted."""
        seconds = float(sum(line["seconds"] for line in self.metrics))
        return self.epoch * self.steps_per_epoch * self.settings.batch_size / seconds

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, for a checkpoint."""
        return {
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "shuffling": self.shuffling.get_state(),
            "augmentation": self.augmentation.get_state(),
            "epoch": self.epoch,
            "wall_seconds": self.wall_seconds,
            "metrics": self.metrics,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state` returned."""
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.shuffling.set_state(state["shuffling"].cpu())
        self.augmentation.set_state(state["augmentation"].cpu())
        self.epoch, self.wall_seconds = state["epoch"], state["wall_seconds"]
        self.metrics = state["metrics"]
