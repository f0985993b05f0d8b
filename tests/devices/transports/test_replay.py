"""A capture played back: at its own pace, and ending as hardware does."""

from pathlib import Path

import pytest

from devices.driver import Packet
from devices.errors import Gone, NotOpened
from devices.transports.replay import open_replay

CAPTURE = """{"at_s":0,"device":"s","text":"A\\r"}
{"at_s":1,"device":"other","text":"B\\r"}
{"at_s":2,"device":"s","text":"C\\r"}
{"at_s":3,"device":"s","topic":"kit/d","text":"D","retain":true}
{"at_s":4,"device":"s","act":"unplug"}
"""


class Hands:
    """A clock that goes only when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def wait(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self.now += seconds


def test_a_capture_keeps_its_pace_and_ends_as_a_pulled_cable(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    path.write_text(CAPTURE)
    hands = Hands()
    port = open_replay(path, "s", lambda: hands.now, hands.wait)
    assert port.read(0.5) == [b"A\r"]
    assert port.read(0.5) == []
    assert hands.now == 100.5
    assert port.read(9) == [b"C\r"]
    assert hands.now == 102.0
    assert port.read(9) == [Packet("kit/d", b"D", retained=True)]
    port.kept()
    port.write(b"light")
    with pytest.raises(Gone, match="unplugged in the capture"):
        port.read(9)
    with pytest.raises(Gone, match="at its end"):
        port.read(9)
    port.close()
    assert port.written == [b"light"]


def test_a_capture_without_the_device_is_said(tmp_path: Path) -> None:
    path = tmp_path / "capture.jsonl"
    path.write_text(CAPTURE)
    with pytest.raises(NotOpened, match="nothing of device 'nobody'"):
        open_replay(path, "nobody", lambda: 0.0, lambda _s: None)
