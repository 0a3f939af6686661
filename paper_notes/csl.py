"""Makes a CSL-JSON item of an entry: the form from which RIS, formatted citations and metadata are made.

The variables are those of CSL 1.0.2 (https://docs.citationstyles.org), as pandoc and Zotero read them.
"""

import re
from typing import Any

from paper_notes.bib_export import Record, month_macro
from paper_notes.bibtex import MONTHS
from paper_notes.identifiers import addresses_in, arxiv_number
from paper_notes.latex import to_text
from paper_notes.page_numbers import ends
from paper_notes.people import names
from paper_notes.tables import pairs
from paper_notes.venues import ARXIV

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
# CSL's names of variables are no names of Python (container-title).
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
        "page": _pages(text("pages")),
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
    found = addresses_in(said)
    if found and not item["URL"]:
        item["URL"] = found[0]
    elif said and not found and not item["publisher"]:
        item["publisher"] = to_text(said)
    number = _arxiv(record)
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


def _pages(text: str) -> str:
    """Write ranges with a hyphen, as CSL does; with a dash where a page's number holds a hyphen itself."""
    parts = [ends(part) for part in text.split(",")]
    return ", ".join(("–" if "-" in first + last else "-").join(filter(None, (first, last))) for first, last in parts)


def _arxiv(record: Record) -> str:
    """Give the number under which arXiv holds a paper, wherever the entry says it; empty where it does not."""
    places = [record.get("eprint")] if record.get("archiveprefix").lower() in ("arxiv", "") else []
    if ARXIV.match(record.get("journal")):
        places += [record.get("journal"), record.get("volume")]
    return next((number for place in places if (number := arxiv_number(place))), "")


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
