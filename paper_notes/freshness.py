"""Says what behind an executed notebook has changed since: its code cells, ssl_core, or the stored runs it reads."""

import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Literal

from paper_notes.notebooks import Notebook, code_digest, code_of, executed_facts
from ssl_core.digest import notebook_digest

Part = Literal["cells", "code", "runs"]


def digests(notebook: Notebook, slug: str, root: Path) -> dict[Part, str]:
    """Give the digest of each part as it is now, in the repository `root`."""
    code = code_of(notebook)
    return {
        "cells": code_digest(notebook),
        "code": notebook_digest(code, slug),
        "runs": runs_digest(root, {slug, *methods_read(code)}),
    }


def methods_read(code: str) -> list[str]:
    """Give the methods whose stored runs a notebook's code asks for by name.

    >>> methods_read('ablation_runs("simclr", names), study_runs("simclrv2", ("all-labels",))')
    ['simclr', 'simclrv2']
    """
    return re.findall(r"""\b(?:(?:ablation|study)_runs|stored)\(\s*["']([a-z0-9]+)["']""", code)


def changed_parts(notebook: Notebook, slug: str, root: Path) -> list[Part]:
    """Give the parts that are not what the notebook's record holds; one that it does not hold counts as changed."""
    facts = executed_facts(notebook)
    recorded: dict[Part, str] = {"cells": "code_digest", "code": "source_digest", "runs": "runs_digest"}
    return [part for part, now in digests(notebook, slug, root).items() if facts.get(recorded[part]) != now]


def runs_digest(root: Path, slugs: Iterable[str]) -> str:
    """Give the SHA-256 over all files of the stored runs of some methods, whichever of them a notebook reads.

    >>> runs_digest(Path("no-such-folder"), ["simclr"])[:8]
    'e3b0c442'
    """
    total = sha256()
    for folder in (root / "results" / slug for slug in sorted(slugs)):
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder)
            # What an interrupted copy left is no run.
            if path.is_file() and not any(part.endswith(".partial") for part in name.parts):
                total.update(f"{name.as_posix()} {sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
