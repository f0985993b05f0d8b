"""How a command of `kit-bridge` ends: at a signal, or with a sentence and an exit code.

One rule for the editor: no code means two things.

    0  done, or stopped as asked        3  another bridge is already running here
    1  something is not well            4  the disk will not take the spool or the journal
    2  the command or the configuration is wrong
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click

from devices.errors import DeviceError
from firmware_bridge.errors import AlreadyRunning, BridgeError, KeepingRefused, SettingsWrong

NOT_WELL, WRONG, RUNNING, NO_DISK = 1, 2, 3, 4

EXIT_CODES: tuple[tuple[type[Exception], int], ...] = (
    (SettingsWrong, WRONG),
    (AlreadyRunning, RUNNING),
    (KeepingRefused, NO_DISK),
    (BridgeError, NOT_WELL),
    (DeviceError, NOT_WELL),
)


@contextmanager
def plainly() -> Iterator[None]:
    """Turn an error of ours into its sentence and its exit code."""
    try:
        yield
    except (BridgeError, DeviceError) as error:
        click.echo(str(error), err=True)
        sys.exit(next(code for kind, code in EXIT_CODES if isinstance(error, kind)))


@contextmanager
def until_signalled() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set; a second signal ends the process at once."""
    stop = threading.Event()

    def once(number: int) -> None:
        signal.signal(number, signal.SIG_DFL)

    with at_signals((signal.SIGTERM, signal.SIGINT), stop.set, once):
        yield stop


def _nothing(_number: int) -> None:
    """The signal stays as it is."""


@contextmanager
def at_signals(
    numbers: Sequence[int], act: Callable[[], None], first: Callable[[int], None] = _nothing
) -> Iterator[None]:
    """Call `act` at each of the signals `numbers`.

    A thread at the other end of a pipe calls it, never the signal handler: that runs in the middle of whatever the
    main thread was doing, which may be holding the very lock that `act` needs. The handler itself calls `first`.
    """
    heard, tell = os.pipe()

    def on_signal(number: int, _frame: object) -> None:
        first(number)
        os.write(tell, b"!")

    def listen() -> None:
        while os.read(heard, 1):
            act()

    before = {number: signal.signal(number, on_signal) for number in numbers}
    listener = threading.Thread(target=listen, name="signals", daemon=True)
    listener.start()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(tell)
        listener.join()
        os.close(heard)
