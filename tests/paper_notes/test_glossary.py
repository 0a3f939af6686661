"""The glossary: its faults, where terms are marked on a page and where not, its page, equal words on all pages."""

import re
from collections import defaultdict
from collections.abc import Iterator

import pytest

from paper_notes.faults import FaultsError
from paper_notes.glossary import Glossary, Term, load_glossary
from paper_notes.glossary_page import glossary_list
from paper_notes.papers import read_front_matter
from paper_notes.site import build_site
from paper_notes.terms import NO_PROSE, glossary_faults, mark_terms, pattern_of, variant_faults
from tests.paper_notes import sample

SHARED = load_glossary(sample.REPOSITORY)
# A page under study is still to be written: it may be a skeleton, without any term.
PAPER_PAGES = [
    path
    for path in sorted((sample.REPOSITORY / "docs/ja/papers").glob("*.md"))
    if read_front_matter(path, path.name)[0].get("status") == "read"
]
LINK = re.compile(r'<a class="term" href="[^"]*#([^"]*)" data-definition="([^"]*)">(.*?)</a>', re.DOTALL)


def term(identifier, ja, en, aliases=(), exceptions=(), definition="A word.", variants=()):
    return Term(
        id=identifier,
        name={"ja": ja, "en": en},
        reading="あ",
        definition={"ja": definition, "en": definition},
        aliases=tuple(aliases),
        variants=tuple(variants),
        exceptions=tuple(exceptions),
        gloss=False,
    )


TERMS = Glossary(
    [
        term("view", "ビュー", "view"),
        term("encoder", "エンコーダ", "encoder"),
        term("momentum-encoder", "モメンタムエンコーダ", "momentum encoder"),
        term("negative", "負例", "negative", exceptions=["negative cosine"]),
        term("hard-negative", "難しい負例", "hard negative"),
        term("teacher", "教師", "teacher", exceptions=["教師あり", "教師なし"]),
        term("average", "移動平均", "moving average", aliases=["EMA"]),
        term("loss", "NT-Xent損失", "NT-Xent loss", aliases=["NT-Xent"]),
    ]
)


def marked(html, language="ja", glossary=TERMS):
    """Give the words that are marked, and check that nothing else has changed."""
    out, found = mark_terms(html, glossary, language, "../../glossary/")
    assert LINK.sub(r"\3", out) == html
    links = LINK.findall(out)
    assert [link[0] for link in links] == found
    return [link[2] for link in links]


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>ビューとビュー、<b>view</b></p>", ["ビュー"]),
        ("<p>Two views, another View.</p>", ["views"]),
        ("<p>Views first.</p>", ["Views"]),
        ("<p>レビュー、ビューア、review, viewer, view_1, x-view</p>", []),
        ("<p>モメンタムエンコーダとエンコーダ</p>", ["モメンタムエンコーダ", "エンコーダ"]),
        ("<p>モメンタムエンコーダとモメンタムエンコーダ</p>", ["モメンタムエンコーダ"]),
        ("<p>難しい負例。難しい負例。負例。</p>", ["難しい負例", "負例"]),
        ("<p>A hard\nnegative and negatives</p>", ["hard\nnegative", "negatives"]),
        ("<p>negative cosine similarity</p>", []),
        ("<p>教師あり学習、教師なし、家庭教師、教師は</p>", ["教師"]),
        ("<p>家庭教師、教師陣</p>", []),
        ("<p>EMA and ema and GEMA</p>", ["EMA"]),
        ("<p>ema, Ema, EMAS</p>", []),
        ("<p>NT-XentはNT-Xent損失</p>", ["NT-Xent"]),
        ("<p>view&amp;view &lt;encoder&gt;</p>", ["view", "encoder"]),
    ],
)
def test_the_first_use_of_a_term_is_marked_where_it_is_that_word(html, words):
    assert marked(html) == words


@pytest.mark.parametrize(
    "tag", ["h1", "h2", "h6", "a", "code", "pre", "samp", "kbd", "math", "figure", "svg", "th", "summary", "script"]
)
def test_nothing_is_marked_in_what_is_no_running_text(tag):
    assert marked(f"<{tag} class='view'>view <b>encoder</b></{tag}><p>a teacher, a view</p>") == ["teacher", "view"]
    assert marked(f"<div><{tag}>view<{tag}>view</{tag}>view</{tag}></div>") in (
        [],
        ["view"] if tag == "script" else [],
    )


def test_attributes_comments_and_slots_stay_as_they_are():
    html = '<img alt="a view > an encoder"><!-- view --><div data-slot="3"></div><br/><p title=\'view\'>教師</P >'
    assert marked(html) == ["教師"]


def test_a_definition_and_a_name_cannot_break_out_of_the_page():
    hostile = '"><script>alert(1)</script>&'
    glossary = Glossary([term("x", f"語{hostile}", f"word{hostile}", [hostile], definition=hostile), TERMS.terms[0]])
    out, _ = mark_terms("<p>view &quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>", glossary, "en", "g/")
    assert out == (
        '<p><a class="term" href="g/#view" data-definition="A word.">view</a> '
        "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;</p>"
    )
    glossary = Glossary([term("view", "ビュー", "view", definition=hostile)])
    out, _ = mark_terms("<p>view</p>", glossary, "en", "g/")
    assert 'data-definition="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&amp;">view</a></p>' in out
    listed = glossary_list(
        Glossary([term("x", hostile, f"{hostile}x", [f"{hostile}y"], definition=hostile)]), "ja", [], {}
    )
    assert "<script>" not in listed


