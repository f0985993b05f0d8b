"""The gate: facts and policy in, one decision out. Pure.

One rule for the editor: every rule is asked and every reason is kept. Nothing here may stop at the first no, look
at a clock, or know which door is asking.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from inventory.gate.ask import ADDING, Override
from inventory.gate.facts import Facts
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import NOBODY, SUFFICES, least
from inventory.gate.rule import Finding, Plan, Rule, Terms
from inventory.gate.rules import PRECEDENCE, RULES
from inventory.gate.shapes import ENDLESS_US
from inventory.gate.snapshot import snapshot
from inventory.gate.wording import REFER_CODE
from inventory.stock.kit_facts import ItemFacts, Kit

ALLOW = "ALLOW"
DENY = "DENY"
ALWAYS = tuple(rule for rule in RULES if rule.always)
ALWAYS_OF_ASK: Plan = tuple((rule, "HARD") for rule in ALWAYS if rule.scope == "ASK")
ALWAYS_OF_KIT: Plan = tuple((rule, "HARD") for rule in ALWAYS if rule.scope == "KIT")
HARDNESS = {"HARD": 0, "SOFT": 1, "WARN": 2}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason: `sentence` and `remedy` may be shown at the hatch as they are; of the codes only `public_code`.

    `weight` is HARD, SOFT or WARN; a WARN refuses nothing, nor does a SOFT one that is `overridden`, by the override
    `override_id`. `override_by` is the least capability that may override it, "" where nobody may.
    """

    code: str
    rule_id: str
    weight: str
    item_id: int | None
    sentence: str
    remedy: str
    public_code: str
    overridden: bool = False
    override_id: int | None = None
    override_by: str = NOBODY

    @property
    def stops(self) -> bool:
        """Whether this reason alone makes the decision DENY."""
        return self.weight == "HARD" or (self.weight == "SOFT" and not self.overridden)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a hatch may show of a refusal."""

    code: str
    sentence: str
    remedy: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Decision:
    """The gate's answer, with every reason in order of precedence, warnings included.

    `valid_until_us` is the first moment at which anything it rests on ends (ENDLESS_US where nothing does; now
    for a DENY). `missing` says what is still to come ("1 cartridge to go"). `facts_json` is the proof of
    currency: what was known. `item_ids` are all items judged, those loaded in a magazine too, and
    `return_modes` says of each whether it comes back at the end of the DUTY or is PERSONAL.
    """

    verdict: str
    refusals: tuple[Refusal, ...]
    valid_until_us: int
    missing: tuple[str, ...]
    policy_hash: str
    facts_json: str
    item_ids: tuple[int, ...] = ()
    return_modes: Mapping[int, str] = field(default_factory=dict)

    @property
    def allowed(self) -> bool:
        """True for ALLOW."""
        return self.verdict == ALLOW

    def shown(self) -> tuple[Shown, ...]:
        """What the hatch may show: reasons that are nobody's business said once and alike."""
        rows = (Shown(r.public_code, r.sentence, r.remedy, r.stops) for r in self.refusals)
        return tuple(dict.fromkeys(rows))

    def refusals_json(self) -> str:
        """The refusals as the decision's row keeps them, real codes and all."""
        return json.dumps([asdict(each) for each in self.refusals], separators=(",", ":"), ensure_ascii=False)


Answered = tuple[Rule, str, Kit | None, Finding | int, bool]
"""A rule that had something to answer, its weight, of what it was asked, its answer, and whether the policy that
asked it is one of section 5 kit."""


