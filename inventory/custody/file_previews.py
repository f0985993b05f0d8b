"""A file that changes who may draw: looked over, and then, as a second act, taken in just as it was looked over.

One rule for the editor: looking over does what taking in does, in a savepoint that is rolled back, so that they can
never differ; and what is taken in is the file that was looked over, with the outcome that was seen, or nothing.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import sqlalchemy as sa

from inventory.custody.lapse import raise_ineligible
from inventory.custody.would_be import REFUSED, Effect, answers, differences
from inventory.gate.kind_policy import Policy
from inventory.people.errors import BadField
from inventory.people.imports.report import ImportReport, RowProblem
from inventory.people.imports.run import ImportRun
from inventory.people.imports.sheet import Source
from inventory.schema.fast import Fast, Inserter, Row, among
from inventory.schema.feeds import file_preview, file_taken, kept_file
from inventory.schema.people import person
from inventory.schema.tx import Tx

NAMED_MAX = 5
"""Most people named in a sentence about what has moved; the rest are counted."""

Take = Callable[[ImportRun, Source], ImportReport]


@dataclass(frozen=True, slots=True)
class FileToTake:
    """A file: what takes it, and what of it could not be read as rows at all (`problems`)."""

    take: Take
    source: Source
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What taking a file in does: its rows by word, the people it changes, and for whom the gate's answer changes."""

    new: int
    changed: int
    unchanged: int
    problems: tuple[RowProblem, ...]
    ignored: tuple[str, ...]
    person_ids: tuple[int, ...]
    effects: tuple[Effect, ...]

    @property
    def refused_rows(self) -> int:
        """How many rows are left out."""
        return len({each.line for each in self.problems})

    def people(self, word: str) -> frozenset[int]:
        """Whose answer becomes `word` (REFUSED or ALLOWED) for anything."""
        return frozenset(each.person_id for each in self.effects if each.word == word)


