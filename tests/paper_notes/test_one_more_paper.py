"""Adding a paper means adding files of one new slug, and nothing else: not one check of the content changes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from paper_notes.add import add
from paper_notes.check import check
from paper_notes.site import site_extra
from tests.paper_notes import sample
from tests.paper_notes.publishers import CVF

# The tests that read this repository's own pages; the others of their files build sites of the sample.
GLOSSARY = (
    "test_a_page_keeps_its_other_bytes",
    "test_the_first_use_of_a_marked_term_carries_its_english_name",
    "test_a_term_has_one_english_name_on_all_japanese_pages",
    "test_no_page_notebook_or_drawing_uses_a_word_that_the_glossary_rules_out",
)
CHECKS = ("test_content.py", *(f"test_glossary.py::{name}" for name in GLOSSARY))


@pytest.fixture(scope="module")
def one_more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of this repository to which `paper-notes add` has added a paper."""
    root = tmp_path_factory.mktemp("one-more")
    skipped = shutil.ignore_patterns("__pycache__")
    for name in ("bib", "docs", "demos", "results", "theme", "paper_notes", "ssl_core", "tests"):
        shutil.copytree(sample.REPOSITORY / name, root / name, ignore=skipped)
    for name in ("mkdocs.yml", "mkdocs.en.yml", "pyproject.toml"):
        shutil.copy(sample.REPOSITORY / name, root / name)
    add(root, CVF, "x.bib", site_extra(root))
    return root


def test_a_paper_more_brings_no_error(one_more):
    errors, left = check(one_more)
    assert set(errors) <= set(check(sample.REPOSITORY)[0])
    assert any(fault.path == "docs/ja/papers/twinnet.md" and "under study" in fault.what for fault in left)


def test_every_check_of_the_content_passes_with_one_more_paper(one_more):
    files = [f"tests/paper_notes/{name}" for name in CHECKS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files]
    environment = {**os.environ, "PYTHONPATH": str(one_more)}
    done = subprocess.run(command, cwd=one_more, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
