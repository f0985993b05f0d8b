"""The words of docs/glossary.md, kept: what our own things may not be called.

One rule for the editor: an exception is a whole name with its reason, never a word taken off the list.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.source_tree import Module, dotted, modules, read_module, refuse

NOT_OUR_WORDS = {
    "user": "person, officer, storekeeper",
    "users": "people",
    "asset": "item",
    "assets": "items",
    "sku": "model",
    "checkout": "issue",
    "checkin": "return",
    "loan": "issue",
    "warehouse": "store",
    "status": "the fact itself: state, duty, bay word",
    "util": "what it does",
    "utils": "what it does",
    "helper": "what it does",
    "helpers": "what it does",
    "misc": "what it does",
    "common": "what it holds",
    "handler": "what it does",
    "handlers": "what they do",
    "repository": "the table's own module",
    "dao": "the table's own module",
    "dto": "the thing itself",
}

ALLOWED = {
    "duty_status": "the field's term for full, restricted, recuperative …",
    "status_code": "HTTP's own term",
    "http_status": "HTTP's own term",
    "bwv_user": "the name of the course",
    "user_agent": "HTTP's own term",
}

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def words_of(name: str) -> list[str]:
    """The words of a name in any of Python's cases, lower-cased."""
    return [word.lower() for word in WORD.findall(name)]


def names_of(module: Module) -> Iterator[tuple[str, str]]:
    """(name, place) of the module, its classes, functions, arguments and table columns."""
    yield module.name.split(".")[-1], module.path
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, module.at(node)
        if (
            isinstance(node, ast.Call)
            and dotted(node.func).split(".")[-1] in ("Table", "Column")
            and node.args
        ):
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, module.at(node)


def wrong_words(module: Module) -> list[str]:
    """Names that use a word that is not ours, with the word that is."""
    found = []
    for name, place in names_of(module):
        said = words_of(name)
        phrase = "_".join(said)
        for excuse in ALLOWED:
            phrase = re.sub(rf"(^|_){excuse}(?=_|$)", r"\1", phrase)
        wrong = set(phrase.split("_")) & set(NOT_OUR_WORDS)
        found += [f"{place} {name}: {word} → {NOT_OUR_WORDS[word]}" for word in sorted(wrong)]
    return found


def test_things_are_called_what_the_force_calls_them() -> None:
    refuse([line for module in modules() for line in wrong_words(module)])


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("class UserAccount: ...", 1),
        ("def checkout_item(): ...", 1),
        ("class HTTPStatus: ...", 0),
        ("def duty_status(): ...", 0),
        ("def set_status(): ...", 1),
        ('sa.Column("status", sa.Text)', 1),
    ],
)
def test_the_search_reads_names_in_every_case(text: str, count: int) -> None:
    assert len(wrong_words(read_module("api/x.py", text))) == count


def test_no_class_is_named_for_a_layer() -> None:
    layers = re.compile(r"\w(?<!By)(Service|Repository|Handler|Dao|Dto|Impl|Factory|Mixin)$")
    found = [
        f"{module.at(node)} {node.name}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef) and layers.search(node.name)
    ]
    refuse(found)


def test_no_module_is_a_drawer_for_odds_and_ends() -> None:
    drawers = {"utils", "helpers", "common", "misc", "base_classes", "stuff", "tools"}
    refuse([module.path for module in modules() if module.name.split(".")[-1] in drawers])
