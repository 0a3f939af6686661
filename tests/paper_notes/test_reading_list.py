"""The generated list: the papers of the first list with all their links and keywords, controls, words to find by."""

import re
from html import unescape
from html.parser import HTMLParser

import pytest

from paper_notes.glossary import load_glossary
from paper_notes.list_words import LIST_WORDS
from paper_notes.papers import load_papers
from paper_notes.reading_list import reading_list
from tests.paper_notes import sample

CHAPTERS = {"deep-metric-learning": {"ja": "深層距離学習", "en": "Deep Metric Learning"}}
LANGUAGES = ("ja", "en")
# The papers of the list that this site grew out of. Its word `keyword` stood for none yet. Two of its links led to
# .bib files of the old repository: their entries are this repository's own now.
CVF = "https://openaccess.thecvf.com/content"
NEURIPS = "https://proceedings.neurips.cc/paper_files/paper/2020/file"
HAI = (
    "Zhang_Rethinking_the_Augmentation_Module_in_Contrastive_Learning_"
    "Learning_Hierarchical_Augmentation_CVPR_2022_paper"
)
SIMSIAM = "Chen_Exploring_Simple_Siamese_Representation_Learning_CVPR_2021_paper"
UHML = "Yan_Unsupervised_Hyperbolic_Metric_Learning_CVPR_2021_paper"
FIRST_LIST = {
    "hai": (
        "Rethinking the Augmentation Module in Contrastive Learning: "
        "Learning Hierarchical Augmentation Invariance With Expanded Views",
        "CVPR 2022",
        {"paper": f"{CVF}/CVPR2022/papers/{HAI}.pdf", "bibtex": f"{CVF}/CVPR2022/html/{HAI}.html"},
        ["Contrastive Learning", "Data Augmentation"],
    ),
    "simsiam": (
        "Exploring Simple Siamese Representation Learning",
        "CVPR 2021",
        {
            "paper": f"{CVF}/CVPR2021/papers/{SIMSIAM}.pdf",
            "code": "https://github.com/facebookresearch/simsiam",
            "bibtex": f"{CVF}/CVPR2021/html/{SIMSIAM}.html",
        },
        [],
    ),
    "hcl": (
        "Contrastive Learning with Hard Negative Samples",
        "ICLR 2021",
        {
            "paper": "https://openreview.net/pdf?id=CR1XOQ0UTh-",
            "code": "https://github.com/joshr17/HCL",
            "bibtex": "https://openreview.net/forum?id=CR1XOQ0UTh-",
        },
        ["Contrastive Learning", "Hard sample mining"],
    ),
    "uhml": (
        "Unsupervised Hyperbolic Metric Learning",
        "CVPR 2021",
        {"paper": f"{CVF}/CVPR2021/papers/{UHML}.pdf", "bibtex": f"{CVF}/CVPR2021/html/{UHML}.html"},
        [],
    ),
    "byol": (
        "Bootstrap Your Own Latent - A New Approach to Self-Supervised Learning",
        "NeurIPS 2020",
        {"paper": f"{NEURIPS}/f3ada80d5c4ee70142b17b8192b2958e-Paper.pdf"},
        [],
    ),
    "simclrv2": (
        "Big Self-Supervised Models are Strong Semi-Supervised Learners",
        "NeurIPS 2020",
        {
            "paper": f"{NEURIPS}/fcbc95ccdd551da181207c0c1400c655-Paper.pdf",
            "code": "https://github.com/google-research/simclr",
        },
        ["Contrastive Learning", "SimCLRv2"],
    ),
    "simclr": (
        "A Simple Framework for Contrastive Learning of Visual Representations",
        "ICML 2020",
        {
            "paper": "https://proceedings.mlr.press/v119/chen20j/chen20j.pdf",
            "code": "https://github.com/google-research/simclr",
            "pytorch": "https://github.com/sthalles/SimCLR",
            "bibtex": "https://proceedings.mlr.press/v119/chen20j.html",
        },
        ["Contrastive Learning"],
    ),
}
WORDS = {
    "ja": {"paper": "論文", "code": "コード", "pytorch": "PyTorch", "bibtex": "BibTeX"},
    "en": {"paper": "Paper", "code": "Code", "pytorch": "PyTorch", "bibtex": "BibTeX"},
}


class Elements(HTMLParser):
    """Collects the start tags of a page."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def listed(root, language):
    return reading_list(load_papers(root, CHAPTERS), CHAPTERS, language, load_glossary(root))


def rows(html):
    return dict(re.findall(r'<li class="paper" id="paper-([a-z0-9-]+)"(.*?)</div></div></div></li>', html))


@pytest.fixture(scope="module", params=LANGUAGES)
def own(request):
    """Give this repository's list and its language."""
    return listed(sample.REPOSITORY, request.param), request.param


