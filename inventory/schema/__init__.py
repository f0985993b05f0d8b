"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import custody, oversight, people, service, stock
from inventory.schema.base import metadata

__all__ = ["custody", "metadata", "oversight", "people", "service", "stock"]
