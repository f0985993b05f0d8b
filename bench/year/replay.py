"""One day of the year played through the gate, draw by draw and return by return, in a database of its own.

One rule for the editor: the replay is told who draws what and when, and nothing of what must come of it; what came is
read from the custody that the gate wrote.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from bench.year.force import Stored
from bench.year.plan import Draw
from bench.year.rows import Names
from inventory.custody.issue import Request, issue_kit
from inventory.custody.returns import Back, return_kit
from inventory.demo.records import BayRow
from inventory.demo.upkeep import bays
from inventory.gate.ask import COMPLETING, Ask
from inventory.people.calendar import SECOND_US, day_end_us, day_start_us
from inventory.schema.custody import custody, decision
from inventory.schema.people import person
from inventory.schema.stock import item
from inventory.stock.docks import BayWord, keep

DOCKS_SPEAK_US = 240 * SECOND_US
TYPED_PERCENT = 90
IDS_AN_ACT, IDS_OF_DOCKS = 200, 20_000

Held = tuple[str, str, int, int | None, int]
"""Serial, officer, from when, until when, end of the duty."""
Refused = tuple[str, int]
"""Officer, and when."""


@dataclass(frozen=True, slots=True)
class Came:
    """What custody and decisions say of one day's draws."""

    held: frozenset[Held]
    refused: frozenset[Refused]


def came_of(conn: sa.Connection, day: date) -> Came:
    """Everything issued, and everybody refused, on a London day."""
    on_day = (decision.c.decided_us >= day_start_us(day), decision.c.decided_us < day_end_us(day))
    held = (
        sa.select(item.c.serial, person.c.ref, custody.c.opened_us, custody.c.closed_us, custody.c.planned_return_us)
        .select_from(
            decision.join(custody, custody.c.decision_id == decision.c.id)
            .join(item, item.c.id == custody.c.item_id)
            .join(person, person.c.id == decision.c.person_id)
        )
        .where(*on_day)
    )
    denied = (
        sa.select(person.c.ref, decision.c.decided_us)
        .select_from(decision.join(person, person.c.id == decision.c.person_id))
        .where(*on_day, decision.c.verdict == "DENY")
    )
    return Came(
        frozenset(tuple(row) for row in conn.execute(held)), frozenset(tuple(row) for row in conn.execute(denied))
    )  # type: ignore[arg-type]


class Disagrees(SystemExit):
    """The gate made something else of the day than the bulk did, or the ledger is not sound."""


def agree(bulk: Came, played: Came, wrong: Sequence[str]) -> None:
    """Raise Disagrees where the two are not the same, with the first of what differs, and where nothing was drawn."""
    if wrong:
        raise Disagrees(f"{len(wrong)} verdicts are not the plan's, the first: {wrong[0]}")
    for what, ours, theirs in (("held", bulk.held, played.held), ("refused", bulk.refused, played.refused)):
        if ours != theirs:
            only = sorted(map(str, ours - theirs))[:2], sorted(map(str, theirs - ours))[:2]
            raise Disagrees(f"{what}: only in bulk {only[0]}, only played {only[1]}")
    if not bulk.held:
        raise Disagrees("nothing was drawn on the sampled day")


class Replay:
    """Plays draws on a force that has been brought to their day."""

    def __init__(self, stored: Stored) -> None:
        """`stored` must have all its kit in its stores."""
        self._stored = stored
        with stored.engine.connect() as conn:
            self._names = Names.read(conn)
        self._bays = list(bays(stored.demo.force, stored.demo.kit))
        self._docked = {row.serial for row in self._bays}
        self._spoke_us = 0
        self.wrong: list[str] = []
        """Sentences of what was refused without a reason the plan knew, and of what was given that should not be."""

    def play(self, draws: Iterable[Draw]) -> None:
        """Every act in the order of its time."""
        acts = [(each.out_us, 0, each) for each in draws]
        acts += [(each.back_us, 1, each) for each in draws if not each.refused]
        for at_us, is_back, each in sorted(acts, key=lambda act: (act[0], act[1], act[2].ref)):
            if not is_back:
                self._docks(at_us)
            with self._stored.act(at_us, IDS_AN_ACT) as tx:
                if is_back:
                    return_kit(tx, [self._back(each, serial) for serial in each.serials])
                    continue
                (answer,) = issue_kit(tx, [Request(self._ask(each))], self._stored.policy)
            codes = {one.code for one in answer.decision.refusals if one.stops}
            if (each.refused not in codes) if each.refused else codes:
                self.wrong.append(f"{each.ref} at {each.store}, {at_us}: {each.refused or 'ALLOW'}, but {codes}")

    def _docks(self, at_us: int) -> None:
        if at_us - self._spoke_us < DOCKS_SPEAK_US:
            return
        self._spoke_us = at_us
        with self._stored.act(at_us - SECOND_US, IDS_OF_DOCKS) as tx:
            for row in self._bays:
                keep(tx, _word(row, self._names.stores[row.store], at_us - SECOND_US))

    def _ask(self, draw: Draw) -> Ask:
        known = self._names
        is_ced = bool(draw.handle)
        is_typed = is_ced and draw.battery not in self._docked
        return Ask(
            person_id=known.people[draw.ref], store_id=known.stores[draw.store],
            item_ids=tuple(known.items[each] for each in draw.serials), lots=(), purpose="OPERATIONAL",
            planned_return_us=draw.planned_us, door="replay", by_person_id=known.people[draw.issuer], stage=COMPLETING,
            fit_declared=is_ced,
            function_tests=frozenset({known.items[draw.handle]}) if is_ced else frozenset(),
            charges=((known.items[draw.battery], TYPED_PERCENT),) if is_typed else (),
            authenticated_by="FACE",
        )  # fmt: skip

    def _back(self, draw: Draw, serial: str) -> Back:
        known = self._names
        return Back(known.items[serial], known.stores[draw.store], known.people[draw.issuer])


def _word(row: BayRow, store_id: int, at_us: int) -> BayWord:
    return BayWord(
        dock=f"{row.store.lower()}/{row.dock}", bay=row.bay, store_id=store_id, word=row.word, present=bool(row.serial),
        serial=row.serial or None, observed_us=at_us, reading_key=f"{row.dock}/{row.bay}/{at_us}",
        charge_percent=row.charge_percent, files_pending=row.files_pending, free_mb=row.free_mb,
        firmware=row.firmware,
    )  # fmt: skip
