"""Patient delivery: observations until the service has them, and scans that came too late.

One rule for the editor: an observation leaves the spool's waiting list only by the service's own `upto`. One
delivery is under way at a time, in order, the oldest boot first.

    live scans          firmware_bridge.scans: at once, thirty seconds, a light on the answer
    scans too late      here: reported until answered, marked by their age, never decided
    observations        here: replayed until acknowledged, full-jitter back-off 1 s to 60 s
"""

import logging
import random
import threading
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from devices.readings import Garbled
from devices.wire import AGE_MS_MAX, DELIVERY_MAX, SCAN_AGE_MAX_MS, Accepted, Answer, Sent, Stream, encode
from firmware_bridge.answers import Answers, rejected
from firmware_bridge.backoff import Backoff
from firmware_bridge.clock import NS_PER_MS
from firmware_bridge.errors import KeepingRefused, LinkDown, Rejected
from firmware_bridge.scans import Wire, post_readings, will_never_do
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Batch, Spool
from firmware_bridge.told import Told

OTHER_BOOT_AGE_MS = 10**9
"""Age told of a scan whose boot is over: its monotonic clock cannot be compared, so it is simply old."""

UNSENDABLE = "UNSENDABLE"
"""Reason of the word put in place of an observation that the service will never take."""

NOT_KEPT = "NOT_KEPT"
"""Reason of the word for an observation that a restored service lacks and the bridge no longer keeps."""

Courier = Callable[[str, Sequence[Sent]], Accepted]
"""Delivers observations of one boot and returns what the service says of them. Raises LinkDown or Rejected."""

log = logging.getLogger(__name__)


