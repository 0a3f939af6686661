"""The rule of the results page: which of our runs compares with which published figure, and how it comes out.

A published figure compares with a `full` run of ours when five things are equal: the metric, the data set, all of its
training images, the backbone and the number of epochs. The JPEG copy of CIFAR-10 is another data set than the
original. The batch size, and the epoch or classifier that others read their figure from, may differ and are named.
`status_of` holds the rule; nothing on the page is decided anywhere else.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from paper_notes.faults import Fault
from paper_notes.numbers import cited
from paper_notes.published import FULL_DATA, Figure, load_published
from paper_notes.results_words import BACKBONES, CHOSEN, REASONS, data_name
from paper_notes.stored_runs import CIFAR_IMAGES, Stored, Variant, load_runs
from paper_notes.words import Language, image_count

# Ours agrees when it is not lower than the published figure by more than this: as far as a public re-implementation
# of one setting lies below its paper, rounded up to 0.1 points (SimSiam, linear, 800 epochs, ResNet-18).
TOLERANCE = 0.016
# Rows that every method with a stored run has, whether anybody has published such a figure or not.
ALWAYS = ("knn", "linear")
# A difference between figures of different data or settings says nothing.
WITHOUT_GAP = ("other data", "other setting")


@dataclass(frozen=True)
class Row:
    """One setting in which somebody has published figures of a method, and what we have there."""

    method: str
    metric: str
    papers: tuple[Figure, ...]
    others: tuple[Figure, ...]
    quick: Variant | None
    full: Variant | None

    @property
    def reference(self) -> Figure | None:
        """Give the figure that ours is measured against: the paper's, else the highest of the others."""
        figures = self.papers or self.others
        return max(figures, key=lambda figure: figure.value) if figures else None

    @property
    def compared(self) -> Variant | None:
        """Give the runs of ours whose gap is shown: `full`, else `quick`."""
        return self.full or self.quick

    @property
    def status(self) -> str:
        """Give the outcome, one of results_words.STATUSES."""
        return status_of(self.reference, self.full)

    @property
    def gap(self) -> float | None:
        """Give ours minus the published figure; None where the status is one of WITHOUT_GAP.

        Of a `quick` run it is given whatever its setting: the status says that `full` has not been run.
        """
        if self.reference is None or self.compared is None or self.status in WITHOUT_GAP:
            return None
        ours = self.compared.mean(self.metric)
        return None if ours is None or not is_cifar(self.compared.data) else ours - self.reference.value


def status_of(figure: Figure | None, full: Variant | None) -> str:
    """Decide how a published figure and our `full` run compare; the first line that fits holds."""
    if figure is None:
        return "no published figure"
    if figure.data != FULL_DATA:
        return "other data"
    if not figure.reachable:
        return "other setting"
    if full is None:
        return "not run"
    if full.data != figure.data or full.images < CIFAR_IMAGES:
        return "other data"
    if (full.settings["backbone"], full.settings["epochs"]) != (figure.backbone, figure.epochs):
        return "other setting"
    ours = full.mean(figure.metric)
    if ours is None:
        return "not run"
    return "agrees" if ours >= figure.value - TOLERANCE else "below"


def is_cifar(data: str) -> bool:
    """Say whether a run's data are CIFAR-10 or its JPEG copy."""
    return data in ("cifar10", "cifar10-jpeg")


@dataclass(frozen=True)
class Results:
    """What the page shows: the rows of the main table, the stored runs behind it, what pages cite of each variant."""

    rows: tuple[Row, ...]
    stored: Stored
    cited: Mapping[str, Sequence[str]]


def load_results(root: Path, order: Sequence[str]) -> tuple[Results, list[Fault]]:
    """Read a repository's results; methods come in the given order, all others after them."""
    stored, faults = load_runs(root)
    figures, wrong = load_published(root)
    present = {variant.slug for variant in stored.variants} | {figure.method for figure in figures}
    slugs = [slug for slug in order if slug in present] + sorted(present - set(order))
    rows = [row for slug in slugs for row in rows_of(slug, figures, stored)]
    return Results(tuple(rows), stored, cited(root, stored)), faults + wrong


def rows_of(slug: str, figures: Sequence[Figure], stored: Stored) -> list[Row]:
    """Give a method's rows: one for each setting of a published figure, and those that every method has."""
    settings: dict[tuple[object, ...], list[Figure]] = {}
    for figure in figures:
        if figure.method == slug:
            settings.setdefault((figure.metric, figure.data, figure.backbone, figure.epochs), []).append(figure)
    rows = []
    for (metric, *_), found in settings.items():
        papers = tuple(figure for figure in found if figure.by == "paper")
        others = tuple(figure for figure in found if figure.by != "paper")
        quick, full = ours(slug, str(metric), found[0], stored)
        rows.append(Row(slug, str(metric), papers, others, quick, full))
    shown = {row.metric for row in rows}
    for metric in ALWAYS:
        quick, full = ours(slug, metric, None, stored)
        if metric not in shown and (quick or full):
            rows.append(Row(slug, metric, (), (), quick, full))
    names = ["knn", "linear"]
    rank = {name: place for place, name in enumerate([*names, *sorted(shown - set(names))])}
    return sorted(rows, key=lambda row: (rank[row.metric], (row.reference and row.reference.epochs) or 0))


