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
    """A field: name in lower case, value without its outer braces or quotes, macros (months too) expanded.

    `undefined` says that the value is the name of a macro that nothing defines, which has been reported.
    """

    name: str
    value: str
    line: int
    undefined: bool = False


@dataclass
class RawEntry:
    """An entry; `kind` is its type in lower case, `line` that of its @, `source` its text with @string expanded."""

    kind: str
    key: str
    line: int
    fields: list[RawField] = field(default_factory=list)
    closed: bool = False
    source: str = ""

    def get(self, name: str) -> str:
        """Give the value of a field, empty where there is none."""
        return next((each.value for each in self.fields if each.name == name), "")

    def line_of(self, name: str) -> int:
        """Give the line of a field, that of the entry where there is none."""
        return next((each.line for each in self.fields if each.name == name), self.line)


@dataclass
class Scan:
    """What a source holds: its entries (without @string, @comment and @preamble), and faults of syntax.

    `readable` says that in spite of them each field was found, so that their values can be checked as well.
    """

    entries: list[RawEntry]
    faults: list[Fault]
    readable: bool = True


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
        self.readable = True
        self.macros = dict(MONTHS)
        # Start, end and meaning of each use of a @string in the entry that is being read.
        self.expanded: list[tuple[int, int, str]] = []

    def scan(self) -> Scan:
        while start := START.search(self.text, self.place):
            self._outside(start.start())
            self.place = start.end()
            kind = start[1].lower()
            if kind in ("comment", "preamble"):
                self._skip(start[2])
                continue
            line = line_of(self.text, start.start())
            self.expanded = []
            try:
                if kind == "string":
                    self._string(line, CLOSING[start[2]])
                    continue
                entry = RawEntry(kind, "", line)
                self.entries.append(entry)
                self._entry(entry, CLOSING[start[2]])
                entry.source = self._source(start.start())
            except _StopError:
                self.readable = False
                # The next entry begins a line of its own; an address such as a@b(c does not.
                following = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE).search(self.text, self.place)
                self.place = following.start() if following else len(self.text)
        self._outside(len(self.text))
        return Scan(self.entries, self.faults, self.readable)

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
            self.readable = False

    def _skip(self, opening: str) -> None:
        """Pass over a @comment or @preamble."""
        depth = 1
        for found in re.finditer(r"[{}()]", self.text[self.place :]):
            depth += (found[0] == opening) - (found[0] == CLOSING[opening])
            if depth == 0:
                self.place += found.end()
                return
        self.place = len(self.text)

    def _string(self, line: int, closing: str) -> None:
        """Read a definition: @string{name = {value}}."""
        self._space()
        named = NAME.match(self.text, self.place)
        if named is not None:
            self.place = named.end()
            value, _ = self._value("@string", line)
            self.macros[named[1].lower()] = value
            self._space()
        if named is None or not self._take(closing):
            self._fault(line, "@string defines nothing", "write it as @string{name = {value}}")
            raise _StopError

    def _source(self, start: int) -> str:
        """Give the text of the entry that ends here, as it stands alone: without macros of a @string."""
        text, place = "", start
        for begin, end, value in self.expanded:
            # On one line, so that lines keep their numbers.
            text += f"{self.text[place:begin]}{{{' '.join(value.split())}}}"
            place = end
        lines = (text + self.text[place : self.place]).replace("\r\n", "\n").expandtabs(2).split("\n")
        return "\n".join(line.rstrip() for line in lines) + "\n"

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
            value, undefined = self._value(f"field {named[1].lower()}", line)
            entry.fields.append(RawField(named[1].lower(), value, line, undefined))

    def _broken(self, entry: RawEntry) -> None:
        """Report what is wrong, at the field that is to blame; stop reading unless a comma is all that is missing."""
        swallowed = next((each for each in entry.fields if SWALLOWED.search(each.value)), None)
        last = entry.fields[-1] if entry.fields else None
        if swallowed is None and last is not None and last.value.rstrip(" \t").endswith("\n"):
            swallowed = last  # it took the brace that closes the entry
        rest = self.text[self.place :].split("\n", 1)[0].strip()
        if swallowed is not None:
            self._unclosed(f"field {swallowed.name}", swallowed.line)
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
            return
        else:
            what = f"{rest[:40]!r} is no field"
            self._fault(line_of(self.text, self.place), what, "write fields as name = {value}, each with a comma")
        raise _StopError

    def _unclosed(self, name: str, line: int) -> None:
        todo = "close each brace that is opened in it, and end it with a comma"
        self._fault(line, f"a brace in {name} is not closed", todo)

    def _value(self, name: str, line: int) -> tuple[str, bool]:
        """Read a value, whose pieces are joined by #; tell also whether it has an undefined macro."""
        pieces = [self._piece(name, line)]
        while True:
            self._space()
            if not self._take("#"):
                return "".join(value for value, _ in pieces), any(undefined for _, undefined in pieces)
            self._space()
            pieces.append(self._piece(name, line))

    def _piece(self, name: str, line: int) -> tuple[str, bool]:
        opening = self.text[self.place : self.place + 1]
        if opening not in ("{", '"'):
            found = BARE.match(self.text, self.place)
            if found is None:
                self._fault(line, f"{name} has no value", "write the value in braces, or take it out")
                raise _StopError
            self.place = found.end()
            return self._macro(found[0], found.start(), line)
        depth, start = 0, self.place + 1
        for place in range(start, len(self.text)):
            letter = self.text[place]
            # As BibTeX counts: a backslash before a brace changes nothing.
            if letter not in '{}"':
                continue
            if depth == 0 and letter == {"{": "}", '"': '"'}[opening]:
                self.place = place + 1
                return self.text[start:place], False
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth < 0:
                break
        if opening == "{":
            self._unclosed(name, line)
        else:
            todo = 'end the value with ", or write it in braces'
            self._fault(line, f"the quotes of {name} are not closed", todo)
        raise _StopError

    def _macro(self, word: str, start: int, line: int) -> tuple[str, bool]:
        """Give what a word without braces means: a number itself, any other one what it was defined as."""
        if re.fullmatch("[0-9]+", word):
            return word, False
        value = self.macros.get(word.lower())
        if value is None:
            self._fault(line, f"undefined string {word}", "put the value into braces, or define it with @string")
            return word, True
        if value != MONTHS.get(word.lower()):
            self.expanded.append((start, self.place, value))
        return value, False

    def _space(self) -> None:
        found = re.compile(r"\s*").match(self.text, self.place)
        self.place = found.end() if found else self.place

    def _take(self, letter: str) -> bool:
        taken = self.text.startswith(letter, self.place)
        self.place += taken
        return taken

    def _fault(self, line: int, what: str, todo: str) -> None:
        self.faults.append(Fault(self.shown, line, what, todo))
