"""Which holder may pass kit to which, and what the ledger calls it. A table, so that it can be read aloud.

"Custody" here means who holds an item; it never means the custody suite.

One rule for the editor: a passage that is not in the table does not happen. Kit reaches a person only as
ISSUED (by an ALLOW decision) or ASSERTED (it had already happened: two people and a document).
"""

from dataclasses import dataclass

PASSAGES: dict[tuple[str | None, str], tuple[str, ...]] = {
    (None, "STORE"): ("RECEIVED",),
    (None, "PERSON"): ("ASSERTED",),
    ("SUPPLIER", "STORE"): ("RECEIVED",),
    ("STORE", "PERSON"): ("ISSUED", "ASSERTED"),
    ("PERSON", "STORE"): ("RETURNED",),
    ("PERSON", "EXHIBIT"): ("TRANSFERRED",),
    ("PERSON", "PERSON"): ("HANDED_OVER", "ASSERTED"),
    ("STORE", "STORE"): ("TRANSFERRED",),
    ("STORE", "CARRIER"): ("TRANSFERRED",),
    ("CARRIER", "STORE"): ("TRANSFERRED",),
    ("PERSON", "UNKNOWN"): ("UNACCOUNTED",),
    ("STORE", "UNKNOWN"): ("UNACCOUNTED",),
    ("CARRIER", "UNKNOWN"): ("UNACCOUNTED",),
    ("UNKNOWN", "STORE"): ("FOUND",),
    ("UNKNOWN", "PERSON"): ("ASSERTED",),
    ("UNKNOWN", "DISPOSAL"): ("DISPOSED",),
    ("STORE", "EXHIBIT"): ("TRANSFERRED",),
    ("EXHIBIT", "STORE"): ("TRANSFERRED",),
    ("STORE", "SUPPLIER"): ("TRANSFERRED",),
    ("STORE", "DISPOSAL"): ("DISPOSED",),
    ("EXHIBIT", "DISPOSAL"): ("DISPOSED",),
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Where kit is: a holder word and the id of that store or person (0 where there is no such row)."""

    word: str
    id: int


class NotPossible(ValueError):
    """A passage the table does not have. The message says what is possible instead."""


def check(giver: str | None, taker: str, kind: str) -> None:
    """Raises NotPossible unless `giver` may pass kit to `taker` as `kind`."""
    kinds = PASSAGES.get((giver, taker), ())
    if kind not in kinds:
        possible = sorted({f"{k} to {t}" for (g, t), ks in PASSAGES.items() if g == giver for k in ks})
        raise NotPossible(
            f"{kind} from {giver or 'nowhere'} to {taker} is not possible; possible: {', '.join(possible)}"
        )
