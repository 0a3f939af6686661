"""Runs the notebooks of demos/ that are out of date and stores them executed, with a record of what they ran on.

A notebook runs in an empty folder, as a reader's copy would. It is written back only when every cell succeeded.
The record's facts (data, hardware, versions, commit) come from the notebook's own provenance output; the digests
of its cells, of the ssl_core code and of the stored runs behind it are added here, and later tell whether it is out
of date.
"""

import datetime
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from paper_notes.errors import PaperNotesError
from paper_notes.freshness import changed_parts, digests
from paper_notes.notebooks import set_repository

PROVENANCE_TYPE = "application/vnd.paper-notes+json"
STAND_IN = "shapes"  # the data of `ssl_core.notebook.demo_data` where CIFAR-10 cannot be had


class DemoError(PaperNotesError):
    """A notebook that does not exist, does not run, or leaves no record."""


def run_demos(root: Path, slug: str | None, repository: str) -> list[str]:
    """Execute one notebook, or all that are out of date; return the slugs of those executed.

    Args:
        root: the folder that holds mkdocs.yml.
        slug: the notebook to run whether it is out of date or not; None for all that are.
        repository: the address that the first cell installs from on Colab, written into the notebook.
    """
    import nbformat

    paths = sorted((root / "demos").glob("*.ipynb")) if slug is None else [root / "demos" / f"{slug}.ipynb"]
    executed = []
    for path in paths:
        if not path.is_file():
            raise DemoError(f"demos/{path.name}: there is no such notebook: name one of demos/ without .ipynb")
        notebook = nbformat.read(path, as_version=4)
        if set_repository(notebook, repository):
            write(notebook, path)
        if slug is None and not changed_parts(notebook, path.stem, root):
            print(f"demos/{path.name}: up to date")
            continue
        execute(notebook, path.stem, root)
        write(notebook, path)
        executed.append(path.stem)
    return executed


def write(notebook: Any, path: Path) -> None:
    """Write a notebook, whole or not at all."""
    import nbformat

    partial = path.with_suffix(".partial")
    nbformat.write(notebook, partial)
    partial.replace(path)


def execute(notebook: Any, slug: str, root: Path) -> None:
    """Run all cells in an empty folder and store the record; DemoError names the cell that failed."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    # Taken before it runs: a run that is stored meanwhile may come too late to be read.
    before = digests(notebook, slug, root)
    total = len(notebook["cells"])
    begun = time.perf_counter()

    def report(cell: Any, cell_index: int) -> None:
        print(f"demos/{slug}.ipynb: cell {cell_index + 1} of {total}", flush=True)

    with tempfile.TemporaryDirectory() as empty:
        client = NotebookClient(
            notebook,
            timeout=None,
            kernel_name="python3",
            resources={"metadata": {"path": empty}},
            record_timing=False,
        )
        client.on_cell_execute = report
        try:
            client.execute(env=os.environ | {"PYTHONWARNINGS": "ignore"})
        except CellExecutionError as error:
            what = f"{error.ename}: {error.evalue}"
            raise DemoError(f"demos/{slug}.ipynb: a cell failed with {what}: mend it and repeat") from error
        except DeadKernelError as error:
            raise DemoError(
                f"demos/{slug}.ipynb: Python ended while it ran, probably out of memory: repeat"
            ) from error
    facts = provenance_of(notebook, slug)
    if facts.get("mode") != "short" and facts["data"]["name"] == STAND_IN:
        raise DemoError(
            f"demos/{slug}.ipynb: it ran on drawn shapes, for CIFAR-10 was not found, and is left as it was: "
            "name the folder that holds cifar10/ in SSL_CORE_DATA, or connect to the network, and repeat"
        )
    notebook["metadata"].setdefault("paper_notes", {})["executed"] = {
        **facts,
        "code_digest": before["cells"],
        "source_digest": before["code"],
        "runs_digest": before["runs"],
        "seconds": round(time.perf_counter() - begun, 1),
        "date": datetime.date.today().isoformat(),
    }


def provenance_of(notebook: Any, slug: str) -> dict[str, Any]:
    """Return what the notebook's provenance output says of its data, hardware, versions and commit."""
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            facts = output.get("data", {}).get(PROVENANCE_TYPE)
            if isinstance(facts, dict):
                return facts
    raise DemoError(f"demos/{slug}.ipynb: no provenance output: end it with ssl_core.notebook.provenance(run, mode)")
