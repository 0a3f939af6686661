"""The field's own programs accept every entry that the site exports, and read in it what we read.

bibtex, biber and pandoc are Debian's texlive-base (texlive-binaries), biber and pandoc. Without them the tests are
skipped, except where CI=true says that they must be there.
"""

import json
import os
import re
import shutil
import subprocess
import unicodedata

import pytest

from paper_notes.bib_export import as_bibtex, normalise
from paper_notes.citations import json_text
from paper_notes.csl import csl_item
from paper_notes.latex import to_text
from paper_notes.people import OTHERS
from paper_notes.ris import name_text
from tests.paper_notes.nasty import cases, own_sources

RECORDS = [*(normalise(source) for source in own_sources()), *(case.record for case in cases())]
ITEMS = {record.key: csl_item(record) for record in RECORDS}
ENTRIES = {record.key: as_bibtex(record) for record in RECORDS}
# Titles with commands that pandoc 2 cannot turn into text.
UNKNOWN_TO_PANDOC = {"math-fonts", "math-script", "math-greek", "math-specials", "math-text", "styled"}


@pytest.fixture
def run(tmp_path):
    """Give a function that runs one of the programs in an empty folder."""

    def running(program, *options, **files):
        if shutil.which(program) is None:
            missing = f"{program} is not installed (Debian: apt-get install texlive-base biber pandoc)"
            if os.environ.get("CI") == "true":
                pytest.fail(missing)
            pytest.skip(missing)
        for name, text in files.items():
            (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
        return subprocess.run([program, *options], cwd=tmp_path, capture_output=True, check=False)

    running.folder = tmp_path
    return running


def bibtex(run, style, bib):
    aux = f"\\relax\n\\citation{{*}}\n\\bibstyle{{{style}}}\n\\bibdata{{list}}\n"
    done = run("bibtex", "job", job_aux=aux, list_bib=bib)
    output = done.stdout.decode()
    assert done.returncode == 0, output
    return output, (run.folder / "job.bbl").read_bytes()


@pytest.mark.parametrize("style", ["plain", "abbrv", "alpha", "unsrt"])
def test_bibtex_reads_the_whole_list_without_a_warning(run, style):
    output, bbl = bibtex(run, style, "\n".join(ENTRIES.values()))
    # A book with both an author and an editor is the corpus' own fault, and so is an article without a volume.
    warnings = [line for line in output.splitlines() if line.startswith("Warning--")]
    assert [line for line in warnings if "can't use both author and editor" not in line] == []
    assert set(re.findall(rb"\\bibitem(?:\[.*?\])?\{(.*?)\}", bbl, re.DOTALL)) == {key.encode() for key in ENTRIES}


@pytest.mark.parametrize("key", ENTRIES)
def test_bibtex_reads_each_entry_and_its_names(run, key):
    _, bbl = bibtex(run, "plain", ENTRIES[key])
    shown = words(to_text(bbl.decode()))
    for name in ITEMS[key]["author"]:
        if name != {"literal": OTHERS}:
            assert words(name.get("family") or name["literal"]) in shown


def has_spelling(letter):
    """Tell whether LaTeX everywhere has a spelling for a letter: one accent on an ASCII letter, or a name."""
    base, *marks = unicodedata.normalize("NFD", letter)
    return letter in "ßøØłŁæÆœŒ" or (base.isascii() and len(marks) < 2)


@pytest.mark.parametrize("style", ["abbrv", "alpha"])
def test_bibtex_cuts_no_latin_letter_in_two(run, style):
    latin = [
        ENTRIES[key] for key, item in ITEMS.items() if all(map(has_spelling, "".join(map(name_text, item["author"]))))
    ]
    assert len(latin) > 60
    _, bbl = bibtex(run, style, "\n".join(latin))
    assert bbl.decode("utf-8")


def test_biber_finds_nothing_wrong_with_the_whole_list(run):
    done = run("biber", "--tool", "--validate-datamodel", "list.bib", list_bib="\n".join(ENTRIES.values()))
    output = done.stdout.decode()
    assert done.returncode == 0, output
    assert re.findall(r"^(?:WARN|ERROR).*", output, re.MULTILINE) == []
    written = (run.folder / "list_bibertool.bib").read_text(encoding="utf-8")
    assert len(re.findall(r"^@\w+\{", written, re.MULTILINE)) == len(ENTRIES)


def words(text):
    """Compare texts by their letters: programs differ in quotes, spaces, marks for protected words, and capitals."""
    text = re.sub(r"</?span[^>]*>|</?[ib]>|</?su[bp]>", "", str(text).casefold())
    return re.sub(r"[\s'’‘“”\"`]+|[–—-]+", " ", unicodedata.normalize("NFC", text)).strip()


def test_pandoc_reads_in_each_entry_what_we_read(run):
    done = run("pandoc", "-f", "bibtex", "-t", "csljson", "list.bib", list_bib="\n".join(ENTRIES.values()))
    assert done.returncode == 0, done.stderr.decode()
    read = {item["id"]: item for item in json.loads(done.stdout)}
    assert list(read) == list(ITEMS)
    for key, ours in ITEMS.items():
        theirs = read[key]
        names = [name.get("literal") or name_text(name) for name in ours["author"]]
        # In BibTeX, proceedings have editors alone.
        people = theirs["author"] if "author" in theirs else theirs["editor"]
        assert [parts(pandoc_name(name)) for name in people] == [parts(name) for name in names], key
        assert theirs["issued"]["date-parts"][0][0] == ours["issued"]["date-parts"][0][0]
        if key not in UNKNOWN_TO_PANDOC:
            assert words(theirs["title"]) == words(ours["title"])
        assert theirs.get("DOI") == ours.get("DOI")
        if ours["type"] != "article":
            for name in ("container-title", "page", "volume"):
                assert words(theirs.get(name, "")) == words(ours.get(name, "")), (key, name)


def parts(name):
    """Compare names by their parts: "Davis Jr." is a family name to pandoc."""
    return sorted(re.sub("[,.]", " ", words(name)).split())


def pandoc_name(name):
    if "literal" in name:
        return name["literal"]
    particle = name.get("non-dropping-particle") or name.get("dropping-particle", "")
    family = f"{particle} {name.get('family', '')}".strip()
    return ", ".join(part for part in (family, name.get("given", ""), name.get("suffix", "")) if part)


def test_citeproc_cites_each_item_of_our_csl_json(run):
    text = "".join(f"@{{{key}}}\n\n" for key in ITEMS)
    options = ("--citeproc", "--bibliography", "list.json", "-f", "markdown", "-t", "plain", "--wrap=none", "text.md")
    done = run("pandoc", *options, list_json=json_text(list(ITEMS.values())), text_md=text)
    output, warned = done.stdout.decode(), done.stderr.decode()
    assert done.returncode == 0, warned
    assert warned == ""
    for key, item in ITEMS.items():
        first = item["author"][0]
        assert words(first.get("family") or first["literal"]) in words(output), key
        assert words(item["title"].split("<")[0]) in words(output), key
