"""The watcher: a device that goes away is said once and comes back by itself, and never busily."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from devices.driver import Driver
from devices.errors import Gone, NotConfigured, NotOpened, Wedged
from devices.readings import DeviceReported, Reading
from devices.transports.port import Arrival, Port
from devices.wire import Stream
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.intake import Seen
from firmware_bridge.roll import Roll
from firmware_bridge.settings import Timing
from firmware_bridge.station import Desk, Station
from firmware_bridge.watcher import Watcher
from tests.firmware_bridge.hands import Hands

TIMING = Timing(reopen_first_s=0.5, reopen_cap_s=5, stable_s=30)


class Waits(threading.Event):
    """A stop whose waits pass at once on the test's clock, and that is set when the story is over."""

    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self.hands = hands
        self.waited: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Let the time pass."""
        self.waited.append(timeout or 0)
        self.hands.turn(timeout or 0)
        return self.is_set()


@dataclass
class Story:
    """Sessions of one device: each an error at opening, or how long it stays open and how it then ends."""

    sessions: list[Exception | tuple[float, Exception]]
    hands: Hands = field(default_factory=Hands)
    roll: Roll = field(default_factory=Roll)
    told: list[tuple[str, str]] = field(default_factory=list)
    at_read: Callable[[], None] = lambda: None

    def play(self) -> list[float]:
        """Watch until the sessions are over; the waits between them."""
        stop = Waits(self.hands)
        self.roll.listed([DeviceReported(device="s", word="STOPPED")])
        self.roll.tell(lambda report: self.told.append((report.word, report.detail or "")))

        def open_port() -> Port:
            if not self.sessions:
                stop.set()  # so nothing is said of this end
                raise Gone("the story is over")
            session = self.sessions.pop(0)
            if isinstance(session, Exception):
                raise session
            return StoryPort(self.hands, *session, self.at_read)

        driver = Driver(name="d", title="d", transport="serial", decoder=lambda _options: Silent())
        desk = Desk(Nowhere(), self.roll, self.hands.clock, alive=lambda: None)
        Watcher(Station("s", driver, {}, open_port), desk, TIMING).run(stop)
        return stop.waited

    def words(self) -> list[str]:
        """What everybody was told."""
        return [word for word, _ in self.told]


class Silent:
    """A decoder that hears nothing."""

    def feed(self, data: bytes, at_s: float) -> list[Reading]:
        """Nothing."""
        return []

    def idle(self, at_s: float) -> list[Reading]:
        """Nothing."""
        return []


class Nowhere:
    """Readings are not the matter here."""

    def seen_now(self) -> Seen:
        """Any time."""
        return Seen(0, 0)

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Nowhere."""


@dataclass
class StoryPort:
    """A port that stays open for `for_s` and then ends."""

    hands: Hands
    for_s: float
    end: Exception
    at_read: Callable[[], None]

    def read(self, timeout_s: float) -> list[Arrival]:
        """Silence, until the end."""
        self.at_read()
        if self.for_s <= 0:
            raise self.end
        step = min(self.for_s, 1.0)
        self.for_s -= step
        self.hands.turn(step)
        return []

    def kept(self) -> None:
        """Nothing."""

    def write(self, data: bytes) -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


PULLED = Gone("/dev/ttyACM0 went away; plug it back in")
NOT_THERE = NotOpened("/dev/ttyACM0: nothing answers there", "MISSING")


def test_an_unplugged_device_is_said_once_and_once_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    story = Story([(60, PULLED), NOT_THERE, NOT_THERE, NOT_THERE, (60, PULLED)])
    with caplog.at_level(logging.INFO):
        story.play()
    assert story.words() == ["OPEN", "MISSING", "OPEN", "MISSING"]
    assert [r.getMessage() for r in caplog.records] == [
        "s: open",
        f"s: lost: {PULLED}",
        "s: back",
        f"s: lost: {PULLED}",
    ]


def test_waits_double_to_the_cap_while_it_is_away_and_begin_again_after_a_steady_session() -> None:
    story = Story([*[NOT_THERE] * 6, (60, PULLED), NOT_THERE])
    assert story.play() == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 0.5, 1.0]


def test_a_flapping_cable_is_not_reopened_busily_and_is_not_talked_about(
    caplog: pytest.LogCaptureFixture,
) -> None:
    story = Story([(0.1, PULLED)] * 40)
    waits = story.play()
    assert waits[3:] == [4.0, *[5.0] * 36]
    assert story.words() == ["OPEN", "MISSING", "OPEN", "MISSING"]
    assert caplog.text.count("lost") == 2
    assert "no more is said until it stays 30 s" in caplog.text


def test_a_flapping_device_is_believed_again_once_it_stays(caplog: pytest.LogCaptureFixture) -> None:
    story = Story([(0.1, PULLED), (0.1, PULLED), (0.1, PULLED), (29, PULLED), (31, PULLED)])
    story.play()
    assert story.words() == ["OPEN", "MISSING", "OPEN", "MISSING", "OPEN", "MISSING"]


def test_while_it_flaps_whoever_asks_is_told_the_truth() -> None:
    asked: list[str] = []
    story = Story([(0.1, PULLED), (0.1, PULLED), (5, PULLED)])
    story.at_read = lambda: asked.append(story.roll.word("s"))
    story.play()
    assert set(asked) == {"OPEN"}
    assert story.roll.word("s") == "MISSING"


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (NotOpened("busy", "BUSY"), "BUSY"),
        (NotOpened("denied", "DENIED"), "DENIED"),
        (NotConfigured("no such rate"), "MISCONFIGURED"),
        (Wedged("says nothing"), "WEDGED"),
        (KeepingRefused("the spool is full"), "STOPPED"),
        (ZeroDivisionError("a fault of ours"), "STOPPED"),
    ],
)
def test_why_it_does_not_work_is_told_in_its_own_word(error: Exception, word: str) -> None:
    story = Story([error] * 3)
    story.play()
    assert story.words() == [word]
    assert str(error) in story.told[0][1]


def test_another_reason_in_the_same_outage_is_said_and_the_same_one_is_not() -> None:
    busy = NotOpened("busy", "BUSY")
    story = Story([NOT_THERE, busy, NOT_THERE, busy, (60, PULLED)])
    story.play()
    assert story.words() == ["MISSING", "BUSY", "OPEN", "MISSING"]


def test_a_fault_of_ours_leaves_its_place_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    Story([ZeroDivisionError("one"), ZeroDivisionError("two")]).play()
    assert caplog.text.count("Traceback") == 1
    assert "a fault in the bridge" in caplog.text
