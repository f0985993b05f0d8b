"""A bay is told once and in time, by a dock on MQTT and by a hub on its line; whatever becomes of it is said."""

import itertools
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devices.docks.commands import DockAnswered, DockTold, read_able, read_answered, read_told, told_packet
from devices.driver import Packet
from devices.drivers import DRIVERS
from devices.readings import BayAct, BayAnswered
from devices.transports.mqtt import Broker, Message, MqttVoice
from devices.transports.script import Step
from devices.wire import BayCommand, encode
from firmware_bridge import bays
from firmware_bridge.bays import JUST_STARTED, LATE, Asked, BayActs, Place
from firmware_bridge.clock import Clock
from firmware_bridge.simulate import DOCKS_TOLD, Simulator
from firmware_bridge.station import Station
from tests.devices.mosquitto import Mosquitto
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.stub_service import StubService

STATIONS = """
[[station]]
device = "docks"
driver = "kit-dock"

[broker]
host = "127.0.0.1"
port = {port}
"""
Answering = Callable[[DockTold, int], DockAnswered | None]
"""What a dock answers when it is told something for the n-th time; None: nothing."""

BIRTH = b'{"state":"online","boot":"1","acts":["point","release","lock"]}'
STUCK = "The latch is stuck."
IDS = itertools.count(100)


def command(act: BayAct = "POINT", bay: int = 6, live_ms: int = 20_000, dock: str = "rack") -> BayCommand:
    return BayCommand(id=next(IDS), device="docks", dock=dock, bay=bay, act=act, light="green", live_ms=live_ms)


class Dock:
    """A dock that hears its commands on a real broker, and answers as it is told to."""

    def __init__(self, port: int, name: str = "rack") -> None:
        self.heard: list[DockTold] = []
        self.answers: Answering = lambda told, _n: DockAnswered(id=told.id, ok=True)
        self.topic = f"kit/v1/medway/dock/{name}"
        self.voice = MqttVoice(Broker("127.0.0.1", port), f"dock-{name}")
        self.voice.hear([f"{self.topic}/cmd"], self._heard)
        self.voice.start()
        assert self.voice.connected(10)
        self.comes()

    def comes(self) -> None:
        """Its birth, kept by the broker."""
        self.voice.say(Message(f"{self.topic}/state", BIRTH))

    def times(self, said: BayCommand) -> int:
        return sum(told.id == said.id for told in self.heard)

    def _heard(self, _topic: str, payload: bytes) -> None:
        told = read_told(payload)
        assert told is not None
        self.heard.append(told)
        answer = self.answers(told, sum(it.id == told.id for it in self.heard))
        if answer is not None:
            self.voice.say(Message(f"{self.topic}/ack", encode(answer), retain=False))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StubService, Dock]]:
    """A bridge with its docks on a real Mosquitto; a dock has 0.4 s to answer here."""
    patch = pytest.MonkeyPatch()
    patch.setattr(bays, "ANSWER_S", 0.4)
    folder = tmp_path_factory.mktemp("bays")
    broker = Mosquitto(folder).start()
    service = StubService(commands=[]).start()
    bridge = RunningBridge(folder, service)
    bridge.write(STATIONS.format(port=broker.port))
    bridge.start()
    bridge.until_word("docks", "OPEN")
    dock = Dock(broker.port)
    for name in ("charger", "spare", "played"):
        dock.voice.say(Message(f"kit/v1/medway/dock/{name}/state", BIRTH))
    until(lambda: len(bridge.bridge._bay_acts._able) == 4, "four docks")
    yield service, dock
    bridge.close()
    dock.voice.close()
    service.stop()
    broker.kill()
    patch.undo()


def became(service: StubService, said: BayCommand) -> BayAnswered:
    """What became of a command, as the service hears it."""

    def found() -> BayAnswered | None:
        each = (it.reading for it in service.observations())
        return next((it for it in each if isinstance(it, BayAnswered) and it.command == said.id), None)

    until(lambda: found() is not None, "an answer about the bay")
    answer = found()
    assert answer is not None
    return answer


def test_a_dock_is_told_and_its_answer_reaches_the_service(store: tuple[StubService, Dock]) -> None:
    service, dock = store
    said = command("RELEASE", bay=6)
    service.tell(said)
    answer = became(service, said)
    assert (answer.word, answer.dock, answer.bay, answer.act) == ("DONE", "rack", 6, "RELEASE")
    (told,) = [it for it in dock.heard if it.id == said.id]
    assert (told.bay, told.act) == (6, "release")


def test_a_slow_dock_is_told_twice_under_one_id_and_is_done(store: tuple[StubService, Dock]) -> None:
    service, dock = store
    dock.answers = lambda told, n: DockAnswered(id=told.id, ok=True) if n == 2 else None
    said = command()
    service.tell(said)
    assert became(service, said).word == "DONE"
    assert dock.times(said) == 2


