"""Run folders: the manifest run.json, metrics.jsonl (one JSON object an epoch), and the stored runs of the site.

Needs no torch, so that the site can read what stands behind its numbers.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssl_core.errors import SslCoreError

# How the data of a run are named to readers: a figure measured on the JPEG copy must say so.
DATA_TITLES = {"cifar10": "CIFAR-10", "cifar10-jpeg": "CIFAR-10, JPEG copy", "shapes": "drawn shapes"}


class RunError(SslCoreError):
    """A folder that holds no readable run, or one that must not be overwritten."""


@dataclass(frozen=True)
class Run:
    """A finished or stopped run: its folder, its manifest (run.json), and one dict of metrics an epoch."""

    folder: Path
    manifest: dict[str, Any]
    metrics: list[dict[str, Any]]

    @property
    def results(self) -> dict[str, Any]:
        """The figures of the evaluation: knn, knn_untrained, linear …; empty while the run is unfinished."""
        found: dict[str, Any] = self.manifest.get("results", {})
        return found


def read_run(folder: Path) -> Run:
    """Return the run in a folder; RunError when run.json or metrics.jsonl is missing or damaged."""
    manifest_file, metrics_file = folder / "run.json", folder / "metrics.jsonl"
    try:
        manifest = json.loads(manifest_file.read_text(encoding="utf-8"))
        lines = metrics_file.read_text(encoding="utf-8").splitlines() if metrics_file.exists() else []
        return Run(folder, manifest, [json.loads(line) for line in lines])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise RunError(
            f"{folder}: there is no run here (run.json is missing): name a folder that `train` wrote"
        ) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise RunError(f"{folder}: the run's files are damaged ({error}): repeat the run") from error


def data_title(name: str) -> str:
    """Return the name of a data set for readers.

    >>> data_title("cifar10-jpeg")
    'CIFAR-10, JPEG copy'
    """
    return DATA_TITLES.get(name, name)


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write run.json into a folder, whole or not at all."""
    write_whole(folder / "run.json", json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def write_metrics(folder: Path, metrics: list[dict[str, Any]]) -> None:
    """Write metrics.jsonl into a folder, whole or not at all."""
    write_whole(folder / "metrics.jsonl", "".join(json.dumps(line) + "\n" for line in metrics))


def write_whole(path: Path, text: str) -> None:
    """Replace a text file in one step, so that a reader or a kill never sees half of it."""
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def results_folder() -> Path:
    """Return the folder of stored runs: results/ of the checkout, or the copy inside the installed package."""
    package = Path(__file__).parent
    checkout = package.parent / "results"
    return checkout if checkout.is_dir() else package / "stored_results"


def stored(slug: str, name: str) -> Run:
    """Return the stored run results/<slug>/<name>.

    >>> stored("simclr", "no-such-run")
    Traceback (most recent call last):
    ...
    ssl_core.runs.RunError: there is no stored run 'no-such-run' of simclr
    """
    folder = results_folder() / slug / name
    if not folder.is_dir():
        raise RunError(f"there is no stored run '{name}' of {slug}")
    return read_run(folder)


def published(slug: str) -> list[dict[str, Any]]:
    """Return the public CIFAR-10 figures of a method, of re-implementations with ResNet-18: results/published.json.

    >>> published("simclr")[0]["metric"]
    'knn'
    """
    figures = json.loads((results_folder() / "published.json").read_text(encoding="utf-8"))
    return [figure for figure in figures if figure["method"] == slug]
