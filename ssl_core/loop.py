"""The loop of a run: its state, the epoch that advances it, and what of it goes into a checkpoint.

The data set lies on the device as uint8 and is shuffled by an index (KellerJordan/cifar10-airbench); there is no
DataLoader and no worker process. Many processes (torchrun) compute what one computes: each draws the random
numbers of the whole batch, makes the views of its share, and averages the gradients.
"""

import importlib.util
import math
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from ssl_core import distributed, evaluate
from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError
from ssl_core.methods.base import Batch, Method, Settings, Stage
from ssl_core.optim import cosine_lr, optimizer
from ssl_core.precision import autocast, place

COMPILE_FROM_EPOCHS = 50  # below, compiling costs more than it saves


class TrainingError(SslCoreError):
    """A run that cannot start or go on: settings that do not fit the data, or a loss that is not finite."""


def compile_pays(settings: Settings, stage: Stage, device: torch.device) -> bool:
    """Return whether to compile: as asked, or for auto where it is likely to pay, in a long stage on a newer GPU."""
    if settings.compile != "auto":
        return settings.compile == "true"
    return (
        device.type == "cuda"
        and distributed.world_size() == 1  # synchronised BatchNorm breaks the graph
        and stage.epochs >= COMPILE_FROM_EPOCHS
        and importlib.util.find_spec("triton") is not None
        and any(shutil.which(compiler) for compiler in (os.environ.get("CC", "cc"), "gcc", "clang"))  # for triton
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

    def __init__(self, method: Method, data: Dataset, seed: int, device: torch.device, precision: str) -> None:
        self.method, self.data, self.seed = method, data, seed
        self.device, self.precision = device, precision
        self.shuffling = torch.Generator().manual_seed(2 * seed + 1)
        self.augmentation = torch.Generator(device).manual_seed(2 * seed)
        self.stages = method.stages(data)
        for stage in self.stages:
            if stage.batch_size % distributed.world_size():
                raise TrainingError(
                    f"{distributed.world_size()} processes cannot share the {stage.batch_size} images of a step of "
                    f"stage '{stage.name}' evenly: choose a number of processes that divides it, or, where an "
                    "option sets it, another batch size"
                )
        self.wall_seconds = 0.0
        self.peak_memory_bytes = 0
        self.metrics: list[dict[str, Any]] = []
        self.results: dict[str, float] = {}
        self.parts: list[dict[str, Any]] = []  # with which code, by how many processes the epochs were trained
        self.monitored = monitored_part(data)
        self.begin_stage(0)

    @property
    def stage(self) -> Stage:
        """The stage the run is in, or its last one."""
        return self.stages[self.stage_number]

    @property
    def finished(self) -> bool:
        """Whether every stage is done."""
        return self.stage_number == len(self.stages) - 1 and self.epoch >= self.stage.epochs

    def begin_stage(self, number: int) -> None:
        """Make the learner of a stage, with weights that depend on the seed alone, and its optimiser."""
        self.stage_number, self.epoch = number, 0  # epoch: finished ones of the stage
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.seed + number)
            learner = self.method.begin(self.stage, self.data)
        # The whole method, for the optimiser must hold the very parameters that checkpoints restore.
        place(self.method, self.device)
        distributed.synchronise_batchnorm(self.method)
        self.learner = learner
        self.steps_per_epoch = learner.steps(self.data, self.stage.batch_size)
        self.optimizer = optimizer(
            self.stage.optimizer,
            learner,
            self.stage.lr,
            self.stage.weight_decay,
            decay_all=self.stage.decay_all,
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=self.precision == "fp16")
        self.forward = (
            torch.compile(learner) if compile_pays(self.method.settings, self.stage, self.device) else learner
        )

    def run_epoch(self, on_step: Callable[[int, Tensor], None]) -> None:
        """Train one epoch and append its metrics; on_step gets the step's number and its loss, on the device.

        A stage that ends leaves its results and makes room for the next one.
        """
        begun = time.perf_counter()
        prepared = self.learner.before_epoch(self.data, self.augmentation)
        self.learner.train()
        sums: dict[str, Tensor] = {}
        for i, batch in enumerate(self.batches()):
            logs = self.step(batch, self.epoch * self.steps_per_epoch + i)
            for name, value in logs.items():
                sums[name] = sums.get(name, torch.zeros((), device=self.device)) + value.detach()
            on_step(i, logs["loss"])
        means = {name: (distributed.average(total) / self.steps_per_epoch).item() for name, total in sums.items()}
        seconds = time.perf_counter() - begun
        finite = all(bool(p.isfinite().all()) for p in self.learner.parameters())
        if not (finite and math.isfinite(means["loss"])):
            what = f"the loss is {means['loss']}" if finite else "weights are not finite"
            raise TrainingError(
                f"{what} in epoch {self.epoch + 1} of stage '{self.stage.name}': lower {self.stage.lr_option} "
                "in a new --out"
            )
        self.epoch += 1
        self.metrics.append(
            {
                "stage": self.stage.name,
                "epoch": self.epoch,
                **means,
                **prepared,
                "lr": self.optimizer.param_groups[0]["lr"],
                **distributed.from_first(lambda: self.learner.monitor(self.monitored)),
                "seconds": seconds,
                "pairs_per_second": self.steps_per_epoch * self.stage.batch_size / seconds,
            }
        )
        if self.epoch == self.stage.epochs:
            self.results |= distributed.from_first(lambda: self.learner.results(self.data))
            if not self.finished:
                self.begin_stage(self.stage_number + 1)

    def batches(self) -> Iterator[Batch]:
        """Yield the epoch's batches."""
        share = distributed.share(self.stage.batch_size)
        order = self.learner.order(self.data, self.stage.batch_size, self.shuffling).to(self.device)
        for rows in order:
            yield Batch(self.data.train_images[rows], self.data.train_labels[rows], rows, share)

    def step(self, batch: Batch, number: int) -> dict[str, Tensor]:
        """Take optimiser step `number` of the stage; return the loss and the learner's logs."""
        steps = self.stage.epochs * self.steps_per_epoch
        for group in self.optimizer.param_groups:
            group["lr"] = cosine_lr(
                number, steps, round(self.stage.warmup_epochs * self.steps_per_epoch), self.stage.lr
            )
        inputs = [
            x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x
            for x in self.learner.views(batch, self.augmentation)
        ]
        with autocast(self.precision, self.device):
            loss, logs = self.forward(*inputs)
        self.optimizer.zero_grad()
        self.scaler.scale(loss).backward()
        distributed.average_gradients(self.learner.parameters())
        self.scaler.step(self.optimizer)
        self.scaler.update()
        self.learner.after_step(number / steps)
        return {"loss": loss.detach(), **logs}

    def pairs_per_second(self) -> float:
        """Return the mean number of images trained on in a second, evaluation not counted."""
        seconds = sum(line["seconds"] for line in self.metrics)
        return float(sum(line["seconds"] * line["pairs_per_second"] for line in self.metrics) / seconds)

    def state(self) -> dict[str, Any]:
        """Return all that the next epoch depends on, for a checkpoint."""
        return {
            "method": self.method.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "shuffling": self.shuffling.get_state(),
            "augmentation": self.augmentation.get_state(),
            "stage": self.stage_number,
            "epoch": self.epoch,
            "wall_seconds": self.wall_seconds,
            "peak_memory_bytes": self.peak_memory_bytes,
            "metrics": self.metrics,
            "results": self.results,
            "parts": self.parts,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a state that `state` returned."""
        for number in range(1, state["stage"] + 1):  # each makes the networks that the next builds on
            self.begin_stage(number)
        self.method.load_state_dict(state["method"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.shuffling.set_state(state["shuffling"])
        self.augmentation.set_state(state["augmentation"])
        self.epoch, self.wall_seconds = state["epoch"], state["wall_seconds"]
        self.peak_memory_bytes = state["peak_memory_bytes"]
        self.metrics, self.results, self.parts = state["metrics"], state["results"], state["parts"]
