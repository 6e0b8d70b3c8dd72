"""Takes from a notebook's code the statements that a few names need, and leaves the rest.

A statement is kept if it binds a name that is needed, or changes its value in place: through an
index or an attribute, by a method that does so (``append``, ``sort``), or by drawing from a random
generator. What a kept statement reads is needed in turn, as it stood there. A change through a
second name for the same object is not seen.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

SHOWING = {"modelcollapse.claims", "modelcollapse.plots", "altair", "ipywidgets", "IPython.display"}
PRINTING = {"print", "display"}
CHANGING = set(
    "add append appendleft clear discard extend fill insert pop popitem popleft put remove resize "
    "reverse setdefault setflags setdiag sort update".split()
)
CHANGING_FIRST = {"at", "copyto", "fill_diagonal", "place", "put", "putmask", "shuffle"}


class HandoutError(ValueError):
    """A lab is not marked up, or not written, as a handout needs it."""


@dataclass
class Names:
    """What some code does to the names of its notebook."""

    reads: set[str] = field(default_factory=set)  # when it runs
    later: set[str] = field(default_factory=set)  # when a function that it defines is called
    binds: set[str] = field(default_factory=set)  # perhaps
    sure: set[str] = field(default_factory=set)  # in any case
    changes: set[str] = field(default_factory=set)  # in place
    later_changes: set[str] = field(default_factory=set)


@dataclass
class Statement:
    """A top-level statement, the cell it stands in, and its lines there, the first being 0."""

    cell: str
    node: ast.stmt
    first: int
    last: int
    names: Names

    @property
    def imports(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def defines(self) -> bool:
        return isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)


def names(nodes: Iterable[ast.AST]) -> Names:
    """What these statements, one after another, do to the names of their notebook."""
    flow = _Flow()
    for node in nodes:
        flow.visit(node)
    return flow.names


def parse(source: str, cell: str) -> ast.Module:
    """The syntax tree of a cell's code."""
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise HandoutError(
            f"cell {cell!r}: line {error.lineno} is not Python ({error.msg}); a lab's code cells "
            "must be plain Python"
        ) from None


def statements(cell: str, source: str) -> list[Statement]:
    """The top-level statements of a cell, each with the comment lines right above it."""
    lines, found, free = source.split("\n"), [], 0
    for node in parse(source, cell).body:
        decorators = getattr(node, "decorator_list", [])
        first = min(part.lineno for part in (node, *decorators)) - 1
        while first > free and lines[first - 1].lstrip().startswith("#"):
            first -= 1
        free = node.end_lineno or first + 1
        found.append(Statement(cell, node, first, free - 1, names([node])))
    return found


def needed(code: Sequence[Statement], wanted: Iterable[str]) -> dict[int, set[str]]:
    """The statements that give `wanted` names the values that they have after all of `code`.

    Returns
    -------
    dict
        For the place in `code` of each statement to keep, the names that are needed of it.
    """
    changed = _changes(code)
    kept: dict[int, set[str]] = {}
    todo, seen = [(name, len(code)) for name in sorted(wanted)], set()
    while todo:
        name, end = todo.pop()
        if (name, end) in seen:
            continue
        seen.add((name, end))
        for i in reversed(range(end)):
            at = code[i].names
            if name in at.binds | changed[i]:
                kept.setdefault(i, set()).add(name)
                todo += [(read, i) for read in at.reads]
                if name in at.binds:
                    todo += [(read, end) for read in at.later]
                if name in at.sure:
                    break
    return kept


def _changes(code: Sequence[Statement]) -> list[set[str]]:
    """The names whose values each statement may change in place, itself or by a call."""
    generators = set().union(*(_generators(s.node) for s in code))
    modules = set().union(*(s.names.binds for s in code if s.imports))  # np.sort changes no np
    reads: dict[str, set[str]] = {}
    by_call: dict[str, set[str]] = {}
    for s in code:
        for name in s.names.binds if s.names.later | s.names.later_changes else ():
            reads[name] = reads.get(name, set()) | s.names.later
            draws = s.names.later & generators
            by_call[name] = by_call.get(name, set()) | s.names.later_changes | draws

    def reach(names: set[str]) -> set[str]:
        reached, new = set(names), set(names)
        while new := set().union(*(reads.get(name, set()) for name in new)) - reached:
            reached |= new
        return reached

    return [
        (s.names.changes - modules)
        | (s.names.reads & generators)
        | set().union(*(by_call.get(name, set()) for name in reach(s.names.reads)))
        for s in code
    ]


