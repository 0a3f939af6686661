r"""Normalises a publisher's entry so that every program of the field reads it, and writes it as BibTeX.

What the publisher wrote stays: key, type, order of fields, braces, formulas. Changed is what some program refuses:

- Letters outside ASCII become `{\'e}` where LaTeX has one accent or letter for them: BibTeX counts bytes, so that
  abbreviating É or Ł in a name or a label would cut the letter in two. Scripts without such a spelling stay UTF-8,
  and so do letters with two accents (ễ), whose nested spelling biber does not read.
- A bare & % # _ ^ is escaped in text and never in addresses, where biber and pandoc want it bare.
- Months are macros (biber refuses words and days), types are those that BibTeX's own styles know.
- Fields that a type does not have in biblatex's data model, such as the publisher of an article, are left out of the
  .bib file; RIS and CSL-JSON hold them.
"""

import re
import unicodedata
from dataclasses import dataclass

from paper_notes.bibtex import MONTHS, scan
from paper_notes.entry_rules import CLASSIC
from paper_notes.identifiers import URL_ARGUMENT, URL_NAME, VERBATIM, identifier
from paper_notes.latex import COMBINING, LETTERS
from paper_notes.page_numbers import with_dash
from paper_notes.people import PEOPLE, people
from paper_notes.tables import pairs, words

# biblatex's types and names, as BibTeX's styles know them.
KINDS = pairs("""
    conference inproceedings report techreport collection proceedings mvcollection proceedings
    mvproceedings proceedings reference book mvreference book mvbook book inreference incollection
    suppcollection incollection suppbook inbook bookinbook inbook suppperiodical article
""")
ALWAYS = words("author title year month note url doi eprint archiveprefix primaryclass subtitle language")
BOOK = words("editor publisher address volume number series edition pages isbn chapter eid translator")
FIELDS = {
    "article": words("journal volume number pages eid issn editor series translator"),
    "book": BOOK,
    "inbook": BOOK | {"booktitle"},
    "incollection": BOOK | {"booktitle"},
    "inproceedings": (BOOK | {"booktitle", "organization"}) - {"edition", "translator"},
    "proceedings": (BOOK | {"organization"}) - {"edition", "translator"},
    "manual": (BOOK | {"organization", "type"}) - {"volume", "translator"},
    "booklet": words("howpublished address pages type eid"),
    "phdthesis": words("school address pages type eid chapter"),
    "mastersthesis": words("school address pages type eid chapter"),
    "techreport": words("institution address number pages type eid"),
    "unpublished": words("howpublished address type"),
    "misc": words("editor howpublished address organization type version"),
}
# An accent and its letter, which may stand in braces and may be the dotless i or j.
BASE = r"(?:\{(\\[ij]|[^\W\d_])\}|\\([ij])(?:\{\}|\s|(?![A-Za-z]))|([^\W\d_]))"
ACCENT = rf"\\(?:([`'^\"~=.])\s*|([uvHcdbrkh])(?:\s+|(?=\{{))){BASE}"
LETTER = rf"\\({'|'.join(sorted(LETTERS, key=len, reverse=True))})"
SPELLED = re.compile(rf"\{{{ACCENT}\}}|{ACCENT}|\{{{LETTER}\s*\}}|{LETTER}(?:\{{\}}|\s+|(?![A-Za-z\s]))")
# Commands that pandoc leaves out.
DASH = re.compile(r"\{\\text(en|em)dash\s*\}|\\text(en|em)dash(?:\{\}|\s+|(?![A-Za-z\s]))")
TYPOGRAPHY = {"\u00a0": "~", **pairs(r"– -- — --- “ `` ” '' ‘ ` … {\ldots}")}
# The hook of Vietnamese is known to few of LaTeX's font encodings.
ACCENTS = {mark: name for name, mark in COMBINING.items() if name != "h"}
# Nor does pandoc know these: the letter itself is read everywhere.
UNKNOWN = words("dh DH th TH dj DJ ng NG")
SPELLINGS = {letter: f"{{\\{name}}}" for name, letter in LETTERS.items() if name not in UNKNOWN}
# A formula, a command with an address, an escaped or plain sign: what is escaped is the last of these alone.
PIECE = re.compile(
    rf"(\$[^$]*(?<!\\)\$|{URL_NAME}\{{{URL_ARGUMENT}\}}|\\[A-Za-z]+|\\.)|([&%#_^])",
    re.DOTALL,
)


@dataclass(frozen=True)
class Record:
    """A normalised entry; `kind` is the type that the publisher gave, in lower case; values are LaTeX."""

    kind: str
    shown_kind: str
    key: str
    fields: dict[str, str]

    def get(self, *names: str) -> str:
        """Give the first of several fields that has a value."""
        return next((value for name in names if (value := self.fields.get(name))), "")


def normalise(source: str) -> Record:
    r"""Read the one entry of a sound BibTeX source and normalise its values.

    >>> normalise("@misc{k, author = {Élise Doe}, title = {A & B}, month = {13--18 Jul}}").fields
    {'author': "{\\'E}lise Doe", 'title': 'A \\& B', 'month': '13--18 Jul'}
    """
    entry = scan(source, "").entries[0]
    written = re.search(r"@\s*([A-Za-z]+)", source)
    assert written is not None  # scan has found it
    fields: dict[str, str] = {}
    for each in entry.fields:
        name = CLASSIC.get(each.name, each.name)
        value = " ".join(each.value.split())
        if name == "date":
            fields.update(date_fields(value))
        elif name in VERBATIM:
            given = identifier(name, value)
            # BibTeX counts braces in every value.
            fields[name] = given.replace("{", "%7B").replace("}", "%7D") if name in ("url", "pdf") else given
        elif name == "month":
            fields[name] = value
        elif name == "pages":
            fields[name] = escape(with_dash(value, "--"))
        else:
            fields[name] = escape(people(value) if name in PEOPLE else value)
    if fields.get("volume", "").startswith("abs/"):
        # DBLP's way of naming a preprint; to biber a volume is a number.
        fields["journal"] = f"{fields.get('journal', 'CoRR')} {fields.pop('volume')}"
    named = {name: value for name, value in fields.items() if value}
    return Record(entry.kind, written[1], entry.key, named)


