"""`paper-notes check`: everything inconsistent or unfinished in a repository, at once and without building the site.

The errors are those of the build, found by the same functions; only links between pages need the build itself.
"""

from collections.abc import Iterator
from pathlib import Path

from markdown import Markdown
from mkdocs.config import load_config
from mkdocs.config.defaults import MkDocsConfig

from paper_notes.add import WORK
from paper_notes.faults import Fault, FaultsError
from paper_notes.idea_figure import idea_path, with_idea
from paper_notes.marks import has_mark, left_marks, replace_mark
from paper_notes.math import convert_page
from paper_notes.notebooks import Embedding, is_draft
from paper_notes.numbers import fill_numbers
from paper_notes.papers import FRONT_MATTER
from paper_notes.parity import heading_fault, headings_of
from paper_notes.results import load_results
from paper_notes.site import CONFIGS
from paper_notes.source_excerpt import with_excerpts
from paper_notes.sources import load_sources
from paper_notes.stored_runs import Stored
from paper_notes.unfinished import unfinished, without_todos
from paper_notes.words import LANGUAGES, Language


def check(root: Path) -> tuple[list[Fault], list[Fault]]:
    """Give the errors of a repository, which stop its build, and what is unfinished, which does not."""
    config = load_config(str(root / CONFIGS["ja"]))
    extra = config.extra
    faults: list[Fault] = []
    try:
        load_sources(root, extra["chapters"], extra["repository"])
    except FaultsError as error:
        faults += error.faults
    slugs = sorted(path.stem for path in (root / "bib").glob("*.bib"))
    results, wrong = load_results(root, slugs)
    faults += wrong
    faults += _interrupted(root)
    for path in sorted((root / "docs/ja").rglob("*.md")):
        name = path.relative_to(root / "docs/ja").as_posix()
        html: dict[Language, str] = {}
        for language in LANGUAGES:
            if (root / "docs" / language / name).is_file():
                html[language], found = _page(root, name, language, results.stored, config)
                faults += found
        if len(html) == len(LANGUAGES):
            fault = heading_fault(f"docs/ja/{name}", *(headings_of(html[language]) for language in LANGUAGES))
            faults += [fault] if fault else []
    faults += _missing_pages(root)
    return list(FaultsError(faults).faults), unfinished(root, results.stored)


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
        if not name.startswith("papers/"):
            yield Fault(f"docs/{lacking}/{name}", None, "page is missing", "write it in this language too")


def _interrupted(root: Path) -> Iterator[Fault]:
    for folder in sorted((root / WORK).glob("adding-*")):
        slug = folder.name.removeprefix("adding-")
        todo = "repeat it: it first undoes what is left"
        yield Fault(folder.relative_to(root).as_posix(), None, f"`paper-notes add` of {slug} was interrupted", todo)


def _page(root: Path, name: str, language: Language, stored: Stored, config: MkDocsConfig) -> tuple[str, list[Fault]]:
    """Put a page's parts in place as the build does, and render it; gives the HTML and the faults."""
    shown = f"docs/{language}/{name}"
    source = (root / shown).read_text(encoding="utf-8-sig")
    markdown, faults = fill_numbers(FRONT_MATTER.sub("", source), stored, "", shown, source)
    markdown = without_todos(markdown, language)
    slug = Path(name).stem
    if name.startswith("papers/"):
        demo = root / "demos" / f"{slug}.ipynb"
        needed = {"cite": True, "notebook": demo.is_file() and not is_draft(demo)}
        needed["idea"] = idea_path(root, slug).is_file()
        for mark, wanted in needed.items():
            if wanted and not has_mark(markdown, mark):
                todo = "add it where that part goes"
                faults.append(Fault(shown, None, f"no line <!-- {mark} -->", todo))
        pieces = Embedding()
        markdown, found = with_idea(markdown, pieces, idea_path(root, slug), source, shown, language, "")
        faults += found
        markdown, found = with_excerpts(markdown, pieces, source, shown, language, config.extra["repository"])
        faults += found
        for mark in ("cite", "notebook"):
            markdown = replace_mark(markdown, mark, "")
        faults += left_marks(markdown, source, shown)
    html = Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs).convert(markdown)
    html, found = convert_page(html, [(shown, source)])
    return html, faults + found
