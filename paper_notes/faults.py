"""Faults that an author can mend, collected so that one build reports all of them, one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

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


def read_text(path: Path, shown: str) -> str:
    """Read a file that an author writes, whose name in faults is `shown`; raises FaultsError when it is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise FaultsError([Fault(shown, line, "not UTF-8", "save the file as UTF-8")]) from error
    except OSError as error:
        raise FaultsError([unreadable(error, shown)]) from error


def unreadable(error: OSError, shown: str) -> Fault:
    """Say that a file cannot be read: a folder has its name, a link leads nowhere, its owner forbids it.

    >>> print(unreadable(IsADirectoryError(21, "Is a directory"), "bib/x.bib"))
    bib/x.bib: cannot be read (Is a directory): put a readable file there, or take it away
    """
    what = f"cannot be read ({error.strerror})"
    return Fault(shown, None, what, "put a readable file there, or take it away")
