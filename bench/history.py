"""Years of history under a force made to be measured: millions of rows that look-ups and lists must not feel.

Every camera goes out and comes back so many times: decisions, ledger entries, custody, visits, readings, checks,
alarms and lines of the processing log, dated over the three years before now and written by the database itself.

One rule for the editor: only for a database marked synthetic, whose triggers are taken off while this runs. The
hashes are made up, so `kitstore ledger verify` refuses the result; whatever else reads it finds what a force has.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from bench import synthetic
from inventory.schema import triggers
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import BLOCK
from inventory.schema.oversight import meta

DAY_US = 86_400_000_000
SPAN_US = 3 * 365 * DAY_US
OUT_US = 8 * 3_600_000_000
FIRST_ID = 100_000_000
KINDS_OF_ROW = 16
"""Ids are handed out so many a draw: one for each kind of row that a draw leaves behind."""

ALARM_EVERY, REFUSED_EVERY, HELD_EVERY, OPEN_ALARMS = 50, 20, 200, 200
FACTS = '{"person":{"kind":"REGULAR","training":{"PPST":"' + "2026-09-23 " * 60 + '"}},"items":[]}'

_DRAWS = """
draws AS (
  SELECT k, round, item_id, person_id, id, out_us, out_us + :out AS back_us
  FROM (
    SELECT n.k, n.k / :items AS round, :camera + n.k % :items AS item_id,
           :person + (n.k * 7919 + n.k / :items) % :people AS person_id, :first_id + n.k * :step AS id,
           :began + (n.k / :items) * :apart + (n.k % :items) * (:apart / :items / 3) AS out_us
    FROM n
  ) AS drawn
)
"""
_NUMBERS = {
    "sqlite": "WITH RECURSIVE n(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k + 1 < :draws),",
    "postgresql": "WITH n AS (SELECT generate_series(0, CAST(:draws AS bigint) - 1) AS k),",
}
_HASH = {"sqlite": "lower(hex(randomblob(32)))", "postgresql": "md5(random()::text) || md5(random()::text)"}

_LEFT_BEHIND = (
    """
INSERT INTO tx_seal (id, at_us, instance) {draws}
SELECT id, out_us, 1 FROM draws UNION ALL SELECT id + 1, back_us, 1 FROM draws
""",
    """
INSERT INTO decision (id, tx_id, person_id, store_id, visit_id, purpose, verdict, decided_us, planned_return_us,
                      valid_until_us, policy_hash, door, by_person, refusals, facts) {draws}
SELECT id + 2, id, person_id, :store, id + 8, 'OPERATIONAL', 'ALLOW', out_us, back_us, back_us, 'bench', 'hatch',
       :issuer, '[]', :facts FROM draws
UNION ALL
SELECT id + 15, id, person_id, :store, id + 8, 'OPERATIONAL', 'DENY', out_us, back_us, back_us, 'bench', 'hatch',
       :issuer, '[]', :facts FROM draws WHERE k % :refused_every = 0
""",
    "INSERT INTO decision_item (decision_id, item_id) {draws} SELECT id + 2, item_id FROM draws",
    """
INSERT INTO ledger (id, tx_id, chain, seq, prev_hash, hash, kind, at_us, item_id, giver, giver_id, taker, taker_id,
                    decision_id, visit_id, by_person, reading_key, policy_hash) {draws}
SELECT id + 3, id, 'item:' || item_id, 2 + 2 * round, {hash}, {hash}, 'ISSUED', out_us, item_id, 'STORE', :store,
       'PERSON', person_id, id + 2, id + 8, :issuer, 'b/1/' || id, 'bench' FROM draws
UNION ALL
SELECT id + 4, id + 1, 'item:' || item_id, 3 + 2 * round, {hash}, {hash}, 'RETURNED', back_us, item_id, 'PERSON',
       person_id, 'STORE', :store, NULL, id + 8, :issuer, 'b/1/' || id, 'bench' FROM draws
""",
    """
INSERT INTO custody (id, tx_id, item_id, holder, holder_id, person_id, is_handle, basis, purpose, decision_id,
                     return_mode, planned_return_us, visit_id, opened_entry, opened_us, closed_entry, closed_us) {draws}
