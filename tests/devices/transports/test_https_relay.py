"""The relay in front of an evidence system: films go through it whole or not at all, and only the evidence system
says "taken" or "never"."""

import hashlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from devices.errors import NotOpened
from devices.transports import https_asking, https_relay
from devices.transports.https_asking import Asked
from devices.transports.https_relay import Relay, RelayPlan, origin_among
from tests.devices.certificates import Authority, Certified
from tests.devices.content_destination import (
    BASE,
    CAPABILITIES,
    FILM,
    KEY,
    OTHER_FILM,
    SIGN_IN,
    TOKEN,
    Controller,
    Destination,
)

CLIP = f"{BASE}/{FILM}/20261122_081525_7CF7.mkv"
BIG = bytes(range(256)) * 8000  # two megabytes: many pieces


@dataclass
class Watch:
    """Keeps what the relay tells it."""

    storage: list[str] = field(default_factory=list)
    seen: list[tuple[str, str, int]] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)

    def origin_of(self, path: str) -> str | None:
        return origin_among(self.storage, path)

    def learned(self, storage: str) -> None:
        self.storage.insert(0, storage)

    def heard(self, asked: Asked, code: int) -> None:
        self.seen.append((asked.method, asked.path, code))

    def failed(self, asked: Asked, why: str) -> None:
        self.failures.append((asked.path, why))


@dataclass
class Scene:
    """A destination, a relay before it, and a controller that knows the relay alone."""

    destination: Destination
    relay: Relay
    controller: Controller
    watch: Watch
    plan: RelayPlan


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def certified(authority: Authority) -> Certified:
    return authority.certify("relay")


@pytest.fixture(scope="module")
def standing(authority: Authority, certified: Certified) -> Iterator[Scene]:
    destination = Destination(authority.certify("destination")).start()
    plan = RelayPlan(
        host="127.0.0.1", port=0, cert_file=str(certified.cert_file), cert_key_file=str(certified.key_file),
        sign_in=destination.origin + SIGN_IN, ca_file=str(authority.ca_file), own_origin="https://relay:8443",
    )  # fmt: skip
    watch = Watch()
    relay = Relay(plan, watch)
    yield Scene(destination, relay, Controller(relay.port, authority.ca_file), watch, plan)
    relay.close()
    destination.stop()


@pytest.fixture
def scene(standing: Scene) -> Scene:
    """The standing scene, signed in, with nothing told and nothing kept."""
    standing.destination.kept.clear()
    standing.destination.asked.clear()
    standing.destination.answers = lambda _method, _path: 0
    standing.destination.storage = ""
    standing.destination.broken = 0
    assert standing.controller.sign_in() == 200
    standing.watch.seen.clear()
    standing.watch.failures.clear()
    return standing


def until(condition: object) -> None:
    for _ in range(500):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("never came")


def raw(scene: Scene, data: bytes) -> bytes:
    """What comes back for these very bytes."""
    context = ssl.create_default_context(cafile=scene.controller.ca_file)
    plain = socket.create_connection(("127.0.0.1", scene.relay.port), timeout=20)
    with context.wrap_socket(plain, server_hostname="127.0.0.1") as line:
        line.sendall(data)
        answer = b""
        while piece := line.recv(65_536):
            answer += piece
        return answer


def test_signing_in_is_the_destinations_to_judge_and_leads_back_to_the_relay(scene: Scene) -> None:
    assert scene.controller.token == TOKEN
    assert scene.controller.storage == f"https://relay:8443{BASE}"
    assert scene.watch.storage[0] == scene.destination.origin + BASE
    assert scene.controller.sign_in(key="wrong") == 401
    assert scene.watch.seen == []


