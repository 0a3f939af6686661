"""Makes the entry of bib/<slug>.bib out of one copied from a publisher, arXiv or DBLP: same facts, one layout.

Values stay as the publisher spells them, accents included (the export decides what old BibTeX can read); what
services note for themselves goes, and so do braces around a whole title, empty fields and copied abstracts.
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote

from paper_notes.add_values import clean, keywords_of
from paper_notes.bib_export import date_fields
from paper_notes.bibtex import RawEntry, RawField
from paper_notes.entry_rules import CLASSIC, JUNK_FIELDS, KNOWN_FIELDS, SPELLING, near_field
from paper_notes.identifiers import arxiv_number, is_web_link
from paper_notes.latex import to_text
from paper_notes.people import family_name, names, people
from paper_notes.tables import pairs

DROPPED = JUNK_FIELDS | {"abstract", "keywords", "day", "language", "langid"}
ORDER = (
    *("title", "author", "booktitle", "journal", "chapter", "pages", "eid", "year", "editor", "volume", "number"),
    *("series", "month", "edition", "venue", "address", "publisher", "organization", "school", "institution"),
    *("type", "howpublished", "eprint", "archiveprefix", "primaryclass", "isbn", "issn", "doi", "pdf", "url", "note"),
)
# Publishers' own names for fields that exist.
RENAMED = {
    **CLASSIC,
    **pairs("""
        articleno eid article-number eid articlenumber eid art_number eid eissn issn arxivid eprint
        abstractnote abstract
    """),
}


@dataclass(frozen=True)
class NewEntry:
    """A normalised entry: its text, what the paper's page takes from it, and what its author should know."""

    key: str
    fields: dict[str, str]
    lines: dict[str, int]
    source: str
    keywords: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def doi(self) -> str:
        """Give its DOI in lower case, empty where there is none."""
        return self.fields.get("doi", "").lower()

    @property
    def arxiv(self) -> str:
        """Give its arXiv identifier without version, empty where there is none."""
        return arxiv_id(self.fields)

    @property
    def title(self) -> str:
        """Give the title as plain text."""
        return to_text(self.fields.get("title", ""))

    @property
    def families(self) -> list[str]:
        """Give the authors' family names as plain text."""
        return [family_name(name) for name in names(people(self.fields.get("author", "")))]

    @property
    def links(self) -> dict[str, str]:
        """Give the addresses that the entry itself holds: of the paper, and of the page with its BibTeX."""
        arxiv, doi, url, pdf = self.arxiv, self.doi, self.fields.get("url", ""), self.fields.get("pdf", "")
        found = [
            secure(each)
            for each in (pdf, url, f"https://doi.org/{quote(self.fields['doi'], safe='/:;()')}" if doi else "")
            if is_web_link(each)
        ]
        if arxiv and (not found or all("arxiv" in each.lower() for each in found)):
            return {"paper": f"https://arxiv.org/abs/{arxiv}", "bibtex": f"https://arxiv.org/bibtex/{arxiv}"}
        if not found:
            return {}
        page = next((each for each in found if not each.endswith(".pdf")), found[0])
        return {"paper": found[0], "bibtex": page}


def secure(address: str) -> str:
    """Give an address with https; publishers serve both.

    >>> secure("http://proceedings.mlr.press/v119/chen20j.html")
    'https://proceedings.mlr.press/v119/chen20j.html'
    """
    return re.sub(r"^http:", "https:", address)


def arxiv_id(fields: dict[str, str]) -> str:
    """Find the arXiv identifier in an entry's fields, as arXiv, DBLP, Google Scholar and DataCite write it.

    >>> arxiv_id({"journal": "arXiv preprint arXiv:2002.05709"}), arxiv_id({"eprint": "2002.05709v3"})
    ('2002.05709', '2002.05709')
    """
    places = ("eprint", "journal", "volume", "doi", "url", "howpublished", "note")
    number = next((found for name in places if (found := arxiv_number(fields.get(name, "")))), "")
    return re.sub(r"v\d+$", "", number)


def normalise(raw: RawEntry) -> NewEntry:
    """Give the entry in the layout of bib/; `lines` keeps where each field stood in the input.

    >>> from paper_notes.bibtex import scan
    >>> text = "@article{k, year=2020, title={{A Title}}, author={Ting Chen}, journal={J}, pages={1-9}, adsurl={u}}"
    >>> entry = normalise(scan(text, "x.bib").entries[0])
    >>> print(entry.source, *entry.notes, sep="")
    @Article{k,
      title     = {A Title},
      author    = {Chen, Ting},
      journal   = {J},
      pages     = {1--9},
      year      = {2020}
    }
    left out: adsurl
    """
    fields: dict[str, str] = {}
    lines: dict[str, int] = {}
    left: list[str] = []
    keywords: tuple[str, ...] = ()
    present = {each.name for each in raw.fields if each.value.strip()}
    for each in raw.fields:
        if each.name == "keywords":
            keywords = keywords_of(each.value)
        name = _name(each, present)
        given = _values(name, each.value) if name and each.value.strip() else {}
        made_up = name not in KNOWN_FIELDS and not near_field(name, present)
        if given and (made_up or not any(given.values())):
            left.append(each.name)
            continue
        for part, value in given.items():
            # The second of two equal names is left to the rules, which report it in the input.
            if value and part not in fields and not (part != name and part in present):
                fields[part], lines[part] = value, each.line
    if fields.get("doi") and fields.get("url", "").lower().endswith(f"doi.org/{fields['doi'].lower()}"):
        del fields["url"]
    rank = {name: place for place, name in enumerate(ORDER)}
    ordered = dict(sorted(fields.items(), key=lambda item: rank.get(item[0], len(rank))))
    width = max([9, *(len(name) for name in ordered)])
    body = ",\n".join(f"  {name:<{width}} = {{{value}}}" for name, value in ordered.items())
    key = re.sub(r"\s+", "", raw.key)
    kind = raw.kind
    notes = [f"left out: {', '.join(left)}"] if left else []
    if key != raw.key:
        notes.append(f"the key, which held a space, is written {key}")
    if kind == "article" and "booktitle" in fields and "journal" not in fields:
        kind = "inproceedings"  # Crossref
        notes.append("an article in a book: written as @InProceedings")
    source = f"@{SPELLING.get(kind, kind)}{{{key},\n{body}\n}}\n"
    return NewEntry(key, ordered, lines, source, keywords, tuple(notes))


def _name(field: RawField, present: set[str]) -> str:
    """Give the name under which a field is kept, empty for one that goes."""
    if field.name == "location" and "address" in present:
        return "venue"  # ACM: where the conference was, beside its publisher's address
    renamed = RENAMED.get(field.name, field.name)
    return "" if renamed in DROPPED or (renamed != field.name and renamed in present) else renamed


def _values(name: str, value: str) -> dict[str, str]:
    """Clean the value of a field; a date, which may stand as year, gives a month as well."""
    if name in ("date", "year"):
        value = unicodedata.normalize("NFKC", value.strip())
        return date_fields(value) if re.match(r"[0-9]{4}-", value) else {"year": clean("year", value)}
    return {name: clean(name, value)}
