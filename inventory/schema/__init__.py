"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import custody, overrides, oversight, people, service, stock, vendor
from inventory.schema.base import metadata

__all__ = ["custody", "metadata", "overrides", "oversight", "people", "service", "stock", "vendor"]
