"""TLS to a broker: what to show, whom to believe, and what to do when one of the two refuses the other.

One rule for the editor: every refusal ends in a sentence that says which key of the configuration, or which file,
to mend; OpenSSL's own words stay behind it for whoever asks further.

Under TLS 1.3 a broker refuses our certificate after our side of the handshake is done (RFC 8446 section 4.4.2.4): the
alert comes with the first read, so it is found in paho's log and not where we connect.
"""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

T = TypeVar("T")


class Files(Protocol):
    """Where certificate, key and authority are (`devices.transports.mqtt.Broker`); empty for none."""

    @property
    def ca_file(self) -> str:
        """Authorities that may have signed the broker's certificate, PEM."""
        ...

    @property
    def cert_file(self) -> str:
        """Our certificate, PEM, with those that lead to its authority behind it."""
        ...

    @property
    def cert_key_file(self) -> str:
        """Its private key, PEM without a pass phrase; where empty it is looked for in `cert_file`."""
        ...


STRANGER = "it does not know the authority that signed our certificate in `cert_file`"

SENTENCES: tuple[tuple[str, str], ...] = (
    ("alert_decrypt_error", STRANGER),
    ("key_values_mismatch", "`cert_key_file` is not the key of the certificate in `cert_file`"),
    ("certificate_required", "it asks for a certificate: set `cert_file` and `cert_key_file` in [broker]"),
    ("alert_unknown_ca", STRANGER),
    (
        "alert_certificate_expired",
        "our certificate in `cert_file` has expired; put a renewed one in its place",
    ),
    (
        "alert_certificate_revoked",
        "our certificate in `cert_file` was revoked; get a new one, with a new key",
    ),
    (
        "alert_handshake_failure",
        "it will not have our certificate; look at `cert_file`, and at the broker's log",
    ),
    (
        "alert_bad_certificate",
        "it will not have our certificate; look at `cert_file`, and at the broker's log",
    ),
    ("certificate has expired", "the broker's own certificate has expired; renew it there"),
    ("not yet valid", "the broker's own certificate is not valid yet, or this machine's clock is wrong"),
    ("mismatch", "its certificate is for another name; `host` must be the name in the broker's certificate"),
    ("certificate_verify_failed", "`ca_file` is not the authority that signed the broker's certificate"),
    ("wrong_version_number", "nobody speaks TLS at this port; brokers mostly have TLS at 8883"),
)
"""What OpenSSL says, in lower case -> what to do about it. The first that fits."""


def advice(said: object) -> str:
    """What OpenSSL or the system said, with what to do put before it where we know."""
    words = str(said)
    for mark, sentence in SENTENCES:
        if mark in words.lower():
            return f"{sentence} ({words})"
    return words


class _Closed(ssl.SSLSocket):
    """Closed where the handshake fails: paho lets go of it without."""

    def do_handshake(self, block: bool = False) -> None:
        """As in `ssl`. Raises OSError."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def context_of(files: Files) -> ssl.SSLContext | None:
    """A TLS context, None where no `ca_file` is set. Raises OSError naming the file that cannot be used."""
    if not files.ca_file:
        return None
    context = _named(files.ca_file, lambda: ssl.create_default_context(cafile=files.ca_file))
    context.sslsocket_class = _Closed
    renew(context, files)
    return context


def renew(context: ssl.SSLContext, files: Files) -> None:
    """Read our certificate and key again: what was renewed on disk is shown at the next connection.

    Raises OSError naming the file that cannot be used.
    """
    if not files.cert_file:
        return
    key = files.cert_key_file or files.cert_file
    for path in (files.cert_file, key):
        _named(path, lambda path=path: Path(path).open("rb").close())  # type: ignore[misc]
    _named(key, lambda: context.load_cert_chain(files.cert_file, key, password=_no_pass_phrase))


def _no_pass_phrase() -> str:
    """Asked for where a key is encrypted; OpenSSL would otherwise ask at the terminal, and wait."""
    return ""


def _named(path: str, use: Callable[[], T]) -> T:  # the ssl module names no file in its errors
    try:
        return use()
    except OSError as error:
        raise OSError(f"{path}: {advice(error)}") from error


def cut_off(files: Files) -> str:
    """What to look at where a broker ended a TLS connection before it said a word of MQTT: the alert that says why is
    lost where the broker closes before our first packet has reached it."""
    if not files.ca_file:
        return "; does it want TLS? Then set `ca_file` in [broker]"
    if not files.cert_file:
        return "; it asks for a certificate, most likely: set `cert_file` and `cert_key_file` in [broker]"
    return "; our `cert_file` has expired, was revoked, or is unknown there: see the broker's log"


@dataclass(slots=True)
class FirstTrouble:
    """A logger for paho that remembers the first trouble of a connection, for whoever must say why it was lost."""

    said: str = ""
    logger: logging.Logger = field(init=False)

    def __post_init__(self) -> None:
        handler = logging.Handler()
        handler.emit = self._note  # type: ignore[method-assign]
        self.logger = logging.Logger("paho", logging.ERROR)
        self.logger.addHandler(handler)

    def _note(self, record: logging.LogRecord) -> None:
        self.said = self.said or record.getMessage()[:400]

    def or_else(self, words: str) -> str:
        """The trouble in words to act on, where we know what to do; else `words`."""
        known = advice(self.said)
        return known if known != self.said else words
