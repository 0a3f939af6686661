"""The generated parts of a paper's page: the block under its title and the record of its demo's run."""

import logging
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from paper_notes.freshness import changed_parts
from paper_notes.notebooks import Notebook, executed_facts
from paper_notes.papers import Paper
from paper_notes.people import script_of
from paper_notes.reading_list import badges, links
from paper_notes.results_words import LABELS, data_name
from paper_notes.words import WORDS, Language, image_count

log = logging.getLogger("mkdocs.plugins.paper_notes")
# The id of a run's record, equal in both languages.
RECORD = "run-record"
# Where a paper's page finds what the kinds of our runs are.
KINDS_OF_RUNS = "../../about/#runs"


def colab_address(repository: str, slug: str) -> str:
    """Give the address at which Colab opens a demo straight from the repository.

    >>> colab_address("https://github.com/Loy-rh/paper_notes", "simclr")
    'https://colab.research.google.com/github/Loy-rh/paper_notes/blob/main/demos/simclr.ipynb'
    """
    owner_and_name = "/".join(repository.rstrip("/").removesuffix(".git").split("/")[-2:])
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/main/demos/{slug}.ipynb"


def paper_header(
    paper: Paper, language: Language, site_root: str, repository: str, executed: Mapping[str, Any], runs: str
) -> str:
    """Give the HTML block under the page's title.

    `site_root` is the relative address of the folder that holds demos/, ending in a slash; `executed` is what the
    demo's run recorded, empty without a demo, and `runs` the link to the method's stored runs, empty without any.
    """
    words = WORDS[language]
    entry = paper.entry
    authors = "".join(f'<li lang="{script_of(author)}">{escape(author)}</li>' for author in entry.authors)
    keywords = "".join(f"<li>{escape(word)}</li>" for word in paper.keywords)
    buttons = ""
    if paper.demo is not None:
        whole = f'<a class="button" href="{site_root}{language}/demos/{paper.slug}/">{words["notebook"]}</a>'
        buttons = demo_buttons(paper, language, site_root, repository, executed, whole)
    venue = entry.short_venue if entry.short_venue == entry.venue else f"{entry.venue} ({entry.short_venue})"
    if f"({entry.short_venue})" in entry.venue:
        venue = entry.venue
    return (
        '<div class="paper-header">'
        f'<p class="paper-title" lang="{script_of(entry.title)}">{escape(entry.title)}</p>'
        f'<ul class="authors">{authors}</ul>'
        f'<p class="paper-venue" lang="{script_of(venue)}">{escape(venue)}, {entry.year}</p>'
        f"{status_line(paper, language, repository, executed, runs)}"
        f'<p class="paper-claim">{escape(paper.description[language])}</p>'
        f'<div class="paper-marks">{badges(paper, language)}'
        f'<ul class="keywords" lang="en" aria-label="{words["keywords"]}">{keywords}</ul></div>'
        f'<section class="paper-actions" data-search-exclude="true">{links(paper, language)}'
        f"{buttons}</section>"
        "</div>"
    )


def status_line(
    paper: Paper, language: Language, repository: str, executed: Mapping[str, Any], runs: str = ""
) -> str:
    """Give the line that says when the paper was read and from what, on what its demo ran, where our results are."""
    words = WORDS[language]
    parts = [words[f"status-{paper.status}"].format(date=f'<time datetime="{paper.date}">{paper.date}</time>')]
    if paper.depth is not None:
        parts.append(words[f"depth-{paper.depth}"])
    if executed:
        facts = run_facts(executed, language, repository)
        shown = [facts[name] for name in ("run-date", "run-data-name", "run-hardware", "run-commit") if name in facts]
        demo = words["demo-executed"].format(facts=" · ".join(shown))
        parts.append(f'{demo} <a href="#{RECORD}">{words["status"]}</a>')
    if runs:
        parts.append(runs)
    items = "".join(f"<li>{part}</li>" for part in parts)
    return f'<ul class="status-line" data-search-exclude="true" aria-label="{words["status-line"]}">{items}</ul>'


def demo_buttons(
    paper: Paper,
    language: Language,
    site_root: str,
    repository: str,
    executed: Mapping[str, Any],
    others: str = "",
) -> str:
    """Give the buttons that open a demo, other ones after them, and what running it takes."""
    words = WORDS[language]
    colab = escape(colab_address(repository, paper.slug))
    return (
        f'<div class="buttons"><a class="button button-main" href="{colab}" rel="noopener">{words["colab"]}</a>'
        f'<a class="button" href="{site_root}demos/{paper.slug}.ipynb" download>{words["download"]}</a>{others}'
        f'<p class="run-cost">{run_cost(executed, language)}</p></div>'
    )


