"""What a reader does, in a real browser: read every page, switch language and colours, cite, use a phone."""

import json
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SLUGS = sorted(path.stem for path in (REPOSITORY / "bib").glob("*.bib"))
PAGES = ["", "about/", "glossary/", "results/", *(f"papers/{slug}/" for slug in SLUGS)]
TOP_OF_CONTENT = "id => Math.round(document.getElementById(id).getBoundingClientRect().top)"


def is_narrow_enough(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_cleanly_on_desk_and_phone(site, new_page, language, name):
    _, address = site
    page = new_page(f"{address}{language}/{name}")
    assert page.evaluate("document.documentElement.lang") == language
    page.set_viewport_size({"width": 390, "height": 844})
    assert is_narrow_enough(page)
    page.set_viewport_size({"width": 320, "height": 700})
    assert is_narrow_enough(page)


@pytest.mark.parametrize(("locale", "language"), [("ja-JP", "ja"), ("en-GB", "en"), ("fr-FR", "en")])
def test_entrance_leads_to_the_reader_s_language(site, new_page, locale, language):
    _, address = site
    page = new_page(address, locale=locale)
    page.wait_for_url(f"{address}{language}/")


def test_list_works_without_javascript(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/", java_script_enabled=False)
    for slug in SLUGS:
        assert page.locator(f"#paper-{slug}").is_visible()
    page.locator(".language-switch").click()
    assert page.url == f"{address}en/"
    page.locator(f"#paper-{SLUGS[0]} h4 a").click()
    assert page.url == f"{address}en/papers/{SLUGS[0]}/"


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_within_a_page_leads_to_its_heading_however_long_the_way(site, new_page, width):
    page = new_page(f"{site[1]}ja/papers/hai/")
    page.set_viewport_size({"width": width, "height": 900})
    header = page.evaluate("document.querySelector('.md-header').offsetHeight")
    for place in ("demo-claim", "results", "demo-views"):
        page.evaluate("window.scrollTo(0, 0)")
        # The table of contents is folded away on a phone; its links are the same.
        page.evaluate("id => document.querySelector(`.md-nav a[href='#${id}']`).click()", place)
        page.wait_for_timeout(600)
        assert header <= page.evaluate(TOP_OF_CONTENT, place) <= header + 40


def test_language_switch_keeps_page_and_place(sample_site, new_page):
    page = new_page(f"{sample_site}ja/papers/simclr/")
    page.evaluate("document.getElementById('views').scrollIntoView()")
    page.locator(".language-switch").click()
    page.wait_for_url(f"{sample_site}en/papers/simclr/#views")
    page.wait_for_function("document.getElementById('views').getBoundingClientRect().top < 200")
    assert 0 <= page.evaluate(TOP_OF_CONTENT, "views") < 200
    page.evaluate("window.scrollTo(0, 0)")
    page.wait_for_function("window.scrollY === 0")
    page.locator(".language-switch").click()
    page.wait_for_url(f"{sample_site}ja/papers/simclr/")


@pytest.mark.parametrize("slug", SLUGS)
def test_copied_citation_is_the_file(site, new_page, slug):
    folder, address = site
    page = new_page(f"{address}ja/papers/{slug}/", permissions=["clipboard-read", "clipboard-write"])
    for kind, suffix in (("BibTeX", "bib"), ("RIS", "ris"), ("CSL-JSON", "json")):
        page.get_by_role("radio", name=kind).check()
        page.get_by_role("button", name=f"{kind}をコピー").click()
        page.get_by_role("status").filter(has_text=f"{kind}をコピーした。").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == (folder / f"bib/{slug}.{suffix}").read_bytes().decode()


def test_formatted_citations_are_copied_as_the_list_has_them(site, new_page):
    folder, address = site
    page = new_page(f"{address}en/papers/simclr/", permissions=["clipboard-read", "clipboard-write"])
    script = (folder / "bib/citations.js").read_text(encoding="utf-8")
    every = json.loads(script.removeprefix("window.paperCitations = ").removesuffix(";\n"))
    for kind, name in (("APA 7", "apa"), ("IEEE", "ieee"), ("Markdown", "markdown")):
        page.get_by_role("radio", name=kind).check()
        page.get_by_role("button", name=f"Copy {kind}").click()
        page.get_by_role("status").filter(has_text=f"{kind} copied.").wait_for()
        assert page.evaluate("navigator.clipboard.readText()") == every["simclr"][name]


def test_a_citation_is_chosen_with_the_keyboard_and_copied_where_the_clipboard_is_closed(site, new_page):
    _, address = site
    page = new_page(f"{address}en/papers/simclr/", width=390)
    # As on a page without https: the browser's clipboard is out of reach, and copying needs a selection.
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate(
        "document.addEventListener('copy', () => { window.copied = String(document.activeElement.value); })"
    )
    page.get_by_role("radio", name="BibTeX").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".cite-panel:visible").get_attribute("data-kind") == "ris"
    # The text, which scrolls, comes before its button.
    for key in ("Tab", "Tab", "Enter"):
        page.keyboard.press(key)
    page.get_by_role("status").filter(has_text="RIS copied.").wait_for()
    assert page.evaluate("window.copied").startswith("TY  - CONF")
    assert page.evaluate("document.activeElement.matches('.cite-copy')")
    for key in ("Shift+Tab", "Shift+Tab", "ArrowRight"):
        page.keyboard.press(key)
    assert page.locator(".cite-said").text_content() == ""


def test_every_format_can_be_read_without_javascript(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/papers/simclr/", java_script_enabled=False)
    assert page.locator(".cite-copy:visible").count() == 0
    for kind in ("RIS", "CSL-JSON", "APA 7", "IEEE", "Markdown", "BibTeX"):
        page.locator(".cite-kinds label", has_text=kind).click()
        assert page.locator(".cite-panel:visible").count() == 1
        assert "Kornblith" in page.locator(".cite-panel:visible").inner_text()


def test_colour_scheme_and_figures_change_together_and_stay_across_languages(sample_site, new_page):
    page = new_page(f"{sample_site}ja/papers/simclr/")
    assert page.locator("img.figure-light").is_visible()
    assert not page.locator("img.figure-dark").is_visible()
    page.locator(".palette-switch").click()
    page.locator("img.figure-dark").scroll_into_view_if_needed()
    assert page.locator("img.figure-dark").is_visible()
    assert not page.locator("img.figure-light").is_visible()
    page.wait_for_function("document.querySelector('img.figure-dark').naturalWidth > 0")
    page.locator(".language-switch").click()
    page.wait_for_url(f"{sample_site}en/papers/simclr/**")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"


def test_reader_s_dark_system_gives_dark_pages(sample_site, new_page):
    page = new_page(f"{sample_site}en/papers/simclr/", scheme="dark")
    assert page.evaluate("document.body.dataset.mdColorScheme") == "slate"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"


def test_demo_page_fits_a_phone_with_every_kind_of_output(sample_site, new_page):
    for language in ("ja", "en"):
        page = new_page(f"{sample_site}{language}/papers/simclr/", width=390)
        assert is_narrow_enough(page)


def test_figures_tell_their_content_in_the_page_s_language(sample_site, new_page):
    page = new_page(f"{sample_site}en/papers/simclr/")
    assert page.get_by_role("img", name="Accuracy curves. The trained one ends at 0.52.").count() == 1


def test_math_font_is_used_and_brackets_grow(sample_site, new_page):
    page = new_page(f"{sample_site}ja/papers/simclr/")
    page.evaluate("document.fonts.ready")
    assert page.evaluate("document.fonts.check('16px Math', '𝑥')")
    fraction = page.locator(".formula mfrac").first.bounding_box()
    assert fraction["height"] > 30


def test_printed_text_and_wide_code_can_be_reached_with_the_keyboard(sample_site, new_page):
    page = new_page(f"{sample_site}en/papers/simclr/", width=390)
    page.wait_for_function("boxes.length === 0")
    boxes = page.evaluate(
        """[...document.querySelectorAll('pre, pre code, .formula, .md-typeset__scrollwrap')]
        .filter(box => box.scrollWidth > box.clientWidth + 1 && getComputedStyle(box).overflowX !== 'visible')
        .map(box => [box.tagName, box.tabIndex])"""
    )
    assert boxes
    assert all(index == 0 for _, index in boxes), json.dumps(boxes)


SHOWN_DEFINITION = "term => getComputedStyle(term, '::after').content"


def test_a_definition_shows_on_hover_and_focus_and_escape_hides_it(sample_site, new_page):
    page = new_page(f"{sample_site}ja/papers/simclr/")
    term = page.locator("a.term[href$='#temperature']")
    assert term.evaluate(SHOWN_DEFINITION) == "none"
    term.hover()
    # An empty alternative: the definition is no part of the link's name.
    assert term.evaluate(SHOWN_DEFINITION) == '"類似度を割る正の数。" / ""'
    page.keyboard.press("Escape")
    assert term.evaluate(SHOWN_DEFINITION) == "none"
    page.mouse.move(0, 0)
    term.focus()
    assert term.evaluate(SHOWN_DEFINITION) != "none"


def test_a_first_touch_shows_the_definition_and_a_second_one_leads_to_the_glossary(sample_site, new_page):
    page = new_page(f"{sample_site}en/papers/simclr/", width=390, has_touch=True, is_mobile=True)
    term = page.locator("a.term[href$='#temperature']")
    term.tap()
    assert term.evaluate(SHOWN_DEFINITION) != "none"
    assert is_narrow_enough(page)
    term.tap()
    page.wait_for_url(f"{sample_site}en/glossary/#temperature")


def test_without_javascript_a_touch_leads_to_the_definition(sample_site, new_page):
    page = new_page(f"{sample_site}en/papers/simclr/", java_script_enabled=False, has_touch=True)
    page.locator("a.term[href$='#temperature']").tap()
    page.wait_for_url(f"{sample_site}en/glossary/#temperature")
