"""Bodies are read strictly: JSON straight into the route's own struct, nothing coerced.

One rule for the editor: "2" is not 2. The framework by itself reads JSON into plain values and converts those
leniently; this reads once, strictly, and names the place that is wrong (`sent[1].seq`).
"""

from typing import Any

import msgspec
from litestar import Request

_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


class StrictRequest(Request[Any, Any, Any]):
    """A request whose `json()` is the struct that its route takes."""

    async def json(self) -> Any:
        """The body as the route's struct. Raises msgspec.ValidationError naming the place, or DecodeError."""
        taken = self.route_handler.parsed_data_field
        if taken is None:
            return await super().json()
        decoder = _decoders.get(taken.annotation)
        if decoder is None:
            decoder = _decoders[taken.annotation] = msgspec.json.Decoder(taken.annotation)
        return decoder.decode(await self.body())
