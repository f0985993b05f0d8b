"""Nothing but its one file writes custody, a decision or the ledger: our source is read to prove it."""

import ast
from collections.abc import Callable

import pytest

from inventory.custody import moves, returns
from inventory.custody.passages import table
from inventory.custody.passages.row import Move
from inventory.people.imports import run as imports_run
from inventory.schema import metadata
from tests.doors import one_door
from tests.house.source_tree import Module, modules, read_module, refuse

Search = Callable[[list[Module]], list[str]]
SEARCHES = (
    one_door.second_writers,
    one_door.second_sql,
    one_door.second_callers,
    one_door.second_passages,
    one_door.second_openers,
)


@pytest.mark.parametrize("search", SEARCHES, ids=lambda each: each.__name__)
def test_the_source_has_no_second_door(search: Search) -> None:
    refuse(search(list(modules())))


def test_every_guarded_table_and_every_file_named_exists() -> None:
    refuse(sorted(set(one_door.WRITERS) - set(metadata.tables) - {one_door.HIDDEN}))
    known = {module.path for module in modules()}
    tables = (one_door.WRITERS, one_door.ONLY_BY, one_door.PASSES_AS, one_door.OPENS)
    named = {path for table in tables for paths in table.values() for path in paths} | set(one_door.SPEAKS_SQL)
    refuse(sorted(path for path in named - known if not any(each.startswith(f"{path.rstrip('/')}/") for each in known)))


