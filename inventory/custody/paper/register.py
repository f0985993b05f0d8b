"""What the printed register of a store says: who may draw what, what stands on the shelf, and when it is void.

One rule for the editor: read only, and all of it as of one moment; a register is never mended, the next one is printed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from inventory.custody.life import shelf, shelf_lots
from inventory.custody.paper.eligible import EligibleList, eligible
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import ready
from inventory.people.calendar import LONDON, SECOND_US
from inventory.schema.fast import Fast
from inventory.schema.people import store
from inventory.schema.words import ITEM_KINDS


@dataclass(frozen=True, slots=True)
class OnShelf:
    """One item in the store. `why` is "" where the gate has nothing against it."""

    item_id: int
    kind: str
    model: str
    serial: str
    why: str


@dataclass(frozen=True, slots=True)
class Pieces:
    """What the store has of a lot."""

    lot_id: int
    kind: str
    product: str
    lot_no: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Register:
    """One register, of one store: its number, when it was made and from when it is void."""

    number: str
    store_id: int
    store_code: str
    store_name: str
    made_us: int
    void_us: int
    policy_hash: str
    may: EligibleList
    shelf: tuple[OnShelf, ...]
    lots: tuple[Pieces, ...]

    @property
    def person_ids(self) -> list[int]:
        """Everybody who is named in it."""
        return [each.person_id for each in self.may.people]

    def of_kind(self) -> Mapping[str, list[OnShelf]]:
        """What stands on the shelf, by kind, in the order of the kinds."""
        return {
            kind: found
            for kind in ITEM_KINDS
            if (found := [each for each in self.shelf if each.kind == kind])
        }


_STORE = Fast(sa.select(store.c.code, store.c.name).where(store.c.id == sa.bindparam("store_id")))


def register_of(conn: sa.Connection, store_id: int, policy: Policy, now_us: int) -> Register:
    """The register of a store as of now. Raises LookupError for a store that is not known."""
    known = _STORE.rows(conn, {"store_id": store_id})
    if not known:
        raise LookupError(f"store {store_id} is not known")
    code, name = known[0]
    rows = shelf(conn, store_id)
    against = ready(conn, [row["item_id"] for row in rows], policy, now_us)
    made = datetime.fromtimestamp(now_us // SECOND_US, LONDON)
    return Register(
        number=f"{code}-{made:%Y%m%d-%H%M}",
        store_id=store_id,
        store_code=code,
        store_name=name,
        made_us=now_us,
        void_us=now_us + policy.paper.valid_us,
        policy_hash=policy.hash,
        may=eligible(conn, store_id, policy, now_us),
        shelf=tuple(
            OnShelf(
                row["item_id"], row["kind"], row["model"], row["serial"],
                next((each.public_code for each in against.get(row["item_id"], ()) if each.stops), ""),
            )
            for row in rows
        ),
        lots=tuple(Pieces(**row) for row in shelf_lots(conn, store_id)),
    )  # fmt: skip
