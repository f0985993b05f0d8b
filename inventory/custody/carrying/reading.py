"""A person's authority as it stands and as it came to be: every permission, stop, choice, move and limit, on one line.

One rule for the editor: reads only. The class of a reason is handed out apart, for those few who may know it; of
limited duties there is nothing to hand out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.people.calendar import day_start_us
from inventory.schema.authority import authority_act, role_move
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import authority_stop, carry_authorisation, duty_restriction, opt_in

Acts = Mapping[tuple[str, int], Row]


@dataclass(frozen=True, slots=True)
class AuthorityEvent:
    """One thing that happened to somebody's authority. `what` is a word of `words.AUTHORITY_ACTS`, or MOVED.

    `by_person` is None where a file said so, or policy did; `said_by` is then whom the file names. `link` is the id of
    the permission, stop, restriction or move. `detail` says from when to when, which kinds, or what moved.
    """

    at_us: int
    what: str
    link: int
    model: str = ""
    mode: str = ""
    by_person: int | None = None
    said_by: str = ""
    document: str = ""
    reason_class: str = ""
    from_on: str = ""
    to_on: str = ""
    detail: str = ""
    is_open: bool = False


_ACTS = Fast(
    sa.select(
        authority_act.c.act, authority_act.c.authorisation_id, authority_act.c.stop_id, authority_act.c.restriction_id,
        authority_act.c.id, authority_act.c.at_us, authority_act.c.by_person, authority_act.c.capability,
        authority_act.c.document,
    ).where(among(authority_act.c.person_id, "ids"))
)  # fmt: skip
_GRANTS = Fast(
    sa.select(
        carry_authorisation.c.id, carry_authorisation.c.model, carry_authorisation.c.mode,
        carry_authorisation.c.granted_by, carry_authorisation.c.grade, carry_authorisation.c.from_on,
        carry_authorisation.c.to_on, carry_authorisation.c.source_ref, carry_authorisation.c.recorded_us,
    ).where(among(carry_authorisation.c.person_id, "ids"))
)  # fmt: skip
_STOPS = Fast(
    sa.select(
        authority_stop.c.id, authority_stop.c.kind, authority_stop.c.from_us, authority_stop.c.to_us,
        authority_stop.c.authority, authority_stop.c.reason_class, authority_stop.c.source_ref,
        carry_authorisation.c.model, carry_authorisation.c.mode,
    )
    .select_from(
        authority_stop.outerjoin(
            carry_authorisation, carry_authorisation.c.id == authority_stop.c.authorisation_id
        )
    )
    .where(among(authority_stop.c.person_id, "ids"))
)  # fmt: skip
_RESTRICTIONS = Fast(
    sa.select(
        duty_restriction.c.id, duty_restriction.c.kinds_allowed, duty_restriction.c.from_on,
        duty_restriction.c.review_on, duty_restriction.c.lifted_us,
    ).where(among(duty_restriction.c.person_id, "ids"))
)  # fmt: skip
_CHOICES = Fast(
    sa.select(opt_in.c.id, opt_in.c.opted_in, opt_in.c.recorded_us).where(among(opt_in.c.person_id, "ids"))
)
_MOVES = Fast(
    sa.select(role_move.c.id, role_move.c.what, role_move.c.was, role_move.c.becomes, role_move.c.at_us).where(
        among(role_move.c.person_id, "ids")
    )
)


def history(conn: sa.Connection, records: Iterable[int]) -> list[AuthorityEvent]:
    """Everything that happened to the authority of the person with these records, the latest first."""
    asked = {"ids": sorted(records)}
    rows = _ACTS.rows(conn, asked)
    acts = {(row[0], link): row for row in rows for link in row[1:4] if link is not None}
    found = [_granted(row, acts) for row in _GRANTS.rows(conn, asked)]
    for row in _STOPS.rows(conn, asked):
        found += _stopped(row, acts)
    for row in _RESTRICTIONS.rows(conn, asked):
        found += _restricted(row, acts)
    found += _chosen(_CHOICES.rows(conn, asked), rows)
    found += [
        AuthorityEvent(at_us, "MOVED", move_id, detail=what, from_on=was, to_on=becomes)
        for move_id, what, was, becomes, at_us in _MOVES.rows(conn, asked)
    ]
    found += [
        AuthorityEvent(row[5], "REVIEWED", row[4], by_person=row[6], document=row[8])
        for row in rows
        if row[0] == "REVIEWED"
    ]
    return sorted(found, key=lambda each: (each.at_us, each.link, each.what), reverse=True)


def _by(acts: Acts, act: str, link: int) -> dict[str, Any]:
    row = acts.get((act, link))
    return {} if row is None else {"by_person": row[6], "document": row[8]}


def _granted(row: Row, acts: Acts) -> AuthorityEvent:
    grant_id, model, mode, granted_by, grade, from_on, to_on, document, recorded_us = row
    act = acts.get(("GRANTED", grant_id))
    began_us = day_start_us(date.fromisoformat(from_on))
    return AuthorityEvent(
        recorded_us if act else min(began_us, recorded_us), "GRANTED", grant_id, model, mode, act[6] if act else None,
        ", ".join(each for each in (granted_by, grade) if each), document, from_on=from_on, to_on=to_on,
    )  # fmt: skip


def _stopped(row: Row, acts: Acts) -> list[AuthorityEvent]:
    stop_id, kind, from_us, to_us, authority, reason_class, document, model, mode = row
    if ("OPTED_OUT", stop_id) in acts:
        return []  # the choice itself says so
    of: dict[str, Any] = {"model": model or "", "mode": mode or ""}
    began = {"said_by": authority, "document": document, "reason_class": reason_class} | _by(acts, kind, stop_id)
    open_still = kind == "SUSPENDED" and to_us is None
    found = [AuthorityEvent(from_us, kind, stop_id, is_open=open_still, **of, **began)]
    if kind == "SUSPENDED" and to_us is not None:
        found.append(AuthorityEvent(to_us, "LIFTED", stop_id, **of, **_by(acts, "LIFTED", stop_id)))
    return found


def _restricted(row: Row, acts: Acts) -> list[AuthorityEvent]:
    row_id, kinds, from_on, review_on, lifted_us = row
    began = _by(acts, "RESTRICTED", row_id)
    found = [
        AuthorityEvent(day_start_us(date.fromisoformat(from_on)), "RESTRICTED", row_id, detail=kinds, from_on=from_on,
                       to_on=review_on, is_open=lifted_us is None, **began)
    ]  # fmt: skip
    if lifted_us is not None:
        found.append(AuthorityEvent(lifted_us, "UNRESTRICTED", row_id, **_by(acts, "UNRESTRICTED", row_id)))
    return found


def _chosen(choices: Iterable[Row], acts: Iterable[Row]) -> list[AuthorityEvent]:
    """Each choice to carry or not; by whom where it was made here, which is at the very moment of its act."""
    made = {(row[0], row[5]): row[6] for row in acts if row[0] in ("OPTED_IN", "OPTED_OUT")}
    return [
        AuthorityEvent(at_us, what, choice_id, by_person=made.get((what, at_us)))
        for choice_id, opted_in, at_us in choices
        for what in ["OPTED_IN" if opted_in else "OPTED_OUT"]
    ]
