"""Names and small parts of the formatted citations that styles.py makes: initials, lists of names, pages, links."""

import re
from html import escape

from paper_notes.csl import Item
from paper_notes.page_numbers import are_many, with_dash
from paper_notes.people import OTHERS, Name, family_name


def initials(given: str) -> str:
    """Shorten a given name; empty for scripts whose names have no initials.

    >>> initials("Jean-Bastien"), initials("M.F."), initials("Geoffrey E"), initials("太郎")
    ('J.-B.', 'M. F.', 'G. E.', '')
    """
    words = re.findall(r"[^\s.]+", given.replace(".-", "-"))
    parts = [[part for part in word.split("-") if part] for word in words]
    letters = [["".join(re.findall(r"[^\W\d_]", part)[:1]) for part in word] for word in parts]
    shown = [[letter.upper() for letter in word if letter.lower() != letter.upper()] for word in letters]
    return " ".join("-".join(f"{letter}." for letter in word) for word in shown if word)


def ordinal(number: str) -> str:
    """Give an edition as English writes it.

    >>> ordinal("2"), ordinal("11"), ordinal("Third"), ordinal("4th")
    ('2nd', '11th', '3rd', '4th')
    """
    words = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    value = str(words.index(number.lower()) + 1) if number.lower() in words else number
    if not value.isdigit():
        return escape(value, quote=False)
    last = {"1": "st", "2": "nd", "3": "rd"}.get(value[-1], "th")
    return value + ("th" if value[-2:-1] == "1" else last)


def given_first(name: Name) -> str:
    """Write a name as IEEE does: initials, family, suffix."""
    if "literal" in name:
        return name["literal"]
    given = name.get("given", "")
    short = initials(given)
    if given and not short:
        return f"{family_name(name)} {given}"
    return " ".join(part for part in (short, family_name(name), name.get("suffix", "")) if part)


def full_name(name: Name) -> str:
    """Write a name in full, given name first."""
    given = name.get("given", "")
    if given and not initials(given):
        return f"{family_name(name)} {given}"
    return " ".join(part for part in (given, family_name(name), name.get("suffix", "")) if part)


def has_others(item: Item) -> bool:
    """Tell whether an item has more authors than it names."""
    return any(name.get("literal") == OTHERS for name in item.get("author", []))


def listed(names: list[str], pair: str, last: str, limit: int, *, others: bool = False) -> str:
    """Join names: two by `pair`, the last of more by `last`; beyond `limit` some are left out."""
    if others:
        return f"{', '.join(names)}, et al."
    if len(names) > limit:
        return f"{', '.join(names[: limit - 1])}, . . . {names[-1]}"
    if len(names) <= 2:
        return pair.join(names)
    return ", ".join(names[:-1]) + last + names[-1]


def shown_pages(item: Item) -> str:
    """Give the pages with dashes in their ranges."""
    return escape(with_dash(item["page"], "–"), quote=False)


def pages_of(item: Item) -> str:
    """Give the pages with the sign for one or several, and dashes in their ranges."""
    sign = "pp." if are_many(item["page"]) else "p."
    return f"{sign} {shown_pages(item)}"


def link_of(item: Item) -> str:
    """Give the address of a work: its DOI before any other."""
    return escape(f"https://doi.org/{item['DOI']}" if "DOI" in item else item.get("URL", ""), quote=False)


def ended(text: str) -> str:
    """End a sentence with a full stop, unless something ends it already."""
    return text if re.search(r"[.?!](?:</i>|”|\))?$", text) and not text.endswith(".)") else f"{text}."


def says_year(item: Item) -> bool:
    """Tell whether the name of what an item stands in ends with its year, as DBLP has it."""
    year = str(item["issued"]["date-parts"][0][0]) if "issued" in item else ""
    return bool(year) and item.get("container-title", "").endswith(f", {year}")
