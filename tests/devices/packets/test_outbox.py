"""Commands to a scanner: one at a time, each sent twice at most, none waited for in vain."""

from devices.packets.outbox import ANSWER_S, WAITING_MAX, Command, Outbox


def packed(command: Command, again: bool) -> bytes:
    return bytes((command.opcode,)) + (b"!" if again else b"")


def outbox(*opcodes: int) -> Outbox:
    out = Outbox(packed)
    for opcode in opcodes:
        out.put(Command(opcode))
    return out


def test_the_next_command_waits_for_the_answer_to_the_one_before() -> None:
    out = outbox(1, 2)
    assert (out.take(), out.take()) == (b"\x01", b"")
    out.done()
    assert (out.take(), out.take()) == (b"\x02", b"")


def test_a_command_without_an_answer_is_sent_once_more_marked_so_and_then_given_up() -> None:
    out = outbox(1, 2)
    assert out.take() == b"\x01"
    assert out.tick(5.0) is None
    assert out.tick(5.0 + ANSWER_S - 0.1) is None
    assert out.take() == b""
    assert out.tick(5.0 + ANSWER_S) is None
    assert out.take() == b"\x01!"
    assert out.tick(8.0) is None
    assert out.tick(8.0 + ANSWER_S) == Command(1)
    assert out.take() == b"\x02"


def test_a_command_that_arrived_broken_is_sent_once_more_at_once() -> None:
    out = outbox(1)
    out.take()
    assert out.again()
    assert out.take() == b"\x01!"
    assert not out.again()
    assert out.take() == b""


def test_an_answer_to_nothing_is_nothing() -> None:
    out = outbox()
    out.done()
    assert not out.again()
    assert out.tick(9.0) is None
    assert out.take() == b""


def test_of_too_many_lights_the_oldest_are_never_shown() -> None:
    out = outbox(*range(1, WAITING_MAX + 3))
    shown = []
    while out.take():
        assert out.now is not None
        shown.append(out.now.opcode)
        out.done()
    assert shown == list(range(3, WAITING_MAX + 3))
