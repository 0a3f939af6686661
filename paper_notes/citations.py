"""The citations of a paper: its files under bib/, all formats for the reading list, the cite box of its page."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

from paper_notes.bib_export import as_bibtex, normalise
from paper_notes.csl import Item, csl_item
from paper_notes.page_head import coins, paper_head
from paper_notes.papers import Paper
from paper_notes.people import script_of
from paper_notes.ris import as_ris
from paper_notes.styles import apa, ieee, markdown, plain_text
from paper_notes.words import Language

TITLES = {"bibtex": "BibTeX", "ris": "RIS", "csl": "CSL-JSON", "apa": "APA 7", "ieee": "IEEE", "markdown": "Markdown"}
# Formats that are files, and what their files are called.
SUFFIXES = {"bibtex": "bib", "ris": "ris", "csl": "json"}
WORDS: dict[Language, dict[str, str]] = {
    "ja": {
        "box": "引用",
        "kinds": "引用の形式",
        "copy": "コピー",
        "copy-kind": "{kind}をコピー",
        "download": ".{suffix}をダウンロード",
        "copied": "{kind}をコピーした。",
        "refused": "コピーできなかった。選択された{kind}をキーボードでコピーしてほしい。",
        "as-published": "題名の大文字と小文字は、出版社の表記のままである。",
    },
    "en": {
        "box": "Citation",
        "kinds": "Citation format",
        "copy": "Copy",
        "copy-kind": "Copy {kind}",
        "download": "Download .{suffix}",
        "copied": "{kind} copied.",
        "refused": "The browser did not copy. {kind} is selected: copy it with the keyboard.",
        "as-published": "The title keeps the capitals of its publisher.",
    },
}


@dataclass(frozen=True)
class Citation:
    """One paper in every format; `apa` and `ieee` are HTML with <i> as the only mark, all others plain text."""

    bibtex: str
    ris: str
    item: Item
    apa: str
    ieee: str
    markdown: str

    @property
    def csl(self) -> str:
        """Give the CSL-JSON file: a list of one item."""
        return json_text([self.item])


def citation(paper: Paper) -> Citation:
    """Give the citations of a paper."""
    return _citation(paper.entry.source, paper.links.get("paper", ""))


@cache
def _citation(source: str, link: str) -> Citation:
    record = normalise(source)
    item = csl_item(record)
    return Citation(as_bibtex(record), as_ris(item), item, apa(item), ieee(item), markdown(item, link))


def json_text(items: Sequence[Item]) -> str:
    """Write items as a file of CSL-JSON, byte for byte as a browser's JSON.stringify would."""
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


def cite_box(paper: Paper, language: Language, site_root: str) -> str:
    """Give the HTML of the cite box: a choice of formats, each with a button that copies it and a link to its file.

    `site_root` is the relative address of the folder that holds bib/, ending in a slash. The choice needs no script.
    """
    words = WORDS[language]
    cited = citation(paper)
    kinds = "".join(
        f'<label><input type="radio" name="cite-kind" value="{kind}" autocomplete="off"'
        f"{' checked' if kind == 'bibtex' else ''}><span>{title}</span></label>"
        for kind, title in TITLES.items()
    )
    texts = {
        **{kind: f'<pre tabindex="0">{escape(getattr(cited, kind), quote=False)}</pre>' for kind in SUFFIXES},
        "apa": f'<p class="cite-line">{cited.apa}</p>',
        "ieee": f'<p class="cite-line">{cited.ieee}</p>',
        "markdown": f'<p class="cite-line">{escape(cited.markdown, quote=False)}</p>',
    }
    spoken = script_of(cited.item["title"])
    panels = "".join(
        f'<div class="cite-panel" data-kind="{kind}"><div lang="{spoken}" translate="no">{text}</div>'
        f'<div class="cite-tools">{_tools(paper, kind, language, site_root)}</div></div>'
        for kind, text in texts.items()
    )
    return (
        f'<section class="cite-box" data-search-exclude="true" aria-label="{words["box"]}">{coins(cited.item)}'
        f'<fieldset class="cite-kinds"><legend class="visually-hidden">{words["kinds"]}</legend>{kinds}</fieldset>'
        f'{panels}<p class="cite-said" role="status"></p></section>'
    )


def head_of(
    paper: Paper | None, language: Language, address: str, site_root: str, repository: str, changed: str
) -> str:
    """Give what machines read in a page's head, last changed on `changed`; nothing on a page not about a paper."""
    if paper is None:
        return ""
    return paper_head(paper, citation(paper).item, language, address, site_root, repository, changed)


def _tools(paper: Paper, kind: str, language: Language, site_root: str) -> str:
    words = WORDS[language]
    said = "".join(f' data-{name}="{words[name].format(kind=TITLES[kind])}"' for name in ("copied", "refused"))
    label = words["copy-kind"].format(kind=TITLES[kind])
    button = f'<button type="button" class="button cite-copy" aria-label="{label}"{said}>{words["copy"]}</button>'
    if kind in SUFFIXES:
        file = f"{paper.slug}.{SUFFIXES[kind]}"
        shown = words["download"].format(suffix=SUFFIXES[kind])
        return f'{button}<a class="button" href="{site_root}bib/{file}" download>{shown}</a>'
    return button + (f"<small>{words['as-published']}</small>" if kind == "apa" else "")


def export_bibliography(papers: Sequence[Paper], folder: Path) -> None:
    """Write `<slug>.bib`, `.ris` and `.json` for each paper, all.* for the whole list, and citations.js.

    citations.js is a script instead of JSON, so that the reading list can load it without a server.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cited = {paper.slug: citation(paper) for paper in papers}
    files = {
        f"{slug}.{suffix}": getattr(each, kind) for slug, each in cited.items() for kind, suffix in SUFFIXES.items()
    }
    files["all.bib"] = "\n".join(each.bibtex for each in cited.values())
    files["all.ris"] = "\n".join(each.ris for each in cited.values())
    files["all.json"] = json_text([each.item for each in cited.values()])
    every = {
        slug: {
            **{"bibtex": each.bibtex, "ris": each.ris, "csl": each.item},
            **{"apa": plain_text(each.apa), "ieee": plain_text(each.ieee), "markdown": each.markdown},
        }
        for slug, each in cited.items()
    }
    lines = ",\n".join(f"{json.dumps(slug)}: {json.dumps(each, ensure_ascii=False)}" for slug, each in every.items())
    files["citations.js"] = f"window.paperCitations = {{\n{lines}\n}};\n"
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
