"""People as a form names them: by their number here, or by the collar they wear.

One rule for the editor: a collar that nobody wears is sent back with the field's name, and never guessed.
"""

from typing import Annotated

import msgspec

from api.context import Ctx
from api.problems import bad_field
from inventory.people.people import by_collar

Collar = Annotated[str, msgspec.Meta(min_length=1, max_length=20)]


async def person_named(ctx: Ctx, person_id: int | None, collar: str | None, field: str) -> int | None:
    """The person of an id, or who wears a collar; None where neither is given. Raises the 422 problem."""
    if person_id is not None or collar is None:
        return person_id
    found = await ctx.read(lambda conn: by_collar(conn, collar))
    if found is None:
        raise bad_field(field, "the collar of somebody on record", collar)
    return found.id
