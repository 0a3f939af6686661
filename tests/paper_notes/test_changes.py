"""When pages changed last: git's date or none, never a wrong one."""

import os
import subprocess

import pytest

from paper_notes.changes import last_change, last_changes, sources_of
from paper_notes.site import build_site


def git(root, *arguments, **environment):
    names = {f"GIT_{role}_{part}": value for role in ("AUTHOR", "COMMITTER") for part, value in WHO.items()}
    subprocess.run(["git", "-C", root, *arguments], env={**os.environ, **names, **environment}, check=True)


WHO = {"NAME": "Someone", "EMAIL": "someone@example.org"}


def commit(root, when):
    """Commit all files of a repository at a time."""
    if not (root / ".git").exists():
        git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "x", GIT_COMMITTER_DATE=when, GIT_AUTHOR_DATE="2001-01-01T00:00:00Z")


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "docs/en/papers").mkdir(parents=True)
    (tmp_path / "bib").mkdir()
    for name in ("docs/en/papers/a.md", "docs/en/about.md", "bib/a.bib", "docs/en/名前 x.md"):
        (tmp_path / name).write_text("1", encoding="utf-8")
    commit(tmp_path, "2026-01-01T10:00:00+09:00")
    return tmp_path


def change_of(root, page):
    found = last_change(last_changes(root), sources_of(page, "en"))
    return found and found.isoformat()


def test_date_is_that_of_the_last_commit_of_the_page_or_its_entry(checkout):
    assert change_of(checkout, "papers/a.md") == "2026-01-01T10:00:00+09:00"
    (checkout / "bib/a.bib").write_text("2", encoding="utf-8")
    commit(checkout, "2026-03-04T05:06:07+00:00")
    assert change_of(checkout, "papers/a.md") == "2026-03-04T05:06:07+00:00"
    assert change_of(checkout, "about.md") == "2026-01-01T10:00:00+09:00"
    assert change_of(checkout, "名前 x.md") == "2026-01-01T10:00:00+09:00"


@pytest.mark.parametrize("name", ["demos/a.ipynb", "paper_notes/ideas/a.py", "results/a/quick-seed0/run.json"])
def test_what_a_note_shows_changes_its_date(checkout, name):
    (checkout / name).parent.mkdir(parents=True, exist_ok=True)
    (checkout / name).write_text("1", encoding="utf-8")
    commit(checkout, "2026-03-04T05:06:07+00:00")
    assert change_of(checkout, "papers/a.md") == "2026-03-04T05:06:07+00:00"
    assert change_of(checkout, "about.md") == "2026-01-01T10:00:00+09:00"


def test_page_that_is_not_committed_has_no_date(checkout):
    (checkout / "docs/en/new.md").write_text("1", encoding="utf-8")
    assert change_of(checkout, "new.md") is None


def test_shallow_clone_has_no_dates(checkout, tmp_path_factory):
    (checkout / "docs/en/about.md").write_text("2", encoding="utf-8")
    commit(checkout, "2026-05-05T00:00:00Z")
    clones = tmp_path_factory.mktemp("clones")
    git(clones, "clone", "--quiet", "--depth", "1", f"file://{checkout}", "shallow")
    git(clones, "clone", "--quiet", f"file://{checkout}", "whole")
    assert last_changes(clones / "shallow") == {}
    assert last_changes(clones / "whole") == last_changes(checkout)


def test_without_git_or_outside_a_checkout_there_are_no_dates(checkout, tmp_path_factory, monkeypatch):
    outside = tmp_path_factory.mktemp("outside")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(outside.parent))
    assert last_changes(outside) == {}
    monkeypatch.setenv("PATH", "")
    assert last_changes(checkout) == {}


def test_repository_in_a_folder_of_another_one_has_its_own_names(checkout, tmp_path_factory):
    assert change_of(checkout / "docs", "about.md") is None
    assert "en/about.md" in last_changes(checkout / "docs")


def test_git_is_asked_once_a_build_and_language_however_many_pages(repository, monkeypatch):
    from paper_notes import changes

    commit(repository, "2026-12-24T10:00:00+09:00")
    asked = []
    ask = changes._git
    monkeypatch.setattr(changes, "_git", lambda root, *arguments: asked.append(arguments[0]) or ask(root, *arguments))
    build_site(repository, repository / "site")
    assert asked == ["rev-parse", "log"] * 2
    shown = '<time datetime="2026-12-24">2026-12-24</time>'
    for page in ("ja/papers/simclr", "en/about", "ja"):
        assert shown in (repository / "site" / page / "index.html").read_text(encoding="utf-8")


def test_without_git_a_note_shows_its_own_date_and_other_pages_none(built):
    note = (built / "en/papers/other/index.html").read_text(encoding="utf-8")
    assert '<span>Last changed <time datetime="2026-11-23">2026-11-23</time></span>' in note
    assert "Last changed" not in (built / "en/about/index.html").read_text(encoding="utf-8")
