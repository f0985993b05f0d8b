"""A station: what arrives is decoded, kept, and only then acknowledged."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from devices.driver import Decoder, Driver, Note, Packet
from devices.drivers import DRIVERS
from devices.errors import Gone, NotConfigured
from devices.readings import BayReported, CodePresented, DeviceReported, Garbled, Reading
from devices.transports.port import Arrival
from devices.wire import Light, Stream
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.intake import Seen
from firmware_bridge.roll import Roll
from firmware_bridge.station import Desk, Station, Wish
from tests.firmware_bridge.hands import Hands


@dataclass
class Line:
    """A port that gives these pieces in turn, then goes away. A number lets so many seconds pass in silence."""

    pieces: list[Arrival | float]
    hands: Hands
    done: list[str] = field(default_factory=list)

    def read(self, timeout_s: float) -> list[Arrival]:
        """The next piece."""
        if not self.pieces:
            raise Gone("pulled")
        piece = self.pieces.pop(0)
        if isinstance(piece, (int, float)):
            self.hands.turn(piece)
            return []
        return [piece]

    def kept(self) -> None:
        """Noted, to see that it comes after the keeping."""
        self.done.append("acknowledged")

    def write(self, data: bytes) -> None:
        """Noted, to see when it comes."""
        self.done.append(f"wrote {data.decode(errors='backslashreplace')}")

    def close(self) -> None:
        """Noted."""
        self.done.append("closed")


@dataclass
class Kept:
    """Keeps readings in a list; may be slow, or refuse."""

    hands: Hands
    line: Line
    slow_s: float = 0.0
    refuses: bool = False
    readings: list[Reading] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)

    def seen_now(self) -> Seen:
        """The test's clocks."""
        return Seen(self.hands.now_us, self.hands.mono)

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Keep them."""
        assert device == "hatch"
        if self.refuses:
            raise KeepingRefused("full")
        self.line.done.append("kept")
        self.hands.turn(self.slow_s)
        self.readings += readings
        self.streams.add(stream)


@dataclass
class Bench:
    """One session of one device."""

    line: Line
    kept: Kept
    roll: Roll
    told: list[DeviceReported]

    def words(self) -> list[str]:
        """What everybody was told of the device."""
        return [report.word for report in self.told]


def run(driver: str, pieces: list[Arrival | float], **how: object) -> Bench:
    """One session, to its end."""
    hands = Hands()
    line = Line(pieces, hands)
    kept = Kept(hands, line, **how)  # type: ignore[arg-type]
    roll, told = Roll(), list[DeviceReported]()
    roll.listed([DeviceReported(device="hatch", word="OPEN")])
    roll.tell(told.append)
    station = Station("hatch", DRIVERS[driver], {}, lambda: line)
    error = KeepingRefused if how.get("refuses") else Gone
    with pytest.raises(error):
        station.run(Desk(kept, roll, hands.clock, lambda: None), threading.Event(), lambda: None)
    return Bench(line, kept, roll, told)


def codes(bench: Bench) -> list[str]:
    """The texts of the codes read."""
    return [it.text for it in bench.kept.readings if isinstance(it, CodePresented)]


def test_a_frame_in_pieces_is_one_reading_kept_and_then_acknowledged() -> None:
    bench = run("serial-scanner", [b"X3", b"000", b"1\rX30002\r"])
    assert codes(bench) == ["X30001", "X30002"]
    assert bench.line.done == ["acknowledged", "acknowledged", "kept", "acknowledged", "closed"]
    assert bench.kept.streams == {"scan"}
    assert bench.roll.all()[0].good == 2


def test_what_could_not_be_kept_is_not_acknowledged_and_ends_the_session() -> None:
    packet = Packet("kit/v1/medway/dock/d1/bay/3", b'{"present":true}')
    bench = run("kit-dock", [packet], refuses=True)
    assert bench.line.done == ["closed"]


def test_a_docks_message_is_an_observation() -> None:
    packet = Packet("kit/v1/medway/dock/d1/bay/3", b'{"present":true,"state":"ready"}', retained=True)
    bench = run("kit-dock", [packet])
    assert bench.kept.readings == [BayReported(dock="d1", bay=3, word="READY", present=True, retained=True)]
    assert bench.kept.streams == {"obs"}


def test_a_docks_word_about_itself_is_kept_under_its_own_name() -> None:
    packet = Packet("kit/v1/medway/dock/d1/state", b'{"state":"offline","boot":"b"}')
    bench = run("kit-dock", [packet])
    assert [(it.device, it.word) for it in bench.kept.readings if isinstance(it, DeviceReported)] == [
        ("d1", "MISSING")
    ]
    assert bench.told == []


def test_a_gap_on_the_line_gives_up_half_a_frame() -> None:
    bench = run("serial-scanner", [b"X3000", 0.3, b"1\rX30002\r"])
    assert codes(bench) == ["X30002"]
    assert isinstance(bench.kept.readings[0], Garbled)
    assert bench.roll.all()[0].garbled >= 1


def test_a_slow_disk_is_not_taken_for_a_gap_on_the_line() -> None:
    bench = run("serial-scanner", [b"X30001\rX30", b"002\r"], slow_s=0.9)
    assert codes(bench) == ["X30001", "X30002"]


def test_a_scanner_without_a_suffix_is_said_to_be_misconfigured_until_it_sends_one() -> None:
    bench = run("serial-scanner", [*[b"X30001", 0.3] * 3, b"X30002\r", b"X30003\r"])
    assert bench.words() == ["MISCONFIGURED", "OPEN"]
    assert "suffix" in (bench.told[0].detail or "")
    assert not any(isinstance(it, DeviceReported) for it in bench.kept.readings)


def test_a_tag_that_stays_on_the_reader_is_one_reading_and_counted() -> None:
    frame = b"\x02" + b"62E3086CED08" + b"\x03"
    bench = run("em4100", [frame] * 5)
    assert len(bench.kept.readings) == 1
    assert bench.roll.all()[0].repeated == 4


def test_a_message_for_a_driver_of_bytes_is_a_matter_of_configuration() -> None:
    hands = Hands()
    line = Line([Packet("t", b"")], hands)
    roll = Roll()
    roll.listed([DeviceReported(device="hatch", word="OPEN")])
    station = Station("hatch", DRIVERS["serial-scanner"], {}, lambda: line)
    with pytest.raises(NotConfigured, match="serial-scanner does not read"):
        station.run(Desk(Kept(hands, line), roll, hands.clock, lambda: None), threading.Event(), lambda: None)


def test_a_stop_ends_the_session_and_lets_the_port_go() -> None:
    hands, stop = Hands(), threading.Event()
    line = Line([0.1] * 100, hands)
    roll = Roll()
    roll.listed([DeviceReported(device="hatch", word="OPEN")])
    turns: list[int] = []

    def alive() -> None:
        turns.append(1)
        if len(turns) == 3:
            stop.set()

    opened: list[int] = []
    driver: Driver = DRIVERS["serial-scanner"]
    mark: Callable[[], None] = lambda: opened.append(1)  # noqa: E731
    Station("hatch", driver, {}, lambda: line).run(
        Desk(Kept(hands, line), roll, hands.clock, alive), stop, mark
    )
    assert (len(turns), opened, line.done) == (3, [1], ["closed"])


class Telegraph:
    """A protocol that greets, asks once a second, acknowledges each line, and has a lamp of its own."""

    def __init__(self, options: Mapping[str, str]) -> None:
        self.lines = DRIVERS["serial-scanner"].decoder(options)
        self.out: list[str] = []
        self.notes: list[Note] = []
        self.repeated = 0

    def opening(self) -> bytes:
        """The greeting."""
        return b"hello"

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Lines; one that says "tired" is its word about itself."""
        assert isinstance(self.lines, Decoder)
        readings = self.lines.feed(data, at_s)
        self.out += ["ack" for _ in readings]
        if b"!" in data:
            self.notes.append(Note(what="shouting"))
        if b"tired" in data:
            return [DeviceReported(device="telegraph", word="WEDGED", firmware="1.68")]
        return readings

    def idle(self, at_s: float) -> list[Reading]:
        """A poll."""
        self.out.append("poll")
        return []

    def take_notes(self) -> list[Note]:
        """A word on every line that came."""
        notes, self.notes = self.notes, []
        return notes

    def take_replies(self) -> bytes:
        """What has gathered."""
        replies, self.out = "+".join(self.out), []
        return replies.encode()

    def show(self, light: Light, bay: int | None = None) -> None:
        """The lamp."""
        self.out.append(f"{light}@{bay}")


