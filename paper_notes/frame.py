"""What stands around a page's content and beside the pages: values for the templates, feed, sitemap, robots.txt."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from paper_notes.feed import atom_feed
from paper_notes.papers import Paper
from paper_notes.sitemap import default_address, robots, sitemap
from paper_notes.words import LANGUAGES, NAMES, WORDS, Language

# What scrolls stands in a place, which the browser lays out when it comes near the window (site.css).
TABLE = '<div class="place"><div class="md-typeset__scrollwrap"><div class="md-typeset__table">'


@dataclass(frozen=True)
class Edition:
    """What the files beside the pages say of one language: its name, its description, when its pages changed last."""

    name: str
    about: str
    pages: Mapping[str, datetime | None]


def page_frame(
    language: Language,
    root_url: str,
    page: str,
    source: str,
    *,
    in_both: bool,
    repository: str,
    to_root: str,
    when: str,
) -> dict[str, Any]:
    """Give the templates' values for a page: `page` is its address under its language, `source` its file in docs_dir.

    `to_root` leads from the page to the folder of both languages; `when` is its last change, where one is known.
    """
    other = _other(language)
    alternates = {name: f"{root_url}{name}/{page}" for name in LANGUAGES}
    is_prose = source.endswith(".md")
    return {
        "alternates": {**alternates, "x-default": default_address(root_url, page)} if in_both else {},
        "other": other,
        "other_name": NAMES[other],
        "other_url": f"{to_root}/{other}/{page if in_both else ''}",
        "edit_url": f"{repository}/edit/main/docs/{language}/{source}" if is_prose else "",
        "changed": when,
        "words": WORDS[language],
    }


def template_frame(language: Language, root_url: str) -> dict[str, Any]:
    """Give the same values for 404.html, which appears at any address: with absolute links."""
    other = _other(language)
    return {
        "alternates": {},
        "other": other,
        "other_name": NAMES[other],
        "other_url": f"{urlsplit(root_url).path}{other}/",
        "edit_url": "",
        "words": WORDS[language],
    }


def _other(language: Language) -> Language:
    return "en" if language == "ja" else "ja"


def finished(html: str, language: Language) -> str:
    """Give a page's HTML as it is published: mended where the theme leaves something out or takes long over it.

    >>> finished('<table><tr><th></th></tr></table>', "en").removeprefix(TABLE)
    '<table><tr><td></td></tr></table></div></div></div>'
    """
    html = html.replace('role="dialog"', f'role="dialog" aria-label="{WORDS[language]["search-dialog"]}"', 1)
    # Material would measure every block of code and wrap every table in the browser, seconds of work on a phone.
    html = html.replace(' data-md-component="content"', "", 1)
    html = re.sub(r"<table>.*?</table>", _table, html, flags=re.DOTALL)
    html = re.sub(r'<div class="formula">.*?</div>', r'<div class="place">\g<0></div>', html, flags=re.DOTALL)
    # A head without a word is no head; one that is a formula has no words for those who look for them.
    html = re.sub(r"<th([^>]*)></th>", r"<td\1></td>", html)
    return re.sub(r"<th([^>]*)>(<math\b(?:(?!</?th\b).)*</math>)</th>", _spoken_head, html, flags=re.DOTALL)


def _table(found: re.Match[str]) -> str:
    """Give a Markdown table its place; below an empty corner the first column names the rows."""
    table = found[0]
    if re.match(r"<table>\s*<thead>\s*<tr>\s*<th[^>]*></th>", table):
        table = re.sub(
            r"(<tr>\s*)<td([^>]*)>(?!</td>)(.*?)</td>", r'\1<th scope="row"\2>\3</th>', table, flags=re.DOTALL
        )
    return f"{TABLE}{table}</div></div></div>"


def _spoken_head(found: re.Match[str]) -> str:
    # As plain letters: those of mathematical fonts count as signs without a sound.
    letters = unicodedata.normalize("NFKC", " ".join(re.sub(r"<[^>]*>|\ufe00|\u2061", " ", found[2]).split()))
    words = f'<span class="visually-hidden" data-search-exclude="true">{letters}</span>'
    formula = found[2].replace("<math", '<math aria-hidden="true"', 1)
    return f"<th{found[1]}>{words}{formula}</th>"


def write_frame(site: Path, root_url: str, papers: Sequence[Paper], editions: Mapping[Language, Edition]) -> None:
    """Write the files beside the pages of the site in the folder `site`."""
    for language, edition in editions.items():
        # MkDocs' own sitemaps know one language each.
        for surplus in (site / language).glob("sitemap.xml*"):
            surplus.unlink()
        notes = {paper.slug: edition.pages[f"papers/{paper.slug}/"] for paper in papers}
        known = {slug: when for slug, when in notes.items() if when is not None}
        feed = atom_feed(papers, known, language, f"{root_url}{language}/", edition.name, edition.about)
        (site / language / "feed.xml").write_text(feed, encoding="utf-8")
    pages = {language: edition.pages for language, edition in editions.items()}
    (site / "sitemap.xml").write_text(sitemap(root_url, pages), encoding="utf-8")
    (site / "robots.txt").write_text(robots(root_url), encoding="utf-8")
