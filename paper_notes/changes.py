"""When each page last changed, from git's history: read once for all pages of a build.

A date is either right or missing. Without git, outside a checkout, and in a shallow clone, where the oldest commit
seems to have written every file, there are none; a page that is not committed has none either.
"""

import subprocess
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from paper_notes.words import Language

# Opens the line of a commit: no file name can begin with it.
COMMIT = "\x01"


def last_changes(root: Path) -> dict[str, datetime]:
    """Give the time of the last commit that changed each file, by its path from `root`."""
    if _git(root, "rev-parse", "--is-shallow-repository").strip() != "false":
        return {}
    # -z: names are not quoted, whatever is in them. --relative: `root` may be a folder of a larger repository.
    log = ("log", "-z", f"--format={COMMIT}%cI", "--name-only", "--no-renames", "--relative")
    changes: dict[str, datetime] = {}
    when = datetime.now(UTC)
    for part in _git(root, *log).split("\0"):
        name = part.lstrip("\n")
        if name.startswith(COMMIT):
            when = datetime.fromisoformat(name[1:].strip())
        elif name:
            # The newest commit comes first; clocks of several authors may disagree.
            changes[name] = max(when, changes.get(name, when))
    return changes


def _git(root: Path, *arguments: str) -> str:
    command = ("git", "-C", str(root), *arguments)
    try:
        return subprocess.run(command, capture_output=True, check=True, encoding="utf-8", errors="replace").stdout
    except (OSError, subprocess.CalledProcessError):
        return ""


def sources_of(page: str, language: Language) -> list[str]:
    """Name the files from which a page is made; a name that ends in a slash stands for all in that folder.

    >>> sources_of("papers/simclr.md", "en")
    ['docs/en/papers/simclr.md', 'docs/ja/papers/simclr.md', 'bib/simclr.bib', 'demos/simclr.ipynb',
     'paper_notes/ideas/simclr.py', 'results/simclr/']
    >>> sources_of("demos/simclr.ipynb", "en"), sources_of("about.md", "ja")
    (['demos/simclr.ipynb'], ['docs/ja/about.md'])
    """
    path = PurePosixPath(page)
    if path.suffix == ".ipynb":
        return [page]
    own = f"docs/{language}/{page}"
    if path.parent.name == "papers":
        slug = path.stem
        # The Japanese page holds the facts of both. Not the glossary, whose definitions a page only points to: each
        # word put into it would make all notes look new in the feed.
        made_of = (f"docs/ja/{page}", f"bib/{slug}.bib", f"demos/{slug}.ipynb", f"paper_notes/ideas/{slug}.py")
        return list(dict.fromkeys([own, *made_of, f"results/{slug}/"]))
    others = {
        "index.md": ["bib/", "docs/ja/papers/", f"docs/{language}/papers/"],
        "glossary.md": ["docs/glossary.yml"],
        "results.md": ["results/"],
    }
    return [own, *others.get(page, [])]


def last_change(changes: Mapping[str, datetime], sources: Iterable[str]) -> datetime | None:
    """Give the latest change of any of the files, None when none is known.

    >>> at = datetime.fromisoformat
    >>> changes = {"results/a/run.json": at("2026-11-24T09:00:00Z"), "docs/en/results.md": at("2026-11-23T09:00:00Z")}
    >>> print(last_change(changes, ["docs/en/results.md", "results/"]), last_change(changes, ["docs/en/about.md"]))
    2026-11-24 09:00:00+00:00 None
    """
    found: list[datetime] = []
    for source in sources:
        if source.endswith("/"):
            found += [when for name, when in changes.items() if name.startswith(source)]
        elif source in changes:
            found.append(changes[source])
    return max(found, default=None)
