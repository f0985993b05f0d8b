"""Overrides: a SOFT refusal answered by a second person for one duty, with a reason. Given, revoked, in the ledger.

One rule for the editor: nothing here decides an issue. An override is a fact that the gate reads at the next
decision; it is never changed, only revoked by a second row (design `domain.md` 2.3, decision record 0012).
"""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.ledger import Entry, append, store_chain
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import DUTY_INSPECTOR, NOBODY, SUFFICES, SUPERVISOR, least
from inventory.gate.rules import BY_CODE
from inventory.gate.wording import REFER_CODE
from inventory.people.capabilities import may
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.overrides import LONGEST_US, override, override_revoked
from inventory.schema.people import capability_grant, person
from inventory.schema.tx import Tx

REASON_MIN = 3
TOLD = ("id", "code", "until_us", "purpose", "capability")
"""What stands beside the chain, with the reason: it can be erased, and the chain stays whole."""


class OverrideRefused(ValueError):
    """An override cannot be given or revoked so: what is wrong with which field, in a sentence for people."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True)
class Answered:
    """A rule that is answered: its code, for one item or (None) for whatever it finds wrong with the person's draws."""

    code: str
    item_id: int | None = None


@dataclass(frozen=True, slots=True)
class Giving:
    """What somebody answers for: whom, where, what kind of draw, which rules, why, until when (the duty's end)."""

    person_id: int
    store_id: int
    purpose: str
    rules: tuple[Answered, ...]
    by_person: int
    reason: str
    until_us: int
    visit_id: int | None = None


_OVERRIDE = Inserter(override)
_REVOKED = Inserter(override_revoked)
_ROOTS = Fast(
    sa.select(person.c.id, sa.func.coalesce(person.c.same_as, person.c.id)).where(among(person.c.id, "ids"))
)
_ONE = Fast(
    sa.select(
        override.c.person_id, override.c.store_id, override.c.item_id, override.c.code, override.c.until_us,
        override_revoked.c.override_id,
    )
    .select_from(override.outerjoin(override_revoked, override_revoked.c.override_id == override.c.id))
    .where(override.c.id == sa.bindparam("override_id"))
)  # fmt: skip
_WHO = Fast(
    sa.select(capability_grant.c.person_id)
    .where(
        among(capability_grant.c.capability, "words", texts=True),
        sa.or_(capability_grant.c.store_id.is_(None), capability_grant.c.store_id == sa.bindparam("store_id")),
        capability_grant.c.from_us <= sa.bindparam("now_us"),
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > sa.bindparam("now_us")),
    )
    .distinct()
)


def who_may(conn: sa.Connection, capability: str, store_id: int, now_us: int) -> list[int]:
    """The people who may now give at this store what takes `capability`."""
    params = {"words": sorted(SUFFICES[capability]), "store_id": store_id, "now_us": now_us}
    return sorted(int(row[0]) for row in _WHO.rows(conn, params))


def capability_of(conn: sa.Connection, person_id: int, store_id: int, now_us: int) -> str:
    """By which capability a person gives an override at this store: the higher one they hold; NOBODY for none."""
    held = (each for each in (DUTY_INSPECTOR, SUPERVISOR) if may(conn, person_id, each, store_id, now_us))
    return next(held, NOBODY)


def needed(policy: Policy, code: str, purpose: str) -> str:
    """The least capability that may answer the rule for some kind drawn for this purpose; NOBODY where none may,
    because it is HARD wherever it is asked, or nobody's to answer."""
    found = {
        least(rule.rule_id, section_5=kind.section_5)
        for kind in policy.kinds.values()
        if kind.purpose == purpose
        for rule, weight in kind.rules
        if rule.code == code and weight == "SOFT"
    }
    return next((each for each in (SUPERVISOR, DUTY_INSPECTOR) if each in found), NOBODY)


def give(tx: Tx, giving: Giving) -> list[int]:
    """Record that a second person answers for these rules, one row a rule; returns the ids.

    Raises OverrideRefused where who, why or until when is not as it must be, LookupError for an unknown person.
    """
    _check(tx, giving)
    capability = capability_of(tx.conn, giving.by_person, giving.store_id, tx.now_us)
    if capability == NOBODY:
        raise OverrideRefused("by_person", "Whoever overrides must be a supervisor of this store.")
    rows: list[dict[str, Any]] = [
        {
            "id": tx.ids.take(),
            "tx_id": tx.id,
            "person_id": giving.person_id,
            "store_id": giving.store_id,
            "purpose": giving.purpose,
            "code": each.code,
            "item_id": each.item_id,
            "by_person": giving.by_person,
            "capability": capability,
            "reason": giving.reason.strip(),
            "given_us": tx.now_us,
            "until_us": giving.until_us,
            "visit_id": giving.visit_id,
        }
        for each in dict.fromkeys(giving.rules)
    ]
    entries = append(tx, [_entry("OVERRIDDEN", row, giving.by_person, giving.reason) for row in rows])
    _OVERRIDE.add(tx.conn, [row | {"entry_id": entry} for row, entry in zip(rows, entries, strict=True)])
    return [row["id"] for row in rows]


def revoke(tx: Tx, override_id: int, by_person: int, reason: str) -> None:
    """End an override now. Raises LookupError for one that is not in force, OverrideRefused without a reason."""
    found = _ONE.rows(tx.conn, {"override_id": override_id})
    if not found or found[0][5] is not None or found[0][4] <= tx.now_us:
        raise LookupError(f"override {override_id} is not in force")
    if len(reason.strip()) < REASON_MIN:
        raise OverrideRefused("reason", "Say in words why it is revoked.")
    person_id, store_id, item_id, code, until_us, _ = found[0]
    row = {"id": override_id, "person_id": person_id, "store_id": store_id, "item_id": item_id, "code": code,
           "until_us": until_us}  # fmt: skip
    entry_id = append(tx, [_entry("REVOKED", row, by_person, reason)])[0]
    made = {"override_id": override_id, "tx_id": tx.id, "revoked_us": tx.now_us, "revoked_by": by_person}
    _REVOKED.add(tx.conn, [made | {"reason": reason.strip(), "entry_id": entry_id}])


def _check(tx: Tx, giving: Giving) -> None:
    if len(giving.reason.strip()) < REASON_MIN:
        raise OverrideRefused("reason", "Say in words why it is overridden.")
    if not giving.rules:
        raise OverrideRefused("rules", "Name at least one rule to override.")
    if not tx.now_us < giving.until_us <= tx.now_us + LONGEST_US:
        raise OverrideRefused("until_us", "An override is for one duty that ends in the next 12 hours.")
    roots: dict[int, int] = dict(_ROOTS.rows(tx.conn, {"ids": [giving.person_id, giving.by_person]}))
    for each in (giving.person_id, giving.by_person):
        if each not in roots:
            raise LookupError(f"person {each} is not known")
    if roots[giving.person_id] == roots[giving.by_person]:
        raise OverrideRefused("by_person", "Nobody overrides for themselves.")


def _entry(kind: str, row: dict[str, Any], by_person: int, reason: str) -> Entry:
    """What the store's chain says of it: the code as far as it may be shown; the rest goes beside the chain."""
    code = row["code"]
    told: dict[str, Any] = {name: row[name] for name in TOLD if name in row}
    return Entry(
        chain=store_chain(row["store_id"]),
        kind=kind,
        item_id=row["item_id"],
        taker="PERSON",
        taker_id=row["person_id"],
        visit_id=row.get("visit_id"),
        by_person=by_person,
        reason=REFER_CODE if BY_CODE[code].secret else code,
        payload=told | {"reason": reason.strip()},
    )
