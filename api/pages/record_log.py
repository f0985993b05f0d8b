"""Who looked at or changed one's own record, out of the processing log, in plain words and for that person alone.

One rule for the editor: this helps the person it is about to see that each look was lawful (DPA 2018 s.62(4)).
Nothing is counted, and what would tell somebody that they are being investigated is left out (s.45(4)): looks by
Professional Standards, and readings of the log itself.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api.context import Ctx
from api.guards import signed_in
from api.pages.frame import PAGE, html, page_of
from api.pages.render import render
from api.processing import CONSULTS
from api.store_reads import named
from inventory.custody.hatch_names import people_named
from inventory.gate.wording import day_in_words
from inventory.oversight.disclosure.log_export import is_untold
from inventory.people.calendar import day_start_us, local_day
from inventory.people.people import root_of
from inventory.schema.fast import Fast, among
from inventory.schema.oversight import processing_log
from inventory.schema.people import capability_grant, person, store
from inventory.schema.service import bridge

WEEKS_MAX = 60
LINES_MAX = 5000
APART_US = 30 * 60_000_000
"""The same act of the same people within half an hour is one entry: a visit at the hatch is many readings."""

INVESTIGATES = "PSD"
YOU = "You"

DID: tuple[tuple[str, str], ...] = (
    ("GET /people/{person_id}/capabilities", "saw what you may do in the kit store"),
    ("POST /people/{person_id}/capabilities", "changed what you may do in the kit store"),
    ("POST /capabilities/", "changed what you may do in the kit store"),
    ("GET /people/{person_id}", "opened your record"),
    ("GET /people", "found you in a search"),
    ("GET /search", "found you in a search"),
    ("GET /items", "saw kit that you have or had"),
    ("GET /magazines/", "saw kit that you have or had"),
    ("GET /hatch/", "watched the hatch while you were at it"),
    ("POST /hatch/", "served you at the hatch"),
    ("POST /visits/", "served you at the hatch"),
    ("POST /bridge/readings", "read your card or kit"),
    ("POST /issues/ask", "asked what you may draw"),
    ("POST /issues", "issued kit to you"),
    ("POST /returns", "took kit back from you"),
    ("GET /decisions", "saw a decision about kit for you"),
    ("GET /overrides", "saw an override that concerns you"),
    ("POST /overrides", "overrode a refusal of kit for you, or took that back"),
    ("GET /alarms", "saw an alarm that names you"),
    ("POST /alarms/", "settled an alarm that names you"),
    ("POST /holds", "placed or lifted a hold on kit you had"),
    ("POST /imports/", "handed in a file that holds your record"),
    ("GET /my-record/", "saw your name in the list of who looked at their record"),
    ("POST /sign-in", "signed in with your name"),
    ("clock/idle-visits", "closed your visit at the hatch, which nobody had touched"),
    ("GET /", "saw you in the list of what needs somebody"),
)
"""Beginning of a route, without `/api/v1` -> what was done, for the person it was done to. The first that fits."""

BY_OPERATION = {
    "CONSULTATION": "saw something that names you", "COLLECTION": "recorded something about you",
    "ALTERATION": "changed something about you", "DISCLOSURE": "gave something about you to somebody else",
    "COMBINATION": "put records about you together", "ERASURE": "erased something about you",
}  # fmt: skip
LOOKS = ("CONSULTATION",)
DID_ONESELF = {
    "opened your record": "opened your own record",
    "found you in a search": "found yourself in a search",
    "saw your name in the list of who looked at their record": "looked at this list",
    "signed in with your name": "signed in",
}
"""The same words for what one did oneself, where they would sound odd."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Something done with one's record, from `from_us` to `until_us`; `outcome` is the line's: OK, DENIED, FAILED."""

    from_us: int
    until_us: int
    who: str
    did: str
    is_look: bool
    outcome: str