class Delivery:
    """The patient thread. Anyone may add a late scan or wake it; one thread runs `run`.

    `courier` takes the observations another way than HTTPS (`firmware_bridge.by_mqtt`); scans never.
    """

    def __init__(self, wire: Wire, spool: Spool, answers: Answers, courier: Courier | None = None) -> None:
        self._wire = wire
        self._courier: Courier = courier or (lambda boot, sent: self._post(boot, "obs", sent))
        self._spool = spool
        self._answers = answers
        self._late: deque[tuple[str, Sent]] = deque()
        self._something = threading.Event()
        self._most = DELIVERY_MAX
        self._service = Told("service (observations)")
        self._backoff = Backoff(0.0, 0.0, shake=random.Random())
        self.timed(wire.timing)

    def timed(self, timing: Timing) -> None:
        """From now on wait as long as `timing` says."""
        self._wire.timing = timing
        self._backoff.lengths(timing.retry_first_s, timing.retry_cap_s, timing.stable_s)

    def too_late(self, boot: str, sent: Sent) -> None:
        """Take a scan that nobody may decide any more."""
        self._late.append((boot, sent))
        self._something.set()

    def wake(self) -> None:
        """Told that something waits in the spool, or that the stop is set."""
        self._something.set()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop`."""
        good_since = self._wire.clock.mono_s()
        while not stop.is_set():
            self._something.clear()
            try:
                while not stop.is_set() and self._round():
                    self._service.good()
            except (LinkDown, KeepingRefused) as why:
                if stop.is_set():  # our own doing
                    return
                self._service.lost(why)
                stop.wait(self._backoff.next_s(self._wire.clock.mono_s() - good_since))
                good_since = self._wire.clock.mono_s()
            else:
                self._something.wait()

    def heard(self, epoch: str, boot: str, upto: int) -> None:
        """What the service said of itself, here or on a heartbeat. Raises KeepingRefused."""
        if self._spool.epoch_is(epoch):
            self._service.lost("it was restored from a backup; everything kept is sent again")
            self.wake()
        self._spool.acknowledge(boot, upto, self._wire.clock.wall_us())

    def _round(self) -> bool:
        """Send one delivery; False if there was nothing to send."""
        if self._late:
            self._send_late()
            return True
        batch = self._spool.next_batch(self._most)
        if batch is None:
            self._most = DELIVERY_MAX
            return False
        self._send_observations(batch)
        return True

    def _send_late(self) -> None:
        """Report the oldest late scan, alone: there are few, and none of them can hold up another."""
        boot, sent = self._late[0]
        aged = msgspec.structs.replace(sent, age_ms=self._late_age_ms(boot, sent))
        try:
            accepted = self._post(boot, "scan", [aged])
        except Rejected as refused:
            will_never_do(refused)
            answers: tuple[Answer, ...] = (rejected(sent.seq),)
        else:
            answers = accepted.answers
        answer = next((it for it in answers if it.seq == sent.seq), None)
        if answer is None:
            raise LinkDown(f"{self._wire.line.service.url}: gave no answer to a late scan")
        self._answers.late(boot, answer)
        self._late.popleft()

    def _send_observations(self, batch: Batch) -> None:
        aged = [msgspec.structs.replace(it, age_ms=self._age_ms(batch.boot, it)) for it in batch.sent]
        try:
            accepted = self._courier(batch.boot, aged)
        except Rejected as refused:
            will_never_do(refused)
            self._put_aside(batch, refused)
            return
        self._most = min(DELIVERY_MAX, self._most * 2)
        self.heard(accepted.epoch, batch.boot, accepted.upto)
        first = batch.sent[0]
        if accepted.upto < first.seq - 1:
            self._fill_gap(batch.boot, accepted.upto + 1, first)
        elif accepted.upto < first.seq:
            raise LinkDown(f"{self._wire.line.service.url}: stored none of what it accepted")

    def _put_aside(self, batch: Batch, refused: Rejected) -> None:
        """The service will never take this batch: find the one reading at fault, and put a word in its place.

        The place must be filled, or `upto` could never pass it and the feed would stand still for ever.
        """
        first = batch.sent[0]
        if len(batch.sent) > 1:
            self._most = 1
            return
        if isinstance(first.reading, Garbled) and first.reading.reason == UNSENDABLE:
            raise LinkDown(f"{self._wire.line.service.url}: refuses even our word for it: {refused}")
        body = encode(first.reading)
        word = Garbled(reason=UNSENDABLE, detail=refused.reason[:400], raw_hex=body[:4096].hex().upper())
        self._spool.put_in_place(batch.boot, first.seq, word)
        log.error("observation %s of %s: %s; put aside as %s", first.seq, first.device, refused, UNSENDABLE)

    def _fill_gap(self, boot: str, begin: int, first: Sent) -> None:
        """The service was restored from before what we keep: say so in every place it lacks, so that it can
        go on, and so that the gap is on record."""
        end = min(first.seq, begin + DELIVERY_MAX)
        log.error("%s observations of boot %s are kept neither here nor there", first.seq - begin, boot)
        word = Garbled(reason=NOT_KEPT, detail="The bridge no longer keeps this observation.")
        gap = [msgspec.structs.replace(first, seq=seq, reading=word) for seq in range(begin, end)]
        accepted = self._courier(boot, gap)
        self.heard(accepted.epoch, boot, accepted.upto)
        if accepted.upto < end - 1:
            raise LinkDown(f"{self._wire.line.service.url}: stored none of what it accepted")

    def _post(self, boot: str, stream: Stream, sent: Sequence[Sent]) -> Accepted:
        return post_readings(self._wire.line, boot, stream, sent, self._wire.timing.post_s)

    def _late_age_ms(self, boot: str, sent: Sent) -> int:
        if boot != self._wire.boot:
            return OTHER_BOOT_AGE_MS
        return max(SCAN_AGE_MAX_MS + 1, self._age_ms(boot, sent))

    def _age_ms(self, boot: str, sent: Sent) -> int:
        """By the monotonic clock, or by the wall clock if another boot made it."""
        if boot == self._wire.boot:
            return max(0, (self._wire.clock.mono_ns() - sent.mono_ns) // NS_PER_MS)
        return min(AGE_MS_MAX, max(0, (self._wire.clock.wall_us() - sent.observed_at_us) // 1000))
