"""Who there is: finding a person, recording a new one, and linking two records of the same one.

One rule for the editor: nobody is ever deleted or merged. A duplicate points at the record that counts, and
every act and every answer is about that one (`root_of`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from inventory.people.credentials import COLLAR, normal
from inventory.people.errors import BadField
from inventory.schema import words
from inventory.schema.fast import Fast, Row, among, among_found
from inventory.schema.ids import Ids
from inventory.schema.people import binding, person
from inventory.schema.prefix import beginning, begins
from inventory.schema.steps import Steps, once, read

NAME_CHARS_MAX = 100
SEARCH_WORDS_MAX = 6


@dataclass(frozen=True, slots=True)
class PersonRecord:
    """One person as lists and headings show them. `collar` is the one worn at present."""

    id: int
    ref: str
    kind: str
    family_name: str
    given_name: str
    rank: str | None
    team: str | None
    home_store_id: int | None
    collar: str | None
    left_on: str | None

    @property
    def name(self) -> str:
        """Given name, then family name."""
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True, slots=True)
class NewPerson:
    """A person to be recorded; `ref` is the force's own number for them."""

    ref: str
    kind: str
    family_name: str
    given_name: str
    rank: str | None = None
    team: str | None = None
    home_store_id: int | None = None
    frontline: bool = False
    joined_on: date | None = None


_WORN = binding.alias("worn")
_IS_WORN = sa.and_(_WORN.c.person_id == person.c.id, _WORN.c.technology == COLLAR, _WORN.c.to_us.is_(None))
_RECORD: sa.Select[Any] = sa.select(
    person.c.id, person.c.ref, person.c.kind, person.c.family_name, person.c.given_name, person.c.rank,
    person.c.team, person.c.home_store_id, _WORN.c.value, person.c.left_on,
)  # fmt: skip
_EVERYBODY = _RECORD.select_from(person.outerjoin(_WORN, _IS_WORN))
_BY_ID = Fast(_EVERYBODY.where(person.c.id == sa.bindparam("person_id"), person.c.disposed_us.is_(None)))
_BY_IDS = Fast(_EVERYBODY.where(among(person.c.id, "ids")))
_BY_REF = Fast(_EVERYBODY.where(person.c.ref == sa.bindparam("ref"), person.c.disposed_us.is_(None)))
_BY_COLLAR = Fast(
    _RECORD.select_from(person.join(_WORN, _IS_WORN)).where(
        _WORN.c.value == sa.bindparam("collar"), _WORN.c.technology == COLLAR, _WORN.c.to_us.is_(None)
    )
)
_ROOT = Fast(sa.select(person.c.same_as).where(person.c.id == sa.bindparam("person_id")))
_COUNTS = sa.func.coalesce(person.c.same_as, 0) == 0
"""The record is no duplicate. Said so, SQLite does not take the index of duplicates for a way to find people."""
_THERE = person.c.disposed_us.is_(None)
"""Nobody whose data was erased is found by anything."""

_SEARCHES: dict[int, Fast] = {}


def create(conn: sa.Connection, ids: Ids, new: NewPerson, now_us: int) -> int:
    """Record a person; returns their id. Raises BadField for a number in use, a kind or a name not known."""
    if new.kind not in words.PERSON_KINDS:
        raise BadField("kind", new.kind, f"one of {', '.join(words.PERSON_KINDS)}")
    for field, value in (("ref", new.ref), ("family_name", new.family_name), ("given_name", new.given_name)):
        if not 1 <= len(value.strip()) <= NAME_CHARS_MAX:
            raise BadField(field, value, f"1 to {NAME_CHARS_MAX} characters")
    if conn.execute(sa.select(person.c.id).where(person.c.ref == new.ref.strip())).first():
        raise BadField("ref", new.ref, "a number that no other person has")
    new_id = ids.take()
    row = {
        "id": new_id, "ref": new.ref.strip(), "kind": new.kind, "family_name": new.family_name.strip(),
        "given_name": new.given_name.strip(), "rank": new.rank, "team": new.team,
        "home_store_id": new.home_store_id, "frontline": int(new.frontline),
        "joined_on": new.joined_on.isoformat() if new.joined_on else None, "recorded_us": now_us,
    }  # fmt: skip
    conn.execute(sa.insert(person), row)
    return new_id


def by_id(conn: sa.Connection, person_id: int) -> PersonRecord | None:
    """The record of this id, duplicate or not. None too for somebody whose data was erased (`oversight.retention`)."""
    return _first(_BY_ID.rows(conn, {"person_id": person_id}))


