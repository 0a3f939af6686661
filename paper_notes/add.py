"""`paper-notes add`: one BibTeX entry becomes bib/<slug>.bib and the skeletons of all that belongs to a paper.

Nothing is overwritten, and all files appear or none: they are written into a folder of their own first, from where
each is put into its place. That folder holds the plan; an `add` that was killed half-way is undone by the next one.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

from paper_notes.add_entry import NewEntry, normalise
from paper_notes.bibliography import read_source
from paper_notes.bibtex import RawEntry, scan
from paper_notes.entry_rules import rule_faults
from paper_notes.errors import AddError
from paper_notes.faults import Fault, FaultsError, unreadable
from paper_notes.latex import text_or_fault
from paper_notes.papers import read_front_matter
from paper_notes.skeleton import Facts, demo_files, pages
from paper_notes.slugs import acronym_of, author_slug, check_slug, slug_of
from paper_notes.value_faults import without_invisible
from ssl_core.run_lock import alone_in
from ssl_core.runs import RunError

LARGEST = 1_000_000  # bytes; an entry with its abstract has some thousand
WORK = Path(".cache") / "paper-notes"


class Added(NamedTuple):
    """The files of a new paper, and what its author should know of them."""

    files: list[Path]
    notes: list[str]


def add(
    root: Path,
    text: str,
    shown: str,
    settings: Mapping[str, object],
    *,
    slug: str | None = None,
    chapter: str | None = None,
    demo: bool = False,
) -> Added:
    """Add the paper of a BibTeX entry to the repository `root`.

    Args:
        root: the folder that holds mkdocs.yml.
        text: the entry; `shown` names where it came from, for faults.
        settings: `extra` of mkdocs.yml: chapters and the repository's address.
        slug: the paper's short name; by default the acronym in its title, else its first author and year.
        chapter: the chapter of the reading list; by default the only one.
        demo: whether it gets a method, its test and a notebook, too.

    Raises FaultsError for what is wrong with the entry, AddError for everything else; then nothing has been written.
    """
    raw, entry = entry_of(text, shown)
    chapters = settings["chapters"]
    assert isinstance(chapters, Mapping)
    notes = list(entry.notes)
    acronym = acronym_of(entry.title)
    if slug is None:
        slug = slug_of(acronym)
        if not slug:
            slug = author_slug(entry)
            notes.append(f"no short name in the title, so its files are called {slug}: use --slug to choose another")
    check_slug(slug, demo=demo)
    if chapter is None and len(chapters) == 1:
        chapter = str(next(iter(chapters)))
    if chapter is None or chapter not in chapters:
        what = "say in which chapter it belongs" if chapter is None else f"{chapter!r} is no chapter"
        raise AddError(f"{what}: give --chapter {' or '.join(chapters)} (extra.chapters in mkdocs.yml)")
    with alone(root):
        recover(root)
        check_new(root, raw, entry, shown)
        entry = replace(entry, keywords=spelt_as_elsewhere(root, entry.keywords))
        name = acronym if slug_of(acronym) == slug.replace("-", "") else slug
        names = chapters[chapter]
        facts = Facts(slug, name, chapter, str(names["en"]), str(settings["repository"]), entry, date.today())
        files = {f"bib/{slug}.bib": entry.source, **pages(facts, demo=demo)}
        if demo:
            if not (root / "ssl_core" / "methods").is_dir():
                raise AddError(f"{root}: no ssl_core/methods here: use --demo in a checkout of the whole repository")
            files |= demo_files(facts)
        write_all(root, slug, files)
        return Added([root / each for each in files], notes)


@contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let one `add` at a time work in a repository: the next one's `recover` would undo what this one writes."""
    try:
        with alone_in(root):
            yield
    except RunError as error:
        raise AddError("another `paper-notes add` is at work in this repository: wait for it") from error


def read_input(name: str, stream: IO[bytes]) -> tuple[str, str]:
    """Read the entry from a file, or from `stream` for `-`; give the text and the name for faults."""
    shown = "standard input" if name == "-" else name
    try:
        if name == "-":
            if stream.isatty():
                print("paste the BibTeX entry, then press Ctrl-D", file=sys.stderr)
            content = stream.read(LARGEST + 1)
        else:
            with Path(name).open("rb") as file:
                content = file.read(LARGEST + 1)
    except OSError as error:
        raise AddError(f"{shown}: {error.strerror}: give a file that holds one BibTeX entry, or -") from error
    if len(content) > LARGEST:
        raise AddError(f"{shown}: more than {LARGEST:,} bytes: give a file that holds one BibTeX entry")
    if b"\0" in content:
        raise AddError(f"{shown}: not a text: give a file that holds one BibTeX entry")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise AddError(f"{shown}: not UTF-8 (byte {error.start}): save it as UTF-8") from error
    if not text.strip():
        raise AddError(f"{shown}: empty: give one BibTeX entry, as the publisher's page offers it for copying")
    return text.replace("\r\n", "\n").replace("\r", "\n"), shown


