"""What becomes of a scan: the service's answer is journalled, and shown while the person still stands there.

One rule for the editor: nothing here invents a green. Our own words (NO_ANSWER, GIVEN_UP, NOT_KEPT,
REJECTED) are amber or red, and only an answer of the service itself can light green.
"""

from typing import Protocol

from devices.wire import Answer, Sent
from firmware_bridge.clock import Clock
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.journal import Journal
from firmware_bridge.told import Told

NO_ANSWER_SENTENCE = "No answer from the service yet. Please wait."
GIVEN_UP_SENTENCE = "No answer from the service. Look at the screen, then scan again."
NOT_KEPT_SENTENCE = "This reader cannot record. Nothing was scanned; call the storekeeper."
REJECTED_SENTENCE = "The service could not take this scan. Scan again, or type the number."


class Showing(Protocol):
    """Whatever shows an answer: `firmware_bridge.feedback.Lights`."""

    def show(self, device: str, answer: Answer) -> None:
        """Show `answer` at the lights of `device`; never waits."""
        ...


class Answers:
    """Journals each answer and lights the lights. For several threads."""

    def __init__(self, journal: Journal, lights: Showing, clock: Clock) -> None:
        self._journal = journal
        self._lights = lights
        self._clock = clock
        self._disk = Told("scan journal")

    def live(self, boot: str, sent: Sent, answer: Answer) -> None:
        """The service answered in time: record it, then show it."""
        self._record(boot, answer)
        self._lights.show(sent.device, answer)

    def late(self, boot: str, answer: Answer) -> None:
        """The service answered when the person had gone: record it, and show nothing."""
        self._record(boot, answer)

    def waiting(self, sent: Sent) -> None:
        """The first attempts failed: tell the person that it takes longer."""
        self._lights.show(sent.device, _ours(sent.seq, "NO_ANSWER", "amber", NO_ANSWER_SENTENCE))

    def given_up(self, sent: Sent) -> None:
        """The scan is too old to be decided."""
        self._lights.show(sent.device, _ours(sent.seq, "GIVEN_UP", "red", GIVEN_UP_SENTENCE))

    def not_kept(self, device: str, why: KeepingRefused) -> None:
        """The journal would not take the scan, so it was not seen."""
        self._disk.lost(why)
        self._lights.show(device, _ours(0, "NOT_KEPT", "red", NOT_KEPT_SENTENCE))

    def _record(self, boot: str, answer: Answer) -> None:
        try:
            self._journal.answered(boot, answer, self._clock.wall_us())
            self._disk.good()
        except KeepingRefused as why:
            # The scan is on disk without its answer: after a restart it is asked for again under the same
            # key, and the service repeats what it said.
            self._disk.lost(why)


def rejected(seq: int) -> Answer:
    """Our word for a scan that the service will not have."""
    return _ours(seq, "REJECTED", "red", REJECTED_SENTENCE)


def _ours(seq: int, outcome: str, light: str, sentence: str) -> Answer:
    return Answer(seq=seq, outcome=outcome, light="red" if light == "red" else "amber", sentence=sentence)
