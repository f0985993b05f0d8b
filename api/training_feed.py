"""The training feed: results and retractions that another system sends by itself, with a key of its own.

One rule for the editor: a key speaks for one source and nothing else, and gives no other way in. A batch is answered
row by row; what is refused here refuses no CED, but what does not come does (M-05).
"""

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.context import Ctx
from api.file_preview_rows import checked_source
from api.guards import feed as by_feed
from api.guards import holding
from api.imports import BadRow
from api.params import ID_MAX
from api.problems import Problem, errors
from api.processing import COLLECTS, NOTHING_PERSONAL
from api.secrets import digest, new_token
from api.vendor_files import bad_rows
from inventory.custody.feed_batches import take
from inventory.custody.feed_watch import Freshness, freshness
from inventory.gate.kind_policy import Policy
from inventory.people.errors import BadField
from inventory.people.imports.feed import (
    ROWS_MAX,
    Batch,
    OutOfTurn,
    answered_before,
    last_of,
)
from inventory.people.imports.report import ImportReport
from inventory.people.imports.vendor.vendor_file import hashed
from inventory.schema.fast import Fast
from inventory.schema.feeds import feed, feed_batch, feed_key
from inventory.schema.tx import Tx

BODY_MAX = 4 << 20
SEERS = ("TRAINING_RECORDER", "ADMINISTRATOR", "CED_SPOC", "AUDITOR", "STORE_MANAGER", "DUTY_INSPECTOR")

Cell = Annotated[str, msgspec.Meta(max_length=400)] | int | bool | None
Ref = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]


class FeedBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A batch. `sequence`: 1, 2, 3 … without a gap; `upto_us`: everything the source knew by then (UTC microseconds)
    has been sent with it.

    `results`: ref, course, model, attended_on, minutes or hours, outcome, assessor, source_ref. `retractions`:
    references of results taken back, done first. An empty batch with the last sequence is a heartbeat: nothing new.
    """

    sequence: Annotated[int, msgspec.Meta(ge=0, le=ID_MAX)]
    upto_us: Annotated[int, msgspec.Meta(ge=0, le=ID_MAX)]
    results: Annotated[list[dict[str, Cell]], msgspec.Meta(max_length=ROWS_MAX)] = []
    retractions: Annotated[list[Ref], msgspec.Meta(max_length=ROWS_MAX)] = []


class FeedAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch. `line` of a bad row counts results from 1, then retractions. `repeat`: it was taken
    before, and this is what it was answered then."""

    sequence: int
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    bad_rows: int = 0
    bad: list[BadRow] = []
    repeat: bool = False


class FeedShown(msgspec.Struct, frozen=True, kw_only=True):
    """A source of training records: when its word was last complete, when the gate takes it for too old, whether a CED
    is refused without it; and of a feed its last batch and how many keys are in force."""

    source: str
    last_good_us: int | None
    stale_from_us: int | None
    is_stale: bool
    counts: bool
    detail: str
    last_sequence: int | None
    rows_refused: int
    keys: int


_encoder = msgspec.json.Encoder(order="sorted")


@post("/training-feed", operation_id="send_training_batch", opt=COLLECTS, status_code=200, guards=[by_feed],
      tags=["training"], request_max_body_size=BODY_MAX, responses=errors(401, 409, 413, 422))  # fmt: skip
async def send(data: JSONBody[FeedBody], ctx: NamedDependency[Ctx]) -> Response[FeedAnswer]:
    """Take a batch of results from the feed whose key this is: good rows kept, each bad one named; once, in its turn.

    409 `out-of-turn` names the batch that is next.
    """
    mine = ctx.feed
    assert mine is not None, "the guard has seen its key"
    batch = batch_of(data)
    policy = ctx.service.policies.now
    ctx.query = f"{mine.source}, batch {batch.seq}, {len(batch.results)} results, {len(batch.retractions)} taken back"

    def act(tx: Tx) -> FeedAnswer:
        stored = answered_before(tx.conn, mine, batch)
        if stored is not None:
            return msgspec.structs.replace(msgspec.json.decode(stored, type=FeedAnswer), repeat=True)
        report, _ = take(tx, policy, mine, batch, lambda found: _encoder.encode(answer_of(batch, found)).decode())
        ctx.about(*report.person_ids_changed)
        return answer_of(batch, report)

    try:
        answer: FeedAnswer = await ctx.write(act)
    except OutOfTurn as error:
        raise Problem(409, "out-of-turn", str(error)) from error
    return Response(answer)


@get("/training-feed", operation_id="get_training_feed", opt=NOTHING_PERSONAL, guards=[by_feed], tags=["training"],
     responses=errors(401))  # fmt: skip
async def standing(ctx: NamedDependency[Ctx]) -> FeedAnswer:
    """The last batch that was taken from the feed whose key this is: where it goes on after a loss."""
    mine = ctx.feed
    assert mine is not None, "the guard has seen its key"
    last = await ctx.read(lambda conn: last_of(conn, mine))
    return FeedAnswer(sequence=last.seq)


