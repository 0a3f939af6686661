"""One sample repository and one strict build of it, shared by the tests that only look."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from paper_notes.site import build_site
from tests.paper_notes import sample


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Give a fresh sample repository to break."""
    return sample.write_repository(tmp_path)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the strictly built site of the sample repository."""
    root = sample.write_repository(tmp_path_factory.mktemp("repository"))
    build_site(root, root / "site")
    return root / "site"


@pytest.fixture(autouse=True)
def _unchanged_logging() -> Iterator[None]:
    level = logging.getLogger("mkdocs.livereload").level
    yield
    logging.getLogger("mkdocs.livereload").setLevel(level)
