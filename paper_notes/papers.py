"""Joins what the repository knows of a paper: bib/<slug>.bib, docs/{ja,en}/papers/<slug>.md, demos/<slug>.ipynb.

The Japanese page is the master: its front matter holds the facts that have no language.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from paper_notes.bibliography import Entry, read_bibliography
from paper_notes.faults import Fault, FaultsError, line_of, read_text
from paper_notes.identifiers import is_web_link
from paper_notes.notebooks import is_draft
from paper_notes.words import LANGUAGES, Language

STATUSES = ("read", "studying")
# How much of a paper its page was written from.
DEPTHS = ("full-text", "parts", "abstract")
# What the front matter of a paper's page holds: the Japanese one the facts of both languages.
FACTS: dict[Language, tuple[str, ...]] = {
    "ja": ("name", "chapter", "keywords", "status", "depth", "date", "links", "description"),
    "en": ("description",),
}
LINK_NAMES = ("paper", "code", "pytorch", "bibtex")
REQUIRED_LINKS = ("paper", "bibtex")
FRONT_MATTER = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?\r?\n)---[ \t]*\r?\n", re.DOTALL)
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Paper:
    """One paper of the reading list; `demo` is its executed notebook, where there is one."""

    entry: Entry
    name: str
    chapter: str
    keywords: tuple[str, ...]
    status: str
    depth: str | None
    date: str
    links: Mapping[str, str]
    description: Mapping[Language, str]
    demo: Path | None

    @property
    def slug(self) -> str:
        """Give the name that the paper has in every folder."""
        return self.entry.slug


def load_papers(root: Path, chapters: Mapping[str, object]) -> list[Paper]:
    """Read all papers of a repository, ordered by chapter, year and name.

    Raises FaultsError with every fault of bib/ and of the front matter.
    """
    entries, faults = read_bibliography(root / "bib")
    slugs = {path.stem for path in (root / "bib").glob("*.bib")}
    faults += _unread(root / "bib")
    for folder, kind in (*((f"docs/{language}/papers", "md") for language in LANGUAGES), ("demos", "ipynb")):
        for path in sorted((root / folder).glob(f"*.{kind}")):
            if path.stem not in slugs:
                faults.append(without_entry(path, root))
    papers: list[Paper] = []
    for slug in sorted(slugs):
        if not SLUG.fullmatch(slug):
            what = f"{slug!r} is no slug"
            faults.append(Fault(f"bib/{slug}.bib", None, what, "name the file in lower-case letters, digits and -"))
            continue
        facts, found = _facts(root, slug, chapters)
        faults += found
        if slug in entries and not found:
            papers.append(Paper(entry=entries[slug], demo=demo_of(root, slug), **facts))
    if faults:
        raise FaultsError(faults)
    order = list(chapters)
    return sorted(papers, key=lambda paper: (order.index(paper.chapter), paper.entry.year, paper.name.lower()))


def _unread(folder: Path) -> Iterator[Fault]:
    """Report entries that nothing reads: in a folder of bib/, or named as only some systems would find them."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() == ".bib" and (path.parent != folder or path.suffix != ".bib"):
            todo = f"move it to {folder.name}/{path.stem.lower()}.bib"
            yield Fault(f"{folder.name}/{path.relative_to(folder).as_posix()}", None, "is not read", todo)


def without_entry(path: Path, root: Path) -> Fault:
    """Report a file of a paper that has no entry."""
    return Fault(path.relative_to(root).as_posix(), None, "no entry", f"add bib/{path.stem}.bib")


def demo_of(root: Path, slug: str) -> Path | None:
    """Give the paper's notebook; a skeleton that was never executed is no demo yet."""
    path = root / "demos" / f"{slug}.ipynb"
    return path if path.is_file() and not is_draft(path) else None


def read_front_matter(path: Path, shown: str) -> tuple[dict[str, Any], str, list[Fault]]:
    """Read a page's front matter: the mapping, its text (for line numbers), the faults."""
    if not path.is_file():
        todo = "write it, with front matter between --- lines"
        return {}, "", [Fault(shown, None, "page is missing", todo)]
    try:
        found = FRONT_MATTER.match(read_text(path, shown))
    except FaultsError as error:
        return {}, "", list(error.faults)
    if found is None:
        return {}, "", [Fault(shown, 1, "no front matter", "open the page with facts between two --- lines")]
    try:
        facts = yaml.safe_load(found[1])
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has, such as 2026-02-30
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark is not None else 1
        problem = getattr(error, "problem", None) or f"not readable as YAML ({error})"
        return {}, "", [Fault(shown, line, str(problem), "mend the YAML, quote values that hold a colon")]
    if not isinstance(facts, dict):
        return {}, "", [Fault(shown, 1, "front matter is no list of facts", "write it as lines of name: value")]
    return facts, found[1], []


