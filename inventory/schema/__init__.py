"""The tables, one module a subject; importing this package loads them all into `metadata`."""

from inventory.schema import bays, custody, overrides, oversight, people, service, stock, vendor
from inventory.schema.base import metadata

__all__ = ["bays", "custody", "metadata", "overrides", "oversight", "people", "service", "stock", "vendor"]
