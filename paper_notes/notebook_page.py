"""The whole notebook as a page of its own, rendered by the plugin mkdocs-jupyter from a copy made here.

The copy holds one language. What the plugin does badly is taken out of its hands: text cells, figures and HTML
outputs become empty places, filled afterwards with what the site makes of them (Japanese headings with ids, MathML,
figures as files, cleaned tables). What it adds to every page and the theme does better is taken away again: 596 KB of
style, scripts, a second copy of all code.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from markdown import Markdown
from markdown.extensions.toc import nest_toc_tokens

from paper_notes.faults import Fault
from paper_notes.math import convert_page
from paper_notes.notebooks import (
    HEADING,
    SHOWN_TYPES,
    Embedding,
    Notebook,
    cell_identifier,
    cells_in,
    joined,
    output_part,
    shifted,
    terminal_text,
)
from paper_notes.paper_page import demo_buttons
from paper_notes.papers import Paper
from paper_notes.words import WORDS, Language

# What the plugin's page holds besides the notebook; code in it is escaped, so no `<` of a cell is met here.
SURPLUS = re.compile(
    r"<script\b.*?</script>|<style\b.*?</style>|<!--.*?-->"
    r'|<div class="zeroclipboard-container">.*?</clipboard-copy>\s*</div>'
    r'|<div class="clipboard-copy-txt"[^>]*>.*?</div>'
    r'|<div class="jp-(?:Collapser|InputPrompt|OutputPrompt)[^"]*">\s*</div>'
    r'|(?<=<div class="jp-Cell-inputWrapper") tabindex="0"|(?<=data-mime-type="text/html") tabindex="0"',
    re.DOTALL,
)
CODE = re.compile(r'<div class="highlight-ipynb hl-\w+\s*"><pre>(?:<span></span>)?(.*?)</pre></div>', re.DOTALL)
# Tokens that a theme shows in the colour of plain text, or nearly so, make a third of a page; all parts of a text in
# quotes have one colour.
PLAIN_TOKEN = re.compile(r'<span class="(?:kc|n|p|w|o(?=">\.<))">([^<]*)</span>')
TEXT_TOKEN = re.compile(r'<span class="(?:s1|s2|sa|si)">')
# Lines from which a cell's code stays plain: its marks would be a third of a long notebook's page (150 KB at most).
LONG_CODE = 15
# The plugin's boxes, and the classes of its own that theme/assets/site.css styles.
BOX = re.compile(r'<div class="((?:jp-|CodeMirror)[^"]*)"(?: data-[a-z-]+="[^"]*")*( tabindex="0")?>')
STYLED = {"jp-CodeCell", "jp-InputPrompt", "jp-OutputPrompt", "jp-RenderedText"}
SAME_TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>(\s*)<span class="\1">')
RELATIVE = re.compile(r'<(?:a [^>]*?href|(?P<shows>\w+) [^>]*?src)="(?!https?:|data:|#)([^"]*)"')


@dataclass
class NotebookPage:
    """A notebook's page before the plugin has seen it: its copy, its pieces, its outline."""

    title: str
    description: str
    copy: dict[str, Any]
    pieces: Embedding
    outline: list[dict[str, Any]] = field(default_factory=list)

    def finished(self, html: str) -> str:
        """Give the plugin's HTML without what it adds, with the pieces in their places."""
        return self.pieces.fill(tidied(html))


def notebook_page(
    notebook: Notebook, paper: Paper, language: Language, markdown: Markdown, figure_folder: str, header: str
) -> NotebookPage:
    """Prepare the page of a notebook.

    `markdown` is the converter of the site's own pages; `header` is HTML for under the title. `figure_folder` is
    the relative address at which the files of `pieces` will be found.
    """
    shown = f"demos/{paper.slug}.ipynb"
    page = NotebookPage("", WORDS[language]["notebook-description"].format(name=paper.name), {}, Embedding())
    cells: list[dict[str, Any]] = []

    def rendered(text: str) -> str:
        markdown.reset()
        html, faults = convert_page(markdown.convert(text), [(shown, text)])
        page.pieces.faults += faults
        for tag, address in RELATIVE.findall(html):
            what = f"{f'<{tag}> of' if tag else 'link to'} {address!r}, which leads nowhere outside the paper's page"
            todo = "show it as the output of a code cell" if tag else "write the whole address, with https://"
            page.pieces.faults.append(Fault(shown, None, what, todo))
        page.outline += _flat(getattr(markdown, "toc_tokens", []))
        return html

    title = heading_of(notebook, language) or f"{paper.name}{WORDS[language]['colon']}{WORDS[language]['notebook']}"
    top = rendered(f"# {title} {{ #{paper.slug} }}")
    page.title = page.outline[0]["name"]
    cells.append(_text_cell(page.pieces.slot(f"{top}{header}")))
    for number, cell in cells_in(notebook, language):
        source = joined(cell["source"])
        if cell["cell_type"] == "markdown":
            html = rendered(shifted(source, cell_identifier(cell), levels=0))
            if html:
                cells.append(_text_cell(page.pieces.slot(html)))
        elif cell["cell_type"] == "code":
            outputs = [
                _output(page.pieces, output, number, language, shown, figure_folder, rendered)
                for output in cell.get("outputs", [])
            ]
            cells.append(
                {
                    "cell_type": "code",
                    "metadata": {},
                    "source": source,
                    "execution_count": cell.get("execution_count"),
                    "outputs": [output for output in outputs if output is not None],
                }
            )
    # Format 4.4 is the last in which cells need no ids; the plugin would write them into the page.
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    page.copy = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4}
    page.outline = nest_toc_tokens(page.outline)
    return page


