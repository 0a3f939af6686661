"""Bad input in bib/: every fault is one line with file and line, all of them come at once, and nothing is built."""

import pytest

from paper_notes.bibliography import read_bibliography
from paper_notes.cli import main
from paper_notes.entry_rules import KNOWN_FIELDS, REQUIRED
from tests.paper_notes import sample

GOOD = """@Article{key2020,
  title   = {A {B} Title},
  author  = {Doe, Jane},
  journal = {Journal of Examples},
  pages   = {1--9},
  year    = {2020}
}
"""


def faults_of(tmp_path, text: str) -> list[str]:
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib/x.bib").write_text(text, encoding="utf-8")
    entries, faults = read_bibliography(tmp_path / "bib")
    assert entries == {}
    return [str(fault) for fault in faults]


CLOSE = "close each brace that is opened in it, and end it with a comma"
COMMA = "end the field with a comma"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        # Broken syntax: the line is that of the field to blame, not the one where a parser gives up.
        ("B} Title},", "B Title},", f"bib/x.bib:2: a brace in field title is not closed: {CLOSE}"),
        ("Title},", "Title,", f"bib/x.bib:2: a brace in field title is not closed: {CLOSE}"),
        ("{2020}\n", "{2020\n", f"bib/x.bib:6: a brace in field year is not closed: {CLOSE}"),
        (
            "Title},",
            "Title}},",
            "bib/x.bib:3: the entry has ended in line 2, this field stands outside it: take away",
        ),
        ("Title},", "Title}", f"bib/x.bib:2: no comma after field title: {COMMA}"),
        ("{1--9},", "{1--9}", f"bib/x.bib:5: no comma after field pages: {COMMA}"),
        ("\n}\n", "\n", "bib/x.bib:1: the entry key2020 is never closed: close it with a brace on the last line"),
        (
            "{key2020,",
            "{",
            "bib/x.bib:1: @article has no key: write one after the opening brace: @article{smith2020,",
        ),
        ("{key2020,", "{key 2020,", "bib/x.bib:1: key 'key 2020' holds a space: write the key as one word"),
        ("{Doe, Jane}", '"Doe, Jane', "bib/x.bib:3: the quotes of field author are not closed: "),
        ("{1--9}", "", "bib/x.bib:5: field pages has no value: "),
        ("pages   = {1--9}", "pages 1--9", "bib/x.bib:5: 'pages 1--9,' is no field: write fields as name = {value}"),
        ("@Article", "@string{j = }\n@Article", "bib/x.bib:1: @string has no value: "),
        ("@Article", "@string{j {J}}\n@Article", "bib/x.bib:1: @string defines nothing: write it as @string{name"),
        # What values hold.
        (
            "1--9",
            r"x \{ y} z",
            "bib/x.bib:5: pages has broken LaTeX (a brace is closed that was never opened)",
        ),
        ("pages   = {1--9}", r"note = {\cite{x}}", r"bib/x.bib:5: note holds the LaTeX command \cite, which has no "),
        ("pages   = {1--9}", r"series = {\foobar LNCS}", r"bib/x.bib:5: series holds the LaTeX command \foobar, "),
        (
            "pages   = {1--9}",
            r"editor = {\foo{Roe}, J}",
            r"bib/x.bib:5: name '\foo{Roe}, J' holds the LaTeX command \foo",
        ),
        ("A {B} Title", "{}", "bib/x.bib:2: title has no text: write it"),
        ("A {B} Title", "A\u202eB", "bib/x.bib:2: title holds an invisible character U+202E: take it out"),
        ("A {B} Title", "A\x07B", "bib/x.bib:2: title holds an invisible character U+0007: take it out"),
        ("key2020", "key\u200b2020", "bib/x.bib:1: the key holds an invisible character U+200B: take it out"),
        ("{2020}", "{２０２０}", "bib/x.bib:6: year '２０２０': write four digits"),
        ("pages   = {1--9}", "doi = {n/a}", "bib/x.bib:5: doi 'n/a' is no DOI: write 10.…/…"),
        ("pages   = {1--9}", "doi = {10.1000/182,}", "bib/x.bib:5: doi '10.1000/182,' is no DOI: "),
        ("pages   = {1--9}", 'doi = {"><script>alert(1)</script>}', "bib/x.bib:5: doi '\"><script>"),
        (
            "pages   = {1--9}",
            "eprint = {simclr}, archiveprefix = {arXiv}",
            "bib/x.bib:5: eprint 'simclr' is no number of arXiv: write it as 2002.05709",
        ),
        (
            "pages   = {1--9}",
            r"note = {\url{javascript:alert(1)}}",
            "bib/x.bib:5: note 'javascript:alert(1)' is no http(s) link: give an http or https address",
        ),
        # Names.
        ("Doe, Jane", "Doe, J & Roe, K", "bib/x.bib:3: name 'Doe, J & Roe, K' holds &: join names with and"),
        ("Doe, Jane", "Doe, J; Roe, K", "bib/x.bib:3: name 'Doe, J; Roe, K' holds ;: join names with and"),
        ("Doe, Jane", "Doe, J and and Roe, K", "bib/x.bib:3: a name is empty in 'Doe, J and and Roe, K': join "),
        ("Doe, Jane", "Doe, J and", "bib/x.bib:3: a name is empty in 'Doe, J and': join names with and"),
        ("Doe, Jane", "山田太郎、佐藤花子", "bib/x.bib:3: name '山田太郎、佐藤花子' holds 、: join names with and"),
        ("Doe, Jane", ", Jane", "bib/x.bib:3: name ', Jane' has no family name: write it as Family, Given"),
        ("Doe, Jane", "others", "bib/x.bib:3: no author is named before others: name the first one"),
        (
            "Doe, Jane",
            "Doe, J et al.",
            "bib/x.bib:3: name 'Doe, J et al.' holds et al.: end the list with",
        ),
        (
            "Doe, Jane",
            "John Doe, Kate Roe, Edgar Poe",
            "bib/x.bib:3: in name 'John Doe, Kate Roe, Edgar Poe', 'Kate Roe' is no suffix such as Jr: join names",
        ),
        # What the entry says.
        ("year    = {2020}", "", "bib/x.bib:1: field year is missing: add year = {…}"),
        ("{2020}", "{}", "bib/x.bib:6: field year is empty: add year = {…}"),
        ("{2020}", "{in press}", "bib/x.bib:6: year 'in press': write four digits"),
        ("{2020}", "soon", "bib/x.bib:6: undefined string soon: put the value into braces"),
        ("{Doe, Jane}", "{Doe, Jane, Dr., x}", "bib/x.bib:3: Too many commas in 'Doe, Jane, Dr., x': "),
        ("  journal = {Journal of Examples},\n", "", "bib/x.bib:1: field journal is missing: add journal = {…}"),
        (
            "journal = {Journal of",
            "eprint = {Journal of",
            "bib/x.bib:1: field journal is missing: add journal = {…}, or ",
        ),
        ("  year ", "  date ", "bib/x.bib:1: field year is missing: write date as year"),
        ("pages ", "pagess ", "bib/x.bib:5: field pagess is unknown: write pages, or take it out"),
        ("pages ", "impact", "bib/x.bib:5: field impact is unknown: take it out, or use note"),
        ("pages ", "biburl", "bib/x.bib:5: field biburl says nothing of the paper: take it out"),
        ("pages ", "crossref", "bib/x.bib:5: crossref to '1--9', an entry that is not in this file: "),
        ("pages   = {1--9}", "JOURNAL = {J}", "bib/x.bib:5: field journal stands twice: keep one of the two"),
        ("@Article", "@inproceding", "bib/x.bib:1: entry type @inproceding is unknown: write @InProceedings"),
        ("@Article", "@video", "bib/x.bib:1: entry type @video is unknown: write a known one"),
        ("@Article", "@inproceedings", "bib/x.bib:1: field booktitle is missing: add booktitle = {…}"),
        ("@Article", "@phdthesis", "bib/x.bib:1: field school is missing: add school = {…}"),
        ("@Article", "@techreport", "bib/x.bib:1: field institution is missing: add institution = {…}"),
        ("@Article", "@book", "bib/x.bib:1: field publisher is missing: add publisher = {…}"),
        ("\n}\n", "\n}\n" + GOOD.replace("key2020", "b"), "bib/x.bib:8: 2 entries in one file: keep exactly one"),
    ],
)
def test_one_mistake_is_one_line_that_says_where_and_what_to_do(old, new, told, tmp_path):
    text = GOOD.replace(old, new)
    assert text != GOOD
    (line,) = faults_of(tmp_path, text)
    assert line.startswith(told)


