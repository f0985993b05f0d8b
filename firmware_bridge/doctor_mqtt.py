"""The broker, looked at by the doctor: whether it lets us in, takes each kind of message of ours, and for how long.

One rule for the editor: a probe changes nothing for anybody. It is not retained, it is empty, and where a topic would
mean something to a reader it goes to a topic beside it that the same line of the access list allows.

In MQTT 5 a broker says of each publish whether its access list took it; in 3.1.1 it says yes to all (hardware.md D).
Of a subscription Mosquitto says yes to all as well (measured on 2.0.11), so reading is proven by what arrives.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from devices.driver import Packet
from devices.errors import DeviceError
from devices.transports.mqtt import NOBODY_LISTENS, NOT_AUTHORISED, Broker, Message, MqttPort, open_mqtt
from devices.wire import ACK_TOPIC, OBS_TOPIC
from firmware_bridge.certificates import certificates
from firmware_bridge.clock import Clock
from firmware_bridge.errors import SettingsWrong
from firmware_bridge.findings import Finding, fine, wrong
from firmware_bridge.settings import Settings
from firmware_bridge.stations import broker_of

KIT_DOCK = "kit-dock"
ANSWER_S = 5.0
LOOK_S = 0.1
FAILURE = 0x80
OLD = (
    "speaks MQTT 3.1.1, as configured: a publish that it refuses looks like success, so its access list cannot be"
    ' looked at; version = "5" wherever the broker can'
)


@dataclass(frozen=True, slots=True)
class Probe:
    """One topic that this bridge publishes: what for, where the probe goes, and the line that allows it."""

    what: str
    topic: str
    line: str


def probes(settings: Settings) -> Iterator[Probe]:
    """What this configuration needs to publish."""
    lamps = {light.name for light in settings.light if light.kind == "mqtt"}
    yield Probe("its own word", "status", "pattern readwrite kit/v1/%u/status")
    yield Probe("its devices' words", "dev/doctor/state", "pattern write kit/v1/%u/dev/+/state")
    if any(lamps & set(station.feedback) for station in settings.station):
        yield Probe("lights", "light/doctor", "pattern write kit/v1/%u/light/+")
    if any(station.driver == KIT_DOCK for station in settings.station):
        yield Probe("docks' commands", "dock/doctor/cmd", "pattern write kit/v1/%u/dock/+/cmd")
    if settings.observations == "mqtt":
        yield Probe("observations", "obs", "pattern write kit/v1/%u/obs")


def broker_findings(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Everything about the broker, and about every certificate."""
    yield from _certificates(settings, clock)
    try:
        broker = broker_of(settings)
    except SettingsWrong as why:
        yield wrong("broker", str(why))
        return
    if broker is not None:
        yield from _at(broker, settings)


def _at(broker: Broker, settings: Settings) -> Iterator[Finding]:
    own = f"kit/v1/{settings.bridge}"
    listens = [f"{own}/status", ACK_TOPIC.format(bridge=settings.bridge)]
    try:
        port = open_mqtt(broker, f"kit-{settings.bridge}-doctor", listens, keep_session=False)
    except DeviceError as error:
        yield wrong("broker", str(error))
        return
    try:
        yield from _looked_at(port, broker, settings)
    except DeviceError as error:
        yield wrong("broker", str(error))
    finally:
        port.close()


def _looked_at(port: MqttPort, broker: Broker, settings: Settings) -> Iterator[Finding]:
    is_new = broker.version == "5"
    yield Finding("broker", is_new, f"{broker} speaks MQTT 5" if is_new else f"{broker} {OLD}")
    for probe in probes(settings):
        topic = f"kit/v1/{settings.bridge}/{probe.topic}"
        code = port.publish(Message(topic, b"", retain=False), ANSWER_S)
        what = f"broker: {probe.what}"
        if code == NOT_AUTHORISED:
            yield wrong(what, f"{topic} is refused (0x87): the access list lacks `{probe.line}`")
        elif code >= FAILURE:
            yield wrong(what, f"{topic} is refused with 0x{code:02X}; see the broker's log")
        elif topic == OBS_TOPIC.format(bridge=settings.bridge) and is_new:
            yield _service_there(port, settings, code)
        else:
            yield fine(what, f"{topic} is taken" if is_new else f"{topic} cannot be told from refused")
            if probe.topic == "status":
                yield _heard_itself(port, topic)


def _heard_itself(port: MqttPort, topic: str) -> Finding:
    found = "we hear what is published on it"
    if not _arrives(port, topic):
        found = (
            f"nothing of it reaches us: the access list lacks `pattern readwrite kit/v1/%u/status` ({topic})"
        )
        return wrong("broker: hearing", found)
    return fine("broker: hearing", found)


def _service_there(port: MqttPort, settings: Settings, code: int) -> Finding:
    """The service answers an empty delivery, and stores nothing of it."""
    what, answers = "broker: observations", ACK_TOPIC.format(bridge=settings.bridge)
    if code == NOBODY_LISTENS:
        found = (
            "taken, and no instance of the service listens: set [mqtt] in the service's settings, or start it"
        )
        return wrong(what, found)
    if _arrives(port, answers):
        return fine(what, "the service has heard us and its answer has reached us")
    found = (
        f"taken, and no answer on {answers}: the access list lacks `pattern read kit/v1/%u/ack`, or the service's"
        " `topic read kit/v1/+/obs` or `topic write kit/v1/+/ack`"
    )
    return wrong(what, found)


def _arrives(port: MqttPort, topic: str) -> bool:
    end_s = time.monotonic() + ANSWER_S
    while time.monotonic() < end_s:
        packets = [it for it in port.read(LOOK_S) if isinstance(it, Packet)]
        port.kept()
        if any(it.topic == topic and not it.retained for it in packets):
            return True
    return False


def _certificates(settings: Settings, clock: Clock) -> Iterator[Finding]:
    for it in certificates(settings):
        trouble = it.trouble(clock.wall_us())
        left = f"{it.path}: {it.days_left(clock.wall_us())} days left"
        yield Finding(f"certificate ({it.key})", not trouble, trouble or left)
