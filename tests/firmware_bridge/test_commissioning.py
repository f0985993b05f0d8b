"""A scanner goes live when it has read the whole card right, and not before."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.codes.commissioning import CODE_39, CODE_128, GS1_DATA_MATRIX, QR_CODE, SYMBOLS, Symbol
from devices.drivers import DRIVERS
from devices.drivers.scanners.serial_scanner import frame
from devices.errors import NotConfigured
from devices.readings import CodePresented, DeviceReported, Garbled, Reading
from firmware_bridge.clock import SYSTEM
from firmware_bridge.commissioning import (
    PROOFS_FILE,
    Examination,
    is_proven,
    keep_proof,
    proof_of,
    to_commission,
)
from firmware_bridge.doctor import examine
from firmware_bridge.errors import KeepingRefused, SettingsWrong
from firmware_bridge.settings import Settings, load
from firmware_bridge.simulate import SimulatedPort
from firmware_bridge.stations import stations_of
from tests.firmware_bridge.bridge_process import PATIENCE_S, BridgeFolder, until

Make = Callable[..., BridgeFolder]


def arrival(symbol: Symbol) -> CodePresented:
    return CodePresented(text=symbol.text, symbology=symbol.symbologies[0])


class Bench:
    """An examination, and what it said."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.ends = 0
        self.examination = Examination(SYSTEM, self.said.append, self._end)
        self.examination.changed(DeviceReported(device="hatch", word="OPEN"))

    def _end(self) -> None:
        self.ends += 1

    def scan(self, *readings: Reading) -> list[str]:
        """Scan these; what was said to them."""
        before = len(self.said)
        self.examination.take("hatch", "scan", readings, self.examination.seen_now())
        return self.said[before:]


def test_each_symbol_is_asked_for_and_the_last_one_ends_it() -> None:
    bench = Bench()
    assert bench.said == ["scan   1. Code 128"]
    for symbol in SYMBOLS[:-1]:
        assert bench.scan(arrival(symbol))[0].startswith(f"right  {symbol.name}")
        assert not bench.examination.passed
    assert bench.said[-1] == "scan   4. QR Code"
    bench.scan(arrival(SYMBOLS[-1]))
    assert bench.examination.passed
    assert bench.ends == 1
    assert bench.scan(arrival(CODE_128)) == []


def test_the_order_is_the_persons_own_and_a_second_scan_counts_once() -> None:
    bench = Bench()
    for symbol in (QR_CODE, QR_CODE, CODE_39, GS1_DATA_MATRIX):
        bench.scan(arrival(symbol))
    assert not bench.examination.passed
    bench.scan(arrival(CODE_128))
    assert bench.examination.passed


def test_a_fault_is_shown_beside_what_was_expected_and_all_is_asked_again() -> None:
    bench = Bench()
    bench.scan(arrival(CODE_128), arrival(CODE_39))
    lost = CodePresented(text=GS1_DATA_MATRIX.text.replace("\x1d", ""), symbology="]d2")
    said = bench.scan(lost)
    assert said[0] == "WRONG  GS1 DataMatrix"
    assert said[1].endswith("]d2 01095060001343521726123110Kit1<GS>21Card1")
    assert said[2].endswith("]d2 01095060001343521726123110Kit121Card1")
    assert "transmit GS" in said[3]
    assert said[-1] == "scan   1. Code 128"
    for symbol in (GS1_DATA_MATRIX, QR_CODE):
        bench.scan(arrival(symbol))
    assert not bench.examination.passed


def test_a_scan_of_something_else_is_said_and_costs_nothing() -> None:
    bench = Bench()
    for symbol in SYMBOLS[:3]:
        bench.scan(arrival(symbol))
    assert bench.scan(CodePresented(text="X30001234", symbology="]C0"))[0].startswith("?")
    bench.scan(arrival(QR_CODE))
    assert bench.examination.passed


def test_what_is_garbled_and_what_is_unplugged_begins_anew() -> None:
    for trouble in (
        lambda it: it.take("hatch", "scan", [Garbled(reason="GAP", raw_hex="58")], it.seen_now()),
        lambda it: it.changed(DeviceReported(device="hatch", word="MISSING", detail="plug it in")),
    ):
        bench = Bench()
        bench.scan(arrival(CODE_128))
        trouble(bench.examination)
        for symbol in SYMBOLS[1:]:
            bench.scan(arrival(symbol))
        assert not bench.examination.passed