@dataclass(frozen=True, slots=True)
class LogShown:
    """Everything the page shows: a week of days, newest first. `people` are those named."""

    days: list[tuple[str, list[Looked]]]
    people: frozenset[int]
    week: str
    is_cut: bool


_inner = sa.func.substr(processing_log.c.subjects, 2, sa.func.length(processing_log.c.subjects) - 2)
_LINES = Fast(
    sa.select(
        processing_log.c.id, processing_log.c.at_us, processing_log.c.operation, processing_log.c.route,
        processing_log.c.actor_kind, processing_log.c.actor_id, processing_log.c.outcome, processing_log.c.recipient,
        processing_log.c.query,
    )
    .where(
        processing_log.c.at_us >= sa.bindparam("from_us"), processing_log.c.at_us < sa.bindparam("to_us"),
        (sa.literal(",") + _inner + sa.literal(",")).like(sa.bindparam("pattern")),
    )
    .order_by(processing_log.c.at_us.desc(), processing_log.c.id.desc())
    .limit(LINES_MAX + 1)
)  # fmt: skip
_SAME = Fast(sa.select(person.c.id).where(person.c.same_as == sa.bindparam("person_id")))
_GRANTS = Fast(
    sa.select(capability_grant.c.person_id, capability_grant.c.from_us, capability_grant.c.to_us).where(
        among(capability_grant.c.person_id, "ids"), capability_grant.c.capability == INVESTIGATES
    )
)
_BRIDGES = Fast(
    sa.select(bridge.c.id, store.c.name).select_from(bridge.join(store, store.c.id == bridge.c.store_id))
)


def log_shown(conn: sa.Connection, person_id: int, weeks: int, now_us: int, *, own: bool) -> LogShown:
    """A week of the log about one person, `weeks` weeks ago; their own acts only where asked for."""
    last = local_day(now_us) - timedelta(weeks=weeks)
    first = last - timedelta(days=6)
    span = {"from_us": day_start_us(first), "to_us": day_start_us(last + timedelta(days=1))}
    names = ("id", "at_us", "operation", "route", "actor_kind", "actor_id", "outcome", "recipient", "query")
    records = [person_id, *(row[0] for row in _SAME.rows(conn, {"person_id": person_id}))]
    about = [row for each in records for row in _LINES.rows(conn, {**span, "pattern": f"%,{each},%"})]
    found = named(sorted(set(about), key=lambda row: (row[1], row[0]), reverse=True), *names)
    lines = _to_be_told(conn, found[:LINES_MAX], person_id, own=own)
    actors = sorted({row["actor_id"] for row in lines if row["actor_kind"] == "PERSON"})
    people = {each: _named(known) for each, known in people_named(conn, actors).items()}
    stores: dict[int, str] = dict(_BRIDGES.rows(conn))
    entries = _together([(_who(row, person_id, people, stores), row) for row in lines])
    days = groupby(entries, key=lambda each: local_day(each.from_us).isoformat())
    return LogShown(
        days=[(day, list(group)) for day, group in days], people=frozenset(actors), week=_week(first, last),
        is_cut=len(found) > LINES_MAX,
    )  # fmt: skip


def _week(first: date, last: date) -> str:
    """'16 to 22 November 2026'."""
    same = (first.year, first.month) == (last.year, last.month)
    return f"{first.day if same else day_in_words(first)} to {day_in_words(last)}"


def _named(known: Mapping[str, object]) -> str:
    """'Alex Hollis (PC 4417)'."""
    also = " ".join(str(known[part]) for part in ("rank", "collar") if known[part])
    return f"{known['name']} ({also})" if also else str(known["name"])


def _to_be_told(
    conn: sa.Connection, lines: list[dict[str, Any]], person_id: int, *, own: bool
) -> list[dict[str, Any]]:
    """The lines without what is left out; without the person's own acts, unless they are asked for."""
    actors = sorted({row["actor_id"] for row in lines if row["actor_kind"] == "PERSON"})
    grants = _GRANTS.rows(conn, {"ids": actors}) if actors else []
    return [
        row
        for row in lines
        if not is_untold(row["route"], row["query"])
        and not _investigates(row, grants)
        and (own or not _is_own(row, person_id))
    ]


