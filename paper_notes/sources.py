"""Everything that is checked before a page is made: bibliography, front matter and notebooks, all faults at once."""

from collections.abc import Mapping
from pathlib import Path

from paper_notes.demo_faults import demo_faults
from paper_notes.faults import FaultsError
from paper_notes.papers import Paper, load_papers


def load_sources(root: Path, chapters: Mapping[str, object], repository: str) -> list[Paper]:
    """Read all papers of a repository, in the order of the reading list.

    Raises FaultsError with every fault of bib/, of the front matter and of demos/.
    """
    faults = demo_faults(root / "demos", repository)
    try:
        papers = load_papers(root, chapters)
    except FaultsError as error:
        raise FaultsError([*error.faults, *faults]) from error
    if faults:
        raise FaultsError(faults)
    return papers
