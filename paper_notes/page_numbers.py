"""Reads page numbers: a range, a list, or a number that holds a hyphen itself (2-1, A-K83_1-10)."""

import re

# One hyphen between two numbers, or one dash between numbers that may hold hyphens.
RANGE = re.compile(r"([\w.:]+)\s*(?:-+|[–—]+)\s*([\w.:]+)")
LONG_RANGE = re.compile(r"([\w.:]+(?:-[\w.:]+)*)\s*(?:--+|[–—]+)\s*([\w.:]+(?:-[\w.:]+)*)")


def ends(pages: str) -> tuple[str, str]:
    """Give the first and last page; the last is empty for what is no range.

    >>> ends("1--9"), ends("2-1–2-10"), ends("A-K83_1-10"), ends("1-3, 7")
    (('1', '9'), ('2-1', '2-10'), ('A-K83_1-10', ''), ('1-3, 7', ''))
    """
    found = RANGE.fullmatch(pages.strip()) or LONG_RANGE.fullmatch(pages.strip())
    return (found[1], found[2]) if found else (pages.strip(), "")


def with_dash(pages: str, dash: str) -> str:
    """Write the ranges of a list of pages with a dash, and leave hyphens within a number.

    >>> with_dash("12 – 15, 20", "--"), with_dash("2-1-2-10", "--")
    ('12--15, 20', '2-1-2-10')
    """
    return ", ".join(dash.join(filter(None, ends(part))) for part in pages.split(",")) if pages else ""


def are_many(pages: str) -> bool:
    """Tell whether these are several pages."""
    return "," in pages or bool(ends(pages)[1])