@pytest.mark.parametrize(
    ("answers", "word", "detail"),
    [
        (lambda told, _n: DockAnswered(id=told.id, ok=False, why=STUCK), "REFUSED", STUCK),
        (lambda told, _n: DockAnswered(id=told.id, ok=False, unable=True), "UNABLE", None),
        (lambda _told, _n: None, "SILENT", "It did not answer."),
        (lambda told, _n: DockAnswered(id=told.id + 1, ok=True), "SILENT", "It did not answer."),
    ],
    ids=["refuses", "has no latch", "is silent", "answers something else"],
)  # fmt: skip
def test_what_a_dock_did_not_do_is_said(
    store: tuple[StubService, Dock], answers: Answering, word: str, detail: str | None
) -> None:
    service, dock = store
    dock.answers = answers
    said = command("RELEASE")
    service.tell(said)
    answer = became(service, said)
    assert (answer.word, answer.detail) == (word, detail)
    assert dock.times(said) == (2 if word == "SILENT" else 1)


def test_a_dock_cannot_answer_for_another(store: tuple[StubService, Dock]) -> None:
    service, dock = store
    dock.answers = lambda told, _n: DockAnswered(id=told.id, ok=True)
    said = command(dock="charger")
    service.tell(said)
    dock.voice.say(Message(f"{dock.topic}/ack", encode(DockAnswered(id=said.id, ok=True)), retain=False))
    assert became(service, said).word == "SILENT"


def test_a_command_that_is_over_is_not_passed_on(store: tuple[StubService, Dock]) -> None:
    service, dock = store
    said = command("RELEASE", live_ms=0)
    service.tell(said)
    assert (became(service, said).word, became(service, said).detail) == ("EXPIRED", LATE)
    assert dock.times(said) == 0


def test_a_dock_that_comes_back_is_not_told_what_it_missed(store: tuple[StubService, Dock]) -> None:
    service, dock = store
    said = command("RELEASE", dock="spare")
    service.tell(said)
    assert became(service, said).word == "SILENT"
    late = Dock(dock.voice._broker.port, "spare")
    marked = command("LOCK", dock="spare")
    service.tell(marked)
    assert became(service, marked).word == "DONE"
    assert [it.id for it in late.heard] == [marked.id]
    late.voice.close()


def test_a_simulated_dock_answers_what_its_script_says_and_ignores_the_rest(
    store: tuple[StubService, Dock], tmp_path: Path
) -> None:
    service, dock = store
    said: list[str] = []
    simulator = Simulator(tmp_path, said.append, MqttVoice(Broker("127.0.0.1", dock.voice._broker.port), "simulator"))
    assert simulator.voice is not None
    simulator.voice.hear([DOCKS_TOLD], simulator.told)
    simulator.voice.start()
    assert simulator.voice.connected(10)
    topic = "kit/v1/medway/dock/played/cmd"
    simulator.do(Step(device="docks", topic=topic, heard="point", text='{"ok":true}'))
    simulator.do(Step(device="docks", topic=topic, heard="lock", text='{"ok":false,"why":"Jammed."}'))
    told = [command(act, dock="played") for act in ("POINT", "LOCK", "RELEASE")]
    service.tell(*told)
    assert [became(service, it).word for it in told] == ["DONE", "REFUSED", "SILENT"]
    assert any(f"bay 6 point green (command {told[0].id})" in line for line in said)
    simulator.voice.close()


# ---- without a broker ----------------------------------------------------------------------------------


class Hand:
    """A clock by hand, and what the acts say and keep."""

    def __init__(self, driver: str = "kit-dock", **options: str) -> None:
        self.ns = 0
        self.said: list[Message] = []
        self.kept: list[BayAnswered] = []
        self.station = Station("docks", DRIVERS[driver], options, lambda: pytest.fail("nothing is opened"))
        place = Place("medway", Clock(lambda: 0, lambda: self.ns), self.said.append, self._keep)
        self.acts = BayActs(place, [self.station])
        self.acts.heard("kit/v1/medway/dock/rack/state", b'{"state":"online","acts":["point","release"]}')

    def does(self, *asked: Asked) -> None:
        """All that is due now."""
        stop = threading.Event()
        for each in asked:
            self.acts.take(each)
        if not (self.acts._asked or self.acts._said):
            self.acts._again()
            return
        self.acts._next_s = lambda: 0.0  # type: ignore[method-assign]
        thread = threading.Thread(target=self.acts.run, args=(stop,))
        thread.start()
        until(lambda: not (self.acts._asked or self.acts._said), "the acts")
        stop.set()
        self.acts.wake()
        thread.join(5)

    def _keep(self, _device: str, answer: BayAnswered) -> None:
        self.kept.append(answer)


