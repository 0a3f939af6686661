"""`paper-notes check`: everything inconsistent or unfinished, with file and line; unfinished is no error."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from paper_notes.add import WORK
from paper_notes.check import check
from paper_notes.cli import main
from paper_notes.errors import PaperNotesError
from paper_notes.site import build_site, messages
from paper_notes.unfinished import todo_lines
from tests.paper_notes import sample

QUEUE = """| run | data |
|---|---|
| simclr/quick-seed0 | CIFAR-10 | 50000 | 6 | 0.287 | 0.525 | 0.572 | 5.4 |  |
| simclr/full-seed0 |  |  | 200 |  | not run yet |  |  |  |
| hai/ablation-no-embedding-seed0 |  | 10000 | 3 |  | not run yet |  |  |  |
| hai/ablation-no-embedding-seed1 |  | 10000 | 3 |  | not run yet |  |  |  |
"""


# Files of papers without an entry, and some that are no paper's.
GHOSTS = {
    "paper_notes/ideas/ghost.py": 'ALT = {"ja": "図。", "en": "A figure."}  # TODO: draw it\n',
    "paper_notes/ideas/__init__.py": "",
    "ssl_core/methods/ghost.py": "X = 1\n",
    "ssl_core/methods/base.py": "X = 1\n",
    "ssl_core/methods/__init__.py": "",
    "tests/ssl_core/test_ghost.py": 'SLUG = "ghost"\n',
    "tests/ssl_core/test_phantom.py": "from ssl_core.methods import phantom\n",
    "tests/ssl_core/test_losses.py": "from ssl_core.losses import nt_xent\nfrom ssl_core.methods import simclr\n",
}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def lines_of(root) -> tuple[list[str], list[str]]:
    errors, left = check(root)
    return [str(fault) for fault in errors], [str(fault) for fault in left]


def break_everything(root: Path) -> list[str]:
    """Make one error of each kind; give how each is told."""
    change(root / "bib/other.bib", "year = {2021}", "yaer = {2021}")
    change(root / "docs/ja/papers/simclr.md", "status: read", "status: done")
    change(root / "docs/ja/papers/simclr.md", "値段は", "値段は{{ result simclr/none-seed0 knn }}、")
    change(root / "docs/en/papers/simclr.md", "It costs", "<!-- source ssl_core.losses.none --> It costs")
    change(root / "docs/en/papers/simclr.md", "sharp", "sharp $\\frac{1}$")
    change(root / "docs/en/papers/simclr.md", "## Demo { #demo }\n\n<!-- notebook -->\n\n", "")
    change(root / "demos/simclr.ipynb", "print(loss(0.5))", "print(loss(0.6))")
    (root / "docs/en/about.md").unlink()
    (root / "docs/ja/papers/deep").mkdir()
    (root / "docs/ja/papers/deep/x.md").write_text("<!-- cite -->\n", encoding="utf-8")
    change(root / "docs/en/index.md", "<!-- reading-list -->", "<!-- reading-list: all -->")
    change(root / "docs/ja/glossary.md", "<!-- glossary -->", "")
    change(root / "mkdocs.en.yml", "theme:", "theme: [")
    (root / "docs/en/papers/ghost.md").write_text("---\ndescription: x\n---\n", encoding="utf-8")
    (root / "results/simclr/quick").mkdir(parents=True)
    (root / WORK / "adding-moco").mkdir(parents=True)
    return [
        ".cache/paper-notes/adding-moco: `paper-notes add` of moco was interrupted: ",
        "bib/other.bib:5: field yaer is unknown: write year, or take it out",
        "demos/simclr.ipynb: code has changed since it was executed: ",
        "docs/en/about.md: page is missing: ",
        "docs/en/index.md: no line <!-- reading-list -->: ",
        "docs/en/index.md:7: nothing replaces '<!-- reading-list: all -->': ",
        "docs/en/papers/deep/x.md: page is missing: ",
        "docs/en/papers/ghost.md: no entry: ",
        "docs/en/papers/simclr.md: no line <!-- notebook -->: ",
        "docs/en/papers/simclr.md:7: formula ",
        "docs/en/papers/simclr.md:16: nothing replaces '<!-- source ssl_core.losses.none -->': ",
        "docs/ja/glossary.md: no line <!-- glossary -->: ",
        "docs/ja/papers/simclr.md: headings differ from docs/en: only ja ['demo'], only en []: ",
        "docs/ja/papers/simclr.md:5: status 'done': ",
        "docs/ja/papers/simclr.md:26: {{ result simclr/none-seed0 knn }}: there is no stored run",
        "mkdocs.en.yml:11: expected ',' or ']'",
        "results/simclr/quick: the folder's name does not end in -seed<N>: ",
    ]


def test_every_error_is_told_at_once_with_its_place(repository):
    expected = break_everything(repository)
    errors, _ = lines_of(repository)
    for start in expected:
        assert sum(line.startswith(start) for line in errors) == 1, (start, errors)
    assert len(errors) == len(expected), errors


def test_what_the_build_refuses_check_refuses_with_the_same_words(repository):
    # The build looks at pages only when it could read all sources: those are broken after it has seen the pages.
    change(repository / "docs/ja/papers/simclr.md", "値段は", "値段は{{ result simclr/none-seed0 knn }}、")
    change(repository / "docs/en/papers/simclr.md", "It costs", "<!-- source ssl_core.losses.none --> It costs")
    change(repository / "docs/en/papers/simclr.md", "sharp", "sharp $\\frac{1}$")
    pages = refused_by_the_build(repository)
    change(repository / "bib/other.bib", "year = {2021}", "yaer = {2021}")
    change(repository / "docs/ja/papers/simclr.md", "status: read", "status: done")
    change(repository / "demos/simclr.ipynb", "print(loss(0.5))", "print(loss(0.6))")
    sources = refused_by_the_build(repository)
    assert (len(pages), len(sources)) == (3, 3)
    assert set(lines_of(repository)[0]) == pages | sources


def refused_by_the_build(root: Path) -> set[str]:
    with pytest.raises(PaperNotesError) as caught:
        build_site(root, root / "site")
    return set(messages(caught.value))


def test_a_repository_without_faults_has_no_errors_and_stays_as_it_is(repository):
    def state() -> dict[str, bytes]:
        return {str(path): path.read_bytes() for path in repository.rglob("*") if path.is_file()}

    before = state()
    assert lines_of(repository)[0] == []
    assert state() == before


def test_everything_unfinished_is_told_with_its_place_and_what_to_do(repository):
    (repository / "ssl_core/methods").mkdir(parents=True)
    (repository / "ssl_core/methods/other.py").write_text("X = 1  # TODO: choose X\n", encoding="utf-8")
    (repository / "results").mkdir()
    (repository / "results/README.md").write_text(QUEUE, encoding="utf-8")
    for name, text in GHOSTS.items():
        (repository / name).parent.mkdir(parents=True, exist_ok=True)
        (repository / name).write_text(text, encoding="utf-8")
    change(repository / "docs/ja/about.md", "説明。", "説明。\n\n<!-- TODO: もっと書く -->")
    change(repository / "docs/glossary.yml", "  ja: 温度", "  ja: 温度 # TODO: check the reading")
    change(repository / "docs/ja/papers/other.md", "date: 2026-11-23", "date: 2999-01-01")
    change(repository / "docs/ja/papers/simclr.md", "depth: full-text", "depth: abstract")
    change(repository / "docs/en/papers/simclr.md", "## Summary", "<!-- TODO: say more -->\n\n## Summary")
    change(repository / "docs/ja/papers/other.md", ', bibtex: "https://example.org/b"', "")
    notebook = sample.sample_notebook()
    notebook["metadata"]["paper_notes"]["executed"]["source_digest"] = "older"
    sample.write_notebook(repository, "simclr", notebook)
    errors, left = lines_of(repository)
    assert errors == []
    for start in (
        "demos/simclr.ipynb: ssl_core",
        "docs/en/papers/simclr.md:5: to be done: say more",
        "docs/glossary.yml:2: to be done: check the reading",
        "docs/ja/about.md:7: to be done: もっと書く",
        "docs/ja/papers/other.md:6: date 2999-01-01 lies ahead: ",
        "paper_notes/ideas/ghost.py: no entry: add bib/ghost.bib",
        "paper_notes/ideas/ghost.py:1: to be done: draw it",
        "ssl_core/methods/ghost.py: no entry: add bib/ghost.bib",
        "tests/ssl_core/test_ghost.py: no entry: add bib/ghost.bib",
        "tests/ssl_core/test_phantom.py: no entry: add bib/phantom.bib",
        "docs/ja/papers/other.md: no demo: write demos/other.ipynb",
        "docs/ja/papers/other.md: no drawing of the idea: draw it in paper_notes/ideas/other.py",
        "docs/ja/papers/other.md:5: under study (調査中): read the paper, write the page, set status: read",
        "docs/ja/papers/other.md:7: no link bibtex: add bibtex: https://…",
        "docs/ja/papers/simclr.md: no drawing of the idea: ",
        "docs/ja/papers/simclr.md:13: written without the paper's text: read the whole text",
        "results/README.md:4: the runs simclr/full (seed 0) are missing: run python -m ssl_core reproduce simclr",
        "results/README.md:5: the runs hai/ablation-no-embedding (seed 0, 1) are missing: ",
        "ssl_core/methods/other.py: no stored run of the preset quick: run python -m ssl_core reproduce other",
        "ssl_core/methods/other.py:1: to be done: choose X",
    ):
        assert sum(line.startswith(start) for line in left) == 1, (start, left)
    assert len(left) == 20
    assert left == sorted(left, key=lambda line: line.split(":")[0])


def test_a_run_made_by_older_code_is_unfinished():
    """This repository's own runs: those that the results page marks as old are those that check lists."""
    root = sample.REPOSITORY
    from paper_notes.stored_runs import load_runs

    stale = {variant.slug for variant in load_runs(root)[0].variants if variant.stale}
    _, left = lines_of(root)
    told = {line.split(":")[0] for line in left if "made by older code" in line}
    assert told == {f"results/{slug}" for slug in stale}


