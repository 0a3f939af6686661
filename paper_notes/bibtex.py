"""Scans BibTeX source: entries and fields with their lines and raw values, and what breaks the syntax.

pybtex parses what is sound; this scanner says where a file is not, in words for its author: pybtex names the place
at which it gave up, which after a forgotten brace is the end of the file.
"""

import re
from dataclasses import dataclass, field

from paper_notes.faults import Fault, line_of

MONTHS = {
    name[:3].lower(): name
    for name in (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    )
}
START = re.compile(r"@[ \t]*([A-Za-z]+)\s*([{(])")
KEY = re.compile(r"\s*([^\s,{}()=\"#%]*(?:[^,{}=\"#%\n]*[^\s,{}=\"#%])?)\s*")
NAME = re.compile(r"\s*([A-Za-z_][\w.:+/-]*)\s*=\s*")
BARE = re.compile(r"[^\s,{}()#=\"]+")
# A line inside a value that looks like the next field: the value's own closing brace is missing.
SWALLOWED = re.compile(r"\n[ \t]*[A-Za-z_]+[ \t]*=[ \t]*[{\"]")
OUTSIDE = re.compile(r"^[ \t,]*[A-Za-z_]+[ \t]*=[ \t]*[{\"]", re.MULTILINE)
CLOSING = {"{": "}", "(": ")"}


@dataclass(frozen=True)
class RawField:
    """A field as written: name in lower case, value without its outer braces or quotes, months written out."""

    name: str
    value: str
    line: int


@dataclass
class RawEntry:
    """An entry as written; `kind` is its type in lower case, `line` that of its @."""

    kind: str
    key: str
    line: int
    fields: list[RawField] = field(default_factory=list)
    closed: bool = False

    def get(self, name: str) -> str:
        """Give the value of a field, empty where there is none."""
        return next((each.value for each in self.fields if each.name == name), "")

    def line_of(self, name: str) -> int:
        """Give the line of a field, that of the entry where there is none."""
        return next((each.line for each in self.fields if each.name == name), self.line)


@dataclass
class Scan:
    """What a source holds: its entries (without @string, @comment and @preamble), and faults of syntax."""

    entries: list[RawEntry]
    faults: list[Fault]


def scan(text: str, shown: str) -> Scan:
    """Scan BibTeX source; `shown` is the name that faults carry.

    >>> entry = scan("@misc{k,\\n  title = {A {B}},\\n  year = 2020\\n}", "x.bib").entries[0]
    >>> entry.kind, entry.key, [(each.name, each.value, each.line) for each in entry.fields]
    ('misc', 'k', [('title', 'A {B}', 2), ('year', '2020', 3)])
    """
    return _Scanner(text, shown).scan()


class _StopError(Exception):
    """The entry cannot be read further."""


