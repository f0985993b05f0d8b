"""Live delivery of scans: at once, again and again for thirty seconds, then never as a scan.

One rule for the editor: a scan means "this item, at this hatch, now". It may be sent again only under its
own key (boot, stream, sequence), and only while its age on the monotonic clock is under `scan_live_s`; the
age is reckoned anew at every attempt. After that it is handed over to be reported as late.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from devices.wire import Accepted, Answer, Delivery, Sent, Stream, encode, read
from firmware_bridge import faults
from firmware_bridge.answers import Answers, rejected
from firmware_bridge.backoff import Backoff
from firmware_bridge.clock import NS_PER_MS, Clock
from firmware_bridge.errors import LinkDown, Rejected
from firmware_bridge.line import READINGS_PATH, Line
from firmware_bridge.settings import Timing
from firmware_bridge.told import Told

TOGETHER_MAX = 64
"""Most scans of one delivery: those that gathered while the last one was under way."""

NEVER_CODES = frozenset({400, 413, 422})
"""The service will never take this request, whoever asks and whenever."""

SAY_AFTER_MS = 1_000
"""A person is told that it takes longer after a failed attempt at this age, not at every hiccup."""

_accepted = msgspec.json.Decoder(Accepted)


def post_readings(line: Line, boot: str, stream: Stream, sent: Sequence[Sent], timeout_s: float) -> Accepted:
    """POST one delivery and return what the service says of it. Raises LinkDown or Rejected."""
    body = encode(Delivery(boot=boot, stream=stream, sent=tuple(sent)))
    faults.point("before_post" if stream == "scan" else "before_post_obs")
    answer = line.post(READINGS_PATH, body, timeout_s)
    faults.point("after_answer" if stream == "scan" else "after_answer_obs")
    try:
        return read(_accepted, answer)
    except msgspec.DecodeError as error:
        raise LinkDown(
            f"{line.service.url}: its answer is not understood ({error}); is it the service?"
        ) from error


def will_never_do(refused: Rejected) -> bool:
    """Whether to stop sending this; raises LinkDown where a person may mend it (a key, an address)."""
    if refused.code in NEVER_CODES:
        return True
    raise LinkDown(str(refused)) from refused


@dataclass(slots=True)
class Wire:
    """What a delivery thread needs: its line, this boot's id, the clock and the waits, which may become others."""

    line: Line
    boot: str
    clock: Clock
    timing: Timing


class LiveScans:
    """Scans of this boot on their way. Stations `offer`, one thread runs `run`."""

    def __init__(self, wire: Wire, answers: Answers, too_late: Callable[[str, Sent], None]) -> None:
        self._wire = wire
        self._answers = answers
        self._too_late = too_late
        self._waiting: deque[Sent] = deque()
        self._told: set[int] = set()
        self._something = threading.Condition()
        self._service = Told("service (scans)")
        self._backoff = Backoff(0.0, 0.0)
        self.timed(wire.timing)

    def timed(self, timing: Timing) -> None:
        """From now on wait as long as `timing` says; for a scan under way too."""
        self._wire.timing = timing
        self._backoff.lengths(timing.scan_retry_first_s, timing.scan_retry_cap_s)

    def offer(self, sent: Sent) -> None:
        """Take a scan that is in the journal. Never waits for the service."""
        with self._something:
            self._waiting.append(sent)
            self._something.notify()

    def wake(self) -> None:
        """End a wait, so that `run` looks at its stop."""
        with self._something:
            self._something.notify()

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop`. What is left then is in the journal, and the next start reports it."""
        while not stop.is_set():
            batch = self._due(stop)
            if not batch:
                continue
            try:
                self._send(batch)
            except LinkDown as why:
                if stop.is_set():  # our own doing
                    return
                self._failed(batch, why)
                stop.wait(self._backoff.next_s())
            else:
                self._service.good()
                self._backoff.reset()

    def _due(self, stop: threading.Event) -> list[Sent]:
        with self._something:
            while not self._waiting and not stop.is_set():
                self._something.wait()
            old = [sent for sent in self._waiting if self._age_ms(sent) >= self._live_ms()]
            for sent in old:
                self._forget(sent)
            batch = list(self._waiting)[:TOGETHER_MAX]
        for sent in old:
            self._answers.given_up(sent)
            self._too_late(self._wire.boot, sent)
        return batch

    def _send(self, batch: list[Sent]) -> None:
        now = [msgspec.structs.replace(sent, age_ms=self._age_ms(sent)) for sent in batch]
        wire = self._wire
        try:
            accepted = post_readings(wire.line, wire.boot, "scan", now, wire.timing.scan_post_s)
        except Rejected as refused:
            if will_never_do(refused) and len(batch) > 1:
                for sent in batch:  # one of them spoils it: the others go alone
                    self._send([sent])
                return
            self._settle(batch[0], rejected(batch[0].seq))
            return
        answers = {answer.seq: answer for answer in accepted.answers}
        for sent in batch:
            if sent.seq in answers:
                self._settle(sent, answers[sent.seq])
        if any(sent.seq not in answers for sent in batch):
            raise LinkDown(f"{wire.line.service.url}: gave no answer to a scan")

    def _settle(self, sent: Sent, answer: Answer) -> None:
        if self._age_ms(sent) < self._live_ms():
            self._answers.live(self._wire.boot, sent, answer)
        else:
            self._answers.late(self._wire.boot, answer)
        with self._something:
            self._forget(sent)

    def _failed(self, batch: list[Sent], why: LinkDown) -> None:
        self._service.lost(why)
        for sent in batch:
            if sent.seq not in self._told and self._age_ms(sent) >= SAY_AFTER_MS:
                self._told.add(sent.seq)
                self._answers.waiting(sent)

    def _forget(self, sent: Sent) -> None:
        self._waiting.remove(sent)
        self._told.discard(sent.seq)

    def _age_ms(self, sent: Sent) -> int:
        return max(0, (self._wire.clock.mono_ns() - sent.mono_ns) // NS_PER_MS)

    def _live_ms(self) -> int:
        return int(self._wire.timing.scan_live_s * 1000)
