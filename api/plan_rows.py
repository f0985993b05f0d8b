"""Operations, roles and what-ifs as clients have them.

One rule for the editor: rows are made from what was worked out and decide nothing. Why somebody is limited is never
told: refusals are counted, not named.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Annotated, Literal

import msgspec

from inventory.oversight.mobilisation.answer import Answer
from inventory.oversight.mobilisation.conflicts import Conflict
from inventory.oversight.mobilisation.issuing import Issued, Move, Piece, moves
from inventory.oversight.mobilisation.operation import (
    DAYS_MAX,
    KIT,
    LEVELS,
    RANKS,
    TIERS,
    UNITS_MAX,
    Operation,
    Post,
    checked,
)  # fmt: skip
from inventory.oversight.mobilisation.people import said_of
from inventory.oversight.mobilisation.roles import MobilisableRole, Review
from inventory.oversight.mobilisation.wording import during_words, in_words, short_words
from inventory.oversight.what_if_policy import Group

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Day = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Moment = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class PostAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A sort of post: how many a unit has, the grade that fills it, and the kinds of kit each draws."""

    name: Name
    each: Annotated[int, msgspec.Meta(ge=0, le=200)]
    grade: Literal[tuple(RANKS)] = "CONSTABLE"  # type: ignore[valid-type]
    kit: tuple[Literal[KIT], ...] = ("BWV_CAMERA", "SBG")  # type: ignore[valid-type]


class OperationAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An operation. `from_us` in UTC microseconds; `level`: public order training, "" for none; `keep_percent`: what is
    kept where a store has no target; `rests`: only people with no duty meanwhile; `mobilises`: holders of roles on the
    JNCC's list may be called too."""

    name: Name
    from_us: Moment
    days: Annotated[int, msgspec.Meta(ge=1, le=DAYS_MAX)] = 1
    units: Annotated[int, msgspec.Meta(ge=0, le=UNITS_MAX)] = 1
    tier: Literal[TIERS] = "LOCAL"  # type: ignore[valid-type]
    level: Literal[LEVELS] = ""  # type: ignore[valid-type]
    posts: Annotated[tuple[PostAsked, ...], msgspec.Meta(min_length=1, max_length=12)]
    keep_percent: Annotated[int, msgspec.Meta(ge=0, le=100)] = 60
    rests: bool = False
    mobilises: bool = False

    def operation(self) -> Operation:
        """As the kit store asks it. Raises BadField."""
        posts = tuple(Post(each.name, each.each, str(each.grade), tuple(each.kit)) for each in self.posts)
        return checked(Operation(
            self.name, self.from_us, self.days, self.units, str(self.tier), str(self.level), posts, self.keep_percent,
            self.rests, self.mobilises,
        ))  # fmt: skip


class PieceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that somebody would draw, out of which store. A spit guard has a lot and no item."""

    kind: str
    model: str
    serial: str
    store_id: int
    item_id: int | None
    lot_id: int | None
    is_own: bool
    before: list[str]
    during: list[str]


class SentRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who would be sent. `duties`: rostered duties it takes them off; `ends_us`: when the first thing it rests
    on runs out afterwards; `is_sized`: measured for protective equipment, where their role is on the list."""

    person_id: int
    name: str
    ref: str
    rank: str
    team: str
    store_id: int | None
    post: str
    duties: int
    ends_us: int | None
    is_sized: bool | None
    pieces: list[PieceRow]


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """What one store sends to another first: items by id, and pieces of lots."""

    from_id: int
    to_id: int
    item_ids: list[int]
    serials: list[str]
    lots: dict[str, int]


class KeptRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a store keeps of a kind: people on its shortest shift, and pieces. `pieces` null: none are drawn."""

    store_id: int
    kind: str
    shift: str
    people: int
    wanted: int
    pieces: int | None
    pieces_wanted: int


class StoppedRow(msgspec.Struct, frozen=True, kw_only=True):
    """How many of those judged one reason stops."""

    code: str
    says: str
    people: int


class AnswerPage(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: yes or no, in words too; what is short; who, with what; what is carried; what the stores keep.

    `going`: how many people go; `sent` names those whom whoever asks may see (a planner all, others their stores').
    """

    yes: bool
    says: str
    short_of: list[str]
    short_says: list[str]
    during: list[str]
    unfilled: dict[str, int]
    wanted: dict[str, int]
    judged: int
    candidates: int
    going: int
    sent: list[SentRow]
    moves: list[MoveRow]
    kept: list[KeptRow]
    stopped: list[StoppedRow]


