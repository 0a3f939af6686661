"""The corpus of nasty entries: what the tests of citations run on, besides the entries of this repository."""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from paper_notes.bib_export import Record, as_bibtex, normalise
from paper_notes.csl import Item, csl_item

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@dataclass(frozen=True)
class Case:
    """One entry, and what it means."""

    bib: str
    authors: list[str]
    title: str
    csl: dict[str, Any] = field(default_factory=dict)
    editors: list[str] = field(default_factory=list)

    @property
    def record(self) -> Record:
        return normalise(self.bib)

    @property
    def item(self) -> Item:
        return csl_item(self.record)

    @property
    def bibtex(self) -> str:
        return as_bibtex(self.record)

    @property
    def key(self) -> str:
        return self.record.key


@cache
def cases() -> list[Case]:
    """Give the corpus: the file's entries, and one with a hundred authors."""
    read = [Case(**case) for case in yaml.safe_load((HERE / "nasty_entries.yml").read_text(encoding="utf-8"))]
    people = [f"Fämily{chr(65 + number // 26)}{chr(97 + number % 26)}, Given" for number in range(100)]
    bib = (
        f"@article{{hundred, author = {{{' and '.join(people)}}}, title = {{T}}, journal = {{J}}, year = {{2020}}}}\n"
    )
    return [*read, Case(bib, people, "T")]


def own_sources() -> list[str]:
    """Give the entries of this repository."""
    return [path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "bib").glob("*.bib"))]
