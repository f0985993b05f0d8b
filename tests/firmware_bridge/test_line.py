"""The line to the service: every way it can misbehave ends in time, with a word about what to do."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge.errors import LinkDown, Rejected
from firmware_bridge.line import COMMANDS_PATH, READINGS_PATH, Line, Service, read_key
from tests.firmware_bridge.stub_service import StubService

GOOD = (
    b'{"boot":"00000000000000000000000000000001","stream":"scan","sent":[{"seq":1,"device":"s",'
    b'"observed_at_us":1,"mono_ns":1,"reading":{"type":"code","text":"X3"}}]}'
)


@pytest.fixture
def line(service: StubService) -> Iterator[Line]:
    """A line to the stub."""
    line = Line(Service(service.url, lambda: "test-key"))
    yield line
    line.close()


@contextmanager
def answering(answer: bytes, *, drips: bool = False) -> Iterator[str]:
    """A server that answers every connection with these bytes, whatever they are, and may then drip."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    asked = b""
                    while not asked.endswith(b"{}"):
                        asked += connection.recv(65_536)
                    connection.sendall(answer)
                    while drips:
                        connection.sendall(b"x")
                        time.sleep(0.05)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_one_connection_serves_many_posts(service: StubService, line: Line) -> None:
    for _ in range(5):
        assert b'"answers"' in line.post(READINGS_PATH, GOOD, 5)
    assert service.connections == 1


def test_a_question_that_waits_may_follow_a_short_one_on_its_connection(service: StubService, line: Line) -> None:
    """The wait of the first post stayed with the connection, and cut every longer one short."""
    service.tell()
    line.post(READINGS_PATH, GOOD, 2)
    waits = b'{"boot":"00000000000000000000000000000001","have":[],"wait_ms":2300}'
    assert b'"commands"' in line.post(COMMANDS_PATH, waits, 10)
    assert service.connections == 1


def test_a_connection_that_the_service_let_go_is_opened_again(service: StubService, line: Line) -> None:
    line.post(READINGS_PATH, GOOD, 5)
    service.stop()
    service.start()
    assert line.post(READINGS_PATH, GOOD, 5)


def test_a_service_that_is_away_is_said_with_its_address(service: StubService, line: Line) -> None:
    service.stop()
    with pytest.raises(LinkDown, match="refused"):
        line.post(READINGS_PATH, GOOD, 5)


@pytest.mark.parametrize("mode", ["deaf", "drip"])
def test_a_service_that_hangs_or_drips_is_given_up_in_time(
    service: StubService, line: Line, mode: str
) -> None:
    service.mode = mode
    with pytest.raises(LinkDown, match=r"no answer within 0\.3 s"):
        line.post(READINGS_PATH, GOOD, 0.3)


def test_after_a_hang_the_line_is_good_again(service: StubService, line: Line) -> None:
    service.mode = "deaf"
    with pytest.raises(LinkDown):
        line.post(READINGS_PATH, GOOD, 0.2)
    service.mode = "well"
    assert line.post(READINGS_PATH, GOOD, 5)


def test_a_post_under_way_can_be_ended_from_another_thread(service: StubService, line: Line) -> None:
    service.mode = "deaf"
    threading.Timer(0.2, line.cancel).start()
    with pytest.raises(LinkDown):
        line.post(READINGS_PATH, GOOD, 60)
    with pytest.raises(LinkDown, match="stopping"):
        line.post(READINGS_PATH, GOOD, 60)


@pytest.mark.parametrize("code", [500, 502, 503, 429, 301])
def test_an_answer_that_may_change_means_later(service: StubService, line: Line, code: int) -> None:
    service.refuses = lambda _delivery: code
    with pytest.raises(LinkDown, match=f"answered {code}: Refused: as the test asked"):
        line.post(READINGS_PATH, GOOD, 5)


def test_an_answer_that_will_not_change_says_what_is_wrong(line: Line) -> None:
    with pytest.raises(Rejected) as refused:
        line.post(READINGS_PATH, b"{}", 5)
    assert refused.value.code == 400
    assert "missing required field" in refused.value.reason


def test_a_rotated_key_is_read_without_a_restart(service: StubService) -> None:
    keys = ["old-key"]
    line = Line(Service(service.url, lambda: keys[0]))
    with pytest.raises(Rejected, match="unknown key"):
        line.post(READINGS_PATH, GOOD, 5)
    keys[0] = "test-key"
    assert line.post(READINGS_PATH, GOOD, 5)
    line.close()


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not http at all\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
def test_nonsense_in_place_of_an_answer_means_later(answer: bytes) -> None:
    with answering(answer) as url, pytest.raises(LinkDown):
        Line(Service(url, lambda: "k")).post("/x", b"{}", 1)


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    flood = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * (5 << 20)
    with answering(flood) as url, pytest.raises(LinkDown, match="longer than"):
        Line(Service(url, lambda: "k")).post("/x", b"{}", 10)


def test_a_service_that_will_close_and_drips_is_given_up_in_time_too() -> None:
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    with answering(head, drips=True) as url, pytest.raises(LinkDown, match=r"no answer within 0\.3 s"):
        Line(Service(url, lambda: "k")).post("/x", b"{}", 0.3)


def test_a_line_ended_while_it_connects_posts_nothing(
    line: Line, service: StubService, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = http.client.HTTPConnection.connect

    def end_then_connect(connection: http.client.HTTPConnection) -> None:
        line.cancel()
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", end_then_connect)
    with pytest.raises(LinkDown, match="stopping"):
        line.post(READINGS_PATH, GOOD, 60)
    assert service.deliveries == []


@pytest.mark.parametrize("text", ["", "two words", "käy", "x" * 600, "a\nb"])
def test_a_key_file_must_hold_one_key(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(LinkDown, match="key"):
        read_key(tmp_path / "key")


def test_a_key_file_may_end_in_a_line_end(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("abc-123\n")
    assert read_key(tmp_path / "key") == "abc-123"


def test_a_service_may_live_under_a_path(service: StubService) -> None:
    assert Service("https://force.example/kit/", lambda: "k").path("/api/v1/x") == "/kit/api/v1/x"
