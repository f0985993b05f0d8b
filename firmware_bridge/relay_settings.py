"""The relay's configuration: one TOML file, refused whole if anything in it is wrong, and what it makes of the evidence
system's connection file.

One rule for the editor: no key of the evidence system stands here. It is in the connection file, which goes to the
controller, and from there through the relay, which keeps it nowhere.

Paths are taken from the folder the file stands in. `docs/relay.example.toml` shows every key.
"""

import base64
import logging
import stat
import tomllib
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from devices.transports.https_relay import RelayPlan
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.toml_shape import faults, sentences, sound

CONNECTION_BYTES_MAX = 64_000
"""Longest connection file that AXIS Body Worn Manager takes."""

log = logging.getLogger("firmware_bridge")

Path_ = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]


class RelaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `listen` is address and port of this machine; `address` what controllers call it;
    `destination` the evidence system's address for signing in, as in its connection file; `controllers` the
    addresses that may connect, all where there are none."""

    listen: str
    address: str
    cert_file: Path_
    cert_key_file: Path_
    destination: str
    destination_ca_file: str = ""
    book: Path_ = "cameras.json"
    controllers: tuple[str, ...] = ()
    connections_max: Annotated[int, msgspec.Meta(ge=1, le=512)] = 32

    def plan(self) -> RelayPlan:
        """The settings as the relay takes them."""
        host, _, port = self.listen.rpartition(":")
        return RelayPlan(
            host=host.strip("[]"),
            port=int(port),
            cert_file=self.cert_file,
            cert_key_file=self.cert_key_file,
            sign_in=self.destination,
            ca_file=self.destination_ca_file,
            own_origin=self.address.rstrip("/"),
            clients=frozenset(self.controllers),
            connections_max=self.connections_max,
        )


def load_relay(path: Path) -> RelaySettings:
    """The settings in `path`. Raises SettingsWrong with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsWrong([f"{path}: not TOML: {error}"]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsWrong([f"{path}: cannot be read ({error})"]) from error
    found = list(faults(table, RelaySettings))
    settings = sound(table, RelaySettings, found)
    if settings is not None:
        settings = _from_folder(settings, path.resolve().parent)
        found += [(f"$.{key}", why) for key, why in _problems(settings)]
    if settings is None or found:
        raise SettingsWrong(sentences(path, text, found))
    return settings


def _from_folder(settings: RelaySettings, folder: Path) -> RelaySettings:
    keys = ("cert_file", "cert_key_file", "destination_ca_file", "book")
    whole = {key: str(folder / getattr(settings, key)) for key in keys if getattr(settings, key)}
    return msgspec.structs.replace(settings, **whole)


def _problems(settings: RelaySettings) -> Iterator[tuple[str, str]]:
    host, colon, port = settings.listen.rpartition(":")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= 65_535):
        yield "listen", f"expected an address and a port such as 0.0.0.0:8443, found {settings.listen!r}"
    for key, is_bare in (("address", True), ("destination", False)):
        yield from ((key, why) for why in _address_problems(getattr(settings, key), is_bare=is_bare))
    for key in ("cert_file", "cert_key_file", "destination_ca_file"):
        yield from (
            (key, why) for why in _file_problems(getattr(settings, key), is_secret=key == "cert_key_file")
        )
    if not Path(settings.book).parent.is_dir():
        yield "book", f"{Path(settings.book).parent} is no folder"


def _address_problems(address: str, *, is_bare: bool) -> Iterator[str]:
    try:
        at = urllib.parse.urlsplit(address)
        is_well = at.scheme == "https" and bool(at.hostname) and at.port != 0 and "@" not in at.netloc
    except ValueError:
        is_well = False
    if not is_well or at.query or at.fragment:
        yield f"expected an address such as https://relay.example:8443, found {address!r}"
    elif is_bare and at.path not in ("", "/"):
        yield f"expected no path behind the port, found {address!r}"
    elif not is_bare and at.path in ("", "/"):
        yield "expected the whole address for signing in, such as https://dems.example/auth/v1.0"


def _file_problems(file: str, *, is_secret: bool) -> Iterator[str]:
    if not file:
        return
    try:
        with Path(file).open("rb"):
            mode = Path(file).stat().st_mode
    except OSError as error:
        yield f"cannot be read ({error})"
        return
    if is_secret and mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield f"{file}: others may read this key; chmod 600"


def connection_file(theirs: bytes, settings: RelaySettings) -> bytes:
    """The evidence system's connection file with this relay's address and certificate in place of its own.

    All else stays: account and key, container type, capabilities, and the key to which films are encrypted. Raises
    SettingsWrong naming what is not as it should be.
    """
    try:
        said = msgspec.json.decode(theirs, type=dict[str, object])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsWrong([f"the connection file is no JSON object: {error}"]) from error
    uris = said.get("AuthenticationTokenURI")
    if not isinstance(uris, list) or settings.destination not in uris:
        raise SettingsWrong(
            [f"the connection file's AuthenticationTokenURI is {uris!r}; `destination` must be one of them"]
        )
    if not said.get("WantEncryption"):
        log.warning("WantEncryption is not set: films would pass the relay, and arrive, unencrypted")
    ours = settings.address.rstrip("/") + urllib.parse.urlsplit(settings.destination).path
    certificate = base64.b64encode(Path(settings.cert_file).read_bytes()).decode("ascii")
    made = msgspec.json.format(
        msgspec.json.encode({**said, "AuthenticationTokenURI": [ours], "HTTPSCertificate": [certificate]})
    )
    if len(made) > CONNECTION_BYTES_MAX:
        raise SettingsWrong([f"the connection file would have {len(made)} bytes, and 64 kB are taken"])
    return made + b"\n"
