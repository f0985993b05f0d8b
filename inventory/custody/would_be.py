"""Who would newly be refused, and who newly let draw, if facts about people were otherwise: asked of the gate's own
rules, now and for the next duty each person is rostered for.

One rule for the editor: nothing is judged here. A person is asked about before and after by the same question, and only
reasons of the person's own count: those of a new draw (`lapse.ABOUT_THE_DRAW`) are the same for everybody.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.custody.lapse import ABOUT_THE_DRAW
from inventory.custody.reasons import reasons_shown
from inventory.gate.ask import ADDING, Ask
from inventory.gate.decision import Refusal, judge_person
from inventory.gate.gather import gather
from inventory.gate.kind_policy import Policy
from inventory.people.roster import next_duties
from inventory.schema.fast import Fast, among
from inventory.schema.people import person, store

NOW, DUTY = "NOW", "DUTY"
REFUSED, ALLOWED = "REFUSED", "ALLOWED"
BY_MODEL = "CED_HANDLE"
OTHERS = (("SBG", ""), ("BWV_CAMERA", ""))

Key = tuple[int, str, str, str]
"""(person, kind, model, NOW or DUTY)"""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the gate says to one person about one kind and model: the sentences that stop them, none where they may.

    `duty_us` is when the duty starts that they were asked for; None for now.
    """

    sentences: tuple[str, ...]
    duty_us: int | None


@dataclass(frozen=True, slots=True)
class Effect:
    """One person for whom the answer changes: `word` REFUSED or ALLOWED, `at` NOW or at their next rostered DUTY."""

    person_id: int
    kind: str
    model: str
    at: str
    word: str
    duty_us: int | None
    sentences: tuple[str, ...]


_HOMES = Fast(sa.select(person.c.id, person.c.home_store_id).where(among(person.c.id, "ids")))
_ANY_STORE = Fast(sa.select(sa.func.min(store.c.id)).where(store.c.closed_us.is_(None)))


def models_of(policy: Policy) -> tuple[str, ...]:
    """The CED models that the policy approves, in its order."""
    governing = policy.kind(BY_MODEL, "OPERATIONAL")
    setting = governing.settings.get("approved_models") if governing else None
    return setting.value if setting and isinstance(setting.value, tuple) else ()


def answers(conn: sa.Connection, policy: Policy, person_ids: Iterable[int], now_us: int) -> dict[Key, Answered]:
    """What the gate says to each person about every kind, now and at the start of their next rostered duty, for the
    whole of it."""
    asked = sorted(set(person_ids))
    homes: dict[int, int | None] = dict(_HOMES.rows(conn, {"ids": asked}))
    anywhere = int(_ANY_STORE.rows(conn)[0][0] or 0)
    found = _asked(conn, policy, [_ask(each, homes.get(each) or anywhere, None) for each in asked], now_us, NOW)
    by_start: dict[int, list[Ask]] = defaultdict(list)
    for each, duty in next_duties(conn, asked, now_us).items():
        by_start[max(duty.starts_us, now_us)].append(_ask(each, duty.store_id, duty.ends_us))
    for starts_us, asks in by_start.items():
        found |= _asked(conn, policy, asks, starts_us, DUTY)
    return found


def _ask(person_id: int, store_id: int, until_us: int | None) -> Ask:
    return Ask(
        person_id=person_id, store_id=store_id, item_ids=(), lots=(), purpose="OPERATIONAL",
        planned_return_us=until_us, door="view", by_person_id=None, stage=ADDING,
    )  # fmt: skip


def _asked(conn: sa.Connection, policy: Policy, asks: list[Ask], now_us: int, at: str) -> dict[Key, Answered]:
    wanted = [(BY_MODEL, model) for model in models_of(policy)] + list(OTHERS)
    found: dict[Key, Answered] = {}
    for ask, facts in zip(asks, gather(conn, asks, policy, now_us), strict=True):
        for kind, model in wanted:
            stops = [each for each in judge_person(facts, policy, kind, model) if _counts(each)]
            said = tuple(reasons_shown(stops)[0])
            found[ask.person_id, kind, model, at] = Answered(said, now_us if at == DUTY else None)
    return found


def _counts(refusal: Refusal) -> bool:
    return refusal.stops and refusal.code not in ABOUT_THE_DRAW


def differences(before: Mapping[Key, Answered], after: Mapping[Key, Answered]) -> tuple[Effect, ...]:
    """Whose answer changes from `before` to `after`, by person. Why: of the answer that refuses."""
    made = []
    for key in sorted(before.keys() & after.keys()):
        was, becomes = before[key], after[key]
        if bool(was.sentences) != bool(becomes.sentences):
            word, why = (REFUSED, becomes) if becomes.sentences else (ALLOWED, was)
            made.append(Effect(*key, word, becomes.duty_us, why.sentences))
    return tuple(made)
