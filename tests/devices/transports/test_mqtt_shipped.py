"""The broker configuration, access list and certificates that we ship, on a real Mosquitto."""

import datetime
import itertools
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devices.errors import NotOpened
from devices.transports.mqtt import (
    NOBODY_LISTENS,
    NOT_AUTHORISED,
    Broker,
    Message,
    MqttPort,
    MqttVoice,
    open_mqtt,
)
from tests.devices.mosquitto import Shipped

pytestmark = pytest.mark.mqtt

NUMBERS = itertools.count(1)
TAKEN = frozenset({0, NOBODY_LISTENS})


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shipped]:
    """A broker as we ship it."""
    broker = Shipped(tmp_path_factory.mktemp("mosquitto")).ready()
    yield broker
    broker.kill()


def connected(broker: Broker, *topics: str) -> MqttPort:
    """A connection that listens to `topics`."""
    return open_mqtt(broker, f"test-{next(NUMBERS)}", topics, keep_session=False)


def answers(broker: Broker, *topics: str) -> dict[str, bool]:
    """Which of these topics somebody may write; anything but 'taken' and 'not authorised' fails the test."""
    port = connected(broker)
    codes = {topic: port.publish(Message(topic, b"x", retain=False), 10) for topic in topics}
    port.close()
    assert set(codes.values()) <= TAKEN | {NOT_AUTHORISED}
    return {topic: code in TAKEN for topic, code in codes.items()}


def heard(port: MqttPort, last: str) -> list[str]:
    """The topics of what arrives, up to `last`."""
    topics: list[str] = []
    for _ in range(200):
        topics += [packet.topic for packet in port.read(0.05)]  # type: ignore[union-attr]
        if last in topics:
            return topics
    pytest.fail(f"{last} never came; {topics} did")


def test_a_bridge_writes_its_own_topics_and_no_other(shipped: Shipped) -> None:
    own = ("obs", "status", "dev/hatch-scanner/state", "light/hatch-scanner", "dock/rack-1/cmd", "ack")
    may_not = (
        "dock/rack-1/ack",
        "cmd/rebirth",
        "dock/rack-1/bay/1",
        "dev/a/b/state",
        "status/x",
        "obs/x",
        "else",
    )
    others = [f"kit/v1/medway-2/{rest}" for rest in own]
    elsewhere = ["kit/v1/obs", "obs", "kit/v2/medway-1/obs", "kit/v1//obs"]
    wanted = {f"kit/v1/medway-1/{rest}": True for rest in own} | dict.fromkeys(
        [*(f"kit/v1/medway-1/{rest}" for rest in may_not), *others, *elsewhere], False
    )
    assert answers(shipped.let_in("medway-1"), *wanted) == wanted


def test_a_bridge_hears_its_own_commands_answers_and_docks_and_nobody_elses(shipped: Shipped) -> None:
    bridge = connected(shipped.let_in("medway-1"), "kit/v1/#", "$share/kitstore/kit/v1/+/obs", "$SYS/#")
    service, other = connected(shipped.let_in("kitstore")), connected(shipped.let_in("medway-2"))
    dock = connected(shipped.let_in("medway-1/dock/rack-1"))
    for port, topic in (
        (service, "kit/v1/medway-2/ack"),
        (service, "kit/v1/medway-2/cmd/rebirth"),
        (other, "kit/v1/medway-2/obs"),
        (other, "kit/v1/medway-2/status"),
        (service, "kit/v1/medway-1/ack"),
        (dock, "kit/v1/medway-1/dock/rack-1/bay/3"),
        (service, "kit/v1/medway-1/cmd/rebirth"),
    ):
        assert port.publish(Message(topic, b"x", retain=False), 10) in TAKEN
    got = heard(bridge, "kit/v1/medway-1/cmd/rebirth")
    assert sorted(got) == [
        "kit/v1/medway-1/ack",
        "kit/v1/medway-1/cmd/rebirth",
        "kit/v1/medway-1/dock/rack-1/bay/3",
    ]
    for port in (bridge, service, other, dock):
        port.close()


