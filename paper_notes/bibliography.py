"""Reads bib/<slug>.bib, one entry a file, with every fault collected instead of the first one raised.

The scanner of bibtex.py finds fields and what breaks the syntax; entry_rules.py and value_faults.py say what is wrong
with them. pybtex reads what is sound by these, as another program that has to. The entry that the site offers for
citation is cut from the source text: pybtex's writer damages escapes.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pybtex.errors
from pybtex.database.input.bibtex import Parser

from paper_notes.bibtex import RawEntry, scan
from paper_notes.entry_rules import rule_faults
from paper_notes.faults import Fault, unreadable
from paper_notes.identifiers import host_of, identifier
from paper_notes.latex import to_text
from paper_notes.people import names, people, shown_name
from paper_notes.value_faults import value_faults
from paper_notes.venues import short_venue

VENUE_FIELDS = (
    *("booktitle", "journal", "publisher", "archiveprefix", "eprinttype", "howpublished"),
    *("school", "institution", "organization"),
)


@dataclass(frozen=True)
class Entry:
    """One bibliography entry: names and title in Unicode, `source` the BibTeX text as its publisher wrote it."""

    slug: str
    key: str
    title: str
    authors: tuple[str, ...]
    venue: str
    short_venue: str
    year: str
    source: str
    line: int = 1


def read_bibliography(folder: Path) -> tuple[dict[str, Entry], list[Fault]]:
    """Read every `<slug>.bib` of a folder.

    Returns the sound entries by slug and all faults; a file with a fault gives no entry.
    """
    entries: dict[str, Entry] = {}
    faults: list[Fault] = []
    keys: dict[str, str] = {}
    for path in sorted(folder.glob("*.bib")):
        shown = f"{folder.name}/{path.name}"
        entry, found = read_entry(path, shown)
        faults += found
        if entry is None:
            continue
        entries[entry.slug] = entry
        # BibTeX compares keys without case, and so does whoever pastes two of our entries into one file.
        first = keys.setdefault(entry.key.lower(), shown)
        if first != shown:
            what = f"key {entry.key} is also used in {first}"
            faults.append(Fault(shown, entry.line, what, "give one of the two entries another key"))
    return entries, faults


def read_entry(path: Path, shown: str) -> tuple[Entry | None, list[Fault]]:
    """Read one file; `shown` is the name that faults carry. No entry is returned when there is a fault."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [Fault(shown, None, f"not UTF-8 (byte {error.start})", "save the file as UTF-8")]
    except OSError as error:
        return None, [unreadable(error, shown)]
    return read_source(text, path.stem, shown)


def read_source(text: str, slug: str, shown: str) -> tuple[Entry | None, list[Fault]]:
    """Read the text of a file with one entry. No entry is returned when there is a fault."""
    scanned = scan(text, shown)
    faults = list(scanned.faults)
    count = len(scanned.entries)
    if count != 1:
        line = scanned.entries[1].line if count else 1
        faults.append(Fault(shown, line, f"{count} entries in one file", "keep exactly one entry a file"))
        first: dict[str, int] = {}
        for each in scanned.entries:
            if first.setdefault(each.key.lower(), each.line) != each.line:
                faults.append(Fault(shown, each.line, f"entry {each.key} stands twice", "keep one of the two"))
        return None, faults
    if not scanned.readable:
        return None, faults
    raw = scanned.entries[0]
    faults += [*rule_faults(raw, shown), *value_faults(raw, shown)]
    # One fault is enough for a mistake that others follow from.
    faults = faults or _parser_faults(raw, shown)
    entry = None if faults else _entry_of(raw, slug)
    if entry is not None and not entry.venue:
        what = "no field says where it was published"
        return None, [Fault(shown, raw.line, what, "add howpublished = {…}")]
    return entry, faults


def _entry_of(raw: RawEntry, slug: str) -> Entry:
    """Decode an entry that has no fault."""
    venue = next((value for name in VENUE_FIELDS if (value := to_text(raw.get(name)))), "")
    # What stands on the web alone is known by its site.
    venue = venue or host_of(identifier("url", raw.get("url")))
    authors = tuple(shown_name(name) for name in names(people(" ".join(raw.get("author").split()))))
    year = to_text(raw.get("year"))
    title = to_text(raw.get("title"))
    return Entry(slug, raw.key, title, authors, venue, short_venue(venue), year, raw.source, raw.line)


def _parser_faults(raw: RawEntry, shown: str) -> list[Fault]:
    """Let pybtex read the entry, and give its errors the lines of the file."""
    with pybtex.errors.capture() as errors:
        Parser(encoding="utf-8").parse_string(raw.source)
    found = []
    for error in errors:
        message = re.sub(r"(?: in)? line \d+: ", " ", str(error))
        line = raw.line - 1 + (getattr(error, "lineno", None) or 1)
        found.append(Fault(shown, line, message, "check the braces, quotes and commas up to this line"))
    return found
