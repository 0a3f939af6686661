"""Finds the glossary's terms in text: marks their first use on a rendered page, reports words that it rules out.

A name is found where a reader would see it as a word: a Latin one between characters of no word, in any case and with
an s where it is lower-case; a Japanese one where its neighbours do not make a longer katakana or kanji word of it. Of
several names that fit at one place the longest counts, so that a part of another term's name is no use of a term.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from html import escape
from html.parser import HTMLParser
from pathlib import Path

from paper_notes.faults import Fault, FaultsError, line_of, read_text
from paper_notes.glossary import SOURCE, Glossary, Term, folded, load_glossary
from paper_notes.idea_figure import alternative_text, read_idea
from paper_notes.notebooks import Notebook, cells_in, joined, read_notebook
from paper_notes.words import LANGUAGES, Language

# Elements whose text is no running prose, or a link already.
KEPT = {
    "a",
    "abbr",
    "button",
    "code",
    "dfn",
    "figure",
    "kbd",
    "math",
    "pre",
    "samp",
    "script",
    "style",
    "summary",
    "svg",
}
KEPT |= {"h1", "h2", "h3", "h4", "h5", "h6", "textarea", "th", "var"}
KATAKANA = "ァ-ヺー"
KANJI = "一-鿿々"
LATIN = "0-9A-Za-zÀ-ɏ_-"
# What is no prose in Markdown: code, formulas, addresses, comments, ids of headings.
NO_PROSE = re.compile(
    r"^```.*?^```$|`[^`\n]+`|^\$\$\n.*?\n\$\$$|(?<!\\)\$[^$\n]+\$"
    r"|(?<=\])\([^)\n]*\)|https?://[^\s)]+|<!--.*?-->|\{ #[a-z0-9-]+ \}",
    re.MULTILINE | re.DOTALL,
)


def pattern_of(names: Iterable[str]) -> re.Pattern[str]:
    """Give the pattern that finds each of the names as a word, the longest first.

    >>> pattern_of(["view", "ビュー", "EMA"]).findall("two Views, review, ビュー, レビュー, EMA, ema")
    ['Views', 'ビュー', 'EMA']
    """
    longest_first = sorted(dict.fromkeys(names), key=lambda name: (-len(name), name))
    return re.compile("|".join(_bounded(name) for name in longest_first) or r"(?!)")


def _bounded(name: str) -> str:
    # An author may break a line between two words.
    body = r"\s+".join(re.escape(word) for word in name.split())
    if name.isascii() and name.islower() and name[-1] != "s":
        body += "s?"
    if name == name.lower():
        body = f"(?i:{body})"
    return f"{_edge(name[0], '(?<!{})')}{body}{_edge(name[-1], '(?!{})')}"


def _edge(letter: str, around: str) -> str:
    kind = next((kind for kind in (KATAKANA, KANJI, LATIN) if re.match(f"[{kind}]", letter)), None)
    return around.format(f"[{kind}]") if kind else ""


def mark_terms(html: str, glossary: Glossary, language: Language, address: str) -> tuple[str, list[str]]:
    """Link the first use of each term in rendered HTML to its entry on the glossary page at `address`.

    The definition goes along as data-definition, which site.css shows. Gives the HTML, otherwise unchanged, and the
    ids of the terms found.
    """
    pattern = pattern_of(word for term in glossary.terms for word in (*term.names, *term.exceptions))
    parts: list[str] = []
    found: list[str] = []
    done = 0
    for start, text in text_nodes(html):
        for match in pattern.finditer(text):
            term = glossary.find(match[0])
            if term is None or term.id in found:
                continue
            found.append(term.id)
            definition = escape(term.definition[language])
            link = f'<a class="term" href="{escape(address)}#{term.id}" data-definition="{definition}">{match[0]}</a>'
            parts += [html[done : start + match.start()], link]
            done = start + match.end()
    return "".join((*parts, html[done:])), found


def text_nodes(html: str) -> list[tuple[int, str]]:
    """Give the pieces of running text in HTML, each with its position.

    >>> text_nodes("<p>a <code>b</code> c</p>")
    [(3, 'a '), (19, ' c')]
    """
    walk = _Walk(html)
    walk.feed(html)
    walk.close()
    return walk.nodes


class _Walk(HTMLParser):
    def __init__(self, html: str) -> None:
        # Character references stay as they are, so that positions are those of the source.
        super().__init__(convert_charrefs=False)
        self.nodes: list[tuple[int, str]] = []
        self._inside: list[str] = []
        self._lines = [0, *(found.end() for found in re.finditer("\n", html))]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in KEPT:
            self._inside.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Do nothing: it holds no text (SVG and MathML have such elements)."""

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self._inside:
            line, column = self.getpos()
            self.nodes.append((self._lines[line - 1] + column, data))