def test_the_service_hears_every_bridge_and_answers_each_and_observes_nothing_itself(
    shipped: Shipped,
) -> None:
    service = connected(shipped.let_in("kitstore"), "$share/kitstore/kit/v1/+/obs", "kit/v1/+/dock/+/bay/+")
    for name in ("medway-1", "medway-2"):
        port = connected(shipped.let_in(name))
        assert port.publish(Message(f"kit/v1/{name}/obs", b"x", retain=False), 10) == 0
        port.close()
    got = heard(service, "kit/v1/medway-2/obs")
    assert got == ["kit/v1/medway-1/obs", "kit/v1/medway-2/obs"]
    service.close()
    wanted = {
        "kit/v1/medway-1/ack": True,
        "kit/v1/medway-2/cmd/rebirth": True,
        "kit/v1/medway-1/obs": False,
        "kit/v1/medway-1/status": False,
        "kit/v1/medway-1/dock/rack-1/bay/1": False,
    }
    assert answers(shipped.let_in("kitstore"), *wanted) == wanted


def test_a_dock_writes_below_its_own_name_at_its_own_bridge(shipped: Shipped) -> None:
    wanted = {
        "kit/v1/medway-1/dock/rack-1/bay/1": True,
        "kit/v1/medway-1/dock/rack-1/state": True,
        "kit/v1/medway-1/dock/rack-1/ack": True,
        "kit/v1/medway-1/dock/rack-2/ack": False,
        "kit/v1/medway-1/dock/rack-2/bay/1": False,
        "kit/v1/medway-2/dock/rack-1/bay/1": False,
        "kit/v1/medway-1/obs": False,
        "kit/v1/medway-1/status": False,
        "kit/v1/medway-1/ack": False,
        "kit/v1/medway-1/cmd/rebirth": False,
    }
    dock = shipped.let_in("medway-1/dock/rack-1")
    assert answers(dock, *wanted) == wanted
    listening = connected(dock, "kit/v1/#")
    bridge = connected(shipped.let_in("medway-1"))
    for topic in (
        "kit/v1/medway-1/dock/rack-2/cmd",
        "kit/v1/medway-1/obs",
        "kit/v1/medway-1/dock/rack-1/cmd",
    ):
        assert bridge.publish(Message(topic, b"x", retain=False), 10) in TAKEN
    assert heard(listening, "kit/v1/medway-1/dock/rack-1/cmd") == ["kit/v1/medway-1/dock/rack-1/cmd"]
    listening.close()
    bridge.close()


def test_a_uhf_reader_writes_below_its_own_name_and_is_heard_by_its_bridge_alone(shipped: Shipped) -> None:
    mine = "kit/v1/medway-1/reader/door"
    wanted = {
        f"{mine}/tags": True,
        f"{mine}/events": True,
        f"{mine}/else": False,
        "kit/v1/medway-1/reader/shelf/tags": False,
        "kit/v1/medway-2/reader/door/tags": False,
        "kit/v1/medway-1/dock/rack-1/bay/1": False,
        "kit/v1/medway-1/obs": False,
    }
    reader = shipped.let_in("medway-1/reader/door")
    assert answers(reader, *wanted) == wanted
    bridge, other = (connected(shipped.let_in(name), "kit/v1/#") for name in ("medway-1", "medway-2"))
    for name, topic in (
        ("medway-1/reader/door", f"{mine}/tags"),
        ("medway-2/reader/x", "kit/v1/medway-2/reader/x/tags"),
    ):
        port = connected(shipped.let_in(name))
        assert port.publish(Message(topic, b"x", retain=False), 10) == 0
        port.close()
    assert heard(bridge, f"{mine}/tags") == [f"{mine}/tags"]
    assert heard(other, "kit/v1/medway-2/reader/x/tags") == ["kit/v1/medway-2/reader/x/tags"]
    bridge.close()
    other.close()


def test_a_reader_writes_what_it_is_set_to_and_its_bridge_alone_hears_it(shipped: Shipped) -> None:
    wanted = {
        "kit/v1/medway-1/reader/armoury-door/tags": True,
        "kit/v1/medway-1/reader/armoury-door/events": True,
        "kit/v1/medway-1/reader/other/tags": False,
        "kit/v1/medway-1/dock/rack-1/bay/1": False,
        "kit/v1/medway-1/obs": False,
        "kit/v1/medway-1/tags/x": False,
    }
    reader = shipped.let_in("medway-1/reader/armoury-door")
    listening = [connected(shipped.let_in(name), "kit/v1/+/reader/#") for name in ("medway-2", "medway-1")]
    assert answers(reader, *wanted) == wanted
    assert len(heard(listening[1], "kit/v1/medway-1/reader/armoury-door/events")) == 2
    assert listening[0].read(0.05) == []
    for port in listening:
        port.close()


