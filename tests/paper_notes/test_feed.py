"""The feeds: what Atom (RFC 4287) demands, hostile titles, and dates that are right."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from paper_notes.feed import LENGTH, atom_feed
from paper_notes.papers import load_papers
from paper_notes.site import build_site
from tests.paper_notes import sample

ATOM = "{http://www.w3.org/2005/Atom}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ADDRESS = "https://example.org/notes/en/"
# The elements that RFC 4287 (4.1.1, 4.1.2) allows and that we use, with the least and the most of each.
FEED = {"title": (1, 1), "subtitle": (0, 1), "id": (1, 1), "updated": (1, 1), "author": (1, 9), "link": (1, 9)}
ENTRY = {"title": (1, 1), "id": (1, 1), "updated": (1, 1), "published": (0, 1), "summary": (0, 1), "link": (1, 9)}


@pytest.fixture(scope="module")
def papers(tmp_path_factory):
    root = sample.write_repository(tmp_path_factory.mktemp("papers"))
    return load_papers(root, {"deep-metric-learning": {}})


def feed_of(papers, changes=None, language="en"):
    return ElementTree.fromstring(atom_feed(papers, changes or {}, language, ADDRESS, "Notes & <b>", "On papers"))


def check_element(element, allowed):
    """Check the children of a feed or an entry as the RFC counts them."""
    names = [child.tag.removeprefix(ATOM) for child in element]
    for name, (least, most) in allowed.items():
        assert least <= names.count(name) <= most, name
    for child in element:
        name = child.tag.removeprefix(ATOM)
        if name == "id" or child.tag == f"{ATOM}link":
            address = urlsplit(child.get("href") or child.text)
            assert address.scheme in ("http", "https")
            assert address.netloc
        if name in ("updated", "published"):
            assert TIME.fullmatch(child.text), child.text


def check_feed(feed, language):
    assert feed.tag == f"{ATOM}feed"
    assert feed.get(LANG) == language
    assert {child.tag.removeprefix(ATOM) for child in feed} <= {*FEED, "entry"}
    check_element(feed, FEED)
    assert sorted(link.get("rel") for link in feed.findall(f"{ATOM}link")) == ["alternate", "self"]
    assert feed.find(f"{ATOM}author/{ATOM}name").text
    entries = feed.findall(f"{ATOM}entry")
    identifiers = [entry.find(f"{ATOM}id").text for entry in entries]
    assert len(set(identifiers)) == len(identifiers)
    for entry in entries:
        assert {child.tag.removeprefix(ATOM) for child in entry} <= {*ENTRY, "category"}
        check_element(entry, ENTRY)
        assert all(category.get("term") for category in entry.findall(f"{ATOM}category"))
        assert entry.find(f"{ATOM}updated").text >= entry.find(f"{ATOM}published").text
    return entries


@pytest.mark.parametrize("language", ["ja", "en"])
def test_built_feed_is_valid_atom_and_its_pages_exist(built, language):
    text = (built / language / "feed.xml").read_text(encoding="utf-8")
    entries = check_feed(ElementTree.fromstring(text), language)
    assert len(entries) == 2
    for entry in entries:
        path = urlsplit(entry.find(f"{ATOM}link").get("href")).path.removeprefix("/paper_notes/")
        assert (built / path / "index.html").is_file()
    page = (built / language / "papers/simclr/index.html").read_text(encoding="utf-8")
    assert re.search(r'<link rel="alternate " type="application/atom\+xml" [^>]*href="\.\./\.\./feed\.xml"', page)
    assert '<a href="../../feed.xml"' in page


def test_hostile_and_unprintable_titles_stay_text(papers):
    hostile = replace(papers[0], name='</title><script>alert("1")</script>\x0b\x00 & ]]>', keywords=("<a>", "b\x01"))
    (entry,) = check_feed(feed_of([hostile]), "en")
    assert entry.find(f"{ATOM}title").text.startswith('</title><script>alert("1")</script> & ]]>')
    assert [category.get("term") for category in entry.findall(f"{ATOM}category")] == ["<a>", "b"]


def test_a_changed_note_comes_first_and_keeps_its_first_date(papers):
    changes = {"other": datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)}
    entries = check_feed(feed_of(papers, changes), "en")
    assert [entry.find(f"{ATOM}id").text.split("/")[-2] for entry in entries] == ["other", "simclr"]
    assert entries[0].find(f"{ATOM}updated").text == "2027-01-02T03:04:05Z"
    assert entries[0].find(f"{ATOM}published").text == "2026-11-23T00:00:00Z"
    assert entries[1].find(f"{ATOM}updated").text == "2026-11-23T00:00:00Z"


def test_a_feed_holds_the_newest_notes_only(papers):
    many = [
        replace(papers[0], date=f"20{number:02d}-01-01", entry=replace(papers[0].entry, slug=f"p{number}"))
        for number in range(10, 90)
    ]
    entries = check_feed(feed_of(many), "en")
    assert len(entries) == LENGTH
    assert entries[0].find(f"{ATOM}published").text == "2089-01-01T00:00:00Z"


def test_feed_without_notes_is_valid():
    assert check_feed(feed_of([]), "en") == []


def test_feed_of_a_checkout_has_git_s_dates(repository):
    from tests.paper_notes.test_changes import commit

    commit(repository, "2027-02-03T04:05:06+09:00")
    build_site(repository, repository / "site")
    feed = ElementTree.parse(repository / "site/ja/feed.xml").getroot()
    assert feed.find(f"{ATOM}updated").text == "2027-02-02T19:05:06Z"
