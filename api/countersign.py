"""The countersign at a hatch: who issues, and how the drawer was made sure of.

One rule for the editor: nobody countersigns for themselves, and a PIN is counted against everybody it was tried on.
"""

from dataclasses import dataclass

from api.context import Ctx
from api.problems import Problem, bad_field
from api.sign_in import pins_of
from api.throttle import passed, take_attempt
from inventory.custody.visits import Visit


@dataclass(frozen=True, slots=True)
class Countersigned:
    """The issuer, and PIN (the drawer typed theirs) or FACE (the issuer attests who stands there)."""

    issuer_id: int
    authenticated_by: str


async def countersign(ctx: Ctx, opened: Visit, check: str, pin: str | None) -> Countersigned:
    """Who countersigns this visit. Raises the 403 problem for a wrong PIN, 429 after too many.

    FACE: the person signed in at the kiosk attests. PIN: the drawer's own proves the drawer, for the issuer signed
    in; an issuer's own (signed in here, or whose card was just shown) countersigns, and attests.
    """
    here = ctx.person_id
    if check == "FACE":
        return Countersigned(here, "FACE")
    if not pin:
        raise bad_field("pin", "the drawer's PIN, or an issuer's")
    shown = ctx.service.countersigns.shown_at(opened.place_id, ctx.now_us)
    tried = list(dict.fromkeys(p for p in (opened.person_id, shown, here) if p is not None))
    whose = await _whose(ctx, tried, pin)
    ctx.about(whose)
    if whose == opened.person_id:
        return Countersigned(here, "PIN")
    return Countersigned(whose, "FACE")


async def _whose(ctx: Ctx, tried: list[int], pin: str) -> int:
    counted = [f"pin:{person_id}" for person_id in tried]
    database = ctx.service.database
    wait = await database.awrite(lambda tx: take_attempt(tx, counted), frozenset(counted))
    if wait is not None:
        raise Problem(429, "too-many-attempts", f"Wait {wait.seconds} s, then try again.", retry_after_s=wait.seconds)
    stored = await ctx.read(lambda conn: pins_of(conn, tried))
    for person_id in tried:
        if await ctx.service.verifier.fits(stored.get(person_id), pin):
            await database.awrite(lambda tx: passed(tx, counted), frozenset(counted))
            return person_id
    raise bad_field("pin", "the right PIN", code=403)
