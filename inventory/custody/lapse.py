"""Lapse in hand: a person whose training, authority or duty status ended while they hold kit.

One rule for the editor: the gate's own rules say whether the holder is still eligible; software raises it at once
and disarms nobody. Imports and the clock hand over person ids; this file looks, and opens and ends lapses.
"""

from collections.abc import Sequence

import sqlalchemy as sa

from inventory.custody.lapses.reading import FIRST, Lapse, open_lapses
from inventory.custody.lapses.watch import keep_alarms, one_at_a_time
from inventory.custody.lapses.writing import Ineligible, begin, finish
from inventory.custody.locks import lock
from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import Refusal, judge_person
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.schema.tx import Tx
from inventory.schema.words import SECTION_5_KINDS

ABOUT_THE_DRAW = frozenset(
    {
        "ALREADY_HOLDS_HANDLE", "EARLIER_DRAW_NOT_RECONCILED", "HOLDS_ENOUGH", "TRAINING_FEED_STALE",
        "DUTY_WINDOW_UNKNOWN", "DUTY_ALREADY_OVER", "DUTY_TOO_LONG", "STORE_CLOSED", "STORE_UNKNOWN",
        "POLICY_INCOMPLETE", "MODEL_NOT_APPROVED",
    }
)  # fmt: skip
"""Reasons that speak of a new draw, not of the person who holds kit already."""

MUST_RETURN = frozenset({"AUTHORITY_SUSPENDED", "PERSON_LEFT", "NOT_A_CONSTABLE"})
"""Reasons with which nobody lets kit be kept (design `domain.md` 4.6: suspension is always RETURN_NOW)."""

_HOLDING = sa.select(
    custody.c.person_id, item.c.kind, item.c.model, custody.c.purpose, item.c.home_store_id, item.c.id
).select_from(custody.join(item, item.c.id == custody.c.item_id)).where(
    custody.c.closed_entry.is_(None), custody.c.person_id.is_not(None)
)  # fmt: skip
_HOLDING_OF = Fast(_HOLDING.where(among(custody.c.person_id, "people")))
_HOLDING_ALL = Fast(_HOLDING)


def ineligible_now(
    conn: sa.Connection, policy: Policy, now_us: int, person_ids: Sequence[int] | None = None
) -> list[Ineligible]:
    """Who of `person_ids` (None: everybody) holds kit that the gate would not let them have now."""
    rows = (
        _HOLDING_ALL.rows(conn)
        if person_ids is None
        else _HOLDING_OF.rows(conn, {"people": sorted(set(person_ids))})
    )
    ordered = sorted(rows, key=lambda row: (row[0], FIRST.index(row[1]), row[5]), reverse=True)
    first = {row[0]: row for row in ordered}  # they are judged by the first of their kit
    asks = [_ask(row[0], row[3] or "OPERATIONAL", row[4]) for row in first.values()]
    found = []
    for facts, (person_id, kind, model, _, store_id, item_id) in zip(
        gather(conn, asks, policy, now_us), first.values(), strict=True
    ):
        stops = [each for each in judge_person(facts, policy, kind, model) if _counts(each, kind)]
        if stops:
            codes = ", ".join(dict.fromkeys(each.public_code for each in stops))
            must = any(each.code in MUST_RETURN for each in stops)
            found.append(Ineligible(person_id, store_id, item_id, codes, must))
    return sorted(found, key=lambda each: each.person_id)


def _counts(refusal: Refusal, kind: str) -> bool:
    """Whether a reason makes a holder ineligible: of what is no weapon, only a firm one does."""
    firm = kind in SECTION_5_KINDS or refusal.weight == "HARD"
    return refusal.stops and firm and refusal.code not in ABOUT_THE_DRAW


def raise_ineligible(tx: Tx, policy: Policy, person_ids: Sequence[int] | None = None) -> list[int]:
    """Open a lapse, with its alarm, for each of `person_ids` (None: everybody) who holds kit and may not, and end those
    that are over; returns who may not. An issue to one of `person_ids` that another instance is making is waited
    for."""
    one_at_a_time(tx)
    lock(tx, person_ids or [], [])
    there = {each.person_id: each for each in open_lapses(tx.conn)}
    asked = None if person_ids is None else set(person_ids)
    wrong = {each.person_id: each for each in ineligible_now(tx.conn, policy, tx.now_us, person_ids)}
    for person_id, old in there.items():
        if asked is None or person_id in asked:
            _go_on(tx, old, wrong.get(person_id))
    for person_id, now in wrong.items():
        known = there.get(person_id)
        if known is None or (now.must_return and not known.must_return):
            begin(tx, now)
    keep_alarms(tx, policy.chases)
    return list(wrong)


def _go_on(tx: Tx, old: Lapse, now: Ineligible | None) -> None:
    if now is None:
        finish(tx, old, "ELIGIBLE_AGAIN" if old.holds else "KIT_BACK")
    elif now.must_return and not old.must_return:
        finish(tx, old, "TAKEN_OVER")


def is_due(conn: sa.Connection, policy: Policy, now_us: int) -> bool:
    """Whether anybody lapsed, or a lapse is over, by now."""
    there = {each.person_id: each for each in open_lapses(conn)}
    wrong = {each.person_id: each for each in ineligible_now(conn, policy, now_us)}
    graver = any(now.must_return and not there[who].must_return for who, now in wrong.items() if who in there)
    return graver or there.keys() != wrong.keys()


def _ask(person_id: int, purpose: str, store_id: int) -> Ask:
    return Ask(
        person_id=person_id,
        store_id=store_id,
        item_ids=(),
        lots=(),
        purpose=purpose,
        planned_return_us=None,
        door="lapse",
        by_person_id=None,
        stage=ADDING,
    )