def test_this_repository_has_no_errors():
    assert lines_of(sample.REPOSITORY)[0] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("# TODO: a\n", ["f:1: to be done: a"]),
        ("x = 1  # TODO: a\n", ["f:1: to be done: a"]),
        ("\n<!-- TODO: ビューを書く -->\n", ["f:2: to be done: ビューを書く"]),
        ('   "<!-- TODO: a -->\\n",\n', ["f:1: to be done: a"]),
        ('   "<!-- TODO: a -->"\n', ["f:1: to be done: a"]),
        ("The mark TODO is no thing to do, and TODOS: neither\n", []),
    ],
)
def test_todo_lines_are_found_in_every_kind_of_file(text, told):
    assert [str(fault) for fault in todo_lines(text, "f")] == told


def test_the_command_exits_1_for_errors_only(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository / "docs")
    assert main(["check"]) == 0
    assert "unfinished:\ndocs/ja/papers/other.md" in capsys.readouterr().out
    change(repository / "bib/other.bib", "year = {2021}", "year = {soon}")
    assert main(["check"]) == 1
    assert "1 error, which stops the build:\nbib/other.bib:5: year 'soon': " in capsys.readouterr().out


def test_the_command_loads_no_torch(repository):
    code = "import sys; from paper_notes.cli import main; main(['check']); sys.exit('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=repository, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_broken_files_are_told_and_not_raised(repository):
    (repository / "demos/simclr.ipynb").write_text(json.dumps({"cells": 3}), encoding="utf-8")
    change(repository / "docs/ja/papers/simclr.md", "name: SimCLR", "name: [")
    errors, _ = lines_of(repository)
    assert any(line.startswith("demos/simclr.ipynb: not readable") for line in errors)
    assert any(line.startswith("docs/ja/papers/simclr.md:") for line in errors)


def test_settings_that_cannot_be_read_leave_the_other_errors_told(repository):
    change(repository / "mkdocs.yml", "extra:", "other:")
    (repository / "docs/en/about.md").unlink()
    errors, left = lines_of(repository)
    assert [line.split(":")[0] for line in errors] == ["docs/en/about.md", "mkdocs.yml", "mkdocs.yml"]
    assert "mkdocs.yml: extra.chapters is missing or incomplete: name each chapter" in errors[-2]
    assert left != []


def test_a_setting_that_mkdocs_warns_of_is_an_error_since_it_stops_the_build(repository):
    change(repository / "mkdocs.en.yml", "site_name:", "no_such_setting: 1\nsite_name:")
    assert lines_of(repository)[0] == [
        "mkdocs.en.yml: Config value 'no_such_setting': Unrecognised configuration name: no_such_setting: "
        "mend this setting"
    ]
