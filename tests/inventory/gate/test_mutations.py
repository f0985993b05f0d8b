"""Every comparison in the rules matters: turn any one of them round and a row of the policy table fails.

One rule for the editor: a mutant that no row kills is a row to be written, or code that says nothing and goes.
"""

import ast
import copy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from inventory.gate import decision, facts, rules, shapes
from inventory.gate.facts import Facts
from inventory.gate.rules import BY_CODE, RULES
from tests.inventory.gate import policy_rows
from tests.inventory.gate.policy_rows import Row, is_right, rows

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add,
}  # fmt: skip
"""Each operator and what it is turned into; `not` is dropped, min and max change places."""
CALLS = {"min": "max", "max": "min", "all": "any", "any": "all"}


@dataclass(frozen=True)
class Mutant:
    """One operator of one file turned round: the `number`-th that can be, in the order of the tree."""

    module: ModuleType
    number: int
    name: str


NOT_OF_THE_TABLE = ("judge_person", "judge_kit", "shown")
"""Functions of `decision` that answer other questions than a draw; their own tests are beside this one."""


def spots(tree: ast.AST) -> list[tuple[ast.AST, int]]:
    """The nodes that can be turned round, each with which of its operators."""
    found: list[tuple[ast.AST, int]] = []
    for node in _nodes(tree):
        if isinstance(node, ast.Compare):
            found += [(node, n) for n, op in enumerate(node.ops) if type(op) in SWAPS]
        elif is_operator(node) or is_call(node):
            found.append((node, 0))
    return found


def is_operator(node: ast.AST) -> bool:
    """Whether a node is `and`, `or`, `+`, `-` or `not`."""
    if isinstance(node, ast.BoolOp | ast.BinOp):
        return type(node.op) in SWAPS
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)


def is_call(node: ast.AST) -> bool:
    """Whether a node calls one of `CALLS`."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a tree, but those of functions the table says nothing of."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.FunctionDef) and child.name in NOT_OF_THE_TABLE):
            yield from _nodes(child)


def turn_round(tree: ast.AST, number: int) -> None:
    """Turn one operator round, in place."""
    node, n = spots(tree)[number]
    if isinstance(node, ast.Compare):
        node.ops[n] = SWAPS[type(node.ops[n])]()  # type: ignore[assignment]
    elif isinstance(node, ast.BoolOp | ast.BinOp):
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd()
        node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        node.func.id = CALLS[node.func.id]
    ast.fix_missing_locations(tree)


def tree_of(module: ModuleType) -> ast.Module:
    return ast.parse(Path(str(module.__file__)).read_text("utf-8"))


def rule_modules() -> list[ModuleType]:
    return [module for module in vars(rules).values() if isinstance(module, ModuleType)]


def mutants_of(module: ModuleType) -> list[Mutant]:
    tree = tree_of(module)
    return [
        Mutant(
            module,
            n,
            f"{module.__name__.rpartition('.')[2]}:{getattr(node, 'lineno', 0)} {ast.unparse(node)}",
        )
        for n, (node, _) in enumerate(spots(tree))
    ]


def run(tree: ast.Module, like: ModuleType) -> ModuleType:
    """A fresh module made of a tree."""
    made = ModuleType(like.__name__)
    made.__file__ = like.__file__
    sys.modules[like.__name__] = made  # dataclasses look their module up by name
    try:
        exec(compile(tree, str(like.__file__), "exec"), made.__dict__)
    finally:
        sys.modules[like.__name__] = like
    return made


@contextmanager
def in_force(mutant: Mutant) -> Iterator[None]:
    """The gate with one operator turned round, put right again afterwards."""
    tree = copy.deepcopy(tree_of(mutant.module))
    turn_round(tree, mutant.number)
    made = run(tree, mutant.module)
    if mutant.module in (facts, decision):
        with replaced_methods(made) if mutant.module is facts else replaced_decide(made):
            yield
        return
    changed = [made] if mutant.module is not shapes else users_of(made)
    kept = {rule.code: rule.condition for rule in RULES}
    try:
        for module in changed:
            object.__setattr__(BY_CODE[module.RULE.code], "condition", module.RULE.condition)
        yield
    finally:
        for code, condition in kept.items():
            object.__setattr__(BY_CODE[code], "condition", condition)


def users_of(mutated_shapes: ModuleType) -> list[ModuleType]:
    """Every rule's file run anew on mutated shapes."""
    sys.modules[shapes.__name__] = mutated_shapes
    try:
        return [run(tree_of(module), module) for module in rule_modules()]
    finally:
        sys.modules[shapes.__name__] = shapes


@contextmanager
def replaced_methods(made: ModuleType) -> Iterator[None]:
    names = ("__post_init__", "lasts", "carried_model", "charge_typed")
    kept = {name: Facts.__dict__[name] for name in names}
    policy_rows.facts_of.cache_clear()
    try:
        for name in names:
            setattr(Facts, name, made.Facts.__dict__[name])
        yield
    finally:
        for name, method in kept.items():
            setattr(Facts, name, method)
        policy_rows.facts_of.cache_clear()


@contextmanager
def replaced_decide(made: ModuleType) -> Iterator[None]:
    kept = policy_rows.decide
    try:
        policy_rows.decide = made.decide
        yield
    finally:
        policy_rows.decide = kept


def survives(mutant: Mutant) -> bool:
    """Whether no row of the table notices."""
    with in_force(mutant):
        return all(_is_right(row) for row in _likely_first(mutant))


def _is_right(row: Row) -> bool:
    try:
        return is_right(row)
    except (TypeError, AttributeError, ValueError, KeyError, OverflowError):
        return False


def _likely_first(mutant: Mutant) -> list[Row]:
    code = getattr(getattr(mutant.module, "RULE", None), "code", "")
    return sorted(rows(), key=lambda row: code not in " ".join(row.codes))


MODULES = [*rule_modules(), shapes, facts, decision]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_turning_round_any_comparison_breaks_a_row_of_the_table(module: ModuleType) -> None:
    assert [mutant.name for mutant in mutants_of(module) if survives(mutant)] == []


def test_there_are_mutants_to_speak_of_and_the_gate_is_whole_again_afterwards() -> None:
    assert sum(len(mutants_of(module)) for module in MODULES) > 200
    assert all(is_right(row) for row in rows())
    assert decision.RULES is RULES
