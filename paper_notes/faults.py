"""Faults that an author can mend, collected so that one build reports all of them, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass

from paper_notes.errors import PaperNotesError


@dataclass(frozen=True)
class Fault:
    """One thing to mend: where it stands, what is wrong, what to do.

    >>> print(Fault("bib/byol.bib", 12, "field year is missing", "add year = {2020}"))
    bib/byol.bib:12: field year is missing: add year = {2020}
    """

    path: str
    line: int | None
    what: str
    todo: str

    def __str__(self) -> str:
        """Write the fault as `file:line: what: what to do` on one line."""
        place = self.path if self.line is None else f"{self.path}:{self.line}"
        return " ".join(f"{place}: {self.what}: {self.todo}".split())


class FaultsError(PaperNotesError):
    """Every fault of a build at once; the message holds one line for each, ordered by file and line."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        # dict.fromkeys: both languages meet the same fault, the author needs it once.
        ordered = sorted(dict.fromkeys(faults), key=lambda fault: (fault.path, fault.line or 0, fault.what))
        self.faults = tuple(ordered)
        super().__init__("\n".join(str(fault) for fault in ordered))


def line_of(text: str, position: int) -> int:
    """Give the line number, counted from 1, of a character position."""
    return text.count("\n", 0, position) + 1
