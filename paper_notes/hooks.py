"""The MkDocs hooks: they hand pages to the plain functions of this package and hand back what those return.

All logic stands in the other modules, so that a move to another generator costs this file and site.py.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from posixpath import join as join_url
from urllib.parse import urlsplit

from jinja2 import Environment
from markdown import Markdown
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, get_toc
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

from paper_notes.changes import last_change, last_changes, sources_of
from paper_notes.citations import cite_box, head_of
from paper_notes.faults import Fault, FaultsError
from paper_notes.frame import finished, page_frame, template_frame
from paper_notes.glossary import Glossary, load_glossary
from paper_notes.glossary_page import glossary_list
from paper_notes.guard import page_problems
from paper_notes.idea_figure import idea_path, with_idea
from paper_notes.list_tools import basket_toggle
from paper_notes.marks import left_marks, missing_marks, needed_marks, replace_mark
from paper_notes.math import convert_page, convert_title
from paper_notes.notebook_page import NotebookPage, notebook_header, notebook_page, write_copy
from paper_notes.notebooks import Embedding, embed, executed_facts, read_notebook
from paper_notes.numbers import fill_numbers
from paper_notes.paper_page import demo_record, paper_header, run_kinds
from paper_notes.papers import Paper
from paper_notes.reading_list import reading_list
from paper_notes.results import Results, load_results
from paper_notes.results_page import page_parts, runs_link
from paper_notes.results_words import Place
from paper_notes.search import with_own_worker
from paper_notes.source_excerpt import with_excerpts
from paper_notes.sources import load_sources
from paper_notes.terms import mark_terms
from paper_notes.unfinished import without_todos
from paper_notes.words import LANGUAGES, WORDS, Language

log = logging.getLogger("mkdocs.plugins.paper_notes")
FIGURES = "assets/figures/"
# Holds the list's place on the glossary page until all pages have said which terms they use.
GLOSSARY_PLACE = '<div data-slot="glossary"></div>'


@dataclass
class Build:
    """What the hooks of one language's build share."""

    root: Path
    language: Language
    glossary: Glossary
    results: Results
    papers: dict[str, Paper] = field(default_factory=dict)
    changes: dict[str, datetime] = field(default_factory=dict)
    pages: dict[str, datetime | None] = field(default_factory=dict)
    uses: dict[str, list[str]] = field(default_factory=dict)
    glossary_page: Page | None = None
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    notebooks: dict[str, NotebookPage] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read all papers and give the build its own address under the site's root."""
    language: Language = "en" if config.theme["language"] == "en" else "ja"
    root = Path(config.config_file_path).parent
    papers = load_sources(root, config.extra["chapters"], config.extra["repository"])
    results, faults = load_results(root, [paper.slug for paper in papers])
    by_slug = {paper.slug: paper for paper in papers}
    changes = last_changes(root)
    config.extra["build"] = Build(root, language, load_glossary(root), results, by_slug, changes, faults=faults)
    address = (config.site_url or "/").rstrip("/") + "/"
    config.extra["root_url"] = address
    # Readers' choice of colours is kept under this path, the same for both languages.
    config.extra["scope"] = urlsplit(address).path
    config.site_url = f"{address}{language}/"
    return config


