"""Makes the entry of bib/<slug>.bib out of one copied from a publisher, arXiv or DBLP: same facts, one layout.

Values stay as the publisher spells them, accents included (the export decides what old BibTeX can read); what
services note for themselves goes, and so do braces around a whole title, empty fields and copied abstracts.
"""

import re
from dataclasses import dataclass

from pybtex.bibtex.utils import split_name_list
from pybtex.database import InvalidNameString, Person

from paper_notes.bibliography import EAST_ASIAN, decode, is_web_link
from paper_notes.bibtex import MONTHS, RawEntry, RawField
from paper_notes.entry_rules import CLASSIC, JUNK_FIELDS, SPELLING

DROPPED = JUNK_FIELDS | {"abstract", "keywords", "day", "language", "langid"}
ORDER = (
    *("title", "author", "booktitle", "journal", "chapter", "pages", "eid", "year", "editor", "volume", "number"),
    *("series", "month", "edition", "venue", "address", "publisher", "organization", "school", "institution"),
    *("type", "howpublished", "eprint", "archiveprefix", "primaryclass", "isbn", "issn", "doi", "pdf", "url", "note"),
)
# Addresses and identifiers: no LaTeX belongs there, whatever a publisher escapes.
IDENTIFIERS = ("doi", "url", "pdf", "eprint")
RENAMED = {"articleno": "eid", "eprinttype": "archiveprefix", "eprintclass": "primaryclass", **CLASSIC}
ARXIV = re.compile(r"(?:arxiv(?:\.org/(?:abs|pdf)/|:\s*)|10\.48550/arxiv\.|abs/)(\d{4}\.\d{4,5}|[a-z-]+/\d{7})", re.I)
ARXIV_ID = re.compile(r"(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
KEYWORDS_KEPT = 6


@dataclass(frozen=True)
class NewEntry:
    """A normalised entry: its text, and what the paper's page takes from it."""

    key: str
    fields: dict[str, str]
    lines: dict[str, int]
    source: str
    keywords: tuple[str, ...]

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
        return decode(self.fields.get("title", ""))

    @property
    def families(self) -> list[str]:
        """Give the authors' family names as plain text."""
        return [decode(name.split(",")[0]) for name in split_name_list(self.fields.get("author", ""))]

    @property
    def links(self) -> dict[str, str]:
        """Give the addresses that the entry itself holds: of the paper, and of the page with its BibTeX."""
        arxiv, doi, url, pdf = self.arxiv, self.doi, self.fields.get("url", ""), self.fields.get("pdf", "")
        found = [
            secure(each)
            for each in (pdf, url, f"https://doi.org/{self.fields['doi']}" if doi else "")
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
    if found := ARXIV_ID.fullmatch(fields.get("eprint", "")):
        return found[1]
    for name in ("journal", "volume", "doi", "url", "howpublished", "note"):
        if found := ARXIV.search(fields.get(name, "")):
            return found[1]
    return ""


def normalise(raw: RawEntry) -> NewEntry:
    """Give the entry in the layout of bib/; `lines` keeps where each field stood in the input.

    >>> from paper_notes.bibtex import scan
    >>> text = "@article{k, year=2020, title={{A Title}}, author={Ting Chen}, journal={J}, pages={1-9}}"
    >>> print(normalise(scan(text, "x.bib").entries[0]).source, end="")
    @Article{k,
      title     = {A Title},
      author    = {Chen, Ting},
      journal   = {J},
      pages     = {1--9},
      year      = {2020}
    }
    """
    fields: dict[str, str] = {}
    lines: dict[str, int] = {}
    keywords: tuple[str, ...] = ()
    present = {each.name for each in raw.fields if each.value.strip()}
    for each in raw.fields:
        if each.name == "keywords":
            keywords = keywords_of(each.value)
        name = _name(each, present)
        value = _value(name, each.value)
        # The second of two equal names is left to the rules, which report it in the input.
        if name and value and name not in fields:
            fields[name], lines[name] = value, each.line
    if fields.get("doi") and fields.get("url", "").lower().endswith(f"doi.org/{fields['doi'].lower()}"):
        del fields["url"]
    rank = {name: place for place, name in enumerate(ORDER)}
    ordered = dict(sorted(fields.items(), key=lambda item: rank.get(item[0], len(rank))))
    width = max([9, *(len(name) for name in ordered)])
    body = ",\n".join(f"  {name:<{width}} = {{{value}}}" for name, value in ordered.items())
    source = f"@{SPELLING.get(raw.kind, raw.kind)}{{{raw.key},\n{body}\n}}\n"
    return NewEntry(raw.key, ordered, lines, source, keywords)


def keywords_of(value: str) -> tuple[str, ...]:
    """Give the first keywords of a publisher's list.

    >>> keywords_of("Training;Metric learning; ;Training")
    ('Training', 'Metric learning')
    """
    words = [decode(each) for each in re.split(r"[;,]", value)]
    return tuple(dict.fromkeys(word for word in words if word))[:KEYWORDS_KEPT]


def _name(field: RawField, present: set[str]) -> str:
    """Give the name under which a field is kept, empty for one that goes."""
    if field.name in DROPPED:
        return ""
    if field.name == "location" and "address" in present:
        return "venue"  # ACM: where the conference was, beside its publisher's address
    renamed = RENAMED.get(field.name, field.name)
    return "" if renamed != field.name and renamed in present else renamed


def _value(name: str, value: str) -> str:
    value = " ".join(value.split()).replace("{-}", "-")  # DBLP's hyphen
    if name in IDENTIFIERS:
        value = re.sub(r"\\([_%&#~$])(?:\{\})?", r"\1", value)
        if name == "doi":
            value = re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)", "", value, flags=re.IGNORECASE)
        return value
    if name in ("author", "editor"):
        return " and ".join(_person(each) for each in split_name_list(value))
    if name in ("title", "booktitle", "journal", "series", "publisher"):
        value = _unwrapped(value)
    if name == "year":
        value = re.sub(r"^(\d{4})-\d\d(?:-\d\d)?$", r"\1", value)
    if name == "month":
        number = int(value) if re.fullmatch(r"0?[1-9]|1[0-2]", value) else 0
        value = list(MONTHS.values())[number - 1] if number else MONTHS.get(value.rstrip(".").lower(), value)
    if name == "pages" and "--" not in value:
        value = re.sub(r"(?<=\w)\s*[-–—]\s*(?=\w)", "--", value)
    # Signs with a meaning in LaTeX, which web forms forget to escape.
    value = re.sub(r"&(?:amp;)+", "&", value)
    return re.sub(r"(?<!\\)([&%#])", r"\\\1", value)


def _unwrapped(value: str) -> str:
    """Take away braces around the whole value: they keep a style from setting the title in its own way."""
    while value.startswith("{") and value.endswith("}"):
        depth = 0
        for place, letter in enumerate(value):
            depth += (letter == "{") - (letter == "}")
            if depth == 0 and place < len(value) - 1:
                return value
        value = value[1:-1].strip()
    return value


def _person(name: str) -> str:
    """Give a name as Family, Given; one that is a single piece, or in an East Asian script, stays as it is."""
    name = re.sub(r"\s+\d{4}$", "", name)  # DBLP's number for people of one name
    whole = name.startswith("{") and _unwrapped(name) != name
    if whole or name == "others" or "," in name or EAST_ASIAN.search(name):
        return name
    try:
        person = Person(name)
    except InvalidNameString:
        return name
    given = " ".join([*person.first_names, *person.middle_names])
    family = " ".join([*person.prelast_names, *person.last_names])
    # IEEE Xplore wrote {Chen}: braces around a plain word protect nothing.
    family = re.sub(r"^\{([A-Za-z-]+)\}$", r"\1", family) if given else family
    return f"{family}, {given}" if given else family
