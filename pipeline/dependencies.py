"""What the outputs of a lab depend on: its code, the package's modules behind it, versions."""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import platform
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from pipeline.labs import PACKAGE, ROOT, LabFailed, code


def _imported(tree: ast.AST, package: str = "") -> Iterator[str]:
    """Dotted names that a syntax tree imports, with every name that may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) + 1 - node.level]
            base = ".".join(
                [*(above if node.level else []), *([node.module] if node.module else [])]
            )
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body = node.body[1:] or [ast.Pass()]
    return tree


def _parsed(source: str, where: str) -> ast.Module:
    """Syntax tree of a cell or a module, IPython's own lines turned into Python."""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except SyntaxError as error:
        raise LabFailed(f"{where}: {error}") from None


def _located(tree: ast.AST) -> Iterator[str]:
    """Distributions whose files the code looks up by name, as `modelcollapse.data` does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            if node.func.id in ("_file", "distribution") and isinstance(first, ast.Constant):
                yield str(first.value)


@cache
def _read_code(source: str, package: str, where: str) -> tuple[str, list[str], set[str]]:
    """Of a module or a cell: its code without docstrings, its imports, the data it looks up."""
    tree = _without_docstrings(_parsed(source, where))
    return ast.dump(tree), list(_imported(tree, package)), set(_located(tree))


def dependencies(lab: Path, root: Path = ROOT) -> tuple[dict[str, str], dict[str, str]]:
    """What a lab imports, directly or not.

    Returns
    -------
    modules : dict
        Path of each module of the package, from the root, and its code without docstrings.
    versions : dict
        Each installed distribution behind the imports, and its version.
    """
    modules, outside, located = _reached(nbformat.read(lab, as_version=4), root, lab.name)
    return modules, _versions(outside | {"ipykernel"}, located)


def needs(notebook: NotebookNode, module: str) -> bool:
    """Whether a notebook imports a top-level module, itself or through the package."""
    return module in _reached(notebook, ROOT, "a notebook")[1]


def _reached(
    notebook: NotebookNode, root: Path, where: str
) -> tuple[dict[str, str], set[str], set[str]]:
    """The package's modules behind a notebook, top-level modules of others, data looked up."""
    modules: dict[str, str] = {}
    outside: set[str] = set()
    located: set[str] = set()
    names: list[str] = []
    for source in code(notebook):
        if "import" in source:
            names += _read_code(source, "", where)[1]
    while names:
        name = names.pop()
        top, *rest = name.split(".")
        if top != PACKAGE:
            outside.add(top)
            continue
        # Importing a.b.c runs a and a.b too; a name that is no module is something inside one.
        for end in range(len(rest) + 1):
            base = root.joinpath(top, *rest[:end])
            for file in (base / "__init__.py", base.with_suffix(".py")):
                key = file.relative_to(root).as_posix()
                if file.is_file() and key not in modules:
                    package = ".".join(file.relative_to(root).parts[:-1])
                    modules[key], more, data = _read_code(file.read_text("utf-8"), package, key)
                    located |= data
                    names += more
    return modules, outside, located


def _versions(imports: Iterable[str], located: Iterable[str]) -> dict[str, str]:
    """Versions of the distributions behind top-level imports, and of all that these require."""
    owners = _owners()
    todo = [owner for name in imports for owner in owners.get(name, [])] + list(located)
    found: dict[str, str] = {}
    while todo:
        name = re.sub(r"[-_.]+", "-", todo.pop()).lower()
        if name in found or name == PACKAGE:
            continue
        version, requires = _installed(name)
        if version:  # else required on other systems only
            found[name] = version
            todo += requires
    return found


@cache
def _owners() -> Mapping[str, list[str]]:
    return importlib.metadata.packages_distributions()


@cache
def _installed(name: str) -> tuple[str, list[str]]:
    """The version of a distribution and what it requires; an empty version if it is not there."""
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return "", []
    wanted = [line for line in distribution.requires or [] if "extra ==" not in line]
    names = [re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0] for line in wanted]
    return distribution.version, names


_PARSING = threading.Lock()  # ast.parse of Python 3.11 may crash when two threads are in it


def key(lab: Path) -> str:
    """A digest of everything that the outputs of a lab depend on."""
    with _PARSING:
        modules, versions = dependencies(lab)
    what = [code(nbformat.read(lab, as_version=4)), modules, versions, platform.python_version()]
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()
