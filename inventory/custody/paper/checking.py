"""What may be wrong with a page that is to be written up: its people, the page itself, each line against the ledger.

One rule for the editor: everything that is wrong is said at once, and nothing is judged here that the gate judges.
"""

from collections.abc import Callable

import sqlalchemy as sa

from inventory.custody.hatch_names import people_said
from inventory.custody.paper.page import LINES_MAX, MEDIA, SCAN_BYTES_MAX, Page, Said, Wrong
from inventory.custody.passages.looking import capable
from inventory.custody.returns import CONDITIONS
from inventory.gate.paper_terms import PaperTerms
from inventory.people.capabilities import held_by
from inventory.people.people import root_of
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, among
from inventory.schema.people import person
from inventory.schema.stock import item, lot
from inventory.schema.tx import Tx
from inventory.schema.words import PAPER_ACTS, PAPER_SORTS

DAYS_BACK_US = 31 * 24 * 3_600_000_000
"""How long ago a line may be: paper that is older is no fallback but an opening balance."""

Open = tuple[str | None, int | None, int | None]
"""(holder, its id, since when) of an item by the ledger, or by what stands higher up on the page."""

_OPEN = Fast(
    sa.select(
        item.c.id, item.c.serial, item.c.kind, custody.c.holder, custody.c.holder_id, custody.c.opened_us
    )
    .select_from(
        item.outerjoin(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None)))
    )
    .where(among(item.c.id, "ids"))
)
_PEOPLE = Fast(sa.select(person.c.id).where(among(person.c.id, "ids")))
_LOTS = Fast(sa.select(lot.c.id).where(among(lot.c.id, "ids")))


def against_people(tx: Tx, page: Page, terms: PaperTerms) -> list[Wrong]:
    """What is wrong with who signs: two different people who may, in this store."""
    held = held_by(tx.conn, [page.by_person, page.second_person], tx.now_us)
    wrong = []
    if not capable(held[page.by_person], terms.written_by, page.store_id):
        wrong.append(Wrong(0, f"A page is written up by {_listed(terms.written_by)} of this store."))
    if root_of(tx.conn, page.by_person) == root_of(tx.conn, page.second_person):
        wrong.append(Wrong(0, "The second person is the first.", "Somebody else signs as the second."))
    elif not capable(held[page.second_person], terms.second, page.store_id):
        wrong.append(
            Wrong(0, f"The second person is {_listed(terms.second)} of this store.", "Ask one of them.")
        )
    return wrong


def _listed(capabilities: tuple[str, ...]) -> str:
    return " or ".join(each.replace("_", " ").lower() for each in capabilities)


def against_page(page: Page) -> list[Wrong]:
    """What is wrong with the page itself."""
    found: dict[str, bool] = {
        f"Its sort is one of {', '.join(PAPER_SORTS)}.": page.sort not in PAPER_SORTS,
        "It needs a name that people find it by.": len(page.document.strip()) < 3,
        f"Its scan is one of {', '.join(MEDIA)}.": page.media not in MEDIA,
        f"Its scan is 1 to {SCAN_BYTES_MAX} bytes.": not 0 < len(page.scan) <= SCAN_BYTES_MAX,
        f"It has 1 to {LINES_MAX} lines.": not 0 < len(page.lines) <= LINES_MAX,
        "A register and its page go together.": (page.register is None) != (page.page_no is None),
    }
    return [Wrong(0, sentence) for sentence, is_so in found.items() if is_so]


def against_lines(tx: Tx, page: Page) -> list[Wrong]:
    """What is wrong with the lines, in the order of their times: each moves on from where the last one left it."""
    ids = sorted({each for line in page.lines for each in line.item_ids})
    known = {row[0]: row for row in _OPEN.rows(tx.conn, {"ids": ids})}
    standing: dict[int, Open] = {each: row[3:] for each, row in known.items()}
    looked = _Looked(tx, page, {each: f"{row[1]}" for each, row in known.items()}, standing)
    numbered = sorted(enumerate(page.lines, start=1), key=lambda pair: pair[1].at_us)
    wrong = [found for number, said in numbered for found in looked.line(number, said)]
    return sorted(wrong, key=lambda each: each.line_no)


