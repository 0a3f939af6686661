"""The drawing of a paper's idea: `paper_notes/ideas/<slug>.py` goes where the page has the line `<!-- idea -->`.

The file is read from the repository that is built, at every build, so that `make serve` shows each change of it.
"""

import re
import runpy
from pathlib import Path

from paper_notes import figures
from paper_notes.faults import Fault, line_of
from paper_notes.notebooks import Embedding
from paper_notes.words import Language

MARK = re.compile(r"^[ \t]*<!--\s*idea\s*-->[ \t]*$", re.MULTILINE)


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
    mark = MARK.search(source)
    if mark is None:
        return markdown, []
    drawn = f"paper_notes/ideas/{path.name}"
    if not path.is_file():
        place = line_of(source, mark.start())
        return markdown, [Fault(shown, place, "no drawing for this line", f"write {drawn} or take the line out")]
    content = runpy.run_path(str(path))
    alternative = content.get("ALT", {}).get(language)
    if not isinstance(alternative, str) or not alternative.strip():
        return markdown, [Fault(drawn, None, f"no alternative text in {language}", "add it to ALT")]
    svg = content["draw"]()
    try:
        files = figures.svg_files(f"{path.stem}-idea", svg)
    except ValueError as error:
        return markdown, [Fault(drawn, None, str(error), "draw it with paper_notes.drawing")]
    page.files |= files
    images = [(folder + name, style) for name, style in zip(files, figures.SVG_CLASSES, strict=True)]
    # It stands near the top of the page: loaded at once, it does not appear late.
    html = figures.figure_html(
        images, figures.svg_size(svg), alternative, style="demo-figure idea-figure", loading="eager"
    )
    return MARK.sub(lambda _: f"\n{page.slot(html)}\n", markdown, count=1), []
