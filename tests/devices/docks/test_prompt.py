"""A command line on a serial port: what ends a line, and when the next command may go."""

from hypothesis import given
from hypothesis import strategies as st

from devices.docks.prompt import CANCEL, LINE_BYTES_MAX, PATIENCE, WAIT_S, PromptDialogue, PromptFramer
from devices.framing import GAP, NOISE, RESYNC, TOO_LONG, Piece


def pieces_of(*chunks: bytes) -> list[Piece]:
    framer = PromptFramer()
    return [piece for chunk in chunks for piece in framer.feed(chunk, 0.0)] + framer.idle(60.0)


def talked(dialogue: PromptDialogue, at_s: float) -> bytes:
    dialogue.tick(at_s)
    return dialogue.take()


def opened(polls: dict[str, float] | None = None) -> PromptDialogue:
    """A dialogue whose cancel was answered, and which has waited for the line to be still."""
    dialogue = PromptDialogue(["id", "bd"], polls or {})
    assert dialogue.take() == CANCEL
    dialogue.tick(0.0)
    dialogue.heard(0.1, is_prompt=True)
    return dialogue


ALPHABET = st.lists(
    st.sampled_from([b"a", b"boot", b">", b"> ", b">> ", b"\r\n", b" ", b"x" * 300]), max_size=30
)


@given(ALPHABET, st.data())
def test_lines_and_prompts_are_the_same_however_their_bytes_are_cut(
    parts: list[bytes], draw: st.DataObject
) -> None:
    data = b"".join(parts)
    cut = draw.draw(st.integers(0, len(data)))
    whole = pieces_of(data)
    assert pieces_of(data[:cut], data[cut:]) == whole
    assert pieces_of(*(data[at : at + 1] for at in range(len(data)))) == whole


def test_a_prompt_is_seen_though_nothing_ends_it_and_though_a_broken_line_stands_before_it() -> None:
    assert pieces_of(b"state\r\n>> ") == [Piece(b"state"), Piece(b">> ")]
    assert pieces_of(b"boot>> ") == [Piece(b"boot>> ")]
    assert pieces_of(b"5, 10>> ") == [Piece(b"5, 10", NOISE), Piece(b">> ")]


def test_an_endless_line_is_given_up_and_the_next_one_read() -> None:
    endless = b"z" * 5000
    assert pieces_of(endless + b"\r\nok\r\n") == [Piece(b"z" * LINE_BYTES_MAX, TOO_LONG), Piece(b"ok")]


def test_half_a_line_before_a_pause_takes_its_other_half_with_it() -> None:
    framer = PromptFramer()
    assert framer.feed(b"5, 1044, A", 0.0) == []
    assert framer.feed(b" C, 1\r\n6\r\n", 1.0) == [
        Piece(b"5, 1044, A", GAP),
        Piece(b" C, 1", RESYNC),
        Piece(b"6"),
    ]


def test_no_command_goes_before_the_prompt() -> None:
    dialogue = opened()
    assert talked(dialogue, 0.2) == b"", "an older prompt may have come first"
    assert talked(dialogue, 0.5) == b"id\r\n"
    assert talked(dialogue, 0.6) == b""
    dialogue.heard(0.7, is_prompt=False)
    assert talked(dialogue, 0.8) == b""
    dialogue.heard(0.9, is_prompt=True)
    assert talked(dialogue, 0.9) == b"bd\r\n"


def test_a_command_that_is_not_answered_is_cancelled_and_not_sent_again() -> None:
    dialogue = opened()
    assert talked(dialogue, 0.5) == b"id\r\n"
    assert talked(dialogue, 0.6) == b""
    assert talked(dialogue, 0.6 + WAIT_S) == CANCEL
    dialogue.heard(6.0, is_prompt=True)
    assert talked(dialogue, 6.1) == b""
    assert talked(dialogue, 6.5) == b"bd\r\n"


def test_polls_go_when_they_are_due_and_a_wish_before_them() -> None:
    dialogue = PromptDialogue([], {"state": 1.0, "health": 60.0})
    dialogue.take()
    sent = []
    for tenth in range(25):
        at_s = tenth / 10
        if tenth == 9:
            dialogue.ask("leds 1 C")
        data = talked(dialogue, at_s)
        sent += [data.decode().strip()] if data else []
        dialogue.heard(at_s, is_prompt=True) if data or not tenth else None
    assert sent == ["state", "health", "leds 1 C", "state", "state"]


def test_silence_is_wedged_once_and_a_word_ends_it() -> None:
    dialogue = opened()
    words = []
    for second in range(200):
        if dialogue.tick(1.0 + second):
            words.append(dialogue.is_wedged)
        dialogue.take()
    assert words == [True]
    assert PATIENCE > 1
    dialogue.heard(202.0, is_prompt=True)
    assert dialogue.tick(202.0)
    assert not dialogue.is_wedged
