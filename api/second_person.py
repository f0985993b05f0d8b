"""The second person of an act that takes two: at the same screen, by their own sign-in name and their own PIN.

One rule for the editor: the first person never vouches for who the second is, and a wrong name costs as an attempt
what a wrong PIN does.
"""

from typing import Annotated

import msgspec
import sqlalchemy as sa

from api.context import Ctx
from api.problems import bad_field
from api.sign_in import prove
from inventory.schema.fast import Fast
from inventory.schema.service import sign_in


class Second(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who signs as the second person: the name they sign in with, and their PIN."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    pin: Annotated[str, msgspec.Meta(min_length=1, max_length=12)]


_BY_NAME = Fast(
    sa.select(sign_in.c.person_id, sign_in.c.pin_hash).where(
        sign_in.c.name == sa.bindparam("of_name"), sign_in.c.closed_us.is_(None)
    )
)


async def second_person(ctx: Ctx, second: Second) -> int:
    """The person who signs as the second one.

    Raises the 403 problem for a wrong name or PIN, 429 after too many, 422 where it is the person signed in.
    """
    return await proven_person(ctx, second, is_other=True)


async def proven_person(ctx: Ctx, who: Second, *, is_other: bool = False) -> int:
    """Who signs, by their own name and PIN, be it the person signed in or (`is_other`) never them.

    Raises as `second_person`.
    """
    name = who.name.strip().lower()
    rows = await ctx.read(lambda conn: _BY_NAME.rows(conn, {"of_name": name}))
    person_id, stored = rows[0] if rows else (None, None)
    if is_other and person_id == ctx.person_id:
        raise bad_field("second.name", "somebody else than who is signed in", name)
    ctx.about(person_id)
    counted = f"pin:{person_id}" if person_id is not None else f"pin-of:{name}"
    await prove(ctx, counted, stored, who.pin, "pin")
    assert person_id is not None, "nobody's PIN fits nothing"
    return int(person_id)
