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
        if found["ja"] != found["en"]:
            only = {
                language: [each for each in found[language] if each not in found[other]]
                for language, other in (("ja", "en"), ("en", "ja"))
            }
            what = f"headings differ from docs/en: only ja {only['ja']}, only en {only['en']}"
            faults.append(Fault(_source("ja", name), None, what, "use the same ids in the same order"))
    return faults


def _source(language: str, name: str) -> str:
    page = name.removesuffix("index.html").rstrip("/")
    if page.startswith("demos/"):
        return f"{page}.ipynb"  # one file, both languages
    return f"docs/{language}/{page or 'index'}.md"
