"""Readings come in from bridges: a scan becomes an act at its hatch, an observation a fact about a bay or device.

One rule for the editor: every reading is answered and stored once, in the commit of what it caused. A scan that
comes late is recorded and never decided; a reading that makes us raise is set aside with its reason, so that it
cannot block those behind it.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api import bridges, heartbeats, sessions, sweeps
from api.batches import Busy
from api.bridges import BridgeRow, Under
from api.context import Ctx
from api.database import Done
from api.database_errors import away
from api.guards import bridge
from api.problems import Problem, bad_field, errors
from api.processing import COLLECTS, NOTHING_PERSONAL
from devices.codes.identify import Identity, identify, identity_of_card, identity_of_tag
from devices.readings import (
    BayAnswered,
    BayReported,
    CardPresented,
    CodePresented,
    DeviceReported,
    Garbled,
    Reading,
    TagSeen,
    TagsSwept,
)  # fmt: skip
from devices.wire import SCAN_AGE_MAX_MS, Accepted, Answer, Delivery, Heartbeat, HeartbeatAnswer, Sent
from inventory.custody import bays, hatch
from inventory.custody.docking import bay_reported
from inventory.gate.policy import Policy
from inventory.schema.tx import Tx
from inventory.stock.docks import BayWord

TAGS_AT_A_HATCH = 40
BODY_MAX = 16 << 20

LATE = "This scan arrived too late to be decided. Scan again."
UNBOUND = "This reader is not bound to a place yet. Tell the manager."
NOT_READ = "That could not be read. Scan again."
SET_ASIDE = "That could not be used and is kept for the manager. Type the number, or call the storekeeper."


@dataclass(frozen=True, slots=True)
class Coming:
    """One reading on its way in, with what its act needs."""

    sent: Sent
    under: Under
    of: BridgeRow
    policy: Policy
    place_id: int | None
    issuer_id: int | None


@post(
    "/bridge/readings", operation_id="deliver_readings", guards=[bridge], opt=COLLECTS, status_code=200,
    responses=errors(401, 422), request_max_body_size=BODY_MAX, tags=["bridge"],
)  # fmt: skip
async def deliver_readings(data: JSONBody[Delivery], ctx: NamedDependency[Ctx]) -> Response[Accepted]:
    """Take readings of one stream of one boot. Scans are answered one by one, observations as a whole."""
    return Response(await take_delivery(ctx, data))


async def take_delivery(ctx: Ctx, data: Delivery) -> Accepted:
    """Store what the bridge of `ctx` delivers, by whatever way it came. Raises the problem to answer with."""
    bridge_id = ctx.bridge_id
    assert bridge_id is not None, "the guard saw to it"
    for n, sent in enumerate(data.sent):
        if not sent.device.isprintable():
            raise bad_field(f"sent[{n}].device", "printable characters", ascii(sent.device))
    known = await ctx.read(lambda conn: bridges.bridge_row(conn, bridge_id))
    coming = await ctx.read(lambda conn: [_coming(ctx, conn, known, data, sent) for sent in data.sent])
    if data.stream == "scan":
        answers = [await _settled(ctx, each, is_last=each is coming[-1]) for each in coming]
    else:
        answers = list(await asyncio.gather(*[_settled(ctx, each) for each in coming]))
    for answer in answers:
        ctx.service.counts.readings.labels(data.stream, answer.outcome).inc()
    upto = await ctx.read(lambda conn: bridges.tide(conn, coming[0].under))
    shown = tuple(answers) if data.stream == "scan" else tuple(a for a in answers if a.outcome == "SET_ASIDE")
    return Accepted(upto=upto, epoch=ctx.service.epoch, answers=shown)


def _coming(ctx: Ctx, conn: sa.Connection, of: BridgeRow, data: Delivery, sent: Sent) -> Coming:
    place_id = bridges.place_of_device(conn, of.id, sent.device) if data.stream == "scan" else None
    issuer_id = None
    if place_id is not None:
        issuer_id = sessions.issuer_at(conn, place_id, ctx.now_us, ctx.service.settings.sign_in)
    under = Under(of.id, data.boot, data.stream, sent.seq)
    return Coming(sent, under, of, ctx.service.policies.now, place_id, issuer_id)


async def _settled(ctx: Ctx, coming: Coming, *, is_last: bool = False) -> Answer:
    """The answer to one reading, whatever happens. The last scan's commit holds the request's log line too."""

    def take(tx: Tx) -> Answer:
        answer = _take(tx, ctx, coming)
        if is_last:
            tx.record([ctx.line()])
        return answer

    database = ctx.service.database
    if coming.under.stream == "obs":
        done = await database.aattempt_bulk(OBSERVATIONS, coming, frozenset())
    else:
        done = await database.aattempt(take, frozenset())
    if done.whole and not will_pass(done.problem):
        done = await database.aattempt(take)  # alone: the batch may have failed for another's fault
    if done.problem is None:
        ctx.logged = ctx.logged or is_last
        answer: Answer = done.result
        return answer
    repeat = await ctx.read(lambda conn: bridges.stored_answer(conn, coming.under))
    if repeat is not None:
        return repeat
    return await _set_aside(ctx, coming, done)


def will_pass(problem: BaseException | None) -> bool:
    """Whether this is trouble of ours that will pass: the bridge is told 503 and keeps what it has."""
    return isinstance(problem, (Busy, *away(), OSError))


async def _set_aside(ctx: Ctx, coming: Coming, done: Done) -> Answer:
    problem = done.problem
    if will_pass(problem):
        raise Problem(503, "busy", "Not stored. Send it again.", retry_after_s=1)
    answer = Answer(seq=coming.sent.seq, outcome="SET_ASIDE", light="red", tone="warning", sentence=SET_ASIDE)
    reason = f"{type(problem).__name__}: {problem}"[:2000]

    def keep(tx: Tx) -> None:
        bridges.store_reading(tx, coming.under, coming.sent, answer, reason)
        told = {
            "type": "set_aside",
            "bridge": coming.of.name,
            "device": coming.sent.device,
            "at_us": tx.now_us,
        }
        tx.say(f"store:{coming.of.store_id}", told)

    await ctx.service.database.awrite(keep, frozenset())
    return answer


def _take(tx: Tx, ctx: Ctx, coming: Coming) -> Answer:
    if coming.under.stream == "obs":
        return _observed(tx, coming)
    repeat = bridges.stored_answer(tx.conn, coming.under)
    if repeat is not None:
        return repeat
    answer = _scan(tx, ctx, coming)
    bridges.store_reading(tx, coming.under, coming.sent, answer)
    return answer


# ---- scans -----------------------------------------------------------------------------------------------


def _scan(tx: Tx, ctx: Ctx, coming: Coming) -> Answer:
    sent = coming.sent
    if _is_late(coming, tx.now_us):
        return Answer(seq=sent.seq, outcome="LATE", light="amber", tone="warning", sentence=LATE)
    if isinstance(sent.reading, Garbled):
        return Answer(seq=sent.seq, outcome="GARBLED", light="amber", tone="warning", sentence=NOT_READ)
    shown = [s for s in _shown(sent.reading, coming) if s is not None]
    if not shown:
        return Answer(seq=sent.seq, outcome="STORED")
    if coming.place_id is None:
        return Answer(seq=sent.seq, outcome="UNBOUND", light="amber", tone="warning", sentence=UNBOUND)
    for each in shown:
        said = hatch.present(tx, coming.place_id, each, coming.policy, coming.issuer_id)
        ctx.service.countersigns.note(tx, coming.place_id, each, said)
    ctx.about(*people_in(said.view))
    return as_answer(sent.seq, said)


def _is_late(coming: Coming, now_us: int) -> bool:
    """Whether a scan is too old to be decided: by its own word, or by when its bridge's clock says it was made (this
    service may have been stopped with the request in its hands, and a request does not grow older by itself)."""
    if coming.sent.age_ms > SCAN_AGE_MAX_MS:
        return True
    made_us = bridges.observed_us(coming.of, coming.under.boot, coming.sent, now_us)
    return now_us - made_us > SCAN_AGE_MAX_MS * 1000 + bridges.SKEW_MAX_US


def as_answer(seq: int, said: hatch.HatchAnswer) -> Answer:
    """A hatch's answer as the bridge shows it: the light, the tone, and one line for a display."""
    light = said.light if said.light in ("green", "amber", "red") else "none"
    sentence = " ".join((said.title, *said.sentences))[:400]
    return Answer(seq=seq, outcome=said.outcome, light=light, tone=said.tone, sentence=sentence)  # type: ignore[arg-type]


