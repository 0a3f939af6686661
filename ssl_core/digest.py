"""Digests of source code: has the code behind a stored result changed since?

The digest of a module covers the files of ssl_core that it imports, directly or not. Comments, docstrings and
blank lines do not count: rewording an explanation does not make a result old. Neither do the tables of presets: every
run notes its own settings, so another entry in a table is no other code. Needs no torch.
"""

import ast
import hashlib
import io
import tokenize
from pathlib import Path
from typing import TypeGuard

PACKAGE = Path(__file__).parent
SETTING_TABLES = {"PRESETS", "ABLATION", "_ABLATION", "ABLATION_IMAGES", "STUDIES"}
COMPUTES_NO_FIGURE = {"ssl_core.digest"}


def imported_modules(code: str) -> set[str]:
    """Return the names of the ssl_core modules that Python source imports.

    >>> sorted(imported_modules("from ssl_core.losses import nt_xent\\nimport torch"))
    ['ssl_core.losses']
    """
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.startswith("ssl_core.") and module_file(name)}


def module_file(name: str) -> Path | None:
    """Return the file of the module `ssl_core.a.b`, or None when there is none."""
    path = PACKAGE.joinpath(*name.split(".")[1:])
    candidates = [path.with_suffix(".py"), path / "__init__.py"]
    return next((file for file in candidates if file.is_file()), None)


def modules_used(names: set[str]) -> list[str]:
    """Return the modules of ssl_core that the named ones use, themselves included, sorted."""
    found: set[str] = set()
    todo = set(names)
    while todo:
        name = todo.pop()
        file = module_file(name)
        if file is None or name in found:
            continue
        found.add(name)
        todo |= imported_modules(file.read_text(encoding="utf-8"))
    return sorted(found)


def bare_code(code: str) -> str:
    """Return Python source without comments, docstrings, tables of presets, blank lines and trailing spaces.

    >>> bare_code('def f():\\n    "Say."\\n    return 1  # why')
    'def f():\\n    return 1'
    """
    lines = code.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(code)):
        if is_docstring(node) or is_setting_table(node):
            for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def is_docstring(node: ast.AST) -> TypeGuard[ast.stmt]:
    """Return whether a node is a string that stands alone, also below a constant, where only readers see it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_setting_table(node: ast.AST) -> TypeGuard[ast.stmt]:
    """Return whether a node assigns one of a method's tables of presets."""
    return isinstance(node, ast.Assign) and any(
        isinstance(target, ast.Name) and target.id in SETTING_TABLES for target in node.targets
    )


def source_digest(*modules: str) -> str:
    """Return the SHA-256 of the code of the named modules and of all that they import from ssl_core.

    >>> len(source_digest("ssl_core.losses"))
    64
    """
    total = hashlib.sha256()
    for name in sorted(set(modules_used(set(modules))) - COMPUTES_NO_FIGURE):
        file = module_file(name)
        assert file is not None
        total.update(f"{name}\n{bare_code(file.read_text(encoding='utf-8'))}\n".encode())
    return total.hexdigest()


def run_digest(slug: str, preset: str) -> str:
    """Return the digest of the code that a method's runs of a preset go through."""
    if preset == "study":
        return source_digest("ssl_core.study", f"ssl_core.studies.{slug}")
    return source_digest("ssl_core.train", f"ssl_core.methods.{slug}")


def notebook_digest(code: str, slug: str) -> str:
    """Return the digest of the ssl_core code behind a notebook: what its cells import, its method and its studies."""
    studies = f"ssl_core.studies.{slug}"
    own = {f"ssl_core.methods.{slug}"} | ({studies} if module_file(studies) else set())
    return source_digest(*(own | imported_modules(code)))
