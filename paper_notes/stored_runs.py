"""Our own numbers: the runs stored in results/<slug>/<variant>-seed<N>/, read, checked and grouped over their seeds.

Torch-free, like all of paper_notes. A number that a page names is found here, or the build fails.
"""

import math
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paper_notes.faults import Fault
from paper_notes.variants import STUDY
from ssl_core.digest import run_digest
from ssl_core.runs import Run, RunError, read_run

RUN_NAME = re.compile(r"([a-z0-9][a-z0-9.-]*)-seed(\d+)")
# What pages read of a manifest, with its type; the optional entries may be missing or null.
NEEDED: dict[str, type | tuple[type, ...]] = {
    "method": str,
    "preset": str,
    "settings": dict,
    "settings.epochs": int,
    "settings.batch_size": int,
    "settings.backbone": str,
    "data": dict,
    "data.name": str,
    "data.n_train": int,
    "data.n_test": int,
    "seed": int,
    "source_digest": str,
    "hardware": dict,
    "hardware.cpu": str,
    "hardware.cores": int,
    "wall_seconds": (int, float),
    "results": dict,
}
OPTIONAL: dict[str, type] = {"study": str, "processes": int, "versions": dict, "protocol": dict, "collapse": dict}
# The accuracy that learning curves show, and what a line of metrics.jsonl needs with it.
MONITOR = "knn_monitor"
CURVE = (MONITOR, "pairs_per_second", "seconds")
CIFAR_IMAGES = 50_000
LINE_WIDTH = 100
ACCURACIES = ("knn", "linear", "recall_at", "few_labels", "supervised", "finetuned", "distilled", "colour")


@dataclass(frozen=True)
class StoredRun:
    """One run; `stale` says that code behind it has changed since."""

    slug: str
    name: str
    run: Run
    stale: bool

    @property
    def identifier(self) -> str:
        """Give the id of the run's record on the results page."""
        return f"run-{self.slug}-{self.name}"

    def number(self, metric: str) -> float | None:
        """Give one of its figures, None when it has none of this name."""
        value = self.run.results.get(metric)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


@dataclass(frozen=True)
class Variant:
    """Runs that differ in their seed alone: results/simclr/ablation-crop-seed0, -seed1, -seed2."""

    slug: str
    name: str
    runs: tuple[StoredRun, ...]

    @property
    def manifest(self) -> Mapping[str, Any]:
        """Give the manifest of the first seed, which stands for all in everything but seed, time and figures."""
        return self.runs[0].run.manifest

    @property
    def settings(self) -> Mapping[str, Any]:
        """Give the settings that all its runs have."""
        settings: Mapping[str, Any] = self.manifest["settings"]
        return settings

    @property
    def data(self) -> str:
        """Give the name of the data, as run.json has it."""
        return str(self.manifest["data"]["name"])

    @property
    def images(self) -> int:
        """Give the number of training images."""
        return int(self.manifest["data"]["n_train"])

    @property
    def identifier(self) -> str:
        """Give the id of its block on the results page."""
        return f"runs-{self.slug}-{self.name}"

    @property
    def stale(self) -> bool:
        """Say whether any of its runs is older than the code."""
        return any(run.stale for run in self.runs)

    def numbers(self, metric: str) -> list[float]:
        """Give a figure of every run; empty when a run lacks it."""
        found = [run.number(metric) for run in self.runs]
        return [value for value in found if value is not None] if None not in found else []

    def mean(self, metric: str) -> float | None:
        """Give the mean over the seeds, None when a run lacks the figure."""
        values = self.numbers(metric)
        return sum(values) / len(values) if values else None


@dataclass
class Stored:
    """All stored runs of a repository."""

    variants: list[Variant] = field(default_factory=list)

    def of(self, slug: str) -> list[Variant]:
        """Give the variants of a method."""
        return [variant for variant in self.variants if variant.slug == slug]

    def base(self, slug: str, preset: str) -> Variant | None:
        """Give the runs that stand for a preset itself: results/<slug>/<preset>-seed<N>, made from this preset."""
        return next((each for each in self.of(slug) if each.name == preset == each.manifest["preset"]), None)

    def variant_of(self, name: str) -> Variant | None:
        """Give the runs simclr/quick of all seeds, by this name or by that of one of them."""
        found = self.find(name)
        return (
            next((each for each in self.variants if found in each.runs), None)
            if isinstance(found, StoredRun)
            else found
        )

    def find(self, name: str) -> StoredRun | Variant | None:
        """Give the run simclr/quick-seed0, or the runs simclr/quick of all seeds."""
        for variant in self.variants:
            if name == f"{variant.slug}/{variant.name}":
                return variant
            for run in variant.runs:
                if name == f"{run.slug}/{run.name}":
                    return run
        return None


