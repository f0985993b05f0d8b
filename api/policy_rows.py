"""What programs read and write of policy: documents with their clocks, numbers with their sources, changes, previews.

One rule for the editor: plain values; a number's value is as the policy file has it. Nothing is decided here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Annotated

import msgspec

from api.second_person import Second
from inventory.gate.documents import Document, cited
from inventory.gate.policy_changes import Term
from inventory.oversight.policy.changes import Proposal
from inventory.oversight.policy.register import Entry
from inventory.oversight.what_if_policy import Group

Words = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
Sentence = Annotated[str, msgspec.Meta(min_length=2, max_length=2000)]
Value = int | bool | str | list[str] | None
"""As a policy file has it; null: again as the files say."""
DOCUMENT_COLUMNS = (
    "reference", "title", "owner", "contact", "risk", "version", "reviewed_on", "next_review_on", "review", "days",
    "months_over", "link", "eia_ref", "numbers_citing_it",
)  # fmt: skip


class DocumentSaid(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A document as it stands now. Dates are days, or months ("2026-02") where no day is known; `risk` LOW, MEDIUM,
    HIGH."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    title: Words
    owner: Words
    contact: Words | None = None
    risk: Words | None = None
    version: Words | None = None
    reviewed_on: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    next_review_on: Annotated[str, msgspec.Meta(max_length=10)] | None = None
    link: Words | None = None
    eia_ref: Words | None = None

    def document(self) -> Document:
        """It, for the register."""
        return Document(**msgspec.structs.asdict(self))


class DocumentRow(msgspec.Struct, frozen=True, kw_only=True):
    """A document of the register. `review`: OVERDUE, DUE (within sixty days), GOOD, UNKNOWN; `days` till its last good
    day (negative: since), `months_over` whole months that it is late; `cites` how many numbers name it."""

    reference: str
    title: str
    owner: str
    contact: str | None
    risk: str | None
    version: str | None
    reviewed_on: str | None
    next_review_on: str | None
    link: str | None
    eia_ref: str | None
    review: str
    due_on: date | None
    days: int | None
    months_over: int
    cites: int
    recorded_us: int | None
    recorded_by: int | None


class TermRow(msgspec.Struct, frozen=True, kw_only=True):
    """One number or word of the policy in force, with the documents that its source names."""

    family: str
    key: str
    value: Value
    origin: str
    source: str
    documents: list[str]


class ChangeProposed(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change of one number or word: see `GET /policy/terms` for what there is. `document` names one of the register
    (with its paragraph); `in_force_on` the London day from whose start it holds (today: from its approval)."""

    family: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: Value = None
    reason: Sentence
    document: Words
    in_force_on: date


class ChangeTried(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A change that is only tried out: nothing is written down."""

    family: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    key: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    value: Value = None


class ChangeDecided(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who decides, by their own name and PIN (the person signed in, or a second one beside them), and why."""

    detail: Sentence
    proof: Second


class ChangeWithdrawn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why it is taken back."""

    detail: Sentence


class ChangeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A change. `state`: PROPOSED, WAITING, IN_FORCE, SUPERSEDED, REJECTED, WITHDRAWN; `preview` what the approver was
    shown; `base_hash` the policy that it was judged against."""

    id: int
    state: str
    family: str
    key: str
    was: Value
    value: Value
    reason: str
    document: str
    in_force_on: date
    base_hash: str
    proposed_us: int
    proposed_by: int
    outcome: str | None
    ended_us: int | None
    ended_by: int | None
    detail: str | None
    from_us: int | None
    preview: list["PreviewRow"] | None


class PreviewRow(msgspec.Struct, frozen=True, kw_only=True):
    """What a change does to one group, people or kit; null is too few people to be told, or would tell one."""

    of: str
    kind: str
    model: str
    store_id: int | None
    team: str | None
    asked: int | None
    denied: int | None
    allowed: int | None
    reasons: list[tuple[str, int | None]]


class StoodRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was in force on a day (at its end, or now): version and hash of the policy, since when, and its numbers."""

    day: date
    since_us: int
    version: str
    hash: str
    terms: list[TermRow]


def document_row(entry: Entry, cites: Mapping[str, int]) -> DocumentRow:
    """A document as it stands."""
    said = {name: value for name, value in asdict(entry.document).items() if name != "cited_as"}
    review = entry.review
    return DocumentRow(
        **said, review=review.state, due_on=review.due_on, days=review.days, months_over=review.months,
        cites=cites.get(entry.document.reference, 0), recorded_us=entry.recorded_us, recorded_by=entry.recorded_by,
    )  # fmt: skip


def document_cells(row: DocumentRow) -> list[object]:
    """A document for a spreadsheet."""
    return [
        row.reference, row.title, row.owner, row.contact, row.risk, row.version, row.reviewed_on, row.next_review_on,
        row.review, row.days, row.months_over or None, row.link, row.eia_ref, row.cites,
    ]  # fmt: skip


def term_row(term: Term, known: Mapping[str, Document]) -> TermRow:
    """A number with its documents."""
    return TermRow(
        family=term.family, key=term.key, value=term.value, origin=term.origin, source=term.source,
        documents=list(cited(term.source, known)),
    )  # fmt: skip


def cites_of(rows: Iterable[TermRow]) -> dict[str, int]:
    """How many numbers name each document."""
    counts: dict[str, int] = {}
    for row in rows:
        for reference in row.documents:
            counts[reference] = counts.get(reference, 0) + 1
    return counts


def change_row(found: Proposal, state: str) -> ChangeRow:
    """A change in a list."""
    preview = None if found.preview is None else [msgspec.convert(each, PreviewRow) for each in found.preview]
    return ChangeRow(
        id=found.id, state=state, family=found.family, key=found.key, was=found.was, value=found.value,
        reason=found.reason, document=found.document, in_force_on=found.in_force_on, base_hash=found.base_hash,
        proposed_us=found.proposed_us, proposed_by=found.proposed_by, outcome=found.outcome, ended_us=found.ended_us,
        ended_by=found.ended_by, detail=found.detail, from_us=found.from_us, preview=preview,
    )  # fmt: skip


def preview_row(group: Group) -> PreviewRow:
    """One group of a preview. How many were asked is told only where it is not a small number of people either."""
    return PreviewRow(
        of=group.of, kind=group.kind, model=group.model, store_id=group.store_id, team=group.team,
        asked=None if group.is_withheld and group.store_id is not None else group.asked, denied=group.denied,
        allowed=group.allowed, reasons=list(group.reasons),
    )  # fmt: skip