class _Looked:
    """A page being read down: where everything stands after the lines so far."""

    def __init__(self, tx: Tx, page: Page, serials: dict[int, str], standing: dict[int, Open]) -> None:
        self._tx, self._page, self._serials, self._standing = tx, page, serials, standing
        people = {each.person_id for each in page.lines} | {each.issuer_id or 0 for each in page.lines}
        lots = {lot_id for each in page.lines for lot_id, _ in each.lots}
        self._people = {row[0] for row in _PEOPLE.rows(tx.conn, {"ids": sorted(people)})}
        self._lots = {row[0] for row in _LOTS.rows(tx.conn, {"ids": sorted(lots)})}

    def line(self, number: int, said: Said) -> list[Wrong]:
        """What is wrong with one line."""
        wrong = [Wrong(number, *each) for each in (*self._plain(said), *self._vouched(said))]
        for item_id in said.item_ids:
            if item_id not in self._serials:
                wrong.append(Wrong(number, f"Item {item_id} is not known.", "Receive it first."))
                continue
            told = self._item(said, item_id)
            if told is not None:
                wrong.append(Wrong(number, *told))
            came = ("PERSON", said.person_id) if said.act == "DRAWN" else ("STORE", self._page.store_id)
            self._standing[item_id] = (*came, said.at_us)
        return wrong

    def _plain(self, said: Said) -> list[tuple[str, ...]]:
        now_us, is_register = self._tx.now_us, self._page.sort == "REGISTER"
        found: dict[tuple[str, ...], bool] = {
            (f"It says one of {', '.join(PAPER_ACTS)}.",): said.act not in PAPER_ACTS,
            ("Its person is not known.",): said.person_id not in self._people,
            ("Who handed it over is not known.",): said.issuer_id is not None
            and said.issuer_id not in self._people,
            ("It names nothing.", "Name an item or a lot."): not said.item_ids and not said.lots,
            ("It names a thing twice.",): len(set(said.item_ids)) < len(said.item_ids),
            ("It names a lot that is not known.",): any(each not in self._lots for each, _ in said.lots),
            ("Its time is after now.",): said.at_us > now_us,
            ("It is more than 31 days old.", "Enter it as an opening balance."): is_register
            and said.at_us < now_us - DAYS_BACK_US,
            ("Nothing comes back on such a page.", "Take it back at the hatch."): not is_register
            and said.act != "DRAWN",
            (f"Its condition is one of {', '.join(CONDITIONS)}.",): said.condition not in CONDITIONS,
            ("It was due back before it was drawn.",): said.planned_return_us is not None
            and said.planned_return_us <= said.at_us,
        }
        return [told for told, is_so in found.items() if is_so]

    def _vouched(self, said: Said) -> list[tuple[str, ...]]:
        if said.act != "DRAWN" or said.person_id not in self._people:
            return []
        root = root_of(self._tx.conn, said.person_id)
        signing = {root_of(self._tx.conn, each) for each in (self._page.by_person, self._page.second_person)}
        if root not in signing:
            return []
        return [("Who signs for the page drew it themselves.", "Somebody else writes this page up.")]

    def _item(self, said: Said, item_id: int) -> tuple[str, str] | None:
        """What is against this line's movement of one item, by where it stands then."""
        holder, holder_id, since_us = self._standing[item_id]
        serial = self._serials[item_id]
        if since_us is not None and since_us > said.at_us and self._page.sort == "REGISTER":
            return (f"{serial} has moved since then, and is {self._with(holder, holder_id)}.",
                    "Leave it out, and put the entry of that movement right if it is wrong.")  # fmt: skip
        check: Callable[..., tuple[str, str] | None] = (
            self._drawable if said.act == "DRAWN" else self._returnable
        )
        return check(serial, holder, holder_id, said)

    def _drawable(
        self, serial: str, holder: str | None, holder_id: int | None, said: Said
    ) -> tuple[str, str] | None:
        if (holder, holder_id) == ("PERSON", said.person_id):
            return f"{serial} is with them by the ledger already.", "Leave it out."
        if holder == "UNKNOWN":
            return f"{serial} is missing by the ledger.", "Write down in its case how it was found."
        if holder in ("DISPOSAL", "SUPPLIER", "CARRIER", "EXHIBIT"):
            return f"{serial} is {self._with(holder, holder_id)}.", "Put that right first."
        return None

    def _returnable(
        self, serial: str, holder: str | None, holder_id: int | None, _said: Said
    ) -> tuple[str, str] | None:
        if holder == "PERSON":
            return None
        return (
            f"{serial} is {self._with(holder, holder_id)} by the ledger.",
            "Write up who drew it first, or leave it out.",
        )

    def _with(self, holder: str | None, holder_id: int | None) -> str:
        if holder == "PERSON" and holder_id is not None:
            return f"with {people_said(self._tx.conn, [holder_id])[holder_id]}"
        return "in a store" if holder == "STORE" else f"with {(holder or 'nobody').lower()}"
