"""Erasure itself: one bounded batch of an approved run after another, each with its entry in the ledger.

One rule for the editor: a batch is written before anything is erased under it, in the same transaction, or the database
refuses; what is erased is never copied anywhere, counts and surrogate ids are all that stays.

The ledger keeps every entry: an ERASED one in the chain RETENTION names the entries whose words went (the verifier asks
for it), and where a chain of the processing log begins now.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from inventory.custody import ledger as chained
from inventory.oversight.retention import runs
from inventory.oversight.retention.due import kinds_of_reading
from inventory.oversight.retention.holds import holds_in_force
from inventory.schema import metadata
from inventory.schema.custody import decision, decision_item, ledger, ledger_payload, visit, visit_line
from inventory.schema.fast import Inserter
from inventory.schema.oversight import processing_log
from inventory.schema.people import person
from inventory.schema.retention import disposal_batch
from inventory.schema.retention_triggers import OF_A_PERSON
from inventory.schema.service import reading, web_session
from inventory.schema.training import training_retraction
from inventory.schema.tx import Tx
from inventory.schema.uses import use_declared

RETENTION = "retention:1"
AT_ONCE = {"PERSON": 10, "DECISION": 100, "READINGS": 1, "TELEMETRY": 1, "LOG": 1}
ROWS_AT_ONCE = 1000

_BATCH = Inserter(disposal_batch)


@dataclass(slots=True)
class Erasing:
    """One batch while it is made: which lines (those that a legal hold keeps are passed over), and what goes."""

    run: runs.Run
    lines: list[tuple[int, str, int]]
    erased: Counter[str] = field(default_factory=Counter)
    payloads: list[int] = field(default_factory=list)
    begins: dict[str, list[Any]] = field(default_factory=dict)


def erase_next(tx: Tx, run: runs.Run) -> Erasing | None:
    """Erase the next batch of an approved run. None where nothing is left to erase."""
    made = _next(tx.conn, run)
    if made is None:
        return None
    subject = made.lines[0][1]
    _plan(tx.conn, made, subject)
    if not sum(made.erased.values()):
        return None
    entry = chained.Entry(
        chain=RETENTION, kind="ERASED", by_person=run.answered_by, second_person=run.second_person,
        policy_hash=run.policy_hash, reason=_said(made),
    )  # fmt: skip
    (entry_id,) = chained.append(tx, [entry])
    row = {
        "id": tx.ids.take(), "tx_id": tx.id, "run_id": run.id, "line_from": made.lines[0][0],
        "line_upto": made.lines[-1][0], "erased": json.dumps(made.erased, sort_keys=True), "at_us": tx.now_us,
        "entry_id": entry_id,
    }  # fmt: skip
    _BATCH.add(tx.conn, [row])
    _erase(tx, made, subject)
    return made


def _next(conn: sa.Connection, run: runs.Run) -> Erasing | None:
    """The next lines that no hold keeps, without a gap between them."""
    before = runs.batches(conn, run.id)
    reached = max((upto for _, upto, _, _ in before), default=0)
    lines = runs.lines_after(conn, run.id, reached, 500)
    if not lines and before and run.rule in ("READINGS", "TELEMETRY", "LOG"):
        lines = runs.lines_after(conn, run.id, 0, 1)  # one line, in as many batches as it takes
    free = _not_held(conn, lines)
    taken: list[tuple[int, str, int]] = []
    for each in lines:
        if each[0] in free and len(taken) < AT_ONCE[each[1]]:
            taken.append(each)
        elif taken:
            break
    return Erasing(run, taken) if taken else None


def _not_held(conn: sa.Connection, lines: Sequence[tuple[int, str, int]]) -> set[int]:
    held = holds_in_force(conn)
    free = set()
    for line_id, subject, subject_id in lines:
        if subject == "PERSON":
            keeps = held.on_person(conn, subject_id)
        elif subject == "DECISION":
            keeps = bool(held.all) and held.on_draw(conn, *_draw(conn, subject_id))
        else:
            keeps = subject == "LOG" and any(each.person_id for each in held.all)
        free |= set() if keeps else {line_id}
    return free


def _draw(conn: sa.Connection, decision_id: int) -> tuple[int, list[int], set[str]]:
    who = conn.execute(sa.select(decision.c.person_id).where(decision.c.id == decision_id)).scalar_one()
    items = conn.execute(sa.select(decision_item.c.item_id).where(decision_item.c.decision_id == decision_id))
    uses = conn.execute(sa.select(use_declared.c.incident_ref).where(use_declared.c.decision_id == decision_id))
    return who, list(items.scalars()), {each for each in uses.scalars() if each}


# ---- what goes -----------------------------------------------------------------------------------------


def _targets(made: Erasing, subject: str) -> list[tuple[sa.Table, sa.ColumnElement[bool]]]:
    """What a batch erases: tables and the condition, those that refer to others first."""
    ids = [each[2] for each in made.lines]
    if subject == "PERSON":
        visits = sa.select(visit.c.id).where(visit.c.person_id.in_(ids))
        found = {name: metadata.tables[name].c.person_id.in_(ids) for name in OF_A_PERSON}
        results = metadata.tables["training_result"]
        found |= {
            "training_retraction": training_retraction.c.result_id.in_(
                sa.select(results.c.id).where(results.c.person_id.in_(ids))
            ),
            "visit_line": visit_line.c.visit_id.in_(visits),
            "web_session": web_session.c.person_id.in_(ids),
        }
        return [(table, found[table.name]) for table in reversed(metadata.sorted_tables) if table.name in found]
    if subject == "DECISION":
        return [(visit_line, visit_line.c.visit_id.in_(_visits_over(ids)))]
    return []


def _visits_over(ids: Sequence[int]) -> sa.Select[Any]:
    """Visits of these decisions about which no other decision is still kept."""
    other = decision.alias("other")
    kept = sa.exists().where(
        other.c.visit_id == decision.c.visit_id, other.c.person_id == decision.c.person_id, other.c.facts != "{}",
        other.c.id.not_in(ids),
    )  # fmt: skip
    return sa.select(decision.c.visit_id).where(decision.c.id.in_(ids), decision.c.visit_id.is_not(None), ~kept)


def _payloads(conn: sa.Connection, made: Erasing, subject: str) -> list[int]:
    ids = [each[2] for each in made.lines]
    if subject == "PERSON":
        whose = [
            sa.select(ledger.c.id).where(ledger.c[side] == "PERSON", ledger.c[f"{side}_id"].in_(ids))
            for side in ("giver", "taker")
        ]
    else:
        of_items = ledger.join(decision_item, decision_item.c.item_id == ledger.c.item_id)
        of_draw = decision_item.c.decision_id == ledger.c.decision_id
        whose = [sa.select(ledger.c.id).select_from(of_items).where(of_draw, decision_item.c.decision_id.in_(ids))]
    found = sa.select(ledger_payload.c.ledger_id).where(ledger_payload.c.ledger_id.in_(sa.union(*whose)))
    return sorted(conn.execute(found).scalars())


def _plan(conn: sa.Connection, made: Erasing, subject: str) -> None:
    """Count what will go, before the batch that says so is written."""
    for table, where in _targets(made, subject):
        count = conn.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one()
        made.erased[table.name] += count
    if subject in ("PERSON", "DECISION"):
        made.payloads = _payloads(conn, made, subject)
        made.erased["ledger_payload"] = len(made.payloads)
        made.erased[subject.lower()] = len(made.lines)
    elif subject == "LOG":
        made.begins = _log_begins(conn, made.run.cutoff_us)
        made.erased["processing_log"] = sum(each[2] for each in made.begins.values())
    else:
        made.erased["reading"] = len(_readings(conn, made))


def _said(made: Erasing) -> str:
    said: dict[str, Any] = {"run": made.run.id, "rule": made.run.rule}
    if made.payloads:
        said["payloads"] = made.payloads
    if made.begins:
        said["log"] = {name: [seq, head] for name, (seq, head, _) in made.begins.items()}
    return json.dumps(said, separators=(",", ":"), sort_keys=True)


def _erase(tx: Tx, made: Erasing, subject: str) -> None:
    for table, where in _targets(made, subject):
        tx.conn.execute(sa.delete(table).where(where))
    if made.payloads:
        tx.conn.execute(sa.delete(ledger_payload).where(ledger_payload.c.ledger_id.in_(made.payloads)))
    ids = [each[2] for each in made.lines]
    if subject == "DECISION":
        tx.conn.execute(sa.update(decision).where(decision.c.id.in_(ids)).values(facts="{}", refusals="[]"))
    elif subject == "PERSON":
        tx.conn.execute(sa.update(person).where(person.c.id.in_(ids)).values(_pseudonym(tx.now_us)))
    elif subject == "LOG":
        for name, (seq, _, _) in made.begins.items():
            tx.conn.execute(
                sa.delete(processing_log).where(processing_log.c.chain == name, processing_log.c.seq <= seq)
            )
    else:
        for bridge_id, boot, stream, seq in _readings(tx.conn, made):
            tx.conn.execute(
                sa.delete(reading).where(reading.c.bridge_id == bridge_id, reading.c.boot == boot,
                                         reading.c.stream == stream, reading.c.seq == seq)
            )  # fmt: skip


def _pseudonym(now_us: int) -> dict[str, Any]:
    number = sa.cast(person.c.id, sa.Text)
    return {
        "ref": sa.literal("erased-") + number, "given_name": "Erased", "family_name": sa.literal("person ") + number,
        "rank": None, "team": None, "home_store_id": None, "joined_on": None, "frontline": 0,
        "disposed_us": now_us,
    }  # fmt: skip


def _readings(conn: sa.Connection, made: Erasing) -> list[tuple[Any, ...]]:
    asked = (
        sa.select(reading.c.bridge_id, reading.c.boot, reading.c.stream, reading.c.seq)
        .where(reading.c.received_us < made.run.cutoff_us, kinds_of_reading(made.run.rule))
        .order_by(reading.c.received_us, reading.c.bridge_id, reading.c.boot, reading.c.stream, reading.c.seq)
        .limit(ROWS_AT_ONCE)
    )
    return [tuple(row) for row in conn.execute(asked)]


def _log_begins(conn: sa.Connection, cutoff_us: int) -> dict[str, list[Any]]:
    """Chain -> [the last line that goes, its hash, how many]: the oldest ones, never a chain's newest line."""
    begins: dict[str, list[Any]] = {}
    log = processing_log.c
    for (name,) in conn.execute(sa.select(log.chain).distinct()):
        newest = sa.select(sa.func.max(log.seq)).where(log.chain == name).scalar_subquery()
        kept = sa.select(sa.func.min(log.seq)).where(log.chain == name, log.at_us >= cutoff_us).scalar_subquery()
        asked = (
            sa.select(log.seq, log.hash)
            .where(log.chain == name, log.seq < newest, log.seq < sa.func.coalesce(kept, newest))
            .order_by(log.seq)
            .limit(ROWS_AT_ONCE)
        )
        rows = conn.execute(asked).all()
        if rows:
            begins[name] = [rows[-1][0], rows[-1][1], len(rows)]
    return begins

