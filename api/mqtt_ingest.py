"""Observations that bridges deliver by MQTT: the wire form of HTTPS, handed to the very function of HTTPS.

One rule for the editor: nothing is acknowledged, neither to the broker nor to the bridge, before it is committed
here; and what is taken goes through `api.readings.take_delivery`, never past it. Only this module of the service
imports paho.

    bridge ──kit/v1/{bridge}/obs──▶ broker ──$share/kitstore/…──▶ one instance ──▶ take_delivery ──▶ commit
    bridge ◀─kit/v1/{bridge}/ack── broker ◀── {"boot","upto","epoch","seq"} ◀──────────────────────────┘

Who sent it is what its topic says: the broker's access list lets a bridge write below its own name alone, so the list
is part of the lock (docs/mqtt.md). A bridge that is unknown here, or whose keys are all revoked, is refused all the
same. Scans are refused: a scan is for now, and a broker may keep it until tomorrow.

The session ends with the connection. What an instance had not yet taken when it died is sent again by its bridge,
which has it on disk, and reaches another instance; a repeat finds what was stored the first time.
"""

import asyncio
import re
import socket
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from api import bridges, logs
from api.batches import Busy
from api.bridges import BridgeRow, Under
from api.context import Actor, Ctx, Service
from api.database_errors import Kinds, anything
from api.outgoing import new_request_id
from api.problems import Problem, problem_of
from api.processing import COLLECTS
from api.readings import take_delivery
from api.secrets import new_token
from api.settings import Mqtt, SettingsError
from api.strays import keep_stray, unknown_bridge
from devices.wire import ACK_TOPIC, NO_BOOT, OBS_TOPIC, Acknowledged, Delivery, decode_delivery, encode
from inventory.schema.fast import Fast
from inventory.schema.service import bridge, bridge_key

ROUTE = "MQTT " + OBS_TOPIC
AT_ONCE = 32
"""Most deliveries that the broker hands to one instance before the first of them is acknowledged."""

PACKET_MAX = 4 << 20
"""Longest delivery the broker is asked to pass on, in bytes; a bridge makes none half as long."""

STOP_S = 2.0
"""Longest wait at a stop for what is being stored."""

BY_MQTT = "By MQTT a bridge delivers observations alone; scans travel by HTTPS."
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_BRIDGE = Fast(
    sa.select(bridge.c.id).where(
        bridge.c.name == sa.bindparam("of_name"),
        bridge.c.id.in_(sa.select(bridge_key.c.bridge_id).where(bridge_key.c.revoked_us.is_(None))),
    )
)


class _Numbered(msgspec.Struct):
    seq: int = 0


class _Key(msgspec.Struct):
    """As much of a delivery as tells which one it is, whatever else is wrong with it."""

    boot: str = NO_BOOT
    sent: list[_Numbered] = []


def trouble() -> Kinds:
    """What may go wrong with one delivery: its bridge is told what HTTPS would have answered."""
    return (*anything(), Problem, Busy, OSError, RuntimeError, LookupError, ValueError)


