"""Patient delivery: every observation once and in order, every late scan once, whatever the service does."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from devices.readings import BayReported, Garbled
from devices.wire import AGE_MS_MAX, DELIVERY_MAX, SCAN_AGE_MAX_MS, Sent
from firmware_bridge.answers import Answers
from firmware_bridge.delivery import NOT_KEPT, OTHER_BOOT_AGE_MS, UNSENDABLE, Delivery
from firmware_bridge.heartbeat import Pulse
from firmware_bridge.journal import DAY_S, Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.roll import Roll
from firmware_bridge.scans import Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Observed, Spool
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.hands import BOOT, OTHER_BOOT, Hands, Noted, scan
from tests.firmware_bridge.stub_service import StubService

TIMING = Timing(retry_first_s=0.02, retry_cap_s=0.05, post_s=0.5)


@dataclass
class Bench:
    """Patient delivery on a clock that stands still, against the stub."""

    hands: Hands
    spool: Spool
    journal: Journal
    lights: Noted
    delivery: Delivery
    wire: Wire

    def observe(self, count: int, boot: str = BOOT, first: int = 1) -> None:
        """Keep some bays' words, and say that they wait."""
        readings = [BayReported(dock="d1", bay=1 + (first + n) % 900) for n in range(count)]
        rows = [Observed("docks", self.hands.now_us, self.hands.mono, reading) for reading in readings]
        self.spool.keep(boot, rows, self.hands.now_us)
        self.delivery.wake()

    def all_acknowledged(self) -> None:
        """Wait until nothing waits."""
        until(lambda: self.spool.waiting().count == 0, "the spool to be empty")


@pytest.fixture
def bench(tmp_path: Path, service: StubService) -> Iterator[Bench]:
    """A running delivery."""
    hands, lights = Hands(), Noted()
    journal = Journal(tmp_path / "journal", JournalLimits(), hands.now_us)
    spool = Spool(tmp_path / "spool.sqlite", 64 << 20, 7 * DAY_S)
    line = Line(Service(service.url, lambda: "test-key"))
    wire = Wire(line, BOOT, hands.clock, TIMING)
    delivery = Delivery(wire, spool, Answers(journal, lights, hands.clock))
    stop = threading.Event()
    thread = threading.Thread(target=delivery.run, args=(stop,))
    thread.start()
    yield Bench(hands, spool, journal, lights, delivery, wire)
    stop.set()
    line.cancel()
    delivery.wake()
    thread.join(10)
    assert not thread.is_alive()
    line.close()
    journal.close()
    spool.close()


def sequences(service: StubService, boot: str = BOOT) -> list[int]:
    """The observations stored of a boot, in the order in which they first came."""
    return [seq for (of, stream, seq) in service.seen if (of, stream) == (boot, "obs")]


def test_observations_arrive_in_order_and_in_batches(bench: Bench, service: StubService) -> None:
    bench.observe(1200)
    bench.all_acknowledged()
    assert sequences(service) == list(range(1, 1201))
    assert [len(d.sent) for d in service.deliveries][:2] == [DELIVERY_MAX, DELIVERY_MAX]


def test_an_earlier_boots_observations_go_first_under_their_own_boot(
    bench: Bench, service: StubService
) -> None:
    for boot in (OTHER_BOOT, BOOT):
        row = Observed("docks", bench.hands.now_us, bench.hands.mono, BayReported(dock="d1", bay=1))
        bench.spool.keep(boot, [row, row], bench.hands.now_us)
    bench.hands.turn(60)
    bench.delivery.wake()
    bench.all_acknowledged()
    assert [d.boot for d in service.deliveries] == [OTHER_BOOT, BOOT]
    assert {sent.age_ms for d in service.deliveries for sent in d.sent} == {60_000}


@pytest.mark.parametrize("trouble", ["deaf", "lost", "drip"])
def test_a_service_in_trouble_gets_everything_in_the_end_and_nothing_twice(
    bench: Bench, service: StubService, trouble: str
) -> None:
    service.mode = trouble
    bench.observe(10)
    until(lambda: service.deliveries or service.connections >= 2, "an attempt")
    assert bench.spool.waiting().count == 10
    service.mode = "well"
    bench.all_acknowledged()
    assert sequences(service) == list(range(1, 11))


def test_a_reading_that_the_service_will_never_take_is_replaced_by_a_word_and_the_rest_goes_on(
    bench: Bench, service: StubService
) -> None:
    def refuse(delivery: object) -> int:
        return (
            422
            if any(isinstance(s.reading, BayReported) and s.reading.bay == 5 for s in delivery.sent)
            else 0
        )  # type: ignore[attr-defined]

    service.refuses = refuse
    bench.observe(20, first=0)  # bays 1 to 20
    bench.all_acknowledged()
    assert sequences(service) == list(range(1, 21))
    put = [sent for sent in service.observations() if isinstance(sent.reading, Garbled)]
    assert [(sent.seq, sent.reading.reason) for sent in put] == [(5, UNSENDABLE)]  # type: ignore[union-attr]
    assert b'"bay":5' in bytes.fromhex(put[0].reading.raw_hex)  # type: ignore[union-attr]


