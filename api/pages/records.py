"""Training records as they come in: how fresh each source is, files looked over and taken in, and one such file.

One rule for the editor: reads only. Files are looked over and taken in by the acts of `api.file_previews`, the same as
for programs; who is limited is told with the gate's own sentences.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency

from api.context import Ctx
from api.file_preview_rows import CHOICES, EffectRow, PreviewRow, answer_of, effect_rows
from api.file_previews import TAKERS, rows_listed, seen_by
from api.guards import holding
from api.imports import NEEDS
from api.pages.frame import PAGE, has_any, html, page_of
from api.pages.render import render
from api.params import PathId
from api.processing import CONSULTS
from api.training_feed import SEERS as SEES_FEEDS
from api.training_feed import FeedShown, feeds_shown
from inventory.custody.hatch_names import people_said
from inventory.custody.would_be import REFUSED
from inventory.people.calendar import moment_said
from inventory.people.imports.mapped import COLUMNS_OF, is_timed
from inventory.people.imports.vendor.grid import ENCODINGS
from inventory.people.imports.vendor.when import SHAPES, ZONES
from inventory.schema.words import PREVIEWED_FILES
from inventory.stock.kinds import label

SHOWN = 40
PEOPLE_SHOWN = 200
SEERS = tuple(sorted({*TAKERS, *SEES_FEEDS}))
KINDS_SAID = {
    "training": "Training results", "authorisations": "Permissions to carry", "suspensions": "Suspensions and ends",
    "restrictions": "Limited duties", "gates": "Gates met",
}  # fmt: skip
FIELDS_SAID = {
    "ref": "Force number", "course": "Course", "model": "CED model", "attended_on": "Date attended", "hours": "Hours",
    "minutes": "Minutes", "outcome": "Outcome", "assessor": "Assessor", "source_ref": "Their number of the record",
    "retracted": "Taken back (yes or no)", "mode": "Overt or covert", "from_on": "First day", "to_on": "No longer from",
    "granted_by": "Granted by", "grade": "Grade of who granted", "kind": "Suspended or ended", "from": "From",
    "to": "To", "authority": "Ordered by", "reason_class": "Class of reason", "category": "Duty category",
    "kinds_allowed": "Kinds left", "review_on": "Review", "lifted": "Lifted (yes or no)", "gate": "Gate",
    "met_on": "Met on", "document": "Document",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person and what changes for them: each kit with when, and the gate's sentences."""

    person_id: int
    ref: str
    name: str
    team: str | None
    kit: tuple[tuple[str, str], ...]
    sentences: tuple[str, ...]
    holds: bool


def person_lines(rows: Iterable[EffectRow]) -> list[PersonLine]:
    """Effects of one word, a line a person."""
    lines = []
    for _, group in groupby(rows, key=lambda row: row.person_id):
        mine = list(group)
        first = mine[0]
        kit = [
            (f"{label(kind)} {model}".strip(), _when(list(each)))
            for (kind, model), each in groupby(mine, key=lambda row: (row.kind, row.model))
        ]
        said = dict.fromkeys(sentence for row in mine for sentence in row.sentences)
        holds = any(row.holds for row in mine)
        lines.append(PersonLine(first.person_id, first.ref, first.name, first.team, tuple(kit), tuple(said), holds))
    return lines


def _when(rows: list[EffectRow]) -> str:
    """ "now and on their next duty, 25 November 2026, 07:00 GMT": when the answer changes."""
    said = ["now" for row in rows if row.at == "NOW"]
    said += [f"on their next duty, {moment_said(row.duty_us)}" for row in rows if row.duty_us is not None]
    return " and ".join(said)


@get("/records", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def records_page(ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]) -> Response[str]:
    """How fresh training records are, the form that looks a file over, and the files that were."""
    policy, now_us = ctx.service.policies.now, ctx.now_us
    mine = [kind for kind in PREVIEWED_FILES if any(ctx.may(each, None) for each in NEEDS[kind])]

    def look(conn: sa.Connection) -> tuple[list[FeedShown], list[PreviewRow], dict[int, str]]:
        seen = rows_listed(conn, ctx, None, 2**62, SHOWN) if mine else []
        people = {row.by_person for row in seen} | {row.taken.by_person for row in seen if row.taken}
        return feeds_shown(conn, policy, now_us), seen, people_said(conn, sorted(people)) if people else {}

    feeds, seen, people = await ctx.read(look)
    ctx.about(*people)
    form = {
        "kinds": {kind: KINDS_SAID[kind] for kind in mine}, "times": SHAPES, "zones": tuple(ZONES),
        "encodings": ENCODINGS, "fields": FIELDS_SAID,
        "timed": sorted({each.name for kind in mine for each in COLUMNS_OF[kind] if is_timed(each)}),
    }  # fmt: skip
    page = page_of(ctx, request, "Files and feeds")
    return html(
        render(
            "records.html", page, feeds=feeds, seen=seen, people=people, form=form, kinds=KINDS_SAID,
            sees_feeds=has_any(ctx.who, SEES_FEEDS),
        )
    )  # fmt: skip


@get("/records/{preview_id:int}", guards=[holding(*TAKERS)], opt=CONSULTS, **PAGE)
async def record_page(
    preview_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One file that was looked over: who would newly be refused or allowed, its bad rows, and taking it in."""
    seen = await seen_by(ctx, preview_id)
    terms, now_us = ctx.service.policies.now.imports, ctx.now_us

    def look(conn: sa.Connection) -> tuple[Any, list[EffectRow], dict[int, str]]:
        answer = answer_of(conn, seen, terms.newly_refused_max, terms.holds_us)
        taken = answer.seen.taken
        signed = (taken.by_person, taken.second_person) if taken else ()
        people = sorted({each for each in (seen.by_person, *signed) if each})
        return answer, effect_rows(conn, seen.outcome.effects), people_said(conn, people)

    answer, rows, people = await ctx.read(look)
    ctx.about(*people, *(row.person_id for row in rows))
    refused, allowed = (person_lines(row for row in rows if (row.word == REFUSED) is way) for way in (True, False))
    page = page_of(ctx, request, seen.file_name)
    shown = {
        "refused": refused[:PEOPLE_SHOWN], "allowed": allowed[:PEOPLE_SHOWN], "refused_in_all": len(refused),
        "allowed_in_all": len(allowed), "most": terms.newly_refused_max, "is_old": answer.ends_us < now_us,
    }  # fmt: skip
    return html(
        render(
            "record.html", page, one=answer, shown=shown, people=people, kinds=KINDS_SAID, fields=FIELDS_SAID,
            choices=CHOICES,
        )
    )  # fmt: skip


ROUTES = [records_page, record_page]
