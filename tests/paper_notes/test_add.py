"""`paper-notes add`: a publisher's entry becomes one of ours, with pages that build, or nothing happens at all."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from paper_notes import add as module
from paper_notes.add import add, entry_of, read_input
from paper_notes.check import check
from paper_notes.cli import main
from paper_notes.errors import AddError, PaperNotesError
from paper_notes.faults import FaultsError
from paper_notes.site import build_site
from paper_notes.skeleton import NAME_TODO, notebook_of
from paper_notes.slugs import acronym_of, check_slug
from paper_notes.unfinished import UNWRITTEN
from paper_notes.words import LANGUAGES, WORDS
from tests.paper_notes import sample
from tests.paper_notes.publishers import ARXIV, CVF, DBLP, ENTRIES, IEEE, NORMALISED

DEMOS = ("whirl", "foldnet")
SETTINGS = {
    "chapters": {"deep-metric-learning": {"ja": "深層距離学習", "en": "Deep Metric Learning"}},
    "repository": "https://github.com/Loy-rh/paper_notes",
}


def files_in(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def refused(text: str) -> list[str]:
    """Give the lines with which an entry is refused, without a repository."""
    with pytest.raises(PaperNotesError) as caught:
        entry_of(text, "x.bib")
    return str(caught.value).splitlines()


@pytest.fixture
def small(tmp_path):
    """Give a folder with what `add` looks at, and nothing that a build needs."""
    (tmp_path / "bib").mkdir()
    (tmp_path / "ssl_core/methods").mkdir(parents=True)
    return tmp_path


def test_a_second_add_waits_for_the_first_one_and_takes_nothing_from_it(small):
    with module.alone(small), pytest.raises(AddError, match="another `paper-notes add` is at work"):
        add(small, DBLP, "x.bib", SETTINGS)
    assert files_in(small) == {}
    assert add(small, DBLP, "x.bib", SETTINGS).files


def test_an_unreadable_entry_of_the_repository_is_told_as_it_may_be_this_paper(small):
    (small / "bib/old.bib").mkdir()
    with pytest.raises(FaultsError, match=r"bib/old\.bib: cannot be read \(Is a directory\)"):
        add(small, DBLP, "x.bib", SETTINGS)
    assert files_in(small) == {}


@pytest.mark.parametrize("slug", sorted(ENTRIES))
def test_an_entry_keeps_what_its_publisher_says_of_the_paper_in_one_layout(slug, small):
    files, _ = add(small, ENTRIES[slug], "x.bib", SETTINGS)
    assert files[0] == small / f"bib/{slug}.bib"
    assert files[0].read_text(encoding="utf-8") == NORMALISED[slug]


@pytest.mark.parametrize("slug", sorted(ENTRIES))
def test_a_normalised_entry_is_normal(slug):
    assert entry_of(NORMALISED[slug], "x.bib")[1].source == NORMALISED[slug]


def test_what_an_entry_loses_or_changes_is_said():
    notes = {slug: entry_of(text, "x.bib")[1].notes for slug, text in ENTRIES.items()}
    assert {slug: told for slug, told in notes.items() if told} == {
        "gyrocl": ("left out: adsurl, adsnote",),
        "pivotrank": ("left out: publication_stage, source",),
        "kernelmix": ("left out: keywords-plus, researcherid-numbers, unique-id",),
        "wavecl": ("left out: yomi",),
        "cellclr": ("left out: pmid, pmcid",),
        "fluxsim": ("an article in a book: written as @InProceedings",),
        "tidecl": ("the key, which held a space, is written 山田太郎2021",),
    }


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("pages", "A-K83_1-10", {"pages": "A-K83_1-10"}),
        ("pages", "1 – 9, 12-14", {"pages": "1--9, 12--14"}),
        ("date", "2020-06", {"year": "2020", "month": "June"}),
        ("date", "2020-06-03/2020-06-05", {"year": "2020", "month": "3--5 June"}),
        ("date", "2020-06-30/2020-07-02", {"year": "2020", "month": "30 June"}),
        ("year", "２０２０", {"year": "2020"}),
        ("month", "7月", {"month": "July"}),
        ("month", "2020-06-14", {"month": "14 June"}),
        ("doi", r"10.1007/978-3-030-58548-8{\_}45", {"doi": "10.1007/978-3-030-58548-8_45"}),
        ("doi", "https://www.doi.org/10.1000/x", {"doi": "10.1000/x"}),
        ("doi", "10.1002/(SICI)1<1::A&gt;3.0.CO;2-2", {"doi": "10.1002/(SICI)1<1::A>3.0.CO;2-2"}),
        ("url", r"http://a.b/c{\_}d{\%}20e{\~{}}f", {"url": "http://a.b/c_d%20e~f"}),
        ("url", r"\url{https://a.b/c}", {"url": "https://a.b/c"}),
        ("eprint", "https://onlinelibrary.example.org/doi/pdf/10.1/x", {}),
        ("eprint", "arXiv:2002.05709v2", {"eprint": "2002.05709v2"}),
        ("howpublished", r"\url{https://a.b/c_d%20e} & Co", {"howpublished": r"\url{https://a.b/c_d%20e} \& Co"}),
        ("title", "Caf&eacute; &#8211; <em>E. coli</em> &lt;x&gt;", {"title": r"Café – \emph{E. coli} <x>"}),
        ("title", r"{\$}{\backslash}ell {\_}2{\$} at {\$}5", {"title": r"$\ell _2$ at {\$}5"}),
        ("author", "山田，太郎", {"author": "山田, 太郎"}),
        ("adsurl", "x", {}),
        ("fjournal", "Journal", {}),
        ("EISSN", "1234-5678", {"issn": "1234-5678"}),
    ],
)
def test_values_are_kept_without_what_web_forms_put_into_them(name, given, kept):
    others = {"title": "T", "author": "Doe, J", "year": "2020", "journal": "J"}
    written = {other: value for other, value in others.items() if other != name and (name, other) != ("date", "year")}
    body = ", ".join(f"{each} = {{{value}}}" for each, value in {**written, name: given}.items())
    assert entry_of(f"@article{{k, {body}}}", "x.bib")[1].fields == {**written, **kept}


def test_keywords_are_split_outside_braces_and_one_without_text_goes():
    keywords = r"keywords={deep learning, {metric learning, ranking}, \foo, x}, "
    text = ARXIV.replace("year={", keywords + "year={")
    assert entry_of(text, "x.bib")[1].keywords == ("deep learning", "metric learning, ranking", "x")


def test_keywords_are_spelt_as_on_other_pages(small):
    (small / "docs/ja/papers").mkdir(parents=True)
    (small / "docs/ja/papers/a.md").write_text("---\nkeywords: [Metric Learning, SSL]\n---\n", encoding="utf-8")
    text = ARXIV.replace("year={", "keywords={metric learning, Views, METRIC LEARNING}, year={")
    add(small, text, "x.bib", SETTINGS)
    assert "keywords: [Metric Learning, Views]" in (small / "docs/ja/papers/whirl.md").read_text(encoding="utf-8")


def test_invisible_characters_are_taken_out_and_told():
    entry = entry_of(ARXIV.replace("Rotations", "Ro\u200bta\u202etions"), "x.bib")[1]
    assert entry.title == "WHIRL: Rotations as Views"
    assert entry.notes == ("taken out, since nobody sees them: U+200B, U+202E",)


def test_an_entry_that_is_there_and_cannot_be_read_stops_no_other(small):
    (small / "bib/bad.bib").write_text("@misc{bad, title = {x \\{ y} z}, keywords = {\\{ a}}}", encoding="utf-8")
    assert add(small, ARXIV, "x.bib", SETTINGS).files[0] == small / "bib/whirl.bib"


def test_a_macro_defined_with_the_entry_is_expanded_and_an_undefined_one_refused():
    text = CVF.replace("month = {June}", "series = lncs")
    (told,) = refused(text)
    assert told.startswith("x.bib:5: undefined string lncs: put the value into braces, or define it")
    assert entry_of("@string{lncs = {Notes}} " + text, "x.bib")[1].fields["series"] == "Notes"


@pytest.fixture(scope="module")
def added(tmp_path_factory):
    """Give a repository to which all publishers' papers were added, two with a demo."""
    root = sample.write_repository(tmp_path_factory.mktemp("added"))
    (root / "ssl_core/methods").mkdir(parents=True)
    for slug, text in ENTRIES.items():
        add(root, text, "x.bib", SETTINGS, demo=slug in DEMOS)
    return root


