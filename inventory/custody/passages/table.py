"""Every passage there is, as one table. Whoever adds a family of rows adds its module here.

One rule for the editor: what is not in the table is refused. An act has at most one row from each state of each kind,
and issuing, returning and loading are not among them: they have their own doors (`issue`, `returns`, `loading`).
"""

from inventory.custody.passages import accepting, ending, evidence, holding, inspecting
from inventory.custody.passages.row import Looked, Row

ROWS: tuple[Row, ...] = (*accepting.ROWS, *holding.ROWS, *inspecting.ROWS, *evidence.ROWS, *ending.ROWS)
_BY_STATE: dict[tuple[str, str], tuple[Row, ...]] = {
    (kind, state): tuple(row for row in ROWS if kind in row.kinds and state in row.from_states)
    for kind in {kind for row in ROWS for kind in row.kinds}
    for state in {state for row in ROWS for state in row.from_states}
}
ACTS = tuple(dict.fromkeys(row.act for row in ROWS))
"""The names of all acts."""


def rows_from(looked: Looked) -> tuple[Row, ...]:
    """The passages that lead on from the state an item is in."""
    return _BY_STATE.get((looked.seen.item.kind, looked.state), ())


def row_of(looked: Looked, act: str) -> Row | None:
    """The row of an act from the state an item is in; None where there is none."""
    return next((row for row in rows_from(looked) if row.act == act), None)
