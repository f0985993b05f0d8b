"""The shapes that several rules share: a qualification in date, a hold, a role, a count, a validity that
lasts.

One rule for the editor: a shape takes words and gives back one `Rule`; the file in `rules/` that uses it
holds nothing else.
"""

from datetime import date, timedelta

from inventory.gate.facts import Facts, PersonFacts
from inventory.gate.rule import BOTH, CED, DUTY, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import (
    ASK_STOREKEEPER,
    BOOK_TRAINING,
    REFER_REMEDY,
    REFER_SENTENCE,
    SPOC,
    TAKE_ANOTHER,
    how_many,
    label_of,
    ran_out,
)
from inventory.people.calendar import day_start_us, local_day
from inventory.stock.kinds import label
from inventory.stock.kit_facts import ItemFacts, Kit
from inventory.stock.versions import standing

ENDLESS_US = 4_102_444_800_000_000
"""A validity without an end: 1 January 2100, still a number that JavaScript holds exactly."""
MINUTE_US = 60_000_000
FIRMWARE = Number("firmware_min", "version", by_model=True)
FIRMWARE_STOPS = Number("firmware_not_ready", "bool", by_model=True, optional=True)
"""Whether kit below the least firmware is not ready; where a force leaves it out, it is not."""
CHARGE_AGE = Number("charge_minutes_max", minimum=1, maximum=1440)
"""How old a dock's word about a battery's charge may be."""


def refer() -> Finding:
    """The one thing a hatch says of every reason that is nobody's business."""
    return Finding(REFER_SENTENCE, REFER_REMEDY)


# ---- validities ------------------------------------------------------------------------------------


def days_after_us(at_us: int, days: int) -> int:
    """The start of the London day `days` days after the day of `at_us`: the exclusive end of "within
    days"."""
    return day_start_us(local_day(at_us) + timedelta(days=days))


def expires_us(expires_on: date, margin_days: int) -> int:
    """The moment a printed date has passed: 00:00 of the London day after it, less the margin."""
    return day_start_us(expires_on + timedelta(days=1 - margin_days))


def lasting(facts: Facts, until_us: int, what: str, remedy: str) -> Answer:
    """`until_us` where a validity covers the duty; else why not: '<what> ran out on …'."""
    if facts.lasts(until_us):
        return until_us
    return Finding(ran_out(what, until_us, facts.now_us), remedy)


def qualification_in_date(
    code: str, rule_id: str, qualification: str, name: str, firm: tuple[str, ...] = ()
) -> Rule:
    """The person has passed `qualification` and it stays in date for the whole duty."""

    def condition(facts: Facts, person: PersonFacts, _terms: Terms) -> Answer:
        held = person.training.get((qualification, None))
        if held is None:
            return Finding(f"There is no {name} on your record.", BOOK_TRAINING)
        until_us = ENDLESS_US if held.valid_until_us is None else held.valid_until_us
        return lasting(facts, until_us, f"Your {name}", BOOK_TRAINING)

    must = f"The person's {name} is in date for the whole duty."
    return Rule(code, rule_id, must, "PERSON", condition, firm=firm)


# ---- people ----------------------------------------------------------------------------------------


