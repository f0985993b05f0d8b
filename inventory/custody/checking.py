"""Checks that come due, by the force's policy, and the alarms before and after they are overdue.

One rule for the editor: how long a check counts is the gate's own number, read here from the same policy.
"""

import sqlalchemy as sa

from inventory.custody.alarms import Lasting, Raise, keep_raised, to_change
from inventory.custody.coming_due import CHECKS, OVERDUE, REVIEW, CheckDue, checks_due, reviews_due
from inventory.gate.kind_policy import MODELS, Policy
from inventory.gate.wording import day_in_words
from inventory.people.calendar import day_start_us, local_day
from inventory.schema.tx import Tx
from inventory.stock.kinds import title

NUMBERS = {"FULL_CHECK": ("full_check_weeks", 7), "DOCKED": ("dock_days", 1)}
"""Check -> the policy's number, and how many days one of it is."""
KINDS = (
    "FULL_CHECK_DUE", "FULL_CHECK_OVERDUE", "DOCKING_DUE", "DOCKING_OVERDUE", "REVIEW_DUE", "REVIEW_OVERDUE",
)  # fmt: skip
_NOT_ISSUED = "It is not issued until that is done."
_SAID = {
    "FULL_CHECK": ("FULL_CHECK", "full check", _NOT_ISSUED),
    "DOCKED": ("DOCKING", "docking", _NOT_ISSUED),
    REVIEW: ("REVIEW", "review with who has it for keeps", "It is handed in and drawn again."),
}
"""Check -> how its alarms begin, what it is called, and what follows once it is overdue."""
_LOCK = 0x6B69741C
DAY_US = 86_400_000_000


def days_by_model(policy: Policy, check: str) -> dict[str, int | None]:
    """How many days a check counts, by model; None where the force asks for none. What it has not set is not here."""
    name, days = NUMBERS[check]
    rules = policy.kinds.get((CHECKS[check], "OPERATIONAL"))
    if rules is None or name not in rules.settings:
        return {}
    approved = rules.settings.get(MODELS)
    models = approved.value if approved is not None and isinstance(approved.value, tuple) else ()
    known: dict[str, int | None] = {}
    for model in models:
        is_set, value = rules.settings[name].for_model(CHECKS[check], model)
        if is_set:
            known[model] = value * days if isinstance(value, int) else None
    return known


def due_now(conn: sa.Connection, policy: Policy, now_us: int) -> list[CheckDue]:
    """Every check that is asked, of every item, full checks first; then the reviews of kit for keeps."""
    checks = [each for check in CHECKS for each in checks_due(conn, check, days_by_model(policy, check), now_us)]
    return checks + reviews_due(conn, now_us)


def wrong_now(conn: sa.Connection, policy: Policy, now_us: int) -> list[Lasting]:
    """What is overdue, and what will be within the days set."""
    return [
        lasting
        for each in due_now(conn, policy, now_us)
        if (lasting := _lasting(each, policy, now_us)) is not None
    ]


def _lasting(due: CheckDue, policy: Policy, now_us: int) -> Lasting | None:
    kind, word, so = _SAID[due.check]
    ahead = policy.chases.dock_days if due.check == "DOCKED" else policy.chases.full_check_days
    what = f"{title(due.kind)} {due.serial}"
    if due.due_on is None:
        return None
    due_us = day_start_us(due.due_on)
    if due.band == OVERDUE:
        says = f"{what}: its {word} was due by {day_in_words(due.due_on)}. {so}"
        return Lasting(Raise(f"{kind}_OVERDUE", says, due.store_id, due.item_id, _whose(due)), due_us)
    if (due.due_on - local_day(now_us)).days > ahead:
        return None
    says = f"{what}: its {word} is due before {day_in_words(due.due_on)}."
    return Lasting(Raise(f"{kind}_DUE", says, due.store_id, due.item_id, _whose(due)), due_us - ahead * DAY_US)


def _whose(due: CheckDue) -> int | None:
    """Whom the alarm is about: of a check it is the item alone, whoever has it."""
    return due.person_id if due.check == REVIEW else None


def is_due(conn: sa.Connection, policy: Policy, now_us: int) -> bool:
    """Whether an alarm is to be raised or settled."""
    return to_change(conn, KINDS, wrong_now(conn, policy, now_us)).any()


def look(tx: Tx, policy: Policy) -> None:
    """Raise what is wrong now and settle what is well again."""
    if tx.conn.dialect.name == "postgresql":
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    keep_raised(tx, KINDS, wrong_now(tx.conn, policy, tx.now_us))