def _investigates(row: Mapping[str, Any], grants: Iterable[tuple[Any, ...]]) -> bool:
    """Whether whoever did it worked for Professional Standards when they did."""
    return row["actor_kind"] == "PERSON" and any(
        who == row["actor_id"] and from_us <= row["at_us"] and (to_us is None or row["at_us"] < to_us)
        for who, from_us, to_us in grants
    )


def _is_own(row: Mapping[str, Any], person_id: int) -> bool:
    """Whether the person did it: signed in, or signing in with the right password."""
    signs_in = row["actor_kind"] == "ANONYMOUS" and row["outcome"] == "OK"
    return signs_in or (row["actor_kind"], row["actor_id"]) == ("PERSON", person_id)


def _who(row: Mapping[str, Any], person_id: int, people: Mapping[int, str], stores: Mapping[int, str]) -> str:
    if _is_own(row, person_id):
        return YOU
    kind, number = row["actor_kind"], row["actor_id"]
    if kind == "PERSON":
        return people.get(number, "A person whose data was erased")
    if kind == "BRIDGE":
        return f"The readers of {stores.get(number, 'a store')}"
    return "The kit store itself" if kind == "SYSTEM" else "Somebody not signed in"


def _together(told: list[tuple[str, dict[str, Any]]]) -> list[Looked]:
    """The lines (newest first) as entries: what the same people did again within half an hour is one entry."""
    entries: list[Looked] = []
    latest: dict[tuple[str, str, str], int] = {}
    for who, row in told:
        did = did_words(row)
        key = (who, DID_ONESELF.get(did, did) if who == YOU else did, str(row["outcome"]))
        at = latest.get(key)
        if at is not None and _is_near(entries[at], row["at_us"]):
            entries[at] = replace(entries[at], from_us=row["at_us"])
            continue
        latest[key] = len(entries)
        entries.append(Looked(row["at_us"], row["at_us"], who, key[1], row["operation"] in LOOKS, key[2]))
    return sorted(entries, key=lambda each: each.from_us, reverse=True)


def _is_near(entry: Looked, at_us: int) -> bool:
    return entry.from_us - at_us < APART_US and local_day(entry.from_us) == local_day(at_us)


def did_words(row: Mapping[str, Any]) -> str:
    """What a line says was done, for the person it was done to."""
    route = str(row["route"]).replace(" /api/v1/", " /", 1)
    if route == "POST /sign-in" and row["outcome"] != "OK":
        return "tried to sign in with your name"
    words = next((said for begins, said in DID if _fits(route, begins)), BY_OPERATION[row["operation"]])
    return f"{words} ({row['recipient']})" if row["recipient"] else words


def _fits(route: str, begins: str) -> bool:
    return route == begins or (begins != "GET /" and route.startswith(begins))


@get("/my-record/looks", guards=[signed_in], opt=CONSULTS, **PAGE)
async def looks_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    weeks: Annotated[int, QueryParameter(ge=0, le=WEEKS_MAX, description="How many weeks ago")] = 0,
    own: Annotated[bool, QueryParameter(description="What one did oneself too")] = False,
) -> Response[str]:
    """Who looked at or changed the record of the person signed in. There is no way to ask for anybody else's."""
    mine = ctx.person_id

    def look(conn: sa.Connection) -> LogShown:
        return log_shown(conn, root_of(conn, mine), weeks, ctx.now_us, own=own)

    shown = await ctx.read(look)
    ctx.query = json.dumps({"weeks": weeks, "own": own})
    ctx.about(mine, *shown.people)
    page = page_of(ctx, request, "Who looked at my record")
    return html(render("record_log.html", page, shown=shown, weeks=weeks, own=own, weeks_max=WEEKS_MAX))


ROUTES = [looks_page]
