"""`paper-notes check`: everything inconsistent or unfinished in a repository, at once and without building the site.

The errors are those of the build, found by the same functions; only links between pages need the build itself.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from markdown import Markdown
from mkdocs.config.defaults import MkDocsConfig

from paper_notes.add import WORK
from paper_notes.faults import Fault, FaultsError, read_text
from paper_notes.idea_figure import idea_path, with_idea
from paper_notes.marks import left_marks, missing_marks, needed_marks, replace_mark
from paper_notes.math import convert_page
from paper_notes.notebooks import Embedding
from paper_notes.numbers import fill_numbers
from paper_notes.papers import FRONT_MATTER, demo_of
from paper_notes.parity import heading_fault, headings_of
from paper_notes.results import load_results
from paper_notes.settings import CONFIGS, collected_warnings, load_settings
from paper_notes.source_excerpt import with_excerpts
from paper_notes.sources import load_sources
from paper_notes.stored_runs import Stored
from paper_notes.unfinished import unfinished, without_todos
from paper_notes.words import LANGUAGES, Language


def check(root: Path) -> tuple[list[Fault], list[Fault]]:
    """Give the errors of a repository, which stop its build, and what is unfinished, which does not."""
    configs, faults = _settings(root)
    slugs = sorted(path.stem for path in (root / "bib").glob("*.bib"))
    results, wrong = load_results(root, slugs)
    faults += wrong
    faults += _interrupted(root)
    faults += _missing_pages(root)
    # Without the Japanese settings, which the English ones build on, no page can be read as the build does.
    if "ja" in configs:
        extra = configs["ja"].extra
        try:
            load_sources(root, extra["chapters"], extra["repository"])
        except FaultsError as error:
            faults += error.faults
        faults += _pages(root, results.stored, configs)
    return list(FaultsError(faults).faults), unfinished(root, results.stored)


def _settings(root: Path) -> tuple[dict[Language, MkDocsConfig], list[Fault]]:
    """Read the configurations of both builds, those that can be read; a warning of MkDocs stops the build too."""
    configs: dict[Language, MkDocsConfig] = {}
    faults: list[Fault] = []
    for language in LANGUAGES:
        with collected_warnings() as told:
            try:
                configs[language] = load_settings(root, language)
            except FaultsError as error:
                faults += error.faults
                continue
        faults += [Fault(CONFIGS[language], None, line.rstrip("."), "mend this setting") for line in told]
    return configs, faults


def _pages(root: Path, stored: Stored, configs: Mapping[Language, MkDocsConfig]) -> Iterator[Fault]:
    """Report what is wrong on each page, and headings that its two languages do not share."""
    for path in sorted((root / "docs/ja").rglob("*.md")):
        name = path.relative_to(root / "docs/ja").as_posix()
        html: dict[Language, str] = {}
        for language in LANGUAGES:
            shown = f"docs/{language}/{name}"
            if (root / shown).is_file():
                try:
                    source = read_text(root / shown, shown)
                except FaultsError as error:
                    yield from error.faults
                    continue
                config = configs.get(language, configs["ja"])
                html[language], faults = _page(root, name, language, source, stored, config)
                yield from faults
        if len(html) == len(LANGUAGES):
            fault = heading_fault(f"docs/ja/{name}", *(headings_of(html[language]) for language in LANGUAGES))
            yield from [fault] if fault else []


def _missing_pages(root: Path) -> Iterator[Fault]:
    """Report pages that stand in one language; those of papers are reported with their entries."""
    names = {
        language: {
            path.relative_to(root / "docs" / language).as_posix() for path in (root / "docs" / language).rglob("*.md")
        }
        for language in LANGUAGES
    }
    for name in sorted(names["ja"] ^ names["en"]):
        lacking = "en" if name in names["ja"] else "ja"
        if not re.fullmatch(r"papers/[^/]*", name):
            yield Fault(f"docs/{lacking}/{name}", None, "page is missing", "write it in this language too")


def _interrupted(root: Path) -> Iterator[Fault]:
    for folder in sorted((root / WORK).glob("adding-*")):
        slug = folder.name.removeprefix("adding-")
        todo = "repeat it: it first undoes what is left"
        yield Fault(folder.relative_to(root).as_posix(), None, f"`paper-notes add` of {slug} was interrupted", todo)


def _page(
    root: Path, name: str, language: Language, source: str, stored: Stored, config: MkDocsConfig
) -> tuple[str, list[Fault]]:
    """Put a page's parts in place as the build does, and render it; gives the HTML and the faults."""
    shown = f"docs/{language}/{name}"
    slug = Path(name).stem
    markdown, faults = fill_numbers(FRONT_MATTER.sub("", source), stored, "", shown, source)
    markdown = without_todos(markdown, language)
    drawing = idea_path(root, slug)
    needed = needed_marks(name, demo=demo_of(root, slug) is not None, idea=drawing.is_file())
    faults += missing_marks(markdown, needed, shown)
    if name.startswith("papers/"):
        pieces = Embedding()
        markdown, found = with_idea(markdown, pieces, drawing, source, shown, language, "")
        faults += found
        markdown, found = with_excerpts(markdown, pieces, source, shown, language, config.extra["repository"])
        faults += found
        # A page may keep the mark of a demo that is still to be written.
        needed = ("cite", "notebook")
    for mark in needed:
        markdown = replace_mark(markdown, mark, "")
    faults += left_marks(markdown, source, shown)
    html = Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs).convert(markdown)
    html, found = convert_page(html, [(shown, source)])
    return html, faults + found
