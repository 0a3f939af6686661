"""The queue of stored runs: what stands, or should stand, in results/, and a command that makes what is missing.

A stored run keeps its manifest and its curve; weights and checkpoints stay in the run folder. A run that does
not fit the time budget is stopped after an epoch and resumed by the next call.
"""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ssl_core.data import Dataset, load
from ssl_core.errors import SslCoreError
from ssl_core.methods import SLUGS, method_module
from ssl_core.methods.base import Settings
from ssl_core.train import train

ABLATION_SEEDS = (0, 1, 2)
STORED_FILES = ("run.json", "metrics.jsonl")


class ReproduceError(SslCoreError):
    """A queue that cannot be worked through, for instance without a results folder."""


@dataclass(frozen=True)
class Job:
    """One stored run: results/<slug>/<name>."""

    slug: str
    name: str
    preset: str
    settings: Settings
    seed: int
    images: int | None = None


def jobs(preset: str, slugs: tuple[str, ...] = SLUGS) -> Iterator[Job]:
    """Yield the runs of a preset: quick and full once a method, ablation for each variant and seed.

    >>> [job.name for job in jobs("quick", ("simclr",))]
    ['quick-seed0']
    """
    for slug in slugs:
        module = method_module(slug)
        if preset != "ablation":
            yield Job(slug, f"{preset}-seed0", preset, module.PRESETS[preset], seed=0)
            continue
        for variant, settings in module.ABLATION.items():
            for seed in ABLATION_SEEDS:
                name = f"ablation-{variant}-seed{seed}"
                yield Job(slug, name, "ablation", settings, seed, module.ABLATION_IMAGES)


def reproduce(
    preset: str, slugs: tuple[str, ...], data: str, minutes: float, results: Path, runs: Path
) -> tuple[list[str], list[str]]:
    """Make the missing stored runs of a preset within a time budget.

    Args:
        preset: quick, full or ablation.
        slugs: methods to take.
        data: as for `ssl_core.data.load`.
        minutes: the budget; a run that exceeds it is stopped after an epoch and resumed next time.
        results: the folder of stored runs; runs: where run folders with their checkpoints lie.

    Returns:
        The runs made now and those still missing, as "<slug>/<name>".
    """
    if not results.is_dir():
        raise ReproduceError(f"{results}: there is no such folder: run this in the root of a checkout")
    deadline = time.monotonic() + minutes * 60
    whole = load(data, progress=True)
    made, missing = [], []
    for job in jobs(preset, slugs):
        target = results / job.slug / job.name
        if (target / "run.json").exists():
            continue
        left = (deadline - time.monotonic()) / 60
        folder = runs / f"{job.slug}-{job.name}"
        if left <= 0 or not finish(job, whole if job.images is None else whole.subset(job.images), folder, left):
            missing.append(f"{job.slug}/{job.name}")
            continue
        store(folder, target)
        made.append(f"{job.slug}/{job.name}")
    return made, missing


def finish(job: Job, data: Dataset, folder: Path, minutes: float) -> bool:
    """Run or resume a job for at most the given minutes; return whether it is finished."""
    print(f"{job.slug}/{job.name}", flush=True)
    run = train(job.slug, job.settings, data, folder, seed=job.seed, preset=job.preset, resume=True, minutes=minutes)
    return bool(run.manifest["status"] == "finished")


def store(folder: Path, target: Path) -> None:
    """Copy what is kept of a run folder into results/, whole or not at all."""
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in STORED_FILES:
        shutil.copyfile(folder / name, partial / name)
    # Without run.json the target is what an interrupted copy of an older version left.
    shutil.rmtree(target, ignore_errors=True)
    partial.rename(target)
