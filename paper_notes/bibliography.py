"""Reads bib/<slug>.bib, one entry a file, with every fault collected instead of the first one raised.

pybtex parses; what it cannot place in the file, or does not look for, the scanner of bibtex.py and the rules of
entry_rules.py report. The entry that the site offers for citation is cut from the source text: pybtex's writer
damages escapes.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pybtex.errors
from pybtex.database import BibliographyData, Person
from pybtex.database import Entry as PybtexEntry
from pybtex.database.input.bibtex import Parser

from paper_notes.bibtex import RawEntry, scan
from paper_notes.entry_rules import rule_faults
from paper_notes.faults import Fault, line_of
from paper_notes.latex import to_text

VENUE_FIELDS = (
    *("booktitle", "journal", "publisher", "archiveprefix", "eprinttype", "howpublished"),
    *("school", "institution", "organization"),
)
# The short name under which a reading list knows a venue; the first phrase found in the full name wins.
SHORT_VENUES = (
    ("Conference on Computer Vision and Pattern Recognition", "CVPR"),
    ("International Conference on Computer Vision", "ICCV"),
    ("European Conference on Computer Vision", "ECCV"),
    ("Neural Information Processing Systems", "NeurIPS"),
    ("International Conference on Machine Learning", "ICML"),
    ("International Conference on Learning Representations", "ICLR"),
    ("AAAI Conference on Artificial Intelligence", "AAAI"),
    ("Transactions on Machine Learning Research", "TMLR"),
    ("Journal of Machine Learning Research", "JMLR"),
    ("Transactions on Pattern Analysis and Machine Intelligence", "TPAMI"),
    ("International Joint Conference on Artificial Intelligence", "IJCAI"),
    ("Winter Conference on Applications of Computer Vision", "WACV"),
)
ENTRY_START = re.compile(r"@\s*(?!(?:string|comment|preamble)\b)[A-Za-z]+\s*([{(])\s*([^\s,{}()]*)", re.IGNORECASE)
EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


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


def is_web_link(address: object) -> bool:
    """Tell whether an address may become a link: http or https with a host, nothing that a browser would run.

    >>> is_web_link("https://arxiv.org/abs/2002.05709"), is_web_link("javascript:alert(1)")
    (True, False)
    """
    if not isinstance(address, str) or re.search(r"[\s\"'<>\x00-\x1f]", address):
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def decode(latex: str) -> str:
    r"""Turn a BibTeX value into plain Unicode text.

    >>> decode(r"{\'E}cole: {S}elf-supervision at 100%")
    'École: Self-supervision at 100%'
    """
    return to_text(latex)


def short_venue(venue: str) -> str:
    """Give the name by which a venue is known.

    >>> short_venue("Proceedings of the 37th International Conference on Machine Learning")
    'ICML'
    """
    for phrase, short in SHORT_VENUES:
        if phrase.lower() in venue.lower():
            return short
    return venue


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
    raw = scanned.entries[0]
    if faults:
        return None, faults
    faults += rule_faults(raw, shown)
    with pybtex.errors.capture() as errors:
        data = Parser(encoding="utf-8").parse_string(text)
    faults += [_fault_of(error, text, raw, shown) for error in errors if type(error).__name__ != "DuplicateField"]
    start = ENTRY_START.search(text)
    if not data.entries or start is None:
        return None, faults or [Fault(shown, raw.line, "the entry cannot be read", "write it as BibTeX does")]
    entry, found = _entry_of(data, text, slug, shown, start, raw)
    faults += found
    return (None, faults) if faults else (entry, [])


def _entry_of(
    data: BibliographyData, text: str, slug: str, shown: str, start: re.Match[str], raw: RawEntry
) -> tuple[Entry, list[Fault]]:
    """Decode what pybtex has parsed; what the rules report as missing is left empty here."""
    key, parsed = next(iter(data.entries.items()))
    faults: list[Fault] = []

    def field(name: str) -> str:
        value = parsed.fields.get(name, "")
        try:
            value = decode(value)
        except ValueError as error:
            faults.append(Fault(shown, raw.line_of(name), f"{name}: {error}", "mend the LaTeX"))
            return ""
        if unknown := re.search(r"\\[A-Za-z]+", value):
            what = f"{name} holds the LaTeX command {unknown[0]}, which has no plain text"
            faults.append(Fault(shown, raw.line_of(name), what, "write the character itself"))
        return value

    title = field("title")
    year = field("year")
    venue = next((value for name in VENUE_FIELDS if (value := field(name))), "")
    # What stands on the web alone is known by its site.
    venue = venue or urlsplit(parsed.fields.get("url", "")).netloc
    authors, bad_names = _authors(parsed, text, shown, raw)
    faults += bad_names
    if not venue and not faults and not list(rule_faults(raw, shown)):
        what = "no field says where it was published"
        faults.append(Fault(shown, raw.line, what, "add howpublished = {…}"))
    if year and not re.fullmatch(r"\d{4}", year):
        faults.append(Fault(shown, raw.line_of("year"), f"year {year!r}", "write four digits"))
    for name in ("url", "pdf"):
        if (address := parsed.fields.get(name)) and not is_web_link(address):
            what = f"{name} {address!r} is no http(s) link"
            faults.append(Fault(shown, raw.line_of(name), what, "give an http or https address"))
    source = cut(text, start)
    return Entry(slug, key, title, authors, venue, short_venue(venue), year, source, raw.line), faults


def _authors(parsed: PybtexEntry, text: str, shown: str, raw: RawEntry) -> tuple[tuple[str, ...], list[Fault]]:
    people: list[Person] = parsed.persons.get("author", [])
    place = raw.line_of("author")
    names: list[str] = []
    faults: list[Fault] = []
    for person in people:
        given = [decode(part) for part in (*person.first_names, *person.middle_names)]
        family = [decode(part) for part in (*person.prelast_names, *person.last_names)]
        suffix = [decode(part) for part in person.lineage_names]
        name = " ".join((*given, *family, *suffix))
        if family == ["others"]:
            name = "et al."
        elif EAST_ASIAN.search(name):
            if given and f"{' '.join(family)}," not in text:
                # 佐藤 花子 without a comma is read as given name 佐藤: only the author knows which is which.
                what = f"name {name!r} has no comma"
                faults.append(Fault(shown, place, what, "write it as Family, Given"))
            name = " ".join((*family, *given))
        names.append(name)
    return tuple(names), faults


def cut(text: str, start: re.Match[str]) -> str:
    """Cut one entry out of its file, from `@` to the bracket that closes it, with plain line ends."""
    closing = {"{": "}", "(": ")"}[start[1]]
    depth = 0
    end = len(text)
    for position in range(start.start(1), len(text)):
        letter = text[position]
        if letter == "\\":
            continue
        escaped = text[position - 1] == "\\"
        if letter == start[1] and not escaped:
            depth += 1
        elif letter == closing and not escaped:
            depth -= 1
            if depth == 0:
                end = position + 1
                break
    lines = text[start.start() : end].replace("\r\n", "\n").expandtabs(2).split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _fault_of(error: Exception, text: str, raw: RawEntry, shown: str) -> Fault:
    """Give a pybtex error its place: its own line where it knows one, else the one where its words are found."""
    message = re.sub(r"^syntax error in line \d+: ", "", str(error))
    kind = type(error).__name__
    line: int | None = getattr(error, "lineno", None)
    todo = "check the braces, quotes and commas up to this line"
    if kind == "InvalidNameString":
        name = message.split("'")[1] if "'" in message else ""
        line = line_of(text, text.find(name)) if name and name in text else raw.line_of("author")
        todo = "write names as Family, Given and join them with and"
    elif kind == "UndefinedMacro":
        message = re.sub(r" in line \d+: ", " ", message)
        todo = "put the value into braces"
    return Fault(shown, line, message, todo)
