"""The search box in a real browser: what queries.yml asks is found, best first; nothing hostile breaks it.

What must be found is worked out here from the built pages by another way than the index's: with Beautiful Soup and
Python's own folding.
"""

import json
import re
import shutil
import unicodedata
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from paper_notes.glossary import load_glossary
from paper_notes.terms import pattern_of
from tests.browser.conftest import served
from tests.paper_notes import sample

QUERIES = yaml.safe_load((Path(__file__).parent / "queries.yml").read_text(encoding="utf-8"))
BLOCKS = ["p", "li", "tr", "div", "h1", "h2", "h3", "h4", "h5", "dt", "dd", "pre", "figcaption", "summary", "br"]
LEFT_OUT = "[data-search-exclude], .headerlink, svg, script, style, button, form, fieldset, select, nav, textarea"
CJK = "\u3005-\u30ff\u3400-\u9fff"

# Talks to the worker as Material does, and gives for each query the milliseconds and the items of the answer.
ASK = """async (queries) => {
  const worker = new Worker(new URL("assets/search.js", document.baseURI));
  const ask = (message) => new Promise((resolve) => {
    worker.addEventListener("message", ({ data }) => resolve(data), { once: true });
    worker.postMessage(message);
  });
  await ask({ type: 0, data: { config: {}, docs: [], options: {} } });
  const answers = [];
  for (const query of queries) {
    const start = performance.now();
    const { data: { items } } = await ask({ type: 2, data: query });
    answers.push({ milliseconds: performance.now() - start, items });
  }
  worker.terminate();
  return answers;
}"""


def folded(text):
    """Fold text as a reader would: width, case, accents and kinds of hyphen do not count, nor spaces beside kana."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub("[‐-―−]", "-", text)
    text = "".join(letter for letter in unicodedata.normalize("NFD", text) if not "\u0300" <= letter <= "\u0337")
    text = unicodedata.normalize("NFC", text)
    return re.sub(f"(?<=[{CJK}]) | (?=[{CJK}])", "", re.sub(r"[^\S\n]+", " ", text))


def page_words(html):
    """Give the text of a page's article, a line for each block."""
    article = BeautifulSoup(html, "html.parser").find("article")
    for element in article.select(LEFT_OUT):
        element.decompose()
    for formula in article.select("math[display=block]"):
        letters = [text for text in formula.strings if len(text) > 2 or "\u0370" <= text <= "\u03ff"]
        formula.replace_with("\n" + " ".join(letters) + "\n")
    for element in article.find_all(["td", "th"]):
        element.append(" · ")
    for element in article.find_all(BLOCKS):
        element.insert_before("\n")
        element.insert_after("\n")
    return article.get_text()


@pytest.fixture(scope="module")
def texts(site):
    """Give the text of each page by language and address."""
    folder, _ = site
    return {language: dict(page_texts(folder / language)) for language in ("ja", "en")}


@pytest.fixture(scope="module")
def glossary():
    """Give this project's own glossary."""
    return load_glossary(sample.REPOSITORY)


