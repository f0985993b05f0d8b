"""What a hand at a counter does in a storm: as often wrong as right.

One rule for the editor: an act is drawn from the dice and from what this hand was told, never from the database; who
is not current and what is not fit is asked for as readily as anything else.
"""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from bench import synthetic
from tests.storm.world import FIRST_HAND, PIN, World, sign_in_of

ISSUES, RETURNS = "/api/v1/issues", "/api/v1/returns"
HANDOVERS, LOSSES, HOLDS, LIFT = "/api/v1/handovers", "/api/v1/losses", "/api/v1/holds", "/lift"
KEYED = (ISSUES, RETURNS)
"""What may be asked again under its key. Whoever asks for the rest and gets no answer does not know, and looks."""
RARELY = 0.1
NOBODYS_ITEM = 987_654_321
KEPT = 4


@dataclass(frozen=True)
class Act:
    """One request: by whom (a word for the sign-in it goes out under), where to, with what body and key; and to whom
    kit would go by it, of what items."""

    name: str
    path: str
    body: dict[str, Any]
    key: str
    under: str = "own"
    officer: int = 0
    items: tuple[int, ...] = ()


@dataclass
class Hand:
    """One issuer, what they have just handed out, and their last request."""

    number: int
    world: World
    dice: random.Random
    given: deque[tuple[int, list[int]]] = field(default_factory=lambda: deque(maxlen=KEPT))
    placed: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=KEPT))
    last: Act | None = None

    def next(self) -> Act:
        """The next act."""
        name = self.dice.choices(list(CHOICES), [weight for weight, _ in CHOICES.values()])[0]
        made = CHOICES[name][1](self, name)
        if made.path == ISSUES and made.under == "own":
            self.last = made
        return made

    def heard(self, act: Act, code: int, said: dict[str, Any]) -> None:
        """What came of it: what was handed out is handed in later, or on; what was set aside is set free."""
        if act.path in (ISSUES, HANDOVERS) and code == 201:
            self.given.append((act.officer, list(act.items)))
        elif act.path == HOLDS and code == 201:
            self.placed.append((said["hold_id"], act.items[0]))

    # ---- of what acts are made ----------------------------------------------------------------------------

    def key(self) -> str:
        """A key of its own."""
        return UUID(int=self.dice.getrandbits(128)).hex

    def officer(self) -> int:
        """Anybody, current or not."""
        return self.dice.choice(list(self.world.officers))

    def camera(self) -> list[int]:
        """Any camera, held or not, here or out."""
        return [self.dice.choice(self.world.cameras)]

    def set(self) -> list[int]:
        """Any CED set, here or out, one in nine with a cartridge past its date."""
        return synthetic.set_items(self.dice.randrange(self.world.sets))


def draw(hand: Hand, name: str, items: list[int], under: str = "own", **changes: Any) -> Act:
    """Ask for kit, everything declared."""
    body = {"person_id": hand.officer(), "store_id": synthetic.STORE, "items": [{"item_id": each} for each in items],
            "authenticated_by": "FACE", "fit_declared": True, "function_tests": items[:1]}  # fmt: skip
    made = body | changes
    return Act(name, ISSUES, made, hand.key(), under, made["person_id"], tuple(items))


def hand_in(hand: Hand, name: str, items: list[int], under: str = "own", store_id: int = synthetic.STORE) -> Act:
    """Hand kit in, whoever has it."""
    body = {"store_id": store_id, "items": [{"item_id": each} for each in items]}
    return Act(name, RETURNS, body, hand.key(), under, items=tuple(items))


def _own_back(hand: Hand, name: str) -> Act:
    return hand_in(hand, name, hand.given.popleft()[1] if hand.given else hand.camera())


def _malformed(hand: Hand, name: str) -> Act:
    wrong: dict[str, Any] = hand.dice.choice([
        {"person_id": "nobody"}, {"items": "all"}, {"store_id": -1}, {"admin": True}, {"verdict": "ALLOW"},
        {"purpose": "PRIVATE"}, {"planned_return_us": "later"},
    ])  # fmt: skip
    made = draw(hand, name, hand.camera())
    return replace(made, body=made.body | wrong)


def _again(hand: Hand, name: str) -> Act:
    return replace(hand.last, name=name) if hand.last else draw(hand, name, hand.camera())


def _other_under_the_same_key(hand: Hand, name: str) -> Act:
    made = draw(hand, name, hand.set())
    return replace(made, key=hand.last.key if hand.last else made.key)


