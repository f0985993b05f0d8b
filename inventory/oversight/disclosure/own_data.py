"""Everything held on one person, for that person (UK GDPR art. 15; DPA 2018 s.45): others are taken out.

One rule for the editor: a table with rows about a person is in `schema.retention_triggers` or in `KEPT` here, so that
what they may see and what is erased one day are one list.
"""

import json
from typing import Any

import sqlalchemy as sa

from inventory.oversight.disclosure.log_export import is_untold, records_of
from inventory.oversight.disclosure.rows import ANOTHER, Values, rows_of, without_others
from inventory.schema import metadata
from inventory.schema.custody import custody, decision, visit
from inventory.schema.oversight import processing_log
from inventory.schema.people import capability_grant, person
from inventory.schema.retention_triggers import OF_A_PERSON
from inventory.schema.stock import item
from inventory.schema.uses import use_declared

FREE_TEXT = ("assessor", "granted_by", "authority", "attested_by", "settlement", "mail_problem")
"""Columns that name somebody else in words."""
CASES = ("lapse", "lot_due", "loss_case", "override", "paper_line", "reservation_person", "rights_request")
"""Tables of what happened with the person, in which others wrote words."""
WORDS = ("detail", "reason", "facts")
BY_HAND = "[words written by others: the records manager looks through them]"
INVESTIGATES = "PSD"
LOG_SHOWN = ("at_us", "at_at", "operation", "route", "actor_kind", "outcome", "recipient")
KEPT = {
    "custody": "who had which item when: the ledger of section 5 kit", "decision": "what was asked and answered",
    "visit": "when they stood at a hatch", "use_declared": "uses of kit they declared",
    "lapse": "kit they had to return",
    "reservation_person": "what was reserved for them", "capability_grant": "what they might do in the kit store",
    "lot_due": "pieces they owe", "loss_case": "losses of kit they had", "paper_line": "lines of paper registers",
    "override": "refusals that were overridden for them", "web_session": "ended sessions, gone within 30 days",
    "legal_hold": "holds for a claim", "rights_request": "their own requests",
}  # fmt: skip
"""Tables with rows about a person that a disposal of the person leaves as a number, and why."""


def own_data(conn: sa.Connection, person_id: int) -> Values:
    """Everything held on a person, section by section."""
    own = records_of(conn, person_id)
    content: Values = {"person": rows_of(conn, person, person.c.id.in_(own))}
    for name in sorted({*OF_A_PERSON, "capability_grant"}):
        table = metadata.tables[name]
        content[name] = _redacted(table, rows_of(conn, table, table.c.person_id.in_(own)), own)
    content["custody"] = _custody(conn, own)
    content["decisions"] = _decisions(conn, own)
    for table in (visit, use_declared):
        content[table.name] = _redacted(table, rows_of(conn, table, table.c.person_id.in_(own)), own)
    for name in CASES:
        table = metadata.tables[name]
        rows = _redacted(table, rows_of(conn, table, table.c.person_id.in_(own)), own)
        content[name] = [
            {key: BY_HAND if key in WORDS and value else value for key, value in row.items()} for row in rows
        ]
    content["looked_at_or_changed"] = _log(conn, own)
    return content


def _redacted(table: sa.Table, rows: list[Values], own: list[int]) -> list[Values]:
    return [
        {name: ANOTHER if name in FREE_TEXT and value else value for name, value in row.items()}
        for row in without_others(table, rows, own)
    ]


def _custody(conn: sa.Connection, own: list[int]) -> list[Values]:
    """What they had, when: the items by kind, model and serial."""
    rows = _redacted(custody, rows_of(conn, custody, custody.c.person_id.in_(own)), own)
    items = {
        row["id"]: row for row in rows_of(conn, item, item.c.id.in_(sorted({each["item_id"] for each in rows})))
    }
    for row in rows:
        kit = items.get(row["item_id"], {})
        row["kit"] = {name: kit.get(name) for name in ("kind", "model", "serial")}
    return rows


def _decisions(conn: sa.Connection, own: list[int]) -> list[Values]:
    rows = _redacted(decision, rows_of(conn, decision, decision.c.person_id.in_(own)), own)
    for row in rows:
        facts = json.loads(row.pop("facts"))
        facts.pop("issuer", None)
        facts.pop("handed_by", None)
        row["facts"] = facts
        row["reasons"] = [
            {name: each[name] for name in ("public_code", "sentence", "remedy", "weight") if name in each}
            for each in json.loads(row.pop("refusals"))
        ]
    return rows


def _log(conn: sa.Connection, own: list[int]) -> list[Values]:
    """Who did what with their record, by what they are and not who; without what would tell of an investigation."""
    log = processing_log.c
    inner = sa.literal(",") + sa.func.substr(log.subjects, 2, sa.func.length(log.subjects) - 2) + sa.literal(",")
    rows = rows_of(conn, processing_log, sa.or_(*(inner.like(f"%,{each},%") for each in own)))
    hidden = _investigators(conn)
    return [
        {**{name: row.get(name) for name in LOG_SHOWN}, "by": "you" if row["actor_id"] in own else ANOTHER}
        for row in sorted(rows, key=lambda each: (each["at_us"], each["id"]))
        if not is_untold(row["route"], row["query"]) and not _is_hidden(row, hidden)
    ]


def _investigators(conn: sa.Connection) -> list[Any]:
    grants = capability_grant.c
    asked = sa.select(grants.person_id, grants.from_us, grants.to_us).where(grants.capability == INVESTIGATES)
    return list(conn.execute(asked))


def _is_hidden(row: Values, investigators: list[Any]) -> bool:
    return row["actor_kind"] == "PERSON" and any(
        who == row["actor_id"] and from_us <= row["at_us"] and (to_us is None or row["at_us"] < to_us)
        for who, from_us, to_us in investigators
    )