def line_of_name(text: str, name: str) -> int:
    r"""Give the line of a page on which a name of its front matter stands, the first one when it is missing.

    >>> line_of_name("name: SimCLR\nlinks:\n  code: x\n", "code"), line_of_name("name: SimCLR\n", "code")
    (4, 1)
    """
    found = re.search(rf"^[ \t]*{re.escape(name)}[ \t]*:", text, re.MULTILINE)
    # The text begins below the line of three hyphens.
    return line_of(text, found.start()) + 1 if found else 1


def _facts(root: Path, slug: str, chapters: Mapping[str, object]) -> tuple[dict[str, Any], list[Fault]]:
    """Check the front matter of both pages and give the fields of Paper that come from it."""
    shown = f"docs/ja/papers/{slug}.md"
    facts, text, faults = read_front_matter(root / shown, shown)
    checked: dict[str, Any] = {}
    if not faults:
        checked, faults = _checked(facts, text, shown, chapters)
    english = f"docs/en/papers/{slug}.md"
    translation, text, found = read_front_matter(root / english, english)
    faults += [*found, *_unknown_names(translation, text, english, "en")]
    if not found and not _is_text(translation.get("description")):
        faults.append(Fault(english, 1, "description is missing", "add description: one sentence"))
    checked["description"] = {"ja": facts.get("description", ""), "en": translation.get("description", "")}
    return checked, faults


def _unknown_names(facts: Iterable[object], text: str, shown: str, language: Language) -> Iterator[Fault]:
    """Report names that nothing reads, each with the name that is nearest to it."""
    for name in map(str, facts):
        if name in FACTS[language]:
            continue
        if name in FACTS["ja"]:
            what, todo = f"{name} stands on the Japanese page, for both languages", "take it out here"
        else:
            near = get_close_matches(name, FACTS[language], 1, 0.75)
            what, todo = (
                f"{name} is no fact of a paper",
                f"write {near[0]}, or take it out" if near else "take it out",
            )
        yield Fault(shown, line_of_name(text, name), what, todo)


def _checked(
    facts: dict[str, Any], text: str, shown: str, chapters: Mapping[str, object]
) -> tuple[dict[str, Any], list[Fault]]:
    faults = list(_unknown_names(facts, text, shown, "ja"))

    def fault(name: str, what: str, todo: str) -> None:
        faults.append(Fault(shown, line_of_name(text, name), what, todo))

    for name in ("name", "description"):
        if not _is_text(facts.get(name)):
            fault(name, f"{name} is missing", f"add {name}: one line of text")
    if not isinstance(facts.get("chapter"), str) or facts["chapter"] not in chapters:
        fault(
            "chapter",
            f"chapter {facts.get('chapter')!r}",
            f"use one of {', '.join(chapters)} (extra.chapters)",
        )
    if facts.get("status") not in STATUSES:
        fault("status", f"status {facts.get('status')!r}", f"use {' or '.join(STATUSES)}")
    if facts.get("depth") not in (DEPTHS if facts.get("status") == "read" else (None, *DEPTHS)):
        fault("depth", f"depth {facts.get('depth')!r}", f"use {' or '.join(DEPTHS)}: what the page was written from")
    # No time of day, which YAML reads as a kind of date.
    if type(facts.get("date")) is not datetime.date:
        fault("date", f"date {facts.get('date')!r}", "write it as 2026-11-23")
    keywords = facts.get("keywords")
    if not isinstance(keywords, list) or not keywords or not all(_is_text(word) for word in keywords):
        fault("keywords", "keywords are no list of words", "write keywords: [Contrastive Learning]")
        keywords = []
    links = facts.get("links")
    if not isinstance(links, dict):
        fault("links", "links are missing", "add links: with paper: and bibtex: under it")
        links = {}
    for name in links:
        if name not in LINK_NAMES:
            fault(str(name), f"link {name!r} is unknown", f"use {', '.join(LINK_NAMES)}")
        elif not is_web_link(links[name]):
            fault(name, f"link {name} {links[name]!r} is no http(s) link", "give an http or https address")
    # A paper under study may lack them: `paper-notes check` lists what is unfinished.
    for name in REQUIRED_LINKS if facts.get("status") != "studying" else ():
        if isinstance(facts.get("links"), dict) and name not in links:
            fault("links", f"link {name} is missing", f"add {name}: https://…")
    checked = {name: facts.get(name) for name in ("name", "chapter", "status", "depth")}
    date = str(facts.get("date"))
    return {**checked, "date": date, "keywords": tuple(keywords), "links": links}, faults


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
