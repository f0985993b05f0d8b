"""What nobody sends, sent to everything that reads: the short form of `scripts/fuzz`, the same at every run.

One rule for the editor: what a campaign finds becomes an example in the test of the file that was mended, not here.
"""

import random

import pytest

from devices.drivers import DRIVERS
from devices.framing import Piece
from tests.fuzz.invariants import HELD_MAX, Broken, held_by, of_messages, of_stream
from tests.fuzz.mutate import mutated
from tests.fuzz.targets import TARGETS, Target

INPUTS = 40
INPUTS_OF_AN_OPTION = 8


@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())
def test_nothing_that_is_sent_breaks_a_promise(target: Target) -> None:
    count = INPUTS_OF_AN_OPTION if ":" in target.name else INPUTS
    for data in mutated(target.seeds, random.Random(target.name), count):
        target.check(data)


def test_every_driver_is_a_target() -> None:
    assert {name.partition(":")[0] for name in TARGETS} >= set(DRIVERS)
    assert len(TARGETS) > len(DRIVERS)


def test_a_decoder_of_frames_that_stand_alone_is_shown_a_sound_one_behind_the_garbage() -> None:
    """A decoder without one would pass that check whatever it did. Of the others' vectors none says anything that was
    not asked for, or that was told before."""
    assert {name for name in DRIVERS if sound_of(TARGETS[name])} == {
        "em4100", "m100", "mercury", "sci-scanner", "serial-scanner", "ssi-scanner", "uhfreader18",
    }  # fmt: skip


def sound_of(target: Target) -> object:
    names = target.check.__code__.co_freevars
    cells = dict(zip(names, target.check.__closure__ or (), strict=True))
    return cells["sound"].cell_contents if "sound" in cells else None


class _Decoder:
    """Echoes what it is given; each child breaks one promise."""

    def feed(self, data: bytes, at_s: float) -> list[object]:
        return []

    def packet(self, packet: object, at_s: float) -> list[object]:
        return self.feed(packet.payload, at_s)

    def idle(self, at_s: float) -> list[object]:
        return []


class _Raises(_Decoder):
    def feed(self, data: bytes, at_s: float) -> list[object]:
        return [data.index(b"a")]


class _Splits(_Decoder):
    def feed(self, data: bytes, at_s: float) -> list[object]:
        return (
            [DRIVERS["serial-scanner"].decoder({}).feed(b"X1\r", at_s)[0]] if data.startswith(b"ab") else []
        )


class _Hoards(_Decoder):
    def __init__(self) -> None:
        self.held = [Piece(b"x" * HELD_MAX, "")]


_Hoards.__module__ = "devices.hoards"


class _Nul(_Decoder):
    def feed(self, data: bytes, at_s: float) -> list[object]:
        (code,) = DRIVERS["serial-scanner"].decoder({}).feed(b"X1\r", at_s)
        return [type(code)(text="\ud800")] if data else []


@pytest.mark.parametrize(
    ("broken", "raised"),
    [(_Raises, ValueError), (_Splits, Broken), (_Nul, UnicodeEncodeError)],
)
def test_a_decoder_that_breaks_a_promise_is_found(broken: type[_Decoder], raised: type[Exception]) -> None:
    with pytest.raises(raised):
        of_stream(broken)(b"abc" if broken is not _Raises else b"xyz")


def test_a_decoder_of_messages_that_keeps_too_much_is_found() -> None:
    assert held_by(_Hoards()) > HELD_MAX
    with pytest.raises(Broken, match="a flood leaves"):
        of_messages(_Hoards, ("t",))(b"x")


def test_an_input_that_nobody_sends_is_the_same_at_every_run() -> None:
    once, again = (list(mutated((b"seed", b"other"), random.Random("x"), 50)) for _ in range(2))
    assert once == again
    assert len(set(once)) > 40
