"""What tests write when they ask over HTTP: kit for an officer, and readings as a bridge sends them.

One rule for the editor: these are plain JSON values, built here and not by the service's own types, so that a
field renamed there is noticed here.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests import small_force as force

BOOT = "5e" * 16
READINGS = "/api/v1/bridge/readings"
HEARTBEAT = "/api/v1/bridge/heartbeat"


def whole_set(person_id: int, number: int = 0, **changes: Any) -> dict[str, Any]:
    """The ask for a T7 set with everything declared: an ALLOW unless something is wrong."""
    ids = (force.HANDLES[number], force.BATTERIES[number], *force.CARTRIDGES[number * 4 : number * 4 + 4])
    ask = {
        "person_id": person_id, "store_id": force.MEDWAY, "items": [{"item_id": each} for each in ids],
        "fit_declared": True, "function_tests": [ids[0]], "authenticated_by": "FACE",
    }  # fmt: skip
    return ask | changes


def camera(person_id: int, item_id: int = force.CAMERAS[0], **changes: Any) -> dict[str, Any]:
    """The ask for one body-worn camera."""
    ask = {"person_id": person_id, "store_id": force.MEDWAY, "items": [{"item_id": item_id}], "fit_declared": True,
           "authenticated_by": "FACE"}  # fmt: skip
    return ask | changes


def code(text: str) -> dict[str, Any]:
    """A scanner's reading of a printed code."""
    return {"type": "code", "text": text}


def serial_of(item_id: int) -> dict[str, Any]:
    """A scanner's reading of an item's serial."""
    return code(force.serial(item_id))


def card_of(person_id: int) -> dict[str, Any]:
    """A card reader's reading of a person's card."""
    return {"type": "card", "technology": "EM4100", "uid": force.card(person_id)}


def bay(number: int, **says: Any) -> dict[str, Any]:
    """A dock's word about one of its bays."""
    return {"type": "bay", "dock": "rack", "bay": number, "word": "CHARGING", "present": True} | says


@dataclass
class Bridge:
    """A bridge's end of the wire: it numbers what it sends, one stream at a time."""

    client: httpx.AsyncClient
    boot: str = BOOT
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def beats(self, wall_us: int = force.NOW) -> None:
        """A heartbeat: what every bridge begins with, its clock's time in it."""
        said = {"boot": self.boot, "wall_us": wall_us, "mono_ns": 1}
        assert (await self.client.post(HEARTBEAT, json=said)).status_code == 200

    async def scans(self, *readings: dict[str, Any], **says: Any) -> list[dict[str, Any]]:
        """Scans with the next numbers; the service's answers to them."""
        return list((await self.told("scan", *[(next(self.numbers), each) for each in readings], **says))["answers"])

    async def told(self, stream: str, *numbered: tuple[int, dict[str, Any]], **says: Any) -> dict[str, Any]:
        """Numbered readings in one delivery, which must be taken."""
        answer = await self.sends(stream, *numbered, **says)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def sends(self, stream: str, *numbered: tuple[int, dict[str, Any]], **says: Any) -> httpx.Response:
        """Numbered readings in one delivery, as they are."""
        sent = [
            {"seq": seq, "device": "scanner", "observed_at_us": force.NOW, "mono_ns": seq, "reading": reading} | says
            for seq, reading in numbered
        ]
        return await self.client.post(READINGS, json={"boot": self.boot, "stream": stream, "sent": sent})
