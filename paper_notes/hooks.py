"""The MkDocs hooks: they hand pages to the plain functions of this package and hand back what those return.

All logic stands in the other modules, so that a move to another generator costs this file and site.py.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import join as join_url
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

from paper_notes.citations import cite_box
from paper_notes.faults import Fault, FaultsError
from paper_notes.guard import page_problems
from paper_notes.math import convert_page, convert_title
from paper_notes.notebooks import Embedding, code_of, embed, executed_facts, read_notebook
from paper_notes.paper_page import paper_header, run_record
from paper_notes.papers import Paper
from paper_notes.reading_list import reading_list
from paper_notes.sources import load_sources
from paper_notes.words import LANGUAGES, NAMES, WORDS, Language

log = logging.getLogger("mkdocs.plugins.paper_notes")
FIGURES = "assets/figures/"


@dataclass
class Build:
    """What the hooks of one language's build share."""

    root: Path
    language: Language
    papers: dict[str, Paper] = field(default_factory=dict)
    embeddings: dict[str, Embedding] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read all papers and give the build its own address under the site's root."""
    language: Language = "en" if config.theme["language"] == "en" else "ja"
    root = Path(config.config_file_path).parent
    papers = load_sources(root, config.extra["chapters"], config.extra["repository"])
    config.extra["build"] = Build(root, language, {paper.slug: paper for paper in papers})
    address = (config.site_url or "/").rstrip("/") + "/"
    config.extra["root_url"] = address
    # Readers' choice of colours is kept under this path, the same for both languages.
    config.extra["scope"] = urlsplit(address).path
    config.site_url = f"{address}{language}/"
    return config


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Put the generated parts where the page's marks stand."""
    build: Build = config.extra["build"]
    if page.file.src_uri == "index.md":
        listed = reading_list(list(build.papers.values()), config.extra["chapters"], build.language)
        check_marks(markdown, ["reading-list"], f"docs/{build.language}/index.md")
        markdown = replace_mark(markdown, "reading-list", listed)
    paper = build.papers.get(page.file.name) if page.file.src_uri.startswith("papers/") else None
    if paper is None:
        # Without an H1 of its own the page would be headed by its shorter name in the navigation.
        title = page.meta.get("title")
        return markdown if not title or re.search(r"^# ", markdown, re.MULTILINE) else f"# {title}\n\n{markdown}"
    needed = ["cite"] if paper.demo is None else ["cite", "notebook"]
    check_marks(markdown, needed, f"docs/{build.language}/{page.file.src_uri}")
    repository = config.extra["repository"]
    site_root = "../" * (page.url.count("/") + 1)
    embedding = _embedding(build, paper, get_relative_url(FIGURES, page.url), repository)
    for name, content in embedding.files.items():
        if files.get_file_from_path(FIGURES + name) is None:
            files.append(File.generated(config, FIGURES + name, content=content))
    header = embedding.slot(paper_header(paper, build.language, site_root, repository))
    markdown = replace_mark(markdown, "cite", embedding.slot(cite_box(paper, build.language, site_root)))
    markdown = replace_mark(markdown, "notebook", embedding.markdown)
    build.embeddings[page.file.src_uri] = embedding
    # The name is plain text; in Markdown a letter such as * would become a mark.
    name = re.sub(r"([\\`*_{}\[\]<>#$|!&])", r"\\\1", paper.name)
    return f"# {name} {{ #{paper.slug} }}\n\n{header}\n\n{markdown}"


def check_marks(markdown: str, names: list[str], shown: str) -> None:
    """Warn of a page without a line that says where a generated part goes: the part would silently be missing."""
    for name in names:
        if not _mark(name).search(markdown):
            log.warning("%s: no line <!-- %s -->: add it where that part goes", shown, name)