def people_in(view: dict[str, object]) -> list[int]:
    """The people whose data a hatch's view shows."""
    visit = view.get("visit")
    parked = view.get("parked")
    shown = [visit, *(parked if isinstance(parked, list) else [])]
    here = [each["person"]["id"] for each in shown if isinstance(each, dict) and each.get("person")]
    here += [each["id"] for each in visit["supervisors"]] if isinstance(visit, dict) else []
    choices = view.get("choices")
    asked = choices if isinstance(choices, list) else []
    return here + [each[role] for each in asked for role in ("person_id", "held_by") if each[role] is not None]


def _shown(said: Reading, coming: Coming) -> list[hatch.Presented | None]:
    if isinstance(said, CodePresented):
        return [presented(identify(said), said.text, coming.under.text(), coming.sent.device)]
    if isinstance(said, CardPresented):
        return [
            presented(
                identity_of_card(said), said.printed or said.uid, coming.under.text(), coming.sent.device
            )
        ]
    if isinstance(said, TagsSwept):
        return [_tag(each, coming) for each in said.tags[:TAGS_AT_A_HATCH]]
    return []


def _tag(said: TagSeen, coming: Coming) -> hatch.Presented:
    return presented(identity_of_tag(said), said.epc, coming.under.text(), coming.sent.device)