def test_everything_wrong_in_an_entry_is_told_at_once(tmp_path):
    text = GOOD.replace("@Article", "@artikel").replace("pages ", "pagess").replace("{2020}", "{soon}")
    text = text.replace("Doe, Jane", "佐藤 花子").replace("A {B} Title", "\\frobnicate{A}")
    assert [line.split(": ")[0] for line in sorted(faults_of(tmp_path, text))] == [
        f"bib/x.bib:{number}" for number in (1, 2, 3, 5, 6)
    ]


def test_missing_commas_and_a_key_with_a_space_hide_no_other_fault(tmp_path):
    text = GOOD.replace("{key2020,", "{key 2020,").replace("Title},", "Title}").replace("Jane},", "Jane}")
    told = faults_of(tmp_path, text.replace("journal ", "journl  ").replace("{2020}", "{soon}"))
    assert [line.split(": ")[1] for line in sorted(told)] == [
        "key 'key 2020' holds a space",
        "no comma after field title",
        "no comma after field author",
        "field journl is unknown",
        "year 'soon'",
    ]


def test_an_undefined_macro_hides_no_other_fault(tmp_path):
    told = faults_of(tmp_path, GOOD.replace("{Journal of Examples}", "ijcv").replace("pages ", "pagess"))
    assert [line.split(": ")[1] for line in sorted(told)] == ["undefined string ijcv", "field pagess is unknown"]


