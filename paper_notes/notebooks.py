"""Turns an executed notebook into Markdown of one language, for the body of the paper's page.

nbconvert's page of the same notebook weighs 710 KB; this way it is 30 KB, and links, search and the table of contents
treat the demo like the rest of the page.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

import nh3

from paper_notes import figures
from paper_notes.faults import Fault
from paper_notes.words import WORDS, Language

Notebook = Mapping[str, Any]
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r"^(#{1,5})(\s+\S.*)$")
REPOSITORY_LINE = re.compile(r'^REPOSITORY = "(.*)"$', re.MULTILINE)
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# Lines from which folded code goes without colours, whose marks would double the page's weight.
LONG_FOLDED = 25
# The first of these that an output offers is shown.
SHOWN_TYPES = ("image/svg+xml", "image/png", "text/markdown", "text/html", "text/plain")
TABLE_TAGS = {
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "caption",
    "p",
    "em",
    "strong",
    "code",
    "sub",
    "sup",
    "br",
}


@dataclass
class Embedding:
    """A notebook in one language: Markdown with a slot for each piece of ready HTML, and the files it shows."""

    markdown: str = ""
    slots: list[str] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def slot(self, html: str) -> str:
        """Keep ready HTML out of Markdown's reach; `fill` puts it back after rendering."""
        self.slots.append(html)
        return f'<div data-slot="{len(self.slots) - 1}"></div>'

    def fill(self, html: str) -> str:
        """Put the kept pieces into the rendered page; a slot that a cell wrote itself stays empty."""
        kept = dict(enumerate(self.slots))
        return re.sub(r'<div data-slot="(\d+)"></div>', lambda found: kept.get(int(found[1]), ""), html)


def read_notebook(path: Path) -> Notebook:
    """Read a notebook; raises ValueError when it cannot be read or is not one of format 4."""
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror})") from error
    if not isinstance(notebook, dict) or notebook.get("nbformat") != 4 or not isinstance(notebook.get("cells"), list):
        raise ValueError("not a notebook of format 4")
    if not all(isinstance(cell, dict) and {"cell_type", "source"} <= cell.keys() for cell in notebook["cells"]):
        raise ValueError("not a notebook of format 4: a cell without type or source")
    return notebook


def joined(text: object) -> str:
    """Give a notebook's text field, which the format stores as one string or as a list of lines."""
    return "".join(text) if isinstance(text, list) else str(text)


def code_digest(notebook: Notebook) -> str:
    """Give the SHA-256 over the code cells, by which a stored run is told from an edited notebook.

    Only the code counts: text, outputs and metadata may change without a new run, and so may the cell tagged
    `setup`, which installs the package on Colab and does nothing elsewhere.

    >>> code_digest({"cells": [{"cell_type": "code", "source": ["1", " + 1"]}]})[:8]
    'c96e6eed'
    """
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and not is_setup(cell)]
    sources = [joined(cell["source"]) for cell in code]
    return sha256(json.dumps(sources, ensure_ascii=False).encode()).hexdigest()


def is_setup(cell: Mapping[str, Any]) -> bool:
    """Say whether a cell is the one that installs the package on Colab."""
    return "setup" in cell.get("metadata", {}).get("tags", [])


def set_repository(notebook: Notebook, repository: str) -> bool:
    """Write the repository's address into the set-up cell, as `REPOSITORY = "…"`; says whether that changed it."""
    changed = False
    for cell in filter(is_setup, notebook["cells"]):
        before = joined(cell["source"])
        cell["source"] = REPOSITORY_LINE.sub(lambda _: f'REPOSITORY = "{repository}"', before)
        changed = changed or cell["source"] != before
    return changed


def executed_facts(notebook: Notebook) -> Mapping[str, Any]:
    """Give what the run recorded about itself, empty when the notebook was never executed by `make demos`."""
    facts = notebook.get("metadata", {}).get("paper_notes", {}).get("executed", {})
    return facts if isinstance(facts, dict) else {}