# ---- who is not let in -------------------------------------------------------------------------------


def refusal(broker: Broker) -> str:
    """Why the broker does not let somebody in, as the bridge says it."""
    with pytest.raises(NotOpened) as refused:
        connected(broker).close()
    assert refused.value.word == "DENIED"
    return str(refused.value)


def why_not(broker: Broker) -> str:
    """Why the broker does not let somebody in, empty where it does."""
    try:
        connected(broker).close()
    except NotOpened as refused:
        return str(refused)
    return ""


def signed_by(authority: Path, name: str, folder: Path, days: int) -> dict[str, str]:
    """A certificate for `name`, good until `days` from now, made by the authority in a folder."""
    key = ec.generate_private_key(ec.SECP256R1())
    ca = x509.load_pem_x509_certificate((authority / "ca.pem").read_bytes())
    signing = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - datetime.timedelta(days=400))
        .not_valid_after(end)
        .sign(signing, hashes.SHA256())  # type: ignore[arg-type]
    )
    cert, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"cert_file": str(cert), "cert_key_file": str(key_file)}


def test_nobody_is_let_in_without_a_certificate_and_is_told_what_to_set(shipped: Shipped) -> None:
    assert "set `cert_file` and `cert_key_file` in [broker]" in refusal(shipped.tls())


def test_a_certificate_of_another_authority_is_refused(shipped: Shipped, tmp_path: Path) -> None:
    strange = Shipped(tmp_path)
    strange.certificates("ca")
    said = refusal(shipped.tls(**signed_by(tmp_path, "medway-1", tmp_path, 30)))
    assert "does not know the authority that signed our certificate" in said or "unknown there" in said
    theirs = replace(shipped.let_in("medway-1"), ca_file=str(tmp_path / "ca.pem"))
    assert "`ca_file` is not the authority that signed the broker's certificate" in refusal(theirs)


def test_an_expired_certificate_is_refused(shipped: Shipped, tmp_path: Path) -> None:
    said = refusal(shipped.tls(**signed_by(shipped.folder, "medway-1", tmp_path, -1)))
    assert "`cert_file` has expired" in said


def test_a_revoked_certificate_is_refused_once_the_broker_has_read_its_files_again(shipped: Shipped) -> None:
    lost = shipped.let_in("medway-lost")
    connected(lost).close()
    shipped.certificates("revoke", "medway-lost")
    connected(lost).close()
    shipped.reload()
    assert "revoked" in next(filter(None, (why_not(lost) for _ in range(100)))), "still let in"
    connected(shipped.let_in("medway-1")).close()


def test_files_that_do_not_go_together_are_named(shipped: Shipped, tmp_path: Path) -> None:
    good, other = shipped.let_in("medway-1"), shipped.let_in("medway-2")
    assert "is not the key of the certificate" in refusal(replace(good, cert_key_file=other.cert_key_file))
    missing = str(tmp_path / "gone.pem")
    assert missing in refusal(replace(good, cert_file=missing))
    assert missing in refusal(replace(good, cert_key_file=missing))
    assert missing in refusal(replace(good, ca_file=missing))
    assert "for another name" in refusal(replace(good, host="127.1"))


def test_a_renewed_certificate_is_shown_without_a_restart(
    shipped: Shipped, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = signed_by(shipped.folder, "medway-3", tmp_path, -1)
    voice = MqttVoice(shipped.tls(**files), "kit-medway-3")
    voice._client.reconnect_delay_set(0.05, 0.1)  # type: ignore[arg-type]
    with caplog.at_level(logging.INFO):
        voice.start()
        for _ in range(200):
            if "has expired" in caplog.text:
                break
            assert not voice.connected(0.05)
        signed_by(shipped.folder, "medway-3", tmp_path, 30)
        assert voice.connected(10)
    voice.close()
