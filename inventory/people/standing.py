"""Everything the gate asks about people, for a whole batch of them, in a handful of statements.

One rule for the editor: this gathers and never judges, and it reads only inside the caller's transaction.
A person's linked duplicates count as the person: their fails, stops and restrictions too.

Times are UTC microseconds; dates are Europe/London.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.people import authority, duty
from inventory.people.authority import Authorisation, Authority, Duty, Stop
from inventory.people.calendar import day_end_us, local_day
from inventory.people.credentials import COLLAR
from inventory.people.duty import Restriction
from inventory.people.training import Currency, Result, ValidityRule, currencies
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import (
    authority_stop,
    binding,
    carry_authorisation,
    duty_restriction,
    opt_in,
    person,
    person_gate,
    training_result,
)  # fmt: skip
from inventory.schema.service import sign_in
from inventory.schema.steps import Steps, read
from inventory.schema.training import visitor_attestation


@dataclass(frozen=True, slots=True)
class Attested:
    """A donor force's word that a visiting officer is current on a model, from and up to (exclusive)."""

    model: str
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What is on record about one person at one moment.

    `person_id` is the record that counts, also where a duplicate was asked for; `records` are the ids of all the
    records linked as this person's, its own among them. `training` is keyed by
    (qualification, model) as `training.currencies` gives it; a missing key was never passed. `stops` holds
    suspensions and ends, `authorisations` what is left of the grants after the ends. `duty_kinds_allowed`
    is None on full duty. `leaves_us` is when a leaver's last day ends. `attested` is what a visitor's own force says.
    """

    person_id: int
    records: frozenset[int]
    ref: str
    kind: str
    name: str
    rank: str | None
    collar: str | None
    home_store_id: int | None
    joined_on: date | None
    left: bool
    leaves_us: int | None
    opted_in: bool
    training: Mapping[tuple[str, str | None], Currency]
    authorisations: tuple[Authorisation, ...]
    stops: tuple[Stop, ...]
    restrictions: tuple[Restriction, ...]
    duty_kinds_allowed: frozenset[str] | None
    duty_review_us: int | None
    gates: Mapping[str, date]
    pin_set: bool
    attested: tuple[Attested, ...] = ()

    def authority(self, model: str, duty_time: Duty, mode: str = "OVERT") -> Authority:
        """Whether authority to carry `model` stands through the whole duty."""
        return authority.authority_for(self.authorisations, self.stops, model, mode, duty_time)

    def kinds_allowed(self, duty_time: Duty) -> frozenset[str] | None:
        """The kinds limited duties leave them at every moment of the duty; None on full duty."""
        return duty.kinds_allowed(self.restrictions, duty_time.from_us, duty_time.until_us)

    def suspended_from_us(self, now_us: int) -> int | None:
        """Since when an authority is suspended at `now_us`; None where none is."""
        suspensions = [each for each in self.stops if each.kind == "SUSPENDED"]
        return min((each.from_us for each in suspensions if each.touches(now_us, now_us + 1)), default=None)


EVERYTHING = 2**53
"""For `known_us`: all that is on record, also what another instance's clock dates a moment ahead."""

_TEXT: sa.ColumnElement[Any] = sa.cast(sa.null(), sa.Text)
_KNOWN: sa.ColumnElement[int] = sa.bindparam("known_us", type_=sa.BigInteger)
_NUMBER: sa.ColumnElement[Any] = sa.cast(sa.null(), sa.BigInteger)