def test_a_film_arrives_byte_for_byte_with_its_metadata_and_each_step_is_told(scene: Scene) -> None:
    controller, destination = scene.controller, scene.destination
    headers = {"X-Object-Meta-Startlocation": "51.38%2c0.52", "ETag": hashlib.md5(BIG).hexdigest()}
    assert controller.begin() == 201
    assert controller.ask("PUT", CLIP, headers, BIG).status == 201
    assert controller.complete() == 204
    assert destination.kept[CLIP] == BIG
    sent = {name.lower(): value for name, value in destination.asked[1][2].items()}
    assert sent["x-object-meta-startlocation"] == "51.38%2c0.52"
    assert sent["etag"] == headers["ETag"]
    assert sent["x-auth-token"] == TOKEN
    assert "relay" not in sent["host"]
    told = [("PUT", f"{BASE}/{FILM}", 201), ("PUT", CLIP, 201), ("POST", f"{BASE}/{FILM}", 204)]
    assert scene.watch.seen == told


def test_a_film_in_chunks_arrives_whole(scene: Scene) -> None:
    pieces = [BIG[:1], BIG[1:70_000], BIG[70_000:]]
    assert scene.controller.clip(iter(pieces)) == 201
    assert scene.destination.kept[CLIP] == BIG


def test_what_the_destination_can_do_is_read_through_with_its_checksum(scene: Scene) -> None:
    answer = scene.controller.ask("GET", f"{BASE}/System/Capabilities.json")
    assert (answer.status, answer.said) == (200, CAPABILITIES)  # type: ignore[attr-defined]
    assert answer.headers["ETag"] == hashlib.md5(CAPABILITIES).hexdigest()
    answer = scene.controller.ask("HEAD", f"{BASE}/System/x")
    assert (answer.status, answer.headers["Content-Length"]) == (200, "7")
    assert answer.headers["X-Object-Meta-Systemname"] == "Medway"


@pytest.mark.parametrize("code", [400, 401, 402, 403, 404, 500, 503, 507])
def test_every_refusal_of_the_destination_is_passed_on_as_it_is(scene: Scene, code: int) -> None:
    scene.destination.answers = lambda _method, _path: code
    assert scene.controller.begin() == code
    assert scene.watch.seen == [("PUT", f"{BASE}/{FILM}", code)]


def test_a_destination_that_takes_a_film_and_dies_before_it_says_so_has_not_said_so(scene: Scene) -> None:
    scene.destination.answers = lambda _method, _path: -1
    assert scene.controller.clip(BIG) == 503
    assert scene.watch.seen == []
    assert [path for path, _ in scene.watch.failures] == [CLIP]
    scene.destination.answers = lambda _method, _path: 0
    assert scene.controller.clip(BIG) == 201


def test_a_destination_that_would_lead_the_controller_elsewhere_is_not_followed(scene: Scene) -> None:
    scene.destination.answers = lambda _method, _path: 307
    assert scene.controller.begin() == 503
    for storage in ("http://elsewhere/v1/acct", "https://[elsewhere/v1/acct"):
        scene.destination.storage = storage
        assert scene.controller.sign_in() == 503


def test_a_controller_that_breaks_off_leaves_nothing_at_the_destination(scene: Scene) -> None:
    heads = (b"Content-Length: 4000000", b"Transfer-Encoding: chunked")
    bodies = (BIG, b"1E8480\r\n" + BIG)
    for broken, (head, body) in enumerate(zip(heads, bodies, strict=True), start=1):
        connection = scene.controller.connection()
        connection.connect()
        token = f"X-Auth-Token: {TOKEN}\r\n".encode()
        connection.sock.sendall(
            b"PUT %b HTTP/1.1\r\nHost: x\r\n%b%b\r\n\r\n%b" % (CLIP.encode(), token, head, body)
        )
        connection.sock.close()
        until(lambda: scene.destination.broken == broken)  # noqa: B023
    assert scene.destination.kept == {}
    assert scene.watch.seen == []


def test_a_request_at_no_known_address_is_asked_to_sign_in_again(scene: Scene) -> None:
    assert scene.controller.ask("PUT", f"/v1/other/{FILM}").status == 401
    assert scene.controller.ask("PUT", f"{BASE}x/{FILM}").status == 401
    assert scene.destination.asked == []


HOST = b"HTTP/1.1\r\nHost: x\r\n"
PUT = f"PUT {CLIP} ".encode() + HOST


