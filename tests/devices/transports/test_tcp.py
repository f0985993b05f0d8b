"""Devices on the network: every way a connection dies is said in one way, and addresses are judged beforehand."""

import socket
import threading
from collections.abc import Iterator

import pytest

from devices.errors import Gone, NotConfigured, NotOpened
from devices.transports.tcp import Address, TcpPort, open_tcp, read_address


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something that listens, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def dialled(listener: socket.socket) -> tuple[TcpPort, socket.socket]:
    """Both ends of a connection."""
    port = open_tcp(f"tcp:127.0.0.1:{listener.getsockname()[1]}")
    return port, listener.accept()[0]


@pytest.mark.parametrize(("port", "address"), [
    ("tcp:reader.example", Address("reader.example", 5084)),
    ("tcp:192.0.2.7:5085", Address("192.0.2.7", 5085)),
    ("tcp:[2001:db8::7]:1", Address("2001:db8::7", 1)),
])  # fmt: skip
def test_an_address_is_a_host_and_a_port_5084_where_none_is_said(port: str, address: Address) -> None:
    assert read_address(port) == address
    assert read_address(str(address)) == address


@pytest.mark.parametrize(
    "port", ["tcp:", "192.0.2.7", "tcp:a:0", "tcp:a:65536", "tcp:a:", "tcp:[x]", "tcp:a b", "tcp:a/b"]
)
def test_what_is_no_address_is_named(port: str) -> None:
    with pytest.raises(NotConfigured, match="expected an address"):
        read_address(port)


def test_bytes_go_both_ways_and_silence_is_no_end(listener: socket.socket) -> None:
    port, far = dialled(listener)
    with far:
        assert port.read(0.01) == []
        far.sendall(b"tags")
        assert port.read(5) == [b"tags"]
        port.write(b"ack")
        assert far.recv(9) == b"ack"
        port.kept()
        port.close()
        port.close()
        assert far.recv(9) == b""


@pytest.mark.parametrize("how", ["closed", "reset"])
def test_a_reader_that_goes_away_is_gone(listener: socket.socket, how: str) -> None:
    port, far = dialled(listener)
    if how == "reset":
        far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far.close()
    with pytest.raises(Gone, match=r"tcp:127\.0\.0\.1"):
        port.read(5)
    with pytest.raises(Gone, match="takes nothing"):
        while True:
            port.write(b"x" * 65_536)
    port.close()


def test_a_reader_that_takes_nothing_is_gone(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.transports.tcp.WRITE_S", 0.05)
    port, far = dialled(listener)
    with far, pytest.raises(Gone, match=r"takes nothing \(timed out\)"):
        while True:
            port.write(b"x" * 65_536)
    port.close()


def test_closing_from_another_thread_ends_a_read(listener: socket.socket) -> None:
    port, far = dialled(listener)
    ended: list[str] = []

    def read() -> None:
        try:
            port.read(30)
        except Gone as error:
            ended.append(str(error))

    thread = threading.Thread(target=read)
    thread.start()
    port.close()
    thread.join(10)
    assert len(ended) == 1
    far.close()


def test_a_port_that_nobody_listens_on_is_missing(listener: socket.socket) -> None:
    address = f"tcp:127.0.0.1:{listener.getsockname()[1]}"
    listener.close()
    with pytest.raises(NotOpened, match="nothing listens") as refused:
        open_tcp(address)
    assert refused.value.word == "MISSING"


@pytest.mark.parametrize("host", ["no-such-reader.example", "a" * 64])
def test_a_name_that_nobody_has_is_said(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    real = socket.getaddrinfo

    def look_up(name: str, *more: object) -> object:
        if name == "no-such-reader.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return real(name, *more)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(NotOpened, match="no machine has that name"):
        open_tcp(f"tcp:{host}")


def test_a_machine_that_does_not_answer_is_given_up() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = f"tcp:127.0.0.1:{full.getsockname()[1]}"
        held = [socket.socket() for _ in range(3)]  # its queue is full: the kernel answers nobody any more
        for one in held:
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        with pytest.raises(NotOpened, match="cannot be reached"):
            open_tcp(address, 0.05)
        for one in held:
            one.close()
