"""Events a second: from MQTT to the committed spool, and from the spool to the service's acknowledgement.

    python -m bench.observations [EVENTS]

A dock's messages wait at a real Mosquitto, so that the one who takes them sets the pace. Each figure stands beside
the least that the same can cost in the same run: taking the messages and doing nothing (mosquitto_sub where it is
installed, else paho alone), and committing the same rows with SQLite (WAL, synchronous=FULL), singly and together.
"""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import msgspec

from api import bridges
from api.database import Database
from bench import report
from bench.service import free_port, served
from devices.drivers import DRIVERS
from devices.readings import BayReported, DeviceReported
from devices.transports.mqtt import Message, MqttPort, MqttVoice, open_mqtt
from devices.transports.mqtt_inbox import READ_MAX
from firmware_bridge.answers import Answers
from firmware_bridge.by_mqtt import ByMqtt
from firmware_bridge.clock import SYSTEM
from firmware_bridge.delivery import Delivery
from firmware_bridge.intake import Intake, Shelf
from firmware_bridge.journal import Journal, JournalLimits
from firmware_bridge.line import Line, Service
from firmware_bridge.roll import Roll
from firmware_bridge.scans import LiveScans, Wire
from firmware_bridge.settings import Timing
from firmware_bridge.spool import Observed, Spool
from firmware_bridge.station import Desk, Station
from tests import small_force as force
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.hands import Noted

BRIDGE, BOOT = "medway-1", "5e" * 16
TOPICS = [f"kit/v1/{BRIDGE}/dock/+/bay/+"]
LIMITS = "set_tcp_nodelay true\nmax_inflight_messages 256\nmax_queued_messages 0\nmax_packet_size 2097152"
ROUNDS = 3
SCHEMA = (
    "CREATE TABLE obs (id INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL, seq INTEGER NOT NULL, device TEXT NOT"
    " NULL, at INTEGER NOT NULL, mono INTEGER NOT NULL, body BLOB NOT NULL, acked INTEGER, UNIQUE (boot, seq)) STRICT"
)


def payload(number: int) -> bytes:
    """A bay's word, different every time."""
    said = {
        "present": True,
        "serial": f"X60A{number:05}",
        "charge": number % 101,
        "state": "charging",
        "seq": number,
    }
    return msgspec.json.encode(said)


def seconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# ---- from the broker to the spool ----------------------------------------------------------------------


def queued(broker: Mosquitto, client_id: str, events: int) -> None:
    """Have a session's messages wait at the broker."""
    open_mqtt(broker.broker(), client_id, TOPICS).close()
    dock = MqttVoice(broker.broker(), "docks")
    dock.start()
    assert dock.connected(10)
    for number in range(events):
        dock.say(Message(f"kit/v1/{BRIDGE}/dock/d1/bay/{1 + number % 900}", payload(number), retain=False))
    dock.close(timeout_s=120)


def taken_by_paho(broker: Mosquitto, events: int) -> float:
    """Seconds to take and acknowledge them, and do nothing."""
    queued(broker, "paho", events)
    port = MqttPort(broker.broker(), "paho", TOPICS)
    done, left = threading.Event(), [events]

    def came(client: object, _data: object, message: object) -> None:
        client.ack(message.mid, message.qos)  # type: ignore[attr-defined]
        left[0] -= 1
        if not left[0]:
            done.set()

    port._client.on_message = came  # type: ignore[assignment]
    took = seconds(lambda: (port.open(), done.wait(300)))
    port.close()
    return took


def taken_by_mosquitto_sub(broker: Mosquitto, events: int) -> float | None:
    """The same with Mosquitto's own subscriber; None where it is not installed."""
    command = shutil.which("mosquitto_sub")
    if command is None:
        return None
    queued(broker, "sub", events)
    words = [
        command,
        "-V",
        "5",
        "-p",
        str(broker.port),
        "-i",
        "sub",
        "-c",
        "-x",
        "86400",
        "-q",
        "1",
        "-t",
        TOPICS[0],
    ]
    return seconds(lambda: subprocess.run([*words, "-C", str(events)], stdout=subprocess.DEVNULL, check=True))


def spooled(broker: Mosquitto, events: int, folder: Path) -> float:
    """Seconds until a station of the bridge has them all committed."""
    queued(broker, "station", events)
    spool = Spool(folder / "spool.sqlite", 512 << 20, 86_400)
    journal = Journal(folder / "journal", JournalLimits(), SYSTEM.wall_us())
    answers = Answers(journal, Noted(), SYSTEM)
    wire = Wire(Line(Service("http://127.0.0.1:9", str)), BOOT, SYSTEM, Timing())
    live = LiveScans(wire, answers, lambda _boot, _sent: None)
    intake = Intake(BOOT, Shelf(journal, spool), SYSTEM, live, answers)
    roll, stop = Roll(), threading.Event()
    roll.listed([DeviceReported(device="docks", word="STOPPED")])
    kept = [0]

    def counted() -> None:
        kept[0] = roll.all()[0].good
        if kept[0] >= events:
            stop.set()

    station = Station("docks", DRIVERS["kit-dock"], {}, lambda: open_mqtt(broker.broker(), "station", TOPICS))
    desk = Desk(intake, roll, SYSTEM, alive=counted)
    took = seconds(lambda: station.run(desk, stop, lambda: None))
    assert spool.waiting().count == events
    spool.close()
    journal.close()
    return took


# ---- from the spool to the service -----------------------------------------------------------------------


