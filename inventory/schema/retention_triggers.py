"""What the database keeps about erasure: nothing goes but what an approved run lists, in a batch of this transaction.

One rule for the editor: as in `schema.triggers`, a trigger compares stored columns and never asks the time. A batch
that is not sealed is this transaction's own: nobody else can see it, and nobody can erase under it later.

`ERASABLE` says which rows of which tables a line of a run covers. `with_erasure` lets every refusal of DELETE in those
tables pass for what is covered, whoever made the refusal, and refuses DELETE where nobody else did.
"""

from collections.abc import Iterable
from dataclasses import replace

from inventory.schema.trigger import Trigger

TABLES = (
    "legal_hold", "legal_hold_released", "disposal_run", "disposal_line", "disposal_answer", "disposal_batch",
    "disposal_certificate", "rights_request", "rights_event", "pack_made",
)  # fmt: skip
APPEND_ONLY = SEALED = TABLES
KEYS = {"legal_hold_released": ("hold_id",), "disposal_answer": ("run_id",), "disposal_certificate": ("run_id",)}

THEIRS = "OLD.person_id = l.subject_id"
_PAYLOAD = """EXISTS (SELECT 1 FROM ledger e WHERE e.id = OLD.ledger_id AND {})"""
OF_A_PERSON = (
    "alarm", "authority_act", "authority_stop", "binding", "carry_authorisation", "duty_restriction",
    "equality_declared", "opt_in", "person_gate", "person_role", "reminder", "role_move", "roster", "sign_in",
    "specialist_result", "training_result", "training_seat", "use_review", "visitor_attestation",
)  # fmt: skip
"""Tables whose rows are about one person, `person_id`, and go with that person's data."""
ERASABLE: dict[str, dict[str, str]] = {
    **{table: {"PERSON": THEIRS} for table in OF_A_PERSON},
    "training_retraction": {
        "PERSON": "EXISTS (SELECT 1 FROM training_result t WHERE t.id = OLD.result_id AND t.person_id = l.subject_id)",
    },
    "visit_line": {
        "PERSON": "EXISTS (SELECT 1 FROM visit v WHERE v.id = OLD.visit_id AND v.person_id = l.subject_id)",
        "DECISION": "EXISTS (SELECT 1 FROM decision d WHERE d.id = l.subject_id AND d.visit_id = OLD.visit_id)",
    },
    "ledger_payload": {
        "PERSON": _PAYLOAD.format(
            "((e.taker = 'PERSON' AND e.taker_id = l.subject_id) OR (e.giver = 'PERSON' AND e.giver_id = l.subject_id))"
        ),
        "DECISION": _PAYLOAD.format("e.decision_id = l.subject_id"),
    },
    "reading": {
        "READINGS": "OLD.received_us < r.cutoff_us AND (substr(OLD.body, 1, 14) = '{\"type\":\"tags\"'"
        " OR substr(OLD.body, 1, 17) = '{\"type\":\"garbled\"')",
        "TELEMETRY": "OLD.received_us < r.cutoff_us AND (substr(OLD.body, 1, 12) = '{\"type\":\"bay'"
        " OR substr(OLD.body, 1, 16) = '{\"type\":\"device\"')",
    },
    "processing_log": {"LOG": "OLD.at_us < r.cutoff_us"},
}
"""Table -> what is erased -> the condition that a row (OLD) is covered by a line `l` of a run `r`."""

_DECISION = "OLD.id = l.subject_id"
_DECISION_FIXED = (
    "id", "tx_id", "person_id", "store_id", "visit_id", "purpose", "verdict", "decided_us", "planned_return_us",
    "valid_until_us", "policy_hash", "door", "by_person",
)  # fmt: skip


def covered(of: dict[str, str]) -> str:
    """The condition that a row is covered by a batch of this transaction."""
    either = " OR ".join(f"(l.subject = '{subject}' AND {when})" for subject, when in of.items())
    return (
        "EXISTS (SELECT 1 FROM disposal_batch b JOIN disposal_run r ON r.id = b.run_id"  # noqa: S608 - text of ours
        " JOIN disposal_line l ON l.run_id = b.run_id AND l.id >= b.line_from AND l.id <= b.line_upto"
        f" WHERE NOT EXISTS (SELECT 1 FROM tx_seal s WHERE s.id = b.tx_id) AND ({either}))"
    )


def with_erasure(rows: Iterable[Trigger]) -> list[Trigger]:
    """Every trigger, those that refuse DELETE in an erasable table but for what is covered, and the missing ones."""
    made = [_passing(each) for each in rows]
    guarded = {each.table for each in made if each.event == "DELETE"}
    made += [
        Trigger(f"{table}_erased_as_approved", table, "DELETE", f"NOT ({covered(of)})",
                f"{table}: erased by an approved disposal alone")
        for table, of in ERASABLE.items() if table not in guarded
    ]  # fmt: skip
    return made


def _passing(trigger: Trigger) -> Trigger:
    if trigger.event == "DELETE" and trigger.table in ERASABLE:
        return replace(trigger, refuse_when=f"({trigger.refuse_when}) AND NOT ({covered(ERASABLE[trigger.table])})")
    if trigger.name == "decision_no_update":
        changed = " OR ".join(f"(OLD.{each} IS DISTINCT FROM NEW.{each})" for each in _DECISION_FIXED)
        emptied = "NEW.facts = '{}' AND NEW.refusals = '[]'"
        return replace(
            trigger, refuse_when=f"NOT ({emptied}) OR {changed} OR NOT ({covered({'DECISION': _DECISION})})"
        )
    return trigger


