"""The evidence of one draw: the decision with all its facts and reasons, the policy it was made by, training and
authority as known then and as known now, the kit's life, who was at the hatch, and the ledger's own proof.

One rule for the editor: what is said here of then is what was on record then (`known_us`), and of now what is on record
now about then; the two are never mixed.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.hatch_names import people_named
from inventory.custody.life import item_life
from inventory.custody.told_later import known_now
from inventory.oversight import checkpoints, standalone
from inventory.oversight.disclosure.rows import Values, rows_of, timed
from inventory.people.standing import EVERYTHING, Standing, standings
from inventory.people.training import ValidityRule
from inventory.schema.corrections import correction
from inventory.schema.custody import (
    custody,
    decision,
    decision_item,
    decision_lot,
    ledger,
    ledger_payload,
    visit,
)
from inventory.schema.custody import visit_line as lines_at_hatch
from inventory.schema.fast import Fast
from inventory.schema.overrides import decision_override, override
from inventory.schema.oversight import policy_version, processing_log
from inventory.schema.people import authority_stop, carry_authorisation, person, place, store, training_result
from inventory.schema.stock import hold, inspection, item
from inventory.schema.uses import use_answer, use_declared

AROUND_US = 15 * 60_000_000
LOG_MAX = 500


@dataclass(frozen=True, slots=True)
class Draw:
    """A decision, the records of its person, and its items."""

    row: Values
    records: tuple[int, ...]
    items: tuple[int, ...]

    @property
    def at_us(self) -> int:
        """When it was decided."""
        return int(self.row["decided_us"])


_RECORDS = Fast(
    sa.select(person.c.id).where(
        sa.or_(person.c.id == sa.bindparam("root"), person.c.same_as == sa.bindparam("root"))
    )
)


def draw_of(conn: sa.Connection, decision_id: int) -> Draw:
    """A decision to be put together. Raises LookupError for an unknown one, and for one that was erased."""
    found = rows_of(conn, decision, decision.c.id == decision_id)
    if not found or found[0]["facts"] == "{}":
        raise LookupError(f"decision {decision_id} is not known, or was erased by the retention schedule")
    items = conn.execute(
        sa.select(decision_item.c.item_id).where(decision_item.c.decision_id == decision_id).order_by(
            decision_item.c.item_id
        )
    )
    records = tuple(sorted(row[0] for row in _RECORDS.rows(conn, {"root": found[0]["person_id"]})))
    return Draw(found[0], records or (found[0]["person_id"],), tuple(items.scalars()))


def evidence_of(conn: sa.Connection, draw: Draw, courses: dict[str, ValidityRule]) -> Values:
    """Everything about a draw, without its ledger (see `part_of_ledger`)."""
    row, decision_id = draw.row, draw.row["id"]
    told = {
        **{name: value for name, value in row.items() if name not in ("facts", "refusals")},
        "facts": json.loads(row["facts"]),
        "reasons": json.loads(row["refusals"]),
    }
    content: Values = {
        "decision": told,
        "policy": _policy(conn, row["policy_hash"]),
        "store": rows_of(conn, store, store.c.id == row["store_id"]),
        "kit": _kit(conn, draw),
        "lots": rows_of(conn, decision_lot, decision_lot.c.decision_id == decision_id),
        "standing_as_known_then": _standing(conn, draw, courses, draw.at_us),
        "standing_as_known_now": _standing(conn, draw, courses, EVERYTHING),
        "training_results": _known(conn, training_result, draw),
        "authorisations": _known(conn, carry_authorisation, draw),
        "stops_of_authority": _known(conn, authority_stop, draw),
        "overrides": _overrides(conn, decision_id),
        "hatch": _hatch(conn, row["visit_id"]),
        "custody": rows_of(conn, custody, custody.c.decision_id == decision_id),
        "uses": _uses(conn, decision_id),
        "corrections": rows_of(conn, correction, correction.c.item_id.in_(draw.items)),
        "processing_log": _log(conn, draw),
    }
    content["people"] = _people(conn, content, draw)
    return content


def _policy(conn: sa.Connection, policy_hash: str) -> Values:
    """The policy in force, whole: its JSON has the hash that the decision names."""
    found = rows_of(conn, policy_version, policy_version.c.hash == policy_hash)
    if not found:
        return {"hash": policy_hash, "body": None}
    return {**found[0], "body": json.loads(found[0]["body"])}


def _kit(conn: sa.Connection, draw: Draw) -> list[Values]:
    """Each item: what it is, its life before, during and after, checks, holds, and who is known now to have had it."""
    kit = []
    for each in rows_of(conn, item, item.c.id.in_(draw.items)):
        life = [timed(row) for row in item_life(conn, each["id"])]
        told = known_now(conn, each["id"], draw.at_us)
        kit.append(
            {
                "item": each,
                "life_before": [row for row in life if row["at_us"] < draw.at_us],
                "life_since": [row for row in life if row["at_us"] >= draw.at_us],
                "checks": rows_of(conn, inspection, inspection.c.item_id == each["id"]),
                "holds": rows_of(conn, hold, hold.c.item_id == each["id"]),
                "told_later_of_then": asdict(told) if told is not None else None,
            }
        )
    return kit


def _standing(conn: sa.Connection, draw: Draw, courses: dict[str, ValidityRule], known_us: int) -> Values | None:
    """Whether each qualification was in date when it was decided, by what was known by `known_us`."""
    found = standings(conn, [draw.row["person_id"]], draw.at_us, courses, known_us).get(draw.row["person_id"])
    return None if found is None else _standing_said(found, draw.at_us)


def _standing_said(of: Standing, at_us: int) -> Values:
    return {
        "training": [
            {
                "qualification": course, "model": model, "last_pass_on": held.last_pass_on.isoformat(),
                "valid_until_us": held.valid_until_us,
                "in_date": held.valid_until_us is None or held.valid_until_us > at_us,
            }
            for (course, model), held in sorted(of.training.items(), key=lambda each: (each[0][0], each[0][1] or ""))
        ],
        "authorisations": [asdict(each) for each in of.authorisations],
        "stops": [asdict(each) for each in of.stops],
        "limited_to": sorted(of.duty_kinds_allowed) if of.duty_kinds_allowed is not None else None,
    }  # fmt: skip


def _known(conn: sa.Connection, table: sa.Table, draw: Draw) -> list[Values]:
    """Rows about the person, each with whether it was on record then and whether it is now."""
    found = rows_of(conn, table, table.c.person_id.in_(draw.records))
    for row in found:
        ended = row.get("retracted_us")
        row["known_then"] = row["recorded_us"] <= draw.at_us and (ended is None or ended > draw.at_us)
        row["known_now"] = ended is None
    return found


def _overrides(conn: sa.Connection, decision_id: int) -> list[Values]:
    relied = sa.select(decision_override.c.override_id).where(decision_override.c.decision_id == decision_id)
    return rows_of(conn, override, override.c.id.in_(relied))


def _hatch(conn: sa.Connection, visit_id: int | None) -> Values | None:
    """The visit at the hatch: where, who, what proved who they were, each line as it was shown."""
    found = rows_of(conn, visit, visit.c.id == visit_id) if visit_id is not None else []
    if not found:
        return None
    lines = rows_of(conn, lines_at_hatch, lines_at_hatch.c.visit_id == visit_id)
    where = rows_of(conn, place, place.c.id == found[0]["place_id"])
    return {"visit": found[0], "place": where[0] if where else None, "lines": lines}


def _uses(conn: sa.Connection, decision_id: int) -> list[Values]:
    found = rows_of(conn, use_declared, use_declared.c.decision_id == decision_id)
    return [{**each, "answers": rows_of(conn, use_answer, use_answer.c.use_id == each["id"])} for each in found]


def _log(conn: sa.Connection, draw: Draw) -> list[Values]:
    """Who processed the person's data around the draw (DPA 2018 s.62), but for packs like this one being made."""
    log = processing_log.c
    inner = sa.literal(",") + sa.func.substr(log.subjects, 2, sa.func.length(log.subjects) - 2) + sa.literal(",")
    about = sa.or_(*(inner.like(f"%,{each},%") for each in draw.records))
    near = sa.and_(log.at_us >= draw.at_us - AROUND_US, log.at_us < draw.at_us + AROUND_US)
    rows = rows_of(conn, processing_log, sa.and_(near, about, log.route.not_like("%/pack%")))
    return rows[:LOG_MAX]


