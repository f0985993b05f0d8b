"""Proving a scanner by the test card: asked for symbol by symbol, and kept as the station's proof.

One rule for the editor: a proof is of one station exactly as it is configured, and is written only when every
symbol arrived right with no fault between: a fault is mended at the scanner, which changes the others too.

    commissioned.json in the spool folder: one proof a device. With `only_commissioned` in the configuration, a
    scanner's station does not open its port without one, so this command can have it while the bridge runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from devices.codes.commissioning import OTHER, SYMBOLS, UNKNOWN, Symbol, judge, visible
from devices.codes.problem import Problem
from devices.driver import Driver, Note
from devices.errors import NotConfigured
from devices.readings import CodePresented, DeviceReported, Garbled, Reading
from devices.transports.port import Arrival
from devices.wire import Stream, read
from firmware_bridge.clock import Clock
from firmware_bridge.errors import KeepingRefused, SettingsWrong
from firmware_bridge.intake import Seen
from firmware_bridge.settings import Settings, StationSettings

PROOFS_FILE = "commissioned.json"
PROOFS_BYTES_MAX = 1 << 20


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """That a station's scanner read the whole card right: as it was configured, and when (microseconds UTC)."""

    device: str
    driver: str
    port: str
    baud: int | None
    options: dict[str, str]
    at_us: int


def proof_of(station: StationSettings, at_us: int) -> Proof:
    """The proof of `station`, as it is configured now."""
    return Proof(
        device=station.device,
        driver=station.driver,
        port=station.port,
        baud=station.baud,
        options=station.options_text(),
        at_us=at_us,
    )


def is_proven(folder: Path, station: StationSettings) -> bool:
    """Whether `folder` holds a proof of `station` as it is configured now."""
    return any(it == proof_of(station, it.at_us) for it in _proofs(folder))


def keep_proof(folder: Path, proof: Proof) -> None:
    """Write `proof` in the place of any other of its device. Raises KeepingRefused."""
    proofs = [it for it in _proofs(folder) if it.device != proof.device]
    fresh = folder / f".{PROOFS_FILE}.new"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode([*proofs, proof])))
        fresh.replace(folder / PROOFS_FILE)
    except OSError as error:
        raise KeepingRefused(f"{folder / PROOFS_FILE} cannot be written ({error})") from error


def must_prove(settings: Settings, station: StationSettings, driver: Driver) -> bool:
    """Whether this station may not go live yet."""
    if not (settings.only_commissioned and driver.reads_codes):
        return False
    return not is_proven(Path(settings.spool_dir), station)


def refuse_unproven(settings: Settings, station: StationSettings, driver: Driver) -> None:
    """Raises NotConfigured, saying what to do, if this station may not go live yet."""
    if must_prove(settings, station, driver):
        raise NotConfigured(f"{station.device} is not commissioned: {how_to(station.device)}")


def to_commission(settings: Settings, drivers: Mapping[str, Driver], device: str | None) -> StationSettings:
    """The station of the scanner called `device`, or of the only scanner. Raises SettingsWrong."""
    scanners = [it for it in settings.station if drivers[it.driver].reads_codes]
    chosen = [it for it in scanners if device in (None, it.device)]
    if len(chosen) != 1:
        names = ", ".join(it.device for it in scanners) or "none"
        raise SettingsWrong([f"--device: name one of the scanners of this configuration ({names})"])
    return chosen[0]


_proof_lists = msgspec.json.Decoder(list[Proof])


def how_to(device: str) -> str:
    """What to do about a scanner without a proof."""
    return f"print `kit-bridge card`, then run `kit-bridge commission --device {device}`"


def _proofs(folder: Path) -> list[Proof]:
    """The proofs in `folder`. A file that cannot be read proves nothing."""
    try:
        with (folder / PROOFS_FILE).open("rb") as file:
            return read(_proof_lists, file.read(PROOFS_BYTES_MAX))
    except (OSError, msgspec.DecodeError):
        return []


@dataclass(slots=True)
class Examination:
    """One scanner and the card. It takes the station's readings, `say`s what is next and what is wrong, and is
    `passed` when every symbol has arrived right."""

    clock: Clock
    say: Callable[[str], None]
    when_passed: Callable[[], None] = lambda: None
    _right: list[Symbol] = field(default_factory=list, init=False)

    @property
    def passed(self) -> bool:
        """Whether every symbol has arrived right, with no fault since the first of them."""
        return len(self._right) == len(SYMBOLS)

    def seen_now(self) -> Seen:
        """Both clocks now."""
        return Seen(self.clock.wall_us(), self.clock.mono_ns())

    def take(self, device: str, stream: Stream, readings: Sequence[Reading], seen: Seen) -> None:
        """Hold each reading against the card."""
        del device, stream, seen
        for reading in readings:
            if not self.passed:
                self._judge(reading)

    def noted(self, device: str, note: Note) -> None:
        """Packets besides the codes prove nothing."""

    def arrived(self, device: str, piece: Arrival) -> None:
        """The codes hold what arrived."""

    def changed(self, report: DeviceReported) -> None:
        """The port opened, or something is wrong with it or with the scanner's setting."""
        if report.word == "OPEN":
            self._ask()
        else:
            self._right.clear()
            self.say(f"{report.word}  {report.detail or ''}".rstrip())

    def _judge(self, reading: Reading) -> None:
        symbol = self._meant(reading)
        problems = judge(symbol, reading)
        if not problems:
            self._note_right(symbol)
            return
        if problems[0].code in (OTHER, UNKNOWN):
            self.say(f"?      {problems[0].sentence}")
            return
        self._tell_wrong(symbol, reading, problems)
        if self._right:
            self._right.clear()
            self.say("       A setting must change, so all symbols must be scanned again.")
        self._ask()

    def _meant(self, reading: Reading) -> Symbol:
        """The symbol that was scanned, in whatever order: the one asked for, unless it is plainly another."""
        asked = self._next()
        plainly = [it for it in SYMBOLS if not judge(it, reading)]
        like = [it for it in SYMBOLS if _is_like(judge(it, reading))]
        return next(iter([*plainly, *([asked] if asked in like else []), *like]), asked)

    def _note_right(self, symbol: Symbol) -> None:
        if symbol in self._right:
            return
        self._right.append(symbol)
        self.say(f"right  {symbol.name}: {visible(symbol.text)}")
        if self.passed:
            self.when_passed()
        else:
            self._ask()

    def _tell_wrong(self, symbol: Symbol, reading: Reading, problems: Sequence[Problem]) -> None:
        self.say(f"WRONG  {symbol.name}")
        self.say(f"       expected  {symbol.symbologies[0]} {visible(symbol.text)}")
        self.say(f"       arrived   {_arrived(reading)}")
        for problem in problems:
            self.say(f"       -> {problem.sentence}")

    def _next(self) -> Symbol:
        return next(it for it in SYMBOLS if it not in self._right)

    def _ask(self) -> None:
        symbol = self._next()
        self.say(f"scan   {SYMBOLS.index(symbol) + 1}. {symbol.name}")


def _is_like(problems: Sequence[Problem]) -> bool:
    return all(it.code not in (OTHER, UNKNOWN) for it in problems)


def _arrived(reading: Reading) -> str:
    if isinstance(reading, CodePresented):
        return f"{reading.symbology or '---'} {visible(reading.text)}"
    if isinstance(reading, Garbled):
        return f"{reading.reason}: {visible(bytes.fromhex(reading.raw_hex).decode('latin-1'))}"
    return "no code"