def settings_in(folder: Path, prefix: str = "aim") -> Settings:
    (folder / "bridge.toml").write_text(
        f"""bridge = "medway"
service = "http://127.0.0.1:1"
key_file = "k"
spool_dir = "spool"
only_commissioned = true
[[station]]
device = "hatch"
driver = "serial-scanner"
port = "{folder}/hatch"
options = {{ prefix = "{prefix}" }}
[[station]]
device = "cards"
driver = "em4100"
port = "{folder}/cards"
"""
    )
    return load(folder / "bridge.toml", DRIVERS)


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[list[SimulatedPort]]:
    """The two devices, plugged in."""
    made = [SimulatedPort(tmp_path / name) for name in ("hatch", "cards")]
    for port in made:
        port.plug()
    yield made
    for port in made:
        port.unplug()


def test_a_scanner_without_proof_is_not_opened_and_one_with_it_is(
    tmp_path: Path, ports: list[SimulatedPort]
) -> None:
    settings = settings_in(tmp_path)
    hatch, cards = stations_of(settings, DRIVERS)
    cards.open_port().close()
    with pytest.raises(NotConfigured, match="kit-bridge commission --device hatch"):
        hatch.open_port()
    keep_proof(Path(settings.spool_dir), proof_of(settings.station[0], 1))
    hatch.open_port().close()


def test_a_proof_is_of_the_station_as_it_is_configured(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    folder = Path(settings.spool_dir)
    keep_proof(folder, proof_of(settings.station[0], 1))
    keep_proof(folder, proof_of(settings.station[1], 1))
    keep_proof(folder, proof_of(settings.station[0], 2))
    assert is_proven(folder, settings.station[0])
    assert not is_proven(folder, settings_in(tmp_path, prefix="none").station[0])


def test_a_damaged_file_of_proofs_proves_nothing_and_is_written_anew(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    folder = Path(settings.spool_dir)
    folder.mkdir()
    (folder / PROOFS_FILE).write_bytes(b"[{")
    assert not is_proven(folder, settings.station[0])
    keep_proof(folder, proof_of(settings.station[0], 1))
    assert is_proven(folder, settings.station[0])
    (tmp_path / "file").write_text("")
    with pytest.raises(KeepingRefused):
        keep_proof(tmp_path / "file" / "in", proof_of(settings.station[0], 1))


def test_the_doctor_says_which_scanner_has_no_proof_yet(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    about = [
        it for it in examine(settings, stations_of(settings, DRIVERS), SYSTEM) if "commissioned" in it.what
    ]
    assert [(it.what, it.well) for it in about] == [("hatch commissioned", False)]
    assert "kit-bridge card" in about[0].found


def test_only_a_scanner_can_be_commissioned(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    assert to_commission(settings, DRIVERS, None).device == "hatch"
    for name in ("cards", "nobody"):
        with pytest.raises(SettingsWrong, match="hatch"):
            to_commission(settings, DRIVERS, name)


def command(bridge: BridgeFolder) -> "subprocess.Popen[str]":
    """`kit-bridge commission` on the bridge's configuration."""
    return subprocess.Popen(
        [sys.executable, "-m", "firmware_bridge", "commission", "-c", "bridge.toml"],
        cwd=bridge.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_new_scanner_is_proven_beside_the_running_bridge_and_goes_live(bridge_folder: Make) -> None:
    """The whole way, over a real pty: refused, one fault, mended, all right, live."""
    bridge = bridge_folder()
    toml = bridge.folder / "bridge.toml"
    toml.write_text("only_commissioned = true\n" + toml.read_text())
    asking = command(bridge)
    until(bridge.scanner.is_open, "the port to be open")
    bridge.scanner.send(frame(CODE_128.text))
    for symbol in SYMBOLS:
        bridge.scanner.send(frame(symbol.text, symbol.symbologies[0]))
    said, _ = asking.communicate(timeout=PATIENCE_S)
    assert asking.returncode == 0, said
    assert "AIM identifier" in said
    assert said.splitlines()[-1] == "hatch-scanner is commissioned and may go live."
    bridge.start()
    bridge.scanner.send(b"]C0X30001234\r")
    until(bridge.lights, "the light of the first real scan")


def test_a_bridge_does_not_hear_a_scanner_that_was_never_proven(bridge_folder: Make) -> None:
    bridge = bridge_folder()
    toml = bridge.folder / "bridge.toml"
    toml.write_text("only_commissioned = true\n" + toml.read_text())
    process = subprocess.Popen(
        [sys.executable, "-m", "firmware_bridge", "run", "-c", "bridge.toml"],
        cwd=bridge.folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: bridge.word() == "MISCONFIGURED", "the word about it")
        asking = command(bridge)
        until(bridge.scanner.is_open, "the port to be free for the examination")
        asking.terminate()
        asking.communicate(timeout=PATIENCE_S)
        assert asking.returncode == 1
        assert "kit-bridge commission" in (bridge.state().devices[0].detail or "")
        keep_proof(bridge.folder / "spool", proof_of(load(toml, DRIVERS).station[0], 1))
        until(lambda: bridge.word() == "OPEN", "the bridge to open it by itself")
    finally:
        process.kill()
        process.wait()
