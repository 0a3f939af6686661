"""What is unfinished but no fault: skeletons' TODO lines, papers under study, demos and runs that are missing or old.

The build lets all of it pass; `paper-notes check` lists it, each with what to do.
"""

import datetime
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from paper_notes.faults import Fault, line_of, read_text
from paper_notes.freshness import Part, changed_parts
from paper_notes.idea_figure import idea_path
from paper_notes.marks import replaced_outside_code
from paper_notes.notebooks import executed_facts, is_draft, read_notebook
from paper_notes.papers import REQUIRED_LINKS, line_of_name, read_front_matter, without_entry
from paper_notes.stored_runs import Stored
from paper_notes.words import Language

# In a line of any file: a comment of Python, YAML or HTML, or one of those within a notebook's JSON.
TODO = re.compile(r"(?:#|<!--|\A|^|\")\s*TODO:\s*(?P<todo>.*?)\s*(?:-->.*|\\n\",?|\",?)?$", re.MULTILINE)
TODO_COMMENT = re.compile(r"^<!-- TODO:(?:(?!-->).)*-->[ \t]*\n?", re.MULTILINE | re.DOTALL)
# One between two headings, or between the last heading and the end.
LONE_TODO = re.compile(rf"(?<=\}}\n\n)(?:{TODO_COMMENT.pattern})(?=\s*(?:#|\Z))", TODO_COMMENT.flags)
UNWRITTEN: dict[Language, str] = {"ja": "まだ書かれていない。", "en": "Not written yet."}
SOURCES = (
    *("docs/*/**/*.md", "docs/glossary.yml", "bib/*.bib", "demos/*.ipynb", "paper_notes/ideas/*.py"),
    *("ssl_core/methods/*.py", "tests/ssl_core/test_*.py"),
)
# How a test says that a method of its own name is meant: those of the package's other modules do not.
OWN_METHOD = r"""^SLUG = "{slug}"|\bssl_core\.methods(?:\.| import .*\b){slug}\b"""
# The module of ssl_core.methods that is no method.
NO_METHOD = "base"
PARTS: dict[Part, str] = {"cells": "its cells", "code": "ssl_core", "runs": "its method's stored runs"}
NOT_RUN = re.compile(
    r"^\| (?P<runs>(?P<slug>[a-z0-9-]+)/(?P<preset>[a-z]+)[a-z0-9.-]*)-seed(?P<seed>\d+) \|.*\| not run yet \|",
    re.MULTILINE,
)


def todo_lines(text: str, shown: str) -> list[Fault]:
    r"""Give the TODO lines of a file as things to do.

    >>> print(*todo_lines("x = 1  # TODO: choose x\n<!-- TODO: say why -->\n", "a.py"), sep="\n")
    a.py:1: to be done: choose x
    a.py:2: to be done: say why
    """
    return [
        Fault(shown, line_of(text, found.start("todo")), "to be done", found["todo"]) for found in TODO.finditer(text)
    ]


def without_todos(markdown: str, language: Language) -> str:
    r"""Take the TODO comments out of a page: they are for its author. A section of nothing else says that it waits.

    >>> without_todos("## A { #a }\n\n<!-- TODO: b -->\n\n## C { #c }\n\nText.\n\n<!-- TODO: d -->\n", "en")
    '## A { #a }\n\n*Not written yet.*\n\n## C { #c }\n\nText.\n\n'
    """
    alone = replaced_outside_code(LONE_TODO, lambda _: f"*{UNWRITTEN[language]}*\n", markdown)
    return replaced_outside_code(TODO_COMMENT, lambda _: "", alone)


def to_do(root: Path, files: Iterable[Path]) -> list[Fault]:
    """List what new files leave to be written, and the notebook among them to be executed."""
    found = [fault for path in files for fault in _todos(path, root)]
    for path in files:
        if path.suffix == ".ipynb":
            found += _demo(root, path.stem)
    return found


def unfinished(root: Path, stored: Stored) -> list[Fault]:
    """List everything unfinished in a repository, ordered by file and line."""
    found = [fault for pattern in SOURCES for path in root.glob(pattern) for fault in _todos(path, root)]
    for path in sorted((root / "bib").glob("*.bib")):
        found += _paper(root, path.stem, stored)
    found += _without_entry(root)
    found += _runs(root, stored)
    return sorted(dict.fromkeys(found), key=lambda fault: (fault.path, fault.line or 0, fault.what))


def _todos(path: Path, root: Path) -> list[Fault]:
    if not path.is_file():
        return []  # an error, told as one
    return todo_lines(path.read_text(encoding="utf-8", errors="replace"), path.relative_to(root).as_posix())


