"""What the training loop needs to know of a method: its settings, its stages, its views, its loss.

A run is a sequence of stages; most methods have one. Each stage trains a `Learner`, which says what happens to a
batch in two steps: `views` augments outside autocast, `forward` computes the loss inside it. A `Method` is the
learner of its own pre-training, holds all networks of the run, and may hand further stages to other learners.
"""

import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from ssl_core.data import Dataset
from ssl_core.errors import SslCoreError
from ssl_core.evaluate import knn_accuracy
from ssl_core.features import features
from ssl_core.spread import collapse, effective_rank, feature_std


class SettingError(SslCoreError):
    """A setting outside the range in which the method makes sense."""


def setting(default: Any, help: str) -> Any:
    """Return a dataclass field with a default and the sentence that the command line shows for it."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every method's recipe states. A method's own settings add fields; presets give the values."""

    epochs: int = setting(200, "pre-training epochs")
    batch_size: int = setting(512, "images per step, of all processes together")
    backbone: str = setting("resnet18", "the encoder: resnet18 or resnet_small")
    optimizer: str = setting("sgd", "sgd, adamw or lars")
    lr: float = setting(0.24, "peak learning rate (as it is, whatever the batch size)")
    weight_decay: float = setting(5e-4, "weight decay")
    warmup_epochs: float = setting(0.0, "epochs of linear warm-up before the cosine decay")
    precision: str = setting("auto", "auto, fp32, bf16 or fp16 (auto: half precision where the device has it)")
    compile: str = setting("auto", "auto, true or false: torch.compile (auto: long runs on a GPU)")


QUICK: dict[str, Any] = {
    "batch_size": 256,
    "backbone": "resnet_small",
    "optimizer": "adamw",
    "weight_decay": 1e-4,
    "warmup_epochs": 0.5,
}
"""What the `quick` presets, for minutes on two CPU cores, share unless a method says why not."""


def check_above_zero(settings: Settings, *names: str) -> None:
    """Raise SettingError unless the named settings are finite numbers above 0."""
    for name in names:
        value = getattr(settings, name)
        if not 0 < value < float("inf"):
            raise SettingError(f"--{name.replace('_', '-')} {value}: choose a number above 0")


def check_within(settings: Settings, low: float, high: float, *names: str) -> None:
    """Raise SettingError unless the named settings lie in [low, high]."""
    for name in names:
        value = getattr(settings, name)
        if not low <= value <= high:
            raise SettingError(f"--{name.replace('_', '-')} {value}: choose {low:g} to {high:g}")


@dataclass(frozen=True)
class Stage:
    """A part of a run with an optimiser and a schedule of its own."""

    name: str
    epochs: int
    batch_size: int
    optimizer: str
    lr: float
    weight_decay: float
    warmup_epochs: float = 0.0
    decay_all: bool = False  # weight decay of biases and BatchNorm too
    lr_option: str = "--lr"  # what sets the learning rate


@dataclass(frozen=True)
class Batch:
    """The images of a step, of all processes together.

    Attributes:
        images: (B, 3, H, W) uint8.
        labels: (B,) int64; only supervised stages look at them.
        rows: (B,) int64, where the images stand in the training set.
        share: the rows of the batch that this process makes views of; random numbers are drawn for the whole
            batch, so that many processes see what one would.
    """

    images: Tensor
    labels: Tensor
    rows: Tensor
    share: slice = field(default_factory=lambda: slice(None))


@torch.no_grad()
def outputs(head: nn.Module, h: Tensor) -> Tensor:
    """Return head(h) as in training: BatchNorm takes the statistics of this batch, those of the head stay."""
    z: Tensor = copy.deepcopy(head).train()(h)
    return z


class Learner(nn.Module):
    """What a stage trains: all its parameters that require a gradient."""

    def steps(self, data: Dataset, batch_size: int) -> int:
        """Return the optimiser steps of an epoch; the last incomplete batch is dropped."""
        return len(data.train_images) // batch_size

    def order(self, data: Dataset, batch_size: int, generator: torch.Generator) -> Tensor:
        """Return the training rows of an epoch's batches, (steps, batch_size) int64 on the CPU."""
        steps = self.steps(data, batch_size)
        return torch.randperm(len(data.train_images), generator=generator)[: steps * batch_size].view(steps, -1)

    def before_epoch(self, data: Dataset, generator: torch.Generator) -> dict[str, float]:
        """Prepare an epoch, for instance cluster the images; return figures for the log."""
        return {}

    def views(self, batch: Batch, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return what `forward` takes: augmented views as floats (., 3, H, W), and whatever belongs to them."""
        raise NotImplementedError

    def forward(self, *inputs: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, a scalar, and named scalars for the log."""
        raise NotImplementedError

    def after_step(self, progress: float) -> None:
        """Do what follows an optimiser step; progress in [0, 1) is the share of the stage's steps before it."""

    def monitor(self, part: Dataset) -> dict[str, float | str]:
        """Return figures after an epoch, measured on a fixed part of the data."""
        return {}

    def results(self, data: Dataset) -> dict[str, float]:
        """Return what the stage has to show at its end, for run.json."""
        return {}


class Method(Learner):
    """A method as a whole. Subclasses set `encoder` (images -> h) and `projector` (h -> z)."""

    encoder: nn.Module
    projector: nn.Module
    decay_all = False

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def stages(self, data: Dataset) -> list[Stage]:
        """Return the stages of a run in their order."""
        return [self.pretraining()]

    def pretraining(self) -> Stage:
        """Return the stage that the common settings describe."""
        s = self.settings
        recipe = (s.epochs, s.batch_size, s.optimizer, s.lr, s.weight_decay, s.warmup_epochs)
        return Stage("pretrain", *recipe, decay_all=self.decay_all)

    def begin(self, stage: Stage, data: Dataset) -> Learner:
        """Return the learner of a stage. Networks made here are registered in the method, for its checkpoint."""
        return self

    def protocol(self) -> dict[str, str]:
        """Return a sentence for each figure that the stages add to run.json's `results`."""
        return {}

    def monitor(self, part: Dataset) -> dict[str, float | str]:
        """Return kNN and spread of h and z, cheap enough for every epoch, and `collapse` where z has collapsed."""
        h_train, h_test = features(self.encoder, part.train_images), features(self.encoder, part.test_images)
        z_test = outputs(self.projector, h_test)
        found: dict[str, float | str] = {
            "knn_monitor": knn_accuracy(h_train, part.train_labels, h_test, part.test_labels),
            "feature_std": feature_std(h_test),
            "effective_rank": effective_rank(h_test),
            "feature_std_z": feature_std(z_test),
            "effective_rank_z": effective_rank(z_test),
        }
        if reason := collapse(z_test):
            found["collapse"] = reason
        return found
