"""Who may carry, as a list; and one person's authority: what it amounts to, its time line, and the acts that change it.

One rule for the editor: what is offered is what the domain would take from whoever looks; nothing is decided here. The
class of a reason is shown to those who may know it, and to nobody else.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

import sqlalchemy as sa
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from api import store_reads
from api.authorities import CarrierRow, carrier_rows
from api.authority_rows import SEE_CLASSES, SEERS, WORDS, Whose, whose
from api.context import Ctx
from api.guards import holding
from api.pages.due import Store, tabs_for
from api.pages.frame import PAGE, html, page_of, stores_of
from api.pages.render import render
from api.pages.strips import DAY_US, Axis, Bar, bar, month_ticks
from api.params import PathId
from api.problems import denied, not_found
from api.processing import CONSULTS
from inventory.custody.carrying.granting import MODES, models_of
from inventory.custody.hatch_names import people_said
from inventory.gate.authority_terms import AuthorityTerms
from inventory.gate.wording import day_in_words
from inventory.people.authority_state import CarryState
from inventory.people.calendar import add_months, day_start_us, local_day
from inventory.people.duty import CATEGORIES
from inventory.schema.words import ITEM_KINDS
from inventory.stock.kinds import title

STATES_SAID = {
    "LIVE": ("good", "tick", "In force"), "DORMANT": ("warn", "clock", "Dormant"),
    "SUSPENDED": ("bad", "lock", "Suspended"), "NOT_YET": ("still", "clock", "Not yet"),
    "OVER": ("still", "cross", "Over"),
}  # fmt: skip
"""State -> its tone, shape and word."""
TO_LOOK_AT = ("REVIEW", "SUSPENDED", "DORMANT", "NOT_YET", "OVER", "LIVE")
EVENTS_SAID = {
    "GRANTED": ("good", "tick", "Permission to carry"), "SUSPENDED": ("bad", "lock", "Authority suspended"),
    "LIFTED": ("good", "returned", "Suspension lifted"), "ENDED": ("bad", "cross", "Authority ended"),
    "REVIEWED": ("good", "check", "Looked at after a move, and stands"),
    "RESTRICTED": ("warn", "warning", "Limited duties"), "UNRESTRICTED": ("good", "returned", "Limited duties lifted"),
    "OPTED_IN": ("good", "person", "Chose to carry"), "OPTED_OUT": ("bad", "person", "Chose to carry no longer"),
    "MOVED": ("still", "moved", "Role moved"),
}  # fmt: skip
MOVES_SAID = {
    "LEFT": "leaves the force", "OFFICE": "holds another office", "OUT_OF_PROFILE": "left the front line",
    "INTO_PROFILE": "joined the front line", "HOME_STORE": "another home store", "TEAM": "another team",
    "OPTED_OUT": "chose to carry no longer",
}  # fmt: skip
BACK_DAYS, AHEAD_DAYS = 700, 420
LISTED_MOST = 400


@dataclass(frozen=True, slots=True)
class DrawnRow:
    """One row of the time line: a name, and its bars."""

    name: str
    bars: list[Bar]


@dataclass(frozen=True, slots=True)
class May:
    """What whoever looks may do to this person's authority."""

    grants: bool
    stops: bool
    limits: bool
    chooses: bool

    @property
    def anything(self) -> bool:
        """Whether there is any act to offer."""
        return self.grants or self.stops or self.limits or self.chooses


def drawn(of: Whose, axis: Axis) -> list[DrawnRow]:
    """Training, permissions and suspensions laid over one another's time, model by model."""
    rows = []
    for (name, model), held in sorted(of.standing.training.items(), key=lambda pair: pair[0][1] or ""):
        if name == "CED":
            until = axis.until_us if held.valid_until_us is None else held.valid_until_us
            kind = "over" if until <= of.now_us else "ok"
            said = f"CED training for the {model}: last good day {day_in_words(local_day(until - 1))}"
            rows.append(DrawnRow(f"{model} training", [bar(axis, day_start_us(held.last_pass_on), until, kind, said)]))
    for model in sorted({each.model for each in of.standing.authorisations}):
        mine = [each for each in of.standing.authorisations if each.model == model]
        bars = [bar(axis, each.from_us, each.to_us, "permitted", _window(each.mode, each.from_us, each.to_us))
                for each in mine if each.to_us > axis.from_us]  # fmt: skip
        rows.append(DrawnRow(f"{model} authority", bars))
    stopped = [each for each in of.standing.stops if each.kind == "SUSPENDED"]
    bars = [bar(axis, each.from_us, min(each.to_us or of.now_us, axis.until_us), "stopped", "Suspended")
            for each in stopped if (each.to_us or axis.until_us) > axis.from_us]  # fmt: skip
    return rows + ([DrawnRow("Suspended", bars)] if bars else [])


def _window(mode: str, from_us: int, to_us: int) -> str:
    return f"{mode.capitalize()}: {day_in_words(local_day(from_us))} to {day_in_words(local_day(to_us - 1))}"