_BY_ENTRY = "SELECT 1 FROM ledger e WHERE e.id = NEW.entry_id AND e.tx_id = NEW.tx_id AND e.kind = 'ERASED'"
_APPROVED = "SELECT 1 FROM disposal_answer a WHERE a.run_id = NEW.run_id AND a.act = 'APPROVED'"
_OVER = "SELECT 1 FROM disposal_certificate c WHERE c.run_id = NEW.run_id"
_MAY = """
SELECT 1 FROM capability_grant g WHERE g.person_id = NEW.by_person AND g.capability = 'RECORDS_MANAGER'
  AND g.store_id IS NULL AND g.from_us <= NEW.at_us AND (g.to_us IS NULL OR g.to_us > NEW.at_us)
"""
_LINES = """
SELECT 1 FROM disposal_line l {} WHERE l.run_id = NEW.run_id AND l.id >= NEW.line_from AND l.id <= NEW.line_upto
  AND {} AND EXISTS (SELECT 1 FROM legal_hold h {}
    WHERE NOT EXISTS (SELECT 1 FROM legal_hold_released x WHERE x.hold_id = h.id) AND ({}))
"""
_SAME = "COALESCE(hp.same_as, hp.id) = COALESCE({0}.same_as, {0}.id)"
_PERSON_HELD = _LINES.format(
    "JOIN person lp ON lp.id = l.subject_id", "l.subject = 'PERSON'", "JOIN person hp ON hp.id = h.person_id",
    _SAME.format("lp"),
)  # fmt: skip
_DECISION_HELD = _LINES.format(
    "JOIN decision d ON d.id = l.subject_id JOIN person dp ON dp.id = d.person_id", "l.subject = 'DECISION'",
    "LEFT JOIN person hp ON hp.id = h.person_id",
    _SAME.format("dp")  # noqa: S608 - text of ours
    + " OR EXISTS (SELECT 1 FROM decision_item i WHERE i.decision_id = d.id AND i.item_id = h.item_id)"
    " OR EXISTS (SELECT 1 FROM use_declared u WHERE u.decision_id = d.id AND u.incident_ref = h.incident)",
)  # fmt: skip
_LOG_HELD = _LINES.format("", "l.subject = 'LOG'", "", "h.person_id IS NOT NULL")
_PSEUDONYM = (
    "NEW.given_name = 'Erased' AND NEW.family_name = 'person ' || NEW.id AND NEW.ref = 'erased-' || NEW.id"
    " AND NEW.rank IS NULL AND NEW.team IS NULL AND NEW.disposed_us IS NOT NULL"
)
_ERASES = "(OLD.ref IS DISTINCT FROM NEW.ref) OR (OLD.disposed_us IS DISTINCT FROM NEW.disposed_us)"


def expected() -> list[Trigger]:
    """The triggers of the tables of retention, and of a person whose data was erased."""
    batch, says = "disposal_batch", "disposal_batch: {}"
    return [
        Trigger("disposal_answer_by_entitled", "disposal_answer", "INSERT", f"NOT EXISTS ({_MAY})",
                "disposal_answer: by a records manager"),
        Trigger("disposal_batch_of_approved", batch, "INSERT", f"NOT EXISTS ({_APPROVED})",
                says.format("its run was not approved")),
        Trigger("disposal_batch_not_over", batch, "INSERT", f"EXISTS ({_OVER})", says.format("its run is over")),
        Trigger("disposal_batch_by_entry", batch, "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                says.format("the ledger has no entry of it")),
        Trigger("disposal_batch_person_not_held", batch, "INSERT", f"EXISTS ({_PERSON_HELD})",
                says.format("a legal hold keeps this person")),
        Trigger("disposal_batch_decision_not_held", batch, "INSERT", f"EXISTS ({_DECISION_HELD})",
                says.format("a legal hold keeps this decision")),
        Trigger("disposal_batch_log_not_held", batch, "INSERT", f"EXISTS ({_LOG_HELD})",
                says.format("a legal hold on a person keeps the log")),
        Trigger("person_erased_as_approved", "person", "UPDATE",
                f"({_ERASES}) AND NOT ({_PSEUDONYM} AND {covered({'PERSON': 'OLD.id = l.subject_id'})})",
                "person: erased by an approved disposal alone"),
        Trigger("person_erased_stays", "person", "UPDATE", "OLD.disposed_us IS NOT NULL",
                "person: what was erased stays so"),
        Trigger("person_no_delete", "person", "DELETE", "1 = 1", "person: nobody is deleted"),
        Trigger("ledger_payload_no_update", "ledger_payload", "UPDATE", "1 = 1", "ledger_payload is append-only"),
        Trigger("ledger_payload_no_replace", "ledger_payload", "INSERT",
                "EXISTS (SELECT 1 FROM ledger_payload o WHERE o.ledger_id = NEW.ledger_id)",
                "ledger_payload is append-only"),
    ]  # fmt: skip
