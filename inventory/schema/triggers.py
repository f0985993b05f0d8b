"""The promises the database keeps by itself, on SQLite and on PostgreSQL, whoever writes to it.

One rule for the editor: a trigger compares stored columns and never asks the time. Every promise stands here
for both dialects; `install` is run after every migration (Alembic's batch mode on SQLite drops triggers), and
a test lists `expected()` against the live database and attacks each one.

The promises
  * append-only tables refuse UPDATE and DELETE (and TRUNCATE, and SQLite's INSERT OR REPLACE);
  * custody may be closed once and never otherwise changed or deleted;
  * ISSUED custody needs an ALLOW decision for the same person, purpose and item, written in the same, not yet
    sealed transaction, whose validities cover the planned return; pieces of a lot likewise;
  * what had already happened (ASSERTED) needs two people and a document, pieces of a lot likewise;
  * an override is given by somebody who may at that store and moment, and never to themselves, however many records
    they have; a decision relies only on one for the same person, store and purpose, in force for the whole duty;
  * what is loaded in something was put there where both were, by its own entry in the ledger, and is taken out once;
  * a bay lets something go only by the entry of its issue, at that moment and for a minute at most;
  * a count takes no sighting after it closed, is closed once by an entry that names its result, by two where two were
    asked for, and its variances are settled by movements alone;
  * a use is declared by its own entry, what is still owed for it is closed once by an answer, and no hold on what was
    spent is ever lifted;
  * pieces of a lot that are due back after a duty are those that its issue names, and only ever come back;
  * a loss is opened by the movement that misses its item, and never closed while the item is missing;
  * a recall closes only when nothing on its list is out, on its way or missing without a written end, and once lifted
    it is over; somebody who may no longer hold kit has one open lapse, nobody decides on their own, and nobody whose
    authority is gone is let keep it;
  * a carrier takes only what a consignment lists, as two people send it; once sent, its list is as it was;
  * a correction is made by its own entry, which names an earlier one of the same item, and a serial changes by nothing
    else; what the ledger is told later repeats a movement, and a page of paper is written up by its own entry;
  * kit is handed over by one ALLOW decision and both movements of each item in one transaction, among three people;
  * a delivery that is ended stays as it was, and what two people signed for is read no other way;
  * a duty on a roster is withdrawn at most, once, and stays readable;
  * a training result that no feed brought has two people and a document behind it, nobody vouches for their own, and
    none is edited: it is taken back;
  * nobody acts on their own authority, and nobody lifts a suspension of their own making; a reminder stays as it was;
  * what may be mobilised, who reviewed it and what was planned stay as they were written down;
  * a firmware that was seen is seen again at most, never made another or forgotten;
  * a change of policy is proposed and approved by two who own policy, each by an entry of the ledger, and ends once; of
    equality data only what a newer declaration replaced is erased;
  * a column holds only the words, flags and dates that it may, and no balance is below nought: a promise about ISSUED
    custody would not be asked of custody on a basis that nobody knows;
  * personal data is erased by an approved run alone: two records managers, no legal hold, an entry of the ledger; never
    else, and nothing more than the run lists;
  * no row of a sealed transaction can be added later.
"""

import re
from typing import Any

import sqlalchemy as sa

from inventory.schema import (
    authority_triggers,
    correction_triggers,
    device_triggers,
    feed_triggers,
    guard_triggers,
    handover_triggers,
    loss_triggers,
    metadata,
    policy_triggers,
    recall_triggers,
    receiving_triggers,
    retention_triggers,
    stocktake_triggers,
    training_triggers,
    transfer_triggers,
    use_triggers,
)  # fmt: skip
from inventory.schema.trigger import Trigger

