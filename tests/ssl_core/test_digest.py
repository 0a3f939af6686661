"""What `ssl_core.digest` promises: code counts, words about code do not, and imports are followed."""

import pytest

from ssl_core import digest
from ssl_core.digest import bare_code, imported_modules, modules_used, notebook_digest, run_digest, source_digest

FILES = {
    "__init__.py": "",
    "low.py": "def f(x):\n    return x + 1\n",
    "middle.py": '"""Says."""\nfrom ssl_core.low import f\n\n\ndef g(x):\n    "Says."\n    return f(x)  # why\n',
    "other.py": "VALUE = 1\n",
    "methods/__init__.py": "",
    "methods/base.py": "BASE = 1\n",
    "methods/simclr.py": "from ssl_core import middle\nfrom ssl_core.methods import base\n",
}
TOP = "ssl_core.methods.simclr"


@pytest.fixture
def package(tmp_path, monkeypatch):
    for name, code in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code)
    monkeypatch.setattr(digest, "PACKAGE", tmp_path)
    return tmp_path


def test_imports_are_followed(package):
    used = {"ssl_core.low", "ssl_core.middle", "ssl_core.methods", "ssl_core.methods.base", TOP}
    assert set(modules_used({TOP})) == used


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("middle.py", "# why", "# because of something else"),
        ("middle.py", "  # why", ""),
        ("middle.py", '"""Says."""', '"""Says more,\n\non several lines."""'),
        ("middle.py", '    "Says."\n', ""),
        ("middle.py", "\n\n\ndef", "\n\n\n\n\ndef"),
        ("low.py", "x + 1\n", "x + 1   \n\n\n"),
    ],
)
def test_comments_docstrings_and_blank_lines_do_not_count(package, name, old, new):
    before = source_digest(TOP)
    text = (package / name).read_text()
    assert old in text
    (package / name).write_text(text.replace(old, new))
    assert source_digest(TOP) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("low.py", "x + 1", "x + 2"),  # two imports away
        ("low.py", "    return", "        return"),
        ("middle.py", "f(x)", "f(x) or '# why'"),
        ("methods/base.py", "1", "2"),
    ],
)
def test_code_counts_also_that_of_imported_modules(package, name, old, new):
    before = source_digest(TOP)
    text = (package / name).read_text()
    assert old in text
    (package / name).write_text(text.replace(old, new))
    assert source_digest(TOP) != before


TABLES = """
PRESETS = {
    "quick": 1,
}
ABLATION_IMAGES = 10
_ABLATION = PRESETS["quick"]
ABLATION = {"one": _ABLATION}
STUDIES = {"two": _ABLATION}
"""


def test_tables_of_presets_do_not_count_for_a_run_notes_its_settings(package):
    file = package / "methods/simclr.py"
    file.write_text(FILES["methods/simclr.py"] + TABLES)
    before = source_digest(TOP)
    file.write_text(FILES["methods/simclr.py"] + TABLES.replace('"quick": 1,', '"quick": 2,\n    "full": 3,'))
    assert source_digest(TOP) == before
    file.write_text(FILES["methods/simclr.py"] + TABLES + "LIMIT = 1\n")
    assert source_digest(TOP) != before


def test_a_study_is_what_its_own_file_and_its_method_make_of_it(package):
    for name in ("train.py", "study.py", "studies/__init__.py"):
        (package / name).parent.mkdir(exist_ok=True)
        (package / name).write_text("")
    (package / "studies/simclr.py").write_text("from ssl_core.methods import simclr\n")
    before = {preset: run_digest("simclr", preset) for preset in ("ablation", "study")}
    (package / "studies/simclr.py").write_text("from ssl_core.methods import simclr\nHEAD = 0\n")
    assert run_digest("simclr", "ablation") == before["ablation"]
    changed = run_digest("simclr", "study")
    assert changed != before["study"]
    (package / "low.py").write_text(FILES["low.py"].replace("x + 1", "x + 2"))
    assert run_digest("simclr", "ablation") != before["ablation"]
    assert run_digest("simclr", "study") != changed


def test_a_notebook_is_old_when_its_studies_change(package):
    (package / "studies").mkdir()
    without = notebook_digest("x = 1", "simclr")
    (package / "studies/simclr.py").write_text("HEAD = 0\n")
    before = notebook_digest("x = 1", "simclr")
    (package / "studies/simclr.py").write_text("HEAD = 1\n")
    assert len({without, before, notebook_digest("x = 1", "simclr")}) == 3


def test_the_digest_does_not_cover_itself(package):
    (package / "digest.py").write_text("ONE = 1\n")
    (package / "methods/simclr.py").write_text("import ssl_core.digest\n")
    before = source_digest(TOP)
    (package / "digest.py").write_text("ONE = 2\n")
    assert source_digest(TOP) == before


def test_a_module_that_is_not_imported_does_not_count(package):
    before = source_digest(TOP)
    (package / "other.py").write_text("VALUE = 2\n")
    assert source_digest(TOP) == before
    (package / "low.py").write_text("from ssl_core.other import VALUE\n" + FILES["low.py"])
    assert source_digest(TOP) != before


def test_modules_that_import_each_other_come_to_an_end(package):
    (package / "low.py").write_text("import ssl_core.middle\n")
    assert "ssl_core.low" in modules_used({TOP})


def test_the_order_of_the_modules_does_not_matter(package):
    assert source_digest("ssl_core.low", "ssl_core.other") == source_digest("ssl_core.other", "ssl_core.low")


def test_a_notebook_stands_on_its_imports_and_its_method(package):
    code = "from ssl_core.other import VALUE\nprint(VALUE)"
    before = notebook_digest(code, "simclr")
    (package / "other.py").write_text("VALUE = 2\n")
    after = notebook_digest(code, "simclr")
    assert after != before
    (package / "low.py").write_text("def f(x):\n    return 0\n")
    assert notebook_digest(code, "simclr") != after


def test_imports_inside_functions_are_seen_and_other_packages_are_not():
    code = "import torch\nimport ssl_core_extra\ndef f():\n    from ssl_core import losses, train\n"
    code += "    import ssl_core.data as d\n"
    assert imported_modules(code) == {"ssl_core.losses", "ssl_core.train", "ssl_core.data"}


@pytest.mark.parametrize(
    ("code", "bare"),
    [
        ('x = "# no comment"  # a comment', 'x = "# no comment"'),
        ("class A:\n    '''Doc.\n\n    More.\n    '''\n    x = 1", "class A:\n    x = 1"),
        ("async def f():\n    'Doc.'\n    return 1", "async def f():\n    return 1"),
        ("名 = '値'  # 日本語", "名 = '値'"),
        ("LIMIT = 3\n'''What the limit is for.'''\nx = 1", "LIMIT = 3\nx = 1"),
        ("x = '''\n  text # no comment\n'''", "x = '''\n  text # no comment\n'''"),
    ],
)
def test_bare_code_of_hard_cases(code, bare):
    assert bare_code(code) == bare
