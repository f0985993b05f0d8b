"""The book of cameras: which films of each have begun to arrive at the evidence system, and have not all arrived.

    {"book":"axis-body-worn","at_us":1795334130000000,"storage":["https://dems.example/v1/acct"],"cameras":[
     {"serial":"B8A44F000001","bay":1,"at_us":1795334120000000,"open":["20261122T081530Z"],"model":"W102"}]} LF

The relay writes it, the bridge reads it. A camera has a number here, in the order of first sight, because a dock's
word is about a bay and this maker tells no bay: the number is the camera's own and stays with it.

One rule for the editor: a recording is open until the destination has taken the word that it is complete, and what
was noted twice is noted once. No person stands in the book.
"""

import itertools
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from devices.docks.content import (
    COMPLETE,
    DEVICES,
    REJECTED,
    SERIAL,
    TEXT_MAX,
    Recording,
    Written,
    read_recording,
)

BAY_MAX = 999
LINE_BYTES_MAX = 1 << 21
OPEN_MAX, DONE_MAX, REFUSED_MAX, STORAGE_MAX = 64, 16, 8, 8
"""Most recordings of a camera that are remembered in each state, and most storage addresses."""

Time = Annotated[str, msgspec.Meta(pattern="^[0-9]{8}T[0-9]{6}Z$")]
Micros = Annotated[int, msgspec.Meta(ge=0, le=2**60)]
Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]


