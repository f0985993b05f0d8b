"""From a controller's requests to what the service is told: noted before the answer, and never in a film's way."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from devices.docks.camera_book import BookLine, read_line
from devices.readings import BayReported
from devices.transports.https_asking import Asked
from firmware_bridge.clock import SYSTEM, US_PER_S
from firmware_bridge.relay import Notebook, certificate_end_us, run_relay, written_of
from firmware_bridge.relay_settings import load_relay
from tests.devices.certificates import Authority
from tests.devices.content_destination import BASE, FILM, OTHER_FILM, SIGN_IN, Controller, Destination
from tests.firmware_bridge.bridge_process import PATIENCE_S, BridgeFolder, until
from tests.firmware_bridge.stub_service import StubService
from tests.leash import leash

ROOT = Path(__file__).parents[2]
STORAGE = "https://dems.example/v1/acct"
PUT = Asked("PUT", f"/v1/acct/{FILM}", (("X-Container-Meta-Status", "Transferring"),))
COMPLETE = Asked("POST", f"/v1/acct/{FILM}", (("X-Container-Meta-Status", "Complete"),))
NOW_US = 1_795_334_130_000_000
Make = Callable[[Path], Notebook]
OPEN = {"ACCC8EF00001": ("20261122T081530Z",)}


def book_in(path: Path) -> BookLine:
    return read_line(path.read_bytes())


def open_films(path: Path) -> dict[str, tuple[str, ...]]:
    """What a book says is on its way; nothing while there is no book."""
    return {it.serial: it.open for it in book_in(path).cameras if it.open} if path.exists() else {}


@pytest.fixture
def notebook() -> Iterator[Callable[[Path], Notebook]]:
    """Makes notebooks that keep on until the end of the test."""
    made: list[Notebook] = []

    def make(path: Path) -> Notebook:
        made.append(Notebook(path, wall_us=lambda: NOW_US, beat_s=0.02))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.close()


# ---- the book ----------------------------------------------------------------------------------------------


def test_what_was_heard_is_on_disk_when_hearing_returns_and_after_a_restart(
    notebook: Make, tmp_path: Path
) -> None:
    path = tmp_path / "cameras.json"
    first = notebook(path)
    first.learned(STORAGE)
    first.heard(PUT, 201)
    assert open_films(path) == OPEN
    first.close()
    assert path.stat().st_mode & 0o007 == 0
    second = notebook(path)
    assert second.origin_of(PUT.path) == "https://dems.example"
    second.heard(COMPLETE, 204)
    assert open_films(path) == {}


def test_a_film_that_was_not_taken_is_noted_until_one_is(notebook: Make, tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    noting = notebook(path)
    noting.learned(STORAGE)
    noting.failed(PUT, "https://dems.example: connection refused")
    line = book_in(path)
    assert (line.trouble, line.trouble_us) == ("https://dems.example: connection refused", NOW_US)
    noting.heard(PUT, 507)
    assert book_in(path).trouble == line.trouble
    noting.heard(PUT, 201)
    assert book_in(path).trouble == ""


def test_the_end_of_the_relays_certificate_is_in_its_book(tmp_path: Path) -> None:
    certified = Authority(tmp_path).certify("relay")
    ends_us = certificate_end_us(certified.cert_file)
    now_us = SYSTEM.wall_us()
    assert now_us < ends_us < now_us + 2 * 86_400 * US_PER_S
    Notebook(tmp_path / "cameras.json", ends_us)
    assert book_in(tmp_path / "cameras.json").certificate_us == ends_us
    assert certificate_end_us(certified.key_file) == 0


def test_a_request_below_no_storage_writes_nothing() -> None:
    assert written_of(PUT, ()) is None
    written = written_of(PUT, ("https://a/v2", STORAGE))
    assert written is not None
    assert (written.container, written.said) == (FILM, {"status": "Transferring"})


def test_a_book_that_nothing_changes_is_written_again_and_again(notebook: Make, tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    notebook(path)
    first = path.stat().st_ino
    until(lambda: path.stat().st_ino != first, "another book")


def test_a_book_that_cannot_be_read_is_put_aside_and_a_new_one_begun(notebook: Make, tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    path.write_text("half a bo")
    notebook(path)
    assert book_in(path).cameras == ()
    assert (tmp_path / "cameras.json.unreadable").read_text() == "half a bo"


def test_a_disk_that_takes_nothing_holds_up_no_answer_and_the_book_follows_when_it_does(
    notebook: Make, tmp_path: Path
) -> None:
    folder = tmp_path / "away"
    folder.mkdir()
    path = folder / "cameras.json"
    noting = notebook(path)
    noting.learned(STORAGE)
    folder.rename(tmp_path / "gone")
    noting.heard(PUT, 201)
    (tmp_path / "gone").rename(folder)
    until(lambda: open_films(path) == OPEN, "the film in the book")


def test_a_disk_that_hangs_holds_up_an_answer_for_a_moment_only(
    notebook: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, freed = tmp_path / "cameras.json", threading.Event()
    noting = notebook(path)
    noting.learned(STORAGE)
    monkeypatch.setattr("firmware_bridge.relay.NOTE_S", 0.05)
    monkeypatch.setattr("firmware_bridge.relay.os.fsync", lambda _file: freed.wait(20))
    noting.heard(PUT, 201)
    assert "went back before it was noted" in caplog.text
    freed.set()
    until(lambda: open_films(path) == OPEN, "the film in the book")


# ---- the whole of it ---------------------------------------------------------------------------------------


@dataclass
class RelayFolder:
    """A configured relay before a destination."""

    folder: Path
    destination: Destination
    authority: Authority

    def __post_init__(self) -> None:
        certified = self.authority.certify("relay-process")
        (self.folder / "relay.toml").write_text(
            f'''listen = "127.0.0.1:0"
address = "https://127.0.0.1:8443"
cert_file = "{certified.cert_file}"
cert_key_file = "{certified.key_file}"
destination = "{self.destination.origin}{SIGN_IN}"
destination_ca_file = "{self.authority.ca_file}"
'''
        )

    @property
    def book(self) -> Path:
        return self.folder / "cameras.json"


@pytest.fixture
def relay_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RelayFolder]:
    folder = tmp_path_factory.mktemp("relay")
    authority = Authority(folder)
    destination = Destination(authority.certify("destination")).start()
    yield RelayFolder(folder, destination, authority)
    destination.stop()


@dataclass
class RelayProcess:
    """A real `kit-bridge relay`, in a process of its own."""

    at: RelayFolder
    fault: str = ""

    def __post_init__(self) -> None:
        self.log = self.at.folder / f"log-{self.fault or 'well'}"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*leash(), sys.executable, "-m", "firmware_bridge", "relay", "-c", "relay.toml"],
                cwd=self.at.folder,
                env={**os.environ, "KIT_FAULT_POINT": self.fault, "PYTHONPATH": str(ROOT)},
                stderr=log,
                stdout=log,
            )
        until(lambda: "(port " in self.log.read_text(), "the relay listening")

    def controller(self) -> Controller:
        port = int(self.log.read_text().partition("(port ")[2].partition(")")[0])
        controller = Controller(port, self.at.authority.ca_file)
        assert controller.sign_in() == 200
        return controller

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_S)


STATION = """[[station]]
device = "axis-films"
driver = "axis-body-worn"
port = "{}"
options = {{ quiet_s = 0 }}
"""


def test_killed_before_the_answer_the_controller_asks_again_and_the_service_is_told_once(
    relay_folder: RelayFolder, bridge_folder: Callable[..., BridgeFolder], service: StubService
) -> None:
    def told() -> list[tuple[str, str | None, str, int | None, bool | None]]:
        bays = [it.reading for it in service.observations() if isinstance(it.reading, BayReported)]
        return [(it.dock, it.serial, it.word, it.files_pending, it.present) for it in bays]

    uploading = ("axis-films", "ACCC8EF00001", "UPLOADING", 1, None)
    killed = RelayProcess(relay_folder, fault="after_book:2")
    controller = killed.controller()
    with pytest.raises(OSError):
        controller.begin()
    assert killed.process.wait(PATIENCE_S) == -9
    assert open_films(relay_folder.book) == OPEN

    relay = RelayProcess(relay_folder)
    bridge = bridge_folder(more=STATION.format(relay_folder.book))
    bridge.start()
    until(lambda: told() == [uploading], "the upload that was noted before the kill")
    again = relay.controller()
    assert [again.begin(), again.clip(b"film"), again.complete()] == [201, 201, 204]
    until(lambda: len(told()) == 2, "the end of the upload")
    assert told() == [uploading, ("axis-films", "ACCC8EF00001", "UNKNOWN", 0, None)]
    assert relay_folder.destination.kept[f"{BASE}/{FILM}/20261122_081525_7CF7.mkv"] == b"film"
    assert bridge.stop() == 0
    assert relay.stop() == 0
    secrets = (again.token, "a key with spaces", FILM.partition("_")[0])
    assert not any(secret in relay.log.read_text() + relay_folder.book.read_text() for secret in secrets)


@dataclass
class RelayInside:
    """A relay in this process, on a thread."""

    at: RelayFolder
    log: pytest.LogCaptureFixture
    stop: threading.Event = field(default_factory=threading.Event)
    ended: list[bool] = field(default_factory=list)

    def __enter__(self) -> "RelayInside":
        settings = load_relay(self.at.folder / "relay.toml")
        self.thread = threading.Thread(target=lambda: self.ended.append(run_relay(settings, self.stop)))
        self.thread.start()
        until(lambda: "(port " in self.log.text, "the relay listening")
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(PATIENCE_S)

    def controller(self, authority: Authority | None = None) -> Controller:
        port = int(self.log.text.partition("(port ")[2].partition(")")[0])
        return Controller(port, (authority or self.at.authority).ca_file)


def test_two_controllers_are_noted_side_by_side_and_a_stop_ends_the_relay(
    relay_folder: RelayFolder, caplog: pytest.LogCaptureFixture
) -> None:
    with RelayInside(relay_folder, caplog) as relay:
        for film in (FILM, OTHER_FILM):
            controller = relay.controller()
            assert controller.sign_in() == 200
            assert controller.begin(film) == 201
        assert set(open_films(relay_folder.book)) == {"ACCC8EF00001", "ACCC8EF00002"}
    assert relay.ended == [True]
    with pytest.raises(OSError):
        controller.begin()


def test_a_renewed_certificate_is_taken_over_and_half_a_pair_is_not(
    relay_folder: RelayFolder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("firmware_bridge.relay.LOOK_S", 0.01)
    other = Authority(tmp_path, "the next authority")
    renewed, used = other.certify("renewed"), relay_folder.folder / "relay-process.pem"
    with RelayInside(relay_folder, caplog) as relay:
        used.write_bytes(renewed.cert_file.read_bytes())
        until(lambda: "the old one stays" in caplog.text, "the pair that does not fit")
        assert relay.controller().sign_in() == 200
        used.with_suffix(".key").write_bytes(renewed.key_file.read_bytes())
        until(lambda: "a new certificate is in use" in caplog.text, "the new pair")
        assert relay.controller(other).sign_in() == 200
        with pytest.raises(OSError):
            relay.controller().sign_in()
