"""Live scans: sent again under the same key while they are young, and never after."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.wire import Sent
from firmware_bridge.answers import Answers
from firmware_bridge.journal import Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.scans import LiveScans, Wire
from firmware_bridge.settings import Timing
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.hands import BOOT, Hands, Noted, scan
from tests.firmware_bridge.stub_service import StubService

TIMING = Timing(scan_retry_first_s=0.01, scan_retry_cap_s=0.02, scan_post_s=0.5)


@dataclass
class Bench:
    """The delivery of scans on a clock that stands still, against the stub."""

    hands: Hands
    lights: Noted
    journal: Journal
    live: LiveScans
    late: list[Sent] = field(default_factory=list)

    def offer(self, seq: int) -> None:
        """A scan made now, on its way."""
        sent = scan(seq, self.hands)
        self.journal.scanned(BOOT, sent)
        self.live.offer(sent)


@pytest.fixture
def bench(tmp_path: Path, service: StubService) -> Iterator[Bench]:
    """A running delivery."""
    hands, lights = Hands(), Noted()
    journal = Journal(tmp_path, JournalLimits(), hands.now_us)
    line = Line(Service(service.url, lambda: "test-key"))
    late: list[Sent] = []
    answers = Answers(journal, lights, hands.clock)
    live = LiveScans(Wire(line, BOOT, hands.clock, TIMING), answers, lambda _boot, sent: late.append(sent))
    stop = threading.Event()
    thread = threading.Thread(target=live.run, args=(stop,))
    thread.start()
    yield Bench(hands, lights, journal, live, late)
    stop.set()
    line.cancel()
    live.wake()
    thread.join(10)
    line.close()
    journal.close()
    assert not thread.is_alive()


def test_scans_go_in_order_and_each_gets_its_light(bench: Bench, service: StubService) -> None:
    for seq in range(1, 41):
        bench.offer(seq)
    until(lambda: len(bench.lights.shown) == 40, "forty lights")
    assert [answer.seq for _, answer in bench.lights.shown] == list(range(1, 41))
    assert [sent.seq for d in service.deliveries for sent in d.sent] == list(range(1, 41))


def test_the_age_is_reckoned_anew_at_every_attempt(bench: Bench, service: StubService) -> None:
    service.mode = "lost"
    bench.offer(1)
    until(lambda: len(service.sends_of(1)) >= 2, "a second attempt")
    bench.hands.turn(10)
    tries = len(service.sends_of(1))
    until(lambda: len(service.sends_of(1)) > tries + 1, "an older attempt")
    ages = {sent.age_ms for sent in service.sends_of(1)}
    assert ages == {0, 10_000}
    service.mode = "well"
    until(lambda: "IN_SET" in bench.lights.outcomes(), "the light")
    assert len(service.seen) == 1


def test_at_thirty_seconds_it_is_handed_over_and_lit_red_and_never_sent_here_again(
    bench: Bench, service: StubService
) -> None:
    service.refuses = lambda _delivery: 503
    bench.offer(1)
    bench.hands.turn(29.9)
    until(lambda: bench.lights.outcomes() == ["NO_ANSWER"], "the amber light")
    assert bench.late == []
    bench.hands.turn(0.2)
    until(lambda: bench.late, "the scan to be late")
    assert bench.lights.outcomes() == ["NO_ANSWER", "GIVEN_UP"]
    assert [answer.light for _, answer in bench.lights.shown] == ["amber", "red"]
    service.refuses = lambda _delivery: 0
    bench.offer(2)
    until(lambda: "IN_SET" in bench.lights.outcomes(), "the next scan's light")
    assert service.sends_of(1) == []


def test_an_answer_that_comes_too_late_lights_nothing(bench: Bench, service: StubService) -> None:
    take = service.take

    def slowly(delivery: object) -> object:
        bench.hands.turn(31)  # half a minute goes by while the service thinks
        return take(delivery)  # type: ignore[arg-type]

    service.take = slowly  # type: ignore[assignment,method-assign]
    bench.offer(1)
    until(lambda: service.seen, "the delivery")
    until(lambda: b'"answer"' in next(bench.journal._folder.glob("*")).read_bytes(), "the answer journalled")
    assert bench.lights.shown == []


def test_one_scan_that_the_service_will_not_have_does_not_hold_up_the_others(
    bench: Bench, service: StubService
) -> None:
    service.stop()
    for seq in (1, 2, 3):
        bench.offer(seq)
    service.refuses = lambda delivery: 422 if any(sent.seq == 2 for sent in delivery.sent) else 0
    service.start()
    until(lambda: len(bench.lights.shown) == 3, "three lights")
    assert {answer.seq: answer.outcome for _, answer in bench.lights.shown} == {
        1: "IN_SET",
        2: "REJECTED",
        3: "IN_SET",
    }


@pytest.mark.parametrize("code", [401, 403, 404])
def test_a_wrong_key_or_address_keeps_the_scan_until_it_is_mended(
    bench: Bench, service: StubService, code: int
) -> None:
    tries: list[int] = []

    def refuse(_delivery: object) -> int:
        tries.append(1)
        return code if len(tries) < 4 else 0

    service.refuses = refuse
    bench.offer(1)
    until(lambda: "IN_SET" in bench.lights.outcomes(), "the light")


def test_a_service_that_answers_something_else_is_tried_again(
    bench: Bench, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts: list[bytes] = []
    whole: Callable[[Line, str, bytes, float], bytes] = Line.post

    def post(line: Line, path: str, body: bytes, timeout_s: float) -> bytes:
        posts.append(body)
        if len(posts) < 3:
            return b"<html>" if len(posts) == 1 else b'{"upto":1,"epoch":"e"}'
        return whole(line, path, body, timeout_s)

    monkeypatch.setattr(Line, "post", post)
    bench.offer(1)
    until(lambda: "IN_SET" in bench.lights.outcomes(), "the light")
