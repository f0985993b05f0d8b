"""The demo's folder, its notes, its processes and its counts."""

import os
import signal
import socket
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil
import pytest

from api.demo import plans
from api.demo.children import Child, Children, Plan
from api.demo.command import Failed, check_port, free_port
from api.demo.desk import Desk
from api.demo.feed import Feed
from api.demo.home import Busy, Home, Notes, claim, tables
from api.demo.leash import leash
from api.demo.players import of_the_first
from api.demo.sign_ins import PASSWORD, PIN, SIGN_INS
from api.demo.tally import Tally, name_of
from api.secrets import pin_weakness, weakness
from inventory.demo.force import build
from inventory.demo.shift import CARD, COUNTERSIGN, SCAN, Step
from inventory.schema import revision

NOTES = Notes("2026-11-22", "2026-11-23", 1002, 1016, 1017, ("0001_the_tables",), "2026-11-22")
SLEEPS = "import time; print('here', flush=True); time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('here', flush=True); time.sleep(600)"
PARENT = (
    f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {SLEEPS!r}]); time.sleep(600)"
)
PATIENCE_S = 10.0


# ---- the folder ----------------------------------------------------------------------------------------


def test_notes_come_back_as_they_were_written(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert home.notes() is None
    home.note(NOTES)
    assert home.notes() == NOTES


@pytest.mark.parametrize("text", ["", "{", "[]", '{"anchor": "2026-11-22"}', '{"tables": 3}'])
def test_notes_that_cannot_be_read_are_no_notes(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text, "utf-8")
    assert Home(tmp_path).notes() is None


def test_a_demo_is_loaded_when_database_keys_and_notes_are_there_under_todays_tables(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir()
    for path in (home.database, home.bridge_key, home.kiosk_token):
        assert not home.is_loaded()
        path.touch()
    home.note(NOTES)
    assert not home.is_loaded()
    home.note(replace(NOTES, tables=tables()))
    assert home.is_loaded()


def test_the_demo_knows_the_newest_migration_without_loading_it() -> None:
    assert tables()[-1].startswith(revision.head())


def test_one_folder_holds_one_running_demo(tmp_path: Path) -> None:
    held = claim(Home(tmp_path))
    with pytest.raises(Busy, match=str(os.getpid())):
        claim(Home(tmp_path))
    os.close(held)
    os.close(claim(Home(tmp_path)))


def test_a_port_in_use_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Failed, match=f"Port {port} .*KITSTORE_PORT={port + 1}"):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", free_port())


def test_the_sign_ins_are_such_as_the_service_would_take() -> None:
    assert pin_weakness(PIN) is None
    assert [weakness(each.name, PASSWORD) for each in SIGN_INS] == [None] * len(SIGN_INS)
    assert len({each.name for each in SIGN_INS}) == len(SIGN_INS)


# ---- processes -----------------------------------------------------------------------------------------


def plan(name: str, code: str, **more: object) -> Plan:
    """A child that runs a line of Python."""
    return Plan(name, f"the {name}", (sys.executable, "-c", code), **more)  # type: ignore[arg-type]


def started(children: Children, wanted: Plan) -> Child:
    """A child that has begun to run its line."""
    child = children.start(wanted)
    while "here" not in child.log.read_text("utf-8"):
        assert not child.has_ended
    return child


def test_every_child_ends_also_one_that_does_not_listen_and_what_a_child_started(tmp_path: Path) -> None:
    children = Children(tmp_path, leash())
    deaf = started(children, plan("deaf", DEAF, ends_in_s=0.2))
    parent = started(children, plan("parent", PARENT))
    family = [psutil.Process(deaf.process.pid), *psutil.Process(parent.process.pid).children(recursive=True)]
    assert len(family) == 2
    children.end_all()
    assert [parent.has_ended, deaf.has_ended] == [True, True]
    psutil.wait_procs(family, timeout=PATIENCE_S)
    assert not any(each.is_running() for each in family)


def test_a_child_that_ends_by_itself_is_noticed_with_its_last_words(tmp_path: Path) -> None:
    children = Children(tmp_path, leash())
    children.start(plan("done", "pass", may_end=True)).process.wait()
    assert children.ended() is None
    broken = children.start(plan("broken", "import sys; sys.exit('the disk is full')", may_end=True))
    broken.process.wait()
    assert children.ended() is broken
    assert broken.last_words() == ["the disk is full"]


def test_a_child_ends_with_a_parent_that_is_killed_without_a_word(tmp_path: Path) -> None:
    starts = (
        "import pathlib, sys, time\n"
        "from api.demo.children import Children, Plan\n"
        "from api.demo.leash import leash\n"
        f"child = Children(pathlib.Path({str(tmp_path)!r}), leash()).start("
        f"Plan('child', 'a child', (sys.executable, '-c', {SLEEPS!r})))\n"
        "time.sleep(600)\n"
    )
    middle = psutil.Popen([sys.executable, "-c", starts])
    log = tmp_path / "child.log"
    while not (log.exists() and "here" in log.read_text("utf-8")):
        assert middle.poll() is None
    (child,) = middle.children()
    middle.send_signal(signal.SIGKILL)
    middle.wait()
    psutil.wait_procs([child], timeout=PATIENCE_S)
    assert not child.is_running()


# ---- counts --------------------------------------------------------------------------------------------

PERSON = {"name": "Alex Hollis", "rank": "PC", "collar": "4417"}


def step(ref: str, act: str, code: str, expected: str) -> Step:
    """A step at no time in particular."""
    return Step(0.0, ref, act, code, expected)


def test_the_first_people_of_a_script_are_those_who_come_first_with_all_their_steps() -> None:
    steps = [step(ref, CARD, ref, "VISIT_OPENED") for ref in ("K1", "K2", "K1", "K3")]
    assert [each.ref for each in of_the_first(steps, 1)] == ["K1", "K1"]
    assert of_the_first(steps, 0) == steps
    assert of_the_first(steps, 9) == steps


def test_a_tally_counts_what_the_hatch_said_and_names_what_the_script_did_not_foresee() -> None:
    lines: list[str] = []
    tally = Tally(lines.append)
    tally.note(step("K1", CARD, "4B", "VISIT_OPENED"), {"outcome": "VISIT_OPENED", "sentences": []}, PERSON)
    tally.note(
        step("K1", SCAN, "X1", "REFUSED"), {"outcome": "REFUSED", "sentences": ["It expired."]}, PERSON
    )
    tally.note(step("K1", SCAN, "X2", "IN_SET"), None, PERSON)
    line = {"word": "IN_SET", "quantity": 1, "serial": "X3", "item_id": 7, "kind_label": "Camera"}
    tally.completed({"person": PERSON, "lines": [line, {**line, "word": "REFUSED", "serial": "X1"}]})
    tally.note(step("K1", COUNTERSIGN, "", "COMPLETED"), {"outcome": "COMPLETED", "sentences": []}, None)
    assert (tally.people, tally.items, tally.visits, tally.issued) == (1, 1, 1, {"X3"})
    assert tally.refused == [("PC Hollis 4417", "It expired.")]
    assert [each.outcome for each in tally.unexpected] == ["NO ANSWER"]
    assert any("REFUSED" in each and "It expired." in each for each in lines)
    assert "not as the script says: K1 SCAN X2: NO ANSWER, not IN_SET" in "\n".join(tally.summary())


def test_somebody_the_hatch_does_not_name_is_somebody() -> None:
    assert name_of(None) == "somebody"
    assert name_of({"name": "Jo Long Surname", "rank": None, "collar": None}) == "Surname"


def test_where_python_may_keep_no_bytecode_the_demo_keeps_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    assert plans.quick_imports(Home(tmp_path)) == {}
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    children = Children(tmp_path, leash(), plans.quick_imports(Home(tmp_path)))
    says = "import sys; print(sys.dont_write_bytecode, sys.pycache_prefix)"
    child = children.start(plan("python", says, may_end=True))
    child.process.wait()
    assert child.last_words() == [f"False {tmp_path / 'bytecode'}"]


def test_settings_for_another_kit_store_do_not_reach_the_demos(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIT_DATABASE", "postgresql://the.real.one/kit")
    says = "import os; print(sorted(name for name in os.environ if name.startswith('KIT_')))"
    children = Children(tmp_path, leash())
    child = children.start(plan("python", says, may_end=True, environment={"KIT_PORT": "1"}))
    child.process.wait()
    assert child.last_words() == ["['KIT_PORT']"]


def test_a_force_brought_ahead_of_today_is_left_alone_and_said_once(tmp_path: Path) -> None:
    home, lines = Home(tmp_path), []
    home.note(NOTES)

    def nobody(_name: str) -> Desk:
        raise AssertionError("nothing is handed in")

    feed = Feed(home, build(date(2026, 11, 22)), nobody, lines.append)
    feed.bring_to(date(2026, 11, 22))
    feed.bring_to(date(2026, 11, 22))
    feed.bring_to(date(2026, 11, 23))
    assert [line.startswith("WARNING") for line in lines] == [True, False]
