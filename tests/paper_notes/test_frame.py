"""Beside the pages: sitemap, robots.txt, pages for unknown addresses, the way to edit a page; the workflows."""

import re
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
import yaml

from paper_notes.frame import finished
from paper_notes.sitemap import SITEMAP, XHTML
from tests.paper_notes import sample

ROOT = "https://loy-rh.github.io/paper_notes/"
REPOSITORY = "https://github.com/Loy-rh/paper_notes"
WORKFLOWS = sorted((sample.REPOSITORY / ".github/workflows").glob("*.yml"))


@pytest.fixture
def sitemap(built):
    return ElementTree.parse(built / "sitemap.xml").getroot()


def test_sitemap_holds_each_page_of_both_languages_and_nothing_else(built, sitemap):
    listed = [element.text for element in sitemap.iter(f"{{{SITEMAP}}}loc")]
    pages = [path.parent.relative_to(built).as_posix() for path in built.glob("??/**/index.html")]
    assert sorted(listed) == sorted(f"{ROOT}{page}/" for page in pages)
    assert not list(built.glob("*/sitemap.xml*"))


def test_sitemap_s_pages_name_each_other_as_their_heads_do(built, sitemap):
    for element in sitemap:
        address = element.find(f"{{{SITEMAP}}}loc").text
        links = {link.get("hreflang"): link.get("href") for link in element.findall(f"{{{XHTML}}}link")}
        assert set(links) == {"ja", "en", "x-default"}
        assert address in links.values()
        page = (built / address.removeprefix(ROOT) / "index.html").read_text(encoding="utf-8")
        head = dict(re.findall(r'<link rel="alternate " hreflang="([^"]+)" href="([^"]+)">', page))
        assert head == links


def test_robots_txt_names_the_sitemap(built):
    assert f"Sitemap: {ROOT}sitemap.xml\n" in (built / "robots.txt").read_text(encoding="utf-8")


def test_page_for_unknown_addresses_offers_search_and_pages_in_both_languages(built):
    page = (built / "404.html").read_text(encoding="utf-8")
    for language in ("ja", "en"):
        part = re.search(rf'<section lang="{language}">(.*?)</section>', page, re.DOTALL)[1]
        assert f'<form action="/paper_notes/{language}/"' in part
        for address in re.findall(r'href="([^"]+)"', part):
            assert (built / address.removeprefix("/paper_notes/") / "index.html").is_file()
        own = (built / language / "404.html").read_text(encoding="utf-8")
        assert f'action="/paper_notes/{language}/' in own
        assert 'role="dialog" aria-label=' in own
    for path in built.glob("**/404.html"):
        assert '<meta name="robots" content="noindex">' in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("page", "source"), [("papers/simclr", "papers/simclr.md"), ("", "index.md")])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_edit_link_leads_to_the_page_s_file(built, language, page, source):
    html = (built / language / page / "index.html").read_text(encoding="utf-8")
    assert f'href="{REPOSITORY}/edit/main/docs/{language}/{source}"' in html


def test_whole_notebook_has_no_edit_link(built):
    assert "/edit/main/" not in (built / "en/demos/simclr/index.html").read_text(encoding="utf-8")


def test_each_page_tells_other_sites_its_title_and_description(built):
    page = (built / "en/papers/simclr/index.html").read_text(encoding="utf-8")
    for name in ("og:title", "og:description", "og:url", "og:site_name", "twitter:card"):
        assert len(re.findall(rf'<meta (?:property|name)="{name}" content="[^"]+">', page)) == 1, name


