"""The texts of a Cambrionix hub's command line: rows of `state`, and the answers to `id`, `bd` and `health`.

    5, 1044, A C, 1, 5, x, 0.01            port, mA, flags, profile, seconds charging, seconds charged, Wh
    2, 0499, 0059, A C -, 4638, x, 0.25    PDSync and TS3-C10: port, 10 mV, mA, three flags, seconds, seconds, Wh
    Hub 2 Port 3 : Port 9                  bay 9 is the third USB port of hub 2: bays are not in USB order

One rule for the editor: a row whose flags contradict each other is refused, never read as half of it.
Source: Cambrionix Command Line Interface User Manual 2025-06, sections 3.2, 3.6, 3.19 and 6.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple

FIELDS, FLAGS = "FIELDS", "FLAGS"
WHY = {
    FIELDS: "The row of a port does not have the seven fields of `state`.",
    FLAGS: "The flags of a port contradict each other, or are not known.",
}
DEPTH_MAX = 7
"""USB allows no more hubs in a row."""

Fact = int | float | bool | str | tuple[str, ...] | tuple[float, float]

_SIDE = frozenset("EeRrT")
_MODES = frozenset("OSBIPCF")
_TYPE_C = (frozenset("ADPC"), frozenset("ISCFOc"), frozenset("_-+qQ"))
_TAIL = r" *([0-9]{1,9}), *([0-9]{1,9}|x), *([0-9]{1,9}\.[0-9]{1,3}) *"
_UNIVERSAL = re.compile(r" *([0-9]{1,3}), *([0-9]{1,6}), *([A-Za-z ]+), *([0-9]{1,3})," + _TAIL)
_PD_SYNC = re.compile(r" *([0-9]{1,3}), *([0-9]{1,6}), *([0-9]{1,6}), *([A-Za-z_+ -]+)," + _TAIL)
_ERROR = re.compile(r"\*(FATAL ERROR )?E([0-9]{3}):? ?(.*)")
_HUB_PORT = re.compile(r"Hub ([0-9]{1,3}) Port ([0-9]{1,3})")
_BAY = re.compile(r"Port ([0-9]{1,3})")
_HUB = re.compile(r".*\bHub ([0-9]{1,3})")
_RAIL = re.compile(r"([0-9]{1,3})V (Now|Min|Max|Flags)")
_NUMBER = re.compile(r"([<>]?)([0-9]{1,9}(?:\.[0-9]{1,6})?)")


class Row(NamedTuple):
    """One port as `state` shows it. `profile` is of universal firmware alone, `voltage_mv` of PDSync."""

    port: int
    current_ma: int
    flags: tuple[str, ...]
    is_attached: bool
    mode: str
    charging_s: int
    charged_s: int | None
    energy_wh: float
    profile: int | None = None
    voltage_mv: int | None = None


class HubError(NamedTuple):
    """What the hub refused, or died of."""

    is_fatal: bool
    code: int
    text: str


class BayMap(NamedTuple):
    """Where each bay's USB port lies below the hub's own socket, such as "1.3"; `control` is the hub's own."""

    paths: Mapping[int, str]
    control: str | None


def read_row(line: str) -> Row | str:
    """The row in `line`, in either layout; FIELDS or FLAGS if it is none."""
    universal, pd_sync = _UNIVERSAL.fullmatch(line), _PD_SYNC.fullmatch(line)
    found = universal or pd_sync
    if found is None:
        return FIELDS
    port, first, second, third, charging, charged, energy = found.groups()
    flags = tuple((second if universal else third).split())
    said = _of_universal(flags) if universal else _of_pd_sync(flags)
    if said is None:
        return FLAGS
    return Row(
        port=int(port),
        current_ma=int(first if universal else second),
        flags=flags,
        is_attached=said[0],
        mode=said[1],
        charging_s=int(charging),
        charged_s=None if charged == "x" else int(charged),
        energy_wh=float(energy),
        profile=int(third) if universal else None,
        voltage_mv=None if universal else 10 * int(first),
    )


def row_text(row: Row) -> str:
    """The line of a row: the inverse of `read_row`, for simulators. Energy in two decimals."""
    charged = "x" if row.charged_s is None else str(row.charged_s)
    flags = " ".join(row.flags)
    if row.voltage_mv is None:
        head = f"{row.port}, {row.current_ma:04}, {flags}, {row.profile or 0}"
    else:
        head = f"{row.port}, {row.voltage_mv // 10:04}, {row.current_ma:04}, {flags}"
    return f"{head}, {row.charging_s}, {charged}, {row.energy_wh:.2f}"


