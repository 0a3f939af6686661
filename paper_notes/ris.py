"""Writes a CSL item as RIS, the form that EndNote, Mendeley and most databases exchange.

Tags as in the RIS specification of 2011; one line a value, lines ended by \\n, which all readers accept.
"""

from paper_notes.csl import Item
from paper_notes.page_numbers import ends
from paper_notes.people import OTHERS, Name, family_name
from paper_notes.tables import pairs

KINDS = pairs("""
    article-journal JOUR review JOUR paper-conference CONF chapter CHAP entry ENCYC book BOOK periodical JFULL
    thesis THES report RPRT webpage ELEC dataset DATA software COMP patent PAT standard STAND pamphlet PAMP
    article UNPB manuscript UNPB document GEN performance GEN motion_picture VIDEO song SOUND graphic ART
    personal_communication PCOMM legislation STAT legal_case CASE
""")
# Tag and variable, in the order in which they are written.
TAGS = pairs("""
    TI title T2 container-title T3 collection-title VL volume IS issue M1 number ET edition SE chapter-number
    M3 genre PB publisher CY publisher-place DO DOI UR URL N1 note
""")


def as_ris(item: Item) -> str:
    """Write one item.

    >>> person = {"family": "Doe", "given": "Jane"}
    >>> print(as_ris({"id": "k", "type": "book", "title": "T", "author": [person]}), end="")
    TY  - BOOK
    ID  - k
    AU  - Doe, Jane
    TI  - T
    ER  -
    """
    lines = [("TY", KINDS[item["type"]]), ("ID", item["id"])]
    lines += [("AU", name_text(name)) for name in item.get("author", [])]
    lines += [("A2", name_text(name)) for name in item.get("editor", [])]
    if "issued" in item:
        date: list[int] = item["issued"]["date-parts"][0]
        lines.append(("PY", str(date[0])))
        if len(date) > 1:
            month, day = (*(f"{part:02d}" for part in date[1:]), "")[:2]
            lines.append(("DA", f"{date[0]}/{month}/{day}"))
    lines += [(tag, item[name]) for tag, name in TAGS.items() if name in item]
    lines += [("SN", item[name]) for name in ("ISBN", "ISSN") if name in item]
    lines += [(tag, page) for tag, page in zip(("SP", "EP"), ends(item.get("page", "")), strict=True) if page]
    if "archive_location" in item:
        lines += [("AN", f"{item['archive']}:{item['archive_location']}")]
    return "".join(f"{tag}  - {value}\n" for tag, value in lines) + "ER  - \n"


def name_text(name: Name) -> str:
    """Write a name as family, given, suffix.

    >>> name_text({"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"})
    'van der Maaten, Laurens'
    """
    if "literal" in name:
        return "et al." if name["literal"] == OTHERS else name["literal"]
    return ", ".join(part for part in (family_name(name), name.get("given", ""), name.get("suffix", "")) if part)