def _mark(name: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*<!--\s*{name}\s*-->[ \t]*$", re.MULTILINE)


def replace_mark(markdown: str, name: str, content: str) -> str:
    r"""Replace the line `<!-- name -->`.

    >>> replace_mark("a\n<!-- cite -->\nb", "cite", "BOX")
    'a\n\nBOX\n\nb'
    """
    return _mark(name).sub(lambda _: f"\n{content}\n", markdown)


def _embedding(build: Build, paper: Paper, figure_folder: str, repository: str) -> Embedding:
    if paper.demo is None:
        return Embedding()
    shown = f"demos/{paper.demo.name}"
    notebook = read_notebook(paper.demo)
    page = embed(notebook, build.language, shown, figure_folder)
    stale = is_stale(executed_facts(notebook), code_of(notebook), paper.slug)
    if stale:
        log.info("%s: ssl_core has changed since it was executed: run make demos DEMO=%s", shown, paper.slug)
    record = page.slot(run_record(executed_facts(notebook), build.language, repository, stale=stale))
    page.markdown = f"{record}\n\n{page.markdown}"
    return page


def is_stale(executed: Mapping[str, Any], code: str, slug: str) -> bool:
    """Tell whether the files of ssl_core that a demo uses have changed since it was executed."""
    from ssl_core.digest import notebook_digest

    return bool(executed.get("source_digest") != notebook_digest(code, slug))


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill the slots, convert the formulas, refuse what must not be published."""
    build: Build = config.extra["build"]
    embedding = build.embeddings.get(page.file.src_uri, Embedding())
    path = f"docs/{build.language}/{page.file.src_uri}"
    sources = [(path, page.file.content_string)]
    paper = build.papers.get(page.file.name)
    if paper is not None and paper.demo is not None:
        sources.append((f"demos/{paper.demo.name}", embedding.markdown))
    html, faults = convert_page(html, sources)
    html = embedding.fill(html)
    build.faults += faults
    for item in page.toc:
        _convert_titles(item)
    for problem in page_problems(html):
        what = f"the page holds {problem}"
        build.faults.append(Fault(path, None, what, "take it out of the page, its notebook or its entry"))
    return html


def _convert_titles(item: AnchorLink) -> None:
    item.title = convert_title(item.title)
    for child in item.children:
        _convert_titles(child)


def on_env(env: Environment, config: MkDocsConfig, files: Files) -> Environment:
    """Stop before anything is written when a page had a fault."""
    if config.extra["build"].faults:
        raise FaultsError(config.extra["build"].faults)
    return env


def on_page_context(context: TemplateContext, page: Page, config: MkDocsConfig, nav: Navigation) -> TemplateContext:
    """Give the template the page's addresses in both languages."""
    build: Build = config.extra["build"]
    root_url: str = config.extra["root_url"]
    to_root = join_url(get_relative_url(".", page.url), "..")
    languages = {language: f"{root_url}{language}/{page.url}" for language in LANGUAGES}
    other: Language = "en" if build.language == "ja" else "ja"
    exists = (build.root / "docs" / other / page.file.src_uri).is_file()
    # Only the site's first page has one address for both languages.
    languages_default = root_url if page.is_homepage else languages["en"]
    config.extra["notes"] = {
        "alternates": {**languages, "x-default": languages_default} if exists else {},
        "other": other,
        "other_name": NAMES[other],
        "other_url": f"{to_root}/{other}/{page.url if exists else ''}",
        "words": WORDS[build.language],
    }
    return context


def on_template_context(context: TemplateContext, template_name: str, config: MkDocsConfig) -> TemplateContext:
    """Give the templates that are no pages, such as 404.html, the same names with absolute addresses."""
    build: Build = config.extra["build"]
    other: Language = "en" if build.language == "ja" else "ja"
    path = urlsplit(config.extra["root_url"]).path
    config.extra["notes"] = {
        "alternates": {},
        "other": other,
        "other_name": NAMES[other],
        "other_url": f"{path}{other}/",
        "words": WORDS[build.language],
    }
    return context


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Give the search dialog a name for screen readers, which the theme does not."""
    label = WORDS[config.extra["build"].language]["search-dialog"]
    return output.replace('role="dialog"', f'role="dialog" aria-label="{label}"', 1)