def test_a_wrong_key_replaces_nothing(bench: Bench, service: StubService) -> None:
    service.key = "another"
    bench.observe(5)
    until(lambda: service.connections >= 3, "three attempts")
    service.key = "test-key"
    # The same line reads the same key again: it is the service that was mended here.
    bench.all_acknowledged()
    assert not any(isinstance(sent.reading, Garbled) for sent in service.observations())


def test_a_restored_service_gets_everything_kept_again(bench: Bench, service: StubService) -> None:
    bench.observe(30)
    bench.all_acknowledged()
    service.seen.clear()
    service.epoch = "restored"
    bench.observe(1, first=31)
    until(lambda: len(service.seen) == 31, "everything kept")
    bench.all_acknowledged()
    assert sorted(sequences(service)) == list(range(1, 32))


def test_a_heartbeat_is_enough_to_learn_of_a_restored_service(bench: Bench, service: StubService) -> None:
    bench.observe(3)
    bench.all_acknowledged()
    service.seen.clear()
    service.epoch = "restored"
    line = Line(bench.wire.line.service)
    wire = Wire(line, BOOT, bench.hands.clock, TIMING)
    Pulse(wire, Roll(), bench.spool, bench.delivery, "test").beat()
    line.close()
    until(lambda: len(service.seen) == 3, "everything kept")


def test_what_neither_side_keeps_is_said_in_every_place_so_that_the_rest_can_go(
    bench: Bench, service: StubService
) -> None:
    bench.observe(700)
    bench.all_acknowledged()
    bench.hands.turn(8 * DAY_S)
    for n in range(12):  # each keeping lets some of what is past its seven days go
        bench.observe(1, first=n)
    bench.all_acknowledged()
    lowest = bench.spool.lowest_kept(BOOT) or 0
    assert lowest > 600
    service.seen.clear()
    service.epoch = "restored from before"
    bench.observe(1)
    until(lambda: service.upto(BOOT, "obs") == 713, "the whole stream")
    said = [s for s in service.observations() if isinstance(s.reading, Garbled)]
    assert {s.seq for s in said if s.reading.reason == NOT_KEPT} == set(range(1, lowest))  # type: ignore[union-attr]


def late_ones(service: StubService) -> list[Sent]:
    """Every late scan as it was sent, repeats too."""
    return [s for d in service.deliveries if d.stream == "scan" for s in d.sent]


def test_a_late_scan_is_reported_until_answered_and_lights_nothing(
    bench: Bench, service: StubService
) -> None:
    service.refuses = lambda _delivery: 503
    sent = scan(1, bench.hands)
    bench.journal.scanned(BOOT, sent)
    bench.hands.turn(40)
    bench.delivery.too_late(BOOT, sent)
    until(lambda: service.connections >= 1, "an attempt")
    service.refuses = lambda _delivery: 0
    until(late_ones_of(service), "the report")
    bench.delivery.too_late(BOOT, scan(2, bench.hands))
    until(lambda: len(late_ones(service)) == 2, "another report")
    assert [s.seq for s in late_ones(service)] == [1, 2]
    assert [s.age_ms for s in late_ones(service)] == [40_000, SCAN_AGE_MAX_MS + 1]
    assert {answer.outcome for answer in service.decided.values()} == {"LATE"}
    assert bench.lights.shown == []


def late_ones_of(service: StubService) -> Callable[[], object]:
    """For `until`."""
    return lambda: late_ones(service)


def test_a_scan_of_an_earlier_boot_is_simply_old(bench: Bench, service: StubService) -> None:
    bench.delivery.too_late(OTHER_BOOT, scan(7, bench.hands))
    until(lambda: late_ones(service), "the report")
    assert [(d.boot, d.sent[0].seq, d.sent[0].age_ms) for d in service.deliveries] == [
        (OTHER_BOOT, 7, OTHER_BOOT_AGE_MS)
    ]


def test_a_late_scan_that_the_service_will_not_have_holds_up_nothing(
    bench: Bench, service: StubService
) -> None:
    service.refuses = lambda delivery: 422 if delivery.stream == "scan" and delivery.sent[0].seq == 1 else 0
    for seq in (1, 2):
        bench.delivery.too_late(BOOT, scan(seq, bench.hands))
    bench.observe(3)
    bench.all_acknowledged()
    assert [s.seq for s in late_ones(service)] == [2]


def test_an_observation_made_before_the_machine_knew_the_year_is_delivered_too(
    bench: Bench, service: StubService
) -> None:
    """A machine with no clock of its own begins in 1970: what an earlier boot saw then is older than any age told."""
    bench.spool.keep(OTHER_BOOT, [Observed("docks", 1, 1, BayReported(dock="d1", bay=1))], bench.hands.now_us)
    bench.delivery.wake()
    bench.all_acknowledged()
    (sent,) = service.observations()
    assert (sent.reading, sent.age_ms) == (BayReported(dock="d1", bay=1), AGE_MS_MAX)
