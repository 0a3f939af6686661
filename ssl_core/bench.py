"""How fast is a training step? Times the first stage of each method: whole steps, and their views alone.

Timed as airbench does (KellerJordan/cifar10-airbench): some steps to warm up, then the median of single steps, the
device waited for before and after each.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch

from ssl_core.loop import Loop
from ssl_core.methods import method_module
from ssl_core.precision import choose_device, choose_precision
from ssl_core.provenance import hardware
from ssl_core.shapes import shapes
from ssl_core.train import build

WARM_UP, TIMED = 3, 10


def bench(slugs: tuple[str, ...], preset: str | None, device: str) -> Iterator[dict[str, Any]]:
    """Yield the figures of each method: seconds a step, its share for the views, images a second.

    Args:
        slugs: the methods.
        preset: quick or full; None: full on a GPU, else quick.
        device: auto, cpu or cuda.
    """
    where = choose_device(device)
    preset = preset or ("full" if where.type == "cuda" else "quick")
    for slug in slugs:
        settings = method_module(slug).PRESETS[preset]
        precision = choose_precision(settings.precision, where)
        data = shapes(n_train=max(settings.batch_size, 1000), n_test=100).to(where)
        loop = Loop(build(slug, settings, seed=0), data, 0, where, precision)
        loop.learner.train()
        batch = next(loop.batches())
        views = median_seconds(partial(loop.learner.views, batch, loop.augmentation), where)
        step = median_seconds(partial(loop.step, batch, 0), where)
        yield {
            "method": slug,
            "preset": preset,
            "stage": loop.stage.name,
            "batch_size": loop.stage.batch_size,
            "precision": precision,
            "step_seconds": step,
            "views_share": views / step,
            "pairs_per_second": loop.stage.batch_size / step,
            "hardware": hardware(where),
        }


def median_seconds(work: Callable[[], object], device: torch.device) -> float:
    """Return the median time of some calls of `work`, after others that warm up."""
    times = []
    for i in range(WARM_UP + TIMED):
        wait_for(device)
        begun = time.perf_counter()
        work()
        wait_for(device)
        if i >= WARM_UP:
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def wait_for(device: torch.device) -> None:
    """Wait until a GPU has done what it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