def decide(facts: Facts, policy: Policy) -> Decision:
    """Judge one ask on its facts. Never raises on facts, whatever they are; what is not known is a no."""
    found: list[tuple[int, int, Refusal]] = []
    missing: list[tuple[int, int, str]] = []
    until_us = ENDLESS_US
    for place, answered in enumerate(_answers(facts, policy)):
        rule, weight, _, answer, _ = answered
        if isinstance(answer, Finding):
            if answer.to_go:
                missing.append((PRECEDENCE[rule.code], place, answer.to_go))
            if not (rule.awaits and facts.ask.stage == ADDING):
                found.append((PRECEDENCE[rule.code], place, _refusal(answered, facts)))
        elif weight != "WARN":
            until_us = min(until_us, answer)
    refusals = _distinct(refusal for _, _, refusal in sorted(found, key=lambda row: row[:2]))
    allowed = not any(refusal.stops for refusal in refusals)
    return Decision(
        verdict=ALLOW if allowed else DENY,
        refusals=refusals,
        valid_until_us=_while_overridden(until_us, refusals, facts) if allowed else facts.now_us,
        missing=tuple(dict.fromkeys(text for _, _, text in sorted(missing))),
        policy_hash=policy.hash,
        facts_json=snapshot(facts),
        item_ids=tuple(item.id for item in facts.items),
        return_modes=_return_modes(facts, policy, refusals),
    )


def judge_person(facts: Facts, policy: Policy, kind: str, model: str) -> tuple[Refusal, ...]:
    """What stops the person of `facts` from drawing this kind and model at all, before any item is chosen."""
    said: list[Answered] = []
    _put(said, facts, None, None, tuple(row for row in ALWAYS_OF_ASK if not row[0].awaits))
    terms = policy.terms(kind, facts.ask.purpose, model)
    if terms is not None and facts.person is not None:
        for scope in ("PERSON", "KIND", "MODEL"):
            for rule, weight in terms.adding[scope]:
                answer = rule.condition(facts, facts.person, terms) or 0
                said.append((rule, weight, None, answer, terms.section_5))
    return _refusals(said, facts)


def judge_kit(facts: Facts, kit: Kit, terms: Terms | None) -> tuple[Refusal, ...]:
    """What stops one item or lot, whoever asks: the rules that need no person."""
    said: list[Answered] = []
    _put(said, facts, kit, terms, ALWAYS_OF_KIT)
    if terms is not None:
        _put(said, facts, kit, terms, terms.person_free["ITEM" if isinstance(kit, ItemFacts) else "LOT"])
    return _refusals(said, facts)


def _refusals(said: Sequence[Answered], facts: Facts) -> tuple[Refusal, ...]:
    """The findings among answers, in order of precedence."""
    found = [
        (PRECEDENCE[answered[0].code], place, _refusal(answered, facts))
        for place, answered in enumerate(said)
        if isinstance(answered[3], Finding)
    ]
    return _distinct(refusal for _, _, refusal in sorted(found, key=lambda row: row[:2]))


# ---- asking ----------------------------------------------------------------------------------------


def _answers(facts: Facts, policy: Policy) -> list[Answered]:
    """The answers of every rule that this ask must be asked, but those that only say yes."""
    said: list[Answered] = []
    _put(said, facts, None, None, ALWAYS_OF_ASK)
    judged: set[tuple[str, ...]] = set()
    kits: tuple[Kit, ...] = (*facts.items, *facts.lots)
    for kit in kits:
        terms = policy.terms(kit.kind, facts.ask.purpose, kit.model)
        _put(said, facts, kit, terms, ALWAYS_OF_KIT)
        if terms is None:
            continue
        carried = policy.terms(kit.kind, facts.ask.purpose, facts.carried_model(kit)) or terms
        if carried is not terms:
            _put(said, facts, kit, carried, ALWAYS_OF_KIT)
        _put(said, facts, kit, terms, _due(facts, terms)["ITEM" if isinstance(kit, ItemFacts) else "LOT"])
        if (carried.kind, carried.model) not in judged:
            judged.add((carried.kind, carried.model))
            _ask_of_draw(said, facts, carried, judged)
    return said


