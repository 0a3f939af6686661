"""Citations say what the entry says, in every format, and survive whatever publishers write."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs

import jsonschema
import pytest
import rispy

from paper_notes import csl, ris
from paper_notes.bib_export import as_bibtex, normalise
from paper_notes.bibliography import read_source
from paper_notes.citations import citation, cite_box, export_bibliography, head_of, json_text
from paper_notes.csl import csl_item
from paper_notes.entry_rules import KNOWN_FIELDS, REQUIRED
from paper_notes.papers import Paper
from paper_notes.ris import as_ris, name_text
from paper_notes.styles import apa, ieee, markdown, plain_text
from paper_notes.tables import words
from paper_notes.value_faults import UNREAD
from tests.paper_notes.nasty import cases, own_sources

CASES = [pytest.param(case, id=case.key) for case in cases()]
ITEMS = [pytest.param(csl_item(normalise(source)), id=normalise(source).key) for source in own_sources()] + [
    pytest.param(case.item, id=case.key) for case in cases()
]
NAME = {
    "type": "object",
    "properties": {
        part: {"type": "string", "minLength": 1}
        for part in ("family", "given", "non-dropping-particle", "suffix", "literal")
    },
    "anyOf": [{"required": ["family"]}, {"required": ["literal"]}],
    "additionalProperties": False,
}
# A schema of our own, narrower than the official csl-data.json of citation-style-language/schema (1.0.2, MIT), which
# is not stored here: it has the types and variables that we write, under the official names.
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["id", "type", "title"],
        "additionalProperties": False,
        "properties": {
            **{
                name: {"type": "string", "minLength": 1}
                for name in (
                    *(
                        "id",
                        "title",
                        "container-title",
                        "collection-title",
                        "volume",
                        "issue",
                        "number",
                        "page",
                        "edition",
                    ),
                    *(
                        "chapter-number",
                        "version",
                        "genre",
                        "publisher",
                        "publisher-place",
                        "DOI",
                        "URL",
                        "ISBN",
                        "ISSN",
                    ),
                    *("note", "archive", "archive_location"),
                )
            },
            "type": {
                "enum": sorted(
                    words("""
                        article article-journal book chapter dataset document entry graphic legal_case legislation
                        manuscript motion_picture pamphlet paper-conference patent performance periodical
                        personal_communication report review software song standard thesis webpage
                    """)
                )
            },
            "author": {"type": "array", "minItems": 1, "items": NAME},
            "editor": {"type": "array", "minItems": 1, "items": NAME},
            "issued": {
                "type": "object",
                "required": ["date-parts"],
                "additionalProperties": False,
                "properties": {
                    "date-parts": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 2,
                        "items": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}},
                    }
                },
            },
        },
    },
}


def plain_name(name):
    return name.get("literal") or name_text(name)


def paper_of(case, slug="paper"):
    entry, faults = read_source(case.bib, slug, "bib/paper.bib")
    assert faults == []
    links = {"paper": "https://example.org/p.pdf", "bibtex": "https://example.org/b"}
    return Paper(entry, 'A "name" & <b>', "chapter", ("Word",), "read", "parts", "2026-11-23", links, {}, None)


@pytest.mark.parametrize("case", CASES)
def test_an_item_says_what_its_entry_means(case):
    item = case.item
    assert [plain_name(name) for name in item["author"]] == case.authors
    assert [plain_name(name) for name in item.get("editor", [])] == case.editors
    assert item["title"] == case.title
    assert {name: item.get(name) for name in case.csl} == case.csl


@pytest.mark.parametrize("case", CASES)
def test_nasty_entries_are_sound_entries_of_the_list(case):
    entry, faults = read_source(case.bib, "nasty", "bib/nasty.bib")
    assert faults == []
    assert entry.title == case.title


@pytest.mark.parametrize("case", CASES)
def test_normalising_twice_changes_nothing(case):
    assert as_bibtex(normalise(case.bibtex)) == case.bibtex


@pytest.mark.parametrize("case", CASES)
def test_the_exported_entry_means_what_the_source_means(case):
    again = csl_item(normalise(case.bibtex))
    # In BibTeX, proceedings have editors alone.
    people = again["editor"] if case.record.kind == "proceedings" else again["author"]
    assert people == case.item["author"]
    for name in ("id", "title", "issued", "DOI", "page", "container-title"):
        # Days are no BibTeX; everything else is kept.
        shortened = {"date-parts": [case.item["issued"]["date-parts"][0][:2]]} if name == "issued" else None
        assert again.get(name) == (shortened or case.item.get(name)), name


@pytest.mark.parametrize("name", sorted(KNOWN_FIELDS - UNREAD - {"crossref"}))
@pytest.mark.parametrize(
    "value",
    [
        *(r"x \{ y} z", r"\foo{x} y", r"{\foo Smith}, J", r"\url{https://a.b/c%20d_e}", r"\url{x} \path{/a/b}"),
        *("$x", "50% & #1_a^b", r"\é", "\\ss\u0301", r"\'", "{}", "~", "²", "1-2-3", "a and b", ", x", "and"),
    ],
)
def test_an_entry_without_a_fault_gets_through_all_formats(name, value):
    fields = {"title": "T", "author": "Doe, J", "year": "2020", "howpublished": "H", name: value}
    body = ", ".join(f"{each} = {{{given}}}" for each, given in fields.items())
    entry, faults = read_source(f"@misc{{k, {body}}}", "k", "bib/k.bib")
    assert (entry is None) == bool(faults)
    if entry is not None:
        item = csl_item(normalise(entry.source))
        for text in (as_ris(item), plain_text(apa(item)), plain_text(ieee(item)), markdown(item)):
            assert not re.search(r"\\[A-Za-z]", text)
        assert read_source(as_bibtex(normalise(entry.source)), "k", "bib/k.bib")[1] == []


@pytest.mark.parametrize("source", own_sources())
def test_publishers_own_entries_keep_their_text(source):
    exported = as_bibtex(normalise(source))
    fields = dict(re.findall(r"^  (\w+) += (.*?),?$", exported, flags=re.MULTILINE))
    for name, value in re.findall(r"^  (\w+) += (.*?),?$", source, flags=re.MULTILINE):
        if name not in ("month", "pdf") and value.isascii() and "\\" not in value:
            assert fields[name] == value
    assert exported.splitlines()[0] == source.splitlines()[0]


@pytest.mark.parametrize("item", ITEMS)
def test_items_follow_the_schema(item):
    jsonschema.validate([item], SCHEMA)


@pytest.mark.parametrize("item", ITEMS)
def test_ris_is_read_back_by_a_parser(item):
    (read,) = rispy.loads(as_ris(item))
    names = [name_text(name) for name in item["author"]]
    assert read["authors"] == names
    assert read.get("secondary_authors", []) == [name_text(name) for name in item.get("editor", [])]
    assert read["title"] == item["title"]
    assert read["year"] == str(item["issued"]["date-parts"][0][0])
    assert read["type_of_reference"] == ris.KINDS[item["type"]]
    for tag, name in (
        ("secondary_title", "container-title"),
        ("doi", "DOI"),
        ("volume", "volume"),
        ("number", "issue"),
    ):
        assert read.get(tag) == item.get(name)
    assert read.get("urls", []) == ([item["URL"]] if "URL" in item else [])
    pages = "-".join(part for part in (read.get("start_page"), read.get("end_page")) if part)
    assert pages == item.get("page", "")


def test_every_type_of_entry_has_a_type_in_csl_and_ris():
    assert set(REQUIRED) <= set(csl.KINDS)
    assert set(csl.KINDS.values()) <= set(ris.KINDS)
    assert set(csl.KINDS.values()) <= set(SCHEMA["items"]["properties"]["type"]["enum"])


def test_files_hold_every_paper_and_agree_with_the_script_of_the_list(tmp_path):
    papers = [paper_of(case, f"nasty-{number}") for number, case in enumerate(cases())]
    export_bibliography(papers, tmp_path)

    def text(name):
        return (tmp_path / name).read_bytes().decode()

    script = text("citations.js")
    prefix, suffix = "window.paperCitations = ", ";\n"
    assert script.startswith(prefix)
    assert script.endswith(suffix)
    every = json.loads(script.removeprefix(prefix).removesuffix(suffix))
    assert list(every) == [paper.slug for paper in papers]
    for slug, each in every.items():
        assert list(each) == ["bibtex", "ris", "csl", "apa", "ieee", "markdown"]
        assert text(f"{slug}.bib") == each["bibtex"]
        assert text(f"{slug}.ris") == each["ris"]
        assert json.loads(text(f"{slug}.json")) == [each["csl"]]
        assert "\n" not in each["apa"] + each["ieee"] + each["markdown"]
    assert text("all.bib") == "\n".join(each["bibtex"] for each in every.values())
    assert text("all.ris") == "\n".join(each["ris"] for each in every.values())
    assert text("all.json") == json_text([each["csl"] for each in every.values()])
    assert len(rispy.loads(text("all.ris"))) == len(papers)


class Page(HTMLParser):
    """Reads a page as a browser does: scripts, texts of the cite box, titles of COinS, links, and tags met."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.tags, self.scripts, self.coins, self.links, self.texts = [], [], [], [], []
        self.in_text = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append("")
        elif tag in ("pre", "p"):
            self.texts.append("")
            self.in_text = True
        elif tag == "link":
            self.links.append(values)
        elif values.get("class") == "Z3988":
            self.coins.append(values["title"])

    def handle_data(self, data):
        if self.tags and self.tags[-1] == "script":
            self.scripts[-1] += data
        elif self.in_text:
            self.texts[-1] += data

    def handle_endtag(self, tag):
        if tag in ("pre", "p"):
            self.in_text = False