class SavedRow(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters that were saved under a name."""

    id: int
    name: str
    made_us: int
    made_by: int


class ReviewAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the JNCC said of a role: when, by which minute, and whether it stays (KEPT) or goes (REMOVED)."""

    reviewed_on: Day
    jncc_minute_ref: Text
    outcome: Literal["KEPT", "REMOVED"] = "KEPT"

    def review(self) -> Review:
        """As the kit store writes it down. Raises ValueError for a day that is none."""
        return Review(date.fromisoformat(self.reviewed_on), self.jncc_minute_ref, str(self.outcome))


class RoleAsked(ReviewAsked, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A role to be put on the list, with its first review."""

    name: Name
    detail: Text


class RoleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mobilisable role. `state`: IN_DATE, DUE (12 months), OVERDUE (13), REMOVED."""

    id: int
    name: str
    detail: str
    state: str
    reviewed_on: str
    next_due: str
    outcome: str
    jncc_minute_ref: str
    reviews: int
    holders: int


class ConflictRow(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of PSD who looks into a loss at a store; `drew`: items they drew there since it was opened."""

    person_id: int
    store_id: int
    case_id: int
    opened_us: int
    drew: list[int]


class GroupRow(msgspec.Struct, frozen=True, kw_only=True):
    """What another policy does to a group of people or kit; null: withheld, a small number. `store_id` null: the whole
    force; 0: people on no store's books."""

    of: str
    kind: str
    model: str
    store_id: int | None
    team: str | None
    asked: int
    denied: int | None
    allowed: int | None
    reasons: list[tuple[str, int | None]]


class RoleMade(msgspec.Struct, frozen=True, kw_only=True):
    """A role that was put on the list, or a plan that was saved."""

    id: int


def answer_page(of: Answer, stores: Collection[int | None] | None) -> AnswerPage:
    """An answer as clients have it; named are the people of these stores (None: everybody)."""
    seen = [each for each in of.sent if stores is None or each.candidate.who.store_id in stores]
    return AnswerPage(
        yes=of.yes, says=in_words(of), short_of=list(of.short_of), short_says=short_words(of), during=during_words(of),
        unfilled=dict(of.unfilled), wanted=of.asked.wanted, judged=of.asked_people, candidates=of.candidates,
        going=len(of.sent), sent=[_sent(each) for each in seen], moves=[_move(each) for each in moves(of.sent)],
        kept=[KeptRow(store_id=each.store_id, kind=each.kind, shift=each.shift, people=each.people,
                      wanted=each.wanted, pieces=each.pieces, pieces_wanted=each.pieces_wanted) for each in of.kept],
        stopped=[StoppedRow(code=code, says=said_of(code), people=count) for code, count in of.stopped.items()],
    )  # fmt: skip


def _sent(each: Issued) -> SentRow:
    who = each.candidate.who
    return SentRow(
        person_id=who.id, name=who.name, ref=who.ref, rank=who.rank, team=who.team, store_id=who.store_id,
        post=each.post, duties=each.duties, ends_us=each.candidate.ends_us, is_sized=each.candidate.sized,
        pieces=[_piece(one) for one in each.pieces],
    )  # fmt: skip


def _piece(one: Piece) -> PieceRow:
    return PieceRow(
        kind=one.kind, model=one.model, serial=one.serial, store_id=one.store_id, item_id=one.item_id,
        lot_id=one.lot_id, is_own=one.is_own, before=sorted(one.before), during=sorted(one.during),
    )  # fmt: skip


def _move(each: Move) -> MoveRow:
    return MoveRow(
        from_id=each.from_id, to_id=each.to_id, serials=[one.serial for one in each.items],
        item_ids=[one.item_id for one in each.items if one.item_id is not None],
        lots={str(lot_id): count for lot_id, count in each.lots.items()},
    )  # fmt: skip


def role_row(each: MobilisableRole, today: date) -> RoleRow:
    """A role as clients have it."""
    return RoleRow(
        id=each.id, name=each.name, detail=each.detail, state=each.state(today),
        reviewed_on=each.reviewed_on.isoformat(), next_due=each.next_due.isoformat(), outcome=each.outcome,
        jncc_minute_ref=each.jncc_minute_ref, reviews=each.reviews, holders=each.holders,
    )  # fmt: skip


def conflict_row(each: Conflict) -> ConflictRow:
    """A conflict as clients have it."""
    return ConflictRow(
        person_id=each.person_id, store_id=each.store_id, case_id=each.case_id, opened_us=each.opened_us,
        drew=list(each.drew),
    )  # fmt: skip


def group_rows(groups: Sequence[Group]) -> list[GroupRow]:
    """What another policy would do, as clients have it."""
    return [
        GroupRow(
            of=each.of, kind=each.kind, model=each.model, store_id=each.store_id, team=each.team, asked=each.asked,
            denied=each.denied, allowed=each.allowed, reasons=list(each.reasons),
        )
        for each in groups
    ]  # fmt: skip


CSV_COLUMNS = (
    "post", "name", "number", "rank", "team", "home_store", "duties_missed", "kind", "model", "serial", "lot",
    "from_store", "own", "before", "during",
)  # fmt: skip


def csv_rows(page: AnswerPage, stores: dict[int, str]) -> list[list[object]]:
    """Who goes with what, a row a thing (and one for whoever draws nothing)."""
    rows: list[list[object]] = []
    for each in page.sent:
        who: list[object] = [
            each.post, each.name, each.ref, each.rank, each.team, stores.get(each.store_id or 0, ""), each.duties,
        ]  # fmt: skip
        rows += [
            [*who, one.kind, one.model, one.serial, one.lot_id, stores.get(one.store_id, ""),
             "yes" if one.is_own else "no", " ".join(one.before), " ".join(one.during)]
            for one in each.pieces
        ] or [[*who, *[""] * 8]]  # fmt: skip
    return rows
