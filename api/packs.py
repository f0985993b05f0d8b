"""Packs that leave the kit store: evidence of one draw, the six-monthly CED assessment, the Commissioner's pack.

One rule for the editor: a pack is put together from one state of the database, its hash goes on record in the commit of
its line in the processing log, and only then does it leave.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

import msgspec
import sqlalchemy as sa
from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from api.bundles import Bundle, as_file, manifest_of
from api.context import Ctx
from api.guards import holding
from api.later import Later
from api.pack_files import README, verifier_source
from api.params import PathId
from api.problems import bad_field, errors, not_found
from api.processing import CONSULTS, Log
from api.strategies import strategy_bundle
from inventory.oversight.disclosure import evidence
from inventory.oversight.disclosure.requests import Pack, note_pack, packs
from inventory.oversight.disclosure.rows import sha256_of, text_of, utc_said
from inventory.schema.tx import Tx

EVIDENCE_PDF = Later("api.evidence_paper:evidence_pdf")
DISCLOSERS = ("AUDITOR", "PSD")
"""Who may put the evidence of a draw together: those who see the facts of decisions."""
STRATEGISTS = ("CED_SPOC", "AUDITOR", "PLANNER", "ADMINISTRATOR")
KEEPERS = ("RECORDS_MANAGER", "AUDITOR", "PSD", "LOG_READER")
FORCE = "Kit store"
SPAN_DAYS_MAX = 400
LISTED_MAX = 500
MINUTE_US = 60_000_000
DISCLOSES: dict[str, Any] = {"log": Log("DISCLOSURE", "whoever the request names")}
Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]


class PackAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a pack is for, and who is given it."""

    purpose: Words
    recipient: Words