@pytest.mark.parametrize(
    "data",
    [
        PUT + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        PUT + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        PUT + b"Content-Length: +4\r\n\r\nabcd",
        PUT + b"Content-Length: 9999999999999999999\r\n\r\n",
        PUT + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        PUT + b"X-Filler: a\r\n" * 150 + b"\r\n",
        PUT + b"X-Filler: " + b"a" * 70_000 + b"\r\n\r\n",
        b"PUT " + b"/a" * 40_000 + b" " + HOST + b"\r\n",
        f"DELETE {CLIP} ".encode() + HOST + b"\r\n",
        f"COPY {CLIP} ".encode() + HOST + b"\r\n",
        b"\x16\x03\x01 nonsense\r\n\r\n",
    ],
    ids=[
        "two-framings",
        "two-lengths",
        "signed",
        "huge",
        "coding",
        "headers",
        "header",
        "path",
        "delete",
        "copy",
        "noise",
    ],
)
def test_what_is_not_understood_or_not_allowed_is_answered_not_now_and_reaches_nobody(
    scene: Scene, data: bytes
) -> None:
    scene.destination.kept[CLIP] = b"film"
    assert raw(scene, data).startswith(b"HTTP/1.1 503 ")
    assert scene.destination.asked == []
    assert scene.destination.kept[CLIP] == b"film"


def test_a_controller_that_asks_first_is_told_to_go_on_only_when_the_destination_is_reached(
    scene: Scene,
) -> None:
    connection = scene.controller.connection()
    connection.connect()
    head = PUT + f"X-Auth-Token: {TOKEN}\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n".encode()
    connection.sock.sendall(head)
    assert connection.sock.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.sock.sendall(b"film")
    assert connection.sock.recv(65_536).startswith(b"HTTP/1.1 201 ")
    connection.close()
    unasked = head.replace(b"Expect: 100-continue", b"Connection: close")
    assert raw(scene, unasked + b"film").startswith(b"HTTP/1.1 201 ")
    scene.watch.storage.insert(0, "https://127.0.0.1:1/v1.0/gone")
    gone = head.replace(BASE.encode(), b"/v1.0/gone")
    assert raw(scene, gone).startswith(b"HTTP/1.1 503 ")


def test_two_controllers_write_at_once_and_neither_film_holds_a_byte_of_the_other(scene: Scene) -> None:
    films = {FILM: BIG, OTHER_FILM: BIG[::-1]}
    codes: dict[str, list[int]] = {}

    def write(film: str) -> None:
        controller = replace(scene.controller)
        codes[film] = [controller.begin(film), controller.clip(films[film], film), controller.complete(film)]

    threads = [threading.Thread(target=write, args=(film,)) for film in films]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert codes == {film: [201, 201, 204] for film in films}
    kept = {film: scene.destination.kept[f"{BASE}/{film}/20261122_081525_7CF7.mkv"] for film in films}
    assert kept == films


def test_a_destination_with_a_certificate_of_another_authority_is_not_spoken_to(
    scene: Scene, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "another authority")
    relay = Relay(replace(scene.plan, ca_file=str(other.ca_file)), Watch())
    controller = Controller(relay.port, scene.controller.ca_file)
    assert controller.sign_in() == 503
    assert controller.token == ""
    relay.close()


def test_a_stranger_and_one_too_many_are_closed_upon(scene: Scene) -> None:
    strict = Relay(replace(scene.plan, clients=frozenset({"192.0.2.1"})), Watch())
    with pytest.raises(OSError):
        Controller(strict.port, scene.controller.ca_file).sign_in()
    strict.close()
    narrow = Relay(replace(scene.plan, connections_max=1), Watch())
    held = socket.create_connection(("127.0.0.1", narrow.port))
    controller = Controller(narrow.port, scene.controller.ca_file)
    with pytest.raises(OSError):
        controller.sign_in()
    held.close()
    until(lambda: _signed_in(controller))
    narrow.close()


def _signed_in(controller: Controller) -> bool:
    try:
        return controller.sign_in(KEY) == 200
    except (OSError, http.client.HTTPException):
        return False


