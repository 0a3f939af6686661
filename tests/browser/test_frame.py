"""What surrounds the pages: keys and their list, copied code, paper, pages for unknown addresses."""

import pytest

KEYS = "dialog.keys"
SAMPLE = "papers/simclr/"


def listed_keys(page):
    page.keyboard.press("?")
    page.locator(KEYS).wait_for(state="visible")
    return page.locator(f"{KEYS} kbd").all_inner_texts()


def scheme(page):
    return page.evaluate("document.body.dataset.mdColorScheme")


@pytest.mark.parametrize(("language", "title"), [("ja", "キーボード操作"), ("en", "Keyboard shortcuts")])
def test_question_mark_lists_the_keys_and_escape_closes_the_list(sample_site, new_page, language, title):
    page = new_page(f"{sample_site}{language}/about/")
    keys = listed_keys(page)
    assert page.get_by_role("dialog", name=title).is_visible()
    assert "c" not in keys
    assert {"/", "l", "t", "h", "r", "?", "Esc"} <= set(keys)
    for _ in range(4):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
    page.keyboard.press("Escape")
    assert page.locator(KEYS).is_hidden()


def test_button_in_the_foot_opens_the_list_of_keys(sample_site, new_page):
    page = new_page(f"{sample_site}en/about/")
    page.locator(".keys-open").click()
    assert page.locator(KEYS).is_visible()
    page.locator(f"{KEYS} button").click()
    assert page.locator(KEYS).is_hidden()
    assert page.evaluate("document.activeElement.className") == "keys-open"


def test_each_listed_key_does_what_the_list_says(sample_site, new_page):
    page = new_page(f"{sample_site}ja/{SAMPLE}", permissions=["clipboard-read", "clipboard-write"])
    assert "c" in listed_keys(page)
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.locator(".md-dialog--active").wait_for()
    assert page.evaluate("navigator.clipboard.readText()").startswith("@InProceedings{chen2020simple,")
    page.keyboard.press("t")
    assert scheme(page) == "slate"
    page.keyboard.press("t")
    assert scheme(page) == "default"
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.matches('.md-search__input')")
    page.keyboard.press("Escape")
    for key, place in (("l", f"{SAMPLE}*"), ("r", "results/"), ("h", "")):
        page.keyboard.press(key)
        page.wait_for_url(f"{sample_site}en/{place}")
        page.wait_for_load_state("networkidle")


def test_keys_rest_while_typing_with_modifiers_and_in_the_list(sample_site, new_page):
    page = new_page(f"{sample_site}en/{SAMPLE}")
    before = page.url
    page.keyboard.press("/")
    page.wait_for_function("document.activeElement.matches('.md-search__input')")
    page.keyboard.type("tlh?")
    assert page.locator(".md-search__input").input_value() == "tlh?"
    page.keyboard.press("Escape")
    page.keyboard.press("Control+l")
    listed_keys(page)
    page.keyboard.type("tl/")
    assert page.locator(KEYS).is_visible()
    assert page.url == before
    assert scheme(page) == "default"


def test_single_letter_keys_can_be_switched_off_for_good(sample_site, new_page):
    page = new_page(f"{sample_site}en/about/")
    listed_keys(page)
    page.locator(f"{KEYS} input").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.type("t/?")
    assert scheme(page) == "default"
    assert page.locator(KEYS).count() == 0
    assert not page.evaluate("document.activeElement.matches('input')")
    page.locator(".keys-open").click()
    page.locator(f"{KEYS} input").check()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    assert scheme(page) == "slate"


def test_without_javascript_there_is_no_button_for_keys(sample_site, new_page):
    page = new_page(f"{sample_site}en/about/", java_script_enabled=False)
    assert page.locator(".keys-open").is_hidden()


def test_code_is_copied_as_it_stands(sample_site, new_page):
    page = new_page(f"{sample_site}en/{SAMPLE}", permissions=["clipboard-read", "clipboard-write"])
    code = page.locator(".highlight pre > code").first
    code.locator("xpath=../span/button").click()
    page.locator(".md-dialog--active").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == code.text_content()


def test_paper_shows_the_text_alone_in_light_colours(sample_site, new_page):
    page = new_page(f"{sample_site}en/{SAMPLE}", scheme="dark")
    assert scheme(page) == "slate"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    for hidden in (
        ".md-header",
        ".md-footer",
        ".md-sidebar",
        ".buttons",
        ".headerlink",
        ".md-code__nav",
        ".figure-dark",
    ):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".figure-light").first.is_visible()
    shown = (
        "[getComputedStyle(document.querySelector('article')).color, getComputedStyle(document.body).backgroundColor]"
    )
    assert page.evaluate(shown) == ["rgb(34, 38, 46)", "rgb(255, 255, 255)"]
    address = "getComputedStyle(document.querySelector('.links a[href^=http]'), '::after').content"
    assert "http" in page.evaluate(address)
    assert page.evaluate("[...document.querySelectorAll('article details')].every((details) => details.open)")
    assert page.evaluate("getComputedStyle(document.querySelector('figure')).breakInside") == "avoid"


@pytest.mark.parametrize(("language", "words"), [("ja", "対照学習"), ("en", "contrastive")])
def test_page_for_unknown_addresses_leads_to_search(hosted, browser, language, words):
    with browser.new_context() as context:
        page = context.new_page()
        assert page.goto(f"{hosted}no/such/page/").status == 404
        page.locator(f"section[lang={language}] input").fill(words)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{hosted}{language}/?q=*")
        page.wait_for_function("document.activeElement.matches('.md-search__input')")
        assert page.locator(".md-search__input").input_value() == words
        page.locator(".md-search-result__item").first.wait_for()


@pytest.mark.parametrize("width", [390, 820])
def test_contents_open_over_a_page_in_a_narrow_window_and_lead_to_their_heading(sample_site, new_page, width):
    page = new_page(f"{sample_site}en/{SAMPLE}", width=width)
    button, contents = page.get_by_role("button", name="Table of contents"), page.locator(".md-sidebar--secondary")
    assert contents.is_hidden()
    button.click()
    assert contents.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    assert page.evaluate("document.activeElement.closest('.md-sidebar--secondary') !== null")
    page.keyboard.press("Escape")
    assert contents.is_hidden()
    assert button.evaluate("button => button === document.activeElement")
    button.click()
    contents.get_by_role("link", name="How to cite").click()
    assert contents.is_hidden()
    page.wait_for_function("document.getElementById('cite').getBoundingClientRect().top < innerHeight")
    button.click()
    page.mouse.click(5, 700)
    assert contents.is_hidden()


def test_a_wide_window_shows_the_contents_beside_the_page_and_no_button(sample_site, new_page):
    page = new_page(f"{sample_site}en/{SAMPLE}")
    assert page.locator(".md-sidebar--secondary").is_visible()
    assert page.locator(".contents-open").is_hidden()
