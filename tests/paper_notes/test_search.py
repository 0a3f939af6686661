"""What the search index holds: the text of pages, each once, and nothing that a reader would not look for."""

import json

import pytest

from paper_notes.errors import PaperNotesError
from paper_notes.glossary import load_glossary
from paper_notes.search import search_index, shared, with_own_worker
from paper_notes.search_text import page_text
from tests.paper_notes import sample


@pytest.fixture
def index(built):
    """Give the index of the sample site's English pages."""
    return json.loads((built / "en/search/index.json").read_text(encoding="utf-8"))


def test_prose_is_found_once_and_what_stands_elsewhere_is_not(index):
    text = json.dumps(index["pages"], ensure_ascii=False)
    for found in ("Florent Altché", "makes two views of an image", "Runs the loss on CIFAR-10"):
        assert text.count(found) == 1
    for left_out in ("InProceedings", "AMD EPYC", "Open in Colab", "Download", "Under study", "#</a>"):
        assert left_out not in text


def test_paper_has_title_authors_and_keywords_of_its_own(index):
    page = next(page for page in index["pages"] if page["url"] == "papers/simclr/")
    assert page["title"] == "SimCLR"
    assert page["full"] == "A Simple Framework for Contrastive Learning of Visual Representations"
    assert page["about"][0] == "Ting Chen"
    assert page["about"][-1] == "Contrastive Learning"


def test_sections_lead_to_headings_and_code_is_kept_line_by_line(index):
    page = next(page for page in index["pages"] if page["url"] == "papers/simclr/")
    sections = {anchor: (heading, text.split("\n")) for anchor, heading, text in page["sections"]}
    assert sections["loss"][0] == "Loss"
    assert "print(loss(0.5))" in sections["loss"][1]
    assert "nt_xent implements it" in "\n".join(sections["summary"][1])


def test_folded_code_that_shows_something_is_not_searched_and_open_code_is(index):
    text = json.dumps(index["pages"], ensure_ascii=False)
    assert "print(loss(0.5))" in text
    assert "plot()" not in text


def test_displayed_formula_gives_its_names_only(index):
    page = next(page for page in index["pages"] if page["url"] == "papers/simclr/")
    text = next(text for anchor, _, text in page["sections"] if anchor == "summary")
    assert "τ" in text
    assert "exp" in text
    for letters in ("𝟙", "≠", "ℓi", "2N"):
        assert letters not in text


def test_inline_formula_stands_in_its_sentence():
    html = "<article><p>Set <math><mi>τ</mi><mo>=</mo><mn>0.5</mn></math> here.</p></article>"
    assert page_text(html).sections[0].blocks == ["Set τ=0.5 here."]


@pytest.mark.parametrize(
    ("html", "blocks"),
    [
        ("<p>one <b>bold</b>ly</p><p>two</p>", ["one boldly", "two"]),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", ["a · b", "c"]),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", ["a", "b"]),
        ("<pre><code>x = 1\n\n  y</code></pre>", ["x = 1", "y"]),
        ("<p>a<button>Copy</button><svg><text>b</text></svg></p>", ["a"]),
        ('<div data-search-exclude="true"><p>a<br>b</p></div><p>c</p>', ["c"]),
        ('<p>a<span data-search-exclude="true">b</span></p><p>c</p>', ["a", "c"]),
        ('<pre><code><span class="k">if</span> <span class="n">x</span></code></pre>', ["if x"]),
        ("<p>1 &lt; 2 &amp;amp;</p>", ["1 < 2 &amp;"]),
        ('<p><a title="a > b">x</a></p>', ["x"]),
    ],
)
def test_blocks_are_what_a_reader_sees_as_lines(html, blocks):
    assert page_text(f"<article>{html}</article>").sections[0].blocks == blocks


def test_long_line_that_stood_before_is_written_as_its_number():
    seen: dict[str, int] = {}
    long, other = "a" * 30, "b" * 30
    assert [shared(line, seen) for line in (long, other, "short", "short", other)] == [
        long, other, "short", "short", "\x011",
    ]  # fmt: skip
    assert shared("\x010", seen) == "0"


def test_terms_come_with_their_names_and_with_what_readers_may_type(index):
    assert [["負例", "negative", "<script>alert(1)</script>"], ["ネガティブ", "ふれい"]] in index["terms"]


def test_list_and_whole_notebooks_lead_to_the_paper_only(built):
    index = search_index(built / "ja", load_glossary(sample.REPOSITORY))
    holders = {page["url"] for page in index["pages"] if "Kornblith" in json.dumps(page)}
    assert holders == {"papers/simclr/"}


def test_theme_loads_a_stub_and_our_worker(built):
    stub = built / "ja/search/search_index.json"
    assert stub.stat().st_size < 200
    assert json.loads(stub.read_text(encoding="utf-8"))["docs"] == []
    for page in ("ja/index.html", "en/papers/simclr/index.html", "en/404.html"):
        text = (built / page).read_text(encoding="utf-8")
        assert "assets/search.js" in text
        assert "workers/search." not in text


def test_theme_with_another_worker_stops_the_build():
    with pytest.raises(PaperNotesError, match="stands 0 times"):
        with_own_worker('{"search": "assets/worker.js"}')
