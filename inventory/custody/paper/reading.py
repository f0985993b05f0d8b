"""What was written up from paper: a store's pages, each with its lines, what the gate would have refused, and its scan.

One rule for the editor: read only; a refusal is told by what may be shown of it.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.schema.custody import decision
from inventory.schema.fast import Fast, Row, among
from inventory.schema.paper import paper_line, paper_page, paper_scan
from inventory.schema.stock import item, lot


@dataclass(frozen=True, slots=True)
class LineRead:
    """One thing of a line of a page. `refused` are the sentences the gate would have refused with."""

    page_id: int
    line_no: int
    act: str
    person_id: int
    issuer_id: int | None
    item_id: int | None
    lot_id: int | None
    quantity: int | None
    kind: str
    serial: str
    happened_us: int
    late: bool
    decision_id: int | None
    refused: tuple[str, ...]
    entry_id: int


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page as it was written up, without its lines."""

    id: int
    store_id: int
    sort: str
    document: str
    register: str | None
    page_no: int | None
    sha256: str
    media: str
    size: int
    by_person: int
    second_person: int
    at_us: int
    late: bool
    entry_id: int


_NAMES = tuple(PageRead.__dataclass_fields__)
_LINE_NAMES = tuple(LineRead.__dataclass_fields__)
_PAGES = sa.select(
    paper_page.c.id, paper_page.c.store_id, paper_page.c.sort, paper_page.c.document, paper_page.c.register,
    paper_page.c.page_no, paper_page.c.sha256, paper_page.c.media, paper_page.c.size, paper_page.c.by_person,
    paper_page.c.second_person, paper_page.c.at_us, paper_page.c.late, paper_page.c.entry_id,
)  # fmt: skip
_OF_STORE = Fast(
    _PAGES.where(paper_page.c.store_id == sa.bindparam("store_id"))
    .order_by(paper_page.c.at_us.desc(), paper_page.c.id.desc())
    .limit(sa.bindparam("most"))
)
_ONE = Fast(_PAGES.where(paper_page.c.id == sa.bindparam("page_id")))
_LINES = Fast(
    sa.select(
        paper_line.c.page_id, paper_line.c.line_no, paper_line.c.act, paper_line.c.person_id, paper_line.c.issuer_id,
        paper_line.c.item_id, paper_line.c.lot_id, paper_line.c.quantity, sa.func.coalesce(item.c.kind, lot.c.kind),
        sa.func.coalesce(item.c.serial, lot.c.lot_no), paper_line.c.happened_us, paper_line.c.late,
        paper_line.c.decision_id, decision.c.refusals, paper_line.c.entry_id,
    )
    .select_from(
        paper_line.outerjoin(item, item.c.id == paper_line.c.item_id)
        .outerjoin(lot, lot.c.id == paper_line.c.lot_id)
        .outerjoin(decision, decision.c.id == paper_line.c.decision_id)
    )
    .where(among(paper_line.c.page_id, "ids"))
    .order_by(paper_line.c.page_id, paper_line.c.line_no, paper_line.c.id)
)  # fmt: skip
_SCAN = Fast(sa.select(paper_scan.c.body).where(paper_scan.c.page_id == sa.bindparam("page_id")))


def pages_of(conn: sa.Connection, store_id: int, most: int) -> list[PageRead]:
    """A store's pages, the newest first."""
    return [_page(row) for row in _OF_STORE.rows(conn, {"store_id": store_id, "most": most})]


def page_of(conn: sa.Connection, page_id: int) -> PageRead:
    """One page. Raises LookupError where there is none of this id."""
    rows = _ONE.rows(conn, {"page_id": page_id})
    if not rows:
        raise LookupError(f"page {page_id} is not known")
    return _page(rows[0])


def _page(row: Row) -> PageRead:
    return PageRead(**dict(zip(_NAMES, row, strict=True)) | {"late": bool(row[12])})


def lines_of(conn: sa.Connection, page_ids: Sequence[int]) -> list[LineRead]:
    """The lines of pages, in order."""
    return [
        LineRead(
            **dict(zip(_LINE_NAMES, row, strict=True))
            | {"late": bool(row[11]), "refused": _sentences(row[13])}
        )
        for row in _LINES.rows(conn, {"ids": list(page_ids)})
    ]


def _sentences(refusals: str | None) -> tuple[str, ...]:
    found = json.loads(refusals) if refusals else []
    stops = [
        each
        for each in found
        if each["weight"] == "HARD" or (each["weight"] == "SOFT" and not each["overridden"])
    ]
    return tuple(dict.fromkeys(str(each["sentence"]) for each in stops))


def scan_of(conn: sa.Connection, page_id: int) -> bytes:
    """The scan of a page. Raises LookupError where there is none of this id."""
    rows = _SCAN.rows(conn, {"page_id": page_id})
    if not rows:
        raise LookupError(f"page {page_id} is not known")
    return base64.b64decode(rows[0][0])
