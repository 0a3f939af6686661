"""Fills the skeletons of skeletons/: the two pages of a new paper, and for a demo its method, test and notebook.

A skeleton says with TODO lines what is still to be written; `paper-notes check` lists those that are left. In pages
they are comments of HTML or YAML, which readers do not see.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

from paper_notes.add_entry import NewEntry
from paper_notes.venues import short_venue

SKELETONS = Path(__file__).parent / "skeletons"
CODE_WIDTH = 118
DEMO = {
    "ja": "\n## デモ { #demo }\n\n<!-- TODO: ノートブックで何を確かめるのかを書く -->\n\n<!-- notebook -->\n",
    "en": "\n## Demo { #demo }\n\n<!-- TODO: say what the notebook shows -->\n\n<!-- notebook -->\n",
}
NAME_TODO = "# TODO: 論文での短い呼び名を、大文字と小文字を区別して書く\n"
LINKS_TODO = {
    True: "リンクが開くことを確かめ、公式コードがあれば code を加える",
    False: "paper (論文) と bibtex (BibTeXのあるページ) のアドレスを書き、公式コードがあれば code を加える",
}


@dataclass(frozen=True)
class Facts:
    """What the skeletons are filled with."""

    slug: str
    name: str
    chapter: str
    chapter_name: str
    repository: str
    entry: NewEntry
    today: date


def pages(facts: Facts, *, demo: bool) -> dict[str, str]:
    """Give both pages of a paper by their paths."""
    links = "".join(f"\n  {name}: {_yaml(address)}" for name, address in facts.entry.links.items())
    # A paper has at least one keyword; its chapter is one that is true of it.
    keywords = list(facts.entry.keywords) or [facts.chapter_name]
    values = {
        "NAME": _yaml(facts.name),
        # A slug that stands in for the name has lost its capitals.
        "NAME_TODO_JA": NAME_TODO if facts.name == facts.slug else "",
        "CHAPTER": facts.chapter,
        "KEYWORDS": _yaml(keywords),
        "DATE": facts.today.isoformat(),
        "LINKS": links or " {}",
        "LINKS_TODO_JA": LINKS_TODO[bool(links)],
        "SLUG": facts.slug,
    }
    return {
        f"docs/{language}/papers/{facts.slug}.md": _filled(
            f"page.{language}.md", {**values, "DEMO": DEMO[language] if demo else ""}
        )
        for language in ("ja", "en")
    }


def demo_files(facts: Facts) -> dict[str, str]:
    """Give method, test and notebook of a demo by their paths."""
    values = {
        "SLUG": facts.slug,
        "NAME": facts.name,
        # Inside a Python string of the notebook.
        "NAME_CODE": re.sub(r'([\\"{}])', "", facts.name),
        "CLASS": class_name(facts.name, facts.slug),
        "HEADLINE": headline(facts),
        "REPOSITORY": facts.repository,
    }
    notebook = notebook_of(_filled("demo.py.txt", values), facts.slug)
    return {
        f"ssl_core/methods/{facts.slug}.py": _filled("method.py.txt", values),
        f"tests/ssl_core/test_{facts.slug}.py": _filled("test.py.txt", values),
        f"demos/{facts.slug}.ipynb": json.dumps(notebook, indent=1, ensure_ascii=False) + "\n",
    }


def headline(facts: Facts) -> str:
    """Give the first lines of a method's docstring: its name, then title, authors and venue of the paper."""
    entry = facts.entry
    families = entry.families
    who = " & ".join(families) if len(families) < 3 else f"{families[0]} et al."
    venue = short_venue(entry.fields.get("booktitle") or entry.fields.get("journal") or "")
    where = " ".join(
        part for part in (f"{venue}," if len(venue) > 20 else venue, entry.fields.get("year", "")) if part
    )
    # The line stands in a docstring, and `python -m ssl_core methods` prints it.
    title = entry.title.removeprefix(f"{facts.name}:").strip()
    text = f"{facts.name}: {title} ({who}, {where})."
    text = text.replace("\\", "").replace('"', "'")
    return "\n".join(wrap(text, CODE_WIDTH - 3))


def class_name(name: str, slug: str) -> str:
    """Give a class name.

    >>> class_name("MoCo v2", "mocov2"), class_name("論文", "ronbun")
    ('MoCoV2', 'Ronbun')
    """
    words = re.findall(r"[A-Za-z0-9]+", name)
    joined = "".join(word[0].upper() + word[1:] for word in words)
    return joined if joined[:1].isalpha() else re.sub("-", "", slug.title())


def notebook_of(script: str, slug: str) -> dict[str, Any]:
    r"""Turn a script with `# %%` lines into a notebook that says of itself that it has not been executed yet.

    >>> notebook_of("# %% lang-en views\n## Views\n# %% code\nx = 1\n", "moco")["cells"][0]["metadata"]
    {'tags': ['lang-en'], 'paper_notes': {'id': 'views'}}
    """
    cells = []
    parts = re.split(r"^# %% (.*)\n", script, flags=re.MULTILINE)
    for number, (marks, source) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
        words = marks.split()
        identifier = hashlib.sha256(f"{slug} {number}".encode()).hexdigest()[:8]
        lines = source.strip("\n").splitlines(keepends=True)
        metadata: dict[str, Any] = {}
        if words[0] == "code":
            if words[1:]:
                metadata["tags"] = words[1:]
            own: dict[str, Any] = {"cell_type": "code", "execution_count": None, "outputs": []}
        else:
            metadata["tags"] = words[:1]
            if words[1:]:
                metadata["paper_notes"] = {"id": words[1]}
            own = {"cell_type": "markdown"}
        cells.append({**own, "id": identifier, "metadata": metadata, "source": lines})
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "paper_notes": {"draft": True},
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _filled(name: str, values: Mapping[str, str]) -> str:
    """Fill a skeleton in one pass, so that a title which looks like a place to fill stays a title."""
    text = (SKELETONS / name).read_text(encoding="utf-8")
    return re.sub(r"@@([A-Z_]+)@@", lambda found: values[found[1]], text)


def _yaml(value: object) -> str:
    """Write a value on one line of YAML."""
    text: str = yaml.safe_dump(value, allow_unicode=True, width=1_000_000, default_flow_style=True)
    return text.removesuffix("...\n").strip()