@dataclass(frozen=True, slots=True)
class Door:
    """What becomes of one message. It knows no broker."""

    service: Service

    async def answer(self, name: str, payload: bytes) -> Acknowledged:
        """Take what came on the topic of the bridge `name`, and say what became of it."""
        bridge_id = await self._bridge(name)
        if bridge_id is None:
            return await self._unknown(name, payload)
        if not payload:  # somebody asks whether we are here (`kit-bridge doctor`)
            return Acknowledged(boot=NO_BOOT, upto=0, epoch=self.service.epoch)
        try:
            delivery = decode_delivery(payload)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as why:
            boot, seq = _key_of(payload)
            await self._stray(bridge_id, "NO_DELIVERY", str(why), payload)
            return Acknowledged(
                boot=boot, upto=0, epoch=self.service.epoch, seq=seq, code=400, reason=str(why)[:400]
            )
        if delivery.stream != "obs":
            await self._stray(bridge_id, "SCAN_BY_MQTT", BY_MQTT, payload)
            return await self._said(bridge_id, delivery, 422, BY_MQTT)
        return await self._take(bridge_id, delivery)

    async def _take(self, bridge_id: int, delivery: Delivery) -> Acknowledged:
        service = self.service
        actor, request_id = Actor("BRIDGE", bridge_id), new_request_id()
        ctx = Ctx(service, actor, service.now_us, request_id, ROUTE, COLLECTS["log"], bridge_id=bridge_id)
        try:
            accepted = await take_delivery(ctx, delivery)
            await ctx.settle("OK")
        except trouble() as error:
            return await self._refused(ctx, delivery, error)
        seq = delivery.sent[-1].seq
        return Acknowledged(boot=delivery.boot, upto=accepted.upto, epoch=accepted.epoch, seq=seq)

    async def _refused(self, ctx: Ctx, delivery: Delivery, error: Exception) -> Acknowledged:
        problem = problem_of(error)
        if problem.type == "our-fault":
            logs.error("unexpected", error, request_id=ctx.request_id, path=ROUTE)
        assert ctx.bridge_id is not None, "made so above"
        return await self._said(ctx.bridge_id, delivery, problem.code, problem.detail)

    async def _said(self, bridge_id: int, delivery: Delivery, code: int, reason: str) -> Acknowledged:
        under = Under(bridge_id, delivery.boot, "obs", 0)
        upto = await self.service.read(lambda conn: bridges.tide(conn, under))
        return Acknowledged(
            boot=delivery.boot, upto=upto, epoch=self.service.epoch, seq=delivery.sent[-1].seq, code=code,
            reason=reason[:400],
        )  # fmt: skip

    async def _bridge(self, name: str) -> int | None:
        if not NAME.fullmatch(name):
            return None
        found: int | None = await self.service.bridges.find(
            f"mqtt {name}",
            self.service.now_us,
            lambda: self.service.read(lambda conn: _bridge_named(conn, name)),
        )
        return found

    async def _unknown(self, name: str, payload: bytes) -> Acknowledged:
        if NAME.fullmatch(name):
            await self.service.database.awrite(lambda tx: unknown_bridge(tx, name), frozenset())
        boot, seq = _key_of(payload)
        reason = "This bridge is unknown here, or none of its keys is in force."
        return Acknowledged(boot=boot, upto=0, epoch=self.service.epoch, seq=seq, code=403, reason=reason)

    async def _stray(self, bridge_id: int, reason: str, why: str, payload: bytes) -> None:
        of: BridgeRow = await self.service.read(lambda conn: bridges.bridge_row(conn, bridge_id))
        await self.service.database.awrite(
            lambda tx: keep_stray(tx, of, reason, why, payload), frozenset((f"bridge{bridge_id}",))
        )
        logs.warning("a stray message by MQTT", bridge=of.name, reason=reason, bytes=len(payload))


def _bridge_named(conn: sa.Connection, name: str) -> int | None:
    rows = _BRIDGE.rows(conn, {"of_name": name})
    return int(rows[0][0]) if rows else None


def _key_of(payload: bytes) -> tuple[str, int]:
    """Boot and last sequence of something that is no delivery, where it names them."""
    try:
        key = msgspec.json.decode(payload, type=_Key)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return NO_BOOT, 0
    return key.boot[:32], key.sent[-1].seq if key.sent else 0


