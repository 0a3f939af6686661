"""Builds the whole site, both languages, and publishes it only when everything went well.

The build goes into a fresh folder and takes the place of the old site by renaming: a build that fails, or is stopped,
leaves the old site untouched.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from paper_notes.citations import export_bibliography
from paper_notes.errors import PaperNotesError
from paper_notes.faults import Fault, FaultsError
from paper_notes.frame import Edition, write_frame
from paper_notes.mathfont import characters, write_math_font
from paper_notes.parity import parity_faults
from paper_notes.results import as_csv, as_json
from paper_notes.root_page import not_found_page, root_page
from paper_notes.search import write_index
from paper_notes.settings import CONFIGS, collected_warnings, load_settings
from paper_notes.words import LANGUAGES, Language


class BuildError(PaperNotesError):
    """The site was not built; the message holds one line for each reason."""


def find_root(start: Path) -> Path:
    """Give the nearest folder upwards that holds mkdocs.yml."""
    for folder in (start, *start.parents):
        if (folder / CONFIGS["ja"]).is_file():
            return folder
    raise PaperNotesError(f"{start}: no mkdocs.yml here or above: run the command inside the repository")


def site_extra(root: Path) -> dict[str, Any]:
    """Give the `extra` settings of mkdocs.yml: repository, chapters."""
    extra: dict[str, Any] = load_settings(root)["extra"]
    return extra


def build_site(root: Path, target: Path, *, strict: bool = True, address: str | None = None) -> list[str]:
    """Build the site of the repository `root` and put it at `target`, on the same file system as `root`.

    `address` replaces the site's address from mkdocs.yml. Returns the warnings of a build that is not strict; a
    strict one raises BuildError instead. Any fault in bib/, front matter or a notebook raises FaultsError.
    """
    work = root / ".cache" / "paper-notes"
    work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="building-", dir=work) as folder:
        fresh = Path(folder) / "site"
        warnings = _build_into(root, fresh, address)
        if strict and warnings:
            raise BuildError("\n".join(warnings))
        _publish(fresh, target, Path(folder) / "old")
    return warnings


def _build_into(root: Path, fresh: Path, address: str | None) -> list[str]:
    # Material prints a notice about its own future on every build; it can be turned off by this variable alone.
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    from mkdocs.commands.build import build
    from mkdocs.exceptions import MkDocsException

    overrides = {} if address is None else {"site_url": address}
    warnings: list[str] = []
    faults: list[Fault] = []
    editions: dict[Language, Edition] = {}
    for language in LANGUAGES:
        with collected_warnings() as collected:
            try:
                config = load_settings(root, language, site_dir=str(fresh / language), **overrides)
                config.plugins.on_startup(command="build", dirty=False)
                try:
                    build(config)
                finally:
                    config.plugins.on_shutdown()
                done = config.extra["build"]
                editions[language] = Edition(config.site_name, config.site_description or "", done.pages)
            except FaultsError as error:
                # The other language is still built: its faults belong into the same report.
                faults += error.faults
            except MkDocsException as error:
                raise BuildError("\n".join(f"docs/{language}: {line}" for line in (*collected, error))) from error
        warnings += [f"docs/{language}: {warning}" for warning in collected]
    if faults:
        raise FaultsError(faults)
    papers = list(config.extra["build"].papers.values())
    root_url: str = config.extra["root_url"]
    for source_map in fresh.rglob("*.map"):
        source_map.unlink()
    export_bibliography(papers, fresh / "bib")
    for language in LANGUAGES:
        write_index(fresh / language, config.extra["build"].glossary)
    rows = config.extra["build"].results.rows
    (fresh / "results.csv").write_text(as_csv(rows), encoding="utf-8")
    (fresh / "results.json").write_text(as_json(rows), encoding="utf-8")
    (fresh / "demos").mkdir()
    for paper in papers:
        if paper.demo is not None:
            shutil.copyfile(paper.demo, fresh / "demos" / paper.demo.name)
    write_frame(fresh, root_url, papers, editions)
    (fresh / "index.html").write_text(root_page(root_url), encoding="utf-8")
    (fresh / "404.html").write_text(not_found_page(root_url), encoding="utf-8")
    pages = (path.read_text(encoding="utf-8") for path in fresh.rglob("*.html"))
    write_math_font(fresh / "assets" / "stix-two-math.woff2", characters(pages))
    return warnings + [str(fault) for fault in parity_faults(fresh)]


def _publish(fresh: Path, target: Path, old: Path) -> None:
    """Put the fresh site into the place of the old one by two renames."""
    if target.exists():
        target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise


def messages(error: PaperNotesError) -> list[str]:
    """Give the lines of an error: one for each fault."""
    return [str(fault) for fault in error.faults] if isinstance(error, FaultsError) else str(error).splitlines()