def presented(identity: Identity, text: str, key: str | None, station: str | None) -> hatch.Presented:
    """What a code names, as the hatch takes it. A malformed code is shown as what it is, never guessed at."""
    problem = identity.problem
    lookups = tuple((c.technology, c.value) for c in identity.candidates)
    sentence = problem.sentence if problem is not None and not lookups else None
    return hatch.Presented(lookups, text[:200], sentence, key, station)


# ---- observations ----------------------------------------------------------------------------------------


def _observed(tx: Tx, coming: Coming) -> Answer:
    repeat = bridges.stored_answer(tx.conn, coming.under)
    if repeat is not None:
        return repeat
    _OBSERVED.get(type(coming.sent.reading), _only_kept)(tx, coming)
    outcome = "GARBLED" if isinstance(coming.sent.reading, Garbled) else "STORED"
    answer = Answer(seq=coming.sent.seq, outcome=outcome)
    bridges.store_reading(tx, coming.under, coming.sent, answer)
    return answer


class Observations:
    """Observations, many a commit and without a savepoint each, which took longer than all the rest of it. A kind of
    command, see `api.batches.Kind`: where one of them cannot be stored, the writer takes them again one by one."""

    def run(self, tx: Tx, payloads: Sequence[Coming]) -> list[Answer]:
        """Store every one, in order."""
        return [_observed(tx, coming) for coming in payloads]


OBSERVATIONS = Observations()


def _bay(tx: Tx, coming: Coming) -> None:
    said = coming.sent.reading
    assert isinstance(said, BayReported), "the table below"
    word = BayWord(
        dock=f"{coming.of.name}/{said.dock}",
        bay=said.bay,
        store_id=coming.of.store_id,
        word=said.word,
        present=said.present,
        serial=said.serial,
        observed_us=bridges.observed_us(coming.of, coming.under.boot, coming.sent, tx.now_us),
        reading_key=coming.under.text(),
        charge_percent=said.charge_percent,
        files_pending=said.files_pending,
        free_mb=said.free_mb,
        firmware=said.firmware,
        clock_offset_ms=None if said.clock_offset_s is None else round(said.clock_offset_s * 1000),
        log_synced=said.log_synced,
        fault=said.fault,
        bridge_id=coming.of.id,
        device=coming.sent.device,
    )
    bay_reported(tx, word, retained=said.retained)


def _device(tx: Tx, coming: Coming) -> None:
    said = coming.sent.reading
    assert isinstance(said, DeviceReported), "the table below"
    at_us = bridges.observed_us(coming.of, coming.under.boot, coming.sent, tx.now_us)
    heartbeats.device_reported(tx, coming.of, said, min(at_us, tx.now_us))


def _swept(tx: Tx, coming: Coming) -> None:
    said = coming.sent.reading
    assert isinstance(said, TagsSwept), "the table below"
    sweeps.tags_swept(tx, coming.of, coming.under, coming.sent, said)


def _bay_answered(tx: Tx, coming: Coming) -> None:
    said = coming.sent.reading
    assert isinstance(said, BayAnswered), "the table below"
    bays.answered(tx, coming.of.id, said.command, said.word, said.detail)


def _only_kept(_tx: Tx, _coming: Coming) -> None:
    """A reading that changes nothing by itself: it is kept as evidence."""


_OBSERVED: dict[type, Callable[[Tx, Coming], None]] = {
    BayAnswered: _bay_answered,
    BayReported: _bay,
    DeviceReported: _device,
    TagsSwept: _swept,
}


# ---- heartbeats ------------------------------------------------------------------------------------------


@post(
    "/bridge/heartbeat", operation_id="heartbeat", guards=[bridge], opt=NOTHING_PERSONAL, status_code=200,
    responses=errors(401, 422), tags=["bridge"],
)  # fmt: skip
async def heartbeat(data: JSONBody[Heartbeat], ctx: NamedDependency[Ctx]) -> HeartbeatAnswer:
    """The bridge is there; its clock is compared with ours, never set."""
    bridge_id = ctx.bridge_id
    assert bridge_id is not None, "the guard saw to it"
    offset_us = await ctx.write(lambda tx: heartbeats.beat(tx, bridge_id, data), (f"bridge{bridge_id}",))
    under = Under(bridge_id, data.boot, "obs", 0)
    upto = await ctx.read(lambda conn: bridges.tide(conn, under))
    return HeartbeatAnswer(
        service_wall_us=ctx.service.now_us, epoch=ctx.service.epoch, upto=upto, skew_ms=-offset_us // 1000
    )


ROUTES = [deliver_readings, heartbeat]
