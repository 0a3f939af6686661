"""Makes a CSL-JSON item of an entry: the form from which RIS, formatted citations and metadata are made.

The variables are those of CSL 1.0.2 (https://docs.citationstyles.org), as pandoc and Zotero read them.
"""

import re
from typing import Any

from pybtex.bibtex.utils import split_name_list
from pybtex.database import Person

from paper_notes.bib_export import SUFFIX, Record, month_macro
from paper_notes.bibtex import MONTHS
from paper_notes.latex import to_text
from paper_notes.tables import pairs

KINDS = pairs("""
    article article-journal suppperiodical article-journal review review periodical periodical
    inproceedings paper-conference conference paper-conference proceedings book mvproceedings book
    book book mvbook book collection book mvcollection book reference book mvreference book manual book
    incollection chapter inbook chapter bookinbook chapter suppbook chapter suppcollection chapter inreference entry
    booklet pamphlet phdthesis thesis mastersthesis thesis thesis thesis techreport report report report
    unpublished manuscript online webpage electronic webpage www webpage dataset dataset software software
    patent patent standard standard misc document artwork graphic image graphic audio song music song
    movie motion_picture video motion_picture performance performance letter personal_communication
    legislation legislation jurisdiction legal_case
""")
GENRES = {"phdthesis": "PhD thesis", "mastersthesis": "Master’s thesis"}
ARXIV = re.compile(r"^(?:arxiv|corr)\b", re.IGNORECASE)
ARXIV_NUMBER = re.compile(
    r"(?:arxiv[:\s]*|abs/|^)(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.IGNORECASE
)
# "others" is the name by which BibTeX, pandoc and citation processors know that more authors follow.
OTHERS = "others"

# CSL's names of variables are no names of Python (container-title).
Name = dict[str, str]
Item = dict[str, Any]


def csl_item(record: Record) -> Item:
    """Make the item of a normalised entry; variables without a value are left out."""

    def text(*names: str) -> str:
        return to_text(record.get(*names))

    kind = KINDS.get(record.kind, "document")
    subtitle = text("subtitle")
    item: Item = {
        "id": record.key,
        "type": kind,
        "title": f"{text('title')}: {subtitle}" if subtitle else text("title"),
        "author": names(record.get("author")),
        "editor": names(record.get("editor")),
        "issued": issued(record.get("year"), record.get("month")),
        "container-title": text("booktitle", "journal") if kind != "book" else "",
        "collection-title": text("series"),
        "volume": text("volume"),
        "page": re.sub(r"\s*[-–]+\s*", "-", text("pages")),
        "edition": text("edition"),
        "chapter-number": text("chapter"),
        "version": text("version"),
        "genre": GENRES.get(record.kind, "") if kind == "thesis" and not record.get("type") else text("type"),
        "publisher": text("publisher", "institution", "school", "organization"),
        "publisher-place": text("address"),
        "DOI": record.get("doi"),
        "URL": record.get("url"),
        "ISBN": text("isbn"),
        "ISSN": text("issn"),
        "note": text("note"),
    }
    in_journal = kind in ("article-journal", "periodical")
    item["issue"] = text("number") if in_journal else ""
    item["number"] = text("eid") if in_journal else text("number") or text("eid")
    _say_where_published(item, record)
    return {name: value for name, value in item.items() if value}


def _say_where_published(item: Item, record: Record) -> None:
    """Tell a preprint from what has appeared elsewhere too, and find the address in the words of a misc entry."""
    said = record.get("howpublished")
    found = re.search(r"https?://[^\s{}]+", said)
    if found and not item["URL"]:
        item["URL"] = found[0]
    elif said and not found and not item["publisher"]:
        item["publisher"] = to_text(said)
    number = arxiv_number(record)
    if not number:
        return
    container = item["container-title"]
    if (container and not ARXIV.match(container)) or item["type"] not in ("article-journal", "document", "webpage"):
        item.update({"archive": "arXiv", "archive_location": number})
        return
    for name in ("container-title", "volume", "issue", "page"):
        item[name] = ""
    item.update({"type": "article", "number": f"arXiv:{number}", "publisher": "arXiv"})
    item["URL"] = item["URL"] or f"https://arxiv.org/abs/{number}"


def arxiv_number(record: Record) -> str:
    """Give the number under which arXiv holds a paper, wherever the entry says it; empty where it does not."""
    places = [record.get("eprint")] if record.get("archiveprefix").lower() in ("arxiv", "") else []
    if ARXIV.match(record.get("journal")):
        places += [record.get("journal"), record.get("volume")]
    return next((found[1] for place in places if (found := ARXIV_NUMBER.search(place))), "")


def issued(year: str, month: str) -> Item:
    """Give a date, or the first and last day of a meeting.

    >>> issued("2020", "13--18 Jul"), issued("2020", "jun"), issued("2020", "30 April--3 May")
    ({'date-parts': [[2020, 7, 13], [2020, 7, 18]]}, {'date-parts': [[2020, 6]]}, {'date-parts': [[2020, 4]]})
    """
    if not year.isdigit():
        return {}
    macro = month_macro(month)
    if not macro:
        return {"date-parts": [[int(year)]]}
    start = [int(year), list(MONTHS).index(macro) + 1]
    days = [int(day) for day in re.findall(r"\d+", month) if 1 <= int(day) <= 31]
    words = re.findall(r"[A-Za-z]+", month)
    if not days or len(words) != 1 or len(days) > 2:
        return {"date-parts": [start]}
    return {"date-parts": [[*start, day] for day in days]}


def names(value: str) -> list[Name]:
    """Split a BibTeX list of people into CSL names.

    >>> names("van der Maaten, Laurens and {Google Research} and Smith, Jr., John and others")
    [{'family': 'Maaten', 'given': 'Laurens', 'non-dropping-particle': 'van der'}, {'literal': 'Google Research'},
     {'family': 'Smith', 'given': 'John', 'suffix': 'Jr.'}, {'literal': 'others'}]
    """
    return [_name(each.strip()) for each in split_name_list(value) if each.strip()] if value else []


def _name(latex: str) -> Name:
    if latex == OTHERS or is_one_group(latex):
        return {"literal": to_text(latex)}
    person = Person(latex)
    family = to_text(" ".join(person.last_names))
    suffix = to_text(" ".join(person.lineage_names))
    found = re.fullmatch(rf"(.+?),? ({SUFFIX})", family)
    if found and not suffix:
        family, suffix = found[1], found[2]
    name = {
        "family": family,
        "given": to_text(" ".join((*person.first_names, *person.middle_names))),
        "non-dropping-particle": to_text(" ".join(person.prelast_names)),
        "suffix": suffix,
    }
    return {part: value for part, value in name.items() if value}


def is_one_group(latex: str) -> bool:
    """Tell whether a name stands in one pair of braces: an institution, which has no parts.

    >>> is_one_group("{Google Research}"), is_one_group("{van} {Dyk}"), is_one_group("{\\\\'E}lise")
    (True, False, False)
    """
    if not (latex.startswith("{") and latex.endswith("}")) or latex.startswith("{\\"):
        return False
    depth = 0
    for place, letter in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return place == len(latex) - 1
    return False