def page_texts(folder):
    """Give address and text of each page but the whole notebooks, whose text stands on the papers' pages."""
    for path in folder.rglob("index.html"):
        if "demos" not in path.parts:
            address = path.relative_to(folder).as_posix().removesuffix("index.html")
            yield address, page_words(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers(site, browser):
    """Give the answers of the worker to all queries, by language."""
    _, address = site
    given = {}
    for language in ("ja", "en"):
        page = browser.new_page()
        page.goto(f"{address}{language}/about/")
        page.goto(f"{address}{language}/")
        given[language] = page.evaluate(ASK, [each["query"] for each in QUERIES])
        page.close()
    return given


def addresses(items):
    """Give the pages of an answer in its order."""
    return [item[0]["location"].split("?")[0] for item in items]


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("number", range(len(QUERIES)), ids=[repr(each["query"]) for each in QUERIES])
def test_query_finds_every_page_that_has_it_and_no_other(texts, answers, glossary, language, number):
    asked = QUERIES[number]
    found = addresses(answers[language][number]["items"])
    assert len(found) == len(set(found))
    if "pages" in asked:
        assert set(found) == set(asked["pages"])
    else:
        # Marks around a word are no part of it.
        words = [folded(word.strip('",') or word) for word in asked["query"].split()]
        names = asked.get("names", [])
        pattern = pattern_of([asked["query"], *names])
        lines = {page: folded(text) for page, text in texts[language].items()}
        having = {page for page, text in lines.items() if all(word in text for word in words)}
        named = {page for page, text in texts[language].items() if names and pattern.search(text)}
        term = glossary.find(asked["query"])
        known = {*names, *(term.names if term else ())}
        touched = {page for page, text in lines.items() if any(folded(name) in text for name in known)}
        assert having | named <= set(found) <= having | touched
        # A word of one language may be in no page of the other.
        assert answers["ja"][number]["items"] or answers["en"][number]["items"]
    if "first" in asked:
        assert found[0] == asked["first"]


@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_term_is_found_by_its_name_in_the_other_language(site, texts, browser, glossary, language):
    _, address = site
    page = browser.new_page()
    page.goto(f"{address}{language}/")
    for term in glossary.terms:
        using = {where for where, text in texts[language].items() if pattern_of(term.names).search(text)}
        for answer in page.evaluate(ASK, list(term.name.values())):
            assert using <= set(addresses(answer["items"])), term.id
            places = [
                item["location"] for item in next(x for x in answer["items"] if "glossary/" in x[0]["location"])
            ]
            assert any(place.endswith(f"#{term.id}") for place in places), term.id
    page.close()


def test_sections_lead_to_headings_of_their_pages(site, answers):
    folder, _ = site
    for language, given in answers.items():
        for answer in given:
            for page, *sections in answer["items"]:
                html = (folder / language / page["location"].split("?")[0] / "index.html").read_text(encoding="utf-8")
                assert "#" not in page["location"]
                for section in sections:
                    assert f'id="{section["location"].split("#")[1]}"' in html


def test_answers_hold_no_markup_but_marks_and_descend(answers):
    for given in answers.values():
        for answer in given:
            points = [items[0]["score"] for items in answer["items"]]
            assert points == sorted(set(points), reverse=True)
            for item in (item for items in answer["items"] for item in items):
                bare = re.sub(r"</?p>|<mark data-md-highlight>|</mark>", "", item["title"] + item["text"])
                assert "<" not in bare


@pytest.mark.parametrize(
    "query", ["x" * 10_000, "学習" * 5_000, "a b c " * 1_700, "\ud800", "\udc00負例", "\x00\x01"]
)
def test_query_of_any_kind_is_answered_quickly(site, browser, query):
    _, address = site
    page = browser.new_page()
    page.goto(f"{address}ja/")
    page.evaluate(f"window.query = {json.dumps(query)}")
    ask = ASK.replace("async (queries)", "async (_, queries = ['負例', window.query])")
    first, second = page.evaluate(ask)
    page.close()
    assert first["items"]
    assert second["milliseconds"] < 2_000


def typed(page, query):
    """Type into the box key by key and give the addresses shown."""
    page.keyboard.press("/")
    page.keyboard.type(query, delay=5)
    page.wait_for_function("document.querySelector('.md-search').dataset.search === 'ready'")
    page.wait_for_timeout(300)
    first = "(items) => items.map((item) => item.querySelector('a').href)"
    return page.locator(".md-search-result__item").evaluate_all(first)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("number", [i for i, each in enumerate(QUERIES) if each.get("typed")])
def test_typing_shows_what_the_worker_finds(site, new_page, answers, language, number):
    _, address = site
    page = new_page(f"{address}{language}/about/")
    query = QUERIES[number]["query"]
    if not query.strip():
        page.keyboard.press("/")
        page.keyboard.type(query)
        page.wait_for_timeout(300)
        assert page.locator(".md-search-result__item").count() == 0
        return
    expected = [f"{address}{language}/{found}" for found in addresses(answers[language][number]["items"])]
    shown = [link.split("?")[0] for link in typed(page, query)]
    assert shown == expected[: len(shown)]
    assert len(shown) >= min(10, len(expected))
    meta = page.locator(".md-search-result__meta")
    assert meta.get_attribute("role") == "status"
    assert meta.inner_text().strip() != ""


def test_arrow_and_enter_open_the_section_with_the_words_marked(site, new_page):
    _, address = site
    page = new_page(f"{address}en/about/")
    typed(page, "nt_xent")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    section = page.evaluate("document.activeElement.href")
    assert re.search(r"papers/simclr/\?h=nt_xent#\w+", section)
    page.keyboard.press("Enter")
    page.wait_for_url(section)
    page.wait_for_function("CSS.highlights.get('found')?.size > 0")
    top = "document.getElementById(location.hash.slice(1)).getBoundingClientRect().top"
    page.wait_for_function(f"{top} >= 0 && {top} < 200")


def test_enter_opens_the_best_page(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/about/")
    typed(page, "SimSiam")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/ja/papers/simsiam/\?h="))


def test_pasted_words_are_searched_without_a_key(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/about/")
    page.locator(".md-search__input").focus()
    page.keyboard.insert_text("双曲")
    page.locator(".md-search-result__item").first.wait_for()


def test_results_fill_a_phone_s_screen(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/", width=390)
    page.locator("header label.md-header__button[for=__search]").click()
    page.keyboard.insert_text("負例")
    page.locator(".md-search-result__item").first.wait_for()
    page.wait_for_function("document.querySelector('.md-search__output').getBoundingClientRect().height > 600")
    # The box slides in from the side.
    page.wait_for_function("document.documentElement.scrollWidth <= window.innerWidth")


def test_index_is_not_loaded_before_the_box_is_entered(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/")
    loaded = "performance.getEntriesByType('resource').map(({ name }) => name).join()"
    assert "search/search_index.json" in page.evaluate(loaded)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".md-search__input").focus()
    page.wait_for_function("document.querySelector('.md-search').dataset.search === 'ready'")
    assert f"{address}ja/search/index.json" in asked


@pytest.mark.parametrize(("language", "sentence"), [("ja", "読み込めなかった"), ("en", "could not be loaded")])
def test_box_says_when_the_index_cannot_be_had_and_tries_again(site, browser, language, sentence):
    _, address = site
    page = browser.new_page()
    page.route("**/search/index.json", lambda route: route.abort())
    page.goto(f"{address}{language}/")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    page.keyboard.type("BYO")
    state = page.locator(".search-state")
    page.wait_for_function("document.querySelector('.md-search').dataset.search === 'failed'")
    assert sentence in state.inner_text()
    assert state.get_attribute("role") == "status"
    assert not page.locator(".md-search-result__meta").is_visible()
    page.unroute("**/search/index.json")
    page.keyboard.type("L")
    page.locator(".md-search-result__item").first.wait_for()
    assert not state.is_visible()
    page.close()


def test_search_works_below_a_path_and_on_the_404_page(site, browser, tmp_path):
    folder, _ = site
    shutil.copytree(folder, tmp_path / "paper_notes")
    for address in served(tmp_path):
        page = browser.new_page()
        for place in ("en/papers/byol/", "ja/404.html"):
            page.goto(f"{address}paper_notes/{place}")
            page.wait_for_load_state("networkidle")
            assert typed(page, "HCL")[0].startswith(f"{address}paper_notes/{place[:2]}/papers/hcl/")
        page.close()
