"""Our numbers in prose: `{{ result simclr/quick-seed0 knn }}` on a page becomes the number, linked to its provenance.

`{{ result simclr/ablation-crop linear }}`, without a seed, is the mean over the seeds. A mark that names a run or a
figure which results/ does not hold is a fault, and the build fails. Marks in code are left as they are.
"""

import re
from html import escape

from paper_notes.faults import Fault, line_of
from paper_notes.stored_runs import Stored, StoredRun, Variant, written

# Fenced code and inline code come first, so that a mark within them is never found.
MARK = re.compile(r"(?P<code>^(`{3,}|~{3,}).*?^\2|`+[^`]*`+)|\{\{[ ]*result\b(?P<words>[^{}\n]*)\}\}", re.M | re.S)


def fill_numbers(markdown: str, stored: Stored, page: str, shown: str, source: str) -> tuple[str, list[Fault]]:
    """Put the numbers in place of their marks.

    `page` is the relative address of the results page; `source` is the whole file, front matter included, and
    `shown` its name, for the faults.
    """
    faults: list[Fault] = []

    def number(found: re.Match[str]) -> str:
        if found["code"]:
            return found[0]
        try:
            return _number(found["words"].split(), stored, page)
        except LookupError as problem:
            line = line_of(source, source.find(found[0]))
            todo = "name a run of results/ and one of the results in its run.json: simclr/quick-seed0 knn"
            faults.append(Fault(shown, line, f"{found[0]}: {problem.args[0]}", todo))
            return found[0]

    return MARK.sub(number, markdown), faults


def _number(words: list[str], stored: Stored, page: str) -> str:
    if len(words) != 2:
        raise LookupError("the mark needs a run and a figure")
    name, metric = words
    runs = stored.find(name)
    if runs is None:
        raise LookupError(f"there is no stored run {name}")
    value = runs.number(metric) if isinstance(runs, StoredRun) else runs.mean(metric)
    if value is None:
        raise LookupError(f"{name} holds no figure {metric}")
    return link(runs, written(metric, value), page)


def link(runs: StoredRun | Variant, shown: str, page: str) -> str:
    """Give a number as a link to the block of the results page that says where it comes from."""
    return f'<a class="our-number" href="{escape(page)}#{escape(runs.identifier)}">{escape(shown)}</a>'
