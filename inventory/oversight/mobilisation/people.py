"""Who could be sent, judged by the gate's rules over the whole operation, and why each of the others could not.

One rule for the editor: the gate's rules about people are asked (`whole_force.refused`); beside them stand only what an
operation asks whatever is drawn: officer safety training to the last day, full duties, the level of public order, and
nobody at the store whose loss they look into. What is nobody's business is one word, as at the hatch.

Source: design `domain.md` 5.3 Q17, Q18; 6 rows B4, B7, B8.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.facts import Facts
from inventory.gate.kind_policy import Policy
from inventory.gate.rules import BY_CODE
from inventory.gate.wording import REFER_CODE
from inventory.oversight.mobilisation.business_as_usual import KEPT
from inventory.oversight.mobilisation.choosing import CED
from inventory.oversight.mobilisation.conflicts import investigating
from inventory.oversight.mobilisation.operation import CALLED, Operation
from inventory.oversight.mobilisation.roles import callable_people
from inventory.oversight.whole_force import Who, Window, everybody, facts_of, refused
from inventory.people.calendar import local_day
from inventory.schema.fast import Fast
from inventory.schema.training import specialist_result

SAFETY = ("PPST", "FIRST_AID", "JRFT")
"""What everybody who is sent holds to the end (design `domain.md` 5.3 Q17)."""
OF_SAFETY = {"PPST": "PPST_OUT_OF_DATE", "FIRST_AID": "FIRST_AID_OUT_OF_DATE", "JRFT": "JRFT_OUT_OF_DATE"}
NO_POST, NO_LEVEL, NO_KIT = "NO_POST_FOR_RANK", "NO_PUBLIC_ORDER_LEVEL", "NO_KIT_OF_THIS_KIND"
ROSTERED, CONFLICT = "ROSTERED_MEANWHILE", "INVESTIGATES_A_LOSS_THERE"
SAID = {
    NO_KIT: "The force has none of the kit that the post draws",
    NO_POST: "No post of this operation is for their rank",
    NO_LEVEL: "No public order training of the level asked, to the end of it",
    ROSTERED: "Rostered meanwhile",
    CONFLICT: "Looks into a loss at the store they would draw from",
    REFER_CODE: "Limited: refer to the supervisor",
}
_LEVEL = re.compile(r"(?:LEVEL|L)\s*([123])\b")

_LEVELS = Fast(
    sa.select(specialist_result.c.person_id, specialist_result.c.course, specialist_result.c.last_good_on).where(
        specialist_result.c.domain == sa.literal_column("'PUBLIC_ORDER'"), specialist_result.c.retracted_us.is_(None)
    )
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be sent: which posts they may fill, and the models of CED they may draw there. `ends_us`: when
    the first thing it rests on ends afterwards, None for never."""

    who: Who
    posts: tuple[str, ...]
    models: tuple[str, ...]
    ends_us: int | None
    sized: bool | None = None


@dataclass(frozen=True, slots=True)
class Pool:
    """Everybody asked, by person: the `candidates`, of each other one the codes that stop them; and of all of them
    which kinds they may draw for the whole of it."""

    candidates: Mapping[int, Candidate]
    refusals: Mapping[int, tuple[str, ...]]
    may: Mapping[int, frozenset[str]]
    people: Mapping[int, Who]


def pool(conn: sa.Connection, asked: Operation, models: tuple[str, ...], policy: Policy, now_us: int) -> Pool:
    """Judge every constable of the front line, and whoever holds a listed role where the operation calls them.

    `models` are those of the CEDs that any store has.
    """
    called = callable_people(conn, local_day(asked.from_us))
    force = [each for each in everybody(conn, now_us) if each.kind in CALLED]
    some = [each for each in force if each.frontline or (asked.mobilises and each.id in called)]
    window = Window(max(now_us, asked.from_us), max(now_us, asked.until_us))
    facts = facts_of(conn, some, policy, now_us, window)
    levels = _levels(conn, asked)
    conflicts = investigating(conn, now_us)
    sized = {who: any(each.ppe_sized_on for each in held) for who, held in called.items()}
    made = _Making(asked, policy, models, levels, conflicts, sized)
    candidates: dict[int, Candidate] = {}
    refusals: dict[int, tuple[str, ...]] = {}
    may: dict[int, frozenset[str]] = {}
    for who in some:
        judged = made.judged(facts[who.id])
        may[who.id] = frozenset(kind for (kind, _), codes in judged.items() if not codes)
        found = made.candidate(who, facts[who.id], judged)
        if isinstance(found, Candidate):
            candidates[who.id] = found
        else:
            refusals[who.id] = found
    return Pool(candidates, refusals, may, {each.id: each for each in some})