APPEND_ONLY = (
    "tx_seal", "decision", "decision_item", "decision_lot", "ledger", "hold", "hold_lift", "processing_log",
    "checkpoint", "policy_version", "override", "override_revoked", "decision_override", "vendor_mapping",
    "vendor_import", "vendor_refusal", "device_word", "stocktake", "stocktake_sighting", "stocktake_closed",
    "stocktake_settled", "loss_event", "consignment", "consignment_event", "assessment", "availability_target",
    "mobilisable_role", "role_review", "person_role", "saved_plan",
    *use_triggers.APPEND_ONLY, *recall_triggers.APPEND_ONLY, *correction_triggers.APPEND_ONLY,
    *guard_triggers.APPEND_ONLY, *feed_triggers.APPEND_ONLY, *handover_triggers.APPEND_ONLY, *receiving_triggers.TABLES,
    *training_triggers.APPEND_ONLY, *authority_triggers.APPEND_ONLY, *policy_triggers.APPEND_ONLY,
    *retention_triggers.APPEND_ONLY,
)  # fmt: skip
SEALED = (
    "decision", "ledger", "hold", "hold_lift", "custody", "override", "override_revoked", "stocktake",
    "stocktake_closed", "stocktake_settled", "loss_case", "loss_event", "consignment", "consignment_event",
    *use_triggers.SEALED, *recall_triggers.SEALED, *correction_triggers.SEALED, *guard_triggers.SEALED,
    *handover_triggers.SEALED, *receiving_triggers.TABLES, *authority_triggers.SEALED, *policy_triggers.SEALED,
    *retention_triggers.SEALED,
)
KEYS = {"decision_item": ("decision_id", "item_id"), "decision_lot": ("decision_id", "lot_id"),
        "hold_lift": ("hold_id",), "policy_version": ("hash",), "override_revoked": ("override_id",),
        "decision_override": ("decision_id", "override_id"), "stocktake_closed": ("stocktake_id",),
        "stocktake_settled": ("stocktake_id", "item_id"), "stocktake_lot_settled": ("stocktake_id", "lot_id"),
        "paper_scan": ("page_id",), "reservation_ended": ("reservation_id",), **feed_triggers.KEYS,
        **receiving_triggers.KEYS,
        **training_triggers.KEYS, **policy_triggers.KEYS, **retention_triggers.KEYS}  # fmt: skip
CUSTODY_FIXED = (
    "id", "tx_id", "item_id", "holder", "holder_id", "person_id", "is_handle", "basis", "purpose", "decision_id",
    "return_mode", "planned_return_us", "review_on", "visit_id", "opened_entry", "opened_us", "asserted_by",
    "asserted_second", "document",
)  # fmt: skip
FITTING_FIXED = ("id", "child_id", "parent_id", "slot", "from_us", "loaded_entry")

_ALLOWED = """
SELECT 1 FROM decision d JOIN decision_item di ON di.decision_id = d.id AND di.item_id = NEW.item_id
WHERE d.id = NEW.decision_id AND d.tx_id = NEW.tx_id AND d.verdict = 'ALLOW' AND d.person_id = NEW.person_id
  AND d.purpose = NEW.purpose AND d.decided_us = NEW.opened_us
  AND (NEW.return_mode <> 'DUTY' OR d.valid_until_us >= NEW.planned_return_us)
"""
_LOT_ALLOWED = """
SELECT 1 FROM decision d JOIN decision_lot dl ON dl.decision_id = d.id AND dl.lot_id = NEW.lot_id
WHERE d.id = NEW.decision_id AND d.tx_id = NEW.tx_id AND d.verdict = 'ALLOW' AND d.person_id = NEW.taker_id
  AND d.decided_us = NEW.at_us AND dl.quantity >= NEW.quantity
"""
_ENTITLED = """
SELECT 1 FROM capability_grant g
WHERE g.person_id = NEW.by_person AND g.capability = NEW.capability
  AND (g.store_id IS NULL OR g.store_id = NEW.store_id)
  AND g.from_us <= NEW.given_us AND (g.to_us IS NULL OR g.to_us > NEW.given_us)
"""
_SAME_PERSON = """
SELECT 1 FROM person giver JOIN person taker ON COALESCE(taker.same_as, taker.id) = COALESCE(giver.same_as, giver.id)
WHERE giver.id = NEW.by_person AND taker.id = NEW.person_id
"""
_RELIED_ON = """
SELECT 1 FROM decision d JOIN override o ON o.id = NEW.override_id
WHERE d.id = NEW.decision_id AND o.person_id = d.person_id AND o.store_id = d.store_id AND o.purpose = d.purpose
  AND o.given_us <= d.decided_us AND o.until_us > d.decided_us AND o.until_us >= d.planned_return_us
  AND (d.by_person IS NULL OR o.by_person <> d.by_person)
  AND NOT EXISTS (SELECT 1 FROM override_revoked r WHERE r.override_id = o.id)
  AND NOT EXISTS (SELECT 1 FROM tx_seal s WHERE s.id = d.tx_id)
"""
_BOTH_HERE = """
SELECT 1 FROM custody c JOIN custody p ON p.holder = c.holder AND p.holder_id = c.holder_id
WHERE c.item_id = NEW.child_id AND c.closed_entry IS NULL AND p.item_id = NEW.parent_id AND p.closed_entry IS NULL
"""
_LOADED = "SELECT 1 FROM ledger l WHERE l.id = NEW.loaded_entry AND l.kind = 'LOADED' AND l.item_id = NEW.child_id"
_UNLOADED = _LOADED.replace("loaded_entry", "unloaded_entry").replace("'LOADED'", "'UNLOADED'")
_KIND = "SELECT CASE WHEN kind = 'CED_HANDLE' THEN 1 ELSE 0 END FROM item WHERE id = NEW.item_id"


