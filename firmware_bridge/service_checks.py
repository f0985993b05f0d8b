"""The service as this bridge reaches it: its address and certificate, the key, and the clocks of both.

One rule for the editor: nothing is said to the service that it would keep. It would take a heartbeat for a new boot of
this bridge.
"""

import email.utils
import http.client
import ssl
from collections.abc import Iterator
from pathlib import Path

from firmware_bridge.bridge import State
from firmware_bridge.clock import US_PER_S, Clock
from firmware_bridge.errors import BridgeError, LinkDown, Rejected
from firmware_bridge.findings import Finding, fine, wrong
from firmware_bridge.heartbeat import OFFSET_TOLD_US
from firmware_bridge.line import READINGS_PATH, Line, Service, read_key
from firmware_bridge.machine import KEEP_TIME
from firmware_bridge.settings import Settings

POST_S = 5.0

CLOCK_OFF_S = 3.0
"""A Date header counts whole seconds and the answer takes a moment; beyond this the clock is really off."""

NEAR_DAYS = 30

_MENDS = (
    ("expired", "renew it at the service; until then nothing is delivered"),
    ("not yet valid", "is this machine's clock right?"),
    ("self-signed", "name the force's own authority in `ca_file`"),
    ("self signed", "name the force's own authority in `ca_file`"),
    ("unable to get local issuer", "name the force's own authority in `ca_file`"),
    ("mismatch", "write the name that is in the certificate in `service`"),
)
"""What to do about a certificate, by what OpenSSL says of it."""


def key_finding(settings: Settings) -> Finding:
    """Whether there is a key, for this account alone."""
    path = Path(settings.key_file)
    try:
        read_key(path)
        others = path.stat().st_mode & 0o077
    except (LinkDown, OSError) as error:
        return wrong("key", str(error))
    return wrong("key", f"{path}: others may read it", f"chmod 600 {path}") if others else fine("key", str(path))


def service_findings(settings: Settings, clock: Clock, running: State | None) -> Iterator[Finding]:
    """Whether the service answers, by whose certificate, how its clock stands to ours, and whether it takes our key."""
    service = Service(settings.service, lambda: read_key(Path(settings.key_file)), settings.ca_file)
    try:
        yield from _health(service, clock, running)
    except ssl.SSLCertVerificationError as error:
        said = error.verify_message or str(error)
        mend = next((mend for word, mend in _MENDS if word in said), "ask who runs the service")
        yield wrong("service", f"{settings.service}: its certificate is not believed ({said})", mend)
        return
    except (OSError, http.client.HTTPException) as error:
        words = f"{settings.service} cannot be reached ({error})"
        yield wrong("service", words, "is it started, and the address right?")
        return
    yield _key_taken(service, settings.bridge)


def _key_taken(service: Service, bridge: str) -> Finding:
    line = Line(service)
    try:
        line.post(READINGS_PATH, b"{}", POST_S)
    except Rejected as refused:
        # An empty delivery is refused for its shape if the key is good, and for the key if it is not.
        if refused.code in (401, 403, 404):
            return wrong("service key", str(refused), f"ask for a new key: kitstore bridge rotate {bridge}")
    except BridgeError as error:
        return wrong("service key", str(error))
    finally:
        line.close()
    return fine("service key", "accepted")


def _health(service: Service, clock: Clock, running: State | None) -> Iterator[Finding]:
    connection = service.connection(POST_S)
    try:
        connection.connect()
        certificate = connection.sock.getpeercert() if isinstance(connection.sock, ssl.SSLSocket) else None
        connection.request("GET", service.path("/health"))
        before_us = clock.wall_us()
        answer = connection.getresponse()
        answer.read(65_536)
    finally:
        connection.close()
    yield Finding("service", answer.status == 200, f"{service.url}/health answers {answer.status}")
    if certificate:
        yield _certificate(ssl.cert_time_to_seconds(str(certificate["notAfter"])), before_us)
    yield from _clock(answer.getheader("Date"), before_us, running)


def _certificate(ends_s: float, now_us: int) -> Finding:
    days = int(ends_s - now_us / US_PER_S) // 86_400
    words = f"good for {days} days"
    return fine("certificate", words) if days > NEAR_DAYS else wrong("certificate", words, "renew it at the service")


def _clock(date: str | None, before_us: int, running: State | None) -> Iterator[Finding]:
    """By the running bridge's own heartbeat where there is one, else by the date that the service's answer carries."""
    if running is not None and running.service_offset_us is not None:
        off_s, most_s, digits = -running.service_offset_us / US_PER_S, OFFSET_TOLD_US / US_PER_S, 1
    elif date:
        off_s, most_s, digits = before_us / US_PER_S - _seconds(date), CLOCK_OFF_S, 0
    else:
        return
    words = f"{off_s:+.{digits}f} s from the service's"
    mend = f"set this machine's time: {KEEP_TIME}"
    yield fine("clock", words) if abs(off_s) <= most_s else wrong("clock", words, mend)


def _seconds(date: str) -> float:
    return email.utils.parsedate_to_datetime(date).timestamp()
