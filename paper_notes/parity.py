"""Compares the two languages of a built site: the switch keeps the place only where headings have equal ids."""

from html.parser import HTMLParser
from pathlib import Path

from paper_notes.faults import Fault


class _Headings(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.headings: list[str] = []
        self.identifiers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        identifier = dict(attrs).get("id")
        if identifier:
            self.identifiers.append(identifier)
            if tag in ("h2", "h3", "h4"):
                self.headings.append(identifier)


def parity_faults(site: Path) -> list[Fault]:
    """Report pages that one language lacks, headings that differ, and ids that stand twice on a page."""
    pages = {
        language: {str(path.relative_to(site / language)) for path in (site / language).rglob("index.html")}
        for language in ("ja", "en")
    }
    faults = []
    for name in sorted(pages["ja"] ^ pages["en"]):
        lacking = "en" if name in pages["ja"] else "ja"
        faults.append(Fault(_source(lacking, name), None, "page is missing", "write it in this language too"))
    for name in sorted(pages["ja"] & pages["en"]):
        found = {}
        for language in ("ja", "en"):
            parser = _Headings()
            parser.feed((site / language / name).read_text(encoding="utf-8"))
            parser.close()
            found[language] = parser.headings
            for twice in sorted({each for each in parser.identifiers if parser.identifiers.count(each) > 1}):
                what = f"id {twice!r} stands twice on the page"
                faults.append(Fault(_source(language, name), None, what, "give one of the headings another id"))
        if fault := heading_fault(_source("ja", name), found["ja"], found["en"]):
            faults.append(fault)
    return faults


def headings_of(html: str) -> list[str]:
    """Give the ids of a page's headings.

    >>> headings_of('<h2 id="claim">Claim</h2><p id="x">')
    ['claim']
    """
    parser = _Headings()
    parser.feed(html)
    parser.close()
    return parser.headings


def heading_fault(shown: str, japanese: list[str], english: list[str]) -> Fault | None:
    """Report headings of a page that the languages do not share; `shown` is its Japanese source."""
    if japanese == english:
        return None
    only_ja = [each for each in japanese if each not in english]
    only_en = [each for each in english if each not in japanese]
    what = f"headings differ from docs/en: only ja {only_ja}, only en {only_en}"
    return Fault(shown, None, what, "use the same ids in the same order")


def _source(language: str, name: str) -> str:
    page = name.removesuffix("index.html").rstrip("/")
    if page.startswith("demos/"):
        return f"{page}.ipynb"  # one file, both languages
    return f"docs/{language}/{page or 'index'}.md"