def load_runs(root: Path) -> tuple[Stored, list[Fault]]:
    """Read results/ of a repository; without that folder there are no runs."""
    grouped: dict[tuple[str, str], list[StoredRun]] = {}
    faults: list[Fault] = []
    digests: dict[tuple[str, bool], str] = {}
    # What an interrupted copy left is passed over: `reproduce` writes it anew.
    folders = [path for path in sorted((root / "results").glob("*/*/")) if path.suffix != ".partial"]
    for folder in folders:
        slug, shown = folder.parent.name, folder.relative_to(root).as_posix()
        named = RUN_NAME.fullmatch(folder.name)
        if named is None:
            faults.append(Fault(shown, None, "the folder's name does not end in -seed<N>", "rename it"))
            continue
        try:
            run = read_run(folder)
        except RunError as error:
            what = str(error).removeprefix(f"{folder}: ")
            faults.append(Fault(shown, None, what, "take the folder away, or make the run again"))
            continue
        if problem := manifest_problem(run, slug, named[1], int(named[2])):
            faults.append(Fault(f"{shown}/run.json", None, problem, "store the run as `ssl_core reproduce` does"))
            continue
        kind = slug, run.manifest["preset"] == "study"
        if kind not in digests:
            digests[kind] = run_digest(slug, run.manifest["preset"])
        stale = run.manifest["source_digest"] != digests[kind]
        grouped.setdefault((slug, named[1]), []).append(StoredRun(slug, folder.name, run, stale))
    variants = [
        Variant(slug, name, tuple(sorted(runs, key=lambda each: int(each.run.manifest["seed"]))))
        for (slug, name), runs in grouped.items()
    ]
    for variant in variants:
        conditions = [(run.run.manifest["settings"], run.run.manifest["data"]) for run in variant.runs]
        if any(each != conditions[0] for each in conditions):
            what = f"the runs of {variant.name} differ in settings or data, not in the seed alone"
            faults.append(Fault(f"results/{variant.slug}", None, what, "make them again with `ssl_core reproduce`"))
    return Stored(variants), faults


def manifest_problem(run: Run, slug: str, variant: str, seed: int) -> str | None:
    """Say what a run's files lack to be shown, or None."""
    manifest: object = run.manifest
    if wrong := [name for name, kind in NEEDED.items() if not is_a(entry(manifest, name), kind)]:
        return f"the run records no usable {', '.join(wrong)}"
    for name, kind in OPTIONAL.items():
        if (value := entry(manifest, name)) is not None and not is_a(value, kind):
            return f"the run records no usable {name}"
    if run.manifest.get("status", "finished") != "finished":
        return f"the run is {run.manifest['status']}, not finished"
    if run.manifest.get("collapse") is not None and "reason" not in run.manifest["collapse"]:
        return "the run records a collapse without its reason"
    if wrong := [
        name for name, value in run.results.items() if isinstance(value, float) and not math.isfinite(value)
    ]:
        return f"the run records no finite {', '.join(wrong)}"
    if (run.manifest["method"], run.manifest["seed"]) != (slug, seed):
        return f"the run is of {run.manifest['method']} with seed {run.manifest['seed']}, the folder says otherwise"
    study = run.manifest.get("study")
    if (run.manifest["preset"] == "study") != bool(study) or (study and variant != f"{STUDY}{study}"):
        return f"the run is of the study {study or 'without a name'}, preset or folder say otherwise"
    for number, line in enumerate(run.metrics, start=1):
        names = CURVE if not isinstance(line, dict) or MONITOR in line else ()
        if wrong := [name for name in names if not is_a(entry(line, name), (int, float))]:
            return f"line {number} of its metrics.jsonl records no usable {', '.join(wrong)}"
    return None


