"""What an item's page shows of passages: the state it is in, what this person may do now, and what others may.

One rule for the editor: reads only; the doing is `api.passages`, the same acts as for programs.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.passages.looking import Option, possible
from inventory.custody.passages.row import Looked
from inventory.gate.kind_policy import Policy

GOOD = frozenset({"AVAILABLE", "READY", "IN_STOCK", "LOADED_FULL", "LOADED_IN_MAGAZINE", "PROVISIONED"})
BUSY = frozenset(
    {"ISSUED", "CHARGING", "UPLOADING", "DOCKED_UPLOADING", "UPDATING_FIRMWARE", "RESERVED", "ASSIGNED", "RETURNED",
     "LOADING", "IN_TRANSIT", "TRAINING_POOL"}
)  # fmt: skip
STILL = frozenset(
    {"DESTROYED", "DISPOSED", "ON_ORDER", "RETIRED", "SANITISED", "WITHDRAWN", "EMPTY", "RECEIVED", "USED"}
)  # fmt: skip
BAD = frozenset({"LOST", "STOLEN", "UNACCOUNTED", "OVERDUE", "EVIDENTIAL_HOLD", "EXHIBIT", "EXTERNAL_EXAM"})
OF_ONE = frozenset({"serial_read", "expiry_read"})


def tone_of(state: str) -> tuple[str, str]:
    """(tone, shape) of a state on a screen."""
    told = (
        (GOOD, ("good", "tick")),
        (BUSY, ("back", "moved")),
        (STILL, ("still", "empty")),
        (BAD, ("bad", "warning")),
    )
    return next((shown for words, shown in told if state in words), ("warn", "lock"))


@dataclass(frozen=True, slots=True)
class PassagesShown:
    """How an item stands. `mine` this person may do now, `barred` not now and why, `others` is for other people."""

    state: str
    tone: str
    shape: str
    mine: tuple[Option, ...] = ()
    barred: tuple[Option, ...] = ()
    others: tuple[Option, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is anything to say of it."""
        return bool(self.mine or self.barred or self.others)


def passages_shown(
    conn: sa.Connection, item_id: int, policy: Policy, now_us: int, person_id: int
) -> tuple[PassagesShown, Looked]:
    """What there is to show of an item that is known."""
    looked, options = possible(conn, [item_id], policy, now_us, person_id)[item_id]
    shown = PassagesShown(
        looked.state,
        *tone_of(looked.state),
        mine=tuple(each for each in options if each.may and not each.bars),
        barred=tuple(each for each in options if each.may and each.bars),
        others=tuple(each for each in options if not each.may),
    )
    return shown, looked


def is_of_several(option: Option) -> bool:
    """Whether the act may be done to several items with the same evidence."""
    return not OF_ONE & {each.name for each in option.row.evidence}
