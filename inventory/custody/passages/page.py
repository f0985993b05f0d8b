"""docs/passages.md: every state and every passage, for people to read. `python -m inventory.custody.passages.page`.

One rule for the editor: the page says what the tables say and nothing of its own; a test compares.
"""

from collections.abc import Iterator, Sequence

from inventory.custody.passages.row import Guard, Row
from inventory.custody.passages.table import ROWS
from inventory.schema.words import ITEM_KINDS
from inventory.stock.kinds import label, title
from inventory.stock.state import STATES

HEAD = """# How kit passes from state to state

Printed from `inventory/stock/state.py` and `inventory/custody/passages/`; do not edit it by hand.
`python -m inventory.custody.passages.page` prints it again, and a test compares.

A state is never stored. It is worked out at every look from where the item is, what holds it back, its pool, the
calendar and its dock's last word: the first row below that holds is its state. Whether it may go out is another
question, which the gate answers ([rules](rules.md)).

A passage takes an item from one state to another. Whatever is not listed is refused, with what is possible instead and
for whom. Each is written to the ledger with who did it, who signed as the second person (by their own PIN), and its
evidence beside the chain. *Who* is any one of the capabilities named, in the item's store. Issuing, returning and
loading a magazine are not passages: they have doors of their own, and issuing has the gate.

The item's page shows what may be done now and asks for the evidence; programs use
`GET /api/v1/items/{item_id}/passages` and `POST /api/v1/items/{item_id}/passages/{act}`. `kitstore audit` looks at
every passage ever made once more.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((HEAD, *_states(), *_passages()))


def _states() -> Iterator[str]:
    yield "## States, in order of precedence\n"
    yield "| State | Of | When |"
    yield "|---|---|---|"
    for state in STATES:
        kinds = [kind for kind in ITEM_KINDS if kind in state.kinds]
        yield f"| {state.word} | {_kinds(kinds)} | {state.says} |"
    yield ""


def _passages() -> Iterator[str]:
    yield "## Passages\n"
    for act in dict.fromkeys(row.act for row in ROWS):
        yield f"### {act}\n"
        for row in (each for each in ROWS if each.act == act):
            yield from _row(row)


def _row(row: Row) -> Iterator[str]:
    yield f"**{row.title}**: {_kinds(row.kinds)}, to {row.to}."
    yield f"- From: {', '.join(row.from_states)}"
    yield f"- Who: {' or '.join(row.who)}" + _second(row)
    for guard in row.guards:
        yield f"- Guard: {said_of(guard)}"
    for field in row.evidence:
        words = f" ({', '.join(word for word, _ in field.options)})" if field.options else ""
        yield f"- Evidence: `{field.name}`, {field.asks}{words}" + (
            " (may be left out)" if field.optional else ""
        )
    if row.source:
        yield f"- Design: {row.source}"
    yield ""


def _second(row: Row) -> str:
    if row.second is None:
        return ""
    return f"; and a second, different person: {' or '.join(row.second) or 'anybody who signs'}"


def said_of(guard: Guard) -> str:
    """What a guard asks, by its docstring's first sentence."""
    return " ".join((guard.__doc__ or guard.__name__).split()).partition(". ")[0].rstrip(".")


def _kinds(kinds: Sequence[str]) -> str:
    if set(kinds) == set(ITEM_KINDS):
        return "every kind"
    return ", ".join(title(kind) if n == 0 else label(kind) for n, kind in enumerate(kinds))


if __name__ == "__main__":
    print(page(), end="")
