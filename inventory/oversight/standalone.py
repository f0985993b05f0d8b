"""A verifier that stands alone: this one file and Python's standard library check an exported ledger.

    python standalone.py export.jsonl --key PUBLIC_KEY_HEX

It shares no code with what wrote the ledger, on purpose: hashing, Merkle root and Ed25519 (RFC 8032) are written
out again here. It finds any edit, insertion, reorder or deletion that the checkpoints can prove, names it, and
says which range they cannot prove.

The export is one JSON object a line: a header, the checkpoints (oldest first), then the entries sorted by chain
and sequence, each with its payload where that was not erased, then a footer with the counts. The export of a part
(an evidence pack) says in its header which chains it holds whole; it is checked against the checkpoints that name them.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION = 1
GENESIS = "0" * 64
LEDGER_FIELDS = (
    "id", "chain", "seq", "kind", "at_us", "item_id", "lot_id", "quantity", "giver", "giver_id", "taker", "taker_id",
    "decision_id", "hold_id", "visit_id", "by_person", "second_person", "reading_key", "policy_hash", "corrects",
    "reason", "payload_hash",
)  # fmt: skip
LOG_FIELDS = (
    "seq", "at_us", "operation", "route", "actor_kind", "actor_id", "subjects", "query", "reason", "recipient",
    "outcome", "request_id",
)  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong. `kind`: EDITED, INSERTED_OR_REORDERED, DELETED, PAYLOAD_CHANGED ..."""

    kind: str
    chain: str
    seq: int | None
    sentence: str


@dataclass
class Report:
    """What was checked, what is wrong, and what cannot be proved."""

    entries: int = 0
    chains: int = 0
    checkpoints: int = 0
    findings: list[Finding] = field(default_factory=list)
    last_checkpoint_us: int | None = None
    unproved: int = 0

    @property
    def good(self) -> bool:
        """True when nothing is wrong."""
        return not self.findings

    def range_sentence(self) -> str:
        """What the checkpoints cannot prove, in one sentence."""
        if self.last_checkpoint_us is None:
            return f"No checkpoint: a deleted tail cannot be proved ({self.entries} entries)."
        if self.unproved == 0:
            return "Every entry is covered by a signed checkpoint."
        return (
            f"{self.unproved} entries were written after the last checkpoint ({self.last_checkpoint_us} us UTC): "
            "their order and content are checked, but the deletion of the newest of them cannot be proved."
        )