SELECT id + 5, id, item_id, 'STORE', :store, NULL, 0, 'HELD', NULL, NULL, NULL, NULL, NULL,
       id - CAST(:items AS bigint) * :step + 4,
       CASE WHEN round = 0 THEN :began - 1 ELSE out_us - :apart + :out END, id + 3, out_us FROM draws
UNION ALL
SELECT id + 6, id, item_id, 'PERSON', person_id, person_id, 0, 'ISSUED', 'OPERATIONAL', id + 2, 'DUTY', back_us,
       id + 8, id + 3, out_us, id + 4, back_us FROM draws
""",
    """
INSERT INTO visit (id, store_id, place_id, person_id, state, purpose, shift_name, planned_return_us, opened_us,
                   touched_us, ended_us, fit_declared, authenticated_by, by_person) {draws}
SELECT id + 8, :store, :hatch, person_id, CASE WHEN k % 9 = 0 THEN 'DROPPED' ELSE 'COMPLETED' END, 'OPERATIONAL',
       'Day', back_us, out_us - 60000000, out_us, out_us, 1, 'PIN', :issuer FROM draws
""",
    """
INSERT INTO visit_line (id, visit_id, item_id, quantity, word, detail, at_us, function_test_passed, reading_key) {draws}
SELECT id + 9, id + 8, item_id, 1, 'ISSUED', '{{"title":"","sentences":[],"remedies":[]}}', out_us, 0, 'b/1/' || id
FROM draws
""",
    """
INSERT INTO inspection (id, item_id, kind, at_us, by_person, passed) {draws}
SELECT id + 10, item_id, 'DOCKED', back_us + 60000000, NULL, 1 FROM draws
""",
    """
INSERT INTO reading (bridge_id, boot, stream, seq, device, observed_us, received_us, body, outcome, answer) {draws}
SELECT 1, 'b', 'scan', k + 1, 'scanner', out_us, out_us, '{{"type":"code","text":"B' || item_id || '"}}', 'ISSUED',
       '{{}}' FROM draws
""",
    """
INSERT INTO alarm (id, kind, store_id, item_id, person_id, raised_us, detail, settled_us, settled_by,
                   settlement) {draws}
SELECT id + 11, 'LATE', :store, item_id, person_id, back_us, 'Not back in time',
       CASE WHEN k < :open_from THEN back_us + 3600000000 END, CASE WHEN k < :open_from THEN :issuer END, 'Brought back'
FROM draws WHERE k % :alarm_every = 0
""",
    """
INSERT INTO hold (id, item_id, reason, placed_us, placed_by, detail, tx_id) {draws}
SELECT id + 12, item_id, 'DEFECT', back_us, :issuer, 'bench', id + 1 FROM draws WHERE k % :held_every = 0
""",
    """
INSERT INTO hold_lift (hold_id, lifted_us, lifted_by, detail, tx_id) {draws}
SELECT id + 12, back_us + 1, :issuer, 'bench', id + 1 FROM draws WHERE k % :held_every = 0
""",
    """
INSERT INTO processing_log (id, chain, seq, prev_hash, hash, at_us, operation, route, actor_kind, actor_id, subjects,
                            query, outcome, request_id) {draws}
SELECT id + 13, 'log:1', 1 + 2 * k, {hash}, {hash}, out_us, 'ALTERATION', 'POST /hatch/scan', 'PERSON', :issuer,
       '[' || person_id || ']', NULL, 'OK', 'r' || id FROM draws
UNION ALL
SELECT id + 14, 'log:1', 2 + 2 * k, {hash}, {hash}, back_us, 'CONSULTATION', 'GET /items', 'PERSON', :issuer,
       '[' || person_id || ',' || (:person + k % :people) || ']', 'q', 'OK', 's' || id FROM draws
""",
)
"""What each draw leaves behind, a statement a table."""

_LAST = "(SELECT l.{column} FROM ledger l WHERE l.chain = {chain} AND l.seq = {seq})"
_CUSTODY = "'item:' || custody.item_id"
_CAMERAS = "BETWEEN :camera AND :camera + :items - 1"
_JOINED_UP = (
    f"""