def test_tables_can_scroll_and_heads_have_words_without_a_script():
    html = finished(
        '<table><tr><th></th><th><math><mi>𝒯\ufe00</mi></math></th></tr></table><table class="x"></table>', "en"
    )
    assert html.count("md-typeset__scrollwrap") == 1
    assert re.search(r'<td></td><th><span class="visually-hidden"[^>]*>T</span><math aria-hidden="true">', html)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_runs_pinned_actions_with_no_more_rights_than_it_needs(path):
    text = path.read_text(encoding="utf-8")
    used = re.findall(r"uses: (\S+)( # v\d+\.\d+\.\d+)?", text)
    assert used
    for action, version in used:
        assert re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40}", action), action
        assert version, f"{action}: say which version it is"
    workflow = yaml.safe_load(text)
    rights = [workflow["permissions"], *(job.get("permissions", {}) for job in workflow["jobs"].values())]
    granted = {right for each in rights for right in each.items()}
    assert granted <= {("contents", "read"), ("pages", "write"), ("id-token", "write")}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_site_is_deployed_with_the_whole_history_and_the_strict_build():
    jobs = yaml.safe_load((sample.REPOSITORY / ".github/workflows/pages.yml").read_text(encoding="utf-8"))["jobs"]
    checkout, _, build, upload = jobs["build"]["steps"]
    assert checkout["with"]["fetch-depth"] == 0
    assert build["run"] == "make site"
    assert upload["with"]["path"] == "site"
    assert jobs["deploy"]["needs"] == "build"


def test_only_a_commit_whose_checks_have_passed_is_published_by_itself():
    text = (sample.REPOSITORY / ".github/workflows/pages.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)
    # YAML reads the word `on` as true.
    assert set(workflow[True]) == {"workflow_run", "workflow_dispatch"}
    checks = yaml.safe_load((sample.REPOSITORY / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    run = workflow[True]["workflow_run"]
    assert run == {"workflows": [checks["name"]], "types": ["completed"], "branches": ["main"]}
    build = workflow["jobs"]["build"]
    asked = " ".join(build["if"].split())
    assert "workflow_run.conclusion == 'success' && github.event.workflow_run.event == 'push'" in asked
    assert build["steps"][0]["with"]["ref"] == "${{ github.event.workflow_run.head_sha || github.sha }}"


def test_issue_forms_ask_in_both_languages_for_a_paper_and_for_a_mistake():
    forms = sorted((sample.REPOSITORY / ".github/ISSUE_TEMPLATE").glob("*.yml"))
    assert [path.stem for path in forms] == ["config", "mistake", "paper"]
    for path in forms[1:]:
        form = yaml.safe_load(path.read_text(encoding="utf-8"))
        fields = [field for field in form["body"] if field["type"] != "markdown"]
        identifiers = [field["id"] for field in fields]
        assert len(set(identifiers)) == len(identifiers)
        said = [form["name"], form["description"], *(field["attributes"]["label"] for field in fields)]
        said += [field["attributes"].get("description", "/") for field in fields]
        said += [
            option for field in fields if field["type"] == "dropdown" for option in field["attributes"]["options"]
        ]
        assert [text for text in said if "/" not in text and text != "BibTeX"] == []


def test_checks_of_the_forge_are_those_of_the_repository():
    jobs = yaml.safe_load((sample.REPOSITORY / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    assert jobs["checks"]["steps"][-1]["run"] == ".ci/run"
    assert (sample.REPOSITORY / ".ci/run").stat().st_mode & 0o111


def test_addresses_in_the_feed_and_sitemap_are_the_site_s(built):
    for path in (*built.glob("??/feed.xml"), built / "sitemap.xml"):
        addresses = re.findall(r'(?:href="|<loc>|<id>)([^"<]+)', path.read_text(encoding="utf-8"))
        assert addresses
        assert all(address.startswith(ROOT) and urlsplit(address).query == "" for address in addresses)


def test_first_column_names_the_rows_of_a_table_without_a_corner_and_of_no_other():
    head, body = (
        "<thead>\n<tr>\n<th>{}</th>\n<th>kNN</th>\n</tr>\n</thead>",
        "<tbody>\n<tr>\n<td>{}</td>\n<td>0.5</td>\n</tr>",
    )
    table = "<table>\n" + head + "\n" + body.format("with <code>h</code>") + "\n</tbody>\n</table>"
    found = finished(table.format(""), "en")
    assert found.count('<th scope="row">with <code>h</code></th>') == found.count('scope="row"') == 1
    assert "<td></td>\n<th>kNN</th>" in found
    assert 'scope="row"' not in finished(table.format("measure"), "en")
