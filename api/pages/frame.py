"""What every page route shares: the frame round the page, who may see what, and a problem told as a page.

One rule for the editor: a page is asked for by a person. What went wrong is said in words, and whoever is not
signed in is led to the sign-in and back.
"""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import ExceptionHandlersMap

from api import problems
from api.alarms import SEERS as SEES_ALARMS
from api.availability import SEERS as SEES_CONSOLE
from api.coming_due import SEERS as SEES_DUE
from api.context import Ctx
from api.file_previews import TAKERS as TAKES_RECORDS
from api.lapses import SEERS as SEES_LAPSES
from api.losses import SEERS as SEES_LOSSES
from api.pages.render import THEMES, Link, Me, Page, render
from api.problems import denied, problem_of
from api.report_asking import EVERY_SEER
from api.sessions import SignedIn
from api.training_due import SEERS as SEES_TRAINING_DUE
from api.uses import SEERS as SEES_USES
from api.vendor_files import NEEDS as TAKES_VENDOR_FILES
from inventory.custody.transfers.terms import EVERY_SENDER

STAFF = (
    "ISSUER", "COUNTERSIGNER", "TRAINING_RECORDER", "TECHNICIAN", "CED_SPOC", "EXHIBITS", "PSD", "INSTRUCTOR",
    "STORE_MANAGER", "AUDITOR", "ADMINISTRATOR", "SUPERVISOR", "DUTY_INSPECTOR",
)  # fmt: skip
"""Who may look at kit, shelves and people other than themselves. (A log reader reads the log and nothing else.)"""

LOOKS_AT_STORES = ("STORE_MANAGER", "ISSUER", "TECHNICIAN", "CED_SPOC", "AUDITOR", "ADMINISTRATOR")

MENDS_DEVICES = ("STORE_MANAGER", "TECHNICIAN", "ADMINISTRATOR")
"""Whom the bar leads to every store's devices; others who look at stores find them from the store."""


def page_of(ctx: Ctx, request: Request[Any, Any, Any], title: str, query: str = "") -> Page:
    """The frame of a page, for whoever is signed in (or nobody)."""
    theme = request.cookies.get("theme", "")
    mine = ctx.signed_in
    return Page(
        title=title,
        path=request.url.path,
        now_us=ctx.now_us,
        csrf=mine.csrf if mine else "",
        theme=theme if theme in THEMES else "",
        me=Me(mine.person_id, mine.name) if mine else None,
        links=links_for(mine) if mine else (),
        query=query,
        is_staff=mine is not None and has_any(mine, STAFF),
        sees_alarms=mine is not None and has_any(mine, SEES_ALARMS),
    )


SEES_TRAINING = ("TRAINING_RECORDER", "INSTRUCTOR")
"""Whom the bar leads to the training unit's page; others who may look find it from a person's training."""

SEES_POLICY = ("POLICY_OWNER",)
COUNTS_FOR_EQUALITY = ("EQUALITY_ANALYST",)
"""Whom the bar leads to policy and to equality; others who may read policy find it from reports and alarms."""

LINKS = (
    (SEES_CONSOLE, "/console", "Console"),
    (LOOKS_AT_STORES, "/stores", "Stores"),
    (EVERY_SENDER, "/transfers", "Transfers"),
    (MENDS_DEVICES, "/devices", "Devices"),
    (SEES_ALARMS, "/alarms", "Alarms"),
    (SEES_LOSSES, "/losses", "Losses"),
    (SEES_LAPSES, "/lapses", "Due"),
    (SEES_DUE, "/checks-due", "Due"),
    (SEES_TRAINING_DUE, "/training-due", "Due"),
    (SEES_USES, "/uses", "Uses"),
    (("PLANNER", "DUTY_INSPECTOR"), "/mobilisation", "Mobilisation"),
    (SEES_TRAINING, "/training", "Training"),
    (TAKES_RECORDS, "/records", "Files and feeds"),
    (EVERY_SEER, "/reports", "Reports"),
    (("RECORDS_MANAGER", "LOG_READER"), "/data-protection", "Data protection"),
    (SEES_POLICY, "/policy", "Policy"),
    (COUNTS_FOR_EQUALITY, "/equality", "Equality"),
)
"""Where the bar leads whoever holds one of these in some store, in its order; the first of two of one name."""


def links_for(mine: SignedIn) -> tuple[Link, ...]:
    """Where the bar leads this person."""
    links = []
    if has_any(mine, LOOKS_AT_STORES):
        links.append(Link("/", "Now"))
    if mine.place_id is not None:
        links.append(Link("/hatch", "Hatch"))
    named = {name: href for who, href, name in reversed(LINKS) if has_any(mine, who)}
    links += [Link(href, name) for _, href, name in LINKS if named.get(name) == href]
    if stores_of(mine, TAKES_VENDOR_FILES) is None:
        links.append(Link("/vendor-files", "Vendor files"))
    if has_any(mine, ("LOG_READER",)):
        links.append(Link("/log", "Processing log"))
    links.append(Link(f"/people/{mine.person_id}", "My record"))
    return tuple(links)


def has_any(mine: SignedIn, capabilities: Iterable[str]) -> bool:
    """Whether the person holds one of these in some store."""
    held = {each.capability for each in mine.held}
    return not held.isdisjoint(capabilities)


def stores_of(mine: SignedIn, capabilities: Iterable[str]) -> set[int] | None:
    """The stores in which the person holds one of these; None is every store."""
    wanted = frozenset(capabilities)
    stores = {each.store_id for each in mine.held if each.capability in wanted}
    return None if None in stores else {store_id for store_id in stores if store_id is not None}


def need_staff(ctx: Ctx) -> None:
    """Raise the 403 problem for a person without any capability of the kit store."""
    if not has_any(ctx.who, STAFF):
        raise denied("This page is for people who work with the kit store. Your own record is yours to see.")


def html(content: str, code: int = 200) -> Response[str]:
    """A page as the answer."""
    return Response(content, media_type=MediaType.HTML, status_code=code)


def here(request: Request[Any, Any, Any]) -> str:
    """The path and query of this request, to come back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def safe_way_back(path: str) -> str:
    """`path` where it is one of ours, else the home page: a sign-in must never lead to another site."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and "\\" not in path
    return path if is_ours and path.isprintable() else "/"


def page_problem(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """What went wrong, as a page; or the way to the sign-in."""
    problem = problem_of(error)
    if problem.code == 401 and request.method == "GET":
        return Redirect(f"/sign-in?next={quote(here(request), safe='/')}", status_code=303)
    plain = problems.answer(request, error)
    ctx: Ctx = request.scope["kit_ctx"]  # type: ignore[typeddict-item]
    titles = {403: "Not yours to see", 404: "Not here", 429: "Too many attempts", 503: "Busy"}
    page = page_of(ctx, request, titles.get(problem.code, "That did not work"))
    said = html(render("problem.html", page, problem=problem, request_id=ctx.request_id), problem.code)
    kept = {name: value for name, value in plain.headers.items() if name.lower() == "retry-after"}
    said.headers.update(kept)
    return said


PROBLEMS: ExceptionHandlersMap = {Exception: page_problem, HTTPException: page_problem}
PAGE: dict[str, Any] = {"exception_handlers": PROBLEMS, "include_in_schema": False}
"""What every page route is declared with, beside its guards and its processing-log operation."""
