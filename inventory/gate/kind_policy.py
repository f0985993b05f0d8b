"""The force's policy as plain values, and the terms it sets for one kind, model and purpose.

One rule for the editor: no file is read here and nothing is checked; `policy.load` does both, once, at start.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from inventory.gate.authority_terms import AuthorityTerms
from inventory.gate.chase_terms import ChaseTerms
from inventory.gate.count_policy import CountTerms
from inventory.gate.import_terms import ImportTerms
from inventory.gate.loss_terms import LossTerms
from inventory.gate.paper_terms import PaperTerms
from inventory.gate.retention_terms import RetentionTerms
from inventory.gate.rule import NONE, SCOPES, DeviceTerms, Number, Plan, Rule, Terms, Value, Weight
from inventory.gate.use_terms import UseTerms
from inventory.people.curricula import Curriculum
from inventory.people.training import ValidityRule

Key = tuple[str, str]
"""(item kind, purpose)."""

MODELS = "approved_models"


@dataclass(frozen=True, slots=True)
class Setting:
    """A number of the policy: one `value` for every model, or `by_model` ("T7", or "CED_BATTERY T7")."""

    value: Value = None
    by_model: Mapping[str, Value] | None = None

    def for_model(self, kind: str, model: str) -> tuple[bool, Value]:
        """(whether the force has set it, the value; None where it does not apply)."""
        if self.by_model is None:
            return True, None if self.value == NONE else self.value
        for name in (f"{kind} {model}", model):
            if name in self.by_model:
                value = self.by_model[name]
                return True, None if value == NONE else value
        return False, None


@dataclass(frozen=True, slots=True)
class KindPolicy:
    """What one policy file says of one kind for one purpose. `rules` are in order of precedence.

    `review_days` is when kit that is not handed back at the end of a duty is looked at again. `return_own` is how kit
    comes back that is assigned to who draws it (`personal_to`).
    """

    family: str
    kind: str
    purpose: str
    section_5: bool
    return_mode: str
    review_days: int | None
    rules: Plan
    settings: Mapping[str, Setting]
    return_own: str = "DUTY"

    def asks(self, code: str) -> bool:
        """Whether the rule with this code is asked of the kind."""
        return any(rule.code == code for rule, _ in self.rules)

    def terms(self, model: str) -> Terms:
        """The rules and settings for one model, what is not set left out and named."""
        approved = self.settings.get(MODELS)
        known = approved is None or model in (approved.value if isinstance(approved.value, tuple) else ())
        numbers: dict[str, Value] = {}
        unset: list[str] = []
        asked: list[tuple[Rule, Weight]] = []
        for rule, weight in self.rules:
            lacking = [number.name for number in rule.numbers if not self._settle(number, model, numbers)]
            if not lacking:
                asked.append((rule, weight))
            elif known and weight != "WARN":
                unset += [name for name in lacking if name not in unset]
        return Terms(
            family=self.family,
            kind=self.kind,
            model=model,
            purpose=self.purpose,
            section_5=self.section_5,
            return_mode=self.return_mode,
            return_own=self.return_own,
            numbers=numbers,
            unset=tuple(unset),
            asked=_by_scope(asked),
            adding=_by_scope([row for row in asked if not row[0].completing]),
            person_free=_by_scope([row for row in asked if row[0].person_free]),
        )

    def _settle(self, number: Number, model: str, numbers: dict[str, Value]) -> bool:
        """Put the setting's value among `numbers`; False where the force has not set what a rule needs."""
        setting = self.settings.get(number.name)
        is_set, value = setting.for_model(self.kind, model) if setting else (False, None)
        if is_set:
            numbers[number.name] = value
        return is_set or number.optional


def _by_scope(rules: Sequence[tuple[Rule, Weight]]) -> dict[str, Plan]:
    return {scope: tuple(row for row in rules if row[0].asked_of(scope)) for scope in SCOPES}


@dataclass(frozen=True, slots=True)
class Policy:
    """The whole policy in force. `body` is its canonical JSON, `hash` the SHA-256 of that, in hex.

    `courses` says how long each qualification lasts; `feed_sources` whose word on training must be fresh
    (none named: the newest of any). `curricula` are the versions of what courses teach. `devices` is what firmware is
    asked of readers, docks and bridges, by driver.
    `counts` says how often each sort of count is due in a store.
    `losses` is what is asked of late and missing kit, `uses` what is asked after kit was used;
    `chases` how long each step of a recall and of a lapse in hand may take, and what comes due;
    `paper` what is done without the system; `authority` who may grant and lift it, and of what people are reminded.
    `imports` what is asked of files that change who may draw.
    `overlay` names the overlay it was loaded with.
    """

    version: str
    hash: str
    body: str
    kinds: Mapping[Key, KindPolicy]
    courses: Mapping[str, ValidityRule]
    feed_sources: tuple[str, ...] = ()
    devices: Mapping[str, DeviceTerms] = field(default_factory=dict)
    counts: Mapping[str, CountTerms] = field(default_factory=dict)
    losses: LossTerms = field(default_factory=LossTerms)
    uses: UseTerms = field(default_factory=UseTerms)
    chases: ChaseTerms = field(default_factory=ChaseTerms)
    paper: PaperTerms = field(default_factory=PaperTerms)
    retention: RetentionTerms = field(default_factory=RetentionTerms)
    imports: ImportTerms = field(default_factory=ImportTerms)
    authority: AuthorityTerms = field(default_factory=AuthorityTerms)
    curricula: tuple[Curriculum, ...] = ()
    overlay: str | None = None
    _terms: dict[tuple[str, str, str], Terms] = field(default_factory=dict, repr=False, compare=False)

    def kind(self, kind: str, purpose: str) -> KindPolicy | None:
        """The policy of a kind for a purpose; None where it is not issued for that."""
        return self.kinds.get((kind, purpose))

    def terms(self, kind: str, purpose: str, model: str) -> Terms | None:
        """The terms for a model, worked out once; None where the kind is not issued for the purpose."""
        key = (kind, purpose, model)
        found = self._terms.get(key)
        if found is None:
            governing = self.kinds.get((kind, purpose))
            if governing is None:
                return None
            found = self._terms[key] = replace(governing.terms(model), devices=self.devices)
        return found
