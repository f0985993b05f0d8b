"""Who may act on whose authority: by a capability that policy names, at that person's store, and never on their own.

One rule for the editor: people are compared by the record that counts, so that a duplicate record helps nobody.
"""

from collections.abc import Sequence

from inventory.custody.carrying.refused import CarryingRefused
from inventory.people.capabilities import Held, held_by
from inventory.people.people import root_of
from inventory.people.standing import Standing
from inventory.schema.tx import Tx


def capability_of(tx: Tx, by_person: int, standing: Standing, wanted: Sequence[str]) -> str:
    """The last of `wanted` that `by_person` holds for the person's store. Raises CarryingRefused where there is none,
    and where the authority is their own."""
    if root_of(tx.conn, by_person) == standing.person_id:
        raise CarryingRefused(["Nobody acts on their own authority. Somebody else does."], people=True)
    held = held_by(tx.conn, [by_person], tx.now_us)[by_person]
    where = (None, standing.home_store_id)
    mine = [each for each in wanted if any(Held(each, at) in held for at in where)]
    if not mine:
        named = " or ".join(each.replace("_", " ").lower() for each in wanted)
        raise CarryingRefused([f"This is for a {named} of the person's store."], people=True)
    return mine[-1]