def run_cost(executed: Mapping[str, Any], language: Language) -> str:
    """Say what running a demo takes, as its stored run measured it.

    >>> hardware = {"cpu": "x", "cores": 2, "gpu": None}
    >>> run_cost({"seconds": 292.0, "peak_memory_bytes": 2254857830, "hardware": hardware}, "en")
    'About 5 min and 2.1 GiB of memory on a 2-core CPU (measured); no GPU needed'
    """
    words = WORDS[language]
    hardware = executed["hardware"]
    machine = words["cost-gpu" if hardware.get("gpu") else "cost-cpu"]
    return machine.format(
        minutes=max(1, round(float(executed["seconds"]) / 60)),
        memory=int(executed["peak_memory_bytes"]) / 2**30,
        cores=hardware["cores"],
        gpu=escape(str(hardware.get("gpu"))),
    )


def demo_record(notebook: Notebook, slug: str, language: Language, repository: str, root: Path) -> str:
    """Give the record of a demo's run, marked when ssl_core or the stored runs behind it have changed since."""
    told: dict[str, tuple[str, str]] = {"code": ("stale", "ssl_core"), "runs": ("stale-runs", f"results/{slug}")}
    marks = []
    for part in changed_parts(notebook, slug, root):
        if part in told:
            mark, what = told[part]
            marks.append(mark)
            log.info("demos/%s.ipynb: %s has changed since it was executed: run make demos DEMO=%s", slug, what, slug)
    return run_record(executed_facts(notebook), language, repository, marks)


def run_record(executed: Mapping[str, Any], language: Language, repository: str, stale: Sequence[str]) -> str:
    """Give the line under the demo's heading that says when, on what and from which commit it was executed.

    `stale` names the words that mark it.
    """
    words = WORDS[language]
    facts = run_facts(executed, language, repository)
    names = ("run-date", "run-data", "run-hardware", "run-seconds", "run-commit")
    items = "".join(f"<div><dt>{words[name]}</dt><dd>{facts[name]}</dd></div>" for name in names if name in facts)
    marks = "".join(f'<p class="run-stale">{words[name]}</p>' for name in stale)
    return (
        f'<section class="run-record" id="{RECORD}" data-search-exclude="true" role="group" '
        f'aria-label="{words["status"]}">'
        f"<dl>{items}</dl>{marks}</section>"
    )


def run_kinds(language: Language) -> str:
    """Give the line that says from which of our runs the numbers of a demo come, and leads to what they are."""
    words = WORDS[language]["run-kinds"].format(about=KINDS_OF_RUNS)
    return f'<p class="run-kinds" data-search-exclude="true">{words}</p>'


def run_facts(executed: Mapping[str, Any], language: Language, repository: str) -> dict[str, str]:
    """Give what a demo's run recorded, each fact as HTML; the commit is missing for a run outside a checkout."""
    data = executed["data"]
    name = data_name(str(data["name"]), language)
    facts = {
        "run-date": escape(str(executed["date"])),
        "run-data": escape(data_sentence(name, data, language)),
        "run-data-name": escape(name),
        "run-hardware": escape(machine(executed["hardware"], language)),
        "run-seconds": duration(float(executed["seconds"]), language),
    }
    if commit := commit_html(executed.get("git_commit"), language, repository):
        facts["run-commit"] = commit
    return facts


def data_sentence(name: str, data: Mapping[str, Any], language: Language) -> str:
    """Name the data of a run and say how many images they are.

    >>> data_sentence("CIFAR-10", {"n_train": 50000, "n_test": 10000}, "ja")
    'CIFAR-10（学習5万枚・評価1万枚）'
    """
    counts = {part: image_count(data[part], language) for part in ("n_train", "n_test")}
    return WORDS[language]["data"].format(name=name, **counts)


def machine(hardware: Mapping[str, Any], language: Language) -> str:
    """Name the machine of a run: its GPU, else its CPU.

    >>> machine({"cpu": "a CPU", "cores": 2, "gpu": None}, "en")
    'a CPU (2 cores)'
    """
    words = WORDS[language]["core" if hardware["cores"] == 1 else "cores"]
    return str(hardware.get("gpu") or words.format(cpu=hardware["cpu"], cores=hardware["cores"]))


def commit_html(commit: object, language: Language, repository: str) -> str:
    """Link the commit of a run and say when there were changes on top of it; nothing for a run outside a checkout."""
    if not isinstance(commit, str):
        return ""
    known = commit.removesuffix("-dirty")
    shown = f"<code>{escape(known[:7])}</code>"
    if known.isalnum():
        shown = f'<a href="{escape(repository)}/commit/{known}" rel="noopener">{shown}</a>'
    return shown if known == commit else shown + LABELS[language]["uncommitted"]


def duration(seconds: float, language: Language) -> str:
    """Write a duration for reading.

    >>> duration(208.4, "en"), duration(12.2, "ja")
    ('3 min 28 s', '12秒')
    >>> duration(59.7, "en"), duration(36000, "en")
    ('1 min 00 s', '10 h 00 min')
    """
    words = WORDS[language]
    # Rounded before it is split, so that no part reads 60.
    whole = round(seconds)
    if whole < 60:
        return words["seconds"].format(seconds=whole)
    if whole < 3600:
        return words["minutes"].format(minutes=whole // 60, seconds=whole % 60)
    hours, minutes = divmod(round(seconds / 60), 60)
    return LABELS[language]["hours"].format(hours=hours, minutes=minutes)
