"""Figures that others have published: results/published.json and results/published_other.json, checked when read.

The first file holds what a `full` run can be compared with (CIFAR-10, ResNet-18, a stated number of epochs): the
queue of `ssl_core reproduce` makes a run for each of its lengths. The second holds figures of all other settings.
"""

import json
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from paper_notes.faults import Fault, line_of, read_text
from paper_notes.identifiers import is_web_link
from paper_notes.results_words import BACKBONES, CHOSEN, DATA, METRICS

GOALS = "results/published.json"
OTHERS = "results/published_other.json"
BY = ("paper", "re-implementation")
# What every `full` preset trains on and with; a test holds the presets to it.
FULL_DATA, FULL_BACKBONE = "cifar10", "resnet18"
SEPARATORS = " \t\r\n,"


@dataclass(frozen=True)
class Figure:
    """One published accuracy, a fraction; None where its source does not state the setting.

    `source` is what readers see of the source; `source_ja` where its words are others in Japanese.
    """

    method: str
    metric: str
    value: float
    by: str
    data: str
    backbone: str | None
    epochs: int | None
    batch_size: int | None
    chosen: str
    source: str
    address: str
    source_ja: str | None = None

    @property
    def reachable(self) -> bool:
        """Say whether a `full` run has this setting, but for its batch size."""
        return self.data == FULL_DATA and self.backbone == FULL_BACKBONE and self.epochs is not None


def load_published(root: Path) -> tuple[list[Figure], list[Fault]]:
    """Read both files of a repository, those that exist."""
    figures: list[Figure] = []
    faults: list[Fault] = []
    for shown in (GOALS, OTHERS):
        if (root / shown).is_file():
            found, wrong = _read(root, shown)
            figures += found
            faults += wrong
    return figures, faults


def _read(root: Path, shown: str) -> tuple[list[Figure], list[Fault]]:
    text = read_text(root / shown, shown)
    try:
        entries = json.loads(text)
    except json.JSONDecodeError as error:
        return [], [Fault(shown, error.lineno, f"no JSON ({error.msg})", "mend the file")]
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [], [Fault(shown, 1, "not a list of objects", "write one object for each figure")]
    figures: list[Figure] = []
    faults: list[Fault] = []
    for entry, line in zip(entries, entry_lines(text), strict=True):
        problems = figure_problems(entry)
        bib = f"bib/{entry.get('method')}.bib"
        if not problems and not (root / bib).is_file():
            problems = [(f"method {entry['method']!r} has no {bib}", "correct the name, or add the paper first")]
        faults += [Fault(shown, line, what, todo) for what, todo in problems]
        if problems:
            continue
        figure = Figure(**entry)
        if figure.reachable != (shown == GOALS):
            rule = f"{GOALS} holds those on CIFAR-10 with ResNet-18 and a number of epochs, {OTHERS} all others"
            faults.append(Fault(shown, line, "the figure stands in the wrong file", rule))
        if figure in figures:
            faults.append(Fault(shown, line, "the figure stands here twice", "take one away"))
        figures.append(figure)
    return figures, faults


def entry_lines(text: str) -> list[int]:
    """Give the line on which each entry of a JSON list begins.

    >>> entry_lines('[{"a": "{"},\\n {"b": {}}]')
    [1, 2]
    """
    decoder, lines = json.JSONDecoder(), []
    place = text.index("[") + 1
    while text[place] != "]":
        if text[place] in SEPARATORS:
            place += 1
            continue
        lines.append(line_of(text, place))
        _, place = decoder.raw_decode(text, place)
    return lines


def figure_problems(entry: dict[str, Any]) -> list[tuple[str, str]]:
    """Say what is wrong with an entry, and what to do.

    >>> figure_problems({"method": "simclr"})[0][0]
    'the figure has no metric, value, by, data, backbone, epochs, batch_size, chosen, source, address'
    """
    names = [field.name for field in fields(Figure)]
    needed = [field.name for field in fields(Figure) if field.default is MISSING]
    if missing := [name for name in needed if name not in entry]:
        return [(f"the figure has no {', '.join(missing)}", "add them; null where the source does not say")]
    if unknown := [name for name in entry if name not in names]:
        return [(f"the figure has the unknown {', '.join(unknown)}", f"use {', '.join(names)}")]
    problems = []
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1:
        problems.append((f"value {value!r} is no accuracy", "write a fraction between 0 and 1"))
    allowed: dict[str, tuple[object, ...]] = {
        "metric": tuple(METRICS),
        "by": BY,
        "data": tuple(DATA),
        "backbone": (*BACKBONES, None),
        "chosen": tuple(CHOSEN),
    }
    for name, values in allowed.items():
        if entry[name] not in values:
            known = ", ".join("null" if value is None else str(value) for value in values)
            problems.append((f"{name} {entry[name]!r} is unknown", f"use one of {known}"))
    for name in ("epochs", "batch_size"):
        number = entry[name]
        if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 1):
            problems.append((f"{name} {number!r} is no number", "write a whole number, or null"))
    named = ("method", "source") if entry.get("source_ja") is None else ("method", "source", "source_ja")
    for name in named:
        if not isinstance(entry[name], str) or not entry[name].strip():
            problems.append((f"{name} is empty", "write it"))
    if not isinstance(entry["address"], str) or not is_web_link(entry["address"]):
        problems.append((f"address {entry['address']!r} is no web address", "write one that begins with https://"))
    return problems