def by_ids_steps(person_ids: Sequence[int]) -> Steps[list[PersonRecord]]:
    """The reader of the records of these ids, duplicates or not, in their order; who is not known is left out."""
    rows = (yield from once(_BY_IDS, {"ids": list(person_ids)})) if person_ids else []
    found = {row[0]: PersonRecord(*row) for row in rows}
    return [found[each] for each in person_ids if each in found]


def by_ref(conn: sa.Connection, ref: str) -> PersonRecord | None:
    """The person with the force's number `ref`."""
    return _first(_BY_REF.rows(conn, {"ref": ref.strip()}))


def by_collar(conn: sa.Connection, collar: str) -> PersonRecord | None:
    """The person who wears this collar at present. Raises BadField for an empty one."""
    return _first(_BY_COLLAR.rows(conn, {"collar": normal(COLLAR, collar)}))


def _first(rows: Sequence[Row]) -> PersonRecord | None:
    return PersonRecord(*rows[0]) if rows else None


def search(conn: sa.Connection, text: str, limit: int = 20) -> list[PersonRecord]:
    """People for whom every word of `text` begins the family name, given name, number or collar, by name.

    Duplicates are left out: the record they point at is found instead. No words, no people.
    """
    return read(conn, search_steps(text, limit))


def search_steps(text: str, limit: int) -> Steps[list[PersonRecord]]:
    """The reader behind `search`, of one step."""
    # The longest word is begun by the fewest people: the indexes find those, the other words are asked of them.
    asked = sorted((word.lower() for word in text.split()[:SEARCH_WORDS_MAX]), key=len, reverse=True)
    if not asked:
        return []
    params: dict[str, Any] = {"most": limit}
    for n, word in enumerate(asked):
        params |= beginning(f"w{n}", word)
    rows = yield from once(_searching(len(asked)), params)
    return [PersonRecord(*row) for row in rows]


def _searching(number: int) -> Fast:
    """The search for so many words, built once."""
    if number not in _SEARCHES:
        _SEARCHES[number] = Fast(
            _EVERYBODY.where(among_found(person.c.id, sa.union(*_begun("w0"))), _COUNTS, _THERE)
            .where(*(_fits(f"w{n}") for n in range(1, number)))
            .order_by(person.c.family_name, person.c.given_name, person.c.ref)
            .limit(sa.bindparam("most"))
        )
    return _SEARCHES[number]


def _begun(name: str) -> list[sa.Select[Any]]:
    """Who has a name, number or worn collar that begins so: each asked of its own index."""
    collar = sa.select(binding.c.person_id.label("id")).where(
        binding.c.technology == COLLAR, binding.c.to_us.is_(None),
        begins(sa.func.lower(binding.c.value), name),
    )  # fmt: skip
    columns = (person.c.family_name, person.c.given_name, person.c.ref)
    return [*(sa.select(person.c.id).where(begins(sa.func.lower(each), name)) for each in columns), collar]


def _fits(name: str) -> sa.ColumnElement[bool]:
    columns = (person.c.family_name, person.c.given_name, person.c.ref, _WORN.c.value)
    return sa.or_(*(begins(sa.func.lower(each), name) for each in columns))


def root_of(conn: sa.Connection, person_id: int) -> int:
    """The record that counts for this person: the one a duplicate is linked to, or the person's own."""
    rows = _ROOT.rows(conn, {"person_id": person_id})
    return person_id if not rows or rows[0][0] is None else int(rows[0][0])


def link_duplicate(conn: sa.Connection, duplicate_id: int, person_id: int) -> int:
    """Say that `duplicate_id` is the same person as `person_id`; returns the record that counts from now on.

    Links stay one step deep: what pointed at the duplicate now points at the root. Raises BadField where the
    two are one record already, or either is unknown.
    """
    known = set(
        conn.execute(sa.select(person.c.id).where(person.c.id.in_((duplicate_id, person_id)))).scalars()
    )
    for field, value in (("duplicate_id", duplicate_id), ("person_id", person_id)):
        if value not in known:
            raise BadField(field, value, "the id of a person on record")
    root, old_root = root_of(conn, person_id), root_of(conn, duplicate_id)
    if old_root == root:
        raise BadField("duplicate_id", duplicate_id, "a record not yet linked to this person")
    moved = sa.or_(person.c.id == old_root, person.c.same_as == old_root)
    conn.execute(sa.update(person).where(moved).values(same_as=root))
    return root
