"""Reading bib/: every fault with its file and line, every value as plain text, the cited text untouched."""

import pytest

from paper_notes.bib_export import as_bibtex, normalise
from paper_notes.bibliography import read_bibliography
from paper_notes.identifiers import is_web_link
from paper_notes.latex import to_text
from paper_notes.venues import short_venue
from tests.paper_notes import sample

GOOD = "@article{key, title={A title}, author={Doe, Jane}, journal={J}, year={2020}}\n"


def read(tmp_path, **texts):
    folder = tmp_path / "bib"
    folder.mkdir()
    for slug, text in texts.items():
        (folder / f"{slug}.bib").write_text(text, encoding="utf-8")
    return read_bibliography(folder)


def test_entry_is_read_in_unicode(tmp_path):
    entries, faults = read(tmp_path, simclr=sample.BIB)
    entry = entries["simclr"]
    assert faults == []
    assert entry.title == "A Simple Framework for Contrastive Learning of Visual Representations"
    assert entry.authors[:2] == ("Ting Chen", "Florent Altché")
    assert (entry.short_venue, entry.year, entry.key) == ("ICML", "2020", "chen2020simple")


def test_cited_text_is_the_source_text(tmp_path):
    entries, _ = read(tmp_path, simclr="Words before the entry\n" + sample.BIB + "words after it\n")
    assert entries["simclr"].source == sample.BIB


def test_a_macro_means_the_same_on_the_page_and_in_the_exports(tmp_path):
    text = GOOD.replace(" journal={J}", "\njournal=jm # { of Views}").replace("year={2020}", "year={2020}, month=jan")
    entries, faults = read(tmp_path, one='@string(jm = "Journal\n" # {\\& Co})\n' + text)
    assert faults == []
    entry = entries["one"]
    assert entry.venue == "Journal & Co of Views"
    # The entry alone, without the definition, says it too.
    assert entry.source == text.replace("jm #", "{Journal \\& Co} #")
    assert "journal   = {Journal \\& Co of Views}" in as_bibtex(normalise(entry.source))


@pytest.mark.parametrize(
    ("venue", "short"),
    [
        ("CoRR", "arXiv"),
        ("arXiv preprint arXiv:2002.05709", "arXiv"),
        ("arXiv e-prints", "arXiv"),
        ("Computer Vision – ECCV 2020", "ECCV"),
        ("Proceedings of the 2021 Conference on Empirical Methods in Natural Language Processing", "EMNLP"),
        ("Proceedings of the 58th Annual Meeting of the Association for Computational Linguistics", "ACL"),
        ("Conference of the North American Chapter of the Association for Computational Linguistics", "NAACL"),
        ("Proceedings of the 26th ACM SIGKDD Conference on Knowledge Discovery & Data Mining", "KDD"),
        ("International Journal of Computer Vision", "IJCV"),
        ("British Machine Vision Conference", "BMVC"),
        ("Some New Symposium (SNSX)", "SNSX"),
        ("https://www.example.org/blog/a_b", "example.org"),
        ("Nature", "Nature"),
    ],
)
def test_a_venue_has_one_short_name(venue, short):
    assert short_venue(venue) == short


def test_braces_inside_values_do_not_end_the_entry(tmp_path):
    text = "@misc{k,\n  title = {A {B} C \\} D},\n  author = {Doe, J},\n  year = 2020,\n  howpublished = {x}\n}\n"
    entries, faults = read(tmp_path, one=text.replace(" \\} D", ""))
    assert faults == []
    assert entries["one"].source == text.replace(" \\} D", "")


def test_names_in_every_order(tmp_path):
    authors = "山田, 太郎 and van Beethoven, Ludwig and Smith, Jr., John and {日本語学会} and others"
    entries, faults = read(tmp_path, one=GOOD.replace("Doe, Jane", authors))
    assert faults == []
    names = ("山田 太郎", "Ludwig van Beethoven", "John Smith Jr.", "日本語学会", "et al.")
    assert entries["one"].authors == names


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"Garc\'{\i}a \& Micha\l{}", "García & Michał"),
        (r"at 100% of \emph{all}", "at 100% of all"),
        ("a -- b", "a – b"),
        ("<b>", "<b>"),
    ],
)
def test_latex_becomes_text(latex, text):
    assert to_text(latex) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("title={A title},", "\ntitle={A},\ntitle={B},"), "bib/bad.bib:3: field title stands twice: "),
        (GOOD.replace("Doe, Jane", "a, b, c, d"), "bib/bad.bib:1: Too many commas in 'a, b, c, d': "),
        (GOOD.replace("Doe, Jane", "佐藤 花子"), "bib/bad.bib:1: name '佐藤 花子' has no comma: "),
        (GOOD.replace("year={2020}", "\nyear={soon}"), "bib/bad.bib:2: year 'soon': write four digits"),
        (GOOD.replace(", year={2020}", ""), "bib/bad.bib:1: field year is missing: "),
        (GOOD.replace("author={Doe, Jane},", ""), "bib/bad.bib:1: field author is missing: "),
        (GOOD.replace("journal={J},", ""), "bib/bad.bib:1: field journal is missing: add journal"),
        (
            GOOD.replace("year=", "\nurl={javascript:alert(1)}, year="),
            "bib/bad.bib:2: url 'javascript:alert(1)' is no ",
        ),
        (GOOD.replace("A title", r"\\foo{x}"), "bib/bad.bib:1: "),
        (GOOD.replace("A title", r"A \\frac{1}{2}"), "bib/bad.bib:1: title holds the LaTeX command"),
        (GOOD + "\n" + GOOD.replace("key", "other"), "bib/bad.bib:3: 2 entries in one file: "),
        (GOOD + "\n" + GOOD, "bib/bad.bib:3: entry key stands twice: "),
        ("nothing here\n", "bib/bad.bib:1: 0 entries in one file: "),
        (GOOD.replace("},", "}", 1), "bib/bad.bib:1: "),
        (GOOD.replace("{2020}", "twenty"), "bib/bad.bib:1: undefined string"),
    ],
)
def test_each_fault_names_file_and_line(tmp_path, text, message):
    entries, faults = read(tmp_path, bad=text.replace("\\\\", "\\"))
    assert entries == {}
    assert any(str(fault).startswith(message) for fault in faults), [str(fault) for fault in faults]


def test_every_fault_is_reported_and_sound_entries_stay(tmp_path):
    entries, faults = read(tmp_path, a=GOOD.replace(", year={2020}", ""), b="@article{", c=GOOD)
    assert list(entries) == ["c"]
    assert {fault.path for fault in faults} == {"bib/a.bib", "bib/b.bib"}


def test_one_key_in_two_files_is_a_fault(tmp_path):
    _, faults = read(tmp_path, a=GOOD, b=GOOD.replace("key", "KEY"))
    assert [str(fault).split(": ")[1] for fault in faults] == ["key KEY is also used in bib/a.bib"]


def test_file_that_is_not_utf8_is_a_fault(tmp_path):
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib/a.bib").write_bytes("@article{key, title={é}}".encode("latin-1"))
    _, faults = read_bibliography(tmp_path / "bib")
    assert "not UTF-8" in str(faults[0])


@pytest.mark.parametrize(
    "address",
    [
        *("javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\nscript:alert(1)", "data:text/html,x"),
        *("//host/x", "https://", "ftp://a/b", "https://a/ b", 'https://a/"onclick="x', "https://[bad", None, 3),
    ],
)
def test_only_web_links_become_links(address):
    assert not is_web_link(address)