def heading_of(notebook: Notebook, language: Language) -> str:
    """Give the text of the first H1, empty when there is none.

    >>> heading_of({"cells": [{"cell_type": "markdown", "source": "# SimCLR, run\\nText"}]}, "en")
    'SimCLR, run'
    """
    for _, cell in cells_in(notebook, language):
        found = HEADING.match(joined(cell["source"]).split("\n", 1)[0])
        if cell["cell_type"] == "markdown" and found and found[1] == "#":
            return found[2].strip()
    return ""


def _flat(tokens: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the entries of a table of contents one after the other, so that those of several cells nest together."""
    found = []
    for token in tokens:
        found += [{**token, "children": []}, *_flat(token["children"])]
    return found


def _text_cell(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _output(
    pieces: Embedding,
    output: Mapping[str, Any],
    number: int,
    language: Language,
    shown: str,
    folder: str,
    rendered: Callable[[str], str],
) -> dict[str, Any] | None:
    """Give an output for the copy, None when it is of the other language or shows nothing."""
    if output["output_type"] == "stream":
        text = terminal_text(joined(output["text"]))
        return {**output, "text": text} if text.strip() else None
    own = output.get("metadata", {}).get("paper_notes", {})
    data = output.get("data", {})
    kind = next((name for name in SHOWN_TYPES if name in data), None)
    if kind is None or own.get("lang") not in (None, language):
        return None
    if kind == "text/plain":
        return {**output, "data": {kind: terminal_text(joined(data[kind]))}, "metadata": {}}
    if kind == "text/markdown":
        html = pieces.slot(rendered(shifted(joined(data[kind]), levels=0)))
    else:
        html = output_part(pieces, data, own, shown, number, language, folder)
    return {**output, "data": {"text/html": html}, "metadata": {}} if html else None


def tidied(html: str) -> str:
    """Take from the plugin's HTML what the theme does better; code becomes a code block like all others.

    >>> tidied('<style>p{}</style><div class="highlight-ipynb hl-python "><pre><span></span>x\\n</pre></div>')
    '<div class="highlight"><pre><code>x\\n</code></pre></div>'
    """
    html = CODE.sub(lambda found: f'<div class="highlight"><pre><code>{lighter(found[1])}</code></pre></div>', html)
    html = unboxed(BOX.sub(lambda found: f"<div{_kept(found[1])}{found[2] or ''}>", SURPLUS.sub("", html)))
    return re.sub(r"(</?div[^>]*>)\s+(?=</?div)", r"\1", html)


def unboxed(html: str) -> str:
    """Give HTML without the boxes that have no attribute; what they hold stays.

    >>> unboxed('<div><div class="a"><div>x</div></div></div>')
    '<div class="a">x</div>'
    """
    bare: list[bool] = []

    def tag(found: re.Match[str]) -> str:
        if found[0] != "</div>":
            bare.append(found[0] == "<div>")
            return "" if bare[-1] else found[0]
        return "" if bare and bare.pop() else found[0]

    return re.sub(r"</?div[^>]*>", tag, html)


def _kept(classes: str) -> str:
    """Give the class attribute of the names that the theme styles; each cell comes in a dozen boxes with several."""
    used = [name for name in classes.split() if name in STYLED or not name.startswith(("jp-", "CodeMirror", "cm-"))]
    return f' class="{" ".join(used)}"' if used else ""


def lighter(code: str) -> str:
    """Give highlighted code with fewer marks and the same look; a long cell without any.

    >>> lighter('<span class="n">x</span><span class="s1">&#39;</span><span class="si">{</span>')
    'x<span class="s">&#39;{</span>'
    """
    if code.count("\n") >= LONG_CODE:
        return re.sub(r"</?span[^>]*>", "", code)
    code = TEXT_TOKEN.sub('<span class="s">', PLAIN_TOKEN.sub(r"\1", code))
    while (merged := SAME_TOKEN.sub(r'<span class="\1">\2\3', code)) != code:
        code = merged
    return code


def write_copy(page: NotebookPage, path: Path) -> None:
    """Write the copy where the plugin reads it, unless it is there."""
    text = json.dumps(page.copy, ensure_ascii=False)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def notebook_header(
    paper: Paper, language: Language, site_root: str, repository: str, executed: Mapping[str, Any], record: str
) -> str:
    """Give the HTML under the title: what this page is, the way back to the paper's page, the buttons, the record.

    `site_root` is the relative address of the folder that holds demos/, ending in a slash.
    """
    words = WORDS[language]
    back = f'<a href="{site_root}{language}/papers/{paper.slug}/">{escape(paper.name)}</a>'
    return (
        f'<div class="notebook-header"><p>{words["notebook-page"].format(paper=back)}</p>'
        f"{demo_buttons(paper, language, site_root, repository, executed)}</div>{record}"
    )