def _paper(root: Path, slug: str, stored: Stored) -> Iterator[Fault]:
    """Give what a paper lacks, as far as its front matter can be read."""
    shown = f"docs/ja/papers/{slug}.md"
    facts, text, faults = read_front_matter(root / shown, shown)
    if faults:
        return

    def at(name: str) -> int:
        return line_of_name(text, name)

    date = facts["date"] if type(facts.get("date")) is datetime.date else datetime.date.min
    # East of here the next day may have begun.
    if date > datetime.date.today() + datetime.timedelta(days=1):
        yield Fault(shown, at("date"), f"date {date} lies ahead", "write the day on which the note was written")
    if facts.get("status") == "studying":
        yield Fault(shown, at("status"), "under study (調査中)", "read the paper, write the page, set status: read")
    elif facts.get("depth") in ("abstract", "parts"):
        what = {"abstract": "written without the paper's text", "parts": "written from parts of the paper's text"}
        yield Fault(shown, at("depth"), what[facts["depth"]], "read the whole text and set depth: full-text")
    links: Any = facts.get("links")
    for name in REQUIRED_LINKS:
        if isinstance(links, dict) and name not in links:
            yield Fault(shown, at("links"), f"no link {name}", f"add {name}: https://…")
    if not idea_path(root, slug).is_file():
        yield Fault(shown, None, "no drawing of the idea", f"draw it in paper_notes/ideas/{slug}.py")
    yield from _demo(root, slug)
    if (root / f"ssl_core/methods/{slug}.py").is_file() and stored.base(slug, "quick") is None:
        todo = (
            f"run python -m ssl_core reproduce {slug} --preset quick, then give it a bar in ssl_core/quick_check.py"
        )
        yield Fault(f"ssl_core/methods/{slug}.py", None, "no stored run of the preset quick", todo)


def _without_entry(root: Path) -> Iterator[Fault]:
    """Give drawings, methods and tests of methods whose paper has no entry."""
    slugs = {path.stem for path in (root / "bib").glob("*.bib")}
    for folder in ("paper_notes/ideas", "ssl_core/methods"):
        for path in (root / folder).glob("*.py"):
            if path.stem not in slugs and path.stem not in ("__init__", NO_METHOD):
                yield without_entry(path, root)
    for path in (root / "tests/ssl_core").glob("test_*.py"):
        slug = path.stem.removeprefix("test_")
        text = path.read_text(encoding="utf-8", errors="replace") if slug not in slugs else ""
        if re.search(OWN_METHOD.format(slug=re.escape(slug)), text, re.MULTILINE):
            yield Fault(path.relative_to(root).as_posix(), None, "no entry", f"add bib/{slug}.bib")


def _demo(root: Path, slug: str) -> Iterator[Fault]:
    path = root / f"demos/{slug}.ipynb"
    shown, again = f"demos/{slug}.ipynb", f"run make demos DEMO={slug}"
    if not path.is_file():
        method = f"ssl_core/methods/{slug}.py"
        missing = shown if (root / method).is_file() else f"{method} and {shown}"
        yield Fault(f"docs/ja/papers/{slug}.md", None, "no demo", f"write {missing}")
        return
    if is_draft(path):
        yield Fault(shown, None, "has never been executed", f"finish it, then {again}")
        return
    try:
        notebook = read_notebook(path)
    except ValueError:
        return  # an error, told as one
    if executed_facts(notebook):
        # A changed cell is an error, told as one.
        changed = [PARTS[part] for part in changed_parts(notebook, slug, root) if part != "cells"]
        if changed:
            yield Fault(shown, None, f"{' and '.join(changed)} changed since it was executed", again)


def _runs(root: Path, stored: Stored) -> Iterator[Fault]:
    """Give stored runs made by older code, and those of the queue that are missing."""
    for variant in stored.variants:
        if seeds := [str(run.run.manifest["seed"]) for run in variant.runs if run.stale]:
            preset = variant.manifest["preset"]
            what = f"the runs {variant.name} (seed {', '.join(seeds)}) were made by older code"
            todo = f"take them away and run python -m ssl_core reproduce {variant.slug} --preset {preset}"
            yield Fault(f"results/{variant.slug}", None, what, todo)
    queue = root / "results/README.md"
    text = read_text(queue, "results/README.md") if queue.is_file() else ""
    missing: dict[str, list[re.Match[str]]] = {}
    for found in NOT_RUN.finditer(text):
        missing.setdefault(found["runs"], []).append(found)
    for runs, rows in missing.items():
        what = f"the runs {runs} (seed {', '.join(row['seed'] for row in rows)}) are missing"
        todo = f"run python -m ssl_core reproduce {rows[0]['slug']} --preset {rows[0]['preset']}"
        yield Fault("results/README.md", line_of(text, rows[0].start()), what, todo)
