"""What may be set: one TOML file, and `KIT_` variables over it (`KIT_SIGN_IN__IDLE_MINUTES=20`).

One rule for the editor: a wrong value stops the start and names its place; nothing is guessed or ignored.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

PREFIX = "KIT_"
Minutes = Annotated[int, msgspec.Meta(ge=1, le=60 * 24 * 7)]
NOT_SETTINGS = ("KIT_REQUIRE_ALL", "KIT_FAULT_POINT")
"""Variables that begin alike and are somebody else's."""


class SettingsError(ValueError):
    """The settings cannot be used; the message names the file or variable, the place and what was expected."""


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How long a sign-in lasts: `idle` without a request, `absolute` in all. At a kiosk a shift, elsewhere less."""

    idle_minutes: Minutes = 30
    absolute_minutes: Minutes = 12 * 60
    kiosk_idle_minutes: Minutes = 12 * 60
    pairing_code_minutes: Minutes = 60
    kiosk_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 400


class Wedge(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How scanners that type mark a scan: `prefix` is a character or a key's name ("F9"), none where empty."""

    prefix: Annotated[str, msgspec.Meta(max_length=20)] = ""
    suffix: Literal["enter", "tab", "either"] = "enter"


class Mqtt(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The broker by which observations may come as well as by HTTPS (docs/mqtt.md). Leave it out where they do not.

    TLS where there is a `ca_file`, mutual TLS with `cert_file` and `cert_key_file`, which are read anew at each
    connection. Instances that name the same `share` divide the deliveries among them.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 8883
    username: str = ""
    password_file: str = ""
    ca_file: str = ""
    cert_file: str = ""
    cert_key_file: str = ""
    keepalive_s: Annotated[int, msgspec.Meta(ge=1, le=600)] = 15
    share: Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_.-]{1,60}$")] = "kitstore"


class Paper(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where each store's register is put as a PDF file, for when the system is down: store's code -> folder.

    How often, and how old it may be, is the force's policy (`contingency.toml`). `keep` are the files kept of each.
    """

    folders: dict[str, Annotated[str, msgspec.Meta(min_length=1)]] = {}
    keep: Annotated[int, msgspec.Meta(ge=1, le=100)] = 8


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The force's own mail relay, for reminders. Leave it out, and they stand on people's pages and in a list alone.

    `to` makes a person's address of their number: "{ref}@force.example". `tls` is STARTTLS, which a relay is asked for
    unless it is on this machine.
    """

    host: Annotated[str, msgspec.Meta(min_length=1)]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 25
    sender: Annotated[str, msgspec.Meta(pattern="^[^@\\s]+@[^@\\s]+$")]
    to: Annotated[str, msgspec.Meta(pattern="^[^@\\s]*{ref}[^@\\s]*@[^@\\s{}]+$")]
    tls: bool = True
    ca_file: str = ""
    username: str = ""
    password_file: str = ""
    timeout_s: Annotated[int, msgspec.Meta(ge=1, le=60)] = 10


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything the service can be told. Times in the units their names end in.

    `database` as SQLAlchemy writes it. `https` is true where people reach the service by TLS (cookies are then
    Secure). `policies` names a folder with the force's own policy files instead of ours, `overlay` a file of numbers
    over them ("demo" is the fictional force's). `proxies` are addresses whose X-Forwarded-For is believed.
    `checkpoint_key` is the file of the Ed25519 key that signs checkpoints, and `checkpoints` a folder they are copied
    to, off the box. `instances` are processes that share the work and the port (PostgreSQL only; best one a core).
    `report_hours` is how long a report that was answered in the background is kept for whoever asked.
    """

    database: str = "sqlite:///var/kit.sqlite3"
    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 8080
    https: bool = False
    policies: str | None = None
    overlay: str | None = None
    proxies: str = ""
    checkpoint_key: str | None = None
    checkpoints: str | None = None
    sign_in: SignIn = SignIn()
    wedge: Wedge = Wedge()
    paper: Paper = Paper()
    mqtt: Mqtt | None = None
    mail: Mail | None = None
    visit_idle_s: Annotated[int, msgspec.Meta(ge=10, le=3600)] = 90
    checkpoint_every_s: Annotated[int, msgspec.Meta(ge=1, le=86_400)] = 300
    readers: Annotated[int, msgspec.Meta(ge=1, le=64)] = 4
    instances: Annotated[int, msgspec.Meta(ge=1, le=32)] = 1
    report_hours: Annotated[int, msgspec.Meta(ge=1, le=24 * 31)] = 72

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is one file, which only one process may serve."""
        return self.database.startswith("sqlite")

    @property
    def sqlite_path(self) -> Path:
        """The database file. Only where `is_sqlite`."""
        return Path(self.database.removeprefix("sqlite:///"))


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the file at `path` (none: defaults only) with `environ` over them. Raises SettingsError."""
    values = _file(path) if path is not None else {}
    for name, value in environ.items():
        if name.startswith(PREFIX) and name not in NOT_SETTINGS:
            _put(values, name.removeprefix(PREFIX).lower().split("__"), value, name)
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as problem:
        raise SettingsError(f"settings: {problem} (file {path or 'none'}, then {PREFIX}… variables)") from problem


def _file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise SettingsError(f"settings: {path} cannot be read: {problem.strerror}") from problem
    except tomllib.TOMLDecodeError as problem:
        raise SettingsError(f"settings: {path} is not TOML: {problem}") from problem


def _put(values: dict[str, Any], parts: list[str], value: str, name: str) -> None:
    place = values
    for part in parts[:-1]:
        place = place.setdefault(part, {})
        if not isinstance(place, dict):
            raise SettingsError(f"settings: {name} names a place inside {part!r}, which is a value")
    place[parts[-1]] = value
