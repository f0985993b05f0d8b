"""Sockets whose time is up are shut, and nothing else is."""

import socket

from devices.transports.deadlines import Deadlines


def is_shut(far: socket.socket) -> bool:
    far.setblocking(False)
    try:
        return far.recv(1) == b""
    except BlockingIOError:
        return False


def test_only_what_is_beyond_its_time_is_shut() -> None:
    now = [0.0]
    deadlines = Deadlines(lambda: now[0])
    (slow, slow_far), (quick, quick_far) = socket.socketpair(), socket.socketpair()
    deadlines.give(slow, 10.0)
    deadlines.give(quick, 10.0)
    now[0] = 9.0
    assert deadlines.sweep() == 0
    deadlines.give(quick, 10.0)
    now[0] = 10.0
    assert deadlines.sweep() == 1
    assert (is_shut(slow_far), is_shut(quick_far)) == (True, False)
    for sock in (slow, slow_far, quick, quick_far):
        sock.close()


def test_at_the_end_everything_is_shut_and_what_comes_after_too() -> None:
    deadlines = Deadlines(lambda: 0.0)
    (before, before_far), (after, after_far), (gone, gone_far) = (socket.socketpair() for _ in range(3))
    deadlines.give(before, 10.0)
    deadlines.give(gone, 10.0)
    deadlines.forget(gone)
    deadlines.end()
    deadlines.give(after, 10.0)
    assert [is_shut(it) for it in (before_far, after_far, gone_far)] == [True, True, False]
    for sock in (before, before_far, after, after_far, gone, gone_far):
        sock.close()
