"""Axis body-worn cameras, by what their system controller writes at the evidence system: through `kit-bridge relay`.

    PUT  /v1/acct/2d6b8ea4-..._B8A44F000001_20261122T081530Z      201    seen by the relay: a recording begins
    POST /v1/acct/2d6b8ea4-..._B8A44F000001_20261122T081530Z      204    Status: Complete: all of it has arrived

    {"book":"axis-body-worn","at_us":...,"cameras":[{"serial":"B8A44F000001","bay":1,"open":["20261122T081530Z"]}]} LF

The relay keeps a book of that (`devices.docks.camera_book`), and the port gives this driver the book whenever it was
written. A line that is the name of a recording's container alone is noted, for `kitstore decode`.

One rule for the editor: nothing here says that a camera is in a dock, or is not. The controller keeps films and sends
them on when it can, so a film that arrives now may be of a camera that left hours ago. And it never says READY.
"""

from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from devices.docks.camera_book import LINE_BYTES_MAX, BookLine, Camera, read_line
from devices.docks.content import Recording, read_recording
from devices.driver import Driver, Note
from devices.evidence import garbled, garbled_piece
from devices.framing import LineFramer
from devices.options import choose, number
from devices.readings import BayReported, DeviceReported, Reading

NAME = "axis-body-worn"

OPTIONS = {
    "quiet_s": (
        "60",
        "seconds without a new film after which those of a camera count as uploaded, 0 to 3600",
    ),
}

GAP_S = 5.0
NOTES_MAX = 64
DETAIL_MAX = 400
SECOND_US = 1_000_000
AGAIN_US = 240 * SECOND_US
"""A camera whose films are on their way is told again this often: the feed lives, and so does the upload."""

FRESH_US = 600 * SECOND_US
"""What happened longer ago, while no bridge looked, is not told as if it were of now."""


LASTING_US = 60 * SECOND_US
"""How long films must not be taken before that is said: a store that is busy for a moment is none of our news."""

WARN_US = 30 * 86_400 * SECOND_US
"""How long before its end a certificate is spoken of."""


class Told(NamedTuple):
    """What was last told of a camera, and when by the relay's clock."""

    of: Camera
    at_us: int


class AxisBodyWorn:
    """Turns the relay's book into bay reports; it is `Noting` too. `repeated` counts nothing: a book repeats itself."""

    def __init__(self, options: Mapping[str, str]) -> None:
        chosen = choose(NAME, OPTIONS, options)
        self._quiet_us = int(number(NAME, chosen, "quiet_s", (0.0, 3600.0)) * SECOND_US)
        self._framer = LineFramer(GAP_S, LINE_BYTES_MAX)
        self._told: dict[str, Told] = {}
        self._detail = ""
        self._notes: deque[Note] = deque(maxlen=NOTES_MAX)
        self.repeated = 0

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Take bytes that arrived at `at_s`; return what they say that is new, and what is garbled."""
        readings: list[Reading] = []
        for piece in self._framer.feed(data, at_s):
            readings += [garbled_piece(piece)] if piece.fault else self._hear(piece.data)
        return readings

    def idle(self, at_s: float) -> list[Reading]:
        """Nothing has come until `at_s`: a line that does not end is given up."""
        return [garbled_piece(piece) for piece in self._framer.idle(at_s)]

    def take_notes(self) -> list[Note]:
        """The recordings whose names were given alone, and each camera that is new, for whoever looks."""
        notes = list(self._notes)
        self._notes.clear()
        return notes

    def _hear(self, line: bytes) -> list[Reading]:
        recording = read_recording(line.decode("latin-1"))
        if recording is not None:
            self._notes.append(_note(recording))
            return []
        try:
            book = read_line(line)
        except msgspec.ValidationError as error:
            return [garbled("FIELD", str(error), line)]
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return [
                garbled("NOT_A_BOOK", f"Neither a relay's book nor the name of a recording: {error}", line)
            ]
        return [*self._bays(book), *self._about_itself(book)]

    def _bays(self, book: BookLine) -> list[Reading]:
        return [bay for camera in book.cameras for bay in self._bay(camera, book.at_us)]

    def _bay(self, camera: Camera, now_us: int) -> list[Reading]:
        told = self._told.get(camera.serial)
        if told is None and not camera.at_us:
            self._told[camera.serial] = Told(camera, now_us)
            self._notes.append(_known(camera))
            return []
        is_new = told is None or (told.of.at_us, told.of.open, told.of.bay) != (
            camera.at_us,
            camera.open,
            camera.bay,
        )
        is_due = told is not None and bool(camera.open) and now_us - told.at_us >= AGAIN_US
        is_quiet = bool(camera.open) or now_us - camera.at_us >= self._quiet_us
        if not ((is_new and is_quiet) or is_due):
            return []
        is_old = told is None and now_us - camera.at_us > FRESH_US
        self._told[camera.serial] = Told(camera, now_us)
        return [
            BayReported(
                dock=NAME,
                bay=camera.bay,
                word="UPLOADING" if camera.open else "UNKNOWN",
                serial=camera.serial,
                files_pending=None if is_old and not camera.open else len(camera.open),
            )
        ]

    def _about_itself(self, book: BookLine) -> list[Reading]:
        """What a person must see to, on the page of the relay: it is no fault of any camera."""
        detail = _trouble(book)
        if detail == self._detail:
            return []
        self._detail = detail
        return [DeviceReported(device=NAME, driver=NAME, word="OPEN", detail=detail or None)]


def _trouble(book: BookLine) -> str:
    """What is wrong, the worst first, in as many characters as the wire takes."""
    return " ".join(
        it for it in (_not_taken(book), _certificate(book), _left_out(book), _refused(book)) if it
    )[:DETAIL_MAX]


def _not_taken(book: BookLine) -> str:
    if not book.trouble or book.at_us - book.trouble_us < LASTING_US:
        return ""
    return f"Films are not taken since {_said(book.trouble_us)}: {book.trouble[:150]}."


def _certificate(book: BookLine) -> str:
    left_us = book.certificate_us - book.at_us
    if not book.certificate_us or left_us > WARN_US:
        return ""
    when = "ended" if left_us <= 0 else "ends"
    return f"The relay's certificate {when} {_said(book.certificate_us)}: without one no film is sent."


def _left_out(book: BookLine) -> str:
    return "More than 999 cameras: some have no number here; run a second relay." if book.left_out else ""


def _refused(book: BookLine) -> str:
    refused = [f"{camera.serial} {film}" for camera in book.cameras for film in camera.refused]
    if not refused:
        return ""
    more = f" and {len(refused) - 1} more" if len(refused) > 1 else ""
    return f"The evidence system refused {refused[0]}{more}: see AXIS Body Worn Manager, not transferred."


def _said(at_us: int) -> str:
    return f"{datetime.fromtimestamp(at_us // SECOND_US, UTC):%Y-%m-%d %H:%M} UTC"


def _note(recording: Recording) -> Note:
    facts = {
        "user_id": recording.filmed_by,
        "bwc_serial": recording.serial,
        "trigger_on": recording.trigger_on(),
    }
    return Note(what="recording", facts=facts)


def _known(camera: Camera) -> Note:
    facts = {"serial": camera.serial, "name": camera.name, "model": camera.model}
    return Note(what="camera", facts={"bay": camera.bay, **facts})


DRIVER = Driver(
    name=NAME,
    title="Axis body-worn cameras: the upload of their films, seen on its way to the evidence system",
    transport="https",
    decoder=AxisBodyWorn,
    stream="obs",
    options=OPTIONS,
)
