"""What `paper-notes add --demo` writes: a method that trains, a test that passes, a notebook that runs, no lint."""

import os
import re
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from paper_notes.add import entry_of
from paper_notes.execute import provenance_of
from paper_notes.skeleton import Facts, demo_files
from tests.paper_notes.publishers import ACM, ARXIV

ROOT = Path(__file__).resolve().parents[2]
SMALL = '"backbone": "resnet_small"'
LONG = ARXIV.replace(
    "WHIRL:", "WHIRL: " + "A Title Which Is Longer than Any Line of Code and Holds a\\_b and 50\\%, " * 3
)


def skeletons(text: str, slug: str, name: str) -> dict[str, str]:
    entry = entry_of(text, "x.bib")[1]
    address = "https://github.com/Loy-rh/paper_notes"
    return demo_files(Facts(slug, name, "c", "Chapter", address, entry, date(2026, 11, 24)))


def write(files: dict[str, str], root: Path) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def copy_package(root: Path) -> None:
    shutil.copytree(ROOT / "ssl_core", root / "ssl_core", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root / "pyproject.toml")
    (root / "tests/ssl_core").mkdir(parents=True)
    for name in ("__init__.py", "conftest.py", "tiny.py", "ssl_core/test_methods.py"):
        shutil.copy(ROOT / "tests" / name, root / "tests" / name)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """Give a copy of the package and its tests' helpers, with the skeletons of a new method."""
    root = tmp_path_factory.mktemp("checkout")
    copy_package(root)
    # The `quick` presets of this copy take a network with which an epoch takes a second.
    base, backbones = root / "ssl_core/methods/base.py", root / "ssl_core/backbones.py"
    assert SMALL in base.read_text(encoding="utf-8")
    base.write_text(base.read_text(encoding="utf-8").replace(SMALL, '"backbone": "tiny"'), encoding="utf-8")
    with backbones.open("a", encoding="utf-8") as file:
        file.write('\nBACKBONES["tiny"] = lambda: ResNet((8, 16, 32), (1, 1, 1), stem_stride=2)\n')
    write(skeletons(ARXIV, "whirl", "WHIRL"), root)
    return root


def run(checkout: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        [sys.executable, *command], cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_command_line_knows_the_new_method_by_its_paper(checkout):
    (line,) = [line for line in run(checkout, "-m", "ssl_core", "methods").splitlines() if line.startswith("whirl")]
    assert line == "whirl      WHIRL: Rotations as Views (Novák & Østby, 2023)."


def test_its_own_test_and_those_of_every_method_pass(checkout):
    names = ("offers", "built", "loss_follow", "figures")
    chosen = " or ".join(f"({name} and whirl)" for name in names)
    tests = ("tests/ssl_core/test_methods.py", "tests/ssl_core/test_whirl.py")
    out = run(checkout, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", f"{chosen} or formula_gives")
    passed = re.search(r"(\d+) passed", out)
    assert passed is not None
    assert int(passed[1]) == 6


def test_its_notebook_runs_and_records_what_it_ran_on(checkout):
    notebook = nbformat.read(checkout / "demos/whirl.ipynb", as_version=4)
    nbformat.validate(notebook)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "SSL_CORE_DEMO": "short",
            "PYTHONPATH": str(checkout),
            "PYTHONWARNINGS": "ignore",
        }.items():
            patch.setenv(name, value)
        resources = {"metadata": {"path": str(checkout / "demos")}}
        NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    assert provenance_of(notebook, "whirl")["mode"] == "short"
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [output for output in outputs if "image/svg+xml" in output.get("data", {})]
    assert len(figures) >= 4
    assert all(set(figure["metadata"]["paper_notes"]["alt"]) == {"ja", "en"} for figure in figures)


@pytest.mark.parametrize(
    ("text", "slug", "name"),
    [(ARXIV, "whirl", "WHIRL"), (LONG, "a" * 40, "A" * 20), (ACM, "b2", 'B2 "x" \\ {y}')],
)
def test_what_is_written_passes_the_linter(text, slug, name, tmp_path):
    copy_package(tmp_path)  # the linter sorts imports by what it finds
    files = skeletons(text, slug, name)
    write(files, tmp_path)
    for command in (("check", "--no-cache"), ("format", "--check", "--no-cache")):
        command_line = [sys.executable, "-m", "ruff", *command, *files]
        done = subprocess.run(command_line, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
