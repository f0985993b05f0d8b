"""Asking for kit: one ask, one decision, one commit.

One rule for the editor: this file reaches custody only through `issue.issue_kit`. ALLOW answers 201; DENY is an
answer too, stored as carefully (403 `refused`, or 409 `already-held` where somebody else has the item).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from litestar import Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.asking import IssueAsk, ask_of
from api.context import Ctx
from api.guards import holding
from api.once import Given, IdempotencyKey, Key, given_before, key_for, remember, response
from api.policies import PolicyShelf
from api.problems import MEDIA_TYPE, Problem, bad_field, body_of, errors
from api.processing import COLLECTS, CONSULTS
from api.sign_in import prove_pin
from inventory.custody.issue import Issued, Request, issue_kit
from inventory.gate.ask import ADDING, COMPLETING
from inventory.gate.decision import Decision, decide
from inventory.gate.gather import gather
from inventory.schema.tx import LogLine, Tx

HELD = "HELD_BY_ANOTHER"


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One reason of a decision. `stops` is false for a warning and for what the override `override_id` answered. The
    code never says more than may be shown."""

    code: str
    sentence: str
    remedy: str
    stops: bool
    item_id: int | None
    override_id: int | None = None


class IssueAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """Kit has passed to the person, by this decision."""

    decision_id: int
    verdict: str
    person_id: int
    item_ids: tuple[int, ...]
    lots: tuple[tuple[int, int], ...]
    planned_return_us: int | None
    valid_until_us: int
    warnings: list[Reason]


class AskAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the gate would say now. Nothing was stored and nothing is promised."""

    verdict: str
    reasons: list[Reason]
    missing: tuple[str, ...]
    valid_until_us: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """One ask on its way to the writer, with its log line and the client's key."""

    request: Request
    line: LogLine
    key: Key | None


class Issues:
    """Many asks in one commit. A kind of command, see `api.batches.Kind`."""

    def __init__(self, policies: PolicyShelf) -> None:
        self._policies = policies

    def run(self, tx: Tx, payloads: Sequence[Wanted]) -> Sequence[Given]:
        """Answer every ask, in order; what was answered before is answered alike."""
        before = given_before(tx, [wanted.key for wanted in payloads])
        fresh = [w for w in payloads if w.key is None or w.key.key not in before]
        done = issue_kit(tx, [wanted.request for wanted in fresh], self._policies.now)
        answers = [_given(wanted, issued) for wanted, issued in zip(fresh, done, strict=True)]
        for wanted, issued in zip(fresh, done, strict=True):
            _tell(tx, wanted, issued)
        remember(tx, [(wanted.key, given) for wanted, given in zip(fresh, answers, strict=True)])
        tx.record([wanted.line for wanted in payloads])
        made = {id(wanted): given for wanted, given in zip(fresh, answers, strict=True)}
        return [made.get(id(w)) or before[w.key.key if w.key else ""] for w in payloads]


def reasons_of(made: Decision) -> list[Reason]:
    """The reasons of a decision as they may be shown, each once, in the gate's order."""
    said = {
        (each.public_code, each.sentence, each.item_id): Reason(
            code=each.public_code, sentence=each.sentence, remedy=each.remedy, stops=each.stops, item_id=each.item_id,
            override_id=each.override_id,
        )
        for each in reversed(made.refusals)
    }
    return list(reversed(said.values()))


def _given(wanted: Wanted, issued: Issued) -> Given:
    made, ask = issued.decision, wanted.request.ask
    reasons = reasons_of(made)
    if not issued.allowed:
        problem = _refused(reasons, issued.decision_id)
        return Given(problem.code, body_of(problem, f"urn:request:{wanted.line.request_id}"))
    answer = IssueAnswer(
        decision_id=issued.decision_id,
        verdict=made.verdict,
        person_id=ask.person_id,
        item_ids=issued.item_ids,
        lots=issued.lots,
        planned_return_us=ask.planned_return_us,
        valid_until_us=made.valid_until_us,
        warnings=reasons,
    )
    return Given(201, msgspec.json.encode(answer))


def _refused(reasons: Iterable[Reason], decision_id: int) -> Problem:
    stopping = [each for each in reasons if each.stops]
    told = [msgspec.to_builtins(each) for each in stopping]
    detail = " ".join(dict.fromkeys(each.sentence for each in stopping))
    if any(each.code == HELD for each in stopping):
        return Problem(409, "already-held", detail, refusals=told, decision_id=decision_id)
    return Problem(403, "refused", detail, refusals=told, decision_id=decision_id)


def _tell(tx: Tx, wanted: Wanted, issued: Issued) -> None:
    if issued.allowed:
        ask = wanted.request.ask
        tx.say(f"store:{ask.store_id}", {"type": "issued", "item_ids": issued.item_ids, "at_us": tx.now_us})


@post("/issues", operation_id="issue_kit", guards=[holding("ISSUER")], opt=COLLECTS,
      responses=errors(401, 403, 409, 422, 429), tags=["issue"])  # fmt: skip
async def issue(
    data: JSONBody[IssueAsk], ctx: NamedDependency[Ctx], idempotency_key: IdempotencyKey = None
) -> Response[IssueAnswer]:
    """Issue kit to a person: 201 when it has passed, 403 with every reason when it may not."""
    ctx.need("ISSUER", data.store_id)
    ctx.about(data.person_id)
    ask = await ask_of(ctx, data, COMPLETING)
    if data.authenticated_by == "PIN":
        if data.pin is None:
            raise bad_field("pin", "the person's PIN")
        await prove_pin(ctx, data.person_id, data.pin)
    key = key_for(f"p{ctx.person_id}", ctx.route, idempotency_key, msgspec.json.encode(data))
    keys = {f"p{ask.person_id}", *(f"i{each}" for each in ask.item_ids), *(f"l{lot}" for lot, _ in ask.lots)}
    if key is not None:
        keys.add(f"k{key.key}")
    service = ctx.service
    given: Given = await ctx.bulk(service.issues, Wanted(Request(ask), ctx.line(), key), keys)
    service.counts.decisions.labels("ALLOW" if given.code == 201 else "DENY").inc()
    return response(given, MEDIA_TYPE)  # type: ignore[return-value]


@post("/issues/ask", operation_id="ask_for_kit", guards=[holding("ISSUER", "STORE_MANAGER", "CED_SPOC")],
      opt=CONSULTS, status_code=200, responses=errors(401, 403, 422), tags=["issue"])  # fmt: skip
async def ask_only(data: JSONBody[IssueAsk], ctx: NamedDependency[Ctx]) -> AskAnswer:
    """What the gate would say to this ask now. Decides nothing and stores nothing."""
    ctx.need_any(("ISSUER", "STORE_MANAGER", "CED_SPOC"), data.store_id)
    ctx.about(data.person_id)
    ask = await ask_of(ctx, data, ADDING)
    policy, now_us = ctx.service.policies.now, ctx.now_us
    made = await ctx.read(lambda conn: decide(gather(conn, [ask], policy, now_us)[0], policy))
    return AskAnswer(
        verdict=made.verdict, reasons=reasons_of(made), missing=made.missing, valid_until_us=made.valid_until_us
    )


ROUTES = [issue, ask_only]
