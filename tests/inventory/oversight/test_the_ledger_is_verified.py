"""`ledger verify`: an edit, an insertion, a reorder or a deletion is found and named, and the unprovable range said."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from inventory.custody.issue import Request, issue_kit
from inventory.custody.ledger import Entry, append, item_chain
from inventory.custody.returns import Back, return_kit
from inventory.oversight import checkpoints, processing_log, standalone
from inventory.oversight.verify import export, verify
from inventory.schema import chain
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.tx import LogLine
from tests.small_force import (
    CAMERAS,
    HANDLES,
    HOLLIS,
    ISSUER,
    LAPSED,
    MEDWAY,
    NOW,
    acting,
    build,
    camera_ask,
    ced_ask,
    demo_policy,
)

POLICY = demo_policy()
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


def _sign(message: bytes) -> str:
    return KEY.sign(message).hex()


def _checkpoint(engine: sa.Engine, ids: Ids, now_us: int) -> checkpoints.Checkpoint | None:
    with acting(engine, ids, now_us) as tx:
        return checkpoints.write(tx, _sign, "test-key")


@pytest.fixture(scope="module")
def template(make_database: Callable[..., str]) -> str:
    """A ledger with an issue, a refusal, a return, log lines and a checkpoint; then one more issue."""
    url = make_database()
    build(url)
    engine = make_engine(url)
    ids = Ids(writing(engine))
    with acting(engine, ids) as tx:
        issue_kit(tx, [Request(ced_ask(HOLLIS)), Request(ced_ask(LAPSED, 1))], POLICY)
        processing_log.write(tx, [LogLine("CONSULTATION", "GET /people", "PERSON", ISSUER, (HOLLIS,), "r1")])
    with acting(engine, ids, NOW + 10) as tx:
        return_kit(tx, [Back(HANDLES[0], MEDWAY, ISSUER)])
        append(
            tx, [Entry(item_chain(HANDLES[0]), "MARKED", item_id=HANDLES[0], payload={"finder": "A. Person"})]
        )
        processing_log.write(tx, [LogLine("ALTERATION", "POST /returns", "PERSON", ISSUER, (HOLLIS,), "r2")])
    assert _checkpoint(engine, ids, NOW + 20) is not None
    with acting(engine, ids, NOW + 30) as tx:
        issue_kit(tx, [Request(camera_ask(HOLLIS, CAMERAS[2]))], POLICY)
    engine.dispose()
    return url


@pytest.fixture
def engine(make_database: Callable[..., str], template: str) -> Iterator[sa.Engine]:
    engine = make_engine(make_database(template=template))
    yield engine
    engine.dispose()


def _verify(engine: sa.Engine, **options) -> standalone.Report:  # type: ignore[no-untyped-def]
    with engine.connect() as conn:
        return verify(conn, [PUBLIC], **options)


def _tamper(engine: sa.Engine, *statements: str) -> None:
    """Plain SQL by somebody who owns the database: the guards are dropped first."""
    on = {"sqlite": "", "postgresql": " ON {}"}[engine.dialect.name]
    with engine.connect() as conn, conn.begin():
        for table in ("ledger", "checkpoint", "processing_log"):
            for what in ("update", "delete", "replace"):
                conn.exec_driver_sql(f"DROP TRIGGER {table}_no_{what}{on.format(table)}")
        for what in ("no_update", "erased_as_approved"):
            conn.exec_driver_sql(f"DROP TRIGGER ledger_payload_{what}{on.format('ledger_payload')}")
        conn.exec_driver_sql(f"DROP TRIGGER ledger_not_sealed{on.format('ledger')}")
        conn.exec_driver_sql(f"DROP TRIGGER custody_closes_once{on.format('custody')}")
        for statement in statements:
            conn.exec_driver_sql(statement)


CHAIN = f"item:{HANDLES[0]}"


def test_an_untouched_ledger_is_good_and_says_what_it_cannot_prove(engine: sa.Engine) -> None:
    report = _verify(engine)
    assert report.findings == []
    assert report.checkpoints == 1
    assert report.unproved == 1, "the issue after the checkpoint, and nothing else"
    assert "cannot be proved" in report.range_sentence()


@pytest.mark.parametrize(
    ("deed", "kind"),
    [
        (f"UPDATE ledger SET taker_id = 999 WHERE chain = '{CHAIN}' AND seq = 2", "EDITED"),
        (f"UPDATE ledger SET by_person = NULL WHERE chain = '{CHAIN}' AND seq = 3", "EDITED"),
        ("DELETE FROM ledger_payload", "PAYLOAD_MISSING"),
        ("UPDATE ledger_payload SET body = '{}'", "PAYLOAD_CHANGED"),
        (f"UPDATE ledger SET seq = seq + 100 WHERE chain = '{CHAIN}' AND seq = 4", "DELETED"),
        ("UPDATE ledger SET reason = 'NOTHING' WHERE kind = 'REFUSED'", "EDITED"),
        ("UPDATE processing_log SET subjects = '[]' WHERE seq = 1", "EDITED"),
        ("UPDATE checkpoint SET root = prev_root", "CHECKPOINT_BROKEN"),
    ],
)  # fmt: skip
def test_a_change_is_found_and_named(engine: sa.Engine, deed: str, kind: str) -> None:
    _tamper(engine, deed)
    kinds = {finding.kind for finding in _verify(engine).findings}
    assert kind in kinds


def test_a_swapped_pair_is_found(engine: sa.Engine) -> None:
    _tamper(
        engine,
        f"UPDATE ledger SET seq = 99 WHERE chain = '{CHAIN}' AND seq = 2",
        f"UPDATE ledger SET seq = 2 WHERE chain = '{CHAIN}' AND seq = 3",
        f"UPDATE ledger SET seq = 3 WHERE chain = '{CHAIN}' AND seq = 99",
    )
    findings = _verify(engine).findings
    assert any(CHAIN in finding.sentence for finding in findings)


def test_a_chain_cut_back_behind_the_checkpoint_is_found_by_it(engine: sa.Engine) -> None:
    """Tail and head removed together leave a chain that is whole in itself; only the checkpoint knows."""
    with engine.connect() as conn:
        row = conn.exec_driver_sql(f"SELECT seq, hash FROM ledger WHERE chain = '{CHAIN}' AND seq = 2").one()
    _tamper(
        engine,
        "DELETE FROM ledger_payload",
        *(_detach(CHAIN, 2)),
        f"UPDATE chain_head SET seq = {row[0]}, hash = '{row[1]}' WHERE chain = '{CHAIN}'",
    )
    findings = _verify(engine).findings
    assert [finding.kind for finding in findings] == ["DELETED"]
    assert CHAIN in findings[0].sentence


def _detach(name: str, seq: int) -> list[str]:
    """Delete a tail though custody refers to it: the rows that refer are pointed elsewhere first."""
    tail = f"SELECT id FROM ledger WHERE chain = '{name}' AND seq > {seq}"
    first = f"SELECT id FROM ledger WHERE chain = '{name}' AND seq = 1"
    return [
        f"UPDATE custody SET opened_entry = ({first}) WHERE opened_entry IN ({tail})",
        f"UPDATE custody SET closed_entry = ({first}) WHERE closed_entry IN ({tail})",
        f"DELETE FROM ledger WHERE chain = '{name}' AND seq > {seq}",
    ]


def test_a_cut_back_with_its_checkpoint_is_found_by_the_copy_kept_elsewhere(engine: sa.Engine) -> None:
    with engine.connect() as conn:
        kept = [json.loads(line) for line in export(conn) if '"type": "checkpoint"' in line]
        row = conn.exec_driver_sql(f"SELECT seq, hash FROM ledger WHERE chain = '{CHAIN}' AND seq = 2").one()
    _tamper(
        engine,
        "DELETE FROM ledger_payload",
        "DELETE FROM checkpoint",
        *(_detach(CHAIN, 2)),
        f"UPDATE chain_head SET seq = {row[0]}, hash = '{row[1]}' WHERE chain = '{CHAIN}'",
    )
    assert _verify(engine).findings == []
    assert [finding.kind for finding in _verify(engine, kept=kept).findings] == ["DELETED"]


def test_a_checkpoint_signed_by_another_key_is_not_believed(engine: sa.Engine) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    with engine.connect() as conn:
        kinds = {finding.kind for finding in verify(conn, [other]).findings}
    assert kinds == {"CHECKPOINT_BROKEN"}


def test_the_export_is_verified_by_the_standard_library_alone(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.connect() as conn:
        lines = list(export(conn))
    good = tmp_path / "ledger.jsonl"
    good.write_text("\n".join(lines) + "\n", "utf-8")
    cut = tmp_path / "cut.jsonl"
    cut.write_text("\n".join(line for line in lines if '"kind": "RETURNED"' not in line) + "\n", "utf-8")
    assert _alone(good).returncode == 0
    found = _alone(cut)
    assert found.returncode == 1
    assert CHAIN in found.stdout
    (tmp_path / "not.jsonl").write_text("hello\n")
    assert _alone(tmp_path / "not.jsonl").returncode == 2


def _alone(path: Path) -> subprocess.CompletedProcess[str]:
    """The verifier in an interpreter that has no site-packages and not our tree."""
    program = [sys.executable, "-I", "-S", standalone.__file__, str(path), "--key", PUBLIC.hex()]
    return subprocess.run(program, capture_output=True, text=True, cwd=path.parent, timeout=120)


def test_nothing_new_makes_no_checkpoint_and_something_new_follows_the_last(engine: sa.Engine) -> None:
    ids = Ids(writing(engine))
    second = _checkpoint(engine, ids, NOW + 40)
    assert second is not None
    assert _checkpoint(engine, ids, NOW + 50) is None
    report = _verify(engine)
    assert (report.findings, report.unproved) == ([], 0)


def test_writer_and_verifier_agree_on_the_root(engine: sa.Engine) -> None:
    leaves = [
        chain.head_leaf("item:1", 2, "ab"),
        chain.head_leaf("store:1", 1, "cd"),
        chain.head_leaf("lot:1", 1, "ef"),
    ]
    assert chain.merkle_root(leaves) != chain.merkle_root(leaves[:2])
    assert chain.merkle_root([]) == chain.GENESIS


@given(message=st.binary(max_size=200), flip=st.integers(0, 511))
def test_the_written_out_ed25519_agrees_with_the_library(message: bytes, flip: int) -> None:
    signature = bytearray(KEY.sign(message))
    assert standalone.ed25519_verify(PUBLIC, message, signature.hex())
    signature[flip // 8] ^= 1 << (flip % 8)
    assert not standalone.ed25519_verify(PUBLIC, message, signature.hex())
    assert not standalone.ed25519_verify(PUBLIC, message, "nonsense")