Judged = Mapping[tuple[str, str], tuple[str, ...]]
"""(kind, model) -> the codes that stop it."""


@dataclass(frozen=True, slots=True)
class _Making:
    """What candidates are made with."""

    asked: Operation
    policy: Policy
    models: tuple[str, ...]
    levels: Mapping[int, int]
    conflicts: Mapping[int, frozenset[int]]
    sized: Mapping[int, bool]

    def judged(self, facts: Facts) -> Judged:
        """What the gate says of every kind that is drawn for it, or that shifts are counted by."""
        kinds = {kind for post in self.asked.posts for kind in post.kit} | set(KEPT)
        wanted = [(kind, model) for kind in sorted(kinds) for model in (self.models if kind == CED else ("",))]
        return {(kind, model): refused(facts, self.policy, kind, model) for kind, model in wanted}

    def candidate(self, who: Who, facts: Facts, judged: Judged) -> Candidate | tuple[str, ...]:
        """A candidate, or the codes that stop them."""
        stops = _stops(self.asked, who, facts, self.levels)
        if who.store_id in self.conflicts.get(who.id, ()):
            stops = (*stops, CONFLICT)
        posts = [post for post in self.asked.posts if post.takes(who.rank)]
        if stops or not posts:
            return stops or (NO_POST,)
        may = {kind for (kind, _), codes in judged.items() if not codes}
        fills = tuple(post.name for post in posts if set(post.kit) <= may)
        if not fills:
            return _lacking({kind for post in posts for kind in post.kit} - may, judged)
        own = tuple(model for model in self.models if not judged[CED, model])
        return Candidate(who, fills, own, _ends_us(facts), self.sized.get(who.id))


def _lacking(kinds: set[str], judged: Judged) -> tuple[str, ...]:
    """Why none of these kinds may be drawn: of each the model that is stopped by least."""
    best = [
        min(some, key=len)
        for kind in sorted(kinds)
        if (some := [codes for (of, _), codes in judged.items() if of == kind])
    ]
    return tuple(dict.fromkeys(_public(code) for codes in best for code in codes)) or (NO_KIT,)


def _stops(asked: Operation, who: Who, facts: Facts, levels: Mapping[int, int]) -> tuple[str, ...]:
    """What stops somebody whatever they would draw."""
    person = facts.person
    if person is None:
        return ("PERSON_UNKNOWN",)
    codes = [OF_SAFETY[name] for name in SAFETY if not _covers(facts, name)]
    if person.leaves_us is not None and person.leaves_us < facts.cover_us:
        codes.append("PERSON_LEFT")
    if any(each.from_us < facts.cover_us and (each.to_us or facts.cover_us) > facts.now_us
           for each in person.restrictions or ()):  # fmt: skip
        codes.append(REFER_CODE)
    if asked.level and levels.get(who.id, 9) > int(asked.level):
        codes.append(NO_LEVEL)
    return tuple(codes)


def _covers(facts: Facts, name: str) -> bool:
    held = facts.person.training.get((name, None)) if facts.person else None
    return held is not None and facts.lasts(2**62 if held.valid_until_us is None else held.valid_until_us)


def _public(code: str) -> str:
    rule = BY_CODE.get(code)
    return REFER_CODE if rule is not None and rule.secret else code


def _ends_us(facts: Facts) -> int | None:
    """When the first of what they hold to the end runs out after it."""
    training = facts.person.training if facts.person else {}
    ends = [each.valid_until_us for (name, _), each in training.items() if name in (*SAFETY, "CED")]
    return min((each for each in ends if each is not None and each >= facts.cover_us), default=None)


def _levels(conn: sa.Connection, asked: Operation) -> dict[int, int]:
    """Person -> the level of public order training that lasts to the operation's last day, as their unit says."""
    last = local_day(asked.until_us - 1).isoformat()
    found: dict[int, int] = defaultdict(lambda: 9)
    if not asked.level:
        return {}
    for person_id, course, last_good_on in _LEVELS.rows(conn):
        named = _LEVEL.search(course.upper())
        if named and (last_good_on is None or last_good_on >= last):
            found[person_id] = min(found[person_id], int(named.group(1)))
    return dict(found)


def said_of(code: str) -> str:
    """A code in words, for people."""
    if code in SAID:
        return SAID[code]
    rule = BY_CODE.get(code)
    return rule.must if rule is not None else code.replace("_", " ").capitalize()
