"""What a reader is sent: one command at a time, a silent one asked again at a steady pace and no faster."""

from hypothesis import given
from hypothesis import strategies as st

from devices.dialogue import PATIENCE, TRIES_MAX, Command, Dialogue

WHO, START, POLL = Command(b"who", 1), Command(b"start", 2), Command(b"poll", 3, wait_s=1.0)


def silence(dialogue: Dialogue, until_s: float, from_s: float = 0.0) -> list[bytes]:
    """What is sent, and when asked every 0.1 s, while nothing is heard."""
    sent = []
    for step in range(round((until_s - from_s) * 10) + 1):
        dialogue.tick(from_s + step / 10)
        sent += [data for data in (dialogue.take(),) if data]
    return sent


def test_the_next_command_waits_for_the_answer_to_the_last() -> None:
    dialogue = Dialogue([WHO, START])
    assert dialogue.take() == b"who"
    dialogue.tick(0.0)
    assert dialogue.take() == b""
    dialogue.heard(9, 0.1)
    assert dialogue.take() == b"", "that was another's answer"
    dialogue.heard(1, 0.2)
    assert (dialogue.take(), dialogue.take()) == (b"start", b"")


def test_a_command_without_an_answer_is_sent_three_times_and_then_the_next_has_its_turn() -> None:
    assert silence(Dialogue([WHO, START]), 3.5) == [b"who"] * TRIES_MAX + [b"start"]


def test_what_is_asked_again_and_again_begins_when_the_reader_rests() -> None:
    dialogue = Dialogue([WHO], [POLL], rest_s=0.5)
    assert silence(dialogue, 0.0) == [b"who"]
    dialogue.heard(1, 0.1)
    assert silence(dialogue, 0.5, 0.1) == []
    assert silence(dialogue, 0.7, 0.6) == [b"poll"]
    dialogue.heard(3, 0.8)
    assert silence(dialogue, 1.2, 0.8) == []
    assert silence(dialogue, 1.4, 1.3) == [b"poll"]


def test_an_answer_in_parts_is_waited_for_to_its_end() -> None:
    dialogue = Dialogue([POLL])
    assert silence(dialogue, 0.9) == [b"poll"]
    dialogue.heard(None, 0.9)
    assert silence(dialogue, 1.8, 1.0) == []
    dialogue.heard(3, 1.8)
    assert silence(dialogue, 9.0, 1.9) == []


def test_a_reader_that_answers_nothing_is_wedged_once_and_its_first_word_ends_it() -> None:
    dialogue = Dialogue([WHO], [POLL])
    changes = []
    for step in range(300):
        if dialogue.tick(step / 10):
            changes.append((dialogue.is_wedged, step / 10))
        dialogue.take()
    assert [wedged for wedged, _ in changes] == [True]
    assert PATIENCE * 0.9 <= changes[0][1] <= PATIENCE * 1.5
    dialogue.heard(3, 30.0)
    assert dialogue.tick(30.1)
    assert not dialogue.is_wedged


def test_a_listener_says_nothing_and_is_never_wedged() -> None:
    dialogue = Dialogue()
    assert silence(dialogue, 60.0) == []
    assert not dialogue.is_wedged


def test_starting_again_does_not_pile_up() -> None:
    dialogue = Dialogue([WHO, START])
    for _ in range(5):
        dialogue.start_again()
    sent = []
    for step in range(10):
        dialogue.tick(step / 10)
        sent.append(dialogue.take())
        dialogue.heard(1 if sent[-1] == b"who" else 2, step / 10)
    assert [data for data in sent if data] == [b"who", b"start"]


@given(
    st.lists(
        st.tuples(st.sampled_from(["tick", "take", "heard"]), st.integers(0, 3), st.floats(0, 2)), max_size=80
    )
)
def test_never_two_commands_are_under_way(acts: list[tuple[str, int, float]]) -> None:
    dialogue, now_s, sent_s = Dialogue([WHO, START], [POLL]), 0.0, None
    for act, code, later_s in acts:
        now_s += later_s
        if act == "heard":
            dialogue.heard(code or None, now_s)
            sent_s = None
        elif act == "tick":
            dialogue.tick(now_s)
        elif dialogue.take():
            assert sent_s is None or now_s > sent_s, "sent twice with no time between"
            sent_s = now_s
