"""Pages of lists by key: the next page begins after the last row's key, however many rows came since.

One rule for the editor: the cursor is opaque to clients and checked like any other input.
"""

import base64
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from api.problems import bad_field
from devices.wire import read

T = TypeVar("T")

_keys = msgspec.json.Decoder(list[Any])

LIMIT_MAX = 500
Limit = Annotated[int, QueryParameter(ge=1, le=LIMIT_MAX, description="Most rows of one page")]
Cursor = Annotated[str | None, QueryParameter(name="cursor", max_length=200, description="`next` of the page before")]


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page. `next` is the cursor of the page after it, null on the last one."""

    rows: list[T]
    next: str | None


def cursor_of(key: Sequence[int | str]) -> str:
    """The cursor that continues after `key`."""
    return base64.urlsafe_b64encode(msgspec.json.encode(list(key))).decode().rstrip("=")


def key_of(cursor: str, *types: type) -> list[Any]:
    """The key in a cursor. Raises the problem naming `cursor` where it is not one of ours."""
    try:
        key = read(_keys, base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError:
        key = []
    if len(key) != len(types) or any(type(value) is not kind for value, kind in zip(key, types, strict=False)):
        raise bad_field("cursor", "the `next` of a page of this list", cursor, 400)
    return key


def page_of(rows: Sequence[T], limit: int, key: Sequence[Sequence[int | str]]) -> Page[T]:
    """The page of `rows` (one more than `limit` was asked for, to know whether there is another)."""
    shown = list(rows[:limit])
    return Page(rows=shown, next=cursor_of(key[limit - 1]) if len(rows) > limit else None)