def test_the_site_builds_right_after_papers_were_added(added):
    assert build_site(added, added / "site") == []
    for language in LANGUAGES:
        for slug in ENTRIES:
            page = (added / f"site/{language}/papers/{slug}/index.html").read_text(encoding="utf-8")
            assert 'id="claim"' in page
            assert "TODO" not in page
            assert page.count(UNWRITTEN[language]) == 9
            assert (WORDS[language]["no-demo-yet"] in page) == (slug in DEMOS)
        assert 'id="paper-whirl"' in (added / f"site/{language}/index.html").read_text(encoding="utf-8")
        assert not (added / f"site/{language}/demos/whirl").exists()


def test_added_papers_are_unfinished_and_no_errors(added):
    errors, left = check(added)
    assert errors == []
    lines = [str(fault) for fault in left]
    for slug in ENTRIES:
        for language in LANGUAGES:
            path = f"docs/{language}/papers/{slug}.md"
            count = (added / path).read_text(encoding="utf-8").count("TODO")
            assert sum(line.startswith(f"{path}:") and ": to be done: " in line for line in lines) == count >= 10
        assert any(line.startswith(f"docs/ja/papers/{slug}.md:") and "under study" in line for line in lines)
    assert any(line.startswith("docs/ja/papers/twinnet.md:") and "no link paper" in line for line in lines)
    assert any(line.startswith("demos/whirl.ipynb: has never been executed") for line in lines)