def role_among(
    code: str,
    rule_id: str,
    setting: Number,
    must: str,
    says: str,
    kinds: frozenset[str],
    firm: tuple[str, ...] = (),
) -> Rule:
    """The person's kind is among those of a setting; `says` is the sentence where it is not."""

    def condition(_facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
        if person.kind in (terms.words(setting.name) or ()):
            return None
        return Finding(says, "Speak to your supervisor.")

    return Rule(code, rule_id, must, "PERSON", condition, kinds=kinds, firm=firm, numbers=(setting,))


def gates_met(code: str, kind: str, setting: Number, must: str, says: str) -> Rule:
    """A person of `kind` has every gate that the setting names (O-17)."""

    def condition(_facts: Facts, person: PersonFacts, terms: Terms) -> Answer:
        wanted = terms.words(setting.name) or ()
        if person.kind != kind or all(gate in person.gates for gate in wanted):
            return None
        return Finding(says, SPOC)

    return Rule(code, "O-17", must, "PERSON", condition, kinds=CED, firm=DUTY, numbers=(setting,))


# ---- kit -------------------------------------------------------------------------------------------


def no_hold(
    code: str, rule_id: str, reason: str, says: str, remedy: str = TAKE_ANOTHER, *, also: tuple[str, ...] = ()
) -> Rule:
    """Nobody has placed a hold for `reason`, nor for any of `also`, that is still in force."""
    reasons = {reason, *also}

    def condition(_facts: Facts, kit: Kit, _terms: Terms) -> Answer:
        if kit.holds is None or not reasons & kit.holds:
            return None
        return Finding(f"{label_of(kit)} {says}", remedy)

    must = f"No {reason} hold is in force on it."
    return Rule(code, rule_id, must, "KIT", condition, firm=BOTH, person_free=True)


def known_charge(facts: Facts, item: ItemFacts, terms: Terms) -> int | None:
    """The charge in percent, from the hatch, from a dock that spoke lately, or from a vendor's file of as lately that
    is newer than the dock; the lowest, where several say one."""
    said = [facts.charge_typed(item.id)]
    since_us = facts.now_us - (terms.count(CHARGE_AGE.name) or 0) * MINUTE_US
    docks_us = item.bay.observed_us if item.bay and item.bay.charge_percent is not None else 0
    if item.bay and docks_us >= since_us:
        said.append(item.bay.charge_percent)
    if item.vendor and item.vendor.charge_us >= since_us and item.vendor.charge_us > docks_us:
        said.append(item.vendor.charge_percent)
    return min((percent for percent in said if percent is not None), default=None)


def bay_number_at_least(item: ItemFacts, there: int, least: int | None, what: str) -> Answer:
    """A figure that the dock reports is no lower than a setting."""
    if least is None or there >= least:
        return None
    return Finding(f"{label_of(item)} has {there} {what}; {least} is needed.", TAKE_ANOTHER)


# ---- sets ------------------------------------------------------------------------------------------


def asked_of_kind(facts: Facts, kind: str) -> list[ItemFacts]:
    """The items of a kind in this draw."""
    return [item for item in facts.items if item.kind == kind]


def count_with_held(facts: Facts, kind: str) -> int:
    """How many of a kind the person would have: in this draw and held already."""
    return len(asked_of_kind(facts, kind)) + sum(held.kind == kind for held in facts.holding)


def not_too_many(code: str, kind: str, setting: Number, must: str) -> Rule:
    """With what the person holds already, no more of `kind` than the setting says (I-09)."""

    def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
        most, there = terms.count(setting.name), count_with_held(facts, kind)
        if most is None or facts.handle_model is None or not asked_of_kind(facts, kind) or there <= most:
            return None
        return Finding(
            f"That would be {how_many(there, label(kind), label(kind, 2))}; the set has {most}.",
            ASK_STOREKEEPER,
        )

    return Rule(code, "I-09", must, "SET", condition, kinds=frozenset({kind}), numbers=(setting,))


def enough(code: str, kind: str, setting: Number, must: str) -> Rule:
    """A draw with a CED handle has as many of `kind`, held ones counted, as the setting says (I-09)."""

    def condition(facts: Facts, _subject: None, terms: Terms) -> Answer:
        wanted, there = terms.count(setting.name), count_with_held(facts, kind)
        concerned = bool(facts.handles or asked_of_kind(facts, kind)) and facts.handle_model is not None
        if not concerned or wanted is None or there >= wanted:
            return None
        to_go = how_many(wanted - there, label(kind), label(kind, 2))
        return Finding(f"The set lacks {to_go}.", "Scan what is missing.", f"{to_go} to go")

    return Rule(code, "I-09", must, "SET", condition, kinds=CED, firm=DUTY, awaits=True, numbers=(setting,))


# ---- firmware --------------------------------------------------------------------------------------


def firmware_says(item: ItemFacts, terms: Terms) -> tuple[str, str] | None:
    """BELOW or UNREADABLE, and the sentence; None where its firmware will do, or nothing has told it."""
    least, runs = terms.numbers.get(FIRMWARE.name), item.firmware
    if not runs or not isinstance(least, str):
        return None
    says = {
        "BELOW": f"{label_of(item)} runs firmware {runs}; {least} is needed.",
        "UNREADABLE": f"{label_of(item)} reports firmware {runs}, which cannot be compared with {least}.",
    }
    how = standing(runs, least)
    return (how, says[how]) if how in says else None


def firmware_stops(terms: Terms) -> bool:
    """Whether firmware that will not do makes the kit not ready: yes, unless the force says no."""
    return terms.numbers.get(FIRMWARE_STOPS.name) is not False
