"""How people and stores are named in answers.

One rule for the editor: a name in an answer is personal data; whoever puts one in tells `ctx.about`.
"""

import msgspec


class PersonNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A person as lists and sentences name them."""

    id: int
    name: str
    rank: str | None
    kind: str
    collar: str | None


class StoreNamed(msgspec.Struct, frozen=True, kw_only=True):
    """A kit store by its code and name."""

    id: int
    code: str
    name: str
