"""Reads mkdocs.yml and mkdocs.en.yml, for every command: what is wrong in them becomes faults, not a traceback."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from paper_notes.faults import Fault, FaultsError
from paper_notes.identifiers import is_web_link
from paper_notes.words import LANGUAGES, Language

if TYPE_CHECKING:  # MkDocs takes a moment to load: only when a configuration is read
    from mkdocs.config.defaults import MkDocsConfig

CONFIGS: dict[Language, str] = {"ja": "mkdocs.yml", "en": "mkdocs.en.yml"}


def load_settings(root: Path, language: Language = "ja", **replaced: str) -> "MkDocsConfig":
    """Read the configuration of one language's build; `replaced` takes the place of its values.

    Raises FaultsError when MkDocs refuses it, or when it lacks what this package needs.
    """
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    name = CONFIGS[language]
    with collected_warnings() as told:
        try:
            config = load_config(str(root / name), **replaced)
        except MkDocsException as error:
            raise FaultsError(_refused(name, told, error)) from error
    if faults := list(_extra_faults(config.extra)):
        raise FaultsError(faults)
    return config


def _refused(name: str, told: list[str], error: Exception) -> list[Fault]:
    """Give what MkDocs told before it gave up, or else the error itself, with the line of broken YAML."""
    if told:
        return [Fault(name, None, line.rstrip("."), "mend this setting") for line in told]
    cause = error.__context__
    mark = getattr(cause, "problem_mark", None)
    if mark is None:
        return [Fault(name, None, str(error).rstrip("."), "mend the file")]
    # The English configuration inherits the other one, whose mistakes it meets too.
    what = getattr(cause, "problem", None) or "not readable as YAML"
    return [Fault(Path(mark.name).name, mark.line + 1, what, "mend the YAML, quote values that hold a colon")]


def _extra_faults(extra: Mapping[str, Any]) -> Iterator[Fault]:
    """Report what this package needs and a configuration of another site lacks."""
    chapters = extra.get("chapters")
    if not isinstance(chapters, Mapping) or not chapters or not all(map(_has_names, chapters.values())):
        todo = "name each chapter of the reading list in both languages, as <chapter>: {ja: …, en: …}"
        yield Fault(CONFIGS["ja"], None, "extra.chapters is missing or incomplete", todo)
    if not is_web_link(extra.get("repository")):
        yield Fault(CONFIGS["ja"], None, "extra.repository is missing", "give the repository's https address")


def _has_names(chapter: object) -> bool:
    return isinstance(chapter, Mapping) and all(isinstance(chapter.get(language), str) for language in LANGUAGES)


class _Collector(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        # A FaultsError raised in a hook comes back as an exception with all its faults; MkDocs' echo is not needed.
        if not (record.exc_info or record.getMessage().startswith(("Error reading page", "Error building page"))):
            self.lines.append(" ".join(record.getMessage().split()))


@contextmanager
def collected_warnings() -> Iterator[list[str]]:
    """Collect what MkDocs and the hooks warn of, one line each."""
    lines: list[str] = []
    handler = _Collector(lines)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    propagate, logger.propagate = logger.propagate, False
    try:
        yield lines
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