def variant_faults(markdown: str, shown: str, glossary: Glossary, language: Language) -> list[Fault]:
    """Report words in a Markdown page that the glossary rules out, each with the word to use instead."""
    owners = {folded(variant): term for term in glossary.terms for variant in term.variants}
    # A Japanese variant is no better inside a compound.
    each = [_bounded(variant) if variant.isascii() else re.escape(variant) for variant in sorted(owners, key=len)]
    prose = NO_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), markdown)
    faults = []
    for found in re.finditer("|".join(reversed(each)) or r"(?!)", prose):
        term = owners.get(folded(found[0])) or owners[folded(found[0]).removesuffix("s")]
        # A name may hold the variant: アンカ stands in each アンカー.
        if any(start <= found.start() and found.end() <= end for start, end in _places(term, prose)):
            continue
        what = f"{found[0]!r} is not this site's word"
        faults.append(Fault(shown, line_of(prose, found.start()), what, f"write {term.name[language]} ({SOURCE})"))
    return faults


def _places(term: Term, prose: str) -> list[tuple[int, int]]:
    """Give start and end of each name of a term in a text, in compounds too where it is Japanese; longest first."""
    names = sorted(term.names, key=len, reverse=True)
    pattern = "|".join(_bounded(name) if name.isascii() else re.escape(name) for name in names)
    return [found.span() for found in re.finditer(pattern, prose)]


def glossary_faults(root: Path) -> list[Fault]:
    """Check a repository's glossary, and that pages, notebooks and drawings use no word that it rules out."""
    try:
        glossary = load_glossary(root)
    except FaultsError as error:
        return list(error.faults)
    faults = []
    for language in LANGUAGES:
        for path in sorted((root / "docs" / language).rglob("*.md")):
            shown = path.relative_to(root).as_posix()
            try:
                faults += variant_faults(read_text(path, shown), shown, glossary, language)
            except FaultsError as error:
                faults += error.faults
        for shown, where, text in _other_texts(root, language):
            for fault in variant_faults(text, shown, glossary, language):
                faults.append(Fault(shown, None, f"{where}: {fault.what}", fault.todo))
    return faults


def _other_texts(root: Path, language: Language) -> Iterator[tuple[str, str, str]]:
    """Give what a reader of one language meets in notebooks and drawings: file, place in it, text.

    A file that cannot be read is left to the checks of its own kind.
    """
    for path in sorted((root / "demos").glob("*.ipynb")):
        with suppress(ValueError):
            for number, text in prose_of(read_notebook(path), language):
                yield f"demos/{path.name}", f"cell {number}", text
    for path in sorted((root / "paper_notes" / "ideas").glob("*.py")):
        with suppress(FaultsError):
            yield f"paper_notes/ideas/{path.name}", "alternative text", alternative_text(read_idea(path), language)


def prose_of(notebook: Notebook, language: Language) -> Iterator[tuple[int, str]]:
    """Give the texts of a notebook in one language: text cells, sentences from code, alternative texts of figures.

    Each comes with the number of its cell, counted from 1.

    >>> list(prose_of({"cells": [{"cell_type": "markdown", "source": ["A ", "view"]}]}, "en"))
    [(1, 'A view')]
    """
    for number, cell in cells_in(notebook, language):
        if cell["cell_type"] == "markdown":
            yield number, joined(cell["source"])
        for output in cell.get("outputs", []):
            own = output.get("metadata", {}).get("paper_notes", {})
            if own.get("lang") in (None, language):
                yield number, joined(output.get("data", {}).get("text/markdown", ""))
                yield number, str(own.get("alt", {}).get(language, ""))