def test_pages_hold_what_the_entry_says(added):
    facts, front = {}, {}
    for slug in ENTRIES:
        text = (added / f"docs/ja/papers/{slug}.md").read_text(encoding="utf-8")
        front[slug] = text.split("---\n")[1]
        facts[slug] = yaml.safe_load(front[slug])
        assert facts[slug]["status"] == "studying"
        assert all(address.startswith("https://") for address in facts[slug]["links"].values())
    arxiv = {"paper": "https://arxiv.org/abs/2301.01234", "bibtex": "https://arxiv.org/bibtex/2301.01234"}
    assert facts["whirl"]["links"] == arxiv
    assert facts["foldnet"]["links"]["paper"] == "https://doi.org/10.1109/TPAMI.2020.9999999"
    assert facts["foldnet"]["keywords"] == ["Training", "Measurement", "Task analysis"]
    assert facts["ridgenet"]["links"]["paper"] == "https://a.example.org/c_d%20e~f"
    assert facts["twinnet"]["keywords"] == ["Deep Metric Learning"]
    assert facts["haloclr"]["name"] == "HaloCLR"


def test_headings_are_those_of_the_pages_that_exist(added):
    existing = (sample.REPOSITORY / "docs/en/papers/simsiam.md").read_text(encoding="utf-8")
    written = (added / "docs/en/papers/whirl.md").read_text(encoding="utf-8")
    headings = [line for line in existing.splitlines() if line.startswith("#")]
    assert [line for line in written.splitlines() if line.startswith("#") and "TODO" not in line] == headings
    assert "{ #demo }" not in (added / "docs/en/papers/orbit.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("present", ["bib/whirl.bib", "docs/en/papers/whirl.md", "demos/whirl.ipynb"])
def test_nothing_is_overwritten_and_then_nothing_is_written(present, small):
    (small / present).parent.mkdir(parents=True, exist_ok=True)
    (small / present).write_text("% mine", encoding="utf-8")
    before = files_in(small)
    with pytest.raises(AddError, match=f"^{present}: is there already"):
        add(small, ARXIV, "x.bib", SETTINGS, demo=True)
    assert files_in(small) == before


@pytest.mark.parametrize("after", range(6))
def test_an_interrupted_add_leaves_nothing(after, small, monkeypatch):
    before = files_in(small)
    stop_after(after, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        add(small, ARXIV, "x.bib", SETTINGS, demo=True)
    assert files_in(small) == before


@pytest.mark.parametrize("after", range(6))
def test_an_add_that_was_killed_is_told_and_undone_by_the_next_one(after, small, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(after, patch)
        patch.setattr(module, "undo", lambda root, folder: None)  # a killed process tidies nothing
        with pytest.raises(KeyboardInterrupt):
            add(small, ARXIV, "x.bib", SETTINGS, demo=True)
    assert list(small.rglob("plan.json"))
    assert len(add(small, ARXIV, "x.bib", SETTINGS, demo=True).files) == 6
    assert not list((small / ".cache").rglob("adding-*"))


def test_undoing_spares_what_somebody_has_written_into_a_file(small, monkeypatch):
    with monkeypatch.context() as patch:
        stop_after(2, patch)
        patch.setattr(module, "undo", lambda root, folder: None)
        with pytest.raises(KeyboardInterrupt):
            add(small, ARXIV, "x.bib", SETTINGS)
    page = small / "docs/ja/papers/whirl.md"
    page.write_text("mine", encoding="utf-8")
    with pytest.raises(AddError, match="is there already"):
        add(small, ARXIV, "x.bib", SETTINGS)
    assert page.read_text(encoding="utf-8") == "mine"
    assert not (small / "bib/whirl.bib").exists()


def stop_after(count: int, monkeypatch) -> None:
    """Interrupt `add` when it has put so many files into place."""
    place, placed = module._place, []

    def stopping(staged, target):
        if len(placed) == count:
            raise KeyboardInterrupt
        placed.append(target)
        place(staged, target)

    monkeypatch.setattr(module, "_place", stopping)


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("../x", "'../x' is no slug"),
        ("..", "'..' is no slug"),
        ("a/b", "'a/b' is no slug"),
        ("a\\b", "is no slug"),
        ("", "'' is no slug"),
        ("MoCo", "'MoCo' is no slug"),
        ("論文", "'論文' is no slug"),
        ("a b", "'a b' is no slug"),
        ("a\n", "is no slug"),
        ("-a", "is no slug"),
        (".git", "is no slug"),
        ("a" * 300, r"slug 'a{40}…' has 300 letters: use at most 40"),
        ("con", "slug 'con' is the name of a device on Windows"),
        ("lpt1", "slug 'lpt1' is the name of a device"),
        ("all", "slug 'all' stands for the whole list"),
        ("index", "slug 'index' stands for"),
    ],
)
def test_a_slug_that_cannot_name_files_is_refused(slug, message, small):
    before = files_in(small)
    with pytest.raises(AddError, match=message):
        add(small, ARXIV, "x.bib", SETTINGS, slug=slug)
    assert files_in(small) == before


@pytest.mark.parametrize("slug", ["deep-rank", "class", "3d"])
def test_a_demo_needs_a_slug_that_can_name_a_module(slug):
    check_slug(slug, demo=False)
    with pytest.raises(AddError, match="cannot name the Python module"):
        check_slug(slug, demo=True)


@pytest.mark.parametrize(
    ("title", "acronym"),
    [
        ("SimCLR: A Framework", "SimCLR"),
        ("Barlow Twins: Redundancy Reduction", "Barlow Twins"),
        ("Swapping Assignments (SwAV) between Views", "SwAV"),
        ("Momentum Contrast for Representation Learning", ""),
        ("A study (revisited)", ""),
        ("iBOT: Image BERT", "iBOT"),
        ("data2vec: A General Framework", "data2vec"),
        ("wav2vec 2.0: A Framework", "wav2vec 2.0"),
        ("MoCo v3: Self-Supervised ViTs", "MoCo v3"),
        ("SimCLR：対照学習の枠組み", "SimCLR"),
        ("attention: a survey", ""),
        ("A Very Long Beginning of a Title: With a Colon", ""),
    ],
)
def test_the_short_name_is_the_one_that_the_title_introduces(title, acronym):
    assert acronym_of(title) == acronym


@pytest.mark.parametrize(
    ("author", "slug"),
    [
        ("Sato, Hanako", "sato2023"),
        (r"M{\"u}ller-L{\"u}denscheidt, J", "mullerludenscheidt2023"),
        ("Strauß, Ø and He, K", "strauss2023"),
        ("{\\L}ukasz {\\O}stby", "ostby2023"),
        ("山田, 太郎", "paper2023"),
    ],
)
def test_a_title_without_a_short_name_gets_author_and_year_and_says_so(author, slug, small):
    text = CVF.replace("TwinNet: ", "").replace('Sato, Hanako and M\\"uller, J\\"org', author)
    files, notes = add(small, text, "x.bib", SETTINGS)
    assert files[0] == small / f"bib/{slug}.bib"
    assert notes == [
        f"no short name in the title, so its files are called {slug}: use --slug to choose another",
    ]
    page = (small / f"docs/ja/papers/{slug}.md").read_text(encoding="utf-8")
    assert f"\nname: {slug}\n" in page
    assert NAME_TODO in page


def test_a_slug_that_was_chosen_is_taken(small):
    assert (small / "bib/two.bib") in add(small, CVF.replace("TwinNet: ", ""), "x.bib", SETTINGS, slug="two").files
    assert "\nname: two\n" in (small / "docs/ja/papers/two.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("TideNet", "Other"), "x.bib:1: is already in bib/one.bib (the same DOI 10.48550/arxiv.2302.04321): "),
        (("10.48550/ARXIV.2302.04321", ""), "x.bib:1: is already in bib/one.bib (the same arXiv identifier 2302."),
    ],
)
def test_a_paper_is_added_once_whatever_its_entry_looks_like(change, message, small):
    add(small, DBLP, "x.bib", SETTINGS, slug="one")
    with pytest.raises(FaultsError) as caught:
        add(small, DBLP.replace(*change).replace("journals/corr", "conf/x"), "x.bib", SETTINGS, slug="two")
    assert str(caught.value).startswith(message)


