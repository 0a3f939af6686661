"""The whole notebook as a page: everything that Jupyter shows, in one language, light, harmless, from this host."""

import json
import re
from urllib.parse import urljoin

import pytest

from paper_notes.faults import FaultsError
from paper_notes.guard import page_problems
from paper_notes.notebook_page import LONG_CODE, heading_of, lighter, tidied
from paper_notes.site import build_site
from tests.paper_notes import sample

BASE = "https://loy-rh.github.io/paper_notes/"


def article(site, language):
    page = (site / language / "demos/simclr/index.html").read_text(encoding="utf-8")
    return re.search(r"<article.*?</article>", page, re.DOTALL)[0]


def text_of(html):
    return re.sub(r"<[^>]+>", "", html)


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_code_cell_is_open_with_its_number(built, language):
    shown = article(built, language)
    assert "<details" not in shown
    code = text_of(shown)
    for source in ("%pip install paper-notes", "return math.log(1 + math.exp(-x))", "plot()", "show()", "table()"):
        assert source in code
    assert shown.count("In\xa0[1]:") == 5  # all cells of the sample have this number
    assert "installing" in code
    assert "0.474" in code


def test_each_language_shows_its_own_cells_and_outputs(built):
    japanese, english = article(built, "ja"), article(built, "en")
    assert "学習した表現の精度は<strong>0.52</strong>" in japanese
    assert "The trained representation" not in japanese
    assert "reaches <strong>0.52</strong>" in english
    assert not re.search(r"損失|拡張", english)
    assert "lang-" not in text_of(japanese)


def test_title_and_outline_are_those_of_the_language(built):
    for language, title, first in (("ja", "SimCLRのデモ", "損失"), ("en", "SimCLR demo", "Loss")):
        page = (built / language / "demos/simclr/index.html").read_text(encoding="utf-8")
        assert f"<title>{title} - " in page
        assert re.search(rf'<h1 id="simclr">{title}<a class="headerlink"', page)
        assert re.search(rf'<h2 id="loss">{first}<a class="headerlink"', page)
        outline = re.search(r'<nav class="md-nav md-nav--secondary".*?</nav>', page, re.DOTALL)[0]
        assert 'href="#loss"' in outline
        assert 'href="#views"' in outline


def test_formulas_are_mathml_and_figures_are_files_with_text_of_the_language(built):
    shown = article(built, "ja")
    assert "<math" in shown
    assert not re.search(r"\$\\tau\$|arithmatex", shown)
    assert "data:image" not in shown
    for source in re.findall(r'<img [^>]*src="([^"]+)"', shown):
        assert (built / urljoin("ja/demos/simclr/", source)).is_file()
    assert 'class="figure-dark"' in shown
    assert shown.count('alt="精度の曲線。学習ありは0.52で終わる。"') == 2


def test_nothing_of_the_plugin_s_own_style_and_scripts_is_left(built):
    for language in ("ja", "en"):
        shown = article(built, language)
        for surplus in (
            "<style",
            "<script",
            "<!--",
            "clipboard-copy",
            "highlight-ipynb",
            "jp-Collapser",
            "data-slot",
        ):
            assert surplus not in shown
        assert page_problems(shown) == []
        assert '<div class="highlight"><pre><code>' in shown
        assert (built / language / "demos/simclr/index.html").stat().st_size < 60_000


def test_table_output_is_cleaned(built):
    shown = article(built, "en")
    assert "<td>0.52</td>" in shown
    assert "onclick" not in shown
    assert "alert(1)" not in shown


def test_page_links_its_paper_its_translation_and_its_downloads(built):
    page = (built / "ja/demos/simclr/index.html").read_text(encoding="utf-8")
    here = "/ja/demos/simclr/"
    links = [urljoin(here, link) for link in re.findall(r'<a [^>]*href="([^"]+)"', page)]
    assert "/ja/papers/simclr/" in links
    assert "/demos/simclr.ipynb" in links
    assert any(link.startswith("https://colab.research.google.com/") for link in links)
    assert f'hreflang="en" href="{BASE}en/demos/simclr/">' in page
    assert '<a class="language-switch" href="../../../en/demos/simclr/"' in page


