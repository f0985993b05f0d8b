"""A thread that dies unseen leaves a bridge that looks alive: it ends the process. One that hangs is not hidden."""

import threading
from pathlib import Path

import pytest

from devices.drivers import DRIVERS
from firmware_bridge.bridge import Bridge
from firmware_bridge.notify import Systemd
from firmware_bridge.settings import load
from firmware_bridge.threads import Threads
from tests.firmware_bridge.bridge_process import until
from tests.firmware_bridge.running_bridge import RunningBridge
from tests.firmware_bridge.systemd_ear import systemd_ear


def until_told(stop: threading.Event) -> None:
    """What most threads do."""
    stop.wait()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_ends_by_a_fault_ends_all_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    threads = Threads(threading.Event())
    threads.start("steady", until_told)

    def fails(stop: threading.Event) -> None:
        raise ZeroDivisionError

    threads.start("faulty", fails)
    assert threads.stop.wait(10)
    assert threads.end(10) == []
    assert threads.died == "faulty"
    assert not threads.are_alive()
    assert "the thread 'faulty' ended by a fault" in caplog.text


def test_a_thread_that_was_told_to_end_alone_ends_nothing_else() -> None:
    threads, end = Threads(threading.Event()), threading.Event()
    threads.start("goes on", until_told)
    thread = threads.start("ends", until_told, end)
    end.set()
    thread.join(10)
    assert (threads.are_alive(), threads.died, threads.stop.is_set()) == (True, "", False)
    assert threads.end(10) == []


def test_a_thread_that_is_started_while_all_end_ends_too() -> None:
    threads, end = Threads(threading.Event()), threading.Event()
    assert threads.end(10) == []
    thread = threads.start("late", until_told, end)
    thread.join(10)
    assert not thread.is_alive()


def test_a_thread_that_does_not_end_is_named_and_not_waited_for() -> None:
    threads, free = Threads(threading.Event()), threading.Event()
    threads.start("hangs", lambda _stop: until_told(free))
    assert threads.end(0.01) == ["hangs"]
    free.set()


def test_while_a_thread_hangs_with_the_spool_the_watchdog_is_not_fed(running: RunningBridge, tmp_path: Path) -> None:
    running.write(running.scanner("hatch"))
    with systemd_ear(tmp_path / "notify") as ear:
        unit = Systemd(str(tmp_path / "notify"), watchdog_s=0.03)
        running.bridge = Bridge(load(running.path, DRIVERS), DRIVERS, unit=unit)
        running.thread = threading.Thread(target=running.bridge.run, args=(running.stop,))
        running.thread.start()
        until(lambda: ear.words().count("WATCHDOG=1") >= 2, "the watchdog being fed")
        with running.bridge._spool._lock:
            until(lambda: ear.status() and not _is_fed(ear.words, running.stop), "its end")
        fed = ear.words().count("WATCHDOG=1")
        until(lambda: ear.words().count("WATCHDOG=1") > fed, "its return")


def _is_fed(words: object, stop: threading.Event) -> bool:
    assert callable(words)
    before = words().count("WATCHDOG=1")
    stop.wait(0.3)  # ten times as long as it is fed
    return bool(words().count("WATCHDOG=1") > before)
