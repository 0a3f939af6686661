"""What a person sees while a run goes on: one bar over all epochs, and a line an epoch that stays behind."""

import time
from typing import Any

from torch import Tensor
from tqdm.auto import tqdm


class Progress:
    """A bar with loss, kNN so far and pairs/s (on a terminal), and a line an epoch (everywhere)."""

    def __init__(
        self, title: str, epoch: int, epochs: int, steps_per_epoch: int, batch_size: int, enabled: bool
    ) -> None:
        self.epochs, self.batch_size, self.enabled = epochs, batch_size, enabled
        self.knn = "-"
        self.begun = time.perf_counter()
        self.bar = tqdm(
            total=epochs * steps_per_epoch,
            initial=epoch * steps_per_epoch,
            desc=title,
            unit="step",
            disable=None if enabled else True,  # None: shown on a terminal only
        )

    def close(self) -> None:
        """Take the bar away."""
        self.bar.close()

    def step(self, i: int, loss: Tensor) -> None:
        """Advance by step i of the epoch. Reading the loss waits for the device, so only every tenth does."""
        if i == 0:
            self.begun = time.perf_counter()
        self.bar.update()
        if not self.bar.disable and i % 10 == 9:
            pairs = (i + 1) * self.batch_size / (time.perf_counter() - self.begun)
            self.bar.set_postfix_str(f"loss {loss.item():.3f}, kNN {self.knn}, {pairs:.0f} pairs/s")

    def epoch_done(self, metrics: dict[str, Any]) -> None:
        """Print the epoch's line."""
        self.knn = f"{metrics['knn_monitor']:.3f}"
        if self.enabled:
            tqdm.write(
                f"epoch {metrics['epoch']}/{self.epochs}  loss {metrics['loss']:.4f}  "
                f"kNN {self.knn} (part of the data)  {metrics['pairs_per_second']:.0f} pairs/s  "
                f"{metrics['seconds']:.1f} s"
            )
