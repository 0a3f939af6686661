"""The cite box of a paper's page and the .bib files that the site offers."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

from paper_notes.papers import Paper
from paper_notes.words import WORDS, Language


def cite_box(paper: Paper, language: Language, site_root: str) -> str:
    """Give the HTML of the cite box: the entry, a button that copies it, a link to it as a file.

    `site_root` is the relative address of the folder that holds bib/, ending in a slash.
    """
    words = WORDS[language]
    source = escape(paper.entry.source)
    # The attribute carries the exact text: a copy of the box's selection would lose the last line end.
    copied = source.replace("\n", "&#10;")
    return (
        '<section class="cite-box" data-search-exclude="true">'
        '<div class="cite-bar"><span class="cite-kind">BibTeX</span>'
        f'<button type="button" class="button cite-copy" data-clipboard-text="{copied}">{words["copy"]}</button>'
        f'<a class="button" href="{site_root}bib/{paper.slug}.bib" download>{words["bib-file"]}</a></div>'
        f'<pre tabindex="0" translate="no">{source}</pre></section>'
    )


def export_bibliography(papers: Sequence[Paper], folder: Path) -> None:
    """Write `<slug>.bib` for each paper and all.bib for the whole list."""
    folder.mkdir(parents=True, exist_ok=True)
    for paper in papers:
        (folder / f"{paper.slug}.bib").write_text(paper.entry.source, encoding="utf-8", newline="\n")
    everything = "\n".join(paper.entry.source for paper in papers)
    (folder / "all.bib").write_text(everything, encoding="utf-8", newline="\n")
