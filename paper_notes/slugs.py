"""Chooses the slug of a new paper, the short name of all its files, and says what cannot be one."""

import re
import unicodedata
from keyword import iskeyword

from paper_notes.add_entry import NewEntry
from paper_notes.errors import AddError
from paper_notes.latex import LETTERS
from paper_notes.papers import SLUG

LONGEST_SLUG = 40
LONGEST_FAMILY = 30
# A family name that has become a slug keeps its letters as far as ASCII has them: ø is o, ß is ss.
ASCII = str.maketrans({letter: name for name, letter in LETTERS.items() if len(letter) == 1})
# Names that Windows keeps for devices, or that stand for something else on the site or in ssl_core.
DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
TAKEN = {"all": "the whole list", "index": "a folder's page", "readme": "a folder's page", "base": "all methods"}
EXAMPLE = "--slug moco"


def acronym_of(title: str) -> str:
    """Give the short name that a title itself introduces, empty where it has none.

    >>> acronym_of("DINOv2: Learning Robust Features"), acronym_of("Momentum Contrast (MoCo)"), acronym_of("A: B")
    ('DINOv2', 'MoCo', '')
    >>> acronym_of("wav2vec 2.0: A Framework"), acronym_of("t-SNE: A View"), acronym_of("attention: a survey")
    ('wav2vec 2.0', 't-SNE', '')
    """
    before = re.match(r"([A-Za-z][\w+-]+(?: (?:[A-Z0-9]|v[0-9])[\w+.-]*)?)\s*(?::\s|：)", title)
    if before and len(before[1]) <= 20 and re.search(r"[A-Z0-9]", before[1]):
        return before[1]
    inside = re.search(r"\(([A-Za-z][\w+-]{1,15})\)", title)
    return inside[1] if inside and len(re.findall(r"[A-Z]", inside[1])) > 1 else ""


def slug_of(acronym: str) -> str:
    """Give the slug of a short name, empty where it has no letter to begin with.

    >>> slug_of("Barlow Twins"), slug_of("3D")
    ('barlowtwins', '')
    """
    slug = re.sub(r"[^a-z0-9]", "", acronym.lower())
    return slug if re.match(r"[a-z]", slug) else ""


def author_slug(entry: NewEntry) -> str:
    """Give a slug of the first author's family name and the year: he2020, paper2020 where it has no Latin letters."""
    spelt = unicodedata.normalize("NFKD", entry.families[0].translate(ASCII))
    letters = re.sub(r"[^a-z]", "", spelt.lower())[:LONGEST_FAMILY]
    return f"{letters or 'paper'}{entry.fields['year']}"


def check_slug(slug: str, *, demo: bool) -> None:
    """Raise AddError unless a slug can name files on every system, an address, and with a demo a module."""
    shown = repr(slug if len(slug) <= LONGEST_SLUG else slug[:LONGEST_SLUG] + "…")
    if not SLUG.fullmatch(slug):
        raise AddError(f"{shown} is no slug: use lower-case letters, digits and single hyphens: {EXAMPLE}")
    if len(slug) > LONGEST_SLUG:
        raise AddError(f"slug {shown} has {len(slug)} letters: use at most {LONGEST_SLUG}: {EXAMPLE}")
    if slug in DEVICES:
        raise AddError(f"slug {shown} is the name of a device on Windows: use another: {EXAMPLE}")
    if slug in TAKEN:
        raise AddError(f"slug {shown} stands for {TAKEN[slug]} already: use another: {EXAMPLE}")
    if demo and (not slug.isidentifier() or iskeyword(slug)):
        raise AddError(
            f"slug {shown} cannot name the Python module of a demo: use letters first, no hyphen: {EXAMPLE}"
        )
