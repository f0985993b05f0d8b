"""What speaks at the broker: docks by what it keeps of them, readers by what they say while we listen.

One rule for the editor: listening is all that is done; nothing is published, and no session is left behind.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from devices.driver import Driver, Packet
from devices.transports.mqtt import MqttPort, open_mqtt
from firmware_bridge.settings import Settings
from firmware_bridge.stations import broker_of

LISTEN_S = 3.0
LOOK_S = 0.2
_KIND, _NAME = 3, 4
"""Where a topic says them: kit/v1/{bridge}/dock/{name}/…, kit/v1/{bridge}/reader/{name}/…"""


@dataclass(frozen=True, slots=True)
class Speaking:
    """A dock or reader that was heard: the folder of its topics, and the drivers that would read it."""

    folder: str
    drivers: tuple[str, ...]


def speaking(settings: Settings, drivers: Mapping[str, Driver], listen_s: float = LISTEN_S) -> list[Speaking]:
    """Who is heard below this bridge's topics within `listen_s` seconds; none without a broker.

    Raises NotOpened where the broker does not let us in, Gone where it goes, SettingsWrong as `broker_of` does.
    """
    broker = broker_of(settings)
    if broker is None:
        return []
    own = f"kit/v1/{settings.bridge}"
    port = open_mqtt(
        broker, f"kit-{settings.bridge}-devices", [f"{own}/dock/#", f"{own}/reader/#"], keep_session=False
    )
    try:
        folders = _heard(port, time.monotonic() + listen_s)
    finally:
        port.close()
    return [Speaking(folder, _drivers(folder.split("/"), settings, drivers)) for folder in sorted(folders)]


def _heard(port: MqttPort, ends_s: float) -> set[str]:
    """The folders of docks and readers that something is said below, until `ends_s` of the monotonic clock."""
    folders: set[str] = set()
    while time.monotonic() < ends_s:
        for arrival in port.read(LOOK_S):
            parts = arrival.topic.split("/") if isinstance(arrival, Packet) else []
            folders |= {"/".join(parts[: _NAME + 1])} if len(parts) > _NAME + 1 else set()
    return folders


def _drivers(parts: list[str], settings: Settings, drivers: Mapping[str, Driver]) -> tuple[str, ...]:
    """The driver of the station of this name; else all whose topics are of this kind."""
    configured = [it.driver for it in settings.station if it.device == parts[_NAME]]
    kind = f"/{parts[_KIND]}/"
    fitting = [it.name for it in drivers.values() if any(kind in topic for topic in it.topics)]
    return tuple(configured or fitting)