def is_draft(path: Path) -> bool:
    """Say whether a notebook is a skeleton of `paper-notes add` that was never executed."""
    try:
        notebook = read_notebook(path)
    except ValueError:
        return False  # demo_faults says what is wrong with it
    return notebook.get("metadata", {}).get("paper_notes", {}).get("draft") is True and not executed_facts(notebook)


def embed(notebook: Notebook, language: Language, shown: str, figure_folder: str) -> Embedding:
    """Give the notebook in one language.

    `shown` names the notebook in faults, `figure_folder` is the relative address under which `files` will be found.
    """
    page = Embedding()
    parts: list[str] = []
    for number, cell in cells_in(notebook, language):
        tags = cell.get("metadata", {}).get("tags", [])
        if cell["cell_type"] == "markdown":
            parts.append(shifted(joined(cell["source"]), cell_identifier(cell)))
        elif cell["cell_type"] == "code" and "hide-cell" not in tags:
            outputs = _outputs(page, cell, number, language, shown, figure_folder)
            folded = "hide-input" in tags
            parts += _code(page, joined(cell["source"]), language, folded=folded, searched=not (folded and outputs))
            if outputs:
                parts += [page.slot('<div class="demo-output">'), *outputs, page.slot("</div>")]
    page.markdown = "\n\n".join(part for part in parts if part.strip())
    return page


