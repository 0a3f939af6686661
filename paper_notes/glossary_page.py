"""The glossary page: a list of all terms in one language, each with its counterpart and the papers that use it."""

import re
from collections.abc import Collection, Mapping
from html import escape

from paper_notes.glossary import Glossary, Term
from paper_notes.papers import Paper
from paper_notes.words import WORDS, Language


def glossary_list(
    glossary: Glossary, language: Language, papers: Collection[Paper], uses: Mapping[str, Collection[str]]
) -> str:
    """Give the list as HTML, in dictionary order; every text is escaped.

    `uses` gives for each paper's slug the ids of the terms that its page uses.
    """
    entries = []
    for term in glossary.ordered(language):
        users = [paper for paper in papers if term.id in uses.get(paper.slug, ())]
        entries.append(_entry(term, language, users))
    return f'<dl class="glossary">{"".join(entries)}</dl>'


def _entry(term: Term, language: Language, users: list[Paper]) -> str:
    words = WORDS[language]
    other: Language = "en" if language == "ja" else "ja"
    counterpart = "" if term.name[other] == term.name[language] else _word(term.name[other], language)
    more = ""
    if others := [name for name in term.names if name not in term.name.values()]:
        names = words["comma"].join(_word(name, language) for name in others)
        more += f"<div>{words['also']}{words['colon']}{names}</div>"
    if users:
        links = (f'<a href="../papers/{paper.slug}/">{escape(paper.name)}</a>' for paper in users)
        more += f"<div>{words['used-by']}{words['colon']}{words['comma'].join(links)}</div>"
    return (
        f'<div><dt id="{term.id}">{escape(term.name[language])} {counterpart}</dt>'
        f"<dd><p>{escape(term.definition[language])}</p>{more}</dd></div>"
    )


def _word(name: str, language: Language) -> str:
    """Give a name with the language it is in, where that is not the page's."""
    own: Language = "ja" if re.search("[ぁ-ヺ一-鿿]", name) else "en"
    return escape(name) if own == language else f'<span lang="{own}">{escape(name)}</span>'