def _to_themselves(hand: Hand, name: str) -> Act:
    return draw(hand, name, hand.camera(), person_id=FIRST_HAND + hand.number)


def _hand_over(hand: Hand, name: str, pin: str = PIN) -> Act:
    giver, items = hand.given.popleft() if hand.given else (hand.officer(), hand.camera())
    receiver = hand.officer()
    signed = {"giver": {"name": sign_in_of(giver), "pin": PIN}, "receiver": {"name": sign_in_of(receiver), "pin": pin}}
    body = {"store_id": synthetic.STORE, "items": [{"item_id": each} for each in items], "fit_declared": True,
            "function_tests": items[:1]}  # fmt: skip
    return Act(name, HANDOVERS, body | signed, hand.key(), "own", receiver, tuple(items))


def _by_nobody(hand: Hand, name: str) -> Act:
    made = _hand_over(hand, name)
    nobody = {"name": f"nobody{hand.key()}", "pin": PIN}
    return replace(made, body=made.body | {hand.dice.choice(("giver", "receiver")): nobody})


def _set_aside(hand: Hand, name: str, reason: str = "RESERVED", under: str = "own") -> Act:
    (item,) = hand.camera()
    return Act(name, HOLDS, {"reason": reason, "detail": "For the storm", "item_id": item}, hand.key(), under,
               items=(item,))  # fmt: skip


def _set_free(hand: Hand, name: str) -> Act:
    hold, item = hand.placed.popleft() if hand.placed else (NOBODYS_ITEM, 0)
    return Act(name, f"{HOLDS}/{hold}{LIFT}", {"detail": "It is over"}, hand.key(), items=(item,))


def _missing(hand: Hand, name: str) -> Act:
    (item,) = hand.camera()
    return Act(name, LOSSES, {"item_id": item, "detail": "Not in its bay"}, hand.key(), items=(item,))


CHOICES: dict[str, tuple[float, Callable[[Hand, str], Act]]] = {
    "draws_a_set": (20, lambda hand, name: draw(hand, name, hand.set())),
    "draws_a_camera": (20, lambda hand, name: draw(hand, name, hand.camera())),
    "hands_in_what_was_drawn": (30, _own_back),
    "hands_in_any_set": (3, lambda hand, name: hand_in(hand, name, hand.set())),
    "hands_in_any_camera": (3, lambda hand, name: hand_in(hand, name, hand.camera())),
    "draws_of_two_sets": (1, lambda hand, name: draw(hand, name, [*hand.set()[:2], *hand.set()[2:]])),
    "draws_a_handle_alone": (1, lambda hand, name: draw(hand, name, hand.set()[:1])),
    "draws_without_a_test": (1, lambda hand, name: draw(hand, name, hand.set(), function_tests=[])),
    "draws_undeclared": (1, lambda hand, name: draw(hand, name, hand.set(), fit_declared=False)),
    "draws_another_stores": (2, lambda hand, name: draw(hand, name, [hand.dice.choice(hand.world.strays)])),
    "draws_what_is_not": (1, lambda hand, name: draw(hand, name, [NOBODYS_ITEM])),
    "draws_malformed": (2, _malformed),
    "draws_to_themselves": (1, _to_themselves),
    "asks_again": (3, _again),
    "asks_other_under_the_same_key": (1, _other_under_the_same_key),
    "draws_as_a_stranger": (1, lambda hand, name: draw(hand, name, hand.camera(), "stranger")),
    "draws_as_one_of_elsewhere": (1, lambda hand, name: draw(hand, name, hand.camera(), "of_elsewhere")),
    "draws_without_a_token": (1, lambda hand, name: draw(hand, name, hand.set(), "without_token")),
    "hands_over": (4, _hand_over),
    "hands_over_by_nobody": (1, _by_nobody),
    "sets_aside": (2, _set_aside),
    "sets_aside_as_spent": (1, lambda hand, name: _set_aside(hand, name, "SPENT")),
    "sets_aside_as_a_stranger": (1, lambda hand, name: _set_aside(hand, name, under="stranger")),
    "sets_free": (2, _set_free),
    "reports_missing": (RARELY, _missing),
    "hands_in_as_a_stranger": (1, lambda hand, name: hand_in(hand, name, hand.camera(), "stranger")),
}
"""Act -> how often, and how it is made."""
