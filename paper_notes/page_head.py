"""What machines read of a paper's page: JSON-LD, links to the citations as files, and COinS.

The page is a note about an article. JSON-LD says so (a LearningResource about a ScholarlyArticle), and COinS gives
Zotero the article's own metadata. Highwire's citation_* tags are left out: they would claim that this page is the
article, for Google Scholar the place of its full text.
"""

import json
from html import escape
from typing import Any
from urllib.parse import urlencode

from paper_notes.csl import Item
from paper_notes.page_numbers import ends
from paper_notes.papers import Paper
from paper_notes.people import OTHERS, Name, family_name
from paper_notes.ris import name_text
from paper_notes.words import Language

FILE_TYPES = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "json": "application/vnd.citationstyles.csl+json",
}
PART_OF = {"article-journal": "Periodical", "paper-conference": "Book", "chapter": "Book"}
# OpenURL's forms of description, and the genre that each kind of work has in its form.
BOOK_GENRES = {"paper-conference": "proceeding", "chapter": "bookitem", "book": "book", "report": "report"}
JOURNAL_GENRES = {"article-journal": "article", "article": "preprint"}


def paper_head(
    paper: Paper, item: Item, language: Language, address: str, site_root: str, repository: str, changed: str
) -> str:
    """Give the HTML for a paper's page head.

    `address` is the page's full address; `site_root` the relative one of the folder that holds bib/, with a slash.
    `changed` is the date of the page's last change.
    """
    # As in main.html, the space keeps the theme from asking for a sitemap at each of these addresses.
    links = "".join(
        f'<link rel="alternate " type="{kind}" title="{escape(paper.name)} ({suffix})"'
        f' href="{site_root}bib/{paper.slug}.{suffix}">\n'
        for suffix, kind in FILE_TYPES.items()
    )
    data = json.dumps(page_data(paper, item, language, address, repository, changed), ensure_ascii=False)
    # Inside a script no text may look like a tag, above all not like the script's end.
    for sign in "<>&\u2028\u2029":
        data = data.replace(sign, f"\\u{ord(sign):04x}")
    return f'{links}<script type="application/ld+json">{data}</script>'


def page_data(
    paper: Paper, item: Item, language: Language, address: str, repository: str, changed: str
) -> dict[str, Any]:
    """Describe the page and the article that it is about, in the words of schema.org."""
    article = article_data(item, paper.links.get("paper", ""))
    return {
        "@context": "https://schema.org",
        "@type": "LearningResource",
        "name": paper.name,
        "headline": f"{paper.name}: {item['title']}",
        "description": paper.description[language],
        "url": address,
        "inLanguage": language,
        "dateModified": changed,
        "isAccessibleForFree": True,
        "license": f"{repository}/blob/main/LICENSE",
        "keywords": list(paper.keywords),
        "about": article,
        # A paper under study may have no address yet.
        **({"isBasedOn": article["sameAs"][0]} if article["sameAs"] else {}),
    }


def article_data(item: Item, link: str) -> dict[str, Any]:
    """Describe an article; `link` is the address of the reading list's front matter, if any."""
    authors = item.get("author", [])
    doi = f"https://doi.org/{item['DOI']}" if "DOI" in item else ""
    data: dict[str, Any] = {
        "@type": "ScholarlyArticle",
        "name": item["title"],
        "author": [_agent(name) for name in authors if name.get("literal") != OTHERS],
        "sameAs": list(dict.fromkeys(address for address in (doi, item.get("URL", ""), link) if address)),
    }
    if "issued" in item:
        year, *rest = item["issued"]["date-parts"][0]
        data["datePublished"] = "-".join((str(year), *(f"{part:02d}" for part in rest)))
    if "container-title" in item:
        data["isPartOf"] = {"@type": PART_OF.get(item["type"], "CreativeWork"), "name": item["container-title"]}
    if "publisher" in item:
        data["publisher"] = {"@type": "Organization", "name": item["publisher"]}
    if "page" in item:
        data["pagination"] = item["page"]
    if "DOI" in item:
        data["identifier"] = {"@type": "PropertyValue", "propertyID": "doi", "value": item["DOI"]}
    return data


def _agent(name: Name) -> dict[str, str]:
    if "literal" in name:
        return {"@type": "Organization", "name": name["literal"]}
    family = family_name(name)
    agent = {"@type": "Person", "name": " ".join((name.get("given", ""), family, name.get("suffix", ""))).strip()}
    return {**agent, "familyName": family, **({"givenName": name["given"]} if "given" in name else {})}


def coins(item: Item) -> str:
    """Give the empty element (COinS, an OpenURL in a title) from which Zotero imports an article.

    >>> print(coins({"id": "k", "type": "book", "title": "A & B"}).split("&amp;")[-2:])
    ['rft.genre=book', 'rft.btitle=A+%26+B"></span>']
    """
    kind = item["type"]
    journal = kind in JOURNAL_GENRES
    container = item.get("container-title", "")
    form = "journal" if journal else "dissertation" if kind == "thesis" else "book"
    first_page, last_page = ends(item.get("page", ""))
    values = [("ctx_ver", "Z39.88-2004"), ("rft_val_fmt", f"info:ofi/fmt:kev:mtx:{form}")]
    if form == "dissertation":
        values += [("rft.title", item["title"]), ("rft.inst", item.get("publisher", ""))]
    elif journal:
        values += [("rft.genre", JOURNAL_GENRES[kind]), ("rft.atitle", item["title"]), ("rft.jtitle", container)]
    else:
        genre = BOOK_GENRES.get(kind, "document")
        values += [("rft.genre", genre), ("rft.atitle", item["title"] if container else "")]
        values += [("rft.btitle", container or item["title"]), ("rft.series", item.get("collection-title", ""))]
    first = next((name for name in item.get("author", []) if "family" in name), None)
    if first is not None:
        particle = first.get("non-dropping-particle", "")
        values += [("rft.aulast", f"{particle} {first['family']}".strip()), ("rft.aufirst", first.get("given", ""))]
    people = [name for name in item.get("author", []) if name is not first and name.get("literal") != OTHERS]
    values += [("rft.au", name_text(name)) for name in people]
    if "issued" in item:
        year, *rest = item["issued"]["date-parts"][0]
        values.append(("rft.date", "-".join((str(year), *(f"{part:02d}" for part in rest)))))
    values += [("rft.volume", item.get("volume", "")), ("rft.issue", item.get("issue", ""))]
    values += [
        ("rft.pages", item.get("page", "")),
        ("rft.spage", first_page),
        ("rft.epage", last_page),
    ]
    if form == "book":
        values += [("rft.pub", item.get("publisher", "")), ("rft.place", item.get("publisher-place", ""))]
    values += [("rft.isbn", item.get("ISBN", "")), ("rft.issn", item.get("ISSN", ""))]
    values += [("rft_id", f"info:doi/{item['DOI']}" if "DOI" in item else ""), ("rft_id", item.get("URL", ""))]
    described = urlencode([(name, value) for name, value in values if value])
    return f'<span class="Z3988" title="{escape(described)}"></span>'
