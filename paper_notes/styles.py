"""Formats a CSL item for a list of references: APA (7th edition), IEEE, and one line of Markdown.

Titles keep the capitals of their publisher: APA's sentence case needs to know which words are names (Siamese), which
no program knows. Venues are not abbreviated. Formatted lines are HTML, with <i> as the only mark.
"""

import re
from html import escape, unescape

from paper_notes.bibtex import MONTHS
from paper_notes.csl import Item
from paper_notes.people import OTHERS, Name, family_name
from paper_notes.style_names import (
    ended,
    full_name,
    given_first,
    has_others,
    initials,
    link_of,
    listed,
    ordinal,
    pages_of,
    says_year,
    shown_pages,
)

APA_AUTHORS = 20
IEEE_AUTHORS = 6
MARKDOWN_AUTHORS = 6
APA_BRACKETS = {
    "dataset": "Data set",
    "software": "Computer software",
    "manuscript": "Unpublished manuscript",
    "motion_picture": "Video",
    "song": "Audio",
}


def plain_text(html: str) -> str:
    """Take the marks out of a formatted line.

    >>> plain_text("<i>A &amp; B</i>, 1 &lt; 2")
    'A & B, 1 < 2'
    """
    return unescape(re.sub(r"</?i>", "", html))


# APA


def apa(item: Item) -> str:
    """Format as APA does, 7th edition."""
    kind = item["type"]
    title = escape(item["title"], quote=False)
    part = kind in ("article-journal", "paper-conference", "chapter", "entry", "review")
    shown = title if part else f"<i>{title}</i>{_apa_details(item)}"
    people = [_apa_name(name) for name in item.get("author", []) if name.get("literal") != OTHERS]
    authors = listed(people, ", & ", ", & ", APA_AUTHORS, others=has_others(item))
    pieces = [authors, f"({_apa_date(item)})", shown]
    if kind in ("article-journal", "review"):
        pieces.append(_apa_journal(item))
    elif part:
        pieces.append(_apa_container(item))
    publisher = escape(item.get("publisher", ""), quote=False)
    if publisher and kind not in ("article-journal", "review", "thesis") and publisher != authors:
        pieces.append(publisher)
    link = link_of(item)
    return " ".join([*(ended(piece) for piece in pieces if piece), *([link] if link else [])])


def _apa_name(name: Name) -> str:
    if "literal" in name or not name.get("given"):
        return escape(family_name(name), quote=False)
    short = initials(name["given"])
    # A given name without initials (山田 太郎) follows its family name without a comma.
    shown = f"{family_name(name)}, {short}" if short else f"{family_name(name)} {name['given']}"
    return escape(", ".join(part for part in (shown, name.get("suffix", "")) if part), quote=False)


def _apa_date(item: Item) -> str:
    if "issued" not in item:
        return "n.d."
    year, *rest = item["issued"]["date-parts"][0]
    if item["type"] != "webpage" or not rest:
        return str(year)
    return f"{year}, {' '.join((list(MONTHS.values())[rest[0] - 1], *map(str, rest[1:])))}"


def _apa_details(item: Item) -> str:
    """Give what stands behind a title in italics: edition, number, kind of work."""
    kind = item["type"]
    details = []
    if "edition" in item:
        details.append(f"{ordinal(item['edition'])} ed.")
    if "volume" in item:
        details.append(f"Vol. {item['volume']}")
    if "version" in item:
        details.append(f"Version {item['version']}")
    if "number" in item:
        details.append(item["number"] if kind == "article" else f"{item.get('genre', 'Report')} No. {item['number']}")
    shown = f" ({', '.join(details)})" if details else ""
    bracket = APA_BRACKETS.get(kind, "")
    if kind == "thesis":
        doctoral = not re.search("mast", item.get("genre", ""), re.IGNORECASE)
        bracket = ", ".join(
            part
            for part in ("Doctoral dissertation" if doctoral else "Master’s thesis", item.get("publisher"))
            if part
        )
    return escape(f"{shown} [{bracket}]" if bracket else shown, quote=False)


def _apa_journal(item: Item) -> str:
    name, volume = (escape(item.get(part, ""), quote=False) for part in ("container-title", "volume"))
    shown = f"<i>{name}</i>" + (f", <i>{volume}</i>" if volume else "")
    if "issue" in item:
        shown += f"({escape(item['issue'])})" if volume else f", ({escape(item['issue'])})"
    if "page" in item:
        shown += f", {shown_pages(item)}"
    elif "number" in item:
        shown += f", Article {escape(item['number'])}"
    return shown


def _apa_container(item: Item) -> str:
    editors = [escape(given_first(name), quote=False) for name in item.get("editor", [])]
    names = listed(editors, " & ", ", & ", APA_AUTHORS)
    if names:
        names += " (Eds.), " if len(editors) > 1 else " (Ed.), "
    pages = pages_of(item) if "page" in item else ""
    edition = f"{ordinal(item['edition'])} ed." if "edition" in item else ""
    volume = f"Vol. {escape(item['volume'])}" if "volume" in item else ""
    inside = ", ".join(part for part in (edition, volume, pages) if part)
    container = escape(item.get("container-title", ""), quote=False)
    return f"In {names}<i>{container}</i>" + (f" ({inside})" if inside else "")


# IEEE


