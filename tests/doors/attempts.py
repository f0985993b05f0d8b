"""The ways to get kit to a person over HTTP, tried as an issuer would and with everything declared.

One rule for the editor: an attempt asks for a whole CED set and leaves nothing out that a hatch can supply, so that
for an eligible person it succeeds (a test proves that it does).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from api import bridges
from tests import small_force as force
from tests.api.conftest import House, Person
from tests.doors import people
from tests.doors.plausible import SET

BOOT = "a" * 32


@dataclass
class Scene:
    """A house with somebody signed in at a desk and at the hatch's kiosk, and a bridge with a reader."""

    house: House
    desk: Person
    kiosk: Person
    bridge: httpx.AsyncClient
    seqs: dict[str, int] = field(default_factory=dict)

    async def deliver(self, reading: dict[str, Any], *, device: str = "scanner", age_ms: int = 0) -> httpx.Response:
        """One reading as the bridge sends it: scans of the scanner, everything else as an observation."""
        stream = "scan" if reading["type"] in ("code", "card", "tags", "garbled") else "obs"
        seq = self.seqs[stream] = self.seqs.get(stream, 0) + 1
        sent = {"seq": seq, "device": device, "observed_at_us": self.house.hand.now_us, "mono_ns": seq,
                "age_ms": age_ms, "reading": reading}  # fmt: skip
        body = {"boot": BOOT, "stream": stream, "sent": [sent]}
        return await self.bridge.post("/api/v1/bridge/readings", json=body)

    async def stand(self, device: str, place_id: int) -> None:
        """Put a device of the bridge somewhere else than at the hatch."""
        await self.house.service.database.awrite(lambda tx: bridges.bind_station(tx, "medway-1", device, place_id))


async def make_scene(house: House, name: str = people.name_of(people.EVERYTHING)) -> Scene:
    """A scene in which `name` is the issuer, with every capability."""
    kiosk = await house.kiosk(name)
    bridge = await house.bridge("medway-1", "scanner")
    return Scene(house, await house.sign_in(name), kiosk, bridge)


def whole_set(person_id: int) -> dict[str, Any]:
    """A request for a whole CED set, everything declared."""
    return {"person_id": person_id, "store_id": force.MEDWAY, "items": [{"item_id": each} for each in SET],
            "planned_return_us": force.SHIFT_ENDS, "fit_declared": True, "function_tests": [force.HANDLES[0]],
            "authenticated_by": "FACE"}  # fmt: skip


async def by_request(scene: Scene, person_id: int) -> httpx.Response:
    """POST /api/v1/issues, once."""
    return await scene.desk.post("/api/v1/issues", whole_set(person_id))


async def by_touch(scene: Scene, person_id: int) -> httpx.Response:
    """At the kiosk: the collar typed, each serial typed, declared, tested, countersigned."""
    said = await _type(scene, people.COLLARS[person_id])
    for item_id in SET:
        said = await _type(scene, force.serial(item_id))
    return await _finish(scene, said)


async def by_choice(scene: Scene, person_id: int) -> httpx.Response:
    """At the kiosk: each item touched among several that a code is on."""
    said = await _type(scene, people.COLLARS[person_id])
    for item_id in SET:
        said = await scene.kiosk.post(f"/api/v1/hatch/{force.HATCH}/choose", {"item_id": item_id})
    return await _finish(scene, said)


async def by_scanner(scene: Scene, person_id: int) -> httpx.Response:
    """A card at the reader and codes at the scanner, delivered by a bridge; the countersign at the kiosk."""
    await scene.deliver({"type": "card", "technology": "EM4100", "uid": force.card(person_id)})
    for item_id in SET:
        await scene.deliver({"type": "code", "text": force.serial(item_id)})
    return await _finish(scene, await scene.kiosk.get(f"/api/v1/hatch/{force.HATCH}"))


async def scan_everything(scene: Scene, person_id: int, *, declared: bool = True) -> dict[str, Any]:
    """Card and set by the scanner, and everything declared that a hatch asks for; the hatch's view before that."""
    await scene.deliver({"type": "card", "technology": "EM4100", "uid": force.card(person_id)})
    for item_id in SET:
        await scene.deliver({"type": "code", "text": force.serial(item_id)})
    view = (await scene.kiosk.get(f"/api/v1/hatch/{force.HATCH}")).json()
    if declared:
        await _touch_everything(scene, view)
    return dict(view)


async def _type(scene: Scene, text: str) -> httpx.Response:
    return await scene.kiosk.post(f"/api/v1/hatch/{force.HATCH}/scan", {"text": text})


async def _finish(scene: Scene, said: httpx.Response) -> httpx.Response:
    """Everything that is touched before the end, and the countersign; the last answer."""
    view = said.json().get("view", said.json())
    if view.get("visit") is None:
        return said
    visit = await _touch_everything(scene, view)
    done = await scene.kiosk.post(f"{visit}/complete", {"check": "FACE"})
    await scene.kiosk.post(f"{visit}/drop")
    return done


async def _touch_everything(scene: Scene, view: dict[str, Any]) -> str:
    """Fit, tested and charged, said for every line of the set or of the refused; the visit's address."""
    visit = f"/api/v1/visits/{view['visit']['id']}"
    await scene.kiosk.post(f"{visit}/declare-fit")
    for line in view["visit"]["lines"][:2]:
        await scene.kiosk.post(f"{visit}/lines/{line['id']}/function-test", {"passed": True})
        await scene.kiosk.post(f"{visit}/lines/{line['id']}/charge", {"percent": 97})
    return visit


Attempt = Callable[[Scene, int], Awaitable[httpx.Response]]
ATTEMPTS: dict[str, Attempt] = {
    "by request": by_request,
    "by touch": by_touch,
    "by choice": by_choice,
    "by scanner": by_scanner,
}
