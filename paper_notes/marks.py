"""The marks of a page, `<!-- cite -->` and `{{ result … }}`: finds and replaces those outside code, reports the rest.

A mark that nothing replaces would be a comment, which no reader sees: it is a fault, so that no part goes missing.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from paper_notes.faults import Fault, line_of

# A fence is closed by an equal one at the same depth. Inline code ends with as many ticks as it begins with and does
# not leave its paragraph, list item or row of a table.
CODE = re.compile(
    r"^(?P<ahead>[ \t>]*)(?P<fence>`{3,}|~{3,})[^`\n]*\n(?:.*\n)*?(?P=ahead)(?P=fence)[ \t]*$"
    r"|(?<![`\\])(?P<ticks>`+)(?!`)(?:[^\n]|\n(?![ \t]*(?:[\n|>#]|[-*+][ \t]|\d+[.)][ \t])))+?(?<!`)(?P=ticks)(?!`)",
    re.MULTILINE,
)
# Stands for code while marks are looked for; no author types it.
HIDDEN = "\ue000"
# The marks that a page cannot do without, by its file; those of papers are named by `needed_marks`.
PAGE_MARKS = {
    "index.md": ("reading-list",),
    "glossary.md": ("glossary",),
    "results.md": ("results", "learning-curves", "ablations", "provenance"),
}
NAMES = r"sources?|ideas?|cite|notebook|results?|glossary|learning-curves?|ablations?|provenance|reading-list"
COMMENT = re.compile(rf"<!--\s*(?:{NAMES})\b.*?(?:-->|\Z)", re.DOTALL | re.IGNORECASE)


def outside_code(pattern: re.Pattern[str], markdown: str) -> Iterator[re.Match[str]]:
    r"""Give what the pattern finds in Markdown but in code.

    >>> [found.start() for found in outside_code(re.compile("x"), "`x` x\n\n```\nx\n```\nx")]
    [4, 17]
    """
    return pattern.finditer(CODE.sub(lambda found: re.sub(r"[^\n]", HIDDEN, found[0]), markdown))


def replaced_outside_code(
    pattern: re.Pattern[str], content: Callable[[re.Match[str]], str], markdown: str, *, once: bool = False
) -> str:
    """Replace what the pattern finds in Markdown but in code; `once` leaves all but the first as they are."""
    parts: list[str] = []
    done = 0
    for found in outside_code(pattern, markdown):
        parts += [markdown[done : found.start()], content(found)]
        done = found.end()
        if once:
            break
    return "".join((*parts, markdown[done:]))


def mark_line(name: str) -> re.Pattern[str]:
    """Give the pattern of the line `<!-- name -->`."""
    return re.compile(rf"^[ \t]*<!--\s*{name}\s*-->[ \t]*$", re.MULTILINE)


def has_mark(markdown: str, name: str) -> bool:
    """Say whether the line `<!-- name -->` stands in Markdown, outside code."""
    return any(outside_code(mark_line(name), markdown))


def replace_mark(markdown: str, name: str, content: str) -> str:
    r"""Replace the first line `<!-- name -->` that is not in code.

    >>> replace_mark("a\n<!-- cite -->\nb", "cite", "BOX")
    'a\n\nBOX\n\nb'
    """
    return replaced_outside_code(mark_line(name), lambda _: f"\n{content}\n", markdown, once=True)


def needed_marks(page: str, *, demo: bool, idea: bool) -> tuple[str, ...]:
    """Name the marks of the parts that are made for a page; `demo` and `idea` say what there is for a paper.

    >>> needed_marks("papers/simclr.md", demo=True, idea=False), needed_marks("about.md", demo=False, idea=False)
    (('cite', 'notebook'), ())
    """
    if not page.startswith("papers/"):
        return PAGE_MARKS.get(page, ())
    return ("cite", *(("notebook",) if demo else ()), *(("idea",) if idea else ()))


def missing_marks(markdown: str, names: Iterable[str], shown: str) -> list[Fault]:
    """Report the marks that a page lacks: the parts would silently be missing."""
    todo = "add it where that part goes"
    return [Fault(shown, None, f"no line <!-- {name} -->", todo) for name in names if not has_mark(markdown, name)]


def left_marks(markdown: str, source: str, shown: str) -> list[Fault]:
    """Report the comments left on a page that name a part of it: misspelt, with text beside them, or a second time.

    `markdown` is the page when all parts are in place, `source` the whole file, whose name in faults is `shown`.
    """
    lines = {_line(source, found): line_of(source, found.start()) for found in outside_code(COMMENT, source)}
    todo = "write it as README.md says, alone on its line and once, on a page that has this part"
    faults = []
    for found in outside_code(COMMENT, markdown):
        mark = " ".join(markdown[found.start() : found.end()].split())
        faults.append(Fault(shown, lines.get(_line(markdown, found)), f"nothing replaces {mark[:60]!r}", todo))
    return faults


def _line(text: str, found: re.Match[str]) -> str:
    """Give the whole line in which a match begins."""
    return text[text.rfind("\n", 0, found.start()) + 1 :].partition("\n")[0].strip()
