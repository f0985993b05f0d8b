"""The item is not reserved: set aside until somebody lifts it, promised to somebody else for a time, or one of the last
of a number that is promised. Who it is promised to draws it; a reservation that is over stops nobody."""

from collections import Counter
from collections.abc import Iterable

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Rule, Terms
from inventory.gate.shapes import ENDLESS_US, no_hold
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.people.calendar import moment_said
from inventory.stock.kinds import label
from inventory.stock.kit_facts import ItemFacts, Kept, Kit

_set_aside = no_hold("RESERVED", "I-01", "RESERVED", "is reserved.").condition
NONE_LEFT = "Take another sort, or ask who made the reservation to end it."


def condition(facts: Facts, kit: Kit, terms: Terms) -> Answer:
    held = _set_aside(facts, kit, terms)
    if held is not None or not isinstance(kit, ItemFacts):
        return held
    for_keeps = facts.return_mode_of(kit, terms.return_mode, terms.return_own) == "PERSONAL"
    until_us = ENDLESS_US if for_keeps else facts.cover_us
    others = _others(facts, kit.kept, until_us)
    if others:
        return Finding(f"{label_of(kit)} is reserved {_when(others, facts)}.", TAKE_ANOTHER)
    return None if _is_theirs(facts, kit) else _number(facts, kit, until_us)


def _number(facts: Facts, kit: ItemFacts, until_us: int) -> Answer:
    """Whether with this draw enough is left of its model, and of its kind, for all that is promised to others."""
    lines = [each for each in _others(facts, facts.kept, until_us) if each.kind == kit.kind]
    if not lines:
        return None
    spare = Counter({model: count for (kind, model), count in facts.left.items() if kind == kit.kind})
    spare.subtract(each.model for each in facts.items if each.kind == kit.kind and not _is_theirs(facts, each))
    of_model = [each for each in lines if each.model is not None]
    for each in of_model:
        spare[str(each.model)] -= each.pieces
    own = [each for each in of_model if each.model == kit.model]
    if own and spare[kit.model] < 0:
        return _last(f"{kit.model} {label(kit.kind, 2)}", own, facts)
    of_any = [each for each in lines if each.model is None]
    if sum(max(0, count) for count in spare.values()) < sum(each.pieces for each in of_any):
        return _last(label(kit.kind, 2), of_any, facts)
    return None


def _last(what: str, lines: Iterable[Kept], facts: Facts) -> Finding:
    return Finding(f"The last {what} here are reserved {_when(lines, facts)}.", NONE_LEFT)


def _is_theirs(facts: Facts, kit: ItemFacts) -> bool:
    return any(facts.is_for_them(each) for each in kit.kept)


def _others(facts: Facts, lines: Iterable[Kept], until_us: int) -> list[Kept]:
    return [each for each in lines if each.meets(facts.now_us, until_us) and not facts.is_for_them(each)]


def _when(lines: Iterable[Kept], facts: Facts) -> str:
    first = min(lines, key=lambda each: each.from_us)
    if first.from_us > facts.now_us:
        return f"for somebody else from {moment_said(first.from_us)}"
    return f"for somebody else until {moment_said(first.to_us)}"


RULE = Rule(
    code="RESERVED",
    rule_id="I-01",
    must="It is not reserved for somebody else, nor one of the last that are.",
    scope="KIT",
    condition=condition,
    firm=BOTH,
    person_free=True,
)