def test_every_name_that_leads_to_custody_exists() -> None:
    by_name = {module.name: module for module in modules()}
    for name in one_door.ONLY_BY:
        home, _, attribute = name.rpartition(".")
        defined = {n.name for n in by_name[home].tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        assert attribute in defined, name


def test_no_file_of_people_or_kit_is_read_into_a_guarded_table() -> None:
    written = {table.name for table in imports_run._IN_ORDER}
    assert written.isdisjoint(one_door.WRITERS)
    assert set(imports_run._INSERTERS) == written


def test_what_a_return_passes_on_never_reaches_a_person() -> None:
    assert {"ISSUED", "ASSERTED", "HANDED_OVER"}.isdisjoint(returns._BACK_FROM.values())


def test_no_row_of_the_passages_leads_to_a_person() -> None:
    moved = [effect for row in table.ROWS for effect in row.does if isinstance(effect, Move)]
    assert moved
    assert "PERSON" not in {effect.taker for effect in moved}
    assert {"ISSUED", "ASSERTED", "HANDED_OVER"}.isdisjoint(effect.kind for effect in moved)


def test_kit_reaches_a_person_in_three_ways_and_the_third_has_no_door() -> None:
    ways = {kind for (_, taker), kinds in moves.PASSAGES.items() if taker == "PERSON" for kind in kinds}
    assert ways == {"ISSUED", "ASSERTED", "HANDED_OVER"}
    said = [module.at(node) for module in modules() for node in ast.walk(module.tree)
            if isinstance(node, ast.Constant) and node.value == "HANDED_OVER"]  # fmt: skip
    places = {place.partition(":")[0] for place in said}
    assert places <= {"inventory/custody/moves.py", "inventory/schema/words.py", "inventory/oversight/audit.py",
                      "inventory/oversight/passage_checks.py"} | {
        path for path in places if path.startswith(("api/pages/", "inventory/schema/migrations/"))
    }, "a hand-over needs a decision of its own; add its door to docs/doors.md"


IMPORT = "from inventory.schema.custody import custody, decision, ledger\n"
HIDDEN_DOORS: dict[str, tuple[Search, str]] = {
    "an insert": (one_door.second_writers, IMPORT + "import sqlalchemy as sa\nx = sa.insert(custody)"),
    "an update": (one_door.second_writers, IMPORT + "import sqlalchemy as sa\nx = sa.update(custody)"),
    "a method of the table": (one_door.second_writers, IMPORT + "x = custody.insert()"),
    "another name": (one_door.second_writers, IMPORT + "mine = custody\nimport sqlalchemy as sa\nsa.insert(mine)"),
    "renamed at import": (
        one_door.second_writers,
        "from inventory.schema.custody import custody as shelf\nimport sqlalchemy as sa\nsa.delete(shelf)",
    ),
    "by its module": (one_door.second_writers, "from inventory.schema import custody as c\nc.custody.update()"),
    "by the metadata": (
        one_door.second_writers,
        "import sqlalchemy as sa\nfrom inventory.schema import metadata\nsa.insert(metadata.tables['custody'])",
    ),
    "a bulk insert": (one_door.second_writers, IMPORT + "x = Inserter(ledger)"),
    "a bulk update": (one_door.second_writers, IMPORT + "x = Updater(custody, 'id', ['holder'])"),
    "an upsert": (one_door.second_writers, IMPORT + "x = sqlite.insert(decision)"),
    "a plain function": (one_door.second_writers, IMPORT + "from sqlalchemy import insert\nx = insert(custody)"),
    "a table handed in": (one_door.second_writers, "import sqlalchemy as sa\ndef f(t): return sa.insert(t)"),
    "a list unpacked": (one_door.second_writers, IMPORT + "x = Inserter(*[custody])"),
    "SQL in a text": (one_door.second_sql, "x = 'INSERT INTO custody (id) VALUES (1)'"),
    "SQL across lines": (one_door.second_sql, "x = 'update\\n  custody set person_id = 3'"),
    "SQL put together": (one_door.second_sql, "t = 'custody'\nx = f'DELETE FROM {t}'"),
    "an OR REPLACE": (one_door.second_sql, "x = 'insert or replace into ledger values (1)'"),
    "a dropped trigger": (one_door.second_sql, "x = 'DROP TRIGGER custody_needs_allow'"),
    "a disabled trigger": (one_door.second_sql, "x = 'ALTER TABLE custody DISABLE TRIGGER USER'"),
    "another role": (one_door.second_sql, "x = 'SET session_replication_role = replica'"),
    "a pragma": (one_door.second_sql, "x = 'PRAGMA ignore_check_constraints = 1'"),
    "a driver of its own": (one_door.second_sql, "import sqlite3\nx = sqlite3.connect('kit.sqlite3')"),
    "a text of its own": (one_door.second_sql, "import sqlalchemy as sa\nx = sa.text(words)"),
    "the write path": (one_door.second_callers, "from inventory.custody.passing import pass_items"),
    "the whole write path": (one_door.second_callers, "import inventory.custody.passing as p"),
    "the write path's module": (one_door.second_callers, "from inventory.custody import passing"),
    "issuing": (one_door.second_callers, "from inventory.custody.issue import issue_kit as give"),
    "asserting": (one_door.second_callers, "from inventory.custody.receive import assert_held"),
    "a passage": (one_door.second_passages, "x = Passage(1, 'ISSUED', taker)"),
    "a passage by keyword": (one_door.second_passages, "x = passing.Passage(item_id=1, kind='ISSUED', taker=t)"),
    "a passage of any kind": (one_door.second_passages, "x = Passage(1, word, taker)"),
    "a lot": (one_door.second_passages, "x = LotPassage(1, 2, 'ISSUED', a, b)"),
    "an engine": (one_door.second_openers, "import sqlalchemy as sa\nx = sa.create_engine(url)"),
    "a transaction": (one_door.second_openers, "with engine.begin() as conn: pass"),
    "a commit": (one_door.second_openers, "conn.commit()"),
    "a driver's cursor": (one_door.second_openers, "conn.connection.cursor().execute(x)"),
    "the ORM": (one_door.second_openers, "from sqlalchemy.orm import Session"),
}


@pytest.mark.parametrize("hidden", HIDDEN_DOORS)
def test_a_door_is_found_however_it_is_hidden(hidden: str) -> None:
    search, text = HIDDEN_DOORS[hidden]
    assert search([read_module("api/rogue.py", text)])


HARMLESS = {
    "reading": IMPORT + "import sqlalchemy as sa\nx = sa.select(custody.c.id, ledger.c.id)",
    "a set that grows": "found = set()\nfound.update(more)",
    "words about an update": "x = 'Update the record of the person.'",
    "another table": "from inventory.schema.people import person\nimport sqlalchemy as sa\nx = sa.insert(person)",
}


@pytest.mark.parametrize("harmless", HARMLESS)
def test_what_is_no_door_is_let_be(harmless: str) -> None:
    module = read_module("api/honest.py", HARMLESS[harmless])
    assert [each for search in SEARCHES for each in search([module])] == []
