"""Turns TeX into MathML while the site is built, so that pages need no script for their formulas.

math-core (Rust, PyPI) converts and reports errors with a position; the font that MathML needs is made in mathfont.py.
"""

import re
from functools import cache
from html import escape, unescape
from pathlib import Path

import math_core

from paper_notes.faults import Fault, line_of

# What pymdownx.arithmatex leaves in the page with `generic: true`.
INLINE = re.compile(r'<span class="arithmatex">\\\((.*?)\\\)</span>([、。，．」』）),.:;!?]*)', re.DOTALL)
BLOCK = re.compile(r'<div class="arithmatex">\s*\\\[(.*?)\\\]\s*</div>', re.DOTALL)
IN_TITLE = re.compile(r"\\\((.*?)\\\)", re.DOTALL)


@cache
def _converter() -> math_core.LatexToMathML:
    return math_core.LatexToMathML(fancy_error=False)


def to_mathml(tex: str, *, block: bool) -> str:
    r"""Convert one formula; raises ValueError with the position when the TeX is broken.

    >>> to_mathml(r"x^2", block=False)
    '<math><msup><mi>x</mi><mn>2</mn></msup></math>'
    """
    try:
        return str(_converter().convert_with_local_state(tex, displaystyle=block))
    except math_core.LatexError as error:
        position, _, message = str(error).partition(": ")
        if not position.isdigit():
            raise ValueError(str(error)) from error
        raise ValueError(f"{message.rstrip('.')} (at character {int(position) + 1})") from error


def convert_page(html: str, sources: list[tuple[str, str]]) -> tuple[str, list[Fault]]:
    """Replace every formula of a rendered page by MathML.

    `sources` are (name, text) of the files that the page was made from; they give a fault its file and line. A broken
    formula stays visible as code.
    """
    faults: list[Fault] = []

    def replaced(found: re.Match[str], *, block: bool) -> str:
        tex = unescape(found[1])
        try:
            mathml = to_mathml(tex.strip(), block=block)
        except ValueError as error:
            path, line = find_formula(tex, sources)
            faults.append(Fault(path, line, f"formula {tex.strip()[:80]!r}: {error}", "mend the TeX (or write \\$)"))
            return f'<code class="formula-broken">{escape(tex)}</code>{"" if block else found[2]}'
        if block:
            return f'<div class="formula">{mathml}</div>'
        # No line begins with the punctuation that follows a formula.
        return f'<span class="unbroken">{mathml}{found[2]}</span>' if found[2] else mathml

    html = BLOCK.sub(lambda found: replaced(found, block=True), html)
    html = INLINE.sub(lambda found: replaced(found, block=False), html)
    return html, faults


def convert_title(title: str) -> str:
    """Replace the formulas of an entry in the table of contents, which Markdown leaves as TeX."""

    def replaced(found: re.Match[str]) -> str:
        try:
            return to_mathml(unescape(found[1]).strip(), block=False)
        except ValueError:
            return found[0]  # the page's own heading reports it

    return IN_TITLE.sub(replaced, title)


def find_formula(tex: str, sources: list[tuple[str, str]]) -> tuple[str, int | None]:
    """Give the file and line where a formula stands; notebooks are JSON, where a line says nothing to its author."""
    for path, text in sources:
        position = text.find(tex.strip())
        if position >= 0:
            return path, None if Path(path).suffix == ".ipynb" else line_of(text, position)
    return sources[0][0], None