def test_paper_page_links_the_whole_notebook_and_no_navigation_does(built):
    paper = (built / "en/papers/simclr/index.html").read_text(encoding="utf-8")
    assert '<a class="button" href="../../../en/demos/simclr/">Whole notebook</a>' in paper
    assert "demos/" not in (built / "en/papers/other/index.html").read_text(encoding="utf-8")
    assert "demos/" not in (built / "en/about/index.html").read_text(encoding="utf-8")


def test_search_leads_to_the_paper_s_page_only(built):
    index = json.loads((built / "ja/search/index.json").read_text(encoding="utf-8"))
    addresses = [page["url"] for page in index["pages"]]
    assert "papers/simclr/" in addresses
    assert not [address for address in addresses if address.startswith("demos/")]


def test_hostile_cells_are_shown_as_text(repository):
    attack = "</pre></div></code><script>alert(1)</script><img src=x onerror=alert(1)>"
    notebook = sample.sample_notebook()
    cell = sample.code_cell(
        f"'''{attack}'''",
        [
            sample.stream(attack),
            sample.stream(attack, "stderr"),
            sample.display({"text/plain": attack}),
            sample.display({"text/html": f"<table><tr><td>{attack}</td></tr></table>"}),
        ],
    )
    notebook["cells"].append(cell)
    notebook["metadata"]["paper_notes"]["executed"]["code_digest"] = sample.code_digest(notebook)
    sample.write_notebook(repository, "simclr", notebook)
    build_site(repository, repository / "site")
    shown = article(repository / "site", "ja")
    assert shown.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 4
    assert page_problems(shown) == []


def test_relative_link_in_a_text_cell_is_a_fault_since_it_leads_nowhere_elsewhere(repository):
    notebook = sample.sample_notebook()
    notebook["cells"][4]["source"] += " See [the other](other.md) and [a place](#views)."
    sample.write_notebook(repository, "simclr", notebook)
    with pytest.raises(FaultsError) as caught:
        build_site(repository, repository / "site")
    assert [fault.what for fault in caught.value.faults] == [
        "link to 'other.md', which leads nowhere outside the paper's page"
    ]
    assert caught.value.faults[0].path == "demos/simclr.ipynb"


def test_notebook_without_title_gets_one(repository):
    notebook = sample.sample_notebook()
    del notebook["cells"][0]
    assert heading_of(notebook, "ja") == ""
    assert heading_of(notebook, "en") == "SimCLR demo"
    sample.write_notebook(repository, "simclr", notebook)
    build_site(repository, repository / "site")
    assert '<h1 id="simclr">SimCLR：ノートブック全体<a' in article(repository / "site", "ja")


def test_lighter_code_reads_the_same():
    code = (
        '<span class="k">def</span><span class="w"> </span><span class="nf">f</span><span class="p">(</span>'
        '<span class="n">x</span><span class="p">):</span> <span class="sa">f</span><span class="s2">&quot;a</span>'
        '<span class="si">{</span><span class="n">x</span><span class="si">}</span><span class="s2">&quot;</span>'
    )
    light = lighter(code)
    assert text_of(light) == text_of(code)
    assert light.count("<span") == 4
    assert '<span class="k">def</span>' in light


def test_tidying_keeps_text_that_looks_like_what_is_removed():
    html = (
        '<div class="highlight-ipynb hl-python "><pre><span></span>&lt;style&gt;&lt;!-- x --&gt;\n\n\ny</pre></div>'
    )
    assert "&lt;style&gt;&lt;!-- x --&gt;\n\n\ny" in tidied(html)


def test_relative_image_in_a_text_cell_is_a_fault_since_it_is_found_nowhere(repository):
    notebook = sample.sample_notebook()
    notebook["cells"][4]["source"] += " ![Two views](views.png)"
    sample.write_notebook(repository, "simclr", notebook)
    with pytest.raises(FaultsError) as caught:
        build_site(repository, repository / "site")
    what = "demos/simclr.ipynb: <img> of 'views.png', which leads nowhere outside the paper's page: show it as"
    assert any(str(fault).startswith(what) for fault in caught.value.faults)


def test_long_code_stays_plain_and_whole():
    line = '<span class="k">import</span> <span class="nn">x</span>\n'
    assert "<span" in lighter(line * (LONG_CODE - 1))
    assert lighter(line * LONG_CODE) == "import x\n" * LONG_CODE
