"""Which SOFT refusals may be answered at all, and by whom (design `domain.md` 2.3). A rule that is not here: nobody.

One rule for the editor: a row is added because the design says who may, never to let somebody through. A HARD
refusal is asked nothing here; nobody overrides one.
"""

from collections.abc import Iterable
from typing import Protocol

SUPERVISOR = "SUPERVISOR"
"""A sergeant or above."""
DUTY_INSPECTOR = "DUTY_INSPECTOR"
"""An inspector or above."""
NOBODY = ""

BY_RULE: dict[str, str] = {
    "O-05": SUPERVISOR,
    "O-06": SUPERVISOR,
    "O-07": SUPERVISOR,
    "O-08": SUPERVISOR,
    "O-12": SUPERVISOR,
    "O-13": SUPERVISOR,
    "O-14": SUPERVISOR,
    "I-13": SUPERVISOR,
    "I-18": SUPERVISOR,
    "I-19": SUPERVISOR,
    "M-02": SUPERVISOR,
    "M-04": SUPERVISOR,
    "M-08": SUPERVISOR,
    "D-07": SUPERVISOR,
}
"""The design's rule -> the least capability that may answer it where a policy weighs it SOFT."""
ON_SECTION_5: dict[str, str] = dict.fromkeys(("O-05", "O-06", "O-07", "O-08"), DUTY_INSPECTOR)
"""What takes more where the policy is one of section 5 kit."""

SUFFICES: dict[str, frozenset[str]] = {
    SUPERVISOR: frozenset({SUPERVISOR, DUTY_INSPECTOR}),
    DUTY_INSPECTOR: frozenset({DUTY_INSPECTOR}),
    NOBODY: frozenset(),
}
"""What is needed -> what will do."""


class Reason(Protocol):
    """What is asked of a refusal here (`decision.Refusal`)."""

    @property
    def stops(self) -> bool:
        """Whether it makes a decision DENY."""

    @property
    def override_by(self) -> str:
        """The least capability that may answer it, NOBODY where none may."""


def least(rule_id: str, *, section_5: bool) -> str:
    """The least capability that may answer a SOFT refusal of the rule; NOBODY where none may."""
    by = ON_SECTION_5.get(rule_id) if section_5 else None
    return by or BY_RULE.get(rule_id, NOBODY)


def offered(reasons: Iterable[Reason]) -> str:
    """The least capability that may answer everything that stops; NOBODY where something is nobody's to answer."""
    needed = {reason.override_by for reason in reasons if reason.stops}
    if not needed or NOBODY in needed:
        return NOBODY
    return DUTY_INSPECTOR if DUTY_INSPECTOR in needed else SUPERVISOR
