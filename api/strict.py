"""Bodies are read strictly: JSON straight into the route's own struct, nothing coerced.

One rule for the editor: "2" is not 2. The framework by itself reads JSON into plain values and converts those
leniently; this reads once, strictly, and names the place that is wrong (`sent[1].seq`).
"""

from typing import Any

import msgspec
from litestar import Request

from devices.wire import read

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class BodyNotTaken(Exception):
    """A body that is not what its route takes. `problem` says where; a struct of our own that does not convert
    raises msgspec's error bare, and is our fault."""

    def __init__(self, problem: msgspec.DecodeError) -> None:
        super().__init__(str(problem))
        self.problem = problem


class StrictRequest(Request[Any, Any, Any]):
    """A request whose `json()` is the struct that its route takes."""

    async def json(self) -> Any:
        """The body as the route's struct. Raises BodyNotTaken."""
        taken = self.route_handler.parsed_data_field
        if taken is None:
            return await super().json()
        decoder = _decoders.get(taken.annotation)
        if decoder is None:
            decoder = _decoders[taken.annotation] = msgspec.json.Decoder(taken.annotation)
        body = await self.body()
        try:
            return read(decoder, body)
        except msgspec.DecodeError as problem:
            raise BodyNotTaken(problem) from problem