TELEGRAPH = Driver(name="telegraph", title="A device that talks", transport="serial", decoder=Telegraph)


def telegraph(
    pieces: list[Arrival | float],
    wishes_before: Sequence[Wish] = (),
    wishes_after: Sequence[Wish] = (),
    **how: object,
) -> Bench:
    """One session of a device that talks back; wishes from before its port opens, and from after."""
    hands = Hands()
    line = Line(pieces, hands)
    kept = Kept(hands, line, **how)  # type: ignore[arg-type]
    roll, told = Roll(), list[DeviceReported]()
    roll.listed([DeviceReported(device="hatch", word="OPEN")])
    roll.tell(told.append)
    station = Station("hatch", TELEGRAPH, {}, lambda: line)
    for wish in wishes_before:
        station.wishes.put(wish)
    waiting = list(wishes_after)

    def alive() -> None:
        while waiting:
            station.wishes.put(waiting.pop())

    def noted(device: str, note: Note) -> None:
        assert device == "hatch"
        line.done.append(f"noted {note.what}")

    with pytest.raises(KeepingRefused if how.get("refuses") else Gone):
        station.run(Desk(kept, roll, hands.clock, alive, noted), threading.Event(), lambda: None)
    return Bench(line, kept, roll, told)


def test_a_device_that_talks_is_greeted_and_each_scan_acknowledged_only_once_it_is_kept() -> None:
    bench = telegraph([b"X30001\r"])
    assert bench.line.done == ["wrote hello", "kept", "acknowledged", "wrote ack", "closed"]


