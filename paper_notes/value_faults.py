"""What the values of an entry may be: text that can be shown, names that can be told apart, links that open.

Every field that some citation shows is read here as the exports read it, so that an entry without a fault gets
through all of them.
"""

import re
from collections.abc import Iterator

from paper_notes.bib_export import escape
from paper_notes.bibtex import RawEntry, RawField
from paper_notes.entry_rules import JUNK_FIELDS, KNOWN_FIELDS
from paper_notes.faults import Fault
from paper_notes.identifiers import (
    URL_COMMAND,
    VERBATIM,
    address,
    identifier,
    is_arxiv_number,
    is_doi,
    is_web_link,
)
from paper_notes.latex import text_or_fault
from paper_notes.people import PEOPLE, name_faults, people
from paper_notes.tables import words

# Kept in an entry for its author; nothing shows them.
UNREAD = words("abstract annotation annote keywords") | JUNK_FIELDS
# Control characters but tab and line end, spaces without width, and marks that turn the direction of writing.
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def value_faults(entry: RawEntry, shown: str) -> Iterator[Fault]:
    r"""Report values that cannot be shown, or are not what their field is for.

    >>> from paper_notes.bibtex import scan
    >>> entry = scan("@misc{k, note = {x \\{ y} z},\n doi = {n/a},\n year = {in press}}", "x.bib").entries[0]
    >>> print(*value_faults(entry, "bib/x.bib"), sep="\n")
    bib/x.bib:1: note has broken LaTeX (a brace is closed that was never opened): mend it
    bib/x.bib:2: doi 'n/a' is no DOI: write 10.…/…
    bib/x.bib:3: year 'in press': write four digits
    """
    if found := INVISIBLE.search(entry.key):
        yield Fault(shown, entry.line, f"the key holds an invisible character {_code(found[0])}", "take it out")
    for field in entry.fields:
        value = " ".join(field.value.split())
        if found := INVISIBLE.search(field.value):
            what = f"{field.name} holds an invisible character {_code(found[0])}"
            yield Fault(shown, field.line, what, "take it out")
        elif value and not field.undefined and field.name in KNOWN_FIELDS:
            for what, todo in _faults(entry, field, value):
                yield Fault(shown, field.line, what, todo)


def _code(letter: str) -> str:
    return f"U+{ord(letter):04X}"


def _faults(entry: RawEntry, field: RawField, value: str) -> Iterator[tuple[str, str]]:
    name = field.name
    if name in UNREAD:
        return
    if name in VERBATIM:
        yield from _identifier_faults(entry, name, identifier(name, value))
    elif name in PEOPLE:
        # The exports spell accents out; what is wrong is said of the value as written, where that shows it.
        yield from list(name_faults(value)) or name_faults(escape(people(value)))
    else:
        text, fault = text_or_fault(value)
        if fault := fault or text_or_fault(escape(value))[1]:
            yield f"{name} {fault[0]}", fault[1]
        elif name == "title" and not text:
            yield "title has no text", "write it"
        elif name == "year" and not re.fullmatch("[0-9]{4}", text):
            yield f"year {text!r}", "write four digits"
        for each in URL_COMMAND.finditer(value):
            if not is_web_link(address(each[1])) and not each[0].startswith(r"\path"):
                yield f"{name} {address(each[1])!r} is no http(s) link", "give an http or https address"


def _identifier_faults(entry: RawEntry, name: str, value: str) -> Iterator[tuple[str, str]]:
    if name in ("url", "pdf") and not is_web_link(value):
        yield f"{name} {value!r} is no http(s) link", "give an http or https address"
    elif name == "doi" and not is_doi(value):
        yield f"doi {value!r} is no DOI", "write 10.…/…"
    elif name == "eprint":
        archive = entry.get("archiveprefix") or entry.get("eprinttype")
        if archive.strip().lower() == "arxiv" and not is_arxiv_number(value):
            yield f"eprint {value!r} is no number of arXiv", "write it as 2002.05709"


def without_invisible(text: str) -> tuple[str, list[str]]:
    """Take invisible characters out of a text; give it and what they were.

    >>> without_invisible("A\u200b title\u202e")
    ('A title', ['U+200B', 'U+202E'])
    """
    found = list(dict.fromkeys(_code(letter) for letter in INVISIBLE.findall(text)))
    return INVISIBLE.sub(lambda letter: " " if letter[0].isspace() else "", text), found