def link(prev_hash: str, fields: Sequence[Any]) -> str:
    """The hash of a row that follows `prev_hash`."""
    body = json.dumps(fields, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{VERSION}|{prev_hash}|{body}".encode()).hexdigest()


class Verifier:
    """Takes checkpoints first, then rows in order of (chain, seq), then `finish`."""

    def __init__(self, public_keys: Sequence[bytes] = ()) -> None:
        self.report = Report()
        self._keys = public_keys
        self._promised: dict[str, dict[int, str]] = {}
        self._covered: dict[str, int] = {}
        self._root = GENESIS
        self._chain = ""
        self._seq = 0
        self._hash = GENESIS
        self._only: frozenset[str] | None = None
        self._without: dict[int, tuple[str, int]] = {}
        self._erased: set[int] = set()
        self._begins: dict[str, tuple[int, str]] = {}

    def only(self, chains: Iterable[str]) -> None:
        """What follows is a part: these chains whole, and the checkpoints that name them. Said before all else."""
        self._only = frozenset(chains)

    def checkpoint(self, point: dict[str, Any]) -> None:
        """One checkpoint, as exported."""
        self.report.checkpoints += 1
        self.report.last_checkpoint_us = point["at_us"]
        if self._only is None and point["prev_root"] != self._root:
            self._wrong(
                "CHECKPOINT_BROKEN", f"checkpoint {point['id']}", None, "it does not follow the one before"
            )
        self._root = point["root"]
        if self._keys and not any(
            ed25519_verify(k, statement(point), point["signature"]) for k in self._keys
        ):
            self._wrong(
                "CHECKPOINT_BROKEN",
                f"checkpoint {point['id']}",
                None,
                "its signature is not by the given key",
            )
        for name, seq, head in json.loads(point["changed"]):
            if self._only is not None and name not in self._only:
                continue
            self._promised.setdefault(name, {})[seq] = head
            self._covered[name] = seq

    def row(self, row: dict[str, Any], fields: Sequence[str] = LEDGER_FIELDS) -> None:
        """One chained row with its `chain`, `seq`, `prev_hash` and `hash`."""
        name, seq = row["chain"], row["seq"]
        if name != self._chain:
            self._end_chain()
            self._chain, (self._seq, self._hash) = name, self._beginning(name)
            self.report.chains += 1
        self.report.entries += 1
        if seq != self._seq + 1:
            what = (
                "an entry is missing before it" if seq > self._seq + 1 else "it stands twice or out of order"
            )
            self._wrong("DELETED" if seq > self._seq + 1 else "INSERTED_OR_REORDERED", name, seq, what)
        elif row["prev_hash"] != self._hash:
            self._wrong("INSERTED_OR_REORDERED", name, seq, "it does not follow the entry before it")
        if link(row["prev_hash"], [row[f] for f in fields]) != row["hash"]:
            self._wrong("EDITED", name, seq, "its content does not match its hash")
        if row.get("kind") == "ERASED":
            self._erasure(row["reason"])
        promised = self._promised.get(name, {}).pop(seq, None)
        if promised is not None and promised != row["hash"]:
            self._wrong("EDITED", name, seq, "it is not the entry that a signed checkpoint names")
        if seq > self._covered.get(name, 0):
            self.report.unproved += 1
        self._seq, self._hash = seq, row["hash"]

    def payload(self, row: dict[str, Any], salt: str, body: str) -> None:
        """The payload beside a row, where it was not erased."""
        if hashlib.sha256(f"{salt}|{body}".encode()).hexdigest() != row["payload_hash"]:
            self._wrong("PAYLOAD_CHANGED", row["chain"], row["seq"], "its payload is not what was hashed")

    def without_payload(self, row: dict[str, Any]) -> None:
        """A row whose payload is not there: an entry of an approved erasure must say so."""
        self._without[row["id"]] = (row["chain"], row["seq"])

    def _erasure(self, said: str | None) -> None:
        """What an ERASED entry names: entries whose payload went, and where a chain of the log begins now."""
        try:
            named = json.loads(said or "{}")
            self._erased.update(named.get("payloads", ()))
            for name, (seq, head) in named.get("log", {}).items():
                self._begins[name] = max(self._begins.get(name, (0, GENESIS)), (seq, head))
        except (ValueError, TypeError, AttributeError):
            return  # it names nothing: whatever is missing is found

    def _beginning(self, name: str) -> tuple[int, str]:
        """Where a chain begins: at its first row, or after what an approved erasure took off its beginning."""
        seq, head = self._begins.get(name, (0, GENESIS))
        for promised in [each for each in self._promised.get(name, {}) if each <= seq]:
            if self._promised[name].pop(promised) != head and promised == seq:
                self._wrong("EDITED", name, seq, "it does not begin where a signed checkpoint says")
        return seq, head

    def finish(self) -> Report:
        """Everything has been fed: what is left of the checkpoints' promises is missing from the ledger."""
        self._end_chain()
        for row_id in sorted(self._without.keys() - self._erased if self._only is None else ()):
            self._wrong("PAYLOAD_MISSING", *self._without[row_id], "no approved erasure names its missing payload")
        for name, promised in sorted(self._promised.items()):
            for seq in sorted(promised):
                self._wrong("DELETED", name, seq, "a signed checkpoint names it, and it is not there")
        return self.report

    def _end_chain(self) -> None:
        if not self._chain:
            return
        for seq in sorted(self._promised.pop(self._chain, {})):
            self._wrong("DELETED", self._chain, seq, "a signed checkpoint names it, and it is not there")

    def _wrong(self, kind: str, name: str, seq: int | None, sentence: str) -> None:
        place = name if seq is None else f"{name} entry {seq}"
        self.report.findings.append(Finding(kind, name, seq, f"{place}: {sentence}"))


def statement(point: dict[str, Any]) -> bytes:
    """The bytes of a checkpoint that are signed."""
    hashed = hashlib.sha256(point["changed"].encode()).hexdigest()
    names = ("id", "at_us", "epoch", "chains", "root")
    fields = [*(point[n] for n in names), hashed, point["prev_root"], point["key_id"]]
    return json.dumps(fields, separators=(",", ":")).encode()


# Ed25519 verification, RFC 8032 section 5.1.7, in extended coordinates.
_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, _P - 2, _P) % _P
_I = pow(2, (_P - 1) // 4, _P)
_Point = tuple[int, int, int, int]


def _decode(encoded: bytes) -> _Point | None:
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= _P:
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, _P - 2, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _I % _P
    if (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _add(one: _Point, two: _Point) -> _Point:
    a = (one[1] - one[0]) * (two[1] - two[0]) % _P
    b = (one[1] + one[0]) * (two[1] + two[0]) % _P
    c = 2 * one[3] * two[3] * _D % _P
    d = 2 * one[2] * two[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(scalar: int, point: _Point) -> _Point:
    total = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            total = _add(total, point)
        point, scalar = _add(point, point), scalar >> 1
    return total


_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE = _decode(_BASE_Y.to_bytes(32, "little"))


def ed25519_verify(public: bytes, message: bytes, signature_hex: str) -> bool:
    """True when `signature_hex` (64 bytes) is `public`'s (32 bytes) signature of `message`."""
    try:
        signature = bytes.fromhex(signature_hex)
    except ValueError:
        return False
    if len(public) != 32 or len(signature) != 64:
        return False
    key, r, s = _decode(public), _decode(signature[:32]), int.from_bytes(signature[32:], "little")
    if key is None or r is None or _BASE is None or s >= _L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _L
    left, right = _times(s, _BASE), _add(r, _times(h, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (
        left[1] * right[2] - right[1] * left[2]
    ) % _P == 0


def verify_export(lines: Iterable[str], public_keys: Sequence[bytes] = ()) -> Report:
    """Check an export. Raises ValueError naming the line that is not an export's."""
    verifier = Verifier(public_keys)
    counted = None
    for number, text in enumerate(lines, start=1):
        try:
            row = json.loads(text)
            kind = row["type"]
        except (ValueError, KeyError, TypeError):
            raise ValueError(f"line {number}: expected a JSON object with a type") from None
        if kind == "footer":
            counted = row["entries"]
        else:
            _feed(verifier, kind, row)
    report = verifier.finish()
    if counted != report.entries:
        sentence = f"the footer counts {counted} entries, the export holds {report.entries}"
        report.findings.append(Finding("DELETED", "export", None, sentence))
    return report


def _feed(verifier: Verifier, kind: str, row: dict[str, Any]) -> None:
    """One line of an export."""
    if kind == "header" and "only" in row:
        verifier.only(row["only"])
    elif kind == "checkpoint":
        verifier.checkpoint(row)
    elif kind == "log":
        verifier.row(row, LOG_FIELDS)
    elif kind == "entry":
        verifier.row(row)
        if row.get("payload") is not None:
            verifier.payload(row, row["payload"]["salt"], row["payload"]["body"])
        elif row["payload_hash"] is not None:
            verifier.without_payload(row)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code 0: nothing wrong; 1: something is; 2: not an export."""
    parser = argparse.ArgumentParser(description="Verify an exported kit-store ledger.")
    parser.add_argument("export")
    parser.add_argument("--key", action="append", default=[], help="public key of the checkpoints, hex")
    given = parser.parse_args(arguments)
    try:
        with Path(given.export).open(encoding="utf-8") as lines:
            report = verify_export(lines, [bytes.fromhex(key) for key in given.key])
    except (OSError, ValueError) as problem:
        print(f"{given.export}: {problem}", file=sys.stderr)
        return 2
    for finding in report.findings:
        print(f"{finding.kind}: {finding.sentence}")
    print(f"{report.entries} entries in {report.chains} chains, {report.checkpoints} checkpoints.")
    print(report.range_sentence())
    return 0 if report.good else 1


if __name__ == "__main__":
    sys.exit(main())
