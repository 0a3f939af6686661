"""The built sample site: list, paper page, languages, downloads, and nothing from another host."""

import json
import re
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import pytest

from paper_notes.notebooks import executed_facts
from paper_notes.paper_page import paper_header
from paper_notes.papers import load_papers
from tests.paper_notes import sample

BASE = "https://loy-rh.github.io/paper_notes/"


def text_of(built, name):
    return (built / name).read_text(encoding="utf-8")


class Addresses(HTMLParser):
    """Collects what a page loads, links to, and offers as a place."""

    def __init__(self):
        super().__init__()
        self.loads, self.links, self.places = [], [], set()

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        if "id" in values:
            self.places.add(values["id"])
        if tag in ("script", "img") and "src" in values:
            self.loads.append(values["src"])
        elif tag == "link" and values.get("rel") in ("stylesheet", "icon"):
            self.loads.append(values["href"])
        elif tag == "a" and "href" in values:
            self.links.append(values["href"])


def addresses(path):
    parser = Addresses()
    parser.feed(path.read_text(encoding="utf-8"))
    parser.close()
    return parser


@pytest.mark.parametrize(
    ("language", "words"),
    [("ja", ("全文を読了", "調査中", "デモあり", "デモなし")), ("en", ("Read in full", "Demo"))],
)
def test_list_shows_every_paper_without_a_script(built, language, words):
    page = text_of(built, f"{language}/index.html")
    for word in (
        *words,
        "A Simple Framework for Contrastive Learning",
        "Florent Altché",
        "ICML 2020",
        "Hyperbolic Geometry",
    ):
        assert word in page
    for link in ("https://arxiv.org/abs/2002.05709", "https://github.com/sthalles/SimCLR", "papers/other/"):
        assert f'href="{link}"' in page
    assert page.index("SimCLR") < page.index(">Other<")


def test_script_in_a_title_is_shown_as_text(built):
    for name in ("ja/index.html", "ja/papers/other/index.html"):
        page = text_of(built, name)
        assert "<script>alert(1)</script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("language", ["ja", "en"])
def test_title_authors_and_venue_are_spoken_in_the_language_that_they_are_written_in(repository, language):
    entry = (repository / "bib/other.bib").read_text(encoding="utf-8")
    for english, japanese in (("Fish", "魚"), ("International Conference on Learning Representations", "信学技報")):
        assert english in entry
        entry = entry.replace(english, japanese)
    (repository / "bib/other.bib").write_text(entry, encoding="utf-8")
    simclr, other = load_papers(repository, {"deep-metric-learning": {}})
    header = paper_header(other, language, "../", "", {}, "")
    assert '<p class="paper-title" lang="ja">魚' in header
    assert '<li lang="ja">山田 太郎</li><li lang="en">John Smith Jr.</li>' in header
    assert '<p class="paper-venue" lang="ja">信学技報, 2021' in header
    demo = executed_facts(sample.sample_notebook())
    header = paper_header(simclr, language, "../", "https://github.com/x/y", demo, "")
    assert '<p class="paper-title" lang="en">' in header
    assert '<p class="paper-venue" lang="en">' in header


def test_paper_page_has_colab_and_download_only_with_a_demo(built):
    page = text_of(built, "en/papers/simclr/index.html")
    assert "https://colab.research.google.com/github/Loy-rh/paper_notes/blob/main/demos/simclr.ipynb" in page
    assert 'href="../../../demos/simclr.ipynb"' in page
    other = text_of(built, "en/papers/other/index.html")
    assert "colab" not in other
    assert ".ipynb" not in other


def test_downloads_are_the_normalised_sources(built):
    simclr = text_of(built, "bib/simclr.bib")
    # All that changes is the spelling of é: outside braces, BibTeX cuts it in two when it abbreviates.
    assert simclr == sample.BIB.replace(r"Altch\'{e}", r"Altch{\'e}")
    everything = text_of(built, "bib/all.bib")
    assert simclr in everything
    assert "other2021" in everything
    assert json.loads(text_of(built, "demos/simclr.ipynb")) == sample.sample_notebook()


