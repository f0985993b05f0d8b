"""The two questions of every day, asked of a whole year over HTTP: who had a serial at a moment, what an officer holds.

One rule for the editor: each answer has its line in the processing log committed before it leaves, as for anybody.
"""

import random
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from bench import synthetic
from bench.growth import ASKED, TARGET_MS
from bench.issues import hash_password
from bench.reads import asked_of
from bench.service import request_bytes, served, sign_in
from bench.year.force import Stored
from bench.year.plan import Draw
from bench.year.rows import Names
from inventory.demo import posts
from inventory.schema.people import capability_grant
from inventory.schema.service import sign_in as sign_ins

NAME = "bench"


def asked(url: str, stored: Stored, drawn: list[Draw], folder: Path, now_us: int) -> Iterator[dict[str, object]]:
    """Rows of the report: medians and 95th percentiles in milliseconds, beside the targets."""
    _let_in(stored, now_us)
    with stored.engine.connect() as conn:
        names = Names.read(conn)
    stored.engine.dispose()
    some = random.Random(len(drawn)).choices(drawn, k=ASKED)
    half = [*drawn[-ASKED // 2 :], *some][:ASKED]  # half of them are on duty now
    paths = {
        "who had it": [f"/api/v1/items/{names.items[each.serials[0]]}/had?at_us={_between(each)}" for each in some],
        "what they hold": [f"/api/v1/people/{names.people[each.ref]}" for each in half],
    }
    with served(url, folder) as port:
        headers = sign_in(port, NAME, synthetic.PASSWORD)
        for what, wanted in paths.items():
            done = asked_of(what, [request_bytes(port, "GET", each, headers).hex() for each in wanted], folder, port)
            yield {"what": what, "p50_ms": done["p50_ms"], "p95_ms": done["p95_ms"], "target_ms": TARGET_MS[what]}


def _between(draw: Draw) -> int:
    return (draw.out_us + draw.back_us) // 2


def _let_in(stored: Stored, now_us: int) -> None:
    """A sign-in for the first auditor, who may look at the log too."""
    with stored.engine.connect() as conn:
        who = Names.read(conn).people[posts.holder(stored.demo.force, "AUDITOR")]
    with stored.act(now_us, 100) as tx:
        row = {"person_id": who, "name": NAME, "password_hash": hash_password(), "changed_us": 1}
        tx.conn.execute(sa.insert(sign_ins).values(**row))
        for word in synthetic.LOOKS:
            grant = {"id": tx.ids.take(), "person_id": who, "capability": word, "from_us": 1, "reason": "bench"}
            tx.conn.execute(sa.insert(capability_grant).values(**grant))
