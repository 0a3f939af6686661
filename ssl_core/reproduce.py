"""The queue of stored runs: what stands, or should stand, in results/, and a command that makes what is missing.

A stored run keeps its manifest and its curve; weights and checkpoints stay in the run folder. A run that does
not fit the time budget is stopped after an epoch and resumed by the next call. results/README.md lists the whole
queue, with what has not been run yet.
"""

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ssl_core.data import Dataset, load
from ssl_core.digest import run_digest
from ssl_core.errors import SslCoreError
from ssl_core.methods import SLUGS, method_module
from ssl_core.methods.base import Settings
from ssl_core.processes import check_joined
from ssl_core.run_lock import alone_in
from ssl_core.runs import Run, data_title, published, read_run
from ssl_core.study import SEEDS, run_study, studies
from ssl_core.train import train

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
    study: str | None = None


def jobs(preset: str, slugs: tuple[str, ...] = SLUGS) -> Iterator[Job]:
    """Yield the runs of a preset: quick once a method, ablation and study for each variant and seed, full by length.

    `full` comes with the preset's 200 epochs for every method, then, where others have published a figure for
    longer runs, with theirs.

    >>> [job.name for job in jobs("quick", ("simclr",))], [job.name for job in jobs("full", ("simclr",))]
    (['quick-seed0'], ['full-seed0', 'full-800-seed0', 'full-1000-seed0'])
    """
    if preset == "ablation":
        for slug in slugs:
            module = method_module(slug)
            for variant, settings in module.ABLATION.items():
                for seed in SEEDS:
                    name = f"ablation-{variant}-seed{seed}"
                    yield Job(slug, name, "ablation", settings, seed, module.ABLATION_IMAGES)
        return
    if preset == "study":
        for slug in slugs:
            for name, study in studies(slug).items():
                for seed in SEEDS:
                    images = method_module(slug).ABLATION_IMAGES
                    yield Job(slug, f"study-{name}-seed{seed}", "study", study.settings, seed, images, study=name)
        return
    for slug in slugs:
        yield Job(slug, f"{preset}-seed0", preset, method_module(slug).PRESETS[preset], seed=0)
    if preset == "full":
        longer = {(figure["epochs"], slug) for slug in slugs for figure in published(slug)}
        for epochs, slug in sorted(longer):
            settings = method_module(slug).PRESETS[preset]
            if epochs != settings.epochs:
                yield Job(slug, f"full-{epochs}-seed0", preset, replace(settings, epochs=epochs), seed=0)


def reproduce(
    preset: str, slugs: tuple[str, ...], data: str, minutes: float, results: Path, runs: Path
) -> tuple[list[str], list[str]]:
    """Make the missing stored runs of a preset within a time budget.

    Args:
        preset: quick, full, ablation or study.
        slugs: methods to take.
        data: as for `ssl_core.data.load`.
        minutes: the budget; a run that exceeds it is stopped after an epoch and resumed next time. The evaluation of
            a run whose last epoch ends in time is finished all the same, and so is a study that was begun.
        results: the folder of stored runs; runs: where run folders with their checkpoints lie.

    Returns:
        The runs made now and those still missing, as "<slug>/<name>".
    """
    if not results.is_dir():
        raise ReproduceError(f"{results}: there is no such folder: run this in the root of a checkout")
    check_joined()
    deadline = time.monotonic() + minutes * 60
    whole = load(data, progress=True)
    queue = list(jobs(preset, slugs))
    for job in queue:
        refuse_other_data(results / job.slug / job.name, whole)
    made, missing = [], []
    for job in queue:
        target = results / job.slug / job.name
        if is_run_of(job, target):
            continue
        left = (deadline - time.monotonic()) / 60
        folder = runs / f"{job.slug}-{job.name}"
        if left <= 0 or not finish(job, whole if job.images is None else whole.subset(job.images), folder, left):
            missing.append(f"{job.slug}/{job.name}")
            continue
        store(folder, target)
        made.append(f"{job.slug}/{job.name}")
        write_queue_page(results)
    # Also where nothing was made: runs may have been taken away, or the last call was killed before it wrote this.
    write_queue_page(results)
    return made, missing


def finish(job: Job, data: Dataset, folder: Path, minutes: float) -> bool:
    """Run or resume a job for at most the given minutes; return whether it is finished.

    A job that fails is told, and the queue goes on.
    """
    print(f"{job.slug}/{job.name}", flush=True)
    try:
        with alone_in(folder):
            there = (folder / "run.json").exists()
            if there and not (is_run_of(job, folder) and (job.study is None or is_study_of(job, data, folder))):
                print(f"{folder}: made with other settings, seed, data or code than the queue has, begun anew")
                shutil.rmtree(folder)
                there = False
            if job.study is None:
                run = train(
                    job.slug,
                    job.settings,
                    data,
                    folder,
                    seed=job.seed,
                    preset=job.preset,
                    resume=True,
                    minutes=minutes,
                )
            else:
                run = read_run(folder) if there else run_study(job.slug, job.study, data, folder, seed=job.seed)
    except SslCoreError as error:
        print(f"failed: {error}", file=sys.stderr)
        return False
    return bool(run.manifest["status"] == "finished")