def cells_in(notebook: Notebook, language: Language) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the cells of a language and those of no language, each with its number counted from 1 over all cells."""
    for number, cell in enumerate(notebook["cells"], start=1):
        languages = {tag for tag in cell.get("metadata", {}).get("tags", []) if tag.startswith("lang-")}
        if not languages or f"lang-{language}" in languages:
            yield number, cell


def cell_identifier(cell: Mapping[str, Any]) -> object:
    """Give the id of the heading that a Markdown cell begins with, equal in both languages, or None."""
    return cell.get("metadata", {}).get("paper_notes", {}).get("id")


def shifted(markdown: str, identifier: object = None, levels: int = 1) -> str:
    r"""Move a cell's headings some levels down and drop its H1, which the page's own title replaces.

    The first heading gets the identifier.

    >>> shifted("# Demo\nText\n## Loss\n```\n# comment\n```", "loss")
    'Text\n### Loss { #loss }\n```\n# comment\n```'
    """
    lines: list[str] = []
    fence = ""
    for line in markdown.splitlines():
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark[1]
        elif mark and mark[1].startswith(fence):
            fence = ""
        heading = None if fence or mark else HEADING.match(line)
        if heading is None:
            lines.append(line)
        elif len(heading[1]) > 1:
            attributes = f" {{ #{identifier} }}" if isinstance(identifier, str) else ""
            identifier = None
            lines.append(f"{'#' * levels}{heading[1]}{heading[2].rstrip()}{attributes}")
    return "\n".join(lines)


def _code(page: Embedding, source: str, language: Language, *, folded: bool, searched: bool) -> list[str]:
    if not source.strip():
        return []
    # A fence longer than any run of backticks inside cannot be closed by the code itself.
    ticks = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", source)), default=0))
    kind = "text" if folded and source.count("\n") >= LONG_FOLDED else "python"
    fence = f"{ticks}{kind}\n{source.rstrip()}\n{ticks}"
    if not folded:
        return [fence]
    # Code that draws and words findings would be found before what it says.
    left_out = "" if searched else ' data-search-exclude="true"'
    details = f'<details class="demo-code"{left_out}><summary>{WORDS[language]["source-code"]}</summary>'
    return [page.slot(details), fence, page.slot("</details>")]


def _outputs(
    page: Embedding, cell: Mapping[str, Any], number: int, language: Language, shown: str, folder: str
) -> list[str]:
    parts: list[str] = []
    for output in cell.get("outputs", []):
        kind = output["output_type"]
        if kind == "stream" and output.get("name") == "stdout":
            parts.append(page.slot(plain(joined(output["text"]))))
        elif kind in ("display_data", "execute_result"):
            own = output.get("metadata", {}).get("paper_notes", {})
            if own.get("lang") in (None, language):
                parts.append(output_part(page, output["data"], own, shown, number, language, folder))
    return [part for part in parts if part.strip()]


def output_part(
    page: Embedding,
    data: Mapping[str, Any],
    own: Mapping[str, Any],
    shown: str,
    number: int,
    language: Language,
    folder: str,
) -> str:
    """Give the Markdown for one output, empty when it offers nothing that is shown."""
    kind = next((name for name in SHOWN_TYPES if name in data), None)
    if kind is None:
        return ""
    content = joined(data[kind])
    if kind == "text/markdown":
        return shifted(content)
    if kind == "text/html":
        return page.slot(f'<div class="demo-html" tabindex="0">{clean_html(content)}</div>')
    if kind == "text/plain":
        return page.slot(plain(content))
    alternative = own.get("alt", {}).get(language)
    if not isinstance(alternative, str) or not alternative.strip():
        what = f"the figure of cell {number} has no alternative text in {language}"
        page.faults.append(Fault(shown, None, what, "show it with the plotting helper and both texts"))
        return ""
    try:
        return page.slot(_figure(page, kind, content, alternative, shown, language, folder))
    except ValueError as error:
        page.faults.append(Fault(shown, None, f"cell {number}: {error}", "draw the figure again"))
        return ""


def _figure(
    page: Embedding, kind: str, content: str, alternative: str, shown: str, language: Language, folder: str
) -> str:
    slug = Path(shown).stem
    if kind == "image/svg+xml":
        files = figures.svg_files(slug, content)
        page.files |= files
        images = [(folder + name, style) for name, style in zip(files, figures.SVG_CLASSES, strict=True)]
        return figures.figure_html(images, figures.svg_size(content), alternative, language)
    try:
        raw = base64.b64decode(content)
    except binascii.Error as error:
        raise ValueError(f"the PNG is damaged ({error})") from error
    name = f"{slug}-{figures.digest(raw)}.png"
    page.files[name] = raw
    size = figures.png_size(raw)
    if size is None:
        raise ValueError("the PNG is damaged")
    return figures.figure_html([(folder + name, "figure-raster")], size, alternative, language)


def plain(text: str) -> str:
    """Give printed text as a block that a keyboard can scroll, without terminal colours and overwritten lines."""
    shown = terminal_text(text)
    return f'<pre class="demo-text" tabindex="0"><samp>{escape(shown)}</samp></pre>' if shown.strip() else ""


def terminal_text(text: str) -> str:
    r"""Give what a terminal would show in the end: no colours, of a line written over itself the last state.

    >>> terminal_text("  1%\r 50%\rdone\n\x1b[31mred\x1b[0m\n")
    'done\nred'
    """
    lines = [line.rsplit("\r", 1)[-1] for line in ANSI.sub("", text).replace("\r\n", "\n").split("\n")]
    return "\n".join(lines).strip("\n")


def clean_html(html: str) -> str:
    """Keep the table structure of an HTML output and drop everything else: scripts, styles, links, images.

    >>> clean_html('<table border="1"><tr><th></th><td onclick="x()">1<script>alert(1)</script></td></tr></table>')
    '<table><tbody><tr><td></td><td>1</td></tr></tbody></table>'
    """
    attributes = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan", "scope"}}
    cleaned: str = nh3.clean(html, tags=TABLE_TAGS, attributes=attributes, link_rel=None)
    # An empty header cell (the corner of a data frame) says nothing to a screen reader but that it is a header.
    return re.sub(r"<th(?: [^>]*)?>\s*</th>", "<td></td>", cleaned)


def code_of(notebook: Notebook) -> str:
    """Give the Python source of all code cells as one text, without the lines that only Jupyter understands.

    >>> code_of({"cells": [{"cell_type": "code", "source": "if colab:\\n    %pip install x\\nimport y"}]})
    'if colab:\\n    pass\\nimport y'
    """
    sources = [joined(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    plain_python = [source for source in sources if not source.lstrip().startswith("%%")]
    return "\n".join(re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.MULTILINE) for source in plain_python)
