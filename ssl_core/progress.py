"""What a person sees while a run goes on: one bar for each stage, and a line an epoch that stays behind."""

import time
from typing import Any

from torch import Tensor
from tqdm.auto import tqdm

from ssl_core.loop import Loop


class Progress:
    """A bar with loss, kNN so far and images/s (on a terminal), and a line an epoch (everywhere)."""

    def __init__(self, title: str, loop: Loop, enabled: bool) -> None:
        self.title, self.enabled = title, enabled
        self.knn = "-"
        self.begun = time.perf_counter()
        self.begin_stage(loop)

    def begin_stage(self, loop: Loop) -> None:
        """Show a new bar for the stage the run is in."""
        self.stage, self.batch_size = loop.stage, loop.stage.batch_size
        self.bar = tqdm(
            total=loop.stage.epochs * loop.steps_per_epoch,
            initial=loop.epoch * loop.steps_per_epoch,
            desc=self.title if len(loop.stages) == 1 else f"{self.title}, {loop.stage.name}",
            unit="step",
            disable=None if self.enabled else True,  # None: shown on a terminal only
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
            images = (i + 1) * self.batch_size / (time.perf_counter() - self.begun)
            self.bar.set_postfix_str(f"loss {loss.item():.3f}, kNN {self.knn}, {images:.0f} images/s")

    def epoch_done(self, loop: Loop) -> None:
        """Print the epoch's line, and the next stage's bar where the epoch ended one."""
        metrics: dict[str, Any] = loop.metrics[-1]
        parts = [f"epoch {metrics['epoch']}/{self.stage.epochs}", f"loss {metrics['loss']:.4f}"]
        if len(loop.stages) > 1:
            parts.insert(0, self.stage.name)
        if "knn_monitor" in metrics:
            self.knn = f"{metrics['knn_monitor']:.3f}"
            parts.append(f"kNN {self.knn} (part of the data)")
        if "test_accuracy" in metrics:
            parts.append(f"accuracy {metrics['test_accuracy']:.3f} (part of the data)")
        parts += [f"{metrics['pairs_per_second']:.0f} images/s", f"{metrics['seconds']:.1f} s"]
        if self.enabled:
            tqdm.write("  ".join(parts))
            if "collapse" in metrics:
                tqdm.write(f"warning: {metrics['collapse']}")
        if loop.stage is not self.stage:
            self.close()
            self.begin_stage(loop)