def is_run_of(job: Job, folder: Path) -> bool:
    """Return whether a folder holds a run with a job's settings, seed and number of images, finished or not."""
    if not (folder / "run.json").exists():
        return False
    manifest = read_run(folder).manifest
    try:
        images = manifest["data"]["n_train"]
        return (manifest["settings"], manifest["seed"], images) == (
            asdict(job.settings),
            job.seed,
            job.images or images,
        )
    except (KeyError, TypeError):  # no manifest of ours
        return False


def is_study_of(job: Job, data: Dataset, folder: Path) -> bool:
    """Return whether a run with a job's settings is its study, on these data and by the code as it is."""
    manifest = read_run(folder).manifest
    found = (manifest.get("study"), manifest["data"].get("fingerprint"), manifest.get("source_digest"))
    return found == (job.study, data.fingerprint, run_digest(job.slug, "study"))


def refuse_other_data(target: Path, data: Dataset) -> None:
    """Raise ReproduceError when a stored run of other data would be lost; CIFAR-10 and its JPEG copy are one."""
    if not (target / "run.json").exists():
        return
    try:
        name = read_run(target).manifest["data"]["name"]
    except (KeyError, TypeError):
        name = None
    # Without a name it is no manifest of ours, and there is nothing to lose.
    if isinstance(name, str) and name.removesuffix("-jpeg") != data.name.removesuffix("-jpeg"):
        raise ReproduceError(
            f"{target}: holds a run on {data_title(name)}, which one on {data_title(data.name)} would replace: "
            "choose another --results"
        )


def store(folder: Path, target: Path) -> None:
    """Copy what is kept of a run folder into results/, whole or not at all."""
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for name in STORED_FILES:
        shutil.copyfile(folder / name, partial / name)
    # What stands there, a run with other settings or a broken copy, goes when the new one is in place.
    old = target.with_name(target.name + ".old.partial")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    partial.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def write_queue_page(results: Path) -> None:
    """Bring results/README.md up to date, if it is not."""
    path, page = results / "README.md", queue_page(results)
    if not path.is_file() or path.read_text(encoding="utf-8") != page:
        # A name of this process's own: two queues may work into one folder.
        partial = path.with_name(f"README.md.{os.getpid()}.partial")
        partial.write_text(page, encoding="utf-8")
        partial.replace(path)


HEAD = """# Stored runs

What stands behind every number of ours, and what is still to be run. Written by `python -m ssl_core reproduce`;
kNN: k = 200, temperature 0.1, cosine, on h. "to reach": what others report for the same length (published.json),
on the original CIFAR-10; figures of the JPEG copy do not compare with it.

| run | data | images | epochs | kNN before | kNN | linear | minutes | to reach |
|---|---|---|---|---|---|---|---|---|
"""


def queue_page(results: Path) -> str:
    """Return results/README.md: a row for each run of the queue, whether it has been run or not."""
    rows = []
    for preset in ("quick", "full", "ablation", "study"):
        for job in jobs(preset):
            folder = results / job.slug / job.name
            run = read_run(folder) if is_run_of(job, folder) else None
            rows.append(row(job, run))
    return HEAD + "\n".join(rows) + "\n"


def row(job: Job, run: Run | None) -> str:
    """Return the table row of a job and its run, if there is one."""
    cells = [f"{job.slug}/{job.name}"]
    if run is None:
        cells += ["", str(job.images or ""), str(job.settings.epochs), "", "not run yet", "", ""]
    else:
        manifest, results = run.manifest, run.results
        cells += [data_title(manifest["data"]["name"]), str(manifest["data"]["n_train"])]
        cells += [str(manifest["settings"]["epochs"])]
        figures = ("knn_untrained", "knn", "linear")
        cells += [f"{results[name]:.3f}" if name in results else "" for name in figures]
        cells += [f"{manifest['wall_seconds'] / 60:.1f}"]
    goals = [figure for figure in published(job.slug) if figure["epochs"] == job.settings.epochs]
    told = [f"{goal['metric']} {goal['value']} ({goal['source']}, {goal['chosen']})" for goal in goals]
    return f"| {' | '.join([*cells, '; '.join(told) if job.preset == 'full' else ''])} |"
