"""Our own source as data, for the house tests: modules, functions, imports, code lines.

One rule for the editor: what is counted here is counted as the style measure of the design counts it
(a code line holds a token other than a comment or a docstring), so that one number means one thing.
Nothing of ours is imported to be looked at: a file is read, never run.
"""

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("devices", "inventory", "firmware_bridge", "api")

Function = ast.FunctionDef | ast.AsyncFunctionDef
LAYOUT = {
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
    tokenize.ENCODING,
}
BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.TryStar, ast.Match)


@dataclass(frozen=True)
class Import:
    """One thing imported: `target` is the dotted name, as far as it can be a module."""

    target: str
    line: int
    is_lazy: bool


@dataclass(frozen=True)
class Module:
    """One file: `path` relative to the checkout, `name` dotted."""

    path: str
    name: str
    tree: ast.Module
    text: str

    @cached_property
    def code_lines(self) -> frozenset[int]:
        """The numbers of the lines that count; few ask, and to find them takes as long as all the rest."""
        return frozenset(_token_lines(self.text) - _docstring_lines(self.tree))

    @property
    def is_generated(self) -> bool:
        """Whether Alembic wrote it: a dated record of one change, never edited, long as the schema is."""
        return "/migrations/versions/" in self.path

    def at(self, node: ast.AST) -> str:
        """`path:line` of a node, as an editor opens it."""
        return f"{self.path}:{getattr(node, 'lineno', 1)}"


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the four packages, in order of path."""
    paths = [path for package in PACKAGES for path in sorted((TOP / package).rglob("*.py"))]
    return tuple(read_module(path.relative_to(TOP).as_posix(), path.read_text("utf-8")) for path in paths)


def read_module(path: str, text: str) -> Module:
    """`text` as the module that would lie at `path`."""
    tree = ast.parse(text, path)
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return Module(path, ".".join(parts), tree, text)


@cache
def tracked_files() -> tuple[str, ...]:
    """Paths of the files that belong to the project, relative to the checkout, text and other.

    From git where the checkout is one; an unpacked archive holds nothing else, so there every file counts.
    """
    if (TOP / ".git").exists():
        command = ["git", "-c", "safe.directory=*", "-C", str(TOP), "ls-files", "-z", "--cached"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        return tuple(name for name in listed if name and (TOP / name).is_file())
    hidden = {".venv", "__pycache__", "var", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
    found = (path.relative_to(TOP) for path in TOP.rglob("*") if path.is_file())
    return tuple(path.as_posix() for path in found if hidden.isdisjoint(path.parts))


def _token_lines(text: str) -> set[int]:
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT and token.type not in LAYOUT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _docstring_lines(tree: ast.Module) -> set[int]:
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node) is not None:
            first = node.body[0]
            lines.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return lines


# ---- functions -------------------------------------------------------------------------------------


def functions(module: Module) -> Iterator[Function]:
    """Every def of a module, methods and nested ones too."""
    return (node for node in ast.walk(module.tree) if isinstance(node, Function))


def code_length(module: Module, node: Function) -> int:
    """Code lines of a function from its `def`; docstrings, comments and decorators left out."""
    return sum(line in module.code_lines for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))


def argument_count(node: Function) -> int:
    """Arguments of every kind, `self` and `cls` left out."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    given += [extra for extra in (node.args.vararg, node.args.kwarg) if extra]
    return sum(argument.arg not in ("self", "cls") for argument in given)


def nesting(node: ast.AST) -> int:
    """Deepest stack of compound statements inside a function; `elif` does not deepen."""
    deepest = 0
    for child in _blocks_in(node):
        if not isinstance(child, Function | ast.ClassDef):
            is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
            step = 1 if isinstance(child, BLOCKS) and not is_elif else 0
            deepest = max(deepest, step + nesting(child))
    return deepest


def _blocks_in(node: ast.AST) -> Iterator[ast.AST]:
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        yield from getattr(node, name, ())


# ---- imports ---------------------------------------------------------------------------------------


@cache
def imports(module: Module) -> tuple[Import, ...]:
    """What a module imports; `from a import b` is `a.b` where that is one of our modules, else `a`.

    `Later("a.b:c")` counts as an import of `a.b` (decision record 0011).
    """
    lazy = {id(inner) for function in functions(module) for inner in ast.walk(function)}
    return tuple(
        Import(target, node.lineno, id(node) in lazy)
        for node in ast.walk(module.tree)
        for target in _targets(node)
    )


def _targets(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name for alias in node.names}
    if isinstance(node, ast.ImportFrom):
        origin = node.module or ""
        whole = {f"{origin}.{alias.name}" for alias in node.names}
        return {name if _is_ours(name) else origin for name in whole}
    if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "Later":
        return {_loaded_later(node)}
    return set()


def _loaded_later(node: ast.Call) -> str:
    """The module that `Later("module:name")` loads. What is not written out like that cannot be held to anything."""
    match node.args:
        case [ast.Constant(value=str(where))] if re.fullmatch(r"[a-z_.0-9]+:\w+", where) and not node.keywords:
            return where.partition(":")[0]
    raise ValueError(f"line {node.lineno}: Later(...) takes one written-out \"module:name\"")


def _is_ours(name: str) -> bool:
    path = TOP.joinpath(*name.split("."))
    return name.split(".")[0] in PACKAGES and (
        path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()
    )


def refuse(found: Iterable[object]) -> None:
    """Fail with one offender a line; pass when there is none."""
    lines = [str(line) for line in found]
    assert not lines, "\n" + "\n".join(lines)


def is_within(name: str, package: str) -> bool:
    """Whether a dotted name is the package or lies below it."""
    return name == package or name.startswith(f"{package}.")


def dotted(node: ast.AST) -> str:
    """`a.b.c` for the expression a.b.c, "" for what is not a plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        origin = dotted(node.value)
        return f"{origin}.{node.attr}" if origin else node.attr
    return ""