@pytest.mark.parametrize("case", CASES)
def test_the_cite_box_shows_every_format_exactly(case):
    paper = paper_of(case)
    cited = citation(paper)
    page = Page(cite_box(paper, "ja", "../../../"))
    formats = [cited.bibtex, cited.ris, cited.csl, *map(plain_text, (cited.apa, cited.ieee)), cited.markdown]
    assert [text for text in page.texts if text] == formats
    known = {
        "section",
        "span",
        "fieldset",
        "legend",
        "label",
        "input",
        "div",
        "pre",
        "p",
        "i",
        "button",
        "a",
        "small",
    }
    assert set(page.tags) <= known


@pytest.mark.parametrize("case", CASES)
def test_no_title_ends_the_script_of_the_page_head(case):
    paper = paper_of(case)
    object.__setattr__(paper, "description", {"ja": "一文。</script>", "en": "One sentence."})
    html = head_of(
        paper, "ja", "https://example.org/ja/papers/paper/", "../../../", "https://example.org/repo", "2026-11-24"
    )
    page = Page(html)
    assert page.tags.count("script") == 1
    data = json.loads(page.scripts[0])
    assert data["@type"] == "LearningResource"
    assert data["inLanguage"] == "ja"
    assert data["url"] == "https://example.org/ja/papers/paper/"
    assert data["dateModified"] == "2026-11-24"
    assert data["about"]["@type"] == "ScholarlyArticle"
    assert data["about"]["name"] == case.title
    assert len(data["about"]["author"]) == len([name for name in case.authors if name != "others"])
    if doi := case.item.get("DOI"):
        assert data["about"]["sameAs"][0] == f"https://doi.org/{doi}"
    assert "citation_" not in html
    assert [(link["rel"].strip(), link["type"], link["href"]) for link in page.links] == [
        ("alternate", "application/x-bibtex", "../../../bib/paper.bib"),
        ("alternate", "application/x-research-info-systems", "../../../bib/paper.ris"),
        ("alternate", "application/vnd.citationstyles.csl+json", "../../../bib/paper.json"),
    ]