def delivered(folder: Path, events: int, wire: Wire, courier: ByMqtt | None) -> float:
    """Seconds until the service has acknowledged them all."""
    folder.mkdir()
    spool = Spool(folder / "spool.sqlite", 512 << 20, 86_400)
    fill(spool, wire.boot, events)
    journal = Journal(folder / "journal", JournalLimits(), SYSTEM.wall_us())
    delivery = Delivery(wire, spool, Answers(journal, Noted(), SYSTEM), courier.send if courier else None)
    stop = threading.Event()
    thread = threading.Thread(target=delivery.run, args=(stop,))

    def work() -> None:
        thread.start()
        while spool.waiting().count:
            time.sleep(0.01)

    took = seconds(work)
    stop.set()
    delivery.wake()
    thread.join(10)
    spool.close()
    journal.close()
    return took


def fill(spool: Spool, boot: str, events: int) -> None:
    """Keep as many bays' words."""
    rows = [
        Observed("docks", SYSTEM.wall_us(), SYSTEM.mono_ns(), BayReported(dock="d1", bay=1 + n % 900, word="CHARGING",
                 present=True, serial=f"X60A{n % 900:05}", charge_percent=n % 101))
        for n in range(events)
    ]  # fmt: skip
    for at in range(0, events, 500):
        spool.keep(boot, rows[at : at + 500], SYSTEM.wall_us())


def with_a_bridge(url: str) -> str:
    """Make a bridge at the force, and give its key."""
    force.build(url)
    database = Database(url, SYSTEM.wall_us)
    database.start()
    key: str = database.write(lambda tx: bridges.add_bridge(tx, BRIDGE, "ME")[1])
    database.stop()
    return key


# ---- the least that it can cost ----------------------------------------------------------------------------


def committed(path: Path, events: int, together: int) -> float:
    """Seconds to commit rows of the same size durably, so many a commit."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(SCHEMA)
    body = msgspec.json.encode(
        BayReported(dock="d1", bay=1, word="CHARGING", present=True, serial="X60A00000")
    )
    rows = [(BOOT, n, "docks", SYSTEM.wall_us(), SYSTEM.mono_ns(), body) for n in range(events)]

    def work() -> None:
        for at in range(0, events, together):
            connection.execute("BEGIN IMMEDIATE")
            some = rows[at : at + together]
            connection.executemany(
                "INSERT INTO obs (boot, seq, device, at, mono, body) VALUES (?,?,?,?,?,?)", some
            )
            connection.execute("COMMIT")

    took = seconds(work)
    connection.close()
    return took


def rate(events: int, took: Sequence[float]) -> int:
    """Events a second, of the best of several rounds."""
    return round(events / min(took))


def to_the_spool(events: int, folder: Path, broker: Mosquitto) -> list[dict[str, object]]:
    """The rows about the bridge's own part."""
    singly = rate(events, [committed(folder / "raw", events, 1) for _ in range(ROUNDS)])
    grouped = rate(events, [committed(folder / "raw", events, READ_MAX) for _ in range(ROUNDS)])
    line = rate(events, [taken_by_paho(broker, events) for _ in range(ROUNDS)])
    theirs = [took for _ in range(ROUNDS) if (took := taken_by_mosquitto_sub(broker, events)) is not None]
    best = rate(events, theirs) if theirs else line
    ours = []
    for number in range(ROUNDS):
        (folder / str(number)).mkdir()
        ours.append(spooled(broker, events, folder / str(number)))
    mine = rate(events, ours)
    return [
        {"what": "SQLite alone, one row a commit", "per_second": singly},
        {"what": f"SQLite alone, {READ_MAX} rows a commit", "per_second": grouped},
        {"what": "paho alone, taking and acknowledging", "per_second": line},
        {"what": "mosquitto_sub", "per_second": best if theirs else "not installed: paho stands for it"},
        {
            "what": "MQTT to committed spool", "per_second": mine, "of_single_commits": round(mine / singly, 2),
            "of_grouped_commits": round(mine / grouped, 2), "of_line_rate": round(mine / best, 2),
        },
    ]  # fmt: skip


def to_the_service(events: int, folder: Path, broker: Mosquitto) -> list[dict[str, object]]:
    """The rows about the way to the service."""
    url = f"sqlite:///{folder / 'kit.sqlite3'}"
    key = with_a_bridge(url)
    mqtt = f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
    singly = rate(events, [committed(folder / "raw2", events, 1) for _ in range(ROUNDS)])
    rows: list[dict[str, object]] = []
    with served(url, folder, more=mqtt) as port:
        for number, way in enumerate(("HTTPS's own (plain here)", "MQTT") * ROUNDS, 1):
            line = Line(Service(f"http://127.0.0.1:{port}", lambda: key))
            wire = Wire(line, f"{number:032x}", SYSTEM, Timing(retry_first_s=0.05, retry_cap_s=0.2))
            courier = ByMqtt(broker.broker(), BRIDGE, wire) if way == "MQTT" else None
            took = delivered(folder / f"way{number}", events, wire, courier)
            line.close()
            if courier:
                courier.close()
            mine = rate(events, [took])
            rows.append({"what": f"spool to acknowledgement by {way}", "per_second": mine,
                         "of_single_commits": round(mine / singly, 2)})  # fmt: skip
    return rows


def main() -> None:
    """Command line, see the module."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "broker").mkdir()
        broker = Mosquitto(folder / "broker", more=LIMITS, port=free_port()).start()
        stack.callback(broker.kill)
        rows = to_the_spool(events, folder, broker)
        for row in rows:
            report.show_row(row)
        more = to_the_service(events // 4, folder, broker)
        for row in more:
            report.show_row(row)
    report.write("observations", [*rows, *more])


if __name__ == "__main__":
    main()