def test_a_page_keeps_its_other_bytes():
    english = [sample.REPOSITORY / "docs/en/papers" / path.name for path in PAPER_PAGES]
    pages = [path.read_text(encoding="utf-8") for path in (*PAPER_PAGES, *english)]
    assert all(marked(page, glossary=SHARED) for page in pages)


ENTRY = """# the words
- id: view
  ja: ビュー
  reading: びゅー
  en: view
  aliases: [crop]
  definition:
    ja: 画像。
    en: An image.
- id: anchor
  ja: アンカー
  reading: あんかー
  en: anchor
  not: [アンカ]
  definition: {ja: 標本。, en: A sample.}
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("  en: anchor", "", 10, "en is missing"),
        ("  reading: あんかー", "  reading: アンカー", 12, "reading 'アンカー' is not hiragana"),
        ("id: anchor", "id: view", 10, "id 'view' stands twice"),
        ("id: anchor", "id: An Anchor", 10, "id 'An Anchor' is no address"),
        ("en: anchor", "en: CROP", 10, "the name 'crop' belongs to view and to anchor"),
        ("not: [アンカ]", "not: [crop]", 14, "'crop' must not be used, but is a name of view"),
        ("not: [アンカ]", "not: アンカ", 14, "not is no list of words"),
        ("    en: An image.", "", 7, "the definition in en is missing"),
        ("  aliases:", "  alias:", 6, "field 'alias' is unknown"),
        ("not: [アンカ]", "gloss: yes please", 14, "gloss 'yes please' is neither true nor false"),
        ("not: [アンカ]", "not: [アンカ", 15, "expected ',' or ']'"),
        ("id: anchor", "id: 2020-13-45", 1, "not readable as YAML (month must be in 1..12"),
        (ENTRY, "nothing", 1, "no list of terms"),
        (ENTRY, "- one\n", 1, "the entry has no fields"),
    ],
)
def test_a_fault_names_its_line(repository, old, new, line, message):
    assert old in ENTRY
    (repository / "docs/glossary.yml").write_text(ENTRY, encoding="utf-8")
    assert glossary_faults(repository) == []
    (repository / "docs/glossary.yml").write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(FaultsError) as caught:
        load_glossary(repository)
    lines = str(caught.value).splitlines()
    assert any(each.startswith(f"docs/glossary.yml:{line}: ") and message in each for each in lines), lines
    assert glossary_faults(repository) == list(caught.value.faults)


def test_a_word_that_the_glossary_rules_out_stops_the_build(repository):
    page = repository / "docs/ja/papers/simclr.md"
    text = page.read_text(encoding="utf-8").replace("- 負例は", "- `ネガティブ` $ネガティブ$\n- ハードネガティブは")
    page.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsError) as caught:
        build_site(repository, repository / "site")
    line = next(n for n, each in enumerate(text.splitlines(), start=1) if "ハード" in each)
    expected = (
        f"docs/ja/papers/simclr.md:{line}: 'ネガティブ' is not this site's word: write 負例 (docs/glossary.yml)"
    )
    assert str(caught.value) == expected


def test_a_paper_page_leads_to_the_entry_and_the_entry_back(built):
    for language, word, definition in (
        ("ja", "温度", "類似度を割る正の数。"),
        ("en", "temperature", "divides similarities"),
    ):
        page = (built / language / "papers/simclr/index.html").read_text(encoding="utf-8")
        links = LINK.findall(page)
        assert [link[0] for link in links] == ["temperature", "negative"]
        assert links[0][2] == word
        assert definition in links[0][1]
        assert 'href="../../glossary/#temperature"' in page
        glossary = (built / language / "glossary/index.html").read_text(encoding="utf-8")
        entry = re.search(r'<dt id="negative">.*?</dd>', glossary)[0]
        assert re.findall(r'<a href="\.\./papers/(.*?)/">(.*?)</a>', entry) == [("simclr", "SimCLR")]
        assert "&lt;script&gt;" in entry
    other = (built / "ja/papers/other/index.html").read_text(encoding="utf-8")
    assert 'class="term"' not in other


def test_each_language_sorts_and_names_the_other():
    for language, first, counterpart in (("ja", "アブレーション", "ablation"), ("en", "ablation", "アブレーション")):
        listed = glossary_list(SHARED, language, [], {})
        other = "en" if language == "ja" else "ja"
        assert listed.startswith(
            f'<dl class="glossary"><div><dt id="ablation">{first} <span lang="{other}">{counterpart}</span></dt>'
        )
        assert sorted(re.findall(r'<dt id="([^"]*)">', listed)) == sorted(each.id for each in SHARED.terms)
    order = [each.name["ja"] for each in SHARED.ordered("ja")]
    # 濁点 and ー count as dictionaries count them; kanji are sorted by their reading.
    for before, after in (
        ("オンラインネットワーク", "階層的クラスタリング"),
        ("ビュー", "表現"),
        ("表現", "ファインチューニング"),
    ):
        assert order.index(before) < order.index(after)


def test_a_term_is_found_by_each_of_its_names():
    ssl = SHARED.find("自己教師あり学習")
    assert ssl is not None
    assert ssl is SHARED.find("SSL") is SHARED.find("Self-Supervised  Learning")
    assert SHARED.find("views") is SHARED.find("ビュー")
    assert SHARED.find("nothing of the kind") is None


def test_no_page_notebook_or_drawing_uses_a_word_that_the_glossary_rules_out():
    assert [str(fault) for fault in glossary_faults(sample.REPOSITORY)] == []


def glosses(page: str) -> Iterator[tuple[str, str, bool]]:
    """List the Japanese names of terms with a gloss on a page: name, English name after it, first of its term."""
    body = page.split("---\n", 2)[2]
    # The bullets of the original reading list keep their words.
    body = re.sub(r"^## [^\n]*\{ #summary \}\n.*?(?=^## )|^#[^\n]*$", "", body, flags=re.MULTILINE | re.DOTALL)
    body = NO_PROSE.sub(" ", body)
    seen: set[str] = set()
    for found in pattern_of(word for each in SHARED.terms for word in (*each.names, *each.exceptions)).finditer(body):
        each = SHARED.find(found[0])
        if each is None or not each.gloss or found[0].isascii():
            continue
        english = "|".join(re.escape(name) for name in each.names if name.isascii() or name == each.name["en"])
        gloss = re.match(rf"\**\]? \(({english})[)、]", body[found.end() :])
        yield found[0], gloss[1] if gloss else "", each.id not in seen
        seen.add(each.id)


@pytest.mark.parametrize("path", PAPER_PAGES, ids=lambda path: path.stem)
def test_the_first_use_of_a_marked_term_carries_its_english_name(path):
    """Write it as 予測器 (predictor) where the term stands first on the page, headings and original bullets apart."""
    listed = list(glosses(path.read_text(encoding="utf-8")))
    assert len(listed) > 5
    assert [name for name, english, first in listed if first and not english] == []


def test_a_term_has_one_english_name_on_all_japanese_pages():
    found = defaultdict(set)
    for path in PAPER_PAGES:
        for name, english, _ in glosses(path.read_text(encoding="utf-8")):
            found[name] |= {english} - {""}
    assert len(found) > 20
    assert {name: english for name, english in found.items() if len(english) > 1} == {}


def test_a_variant_that_is_part_of_its_term_s_name_is_found_outside_that_name_only():
    glossary = Glossary([term("anchor", "アンカー", "anchor", variants=["アンカ", "アンカー画像"])])
    text = "アンカーと、アンカー点。\nアンカとアンカー画像"
    faults = variant_faults(text, "x.md", glossary, "ja")
    assert [(fault.line, fault.what.split()[0]) for fault in faults] == [(2, "'アンカ'"), (2, "'アンカー画像'")]


def ruled_out_in_notebook(repository, change):
    notebook = sample.sample_notebook()
    change(notebook["cells"])
    sample.write_notebook(repository, "simclr", notebook)
    return [str(fault) for fault in glossary_faults(repository)]


@pytest.mark.parametrize(
    ("cell", "change"),
    [
        (4, lambda cells: cells[3].update(source="ネガティブは")),
        (7, lambda cells: cells[6]["outputs"][1]["data"].update({"text/markdown": "ネガティブは"})),
        (7, lambda cells: cells[6]["outputs"][0]["metadata"]["paper_notes"]["alt"].update(ja="ネガティブは")),
    ],
    ids=["text cell", "sentence from code", "alternative text"],
)
def test_a_ruled_out_word_in_a_notebook_is_a_fault(repository, cell, change):
    what = f"cell {cell}: 'ネガティブ' is not this site's word: write 負例 (docs/glossary.yml)"
    assert ruled_out_in_notebook(repository, change) == [f"demos/simclr.ipynb: {what}"]


def test_a_ruled_out_word_in_a_drawing_s_alternative_text_is_a_fault(repository):
    (repository / "paper_notes/ideas").mkdir()
    drawing = repository / "paper_notes/ideas/simclr.py"
    drawing.write_text('ALT = {"ja": "負例。", "en": "Negatives."}\n', encoding="utf-8")
    assert glossary_faults(repository) == []
    drawing.write_text('ALT = {"ja": "ネガティブ。", "en": "Negatives."}\n', encoding="utf-8")
    assert [str(fault) for fault in glossary_faults(repository)] == [
        "paper_notes/ideas/simclr.py: alternative text: 'ネガティブ' is not this site's word: "
        "write 負例 (docs/glossary.yml)"
    ]


def test_a_missing_glossary_is_said_to_be_missing(repository):
    (repository / "docs/glossary.yml").unlink()
    assert [str(fault).rpartition(",")[0] for fault in glossary_faults(repository)] == [
        "docs/glossary.yml: is missing: write it"
    ]