def test_a_page_that_is_not_about_a_paper_has_no_such_head():
    assert head_of(None, "ja", "https://example.org/", "", "https://example.org/r", "2026-11-24") == ""


@pytest.mark.parametrize("case", CASES)
def test_coins_hold_the_article(case):
    page = Page(cite_box(paper_of(case), "en", ""))
    (title,) = page.coins
    values = parse_qs(title, strict_parsing=True)
    assert values["ctx_ver"] == ["Z39.88-2004"]
    form = values["rft_val_fmt"][0].rsplit(":", 1)[-1]
    titles = {"journal": "rft.atitle", "dissertation": "rft.title", "book": "rft.atitle"}
    assert values.get(titles[form], values.get("rft.btitle")) == [case.title]
    people = [name for name in case.item["author"] if name != {"literal": "others"}]
    listed = len(values.get("rft.au", [])) + ("rft.aulast" in values)
    assert listed == len(people)
    assert values["rft.date"][0].startswith(str(case.item["issued"]["date-parts"][0][0]))
    if doi := case.item.get("DOI"):
        assert values["rft_id"][0] == f"info:doi/{doi}"


def test_attributes_of_the_cite_box_hold_no_broken_quotes():
    box = cite_box(paper_of(cases()[0]), "en", "../../../")
    assert re.findall(r'href="([^"]*)" download', box) == [
        f"../../../bib/paper.{name}" for name in ("bib", "ris", "json")
    ]
    assert [unescape(label) for label in re.findall(r'aria-label="(Copy [^"]*)"', box)] == [
        *("Copy BibTeX", "Copy RIS", "Copy CSL-JSON", "Copy APA 7", "Copy IEEE", "Copy Markdown")
    ]
