"""Everything that is checked before a page is made: entries, front matter, notebooks, words; all faults at once."""

from collections.abc import Mapping
from pathlib import Path

from paper_notes.demo_faults import demo_faults
from paper_notes.faults import FaultsError
from paper_notes.papers import Paper, load_papers
from paper_notes.terms import glossary_faults


def load_sources(root: Path, chapters: Mapping[str, object], repository: str) -> list[Paper]:
    """Read all papers of a repository, in the order of the reading list.

    Raises FaultsError with every fault of bib/, of the front matter, of demos/ and of the glossary.
    """
    faults = demo_faults(root / "demos", repository) + glossary_faults(root)
    try:
        papers = load_papers(root, chapters)
    except FaultsError as error:
        raise FaultsError([*error.faults, *faults]) from error
    if faults:
        raise FaultsError(faults)
    return papers
