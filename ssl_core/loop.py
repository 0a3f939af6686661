"""The loop of a run: its state, the epoch that advances it, and what of it goes into a checkpoint.

The data set lies on the device as uint8 and is shuffled by an index (KellerJordan/cifar10-airbench); there is no
DataLoader and no worker process.
"""

import importlib.util
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ssl_core import evaluate
from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError
from ssl_core.methods.base import Method, Settings
from ssl_core.optim import cosine_lr, optimizer
from ssl_core.precision import autocast

COMPILE_FROM_EPOCHS = 50  # below, compiling costs more than it saves


class TrainingError(SslCoreError):
    """A run that cannot start or go on: settings that do not fit the data, or a loss that is not finite."""


def compile_pays(settings: Settings, device: torch.device) -> bool:
    """Return whether to compile: as asked, or for auto where it is likely to pay, in a long run on a newer GPU."""
    if settings.compile != "auto":
        return settings.compile == "true"
    return (
        device.type == "cuda"
        and settings.epochs >= COMPILE_FROM_EPOCHS
        and importlib.util.find_spec("triton") is not None
        and torch.cuda.get_device_capability(device) >= (7, 0)
    )


def monitored_part(data: Dataset) -> Dataset:
    """Return the fixed, class-balanced part of the data on which kNN is followed from epoch to epoch."""
    part = data.subset(min(evaluate.MONITOR_MEMORY, len(data.train_images)))
    queries = torch.randperm(len(data.test_images), generator=torch.Generator().manual_seed(0))
    queries = queries[: evaluate.MONITOR_QUERIES].to(data.test_images.device)
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
        self.peak_memory_bytes = 0
        self.metrics: list[dict[str, Any]] = []
        self.forward = torch.compile(method) if compile_pays(settings, device) else method
        self.monitored = monitored_part(data)

    def run_epoch(self, on_step: Callable[[int, Tensor], None]) -> None:
        """Train one epoch and append its metrics; on_step gets the step's number and its loss, on the device."""
        begun = time.perf_counter()
        self.method.train()
        sums: dict[str, Tensor] = {}
        for i, batch in enumerate(self.batches()):
            logs = self.step(batch, self.epoch * self.steps_per_epoch + i)
            for name, value in logs.items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + value.detach()
            on_step(i, logs["loss"])
        means = {name: (total / self.steps_per_epoch).item() for name, total in sums.items()}
        seconds = time.perf_counter() - begun
        if not math.isfinite(means["loss"]):
            raise TrainingError(
                f"the loss is {means['loss']} in epoch {self.epoch + 1}: lower --lr or lengthen "
                "--warmup-epochs, in a new --out"
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
        knn = evaluate.knn_accuracy(h_train, part.train_labels, h_test, part.test_labels)
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
            "peak_memory_bytes": self.peak_memory_bytes,
            "metrics": self.metrics,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state` returned."""
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.shuffling.set_state(state["shuffling"])
        self.augmentation.set_state(state["augmentation"])
        self.epoch, self.wall_seconds = state["epoch"], state["wall_seconds"]
        self.peak_memory_bytes = state["peak_memory_bytes"]
        self.metrics = state["metrics"]
