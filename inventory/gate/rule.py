"""What a rule is: one condition, asked of plain facts, with its number, weight and words beside it.

One rule for the editor: a rule answers for itself alone. It never looks at another rule's answer, never
raises, and on section 5 kit takes what it does not know for a no.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from inventory.gate.facts import SECTION_5_KINDS
from inventory.stock.kinds import LABELS

Scope = Literal["ASK", "PERSON", "KIND", "MODEL", "SET", "ITEM", "LOT", "KIT"]
"""How often a rule is asked, and of what its condition's second argument is: ASK once, of nothing, whatever
the kind · PERSON, KIND, MODEL of the person, once a policy, a kind, a carried model · SET of nothing, once a
policy, over the whole draw · ITEM of each item · LOT of each lot · KIT of each item and each lot."""

Weight = Literal["HARD", "SOFT", "WARN"]
Value = int | bool | str | tuple[str, ...] | None
BOTH = ("OPERATIONAL", "TRAINING")
DUTY = ("OPERATIONAL",)
EVERY_KIND = frozenset(LABELS)
CED = SECTION_5_KINDS


class Finding(NamedTuple):
    """Why a condition does not hold: what the officer reads, what puts it right, and what is still "to
    go"."""

    sentence: str
    remedy: str
    to_go: str = ""
    item_id: int | None = None


Answer = Finding | int | None
"""A finding; or the moment (UTC microseconds, exclusive) up to which the condition holds; or None: it
holds."""


NONE = "NONE"
"""What a policy writes for a setting that does not apply to a model, so that nothing is left out by mistake."""


@dataclass(frozen=True, slots=True)
class Number:
    """A setting a rule needs, with its bounds. `maximum` is the national one and is never lengthened.

    `kind_of` is "int", "bool", "text", "version" (of firmware) or "words". `by_model`: the force may set it model by
    model, and write NONE where it does not apply, except for the models in `never_none` ("*": for none of them). A
    setting with `optional` may be left out; any other that is not set makes the model answer POLICY_INCOMPLETE.
    `among` bounds a list of words.
    """

    name: str
    kind_of: Literal["int", "bool", "text", "version", "words"] = "int"
    by_model: bool = False
    minimum: int = 0
    maximum: int | None = None
    never_none: tuple[str, ...] = ()
    among: tuple[str, ...] = ()
    optional: bool = False

    def needs(self, model: str) -> bool:
        """Whether NONE is no answer for this model."""
        return not self.by_model or "*" in self.never_none or model in self.never_none


@dataclass(frozen=True, slots=True)
class DeviceTerms:
    """The least firmware the force asks of one sort of reader, dock or bridge (by its driver's name), and whether
    what stands in the bays of an older one is not ready. `origin` and `source` as for any number."""

    minimum: str
    not_ready: bool
    origin: str
    source: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the force asks of one kind and model for one purpose: its rules and its settings.

    `family` is the policy file. `asked` has the rules by scope, those of KIT under ITEM and LOT alike; `adding`
    the same without those asked only at the end, `person_free` those asked when there is no person. A setting
    that is None does not apply to this model; `unset` names those the force has not set, whose rules are left
    out because POLICY_INCOMPLETE stands for them. `devices` are the terms for docks, by driver. `return_own` is how
    what is assigned to the person comes back.
    """

    family: str
    kind: str
    model: str
    purpose: str
    section_5: bool
    return_mode: str
    numbers: Mapping[str, Value]
    unset: tuple[str, ...] = ()
    devices: Mapping[str, DeviceTerms] = field(default_factory=dict)
    asked: Mapping[str, "Plan"] = field(default_factory=dict)
    adding: Mapping[str, "Plan"] = field(default_factory=dict)
    person_free: Mapping[str, "Plan"] = field(default_factory=dict)
    return_own: str = "DUTY"

    def count(self, name: str) -> int | None:
        """A whole-number setting, None where it does not apply."""
        value = self.numbers.get(name)
        return value if isinstance(value, int) else None

    def words(self, name: str) -> tuple[str, ...] | None:
        """A list-of-words setting, None where it does not apply."""
        value = self.numbers.get(name)
        return value if isinstance(value, tuple) else None

    def is_on(self, name: str) -> bool:
        """A yes-or-no setting; no where it does not apply."""
        return self.numbers.get(name) is True


Condition = Callable[..., Answer]
"""(facts, subject, terms) -> answer. The subject is what the scope says; ASK rules have neither it nor
terms."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `code` names the fact that stops an issue and is never renamed; `rule_id` is the design's.

    `must` is what must be true, for people to read. `firm` are the purposes in which section 5 kit must be
    asked this rule, HARD, whatever a policy would like. `awaits`: while the set is being built a finding is
    something still to come, not a refusal. `completing`: not asked at all before that. `person_free`: asked
    for readiness too, when there is no person. `secret`: the hatch says only "refer to supervisor".
    """

    code: str
    rule_id: str
    must: str
    scope: Scope
    condition: Condition
    kinds: frozenset[str] = EVERY_KIND
    firm: tuple[str, ...] = ()
    awaits: bool = False
    completing: bool = False
    person_free: bool = False
    secret: bool = False
    numbers: tuple[Number, ...] = field(default=())
    always: bool = False

    def asked_of(self, scope: str) -> bool:
        """Whether it is asked when a scope's turn comes; KIT rules are asked of each item and of each lot."""
        return self.scope == scope or (self.scope == "KIT" and scope in ("ITEM", "LOT"))

    @property
    def stages(self) -> str:
        """When it is asked, in words."""
        if self.awaits:
            return "at every scan as still to come; before issue"
        return "before issue" if self.completing else "at every scan; before issue"


Plan = tuple[tuple[Rule, Weight], ...]
"""Rules with their weights, in order of precedence."""
SCOPES = ("PERSON", "KIND", "MODEL", "SET", "ITEM", "LOT")
"""The scopes a plan is made for, in the order they are asked."""
