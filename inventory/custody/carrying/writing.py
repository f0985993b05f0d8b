"""The rows of acts on authority, and what follows at once for whoever holds kit.

One rule for the editor: the one place that writes them; every act ends with a look at what the person holds.
"""

from typing import Any

from inventory.custody.lapse import raise_ineligible
from inventory.gate.kind_policy import Policy
from inventory.people.standing import Standing, standings
from inventory.schema.authority import authority_act
from inventory.schema.fast import Inserter
from inventory.schema.tx import Tx

_ACT = Inserter(authority_act)
_LINKS = ("authorisation_id", "stop_id", "restriction_id", "move_id")


def standing_of(tx: Tx, person_id: int, policy: Policy) -> Standing:
    """The person's standing now. Raises LookupError for an unknown one."""
    found = standings(tx.conn, [person_id], tx.now_us, policy.courses).get(person_id)
    if found is None:
        raise LookupError(f"person {person_id} is not known")
    return found


def write(tx: Tx, said: dict[str, Any], **links: int) -> int:
    """Write down one act: person_id, act, by_person, capability, document, and what it made; its id."""
    row: dict[str, Any] = {
        "id": tx.ids.take(), "tx_id": tx.id, "at_us": tx.now_us, "capability": None, **dict.fromkeys(_LINKS),
    } | said | links  # fmt: skip
    _ACT.add(tx.conn, [row])
    return int(row["id"])


def look_at(tx: Tx, standing: Standing, policy: Policy) -> None:
    """Raise at once whoever holds kit and may no longer, under whichever of the person's records; end what is over."""
    raise_ineligible(tx, policy, sorted(standing.records))
