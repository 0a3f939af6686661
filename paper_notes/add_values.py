r"""Cleans the values of an entry that `paper-notes add` was given: what web forms and databases put into them.

HTML in titles, LaTeX of LaTeX (SpringerLink), full-width digits and commas, months as words or dates. Letters, braces
and accents stay as the publisher wrote them.
"""

import re
import unicodedata
from html import unescape

from pybtex.bibtex.utils import split_name_list
from pybtex.database import InvalidNameString, Person

from paper_notes.bib_export import date_fields
from paper_notes.bibtex import MONTHS
from paper_notes.identifiers import (
    URL_ARGUMENT,
    URL_NAME,
    VERBATIM,
    arxiv_number,
    identifier,
    is_arxiv_number,
    is_web_link,
)
from paper_notes.latex import text_or_fault
from paper_notes.page_numbers import with_dash
from paper_notes.people import EAST_ASIAN, OTHERS, PEOPLE
from paper_notes.tables import words

KEYWORDS_KEPT = 6
ENTITY = re.compile(r"(?:\{\\&\}|\\?&)(#[0-9]+|#x[0-9a-f]+|[a-z][a-z0-9]*);", re.IGNORECASE)
# A sign with a meaning in LaTeX that is not escaped yet, outside addresses.
BARE_SIGN = re.compile(rf"({URL_NAME}\{{{URL_ARGUMENT}\}})|(?<!\\)([&%#])")
# SpringerLink escapes formulas as if they were text.
SPRINGER_FORMULA = re.compile(r"(?:\{\\\$\}){1,2}((?:(?!\{\\\$\}).)*?\{\\backslash\}.*?)(?:\{\\\$\}){1,2}")
SPRINGER_SIGN = re.compile(r"\{\\(?:([{}_&%#])|(\^)\{\})\}")
NUMBERS = words("year month volume number pages")


def clean(name: str, value: str) -> str:
    r"""Clean the value of a field.

    >>> clean("title", "{A <i>Felis</i> in CO<sub>2</sub> &lt;x&gt; &#8211; 5&#x0025;}")
    'A \\emph{Felis} in CO$_{2}$ <x> – 5\\%'
    >>> clean("author", "Ting Chen and 山田，太郎"), clean("month", "7月"), clean("pages", "1-9")
    ('Chen, Ting and 山田, 太郎', 'July', '1--9')
    """
    value = " ".join(without_entities(value).split()).replace("{-}", "-")  # DBLP's hyphen
    if name in NUMBERS:
        value = unicodedata.normalize("NFKC", value)
    if name not in PEOPLE:
        value = unwrapped(value)
    if name in VERBATIM:
        return eprint(value) if name == "eprint" else identifier(name, value)
    if name in PEOPLE:
        value = re.sub(r"\s*，\s*", ", ", value)
        return " and ".join(person(each) for each in split_name_list(value))
    if name in ("title", "booktitle", "journal", "series", "publisher"):
        value = without_springer_escapes(without_tags(value))
    if name == "month":
        value = month(value)
    if name == "pages":
        value = with_dash(value, "--")
    return BARE_SIGN.sub(lambda found: found[1] or f"\\{found[2]}", value)


def without_entities(value: str) -> str:
    """Replace HTML's names of letters, escaped once more or not.

    >>> without_entities("&eacute;&amp;amp; &#8211; R&D, AT&T; {\\\\&}amp;")
    'é& – R&D, AT&T; &'
    """
    for _ in range(2):
        value = ENTITY.sub(lambda found: unescape(f"&{found[1]};"), value)
    return value


def without_tags(value: str) -> str:
    r"""Write HTML's styles as LaTeX does.

    >>> without_tags("<i>E. coli</i> in H<sub>2</sub>O <scp>NMR</scp>")
    '\\emph{E. coli} in H$_{2}$O NMR'
    """
    value = re.sub(r"<(i|em)>(.*?)</\1>", r"\\emph{\2}", value, flags=re.IGNORECASE)
    value = re.sub(r"<sub>(.*?)</sub>", r"$_{\1}$", value, flags=re.IGNORECASE)
    value = re.sub(r"<sup>(.*?)</sup>", r"$^{\1}$", value, flags=re.IGNORECASE)
    return re.sub(r"<(b|strong|scp)>(.*?)</\1>", r"\2", value, flags=re.IGNORECASE)