def entry(values: object, name: str) -> object:
    """Give the entry of nested objects, None where there is none.

    >>> entry({"data": {"name": "cifar10"}}, "data.name"), entry({"data": None}, "data.name")
    ('cifar10', None)
    """
    for part in name.split("."):
        values = values.get(part) if isinstance(values, dict) else None
    return values


def is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    """Say whether a value read from JSON is of a type; true, false, NaN and infinity are no numbers."""
    finite = not isinstance(value, float) or math.isfinite(value)
    return isinstance(value, kind) and not isinstance(value, bool) and finite


def command(variant: Variant, run: StoredRun, stored: Stored) -> str:
    """Give the command line that repeats a run.

    Its settings are those of the preset it was made from, which the stored run of that preset records, and what
    differs as options. The line reads the preset as it is today: every setting is an option when the code has changed
    since one of the two was made, and when no run of the preset is stored. A study has its settings in the code.
    """
    manifest = run.run.manifest
    processes = int(manifest.get("processes") or 1)
    start = "python" if processes == 1 else f"torchrun --nproc-per-node {processes}"
    words = [[*start.split(), "-m", "ssl_core"]]
    if study := manifest.get("study"):
        words[0] += ["study", variant.slug, str(study)]
        words += [["--seed", str(manifest["seed"])], *data_options(variant)]
    else:
        words[0] += ["train", variant.slug]
        words += preset_options(variant, run, stored)
    words.append(["--device", "cuda" if manifest["hardware"].get("gpu") else "cpu"])
    # Each run has a folder of its own: training refuses one that holds a run already.
    words.append(["--out", f"runs/{variant.slug}-{run.name}"])
    return in_lines([shlex.join(each) for each in words])


def data_options(variant: Variant) -> list[list[str]]:
    """Give the options that name the data of a run, and their number where it is not all of CIFAR-10."""
    words = []
    if not variant.data.startswith("cifar10"):
        words.append(["--data", "shapes" if variant.data == "shapes" else "FOLDER"])
    if variant.images != CIFAR_IMAGES:
        words.append(["--images", str(variant.images)])
    return words


def preset_options(variant: Variant, run: StoredRun, stored: Stored) -> list[list[str]]:
    """Give the options of a training: preset, seed, data, and the settings that are not the preset's."""
    manifest = run.run.manifest
    preset = "full" if manifest["preset"] == "full" else "quick"
    base = stored.base(variant.slug, preset)
    known = {} if base is None or base.stale or run.stale else base.settings
    words = [["--preset", preset], ["--seed", str(manifest["seed"])], *data_options(variant)]
    # On fewer images `quick` takes more epochs by itself: then their number is always written.
    part = variant.images != CIFAR_IMAGES or (base is not None and base.images != CIFAR_IMAGES)
    for setting, value in manifest["settings"].items():
        if setting not in known or known[setting] != value or (part and setting == "epochs"):
            words.append(["--" + setting.replace("_", "-"), option(value)])
    return words


def in_lines(parts: Sequence[str]) -> str:
    """Write the parts of a command in lines that a shell reads as one, none broken within an option.

    >>> print(in_lines(["python -m ssl_core train simclr", "--epochs 10", "--out " + "x" * 60]))
    python -m ssl_core train simclr --epochs 10 \\
      --out xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    """
    lines = [parts[0]]
    for part in parts[1:]:
        if len(lines[-1]) + len(part) + 3 <= LINE_WIDTH:
            lines[-1] += f" {part}"
        else:
            lines.append(f"  {part}")
    return " \\\n".join(lines)


def option(value: object) -> str:
    """Write a setting's value as it is typed on the command line.

    >>> option(False), option(0.5)
    ('false', '0.5')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


def written(metric: str, value: float) -> str:
    """Write a figure for reading: accuracies in %, all others as they are.

    >>> written("knn", 0.5254), written("effective_rank", 124.3066), written("similarity_3", 0.59)
    ('52.5%', '124', '0.590')
    """
    return f"{100 * value:.1f}%" if metric.startswith(ACCURACIES) else f"{value:#.3g}".rstrip(".")
