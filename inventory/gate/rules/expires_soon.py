"""I-07: the date printed on it is not near."""

from inventory.gate.facts import Facts
from inventory.gate.rule import Answer, Finding, Number, Rule, Terms
from inventory.gate.shapes import days_after_us, expires_us
from inventory.gate.wording import day_in_words, label_of
from inventory.stock.kit_facts import Kit

DAYS = Number("expiry_warn_days")


def condition(facts: Facts, kit: Kit, terms: Terms) -> Answer:
    days = terms.count(DAYS.name)
    if kit.expires_on is None or days is None or not facts.lasts(expires_us(kit.expires_on, 0)):
        return None
    if expires_us(kit.expires_on, 0) > days_after_us(facts.now_us, days):
        return None
    return Finding(
        f"{label_of(kit)} expires on {day_in_words(kit.expires_on)}.", "Use another while there is one."
    )


RULE = Rule(
    code="EXPIRES_SOON",
    rule_id="I-07",
    must="The date printed on it is not near.",
    scope="KIT",
    condition=condition,
    kinds=frozenset({"CED_CARTRIDGE", "SBG"}),
    numbers=(DAYS,),
)
