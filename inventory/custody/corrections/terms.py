"""What may be wrong with an entry of the ledger, who may put it right, and what is asked for it: a table.

One rule for the editor: a correction is a movement of its own and never a change of what stands there. One that puts
kit into somebody's hands goes by the one path of what had already happened: two people, a document, the gate's word.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from inventory.schema.words import CORRECTIONS

STORE = ("ISSUER", "STORE_MANAGER")
OF_CUSTODY = ("STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR")
ANYBODY_OF_THE_STORE = ("ISSUER", "STORE_MANAGER", "SUPERVISOR", "DUTY_INSPECTOR", "TECHNICIAN", "CED_SPOC")


@dataclass(frozen=True, slots=True)
class Asks:
    """What a sort of correction asks for beside the reason. `document`: ALWAYS, SOMETIMES or NEVER."""

    store: bool = False
    person: bool = False
    other: bool = False
    condition: bool = False
    serial: bool = False
    document: str = "NEVER"


@dataclass(frozen=True, slots=True)
class Sort:
    """One row: the words people read, the entries it is of, who may, who may be the second (None: one is enough)."""

    word: str
    title: str
    does: str
    kinds: tuple[str, ...]
    who: tuple[str, ...]
    second: tuple[str, ...] | None
    asks: Asks = field(default_factory=Asks)
    source: str = ""


_ROWS = (
    Sort(
        "WRONG_STORE", "It is in another store",
        "It is moved to the store that really has it.",
        ("RETURNED", "FOUND", "RECEIVED", "TRANSFERRED"), STORE, (), Asks(store=True),
        "2.2 Movement between stores: both counts signed",
    ),
    Sort(
        "WRONG_PERSON", "It was issued to somebody else",
        "The whole draw is recorded as already with whoever really has it, and the gate says what it thinks of that.",
        ("ISSUED", "ASSERTED"), OF_CUSTODY, ANYBODY_OF_THE_STORE, Asks(person=True, document="ALWAYS"),
        "house 1: ASSERTED, two people and a document",
    ),
    Sort(
        "WRONG_ITEM_OUT", "Another item went out, or none",
        "It is back in the store; what went out instead is recorded as already with the person.",
        ("ISSUED", "ASSERTED"), OF_CUSTODY, ANYBODY_OF_THE_STORE, Asks(other=True, document="SOMETIMES"),
        "3.1 ISSUED → AVAILABLE, storekeeper with countersign",
    ),
    Sort(
        "WRONG_ITEM_BACK", "Another item came back, or none",
        "It is recorded as still with the person; what came back instead is taken back.",
        ("RETURNED",), OF_CUSTODY, ANYBODY_OF_THE_STORE, Asks(other=True, document="ALWAYS"),
        "house 1: ASSERTED, two people and a document",
    ),
    Sort(
        "WRONG_CONDITION", "It came back in another condition",
        "What its return held it for is lifted, and what its true condition asks for is placed.",
        ("RETURNED", "FOUND"), STORE, ANYBODY_OF_THE_STORE, Asks(condition=True),
        "3.1 any in-store → QUARANTINED: one person; what lifts a hold takes two",
    ),
    Sort(
        "WRONG_SERIAL", "Its serial was misread",
        "The item stays the same; it is called by the serial on its label from now on.",
        ("RECEIVED",), ("STORE_MANAGER", "CED_SPOC", "TECHNICIAN"), ANYBODY_OF_THE_STORE, Asks(serial=True),
        "house 6: a serial mistyped at receipt is corrected by a two-person event that keeps the item",
    ),
)  # fmt: skip
SORTS: Mapping[str, Sort] = {row.word: row for row in _ROWS}
assert set(SORTS) == set(CORRECTIONS), "every word of the schema has its row"

MAKERS = tuple(sorted({each for row in _ROWS for each in row.who}))
"""Everybody who may make some correction."""


def sorts_of(kind: str) -> tuple[Sort, ...]:
    """What may be wrong with an entry of this kind."""
    return tuple(row for row in _ROWS if kind in row.kinds)