@pytest.mark.parametrize(
    "head", [b"PUT /v1.0/abc", PUT + f"X-Auth-Token: {TOKEN}\r\nContent-Length: 9999\r\n\r\n".encode()]
)
def test_who_sends_a_head_or_a_film_drop_by_drop_is_closed_upon(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(https_relay, "HEAD_S", 0.3)
    connection = scene.controller.connection()
    connection.connect()
    monkeypatch.setattr(https_relay, "PIECE_S", 0.3)
    connection.sock.sendall(head)
    with pytest.raises(OSError):
        for _ in range(1000):
            connection.sock.sendall(b"x")
            time.sleep(0.01)
    connection.close()
    assert scene.destination.kept == {}


def test_a_destination_that_never_answers_has_not_taken_the_film(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    awake = threading.Event()
    scene.destination.answers = lambda _method, _path: 503 if awake.wait(20) else 0
    monkeypatch.setattr(https_asking, "ANSWER_S", 0.2)
    assert scene.controller.clip(b"film") == 503
    awake.set()
    assert scene.watch.seen == []


def test_a_refusal_that_comes_before_the_end_of_a_film_is_passed_on(scene: Scene) -> None:
    """The destination may answer to a head alone; the controller is still heard out, so that it hears the answer."""
    scene.watch.storage.insert(0, "https://127.0.0.1:1/v1.0/gone")
    film = CLIP.replace(BASE, "/v1.0/gone")
    assert scene.controller.ask("PUT", film, {}, BIG * 7).status == 503


@pytest.mark.parametrize(("said", "passed_on"), [(b"201 Created", 503), (b"400 Bad Request", 400)])
def test_a_destination_that_answers_to_half_a_film_can_refuse_it_but_has_not_taken_it(
    scene: Scene, certified: Certified, said: bytes, passed_on: int
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certified.cert_file, certified.key_file)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer_at_once() -> None:
        line = context.wrap_socket(listener.accept()[0], server_side=True)
        line.recv(100)
        line.sendall(b"HTTP/1.1 %b\r\nContent-Length: 0\r\n\r\n" % said)
        line.shutdown(socket.SHUT_RDWR)
        line.close()

    thread = threading.Thread(target=answer_at_once)
    thread.start()
    scene.watch.storage.insert(0, f"https://127.0.0.1:{listener.getsockname()[1]}/v1.0/hasty")
    film = CLIP.replace(BASE, "/v1.0/hasty")
    assert scene.controller.ask("PUT", film, {}, BIG * 7).status in (passed_on, 503)
    thread.join(20)
    listener.close()


def test_who_connects_and_says_nothing_keeps_nobody_waiting(scene: Scene) -> None:
    with socket.create_connection(("127.0.0.1", scene.relay.port)):
        assert scene.controller.sign_in() == 200


def test_a_relay_that_is_stopped_ends_what_is_under_way_and_the_film_is_not_taken(scene: Scene) -> None:
    relay = Relay(scene.plan, scene.watch)
    connection = Controller(relay.port, scene.controller.ca_file).connection()
    connection.connect()
    connection.sock.sendall(PUT + f"X-Auth-Token: {TOKEN}\r\nContent-Length: 9\r\n\r\nfilm".encode())
    relay.close()
    with pytest.raises((OSError, http.client.HTTPException)):
        http.client.HTTPResponse(connection.sock).begin()
    connection.close()
    assert not relay.is_alive()
    assert scene.destination.kept == {}


def test_a_relay_that_cannot_listen_says_why(scene: Scene, tmp_path: Path) -> None:
    with pytest.raises(NotOpened, match="cannot listen"):
        Relay(replace(scene.plan, port=scene.relay.port), Watch())
    with pytest.raises(NotOpened, match="none"):
        Relay(replace(scene.plan, cert_file=str(tmp_path / "none.pem")), Watch())


def test_the_longest_storage_address_that_fits_says_where_a_thing_is_kept() -> None:
    storage = ["https://b/v1/acct", "https://a/v1", "https://c"]
    assert origin_among(storage, "/v1/acct/Devices") == "https://b"
    assert origin_among(storage, "/v1/accts/Devices") == "https://a"
    assert origin_among(storage, "/v2/Devices") == "https://c"
    assert origin_among(storage[:2], "/v2/Devices") is None