def read_error(line: str) -> HubError | None:
    """The error in a line such as "*E410: Port number must be 1..8"; None if it is none."""
    found = _ERROR.fullmatch(line)
    return None if found is None else HubError(bool(found[1]), int(found[2]), found[3].strip())


def read_pair(line: str) -> tuple[str, str]:
    """Name and value of a line such as "Compiled: Feb 14 2017 17:30:26": only the first colon parts them."""
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def read_id(line: str) -> dict[str, str]:
    """The answer to `id`: "mfr:cambrionix,mode :main,hw:PP15S,..."."""
    return dict(read_pair(part) for part in line.split(",") if ":" in part)


def read_bays(pairs: Mapping[str, str]) -> BayMap | None:
    """The hub tree of `bd`; None where it does not lead to as many bays as the hub says it has."""
    tree: dict[int, dict[int, str]] = {}
    for name, value in pairs.items():
        found = _HUB_PORT.fullmatch(name)
        if found:
            tree.setdefault(int(found[1]), {})[int(found[2])] = value
    paths: dict[int, str] = {}
    control: str | None = None
    waiting = [(1, "", 0)]
    while waiting:
        hub, above, depth = waiting.pop()
        for port, value in tree.pop(hub, {}).items():
            bay, below, path = _BAY.fullmatch(value), _HUB.fullmatch(value), f"{above}{port}"
            if bay and int(bay[1]) in paths:
                return None
            if bay:
                paths[int(bay[1])] = path
            elif value == "Control Port":
                control = path
            elif below and depth < DEPTH_MAX:
                waiting.append((int(below[1]), path + ".", depth + 1))
    return BayMap(paths, control) if paths and str(len(paths)) == pairs.get("Ports") else None


def read_health(pairs: Mapping[str, str]) -> dict[str, Fact]:
    """The answer to `health` as facts: volts, degrees Celsius, and the flags that say what went wrong.

    A temperature out of the sensor's range stands as `temp_below` or `temp_above`.
    """
    facts: dict[str, Fact] = {"rebooted": pairs.get("Rebooted flag") == "R"}
    for name, value in pairs.items():
        rail, number = _RAIL.fullmatch(name), _NUMBER.fullmatch(value.removesuffix(" seconds"))
        if name in ("5V Flags", "12V Flags", "Temperature Flags") or (rail and rail[2] == "Flags"):
            facts[f"v{rail[1]}_flags" if rail else "temp_flags"] = tuple(value.split())
        elif rail and number:
            facts[f"v{rail[1]}_{rail[2].lower()}"] = float(number[2])
        elif name == "Temperature Now (C)" and number:
            facts[{"": "temp_c", "<": "temp_below", ">": "temp_above"}[number[1]]] = float(number[2])
        elif name == "System up for" and number:
            facts["uptime_s"] = int(float(number[2]))
    return facts


def read_limits(pairs: Mapping[str, str]) -> dict[str, Fact]:
    """The answer to `limits`: lowest and highest of each rail in volts, highest temperature."""
    facts: dict[str, Fact] = {}
    for name, value in pairs.items():
        rail = _RAIL.fullmatch(name)
        highest = _NUMBER.fullmatch(pairs.get(f"{rail[1]}V Max", "")) if rail else None
        lowest = _NUMBER.fullmatch(value)
        if rail and rail[2] == "Min" and lowest and highest:
            facts[f"v{rail[1]}"] = (float(lowest[2]), float(highest[2]))
        if name == "Temperature (C)" and lowest:
            facts["temp_c"] = float(lowest[2])
    return facts


def _of_universal(flags: tuple[str, ...]) -> tuple[bool, str] | None:
    modes = [it for it in flags if it in _MODES]
    attached = [it for it in flags if it in ("A", "D")]
    known = all(len(it) == 1 and (it in _SIDE or it in _MODES or it in "AD") for it in flags)
    if not known or len(modes) != 1 or len(attached) != 1 or len(set(flags)) != len(flags):
        return None
    return attached[0] == "A", modes[0]


def _of_pd_sync(flags: tuple[str, ...]) -> tuple[bool, str] | None:
    side, columns = flags[:-3], flags[-3:]
    if len(columns) != 3 or len(set(side)) != len(side) or not set(side) <= _SIDE:
        return None
    if not all(flag in known for flag, known in zip(columns, _TYPE_C, strict=True)):
        return None
    return columns[0] in "AP", columns[1]
