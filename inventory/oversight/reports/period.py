"""Parameters and spans that several reports share: a store, the last so many days, hours of a span.

One rule for the editor: days are London days, today among them; "the last 1" is since midnight.
"""

from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from inventory.oversight.reports.report import Asked, Parameter
from inventory.people.calendar import HOUR_US, day_start_us, local_day
from inventory.schema.fast import Fast
from inventory.schema.people import store

STORE = Parameter("store", "Store", "store", optional=True)
_STORES = Fast(sa.select(store.c.id).order_by(store.c.name, store.c.id))


def last_days(default: int) -> Parameter:
    """The parameter of how many days back a report looks."""
    return Parameter("days", "Days back", "number", default=default, least=1, most=3650)


def since_us(asked: Asked) -> int:
    """When the days that were asked for begin."""
    days = asked.given["days"]
    assert isinstance(days, int), "the parameter has a default"
    return day_start_us(local_day(asked.now_us) - timedelta(days=days - 1))


def hours(span_us: int) -> float:
    """A span in hours, to a tenth."""
    return round(span_us / HOUR_US, 1)


def percent(part: float, whole: float) -> float | None:
    """How much of the whole a part is, to a tenth; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


def stores_asked(conn: sa.Connection, asked: Asked) -> list[int]:
    """The store that is asked of, or every one there ever was."""
    one = asked.given["store"]
    return [one] if isinstance(one, int) else [row[0] for row in _STORES.rows(conn)]


def among_stores(asked: Asked, store_ids: Iterable[int | None]) -> bool:
    """Whether one of these is the store that is asked of, or every store is."""
    one = asked.given["store"]
    return one is None or one in set(store_ids)
