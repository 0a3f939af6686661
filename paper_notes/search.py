"""Writes what the search box searches: one index a language, made from the built pages and the glossary.

theme/assets/search.js loads search/index.json at the first query and finds text in it. Material's own index, which
it loads on every page, becomes a stub; the whole notebooks' pages stay out: their text stands on the papers' pages.
"""

import json
import re
from pathlib import Path
from typing import Any

from paper_notes.errors import PaperNotesError
from paper_notes.glossary import Glossary
from paper_notes.search_text import PageText, page_text

# A line of at least this length that stood in the index before is written as its number, after this character.
SHARED = 30
REFERENCE = "\x01"
LEFT_OUT = ("demos/",)
THEME_WORKER = re.compile(r"javascripts/workers/search\.\w+\.min\.js")
OUR_WORKER = "search.js"


def write_index(site: Path, glossary: Glossary) -> None:
    """Write the index of one language's built pages, and the stub of the theme's own."""
    folder = site / "search"
    folder.mkdir(exist_ok=True)
    (folder / "index.json").write_text(_json(search_index(site, glossary)), encoding="utf-8")
    stub = {"config": {"lang": ["en"], "separator": r"[\s]+", "pipeline": [], "fields": {}}, "docs": []}
    (folder / "search_index.json").write_text(_json(stub), encoding="utf-8")


def search_index(site: Path, glossary: Glossary) -> dict[str, Any]:
    """Give the index: pages with their sections, and for each term of the glossary its names and other spellings."""
    seen: dict[str, int] = {}
    pages = []
    for path in sorted(site.rglob("index.html")):
        url = path.relative_to(site).as_posix().removesuffix("index.html")
        if not url.startswith(LEFT_OUT):
            pages.append(_page(url, page_text(path.read_text(encoding="utf-8")), seen))
    # What readers may type beside the names: what authors must not write, and the reading before it is converted.
    terms = [[list(term.names), [*term.variants, term.reading]] for term in glossary.terms]
    return {"pages": pages, "terms": terms}


def _page(url: str, page: PageText, seen: dict[str, int]) -> dict[str, Any]:
    sections = [
        [part.anchor, part.heading, "\n".join(shared(block, seen) for block in part.blocks)] for part in page.sections
    ]
    return {"url": url, "title": page.title, "full": page.full_title, "about": page.about, "sections": sections}


def shared(line: str, seen: dict[str, int]) -> str:
    """Give a line, or its number among the long lines when it stood in the index before.

    >>> seen: dict[str, int] = {}
    >>> [shared(line, seen) for line in ("short", "a" * 30, "short", "a" * 30)][2:]
    ['short', '\\x010']
    """
    line = line.replace(REFERENCE, "")
    if len(line) < SHARED:
        return line
    if line in seen:
        return f"{REFERENCE}{seen[line]}"
    seen[line] = len(seen)
    return line


def with_own_worker(config: str) -> str:
    """Put our worker into the theme's configuration, a piece of HTML; raises where the theme has changed.

    >>> with_own_worker('{"search": "../assets/javascripts/workers/search.0a1b2c3d.min.js"}')
    '{"search": "../assets/search.js"}'
    """
    replaced, count = THEME_WORKER.subn(OUR_WORKER, config)
    if count != 1:
        what = f"theme: the search worker's address stands {count} times in its configuration"
        raise PaperNotesError(f"{what}: adapt THEME_WORKER in paper_notes/search.py to this version of Material")
    return replaced


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
