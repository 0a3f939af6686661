"""The reading list of the home page, as Markdown headings (for the table of contents) and HTML rows."""

import re
from collections.abc import Mapping, Sequence
from html import escape

from paper_notes.citations import citation
from paper_notes.glossary import Glossary
from paper_notes.list_tools import basket_bar, copy_buttons, filter_tools, pick_box
from paper_notes.list_words import LIST_WORDS
from paper_notes.papers import LINK_NAMES, Paper
from paper_notes.people import script_of
from paper_notes.terms import pattern_of
from paper_notes.words import WORDS, Language

AUTHORS_SHOWN = 6
# Rows of a longer list are laid out only when they come near the window.
SHORT_LIST = 50


def reading_list(
    papers: Sequence[Paper], chapters: Mapping[str, Mapping[str, str]], language: Language, glossary: Glossary
) -> str:
    """Give the list as Markdown, grouped by chapter in the order of `chapters`; every paper is one row of HTML.

    Before it stand its filters, after it the basket of the papers that a reader selects.
    """
    words = WORDS[language]
    counts = {status: sum(paper.status == status for paper in papers) for status in ("read", "studying")}
    counts["full"] = sum((paper.status, paper.depth) == ("read", "full-text") for paper in papers)
    progress = words["progress"].format(demos=sum(paper.demo is not None for paper in papers), **counts)
    kind = "papers" if len(papers) <= SHORT_LIST else "papers papers-long"
    parts = [
        f'<p class="list-summary" data-search-exclude="true"><span>{progress}</span>'
        f'<a href="../bib/all.bib" download>{words["all-bib"]}</a></p>',
        filter_tools(papers, language),
        # Where list.js puts the rows when they are not ordered by chapter.
        f'<section class="list-sorted" data-search-exclude="true" hidden><h3>{LIST_WORDS[language]["sorted"]}</h3>'
        f'<ul class="{kind}"></ul></section>',
    ]
    names_of_terms = pattern_of(name for term in glossary.terms for name in term.names)
    for chapter, names in chapters.items():
        members = [paper for paper in papers if paper.chapter == chapter]
        if members:
            parts.append(f"### {names[language]} {{ #{chapter} }}")
            # Rows stay out of the search index: each paper has its own page there. The mark stands on a <section>,
            # since the theme's parser takes it back at the first closing tag of the same name.
            also = [other_names(paper, language, names_of_terms, glossary) for paper in members]
            rows = "".join(row(paper, language, names) for paper, names in zip(members, also, strict=True))
            parts.append(f'<section data-search-exclude="true"><ul class="{kind}">{rows}</ul></section>')
    parts.append(basket_bar(language, "../"))
    return "\n\n".join(parts)


def row(paper: Paper, language: Language, also: str) -> str:
    """Give one paper as a list item; every value is escaped, every link was checked when it was read.

    `also` holds words that no part of the row shows and by which a reader may look for it.
    """
    entry = paper.entry
    page = f"papers/{paper.slug}/"
    keywords = "".join(f"<li>{escape(word)}</li>" for word in paper.keywords)
    words = WORDS[language]
    authors = shown_authors(paper, language)
    facts = {
        "venue": entry.short_venue,
        "year": entry.year,
        "status": paper.status,
        "demo": "yes" if paper.demo else "no",
        "date": paper.date,
        "author": sorted_name(paper),
        "also": also,
    }
    data = "".join(f' data-{name}="{escape(value)}"' for name, value in facts.items())
    return (
        f'<li class="paper" id="paper-{paper.slug}"{data}>'
        f'<div class="paper-row"><div class="paper-head">{pick_box(paper, language)}'
        f'<h4 class="paper-name"><a href="{page}">{escape(paper.name)}</a></h4>'
        f"{badges(paper, language)}</div>"
        f'<p class="paper-title" lang="{script_of(entry.title)}">{escape(entry.title)}</p>'
        f'<p class="paper-meta"><span lang="{script_of(authors)}">{escape(authors)}</span>'
        f'<span class="paper-venue" lang="{script_of(entry.short_venue)}" title="{escape(entry.venue)}">'
        f"{escape(entry.short_venue)} {entry.year}</span></p>"
        f'<p class="paper-claim">{escape(paper.description[language])}</p>'
        f'<div class="paper-foot"><ul class="keywords" lang="en" aria-label="{words["keywords"]}">{keywords}</ul>'
        f'<div class="paper-links">{links(paper, language)}{copy_buttons(paper, language)}</div></div></div></li>'
    )


def other_names(paper: Paper, language: Language, names_of_terms: re.Pattern[str], glossary: Glossary) -> str:
    """Give the authors that the row leaves out, and the other names of the glossary's terms that it holds."""
    shown = " ".join((paper.entry.title, *paper.keywords, paper.description[language]))
    terms = {term.id: term for name in names_of_terms.findall(shown) if (term := glossary.find(name))}
    names = [name for term in terms.values() for name in term.names if name not in shown]
    return " · ".join((*paper.entry.authors[AUTHORS_SHOWN:], *names))


def sorted_name(paper: Paper) -> str:
    """Give the first author as names are sorted: the family's name first."""
    first: dict[str, str] = next(iter(citation(paper).item.get("author", [])), {})
    return first.get("literal", "") or f"{first.get('family', '')} {first.get('given', '')}".strip()


def badges(paper: Paper, language: Language) -> str:
    """Give the marks for reading status, with how much of the paper was read, and for the demo."""
    words = WORDS[language]
    status = f"{paper.status}-{paper.depth}" if paper.status == "read" else paper.status
    demo = "demo" if paper.demo else "no-demo"
    return (
        '<p class="badges" data-search-exclude="true">'
        f'<span class="badge badge-{paper.status}">{words[status]}</span>'
        f'<span class="badge badge-{demo}" title="{words[demo + "-title"]}">{words[demo]}</span></p>'
    )


def links(paper: Paper, language: Language) -> str:
    """Give the links to paper, code, PyTorch code and BibTeX, those that exist."""
    words = WORDS[language]
    items = "".join(
        f'<li><a href="{escape(paper.links[name])}" rel="noopener"'
        f' aria-label="{words[name]}{words["colon"]}{escape(paper.name)}">{words[name]}</a></li>'
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
