"""Formula and code: excerpts are the source itself, and every name that a page gives for a symbol exists."""

import ast
import re
import subprocess
import sys

import pytest

from paper_notes.faults import FaultsError
from paper_notes.notebooks import Embedding
from paper_notes.site import build_site
from paper_notes.source_excerpt import MARK, read_excerpt, with_excerpts
from ssl_core.digest import PACKAGE
from tests.paper_notes.sample import REPOSITORY

ADDRESS = "https://github.com/Loy-rh/paper_notes"
PAPERS = sorted(path.stem for path in (REPOSITORY / "bib").glob("*.bib"))
MODULE = '''"""A module."""
import functools


# Above.
@functools.cache
def loss(x):  # why
    """Say.

    More.
    """
    # The first step.
    return x + inner(x)  # beside


class Method:
    """Say."""

    size = 3

    def forward(self):
        """Say."""

        def nested():
            "Say."
            return """kept"""

        return nested()

    def only(self):
        """All that it has."""
'''


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "core"
    (folder / "methods").mkdir(parents=True)
    (folder / "losses.py").write_text(MODULE, encoding="utf-8")
    (folder / "methods/one.py").write_text(MODULE, encoding="utf-8")
    return folder


def test_function_keeps_comments_and_decorator_and_loses_its_docstring(package):
    excerpt = read_excerpt("core.losses.loss", package)
    assert excerpt.code == (
        "@functools.cache\ndef loss(x):  # why\n    # The first step.\n    return x + inner(x)  # beside"
    )
    assert (excerpt.path, excerpt.first, excerpt.last) == ("core/losses.py", 6, 13)


def test_method_is_moved_to_the_margin_and_named_with_its_class(package):
    excerpt = read_excerpt("core.methods.one.Method.forward", package)
    assert excerpt.name == "Method.forward"
    assert excerpt.path == "core/methods/one.py"
    assert excerpt.code.splitlines()[0] == "def forward(self):"
    assert "Say" not in excerpt.code
    assert 'return """kept"""' in excerpt.code


def test_class_loses_all_docstrings_but_one_that_is_a_whole_body(package):
    code = read_excerpt("core.losses.Method", package).code
    assert "Say" not in code
    assert "All that it has" in code
    ast.parse(code)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("core.losses.gone", "gone is not defined in core.losses"),
        ("core.losses.Method.gone", "gone is not defined in core.losses.Method"),
        ("core.losses.size", "size is not defined in core.losses"),
        ("core.losses", "core.losses names no function, class or method of core"),
        ("core.nowhere.loss", "core.nowhere.loss names no function, class or method of core"),
        ("torch.losses.loss", "torch.losses.loss names no function, class or method of core"),
        ("core.methods.losses.loss", "core.methods.losses.loss names no"),
    ],
)
def test_name_that_does_not_exist_is_an_error_that_says_so(package, name, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read_excerpt(name, package)


def test_unknown_name_is_a_fault_at_its_line():
    page = "---\na: b\n---\n\nText.\n\n<!-- source ssl_core.losses.gone -->\n"
    markdown, faults = with_excerpts(page[15:], Embedding(), page, "docs/en/papers/x.md", "en", ADDRESS)
    assert "source" not in markdown
    assert [str(fault).partition(": name")[0] for fault in faults] == [
        "docs/en/papers/x.md:7: gone is not defined in ssl_core.losses"
    ]


def test_unknown_name_fails_the_build(repository):
    page = repository / "docs/ja/papers/other.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n<!-- source ssl_core.losses.gone -->\n", encoding="utf-8")
    with pytest.raises(FaultsError, match=r"docs/ja/papers/other\.md:15: gone is not defined in ssl_core\.losses"):
        build_site(repository, repository / "site")


def test_page_shows_the_source_highlighted_with_a_link_to_its_lines(repository):
    for language in ("ja", "en"):
        page = repository / f"docs/{language}/papers/simclr.md"
        text = page.read_text(encoding="utf-8")
        page.write_text(
            text.replace("| A | 0.5 |\n", "| A | 0.5 |\n\n<!-- source ssl_core.losses.nt_xent -->\n"),
            encoding="utf-8",
        )
    build_site(repository, repository / "site")
    excerpt = read_excerpt("ssl_core.losses.nt_xent")
    html = (repository / "site/en/papers/simclr/index.html").read_text(encoding="utf-8")
    figure = re.search(r'<figure class="source-excerpt".*?</figure>', html, re.DOTALL)[0]
    assert 'aria-label="Source code of nt_xent"' in figure
    assert f'href="{ADDRESS}/blob/main/ssl_core/losses.py#L{excerpt.first}-L{excerpt.last}"' in figure
    assert '<span class="k">def</span>' in figure
    assert "Algorithm 1" not in figure
    lines = (PACKAGE / "losses.py").read_text(encoding="utf-8").splitlines()
    assert lines[excerpt.first - 1].startswith("def nt_xent(")
    assert lines[excerpt.last - 1].strip() in excerpt.code


