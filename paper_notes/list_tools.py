"""The controls of the reading list: filters, order, the basket of selected papers. list.js and basket.js drive them.

They stand in the page, so that nothing moves when the scripts start, and are hidden where scripts are turned off.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from paper_notes.citations import TITLES
from paper_notes.list_words import LIST_WORDS
from paper_notes.papers import STATUSES, Paper
from paper_notes.words import WORDS, Language

ORDERS = ("", "year-new", "year-old", "title", "author", "venue", "date")


def filter_tools(papers: Sequence[Paper], language: Language) -> str:
    """Give the filters, the number shown, and what an empty result says."""
    words = LIST_WORDS[language]
    venues = Counter(paper.entry.short_venue for paper in papers)
    years = Counter(paper.entry.year for paper in papers)
    keywords = Counter(word for paper in papers for word in dict.fromkeys(paper.keywords))
    status = {name: WORDS[language][name] for name in STATUSES}
    orders = {name: words[f"by-{name or 'chapter'}"] for name in ORDERS}
    controls = (
        f'<label class="list-words"><span>{words["words"]}</span>'
        '<input type="search" name="words" autocomplete="off" spellcheck="false"'
        f' placeholder="{words["words-hint"]}"></label>'
        + select("sort", orders, language)
        + select("venue", _counted(venues, sorted(venues, key=str.casefold)), language)
        + select("year", _counted(years, sorted(years, reverse=True)), language)
        + select("keyword", _counted(keywords, sorted(keywords, key=str.casefold)), language)
        + select("status", status, language)
        + select("demo", {"yes": words["yes"], "no": words["no"]}, language)
    )
    every = words["shown-all"].format(all=len(papers))
    return (
        f'<section class="list-tools needs-script" data-search-exclude="true" aria-label="{words["tools"]}">'
        f'<div class="list-controls">{controls}</div>'
        '<div class="list-state">'
        f'<p role="status" data-all="{words["shown-all"]}" data-some="{words["shown-some"]}">{every}</p>'
        '<label class="list-picked"><input type="checkbox" name="picked" autocomplete="off">'
        f"{words['picked']}</label>"
        f'<button type="button" class="button list-take" data-words="{words["take"]}">'
        f"{words['take'].format(shown=len(papers))}</button>"
        f'<button type="button" class="button list-reset" hidden>{words["reset"]}</button></div>'
        f'<div class="list-none" hidden><p>{words["none"]}</p>'
        f'<button type="button" class="button list-reset">{words["reset"]}</button></div>'
        "</section>"
    )


def _counted(counts: Mapping[str, int], order: Iterable[str]) -> dict[str, str]:
    return {name: f"{name} ({counts[name]})" for name in order}


def select(name: str, options: Mapping[str, str], language: Language) -> str:
    """Give a labelled select; without an option for the empty value it begins with one that filters nothing."""
    words = LIST_WORDS[language]
    shown = options if "" in options else {"": words["any"], **options}
    items = "".join(f'<option value="{escape(value)}">{escape(text)}</option>' for value, text in shown.items())
    return (
        f'<label class="list-{name}"><span>{words[name]}</span>'
        f'<select name="{name}" autocomplete="off">{items}</select></label>'
    )


def basket_bar(language: Language, site_root: str) -> str:
    """Give the notice of what a link selected, and the bar that gives citations of the selected papers.

    `site_root` is the relative address of the folder that holds bib/, ending in a slash.
    """
    words = LIST_WORDS[language]
    formats = "".join(f'<option value="{name}">{text}</option>' for name, text in TITLES.items())
    messages = "".join(
        f' data-{name}="{words[name]}"'
        for name in ("done", "linked", "unread", "refused", "unknown", "replaced", "copied", "text-label")
    )
    return (
        f'<section class="basket needs-script" id="basket" data-search-exclude="true" aria-label="{words["basket"]}"'
        f' data-citations="{site_root}bib/citations.js"{messages}>'
        '<div class="basket-note" hidden><p></p>'
        f'<button type="button" class="button basket-undo" hidden>{words["undo"]}</button>'
        f'<button type="button" class="button basket-close">{words["close"]}</button>'
        f'<textarea readonly rows="8" aria-label="BibTeX" spellcheck="false" translate="no" hidden></textarea></div>'
        '<div class="basket-bar" hidden>'
        f'<p class="basket-count" data-words="{words["basket-count"]}"></p>'
        f'<label class="basket-format"><span class="visually-hidden">{words["format"]}</span>'
        f'<select autocomplete="off">{formats}</select></label>'
        f'<button type="button" class="button button-main basket-copy">{words["copy"]}</button>'
        f'<button type="button" class="button basket-download">{words["download"]}</button>'
        f'<button type="button" class="button basket-link">{words["link"]}</button>'
        f'<button type="button" class="button basket-clear">{words["clear"]}</button>'
        f'<details class="basket-text"><summary>{words["text"]}</summary>'
        '<textarea readonly rows="8" spellcheck="false" translate="no"></textarea></details>'
        '<p class="basket-said"></p></div>'
        # Always there, since a message in a part that has just appeared is not read out.
        '<p class="basket-spoken visually-hidden" role="status"></p></section>'
    )


def pick_box(paper: Paper, language: Language) -> str:
    """Give the box that puts a paper of the list into the basket."""
    label = escape(LIST_WORDS[language]["pick"].format(name=paper.name))
    return (
        f'<label class="pick needs-script"><input type="checkbox" value="{paper.slug}" autocomplete="off"'
        f' aria-label="{label}"></label>'
    )


def copy_buttons(paper: Paper, language: Language) -> str:
    """Give the buttons of a row: one copies its BibTeX entry, the other opens those of the other formats.

    basket.js makes these when they are asked for: five more buttons in each of 1,000 rows would weigh too much.
    """
    words = LIST_WORDS[language]
    name = f"{WORDS[language]['colon']}{escape(paper.name)}"
    return (
        f'<button type="button" class="row-copy needs-script" data-slug="{paper.slug}"'
        f' aria-label="{words["copy-bibtex"]}{name}">{words["copy-bibtex"]}</button>'
        f'<button type="button" class="row-copy row-more needs-script" data-slug="{paper.slug}" aria-expanded="false"'
        f' aria-label="{words["more-formats"]}{name}">{words["more-formats"]}</button>'
    )


def basket_toggle(paper: Paper, language: Language) -> str:
    """Give the box of a paper's page that puts it into the basket, and the link to the basket."""
    words = LIST_WORDS[language]
    return (
        '<p class="basket-toggle needs-script" data-search-exclude="true">'
        f'<label class="pick"><input type="checkbox" value="{paper.slug}" autocomplete="off">'
        f"{words['toggle']}</label>"
        f'<a href="../../#basket" data-words="{words["to-basket"]}" hidden></a></p>'
    )
