"""What a report is asked with: texts from a form, an address or a command become its parameters, or say what is wrong.

One rule for the editor: one parser for every door. Every parameter that is wrong is named at once, with what was
expected; none is guessed and none is left out in silence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.oversight.reports.report import Cell, Parameter, Report
from inventory.people.errors import BadField
from inventory.people.imports import fields
from inventory.people.people import by_collar, by_id, by_ref, root_of
from inventory.schema.people import store

TEXT_CHARS_MAX = 120
ID_MAX = 2**53
BY_ID = "id:"
"""Before a person's id, where a number could be a collar too."""
MOMENT_DIGITS = range(13, 17)
"""Digits of a count of UTC microseconds of our times; a count of seconds has fewer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One parameter that cannot be taken: its key, what was expected, and what was given."""

    field: str
    expected: str
    got: str


class NotAsked(ValueError):
    """A report was asked with what it does not take; `faults` names every parameter that is wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = faults
        super().__init__("; ".join(f"{each.field}: expected {each.expected}" for each in faults))


def given_of(conn: sa.Connection, report: Report, texts: Mapping[str, str], now_us: int) -> dict[str, Cell]:
    """The parameters of `report` by key, every one of them; an optional one that was not given is None.

    An empty text is as good as none. Raises NotAsked.
    """
    faults = [
        Fault(key, f"one of the parameters of this report: {_keys(report)}", texts[key][:TEXT_CHARS_MAX])
        for key in texts
        if all(each.key != key for each in report.parameters)
    ]
    given: dict[str, Cell] = {}
    for each in report.parameters:
        text = texts.get(each.key, "").strip()
        try:
            given[each.key] = _taken(conn, each, text) if text else _without(each, now_us)
        except fields.Unfit as problem:
            faults.append(Fault(each.key, problem.expected, text[:TEXT_CHARS_MAX]))
    if faults:
        raise NotAsked(tuple(faults))
    return given


def _keys(report: Report) -> str:
    return ", ".join(each.key for each in report.parameters) or "it has none"


def _without(parameter: Parameter, now_us: int) -> Cell:
    """The value where nothing was given."""
    default = parameter.default(now_us) if callable(parameter.default) else parameter.default
    if default is None and not parameter.optional:
        raise fields.Unfit(EXPECTED[parameter.kind])
    return default


def _taken(conn: sa.Connection, parameter: Parameter, text: str) -> Cell:
    if len(text) > TEXT_CHARS_MAX or not text.isprintable():
        raise fields.Unfit(f"at most {TEXT_CHARS_MAX} characters, none of them a control character")
    return _TAKE[parameter.kind](conn, parameter, text)


def _store(conn: sa.Connection, _parameter: Parameter, text: str) -> int:
    """By number, or by its code."""
    found = sa.select(store.c.id)
    named = (
        found.where(store.c.id == int(text)) if _is_id(text) else found.where(store.c.code == text.upper())
    )
    store_id = conn.execute(named).scalar()
    if store_id is None:
        raise fields.Unfit(EXPECTED["store"])
    return int(store_id)


def _person(conn: sa.Connection, _parameter: Parameter, text: str) -> int:
    """By collar, by the force's own number, or by id ("id:101" is nothing else); of two records of one person, the one
    that counts."""
    if text.startswith(BY_ID) and _is_id(text.removeprefix(BY_ID)):
        known = by_id(conn, int(text.removeprefix(BY_ID)))
        if known is None:
            raise fields.Unfit(EXPECTED["person"])
        return root_of(conn, known.id)
    try:
        found = (
            by_collar(conn, text) or by_ref(conn, text) or (by_id(conn, int(text)) if _is_id(text) else None)
        )
    except BadField:
        found = None
    if found is None:
        raise fields.Unfit(EXPECTED["person"])
    return root_of(conn, found.id)


def _serial(_conn: sa.Connection, _parameter: Parameter, text: str) -> str:
    """As serials are kept: upper case. Whose serial it is, is the report's to say."""
    return text.upper()


def _moment(_conn: sa.Connection, _parameter: Parameter, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) in MOMENT_DIGITS:
        return int(text)
    return fields.moment(text)


def _day(_conn: sa.Connection, _parameter: Parameter, text: str) -> str:
    return fields.day(text)


def _number(_conn: sa.Connection, parameter: Parameter, text: str) -> int:
    expected = f"a whole number from {parameter.least} to {parameter.most}"
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 15:
        raise fields.Unfit(expected)
    if not parameter.least <= int(text) <= parameter.most:
        raise fields.Unfit(expected)
    return int(text)


def _word(_conn: sa.Connection, parameter: Parameter, text: str) -> str:
    if text not in parameter.choices:
        raise fields.Unfit(f"one of {', '.join(parameter.choices)}")
    return text


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:17]) <= ID_MAX


EXPECTED = {
    "store": "the number or the code of a store",
    "person": "the collar, the force's number or the id of a person on record",
    "serial": "a serial",
    "moment": "a time as 2026-11-22 07:00 (London), with Z or an offset, or UTC microseconds",
    "day": "a date as 2026-11-22",
    "number": "a whole number",
    "word": "one of its words",
}
"""What each kind of parameter is given as."""

_TAKE: Mapping[str, Callable[[sa.Connection, Parameter, str], Cell]] = {
    "store": _store, "person": _person, "serial": _serial, "moment": _moment, "day": _day, "number": _number,
    "word": _word,
}  # fmt: skip
