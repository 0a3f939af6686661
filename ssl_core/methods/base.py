"""What the training loop needs to know of a method: its settings, its views, its loss."""

from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from ssl_core.errors import SslCoreError


class SettingError(SslCoreError):
    """A setting outside the range in which the method makes sense."""


def setting(default: Any, help: str) -> Any:
    """Return a dataclass field with a default and the sentence that the command line shows for it."""
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every method's recipe states. A method's own settings add fields; presets give the values."""

    epochs: int = setting(200, "pre-training epochs")
    batch_size: int = setting(512, "images per step (each gives two views)")
    backbone: str = setting("resnet18", "the encoder: resnet18 or resnet_small")
    optimizer: str = setting("sgd", "sgd, adamw or lars")
    lr: float = setting(0.24, "peak learning rate")
    weight_decay: float = setting(5e-4, "weight decay of weights (biases and BatchNorm have none)")
    warmup_epochs: float = setting(0.0, "epochs of linear warm-up before the cosine decay")
    precision: str = setting("auto", "auto, fp32, bf16 or fp16 (auto: half precision where the device has it)")
    compile: str = setting("auto", "auto, true or false: torch.compile (auto: long runs on a GPU)")


def with_epochs_for(settings: Settings, images: int) -> Settings:
    """Return settings whose epochs, meant for CIFAR-10's 50,000 images, suit a smaller set: up to four times as many.

    >>> with_epochs_for(Settings(epochs=6), 10_000).epochs, with_epochs_for(Settings(epochs=6), 50_000).epochs
    (24, 6)
    """
    return replace(settings, epochs=settings.epochs * min(4, max(1, 50_000 // images)))


class Method(nn.Module):
    """A method as the training loop sees it.

    Subclasses set `encoder` (images -> h) and `projector` (h -> z), and say what happens to
    a batch in two steps: `views` augments outside autocast, `forward` computes the loss inside it.
    """

    encoder: nn.Module
    projector: nn.Module

    def views(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the augmented views of a uint8 batch (B, 3, H, W) as floats, stacked along the batch."""
        raise NotImplementedError

    def forward(self, views: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return the loss, a scalar, and named scalars for the log."""
        raise NotImplementedError