class Camera(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A camera. `at_us`: when its films last changed, 0 before the first. `open`: recordings that have begun to
    arrive; `done`: the last that have arrived; `refused`: the last of which the destination would not have a part.
    `firmware` is what it ran when it last filmed."""

    serial: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    bay: Annotated[int, msgspec.Meta(ge=1, le=BAY_MAX)]
    at_us: Micros = 0
    open: Annotated[tuple[Time, ...], msgspec.Meta(max_length=OPEN_MAX)] = ()
    done: Annotated[tuple[Time, ...], msgspec.Meta(max_length=DONE_MAX)] = ()
    refused: Annotated[tuple[Time, ...], msgspec.Meta(max_length=REFUSED_MAX)] = ()
    name: Text = ""
    model: Text = ""
    firmware: Text = ""


class BookLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The whole book. `at_us` is when it was written, `left_out` how often a camera found no number left. `trouble`
    is why films are not taken, since `trouble_us`; `certificate_us` when the relay's certificate ends, 0 if unknown."""

    book: Literal["axis-body-worn"]
    at_us: Micros
    storage: Annotated[tuple[Text, ...], msgspec.Meta(max_length=STORAGE_MAX)] = ()
    cameras: Annotated[tuple[Camera, ...], msgspec.Meta(max_length=BAY_MAX)] = ()
    left_out: Annotated[int, msgspec.Meta(ge=0, le=2**53)] = 0
    trouble: Text = ""
    trouble_us: Micros = 0
    certificate_us: Micros = 0


_lines = msgspec.json.Decoder(BookLine)


def read_line(line: bytes) -> BookLine:
    """The book in a line of JSON. Raises msgspec.DecodeError, UnicodeDecodeError or RecursionError."""
    return _lines.decode(line)


class CameraBook:
    """The book while it is open. It belongs to one thread at a time."""

    def __init__(self, line: BookLine | None = None, certificate_us: int = 0) -> None:
        self._cameras = {it.serial: it for it in line.cameras} if line else {}
        self._left_out = line.left_out if line else 0
        self._trouble = (line.trouble, line.trouble_us) if line else ("", 0)
        self.certificate_us = certificate_us
        self.storage: tuple[str, ...] = line.storage if line else ()

    def line(self, at_us: int) -> bytes:
        """The book as it is written."""
        cameras = tuple(self._cameras.values())
        said = BookLine(
            book="axis-body-worn",
            at_us=at_us,
            storage=self.storage,
            cameras=cameras,
            left_out=self._left_out,
            trouble=self._trouble[0],
            trouble_us=self._trouble[1],
            certificate_us=self.certificate_us,
        )
        return msgspec.json.encode(said) + b"\n"

    def learned(self, storage: str) -> bool:
        """The destination keeps its things at this address. True if that is news."""
        if storage in self.storage[:1]:
            return False
        self.storage = _first(storage, self.storage, STORAGE_MAX)
        return True

    def note(self, written: Written, code: int, at_us: int) -> bool:
        """Note a request that the destination has answered with `code`. True if that changed the book.

        Taken (2xx) and refused for ever (400) are facts about a recording; any other answer means that the
        controller will ask again, and nothing has changed but that films are not taken now.
        """
        if written.method not in ("PUT", "POST"):
            return False
        if not (200 <= code < 300 or code == 400):
            return self.failed(written, f"it answers {code}", at_us)
        before = (dict(self._cameras), self._left_out, self._trouble)
        if read_recording(written.container) is not None:
            self._trouble = ("", 0)
        self._note(written, is_taken=code != 400, at_us=at_us)
        return before != (self._cameras, self._left_out, self._trouble)

    def failed(self, written: Written, why: str, at_us: int) -> bool:
        """A recording, or a part of one, was not taken, and will be sent again. True if that is news."""
        if read_recording(written.container) is None or self._trouble[0]:
            return False
        self._trouble = (why[:TEXT_MAX] or "unknown", at_us)
        return True

    def _note(self, written: Written, *, is_taken: bool, at_us: int) -> None:
        recording = read_recording(written.container)
        if recording is not None:
            self._film(recording, written, is_taken=is_taken, at_us=at_us)
        elif is_taken and written.container == DEVICES and SERIAL.fullmatch(written.thing):
            said = {name: written.said[name] for name in ("name", "model") if name in written.said}
            self._change(written.thing.upper(), **said)
        elif is_taken and written.container.startswith(REJECTED):
            self._kept_aside(written.said.get("rejectedcontentoriginalcontainer", ""))

    def _film(self, recording: Recording, written: Written, *, is_taken: bool, at_us: int) -> None:
        camera = self._camera(recording.serial)
        if camera is None:
            return
        film, said = recording.taken_at, written.said
        facts = {
            "model": said.get("bwcmodel", camera.model),
            "firmware": said.get("firmwareversion", camera.firmware),
        }
        if not is_taken:
            self._refused(camera, film, is_all=not written.thing, at_us=at_us)
        elif not written.thing and said.get("status", "").lower() == COMPLETE:
            self._close(camera, film, at_us, facts)
        elif film not in camera.open and film not in camera.done:
            open_now = _first(film, camera.open, OPEN_MAX)
            self._change(
                camera.serial, open=open_now, refused=_without(film, camera.refused), at_us=at_us, **facts
            )

    def _close(self, camera: Camera, film: str, at_us: int, facts: dict[str, str]) -> None:
        if film not in camera.done:
            done = _first(film, camera.done, DONE_MAX)
            self._change(camera.serial, open=_without(film, camera.open), done=done, at_us=at_us, **facts)

    def _refused(self, camera: Camera, film: str, *, is_all: bool, at_us: int) -> None:
        """The controller gives up what was refused, and keeps it for download: it is not on its way any more."""
        still_open = _without(film, camera.open) if is_all else camera.open
        refused = _first(film, camera.refused, REFUSED_MAX)
        if (still_open, refused) != (camera.open, camera.refused):
            self._change(camera.serial, open=still_open, refused=refused, at_us=at_us)

    def _kept_aside(self, container: str) -> None:
        recording = read_recording(container)
        camera = self._cameras.get(recording.serial) if recording else None
        if recording is not None and camera is not None:
            self._change(camera.serial, refused=_without(recording.taken_at, camera.refused))

    def _camera(self, serial: str) -> Camera | None:
        """The camera, with the lowest number that is free if it is new; None where none is."""
        if serial not in self._cameras:
            taken = {it.bay for it in self._cameras.values()}
            bay = next((it for it in itertools.count(1) if it not in taken), 0)
            if bay > BAY_MAX:
                self._left_out += 1
                return None
            self._cameras[serial] = Camera(serial=serial, bay=bay)
        return self._cameras[serial]

    def _change(self, serial: str, **facts: object) -> None:
        camera = self._camera(serial)
        if camera is not None:
            self._cameras[serial] = msgspec.structs.replace(camera, **facts)


def _first(one: str, others: Iterable[str], most: int) -> tuple[str, ...]:
    """`one` before the others, once, at most so many."""
    return (one, *_without(one, others))[:most]


def _without(one: str, others: Iterable[str]) -> tuple[str, ...]:
    return tuple(it for it in others if it != one)
