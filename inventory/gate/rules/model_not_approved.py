"""I-14 and I-16: the force has approved this model or product."""

from inventory.gate.facts import Facts
from inventory.gate.rule import BOTH, Answer, Finding, Number, Rule, Terms
from inventory.gate.wording import TAKE_ANOTHER, label_of
from inventory.stock.kit_facts import Kit

MODELS = Number("approved_models", "words")


def condition(_facts: Facts, kit: Kit, terms: Terms) -> Answer:
    if kit.model in (terms.words(MODELS.name) or ()):
        return None
    return Finding(
        f"{label_of(kit)} is of model {kit.model}, which the force has not approved.", TAKE_ANOTHER
    )


RULE = Rule(
    code="MODEL_NOT_APPROVED",
    rule_id="I-14",
    must="The force has approved its model or product (spit guards: I-16).",
    scope="KIT",
    condition=condition,
    firm=BOTH,
    person_free=True,
    numbers=(MODELS,),
)
