"""Our numbers in prose: `{{ result simclr/quick-seed0 knn }}` on a page becomes the number, linked to its provenance.

`{{ result simclr/ablation-crop linear }}`, without a seed, is the mean over the seeds. A mark that names a run or a
figure which results/ does not hold is a fault, and so is any other `{{`. Marks in code are left as they are.
"""

import re
from html import escape
from pathlib import Path

from paper_notes.faults import Fault, FaultsError, line_of, read_text
from paper_notes.marks import outside_code, replaced_outside_code
from paper_notes.stored_runs import Stored, StoredRun, Variant, written

# Anything else that opens like a mark is one that somebody misspelt.
MARK = re.compile(r"\{\{(?:\s*result(?P<words>\s[^{}]*)\}\}|[^{}\n]*\}{0,2})")


def fill_numbers(markdown: str, stored: Stored, page: str, shown: str, source: str) -> tuple[str, list[Fault]]:
    """Put the numbers in place of their marks.

    `page` is the relative address of the results page; `source` is the whole file, front matter included, and
    `shown` its name, for the faults.
    """
    faults: list[Fault] = []
    start = max(source.find(markdown), 0)

    def number(found: re.Match[str]) -> str:
        mark = markdown[found.start() : found.end()]
        try:
            if found["words"] is None:
                raise LookupError("this is no mark for a number")
            return _number(found["words"].split(), stored, page)
        except LookupError as problem:
            line = line_of(source, start + found.start())
            todo = "name a run of results/ and one of the results in its run.json: simclr/quick-seed0 knn"
            if found["words"] is None:
                todo = "write {{ result simclr/quick-seed0 knn }}, code in backticks, { { in a formula"
            faults.append(Fault(shown, line, f"{mark}: {problem.args[0]}", todo))
            return mark

    return replaced_outside_code(MARK, number, markdown), faults


def cited(root: Path, stored: Stored) -> dict[str, list[str]]:
    """Give the figures that the pages name of each variant, by its identifier: its block must show them."""
    found: dict[str, list[str]] = {}
    for path in sorted((root / "docs").rglob("*.md")):
        try:
            text = read_text(path, path.name)
        except FaultsError:
            continue  # told with its name where the page is built
        for mark in outside_code(MARK, text):
            match (mark["words"] or "").split():
                case [name, metric] if (variant := stored.variant_of(name)) is not None:
                    found.setdefault(variant.identifier, []).append(metric)
    return {identifier: list(dict.fromkeys(metrics)) for identifier, metrics in found.items()}


def _number(words: list[str], stored: Stored, page: str) -> str:
    if len(words) != 2:
        raise LookupError("the mark needs a run and a figure")
    name, metric = words
    runs = stored.find(name)
    if runs is None:
        raise LookupError(f"there is no stored run {name}")
    value = runs.number(metric) if isinstance(runs, StoredRun) else runs.mean(metric)
    if value is None:
        raise LookupError(f"{name} holds no figure {metric}")
    return link(runs, written(metric, value), page)


def link(runs: StoredRun | Variant, shown: str, page: str) -> str:
    """Give a number as a link to the block of the results page that says where it comes from."""
    return f'<a class="our-number" href="{escape(page)}#{escape(runs.identifier)}">{escape(shown)}</a>'
