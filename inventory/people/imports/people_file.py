"""The file of people: who they are, where they belong, what they wear and show, whether they opted to carry.

One rule for the editor: a person is known by `ref` and nothing else; two people of one name are two people.

A column that the file does not have leaves the record alone. An empty cell clears what may be empty (rank,
team, home store, dates), and leaves a collar, cards and the choice to carry as they are.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from inventory.people.credentials import COLLAR, bindable
from inventory.people.errors import BadField
from inventory.people.imports import fields
from inventory.people.imports.report import ImportReport, Tally
from inventory.people.imports.run import (
    ImportRun,
    Pending,
    carry_out,
    differing,
    open_stores,
    store_expected,
)
from inventory.people.imports.sheet import Source
from inventory.people.imports.table import Column, Row, Table, read
from inventory.people.people import NAME_CHARS_MAX
from inventory.schema import words
from inventory.schema.authority import role_move
from inventory.schema.fast import Fast, among
from inventory.schema.people import binding, opt_in, person

KIND_NAMES = {
    "regular officer": "REGULAR",
    "police officer": "REGULAR",
    "officer": "REGULAR",
    "student officer": "STUDENT",
    "special constable": "SPECIAL",
    "detention": "DETENTION_OFFICER",
    "staff": "POLICE_STAFF",
    "visiting": "VISITING_OFFICER",
}
COLUMNS = (
    Column("ref", aliases=("force number", "staff number", "person"), needed=True, chars_max=40),
    Column("kind", fields.choice(words.PERSON_KINDS, KIND_NAMES), ("person kind", "type"), needed=True),
    Column("family_name", aliases=("surname", "last name"), needed=True, chars_max=NAME_CHARS_MAX),
    Column("given_name", aliases=("forename", "first name"), needed=True, chars_max=NAME_CHARS_MAX),
    Column("rank", aliases=("grade",), chars_max=40),
    Column("team", aliases=("shift team", "section"), chars_max=60),
    Column("home_store", fields.upper, ("store", "home store code"), chars_max=20),
    Column("frontline", fields.yes_no),
    Column("joined_on", fields.day, ("joined", "start date", "date joined")),
    Column("left_on", fields.day, ("left", "leaving date", "last day")),
    Column("collar", aliases=("collar number", "shoulder number", "epaulette"), chars_max=20),
    Column("cards", fields.pairs, ("card", "warrant card", "credentials")),
    Column("opted_in", fields.yes_no, ("carries ced by choice", "ced opt in", "opt in")),
)  # fmt: skip
_FACTS = (
    "kind", "family_name", "given_name", "rank", "team", "home_store_id", "frontline", "joined_on", "left_on",
)  # fmt: skip
_MATTERS = frozenset({"kind", "joined_on", "left_on"})
"""Facts that decide whether a person may hold what they hold."""
_MOVES = {"kind": "OFFICE", "team": "TEAM", "left_on": "LEFT"}
"""Fact -> how a role moves with it; what follows for a permission to carry is policy (`custody.carrying.moves`)."""

_ON_RECORD = Fast(
    sa.select(person.c.ref, person.c.id, *(person.c[name] for name in _FACTS)).where(
        among(person.c.ref, "refs", texts=True)
    )
)
_LIVE = Fast(
    sa.select(binding.c.technology, binding.c.value, binding.c.person_id).where(
        binding.c.person_id.is_not(None), binding.c.to_us.is_(None)
    )
)
_BOUND_ELSEWHERE = Fast(
    sa.select(binding.c.technology, binding.c.value).where(
        binding.c.person_id.is_(None), binding.c.to_us.is_(None), among(binding.c.value, "values", texts=True)
    )
)
_CHOICES = Fast(
    sa.select(opt_in.c.person_id, opt_in.c.opted_in)
    .where(among(opt_in.c.person_id, "ids"))
    .order_by(opt_in.c.recorded_us, opt_in.c.id)
)
_CHANGE = Fast(
    sa.update(person)
    .where(person.c.id == sa.bindparam("the_id"))
    .values({name: sa.bindparam(name) for name in _FACTS})
)
_UNWEAR = Fast(
    sa.update(binding)
    .where(
        binding.c.technology == sa.bindparam("of_technology"),
        binding.c.value == sa.bindparam("of_value"),
        binding.c.to_us.is_(None),
    )
    .values(to_us=sa.bindparam("at_us"), end_reason=sa.bindparam("because"))
)


def import_people(run: ImportRun, data: Source) -> ImportReport:
    """Take a file of people. The same file twice changes nothing."""
    table = read(data, COLUMNS)
    return carry_out(run, table, _PeopleFile(run, table))


def _asked(row: Row) -> list[tuple[str, str]]:
    """The credentials a row gives, as they stand in the file."""
    return [*(row["cards"] or ()), *([(COLLAR, row["collar"])] if row["collar"] else [])]


def role_moves(changes: Mapping[str, tuple[Any, Any]], code_of: Mapping[int, str]) -> list[tuple[str, str, str]]:
    """(what moved, was, becomes) of changed facts of a person on record; stores by their codes, dates as ISO text."""
    moved = []
    for fact, what in _MOVES.items():
        if fact in changes:
            was, becomes = changes[fact]
            moved.append((what, str(was or ""), str(becomes or "")))
    if "home_store_id" in changes:
        was, becomes = (code_of.get(each or 0, "") for each in changes["home_store_id"])
        moved.append(("HOME_STORE", was, becomes))
    if "frontline" in changes:
        was, becomes = changes["frontline"]
        moved.append(("INTO_PROFILE" if becomes else "OUT_OF_PROFILE", str(was), str(becomes)))
    return moved


class _PeopleFile:
    def __init__(self, run: ImportRun, table: Table) -> None:
        self.tally = Tally()
        self._run = run
        self._pending = Pending()
        self._stores = open_stores(run.conn)
        self._code_of = {store_id: code for code, store_id in self._stores.items()}
        refs = sorted({row["ref"] for row in table.rows})
        found = _ON_RECORD.rows(run.conn, {"refs": refs})
        self._known = {
            ref: (person_id, dict(zip(_FACTS, facts, strict=True))) for ref, person_id, *facts in found
        }
        ids = [person_id for person_id, _ in self._known.values()]
        self._opted = {each: bool(choice) for each, choice in _CHOICES.rows(run.conn, {"ids": ids})}
        self._line_of: dict[str, int] = {}
        self._bound: dict[tuple[str, str], int] = {
            (technology, value): owner for technology, value, owner in _LIVE.rows(run.conn)
        }
        self._worn = {owner: value for (kind, value), owner in self._bound.items() if kind == COLLAR}
        self._given_up = self._collars_given_up(table)
        values = sorted({value for row in table.rows for _, value in self._shown(row)})
        self._kit_marks = {tuple(row) for row in _BOUND_ELSEWHERE.rows(run.conn, {"values": values})}

    def _collars_given_up(self, table: Table) -> set[str]:
        """Collars whose wearers another row of this file gives a different one, wherever that row stands."""
        wanted = {
            self._known[row["ref"]][0]: row["collar"].upper()
            for row in table.rows
            if row["collar"] and row["ref"] in self._known
        }
        return {worn for owner, worn in self._worn.items() if wanted.get(owner, worn) != worn}

    def judge(self, row: Row) -> None:
        """A row is a new person, a change to one, or nothing new; or it has a problem."""
        if not self._fits(row):
            return
        ref = row["ref"]
        self._line_of[ref] = row.line
        facts = self._facts(row)
        person_id, old = self._known.get(ref, (None, None))
        if person_id is None or old is None:
            person_id = self._begin(ref, facts)
            self.tally.new += 1
            self._show(row, person_id)
            return
        changes = differing(old, facts, _FACTS)
        moved = role_moves(changes, self._code_of)
        if changes:
            old |= facts
            self._pending.change(_CHANGE, {**{name: old[name] for name in _FACTS}, "the_id": person_id})
        shown = self._show(row, person_id)
        if "opted_in" in shown and not row["opted_in"]:
            moved.append(("OPTED_OUT", "yes", "no"))
        self._note(person_id, moved)
        self.tally.changed += bool(changes or shown)
        self.tally.unchanged += not (changes or shown)
        if moved or "opted_in" in shown or _MATTERS & changes.keys():
            self.tally.people.add(person_id)

    def _note(self, person_id: int, moved: list[tuple[str, str, str]]) -> None:
        for what, was, becomes in moved:
            row = {"person_id": person_id, "what": what, "was": was, "becomes": becomes, "at_us": self._run.now_us}
            self._pending.add(role_move, {"id": self._run.ids.take(), **row})

    def write(self) -> None:
        """Write the people judged so far."""
        self._pending.write(self._run.conn)

    # ---- does the row fit the record and the rest of the file? ------------------------------------------

    def _fits(self, row: Row) -> bool:
        before = len(self.tally.problems)
        ref, home = row["ref"], row["home_store"]
        if ref in self._line_of:
            self.tally.refuse(row.line, "ref", ref, f"each person once (also on line {self._line_of[ref]})")
            return False
        if home and home not in self._stores:
            self.tally.refuse(row.line, "home_store", home, store_expected(self._stores))
        if row["joined_on"] and row["left_on"] and row["left_on"] < row["joined_on"]:
            self.tally.refuse(row.line, "left_on", row["left_on"], f"a date not before {row['joined_on']}")
        owner = self._known.get(ref, (None, None))[0]
        for technology, value in _asked(row):
            expected = self._credential_expected(technology, value, owner)
            if expected:
                name = "collar" if technology == COLLAR else "cards"
                self.tally.refuse(row.line, name, value, expected)
        return len(self.tally.problems) == before

    def _credential_expected(self, technology: str, value: str, owner: int | None) -> str | None:
        try:
            code = (technology, bindable(technology, value))
        except BadField as error:
            return error.expected
        holder = self._bound.get(code)
        free = holder is None or holder == owner or (technology == COLLAR and code[1] in self._given_up)
        if free and code not in self._kit_marks:
            return None
        return "a value that no other person and no item has"

    # ---- what the row means ----------------------------------------------------------------------------

    def _facts(self, row: Row) -> dict[str, Any]:
        facts = {name: row[name] for name in _FACTS if name in row}
        if "frontline" in row:
            facts["frontline"] = int(bool(row["frontline"]))
        if "home_store" in row:
            facts["home_store_id"] = self._stores[row["home_store"]] if row["home_store"] else None
        return facts

    def _begin(self, ref: str, facts: dict[str, Any]) -> int:
        new_id = self._run.ids.take()
        full = {**dict.fromkeys(_FACTS), "frontline": 0, **facts}
        self._known[ref] = (new_id, full)
        self._pending.add(person, {"id": new_id, "ref": ref, "recorded_us": self._run.now_us, **full})
        return new_id

    def _shown(self, row: Row) -> list[tuple[str, str]]:
        """The row's credentials as bindings hold them; those that cannot be are left out."""
        shown = []
        for technology, value in _asked(row):
            try:
                shown.append((technology, bindable(technology, value)))
            except BadField:
                continue  # `_credential_expected` says so, on the row's own line
        return shown

    def _show(self, row: Row, person_id: int) -> set[str]:
        """Bind new credentials and note the choice to carry; the names of what changed."""
        changed = set()
        for technology, value in self._shown(row):
            if self._bound.get((technology, value)) == person_id:
                continue
            changed.add(technology)
            if technology == COLLAR:
                self._change_collar(person_id, value)
            self._bound[technology, value] = person_id
            self._pending.add(binding, self._binding(technology, value, person_id))
        choice = row["opted_in"]
        if choice is not None and choice != self._opted.get(person_id):
            changed.add("opted_in")
            self._opted[person_id] = choice
            row_of_choice = {"id": self._run.ids.take(), "person_id": person_id, "opted_in": int(choice)}
            self._pending.add(opt_in, {**row_of_choice, "recorded_us": self._run.now_us})
        return changed

    def _change_collar(self, person_id: int, value: str) -> None:
        """Take off the collar worn so far; take the new one from a wearer whom this file gives another."""
        self._given_up.discard(value)
        wearer = self._bound.pop((COLLAR, value), None)
        if wearer is not None:
            self._worn.pop(wearer, None)
            self._take_off(value)
        old = self._worn.pop(person_id, None)
        if old is not None:
            self._bound.pop((COLLAR, old), None)
            self._take_off(old)
        self._worn[person_id] = value

    def _take_off(self, value: str) -> None:
        params = {
            "of_technology": COLLAR,
            "of_value": value,
            "at_us": self._run.now_us,
            "because": "REPLACED",
        }
        self._pending.change(_UNWEAR, params)

    def _binding(self, technology: str, value: str, person_id: int) -> dict[str, Any]:
        return {
            "id": self._run.ids.take(),
            "technology": technology,
            "value": value,
            "person_id": person_id,
            "from_us": self._run.now_us,
        }
