"""A script of what hardware sends and when: JSON lines, read by `replay` and by the simulator.

One rule for the editor: a script holds what goes over the wire, byte for byte; it never holds readings.

One step a line; blank lines and lines starting with # are skipped:

    {"at_s": 0.0, "device": "hatch-scanner", "text": "]C0X30001234\\r"}
    {"at_s": 0.4, "device": "hatch-scanner", "hex": "5D43305833303030313233340D"}
    {"at_s": 1.0, "device": "dock-1", "topic": "kit/v1/mw/dock/d1/bay/3", "text": "{...}", "retain": true}
    {"at_s": 2.0, "device": "hatch-scanner", "act": "unplug"}
    {"at_s": 3.0, "device": "rack-1", "heard": "state\\r\\n", "text": "state\\r\\n1, 0500, A C, 1, 5\\r\\n>> "}
    {"at_s": 3.0, "device": "docks", "topic": "kit/v1/mw/dock/d1/cmd", "heard": "release", "text": "{\"ok\":true}"}
    {"at_s": 4.0, "device": "rack-2", "file": "leases", "text": "0 00:25:df:00:00:07 10.99.0.56 * *\\n"}
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from devices.errors import NotConfigured
from devices.readings import Name

BYTES_MAX = 65_536
"""Most bytes one step sends."""

Act = Literal["unplug", "plug"]

_BELOW = r"^[A-Za-z0-9_][\w.:-]*(/[A-Za-z0-9_][\w.:-]*)*$"
"""A path that stays below the folder it is taken from."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One step: at `at_s` seconds after the start `device` sends `text` or `hex`, or is unplugged.

    With a `topic` the bytes are one published message (`retain` as the broker should keep it), else they
    are a piece of a byte stream. `text` is sent as Latin-1, so that any byte can be written in it.

    With `heard` they are sent whenever the device hears that from then on, in place of an earlier answer to it. With
    `heard` and the `topic` of a dock's commands it is the act that is answered (point, release, lock); no bytes: it is
    not. With `file` they are all that this file of the device then holds; "unplug" takes the file or folder away.
    """

    at_s: Annotated[float, msgspec.Meta(ge=0, le=10**7)] = 0.0
    device: Name
    text: Annotated[str, msgspec.Meta(max_length=BYTES_MAX)] | None = None
    hex: Annotated[str, msgspec.Meta(max_length=2 * BYTES_MAX, pattern="^([0-9A-Fa-f]{2})*$")] | None = None
    topic: Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern="^[^+#\\x00]+$")] | None = None
    retain: bool = False
    act: Act | None = None
    heard: Annotated[str, msgspec.Meta(min_length=1, max_length=400, pattern="^[\\x00-\\xff]*$")] | None = None
    file: Annotated[str, msgspec.Meta(max_length=200, pattern=_BELOW)] | None = None

    def data(self) -> bytes:
        """The bytes this step sends; empty for an act."""
        if self.hex is not None:
            return bytes.fromhex(self.hex)
        return _bytes_of(self.text or "", whole_characters=self.topic is not None)

    def is_sent(self) -> bool:
        """Whether this step goes over the wire by itself: it is neither an answer nor a file."""
        return self.heard is None and self.file is None


_steps = msgspec.json.Decoder(Step)


def read_step(line: str | bytes, where: str) -> Step:
    """The step in one line. Raises NotConfigured naming `where`, the field and what was expected."""
    try:
        step = _steps.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotConfigured(f"{where}: {error}") from error
    given = [name for name in ("text", "hex", "act") if getattr(step, name) is not None]
    if len(given) != 1:
        raise NotConfigured(
            f"{where}: expected exactly one of `text`, `hex` or `act`, found {given or 'none'}"
        )
    if step.act and step.topic:
        raise NotConfigured(f"{where}: `act` belongs to a plugged device, not to a `topic`")
    where_to = [name for name in ("topic", "heard", "file") if getattr(step, name) is not None]
    if len(where_to) > 1 and where_to != ["topic", "heard"]:
        raise NotConfigured(f"{where}: expected at most one of `topic`, `heard` and `file`, found {where_to}")
    if step.heard is not None and step.act:
        raise NotConfigured(f"{where}: what is answered to `heard` is `text` or `hex`, found `act`")
    try:
        step.data()
    except UnicodeEncodeError as error:
        raise NotConfigured(
            f"{where}: `text` of a byte stream holds {error.object[error.start]!r}; write such bytes in `hex`"
        ) from error
    return step


def steps_of(lines: Iterable[str], name: str) -> Iterator[Step]:
    """The steps of a script, in the order they stand. Raises NotConfigured naming `name` and the line."""
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield read_step(line, f"{name} line {number}")


def read_script(path: Path) -> tuple[Step, ...]:
    """The whole script at `path`, in order of time. Raises NotConfigured."""
    try:
        # Split on LF only: a scanner's text may hold GS and other line ends of Unicode.
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"{path}: cannot be read ({error})") from error
    return tuple(sorted(steps_of(lines, str(path)), key=lambda step: step.at_s))


def _bytes_of(text: str, *, whole_characters: bool) -> bytes:
    return text.encode("utf-8" if whole_characters else "latin-1")
