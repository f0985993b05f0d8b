"""What needs somebody now, by what it is: losses, late kit, lapses in hand, recalls, dates, transfers, deliveries.

One rule for the editor: every list is read where its own page reads it, and says the same; none is worked out anew.
What is over is not read at all, so that history slows nothing. Times are UTC microseconds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import sqlalchemy as sa

from inventory.custody.coming_due import expiring
from inventory.custody.lapses.reading import open_lapses
from inventory.custody.losses.late import late_now
from inventory.custody.losses.looking import open_cases_now
from inventory.custody.recalls.reading import page_of_recalls
from inventory.custody.transfers.reading import consignments, with_a_carrier
from inventory.gate.kind_policy import Policy
from inventory.oversight.policy.changes import proposals
from inventory.oversight.policy.register import register
from inventory.oversight.targets import assessments, due_for_review
from inventory.people.calendar import HOUR_US, day_end_us, day_start_us, local_day
from inventory.schema.fast import Fast
from inventory.schema.people import training_feed
from inventory.schema.receiving import delivery, delivery_event
from inventory.stock.kinds import label, title

BAD, WARN = "bad", "warn"
EXPIRING_DAYS = 30
RECALLS_LOOKED_AT = 200
STATES_DONE = ("RECEIVED", "CANCELLED")


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that needs somebody: where, about which item or person, or which `number` (of a case, a recall, a
    consignment, a delivery); `says` in words; `at_us` when it was due or began; `pieces` how many
    things that is."""

    says: str
    at_us: int | None = None
    store_id: int | None = None
    item_id: int | None = None
    person_id: int | None = None
    number: int | None = None
    tone: str = BAD
    pieces: int = 1


@dataclass(frozen=True, slots=True)
class Needs:
    """All of one sort, the most pressing first. `what` is a stable word, its page and act are the screen's business."""

    what: str
    rows: tuple[Need, ...] = field(default=())


_FEEDS = Fast(sa.select(training_feed.c.source, training_feed.c.last_good_us).order_by(training_feed.c.source))
_ENDED = sa.select(delivery_event.c.id).where(
    delivery_event.c.delivery_id == delivery.c.id, delivery_event.c.act == sa.literal_column("'ENDED'")
)
_OPEN_DELIVERIES = Fast(
    sa.select(delivery.c.id, delivery.c.store_id, delivery.c.note_ref, delivery.c.opened_us)
    .where(~_ENDED.exists())
    .order_by(delivery.c.id)
)


def exceptions(conn: sa.Connection, policy: Policy, now_us: int, stores: set[int] | None) -> list[Needs]:
    """Every sort of which there is something, in the order in which they matter; of these stores (None: of all)."""
    found = [
        Needs("UNACCOUNTED", _losses(conn)),
        Needs("INELIGIBLE", _lapses(conn, now_us)),
        Needs("OVERDUE", _late(conn, policy, now_us)),
        Needs("FEED", _feeds(conn, policy, now_us)),
        Needs("RECALL", _recalls(conn)),
        Needs("TRANSFER", _transfers(conn, now_us)),
        Needs("DELIVERY", _deliveries(conn)),
        Needs("EXPIRING", _expiring(conn, now_us)),
        Needs("REVIEW", _review(conn, now_us)),
        Needs("POLICY", _policy(conn, now_us)),
    ]
    mine = [Needs(each.what, tuple(_of(each.rows, stores))) for each in found]
    return [each for each in mine if each.rows]


def _of(rows: Iterable[Need], stores: set[int] | None) -> list[Need]:
    return [each for each in rows if stores is None or each.store_id is None or each.store_id in stores]


def _losses(conn: sa.Connection) -> tuple[Need, ...]:
    said = {"MISSING": "nobody knows where it is", "LOST": "declared lost", "STOLEN": "declared stolen"}
    found = [
        Need(
            f"{title(each.kind)} {each.serial}: {said.get(each.declared or 'MISSING', 'declared missing')}"
            if each.is_missing else f"{title(each.kind)} {each.serial} is back; its case is still open",
            each.missed_us, each.store_id, each.item_id, number=each.id, tone=BAD if each.is_missing else WARN,
        )
        for each in open_cases_now(conn)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.tone, each.at_us or 0)))


def _lapses(conn: sa.Connection, now_us: int) -> tuple[Need, ...]:
    said = {
        "UNDECIDED": "nobody has said what becomes of it", "RETURN_NOW": "to come back now",
        "RETAIN_OVER": "kept for longer than was said", "RETAINED": "may be kept for now",
    }  # fmt: skip
    found = []
    for each in open_lapses(conn):
        state = each.state(now_us)
        tone = WARN if state == "RETAINED" else BAD
        held = ", ".join(f"{title(one.kind)} {one.serial}" for one in each.holds) or f"{title(each.kind)} {each.serial}"
        found.append(
            Need(f"{held}: {said.get(state, 'open')}", each.opened_us, each.store_id, each.item_id, each.person_id,
                 each.id, tone)
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.tone, each.at_us or 0)))


