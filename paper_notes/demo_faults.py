"""Checks every notebook of demos/ as the pages will use it: its outputs belong to its code, and all can be shown."""

import ast
from pathlib import Path

from paper_notes.faults import Fault
from paper_notes.notebooks import (
    REPOSITORY_LINE,
    Notebook,
    code_digest,
    code_of,
    embed,
    executed_facts,
    is_draft,
    is_setup,
    joined,
    read_notebook,
)
from paper_notes.words import LANGUAGES


def demo_faults(folder: Path, repository: str) -> list[Fault]:
    """Check every notebook of a folder as the pages of both languages will use it.

    `repository` is the address in mkdocs.yml; a notebook that installs from another one is a fault.
    """
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.ipynb")):
        shown = f"{folder.name}/{path.name}"
        try:
            notebook = read_notebook(path)
        except ValueError as error:
            faults.append(Fault(shown, None, f"not readable ({error})", "restore it or write it again"))
            continue
        if not is_draft(path):
            faults += notebook_faults(notebook, shown)
        try:
            ast.parse(code_of(notebook))
        except SyntaxError as error:
            faults.append(
                Fault(shown, None, f"code that is not Python ({error.text or error.msg})", "write it as Python")
            )
        for cell in filter(is_setup, notebook["cells"]):
            found = REPOSITORY_LINE.search(joined(cell["source"]))
            if found is None or found[1] != repository:
                what = f"the set-up cell does not install from {repository} (extra.repository in mkdocs.yml)"
                faults.append(Fault(shown, None, what, f"run make demos DEMO={path.stem}"))
        for language in LANGUAGES:
            faults += embed(notebook, language, shown, "").faults
    return faults


def notebook_faults(notebook: Notebook, shown: str) -> list[Fault]:
    """Check that the stored outputs belong to the stored code and that nothing failed."""
    slug = Path(shown).stem
    again = f"run make demos DEMO={slug}"
    faults = []
    facts = executed_facts(notebook)
    needed = ("code_digest", "data", "hardware", "seconds", "peak_memory_bytes", "date")
    if missing := [name for name in needed if name not in facts]:
        faults.append(Fault(shown, None, f"no record of its run ({', '.join(missing)})", again))
    elif facts["code_digest"] != code_digest(notebook):
        faults.append(Fault(shown, None, "code has changed since it was executed", again))
    if facts.get("mode") == "short":
        faults.append(Fault(shown, None, "was executed in short mode, which is for tests", again))
    for number, cell in enumerate(notebook["cells"], start=1):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                what = f"cell {number} failed with {output.get('ename')}: {output.get('evalue')}"
                faults.append(Fault(shown, None, what, f"mend it and {again}"))
    return faults