class SpanAsk(PackAsk, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """As that, for the days from the first to the last."""

    from_on: date
    to_on: date


class PackRow(msgspec.Struct, frozen=True, kw_only=True):
    """A pack that was made. `sha256` is of its content's manifest."""

    id: int
    kind: str
    subject: str
    sha256: str
    made_us: int
    by_person: int
    purpose: str
    recipient: str


@get("/packs", operation_id="list_packs", guards=[holding(*KEEPERS)], opt=CONSULTS, responses=errors(401, 403),
     tags=["oversight"])  # fmt: skip
async def list_packs(ctx: NamedDependency[Ctx]) -> list[PackRow]:
    """Every pack and export that was made, newest first: what it was of, its hash, who made it, and for whom."""
    found = await ctx.read(lambda conn: packs(conn, LISTED_MAX))
    ctx.about(*(each.by_person for each in found))
    return [pack_row(each) for each in found]


def pack_row(of: Pack) -> PackRow:
    """A pack as clients have it."""
    return PackRow(**{name: getattr(of, name) for name in PackRow.__struct_fields__})


@post("/decisions/{decision_id:int}/pack", operation_id="make_evidence_pack", status_code=200,
      guards=[holding(*DISCLOSERS)], opt=DISCLOSES, responses=errors(401, 403, 404, 422),
      tags=["oversight"])  # fmt: skip
async def make_evidence(
    decision_id: PathId, data: JSONBody[PackAsk], ctx: NamedDependency[Ctx]
) -> Response[bytes]:
    """Everything about one draw as a ZIP file: paper, JSON, the ledger of its kit with signed checkpoints, and the
    verifier that checks it anywhere. The same draw gives the same content; only `header.json` is about this copy."""

    def look(conn: sa.Connection) -> Bundle:
        return evidence_bundle(ctx, conn, decision_id, data)

    try:
        made = await ctx.read(look)
    except LookupError as told:
        raise not_found(str(told)) from None
    return await hand_out(ctx, made, Pack(0, "EVIDENCE", f"decision {decision_id}", made.sha256, 0, ctx.person_id,
                                          data.purpose, data.recipient))  # fmt: skip


def evidence_bundle(ctx: Ctx, conn: sa.Connection, decision_id: int, data: PackAsk) -> Bundle:
    """The evidence of a draw. Raises LookupError."""
    draw = evidence.draw_of(conn, decision_id)
    ctx.need_any(DISCLOSERS, draw.row["store_id"])
    content = evidence.evidence_of(conn, draw, dict(ctx.service.policies.now.courses))
    ctx.about(*draw.records, *(int(each) for each in content["people"]))
    ledger = list(evidence.part_of_ledger(conn, draw))
    files = {
        "evidence.json": text_of(content), "ledger.jsonl": ("\n".join(ledger) + "\n").encode(),
        "verify.py": verifier_source(), "README.txt": README.encode(),
    }  # fmt: skip
    paper = EVIDENCE_PDF()(content, evidence.proved(ledger), sha256_of(manifest_of(files)), FORCE)
    return Bundle(f"evidence-decision-{decision_id}.zip", {**files, "evidence.pdf": paper}, header_of(ctx, data))


@post("/packs/assessment", operation_id="make_assessment_pack", status_code=200, guards=[holding(*STRATEGISTS)],
      opt=DISCLOSES, responses=errors(401, 403, 422), tags=["oversight"])  # fmt: skip
async def make_assessment(data: JSONBody[SpanAsk], ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The six-monthly CED strategic assessment pack: paper and JSON. Nobody is named in it."""
    return await _strategy(ctx, "ASSESSMENT", data)


@post("/packs/pcc", operation_id="make_pcc_pack", status_code=200, guards=[holding(*STRATEGISTS)], opt=DISCLOSES,
      responses=errors(401, 403, 422), tags=["oversight"])  # fmt: skip
async def make_pcc(data: JSONBody[SpanAsk], ctx: NamedDependency[Ctx]) -> Response[bytes]:
    """The pack for the Police and Crime Commissioner: paper and JSON. Nobody is named in it."""
    return await _strategy(ctx, "PCC", data)


async def _strategy(ctx: Ctx, kind: str, data: SpanAsk) -> Response[bytes]:
    if not data.from_on <= data.to_on or (data.to_on - data.from_on).days > SPAN_DAYS_MAX:
        raise bad_field("to_on", f"a day from {data.from_on}, at most {SPAN_DAYS_MAX} days later", data.to_on)
    as_of_us = ctx.now_us // MINUTE_US * MINUTE_US
    made = await ctx.read(lambda _: strategy_bundle(ctx.service, kind, (data.from_on, data.to_on), as_of_us))
    made = replace(made, header=header_of(ctx, data))
    subject = f"{data.from_on.isoformat()} to {data.to_on.isoformat()}"
    return await hand_out(ctx, made, Pack(0, kind, subject, made.sha256, 0, ctx.person_id, data.purpose,
                                          data.recipient))  # fmt: skip


def header_of(ctx: Ctx, data: PackAsk) -> dict[str, object]:
    """What is only about this copy."""
    key = ctx.service.settings.checkpoint_key
    return {
        "made_at": utc_said(ctx.now_us), "made_by_person": ctx.person_id, "purpose": data.purpose,
        "recipient": data.recipient, "request": ctx.request_id,
        "checkpoints_signed": key is not None,
    }  # fmt: skip


async def hand_out(
    ctx: Ctx, made: Bundle, pack: Pack, also: Callable[[Tx], None] = lambda _tx: None
) -> Response[bytes]:
    """Put a pack on record with its hash and recipient, and hand it out."""
    ctx.recipient, ctx.reason = pack.recipient, pack.purpose
    ctx.query = f"{pack.kind} {pack.subject}, sha256 {made.sha256}"

    def act(tx: Tx) -> None:
        note_pack(tx, pack)
        also(tx)

    await ctx.write(act)
    return as_file(made.name, "application/zip", made.zipped())


ROUTES = [list_packs, make_evidence, make_assessment, make_pcc]
