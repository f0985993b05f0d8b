"""docs/imports.md says what the imports take: every column, alias and word, and no other."""

import re
from pathlib import Path

import pytest

from inventory.oversight.mobilisation import roles_file
from inventory.people.duty import CATEGORIES
from inventory.people.imports import (
    authority_file,
    duty_file,
    force_file,
    items_file,
    people_file,
    specialist_file,
    stock_file,
    training_file,
)
from inventory.people.imports.table import Column
from inventory.schema import words

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "imports.md").read_text("utf-8")
FILES = {
    "People": people_file.COLUMNS,
    "Training results": training_file.COLUMNS,
    "Permissions to carry": authority_file.GRANT_COLUMNS,
    "Suspensions and ends": authority_file.STOP_COLUMNS,
    "Limited duties": duty_file.RESTRICTION_COLUMNS,
    "Gates met": duty_file.GATE_COLUMNS,
    "Items": items_file.COLUMNS,
    "Lots": stock_file.LOT_COLUMNS,
    "Checks": stock_file.CHECK_COLUMNS,
    "Use of force counts": force_file.COLUMNS,
    "Mobilisable roles held": roles_file.COLUMNS,
    "Specialist training": specialist_file.COLUMNS,
}
ROW = re.compile(r"^\| `(\w+)`( •)?(?: \(([^)]*)\))? \|", re.MULTILINE)


def documented(title: str) -> list[tuple[str, bool, tuple[str, ...]]]:
    section = PAGE.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]
    return [
        (name, bool(needed), tuple(each.strip() for each in aliases.split(",") if each.strip()))
        for name, needed, aliases in ROW.findall(section)
    ]


def taken(columns: tuple[Column, ...]) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(each.name, each.needed, each.aliases) for each in columns]


@pytest.mark.parametrize("title", FILES)
def test_the_page_lists_the_columns_as_they_are_taken(title: str) -> None:
    assert documented(title) == taken(FILES[title])


@pytest.mark.parametrize(
    "listed",
    [words.PERSON_KINDS, words.COURSES, words.OUTCOMES, words.ITEM_KINDS, words.POOLS,
     words.CARTRIDGE_PURPOSES, stock_file.CHECKS_BY_FILE, CATEGORIES],
)  # fmt: skip
def test_the_page_lists_the_words_that_a_cell_may_hold(listed: tuple[str, ...]) -> None:
    assert ", ".join(listed) in PAGE
