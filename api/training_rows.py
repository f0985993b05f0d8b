"""What clients are told of training: course days, results with both their times, and the training unit's lists.

One rule for the editor: rows are made here from what the kit store found, and nothing is judged again.
"""

import msgspec

from inventory.custody.issued_as_known import IssuedThen
from inventory.gate.kind_policy import Policy
from inventory.people import sessions
from inventory.people.as_known import Compared, Recorded
from inventory.people.attended import WHY
from inventory.people.curricula import DOMAINS, MISMATCHES, Curriculum, taught_by
from inventory.people.training import Currency, ValidityRule
from inventory.people.unit_lists import InVain, Mismatch


class CurriculumRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what a course teaches. `minutes`: the contact time its owner asks for at least."""

    name: str
    course: str
    domain: str
    owner: str
    is_national: bool
    title: str
    from_on: str
    to_on: str | None
    minutes: int | None
    source: str


class RuleRow(msgspec.Struct, frozen=True, kw_only=True):
    """How long a pass of a qualification lasts, from a day (null: from the beginning). `months` null: for ever."""

    qualification: str
    from_on: str | None
    for_all: bool
    months: int | None
    boundary: str
    grace_months: int
    minutes_min: dict[str, int]
    origin: str
    source: str


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """Every curriculum and every rule of the policy in force."""

    curricula: list[CurriculumRow]
    rules: list[RuleRow]


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A course day. `how`: HELD once its class is written down, CANCELLED, null until then."""

    id: int
    course: str
    model: str | None
    held_on: str
    starts: str | None
    seats: int
    taken: int
    place: str
    assessor: str | None
    curriculum: str | None
    how: str | None
    document: str | None


class SessionShown(msgspec.Struct, frozen=True, kw_only=True):
    """A course day and who has a seat on it. `minutes_min`: the attendance with which a pass counts."""

    session: SessionRow
    people: list[int]
    minutes_min: int


class ResultRow(msgspec.Struct, frozen=True, kw_only=True):
    """One result with both its times: `attended_on`, and from when up to when it was on record.

    `curriculum` is the version it was taught by, as it says (`curriculum_said`) or as its day says. `counts`: null for
    one that was taken back, else a word why it counts or does not.
    """

    id: int
    person_id: int
    course: str
    model: str | None
    attended_on: str
    minutes: int
    outcome: str
    assessor: str | None
    source: str
    document: str
    recorded_us: int
    recorded_by: int | None
    second_person: int | None
    session_id: int | None
    curriculum: str | None
    curriculum_said: bool
    retracted_us: int | None
    why_retracted: str | None
    counts: str | None = None


class KnownRow(msgspec.Struct, frozen=True, kw_only=True):
    """One qualification at a moment, as it was known and as it is known now, with the difference in words."""

    qualification: str
    model: str | None
    was_in_date: bool
    is_in_date: bool
    then_last_good_day: str | None
    now_last_good_day: str | None
    differs: bool
    says: str


class InVainRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who attended and is not current for all that: what, when, for how long, and why not."""

    person_id: int
    qualification: str
    model: str | None
    attended_on: str
    minutes: int
    minutes_min: int
    outcome: str
    why: str
    says: str
    result_id: int


class HoursRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody taught less of a qualification in twelve months than it asks, in minutes."""

    person_id: int
    qualification: str
    minutes: int
    asked: int


class MismatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A result taught by another version than the one in force on its day."""

    result_id: int
    person_id: int
    course: str
    attended_on: str
    said: str
    current: str | None
    why: str
    says: str


class IssuedThenRow(msgspec.Struct, frozen=True, kw_only=True):
    """An issue made on what was known then: what the person was not in date in, as it is known now."""

    person_id: int
    item_id: int
    kind: str
    model: str
    serial: str
    issued_us: int
    returned_us: int | None
    decision_id: int | None
    lacking: list[str]


class ReviewDueRow(msgspec.Struct, frozen=True, kw_only=True):
    """A use of a CED by a student that no supervisor has gone through with them yet."""

    use_id: int
    person_id: int
    used_us: int
    uses: str
    store_id: int
    item_id: int


def catalogue(policy: Policy) -> Catalogue:
    """The courses of the policy in force."""
    rules = [(name, rule) for name, whole in sorted(policy.courses.items()) for rule in (whole, *whole.changes)]
    return Catalogue(
        curricula=[_curriculum(each) for each in policy.curricula], rules=[_rule(name, rule) for name, rule in rules]
    )


def _curriculum(each: Curriculum) -> CurriculumRow:
    return CurriculumRow(
        name=each.name, course=each.course, domain=DOMAINS[each.course], owner=each.owner,
        is_national=each.is_national, title=each.title, from_on=each.from_on.isoformat(),
        to_on=each.to_on.isoformat() if each.to_on else None, minutes=each.minutes, source=each.source,
    )  # fmt: skip


def _rule(name: str, rule: ValidityRule) -> RuleRow:
    return RuleRow(
        qualification=name, from_on=rule.from_on.isoformat() if rule.from_on else None, for_all=rule.for_all,
        months=rule.months, boundary=rule.boundary.value, grace_months=rule.grace_months,
        minutes_min=dict(rule.minutes_min), origin=rule.origin, source=rule.source,
    )  # fmt: skip


def session_row(each: sessions.Session) -> SessionRow:
    """A course day as clients have it."""
    values = {name: getattr(each, name) for name in SessionRow.__struct_fields__ if name != "held_on"}
    return SessionRow(held_on=each.held_on.isoformat(), **values)


def result_row(each: Recorded, policy: Policy, counts: str | None = None) -> ResultRow:
    """A result as clients have it."""
    said = each.result
    named = taught_by(policy.curricula, each.curriculum, said.course, said.attended_on)
    return ResultRow(
        id=each.id, person_id=each.person_id, course=said.course, model=said.model,
        attended_on=said.attended_on.isoformat(), minutes=said.minutes, outcome=said.outcome, assessor=each.assessor,
        source=each.source, document=each.source_ref, recorded_us=each.recorded_us, recorded_by=each.recorded_by,
        second_person=each.second_person, session_id=each.session_id, curriculum=named,
        curriculum_said=each.curriculum is not None, retracted_us=each.retracted_us,
        why_retracted=each.why_retracted, counts=counts,
    )  # fmt: skip


def known_row(each: Compared) -> KnownRow:
    """One qualification then and now, with the difference in words."""
    return KnownRow(
        qualification=each.qualification, model=each.model, was_in_date=each.was_in_date, is_in_date=each.is_in_date,
        then_last_good_day=_last(each.then), now_last_good_day=_last(each.now), differs=each.differs,
        says=difference_said(each),
    )  # fmt: skip


def _last(held: Currency | None) -> str | None:
    return held.last_good_day.isoformat() if held and held.last_good_day else None


def difference_said(each: Compared) -> str:
    """What changed between what was known and what is known, in one sentence."""
    then = "in date" if each.was_in_date else "not in date"
    now = "in date" if each.is_in_date else "not in date"
    if each.was_in_date != each.is_in_date:
        return f"Taken for {then} as it was known; {now} as it is known now."
    if each.differs:
        return f"{now[:1].upper()}{now[1:]} either way; what it rests on was corrected since."
    return f"{now[:1].upper()}{now[1:]}, as it was known and as it is known now."


def in_vain_row(each: InVain) -> InVainRow:
    """Somebody who attended in vain, as clients have it."""
    said = each.attended
    return InVainRow(
        person_id=each.person_id, qualification=said.qualification, model=said.model,
        attended_on=said.result.attended_on.isoformat(), minutes=said.result.minutes, minutes_min=said.minutes_min,
        outcome=said.result.outcome, why=said.why, says=said.sentence, result_id=each.recorded.id,
    )  # fmt: skip


def mismatch_row(each: Mismatch) -> MismatchRow:
    """A result of another version, as clients have it."""
    said = each.recorded.result
    return MismatchRow(
        result_id=each.recorded.id, person_id=each.recorded.person_id, course=said.course,
        attended_on=said.attended_on.isoformat(), said=each.said, current=each.current, why=each.why,
        says=MISMATCHES[each.why],
    )  # fmt: skip


def issued_row(each: IssuedThen) -> IssuedThenRow:
    """An issue made on what was known then, as clients have it."""
    values = {name: getattr(each, name) for name in IssuedThenRow.__struct_fields__ if name != "lacking"}
    return IssuedThenRow(lacking=[f"{name} {model}" if model else name for name, model in each.lacking], **values)


def counts_said(word: str | None) -> str:
    """Why a result counts or not, in words; "" for none."""
    return "" if word is None else WHY[word]
