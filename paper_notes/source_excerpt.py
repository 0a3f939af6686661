"""Shows a function of ssl_core on a page beside its formula, by reference: `<!-- source ssl_core.losses.nt_xent -->`.

The lines come from the file itself, so that page and code cannot differ. They are cut out, not written anew, so that
comments stay; the docstring goes, since the page says the same in its own words. Nothing is imported.
"""

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from paper_notes.faults import Fault, line_of
from paper_notes.marks import replaced_outside_code
from paper_notes.notebooks import Embedding
from paper_notes.words import WORDS, Language
from ssl_core.digest import PACKAGE

MARK = re.compile(r"^[ \t]*<!--\s*source\s+(\S+)\s*-->[ \t]*$", re.MULTILINE)
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Excerpt:
    """The source of a function, class or method: file, its lines there, and the code without docstrings."""

    name: str
    path: str
    first: int
    last: int
    code: str


def read_excerpt(name: str, package: Path = PACKAGE) -> Excerpt:
    """Read the source of `ssl_core.module.name` or `ssl_core.module.Class.name`.

    Raises ValueError, with what is wrong as its text, when the package defines no such thing there.

    >>> read_excerpt("ssl_core.losses.nt_xent").path
    'ssl_core/losses.py'
    """
    first, *parts = name.split(".")
    files = {depth: package.joinpath(*parts[:depth]).with_suffix(".py") for depth in range(1, len(parts))}
    depth = next((depth for depth, file in files.items() if file.is_file()), None)
    if first != package.name or depth is None:
        raise ValueError(f"{name} names no function, class or method of {package.name}")
    file = files[depth]
    text = file.read_text(encoding="utf-8")
    node: ast.Module | Definition = ast.parse(text)
    for position in range(depth, len(parts)):
        found = next((child for child in _definitions(node) if child.name == parts[position]), None)
        if found is None:
            raise ValueError(f"{parts[position]} is not defined in {'.'.join([first, *parts[:position]])}")
        node = found
    assert not isinstance(node, ast.Module)  # depth < len(parts): the loop has run
    start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    end = node.end_lineno or start
    left_out = {line for child in ast.walk(node) for line in _docstring_lines(child)}
    lines = text.splitlines()
    kept = [lines[number - 1] for number in range(start, end + 1) if number not in left_out]
    path = f"{package.name}/{file.relative_to(package).as_posix()}"
    return Excerpt(".".join(parts[depth:]), path, start, end, textwrap.dedent("\n".join(kept)))


def _definitions(node: ast.Module | Definition) -> Iterator[Definition]:
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield child


def _docstring_lines(node: ast.AST) -> range:
    """Give the lines of a definition's docstring; none where it is all that there is."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or len(node.body) == 1:
        return range(0)
    if ast.get_docstring(node, clean=False) is None:
        return range(0)
    return range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def with_excerpts(
    markdown: str, pieces: Embedding, page_source: str, shown: str, language: Language, repository: str
) -> tuple[str, list[Fault]]:
    """Replace each mark of a page by the source that it names.

    `pieces` keeps the HTML around the code; `page_source` is the text of the file `shown`, for faults' lines.
    """
    faults: list[Fault] = []

    def replaced(found: re.Match[str]) -> str:
        try:
            excerpt = read_excerpt(markdown[found.start(1) : found.end(1)])
        except ValueError as error:
            line = line_of(page_source, page_source.find(markdown[found.start() : found.end()]))
            faults.append(Fault(shown, line, str(error), "name one that ssl_core defines, with its module"))
            return ""
        return _figure(excerpt, pieces, language, repository)

    return replaced_outside_code(MARK, replaced, markdown), faults


def _figure(excerpt: Excerpt, pieces: Embedding, language: Language, repository: str) -> str:
    words = WORDS[language]
    place = words["source-lines"].format(path=excerpt.path, first=excerpt.first, last=excerpt.last)
    link = f"{escape(repository)}/blob/main/{excerpt.path}#L{excerpt.first}-L{excerpt.last}"
    opening = (
        f'<figure class="source-excerpt" aria-label="{words["source-of"].format(name=excerpt.name)}">'
        f'<figcaption><code>{excerpt.name}</code><a href="{link}" rel="noopener">{place}</a></figcaption>'
    )
    return f"\n{pieces.slot(opening)}\n\n```python\n{excerpt.code}\n```\n\n{pieces.slot('</figure>')}\n"
