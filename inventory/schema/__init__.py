"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import (
    authority,
    bays,
    corrections,
    custody,
    feeds,
    equality,
    guards,
    handovers,
    lapses,
    losses,
    mobilisation,
    overrides,
    oversight,
    paper,
    people,
    policies,
    recalls,
    receiving,
    reports,
    reservations,
    retention,
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
    "authority", "bays", "corrections", "custody", "feeds", "equality", "guards", "handovers", "lapses", "losses", "metadata",
    "mobilisation",
    "overrides", "oversight", "paper", "people", "policies", "recalls", "receiving", "reports", "reservations",
    "retention",
    "roster", "service", "stock", "stocktake", "targets", "training", "transfers", "uses", "vendor",
]  # fmt: skip
