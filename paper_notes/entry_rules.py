"""What an entry must and may hold: the types of BibTeX and BibLaTeX, the fields each needs, the fields that exist.

Required fields are those of BibTeX's standard styles (btxdoc, section 3), for BibLaTeX's own types those of its
manual (section 2.1). The site itself needs a title, a year, and somebody to name as author. A preprint is @misc with
eprint, as arXiv exports it.
"""

import re
from collections.abc import Collection, Iterator
from difflib import get_close_matches

from paper_notes.bibtex import RawEntry
from paper_notes.faults import Fault
from paper_notes.tables import pairs, words

ALWAYS = ("title", "author", "year")
# Of alternatives one is enough; author, title and year are needed by the site whatever the type.
REQUIRED: dict[str, tuple[str, ...]] = {
    "article": ("journal",),
    "book": ("publisher",),
    "booklet": (),
    "conference": ("booktitle",),
    "inbook": ("chapter|pages", "publisher"),
    "incollection": ("booktitle", "publisher"),
    "inproceedings": ("booktitle",),
    "manual": ("organization|publisher|institution|howpublished",),
    "mastersthesis": ("school",),
    "misc": (),
    "phdthesis": ("school",),
    "proceedings": ("publisher|organization",),
    "techreport": ("institution",),
    "unpublished": ("note",),
    "dataset": ("publisher|url|doi",),
    "mvbook": ("publisher",),
    "online": ("url|doi|eprint",),
    "report": ("institution", "type"),
    "software": ("url|doi|publisher",),
    "thesis": ("school|institution", "type"),
}
# How a type is written in bib/.
SPELLING = {
    **{name: name.capitalize() for name in REQUIRED},
    **{"inproceedings": "InProceedings", "conference": "InProceedings", "incollection": "InCollection"},
    **{"inbook": "InBook", "phdthesis": "PhDThesis", "mastersthesis": "MastersThesis", "techreport": "TechReport"},
}
BIBTEX_FIELDS = words(
    """
    address annote author booktitle chapter crossref edition editor howpublished institution journal key month note
    number organization pages publisher school series title type volume year
    """
)
# BibLaTeX's data model (manual, section 2.2), and what publishers, arXiv and natbib's styles add.
OTHER_FIELDS = words(
    """
    abstract addendum afterword annotation annotator archiveprefix authortype bookauthor booksubtitle booktitleaddon
    commentator date doi editora editorb editorc editortype eid entrysubtype eprint eprintclass eprinttype eventdate
    eventtitle eventtitleaddon foreword gender holder indextitle introduction isan isbn ismn isrn issn issue
    issuesubtitle issuetitle iswc journalsubtitle journaltitle keywords label langid langidopts language library
    location mainsubtitle maintitle maintitleaddon nameaddon options origdate origlanguage origlocation origpublisher
    origtitle pagetotal pagination part pdf primaryclass pubstate related relatedtype reprinttitle shortauthor
    shorteditor shorthand shortjournal shortseries shorttitle subtitle titleaddon translator url urldate venue version
    volumes
    """
)
KNOWN_FIELDS = BIBTEX_FIELDS | OTHER_FIELDS
# What services and reference managers note for themselves; `paper-notes add` takes it out.
JUNK_FIELDS = words(
    """
    __markedentry bibsource biburl bdsk-file-1 bdsk-url-1 bdsk-url-2 citeulike-article-id copyright date-added day
    date-modified file ids interhash intrahash issue_date mendeley-groups mendeley-tags numpages owner posted-at
    priority ranking readstatus timestamp
    """
)
# BibLaTeX's names for what the classic styles, and this site, look for under another one.
CLASSIC = pairs("""
    journaltitle journal location address eprinttype archiveprefix eprintclass primaryclass
""")


def near_field(name: str, present: Collection[str]) -> str:
    """Give the field of which a name is a misspelling, empty for a name that some service made up.

    >>> near_field("titel", ["titel"]), near_field("yaer", []), near_field("fjournal", ["journal", "fjournal"])
    ('title', 'year', '')
    >>> near_field("adsnote", [])
    ''
    """
    # Two letters that changed places make a short name look far away.
    near = [each for each in sorted(KNOWN_FIELDS) if sorted(each) == sorted(name)]
    near = near or get_close_matches(name, KNOWN_FIELDS, 1, 0.8)
    return near[0] if near and near[0] not in present else ""


def rule_faults(entry: RawEntry, shown: str) -> Iterator[Fault]:
    """Report a type that does not exist, fields that do not exist, stand twice or are missing.

    >>> from paper_notes.bibtex import scan
    >>> entry = scan("@misc{k, author = {A},\\n titel = {T},\\n volume = {1}}", "x.bib").entries[0]
    >>> print(*rule_faults(entry, "bib/x.bib"), sep="\\n")
    bib/x.bib:2: field titel is unknown: write title, or take it out
    bib/x.bib:1: field year is missing: add year = {…}
    """
    if entry.kind not in REQUIRED:
        near = get_close_matches(entry.kind, REQUIRED, 1, 0.6)
        # A type that cannot be guessed is most often a preprint or a page on the web.
        todo = f"write @{SPELLING[near[0]]}" if near else "write a known one, such as @Article or @Misc"
        yield Fault(shown, entry.line, f"entry type @{entry.kind} is unknown", todo)
    if re.search(r"\s", entry.key):
        yield Fault(shown, entry.line, f"key {entry.key!r} holds a space", "write the key as one word")
    present = {field.name for field in entry.fields}
    seen: dict[str, int] = {}
    misspelt: set[str] = set()
    for field in entry.fields:
        if field.name in seen:
            yield Fault(shown, field.line, f"field {field.name} stands twice", "keep one of the two")
        elif field.name in JUNK_FIELDS:
            yield Fault(shown, field.line, f"field {field.name} says nothing of the paper", "take it out")
        elif field.name not in KNOWN_FIELDS:
            meant = near_field(field.name, present)
            misspelt.add(meant)
            todo = f"write {meant}, or take it out" if meant else "take it out, or use note"
            yield Fault(shown, field.line, f"field {field.name} is unknown", todo)
        elif field.name == "crossref":
            what = f"crossref to {field.value!r}, an entry that is not in this file"
            yield Fault(shown, field.line, what, "write that entry's fields here, and take crossref out")
        seen.setdefault(field.name, field.line)
    for needed in (*ALWAYS, *REQUIRED.get(entry.kind, ())):
        names = needed.split("|")
        # One report is enough for a field that is there under a wrong name.
        if any(entry.get(name).strip() or name in misspelt for name in names):
            continue
        what = "missing" if names[0] not in seen else "empty"
        line = seen.get(names[0], entry.line)
        yield Fault(shown, line, f"field {' or '.join(names)} is {what}", _todo(entry, names[0]))


def _todo(entry: RawEntry, name: str) -> str:
    renamed = {**CLASSIC, "date": "year"}
    other = next((old for old, new in renamed.items() if new == name and entry.get(old)), None)
    if other is not None:
        return f"write {other} as {name}"
    if name == "journal" and entry.get("eprint"):
        return "add journal = {…}, or make a preprint @Misc, as arXiv does"
    if name == "author":
        return "add author = {Family, Given and …}"
    return f"add {name} = {{…}}"
