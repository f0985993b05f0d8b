"""Files that change who may draw, as the API, the page and the command take and tell them.

One rule for the editor: a person is named with what changes for them and never with why they are limited: sentences are
the gate's own, as a hatch shows them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec
import sqlalchemy as sa

from api.imports import PLAIN, SHOWN_MAX, SOURCED, BadRow, opened
from api.params import ID_MAX
from api.vendor_files import ColumnsAsked, ColumnShown, Text, Upload, bad_rows, samples_of
from inventory.custody.file_previews import FileToTake, Outcome, Preview, preview_from
from inventory.custody.would_be import ALLOWED, REFUSED, Effect
from inventory.people.calendar import moment_said
from inventory.people.duty import CATEGORIES
from inventory.people.errors import BadField
from inventory.people.imports.mapped import COLUMNS_OF, FileMapping, as_sheet, checked, guessed, is_timed
from inventory.people.imports.vendor.grid import Grid, Reading, plain, read_grid
from inventory.schema import words
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.feeds import file_preview, file_taken
from inventory.schema.people import person
from inventory.schema.stock import item
from inventory.schema.training_triggers import BY_TWO
from inventory.stock.kinds import label

CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("training", "course"): words.COURSES,
    ("training", "outcome"): words.OUTCOMES,
    ("authorisations", "mode"): ("OVERT", "COVERT"),
    ("suspensions", "kind"): ("SUSPENDED", "ENDED"),
    ("restrictions", "category"): CATEGORIES,
}
"""Kind of file and field -> our words, for what another system calls otherwise."""

STRANGE_MAX = 50


class FileMappingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How another system's file is read. `columns`: column of the file -> field; `fixed`: field -> one value for every
    row; `words`: field -> their word -> ours.

    `times` (ISO, DMY, MDY, EPOCH_S, EPOCH_MS) and `zone` (UTC, Europe/London) are needed where a date is mapped.
    """

    name: Text
    columns: Annotated[dict[str, str], msgspec.Meta(max_length=100)]
    fixed: Annotated[dict[str, str], msgspec.Meta(max_length=20)] = {}
    words: Annotated[dict[str, dict[str, str]], msgspec.Meta(max_length=20)] = {}
    times: Text = ""
    zone: Text = ""
    delimiter: Text = ""
    encoding: Text = ""
    heading_row: int = 0


