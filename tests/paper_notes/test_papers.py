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
        ("date: 2026-11-23", "date: 2026-02-30", "docs/ja/papers/simclr.md:1: not readable as YAML (day is out"),
        ("date: 2026-11-23", "date: 2026-11-23 10:00:00", "docs/ja/papers/simclr.md:6: date datetime.datetime("),
        ("keywords: [", "keywords: ", "docs/ja/papers/simclr.md:4: "),
        ("https://arxiv.org/abs/2002.05709", "javascript:alert(1)", "docs/ja/papers/simclr.md:8: link paper 'javas"),
        ("  paper: https://arxiv.org/abs/2002.05709\n", "", "docs/ja/papers/simclr.md:7: link paper is missing: "),
        ("  code:", "  kode:", "docs/ja/papers/simclr.md:9: link 'kode' is unknown: "),
        (
            "date:",
            "keyword: x\ndate:",
            "docs/ja/papers/simclr.md:6: keyword is no fact of a paper: write keywords",
        ),
        ("date:", "colour: x\ndate:", "docs/ja/papers/simclr.md:6: colour is no fact of a paper: take it out"),
        ("---\nname", "name", "docs/ja/papers/simclr.md:1: no front matter: "),
    ],
)
def test_fault_of_front_matter_names_its_line(repository, old, new, message):
    change(repository / "docs/ja/papers/simclr.md", old, new)
    assert any(line.startswith(message) for line in faults_of(repository))


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        (
            "status: read",
            "docs/en/papers/simclr.md:2: status stands on the Japanese page, for both languages",
        ),
        ("descripton: x", "docs/en/papers/simclr.md:2: descripton is no fact of a paper: write description, or"),
    ],
)
def test_the_english_page_holds_nothing_but_what_is_translated(repository, fact, message):
    change(repository / "docs/en/papers/simclr.md", "---\ndescription", f"---\n{fact}\ndescription")
    assert [line[: len(message)] for line in faults_of(repository)] == [message]


@pytest.mark.parametrize("name", ["bib/Upper.BIB", "bib/more/upper.bib"])
def test_an_entry_that_nothing_reads_is_a_fault(repository, name):
    (repository / "bib/more").mkdir()
    (repository / name).write_text(sample.BIB, encoding="utf-8")
    assert faults_of(repository) == [f"{name}: is not read: move it to bib/upper.bib"]


@pytest.mark.parametrize("name", ["docs/ja/papers/simclr.md", "docs/en/about.md", "docs/glossary.yml"])
def test_a_text_that_is_not_utf_8_is_a_fault_with_its_line(repository, name):
    (repository / name).write_bytes("a\nあ".encode("euc-jp"))
    assert faults_of(repository) == [f"{name}:2: not UTF-8: save the file as UTF-8"]


def test_a_folder_and_a_link_that_leads_nowhere_are_faults(repository):
    (repository / "bib/other.bib").unlink()
    (repository / "bib/other.bib").symlink_to("nowhere.bib")
    (repository / "docs/en/papers/simclr.md").unlink()
    (repository / "docs/en/papers/simclr.md").mkdir()
    lines = faults_of(repository)
    assert lines[0].startswith("bib/other.bib: cannot be read (No such file or directory): ")
    assert any(line.startswith("docs/en/papers/simclr.md: ") for line in lines)
    (repository / "bib/other.bib").unlink()
    (repository / "bib/other.bib").mkdir()
    assert faults_of(repository)[0].startswith("bib/other.bib: cannot be read (Is a directory): ")


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
        "docs/en/papers/other.md:2: words is no fact of a paper",
        "docs/ja/papers/simclr.md:5: status",
    ):
        assert any(line.startswith(start) for line in lines), start
    assert len(lines) == 8


def test_missing_page_is_a_fault(repository):
    (repository / "docs/en/papers/simclr.md").unlink()
    assert faults_of(repository)[0].startswith("docs/en/papers/simclr.md: page is missing")


def test_file_name_that_is_no_slug_is_a_fault(repository):
    (repository / "bib/My Paper.bib").write_text(sample.BIB.replace("chen2020simple", "x"), encoding="utf-8")
    assert any("is no slug" in line for line in faults_of(repository))
