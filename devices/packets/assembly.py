"""One scan out of one packet or several, each of which may have been sent twice.

    F3 "]d201..." more      F3 "...21S1"          two packets, one scan
    F3 "X30001234"          F3 "X30001234" again  our acknowledgement was lost: one scan, acknowledged twice

One rule for the editor: a scan that may lack a piece is given up whole, and none is told twice. Which of two
equal packets is a second scan and which a repetition, only their order tells; so every packet passes here.
"""

from collections.abc import Callable
from typing import NamedTuple

from devices.framing import FRAME_BYTES_MAX
from devices.packets.ssi import SsiPacket

REPEAT_S = 10.0
"""How long after a packet its repetition may come: a scanner tries three times, two seconds apart."""

REST_S = 2.5
"""How long the rest of a scan may be away: a scanner that waits for its acknowledgement repeats after two
seconds, and what comes later may be another scan."""

INCOMPLETE = "INCOMPLETE"
RESYNC = "RESYNC"
TOO_LONG = "TOO_LONG"

FAULTS = {
    INCOMPLETE: "A packet of this scan did not arrive. Scan again.",
    RESYNC: "These bytes came too late to be the rest of a scan. Scan again.",
    TOO_LONG: f"The scan has more than {FRAME_BYTES_MAX} bytes; its first bytes are kept.",
}


class Scan(NamedTuple):
    """A scan's data, the bytes that carried it, and why it was given up, if it was."""

    data: bytes
    frame: bytes
    fault: str = ""


class Assembly:
    """Puts packets of scanned data together. `data_of` gives what a packet adds to the scan.

    `repeated` counts packets that had been taken before.
    """

    def __init__(self, data_of: Callable[[SsiPacket], bytes]) -> None:
        self._data_of = data_of
        self._data = bytearray()
        self._frame = bytearray()
        self._open = False
        self._fault = ""
        self._last: SsiPacket | None = None
        self._last_s = 0.0
        self._missed = False
        self._cut_s: float | None = None
        self.repeated = 0

    def take(self, packet: SsiPacket, frame: bytes, at_s: float) -> Scan | None:
        """The scan that `packet` completes, if it does."""
        if self._is_repetition(packet, at_s):
            self.repeated += 1
            self._last_s = at_s
            return None
        self._judge(packet, at_s)
        self._last, self._last_s = packet._replace(again=False), at_s
        self._missed, self._cut_s = False, None
        self._add(self._data_of(packet), frame)
        self._open = packet.more
        return None if packet.more else self._give_up()

    def missed(self, is_new_scan: bool) -> None:
        """Bytes came that are no packet. `is_new_scan`: they look like scanned data sent for the first time, so
        the repetition that follows is not one of the packet before them."""
        self._missed = True if is_new_scan else self._missed

    def tick(self, at_s: float) -> Scan | None:
        """Time has come to `at_s`: a scan whose rest is too long away is given up."""
        if not self._open or at_s - self._last_s < REST_S:
            return None
        self._open, self._fault, self._cut_s = False, INCOMPLETE, at_s
        return self._give_up()

    def _is_repetition(self, packet: SsiPacket, at_s: float) -> bool:
        return (
            packet.again
            and packet._replace(again=False) == self._last
            and not self._missed
            and self._cut_s is None
            and at_s - self._last_s < REPEAT_S
        )

    def _judge(self, packet: SsiPacket, at_s: float) -> None:
        """Find what is wrong with the order of things, before the packet is taken."""
        if self._open and self._missed and not packet.again:
            self._fault = INCOMPLETE
        if not self._open and packet.again and self._cut_s is not None and at_s - self._cut_s < REPEAT_S:
            self._fault = RESYNC

    def _add(self, data: bytes, frame: bytes) -> None:
        room = FRAME_BYTES_MAX - len(self._data)
        if len(data) > room:
            self._fault = self._fault or TOO_LONG
        self._data += data[:room]
        self._frame += frame[: FRAME_BYTES_MAX - len(self._frame)]

    def _give_up(self) -> Scan:
        scan = Scan(bytes(self._data), bytes(self._frame), self._fault)
        self._data.clear()
        self._frame.clear()
        self._fault = ""
        return scan