def _at_once(_client: Client, _data: object, line: Any) -> None:
    """Send small packets when they are made: an answer would wait 40 ms behind the PUBACK before it."""
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class MqttIngest:
    """One instance's connection to the broker. paho calls back on a thread of its own; all work is done on the loop.
    `taken` counts the deliveries that this instance has had.

    Raises SettingsError where a certificate or password file cannot be read.
    """

    def __init__(self, service: Service, broker: Mqtt) -> None:
        self._door = Door(service)
        self._broker = broker
        self._tasks: set[asyncio.Task[None]] = set()
        self.taken = 0
        self._said = ""
        self._is_stopping = False
        name = f"kitstore-{service.database.instance}-{new_token()[:8]}"
        client = self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTProtocolVersion.MQTTv5, manual_ack=True
        )
        self._tls: ssl.SSLContext | None = None
        try:
            self._let_in(client)
        except (OSError, ValueError) as error:
            raise SettingsError(f"mqtt: a file cannot be used: {error}") from error
        client.on_pre_connect = self._renewed
        client.on_socket_open = _at_once
        client.on_connect = self._connected
        client.on_connect_fail = lambda *_: self._tell(f"cannot be reached ({sys.exc_info()[1]})")
        client.on_subscribe = self._subscribed
        client.on_disconnect = lambda _c, _d, _f, code, _p: self._tell(f"connection lost ({code})")
        client.on_message = self._came
        client.reconnect_delay_set(1, 15)

    @property
    def topic(self) -> str:
        """What is subscribed to: every bridge's observations, divided among the instances."""
        return f"$share/{self._broker.share}/{OBS_TOPIC.format(bridge='+')}"

    async def start(self) -> None:
        """Begin connecting, beside everything else; a broker that is away is tried again for ever."""
        self._loop = asyncio.get_running_loop()
        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.ReceiveMaximum, asked.MaximumPacketSize, asked.SessionExpiryInterval = AT_ONCE, PACKET_MAX, 0
        broker = self._broker
        self._client.connect_async(
            broker.host, broker.port, broker.keepalive_s, clean_start=True, properties=asked
        )
        self._client.loop_start()

    async def stop(self) -> None:
        """Take no more, finish what has come, and go: the others get the rest."""
        self._is_stopping = True
        self._client.unsubscribe(self.topic)
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=STOP_S)
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)

    # -- on the event loop --------------------------------------------------------------------------

    def _arrived(self, message: MQTTMessage) -> None:
        if not self._is_stopping:
            task = self._loop.create_task(self._take(message))
            self._tasks.add(task)
            task.add_done_callback(self._taken)

    async def _take(self, message: MQTTMessage) -> None:
        name = message.topic.split("/")[2]
        try:
            said = await self._door.answer(name, bytes(message.payload))
        finally:
            self.taken += 1
            self._client.ack(message.mid, message.qos)  # stored, kept as a stray, or sent again by its bridge
        self._client.publish(ACK_TOPIC.format(bridge=name), encode(said), qos=1)

    def _taken(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        problem = None if task.cancelled() else task.exception()
        if problem is not None:
            logs.error("a delivery by MQTT was not taken", problem, path=ROUTE)

    # -- on paho's thread ---------------------------------------------------------------------------

    def _came(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._loop.call_soon_threadsafe(self._arrived, message)

    def _connected(self, client: Client, _data: object, _flags: object, code: ReasonCode, _p: object) -> None:
        if code.is_failure:
            self._tell(f"refuses the connection ({code})")
        else:
            client.subscribe(self.topic, qos=1)

    def _subscribed(self, _c: Client, _data: object, _mid: int, codes: list[ReasonCode], _p: object) -> None:
        refused = [str(code) for code in codes if code.is_failure]
        self._tell(f"refuses the subscription ({refused[0]})" if refused else "connected")

    def _renewed(self, _client: Client, _data: object) -> None:
        """Certificate and key are read again at every connection, so that renewing them needs no restart."""
        try:
            self._load()
        except OSError as error:
            self._tell(f"certificate cannot be used ({error})")

    # -- setting up -----------------------------------------------------------------------------------

    def _let_in(self, client: Client) -> None:
        broker = self._broker
        for path in (broker.ca_file, broker.cert_file, broker.cert_key_file):
            if path:
                Path(path).open("rb").close()  # the ssl module's own error would not name the file
        if broker.username:
            word = Path(broker.password_file).read_text("utf-8").strip() if broker.password_file else ""
            client.username_pw_set(broker.username, word)
        if broker.ca_file:
            self._tls = ssl.create_default_context(cafile=broker.ca_file)
            self._load()
            client.tls_set_context(self._tls)

    def _load(self) -> None:
        if self._tls is not None and self._broker.cert_file:
            self._tls.load_cert_chain(self._broker.cert_file, self._broker.cert_key_file or None)

    def _tell(self, word: str) -> None:
        """Say a thing once, not at every attempt."""
        if word != self._said:
            logs.warning("mqtt broker", host=self._broker.host, port=self._broker.port, word=word)
        self._said = word