def _ask_of_draw(said: list[Answered], facts: Facts, carried: Terms, judged: set[tuple[str, ...]]) -> None:
    """Ask the rules of the person and of the set, each once a policy, kind or carried model."""
    once = {
        "PERSON": (carried.family,),
        "KIND": (carried.family, carried.kind),
        "MODEL": (carried.family, carried.model),
        "SET": (carried.family, carried.model),
    }
    for scope, key in once.items():
        subject = None if scope == "SET" else facts.person
        if subject is None and scope != "SET":
            continue
        fresh = [row for row in _due(facts, carried)[scope] if (row[0].code, row[1], *key) not in judged]
        judged.update((rule.code, weight, *key) for rule, weight in fresh)
        for rule, weight in fresh:
            answer = rule.condition(facts, subject, carried)
            if answer is not None:
                said.append((rule, weight, None, answer, carried.section_5))


def _put(said: list[Answered], facts: Facts, kit: Kit | None, terms: Terms | None, plan: Plan) -> None:
    """Ask a plan of one piece of kit (or of none), and keep what was answered."""
    section_5 = terms.section_5 if terms else False
    for rule, weight in plan:
        answer = rule.condition(facts, kit, terms)
        if answer is not None:
            said.append((rule, weight, kit, answer, section_5))


def _due(facts: Facts, terms: Terms) -> Mapping[str, Plan]:
    """The plans of the stage that the ask is at; a word that is no stage is asked everything."""
    return terms.adding if facts.ask.stage == ADDING else terms.asked


# ---- answering -------------------------------------------------------------------------------------


def _refusal(answered: Answered, facts: Facts) -> Refusal:
    rule, weight, kit, finding, section_5 = answered
    if not isinstance(finding, Finding):
        raise TypeError(f"{rule.code} found nothing")
    item_id = finding.item_id if kit is None else kit.item_id
    by = least(rule.rule_id, section_5=section_5) if weight == "SOFT" else NOBODY
    override = _override_of(rule.code, item_id, by, facts)
    return Refusal(
        code=rule.code,
        rule_id=rule.rule_id,
        weight=weight,
        item_id=item_id,
        sentence=finding.sentence,
        remedy=finding.remedy,
        public_code=REFER_CODE if rule.secret else rule.code,
        overridden=bool(override),
        override_id=override.id if override else None,
        override_by=by,
    )


def _override_of(code: str, item_id: int | None, by: str, facts: Facts) -> Override | None:
    """The override by which a second person who may (`by`), with a reason, answered this refusal for the whole duty."""
    parties = (facts.ask.person_id, facts.ask.by_person_id)
    return next(
        (
            each
            for each in facts.overrides
            if each.code == code
            and each.item_id in (None, item_id)
            and each.capability in SUFFICES[by]
            and each.by_person_id not in parties
            and not each.is_party
            and bool(each.reason.strip())
            and facts.ask.planned_return_us is not None
            and facts.lasts(each.until_us)
        ),
        None,
    )


def _while_overridden(until_us: int, refusals: Sequence[Refusal], facts: Facts) -> int:
    """`until_us`, or the end of the first override that the decision relies on."""
    ends_us = {each.id: each.until_us for each in facts.overrides}
    return min([until_us, *(ends_us[each.override_id] for each in refusals if each.override_id)])


def _distinct(refusals: Iterable[Refusal]) -> tuple[Refusal, ...]:
    """Each reason once, with the hardest weight any policy gives it; overridden only where it is for every policy."""
    kept: dict[tuple[str, int | None, str], Refusal] = {}
    for each in refusals:
        key = (each.code, each.item_id, each.sentence)
        kept[key] = min(kept.get(key, each), each, key=lambda one: (HARDNESS[one.weight], one.overridden))
    return tuple(kept.values())


def _return_modes(facts: Facts, policy: Policy, refusals: Sequence[Refusal]) -> dict[int, str]:
    """How each item comes back: as its policy says, but what goes out on an override is for that one duty."""
    overridden = [each for each in refusals if each.overridden]
    modes = {}
    for item in facts.items:
        terms = policy.terms(item.kind, facts.ask.purpose, item.model)
        if terms is not None:
            modes[item.id] = "DUTY" if overridden else facts.return_mode_of(item, terms.return_mode, terms.return_own)
    return modes