def test_the_preprint_of_a_paper_that_is_there_is_found_by_its_title(small):
    add(small, CVF, "x.bib", SETTINGS)
    preprint = ARXIV.replace("WHIRL: Rotations as Views", "{TwinNet}: two views are enough")
    with pytest.raises(FaultsError, match=r"is already in bib/twinnet.bib \(the same title\)"):
        add(small, preprint, "x.bib", SETTINGS)


def test_a_key_that_another_entry_has_is_refused(small):
    add(small, CVF, "x.bib", SETTINGS)
    with pytest.raises(FaultsError, match=r"x.bib:1: key SATO_2023_cvpr is already used in bib/twinnet.bib"):
        add(small, ARXIV.replace("novak2023whirl", "SATO_2023_cvpr"), "x.bib", SETTINGS)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (CVF + ARXIV, ["x.bib:9: 2 entries: give exactly one entry, from its @ to its closing brace"]),
        ("words", ["x.bib:1: no BibTeX entry: give exactly one entry, from its @ to its closing brace"]),
        (CVF.replace("year = {2023},\n", ""), ["x.bib:1: field year is missing: add year = {…}"]),
        (CVF.replace("2023}", "soon}"), ["x.bib:6: year 'soon': write four digits"]),
        (CVF.replace("pages =", "pagges ="), ["x.bib:7: field pagges is unknown: write pages, or take it out"]),
        (IEEE.replace("journal", "series"), ["x.bib:1: field journal is missing: "]),
        (CVF.replace("month = {June}", "title = {B}"), ["x.bib:5: field title stands twice: keep one of the two"]),
        (CVF.replace("@InProceedings", "@inproceding"), ["x.bib:1: entry type @inproceding is unknown: write @InP"]),
        (
            CVF.replace("title = {TwinNet: Two Views Are Enough}", "title = {TwinNet: \\frobnicate{x}}").replace(
                "{2023}", "{soon}"
            ),
            ["x.bib:3: title", "x.bib:6: year 'soon'"],
        ),
        (CVF.replace("Enough},", "Enough,"), ["x.bib:3: a brace in field title is not closed: "]),
    ],
)
def test_what_is_wrong_with_an_entry_is_told_with_the_line_of_the_input(text, lines):
    told = refused(text)
    assert len(told) == len(lines)
    assert all(line.startswith(start) for line, start in zip(told, lines, strict=True)), told


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "standard input: empty"),
        (b" \n\t\n", "standard input: empty"),
        (b"@misc{\0", "standard input: not a text"),
        (b"\x89PNG\r\n\x1a\n\xff", "standard input: not UTF-8"),
        (b"@" * 10_000_000, "standard input: more than 1,000,000 bytes"),
    ],
)
def test_input_that_is_no_entry_is_refused_in_one_sentence(content, message):
    with pytest.raises(AddError, match=f"^{message}") as caught:
        read_input("-", io.BytesIO(content))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(AddError, match="No such file"):
        read_input(str(tmp_path / "none.bib"), io.BytesIO())
    with pytest.raises(AddError, match="directory"):
        read_input(str(tmp_path), io.BytesIO())


