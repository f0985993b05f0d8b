"""What an Axis body-worn system writes at its content destination: names and metadata, OpenStack Swift style.

    PUT  /v1/acct/Devices/B8A44F000001                              a camera was registered by an administrator
         X-Object-Meta-Name: BWC-01   X-Object-Meta-Model: W102
    PUT  /v1/acct/2d6b8ea4-...-3b1f1c7f0a11_B8A44F000001_20261122T081530Z          a recording begins to arrive
         X-Container-Meta-Status: Transferring
    PUT  /v1/acct/2d6b8ea4-..._B8A44F000001_20261122T081530Z/20261122_081525_7CF7.mkv      a clip of it
    POST /v1/acct/2d6b8ea4-..._B8A44F000001_20261122T081530Z        all of it has arrived
         X-Container-Meta-Status: Complete

Source: README and example server of AxisCommunications/body-worn-integration-api, version 1.6.10 (5bc80b09).
Metadata travels in headers whose names come in any case and whose values are percent-encoded UTF-8.

One rule for the editor: of a recording its camera and its time are taken, never its person: who filmed is the
evidence system's to know.
"""

import re
import urllib.parse
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

DEVICES = "Devices"
REJECTED = "RejectedContent_"
COMPLETE = "complete"

PATH_MAX = 2048
TEXT_MAX = 480
"""Longest name or value that is looked at, as it is written: one that was cut is no recording's any more."""

SERIAL = re.compile(r"[0-9A-Za-z]{1,60}")
_RECORDING = re.compile(r"([!-~]{1,100})_([0-9A-Za-z]{1,60})_([0-9]{8})[T_]([0-9]{6})Z?")
_METADATA = re.compile(r"x-(?:object|container)-meta-(.+)", re.IGNORECASE)
_KNOWN = frozenset(
    {"status", "name", "model", "bwcmodel", "firmwareversion", "rejectedcontentoriginalcontainer"}
)
"""Metadata that is looked at; all other goes by unread."""


class Recording(NamedTuple):
    """A recording by the name of its container. `taken_at` is when it was triggered, as in 20261122T081530Z (UTC)."""

    filmed_by: str
    serial: str
    taken_at: str

    def trigger_on(self) -> str:
        """The time of the trigger, RFC 3339."""
        return f"{datetime.strptime(self.taken_at, '%Y%m%dT%H%M%S%z'):%Y-%m-%dT%H:%M:%S}Z"


class Written(NamedTuple):
    """One request that writes: `thing` is the object's name, empty where the container itself is meant."""

    method: str
    container: str
    thing: str
    said: Mapping[str, str]


def read_recording(container: str) -> Recording | None:
    """The recording whose container has this name; None where it is no recording's."""
    found = _RECORDING.fullmatch(container)
    if found is None:
        return None
    recording = Recording(found[1], found[2].upper(), f"{found[3]}T{found[4]}Z")
    try:
        recording.trigger_on()
    except ValueError:
        return None
    return recording


def read_target(base: str, path: str) -> tuple[str, str] | None:
    """Container and object of `path` below the storage path `base`, decoded; None where it is not below it."""
    bare = path.partition("?")[0]
    if not bare.startswith(f"{base}/") or len(path) > PATH_MAX:
        return None
    container, _, thing = bare[len(base) + 1 :].partition("/")
    return _decoded(container), _decoded(thing)


def read_metadata(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What we look at of the metadata in request headers, names in lower case, values decoded and bounded.

    Object and container metadata are one here: the maker's own server takes either for either.
    """
    said: dict[str, str] = {}
    for name, value in headers:
        found = _METADATA.fullmatch(name)
        if found is not None and found[1].lower() in _KNOWN:
            said[found[1].lower()] = _decoded(value.strip())
    return said


def _decoded(text: str) -> str:
    """Percent-encoded UTF-8 decoded, bounded and without control characters."""
    plain = urllib.parse.unquote(text[:TEXT_MAX], errors="replace")
    return "".join(it if it.isprintable() else "\N{REPLACEMENT CHARACTER}" for it in plain)