def _people(conn: sa.Connection, content: Values, draw: Draw) -> Values:
    """The people of the draw as they are named now: who drew, who issued, and whoever acted on the kit."""
    ids = {draw.row["person_id"], draw.row["by_person"], *draw.records}
    for each in content["kit"]:
        for row in (*each["life_before"], *each["life_since"]):
            ids |= {row["by_person"], row["second_person"]}
            ids |= {row[f"{side}_id"] for side in ("giver", "taker") if row[side] == "PERSON"}
    named = people_named(conn, sorted(number for number in ids if number is not None))
    return {str(number): named[number] for number in sorted(named)}


# ---- the ledger's own proof ------------------------------------------------------------------------------


def chains_of(draw: Draw) -> list[str]:
    """The chains that the draw stands in: each item's, and of a refusal its store's."""
    own = [f"item:{each}" for each in draw.items]
    return sorted(own if draw.row["verdict"] == "ALLOW" else [*own, f"store:{draw.row['store_id']}"])


def part_of_ledger(conn: sa.Connection, draw: Draw) -> Iterator[str]:
    """These chains whole and every checkpoint that names them, as lines that `standalone` checks.

    Payloads go with the entries of this draw alone: what was written of other people stays out, its hash stays in.
    """
    chains = chains_of(draw)
    yield _line({"type": "header", "version": standalone.VERSION, "epoch": checkpoints.epoch(conn), "only": chains})
    for point in checkpoints.read_all(conn):
        if any(name in chains for name, _, _ in json.loads(point.changed)):
            yield _line({"type": "checkpoint", **asdict(point)})
    rows = conn.execute(
        sa.select(ledger, ledger_payload.c.salt, ledger_payload.c.body)
        .select_from(ledger.outerjoin(ledger_payload, ledger_payload.c.ledger_id == ledger.c.id))
        .where(ledger.c.chain.in_(chains))
        .order_by(ledger.c.chain, ledger.c.seq)
    ).mappings()
    count = 0
    for row in rows:
        own = _is_of(row, draw)
        entry = {str(name): value for name, value in row.items() if name not in ("salt", "body")}
        payload = {"salt": row["salt"], "body": row["body"]} if own and row["salt"] is not None else None
        yield _line({"type": "entry", **entry, "payload": payload})
        count += 1
    yield _line({"type": "footer", "entries": count})


def _is_of(row: Any, draw: Draw) -> bool:
    return row["decision_id"] == draw.row["id"] or any(
        row[side] == "PERSON" and row[f"{side}_id"] in draw.records for side in ("giver", "taker")
    )


def _line(row: Values) -> str:
    return json.dumps(row, ensure_ascii=False)


def proved(lines: Sequence[str]) -> standalone.Report:
    """The same part checked by the verifier that stands alone."""
    return standalone.verify_export(lines)