@dataclass(frozen=True, slots=True)
class Preview:
    """A file that was looked over, as it is on record."""

    id: int
    kind: str
    source: str
    mapping_id: int
    file_name: str
    sha256: str
    size: int
    sheet: str
    at_us: int
    by_person: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken in: the report, and who holds kit and no longer may."""

    report: ImportReport
    ineligible: tuple[int, ...]


class Moved(ValueError):
    """What taking a file in would do is no longer what was looked over; `how` says what differs, in sentences."""

    def __init__(self, how: tuple[str, ...]) -> None:
        self.how = how
        super().__init__(" ".join(how))


class NeedsSecond(ValueError):
    """More people would newly be refused than one person may decide."""

    def __init__(self, people: int, most: int) -> None:
        self.people, self.most = people, most
        super().__init__(f"{people} people would newly be refused; more than {most} take a second person")


_COLUMNS = tuple(file_preview.c[each] for each in Preview.__dataclass_fields__)
_ONE = Fast(sa.select(*_COLUMNS).where(file_preview.c.id == sa.bindparam("preview_id")))
_KEPT = Fast(sa.select(kept_file.c.sha256).where(kept_file.c.sha256 == sa.bindparam("of_sha256")))
_BODY = Fast(sa.select(kept_file.c.body).where(kept_file.c.sha256 == sa.bindparam("of_sha256")))
_TAKEN = Fast(sa.select(file_taken.c.at_us).where(file_taken.c.preview_id == sa.bindparam("of_preview")))
_REFS = Fast(sa.select(person.c.id, person.c.ref).where(among(person.c.id, "ids")))
_ADD_KEPT, _ADD_PREVIEW, _ADD_TAKEN = Inserter(kept_file), Inserter(file_preview), Inserter(file_taken)


# ---- looking over ----------------------------------------------------------------------------------


def look_over(tx: Tx, policy: Policy, file: FileToTake, run: ImportRun | None = None) -> Outcome:
    """What taking `file` in would do. Nothing of it stays."""
    trial = tx.conn.begin_nested()
    try:
        report = _taken(run or ImportRun(tx.conn, tx.ids, tx.now_us), file)
        after = answers(tx.conn, policy, report.person_ids_changed, tx.now_us)
    finally:
        trial.rollback()
    before = answers(tx.conn, policy, report.person_ids_changed, tx.now_us)
    return _outcome(report, differences(before, after))


def _taken(run: ImportRun, file: FileToTake) -> ImportReport:
    report = file.take(run, file.source)
    if not file.problems:
        return report
    problems = sorted((*report.problems, *file.problems), key=lambda each: each.line)
    return replace(report, problems=tuple(problems))


def _outcome(report: ImportReport, effects: tuple[Effect, ...]) -> Outcome:
    return Outcome(
        report.new, report.changed, report.unchanged, report.problems, report.ignored,
        tuple(sorted(report.person_ids_changed)), effects,
    )  # fmt: skip


def keep_preview(tx: Tx, seen: Preview, body: str) -> int:
    """Keep a file (`body` in base64) and what it would do; `seen.id` is not read. Returns its id."""
    if not _KEPT.rows(tx.conn, {"of_sha256": seen.sha256}):
        _ADD_KEPT.add(tx.conn, [{"sha256": seen.sha256, "body": body, "kept_us": tx.now_us}])
    new_id = tx.ids.take()
    row = {name: getattr(seen, name) for name in Preview.__dataclass_fields__}
    _ADD_PREVIEW.add(tx.conn, [{**row, "id": new_id, "at_us": tx.now_us, "outcome": json.dumps(asdict(seen.outcome))}])
    return new_id


def preview_of(conn: sa.Connection, preview_id: int) -> Preview | None:
    """A preview on record; None where there is none."""
    rows = _ONE.rows(conn, {"preview_id": preview_id})
    return preview_from(rows[0]) if rows else None


def preview_from(row: Row) -> Preview:
    """A preview from its row, in the order of its fields."""
    told = dict(zip(Preview.__dataclass_fields__, row, strict=True))
    return Preview(**{**told, "outcome": outcome_from(told["outcome"])})


def outcome_from(text: str) -> Outcome:
    """An outcome as it was stored."""
    told: dict[str, Any] = json.loads(text)
    return Outcome(
        told["new"], told["changed"], told["unchanged"], tuple(RowProblem(**each) for each in told["problems"]),
        tuple(told["ignored"]), tuple(told["person_ids"]),
        tuple(Effect(**{**each, "sentences": tuple(each["sentences"])}) for each in told["effects"]),
    )  # fmt: skip


def body_of(conn: sa.Connection, sha256: str) -> str:
    """A kept file in base64; "" where it is no longer kept."""
    rows = _BODY.rows(conn, {"of_sha256": sha256})
    return str(rows[0][0]) if rows else ""


# ---- taking in -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Signed:
    """Who takes a file in: the fingerprint they saw, who they are, and the second person where there is one."""

    sha256: str
    by_person: int
    second_person: int | None = None


def take_in(
    tx: Tx, policy: Policy, seen: Preview, file: FileToTake, signed: Signed, run: ImportRun | None = None
) -> Taken:
    """Take the file of a preview in, and act on whoever holds kit and no longer may.

    Raises BadField where it is another file, is too old or was taken in already; NeedsSecond; Moved where the outcome
    is no longer the one that was looked over. Then nothing of it may stay: the caller rolls back.
    """
    _check(tx, policy, seen, signed)
    before = answers(tx.conn, policy, seen.outcome.person_ids, tx.now_us)
    report = _taken(run or ImportRun(tx.conn, tx.ids, tx.now_us), file)
    changed = sorted(report.person_ids_changed)
    after = answers(tx.conn, policy, changed, tx.now_us)
    now = _outcome(report, differences(before, after))
    how = moved(seen.outcome, now, _names(tx.conn, [*now.person_ids, *seen.outcome.person_ids]))
    if how:
        raise Moved(how)
    ineligible = raise_ineligible(tx, policy, changed) if changed else []
    row = {
        "preview_id": seen.id, "at_us": tx.now_us, "by_person": signed.by_person,
        "second_person": signed.second_person, "new": report.new, "changed": report.changed,
        "unchanged": report.unchanged, "refused": seen.outcome.refused_rows, "ineligible": len(ineligible),
    }  # fmt: skip
    _ADD_TAKEN.add(tx.conn, [row])
    return Taken(report, tuple(ineligible))


def _check(tx: Tx, policy: Policy, seen: Preview, signed: Signed) -> None:
    if signed.sha256 != seen.sha256:
        raise BadField("sha256", signed.sha256, f"the fingerprint of the file that was looked over, {seen.sha256}")
    if _TAKEN.rows(tx.conn, {"of_preview": seen.id}):
        raise BadField("preview", seen.id, "a file that was not taken in yet")
    hours = policy.imports.holds_us // 3_600_000_000
    if tx.now_us - seen.at_us > policy.imports.holds_us:
        raise BadField("preview", seen.id, f"a look at the file within {hours} hours: look it over again")
    newly, most = len(seen.outcome.people(REFUSED)), policy.imports.newly_refused_max
    if newly > most and signed.second_person is None:
        raise NeedsSecond(newly, most)


def moved(seen: Outcome, now: Outcome, names: Mapping[int, str]) -> tuple[str, ...]:
    """What of an outcome is no longer as it was seen, in sentences; empty where it is."""
    said = [
        f"{what.capitalize()}: {was} when it was looked over, {becomes} now."
        for what, was, becomes in (
            ("new rows", seen.new, now.new),
            ("changed rows", seen.changed, now.changed),
            ("rows with nothing new", seen.unchanged, now.unchanged),
            ("rows left out", seen.refused_rows, now.refused_rows),
        )
        if was != becomes
    ]
    others = sorted(set(seen.person_ids) ^ set(now.person_ids))
    if others:
        said.append(f"It changes the records of others than it did: {_listed(others, names)}.")
    then, at_present = _keyed(seen.effects), _keyed(now.effects)
    for verb, more in (("now changes too", at_present - then), ("no longer changes", then - at_present)):
        people = sorted({key[0] for key in more})
        if people:
            said.append(f"What the gate says {verb} for {len(people)}: {_listed(people, names)}.")
    return tuple(said)


def _keyed(effects: Iterable[Effect]) -> set[tuple[int, str, str, str, str]]:
    return {(each.person_id, each.kind, each.model, each.at, each.word) for each in effects}


def _listed(people: list[int], names: Mapping[int, str]) -> str:
    shown = ", ".join(names.get(each, "somebody") for each in people[:NAMED_MAX])
    return shown if len(people) <= NAMED_MAX else f"{shown} and {len(people) - NAMED_MAX} more"


def _names(conn: sa.Connection, people: Iterable[int]) -> dict[int, str]:
    return dict(_REFS.rows(conn, {"ids": sorted(set(people))}))
