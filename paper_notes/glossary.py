"""The shared glossary: reads and checks docs/glossary.yml, finds a term by any of its names, orders terms.

Its fields are described in the file's first lines. terms.py finds the terms in pages, glossary_page.py lists them.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from paper_notes.faults import Fault, FaultsError, read_text
from paper_notes.words import LANGUAGES, Language

SOURCE = "docs/glossary.yml"
TEXTS = ("id", "ja", "reading", "en")
LISTS = ("aliases", "not", "except")
FIELDS = (*TEXTS, *LISTS, "gloss", "definition")
IDENTIFIER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
READING = re.compile(r"[ぁ-ゖー]+")
SMALL = str.maketrans("ぁぃぅぇぉっゃゅょゎ", "あいうえおつやゆよわ")
VOWELS = {"A": "あ", "I": "い", "U": "う", "E": "え", "O": "お"}


@dataclass(frozen=True)
class Term:
    """One entry: its preferred name in each language, and all that is known of its other names."""

    id: str
    name: Mapping[Language, str]
    reading: str
    definition: Mapping[Language, str]
    aliases: tuple[str, ...]
    variants: tuple[str, ...]
    exceptions: tuple[str, ...]
    gloss: bool

    @property
    def names(self) -> tuple[str, ...]:
        """Give every name under which the term is known, the preferred ones first, none twice."""
        return tuple(dict.fromkeys((*self.name.values(), *self.aliases)))


class Glossary:
    """All terms, and the lookup by name."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self._by_name = {folded(name): term for term in terms for name in term.names}

    def find(self, name: str) -> Term | None:
        """Give the term with this name, in any letter case, in the singular or with an s."""
        key = folded(name)
        return self._by_name.get(key) or self._by_name.get(key.removesuffix("s"))

    def ordered(self, language: Language) -> list[Term]:
        """Give the terms in the order of a dictionary of the language."""
        if language == "ja":
            return sorted(self.terms, key=lambda term: kana_order(term.reading))
        return sorted(self.terms, key=lambda term: folded(term.name["en"]))


