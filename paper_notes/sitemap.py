"""What search engines are told: sitemap.xml with every page in both languages, and robots.txt that names it.

Pages that are no content stand in neither: 404.html and the entrance, which only sends readers on.
"""

from collections.abc import Mapping
from datetime import datetime
from xml.etree import ElementTree

from paper_notes.words import LANGUAGES, Language

SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
XHTML = "http://www.w3.org/1999/xhtml"
Pages = Mapping[Language, Mapping[str, datetime | None]]


def default_address(root_url: str, page: str) -> str:
    """Give the address for readers of other languages: the English page; for the first page the entrance.

    >>> default_address("https://example.org/", ""), default_address("https://example.org/", "about/")
    ('https://example.org/', 'https://example.org/en/about/')
    """
    return f"{root_url}en/{page}" if page else root_url


def sitemap(root_url: str, pages: Pages) -> str:
    """Give the sitemap. `pages` holds when each language's pages changed last, by their address in the language."""
    root = ElementTree.Element("urlset", {"xmlns": SITEMAP, "xmlns:xhtml": XHTML})
    for language in LANGUAGES:
        for page, changed in sorted(pages[language].items()):
            element = ElementTree.SubElement(root, "url")
            ElementTree.SubElement(element, "loc").text = f"{root_url}{language}/{page}"
            if changed is not None:
                ElementTree.SubElement(element, "lastmod").text = changed.date().isoformat()
            if not all(page in pages[other] for other in LANGUAGES):
                continue
            links = [(str(other), f"{root_url}{other}/{page}") for other in LANGUAGES]
            for name, address in (*links, ("x-default", default_address(root_url, page))):
                ElementTree.SubElement(element, "xhtml:link", {"rel": "alternate", "hreflang": name, "href": address})
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def robots(root_url: str) -> str:
    """Give robots.txt, which search engines read when the site stands at the root of its host.

    >>> print(robots("https://example.org/"), end="")
    User-agent: *
    Allow: /
    Sitemap: https://example.org/sitemap.xml
    """
    return f"User-agent: *\nAllow: /\nSitemap: {root_url}sitemap.xml\n"
