"""Why a code cannot be read.

One rule for the editor: a problem's code is stable, its sentence may be improved.
"""

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """A malformed code: a stable `code` for the record, a `sentence` that names the part and its need."""

    code: str
    sentence: str
