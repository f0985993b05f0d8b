"""Reminders: a row once for each person, qualification and band; on their page, and in the mail where there is one.

One rule for the editor: one row stands for one thing said, and is never said again: not after a restart, not by another
instance, not because a course was booked. A new pass ends on another day, and that is another matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from inventory.people.due import AUTHORITY, Due
from inventory.people.errors import BadField
from inventory.schema.authority import reminder
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import person
from inventory.schema.tx import Tx

MAIL_US = 2 * 86_400_000_000
"""What was said longer ago is not put in the mail any more: whoever gives the service a mail relay starts afresh."""
MAILS_AT_ONCE = 50
NEVER = 10_000
"""Wider than any band: it was said for none."""
NAMES = {
    "PPST": "personal safety training (PPST)", "FIRST_AID": "first aid training", "JRFT": "job-related fitness test",
    "CED": "CED training", "SBG": "spit guard training", "BWV_USER": "body-worn video training",
    AUTHORITY: "authority to carry",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reminder:
    """One thing that was said to somebody: `what` (and `model`, or "") counts no more from `ends_on` (ISO date) on."""

    id: int
    person_id: int
    what: str
    model: str
    ends_on: str
    band: int
    made_us: int
    seen_us: int | None
    acknowledged_us: int | None
    mailed_us: int | None
    mail_problem: str | None


_ALL: sa.Select[Any] = sa.select(
    reminder.c.id, reminder.c.person_id, reminder.c.what, reminder.c.model, reminder.c.ends_on, reminder.c.band,
    reminder.c.made_us, reminder.c.seen_us, reminder.c.acknowledged_us, reminder.c.mailed_us, reminder.c.mail_problem,
)  # fmt: skip
_SAID = Fast(
    sa.select(reminder.c.person_id, reminder.c.what, reminder.c.model, reminder.c.ends_on, reminder.c.band).where(
        among(reminder.c.person_id, "ids")
    )
)
_OF = Fast(
    _ALL.where(among(reminder.c.person_id, "ids"))
    .order_by(reminder.c.made_us.desc(), reminder.c.id.desc())
    .limit(sa.bindparam("most"))
)
_SINCE = Fast(
    _ALL.where(reminder.c.made_us >= sa.bindparam("since_us"))
    .order_by(reminder.c.made_us.desc(), reminder.c.id.desc())
    .limit(20_000)
)
_TO_MAIL = Fast(
    sa.select(reminder.c.id)
    .where(reminder.c.mailing_us.is_(None), reminder.c.made_us > sa.bindparam("since_us"))
    .order_by(reminder.c.made_us, reminder.c.id)
    .limit(MAILS_AT_ONCE)
)
_CLAIMED = Fast(
    sa.select(*_ALL.selected_columns, person.c.ref)
    .select_from(reminder.join(person, person.c.id == reminder.c.person_id))
    .where(
        among(reminder.c.id, "ids"), reminder.c.mailing_us == sa.bindparam("claimed_us"),
        reminder.c.mailed_us.is_(None), reminder.c.mail_problem.is_(None),
    )
)  # fmt: skip


def to_say(conn: sa.Connection, due: Iterable[Due], bands: Sequence[int], not_to: Sequence[str]) -> list[Due]:
    """What of `due` is to be said now: within a band of these that it has not been said for, or for a narrower one."""
    wanted = [each for each in due if _band(each, bands) is not None and not (each.suspended and "SUSPENDED" in not_to)]
    said: dict[tuple[Any, ...], int] = {}
    for *key, band in _SAID.rows(conn, {"ids": sorted({each.person_id for each in wanted})}):
        said[tuple(key)] = min(band, said.get(tuple(key), band))
    return [each for each in wanted if (_band(each, bands) or 0) < said.get(_key(each), NEVER)]


def _band(due: Due, bands: Sequence[int]) -> int | None:
    return min((each for each in bands if due.days <= each), default=None)


def _key(due: Due) -> tuple[Any, ...]:
    return due.person_id, due.what, due.model, due.ends_on.isoformat()


def say(tx: Tx, due: Iterable[Due], bands: Sequence[int]) -> list[int]:
    """Write them down; the ids of the people. What another instance wrote meanwhile stays as it is."""
    rows = [
        {"id": tx.ids.take(), **dict(zip(("person_id", "what", "model", "ends_on"), _key(each), strict=True)),
         "band": _band(each, bands), "made_us": tx.now_us}
        for each in due
    ]  # fmt: skip
    if rows:
        tx.conn.execute(_insert(tx.conn), rows)
    return sorted({row["person_id"] for row in rows})


def _insert(conn: sa.Connection) -> sa.Executable:
    """An INSERT that leaves alone what is there; both databases say it alike, each through its own dialect."""
    make = pg_insert if conn.dialect.name == "postgresql" else sqlite_insert
    return make(reminder).on_conflict_do_nothing()


def reminders_of(conn: sa.Connection, records: Iterable[int], most: int = 50) -> list[Reminder]:
    """What was said to the person with these records, the latest first."""
    return [Reminder(*row) for row in _OF.rows(conn, {"ids": sorted(records), "most": most})]


def reminders_since(conn: sa.Connection, since_us: int) -> list[Reminder]:
    """What was said to anybody since then, the latest first."""
    return [Reminder(*row) for row in _SINCE.rows(conn, {"since_us": since_us})]


def seen(tx: Tx, person_ids: Iterable[int], reminder_ids: Sequence[int], *, acknowledged: bool) -> int:
    """The person saw these reminders of theirs, or says that they know; how many were so for the first time."""
    column = reminder.c.acknowledged_us if acknowledged else reminder.c.seen_us
    mine = sa.and_(reminder.c.id.in_(reminder_ids), reminder.c.person_id.in_(list(person_ids)))
    known = sa.select(sa.func.count()).where(mine)
    if tx.conn.execute(known).scalar_one() != len(set(reminder_ids)):
        raise BadField("reminder_ids", list(reminder_ids), "reminders of the person signed in")
    changed = tx.conn.execute(sa.update(reminder).where(mine, column.is_(None)).values({column.name: tx.now_us}))
    return changed.rowcount


# ---- the mail --------------------------------------------------------------------------------------


def any_to_mail(conn: sa.Connection, now_us: int) -> bool:
    """Whether something said lately has not been taken up for the mail."""
    return bool(_TO_MAIL.rows(conn, {"since_us": now_us - MAIL_US}))


def claim(tx: Tx) -> list[int]:
    """Take up some reminders for the mail, so that no other instance does; their ids. What an instance dies with stays
    on the page alone: nothing is written to anybody twice."""
    ids = [row[0] for row in _TO_MAIL.rows(tx.conn, {"since_us": tx.now_us - MAIL_US})]
    mine = sa.update(reminder).where(reminder.c.id.in_(ids), reminder.c.mailing_us.is_(None))
    return sorted(tx.conn.execute(mine.values(mailing_us=tx.now_us).returning(reminder.c.id)).scalars())


def claimed(conn: sa.Connection, reminder_ids: Sequence[int], claimed_us: int) -> list[tuple[Reminder, str]]:
    """Those of the reminders that were indeed taken up at that moment, each with its person's number."""
    rows: list[Row] = _CLAIMED.rows(conn, {"ids": list(reminder_ids), "claimed_us": claimed_us})
    return [(Reminder(*row[:-1]), row[-1]) for row in rows]


def mailed(tx: Tx, problems: dict[int, str | None]) -> None:
    """What became of those taken up: sent (None), or why not."""
    for reminder_id, problem in problems.items():
        says = {"mailed_us": tx.now_us} if problem is None else {"mail_problem": problem[:200]}
        tx.conn.execute(sa.update(reminder).where(reminder.c.id == reminder_id).values(**says))
