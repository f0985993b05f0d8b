"""Small things that several of the bridge's tests hold: a clock set by hand, scans, a note of lights.

One rule for the editor: nothing here waits or knows real time.
"""

from dataclasses import dataclass, field

from devices.readings import CodePresented, Reading
from devices.wire import Answer, Sent
from firmware_bridge.clock import Clock

BOOT = "0" * 31 + "1"
OTHER_BOOT = "0" * 31 + "2"


@dataclass
class Hands:
    """A clock that stands still until it is turned."""

    now_us: int = 1_800_000_000_000_000
    mono: int = 1_000_000_000_000

    @property
    def clock(self) -> Clock:
        """It, as the bridge sees it."""
        return Clock(lambda: self.now_us, lambda: self.mono)

    def turn(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self.now_us += int(seconds * 1e6)
        self.mono += int(seconds * 1e9)


@dataclass
class Noted:
    """Lights that only remember."""

    shown: list[tuple[str, Answer]] = field(default_factory=list)

    def show(self, device: str, answer: Answer) -> None:
        """Remember."""
        self.shown.append((device, answer))

    def outcomes(self) -> list[str]:
        """What was shown, in order."""
        return [answer.outcome for _, answer in self.shown]


def scan(seq: int, hands: Hands, text: str = "", reading: Reading | None = None) -> Sent:
    """A scan made now."""
    return Sent(
        seq=seq,
        device="hatch-scanner",
        observed_at_us=hands.now_us,
        mono_ns=hands.mono,
        reading=reading or CodePresented(text=text or f"X3000{seq}"),
    )
