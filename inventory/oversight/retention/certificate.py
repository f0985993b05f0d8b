"""The certificate of a disposal: what was erased by which rule, by whose approval; and the step that ends a run.

One rule for the editor: a certificate holds counts, surrogate ids, dates and the approvers. Nothing that was erased, no
name, no words of anybody, ever stands in it (design `domain.md` 7.2, L8).
"""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from inventory.oversight.retention import erasing, runs
from inventory.schema.fast import Inserter
from inventory.schema.retention import disposal_certificate
from inventory.schema.tx import LogLine, Tx

_CERTIFICATE = Inserter(disposal_certificate)
BACKUPS = (
    "Backups made before the erasure hold what was erased until they expire: within 35 days, as the force's backup"
    " schedule says (docs/data-protection.md). A restore is followed by a new run before the service is opened."
)


def step(tx: Tx, run: runs.Run) -> bool:
    """One batch of an approved run and its line in the processing log, or its certificate. True while there is more."""
    made = erasing.erase_next(tx, run)
    if made is None:
        _certify(tx, run)
        return False
    people = tuple(each[2] for each in made.lines if each[1] == "PERSON")
    counts = ", ".join(f"{name} {count}" for name, count in sorted(made.erased.items()) if count)
    tx.record(
        [
            LogLine("ERASURE", f"disposal/{run.rule}", "PERSON", run.answered_by, people, f"disposal:{run.id}",
                    reason=f"disposal {run.id}: {counts}")
        ]
    )  # fmt: skip
    return True


def _certify(tx: Tx, run: runs.Run) -> None:
    body = json.dumps(certificate_of(tx.conn, run, tx.now_us), sort_keys=True, separators=(",", ":"))
    row = {
        "run_id": run.id, "tx_id": tx.id, "at_us": tx.now_us, "body": body,
        "sha256": hashlib.sha256(body.encode()).hexdigest(),
    }  # fmt: skip
    _CERTIFICATE.add(tx.conn, [row])


def certificate_of(conn: sa.Connection, run: runs.Run, now_us: int) -> dict[str, Any]:
    """What the certificate of a run says, as it stands."""
    batches = runs.batches(conn, run.id)
    erased: Counter[str] = Counter()
    for _, _, counts, _ in batches:
        erased.update(counts)
    lines = runs.lines_after(conn, run.id, 0, 100_000)
    gone = {line for line, _, _ in lines if any(first <= line <= last for first, last, _, _ in batches)}
    schedule = run.schedule
    return {
        "disposal": run.id,
        "record": schedule["title"],
        "rule": run.rule,
        "kept_for": f"{schedule['span']} {schedule['unit']}",
        "trigger": schedule["trigger"],
        "source": schedule["source"],
        "policy_hash": run.policy_hash,
        "before": _utc(run.cutoff_us),
        "proposed": {"at": _utc(run.proposed_us), "by_person": run.proposed_by, "due": run.due, "held": run.kept},
        "approved": {"at": _utc(run.answered_us or 0), "by_persons": [run.answered_by, run.second_person]},
        "completed": _utc(now_us),
        "batches": len(batches),
        "rows_erased": dict(sorted(erased.items())),
        "subjects": sorted({subject for _, subject, _ in lines}),
        "erased_ids": [subject_id for line, _, subject_id in lines if line in gone and subject_id],
        "held_back_ids": [subject_id for line, _, subject_id in lines if line not in gone and subject_id],
        "backups": BACKUPS,
    }


def _utc(at_us: int) -> str:
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).isoformat()