def entry_of(text: str, shown: str) -> tuple[RawEntry, NewEntry]:
    """Scan, normalise and check the entry; FaultsError has the lines of the input."""
    text, invisible = without_invisible(text)
    scanned = scan(text, shown)
    if not scanned.readable:
        raise FaultsError(scanned.faults)
    if len(scanned.entries) != 1:
        line = scanned.entries[1].line if scanned.entries else 1
        what = f"{len(scanned.entries)} entries" if scanned.entries else "no BibTeX entry"
        raise FaultsError([Fault(shown, line, what, "give exactly one entry, from its @ to its closing brace")])
    raw = scanned.entries[0]
    entry = normalise(raw)
    if invisible:
        entry = replace(entry, notes=(*entry.notes, f"taken out, since nobody sees them: {', '.join(invisible)}"))
    # The rules see what will be written, with the lines of what came in.
    faults = read_source(entry.source, "new", shown)[1]
    lines = [raw.line, *(entry.lines[name] for name in entry.fields)]
    placed = [
        Fault(f.path, lines[f.line - 1] if f.line and f.line <= len(lines) else None, f.what, f.todo) for f in faults
    ]
    # What follows from an undefined macro is no fault of its own.
    reported = {each.line for each in raw.fields if each.undefined}
    placed = [fault for fault in placed if fault.line not in reported]
    twice = [fault for fault in rule_faults(raw, shown) if "stands twice" in fault.what]
    if scanned.faults or placed or twice:
        raise FaultsError([*scanned.faults, *placed, *twice])
    return raw, entry


def spelt_as_elsewhere(root: Path, keywords: tuple[str, ...]) -> tuple[str, ...]:
    """Give keywords the capitals that other pages write them with, so that the filter of the list has each once."""
    known: dict[str, str] = {}
    for path in sorted((root / "docs/ja/papers").glob("*.md")):
        listed = read_front_matter(path, path.name)[0].get("keywords")
        for word in listed if isinstance(listed, list) else []:
            known.setdefault(str(word).casefold(), str(word))
    return tuple(dict.fromkeys(known.setdefault(word.casefold(), word) for word in keywords))


def check_new(root: Path, raw: RawEntry, entry: NewEntry, shown: str) -> None:
    """Raise FaultsError when the repository holds this paper, or its citation key, already."""
    for path in sorted((root / "bib").glob("*.bib")):
        other_shown = f"bib/{path.name}"
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:  # it might be this very paper
            raise FaultsError([unreadable(error, other_shown)]) from error
        for other in scan(text, other_shown).entries:
            same = next(_same(entry, normalise(other)), None)
            if same:
                what = f"is already in {other_shown} ({same})"
                raise FaultsError([Fault(shown, raw.line, what, "mend that entry instead of adding it again")])
            if other.key.lower() == entry.key.lower():
                what = f"key {entry.key} is already used in {other_shown}"
                raise FaultsError([Fault(shown, raw.line, what, "give this entry another key")])


def _same(one: NewEntry, other: NewEntry) -> Iterator[str]:
    """Give what says that two entries are of one paper."""
    if one.doi and one.doi == other.doi:
        yield f"the same DOI {one.doi}"
    if one.arxiv and one.arxiv.lower() == other.arxiv.lower():
        yield f"the same arXiv identifier {one.arxiv}"
    # An entry that is there may have a title that nobody can read: that is for `check` to say.
    titles = [text_or_fault(each.fields.get("title", ""))[0] for each in (one, other)]
    letters = [re.sub(r"\W", "", title.casefold()) for title in titles]
    if letters[0] and letters[0] == letters[1]:
        yield "the same title"


def write_all(root: Path, slug: str, files: Mapping[str, str]) -> None:
    """Write all files, or none and AddError."""
    present = [name for name in files if os.path.lexists(root / name)]
    if present:
        raise AddError(
            "\n".join(f"{name}: is there already: choose another --slug, or remove it" for name in present)
        )
    folder = root / WORK / f"adding-{slug}"
    try:
        folder.mkdir(parents=True)
    except FileExistsError as error:
        raise AddError(f"{slug}: another `paper-notes add` writes it just now: wait for it") from error
    try:
        staged = {}
        for number, (name, text) in enumerate(files.items()):
            staged[name] = folder / str(number)
            staged[name].write_text(text, encoding="utf-8", newline="\n")
        plan = {name: sha256(path.read_bytes()).hexdigest() for name, path in staged.items()}
        (folder / "plan.part").write_text(json.dumps(plan), encoding="utf-8")
        (folder / "plan.part").rename(folder / "plan.json")
        for name, path in staged.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            _place(path, root / name)
        # From here on it counts as done: without its plan nothing is undone.
        (folder / "plan.json").unlink()
    except FileExistsError as error:
        undo(root, folder)
        raise AddError(f"{error.filename2 or error.filename}: has appeared meanwhile: repeat the command") from error
    except BaseException:
        undo(root, folder)
        raise
    shutil.rmtree(folder)


def _place(staged: Path, target: Path) -> None:
    """Put a staged file into its place, whole, never over another one."""
    try:
        os.link(staged, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        if target.exists():
            raise FileExistsError(17, "exists", str(target)) from None
        staged.rename(target)


def recover(root: Path) -> None:
    """Undo what an `add` that was killed left behind."""
    for folder in sorted((root / WORK).glob("adding-*")):
        undo(root, folder)


def undo(root: Path, folder: Path) -> None:
    """Take away the files of a plan that are as they were written, then the plan."""
    plan = folder / "plan.json"
    for name, digest in (json.loads(plan.read_text(encoding="utf-8")) if plan.is_file() else {}).items():
        path = root / name
        if path.is_file() and sha256(path.read_bytes()).hexdigest() == digest:
            path.unlink()
    shutil.rmtree(folder, ignore_errors=True)