UPDATE custody SET opened_entry = {_LAST.format(column="id", chain=_CUSTODY, seq="1")}
WHERE opened_entry < :first_id AND closed_entry IS NOT NULL
""",
    f"""
UPDATE custody SET opened_entry = {_LAST.format(column="id", chain=_CUSTODY, seq=":last_seq")},
                   opened_us = {_LAST.format(column="at_us", chain=_CUSTODY, seq=":last_seq")}
WHERE closed_entry IS NULL AND item_id {_CAMERAS}
""",
    f"""
UPDATE chain_head SET seq = :last_seq, hash = {_LAST.format(column="hash", chain="chain_head.chain", seq=":last_seq")}
WHERE chain IN (SELECT 'item:' || id FROM item WHERE id {_CAMERAS})
""",
    f"UPDATE ledger SET at_us = :began - 1 WHERE kind = 'RECEIVED' AND item_id {_CAMERAS}",
    """
INSERT INTO chain_head (chain, seq, hash)
SELECT chain, seq, hash FROM processing_log WHERE chain = 'log:1' ORDER BY seq DESC LIMIT 1
""",
    "UPDATE id_block SET next_id = :next_id",
)
"""What was there before follows on the history: chains go on from it, and custody began with the last return."""


def add(url: str, people: int, items: int, ledger_rows: int, now_us: int) -> int:
    """Put so many ledger rows of history under the force at `url`; returns how many rows in all were added.

    Whole rounds of draws are made, every item once a round, so there may be a few less.
    """
    rounds = ledger_rows // (2 * items)
    if rounds < 1:
        raise ValueError(f"history: {ledger_rows} ledger rows are less than one draw of each of {items} items")
    engine = make_engine(url)
    dialect = engine.dialect.name
    draws = rounds * items
    params = {
        "draws": draws, "items": items, "people": people, "store": synthetic.STORE, "issuer": synthetic.ISSUER,
        "hatch": synthetic.HATCH, "camera": synthetic.FIRST_CAMERA, "person": synthetic.FIRST_PERSON,
        "first_id": FIRST_ID, "step": KINDS_OF_ROW, "began": now_us - SPAN_US, "apart": SPAN_US // (rounds + 1),
        "out": min(OUT_US, SPAN_US // (rounds + 1) // 3), "facts": FACTS, "alarm_every": ALARM_EVERY,
        "refused_every": REFUSED_EVERY, "held_every": HELD_EVERY, "open_from": draws - OPEN_ALARMS * ALARM_EVERY,
        "last_seq": 1 + 2 * rounds, "next_id": FIRST_ID + draws * KINDS_OF_ROW + BLOCK,
    }  # fmt: skip
    draws_text = f"{_NUMBERS[dialect]} {_DRAWS}"
    with unguarded(engine) as conn:
        statements = (text.format(draws=draws_text, hash=_HASH[dialect]) for text in _LEFT_BEHIND)
        added = sum(_run(conn, text, params) for text in statements)
        for text in _JOINED_UP:
            _run(conn, text, params)
    if dialect == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return added


def _run(conn: sa.Connection, text: str, params: dict[str, object]) -> int:
    statement = sa.text(text)
    return conn.execute(statement, {name: params[name] for name in statement.compile().params}).rowcount


@contextmanager
def unguarded(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A writing connection of a synthetic database whose triggers and references do not look; they are put back."""
    with engine.connect() as conn:
        if conn.execute(sa.select(meta.c.value).where(meta.c.name == "synthetic")).scalar() is None:
            raise ValueError("history: this database is not marked synthetic")
    if engine.dialect.name == "postgresql":
        with writing(engine).begin() as conn:
            conn.exec_driver_sql("SET LOCAL session_replication_role = replica")
            yield conn
        return
    with writing(engine).connect() as conn:
        driver = conn.connection.driver_connection
        assert driver is not None, "a connection that was just opened"
        for pragma in ("foreign_keys=OFF", "synchronous=OFF", "cache_size=-1000000"):
            driver.execute(f"PRAGMA {pragma}")
        with conn.begin():
            for (name,) in conn.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
                conn.exec_driver_sql(f'DROP TRIGGER "{name}"')
            yield conn
            triggers.install(conn)
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.invalidate()
