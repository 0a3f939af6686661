"""The feed of new and changed notes, one a language, in the Atom format (RFC 4287)."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from xml.etree import ElementTree

from paper_notes.papers import Paper
from paper_notes.words import Language

ATOM = "http://www.w3.org/2005/Atom"
LENGTH = 50
# Characters that XML cannot hold, not even escaped.
NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom_feed(
    papers: Sequence[Paper], changes: Mapping[str, datetime], language: Language, address: str, title: str, about: str
) -> str:
    """Give the feed of one language: the notes changed last, each once.

    `changes` holds when notes changed last, by slug, where git knows; `address` is that of the language's first page.
    """
    entries = sorted(((_updated(paper, changes), paper) for paper in papers), key=lambda pair: pair[1].slug)
    entries.sort(key=lambda pair: pair[0], reverse=True)
    root = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": language})
    _text(root, "title", title)
    _text(root, "subtitle", about)
    _text(root, "id", address)
    _text(root, "updated", _time(max((updated for updated, _ in entries), default=datetime.fromtimestamp(0, UTC))))
    _text(ElementTree.SubElement(root, "author"), "name", title)
    own = {"rel": "self", "type": "application/atom+xml", "href": f"{address}feed.xml"}
    ElementTree.SubElement(root, "link", own)
    ElementTree.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": address})
    for updated, paper in entries[:LENGTH]:
        page = f"{address}papers/{paper.slug}/"
        entry = ElementTree.SubElement(root, "entry")
        _text(entry, "title", f"{paper.name}: {paper.entry.title}")
        _text(entry, "id", page)
        ElementTree.SubElement(
            entry, "link", {"rel": "alternate", "type": "text/html", "hreflang": language, "href": page}
        )
        _text(entry, "published", _time(_read(paper)))
        _text(entry, "updated", _time(updated))
        for keyword in paper.keywords:
            ElementTree.SubElement(entry, "category", {"term": NO_XML.sub("", keyword)})
        _text(entry, "summary", paper.description[language])
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _text(parent: ElementTree.Element, name: str, text: str) -> None:
    ElementTree.SubElement(parent, name).text = NO_XML.sub("", text)


def _read(paper: Paper) -> datetime:
    return datetime.fromisoformat(paper.date).replace(tzinfo=UTC)


def _updated(paper: Paper, changes: Mapping[str, datetime]) -> datetime:
    """Say when a note changed last: never before the day that its front matter gives it."""
    return max(_read(paper), changes.get(paper.slug, _read(paper)))


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