def without_springer_escapes(value: str) -> str:
    r"""Undo the escapes of a formula.

    >>> without_springer_escapes(r"On {\$}{\$}{\backslash}mathbb {\{}R{\}}^n{\$}{\$} at {\$}5")
    'On $\\mathbb {R}^n$ at {\\$}5'
    """

    def formula(found: re.Match[str]) -> str:
        inside = SPRINGER_SIGN.sub(lambda sign: sign[1] or sign[2], found[1].replace(r"{\backslash}", "\\"))
        return f"${inside.strip()}$"

    return SPRINGER_FORMULA.sub(formula, value)


def month(value: str) -> str:
    """Write a month, given as word, number or date, with the days that stand with it.

    >>> month("06"), month("Jul."), month("2020-06-14"), month("6月3日"), month("13--18 Jul")
    ('June', 'July', '14 June', '3 June', '13--18 Jul')
    """
    if found := re.fullmatch(r"([0-9]{1,2})月(?:([0-9]{1,2})日)?", value):
        value = "-".join(part.zfill(2) for part in ("2000", *found.groups()) if part)
    if re.fullmatch(r"[0-9]{1,2}", value):
        return date_fields(f"2000-{value.zfill(2)}").get("month", value)
    return date_fields(value).get("month") or MONTHS.get(value.rstrip(".").lower(), value)


def eprint(value: str) -> str:
    """Give the number of a preprint alone; nothing for the address of a publisher's file.

    >>> eprint("arXiv:2002.05709v3"), eprint("https://arxiv.org/abs/2002.05709"), eprint("https://a.b/pdf/1.2")
    ('2002.05709v3', '2002.05709', '')
    """
    value = identifier("eprint", value)
    number = arxiv_number(value)
    if number and not is_arxiv_number(value):
        return number
    return "" if is_web_link(value) else value


def keywords_of(value: str) -> tuple[str, ...]:
    """Give the first keywords of a publisher's list.

    >>> keywords_of("Training;{metric learning, ranking}; ;Training")
    ('Training', 'metric learning, ranking')
    """
    parts, depth = [""], 0
    for letter in without_entities(value):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if letter in ";," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    read = [text_or_fault(part) for part in parts]
    return tuple(dict.fromkeys(text for text, fault in read if text and not fault))[:KEYWORDS_KEPT]


def unwrapped(value: str) -> str:
    """Take away braces around the whole value: they keep a style from setting the title in its own way.

    >>> unwrapped("{{A} {B}}")
    '{A} {B}'
    """
    while value.startswith("{") and value.endswith("}"):
        depth = 0
        for place, letter in enumerate(value):
            depth += (letter == "{") - (letter == "}")
            if depth == 0 and place < len(value) - 1:
                return value
        value = value[1:-1].strip()
    return value


def person(name: str) -> str:
    """Give a name as Family, Given; one that is a single piece, or in an East Asian script, stays as it is.

    >>> person("Ludwig van Beethoven 0001"), person("{Google Research}")
    ('van Beethoven, Ludwig', '{Google Research}')
    """
    name = re.sub(r"\s+\d{4}$", "", name)  # DBLP's number for people of one name
    whole = name.startswith("{") and unwrapped(name) != name
    if whole or name == OTHERS or "," in name or EAST_ASIAN.search(name):
        return name
    try:
        read = Person(name)
    except InvalidNameString:
        return name
    given = " ".join([*read.first_names, *read.middle_names])
    family = " ".join([*read.prelast_names, *read.last_names])
    # IEEE Xplore wrote {Chen}: braces around a plain word protect nothing.
    family = re.sub(r"^\{([A-Za-z-]+)\}$", r"\1", family) if given else family
    return f"{family}, {given}" if given else family
