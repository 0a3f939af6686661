"""What every loss asks of its inputs: numbers precise enough, hyperparameters in their range."""

import torch
from torch import Tensor

from ssl_core.errors import SslCoreError


class LossError(SslCoreError):
    """A hyperparameter or a batch for which a loss is not defined."""


def at_least_float32(x: Tensor) -> Tensor:
    """Return x in float32 when it is a half type, else as it is.

    >>> at_least_float32(torch.ones(1, dtype=torch.float16)).dtype, at_least_float32(torch.ones(1).double()).dtype
    (torch.float32, torch.float64)
    """
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def check_temperature(temperature: float) -> None:
    """Raise LossError unless temperature > 0."""
    if not temperature > 0:
        raise LossError(f"the temperature of a loss must be > 0, not {temperature}: choose for instance 0.5")