@get("/training-feeds", operation_id="list_training_feeds", opt=NOTHING_PERSONAL, guards=[holding(*SEERS)],
     tags=["training"], responses=errors(401, 403))  # fmt: skip
async def list_feeds(ctx: NamedDependency[Ctx]) -> list[FeedShown]:
    """Every source of training records, and how fresh it is by the gate's own hours."""
    policy = ctx.service.policies.now
    return await ctx.read(lambda conn: feeds_shown(conn, policy, ctx.now_us))


def batch_of(data: FeedBody) -> Batch:
    """A batch as the kit store takes it, every cell as text."""
    body = _encoder.encode(data)
    results = tuple({name: _text(cell) for name, cell in each.items() if cell is not None} for each in data.results)
    return Batch(data.sequence, data.upto_us, results, tuple(data.retractions), hashed(body), body.decode())


def _text(cell: str | int | bool) -> str:
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


def answer_of(batch: Batch, report: ImportReport) -> FeedAnswer:
    """What is told of a batch."""
    return FeedAnswer(
        sequence=batch.seq, new=report.new, changed=report.changed, unchanged=report.unchanged,
        bad_rows=len({each.line for each in report.problems}), bad=bad_rows(report.problems),
    )  # fmt: skip


# ---- how fresh -------------------------------------------------------------------------------------

_FEEDS = Fast(
    sa.select(
        feed.c.source,
        sa.select(sa.func.max(feed_batch.c.seq)).where(feed_batch.c.feed_id == feed.c.id).scalar_subquery(),
        sa.select(sa.func.coalesce(sa.func.sum(feed_batch.c.refused), 0))
        .where(feed_batch.c.feed_id == feed.c.id)
        .scalar_subquery(),
        sa.select(sa.func.count())
        .where(feed_key.c.feed_id == feed.c.id, feed_key.c.revoked_us.is_(None))
        .scalar_subquery(),
    ).order_by(feed.c.source)
)


def feeds_shown(conn: sa.Connection, policy: Policy, now_us: int) -> list[FeedShown]:
    """Every source of training records, those that count first."""
    fresh = {each.source: each for each in freshness(conn, policy)}
    feeds = {row[0]: row[1:] for row in _FEEDS.rows(conn)}
    found = [
        _shown(fresh.get(source, Freshness(source, None, None, counts=False)), feeds.get(source), now_us)
        for source in {*fresh, *feeds}
    ]
    return sorted(found, key=lambda each: (not each.counts, each.source))


def _shown(each: Freshness, of_feed: Sequence[int] | None, now_us: int) -> FeedShown:
    last, refused, keys = of_feed if of_feed is not None else (None, 0, 0)
    return FeedShown(
        source=each.source, last_good_us=each.last_good_us, stale_from_us=each.stale_from_us,
        is_stale=each.is_stale(now_us), counts=each.counts, detail=each.detail, last_sequence=last,
        rows_refused=int(refused), keys=keys,
    )  # fmt: skip


# ---- setting up ------------------------------------------------------------------------------------


def add_feed(tx: Tx, source: str) -> str:
    """Record a feed that speaks for `source`; returns its first key, shown this once. Raises BadField."""
    name = checked_source(source)
    if tx.conn.execute(sa.select(feed.c.id).where(feed.c.source == name)).first():
        raise BadField("source", source, "a source that no other feed speaks for")
    feed_id = tx.ids.take()
    tx.conn.execute(sa.insert(feed).values(id=feed_id, source=name, made_us=tx.now_us))
    return _new_key(tx, feed_id)


def rotate_key(tx: Tx, source: str) -> str:
    """Give a feed a new key beside the old ones, which stay in force until `revoke_keys`. Raises BadField."""
    return _new_key(tx, _named(tx.conn, source))


def revoke_keys(tx: Tx, source: str, *, but_newest: bool) -> int:
    """Revoke a feed's keys, all of them or all but the newest; returns how many. Raises BadField."""
    live = tx.conn.execute(
        sa.select(feed_key.c.key_hash)
        .where(feed_key.c.feed_id == _named(tx.conn, source), feed_key.c.revoked_us.is_(None))
        .order_by(feed_key.c.from_us.desc())
    ).scalars()
    return _revoke(tx, list(live)[1 if but_newest else 0 :])


def _revoke(tx: Tx, ending: Iterable[str]) -> int:
    hashes = list(ending)
    tx.conn.execute(sa.update(feed_key).where(feed_key.c.key_hash.in_(hashes)).values(revoked_us=tx.now_us))
    return len(hashes)




def _named(conn: sa.Connection, source: str) -> int:
    found = conn.execute(sa.select(feed.c.id).where(feed.c.source == source)).scalar()
    if found is None:
        raise BadField("source", source, "a source that a feed speaks for (`kitstore feed list`)")
    return int(found)


def _new_key(tx: Tx, feed_id: int) -> str:
    key = new_token()
    tx.conn.execute(sa.insert(feed_key).values(key_hash=digest(key), feed_id=feed_id, from_us=tx.now_us))
    return key


ROUTES = [send, standing, list_feeds]