def ours(slug: str, metric: str, figure: Figure | None, stored: Stored) -> tuple[Variant | None, Variant | None]:
    """Give our `quick` runs, and the `full` runs of the figure's length (the longest where none is asked for)."""
    having = [variant for variant in stored.of(slug) if variant.mean(metric) is not None]
    quick = stored.base(slug, "quick")
    quick = quick if quick in having else None
    full = [variant for variant in having if variant.manifest["preset"] == "full"]
    if figure is not None and figure.reachable:
        full = [variant for variant in full if variant.settings["epochs"] == figure.epochs]
    return quick, max(full, key=lambda variant: int(variant.settings["epochs"]), default=None)


def reason(row: Row, language: Language) -> str:
    """Say in one line why ours comes out as it does, composed from what differs; `…` marks names of presets."""
    words = REASONS[language]
    figure, variant = row.reference, row.compared
    points = f"{100 * TOLERANCE:g}"
    verdict = words[row.status].format(tolerance=points, epochs=figure.epochs if figure else "")
    if variant is None:
        return words["stop"].join(part for part in (verdict, words["no run"]) if part) + words["end"]
    compared = ""
    if found := differences(figure, variant, language):
        compared = words["compared"].format(variant=variant.name) + words["join"].join(found)
    return words["stop"].join(part for part in (verdict, compared) if part) + words["end"]


def differences(figure: Figure | None, variant: Variant, language: Language) -> list[str]:
    """Name our side of what differs from a published figure's setting; what its source leaves open differs."""
    words = REASONS[language]
    settings = variant.settings
    pairs: list[tuple[str, Any, Any]] = [
        ("data", data_name(variant.data, language), figure and data_name(figure.data, language)),
        ("epochs", settings["epochs"], figure and figure.epochs),
        ("backbone", network(settings["backbone"], language), figure and network(figure.backbone or "", language)),
        ("batch", settings["batch_size"], figure and figure.batch_size),
    ]
    found = [words[name].format(ours=mine) for name, mine, theirs in pairs if theirs != mine]
    if is_cifar(variant.data) and variant.images < CIFAR_IMAGES:
        found.append(words["images"].format(ours=image_count(variant.images, language)))
    chosen = CHOSEN[figure.chosen][language] if figure else ""
    return [*found, chosen] if chosen else found


def network(name: str, language: Language) -> str:
    """Give a network's name for readers."""
    return BACKBONES[name][language] if name in BACKBONES else name


def table(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Give the main table as plain values, the same for CSV and JSON; accuracies and gaps are fractions."""
    return [record(row) for row in rows]


def record(row: Row) -> dict[str, Any]:
    """Give one row as plain values."""
    figure = row.reference
    return {
        "method": row.method,
        "metric": row.metric,
        "data": figure and figure.data,
        "backbone": figure and figure.backbone,
        "epochs": figure and figure.epochs,
        **_published("paper", row.papers),
        **_published("reimplementation", row.others),
        **_our("quick", row.quick, row.metric),
        **_our("full", row.full, row.metric),
        "gap": None if row.gap is None else round(row.gap, 4),
        "gap_of": row.compared.name if row.compared and row.gap is not None else None,
        "status": row.status,
        "reason_ja": reason(row, "ja"),
        "reason_en": reason(row, "en"),
    }


def _published(name: str, figures: Sequence[Figure]) -> dict[str, Any]:
    return {
        name: [figure.value for figure in figures],
        f"{name}_batch_size": [figure.batch_size for figure in figures],
        f"{name}_chosen": [figure.chosen for figure in figures],
        f"{name}_source": [figure.source for figure in figures],
        f"{name}_address": [figure.address for figure in figures],
    }


def _our(name: str, variant: Variant | None, metric: str) -> dict[str, Any]:
    mean = variant.mean(metric) if variant else None
    return {
        name: None if mean is None else round(mean, 4),
        f"{name}_data": variant and variant.data,
        f"{name}_runs": [f"{run.slug}/{run.name}" for run in variant.runs] if variant else [],
        f"{name}_stale": variant and variant.stale,
    }


def as_json(rows: Sequence[Row]) -> str:
    """Write the main table as a JSON list of objects."""
    return json.dumps(table(rows), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_csv(rows: Sequence[Row]) -> str:
    """Write the main table as CSV; what is a list in JSON is joined by "; " here, nothing is an empty cell."""
    records = table(rows)
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]) if records else [], lineterminator="\n")
    writer.writeheader()
    for values in records:
        writer.writerow({name: _cell(value) for name, value in values.items()})
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, list):
        return "; ".join("" if each is None else str(each) for each in value)
    return str(value).lower() if isinstance(value, bool) else value
