"""Was somebody in date at a moment: as it was known at another, and as it is known now.

One rule for the editor: two times are never mixed: `at_us` is when it mattered, `known_us` what was on record by
then. Nothing is judged for the gate here; the gate judged at the time, and its decision stands.

Source: design `domain.md` 4.2 ("was she in date when we issued?" after late corrections).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import local_day
from inventory.people.training import BY_MODEL, FAMILIES, Currency, Result, ValidityRule, currencies
from inventory.schema.fast import Fast, among
from inventory.schema.people import person, training_result
from inventory.schema.training import training_retraction

Key = tuple[str, str | None]
"""(qualification, model)."""


def key_of(result: Result) -> Key:
    """The qualification a result belongs to."""
    family = FAMILIES[result.course]
    return family, result.model if family in BY_MODEL else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """One result with its two times: on whose record, what it says, since when and up to when it was on record."""

    id: int
    person_id: int
    result: Result
    recorded_us: int
    retracted_us: int | None
    source: str
    source_ref: str
    recorded_by: int | None
    second_person: int | None
    assessor: str | None
    curriculum: str | None
    session_id: int | None
    why_retracted: str | None

    def known_at(self, known_us: int) -> bool:
        """Whether it stood on record at that time."""
        return self.recorded_us <= known_us and (self.retracted_us is None or self.retracted_us > known_us)


@dataclass(frozen=True, slots=True)
class Compared:
    """One qualification at a moment: as it was known then, and as it is known now. None: never passed."""

    qualification: str
    model: str | None
    then: Currency | None
    now: Currency | None
    was_in_date: bool
    is_in_date: bool

    @property
    def differs(self) -> bool:
        """Whether what is known now says something else."""
        return self.was_in_date != self.is_in_date or self.then != self.now


_OF_PEOPLE = Fast(
    sa.select(
        training_result.c.id, sa.func.coalesce(person.c.same_as, person.c.id), training_result.c.course,
        training_result.c.model, training_result.c.attended_on, training_result.c.minutes, training_result.c.outcome,
        training_result.c.recorded_us, training_result.c.retracted_us, training_result.c.source,
        training_result.c.source_ref, training_result.c.recorded_by, training_result.c.second_person,
        training_result.c.assessor, training_result.c.curriculum, training_result.c.session_id,
        training_retraction.c.reason,
    )
    .select_from(
        training_result.join(person, person.c.id == training_result.c.person_id).outerjoin(
            training_retraction, training_retraction.c.result_id == training_result.c.id
        )
    )
    .where(among(training_result.c.person_id, "ids"))
    .order_by(training_result.c.attended_on, training_result.c.id)
)  # fmt: skip
_RECORDS = Fast(
    sa.select(person.c.id, person.c.same_as).where(
        sa.or_(among(person.c.id, "ids"), among(person.c.same_as, "ids"))
    )
)


def records_of(conn: sa.Connection, person_ids: Iterable[int]) -> dict[int, list[Recorded]]:
    """Every result of these people, retracted ones too, by the record that counts; their duplicates' with theirs."""
    asked = sorted(set(person_ids))
    members = {row[0]: row[1] or row[0] for row in _RECORDS.rows(conn, {"ids": asked})}
    roots = sorted(set(members.values()))
    members |= {row[0]: row[1] or row[0] for row in _RECORDS.rows(conn, {"ids": roots})}
    found: dict[int, list[Recorded]] = {each: [] for each in roots}
    for row in _OF_PEOPLE.rows(conn, {"ids": sorted(members)}):
        found[row[1]].append(_recorded(row))
    return found


def _recorded(row: Sequence[Any]) -> Recorded:
    number, person_id, course, model, attended_on, minutes, outcome, recorded_us, retracted_us, *more = row
    result = Result(course, model, date.fromisoformat(attended_on), minutes, outcome)
    return Recorded(number, person_id, result, recorded_us, retracted_us, *more)


def currencies_known(
    records: Iterable[Recorded], rules: Mapping[str, ValidityRule], at_us: int, known_us: int
) -> dict[Key, Currency]:
    """One person's currencies on the London day of `at_us`, from what stood on record at `known_us`."""
    results = [each.result for each in records if each.known_at(known_us)]
    return currencies(results, rules, local_day(at_us))


def compared(
    records: Sequence[Recorded], rules: Mapping[str, ValidityRule], at_us: int, known_us: int, now_us: int
) -> list[Compared]:
    """Every qualification of one person at `at_us`: as known at `known_us`, and as known now."""
    then = currencies_known(records, rules, at_us, known_us)
    now = currencies_known(records, rules, at_us, now_us)
    keys = {key_of(each.result) for each in records}
    return [
        Compared(
            key[0], key[1], then.get(key), now.get(key), _covers(then.get(key), at_us), _covers(now.get(key), at_us)
        )
        for key in sorted(keys, key=lambda key: (key[0], key[1] or ""))
        if key[0] in rules
    ]  # fmt: skip


def _covers(held: Currency | None, at_us: int) -> bool:
    return held is not None and held.covers(at_us + 1)


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to a person's kit: what it took to be in date for, and up to when (exclusive)."""

    person_id: int
    at_us: int
    until_us: int
    needs: frozenset[Key]


def not_in_date_after_all(
    moments: Iterable[Moment], records: Mapping[int, Sequence[Recorded]], rules: Mapping[str, ValidityRule], now_us: int
) -> list[tuple[Moment, tuple[Key, ...]]]:
    """The moments at which somebody was in date as it was known then, and was not as it is known now, and in what.

    `records` are by the record that counts, as `records_of` gives them; a moment's person must be among them.
    """
    by_person: dict[int, list[Moment]] = defaultdict(list)
    for each in moments:
        by_person[each.person_id].append(each)
    found = []
    for person_id, theirs in by_person.items():
        for moment in theirs:
            then = currencies_known(records[person_id], rules, moment.at_us, moment.at_us)
            now = currencies_known(records[person_id], rules, moment.at_us, now_us)
            wrong = tuple(
                key for key in sorted(moment.needs, key=lambda key: (key[0], key[1] or ""))
                if _lasts(then.get(key), moment) and not _lasts(now.get(key), moment)
            )  # fmt: skip
            if wrong:
                found.append((moment, wrong))
    return sorted(found, key=lambda pair: (pair[0].at_us, pair[0].person_id))


def _lasts(held: Currency | None, moment: Moment) -> bool:
    return held is not None and held.covers(moment.until_us)
