"""Curves for TensorBoard: a run's metrics, epoch by epoch, as event files (`train --tensorboard`).

The run folder's metrics.jsonl stays the record; the event files are a copy that can be made again from it.
"""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ssl_core.errors import SslCoreError


class TensorBoardError(SslCoreError):
    """TensorBoard is asked for, and its package is not there."""


def logger(folder: Path) -> Callable[[list[dict[str, Any]]], None]:
    """Return a function that writes a run's metrics into event files in `folder`; give it to `train` as `on_epoch`.

    It takes all metrics so far, one dict an epoch, and writes those it has not written yet. Its first call writes
    all of them and declares what older files in the folder hold void, so that after a resume every curve is whole
    and has one point an epoch. The folder is made by the first call.

    Raises:
        TensorBoardError: the package tensorboard is not installed.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise TensorBoardError("--tensorboard needs the package tensorboard: pip install tensorboard") from error
    writer: SummaryWriter | None = None
    written = 0

    def log(metrics: list[dict[str, Any]]) -> None:
        nonlocal writer, written
        if writer is None:
            writer = SummaryWriter(folder, purge_step=0)
            weakref.finalize(log, writer.close)  # there is no call after the last epoch
        for line in metrics[written:]:
            for tag, value in scalars(line).items():
                writer.add_scalar(tag, value, line["epoch"])
        written = len(metrics)
        writer.flush()

    return log


def scalars(line: dict[str, Any]) -> dict[str, float]:
    """Return the curves' names and values of one epoch: its numbers but the epoch's own, below their stage if any.

    >>> scalars({"epoch": 1, "loss": 5.5, "note": "warm-up"})
    {'loss': 5.5}
    >>> scalars({"stage": "pretrain", "epoch": 1, "loss": 5.5})
    {'pretrain/loss': 5.5}
    """
    prefix = f"{line['stage']}/" if "stage" in line else ""
    return {
        prefix + name: value
        for name, value in line.items()
        if name != "epoch" and isinstance(value, int | float) and not isinstance(value, bool)
    }
