"""Records of processing (UK GDPR art. 30; DPA 2018 s.61), made from the routes of the running service.

One rule for the editor: a row is made from what a route declares and nothing is written by hand, so that the record
cannot say less than the service does. Who is told what by whom is the processing log's.
"""

from collections.abc import Iterator

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler

from api.processing import Log

HEADS = ("Operation", "Where", "What it does", "Who may", "Recipients", "Whose data", "Legal regime", "Kept")
OF_CRIME = ("use", "loss", "evidence", "decision", "hold", "log", "pack", "correction")
"""Words of paths whose data is also processed to prevent or prosecute crime: Part 3 of the Act; the rest Part 2."""
KEPT = (
    ("log", "7 years from the line"), ("training", "leaver and 7 years"), ("people", "leaver and 7 years"),
    ("reading", "90 days; docks 13 months"), ("decision", "7 years, longer where a legal hold stands"),
)  # fmt: skip
Row = tuple[str, ...]


def records_of_processing(app: Litestar) -> list[Row]:
    """A row for each route that touches personal data, by path."""
    return sorted(set(_rows(app)), key=lambda row: (row[1], row[0]))


def _rows(app: Litestar) -> Iterator[Row]:
    for route in app.routes:
        handlers: list[HTTPRouteHandler] = getattr(route, "route_handlers", [])
        for handler in handlers:
            log = handler.opt.get("log")
            if not isinstance(log, Log) or log.operation == "NONE":
                continue
            methods = sorted(set(getattr(handler, "http_methods", ())) - {"OPTIONS", "HEAD"})
            says = " ".join((handler.fn.__doc__ or "").split())
            whose = "people of the force whom the answer or the act is about, by number in the processing log"
            yield (
                log.operation.capitalize(), f"{'/'.join(methods)} {route.path}", says, _who(handler),
                log.recipient or "none outside the service", whose, _regime(route.path), _kept(route.path),
            )  # fmt: skip


def _who(handler: object) -> str:
    guards = [each for each in getattr(handler, "guards", None) or () if callable(each)]
    named = sorted({word for guard in guards for word in _capabilities(guard)})
    return ", ".join(named) or ", ".join(sorted(getattr(guard, "__name__", "") for guard in guards)).replace("_", " ")


def _capabilities(guard: object) -> frozenset[str]:
    """What `api.guards.holding` closed over."""
    cells = getattr(guard, "__closure__", None) or ()
    found = [cell.cell_contents for cell in cells if isinstance(cell.cell_contents, frozenset)]
    return found[0] if found else frozenset()


def _regime(path: str) -> str:
    is_crime = any(word in path for word in OF_CRIME)
    return "DPA 2018 Part 3 beside UK GDPR" if is_crime else "UK GDPR and DPA 2018 Part 2, built to the Part 3 standard"


def _kept(path: str) -> str:
    return next((span for word, span in KEPT if word in path), "7 years (retention schedule)")
