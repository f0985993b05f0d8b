"""Recalls as clients have them: what is asked for, what stands on a chase list, and the list as a table.

One rule for the editor: rows are made from what was read and decide nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from api.asking import Id
from api.csv_out import utc_said
from inventory.custody.recalls.reading import Line, Recall, RecallEvent
from inventory.custody.recalls.which import Criteria, Matches
from inventory.gate.chase_terms import ChaseTerms
from inventory.schema import words

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
Words = Annotated[str, msgspec.Meta(min_length=2, max_length=300)]
Sentence = Annotated[str, msgspec.Meta(min_length=3, max_length=2000)]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class RecallAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which kit is meant: a kind, and of it whatever the notice names. Everything named must fit.

    A range of serials takes those as long as its two ends, compared character by character. Firmware from and to are
    both included.
    """

    kind: Literal[words.ITEM_KINDS]  # type: ignore[valid-type]
    maker: Name | None = None
    model: Name | None = None
    lot_no: Name | None = None
    serial_from: Name | None = None
    serial_to: Name | None = None
    serials: Annotated[tuple[Name, ...], msgspec.Meta(max_length=5000)] = ()
    firmware_from: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    firmware_to: Annotated[str, msgspec.Meta(max_length=60)] | None = None

    def criteria(self) -> Criteria:
        """As the kit store writes names: in capitals, trimmed."""

        def upper(value: str | None) -> str | None:
            return value.strip().upper() if value is not None else None

        return Criteria(
            kind=str(self.kind), maker=upper(self.maker), model=upper(self.model),
            lot_no=upper(self.lot_no), serial_from=upper(self.serial_from),
            serial_to=upper(self.serial_to), serials=tuple(each.strip().upper() for each in self.serials),
            firmware_from=self.firmware_from, firmware_to=self.firmware_to,
        )  # fmt: skip