def test_a_scan_that_could_not_be_kept_is_never_acknowledged_so_the_device_sends_it_again() -> None:
    bench = telegraph([b"X30001\r"], refuses=True)
    assert bench.line.done == ["wrote hello", "closed"]


def test_a_silent_device_is_asked_again() -> None:
    assert telegraph([0.1, 0.1]).line.done == ["wrote hello", "wrote poll", "wrote poll", "closed"]


def test_a_devices_own_lamp_shows_the_answer_but_none_from_before_it_was_plugged_in() -> None:
    bench = telegraph([0.1, 0.1], [Wish("red")], [Wish("green", 3)])
    assert bench.line.done == ["wrote hello", "wrote poll", "wrote poll+green@3", "closed"]


def test_a_device_in_trouble_is_open_again_with_its_next_reading_and_its_firmware_stays_known() -> None:
    bench = telegraph([b"tired", b"\r", b"X30001\r"])
    assert bench.words() == ["WEDGED", "OPEN"]
    assert bench.roll.all()[0].firmware == "1.68"


def test_what_a_device_says_besides_its_readings_is_told_to_whoever_watches() -> None:
    bench = telegraph([b"X30001!\r"])
    assert bench.line.done == ["wrote hello", "kept", "acknowledged", "wrote ack", "noted shouting", "closed"]


def test_half_a_frame_at_which_the_cable_was_pulled_is_kept_as_what_cannot_be_read() -> None:
    bench = run("serial-scanner", [b"X30001\rX300"])
    assert codes(bench) == ["X30001"]
    (piece,) = [it for it in bench.kept.readings if isinstance(it, Garbled)]
    assert bytes.fromhex(piece.raw_hex) == b"X300"
    assert (bench.roll.all()[0].good, bench.roll.all()[0].garbled) == (1, 1)


@pytest.mark.parametrize("name", [name for name, it in DRIVERS.items() if isinstance(it.decoder({}), Decoder)])
def test_a_device_that_is_pulled_having_said_nothing_leaves_nothing_that_cannot_be_read(name: str) -> None:
    assert run(name, []).kept.readings == []


def test_what_arrived_while_a_station_is_told_to_end_is_kept() -> None:
    hands, stop = Hands(), threading.Event()
    line = Line([b"X30001\r"], hands)
    kept = Kept(hands, line)
    roll = Roll()
    roll.listed([DeviceReported(device="hatch", word="OPEN")])
    stop.set()
    station = Station("hatch", DRIVERS["serial-scanner"], {}, lambda: line)
    station.run(Desk(kept, roll, hands.clock, lambda: None), stop, lambda: None)
    assert [it.text for it in kept.readings if isinstance(it, CodePresented)] == ["X30001"]
