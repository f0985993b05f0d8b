"""A loss as it stands: whether its item is missing still, who was told and who is to be, and what comes next.

One rule for the editor: nothing here is stored. It is worked out from the case's rows, the item's movements and the
force's terms, so that a case can say nothing that its rows do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from inventory.gate.loss_terms import LossTerms, Telling

DECLARED = {"DECLARED_LOST": "LOST", "DECLARED_STOLEN": "STOLEN"}


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One thing that was written down in a case: `at_us` when, `happened_us` when it was done."""

    id: int
    act: str
    at_us: int
    happened_us: int
    by_person: int
    second_person: int | None
    told: str | None
    reference: str | None
    detail: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Owed:
    """Somebody who is to be told of a loss. `due_us` None: not before it is declared lost or stolen.

    `waived`: why nobody owes it any more; "" where it is owed.
    """

    telling: Telling
    due_us: int | None
    told_us: int | None
    waived: str = ""

    @property
    def to(self) -> str:
        """A word of LOSS_TOLD."""
        return self.telling.to

    @property
    def is_outstanding(self) -> bool:
        """Whether somebody has still to be told."""
        return self.told_us is None and self.due_us is not None and not self.waived

    @property
    def was_late(self) -> bool:
        """Whether it was done after its time."""
        return self.told_us is not None and self.due_us is not None and self.told_us > self.due_us

    def is_overdue(self, now_us: int) -> bool:
        """Whether its time is past, and it is not done."""
        return self.is_outstanding and self.due_us is not None and now_us > self.due_us

    def warns(self, now_us: int) -> bool:
        """Whether it is an alarm by now."""
        return self.is_outstanding and self.due_us is not None and now_us >= self.due_us - self.telling.warn_us


@dataclass(frozen=True)
class Case:
    """One case with its acts, oldest first. `missed_us` is when its item was last missed, `back_us` when it came back
    after that (None: nobody knows where it is)."""

    id: int
    item_id: int
    kind: str
    model: str
    serial: str
    store_id: int
    opened_us: int
    opened_by: int | None
    detail: str
    person_id: int | None
    last_seen_us: int | None
    last_seen_way: str | None
    facts: Mapping[str, Any]
    closed_us: int | None
    holder: str | None
    missed_us: int
    back_us: int | None
    events: tuple[CaseEvent, ...]

    @property
    def is_missing(self) -> bool:
        """Whether nobody knows where the item is."""
        return self.back_us is None

    @property
    def time_to_notice_us(self) -> int | None:
        """From the last certain sighting to the report; None where it was never seen."""
        return None if self.last_seen_us is None else self.opened_us - self.last_seen_us

    def last(self, *acts: str) -> CaseEvent | None:
        """The newest of these acts since the item was last missed."""
        return next((e for e in reversed(self.events) if e.act in acts and e.at_us >= self.missed_us), None)

    @cached_property
    def declared(self) -> str | None:
        """LOST or STOLEN, where an inspector declared it."""
        found = self.last(*DECLARED)
        return DECLARED[found.act] if found else None

    @property
    def state(self) -> str:
        """CLOSED, DISPOSED, RECOVERED, FOUND (no statement yet), STOLEN, LOST or UNACCOUNTED."""
        if self.closed_us is not None:
            return "CLOSED"
        if self.is_missing:
            return self.declared or "UNACCOUNTED"
        if self.last("DISPOSED"):
            return "DISPOSED"
        return "RECOVERED" if self.last("RECOVERED") else "FOUND"

    def owed(self, terms: LossTerms) -> list[Owed]:
        """Who is to be told of it, the soonest first."""
        found = [_owed(self, each) for each in terms.tellings.get(self.kind, ())]
        return sorted(found, key=lambda each: (each.due_us is None, each.due_us or 0, each.to))


def _owed(case: Case, telling: Telling) -> Owed:
    declared = case.last(*DECLARED)
    start_us = case.missed_us if telling.after == "REPORTED" else declared.at_us if declared else None
    due_us = None if start_us is None else start_us + telling.within_us
    times = [e.happened_us for e in case.events if e.told == telling.to and e.at_us >= case.missed_us]
    return Owed(telling, due_us, min(times, default=None), _waived(case, telling, due_us))


def _waived(case: Case, telling: Telling, due_us: int | None) -> str:
    assessed = case.last("BREACH_ASSESSED")
    if telling.unless_no_risk and assessed is not None and assessed.facts.get("risk") == "NO_RISK":
        return "the breach was assessed: a risk to people is unlikely"
    if not telling.breach and case.back_us is not None and (due_us is None or due_us > case.back_us):
        return "it was back before"
    return ""


TOLD_SAID = {
    "DUTY_INSPECTOR": "the duty inspector", "FORCE_CONTROL": "the force control room",
    "PSD": "the Professional Standards Department", "CED_SPOC": "the CED single point of contact",
    "NLLW": "the National Less Lethal Weapons Secretariat", "DPO": "the data protection officer",
    "ICO": "the Information Commissioner", "SIRO": "the senior information risk owner", "MAKER": "the maker",
    "OTHER": "somebody else",
}  # fmt: skip


def to_do(case: Case, terms: LossTerms) -> list[str]:
    """What comes next in a case, in order, one sentence each; nothing once it is closed."""
    if case.closed_us is not None:
        return []
    steps = []
    if case.is_missing and not case.last("SEARCHED"):
        steps.append("Search for it, and write down where was looked and by whom.")
    elif case.is_missing and case.declared is None:
        steps.append("An inspector declares it lost or stolen, with the incident reference.")
    if not case.is_missing and not case.last("RECOVERED", "DISPOSED"):
        steps.append("Two people write down how it was found; it goes into quarantine.")
    return steps + lacking(case, terms) or [
        "Keep looking. The case stays open while the item is missing."
        if case.is_missing
        else "An inspector closes the case."
    ]


def lacking(case: Case, terms: LossTerms) -> list[str]:
    """What must be written down before it is closed, wherever the item is."""
    needs_assessment = terms.is_breach(case.kind) and not case.last("BREACH_ASSESSED")
    steps = ["Assess the breach of personal data: what was on it, and the risk to people."] if needs_assessment else []
    return steps + [
        f"Tell {TOLD_SAID[each.to]}, and write down when." for each in case.owed(terms) if each.is_outstanding
    ]