def _append_only(table: str) -> list[Trigger]:
    says = f"{table} is append-only"
    same = " AND ".join(f"old_row.{k} = NEW.{k}" for k in KEYS.get(table, ("id",)))
    exists = f"EXISTS (SELECT 1 FROM {table} old_row WHERE {same})"  # noqa: S608 - names of ours
    return [
        Trigger(f"{table}_no_update", table, "UPDATE", "1 = 1", says),
        Trigger(f"{table}_no_delete", table, "DELETE", "1 = 1", says),
        Trigger(f"{table}_no_replace", table, "INSERT", exists, says),
    ]


def _not_sealed(table: str) -> Trigger:
    return Trigger(
        f"{table}_not_sealed",
        table,
        "INSERT",
        "EXISTS (SELECT 1 FROM tx_seal s WHERE s.id = NEW.tx_id)",
        f"{table}: its transaction is already sealed",
    )


_OPEN_ALREADY = """
EXISTS (SELECT 1 FROM custody c WHERE c.id = NEW.id)
OR EXISTS (SELECT 1 FROM custody c WHERE c.item_id = NEW.item_id AND c.closed_entry IS NULL)
OR (NEW.is_handle = 1 AND EXISTS (SELECT 1 FROM custody c
    WHERE c.person_id = NEW.person_id AND c.is_handle = 1 AND c.closed_entry IS NULL))
OR EXISTS (SELECT 1 FROM custody c WHERE c.decision_id = NEW.decision_id AND c.item_id = NEW.item_id)
"""
_CHANGED = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in CUSTODY_FIXED)
_CUSTODY = (
    ("custody_needs_allow", "INSERT", f"NEW.basis = 'ISSUED' AND NOT EXISTS ({_ALLOWED})",
     "custody: no matching fresh ALLOW decision"),
    ("custody_handle_flag", "INSERT", f"NEW.is_handle IS DISTINCT FROM ({_KIND})",
     "custody: is_handle must say what the item is"),
    ("custody_starts_open", "INSERT", "NEW.closed_entry IS NOT NULL OR NEW.closed_us IS NOT NULL",
     "custody: starts open"),
    ("custody_no_replace", "INSERT", _OPEN_ALREADY, "custody: already open for this item, person or decision"),
    ("custody_closes_once", "UPDATE",
     f"OLD.closed_entry IS NOT NULL OR NEW.closed_entry IS NULL OR NEW.closed_us IS NULL OR {_CHANGED}",
     "custody: may only be closed, and once"),
    ("custody_no_delete", "DELETE", "1 = 1", "custody is append-only"),
)  # fmt: skip


def _custody() -> list[Trigger]:
    return [Trigger(name, "custody", event, when, says) for name, event, when, says in _CUSTODY]


def _columns() -> list[Trigger]:
    """What each column may hold (words, flags, dates), a trigger a table and event: Alembic leaves a column's own
    CHECK out, and SQLite could take a new word into one only by making the table anew."""
    made = []
    for table in metadata.sorted_tables:
        refusals = {each.name: _refuses(each) for each in table.columns}
        refusals = {name: when for name, when in refusals.items() if when}
        says = f"{table.name}: one of these holds what it may not: {', '.join(refusals)}"
        made += [
            Trigger(f"{table.name}_columns_{event.lower()}", table.name, event, " OR ".join(refusals.values()), says)
            for event in ("INSERT", "UPDATE")
            if refusals and not (event == "UPDATE" and table.name in APPEND_ONLY)
        ]
    return made


