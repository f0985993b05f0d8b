"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import (
    authority,
    bays,
    corrections,
    custody,
    guards,
    handovers,
    lapses,
    losses,
    overrides,
    oversight,
    paper,
    people,
    recalls,
    receiving,
    reports,
    reservations,
    roster,
    service,
    stock,
    stocktake,
    targets,
    training,
    transfers,
    uses,
    vendor,
)
from inventory.schema.base import index_seals, metadata

index_seals()

__all__ = [
    "authority", "bays", "corrections", "custody", "guards", "handovers", "lapses", "losses", "metadata", "overrides",
    "oversight",
    "paper", "people", "recalls", "receiving", "reports", "reservations", "roster", "service", "stock", "stocktake",
    "targets", "training", "transfers", "uses", "vendor",
]  # fmt: skip
