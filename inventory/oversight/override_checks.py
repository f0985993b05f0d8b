"""Whether every override stands as it was given, and every decision that relied on one had it: looked at once more.

One rule for the editor: what is asked here is asked of the stored rows alone, and not by the code that wrote them.
"""

import json
from typing import Any

import sqlalchemy as sa

from inventory.schema.custody import decision, ledger, ledger_payload
from inventory.schema.overrides import decision_override, override, override_revoked
from inventory.schema.people import capability_grant, person

Found = list[tuple[str, str]]
"""(what it is about, a sentence)."""

_NAMES = (
    "id", "person_id", "store_id", "purpose", "code", "item_id", "by_person", "capability", "given_us", "until_us",
    "revoked_us", "giver", "taker",
)  # fmt: skip
_DECIDED = ("id", "person_id", "store_id", "purpose", "decided_us", "planned_return_us", "by_person", "refusals")


def relied_on_in_vain(conn: sa.Connection) -> Found:
    """Decisions with a refusal overridden by no override, or by one that was not in force for them."""
    overrides = {row["id"]: row for row in _overrides(conn)}
    named: dict[int, set[int]] = {}
    for decision_id, override_id in conn.execute(sa.select(decision_override)):
        named.setdefault(decision_id, set()).add(override_id)
    marked = decision.c.refusals.contains('"overridden":true', autoescape=True)
    wanted = sa.or_(marked, decision.c.id.in_(sa.select(decision_override.c.decision_id)))
    found: Found = []
    for row in conn.execute(sa.select(*(decision.c[name] for name in _DECIDED)).where(wanted)):
        made = dict(zip(_DECIDED, row, strict=True))
        told = [each for each in json.loads(made["refusals"]) if each["overridden"]]
        if {each["override_id"] for each in told} != named.get(made["id"], set()):
            found.append((f"decision {made['id']}", "its overridden refusals and its overrides differ"))
        found += [
            (f"decision {made['id']}", f"{each['code']} was overridden by {each['override_id']}: {why}")
            for each in told
            for why in _against(each, made, overrides.get(each["override_id"]))
        ]
    return found


def not_as_given(conn: sa.Connection) -> Found:
    """Overrides by somebody who might not, for themselves, or without the ledger's word of them."""
    found: Found = []
    for row in _overrides(conn):
        if row["giver"] == row["taker"]:
            found.append((f"override {row['id']}", "was given by the person it is for"))
        if not _was_entitled(conn, row):
            found.append((f"override {row['id']}", f"person {row['by_person']} was no {row['capability']} there then"))
    return found + _without_entry(conn)


def _overrides(conn: sa.Connection) -> list[dict[str, Any]]:
    giver, taker = person.alias("giver"), person.alias("taker")
    rows = conn.execute(
        sa.select(
            *(override.c[name] for name in _NAMES[:10]),
            override_revoked.c.revoked_us,
            sa.func.coalesce(giver.c.same_as, giver.c.id),
            sa.func.coalesce(taker.c.same_as, taker.c.id),
        ).select_from(
            override.join(giver, giver.c.id == override.c.by_person)
            .join(taker, taker.c.id == override.c.person_id)
            .outerjoin(override_revoked, override_revoked.c.override_id == override.c.id)
        )
    )
    return [dict(zip(_NAMES, row, strict=True)) for row in rows]


def _against(refusal: dict[str, Any], made: dict[str, Any], given: dict[str, Any] | None) -> list[str]:
    """What is wrong with an override that answered a refusal of a decision."""
    if given is None:
        return ["there is no such override"]
    ends_us = made["planned_return_us"]
    wrong = {
        "it answers another rule": given["code"] != refusal["code"],
        "it is for another item": given["item_id"] not in (None, refusal["item_id"]),
        "nobody overrides a HARD rule": refusal["weight"] != "SOFT",
        "it is for somebody else": given["person_id"] != made["person_id"],
        "it is for another store": given["store_id"] != made["store_id"],
        "it is for another purpose": given["purpose"] != made["purpose"],
        "it was not in force": not given["given_us"] <= made["decided_us"] < given["until_us"],
        "it ends before the duty": ends_us is None or ends_us > given["until_us"],
        "it had been revoked": given["revoked_us"] is not None and given["revoked_us"] < made["decided_us"],
        "the issuer gave it": given["by_person"] == made["by_person"],
    }
    return [sentence for sentence, is_so in wrong.items() if is_so]


def _was_entitled(conn: sa.Connection, row: dict[str, Any]) -> bool:
    granted = sa.select(capability_grant.c.id).where(
        capability_grant.c.person_id == row["by_person"],
        capability_grant.c.capability == row["capability"],
        sa.or_(capability_grant.c.store_id.is_(None), capability_grant.c.store_id == row["store_id"]),
        capability_grant.c.from_us <= row["given_us"],
        sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > row["given_us"]),
    )
    return conn.execute(granted.limit(1)).first() is not None


def _without_entry(conn: sa.Connection) -> Found:
    """Overrides and revocations whose entry in the ledger does not say so; a payload that was erased says nothing."""
    found: Found = []
    for table, kind, column in ((override, "OVERRIDDEN", "id"), (override_revoked, "REVOKED", "override_id")):
        rows = conn.execute(
            sa.select(table.c[column], table.c.reason, ledger.c.kind, ledger_payload.c.body).select_from(
                table.outerjoin(ledger, ledger.c.id == table.c.entry_id).outerjoin(
                    ledger_payload, ledger_payload.c.ledger_id == table.c.entry_id
                )
            )
        )
        for number, reason, said, body in rows:
            told = json.loads(body) if body else {"id": number, "reason": reason}
            if (said, told["id"], told["reason"]) != (kind, number, reason):
                found.append((f"override {number}", f"the ledger has no entry {kind} of it that says the same"))
    return found
