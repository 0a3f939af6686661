"""Joining bibliography, front matter and demos, with every fault in one report."""

import pytest

from paper_notes.faults import FaultsError
from paper_notes.sources import load_sources
from tests.paper_notes import sample

ADDRESS = "https://github.com/Loy-rh/paper_notes"
CHAPTERS = {"deep-metric-learning": {"ja": "深層距離学習", "en": "Deep Metric Learning"}}


def faults_of(root):
    with pytest.raises(FaultsError) as caught:
        load_sources(root, CHAPTERS, ADDRESS)
    return str(caught.value).splitlines()


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_papers_are_joined_in_order(repository):
    papers = load_sources(repository, CHAPTERS, ADDRESS)
    assert [paper.slug for paper in papers] == ["simclr", "other"]  # by year
    simclr = papers[0]
    assert simclr.name == "SimCLR"
    assert simclr.description["en"].startswith("Pulling")
    assert simclr.demo is not None
    assert papers[1].demo is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("status: read", "status: done", "docs/ja/papers/simclr.md:5: status 'done': use read or studying"),
        ("chapter: deep", "chapter: x", "docs/ja/papers/simclr.md:3: chapter 'x-metric-learning': use one of"),
        ("name: SimCLR\n", "", "docs/ja/papers/simclr.md:1: name is missing: "),
        ("date: 2026-11-23", "date: soon", "docs/ja/papers/simclr.md:6: date 'soon': write it as 2026-11-23"),
        ("keywords: [", "keywords: ", "docs/ja/papers/simclr.md:4: "),
        ("https://arxiv.org/abs/2002.05709", "javascript:alert(1)", "docs/ja/papers/simclr.md:8: link paper 'javas"),
        ("  paper: https://arxiv.org/abs/2002.05709\n", "", "docs/ja/papers/simclr.md:7: link paper is missing: "),
        ("  code:", "  kode:", "docs/ja/papers/simclr.md:9: link 'kode' is unknown: "),
        ("---\nname", "name", "docs/ja/papers/simclr.md:1: no front matter: "),
    ],
)
def test_fault_of_front_matter_names_its_line(repository, old, new, message):
    change(repository / "docs/ja/papers/simclr.md", old, new)
    assert any(line.startswith(message) for line in faults_of(repository))


def test_all_faults_come_at_once(repository):
    change(repository / "docs/ja/papers/simclr.md", "status: read", "status: done")
    change(repository / "docs/en/papers/other.md", "description:", "words:")
    change(repository / "bib/other.bib", "year = {2021}", "")
    change(repository / "demos/simclr.ipynb", "print(loss(0.5))", "print(loss(0.6))")
    (repository / "docs/en/papers/ghost.md").write_text("---\ndescription: x\n---\n", encoding="utf-8")
    (repository / "demos/ghost.ipynb").write_text("no notebook", encoding="utf-8")
    lines = faults_of(repository)
    for start in (
        "bib/other.bib:1: field year is missing",
        "demos/ghost.ipynb: no entry",
        "demos/ghost.ipynb: not readable",
        "demos/simclr.ipynb: code has changed since it was executed: run make demos DEMO=simclr",
        "docs/en/papers/ghost.md: no entry",
        "docs/en/papers/other.md:1: description is missing",
        "docs/ja/papers/simclr.md:5: status",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert len(lines) == 7


def test_missing_page_is_a_fault(repository):
    (repository / "docs/en/papers/simclr.md").unlink()
    assert faults_of(repository)[0].startswith("docs/en/papers/simclr.md: page is missing")


def test_file_name_that_is_no_slug_is_a_fault(repository):
    (repository / "bib/My Paper.bib").write_text(sample.BIB.replace("chen2020simple", "x"), encoding="utf-8")
    assert any("is no slug" in line for line in faults_of(repository))