def may_of(ctx: Ctx, of: Whose, terms: AuthorityTerms) -> May:
    """What is offered to whoever looks; none of it for themselves but their own choice."""
    store_id, own = of.record.home_store_id, ctx.person_id == of.record.id

    def any_of(capabilities: tuple[str, ...]) -> bool:
        return not own and any(ctx.may(each, store_id) for each in capabilities)

    grants = any_of(terms.granted_by)
    return May(grants, any_of(terms.stopped_by), any_of(terms.restricted_by), grants)


@get("/people/{person_id:int}/authority", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def authority_page(
    person_id: PathId, ctx: NamedDependency[Ctx], request: Request[Any, Any, Any]
) -> Response[str]:
    """One person's authority to carry, for those who look after it. Their own stands on their own page."""
    ctx.about(person_id)
    policy, now_us = ctx.service.policies.now, ctx.now_us

    def look(conn: sa.Connection) -> tuple[Whose | None, dict[int, str], dict[int, str]]:
        of = whose(conn, person_id, policy, now_us)
        named = sorted({each.by_person for each in of.events if each.by_person}) if of else []
        stores = {row["id"]: row["name"] for row in store_reads.stores(conn)}
        return of, people_said(conn, named) if named else {}, stores

    of, people, stores = await ctx.read(look)
    if of is None:
        raise not_found("person with this number")
    ctx.about(of.record.id, *people)
    if ctx.person_id == of.record.id:
        raise denied("Your own authority stands on your own page.")
    ctx.need_any(SEERS, of.record.home_store_id)
    axis = Axis(now_us - BACK_DAYS * DAY_US, now_us + AHEAD_DAYS * DAY_US)
    tomorrow = local_day(now_us) + timedelta(days=1)
    terms = policy.authority
    said = {
        "of": of, "people": people, "store": stores.get(of.record.home_store_id or 0, ""), "states": STATES_SAID,
        "words": WORDS, "events": EVENTS_SAID, "moves": MOVES_SAID, "may": may_of(ctx, of, terms), "axis": axis,
        "ticks": month_ticks(axis, now_us), "drawn": drawn(of, axis), "terms": terms, "models": models_of(policy),
        "modes": MODES, "kinds": [(each, title(each)) for each in ITEM_KINDS], "categories": CATEGORIES,
        "tomorrow": tomorrow, "latest": add_months(tomorrow, terms.months_max), "today": local_day(now_us),
        "sees_classes": any(ctx.may(each, of.record.home_store_id) for each in SEE_CLASSES),
        "kinds_said": kinds_said,
    }  # fmt: skip
    return html(render("authority.html", page_of(ctx, request, f"Authority of {of.record.name}"), **said))


def kinds_said(text: str) -> str:
    """"May draw: camera, spit guard", of the kinds as a restriction holds them."""
    names = [title(each).lower() for each in text.split(",") if each]
    return f"may draw: {', '.join(names)}" if names else "may draw nothing"


@get("/authorities", guards=[holding(*SEERS)], opt=CONSULTS, **PAGE)
async def authorities_page(
    ctx: NamedDependency[Ctx],
    request: Request[Any, Any, Any],
    store: Store = "",
    those: Annotated[str, QueryParameter(name="state", max_length=12, pattern="^[A-Z_]*$")] = "",
) -> Response[str]:
    """Who may carry: how many in each state, and those of one state by name."""
    mine = stores_of(ctx.who, SEERS)
    chosen = int(store) if store else None
    if chosen is not None and mine is not None and chosen not in mine:
        raise denied("You do not look after this store.")
    only = mine if chosen is None else {chosen}

    def look(conn: sa.Connection) -> tuple[list[CarrierRow], dict[int, str]]:
        return carrier_rows(conn, ctx, only, None), {row["id"]: row["name"] for row in store_reads.stores(conn)}

    everybody, stores = await ctx.read(look)
    counts = Counter(one.state for row in everybody for one in row.carrying)
    counts["REVIEW"] = sum(1 for row in everybody if row.review)
    first = next((each for each in TO_LOOK_AT if counts[each]), "LIVE")
    state = those if those in TO_LOOK_AT else first
    rows = [row for row in everybody if (row.review if state == "REVIEW" else _is_in(row, state))]
    rows.sort(key=lambda row: (row.review_by or "", min((one.until_us for one in row.carrying), default=0)))
    ctx.about(*(row.person_id for row in rows[:LISTED_MOST]))
    said = {
        "rows": rows[:LISTED_MOST], "more": max(0, len(rows) - LISTED_MOST), "counts": counts, "state": state,
        "states": STATES_SAID, "order": TO_LOOK_AT, "stores": stores, "chosen": chosen, "moves": MOVES_SAID,
        "choices": [(key, name) for key, name in stores.items() if mine is None or key in mine],
        "tabs": tabs_for(ctx.who), "is_force": mine is None, "today": local_day(ctx.now_us).isoformat(),
    }  # fmt: skip
    return html(render("authorities.html", page_of(ctx, request, "Authority to carry"), **said))


def _is_in(row: CarrierRow, state: str) -> bool:
    return any(one.state == CarryState(state) for one in row.carrying)


ROUTES = [authority_page, authorities_page]
