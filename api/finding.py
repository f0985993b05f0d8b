"""What a text may mean: an item or person that a code names, serials that begin so, people by name.

One rule for the editor: what the hatch would make of a code is found first, by the same look-up; nothing is
guessed, everything that matches is given.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from api import items, store_reads
from api.readings import presented
from devices.codes.identify import identify
from devices.codes.typed import cards_typed
from devices.readings import CodePresented
from inventory.people.people import PersonRecord, by_ids_steps, search_steps
from inventory.schema.steps import Steps, abreast, read
from inventory.stock.marks import find_steps

FOUND_MAX = 20
TYPED = ("EPC", "TID", "EM4100", "PRINTED", "ISO14443A", "ISO14443B", "ISO15693", "FELICA", "GIAI", "GRAI")
"""Technologies of cards and tags whose numbers people type into the box."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found: by exact code, by the beginning of a serial, and by name; at most `most` of each list."""

    exact_items: list[items.ItemRow]
    exact_people: list[PersonRecord]
    items: list[items.ItemRow]
    people: list[PersonRecord]
    stores: dict[int, str]
    most: int
    is_cut: bool

    @property
    def way(self) -> str | None:
        """The page of the one thing an exact code names; None where it names none or several."""
        if len(self.exact_items) + len(self.exact_people) != 1:
            return None
        if self.exact_items:
            return f"/items/{self.exact_items[0].item_id}"
        return f"/people/{self.exact_people[0].id}"

    @property
    def about(self) -> list[int]:
        """Everybody found, and everybody who holds what was found: whose data an answer shows."""
        holders = [row.holder_id for row in (*self.exact_items, *self.items) if row.holder == "PERSON"]
        return [
            *(each for each in holders if each),
            *(each.id for each in (*self.exact_people, *self.people)),
        ]


def results(conn: sa.Connection, text: str) -> Results:
    """Everything `text` may mean."""
    return read(conn, _finding(text, FOUND_MAX))


def _finding(text: str, most: int) -> Steps[Results]:
    """The reader of everything `text` may mean, at most `most` of each: what a code names, and what begins so."""
    code = presented(identify(CodePresented(text=text)), text, None, None)
    named, begun, people, stores = yield from abreast(
        find_steps((*code.lookups, *_typed(text))),
        _beginning(text, most + 1),
        search_steps(text, most + 1),
        store_reads.store_steps(),
    )
    exact = [match.item_id for match in named.items]
    known = {row.item_id: row for row in begun}
    more, exact_people = yield from abreast(
        items.rows_steps([each for each in exact if each not in known]), by_ids_steps(named.people)
    )
    known |= {row.item_id: row for row in more}
    begun = [row for row in begun if row.item_id not in exact]
    people = [each for each in people if each.id not in named.people]
    return Results(
        exact_items=[known[each] for each in exact],
        exact_people=exact_people,
        items=begun[:most],
        people=people[:most],
        most=most,
        is_cut=max(len(begun), len(people)) > most,
        stores={row["id"]: row["name"] for row in stores},
    )


def _typed(text: str) -> list[tuple[str, str]]:
    """What is printed on a card or tag, or copied from a reader: typed, nothing says of which kind it is."""
    number = "".join(text.replace(":", "").split()).upper()
    return [*((technology, number) for technology in TYPED), *cards_typed(text)]


def _beginning(text: str, most: int) -> Steps[list[items.ItemRow]]:
    begun = text.strip().upper()
    if len(begun) < 3:
        return []
    return (yield from items.list_steps({"q": begun}, items.After(), most))