def _generators(node: ast.AST) -> Iterator[str]:
    """Names bound to a new random generator."""
    for part in ast.walk(node):
        if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
            if re.search(r"(default_rng|Generator)$", ast.unparse(part.value.func)):
                yield from (t.id for t in part.targets if isinstance(t, ast.Name))


def showing(code: Iterable[Statement]) -> set[str]:
    """The imported names that only claim, report or show."""
    return {
        alias.asname or alias.name.split(".")[0]
        for s in code
        for module, alias in _aliases(s.node)
        if module in SHOWING or (f"{module}.{alias.name}" if module else alias.name) in SHOWING
    }


def _aliases(node: ast.stmt) -> Iterator[tuple[str, ast.alias]]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        for alias in node.names:
            yield getattr(node, "module", "") or "", alias


def shows(statement: Statement, names_that_show: set[str]) -> bool:
    """Whether a statement claims, reports, shows or prints when it runs."""
    if statement.defines:
        return False
    for part in ast.walk(statement.node):
        if isinstance(part, ast.Call):
            function = part.func
            if isinstance(function, ast.Name) and function.id in names_that_show | PRINTING:
                return True
            if isinstance(function, ast.Attribute) and _base(function) in names_that_show:
                return True
    return False


def import_text(statement: Statement, lines: Sequence[str], drop: set[str]) -> str:
    """An import statement without the names in `drop`; as it stands if that is all of it."""
    node = statement.node
    assert isinstance(node, ast.Import | ast.ImportFrom)
    left = [a for a in node.names if (a.asname or a.name.split(".")[0]) not in drop]
    if len(left) == len(node.names):
        return "\n".join(lines[statement.first : statement.last + 1])
    if isinstance(node, ast.Import):
        return ast.unparse(ast.Import(left))
    return ast.unparse(ast.ImportFrom(node.module, left, node.level))


def text(source: str, kept: Sequence[Statement]) -> str:
    """The lines of some statements of a cell, with the blank lines that stand between them."""
    lines, last = source.split("\n"), -1
    written: list[str] = []
    for s in kept:
        gap = lines[last + 1 : s.first] if written else []
        runs = [len(list(run)) for blank, run in groupby(gap, lambda line: not line) if blank]
        written += [""] * max(runs, default=0)
        written += lines[max(s.first, last + 1) : s.last + 1]
        last = s.last
    return "\n".join(written)


def _base(node: ast.expr) -> str | None:
    """The name in ``name[...].attribute``."""
    while isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
        node = node.value
    return node.id if isinstance(node, ast.Name) else None


def _changed_by(node: ast.AST) -> Iterator[str]:
    """Names whose values this one node changes in place."""
    places: list[ast.expr] = []
    if isinstance(node, ast.Subscript | ast.Attribute) and not isinstance(node.ctx, ast.Load):
        places = [node]
    elif isinstance(node, ast.AugAssign):
        places = [node.target]
    elif isinstance(node, ast.Call):
        places = [keyword.value for keyword in node.keywords if keyword.arg == "out"]
        if isinstance(node.func, ast.Attribute):
            if node.func.attr in CHANGING:
                places.append(node.func.value)
            if node.func.attr in CHANGING_FIRST:
                places += node.args[:1]
    yield from (name for name in map(_base, places) if name)


def _globals(function: ast.AST) -> tuple[set[str], set[str]]:
    """Names that a function or lambda takes from its notebook, and those that it binds there."""
    if isinstance(function, ast.expr):
        function = ast.Expr(function)
    tables = list(symtable.symtable(ast.unparse(function), "cell", "exec").get_children())
    read: set[str] = set()
    bound: set[str] = set()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_global():
                read |= {symbol.get_name()} if symbol.is_referenced() else set()
                bound |= {symbol.get_name()} if symbol.is_assigned() else set()
    return read, bound


