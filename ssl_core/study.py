"""Studies: comparisons that a claim needs and no setting of its method offers, such as SimCLR without a head.

A study is a subclass of a method with a few lines of its own, in `ssl_core/studies/<slug>.py`: what nobody would
train with is no option of the method. It goes through the loop of every training, on as many images and with the
seeds of the ablations, and is stored beside them as results/<slug>/study-<name>-seed<N>. It takes minutes, so that it
is not resumed: one that was stopped begins anew.
"""

import importlib
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from ssl_core import evaluate
from ssl_core.data import Dataset
from ssl_core.digest import module_file, run_digest
from ssl_core.errors import SslCoreError
from ssl_core.features import features
from ssl_core.loop import Loop
from ssl_core.methods.base import Method, Settings
from ssl_core.precision import choose_device, choose_precision, place
from ssl_core.progress import Progress
from ssl_core.provenance import git_commit, hardware, peak_memory_bytes, versions
from ssl_core.runs import Run, write_manifest, write_metrics
from ssl_core.train import check, collapse_of

SEEDS = (0, 1, 2)


class UnknownStudyError(SslCoreError):
    """A study that the method does not have."""


def accuracies(method: Method, untrained: Method, data: Dataset) -> dict[str, float]:
    """Return `knn` and `linear` of h after training and `knn_untrained`, as `ssl_core.evaluate` measures them."""
    h_train, h_test = features(method.encoder, data.train_images), features(method.encoder, data.test_images)
    return {
        "knn": evaluate.knn_accuracy(h_train, data.train_labels, h_test, data.test_labels),
        "linear": evaluate.linear_probe(h_train, data.train_labels, h_test, data.test_labels),
        "knn_untrained": evaluate.knn(untrained.encoder, data),
    }


@dataclass(frozen=True)
class Study:
    """One variant of a study.

    Attributes:
        settings: the settings of the method that it changes.
        build: settings -> the changed method, with random weights.
        part: what of the data it trains on.
        prepare: called with the loop before its first epoch, for what lies outside the method, its optimiser say.
        measure: trained method, the same before training, all data -> the figures, beside those of the stages.
        protocol: a sentence for each figure that neither `ssl_core.evaluate` nor the method explains.
    """

    settings: Settings
    build: Callable[[Any], Method]
    part: Callable[[Dataset], Dataset] = lambda data: data
    prepare: Callable[[Loop], None] = lambda loop: None
    measure: Callable[[Method, Method, Dataset], dict[str, float]] = accuracies
    protocol: tuple[tuple[str, str], ...] = ()


def studies(slug: str) -> dict[str, Study]:
    """Return the studies of a method by name, in the order in which they are run; most methods have some.

    >>> sorted(studies("simclr")), studies("hcl")
    (['head-linear', 'head-none'], {})
    """
    name = f"ssl_core.studies.{slug}"
    found: dict[str, Study] = importlib.import_module(name).STUDIES if module_file(name) else {}
    return found


def run_study(
    slug: str, name: str, data: Dataset, out: Path, *, seed: int = 0, device: str = "auto", progress: bool = True
) -> Run:
    """Train one variant of a study, measure it, and write run.json and metrics.jsonl into the folder `out`.

    Raises:
        UnknownStudyError: the method has no such study.
        TrainingError: in a sentence that says what to do.
    """
    if (study := studies(slug).get(name)) is None:
        raise UnknownStudyError(
            f"{slug} has no study '{name}': choose one of {', '.join(studies(slug)) or 'another method'}"
        )
    where = choose_device(device)
    precision = choose_precision(study.settings.precision, where)
    check(study.settings, data, seed)
    begun = time.perf_counter()
    data = data.to(where)
    loop = Loop(build(study, seed), study.part(data), seed, where, precision)
    study.prepare(loop)
    show = Progress(f"{slug}, {name}, on {data.name}", loop, enabled=progress)
    try:
        while not loop.finished:
            loop.run_epoch(show.step)
            show.epoch_done(loop)
    finally:
        show.close()
    untrained = build(study, seed)
    place(untrained, where)
    results = {**study.measure(loop.method, untrained, data), **loop.results}
    sentences = {**evaluate.protocol(data), **loop.method.protocol(), **dict(study.protocol)}
    manifest = {
        "method": slug,
        "preset": "study",
        "study": name,
        "settings": asdict(study.settings),
        "data": {
            "name": data.name,
            "fingerprint": data.fingerprint,
            "n_train": len(data.train_images),
            "n_test": len(data.test_images),
        },
        "seed": seed,
        "precision": precision,
        "processes": 1,
        "git_commit": git_commit(),
        "source_digest": run_digest(slug, "study"),
        "versions": versions(),
        "hardware": hardware(where),
        "status": "finished",
        "pairs_per_second": loop.pairs_per_second(),
        "peak_memory_bytes": peak_memory_bytes(where),
        "collapse": collapse_of(loop.metrics),
        "results": results,
        "protocol": {figure: sentences[figure] for figure in results},
        "wall_seconds": time.perf_counter() - begun,
    }
    out.mkdir(parents=True, exist_ok=True)
    write_metrics(out, loop.metrics)
    write_manifest(out, manifest)
    return Run(out, manifest, loop.metrics)


def build(study: Study, seed: int) -> Method:
    """Return the changed method on the CPU; its weights depend on the seed alone, as in `ssl_core.train`."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return study.build(study.settings)