def _refuses(column: sa.Column[Any]) -> str:
    """When a new value of `column` breaks its own CHECK. NULL breaks none: it is NOT NULL that forbids it."""
    name = re.compile(rf"\b{column.name}\b")
    checks = [str(each.sqltext) for each in column.constraints if isinstance(each, sa.CheckConstraint)]
    return " OR ".join(f"NOT ({name.sub(f'NEW.{column.name}', check)})" for check in checks)


def _ledger() -> list[Trigger]:
    return [
        Trigger(
            "ledger_lot_needs_allow",
            "ledger",
            "INSERT",
            f"NEW.kind = 'ISSUED' AND NEW.lot_id IS NOT NULL AND NOT EXISTS ({_LOT_ALLOWED})",
            "ledger: no matching fresh ALLOW decision for the lot",
        ),
        Trigger(
            "ledger_lot_asserted_by_two",
            "ledger",
            "INSERT",
            "NEW.kind = 'ASSERTED' AND NEW.lot_id IS NOT NULL AND (NEW.by_person IS NULL OR NEW.second_person IS NULL"
            " OR NEW.by_person = NEW.second_person OR NEW.reason IS NULL OR length(trim(NEW.reason)) = 0)",
            "ledger: pieces of a lot are asserted by two people and a document",
        ),
        Trigger(
            "ledger_lot_to_person",
            "ledger",
            "INSERT",
            "NEW.lot_id IS NOT NULL AND NEW.taker = 'PERSON' AND NEW.kind NOT IN ('ISSUED', 'ASSERTED')",
            "ledger: pieces of a lot reach a person as ISSUED or ASSERTED only",
        ),
    ]


def _overrides() -> list[Trigger]:
    return [
        Trigger("override_by_entitled", "override", "INSERT", f"NOT EXISTS ({_ENTITLED})",
                "override: its giver may not override at this store"),
        Trigger("override_by_another", "override", "INSERT", f"EXISTS ({_SAME_PERSON})",
                "override: nobody overrides for themselves"),
        Trigger("decision_override_fits", "decision_override", "INSERT", f"NOT EXISTS ({_RELIED_ON})",
                "decision_override: no override in force for this decision"),
    ]  # fmt: skip


def _fittings() -> list[Trigger]:
    again = "(o.child_id = NEW.child_id OR (o.parent_id = NEW.parent_id AND o.slot = NEW.slot)) AND o.to_us IS NULL"
    there = f"EXISTS (SELECT 1 FROM fitting o WHERE o.id = NEW.id OR ({again}))"  # noqa: S608 - names of ours
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in FITTING_FIXED)
    ended = f"NEW.to_us IS NULL OR NEW.to_us < NEW.from_us OR NOT EXISTS ({_UNLOADED})"
    return [
        Trigger("fitting_where_both_are", "fitting", "INSERT", f"NOT EXISTS ({_BOTH_HERE})",
                "fitting: what is loaded is where the other is"),
        Trigger("fitting_by_its_entry", "fitting", "INSERT", f"NOT EXISTS ({_LOADED})",
                "fitting: the ledger has no entry of this loading"),
        Trigger("fitting_starts_open", "fitting", "INSERT",
                "NEW.to_us IS NOT NULL OR NEW.unloaded_entry IS NOT NULL", "fitting: starts open"),
        Trigger("fitting_no_replace", "fitting", "INSERT", there, "fitting: already loaded, or its place is taken"),
        Trigger("fitting_ends_once", "fitting", "UPDATE", f"OLD.to_us IS NOT NULL OR {ended} OR {changed}",
                "fitting: may only be ended, once, by an entry of the ledger"),
        Trigger("fitting_no_delete", "fitting", "DELETE", "1 = 1", "fitting is append-only"),
    ]  # fmt: skip


def expected() -> list[Trigger]:
    """Every trigger both databases must have."""
    rows = [trigger for table in APPEND_ONLY for trigger in _append_only(table)]
    rows += [_not_sealed(table) for table in SEALED]
    rows += _columns() + _custody() + _ledger() + _overrides() + _fittings() + device_triggers.expected()
    rows += stocktake_triggers.expected() + loss_triggers.expected() + transfer_triggers.expected()
    rows += use_triggers.expected() + recall_triggers.expected() + correction_triggers.expected()
    rows += guard_triggers.expected() + handover_triggers.expected()
    rows += feed_triggers.expected() + training_triggers.expected() + authority_triggers.expected()
    rows += policy_triggers.expected()
    return retention_triggers.with_erasure(rows + receiving_triggers.expected() + retention_triggers.expected())