def test_an_address_that_is_no_link_is_the_only_report_about_it(tmp_path):
    text = "@misc{k,\n title = {T},\n author = {Doe, J},\n year = 2020,\n url = {javascript:alert(1)}}\n"
    (told,) = faults_of(tmp_path, text)
    assert told.startswith("bib/x.bib:5: url 'javascript:alert(1)' is no http(s) link")


@pytest.mark.parametrize(
    "author",
    [
        "Smith, Jr., John and King, III, Martin",
        "Smith, John, Jr.",
        "{AT&T} and {Barnes, Noble; Sons}",
        r"Garc\'{\i}a, Ana and \"Ozil, M and others",
        "Anders, Bo and Sand, Li",
    ],
)
def test_names_as_bibtex_has_them_are_no_fault(author, tmp_path):
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib/x.bib").write_text(GOOD.replace("Doe, Jane", author), encoding="utf-8")
    assert read_bibliography(tmp_path / "bib")[1] == []


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        GOOD.replace("pages ", "volume"),
        GOOD.replace("{1--9}", "{}"),
        GOOD.replace("{2020}", "2020"),
        GOOD.replace("pages   = {1--9}", "month = jul # {~7}"),
        GOOD.replace("@Article{", "@ARTICLE(").replace("\n}\n", "\n)\n"),
        GOOD.replace("{Doe, Jane}", '"Doe, Jane and {\\"O}zil, Ad\\`{e}le"'),
        "@comment{not, an = {entry}}\n@string{x = {y}}\n" + GOOD,
        "Words before the entry, 100% of them (x = {y}).\n" + GOOD,
        GOOD.replace("journal = {Journal of Examples}", "eprint = {2002.05709}, archivePrefix = {arXiv}").replace(
            "@Article", "@misc"
        ),
        GOOD.replace("journal", "school").replace("@Article", "@phdthesis"),
    ],
)
def test_what_bibtex_allows_is_no_fault(text, tmp_path):
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib/x.bib").write_text(text, encoding="utf-8")
    entries, faults = read_bibliography(tmp_path / "bib")
    assert faults == []
    assert entries["x"].year == "2020"


def test_all_files_are_told_at_once_and_no_half_site_is_left(repository, monkeypatch, capsys):
    (repository / "bib/other.bib").write_text(sample.SECOND_BIB.replace("@InProceedings{other2021", "@inproceding{o"))
    (repository / "bib/broken.bib").write_text(GOOD.replace("Title},", "Title,"), encoding="utf-8")
    (repository / "bib/twin.bib").write_text(sample.BIB, encoding="utf-8")
    (repository / "docs/en/papers/ghost.md").write_text("---\ndescription: x\n---\n", encoding="utf-8")
    (repository / "site").mkdir()
    (repository / "site/kept.html").write_text("the site of before", encoding="utf-8")
    monkeypatch.chdir(repository)
    assert main(["build"]) == 1
    told = capsys.readouterr().err.splitlines()
    for start in (
        "error: bib/broken.bib:2: a brace in field title is not closed: ",
        "error: bib/other.bib:1: entry type @inproceding is unknown: write @InProceedings",
        "error: bib/twin.bib:1: key chen2020simple is also used in bib/simclr.bib: ",
        "error: docs/en/papers/ghost.md: no entry: add bib/ghost.bib",
        "error: docs/ja/papers/broken.md: page is missing: ",
        "error: docs/ja/papers/twin.md: page is missing: ",
    ):
        assert sum(line.startswith(start) for line in told) == 1, start
    assert {path.name for path in (repository / "site").iterdir()} == {"kept.html"}


def test_every_entry_of_this_repository_passes():
    entries, faults = read_bibliography(sample.REPOSITORY / "bib")
    assert faults == []
    assert len(entries) >= 7


def test_bibtex_and_biblatex_fields_are_known():
    assert {"title", "journal", "doi", "eprint", "archiveprefix", "pdf", "eid", "langid"} <= KNOWN_FIELDS
    assert {"article", "inproceedings", "misc", "phdthesis", "online"} <= set(REQUIRED)
