"""A page of the paper register is written up: what stands on it had already happened, and the gate says afterwards what
it would have said.

One rule for the editor: a page is written up whole or not at all, by two, with its scan kept; the same page twice
changes nothing. What somebody drew is written by `receive.assert_drawn` alone, what came back by `returns`.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.ledger import Entry, append, store_chain
from inventory.custody.locks import lock
from inventory.custody.lots import LotPassage, TooFew, pass_lots
from inventory.custody.moves import Holder
from inventory.custody.paper.checking import against_lines, against_page, against_people
from inventory.custody.paper.page import Page, PageRefused, Said, Wrong
from inventory.custody.receive import Drawn, assert_drawn
from inventory.custody.returns import Back, return_kit
from inventory.custody.told_later import Since, tell
from inventory.gate.ask import COMPLETING, Ask
from inventory.gate.kind_policy import Policy
from inventory.schema.fast import Fast, Inserter
from inventory.schema.paper import paper_line, paper_page, paper_scan
from inventory.schema.tx import Tx

LATE = "WRITTEN_UP_LATE"
"""The alarm of a page that was written up after the hours the force allows."""


@dataclass(frozen=True, slots=True)
class WrittenUp:
    """What became of a page. `again`: it was written up before, and nothing was changed. `refused` are the lines that
    the gate would have refused, with its refusals; `late` was written up after the hours the force allows."""

    page_id: int
    entry_id: int
    again: bool
    late: bool
    refused: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    """A line on its way: its number on the page, what it says, and whether it is late."""

    number: int
    said: Said
    late: bool


_PAGE = Inserter(paper_page)
_SCAN = Inserter(paper_scan)
_LINE = Inserter(paper_line)
_SAME = Fast(
    sa.select(paper_page.c.id, paper_page.c.lines_hash, paper_page.c.entry_id, paper_page.c.late).where(
        sa.or_(
            paper_page.c.sha256 == sa.bindparam("sha256"),
            sa.and_(
                paper_page.c.store_id == sa.bindparam("store_id"),
                paper_page.c.register == sa.bindparam("register"),
                paper_page.c.page_no == sa.bindparam("page_no"),
            ),
        )
    )
)
_REFUSED = Fast(
    sa.select(paper_line.c.line_no, paper_line.c.decision_id)
    .where(paper_line.c.page_id == sa.bindparam("page_id"), paper_line.c.decision_id.is_not(None))
    .distinct()
    .order_by(paper_line.c.line_no)
)


def write_up(tx: Tx, page: Page, policy: Policy) -> WrittenUp:
    """Write a page up. Raises PageRefused, with everything that is wrong with it; then nothing is written."""
    people = {page.by_person, page.second_person, *(each.person_id for each in page.lines)}
    items = sorted({item_id for each in page.lines for item_id in each.item_ids})
    lock(tx, sorted(people), items)
    before = _before(tx, page)
    if before is not None:
        return before
    wrong = against_people(tx, page, policy.paper) or against_page(page) or against_lines(tx, page)
    if wrong:
        raise PageRefused(wrong)
    late_before = tx.now_us - policy.paper.backfill_us if page.sort == "REGISTER" else 0
    lines = [_Line(n, each, each.at_us < late_before) for n, each in enumerate(page.lines, start=1)]
    row = _page_row(tx, page, any(each.late for each in lines))
    _PAGE.add(tx.conn, [row])
    _SCAN.add(tx.conn, [{"page_id": row["id"], "body": base64.b64encode(page.scan).decode()}])
    for line in sorted(lines, key=lambda each: each.said.at_us):
        _LINE.add(tx.conn, _written(tx, page, line, int(row["id"]), policy))
    if row["late"]:
        raise_alarms(tx, [Raise(LATE, f"{page.document}, written up after the hours allowed", page.store_id)])
    tx.say(f"store:{page.store_id}", {"type": "paper", "page_id": row["id"], "at_us": tx.now_us})
    return WrittenUp(
        row["id"], row["entry_id"], again=False, late=bool(row["late"]), refused=_refusals(tx, row["id"])
    )


def _before(tx: Tx, page: Page) -> WrittenUp | None:
    """What became of this page when it was written up before. Raises PageRefused where it said something else then."""
    asked = {
        "sha256": page.sha256, "store_id": page.store_id, "register": page.register, "page_no": page.page_no,
    }  # fmt: skip
    rows = _SAME.rows(tx.conn, asked)
    if not rows:
        return None
    page_id, lines_hash, entry_id, late = rows[0]
    if lines_hash != page.lines_hash:
        instead = "What is wrong with it is put right entry by entry, by corrections."
        raise PageRefused(
            [Wrong(0, f"This page was written up before, as page {page_id}, with other lines.", instead)]
        )
    return WrittenUp(page_id, entry_id, again=True, late=bool(late), refused=_refusals(tx, page_id))


def _refusals(tx: Tx, page_id: int) -> tuple[tuple[int, int], ...]:
    return tuple((row[0], row[1]) for row in _REFUSED.rows(tx.conn, {"page_id": page_id}))


def _page_row(tx: Tx, page: Page, late: bool) -> dict[str, Any]:
    entry = Entry(
        chain=store_chain(page.store_id), kind="WRITTEN_UP", by_person=page.by_person,
        second_person=page.second_person, reason=f"{page.document.strip()}; SHA-256 {page.sha256}",
    )  # fmt: skip
    return {
        "id": tx.ids.take(), "tx_id": tx.id, "store_id": page.store_id, "sort": page.sort,
        "document": page.document.strip(), "register": page.register, "page_no": page.page_no, "sha256": page.sha256,
        "media": page.media, "size": len(page.scan), "lines_hash": page.lines_hash, "by_person": page.by_person,
        "second_person": page.second_person, "at_us": tx.now_us, "late": int(late), "entry_id": append(tx, [entry])[0],
    }  # fmt: skip


def _written(tx: Tx, page: Page, line: _Line, page_id: int, policy: Policy) -> list[dict[str, Any]]:
    """The rows of a line, one for each item and lot, once its movements stand."""
    act = _drawn if line.said.act == "DRAWN" else _returned
    try:
        found, refused = act(tx, page, line, policy)
    except TooFew as short:
        raise PageRefused([Wrong(line.number, f"{short}.", "Count the lot first.")]) from None
    base = {
        "tx_id": tx.id, "page_id": page_id, "line_no": line.number, "act": line.said.act,
        "person_id": line.said.person_id, "issuer_id": line.said.issuer_id, "happened_us": line.said.at_us,
        "late": int(line.late), "decision_id": refused, "item_id": None, "lot_id": None, "quantity": None,
    }  # fmt: skip
    return [base | {"id": tx.ids.take()} | each for each in found]


Rows = tuple[list[dict[str, Any]], int | None]


def _drawn(tx: Tx, page: Page, line: _Line, policy: Policy) -> Rows:
    said = line.said
    is_now = page.sort != "REGISTER"  # they have it as the page is signed, and that is when they are judged
    ask = Ask(
        person_id=said.person_id, store_id=page.store_id, item_ids=said.item_ids, lots=said.lots,
        purpose="OPERATIONAL", planned_return_us=said.planned_return_us, door="paper", by_person_id=said.issuer_id,
        stage=COMPLETING, fit_declared=said.fit, function_tests=frozenset(said.item_ids if said.tested else ()),
        charges=tuple((each, said.charge) for each in said.item_ids) if said.charge is not None else (),
        authenticated_by="FACE" if said.issuer_id is not None else None,
    )  # fmt: skip
    drawn = Drawn(
        ask, tx.now_us if is_now else said.at_us, page.by_person, page.second_person, page.document.strip(),
        f"{page.document.strip()}, line {line.number}",
        lots_from=None if is_now else Holder("STORE", page.store_id),
    )  # fmt: skip
    done = assert_drawn(tx, replace(drawn, ask=replace(ask, stage="ADDING")) if is_now else drawn, policy)
    items = [{"item_id": each.item_id, "entry_id": each.entry_id} for each in done.passed]
    lots = [{"lot_id": lot, "quantity": n, "entry_id": done.lot_entries[lot]} for lot, n in said.lots]
    return items + lots, done.refused


def _returned(tx: Tx, page: Page, line: _Line, _policy: Policy) -> Rows:
    said, here = line.said, Holder("STORE", page.store_id)
    backs = [Back(each, page.store_id, page.by_person, said.condition) for each in said.item_ids]
    done = return_kit(tx, backs)
    found = [(each.item_id, each.entry_id) for each in done]
    found += [(along.item_id, along.entry_id) for each in done for along in each.along]
    moved = [(item_id, entry_id) for item_id, entry_id in found if entry_id is not None]
    tell(tx, [Since(item_id, here, said.at_us, entry_id) for item_id, entry_id in moved])
    entries = pass_lots(tx, [_pieces_back(page, line, lot_id, quantity) for lot_id, quantity in said.lots])
    lots: Sequence[dict[str, Any]] = [
        {"lot_id": lot_id, "quantity": quantity, "entry_id": entry}
        for (lot_id, quantity), entry in zip(said.lots, entries, strict=True)
    ]
    return [{"item_id": item_id, "entry_id": entry_id} for item_id, entry_id in moved] + list(lots), None


def _pieces_back(page: Page, line: _Line, lot_id: int, quantity: int) -> LotPassage:
    return LotPassage(
        lot_id, quantity, "RETURNED", Holder("PERSON", line.said.person_id), Holder("STORE", page.store_id),
        page.by_person, reason=f"{page.document.strip()}, line {line.number}", second_person=page.second_person,
    )  # fmt: skip
