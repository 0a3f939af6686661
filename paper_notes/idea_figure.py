"""The drawing of a paper's idea: `paper_notes/ideas/<slug>.py` goes where the page has the line `<!-- idea -->`.

The file is read from the repository that is built, at every build, so that `make serve` shows each change of it.
"""

import runpy
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from paper_notes import figures
from paper_notes.faults import Fault, FaultsError, line_of
from paper_notes.marks import mark_line, outside_code, replace_mark
from paper_notes.notebooks import Embedding
from paper_notes.words import Language


def idea_path(root: Path, slug: str) -> Path:
    """Give the file that draws a paper's idea, whether it exists or not."""
    return root / "paper_notes" / "ideas" / f"{slug}.py"


def with_idea(
    markdown: str, page: Embedding, path: Path, source: str, shown: str, language: Language, folder: str
) -> tuple[str, list[Fault]]:
    """Put the drawing where the page's mark stands; gives the Markdown and the faults.

    `path` is that of `idea_path`, `source` the page's whole file, whose name in faults is `shown`, and `folder` the
    relative address of the figures.
    """
    mark = next(outside_code(mark_line("idea"), source), None)
    if mark is None:
        return markdown, []
    if not path.is_file():
        what, todo = "no drawing for this line", f"write {_shown(path)} or take the line out"
        return replace_mark(markdown, "idea", ""), [Fault(shown, line_of(source, mark.start()), what, todo)]
    try:
        svg, alternative = _drawn(path, language)
        files = figures.svg_files(f"{path.stem}-idea", svg)
    except FaultsError as error:
        return replace_mark(markdown, "idea", ""), list(error.faults)
    except ValueError as error:
        fault = Fault(_shown(path), None, str(error), "draw it with paper_notes.drawing")
        return replace_mark(markdown, "idea", ""), [fault]
    page.files |= files
    images = [(folder + name, style) for name, style in zip(files, figures.SVG_CLASSES, strict=True)]
    # It stands near the top of the page: loaded at once, it does not appear late.
    html = figures.figure_html(
        images, figures.svg_size(svg), alternative, language, style="demo-figure idea-figure", loading="eager"
    )
    return replace_mark(markdown, "idea", page.slot(html)), []


def _shown(path: Path) -> str:
    return f"paper_notes/ideas/{path.name}"


def read_idea(path: Path) -> dict[str, Any]:
    """Run the file of a drawing and give what it defines; raises FaultsError when it fails."""
    content: dict[str, Any] = _tried(path, lambda: runpy.run_path(str(path)))
    return content


def alternative_text(content: Mapping[str, Any], language: Language) -> str:
    """Give what `read_idea` found as alternative text in a language, empty when there is none.

    >>> alternative_text({"ALT": {"en": "Two views agree."}}, "en")
    'Two views agree.'
    """
    texts = content.get("ALT")
    found = texts.get(language) if isinstance(texts, dict) else None
    return found if isinstance(found, str) and found.strip() else ""


def _drawn(path: Path, language: Language) -> tuple[str, str]:
    """Give the SVG and its alternative text; raises FaultsError when there is either none or the drawing fails."""
    content = read_idea(path)
    alternative = alternative_text(content, language)
    if not alternative:
        raise FaultsError([Fault(_shown(path), None, f"no alternative text in {language}", "add it to ALT")])
    draw = content.get("draw")
    svg = _tried(path, draw) if callable(draw) else None
    if not isinstance(svg, str):
        raise FaultsError([Fault(_shown(path), None, "no function draw that gives SVG", "write draw()")])
    return svg, alternative


def _tried(path: Path, call: Callable[[], Any]) -> Any:
    """Call code of a drawing, which may raise anything; the fault names its last line that took part."""
    try:
        return call()
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
        if isinstance(error, SyntaxError) and error.filename == str(path):
            lines, error = [error.lineno], SyntaxError(error.msg)
        what = f"the drawing fails with {type(error).__name__}: {error}"
        raise FaultsError([Fault(_shown(path), lines[-1] if lines else None, what, "mend it")]) from error