def in_force(conn: sa.Connection) -> set[str]:
    """The names of the triggers that the live database has enabled, and whose definition is the one made here.

    A trigger under our name that refuses something else, or nothing, is not in force.
    """
    if conn.dialect.name == "sqlite":
        stored = conn.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        live = {row[0]: row[1] for row in stored}
        return {trigger.name for trigger in expected() if live.get(trigger.name) == _sqlite(trigger)[1]}
    found = {row[0]: row[1:] for row in conn.exec_driver_sql(_LIVE_ON_POSTGRESQL)}
    whole = {
        trigger.name for trigger in expected() if found.get(trigger.name) == _as_postgresql_tells(trigger)
    }
    truncate = {f"{table}_no_truncate" for table in truncate_guards()}
    return whole | {name for name in truncate & found.keys() if found[name][0] == _TRUNCATE_BODY}


_LIVE_ON_POSTGRESQL = (
    "SELECT t.tgname, p.prosrc, pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')"
)
_TRUNCATE_BODY = (
    " BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'check_violation'; END "
)


def _as_postgresql_tells(trigger: Trigger) -> tuple[str, str]:
    """(the function's body, the trigger's definition) as PostgreSQL's catalogue gives them."""
    body = _postgresql(trigger)[0].split("$body$")[1]
    return body, (
        f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON public.{trigger.table}"
        f" FOR EACH ROW EXECUTE FUNCTION {trigger.name}_fn()"
    )


def truncate_guards() -> list[str]:
    """Tables that PostgreSQL must also guard against TRUNCATE (SQLite has none)."""
    return [*APPEND_ONLY, "custody", "firmware_seen", "fitting", "loss_case", "use_point", "lot_due", "roster",
            "visitor_attestation"]


def _sqlite(trigger: Trigger) -> list[str]:
    when = trigger.refuse_when.replace("IS DISTINCT FROM", "IS NOT")
    return [
        f"DROP TRIGGER IF EXISTS {trigger.name}",
        (
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table} WHEN {when}"
            f" BEGIN SELECT RAISE(ABORT, '{trigger.message}'); END"
        ),
    ]


_TABLE_READ = re.compile(r"(?<!DISTINCT )\b(FROM|JOIN) (\w+)")
"""A table's name in a condition. On PostgreSQL it is told apart from a temporary table of the same name."""


def _postgresql(trigger: Trigger) -> list[str]:
    # PostgreSQL allows no subquery in a trigger's WHEN, so the condition moves into the function.
    value = "OLD" if trigger.event == "DELETE" else "NEW"
    when = _TABLE_READ.sub(r"\1 public.\2", trigger.refuse_when)
    return [
        (
            f"CREATE OR REPLACE FUNCTION {trigger.name}_fn() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN"
            f" IF {when} THEN RAISE EXCEPTION '{trigger.message}'"
            f" USING ERRCODE = 'check_violation'; END IF; RETURN {value}; END $body$"
        ),
        f"DROP TRIGGER IF EXISTS {trigger.name} ON {trigger.table}",
        (
            f"CREATE TRIGGER {trigger.name} BEFORE {trigger.event} ON {trigger.table}"
            f" FOR EACH ROW EXECUTE FUNCTION {trigger.name}_fn()"
        ),
    ]


def _postgresql_truncate(table: str) -> list[str]:
    name = f"{table}_no_truncate"
    return [
        (
            "CREATE OR REPLACE FUNCTION refuse_truncate_fn() RETURNS trigger LANGUAGE plpgsql"
            f" AS $body${_TRUNCATE_BODY}$body$"
        ),
        f"DROP TRIGGER IF EXISTS {name} ON {table}",
        f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_truncate_fn()",
    ]


def install(conn: sa.Connection) -> None:
    """Create or replace every trigger. Safe to run again; run after every migration."""
    make = _sqlite if conn.dialect.name == "sqlite" else _postgresql
    statements = [line for trigger in expected() for line in make(trigger)]
    if conn.dialect.name == "postgresql":
        statements += [line for table in truncate_guards() for line in _postgresql_truncate(table)]
    for line in statements:
        conn.exec_driver_sql(line.replace("%", "%%") if conn.dialect.name == "postgresql" else line)
