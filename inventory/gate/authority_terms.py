"""What the force asks of permissions to carry, of roles that move, and of reminders.

One rule for the editor: no clock is asked here. A permission may be made shorter by the force, never longer than the
national twelve months, and nobody who records training is ever let grant one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from inventory.gate.policy_check import CED_MONTHS_MAX, Source, check_origin, is_whole
from inventory.people.bands import BANDS
from inventory.schema.words import CAPABILITIES, ROLE_MOVES

AUTHORITY = "carrying"
DAY_US = 86_400_000_000
MOVE_ENDS, MOVE_REVIEW, MOVE_NOTHING = "ENDS", "REVIEW", "NOTHING"
ANSWERS = (MOVE_ENDS, MOVE_REVIEW, MOVE_NOTHING)
NOT_REMINDED = ("LEFT", "SUSPENDED")
REVIEW_DAYS_MAX = 365
KEYS: dict[str, tuple[str, ...]] = {
    "grants": ("months_max", "grades", "by"),
    "stops": ("by", "classes"),
    "moves": (*ROLE_MOVES, "review_days"),
    "restrictions": ("by",),
    "reminders": ("bands", "not_to"),
}
"""Table -> its keys; each has its origin and source beside."""
_MOVES = MappingProxyType({
    "LEFT": MOVE_ENDS, "OFFICE": MOVE_ENDS, "OUT_OF_PROFILE": MOVE_ENDS, "INTO_PROFILE": MOVE_NOTHING,
    "HOME_STORE": MOVE_REVIEW, "TEAM": MOVE_REVIEW, "OPTED_OUT": MOVE_ENDS,
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class AuthorityTerms:
    """`months_max` bounds a permission; a person of one of `grades` says it, one of `granted_by` writes it down.

    `stopped_by` are those who suspend, from the lowest to the highest, `classes` all that is written down of why;
    `moves` what a role's move does to it, `review_us` how long a review may take; `restricted_by` record limited
    duties; `bands` are days before an end on which people are reminded, `not_reminded` who is not.
    """

    months_max: int = CED_MONTHS_MAX
    grades: tuple[str, ...] = ("Superintendent",)
    granted_by: tuple[str, ...] = ("CED_SPOC",)
    stopped_by: tuple[str, ...] = ("SUPERVISOR", "DUTY_INSPECTOR", "CED_SPOC")
    classes: tuple[str, ...] = ("POST_INCIDENT", "CONDUCT", "COMPETENCE", "ADMINISTRATIVE")
    moves: Mapping[str, str] = field(default_factory=lambda: _MOVES)
    review_us: int = 28 * DAY_US
    restricted_by: tuple[str, ...] = ("ADMINISTRATOR", "TRAINING_RECORDER", "DUTY_INSPECTOR")
    bands: tuple[int, ...] = BANDS
    not_reminded: tuple[str, ...] = NOT_REMINDED


def authority_terms(data: Mapping[str, Any]) -> AuthorityTerms:
    """What a checked file says."""
    of = data[AUTHORITY]
    return AuthorityTerms(
        months_max=of["grants"]["months_max"],
        grades=tuple(of["grants"]["grades"]),
        granted_by=tuple(of["grants"]["by"]),
        stopped_by=tuple(of["stops"]["by"]),
        classes=tuple(of["stops"]["classes"]),
        moves={each: of["moves"][each] for each in ROLE_MOVES},
        review_us=of["moves"]["review_days"] * DAY_US,
        restricted_by=tuple(of["restrictions"]["by"]),
        bands=tuple(sorted(of["reminders"]["bands"], reverse=True)),
        not_reminded=tuple(of["reminders"]["not_to"]),
    )


def check_authority(source: Source) -> None:
    """Check the file of authority to carry. Raises PolicyError."""
    for name in source.data:
        source.need(name in ("title", "version", AUTHORITY), name, f"no such key; one of title, version, {AUTHORITY}")
    source.need(isinstance(source.data.get("version"), str), "version", 'a version as text, "2026-11-22"')
    tables = source.data[AUTHORITY]
    source.need(isinstance(tables, dict) and set(tables) == set(KEYS), AUTHORITY, f"tables {', '.join(KEYS)}")
    for name, keys in KEYS.items():
        key, table = f"{AUTHORITY}.{name}", tables[name]
        whole = isinstance(table, dict) and set(table) == {*keys, "origin", "source"}
        source.need(whole, key, f"a table with {', '.join(keys)}, origin, source")
        check_origin(source, key, table)
    _check_values(source, tables)


def _check_values(source: Source, tables: Mapping[str, Any]) -> None:
    grants, moves = tables["grants"], tables["moves"]
    _need_number(source, "grants.months_max", grants["months_max"], CED_MONTHS_MAX)
    _need_number(source, "moves.review_days", moves["review_days"], REVIEW_DAYS_MAX)
    for key in ("grants.by", "stops.by", "restrictions.by"):
        _need_listed(source, key, CAPABILITIES)
    records = "TRAINING_RECORDER" not in grants["by"]
    source.need(records, f"{AUTHORITY}.grants.by", "nobody who records training: TRAINING_RECORDER grants nothing")
    for key in ("grants.grades", "stops.classes"):
        table, _, name = key.partition(".")
        words = tables[table][name]
        good = isinstance(words, list) and bool(words) and all(isinstance(each, str) and each for each in words)
        source.need(good, f"{AUTHORITY}.{key}", "a list of words, one at least")
    for each in ROLE_MOVES:
        source.need(moves[each] in ANSWERS, f"{AUTHORITY}.moves.{each}", f"one of {', '.join(ANSWERS)}")
    _need_listed(source, "reminders.bands", BANDS)
    _need_listed(source, "reminders.not_to", NOT_REMINDED, may_be_empty=True)


def _need_number(source: Source, key: str, value: object, most: int) -> None:
    good = is_whole(value) and isinstance(value, int) and 1 <= value <= most
    source.need(good, f"{AUTHORITY}.{key}", f"a whole number, 1 to {most}; never more")


def _need_listed(source: Source, key: str, known: Iterable[object], *, may_be_empty: bool = False) -> None:
    table, _, name = key.partition(".")
    given, known = source.data[AUTHORITY][table][name], tuple(known)
    good = isinstance(given, list) and (bool(given) or may_be_empty) and all(each in known for each in given)
    source.need(good and len(set(given)) == len(given), f"{AUTHORITY}.{key}", f"a list of {', '.join(map(str, known))}")
