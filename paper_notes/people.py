r"""Reads the names of authors and editors: a list joined with `and`, each name with its parts.

CSL's parts (https://docs.citationstyles.org, "Name"); pybtex splits as BibTeX does.
"""

import re
from collections.abc import Iterator

from pybtex.bibtex.utils import split_name_list
from pybtex.database import Person

from paper_notes.latex import text_or_fault, to_text
from paper_notes.words import Language

PEOPLE = frozenset(("author", "editor"))
# The name by which BibTeX, pandoc and citation processors know that more authors follow.
OTHERS = "others"
SUFFIX = r"(?:Jr|Sr)\b\.?|II|III|IV"
# What may stand between two commas; as a suffix at another place these could be names or initials.
BETWEEN_COMMAS = re.compile(rf"{SUFFIX}|V|VI|VII|2nd|3rd|4th|Junior|Senior|Filho|Neto", re.IGNORECASE)
EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
JOIN = "join names with and"

Name = dict[str, str]


def script_of(text: str) -> Language:
    """Give the language in which a screen reader should speak a title or a name.

    >>> script_of("Deep metric learning"), script_of("画像の認識・理解シンポジウム")
    ('en', 'ja')
    """
    return "ja" if EAST_ASIAN.search(text) else "en"


def people(value: str) -> str:
    """Mend the order in which a suffix is taken for the family name, as some publishers' exports have it.

    >>> people("III, Hal Daumé and Singh, Aarti"), people("Smith, John, Jr.")
    ('Daumé, III, Hal and Singh, Aarti', 'Smith, Jr., John')
    """
    value = re.sub(rf"(^| and )({SUFFIX}), ([^,{{}}]+?) ([^\s,{{}}]+)(?= and |$)", r"\1\4, \2, \3", value)
    return re.sub(rf"(^| and )([^,{{}}]+), ([^,{{}}]+), ({SUFFIX})(?= and |$)", r"\1\2, \4, \3", value)


def names(value: str) -> list[Name]:
    """Split a BibTeX list of people into CSL names.

    >>> names("van der Maaten, Laurens and {Google Research} and Smith, Jr., John and others")
    [{'family': 'Maaten', 'given': 'Laurens', 'non-dropping-particle': 'van der'}, {'literal': 'Google Research'},
     {'family': 'Smith', 'given': 'John', 'suffix': 'Jr.'}, {'literal': 'others'}]
    """
    return [_name(each.strip()) for each in split_name_list(value) if each.strip()] if value else []


def _name(latex: str) -> Name:
    if latex == OTHERS or is_one_group(latex):
        return {"literal": to_text(latex)}
    person = Person(latex)
    family = to_text(" ".join(person.last_names))
    suffix = to_text(" ".join(person.lineage_names))
    found = re.fullmatch(rf"(.+?),? ({SUFFIX})", family)
    if found and not suffix:
        family, suffix = found[1], found[2]
    name = {
        "family": family,
        "given": to_text(" ".join((*person.first_names, *person.middle_names))),
        "non-dropping-particle": to_text(" ".join(person.prelast_names)),
        "suffix": suffix,
    }
    return {part: value for part, value in name.items() if value}


def is_one_group(latex: str) -> bool:
    """Tell whether a name stands in one pair of braces: an institution, which has no parts.

    >>> is_one_group("{Google Research}"), is_one_group("{van} {Dyk}"), is_one_group("{\\\\'E}lise")
    (True, False, False)
    """
    if not (latex.startswith("{") and latex.endswith("}")) or latex.startswith("{\\"):
        return False
    depth = 0
    for place, letter in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return place == len(latex) - 1
    return False


def shown_name(name: Name) -> str:
    """Write a name as its bearer does.

    >>> [shown_name(name) for name in names("van Beethoven, Ludwig and Smith, Jr., John and 山田, 太郎 and others")]
    ['Ludwig van Beethoven', 'John Smith Jr.', '山田 太郎', 'et al.']
    """
    if "literal" in name:
        return "et al." if name["literal"] == OTHERS else name["literal"]
    parts = [name.get(part, "") for part in ("given", "non-dropping-particle", "family", "suffix")]
    if EAST_ASIAN.search("".join(parts)):
        parts = [*parts[1:3], parts[0], parts[3]]
    return " ".join(part for part in parts if part)


def family_name(name: Name) -> str:
    """Give a family name with its particle, or an institution's name.

    >>> [family_name(name) for name in names("van der Maaten, Laurens and {Barnes, Inc.}")]
    ['van der Maaten', 'Barnes, Inc.']
    """
    if "literal" in name:
        return name["literal"]
    return f"{name.get('non-dropping-particle', '')} {name.get('family', '')}".strip()


def name_faults(value: str) -> Iterator[tuple[str, str]]:
    """Say what is wrong with a list of people, and what to do.

    >>> list(name_faults("Doe, J & Roe, K"))
    [("name 'Doe, J & Roe, K' holds &", 'join names with and, and put an institution into braces')]
    >>> list(name_faults("John Doe, Kate Roe, Edgar Poe"))
    [("in name 'John Doe, Kate Roe, Edgar Poe', 'Kate Roe' is no suffix such as Jr", 'join names with and')]
    """
    listed = split_name_list(people(value))
    for place, name in enumerate(listed):
        flat = _outside_groups(name)
        parts = [part.strip() for part in flat.split(",")]
        sign = re.search(r"[&;、]", flat)
        if re.search(r"^and\b|\band$", flat, re.IGNORECASE) or not name.strip("{} ~,"):
            yield f"a name is empty in {value!r}", f"{JOIN}, once between two"
        elif name == OTHERS and place == 0:
            yield "no author is named before others", "name the first one"
        elif re.search(r"\bet\.? al\b", flat):
            yield f"name {name!r} holds et al.", "end the list with and others"
        elif sign:
            yield f"name {name!r} holds {sign[0]}", f"{JOIN}, and put an institution into braces"
        elif len(parts) > 3:
            yield f"Too many commas in {name!r}", f"write names as Family, Given and {JOIN}"
        elif len(parts) == 3 and not BETWEEN_COMMAS.fullmatch(parts[1]):
            middle = name.split(",")[1].strip()
            yield f"in name {name!r}, {middle!r} is no suffix such as Jr", JOIN
        elif len(parts) > 1 and not parts[0]:
            yield f"name {name!r} has no family name", "write it as Family, Given"
        else:
            yield from _faults_of_parts(name, has_comma=len(parts) > 1)


def _faults_of_parts(latex: str, *, has_comma: bool) -> Iterator[tuple[str, str]]:
    try:
        name = _name(latex)
    except ValueError as error:
        yield f"name '{latex}' has broken LaTeX ({error})", "mend it"
        return
    given_first = f"{name.get('given', '')} {name.get('family', '')}"
    if fault := text_or_fault(latex)[1]:
        yield f"name '{latex}' {fault[0]}", fault[1]
    elif name.get("given") and not has_comma and EAST_ASIAN.search(given_first):
        # 佐藤 花子 without a comma is read as given name 佐藤: only the author knows which is which.
        yield f"name {given_first!r} has no comma", "write it as Family, Given"


def _outside_groups(latex: str) -> str:
    """Give a name with a sign for each group in braces."""
    out, depth = "", 0
    for letter in latex:
        out += "*" if letter == "{" and depth == 0 else "" if depth or letter in "{}" else letter
        depth += {"{": 1, "}": -1}.get(letter, 0)
    return out.strip()