class NotebookFile(File):
    """A notebook that is a page: the plugin mkdocs-jupyter renders it."""

    def is_documentation_page(self) -> bool:
        """Say that it is a page, which MkDocs believes of Markdown only."""
        return True


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the whole notebook of each demo as a page: after the plugin, whose own kind would be in the nav."""
    build: Build = config.extra["build"]
    repository = config.extra["repository"]
    folder = build.root / ".cache" / "notebooks" / build.language
    markdown = Markdown(extensions=config.markdown_extensions, extension_configs=config.mdx_configs)
    for paper in build.papers.values():
        if paper.demo is None:
            continue
        name = f"demos/{paper.demo.name}"
        place = (name, str(folder), config.site_dir, config.use_directory_urls)
        file = NotebookFile(*place, inclusion=InclusionLevel.NOT_IN_NAV)
        notebook = read_notebook(paper.demo)
        facts = (executed_facts(notebook), demo_record(notebook, paper.slug, build.language, repository, build.root))
        header = notebook_header(paper, build.language, "../../../", repository, *facts)
        figure_folder = get_relative_url(FIGURES, file.url)
        page = notebook_page(notebook, paper, build.language, markdown, figure_folder, header)
        write_copy(page, folder / name)
        build.notebooks[name] = page
        build.faults += page.pieces.faults
        add_figures(page.pieces.files, config, files)
        files.append(file)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the generated parts where the page's marks stand."""
    build: Build = config.extra["build"]
    if whole := build.notebooks.get(page.file.src_uri):
        page.meta.update(title=whole.title, description=whole.description)
        return markdown
    shown, source = f"docs/{build.language}/{page.file.src_uri}", page.file.content_string
    results_page = get_relative_url("results/", page.url)
    markdown, faults = fill_numbers(markdown, build.results.stored, results_page, shown, source)
    build.faults += faults
    markdown = without_todos(markdown, build.language)
    paper = build.papers.get(page.file.name) if page.file.src_uri.startswith("papers/") else None
    there = {"demo": bool(paper and paper.demo), "idea": idea_path(build.root, page.file.name).is_file()}
    for fault in missing_marks(markdown, needed_marks(page.file.src_uri, **there), shown):
        log.warning("%s", fault)
    if page.file.src_uri == "index.md":
        listed = reading_list(list(build.papers.values()), config.extra["chapters"], build.language, build.glossary)
        markdown = replace_mark(markdown, "reading-list", listed)
    if page.file.src_uri == "glossary.md":
        markdown = replace_mark(markdown, "glossary", GLOSSARY_PLACE)
        build.glossary_page = page
    if page.file.src_uri == "results.md":
        markdown = _results(markdown, build, config, files, get_relative_url(FIGURES, page.url))
    if paper is None:
        build.faults += left_marks(markdown, source, shown)
        # Without an H1 of its own the page would be headed by its shorter name in the navigation.
        title = page.meta.get("title")
        return markdown if not title or re.search(r"^# ", markdown, re.MULTILINE) else f"# {title}\n\n{markdown}"
    repository = config.extra["repository"]
    site_root = "../" * (page.url.count("/") + 1)
    notebook = {"cells": []} if paper.demo is None else read_notebook(paper.demo)
    figure_folder = get_relative_url(FIGURES, page.url)
    embedding = embed(notebook, build.language, f"demos/{paper.slug}.ipynb", figure_folder)
    runs = runs_link(build.results, paper.slug, build.language, results_page)
    if paper.demo is None:
        embedding.markdown = f"{WORDS[build.language]['no-demo-yet']} {runs}"
    else:
        told = demo_record(notebook, paper.slug, build.language, repository, build.root) + run_kinds(build.language)
        record = embedding.slot(told)
        embedding.markdown = f"{record}\n\n{embedding.markdown}"
    drawing = idea_path(build.root, paper.slug)
    markdown, faults = with_idea(markdown, embedding, drawing, source, shown, build.language, figure_folder)
    build.faults += faults
    add_figures(embedding.files, config, files)
    header = embedding.slot(
        paper_header(paper, build.language, site_root, repository, executed_facts(notebook), runs)
    )
    markdown, faults = with_excerpts(markdown, embedding, source, shown, build.language, repository)
    build.faults += faults
    cite = cite_box(paper, build.language, site_root) + basket_toggle(paper, build.language)
    markdown = replace_mark(markdown, "cite", embedding.slot(cite))
    build.faults += left_marks(replace_mark(markdown, "notebook", ""), source, shown)
    markdown = replace_mark(markdown, "notebook", embedding.markdown)
    build.embeddings[page.file.src_uri] = embedding
    # The name is plain text; in Markdown a letter such as * would become a mark.
    name = re.sub(r"([\\`*_{}\[\]<>#$|!&])", r"\\\1", paper.name)
    return f"# {name} {{ #{paper.slug} }}\n\n{header}\n\n{markdown}"


