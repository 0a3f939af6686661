"""The results page in a browser: sorting, filtering, records that open, and all of it readable without a script."""

import pytest

FIRST = ".results-table >> nth=0"
ROWS = f"{FIRST} >> tbody tr"


@pytest.fixture
def page(site, new_page):
    _, address = site
    return new_page(f"{address}en/results/")


def values(page, column):
    script = "(rows, column) => rows.map(row => row.cells[column].dataset.sort ?? null)"
    found = page.locator(ROWS).evaluate_all(script, column)
    return [None if value is None else float(value) for value in found]


def test_column_sorts_up_down_and_back_with_the_keyboard(page):
    before = values(page, 5)
    button = page.locator(f"{FIRST} >> thead button", has_text="Ours (quick)")
    head = page.locator(f"{FIRST} >> thead th", has_text="Ours (quick)")
    button.focus()
    for state, order in (
        ("ascending", sorted(before)),
        ("descending", sorted(before, reverse=True)),
        ("none", before),
    ):
        page.keyboard.press("Enter")
        assert head.get_attribute("aria-sort") == state
        assert values(page, 5) == order


def test_missing_numbers_come_last_in_both_directions(page):
    button = page.locator(f"{FIRST} >> thead button", has_text="Gap")
    for _ in range(2):
        button.click()
        gaps = values(page, 7)
        missing = gaps.count(None)
        assert 0 < missing < len(gaps)
        assert gaps[-missing:] == [None] * missing


def test_filters_work_together_and_tell_how_many_rows_they_leave(page):
    page.get_by_label("Method").select_option("simclr")
    page.get_by_label("Status").select_option("other setting")
    assert {row.get_attribute("data-method") for row in page.locator(f"{ROWS}:visible").all()} == {"simclr"}
    assert {row.get_attribute("data-status") for row in page.locator(f"{ROWS}:visible").all()} == {"other setting"}
    page.get_by_label("Text").fill("ＡＰＰ. B.9")
    assert page.locator(f"{ROWS}:visible").count() == 1
    total = page.locator(ROWS).count()
    assert page.locator(".results-filter output").inner_text() == f"1 of {total} rows"


@pytest.mark.parametrize("broken", ["#%", "#%E3%81", "#%00", "#'\"<>"])
def test_an_address_that_no_encoder_wrote_stops_no_script(site, new_page, broken):
    page = new_page(f"{site[1]}en/results/{broken}")
    page.get_by_label("Method").select_option("simclr")
    assert 0 < page.locator(f"{ROWS}:visible").count() < page.locator(ROWS).count()


def test_a_wide_table_shades_the_edge_behind_which_it_goes_on(site, new_page):
    page = new_page(f"{site[1]}en/results/")
    page.set_viewport_size({"width": 390, "height": 800})
    shade = "box => getComputedStyle(box).backgroundAttachment"
    assert page.locator(".results-scroll").first.evaluate(shade) == "local, local, scroll, scroll, scroll"
    assert page.locator(".results-scroll").first.evaluate("box => box.scrollWidth > box.clientWidth")


def test_rows_without_published_data_can_be_chosen(page):
    page.locator('[data-filter="data"]').select_option(label="none")
    shown = page.locator(f"{ROWS}:visible")
    assert 0 < shown.count() < page.locator(ROWS).count()
    assert {row.get_attribute("data-status") for row in shown.all()} == {"no published figure"}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_short_statuses_stand_on_one_line(site, new_page, language):
    page = new_page(f"{site[1]}{language}/results/")
    heights = page.locator(".status").evaluate_all(
        "(all) => all.map(each => [each.textContent.length, each.getClientRects()[0].height])"
    )
    shortest = min(height for _, height in heights)
    # The longest English one takes two lines.
    assert {height for length, height in heights if length < 14} == {shortest}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_tables_fit_a_common_screen_and_heads_break_between_words(site, new_page, language):
    page = new_page(f"{site[1]}{language}/results/")
    beyond = "(all) => all.map(each => each.scrollWidth - each.clientWidth)"
    assert page.locator(".results-scroll").evaluate_all(beyond) == [0, 0]
    # The pairs of letters between which the browser breaks a head.
    pairs = """(all) => all.flatMap((head) => {
      const text = head.querySelector("button").firstChild, found = [];
      let last;
      for (let i = 0; i < text.length; i++) {
        const range = document.createRange();
        range.setStart(text, i);
        range.setEnd(text, i + 1);
        const box = range.getClientRects()[0];
        if (box && last !== undefined && box.top > last + 2) found.push(text.data[i - 1] + text.data[i]);
        last = box?.top ?? last;
      }
      return found;
    })"""
    breaks = page.locator(f"{FIRST} >> thead th").evaluate_all(pairs)
    assert [pair for pair in breaks if pair[0] not in " -" and pair[1] != "（"] == []


@pytest.mark.parametrize("language", ["ja", "en"])
def test_figure_that_goes_on_sideways_says_so_and_can_be_reached_by_keyboard(site, new_page, language):
    for path in ("results/", "papers/uhml/"):
        narrow = new_page(f"{site[1]}{language}/{path}", width=390).locator(".demo-figure").first
        assert narrow.evaluate("(figure) => figure.scrollWidth > figure.clientWidth")
        assert narrow.locator(".figure-hint").is_visible()
        assert narrow.get_attribute("tabindex") == "0"
        wide = new_page(f"{site[1]}{language}/{path}").locator(".demo-figure").first
        assert wide.evaluate("(figure) => figure.scrollWidth === figure.clientWidth")
        assert not wide.locator(".figure-hint").is_visible()


def test_number_opens_the_record_of_its_run(page):
    assert page.locator("#run-simclr-quick-seed0").is_hidden()
    page.locator('.our-number[href="#runs-simclr-quick"]').first.click()
    assert page.locator("#run-simclr-quick-seed0").is_visible()
    assert "train simclr --preset quick --seed 0" in page.locator("#run-simclr-quick-seed0").inner_text()


def test_link_from_another_page_opens_the_record(site, new_page):
    _, address = site
    page = new_page(f"{address}ja/results/#run-simclr-quick-seed0")
    page.locator("#run-simclr-quick-seed0").wait_for(state="visible")


def test_page_is_whole_without_javascript(site, new_page):
    _, address = site
    page = new_page(f"{address}en/results/", java_script_enabled=False)
    assert page.locator(".results-filter").is_hidden()
    assert page.locator(f"{ROWS}:visible").count() == page.locator(ROWS).count() > 10
    page.locator("#runs-simclr-quick summary").click()
    assert page.locator("#run-simclr-quick-seed0").is_visible()


def test_contents_of_the_page_open_in_a_wide_window_too(page):
    page.locator(".contents-open").click()
    page.get_by_role("link", name="Provenance", exact=True).click()
    page.wait_for_function("document.getElementById('provenance').getBoundingClientRect().top < innerHeight")
    assert page.locator(".contents-shown").count() == 0