def test_a_dock_that_has_no_lock_is_not_waited_for() -> None:
    hand = Hand()
    hand.ns = bays.SETTLES_NS
    for each in (command("LOCK"), command("RELEASE", dock="never-heard-of")):
        hand.does(Asked(each, 2 * bays.SETTLES_NS))
    assert [(it.act, it.word) for it in hand.kept] == [("LOCK", "UNABLE"), ("RELEASE", "UNABLE")]
    assert hand.said == []


def test_a_bridge_that_has_just_come_does_not_take_a_dock_it_has_not_heard_for_one_that_cannot() -> None:
    hand = Hand()
    hand.does(Asked(command("RELEASE", dock="not-yet"), 10**9), Asked(command("LOCK", dock="never"), 20 * 10**9))
    hand.ns = 10**9 - 1
    hand.does()
    assert hand.kept == [], "the broker may tell of them yet"
    hand.ns = bays.SETTLES_NS
    hand.does()
    assert [(it.act, it.word) for it in hand.kept] == [("RELEASE", "SILENT"), ("LOCK", "UNABLE")]
    assert hand.said == []


def test_a_dock_that_is_heard_of_just_after_the_bridge_came_is_told_what_waited_for_it() -> None:
    hand = Hand()
    hand.does(Asked(command("LOCK", dock="slow"), 20 * 10**9))
    hand.acts.heard("kit/v1/medway/dock/slow/state", b'{"state":"online","acts":["lock"]}')
    assert hand.said == []
    hand.ns = bays.LOOKS_NS
    hand.does()
    assert [message.topic for message in hand.said] == ["kit/v1/medway/dock/slow/cmd"]
    assert hand.kept == []


def test_a_command_that_is_told_again_is_done_once() -> None:
    hand, said = Hand(), command("RELEASE")
    hand.does(Asked(said, 10**9))
    hand.does(Asked(said, 10**9), Asked(said, 2 * 10**9))
    assert len(hand.said) == 1


def test_nothing_is_let_go_that_was_told_before_the_bridge_was_there() -> None:
    hand = Hand()
    hand.does(Asked(command("RELEASE"), 10**9, is_first=True), Asked(command("POINT"), 10**9, is_first=True))
    assert [(it.act, it.word, it.detail) for it in hand.kept] == [("RELEASE", "EXPIRED", JUST_STARTED)]
    assert len(hand.said) == 1, "a light may come late"


def test_a_bridge_that_slept_lets_nothing_go() -> None:
    hand = Hand()
    hand.ns = 3_600 * 10**9
    hand.does(Asked(command("RELEASE"), 10 * 10**9))
    assert [it.word for it in hand.kept] == ["EXPIRED"]
    assert hand.said == []


def test_no_dock_is_told_a_second_time_after_the_end() -> None:
    hand, said = Hand(), command("RELEASE")
    hand.does(Asked(said, 10**9))
    hand.ns = 3 * 10**9
    hand.does()
    assert [it.word for it in hand.kept] == ["SILENT"]
    assert len(hand.said) == 1


def test_what_is_for_now_is_kept_by_no_broker() -> None:
    hand = Hand()
    hand.does(Asked(command("RELEASE"), 10**9))
    (message,) = hand.said
    assert (message.retain, message.live_s) == (False, 1.0)
    assert message.topic == "kit/v1/medway/dock/rack/cmd"


def test_a_hub_without_an_armed_alarm_has_nothing_to_let_go_with() -> None:
    for security, word in (("keep", False), ("arm", True)):
        hub = DRIVERS["cambrionix"].decoder({"security": security})
        assert hub.tell("RELEASE", 3, "none") is word  # type: ignore[union-attr]


@pytest.mark.parametrize("payload", [b"", b"{}", b"[1]", b'{"id":0,"ok":true}', b"\xff" * 9, b"[" * 5000])
def test_what_is_no_answer_is_let_be(payload: bytes) -> None:
    assert read_answered(Packet("kit/v1/medway/dock/rack/ack", payload)) is None
    assert read_told(payload) is None
    assert read_able(Packet("kit/v1/medway/dock/rack/state", payload)) is None


def test_a_command_reads_back_as_it_was_told() -> None:
    said = command("RELEASE")
    told = read_told(told_packet("t", said, 5).payload)
    assert told == DockTold(id=said.id, bay=6, act="release", light="green", until_us=5)


def test_only_docks_that_can_be_told_something_make_a_bridge_ask(tmp_path: Path) -> None:
    del tmp_path
    assert Hand("cambrionix").acts.any()
    assert not Hand("usb-dock").acts.any()
