"""What dnsmasq writes about addresses: a line of its lease file, or the words with which it calls a script.

    1795315019 00:25:df:00:00:07 10.99.0.56 X60A12345 01:00:25:df:00:00:07     end (Unix seconds, 0 never), MAC,
                                                                              address, host name, client id
    add 00:25:df:00:00:07 10.99.0.56 X60A12345                                 a new lease
    old 00:25:df:00:00:07 10.99.0.56 X60A12345                                 a renewed one
    del 00:25:df:00:00:07 10.99.0.56 X60A12345                                 one that ended
    link eth1 down                                                             ours: the cable of the dock
    end                                                                        ours: these were all leases there are

One rule for the editor: an address names a bay, never a camera: whether a camera says its name is written nowhere.
"""

import re
from typing import Literal, NamedTuple

Event = Literal["add", "old", "del"]

_MAC = r"(?:[0-9a-f]{2}-)?((?:[0-9a-f]{2}:){5}[0-9a-f]{2})"
_ADDRESS = r"((?:[0-9]{1,3}\.){3}[0-9]{1,3})"
_NAME = r"([!-~]{1,255})"
_EVENT = re.compile(rf"(add|old|del) {_MAC} {_ADDRESS}(?: {_NAME})?", re.IGNORECASE)
_LEASE = re.compile(rf"([0-9]{{1,12}}) {_MAC} {_ADDRESS} {_NAME} {_NAME}", re.IGNORECASE)
_LINK = re.compile(r"link ([!-~]{1,15}) (up|down)")
_MAC_ALONE = re.compile(_MAC, re.IGNORECASE)


class Lease(NamedTuple):
    """An address was given to `mac`, or (`del`) is no longer its. `expires` and `client_id` are of the file alone."""

    event: Event
    mac: str
    ip: str
    hostname: str | None = None
    expires: int | None = None
    client_id: str | None = None


class Link(NamedTuple):
    """The cable of an interface was plugged in or pulled."""

    interface: str
    is_up: bool


class AllTold(NamedTuple):
    """The leases told so far are all that there are."""


def read_line(line: str) -> Lease | Link | AllTold | None:
    """What a line says; None where it is none of these."""
    event, lease, link = _EVENT.fullmatch(line), _LEASE.fullmatch(line), _LINK.fullmatch(line)
    if event:
        word = _EVENTS[event[1].lower()]
        return Lease(word, event[2].lower(), event[3], event[4])
    if lease:
        name, client = (None if it == "*" else it for it in (lease[4], lease[5]))
        return Lease("old", lease[2].lower(), lease[3], name, int(lease[1]), client)
    if link:
        return Link(link[1], link[2] == "up")
    return AllTold() if line == "end" else None


def line_of(said: Lease | Link | AllTold) -> str:
    """The line that says it: the inverse of `read_line`."""
    if isinstance(said, AllTold):
        return "end"
    if isinstance(said, Link):
        return f"link {said.interface} {'up' if said.is_up else 'down'}"
    if said.expires is not None:
        return f"{said.expires} {said.mac} {said.ip} {said.hostname or '*'} {said.client_id or '*'}"
    return f"{said.event} {said.mac} {said.ip}" + (f" {said.hostname}" if said.hostname else "")


def read_mac(text: str) -> str | None:
    """A hardware address in lower case, None where it is none."""
    found = _MAC_ALONE.fullmatch(text)
    return found[1].lower() if found else None


_EVENTS: dict[str, Event] = {"add": "add", "old": "old", "del": "del"}