def _late(conn: sa.Connection, policy: Policy, now_us: int) -> tuple[Need, ...]:
    found = []
    for each in late_now(conn, policy.losses, now_us):
        kit = ", ".join(f"{title(one.kind)} {one.serial}" for one in each.items[:3])
        more = f" and {len(each.items) - 3} more" if len(each.items) > 3 else ""
        steps = each.reached(now_us)
        tone = BAD if steps else WARN
        found.append(
            Need(f"{kit}{more}", each.due_us, each.store_id, each.items[0].item_id, each.person_id, tone=tone)
        )
    return tuple(sorted(found, key=lambda each: each.at_us or 0))


def _feeds(conn: sa.Connection, policy: Policy, now_us: int) -> tuple[Need, ...]:
    """What the gate would say of the training feed: stale, and so no CED goes out; or nearly so."""
    governing = policy.kind("CED_HANDLE", "OPERATIONAL")
    setting = governing.settings.get("feed_hours_max") if governing else None
    hours = setting.value if setting else None
    if not isinstance(hours, int):
        return ()
    rows = _FEEDS.rows(conn)
    known = {source: at_us for source, at_us in rows if not policy.feed_sources or source in policy.feed_sources}
    missing = [each for each in policy.feed_sources if each not in known]
    if not policy.feed_sources and known:
        newest = max(known, key=lambda each: known[each])
        known = {newest: known[newest]}
    found = [Need(f"{each} has never sent training records: no CED can be issued") for each in missing]
    for source, at_us in known.items():
        if now_us - at_us > hours * HOUR_US:
            found.append(Need(f"{source} is silent: no CED can be issued", at_us))
        elif now_us - at_us > hours * HOUR_US * 3 // 4:
            says = f"{source} has not spoken lately; after {hours} hours no CED is issued"
            found.append(Need(says, at_us, tone=WARN))
    return tuple(found)


def _recalls(conn: sa.Connection) -> tuple[Need, ...]:
    found = []
    for each in page_of_recalls(conn, RECALLS_LOOKED_AT):
        left = len(each.outstanding)
        if each.state in ("OPEN", "REOPENED"):
            says = f"{each.notice_ref}: {left} of {len(each.lines)} still to account for"
            found.append(Need(says, each.opened_us, number=each.id, tone=BAD if left else WARN))
    return tuple(found)


def _transfers(conn: sa.Connection, now_us: int) -> tuple[Need, ...]:
    found = []
    for each in consignments(conn, with_a_carrier(conn)).values():
        if each.state not in STATES_DONE:
            tone = BAD if each.due_us < now_us or each.state == "SHORT" else WARN
            short = " and not all of it came" if each.state == "SHORT" else ""
            says = f"Consignment {each.id}, {each.pieces} pieces, is on its way{short}"
            found.append(Need(says, each.due_us, each.to_store_id, number=each.id, tone=tone))
    return tuple(sorted(found, key=lambda each: (each.tone, each.at_us or 0)))


def _deliveries(conn: sa.Connection) -> tuple[Need, ...]:
    return tuple(
        Need(f"Delivery {note} is not signed for in full", opened_us, store_id, number=delivery_id, tone=WARN)
        for delivery_id, store_id, note, opened_us in _OPEN_DELIVERIES.rows(conn)
    )


def _expiring(conn: sa.Connection, now_us: int) -> tuple[Need, ...]:
    """By store, kind and whether it is over: so many pieces, from the first date on."""
    groups: dict[tuple[int, str, bool], list[tuple[date, int]]] = {}
    for each in expiring(conn, EXPIRING_DAYS, now_us):
        groups.setdefault((each.store_id, each.kind, each.days < 0), []).append(
            (each.expires_on, each.quantity)
        )
    found = []
    for (store_id, kind, is_over), some in groups.items():
        pieces = sum(quantity for _, quantity in some)
        first_us = day_start_us(some[0][0])
        when = "past the printed date" if is_over else f"within {EXPIRING_DAYS} days"
        says = f"{pieces} {label(kind, pieces)} {when}"
        found.append(Need(says, first_us, store_id or None, tone=BAD if is_over else WARN, pieces=pieces))
    return tuple(sorted(found, key=lambda each: (each.tone, each.at_us or 0)))


def _review(conn: sa.Connection, now_us: int) -> tuple[Need, ...]:
    due = due_for_review(assessments(conn), now_us)
    if due is None:
        return ()
    return (Need(f"{due.reference} was to be reviewed", day_start_us(due.review_on), tone=WARN),)


def _policy(conn: sa.Connection, now_us: int) -> tuple[Need, ...]:
    """Documents whose review is over or comes within sixty days, and changes that wait for a second owner."""
    late = [
        Need(
            f"{name}, {each.document.title}: {'was to be reviewed' if each.review.state == 'OVERDUE' else 'review it'}",
            day_end_us(each.review.due_on), tone=BAD if each.review.state == "OVERDUE" else WARN,
        )
        for name, each in register(conn, local_day(now_us)).items()
        if each.review.due_on is not None and each.review.state in ("OVERDUE", "DUE")
    ]  # fmt: skip
    waiting = [
        Need(f"A change waits for a second owner: {each.reason}", each.proposed_us, number=each.id, tone=WARN)
        for each in proposals(conn)
        if each.outcome is None
    ]
    return (*sorted(late, key=lambda need: need.at_us or 0), *waiting)


def counted(found: Sequence[Needs]) -> Mapping[str, int]:
    """How many things of each sort."""
    return {each.what: sum(row.pieces for row in each.rows) for each in found}
