"""Q14: what logs show that nobody declared.

One rule for the editor: what a log shows is a technician's review of its download (`custody.uses.downloads`); nothing
is guessed from a device here.
"""

import sqlalchemy as sa

from inventory.custody.uses.points import EXPLAINED, UNDECLARED
from inventory.custody.uses.reading import Answered, Use, uses_of_store
from inventory.oversight.reports.period import STORE, hours, last_days, since_us, stores_asked
from inventory.oversight.reports.report import Answer, Asked, Column, Plot, Report, Row

MOST = 2**31
OUTCOMES = {None: "Nobody has settled it", EXPLAINED: "Explained", "REFERRED": "Referred, and still held"}


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Reviews that showed something undeclared, in the days asked for and before where it is not settled."""
    from_us = since_us(asked)
    found = {
        use.id: use for store_id in stores_asked(conn, asked) for use in uses_of_store(conn, store_id, from_us, MOST)
        if _shown_by(use) is not None or _by_its_log_alone(use)
    }  # fmt: skip
    ordered = sorted(found.values(), key=lambda use: (_is_settled(use), use.at_us, use.id))
    rows = [_row(use, asked.now_us) for use in ordered]
    people = frozenset(use.person_id for use in ordered if use.person_id is not None)
    open_still = sum(not _is_settled(use) for use in ordered)
    return Answer(rows, (), people, {"undeclared": len(rows), "not_settled": open_still})


def _shown_by(use: Use) -> Answered | None:
    """The review that showed something nobody declared."""
    return next(
        (e for e in use.answers if e.point == "DOWNLOAD" and e.facts.get("review") == UNDECLARED), None
    )


def _by_its_log_alone(use: Use) -> bool:
    """Whether nothing was declared: its log alone says that it was used. (A guard that was spoilt is no use either.)"""
    return not use.uses and any(part.part in ("HANDLE", "BATTERY") for part in use.parts)


def _outcome(use: Use) -> str | None:
    """What came of it: the newest review of the log."""
    found = [str(each.facts.get("outcome")) for each in use.answers if each.point == "LOG_REVIEW"]
    return found[-1] if found else None


def _is_settled(use: Use) -> bool:
    return _outcome(use) == EXPLAINED


def _row(use: Use, now_us: int) -> Row:
    shown = _shown_by(use)
    noticed_us = use.at_us if shown is None else shown.at_us
    settled = next((e.at_us for e in use.answers if e.point == "LOG_REVIEW" and e.settles), None)
    return (
        use.item_id, use.store_id, use.person_id, ", ".join(use.uses) or "Nothing was declared", noticed_us,
        OUTCOMES[_outcome(use)], settled, hours((settled or now_us) - noticed_us), use.id,
    )  # fmt: skip


REPORT = Report(
    name="undeclared-activity",
    question="Q14",
    title="Activity that nobody declared",
    definition=(
        "Every download whose review said that the log shows something nobody declared, with or without a declared use"
        " beside it, in the days asked for and older ones that are not settled. Settled: explained and accounted for."
        " What is referred stays held, and is not settled."
    ),
    trap=(
        "A function test is in the log too, and a review accounts for it before it says undeclared. Nothing here means"
        " that every log that was read was in order, not that every log was read: checks-due says what was not."
    ),
    source="Design domain.md 5.3, Q14",
    seers=("CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PSD", "TECHNICIAN", "AUDITOR"),
    columns=(
        Column("item", "Item", "item"), Column("store", "Store", "store"), Column("person", "Who had it", "person"),
        Column("declared", "Declared"), Column("noticed", "Noticed", "moment"), Column("outcome", "What came of it"),
        Column("settled", "Settled", "moment"), Column("age", "Open for", "hours"), Column("use", "Use no."),
    ),
    ask=ask,
    parameters=(STORE, last_days(90)),
    plot=Plot("ages", "outcome", ("age",)),
    names_people=True,
)  # fmt: skip
