"""How large a thing may grow before it is two things.

One rule for the editor: the numbers are the house's; code is split to fit them, they are not raised.
"""

import ast

from tests.house.source_tree import (
    TOP,
    Module,
    argument_count,
    code_length,
    functions,
    modules,
    nesting,
    read_module,
    refuse,
)

FUNCTION_LINES_MAX = 40
NESTING_MAX = 3
ARGUMENTS_MAX = 5
RECORD_ARGUMENTS_MAX = 7
FILE_LINES_MAX = 300


def is_record_builder(node: ast.AST, module: Module) -> bool:
    """Whether a function does nothing but build and return one record: one call of a class, returned."""
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if node.name == "__init__":
        return True
    last = node.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    called = value.func if isinstance(value, ast.Call) else None
    name = getattr(called, "attr", getattr(called, "id", ""))
    return name[:1].isupper()


def too_large(module: Module) -> list[str]:
    """The functions of a module beyond the limits, each with its number."""
    found = []
    for node in functions(module):
        length, depth, arguments = code_length(module, node), nesting(node), argument_count(node)
        limit = RECORD_ARGUMENTS_MAX if is_record_builder(node, module) else ARGUMENTS_MAX
        place = f"{module.at(node)} {node.name}"
        found += [f"{place}: {length} code lines"] if length > FUNCTION_LINES_MAX else []
        found += [f"{place}: nesting {depth}"] if depth > NESTING_MAX else []
        found += [f"{place}: {arguments} arguments"] if arguments > limit else []
    return found


def test_functions_are_short_shallow_and_take_few_arguments() -> None:
    refuse([line for module in modules() if not module.is_generated for line in too_large(module)])


def test_test_functions_are_short_and_shallow_too() -> None:
    found = []
    for path in sorted((TOP / "tests").rglob("*.py")):
        module = read_module(path.relative_to(TOP).as_posix(), path.read_text("utf-8"))
        for node in functions(module):
            if code_length(module, node) > FUNCTION_LINES_MAX or nesting(node) > NESTING_MAX:
                found.append(f"{module.at(node)} {node.name}")
    refuse(found)


def test_files_are_short() -> None:
    found = [
        f"{m.path}: {len(m.code_lines)}"
        for m in modules()
        if not m.is_generated and len(m.code_lines) > FILE_LINES_MAX
    ]
    refuse(found)


def test_every_file_opens_by_saying_what_it_is_for() -> None:
    empty = [m for m in modules() if not m.tree.body and m.path.endswith("__init__.py")]
    refuse([m.path for m in modules() if m not in empty and not ast.get_docstring(m.tree)])


def test_the_limits_catch_what_they_should() -> None:
    deep = "def f():\n for a in b:\n  if a:\n   while a:\n    with a:\n     pass\n"
    long = "def f():\n" + "    x = 1\n" * 41
    wide = "def f(a, b, c, d, e, g): pass\n"
    record = "def f(a, b, c, d, e, g): return Record(a)\n"
    said = [too_large(read_module("devices/x.py", text)) for text in (deep, long, wide, record)]
    assert [line.rsplit(":", 1)[1].strip() for lines in said for line in lines] == [
        "nesting 4",
        "42 code lines",
        "6 arguments",
    ]
