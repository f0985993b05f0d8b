"""What the training unit looks through: what was written down, who attended in vain, and who was taught something else.

One rule for the editor: reads only, by the day a result was recorded, so that a result entered late is on the list too.

Source: design `domain.md` 6 (B12, B16).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from inventory.people.as_known import Key, Recorded, key_of, records_of
from inventory.people.attended import FAILED, OLD, Attended, not_current, outcome_of
from inventory.people.curricula import Curriculum, in_force, mismatch
from inventory.people.training import FAMILIES, ValidityRule
from inventory.schema.fast import Fast, among
from inventory.schema.people import training_result


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A result that names another version than the one in force on its day: why (a word of `curricula.MISMATCHES`),
    and which was in force (None: none)."""

    recorded: Recorded
    said: str
    why: str
    current: str | None


@dataclass(frozen=True, slots=True)
class InVain:
    """Somebody who attended lately and is not current in it for all that."""

    person_id: int
    attended: Attended
    recorded: Recorded


_RECORDED = sa.select(training_result.c.id, training_result.c.person_id).where(
    training_result.c.recorded_us >= sa.bindparam("from_us"), training_result.c.recorded_us < sa.bindparam("to_us")
)
_BETWEEN = Fast(_RECORDED)
_BY_HAND = Fast(_RECORDED.where(among(training_result.c.source, "sources", texts=True)))
_NAMING = Fast(_RECORDED.where(training_result.c.curriculum.is_not(None), training_result.c.retracted_us.is_(None)))
_DOUBTFUL = Fast(
    sa.select(
        training_result.c.person_id, training_result.c.course, training_result.c.minutes, training_result.c.outcome,
        training_result.c.attended_on,
    ).where(
        training_result.c.recorded_us >= sa.bindparam("from_us"),
        training_result.c.recorded_us < sa.bindparam("to_us"),
        training_result.c.retracted_us.is_(None),
    )
)  # fmt: skip


def recorded_between(
    conn: sa.Connection, from_us: int, to_us: int, sources: Iterable[str] | None = None
) -> list[Recorded]:
    """Results written down in that time, the newest first; of these sources alone, where they are named."""
    asked = {"from_us": from_us, "to_us": to_us}
    rows = _BETWEEN.rows(conn, asked) if sources is None else _BY_HAND.rows(conn, {**asked, "sources": list(sources)})
    return sorted(_named(conn, rows), key=lambda each: (-each.recorded_us, -each.id))


def _named(conn: sa.Connection, rows: Iterable[tuple[int, int]]) -> list[Recorded]:
    wanted = {row[0]: row[1] for row in rows}
    found = records_of(conn, wanted.values()) if wanted else {}
    return [each for some in found.values() for each in some if each.id in wanted]


def mismatches(conn: sa.Connection, curricula: Iterable[Curriculum], from_us: int, to_us: int) -> list[Mismatch]:
    """Results recorded in that time that were taught by another version than the one in force on their day."""
    known = tuple(curricula)
    found = []
    for each in _named(conn, _NAMING.rows(conn, {"from_us": from_us, "to_us": to_us})):
        result, said = each.result, each.curriculum or ""
        why = mismatch(known, said, result.course, result.attended_on)
        if why is not None:
            current = in_force(known, result.course, result.attended_on)
            found.append(Mismatch(each, said, why, current.name if current else None))
    return sorted(found, key=lambda each: (each.recorded.result.attended_on, each.recorded.id), reverse=True)


def in_vain(
    conn: sa.Connection, rules: Mapping[str, ValidityRule], span_us: tuple[int, int], on: date
) -> list[InVain]:
    """Who attended something recorded in that time and is not current in it on the day `on`, and why: fails first."""
    doubtful = set()
    for person_id, course, minutes, outcome, attended_on in _DOUBTFUL.rows(
        conn, {"from_us": span_us[0], "to_us": span_us[1]}
    ):
        least = rules[FAMILIES[course]].at(date.fromisoformat(attended_on)).minutes_min.get(course, 0)
        if outcome != "PASS" or minutes < least or course == "CED_REFRESHER":
            doubtful.add(person_id)
    found = []
    for person_id, records in (records_of(conn, doubtful) if doubtful else {}).items():
        live = [each for each in records if each.retracted_us is None]
        lately = {key_of(each.result) for each in live if span_us[0] <= each.recorded_us < span_us[1]}
        for each in not_current([one.result for one in live], rules, on):
            if (each.qualification, each.model) in lately and each.why != OLD:
                last = next(one for one in live if one.result is each.result)
                found.append(InVain(person_id, each, last))
    return sorted(found, key=lambda each: (each.attended.why != FAILED, each.attended.result.attended_on))


def counted(records: Iterable[Recorded], rules: Mapping[str, ValidityRule]) -> dict[int, str]:
    """What each result of one person does by itself: its id -> a word of `attended.WHY`. Retracted ones have none."""
    by_key: dict[Key, list[Recorded]] = {}
    for each in sorted(records, key=lambda one: one.result.attended_on):
        if each.retracted_us is None and FAMILIES[each.result.course] in rules:
            by_key.setdefault(key_of(each.result), []).append(each)
    said = {}
    for key, some in by_key.items():
        for number, each in enumerate(some):
            said[each.id] = outcome_of(each.result, rules[key[0]], [one.result for one in some[:number]])
    return said