def test_a_chapter_is_asked_for_where_there_are_several(small):
    several = {**SETTINGS, "chapters": {"a": {"ja": "あ", "en": "A"}, "b": {"ja": "い", "en": "B"}}}
    with pytest.raises(AddError, match="give --chapter a or b"):
        add(small, ARXIV, "x.bib", several)
    with pytest.raises(AddError, match="'c' is no chapter: give --chapter a or b"):
        add(small, ARXIV, "x.bib", several, chapter="c")
    add(small, ARXIV, "x.bib", several, chapter="b")
    assert "\nchapter: b\n" in (small / "docs/ja/papers/whirl.md").read_text(encoding="utf-8")


def test_hostile_text_in_an_entry_stays_text(small):
    title = "EVIL: \"\"\" @@SLUG@@ </script> # {{ result x y }} ''' and more"
    files, _ = add(small, ARXIV.replace("WHIRL: Rotations as Views", title), "x.bib", SETTINGS, demo=True)
    for path in files:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            compile(text, path.name, "exec")
        if path.suffix == ".ipynb":
            json.loads(text)
    for name in ("bib/evil.bib", "ssl_core/methods/evil.py"):
        assert "@@SLUG@@" in (small / name).read_text(encoding="utf-8")


def test_the_command_reads_standard_input_and_says_what_is_left(repository, monkeypatch, capsys):
    (repository / "deep/er").mkdir(parents=True)
    monkeypatch.chdir(repository / "deep/er")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARXIV.encode())))
    assert main(["add", "-"]) == 0
    printed = capsys.readouterr().out
    written, _, left = printed.partition("still to be filled in:\n")
    assert "  bib/whirl.bib\n  docs/ja/papers/whirl.md\n  docs/en/papers/whirl.md\n" in written
    assert len(left.splitlines()) == sum(
        path.read_text(encoding="utf-8").count("TODO") for path in repository.glob("docs/*/papers/whirl.md")
    )