def test_torch_is_never_imported():
    code = (
        "import sys; from paper_notes.source_excerpt import read_excerpt; read_excerpt('ssl_core.losses.nt_xent'); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def loss_section(language, slug):
    text = (REPOSITORY / f"docs/{language}/papers/{slug}.md").read_text(encoding="utf-8")
    return re.search(r"^## .*\{ #loss \}\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)[1]


@pytest.mark.parametrize("slug", PAPERS)
def test_code_follows_the_table_of_symbols_and_is_short_in_both_languages(slug):
    names = {}
    for language in ("ja", "en"):
        after_table = re.split(r"^\|.*\|\n(?!\|)", loss_section(language, slug), maxsplit=1, flags=re.MULTILINE)[1]
        assert MARK.match(after_table.lstrip("\n"))
        names[language] = MARK.findall(after_table)
    assert names["ja"] == names["en"]
    assert sum(len(read_excerpt(name).code.splitlines()) for name in names["ja"]) <= 40


class Names(ast.NodeVisitor):
    """Collects what Python source defines or assigns: functions, classes, arguments, variables, attributes."""

    def __init__(self):
        self.defined, self.used, self.classes = set(), set(), set()

    def visit(self, node):
        match node:
            case ast.ClassDef(name=name):
                self.classes.add(name)
                self.defined.add(name)
            case ast.FunctionDef(name=name) | ast.arg(arg=name):
                self.defined.add(name)
            case ast.Name(id=name, ctx=context) | ast.Attribute(attr=name, ctx=context):
                (self.defined if isinstance(context, ast.Store) else self.used).add(name)
        self.generic_visit(node)


def names_of(*sources):
    names = Names()
    for source in sources:
        names.visit(ast.parse(source))
    return names


def code_column(section):
    """Give the code of the last column of the table of symbols."""
    table = re.search(r"^\| (?:記号|Symbol) \|(?:.*\n)+?(?=\n|\Z)", section, re.MULTILINE)[0].splitlines()
    assert table[0].endswith((" 本ノートのコード |", " In our code |"))
    return [code for row in table[2:] for code in re.findall(r"`([^`]+)`", row.rstrip(" |").rpartition(" | ")[2])]


def missing_names(codes, shown, package):
    """Give the names that neither stand in the shown source nor are defined in the package."""
    missing = []
    for code in codes:
        wanted = names_of(code)
        known = shown.defined | shown.used | package.defined | {"len"}
        missing += sorted((wanted.used | wanted.defined) - known)
        if re.fullmatch(r"[A-Z]\w*\.\w+", code) and code.split(".")[0] not in package.classes:
            missing.append(code)
    return missing


@pytest.fixture(scope="module")
def ssl_core_names():
    return names_of(*(path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")))


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("slug", PAPERS)
def test_every_name_of_the_code_column_stands_in_the_shown_source_or_in_ssl_core(ssl_core_names, slug, language):
    section = loss_section(language, slug)
    shown = names_of(*(read_excerpt(name).code for name in MARK.findall(section)))
    codes = code_column(section)
    assert len(codes) >= 7
    assert missing_names(codes, shown, ssl_core_names) == []


def test_a_name_that_no_longer_exists_is_found(ssl_core_names):
    shown = names_of("def f(x):\n    return x.norm()")
    codes = ["x", "norm", "renamed", "2 * nt_xent(x, gone)", "HAI.nothing", "Gone.forward", "len(x)"]
    assert missing_names(codes, shown, ssl_core_names) == ["renamed", "gone", "nothing", "Gone", "Gone.forward"]


@pytest.mark.parametrize(
    "mark",
    [
        "<!-- source: ssl_core.losses.nt_xent -->",
        "<!-- source ssl_core.losses.nt_xent, ssl_core.losses.positives -->",
        "See <!-- source ssl_core.losses.nt_xent -->",
        "<!-- cite -->",
    ],
)
@pytest.mark.parametrize("page", ["papers/other.md", "about.md", "index.md"])
def test_a_mark_that_nothing_replaces_fails_the_build_on_every_page(repository, page, mark):
    path = repository / "docs/en" / page
    text = f"{path.read_text(encoding='utf-8')}\nMore.\n\n{mark}\n"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FaultsError) as caught:
        build_site(repository, repository / "site")
    comment = mark[mark.index("<") :][:60]
    line = len(text.splitlines())
    assert [str(fault).partition(": write")[0] for fault in caught.value.faults] == [
        f"docs/en/{page}:{line}: nothing replaces {comment!r}"
    ]


def test_a_mark_in_a_code_block_stays_as_it_is():
    page = "```html\n<!-- source ssl_core.losses.gone -->\n```\n"
    assert with_excerpts(page, Embedding(), page, "docs/en/papers/x.md", "en", ADDRESS) == (page, [])


def test_marks_in_code_blocks_are_shown(repository):
    for language in ("ja", "en"):
        path = repository / f"docs/{language}/papers/other.md"
        marks = "".join(f"<!-- {name} -->\n" for name in ("cite", "idea", "source ssl_core.losses.nt_xent"))
        path.write_text(path.read_text(encoding="utf-8") + f"\n```\n{marks}```\n", encoding="utf-8")
    build_site(repository, repository / "site")
    html = (repository / "site/en/papers/other/index.html").read_text(encoding="utf-8")
    block = re.search(r"<pre>.*&lt;!-- cite.*?</pre>", html, re.DOTALL)[0]
    for words in ("&lt;!-- idea --&gt;", "&lt;!-- source ssl_core.losses.nt_xent --&gt;"):
        assert words in block
