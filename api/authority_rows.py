"""Authority to carry as clients have it: the states by model, the history, and who is told what of it.

One rule for the editor: the class of a reason is for those named here alone, and the person whose authority it is reads
no more of a suspension than the hatch says: that it is not in force.
"""

from collections.abc import Mapping

import msgspec
import sqlalchemy as sa

from inventory.custody.carrying.moves import reviews
from inventory.custody.carrying.reading import AuthorityEvent, history
from inventory.gate.kind_policy import Policy
from inventory.people.authority_state import CarryingState, CarryState, carrying_states
from inventory.people.calendar import local_day
from inventory.people.people import PersonRecord, by_id, root_of
from inventory.people.standing import Standing, standings

SEERS = ("CED_SPOC", "SUPERVISOR", "DUTY_INSPECTOR", "PSD", "AUDITOR", "TRAINING_RECORDER", "ADMINISTRATOR")
SEE_CLASSES = ("CED_SPOC", "PSD", "AUDITOR")
WORDS = {
    CarryState.LIVE: "May carry, as far as authority goes",
    CarryState.DORMANT: "Dormant: the training for it is out of date",
    CarryState.SUSPENDED: "Suspended: whatever is held comes back now",
    CarryState.NOT_YET: "Not yet in force",
    CarryState.OVER: "Over: it takes a new permission",
}
NOT_IN_FORCE = "Not in force: ask your supervisor"


class CarryingRow(msgspec.Struct, frozen=True, kw_only=True):
    """One model and mode. `state`: LIVE, DORMANT (training out of date; worked out, never stored), SUSPENDED, NOT_YET,
    OVER; to the person themself SUSPENDED and OVER are NOT_IN_FORCE. `until_us`: when carrying ends as things stand."""

    model: str
    mode: str
    state: str
    says: str
    from_us: int
    to_us: int
    until_us: int


class AuthorityEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. `by_person` null: a file (`said_by` is whom it names), or policy as a role moved.
    `reason_class` null where it is not for whoever asks. `from_on`, `to_on`: days, or what a role was and became."""

    at_us: int
    what: str
    link: int
    model: str
    mode: str
    by_person: int | None
    said_by: str
    document: str
    reason_class: str | None
    from_on: str
    to_on: str
    detail: str
    is_open: bool


class OneAuthority(msgspec.Struct, frozen=True, kw_only=True):
    """A person's authority: what it amounts to now, whether somebody is to look at it because their role moved, until
    when, and its history, the latest first."""

    person_id: int
    opted_in: bool
    carrying: list[CarryingRow]
    review_by: str | None
    limited: bool
    history: list[AuthorityEventRow]


class Whose:
    """What was read of one person's authority."""

    def __init__(self, conn: sa.Connection, record: PersonRecord, policy: Policy, now_us: int) -> None:
        self.record, self.now_us = record, now_us
        self.standing: Standing = standings(conn, [record.id], now_us, policy.courses)[record.id]
        self.states: list[CarryingState] = carrying_states(self.standing, now_us)
        self.events: list[AuthorityEvent] = history(conn, self.standing.records)
        move = reviews(conn, policy.authority, now_us).get(record.id)
        self.review_by = None if move is None else local_day(move.at_us + policy.authority.review_us)


def whose(conn: sa.Connection, person_id: int, policy: Policy, now_us: int) -> Whose | None:
    """The authority of the person (the record that counts, for a linked duplicate); None where there is nobody."""
    found = by_id(conn, root_of(conn, person_id))
    return None if found is None else Whose(conn, found, policy, now_us)


def carrying_row(of: CarryingState, *, own: bool) -> CarryingRow:
    """A state as clients have it; to the person themself what is not in force is not told apart."""
    hidden = own and of.state in (CarryState.SUSPENDED, CarryState.OVER)
    return CarryingRow(
        model=of.model, mode=of.mode, state="NOT_IN_FORCE" if hidden else of.state.value,
        says=NOT_IN_FORCE if hidden else WORDS[of.state], from_us=of.from_us, to_us=of.to_us, until_us=of.until_us,
    )  # fmt: skip


_HIDDEN = frozenset({"SUSPENDED", "LIFTED", "ENDED", "RESTRICTED", "UNRESTRICTED", "REVIEWED"})


def told(of: Whose, *, own: bool, classes: bool) -> OneAuthority:
    """What a client is told of it."""
    shown = [each for each in of.events if not (own and each.what in _HIDDEN)]
    return OneAuthority(
        person_id=of.record.id,
        opted_in=of.standing.opted_in,
        carrying=[carrying_row(each, own=own) for each in of.states],
        review_by=None if own or of.review_by is None else of.review_by.isoformat(),
        limited=of.standing.duty_kinds_allowed is not None,
        history=[event_row(each, classes=classes) for each in shown],
    )


def event_row(each: AuthorityEvent, *, classes: bool) -> AuthorityEventRow:
    """An event as clients have it."""
    values: Mapping[str, object] = {
        name: getattr(each, name) for name in AuthorityEventRow.__struct_fields__ if name != "reason_class"
    }
    shown = each.reason_class if classes and each.reason_class else None
    return msgspec.convert({**values, "reason_class": shown}, AuthorityEventRow)
