"""The reading list of the home page, as Markdown headings (for the table of contents) and HTML rows."""

from collections.abc import Mapping, Sequence
from html import escape

from paper_notes.papers import LINK_NAMES, Paper
from paper_notes.words import WORDS, Language

AUTHORS_SHOWN = 6


def reading_list(papers: Sequence[Paper], chapters: Mapping[str, Mapping[str, str]], language: Language) -> str:
    """Give the list as Markdown, grouped by chapter in the order of `chapters`; every paper is one row of HTML."""
    words = WORDS[language]
    counts = {status: sum(paper.status == status for paper in papers) for status in ("read", "studying")}
    progress = words["progress"].format(demos=sum(paper.demo is not None for paper in papers), **counts)
    parts = [
        f'<p class="list-summary" data-search-exclude="true"><span>{progress}</span>'
        f'<a href="../bib/all.bib" download>{words["all-bib"]}</a></p>'
    ]
    for chapter, names in chapters.items():
        members = [paper for paper in papers if paper.chapter == chapter]
        if members:
            parts.append(f"### {names[language]} {{ #{chapter} }}")
            # Rows stay out of the search index: each paper has its own page there. The mark stands on a <section>,
            # since the theme's parser takes it back at the first closing tag of the same name.
            rows = "".join(row(paper, language) for paper in members)
            parts.append(f'<section data-search-exclude="true"><ul class="papers">{rows}</ul></section>')
    return "\n\n".join(parts)


def row(paper: Paper, language: Language) -> str:
    """Give one paper as a list item; every value is escaped, every link was checked when it was read."""
    entry = paper.entry
    page = f"papers/{paper.slug}/"
    keywords = "".join(f"<li>{escape(word)}</li>" for word in paper.keywords)
    words = WORDS[language]
    return (
        f'<li class="paper" id="paper-{paper.slug}">'
        f'<div class="paper-head"><h4 class="paper-name"><a href="{page}">{escape(paper.name)}</a></h4>'
        f"{badges(paper, language)}</div>"
        f'<p class="paper-title" lang="en">{escape(entry.title)}</p>'
        f'<p class="paper-meta"><span lang="en">{escape(shown_authors(paper, language))}</span>'
        f'<span class="paper-venue" lang="en" title="{escape(entry.venue)}">{escape(entry.short_venue)} {entry.year}'
        "</span></p>"
        f'<p class="paper-claim">{escape(paper.description[language])}</p>'
        f'<div class="paper-foot"><ul class="keywords" lang="en" aria-label="{words["keywords"]}">{keywords}</ul>'
        f"{links(paper, language)}</div></li>"
    )


def badges(paper: Paper, language: Language) -> str:
    """Give the marks for reading status and demo."""
    words = WORDS[language]
    demo = "demo" if paper.demo else "no-demo"
    return (
        f'<p class="badges"><span class="badge badge-{paper.status}">{words[paper.status]}</span>'
        f'<span class="badge badge-{demo}" title="{words[demo + "-title"]}">{words[demo]}</span></p>'
    )


def links(paper: Paper, language: Language) -> str:
    """Give the links to paper, code, PyTorch code and BibTeX, those that exist."""
    words = WORDS[language]
    items = "".join(
        f'<li><a href="{escape(paper.links[name])}" rel="noopener">{words[name]}'
        f'<span class="visually-hidden">{words["colon"]}{escape(paper.name)}</span></a></li>'
        for name in LINK_NAMES
        if name in paper.links
    )
    return f'<ul class="links" aria-label="{words["links"]}">{items}</ul>'


def shown_authors(paper: Paper, language: Language) -> str:
    """Give the first authors and the number of the others."""
    authors = paper.entry.authors
    if len(authors) <= AUTHORS_SHOWN + 1:
        return ", ".join(authors)
    rest = WORDS[language]["et-al"].format(count=len(authors) - AUTHORS_SHOWN)
    return ", ".join(authors[:AUTHORS_SHOWN]) + WORDS[language]["comma"] + rest