def _small(what: str, owner: sa.ColumnElement[int], *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    return sa.select(sa.literal_column(f"'{what}'"), owner, *columns).where(among(owner, "ids"))


_PEOPLE = Fast(
    sa.select(
        person.c.id, person.c.ref, person.c.kind, person.c.given_name, person.c.family_name, person.c.rank,
        person.c.home_store_id, person.c.joined_on, person.c.left_on, person.c.same_as,
    ).where(among(person.c.id, "ids"))
)  # fmt: skip
_DUPLICATES = Fast(sa.select(person.c.id, person.c.same_as).where(among(person.c.same_as, "ids")))
_TRAINING = Fast(
    sa.select(
        training_result.c.person_id, training_result.c.course, training_result.c.model,
        training_result.c.attended_on, training_result.c.minutes, training_result.c.outcome,
    ).where(
        among(training_result.c.person_id, "ids"),
        training_result.c.recorded_us <= _KNOWN,
        sa.or_(training_result.c.retracted_us.is_(None), training_result.c.retracted_us > _KNOWN),
    )
)  # fmt: skip
_GRANTED = Fast(
    sa.select(
        carry_authorisation.c.person_id, carry_authorisation.c.model, carry_authorisation.c.mode,
        carry_authorisation.c.from_on, carry_authorisation.c.to_on,
    ).where(
        among(carry_authorisation.c.person_id, "ids"), carry_authorisation.c.recorded_us <= _KNOWN
    )
)  # fmt: skip
_STOPPED = Fast(
    sa.select(
        authority_stop.c.person_id, authority_stop.c.kind, authority_stop.c.from_us, authority_stop.c.to_us,
        carry_authorisation.c.model, carry_authorisation.c.mode,
    )
    .select_from(
        authority_stop.outerjoin(
            carry_authorisation, carry_authorisation.c.id == authority_stop.c.authorisation_id
        )
    )
    .where(among(authority_stop.c.person_id, "ids"), authority_stop.c.recorded_us <= _KNOWN)
)  # fmt: skip
_RESTRICTED = Fast(
    sa.select(
        duty_restriction.c.person_id, duty_restriction.c.kinds_allowed, duty_restriction.c.from_on,
        duty_restriction.c.review_on, duty_restriction.c.lifted_us,
    ).where(
        among(duty_restriction.c.person_id, "ids"), duty_restriction.c.recorded_us <= _KNOWN
    )
)  # fmt: skip
_SMALL = Fast(
    sa.union_all(
        _small("OPT", opt_in.c.person_id, _TEXT, _TEXT, opt_in.c.opted_in, opt_in.c.recorded_us).where(
            opt_in.c.recorded_us <= _KNOWN
        ),
        _small(
            "GATE", person_gate.c.person_id, person_gate.c.gate, person_gate.c.met_on, _NUMBER, _NUMBER
        ).where(person_gate.c.recorded_us <= _KNOWN),
        _small(
            "ATTESTED", visitor_attestation.c.person_id, visitor_attestation.c.model, _TEXT,
            visitor_attestation.c.from_us, visitor_attestation.c.until_us,
        ).where(
            visitor_attestation.c.recorded_us <= _KNOWN,
            sa.or_(visitor_attestation.c.withdrawn_us.is_(None), visitor_attestation.c.withdrawn_us > _KNOWN),
        ),
        # Every live credential by its technology, COLLAR among them: a condition on the technology would make a
        # planner without statistics walk every collar of the force instead of these people's few rows.
        sa.select(
            binding.c.technology, binding.c.person_id, binding.c.value, _TEXT, _NUMBER, binding.c.from_us
        ).where(among(binding.c.person_id, "ids"), binding.c.to_us.is_(None)),
        _small("PIN", sign_in.c.person_id, _TEXT, _TEXT, _NUMBER, _NUMBER).where(
            sign_in.c.pin_hash.is_not(None), sign_in.c.closed_us.is_(None)
        ),
    )
)


_FACTS = {
    "training": _TRAINING, "granted": _GRANTED, "stopped": _STOPPED, "restricted": _RESTRICTED, "small": _SMALL,
}  # fmt: skip


def standings(
    conn: sa.Connection,
    person_ids: Iterable[int],
    now_us: int,
    rules: Mapping[str, ValidityRule],
    known_us: int | None = None,
) -> dict[int, Standing]:
    """The standing of each person at `now_us`, by the id asked for; an unknown id has no entry.

    `rules` maps a qualification ("PPST", "CED" ...) to how long it lasts. `known_us`
    asks what was on record by then: "was she in date when we issued?" after late corrections.
    """
    return read(conn, standing_steps(person_ids, now_us, rules, known_us))


def standing_steps(
    person_ids: Iterable[int], now_us: int, rules: Mapping[str, ValidityRule], known_us: int | None = None
) -> Steps[dict[int, Standing]]:
    """The reader behind `standings`: one step, and two more where records are linked as one person's."""
    asked = list(dict.fromkeys(person_ids))
    if not asked:
        return {}
    params = {"ids": asked, "known_us": EVERYTHING if known_us is None else known_us}
    rows, linked, *facts = yield [(each, params) for each in (_PEOPLE, _DUPLICATES, *_FACTS.values())]
    people = {row[0]: row for row in rows}
    members = _members(people, linked)
    if not set(members) <= set(asked):
        rows, linked = yield [(each, {"ids": list(members)}) for each in (_PEOPLE, _DUPLICATES)]
        people |= {row[0]: row for row in rows}
        members = _members(people, linked)
        params = {**params, "ids": list(members)}
        facts = yield [(each, params) for each in _FACTS.values()]
    gathered = {
        name: (_small_facts if name == "small" else _grouped)(some, members)
        for name, some in zip(_FACTS, facts, strict=True)
    }
    records: dict[int, set[int]] = defaultdict(set)
    for each, root in members.items():
        records[root].add(each)
    roots = {
        root: _standing(people[root], frozenset(own), gathered, now_us, rules) for root, own in records.items()
    }
    return {each: roots[members[each]] for each in asked if each in members}


def _members(people: Mapping[int, Row], linked: Iterable[Row]) -> dict[int, int]:
    """Every id that counts (duplicates too) with the record it counts for."""
    members = {root: root for root in (row[9] or row[0] for row in people.values())}
    return members | {row[0]: row[9] for row in people.values() if row[9]} | {row[0]: row[1] for row in linked}


def _grouped(rows: Iterable[Row], members: Mapping[int, int]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[members[row[0]]].append(row[1:])
    return groups


def _small_facts(rows: Iterable[Row], members: Mapping[int, int]) -> dict[int, list[Row]]:
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        groups[members[row[1]]].append((row[0], *row[2:]))
    return groups


def _standing(
    row: Row,
    records: frozenset[int],
    gathered: Mapping[str, dict[int, list[Row]]],
    now_us: int,
    rules: Mapping[str, ValidityRule],
) -> Standing:
    person_id, ref, kind, given, family, rank, home_store_id, joined, left, _ = row
    today = local_day(now_us)
    of = {name: groups.get(person_id, []) for name, groups in gathered.items()}
    stops = tuple(Stop(*each) for each in of["stopped"])
    restrictions = tuple(duty.stored(*each) for each in of["restricted"])
    in_force = [each for each in restrictions if each.touches(now_us, now_us + 1)]
    leaves_us = day_end_us(date.fromisoformat(left)) if left else None
    return Standing(
        person_id=person_id,
        records=records,
        ref=ref,
        kind=kind,
        name=f"{given} {family}",
        rank=rank,
        collar=_latest(of["small"], COLLAR, 1),
        home_store_id=home_store_id,
        joined_on=date.fromisoformat(joined) if joined else None,
        left=leaves_us is not None and leaves_us <= now_us,
        leaves_us=leaves_us,
        opted_in=bool(_latest(of["small"], "OPT", 3)),
        training=currencies(map(_result, of["training"]), rules, today),
        authorisations=authority.effective([authority.window(*each) for each in of["granted"]], stops),
        stops=stops,
        restrictions=restrictions,
        duty_kinds_allowed=duty.kinds_allowed(restrictions, now_us, now_us + 1),
        duty_review_us=min((each.review_us for each in in_force), default=None),
        gates=_gates(of["small"], today),
        pin_set=any(each[0] == "PIN" for each in of["small"]),
        attested=tuple(Attested(each[1], each[3], each[4]) for each in of["small"] if each[0] == "ATTESTED"),
    )


def _result(row: Row) -> Result:
    course, model, attended_on, minutes, outcome = row
    return Result(course, model, date.fromisoformat(attended_on), minutes, outcome)


def _latest(facts: Iterable[Row], what: str, column: int) -> Any:
    """`column` of the newest fact of this name; None where there is none."""
    newest = max((each for each in facts if each[0] == what), key=lambda each: each[4], default=None)
    return None if newest is None else newest[column]


def _gates(facts: Iterable[Row], today: date) -> dict[str, date]:
    """The last day each gate was met, up to today."""
    met: dict[str, date] = {}
    for what, gate, met_on, *_ in facts:
        if what == "GATE" and (day := date.fromisoformat(met_on)) <= today:
            met[gate] = max(day, met.get(gate, day))
    return met