def as_bibtex(record: Record) -> str:
    r"""Write an entry as BibTeX.

    >>> print(as_bibtex(Record("misc", "Misc", "k", {"title": "T", "month": "13--18 July", "biburl": "x"})), end="")
    @Misc{k,
      title     = {T},
      month     = jul
    }
    """
    kind = KINDS.get(record.kind, record.kind)
    if kind == "thesis":
        kind = "mastersthesis" if re.search("mast|mathesis", record.get("type"), re.IGNORECASE) else "phdthesis"
    kind = kind if kind in FIELDS else "misc"
    allowed = ALWAYS | FIELDS[kind]
    thesis = kind in ("phdthesis", "mastersthesis") and not record.get("school")
    renamed = {"institution": "school"} if thesis else {}
    if kind == "proceedings":
        # They have editors, whom some databases call authors.
        renamed, allowed = ({}, allowed - {"author"}) if record.get("editor") else ({"author": "editor"}, allowed)
    lines = []
    for given, value in record.fields.items():
        name = renamed.get(given, given)
        if name == "month":
            if macro := month_macro(value):
                lines.append(f"  {name:<9} = {macro}")
        elif name in allowed:
            lines.append(f"  {name:<9} = {{{value}}}")
    shown = record.shown_kind if kind == record.kind else kind
    return f"@{shown}{{{record.key},\n" + ",\n".join(lines) + "\n}\n"


def month_macro(value: str) -> str:
    """Give the macro of the first month that a value names, as word or number; nothing when it names none."""
    if value.strip().isdecimal() and 1 <= int(value) <= len(MONTHS):
        return list(MONTHS)[int(value) - 1]
    found = re.search("|".join(MONTHS), value.lower())
    return found[0] if found else ""


def date_fields(date: str) -> dict[str, str]:
    """Split biblatex's date into what BibTeX knows.

    >>> date_fields("2020-07-13"), date_fields("2020-06-03/2020-06-05")
    ({'year': '2020', 'month': '13 July'}, {'year': '2020', 'month': '3--5 June'})
    """
    found = re.match(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:/\1-([0-9]{2})-([0-9]{2}))?", date)
    if found is None:
        return {}
    year, month, day, last_month, last_day = found.groups()
    if not month or not 1 <= int(month) <= len(MONTHS):
        return {"year": year}
    days = str(int(day)) if day else ""
    if days and last_month == month and last_day != day:
        days += f"--{int(last_day)}"
    return {"year": year, "month": f"{days} {list(MONTHS.values())[int(month) - 1]}".strip()}


def escape(latex: str) -> str:
    r"""Write the letters outside ASCII and the special signs of a LaTeX value so that every program reads them.

    >>> escape("Caf\\'e & “Łódź” $a_1 & b$ 10%"), escape("山田, 太郎")
    ("Caf{\\'e} \\& ``{\\L}{\\'o}d{\\'z}'' $a_1 & b$ 10\\%", '山田, 太郎')
    """
    if latex.replace(r"\$", "").count("$") % 2:
        latex = re.sub(r"(?<!\\)\$", r"\\$", latex)
    parts = re.split(r"((?<!\\)\$[^$]*(?<!\\)\$)", latex)
    letters = "".join(part if part.startswith("$") else _letters(part) for part in parts)
    return PIECE.sub(lambda found: found[1] or {"^": r"{\textasciicircum}"}.get(found[2], f"\\{found[2]}"), letters)


def _letters(text: str) -> str:
    text = DASH.sub(lambda found: {"en": "--", "em": "---"}[found[1] or found[2]], text)
    # The second time finds the outer one of two accents on a letter.
    plain = SPELLED.sub(_letter, SPELLED.sub(_letter, unicodedata.normalize("NFC", text)))
    return "".join(letter if letter.isascii() else _spelled(letter) for letter in plain)


def _letter(found: re.Match[str]) -> str:
    """Give the letter that LaTeX spells, or the spelling itself where Unicode has no such letter."""
    groups = found.groups()
    name = groups[10] or groups[11]
    if name:
        # Dotless letters stand alone only as bases of accents.
        return found[0] if name in "ij" else LETTERS[name]
    sign, letter, *bases = groups[:5] if groups[0] or groups[1] else groups[5:10]
    base = next(base for base in bases if base).lstrip("\\")
    joined = unicodedata.normalize("NFC", base + COMBINING[sign or letter])
    return joined if len(joined) == 1 else found[0]


def _spelled(letter: str) -> str:
    if known := TYPOGRAPHY.get(letter) or SPELLINGS.get(letter):
        return known
    parts = unicodedata.normalize("NFD", letter)
    base, accent = parts[0], ACCENTS.get(parts[1:])
    if accent is None or not base.isascii():
        return letter
    return f"{{\\{accent}{{{base}}}}}" if accent.isalpha() else f"{{\\{accent}{base}}}"
