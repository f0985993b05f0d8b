"""Parameters that many routes share, each with its bounds.

One rule for the editor: bounds stand in `PathParameter` and `QueryParameter`; `msgspec.Meta` on a parameter is
silently ignored by the framework.
"""

from typing import Annotated

from litestar.params import PathParameter, QueryParameter

ID_MAX = 2**53
"""Ids stay below it, so that a JavaScript client can read them (decision record 0003)."""

PathId = Annotated[int, PathParameter(ge=1, le=ID_MAX)]
QueryId = Annotated[int | None, QueryParameter(ge=1, le=ID_MAX)]