def test_a_closed_standard_input_is_one_clear_line(repository, monkeypatch, capsys):
    monkeypatch.chdir(repository)
    monkeypatch.setattr(sys, "stdin", None)  # as Python has it when the shell says <&-
    before = files_in(repository)
    assert main(["add", "-"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: ")
    assert files_in(repository) == before


def test_a_disk_that_is_full_is_one_clear_line(repository, monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device", "bib/whirl.bib")

    monkeypatch.chdir(repository)
    monkeypatch.setattr("paper_notes.add.add", full)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ARXIV.encode())))
    assert main(["add", "-"]) == 1
    assert capsys.readouterr().err == "error: bib/whirl.bib: No space left on device\n"


def test_the_command_does_not_load_torch(repository):
    code = (
        "import sys; from paper_notes.cli import main; status = main(['add', '-', '--demo']);"
        "sys.exit(status or int('torch' in sys.modules))"
    )
    (repository / "ssl_core/methods").mkdir(parents=True)
    path = os.pathsep.join([str(sample.REPOSITORY), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        command, cwd=repository, input=ARXIV, text=True, capture_output=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (repository / "ssl_core/methods/whirl.py").is_file()


def test_a_notebook_skeleton_has_its_text_in_pairs_of_both_languages():
    script = (sample.REPOSITORY / "paper_notes/skeletons/demo.py.txt").read_text(encoding="utf-8")
    cells = [cell for cell in notebook_of(script, "x")["cells"] if cell["cell_type"] == "markdown"]
    found = {
        language: [
            cell["metadata"].get("paper_notes", {}).get("id")
            for cell in cells
            if cell["metadata"]["tags"] == [f"lang-{language}"]
        ]
        for language in LANGUAGES
    }
    assert found["ja"] == found["en"]
    assert len(found["ja"]) * 2 == len(cells)
