"""Carry authorisations and what stops them: the chief officer's permission, apart from training.

One rule for the editor: a grant is never edited and never stretched; it is ended by a stop and granted anew.
A suspension covers every authority unless it names one, and an unknown end is an open end.

Source: design `domain.md` sections 4.2 and 4.4. Windows are UTC microseconds, the end exclusive.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa

from inventory.people.calendar import day_start_us
from inventory.people.errors import BadField
from inventory.schema.ids import Ids
from inventory.schema.people import authority_stop, carry_authorisation


class Authority(StrEnum):
    """The answer to "may this person carry this model for this duty, training apart?"."""

    LIVE = "LIVE"
    SUSPENDED = "SUSPENDED"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Authorisation:
    """A permission in force from `from_us` to `to_us` for one model, carried OVERT or COVERT."""

    model: str
    mode: str
    from_us: int
    to_us: int


@dataclass(frozen=True, slots=True)
class Stop:
    """SUSPENDED or ENDED from `from_us`; `model` and `mode` are None where it covers every authority."""

    kind: str
    from_us: int
    to_us: int | None
    model: str | None = None
    mode: str | None = None

    def concerns(self, model: str, mode: str) -> bool:
        """Whether it stops authority for `model` carried in `mode`."""
        return self.model in (None, model) and self.mode in (None, mode)

    def touches(self, from_us: int, until_us: int) -> bool:
        """Whether it is in force at any moment of the duty."""
        return self.from_us < until_us and (self.to_us is None or self.to_us > from_us)


@dataclass(frozen=True, slots=True)
class Duty:
    """The time kit would be out: `from_us` to `until_us`."""

    from_us: int
    until_us: int


def effective(granted: Iterable[Authorisation], stops: Sequence[Stop]) -> tuple[Authorisation, ...]:
    """The grants with what ENDED them cut off and grants that follow without a gap joined.

    An end cuts every grant that began before it; a grant that begins later is a new permission.
    """
    joined: list[Authorisation] = []
    for each in sorted(granted, key=lambda one: (one.model, one.mode, one.from_us)):
        cut = _cut(each, stops)
        last = joined[-1] if joined else None
        if cut.to_us <= cut.from_us:
            continue
        if last and (last.model, last.mode) == (cut.model, cut.mode) and cut.from_us <= last.to_us:
            joined[-1] = Authorisation(last.model, last.mode, last.from_us, max(last.to_us, cut.to_us))
        else:
            joined.append(cut)
    return tuple(joined)


def _cut(granted: Authorisation, stops: Sequence[Stop]) -> Authorisation:
    ends = [
        each.from_us
        for each in stops
        if each.kind == "ENDED"
        and each.concerns(granted.model, granted.mode)
        and granted.from_us <= each.from_us
    ]
    return Authorisation(granted.model, granted.mode, granted.from_us, min([granted.to_us, *ends]))


def authority_for(
    authorisations: Iterable[Authorisation], stops: Iterable[Stop], model: str, mode: str, duty: Duty
) -> Authority:
    """Whether authority for `model` in `mode` stands through the whole `duty`.

    `authorisations` as `effective` gives them. SUSPENDED where a suspension touches the duty at all.
    """
    suspended = any(
        each.kind == "SUSPENDED" and each.concerns(model, mode) and each.touches(duty.from_us, duty.until_us)
        for each in stops
    )
    if suspended:
        return Authority.SUSPENDED
    covered = any(
        (each.model, each.mode) == (model, mode)
        and each.from_us <= duty.from_us
        and duty.until_us <= each.to_us
        for each in authorisations
    )
    return Authority.LIVE if covered else Authority.NONE


# ---- acts ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Grant:
    """A permission to be recorded: effective on London days from `from_on` up to, not including, `to_on`."""

    person_id: int
    model: str
    mode: str
    from_on: date
    to_on: date
    granted_by: str
    source_ref: str
    grade: str = ""


@dataclass(frozen=True, slots=True)
class StopOrder:
    """A suspension or an end to be recorded; `authorisation_id` None stops every CED authority."""

    person_id: int
    kind: str
    from_us: int
    authority: str
    source_ref: str
    reason_class: str = ""
    authorisation_id: int | None = None


def grant(conn: sa.Connection, ids: Ids, asked: Grant, now_us: int) -> int:
    """Record a permission; returns its id. Raises BadField for an empty window or a second one of a day."""
    if asked.to_on <= asked.from_on:
        raise BadField("to_on", asked.to_on, f"a date after {asked.from_on}")
    same = sa.select(carry_authorisation.c.id).where(
        carry_authorisation.c.person_id == asked.person_id,
        carry_authorisation.c.model == asked.model,
        carry_authorisation.c.mode == asked.mode,
        carry_authorisation.c.from_on == asked.from_on.isoformat(),
    )
    if conn.execute(same).first():
        raise BadField("from_on", asked.from_on, "a day on which no other permission for this model begins")
    new_id = ids.take()
    row = {
        "id": new_id, "person_id": asked.person_id, "model": asked.model, "mode": asked.mode,
        "granted_by": asked.granted_by, "grade": asked.grade, "from_on": asked.from_on.isoformat(),
        "to_on": asked.to_on.isoformat(), "source_ref": asked.source_ref, "recorded_us": now_us,
    }  # fmt: skip
    conn.execute(sa.insert(carry_authorisation), row)
    return new_id


def stop(conn: sa.Connection, ids: Ids, order: StopOrder, now_us: int) -> int:
    """Record a suspension or an end; returns its id. `custody.lapse` acts on the person afterwards.

    Raises BadField for an unknown kind or a reference this person already has.
    """
    if order.kind not in ("SUSPENDED", "ENDED"):
        raise BadField("kind", order.kind, "SUSPENDED or ENDED")
    same = sa.select(authority_stop.c.id).where(
        authority_stop.c.person_id == order.person_id, authority_stop.c.source_ref == order.source_ref
    )
    if conn.execute(same).first():
        raise BadField("source_ref", order.source_ref, "a reference not yet used for this person")
    new_id = ids.take()
    row = {
        "id": new_id, "person_id": order.person_id, "authorisation_id": order.authorisation_id,
        "kind": order.kind, "from_us": order.from_us, "to_us": None, "authority": order.authority,
        "reason_class": order.reason_class, "source_ref": order.source_ref, "recorded_us": now_us,
    }  # fmt: skip
    conn.execute(sa.insert(authority_stop), row)
    return new_id


def lift_suspension(conn: sa.Connection, stop_id: int, to_us: int) -> None:
    """End an open suspension at `to_us`. Raises BadField where there is none open: an end is never lifted."""
    lifted = conn.execute(
        sa.update(authority_stop)
        .where(
            authority_stop.c.id == stop_id,
            authority_stop.c.kind == "SUSPENDED",
            authority_stop.c.to_us.is_(None),
        )
        .values(to_us=to_us)
    )
    if lifted.rowcount != 1:
        raise BadField("stop_id", stop_id, "a suspension that is still open")


def window(model: str, mode: str, from_on: str, to_on: str) -> Authorisation:
    """A stored permission as a window; the dates are ISO text as the table holds them."""
    start, end = day_start_us(date.fromisoformat(from_on)), day_start_us(date.fromisoformat(to_on))
    return Authorisation(model, mode, start, end)