def _results(markdown: str, build: Build, config: MkDocsConfig, files: Files, folder: str) -> str:
    names = {slug: paper.name for slug, paper in build.papers.items()}
    place = Place(build.language, names, config.extra["repository"])
    parts, figures = page_parts(build.results, place, folder)
    add_figures(figures, config, files)
    embedding = build.embeddings["results.md"] = Embedding()
    for name, html in parts.items():
        markdown = replace_mark(markdown, name, embedding.slot(html))
    return markdown


def add_figures(figures: Mapping[str, bytes], config: MkDocsConfig, files: Files) -> None:
    """Add generated figures to the site's files, each once."""
    for name, content in figures.items():
        if files.get_file_from_path(FIGURES + name) is None:
            files.append(File.generated(config, FIGURES + name, content=content))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill the slots, convert the formulas, refuse what must not be published."""
    build: Build = config.extra["build"]
    if whole := build.notebooks.get(page.file.src_uri):
        html = whole.finished(html)
        page.toc = get_toc(whole.outline)  # type: ignore[arg-type]  # MkDocs' name for these mappings is private
        _finish(html, page, page.file.src_uri, build)
        return html
    embedding = build.embeddings.get(page.file.src_uri, Embedding())
    path = f"docs/{build.language}/{page.file.src_uri}"
    sources = [(path, page.file.content_string)]
    paper = build.papers.get(page.file.name)
    if paper is not None and paper.demo is not None:
        sources.append((f"demos/{paper.demo.name}", embedding.markdown))
    html, faults = convert_page(html, sources)
    if page.file.src_uri in build.embeddings:
        address = get_relative_url("glossary/", page.url)
        html, build.uses[page.file.name] = mark_terms(html, build.glossary, build.language, address)
    html = embedding.fill(html)
    build.faults += faults
    _finish(html, page, path, build)
    return html


def _finish(html: str, page: Page, path: str, build: Build) -> None:
    for item in page.toc:
        _convert_titles(item)
    for problem in page_problems(html):
        what = f"the page holds {problem}"
        build.faults.append(Fault(path, None, what, "take it out of the page, its notebook or its entry"))


def _convert_titles(item: AnchorLink) -> None:
    item.title = convert_title(item.title)
    for child in item.children:
        _convert_titles(child)


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Fill the glossary page; stop before anything is written when a page had a fault."""
    build: Build = config.extra["build"]
    env.filters["with_own_worker"] = with_own_worker
    if build.faults:
        raise FaultsError(build.faults)
    if build.glossary_page is not None:
        listed = glossary_list(build.glossary, build.language, build.papers.values(), build.uses)
        build.glossary_page.content = (build.glossary_page.content or "").replace(GLOSSARY_PLACE, listed)
    return env


def on_page_context(context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation) -> TemplateContext:
    """Give the template the page's addresses in both languages."""
    build: Build = config.extra["build"]
    root_url: str = config.extra["root_url"]
    to_root = join_url(get_relative_url(".", page.url), "..")
    source = page.file.src_uri
    in_docs = all((build.root / "docs" / language / source).is_file() for language in LANGUAGES)
    in_both = in_docs or source in build.notebooks
    repository = config.extra["repository"]
    changed = build.pages[page.url] = last_change(build.changes, sources_of(source, build.language))
    paper = build.papers.get(page.file.name) if page.file.src_uri.startswith("papers/") else None
    here = (build.language, f"{root_url}{build.language}/{page.url}", f"{to_root}/", repository)
    when = changed.date().isoformat() if changed else paper.date if paper else ""
    place = {"in_both": in_both, "repository": repository, "to_root": to_root, "when": when}
    frame = page_frame(build.language, root_url, page.url, source, **place)
    config.extra["notes"] = {**frame, "head": head_of(paper, *here, when)}
    return context


def on_template_context(context: TemplateContext, template_name: str, config: MkDocsConfig) -> TemplateContext:
    """Give the templates that are no pages, such as 404.html, the same names with absolute addresses."""
    build: Build = config.extra["build"]
    config.extra["notes"] = template_frame(build.language, config.extra["root_url"])
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Give the search dialog a name for screen readers, which the theme does not."""
    return finished(output, config.extra["build"].language)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Do the same for 404.html."""
    return finished(output, config.extra["build"].language)