@pytest.mark.parametrize("slug", FIRST_LIST)
def test_papers_of_the_first_list_keep_their_chapter_links_and_keywords(own, slug):
    html, language = own
    title, venue, links, keywords = FIRST_LIST[slug]
    row = unescape(rows(html)[slug])
    assert title in row
    assert f">{venue}<" in row
    for name, address in links.items():
        assert re.search(rf'href="{re.escape(address)}"[^>]*>{WORDS[language][name]}<', row)
    for keyword in keywords:
        assert f"<li>{keyword}</li>" in row
    # Each row offers an entry, those whose link led to a file of the old repository too.
    assert f">{WORDS[language]['bibtex']}<" in row
    assert f'data-slug="{slug}"' in row
    assert (sample.REPOSITORY / f"bib/{slug}.bib").is_file()
    assert html.index(f"### {CHAPTERS['deep-metric-learning'][language]} ") < html.index(f'id="paper-{slug}"')


def test_every_row_says_how_much_of_the_paper_was_read_and_whether_there_is_a_demo(own):
    html, language = own
    read = {
        "ja": {"full-text": "全文を読了", "parts": "一部を読了", "abstract": "要旨を読了"},
        "en": {"full-text": "Read in full", "parts": "Read in part", "abstract": "Abstract read"},
    }[language]
    demo = {"ja": "デモあり|デモなし", "en": "Demo|No demo"}[language]
    for slug, row in rows(html).items():
        page = (sample.REPOSITORY / f"docs/ja/papers/{slug}.md").read_text(encoding="utf-8")
        depth = re.search(r"^depth: (.*)$", page, re.MULTILINE)[1]
        assert f">{read[depth]}<" in row
        assert re.search(f">({demo})<", row)


def test_every_control_has_a_name_and_is_hidden_without_a_script(own):
    html, _ = own
    open_sections = re.findall(r'<(?:section|label|button)[^>]*class="[^"]*needs-script[^"]*"[^>]*>', html)
    assert open_sections
    without = re.sub(r'<section class="(?:list-tools|basket) needs-script".*?</section>', "", html, flags=re.DOTALL)
    without = re.sub(r"<(label|button)[^>]*needs-script[^>]*>.*?</\1>", "", without)
    assert not re.search(r"<(input|select|button|textarea)\b", without)
    for tag, attrs in Elements(html).found:
        if tag == "input" and "aria-label" not in attrs:
            assert re.search(rf'<label[^>]*>(?:<span>[^<]+</span>)?<input[^>]*name="{attrs["name"]}"', html)


def test_filters_offer_what_the_papers_have_and_equal_values_in_both_languages():
    offered = {}
    for language in LANGUAGES:
        html = listed(sample.REPOSITORY, language)
        selects = re.findall(r'<select name="(\w+)"[^>]*>(.*?)</select>', html)
        offered[language] = {name: re.findall(r'value="([^"]*)"', options) for name, options in selects}
    assert offered["ja"] == offered["en"]
    assert offered["ja"]["venue"] == ["", "CVPR", "ICLR", "ICML", "NeurIPS"]
    assert offered["ja"]["year"] == ["", "2022", "2021", "2020"]
    assert "Contrastive Learning" in offered["ja"]["keyword"]
    assert offered["ja"]["status"] == ["", "read", "studying"]


def test_a_row_is_found_by_the_other_names_of_its_terms_and_by_authors_left_out():
    found = rows(listed(sample.REPOSITORY, "en"))
    also = {slug: re.search(r'data-also="([^"]*)"', row)[1] for slug, row in found.items()}
    assert "Contrastive Learning" in found["hcl"]
    assert "対照学習" in also["hcl"]
    assert "Michal Valko" in also["byol"]
    assert "Michal Valko" not in found["byol"].replace(also["byol"], "")


def test_first_authors_are_sorted_by_family_name(repository):
    html = listed(repository, "ja")
    assert 'data-author="Chen Ting"' in html
    assert 'data-author="山田 太郎"' in html


def test_a_title_cannot_break_out_of_its_row(repository):
    html = listed(repository, "en")
    assert "<script" not in html
    assert "Fish &amp; Chips &lt;script&gt;" in html


def test_words_of_both_languages_are_the_same_ones():
    assert LIST_WORDS["ja"].keys() == LIST_WORDS["en"].keys()
    for name, words in LIST_WORDS["ja"].items():
        assert sorted(re.findall(r"\{\w+\}", words)) == sorted(re.findall(r"\{\w+\}", LIST_WORDS["en"][name]))


def test_chapters_group_the_papers(repository):
    page = repository / "docs/ja/papers/other.md"
    page.write_text(
        page.read_text(encoding="utf-8").replace("chapter: deep-metric-learning", "chapter: second"), encoding="utf-8"
    )
    chapters = {"second": {"ja": "二つ目", "en": "Second"}, **CHAPTERS}
    html = reading_list(load_papers(repository, chapters), chapters, "ja", load_glossary(repository))
    places = [html.index(part) for part in ("### 二つ目", "paper-other", "### 深層距離学習", "paper-simclr")]
    assert places == sorted(places)
