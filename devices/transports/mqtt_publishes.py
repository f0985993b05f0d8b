"""Publishes of ours: that they leave at once, and which answer of the broker belongs to which.

One rule for the editor: the lock is held for nothing but the two tables; paho calls with its own locks held.
"""

import socket
import threading
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from paho.mqtt.client import Client
from paho.mqtt.reasoncodes import ReasonCode


class Answer(NamedTuple):
    """The broker's answer to what was published on `topic`."""

    topic: str
    code: ReasonCode


@dataclass(slots=True)
class Answers:
    """Which answer belongs to which topic: an answer may come before `publish` has said its number."""

    _topics: dict[int, str] = field(default_factory=dict)
    _early: dict[int, ReasonCode] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, mid: int, topic: str) -> Answer | None:
        """A message went out under this number."""
        with self._lock:
            code = self._early.pop(mid, None)
            if code is None:
                self._topics[mid] = topic
                return None
            return Answer(topic, code)

    def came(self, mid: int, code: ReasonCode) -> Answer | None:
        """An answer to this number came."""
        with self._lock:
            topic = self._topics.pop(mid, None)
            if topic is None:
                self._early[mid] = code
                return None
            return Answer(topic, code)

    def forget(self) -> None:
        """Nothing more will be answered."""
        with self._lock:
            self._topics.clear()
            self._early.clear()


def at_once(_client: Client, _data: object, line: Any) -> None:
    """Send small packets when they are made. Otherwise an answer waits behind an acknowledgement until the other side
    has acknowledged that in turn: 44 ms for each delivery, measured on the loopback (RFC 896 and RFC 1122 4.2.3.2)."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