def ieee(item: Item) -> str:
    """Format as the IEEE Reference Guide does."""
    kind = item["type"]
    title = escape(item["title"], quote=False)
    known = [
        escape(given_first(name), quote=False) for name in item.get("author", []) if name.get("literal") != OTHERS
    ]
    many = len(known) > IEEE_AUTHORS or (has_others(item) and known)
    authors = f"{known[0]} et al." if many else listed(known, " and ", ", and ", IEEE_AUTHORS)
    # The comma takes the place of a full stop that ends the title.
    quoted = f"“{title}”" if title.endswith(("?", "!")) else f"“{re.sub(r'(?<![.])[.]$', '', title)},”"
    whole = kind in ("book", "pamphlet", "periodical")
    start = ", ".join(part for part in (authors, f"<i>{title}</i>" if whole else quoted) if part)
    details = ", ".join(part for part in _ieee_details(item) if part)
    line = f"{start}, {details}" if whole else f"{start} {details}"
    if "DOI" in item:
        return ended(f"{line}, doi: {escape(item['DOI'], quote=False)}")
    if "URL" in item and kind != "article":
        return f"{ended(line)} [Online]. Available: {escape(item['URL'], quote=False)}"
    return ended(line)


def _ieee_details(item: Item) -> list[str]:
    kind = item["type"]
    text = {name: escape(value, quote=False) for name, value in item.items() if isinstance(value, str)}
    container = f"<i>{text['container-title']}</i>" if "container-title" in text else ""
    volume = f"vol. {text['volume']}" if "volume" in text else ""
    pages = pages_of(item) if "page" in item else ""
    date, year = _ieee_date(item), _ieee_date(item).split(" ")[-1]
    place = ": ".join(part for part in (text.get("publisher-place", ""), text.get("publisher", "")) if part)
    edition = f"{ordinal(text['edition'])} ed." if "edition" in text else ""
    if kind in ("article-journal", "review"):
        issue = f"no. {text['issue']}" if "issue" in text else ""
        number = f"Art. no. {text['number']}" if "number" in text else ""
        return [container, volume, issue, pages or number, date]
    if kind == "paper-conference":
        return [f"in {container}", volume, "" if says_year(item) and date == year else date, pages]
    if kind in ("chapter", "entry"):
        editors = [escape(given_first(name), quote=False) for name in item.get("editor", [])]
        names = listed(editors, " and ", ", and ", IEEE_AUTHORS)
        names += ", Eds." if len(editors) > 1 else ", Ed." if editors else ""
        # A full stop ends what stands before the place.
        start = ", ".join(part for part in (names, edition) if part)
        return [f"in {container}", volume, _before_place(start, place), year, pages]
    if kind in ("book", "pamphlet", "periodical"):
        return [volume, _before_place(edition, place), year]
    if kind == "thesis":
        master = re.search("mast", item.get("genre", ""), re.IGNORECASE)
        degree = "M.S. thesis" if master else "Ph.D. dissertation"
        return [degree, text.get("publisher", ""), text.get("publisher-place", ""), year]
    if kind == "report":
        number = f"Tech. Rep. {text['number']}" if "number" in text else "Tech. Rep."
        return [text.get("publisher", ""), text.get("publisher-place", ""), number, date]
    if kind == "article":
        return [date, text["number"]]
    version = f"version {text['version']}" if "version" in text else ""
    return [text.get("publisher", ""), version, date]


def _before_place(edition: str, place: str) -> str:
    return f"{edition} {place}".strip()


def _ieee_date(item: Item) -> str:
    if "issued" not in item:
        return "n.d."
    first, last = item["issued"]["date-parts"][0], item["issued"]["date-parts"][-1]
    year, *rest = first
    if not rest:
        return str(year)
    name = list(MONTHS.values())[rest[0] - 1]
    month = name if name == "May" else f"{name[:3]}."
    days = "–".join(dict.fromkeys(str(date[2]) for date in (first, last) if date[2:]))
    return f"{month} {days}, {year}" if days else f"{month} {year}"


# Markdown


def markdown(item: Item, otherwise: str = "") -> str:
    """Give one line of Markdown, the title linked; `otherwise` is the link of an item that has none.

    >>> author = [{"family": "Doe", "given": "Jane"}]
    >>> issued = {"date-parts": [[2020]]}
    >>> markdown({"type": "book", "title": "A *b*", "author": author, "issued": issued, "publisher": "P"})
    'Jane Doe. A \\\\*b\\\\*. *P*, 2020.'
    """
    known = [_marked(full_name(name)) for name in item.get("author", []) if name.get("literal") != OTHERS]
    shown = ", ".join(known[:MARKDOWN_AUTHORS]) + (
        ", et al." if len(known) > MARKDOWN_AUTHORS or has_others(item) else ""
    )
    link = unescape(link_of(item)) or otherwise
    # Parentheses and spaces would end the address.
    target = re.sub(r"[()<>\s\\]", lambda found: f"%{ord(found[0]):02X}", link)
    title = f"[{_marked(item['title'])}]({target})" if target else _marked(item["title"])
    venue = item.get("container-title") or item.get("publisher", "")
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else "n.d."
    where = f"*{_marked(venue)}*" + ("" if says_year(item) else f", {year}") if venue else year
    return " ".join(ended(part) for part in (shown, title, where) if part)


def _marked(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>#|~$&])", r"\\\1", text)
