"""The generated parts of a paper's page: the block under its title and the record of its demo's run."""

from collections.abc import Mapping
from html import escape
from typing import Any

from paper_notes.papers import Paper
from paper_notes.reading_list import badges, links
from paper_notes.words import WORDS, Language
from ssl_core.runs import data_title


def colab_address(repository: str, slug: str) -> str:
    """Give the address at which Colab opens a demo straight from the repository.

    >>> colab_address("https://github.com/Loy-rh/paper_notes", "simclr")
    'https://colab.research.google.com/github/Loy-rh/paper_notes/blob/main/demos/simclr.ipynb'
    """
    owner_and_name = "/".join(repository.rstrip("/").removesuffix(".git").split("/")[-2:])
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/main/demos/{slug}.ipynb"


def paper_header(paper: Paper, language: Language, site_root: str, repository: str) -> str:
    """Give the HTML block under the page's title.

    `site_root` is the relative address of the folder that holds demos/, ending in a slash.
    """
    words = WORDS[language]
    entry = paper.entry
    authors = "".join(f"<li>{escape(author)}</li>" for author in entry.authors)
    keywords = "".join(f"<li>{escape(word)}</li>" for word in paper.keywords)
    buttons = ""
    if paper.demo is not None:
        colab = escape(colab_address(repository, paper.slug))
        buttons = (
            f'<a class="button button-main" href="{colab}" rel="noopener">{words["colab"]}</a>'
            f'<a class="button" href="{site_root}demos/{paper.slug}.ipynb" download>{words["download"]}</a>'
        )
    venue = entry.short_venue if entry.short_venue == entry.venue else f"{entry.venue} ({entry.short_venue})"
    if f"({entry.short_venue})" in entry.venue:
        venue = entry.venue
    return (
        '<div class="paper-header">'
        f'<p class="paper-title" lang="en">{escape(entry.title)}</p>'
        f'<ul class="authors" lang="en">{authors}</ul>'
        f'<p class="paper-venue" lang="en">{escape(venue)}, {entry.year}</p>'
        f'<p class="paper-claim">{escape(paper.description[language])}</p>'
        f'<div class="paper-marks" data-search-exclude="true">{badges(paper, language)}'
        f'<ul class="keywords" lang="en" aria-label="{words["keywords"]}">{keywords}</ul></div>'
        f'<section class="paper-actions" data-search-exclude="true">{links(paper, language)}'
        f'<div class="buttons">{buttons}</div></section>'
        "</div>"
    )


def run_record(executed: Mapping[str, Any], language: Language, repository: str, *, stale: bool) -> str:
    """Give the line under the demo's heading that says when, on what and from which commit it was executed."""
    words = WORDS[language]
    data = executed["data"]
    hardware = executed["hardware"]
    machine = hardware.get("gpu") or words["cores"].format(cpu=hardware["cpu"], cores=hardware["cores"])
    facts = {
        "run-date": escape(str(executed["date"])),
        "run-data": escape(words["data"].format(**{**data, "name": data_title(str(data["name"]))})),
        "run-hardware": escape(machine),
        "run-seconds": duration(float(executed["seconds"]), language),
    }
    commit = executed.get("git_commit")
    if isinstance(commit, str) and commit.isalnum():
        link = f'<a href="{escape(repository)}/commit/{commit}" rel="noopener"><code>{commit[:7]}</code></a>'
        facts["run-commit"] = link
    items = "".join(f"<div><dt>{words[name]}</dt><dd>{value}</dd></div>" for name, value in facts.items())
    mark = f'<p class="run-stale">{words["stale"]}</p>' if stale else ""
    return (
        f'<section class="run-record" data-search-exclude="true" role="group" aria-label="{words["status"]}">'
        f"<dl>{items}</dl>{mark}</section>"
    )


def duration(seconds: float, language: Language) -> str:
    """Write a duration for reading.

    >>> duration(208.4, "en"), duration(12.2, "ja")
    ('3 min 28 s', '12秒')
    """
    words = WORDS[language]
    if seconds < 60:
        return words["seconds"].format(seconds=seconds)
    minutes, rest = divmod(round(seconds), 60)
    return words["minutes"].format(minutes=minutes, seconds=rest)
