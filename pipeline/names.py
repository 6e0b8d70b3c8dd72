"""Which names a piece of code binds, changes and uses."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator
from functools import lru_cache


class _Scopes(ast.NodeTransformer):
    """Comprehensions become generators, which have a scope of their own in every Python.

    From 3.12 on a list, set or dict comprehension stands in the scope around it
    (PEP 709), and the symbol table shows its loop variable as one of that scope.
    """

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(node.elt, node.generators)

    visit_SetComp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> ast.AST:
        self.generic_visit(node)
        return ast.GeneratorExp(ast.Tuple([node.key, node.value], ast.Load()), node.generators)


@lru_cache(maxsize=1)  # what a piece of code binds and what it uses are asked one after the other
def _symbols(code: str) -> symtable.SymbolTable:
    plain = ast.unparse(_Scopes().visit(ast.parse(code)))
    return symtable.symtable(plain, "code", "exec")


def bound(code: str) -> set[str]:
    """Names that are bound outside of functions and classes."""
    top = _symbols(code)
    return {s.get_name() for s in top.get_symbols() if s.is_assigned() or s.is_imported()}


def used(code: str) -> set[str]:
    """Names of the notebook that are read, in functions too; not those of Python itself."""

    def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
        yield table
        for inner in table.get_children():
            yield from tables(inner)

    top = _symbols(code)
    return {
        symbol.get_name()
        for table in tables(top)
        for symbol in table.get_symbols()
        if symbol.is_referenced()
        and (table is top or symbol.is_global())
        # Python 3.14 has one of its own beside an annotation.
        and not symbol.get_name().startswith("__")
    }


def taken(code: str) -> set[str]:
    """Names that are read before the code itself binds them, in functions too."""
    found: set[str] = set()
    own: set[str] = set()
    for statement in ast.parse(code).body:
        text = ast.unparse(statement)
        binds = bound(text)
        before = own | binds if isinstance(statement, ast.For | ast.With) else own
        found |= used(text) - before
        own |= binds
    return found


def changed(code: str) -> set[str]:
    """Names whose value is changed through an index or an attribute, as in ``x[0] = 1``."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
            owner: ast.expr = node
            while isinstance(owner, ast.Subscript | ast.Attribute):
                owner = owner.value
            if isinstance(owner, ast.Name):
                found.add(owner.id)
    return found


def mentioned(text: str) -> set[str]:
    """Names in the code that a text sets in backticks."""
    parts = [part for i, part in enumerate(text.split("`")) if i % 2]
    return {name for part in parts if _is_code(part) for name in used(part)}


def _is_code(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True