class _Scanner:
    def __init__(self, text: str, shown: str) -> None:
        self.text = text
        self.shown = shown
        self.place = 0
        self.entries: list[RawEntry] = []
        self.faults: list[Fault] = []

    def scan(self) -> Scan:
        while start := START.search(self.text, self.place):
            self._outside(start.start())
            self.place = start.end()
            kind = start[1].lower()
            if kind in ("comment", "preamble", "string"):
                self._skip(start[2])
                continue
            entry = RawEntry(kind, "", line_of(self.text, start.start()))
            self.entries.append(entry)
            try:
                self._entry(entry, CLOSING[start[2]])
            except _StopError:
                # The next entry begins a line of its own; an address such as a@b(c does not.
                following = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE).search(self.text, self.place)
                self.place = following.start() if following else len(self.text)
        self._outside(len(self.text))
        return Scan(self.entries, self.faults)

    def _outside(self, end: int) -> None:
        """Report fields that stand behind an entry: BibTeX reads them as a comment."""
        if not self.entries or not self.entries[-1].closed:
            return
        found = OUTSIDE.search(self.text, self.place, end)
        if found is not None:
            ended = line_of(self.text, self.place - 1)
            what = f"the entry has ended in line {ended}, this field stands outside it"
            line = line_of(self.text, found.end() - 1)
            self._fault(line, what, f"take away the closing brace too many in line {ended}")

    def _skip(self, opening: str) -> None:
        """Pass over a @comment, @preamble or @string."""
        depth = 1
        for found in re.finditer(r"[{}()]", self.text[self.place :]):
            depth += (found[0] == opening) - (found[0] == CLOSING[opening])
            if depth == 0:
                self.place += found.end()
                return
        self.place = len(self.text)

    def _entry(self, entry: RawEntry, closing: str) -> None:
        found = KEY.match(self.text, self.place)
        entry.key = found[1] if found else ""
        self.place = found.end() if found else self.place
        # What stands before = is the name of the first field.
        keyless = self.text.startswith("=", self.place)
        if keyless or not entry.key:
            entry.key = ""
            todo = "write one after the opening brace: @article{smith2020,"
            self._fault(entry.line, f"@{entry.kind} has no key", todo)
            if keyless:
                raise _StopError
        elif re.search(r"\s", entry.key):
            self._fault(entry.line, f"key {entry.key!r} holds a space", "write the key as one word")
        while True:
            self._space()
            if self._take(closing):
                entry.closed = True
                return
            if not self._take(","):
                self._broken(entry)
            self._space()
            if self._take(closing):
                entry.closed = True
                return
            named = NAME.match(self.text, self.place)
            if named is None:
                self._broken(entry)
                return
            line = line_of(self.text, named.start(1))
            self.place = named.end()
            entry.fields.append(RawField(named[1].lower(), self._value(entry, named[1], line), line))

    def _broken(self, entry: RawEntry) -> None:
        """Report what keeps the entry from being read on, at the field that is to blame; stop reading it."""
        swallowed = next((each for each in entry.fields if SWALLOWED.search(each.value)), None)
        last = entry.fields[-1] if entry.fields else None
        if swallowed is None and last is not None and last.value.rstrip(" \t").endswith("\n"):
            swallowed = last  # it took the brace that closes the entry
        rest = self.text[self.place :].split("\n", 1)[0].strip()
        if swallowed is not None:
            self._unclosed(swallowed.name, swallowed.line)
        elif not rest and not self.text[self.place :].strip():
            # An entry that ends before its key has been reported already.
            if not entry.key:
                raise _StopError
            self._fault(
                entry.line, f"the entry {entry.key} is never closed", "close it with a brace on the last line"
            )
        elif re.match(r"@[ \t]*[A-Za-z]+\s*[{(]", rest):
            what = f"the entry {entry.key} is not closed before the next one begins"
            self._fault(line_of(self.text, self.place), what, "close it with a brace on a line of its own")
        elif last is not None and re.match(r"[A-Za-z_]+\s*=", rest):
            self._fault(last.line, f"no comma after field {last.name}", "end the field with a comma")
        else:
            what = f"{rest[:40]!r} is no field"
            self._fault(line_of(self.text, self.place), what, "write fields as name = {value}, each with a comma")
        raise _StopError

    def _unclosed(self, name: str, line: int) -> None:
        todo = "close each brace that is opened in it, and end it with a comma"
        self._fault(line, f"a brace in field {name.lower()} is not closed", todo)

    def _value(self, entry: RawEntry, name: str, line: int) -> str:
        parts = [self._piece(name, line)]
        while True:
            self._space()
            if not self._take("#"):
                return "".join(parts)
            self._space()
            parts.append(self._piece(name, line))

    def _piece(self, name: str, line: int) -> str:
        opening = self.text[self.place : self.place + 1]
        if opening not in ("{", '"'):
            found = BARE.match(self.text, self.place)
            if found is None:
                self._fault(
                    line, f"field {name.lower()} has no value", "write the value in braces, or take the field out"
                )
                raise _StopError
            self.place = found.end()
            return MONTHS.get(found[0].lower(), found[0])
        depth, start = 0, self.place + 1
        for place in range(start, len(self.text)):
            letter = self.text[place]
            # As BibTeX counts: a backslash before a brace changes nothing.
            if letter not in '{}"':
                continue
            if depth == 0 and letter == {"{": "}", '"': '"'}[opening]:
                self.place = place + 1
                return self.text[start:place]
            depth += {"{": 1, "}": -1}.get(letter, 0)
        if opening == "{":
            self._unclosed(name, line)
        else:
            todo = 'end the value with ", or write it in braces'
            self._fault(line, f"the quotes of field {name.lower()} are not closed", todo)
        raise _StopError

    def _space(self) -> None:
        found = re.compile(r"\s*").match(self.text, self.place)
        self.place = found.end() if found else self.place

    def _take(self, letter: str) -> bool:
        taken = self.text.startswith(letter, self.place)
        self.place += taken
        return taken

    def _fault(self, line: int, what: str, todo: str) -> None:
        self.faults.append(Fault(self.shown, line, what, todo))
