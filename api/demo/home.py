"""Where a demo lives: one folder with its database, keys, notes, logs and the ports of its simulated hardware.

One rule for the editor: everything the demo makes lies in this folder, so that deleting it ends the demo for good.
"""

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

BRIDGE = "medway"
SCANNER = "hatch-scanner"
CARD_READER = "card-reader"
DOCKS = "docks"
SHELF_READER = "shelf-reader"


class Busy(RuntimeError):
    """Another demo runs in the same folder; the message says which process."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What the demo remembers between starts.

    `anchor` is the day the force was made for and `brought_to` the day it was last brought to (ISO); `place_id` the
    hatch that is played and `own_place_id` the one for whoever tries the demo; `played` the day of the shift whose
    kit is to be handed back, "" for none; `tables` the migrations that the database had.
    """

    anchor: str
    brought_to: str
    store_id: int
    place_id: int
    own_place_id: int
    tables: tuple[str, ...]
    played: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """The demo's folder, absolute."""

    folder: Path

    @property
    def database(self) -> Path:
        """The finished database."""
        return self.folder / "demo.sqlite3"

    @property
    def loading(self) -> Path:
        """The database while it is being filled for the first time; what is left of one is thrown away."""
        return self.folder / "loading.sqlite3"

    @property
    def keys(self) -> Path:
        """Keys: of checkpoints, of the bridge, of the played kiosk."""
        return self.folder / "keys"

    @property
    def logs(self) -> Path:
        """One log a process, of the last start."""
        return self.folder / "log"

    @property
    def run(self) -> Path:
        """What belongs to one start: configurations, ports, the pipe to the hardware."""
        return self.folder / "run"

    @property
    def spool(self) -> Path:
        """The bridge's journal and spool, kept between starts like a real bridge's."""
        return self.folder / "spool"

    @property
    def hardware(self) -> Path:
        """The pipe into which whatever is to be scanned is written."""
        return self.run / "hardware"

    @property
    def bridge_key(self) -> Path:
        """The bridge's key."""
        return self.keys / "bridge.key"

    @property
    def kiosk_token(self) -> Path:
        """The token of the kiosk that the storekeeper plays at."""
        return self.keys / "kiosk.token"

    def notes(self) -> Notes | None:
        """The notes; None before the first load is done, or where they are of another version."""
        try:
            said = json.loads((self.folder / "demo.json").read_text("utf-8"))
            return Notes(**{**said, "tables": tuple(said["tables"])})
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def note(self, notes: Notes) -> None:
        """Write the notes, whole or not at all."""
        partial = self.folder / "demo.json.partial"
        partial.write_text(json.dumps(asdict(notes), indent=1) + "\n", "utf-8")
        partial.replace(self.folder / "demo.json")

    def is_loaded(self) -> bool:
        """Whether a start can go straight to the service: the force is there, under today's tables."""
        notes = self.notes()
        return notes is not None and notes.tables == tables() and self.is_whole()

    def is_whole(self) -> bool:
        """Whether the database and the keys that belong to it are there."""
        return all(path.exists() for path in (self.database, self.bridge_key, self.kiosk_token))


def tables() -> tuple[str, ...]:
    """The names of all migrations this program knows, without loading one (that would take a second)."""
    folder = Path(__file__).resolve().parents[2] / "inventory" / "schema" / "migrations" / "versions"
    return tuple(sorted(path.stem for path in folder.glob("[0-9]*.py")))


def claim(home: Home) -> int:
    """Take the folder for this process, for as long as it lives. Raises Busy."""
    home.folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(home.folder / "demo.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(handle, 20).decode("ascii", "replace").strip()
        os.close(handle)
        raise Busy(f"A demo is running in {home.folder} already (process {holder or 'unknown'}).") from None
    os.ftruncate(handle, 0)
    os.write(handle, str(os.getpid()).encode())
    return handle