class RecallOpened(RecallAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The same with the notice: whose it is, its reference, and what it says."""

    notice_from: Literal[words.NOTICES_FROM]  # type: ignore[valid-type]
    notice_ref: Words
    detail: Sentence


class ToldOf(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody was told, of one or more lines: who, how, and when, where it was not just now."""

    line_ids: Annotated[tuple[Id, ...], msgspec.Meta(min_length=1, max_length=500)]
    told: Words
    detail: Sentence
    happened_us: Moment | None = None


class LineEnded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a line ended, and the reference of what shows it. CORRECTED and NOT_AFFECTED are held no longer; LOST needs
    the loss to be declared."""

    outcome: Literal["CORRECTED", "NOT_AFFECTED", "LOST"]
    reference: Words
    detail: Sentence


class RecallClosing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What came of it."""

    detail: Sentence


class RecallLifting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """By whose authority the whole recall is lifted, with its reference, and why."""

    authority: Words
    detail: Sentence


class FitsRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many things fit, by where they are; `unread`: would fit, but nobody has read their firmware."""

    items: int
    pieces: int
    by_holder: dict[str, int]
    unread: int
    serials: list[str]


class RecallEventRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was written down in a recall."""

    id: int
    line_id: int | None
    act: str
    at_us: int
    happened_us: int
    by_person: int
    told: str | None
    outcome: str | None
    reference: str | None
    detail: str


class ChaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a chase list: the thing, where it is now, who was told and when, and how it ended.

    `state`: HELD, OUT, IN_TRANSIT, UNACCOUNTED, AWAITED, SENT_BACK, DESTROYED, or the end that was written down.
    `due_us`: by when the next step is to be done.
    """

    id: int
    item_id: int | None
    lot_id: int | None
    model: str
    serial: str
    store_id: int | None
    holder: str | None
    holder_id: int | None
    quantity: int | None
    state: str
    accounted_for: bool
    held: bool
    late: bool
    found_us: int
    due_us: int | None
    overdue: bool
    told: str | None
    told_us: int | None
    reference: str | None
    ended_us: int | None


class RecallRow(msgspec.Struct, frozen=True, kw_only=True):
    """A recall in a list. `state`: OPEN, CLOSED, REOPENED (something turned up since), LIFTED."""

    id: int
    asked: RecallAsked
    notice_from: str
    notice_ref: str
    detail: str
    opened_us: int
    opened_by: int
    state: str
    lines: int
    outstanding: int
    counts: dict[str, int]


class RecallPage(msgspec.Struct, frozen=True, kw_only=True):
    """A recall with its chase list, the lines of other people's stores left out where whoever asks may not see them."""

    recall: RecallRow
    lines: list[ChaseRow]
    events: list[RecallEventRow]


def fits_row(found: Matches) -> FitsRow:
    """What fits, counted."""
    by_holder: dict[str, int] = {}
    for one in found.items:
        by_holder[one.holder or "NOBODY"] = by_holder.get(one.holder or "NOBODY", 0) + 1
    return FitsRow(
        items=len(found.items), pieces=sum(each.quantity for each in found.lots), by_holder=by_holder,
        unread=found.unread, serials=[one.serial for one in found.items[:200]],
    )  # fmt: skip


def recall_row(of: Recall) -> RecallRow:
    """A recall in a list."""
    said = of.criteria
    asked = RecallAsked(
        kind=said.kind, maker=said.maker, model=said.model, lot_no=said.lot_no, serial_from=said.serial_from,
        serial_to=said.serial_to, serials=said.serials, firmware_from=said.firmware_from, firmware_to=said.firmware_to,
    )  # fmt: skip
    return RecallRow(
        id=of.id, asked=asked, notice_from=of.notice_from, notice_ref=of.notice_ref, detail=of.detail,
        opened_us=of.opened_us, opened_by=of.opened_by, state=of.state, lines=len(of.lines),
        outstanding=len(of.outstanding), counts=of.counts(),
    )  # fmt: skip


def chase_row(line: Line, terms: ChaseTerms, now_us: int) -> ChaseRow:
    """A line of a chase list."""
    told, end, due_us = line.told, line.end, line.due_us(terms)
    return ChaseRow(
        id=line.id, item_id=line.item_id, lot_id=line.lot_id, model=line.model, serial=line.serial,
        store_id=line.store_id, holder=line.holder, holder_id=line.holder_id, quantity=line.quantity, state=line.state,
        accounted_for=not line.is_outstanding, held=line.held, late=line.late, found_us=line.found_us, due_us=due_us,
        overdue=due_us is not None and now_us >= due_us, told=told.told if told else None,
        told_us=told.happened_us if told else None, reference=end.reference if end else None,
        ended_us=end.at_us if end else None,
    )  # fmt: skip


def recall_page(of: Recall, lines: Sequence[Line], terms: ChaseTerms, now_us: int) -> RecallPage:
    """A recall with the lines that may be seen."""
    seen = {line.id for line in lines}
    return RecallPage(
        recall=recall_row(of),
        lines=[chase_row(line, terms, now_us) for line in lines],
        events=[event_row(each) for each in of.events if each.line_id is None or each.line_id in seen],
    )


def event_row(each: RecallEvent) -> RecallEventRow:
    """An act of a recall."""
    return RecallEventRow(
        id=each.id, line_id=each.line_id, act=each.act, at_us=each.at_us, happened_us=each.happened_us,
        by_person=each.by_person, told=each.told, outcome=each.outcome, reference=each.reference, detail=each.detail,
    )  # fmt: skip


CSV_COLUMNS = (
    "line", "model", "serial_or_lot", "pieces", "store", "where", "with_person", "listed", "came_later", "told",
    "told_at", "due", "ended", "reference",
)  # fmt: skip


def csv_line(row: ChaseRow, stores: dict[int, str]) -> list[object]:
    """A line of a chase list for a spreadsheet, times in UTC, the person by number."""
    return [
        row.id, row.model, row.serial, row.quantity, stores.get(row.store_id or 0, ""), row.state,
        row.holder_id if row.holder == "PERSON" else None, utc_said(row.found_us), "yes" if row.late else "no",
        row.told, utc_said(row.told_us), utc_said(row.due_us), utc_said(row.ended_us), row.reference,
    ]  # fmt: skip
