"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import (
    bays,
    custody,
    losses,
    overrides,
    oversight,
    people,
    service,
    stock,
    stocktake,
    transfers,
    uses,
    vendor,
)
from inventory.schema.base import metadata

__all__ = [
    "bays", "custody", "losses", "metadata", "overrides", "oversight", "people", "service", "stock",
    "stocktake", "transfers", "uses", "vendor",
]  # fmt: skip
