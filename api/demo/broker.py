"""The message broker of the demo's docks: Mosquitto where it is installed, else a stand-in that says it is one.

One rule for the editor: the stand-in is never taken for the real thing. It is named wherever the demo speaks of
its broker, and it speaks MQTT 3.1.1 where a real one speaks MQTT 5.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

DAEMONS = ("/usr/local/sbin", "/usr/sbin")
"""Debian keeps daemons out of an ordinary person's PATH."""

HOST = "127.0.0.1"

CONFIG = """listener {port} {host}
allow_anonymous true
persistence false
log_dest stdout
log_type error
log_type warning
log_type notice
max_inflight_messages 100
max_queued_messages 10000
"""

WARNING = (
    "No Mosquitto here: the docks speak MQTT 3.1.1 through a STAND-IN BROKER (amqtt). It is for looking only:\n"
    "it forgets what it holds when it stops, and no real store may run on it. `apt-get install mosquitto` ends this."
)
NEITHER = (
    "There is no MQTT broker for the simulated docks: neither Mosquitto (`apt-get install mosquitto`) nor the stand-in"
    " (the Python package amqtt; `scripts/demo` installs it)."
)


class NoBroker(RuntimeError):
    """Neither Mosquitto nor the stand-in is there."""


@dataclass(frozen=True, slots=True)
class Broker:
    """Which broker, the port it listens on, the MQTT version to speak, and the command that starts it."""

    title: str
    port: int
    version: str
    command: Sequence[str]
    is_stand_in: bool = False

    @property
    def address(self) -> str:
        """HOST:PORT."""
        return f"{HOST}:{self.port}"


def choose_broker(run: Path, port: int, *, stand_in: bool = False) -> Broker:
    """The broker to start, its configuration written into `run`. Raises NoBroker.

    `stand_in` asks for the stand-in though Mosquitto is there.
    """
    mosquitto = None if stand_in else _mosquitto()
    if mosquitto is not None:
        config = run / "mosquitto.conf"
        # Where it would change from root to its own account, the kernel would forget that it is on our leash.
        account = "user root\n" if os.geteuid() == 0 else ""
        config.write_text(account + CONFIG.format(host=HOST, port=port), "utf-8")
        return Broker("Mosquitto, MQTT 5", port, "5", (mosquitto, "-c", str(config)))
    if find_spec("amqtt") is None:
        raise NoBroker(NEITHER)
    command = (sys.executable, "-m", "api.demo.stand_in_broker", HOST, str(port))
    return Broker("STAND-IN BROKER (amqtt), MQTT 3.1.1", port, "3.1.1", command, is_stand_in=True)


def _mosquitto() -> str | None:
    return shutil.which("mosquitto", path=os.pathsep.join((os.environ.get("PATH", ""), *DAEMONS)))
