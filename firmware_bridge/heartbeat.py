"""The heartbeat: every few seconds the bridge says that it is there, how its devices are, and what waits.

One rule for the editor: the bridge's clock is measured here and never set. The service stamps its own time;
the offset is for people, and for `skew_ms` at the service.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from devices.wire import Heartbeat, HeartbeatAnswer, encode, read
from firmware_bridge.delivery import Delivery
from firmware_bridge.errors import KeepingRefused, LinkDown, Rejected
from firmware_bridge.line import HEARTBEAT_PATH
from firmware_bridge.roll import Roll
from firmware_bridge.scans import Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Spool
from firmware_bridge.told import Told

OFFSET_TOLD_US = 2_000_000
"""A clock further off than this is said, once."""

_answer = msgspec.json.Decoder(HeartbeatAnswer)


@dataclass(slots=True)
class Pulse:
    """The heartbeat's thread, and what it measured."""

    wire: Wire
    roll: Roll
    spool: Spool
    delivery: Delivery
    software: str
    after: Callable[[], None] = lambda: None
    certificate_ends_us: Callable[[], int | None] = lambda: None
    offset_us: int | None = field(default=None, init=False)
    """Service clock minus bridge clock in microseconds, reckoned at the middle of the last exchange."""
    _service: Told = field(default_factory=lambda: Told("service (heartbeat)"), init=False)
    _clock: Told = field(default_factory=lambda: Told("this machine's clock"), init=False)

    def run(self, stop: threading.Event) -> None:
        """Beat until `stop`."""
        while not stop.is_set():
            try:
                self.beat()
                self._service.good()
            except (LinkDown, Rejected, KeepingRefused) as why:
                if stop.is_set():  # our own doing
                    return
                self._service.lost(why)
            self.after()
            stop.wait(self.wire.timing.heartbeat_s)

    def timed(self, timing: Timing) -> None:
        """From now on wait as long as `timing` says."""
        self.wire.timing = timing

    def beat(self) -> HeartbeatAnswer:
        """One heartbeat. Raises LinkDown, Rejected or KeepingRefused."""
        clock, waiting = self.wire.clock, self.spool.waiting()
        before_us = clock.wall_us()
        said = Heartbeat(
            boot=self.wire.boot,
            wall_us=before_us,
            mono_ns=clock.mono_ns(),
            software=self.software,
            spool_waiting=waiting.count,
            spool_bytes=waiting.bytes,
            spool_quota_bytes=self.spool.quota_bytes,
            certificate_ends_us=self.certificate_ends_us(),
            devices=self.roll.all(),
        )
        body = self.wire.line.post(HEARTBEAT_PATH, encode(said), self.wire.timing.post_s)
        after_us = clock.wall_us()
        try:
            answer = read(_answer, body)
        except msgspec.DecodeError as error:
            raise LinkDown(f"{self.wire.line.service.url}: its answer is not understood ({error})") from error
        self._measure(answer.service_wall_us - (before_us + after_us) // 2)
        self.delivery.heard(answer.epoch, self.wire.boot, answer.upto)
        return answer

    def _measure(self, offset_us: int) -> None:
        self.offset_us = offset_us
        if abs(offset_us) > OFFSET_TOLD_US:
            self._clock.lost(f"{-offset_us / 1e6:+.1f} s from the service's; set this machine's time")
        else:
            self._clock.good()