def folded(name: str) -> str:
    """Give a name in the form in which names are compared.

    >>> folded("Momentum \\n encoder")
    'momentum encoder'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def kana_order(reading: str) -> tuple[str, str]:
    """Give the key that orders hiragana as dictionaries do: ー is the vowel before it, voicing counts last.

    >>> sorted(["びゅー", "ひょうげん", "きょうし", "でーた", "てい", "きよう"], key=kana_order)
    ['きよう', 'きょうし', 'てい', 'でーた', 'びゅー', 'ひょうげん']
    """
    spelt = ""
    for letter in reading.translate(SMALL):
        vowel = unicodedata.name(spelt[-1])[-1] if letter == "ー" and spelt else ""
        spelt += VOWELS.get(vowel, letter)
    plain = "".join(letter for letter in unicodedata.normalize("NFD", spelt) if not unicodedata.combining(letter))
    return plain, reading


def load_glossary(root: Path) -> Glossary:
    """Read the glossary of a repository; raises FaultsError with every fault in it."""
    if not (root / SOURCE).is_file():
        raise FaultsError([Fault(SOURCE, None, "is missing", "write it, with - id: and its fields for each term")])
    entries, faults = _entries(read_text(root / SOURCE, SOURCE))
    faults += [fault for entry, lines in entries for fault in _entry_faults(entry, lines)]
    faults = faults or list(_claimed_twice(entries))
    if faults:
        raise FaultsError(faults)
    return Glossary([_term(entry) for entry, _ in entries])


# An entry as it stands in the file, and the lines of its fields; "" has the entry's own line.
Entry = tuple[dict[str, Any], dict[str, int]]


def _entries(text: str) -> tuple[list[Entry], list[Fault]]:
    try:
        node, entries = yaml.compose(text, Loader=yaml.SafeLoader), yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that no calendar has
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or f"not readable as YAML ({error})"
        return [], [Fault(SOURCE, mark.line + 1 if mark else 1, str(problem), "mend the YAML (quote a colon)")]
    if not isinstance(entries, list) or not isinstance(node, yaml.SequenceNode):
        return [], [Fault(SOURCE, 1, "no list of terms", "open each entry with - id: and its name in English")]
    found: list[Entry] = []
    faults: list[Fault] = []
    for entry, item in zip(entries, node.value, strict=True):
        line = item.start_mark.line + 1
        if not isinstance(entry, dict):
            faults.append(Fault(SOURCE, line, "the entry has no fields", f"write {', '.join(TEXTS)} and definition"))
            continue
        lines = {str(key.value): key.start_mark.line + 1 for key, _ in item.value}
        found.append((entry, {"": line, **lines}))
    return found, faults


def _entry_faults(entry: dict[str, Any], lines: dict[str, int]) -> Iterator[Fault]:
    def fault(field: str, what: str, todo: str) -> Fault:
        return Fault(SOURCE, lines.get(field, lines[""]), what, todo)

    for field in entry:
        if field not in FIELDS:
            yield fault(str(field), f"field {field!r} is unknown", f"use {', '.join(FIELDS)}")
    for field in TEXTS:
        if not _is_text(entry.get(field)):
            yield fault(field, f"{field} is missing", f"add {field}: and a line of text")
    for field in LISTS:
        words = entry.get(field, [])
        if not isinstance(words, list) or not all(_is_text(word) for word in words):
            yield fault(field, f"{field} is no list of words", f"write {field}: [one, another]")
    definition = entry.get("definition")
    for language in LANGUAGES:
        if not isinstance(definition, dict) or not _is_text(definition.get(language)):
            yield fault("definition", f"the definition in {language} is missing", f"add {language}: a sentence")
    if not isinstance(entry.get("gloss", False), bool):
        yield fault("gloss", f"gloss {entry['gloss']!r} is neither true nor false", "write true or leave it out")
    if _is_text(entry.get("id")) and not IDENTIFIER.fullmatch(entry["id"]):
        yield fault("id", f"id {entry['id']!r} is no address", "use lower-case letters, digits and -")
    if _is_text(entry.get("reading")) and not READING.fullmatch(entry["reading"]):
        yield fault("reading", f"reading {entry['reading']!r} is not hiragana", "write how ja is read, in hiragana")


def _claimed_twice(entries: list[Entry]) -> Iterator[Fault]:
    """Report what two terms share: ids, names, and a name that is forbidden as another's variant."""
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for entry, lines in entries:
        if entry["id"] in seen:
            yield Fault(SOURCE, lines["id"], f"id {entry['id']!r} stands twice", "give one of the terms another id")
        seen.add(entry["id"])
        for name in dict.fromkeys(folded(name) for name in (entry["ja"], entry["en"], *entry.get("aliases", []))):
            if name in owners:
                what = f"the name {name!r} belongs to {owners[name]} and to {entry['id']}"
                yield Fault(SOURCE, lines.get("aliases", lines[""]), what, "leave it to one of them")
            owners.setdefault(name, entry["id"])
    for entry, lines in entries:
        for variant in entry.get("not", []):
            if folded(variant) in owners:
                what = f"{variant!r} must not be used, but is a name of {owners[folded(variant)]}"
                yield Fault(SOURCE, lines["not"], what, "take it out of one of the two lists")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _term(entry: dict[str, Any]) -> Term:
    return Term(
        id=entry["id"],
        name={"ja": entry["ja"], "en": entry["en"]},
        reading=entry["reading"],
        definition={language: " ".join(entry["definition"][language].split()) for language in LANGUAGES},
        aliases=tuple(entry.get("aliases", ())),
        variants=tuple(entry.get("not", ())),
        exceptions=tuple(entry.get("except", ())),
        gloss=entry.get("gloss", False),
    )
