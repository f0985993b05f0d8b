"""What is asked of kit on its way: who may send and receive it, how it is grouped, and how long it may be missing.

One rule for the editor: tables and numbers only. How long kit may be missing is the force's own policy of late kit
(`losses.toml`; design `domain.md` 2.2, Overdue: T+12 h is treated as a loss).
"""

from dataclasses import dataclass

from inventory.gate.loss_terms import LossTerms
from inventory.schema.words import SECTION_5_KINDS
from inventory.stock.kit_facts import ItemFacts

HOUR_US = 3_600_000_000
SENDERS: dict[str, tuple[str, ...]] = {
    "OPERATIONAL": ("ISSUER", "STORE_MANAGER"),
    "TRAINING": ("ISSUER", "STORE_MANAGER"),
    "HELD": ("ISSUER", "STORE_MANAGER", "TECHNICIAN"),
    "EXHIBIT": ("EXHIBITS",),
}
"""What a consignment is of -> who may send it at one store and receive it at the other."""
EVERY_SENDER = tuple(sorted({each for some in SENDERS.values() for each in some}))
EVIDENCE = frozenset({"EVIDENTIAL", "EXTERNAL_EXAM"})
STOCK_SAID = {
    "OPERATIONAL": "operational kit",
    "TRAINING": "training kit",
    "EXHIBIT": "exhibits",
    "HELD": "kit on hold",
}
SEALED_KINDS = frozenset(SECTION_5_KINDS)
"""Kinds that travel under a seal; so does every exhibit."""


@dataclass(frozen=True, slots=True)
class TransferTerms:
    """`journey_us`: how long a consignment may be on its way where its sender says nothing.

    `late_us` after it was due, and `short_us` after it was received without something, what has not come is
    unaccounted for.
    """

    journey_us: int = 8 * HOUR_US
    late_us: int = 12 * HOUR_US
    short_us: int = 12 * HOUR_US


TERMS = TransferTerms()


def terms_of(losses: LossTerms) -> TransferTerms:
    """The force's own hours: kit on its way is missing when the strictest of its ladders treats late kit as a loss."""
    treated = [step.after_us for each in losses.ladders.values() for step in each.steps if step.tell == "LOSS"]
    after_us = min(treated, default=TERMS.late_us)
    return TransferTerms(late_us=after_us, short_us=after_us)


def stock_of(kit: ItemFacts) -> str:
    """What an item travels as: a word of STOCKS. What is not known to be free of holds is held."""
    if kit.pool == "EXHIBIT" or (kit.holds is not None and kit.holds & EVIDENCE):
        return "EXHIBIT"
    if kit.holds is None or kit.holds:
        return "HELD"
    return "TRAINING" if kit.pool == "TRAINING" else "OPERATIONAL"
