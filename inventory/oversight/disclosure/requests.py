"""The register of people's requests for their own data, and of everything that was put together and handed out.

One rule for the editor: a request is due in one month of its receipt, two more where it was extended, told within the
first (UK GDPR art. 12(3); DPA 2018 s.54); nothing here is changed, what happens is another row.
"""

from dataclasses import dataclass, replace
from datetime import date

import sqlalchemy as sa

from inventory.people.calendar import add_months, local_day
from inventory.schema.fast import Fast, Inserter
from inventory.schema.retention import pack_made, rights_event, rights_request
from inventory.schema.tx import Tx

MONTHS, MONTHS_EXTENDED = 1, 3
_REQUEST = Inserter(rights_request)
_EVENT = Inserter(rights_event)
_PACK = Inserter(pack_made)
_REQUESTS = Fast(
    sa.select(
        rights_request.c.id, rights_request.c.person_id, rights_request.c.received_on, rights_request.c.due_on,
        rights_request.c.reference, rights_request.c.at_us, rights_request.c.by_person,
    ).order_by(rights_request.c.due_on.desc(), rights_request.c.id.desc()).limit(sa.bindparam("most"))
)  # fmt: skip
_EVENTS = Fast(
    sa.select(rights_event.c.request_id, rights_event.c.act, rights_event.c.at_us, rights_event.c.until_on,
              rights_event.c.detail, rights_event.c.sha256)
    .where(rights_event.c.request_id >= sa.bindparam("from_id"))
    .order_by(rights_event.c.id)
)  # fmt: skip
_PACKS = Fast(
    sa.select(pack_made.c.id, pack_made.c.kind, pack_made.c.subject, pack_made.c.sha256, pack_made.c.made_us,
              pack_made.c.by_person, pack_made.c.purpose, pack_made.c.recipient)
    .order_by(pack_made.c.made_us.desc(), pack_made.c.id.desc())
    .limit(sa.bindparam("most"))
)  # fmt: skip


class RequestRefused(ValueError):
    """This cannot be done with a request, in words."""


@dataclass(frozen=True, slots=True)
class Happened:
    """What became of a request at a moment."""

    request_id: int
    act: str
    at_us: int
    until_on: str | None
    detail: str
    sha256: str | None


@dataclass(frozen=True, slots=True)
class RightsRequest:
    """One request and what became of it."""

    id: int
    person_id: int
    received_on: str
    first_due_on: str
    reference: str
    at_us: int
    by_person: int
    happened: tuple[Happened, ...] = ()

    @property
    def due_on(self) -> str:
        """By when it is answered: later where it was extended."""
        return max([self.first_due_on, *(each.until_on for each in self.happened if each.until_on)])

    @property
    def ended(self) -> Happened | None:
        """Its answer, or its withdrawal."""
        return next((each for each in self.happened if each.act in ("ANSWERED", "WITHDRAWN")), None)

    def days_left(self, today: date) -> int:
        """Days until it is due; below nought where it is late."""
        return (date.fromisoformat(self.due_on) - today).days


@dataclass(frozen=True, slots=True)
class Pack:
    """Something that was put together and handed out."""

    id: int
    kind: str
    subject: str
    sha256: str
    made_us: int
    by_person: int
    purpose: str
    recipient: str


def receive(tx: Tx, person_id: int, received_on: date, reference: str, by_person: int) -> int:
    """Write down a request for one's own data; returns its id. Raises RequestRefused for a day to come."""
    if received_on > local_day(tx.now_us):
        raise RequestRefused("a request is written down when it has come: received on a day that is not over yet")
    request_id = tx.ids.take()
    row = {
        "id": request_id, "tx_id": tx.id, "person_id": person_id, "received_on": received_on.isoformat(),
        "due_on": add_months(received_on, MONTHS).isoformat(), "reference": reference.strip(), "at_us": tx.now_us,
        "by_person": by_person,
    }  # fmt: skip
    _REQUEST.add(tx.conn, [row])
    return request_id


def extend(tx: Tx, request_id: int, by_person: int, why: str) -> None:
    """Extend a request by two months, told within the first. Raises LookupError and RequestRefused."""
    of = open_one(tx.conn, request_id)
    if any(each.act == "EXTENDED" for each in of.happened):
        raise RequestRefused("it was extended before: once is all the law allows")
    if local_day(tx.now_us).isoformat() > of.first_due_on:
        raise RequestRefused("its first month is over: an extension is told within it")
    until = add_months(date.fromisoformat(of.received_on), MONTHS_EXTENDED)
    _happens(tx, (request_id, "EXTENDED", by_person), why, until_on=until.isoformat())


def answer(tx: Tx, request_id: int, by_person: int, detail: str, sha256: str) -> None:
    """A request was answered with a file of this hash. Raises LookupError and RequestRefused."""
    open_one(tx.conn, request_id)
    _happens(tx, (request_id, "ANSWERED", by_person), detail, sha256=sha256)


def withdraw(tx: Tx, request_id: int, by_person: int, why: str) -> None:
    """Who asked took it back. Raises LookupError and RequestRefused."""
    open_one(tx.conn, request_id)
    _happens(tx, (request_id, "WITHDRAWN", by_person), why)


def _happens(
    tx: Tx, what: tuple[int, str, int], detail: str, until_on: str | None = None, sha256: str | None = None
) -> None:
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "request_id": what[0], "act": what[1], "at_us": tx.now_us,
        "by_person": what[2], "until_on": until_on, "detail": detail.strip(), "sha256": sha256,
    }  # fmt: skip
    _EVENT.add(tx.conn, [row])


def open_one(conn: sa.Connection, request_id: int) -> RightsRequest:
    """A request that is not answered yet. Raises LookupError and RequestRefused."""
    found = {each.id: each for each in requests(conn, 10_000)}.get(request_id)
    if found is None:
        raise LookupError(f"request {request_id} is not known")
    if found.ended is not None:
        raise RequestRefused("this request is over")
    return found


def requests(conn: sa.Connection, most: int) -> list[RightsRequest]:
    """Requests, the last to fall due first, each with what became of it."""
    rows = _REQUESTS.rows(conn, {"most": most})
    events = [Happened(*row) for row in _EVENTS.rows(conn, {"from_id": min((row[0] for row in rows), default=0)})]
    return [
        replace(RightsRequest(*row), happened=tuple(each for each in events if each.request_id == row[0]))
        for row in rows
    ]


def note_pack(tx: Tx, pack: Pack) -> None:
    """Put what was handed out on record (its own id and time are the transaction's)."""
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "kind": pack.kind, "subject": pack.subject, "sha256": pack.sha256,
        "made_us": tx.now_us, "by_person": pack.by_person, "purpose": pack.purpose, "recipient": pack.recipient,
    }  # fmt: skip
    _PACK.add(tx.conn, [row])


def packs(conn: sa.Connection, most: int) -> list[Pack]:
    """What was handed out, newest first."""
    return [Pack(*row) for row in _PACKS.rows(conn, {"most": most})]