def test_cite_box_shows_the_files(built):
    page = text_of(built, "ja/papers/simclr/index.html")
    shown = [
        unescape(text)
        for text in re.findall(r"<pre tabindex=\"0\">(.*?)</pre></div><div class=\"cite-tools\">", page, re.DOTALL)
    ]
    assert shown == [text_of(built, f"bib/simclr.{suffix}") for suffix in ("bib", "ris", "json")]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_machines_learn_what_the_page_is_about(built, language):
    page = text_of(built, f"{language}/papers/simclr/index.html")
    head = page[: page.index("</head>")]
    (data,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', head)
    described = json.loads(data)
    assert described["url"] == f"{BASE}{language}/papers/simclr/"
    assert described["about"]["author"][1]["name"] == "Florent Altché"
    for kind in ("x-bibtex", "x-research-info-systems", "vnd.citationstyles.csl+json"):
        (address,) = re.findall(
            rf'<link rel="alternate " type="application/{re.escape(kind)}"[^>]* href="([^"]*)"', head
        )
        assert (built / urljoin(f"/{language}/papers/simclr/", address).lstrip("/")).is_file()
    assert page.count('class="Z3988"') == 1
    assert "ld+json" not in text_of(built, f"{language}/about/index.html")


def test_run_is_recorded_in_both_languages(built):
    for language, facts in (
        ("ja", ("2026-11-23", "学習5万枚・評価1万枚", "AMD EPYC（2コア）", "3分28秒", "0123456")),
        ("en", ("2026-11-23", "50,000 training, 10,000 test images", "AMD EPYC (2 cores)", "3 min 28 s", "0123456")),
    ):
        page = text_of(built, f"{language}/papers/simclr/index.html")
        assert all(fact in page for fact in facts)
        assert "run-stale" not in page


def test_formulas_are_mathml_and_prices_are_not(built):
    page = text_of(built, "ja/papers/simclr/index.html")
    assert page.count("<math") >= 3
    assert "arithmatex" not in page
    assert "値段は$5である" in page


def test_every_page_names_its_translations(built):
    for page in ("", "about/", "papers/simclr/"):
        for language in ("ja", "en"):
            text = text_of(built, f"{language}/{page}index.html")
            assert f'<html lang="{language}"' in text
            assert f'<link rel="canonical" href="{BASE}{language}/{page}">' in text
            for other in ("ja", "en"):
                assert f'hreflang="{other}" href="{BASE}{other}/{page}">' in text
            default = BASE if page == "" else f"{BASE}en/{page}"
            assert f'hreflang="x-default" href="{default}">' in text


def test_language_switch_leads_to_the_same_page(built):
    page = text_of(built, "ja/papers/simclr/index.html")
    link = re.search(r'<a class="language-switch" href="([^"]+)" hreflang="en" lang="en">English</a>', page)
    assert urljoin("/ja/papers/simclr/", link[1]) == "/en/papers/simclr/"


def test_entrance_links_both_languages(built):
    page = text_of(built, "index.html")
    assert '<a href="ja/"' in page
    assert '<a href="en/"' in page
    assert "navigator.languages" in page


def test_nothing_is_loaded_from_another_host_and_no_link_is_broken(built):
    for path in built.rglob("*.html"):
        page = addresses(path)
        here = f"/{path.relative_to(built).as_posix().removesuffix('index.html')}"
        for address in page.loads:
            # Pages for unknown addresses appear at any depth and so use absolute paths.
            target = urlsplit(urljoin(here, address.removeprefix("/paper_notes") if "404" in here else address))
            assert not target.netloc, (path, address)
            assert (built / target.path.lstrip("/")).is_file(), (path, address)
        for address in page.links:
            target = urlsplit(urljoin(here, address))
            if target.scheme or target.netloc or "404" in here:
                continue
            file = built / target.path.lstrip("/")
            file = file / "index.html" if target.path.endswith("/") else file
            assert file.is_file(), (path, address)
            if target.fragment:
                assert target.fragment in addresses(file).places, (path, address)


def test_style_and_scripts_name_no_other_host(built):
    for name in ("ja/assets/site.css", "ja/assets/site.js"):
        assert "//" not in re.sub(r"^\s*//.*$", "", text_of(built, name), flags=re.MULTILINE)
    for path in built.rglob("*.html"):
        assert "fonts.googleapis.com" not in path.read_text(encoding="utf-8")
    assert not list(built.rglob("*.map"))


def test_embedded_notebook_keeps_the_page_light(built):
    assert (built / "ja/papers/simclr/index.html").stat().st_size < 60_000
