"""axe finds nothing on any kind of page, in both colour schemes, on a desk and on a phone; pages stay light.

The site is served compressed and under the path of its published address, as its host does.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
AXE = REPOSITORY / ".cache/npm/node_modules/axe-core/axe.min.js"
DEMOS = sorted(path.stem for path in (REPOSITORY / "demos").glob("*.ipynb"))
SLUGS = sorted(path.stem for path in (REPOSITORY / "bib").glob("*.bib"))
KINDS = [
    "ja/",
    "en/",
    "ja/results/",
    "en/results/",
    "ja/glossary/",
    "en/about/",
    "nowhere/at/all/",
    "ja/404.html",
    "en/404.html",
    *(f"{language}/papers/{slug}/" for slug, language in zip(SLUGS, ["ja", "en"] * len(SLUGS), strict=False)),
    *(f"{language}/demos/{slug}/" for slug, language in zip(DEMOS[:2], ["ja", "en"], strict=True)),
]
RUN = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
    (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target} ${node.html.slice(0, 120)}`))"""


@pytest.fixture(scope="session")
def axe():
    if not AXE.is_file():
        missing = "axe-core is not installed (make axe, which needs npm)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return AXE.read_text(encoding="utf-8")


def violations(page, axe):
    page.evaluate(axe)
    return page.evaluate(RUN)


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing(hosted, browser, axe, name):
    found = []
    for scheme in ("light", "dark"):
        with browser.new_context(color_scheme=scheme) as context:
            page = context.new_page()
            for width in (1350, 390):
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(f"{hosted}{name}", wait_until="networkidle")
                # What scrolls becomes reachable when the page has time.
                page.wait_for_function("typeof boxes === 'undefined' || boxes.length === 0")
                found += [f"{scheme}, {width}: {line}" for line in violations(page, axe)]
    assert found == []


def test_axe_finds_nothing_at_the_entrance_and_in_the_list_of_keys(hosted, browser, axe):
    with browser.new_context(java_script_enabled=False) as context:
        entrance = context.new_page()
        entrance.goto(hosted)
        content = entrance.content()
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{hosted}en/404.html")
        page.set_content(content)
        assert violations(page, axe) == []
        page.goto(f"{hosted}en/papers/{SLUGS[0]}/", wait_until="networkidle")
        page.keyboard.press("?")
        page.locator("dialog.keys").wait_for(state="visible")
        assert violations(page, axe) == []


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize(
    "name", ["", "results/", *(f"papers/{slug}/" for slug in SLUGS), *(f"demos/{slug}/" for slug in DEMOS)]
)
def test_page_weighs_at_most_150_kilobytes_and_asks_no_other_host(hosted, browser, language, name):
    with browser.new_context() as context:
        page = context.new_page()
        answers = []
        page.on("response", lambda answer: answers.append((answer.url, answer.request)))
        page.goto(f"{hosted}{language}/{name}", wait_until="networkidle")
        host = urlsplit(hosted).netloc
        assert {urlsplit(url).netloc for url, _ in answers} == {host}
        counted = [request for _, request in answers if request.resource_type in ("document", "stylesheet", "script")]
        assert sum(request.sizes()["responseBodySize"] for request in counted) <= 150_000
