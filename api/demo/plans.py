"""The demo's processes, as commands with their configuration: what a force would write into its unit files.

One rule for the editor: a process is started by its own public command; the demo passes nothing that could not be
written into a file by hand.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path

from api.demo.asked import Asked
from api.demo.broker import HOST, Broker
from api.demo.children import Plan
from api.demo.home import BRIDGE, CARD_READER, DOCKS, SCANNER, SHELF_READER, Home

COMMANDS = Path(sys.executable).parent
"""Where the commands of this installation lie."""

BRIDGE_WAITS_S = 30
"""How long the devices wait for the bridge to open them."""


def quick_imports(home: Home) -> dict[str, str]:
    """The environment of every process: where Python is told to keep no bytecode, the demo keeps its own.

    Without any, each start compiles two thousand modules anew, which takes longer than all the rest.
    """
    if not sys.dont_write_bytecode:
        return {}
    return {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(home.folder / "bytecode")}


def service(asked: Asked, home: Home) -> Plan:
    """`kitstore serve` on the demo's database, with the overlay of fictional numbers."""
    environment = {
        "KIT_DATABASE": f"sqlite:///{home.database}",
        "KIT_HOST": asked.host,
        "KIT_PORT": str(asked.port),
        "KIT_OVERLAY": "demo",
        "KIT_CHECKPOINT_KEY": str(home.keys / "checkpoints.pem"),
        "KIT_CHECKPOINTS": str(home.folder / "checkpoints"),
        "KITSTORE_CLOCK_OFFSET_DAYS": str(asked.offset_days),
    }
    command = (str(COMMANDS / "kitstore"), "serve")
    return Plan("service", "the service (kitstore serve)", command, ends_in_s=6.0, environment=environment)


def hardware(home: Home, broker: Broker, pipe: int) -> Plan:
    """`kit-bridge simulate`: real ptys for the scanner and the card reader, real messages for docks and tags."""
    command = (
        str(COMMANDS / "kit-bridge"), "simulate", "--ports", str(home.run / "ports"), "--device", SCANNER,
        "--device", CARD_READER, "--broker", broker.address, "--mqtt-version", broker.version,
        "--wait", str(BRIDGE_WAITS_S), "--stdin", "--stay",
    )  # fmt: skip
    return Plan("hardware", "the simulated hardware (kit-bridge simulate)", command, stdin=pipe)


def bridge(home: Home) -> Plan:
    """`kit-bridge run` with the configuration that `bridge_config` wrote."""
    command = (str(COMMANDS / "kit-bridge"), "run", "--config", str(home.run / "bridge.toml"))
    return Plan("bridge", "the bridge (kit-bridge run)", command)


def players(asked: Asked, home: Home) -> Plan:
    """The storekeeper, the officers, the docks and the training feed, played."""
    told = asdict(asked) | {"folder": str(home.folder)}
    command = (sys.executable, "-m", "api.demo.players", json.dumps(told))
    return Plan("players", "the players at the hatch", command, ends_in_s=1.0, talks=True)


def bridge_config(home: Home, address: str, broker: Broker) -> str:
    """The bridge's configuration file: one hatch with a scanner and a card reader, the store's docks, and a UHF
    reader at its shelf."""
    ports = home.run / "ports"
    return "\n".join(
        (
            f"bridge = {_quoted(BRIDGE)}",
            f"service = {_quoted(address)}",
            f"key_file = {_quoted(home.bridge_key)}",
            f"spool_dir = {_quoted(home.spool)}",
            "allow_plain_http = true",
            "[broker]",
            f"host = {_quoted(HOST)}",
            f"port = {broker.port}",
            f"version = {_quoted(broker.version)}",
            "[timing]",
            "heartbeat_s = 2.0",
            "retry_first_s = 0.2",
            "reopen_first_s = 0.1",
            "[[station]]",
            f"device = {_quoted(SCANNER)}",
            'driver = "serial-scanner"',
            f"port = {_quoted(ports / SCANNER)}",
            'options = { prefix = "aim" }',
            "[[station]]",
            f"device = {_quoted(CARD_READER)}",
            'driver = "em4100"',
            f"port = {_quoted(ports / CARD_READER)}",
            "[[station]]",
            f"device = {_quoted(DOCKS)}",
            'driver = "kit-dock"',
            "[[station]]",
            f"device = {_quoted(SHELF_READER)}",
            'driver = "zebra-iot"',
            "",
        )
    )


def _quoted(value: object) -> str:
    """A TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(str(value))