class FileColumnsAsked(ColumnsAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file whose columns are to be shown, and which kind of file it is."""

    kind: Text


class FieldOffered(msgspec.Struct, frozen=True, kw_only=True):
    """What a column may be said to hold."""

    name: str
    is_needed: bool
    is_timed: bool


class FileColumnsShown(msgspec.Struct, frozen=True, kw_only=True):
    """A file's columns. `mapping` is the one last used for the same set of columns; else fields are by likely names."""

    columns: list[ColumnShown]
    fields: list[FieldOffered]
    row_count: int
    sheet: str | None
    other_sheets: tuple[str, ...]
    bad: list[BadRow]
    mapping: FileMappingBody | None


class FileUpload(Upload, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A file, which kind it is, who vouches for it, and how it is read: a mapping on record, or one kept with it.

    `ticket`: any text of yours, under which progress can be asked for while it is looked over.
    """

    kind: Text
    source: Annotated[str, msgspec.Meta(min_length=1, max_length=60)] = "file"
    mapping_id: Annotated[int, msgspec.Meta(ge=1, le=ID_MAX)] | None = None
    mapping: FileMappingBody | None = None
    ticket: Text = ""


class EffectRow(msgspec.Struct, frozen=True, kw_only=True):
    """One person for whom the gate's answer changes. `word`: REFUSED or ALLOWED; `at`: NOW or DUTY, their next rostered
    one, which starts at `duty_us`. `sentences` are what stops them, then or until now. `holds`: kit of that kind is out
    with them."""

    person_id: int
    ref: str
    name: str
    team: str | None
    kind: str
    model: str
    at: str
    duty_us: int | None
    word: str
    sentences: tuple[str, ...]
    holds: bool


class StrangeWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word of the file's that is none of ours, on so many rows, and what it may be."""

    field: str
    value: str
    row_count: int
    choices: tuple[str, ...]


class TakenRow(msgspec.Struct, frozen=True, kw_only=True):
    """By whom and when a file was taken in, and what it did."""

    at_us: int
    by_person: int
    second_person: int | None
    new: int
    changed: int
    unchanged: int
    refused: int
    ineligible: int


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was looked over, in a list. `newly_refused` and `newly_allowed` count people."""

    id: int
    kind: str
    source: str
    file_name: str
    sha256: str
    size: int
    sheet: str
    at_us: int
    by_person: int
    new: int
    changed: int
    unchanged: int
    bad_rows: int
    newly_refused: int
    newly_allowed: int
    taken: TakenRow | None


class PreviewAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What taking a file in does. `effects`, `bad`: the first five hundred; the CSV has every effect.

    `needs_second`: more people would newly be refused than one person may decide. `ends_us`: the look holds so long.
    """

    seen: PreviewRow
    mapping_id: int
    needs_second: bool
    ends_us: int
    effects: list[EffectRow]
    effects_in_all: int
    bad: list[BadRow]
    strange: list[StrangeWord]
    ignored_headings: tuple[str, ...]


# ---- from a request to a file ----------------------------------------------------------------------


def mapping_in(kind: str, body: FileMappingBody) -> FileMapping:
    """The mapping of a body. Raises BadField where it cannot be used."""
    said = tuple((name, theirs, ours) for name, pairs in body.words.items() for theirs, ours in pairs.items())
    how = Reading(body.delimiter, body.encoding, body.heading_row)
    return checked(
        FileMapping(
            kind, body.name, tuple(body.columns.items()), tuple(body.fixed.items()), said, body.times, body.zone, how
        )
    )


def mapping_out(mapping: FileMapping) -> FileMappingBody:
    """A mapping as a body; its columns' names are in lower case."""
    said: dict[str, dict[str, str]] = {}
    for name, theirs, ours in mapping.words:
        said.setdefault(name, {})[theirs] = ours
    return FileMappingBody(
        name=mapping.name, columns=dict(mapping.columns), fixed=dict(mapping.fixed), words=said, times=mapping.times,
        zone=mapping.zone, delimiter=mapping.reading.delimiter, encoding=mapping.reading.encoding,
        heading_row=mapping.reading.heading_row,
    )  # fmt: skip


def checked_source(source: str) -> str:
    """Who vouches for a file. Raises BadField for a name that two people's own entries have."""
    if source in BY_TWO or not source.isprintable() or not source.strip():
        raise BadField("source", source, f"a name other than {' and '.join(BY_TWO)}, which people enter by hand")
    return source.strip()


def file_of(mapping: FileMapping, source: str, data: bytes, sheet: str) -> FileToTake:
    """A file to be looked over or taken in. Raises BadField for a sheet of a CSV file."""
    grid = read_grid(opened(data, sheet), mapping.reading)
    taking = SOURCED.get(mapping.kind)
    take = PLAIN[mapping.kind] if taking is None else lambda run, rows: taking(run, rows, source)
    problems = tuple(each for each in grid.problems if grid.columns or each.line > 1)
    return FileToTake(take, as_sheet(grid, mapping) if grid.columns else opened(data, sheet), problems)


def columns_shown(kind: str, grid: Grid, saved: FileMapping | None) -> FileColumnsShown:
    """A file's columns with a few values of each, and what is proposed for them. Raises BadField for another kind."""
    if kind not in COLUMNS_OF:
        raise BadField("kind", kind, f"one of {', '.join(COLUMNS_OF)}")
    fields = dict(saved.columns) if saved else guessed(kind, grid.columns)
    return FileColumnsShown(
        columns=[
            ColumnShown(name=name, samples=samples_of(grid, place), field=fields.get(plain(name)))
            for place, name in enumerate(grid.columns)
        ],
        fields=[
            FieldOffered(name=each.name, is_needed=each.needed, is_timed=is_timed(each)) for each in COLUMNS_OF[kind]
        ],
        row_count=len(grid.rows), sheet=grid.sheet or None, other_sheets=grid.other_sheets,
        bad=bad_rows(grid.problems), mapping=mapping_out(saved) if saved else None,
    )  # fmt: skip


# ---- from the record to an answer --------------------------------------------------------------------

_WHO = Fast(
    sa.select(person.c.id, person.c.ref, person.c.given_name, person.c.family_name, person.c.team).where(
        among(person.c.id, "ids")
    )
)
_HOLDING = Fast(
    sa.select(custody.c.person_id, item.c.kind)
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(among(custody.c.person_id, "ids"), custody.c.closed_entry.is_(None))
)
_TAKEN_NAMES = TakenRow.__struct_fields__
_TAKEN = Fast(
    sa.select(file_taken.c.preview_id, *(file_taken.c[each] for each in _TAKEN_NAMES)).where(
        among(file_taken.c.preview_id, "ids")
    )
)
_LISTED = Fast(
    sa.select(*(file_preview.c[each] for each in Preview.__dataclass_fields__))
    .where(file_preview.c.id < sa.bindparam("before"), among(file_preview.c.kind, "kinds", texts=True))
    .order_by(file_preview.c.id.desc())
    .limit(sa.bindparam("most"))
)


def effect_rows(conn: sa.Connection, effects: Iterable[Effect]) -> list[EffectRow]:
    """Effects with who they are about, those who would be refused first, then by name."""
    effects = list(effects)
    ids = {"ids": sorted({each.person_id for each in effects})}
    who = {row[0]: row[1:] for row in _WHO.rows(conn, ids)}
    holding = set(_HOLDING.rows(conn, ids))
    made = []
    for each in effects:
        ref, given, family, team = who.get(each.person_id, ("", "", "", None))
        row = EffectRow(
            person_id=each.person_id, ref=ref, name=f"{given} {family}", team=team, kind=each.kind, model=each.model,
            at=each.at, duty_us=each.duty_us, word=each.word, sentences=each.sentences,
            holds=(each.person_id, each.kind) in holding,
        )  # fmt: skip
        made.append(row)
    return sorted(made, key=lambda row: (row.word != REFUSED, row.name, row.person_id, row.kind, row.model, row.at))


def taken_rows(conn: sa.Connection, preview_ids: Iterable[int]) -> dict[int, TakenRow]:
    """What became of previews that were taken in, by preview."""
    rows = _TAKEN.rows(conn, {"ids": sorted(preview_ids)})
    return {row[0]: TakenRow(**dict(zip(_TAKEN_NAMES, row[1:], strict=True))) for row in rows}


def listed(conn: sa.Connection, kinds: Iterable[str], before: int, most: int) -> list[Preview]:
    """Previews of these kinds, the latest first."""
    rows = _LISTED.rows(conn, {"kinds": sorted(kinds), "before": before, "most": most})
    return [preview_from(row) for row in rows]


def preview_row(seen: Preview, taken: TakenRow | None) -> PreviewRow:
    """A preview as a row of a list."""
    found = seen.outcome
    return PreviewRow(
        **{name: getattr(seen, name) for name in _SAME}, new=found.new, changed=found.changed,
        unchanged=found.unchanged, bad_rows=found.refused_rows, newly_refused=len(found.people(REFUSED)),
        newly_allowed=len(found.people(ALLOWED)), taken=taken,
    )  # fmt: skip


_SAME = ("id", "kind", "source", "file_name", "sha256", "size", "sheet", "at_us", "by_person")


def answer_of(conn: sa.Connection, seen: Preview, most: int, holds_us: int) -> PreviewAnswer:
    """A preview as an answer. `most`: so many people one person may newly refuse."""
    found = seen.outcome
    row = preview_row(seen, taken_rows(conn, [seen.id]).get(seen.id))
    return PreviewAnswer(
        seen=row, mapping_id=seen.mapping_id, needs_second=row.newly_refused > most, ends_us=seen.at_us + holds_us,
        effects=effect_rows(conn, found.effects)[:SHOWN_MAX], effects_in_all=len(found.effects),
        bad=bad_rows(found.problems), strange=strange_words(seen.kind, found), ignored_headings=found.ignored,
    )  # fmt: skip


def strange_words(kind: str, found: Outcome) -> list[StrangeWord]:
    """Words of the file's that are none of ours, the commonest first."""
    met = Counter((each.field, each.value) for each in found.problems if (kind, each.field) in CHOICES and each.value)
    return [
        StrangeWord(field=name, value=value, row_count=count, choices=CHOICES[kind, name])
        for (name, value), count in met.most_common(STRANGE_MAX)
    ]


CSV_HEADS = ("Number", "Name", "Team", "Kit", "Model", "Word", "When", "Duty starts", "Holds it now", "Why")


def csv_rows(rows: Iterable[EffectRow]) -> list[list[str]]:
    """Effects as lines of a CSV file."""
    return [
        [
            row.ref, row.name, row.team or "", label(row.kind), row.model,
            "newly refused" if row.word == REFUSED else "newly allowed", "now" if row.at == "NOW" else "next duty",
            moment_said(row.duty_us) if row.duty_us else "", "yes" if row.holds else "", " ".join(row.sentences),
        ]
        for row in rows
    ]  # fmt: skip
