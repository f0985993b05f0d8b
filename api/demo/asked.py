"""What was asked of the demo on its command line.

One rule for the editor: plain values only; nothing here opens, starts or reads anything.
"""

from dataclasses import dataclass
from pathlib import Path

EVERYWHERE = "0.0.0.0"  # noqa: S104 - compared with, never listened on unless asked for


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of `kitstore demo`; `people` 0 is everybody, `shift` "" the one that the hatch proposes."""

    folder: Path
    host: str
    port: int
    speed: float
    people: int
    shift: str
    play: bool
    stand_in: bool
    offset_days: int

    @property
    def near(self) -> str:
        """The host to connect to from this machine."""
        return "127.0.0.1" if self.host == EVERYWHERE else self.host

    @property
    def address(self) -> str:
        """The service's address."""
        return f"http://{self.near}:{self.port}"
