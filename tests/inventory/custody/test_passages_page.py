"""docs/passages.md is what the tables say."""

from pathlib import Path

from inventory.custody.passages.page import page, said_of
from inventory.custody.passages.table import ROWS
from inventory.stock.state import WORDS

DOCS = Path(__file__).parents[3] / "docs" / "passages.md"


def test_the_page_of_passages_is_printed_from_the_table() -> None:
    assert DOCS.read_text("utf-8") == page(), (
        "print it again: python -m inventory.custody.passages.page > docs/passages.md"
    )


def test_every_state_that_a_passage_names_is_a_state_there_is() -> None:
    named = {state for row in ROWS for state in (*row.from_states, row.to)}
    assert named <= set(WORDS)


def test_every_guard_says_in_a_sentence_what_it_asks() -> None:
    assert all(guard.__doc__ and len(said_of(guard)) > 10 for row in ROWS for guard in row.guards)