class _Flow(ast.NodeVisitor):
    """Walks through code in the order in which it runs."""

    def __init__(self) -> None:
        self.names = Names()
        self.local: set[str] = set()  # variables of the comprehensions that we are in

    def visit(self, node: ast.AST) -> None:
        self.names.changes |= set(_changed_by(node)) - self.local
        super().visit(node)

    def all(self, *parts: ast.AST | Sequence[ast.AST | None] | None) -> None:
        for part in parts:
            for node in part if isinstance(part, Sequence) else [part]:
                if node is not None:
                    self.visit(node)

    def bind(self, name: str) -> None:
        if name not in self.local:
            self.names.binds.add(name)
            self.names.sure.add(name)

    def perhaps(self, *parts: ast.AST | Sequence[ast.AST] | None) -> set[str]:
        """Walk through what may not run, or not to its end; the names bound if it does."""
        before = set(self.names.sure)
        self.all(*parts)
        after, self.names.sure = self.names.sure, before
        return after

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id)
        elif node.id not in self.local | self.names.sure:
            self.names.reads.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.all(node.value, node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.all(node.annotation, node.value)
        if node.value or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.visit(ast.Name(node.target.id, ast.Load()))
        self.all(node.value, node.target)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.all(node.value, node.target)

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self.perhaps(node.target, node.body)
        self.perhaps(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self.perhaps(node.body)
        self.perhaps(node.orelse)

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self.names.sure = self.perhaps(node.body) & self.perhaps(node.orelse)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit(node.test)
        self.perhaps(node.body)
        self.perhaps(node.orelse)

    def visit_With(self, node: ast.With) -> None:
        self.all(node.items)
        self.perhaps(node.body)  # the manager may swallow an error

    def visit_withitem(self, node: ast.withitem) -> None:
        self.all(node.context_expr, node.optional_vars)

    def visit_Try(self, node: ast.Try) -> None:
        self.perhaps(node.body, node.orelse)
        for handler in node.handlers:
            self.perhaps(handler)
        self.all(node.finalbody)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.all(node.type)
        if node.name:
            self.bind(node.name)
        self.all(node.body)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            self.perhaps(case)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        if node.name:
            self.bind(node.name)
        self.all(node.pattern)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.all(node.keys, node.patterns)
        if node.rest:
            self.bind(node.rest)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name.split(".")[0])

    visit_ImportFrom = visit_Import

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        arguments = node.args
        annotated = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        annotated += [a for a in (arguments.vararg, arguments.kwarg) if a]
        self.all(node.decorator_list, arguments.defaults, arguments.kw_defaults)
        self.all([a.annotation for a in annotated if a.annotation], node.returns)
        self.function(node)
        self.bind(node.name)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.all(node.args.defaults, node.args.kw_defaults)
        read, _ = self.function(node)
        self.names.reads |= read - self.local - self.names.sure  # it may be called at once

    def function(self, node: ast.AST) -> tuple[set[str], set[str]]:
        read, bound = _globals(node)
        self.names.later |= read
        inside = {name for part in ast.walk(node) for name in _changed_by(part)}
        self.names.later_changes |= (inside & read) | bound
        return read, bound

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.all(node.decorator_list, node.bases, [keyword.value for keyword in node.keywords])
        body = names(node.body)
        self.names.reads |= body.reads - self.local - self.names.sure
        self.names.later |= body.later
        self.names.changes |= body.changes - body.binds
        self.names.later_changes |= body.later_changes
        self.bind(node.name)

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> None:
        self.comprehension(node.generators, [node.elt])

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self.comprehension(node.generators, [node.key, node.value])

    def comprehension(self, parts: list[ast.comprehension], results: list[ast.expr]) -> None:
        outer = set(self.local)
        for part in parts:
            self.visit(part.iter)
            targets = (n for n in ast.walk(part.target) if isinstance(n, ast.Name))
            self.local |= {n.id for n in targets if isinstance(n.ctx, ast.Store)}
            self.all(part.target, part.ifs)
        self.all(results)
        self.local = outer
