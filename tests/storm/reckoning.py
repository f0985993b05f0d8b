"""What hands were told in a storm, held against the ledger and against a model of a kit store: nothing is missing,
nothing is there twice, nothing was given that should not be, nothing was refused without a reason.

One rule for the editor: the ledger is read from the tables as rows; whether they are right is for the model to say.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import synthetic
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.schema.custody import decision, ledger
from inventory.schema.engine import make_engine
from tests.storm.acts import HANDOVERS, ISSUES, LIFT, LOSSES, NOBODYS_ITEM, RETURNS
from tests.storm.client import UNKNOWN
from tests.storm.model import PERSON, STORE, Entry, Hold, Store
from tests.storm.unanswered import SET_ASIDE, HoldEntry, Unanswered, hold_of, with_it
from tests.storm.world import AGAINST, CAMERA, CED, FIRST_HAND, World

MOVES = ("RECEIVED", "ISSUED", "RETURNED", "UNACCOUNTED", "FOUND", "TRANSFERRED", "ASSERTED", "HANDED_OVER")
HELD_BY_ANOTHER, WITH_YOU = "HELD_BY_ANOTHER", "ALREADY_WITH_YOU"
PARTS = ("HANDLE", "BATTERY", "CARTRIDGE")
HAD_ALREADY = {
    "ALREADY_HOLDS_HANDLE": ("HANDLE",), "BATTERIES_TOO_MANY": ("BATTERY",), "CARTRIDGES_TOO_MANY": ("CARTRIDGE",),
    "EARLIER_DRAW_NOT_RECONCILED": ("BATTERY", "CARTRIDGE"), "HOLDS_ENOUGH": (CAMERA,),
}  # fmt: skip
"""Refusal -> of what the officer must have had something already for it to be right."""
HELD_BACK = {"RESERVED": {"RESERVED"}, "QUARANTINED": {"RECOVERED"}}
"""Refusal -> the holds of which one must have been in force."""
BACK, CAME_BACK = ("RETURNED", "FOUND"), ("RETURNED", "STRAYED", "HANDED_ON")
ALONE = ("BATTERY_MISSING", "CARTRIDGES_SHORT")
EXPECTED = {
    "draws_malformed": {400}, "draws_what_is_not": {403}, "draws_as_a_stranger": {403},
    "draws_as_one_of_elsewhere": {403}, "draws_without_a_token": {403}, "hands_in_as_a_stranger": {403},
    "draws_to_themselves": {403, 409}, "asks_again": {201, 400, 403, 409, 422},
    "asks_other_under_the_same_key": {201, 403, 409, 422}, "hands_over_by_nobody": {403},
    "sets_aside": {201}, "sets_aside_as_spent": {400, 422}, "sets_aside_as_a_stranger": {403},
    "sets_free": {204, 404, 409}, "reports_missing": {201, 409},
}  # fmt: skip
"""Act -> the answers it may get, where it is not left to the gate."""


@dataclass
class Told:
    """One act and its answer."""

    act: str
    under: str
    path: str
    key: str
    body: dict[str, Any]
    sent_us: int
    told_us: int
    code: int
    times: int
    is_repeat: bool
    said: dict[str, Any]
    hand: int
    officer: int = 0
    items: tuple[int, ...] = ()


@dataclass
class Reckoning:
    """The whole storm: what was told, what is stored, and what does not agree."""

    world: World
    told: list[Told]
    rows: list[Entry]
    decisions: dict[int, str]
    handed_on: dict[int, int] = field(default_factory=dict)
    """Decisions about hand-overs -> to whom."""
    holds: list[HoldEntry] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @cached_property
    def answered_us(self) -> dict[int, int]:
        """Entry -> when its act was answered."""
        found = {}
        by_decision = defaultdict(list)
        for row in self.rows:
            by_decision[row.decision].append(row.id)
        for each in self.told:
            for _, _, entry in each.said.get("rows", ()):
                found[entry] = max(each.told_us, found.get(entry, 0))
            if each.code == 201 and "decision_id" in each.said:
                for entry in by_decision[each.said["decision_id"]]:
                    found[entry] = max(each.told_us, found.get(entry, 0))
        return found

    @cached_property
    def store(self) -> Store:
        """The model, told of every movement."""
        made = Store(frozenset(synthetic.set_items(n)[0] for n in range(self.world.sets)))
        chains: dict[int, list[Entry]] = defaultdict(list)
        for row in self.rows:
            chains[row.item].append(row)
        for chain in chains.values():
            made.take_in(sorted(chain, key=lambda row: row.seq), self.answered_us)
        made.one_handle_each()
        self._know_holds(made)
        return made

    def _know_holds(self, made: Store) -> None:
        answered = {hold_of(each.path): each.told_us for each in self.told if each.path.endswith(LIFT)}
        open_now: dict[int, Hold] = {}
        for each in sorted(self.holds, key=lambda one: (one.item, one.seq)):
            if each.kind == "HELD":
                open_now[each.hold] = Hold(each.reason, each.seq, each.at_us)
                made.holds[each.item].append(open_now[each.hold])
            else:
                ended = open_now[each.hold]
                ended.until_seq, ended.seen_until_us = each.seq, answered.get(each.hold, each.at_us)

    def reckon(self) -> list[str]:
        """Everything that does not agree."""
        self.wrong = list(self.store.wrong)
        self._everything_told_is_there()
        for entry in self.rows:
            if entry.kind == "ISSUED":
                self._was_right(entry)
        for each in self.told:
            self._answer_is_right(each)
        return self.wrong

    # ---- nothing lost, nothing twice ----------------------------------------------------------------------

    def _everything_told_is_there(self) -> None:
        issued: Counter[tuple[int, int]] = Counter()
        back: Counter[int] = Counter()
        for each in self._firsts():
            if each.path in (ISSUES, HANDOVERS) and each.code == 201:
                issued.update((item, each.said["decision_id"]) for item in each.items)
            if each.path in (RETURNS, HANDOVERS) and each.code in (200, 201):
                back.update(entry for _, word, entry in each.said["rows"] if word in CAME_BACK)
        asked = Counter(each.said["decision_id"] for each in self._firsts() if "decision_id" in each.said)
        maybe = self.unanswered.decisions({key: who for key, who in self.handed_on.items() if key not in asked})
        maybe_issued, maybe_back = with_it(self.rows, maybe)
        stored = Counter((row.item, row.decision) for row in self.rows if row.kind == "ISSUED")
        self._same("issued", issued, stored, maybe_issued)
        self._same("handed in", back, Counter(row.id for row in self.rows if row.kind in BACK), maybe_back)
        self._same("decided", asked, Counter(self.decisions.keys()), maybe)
        self._holds_and_losses_are_there()

    def _holds_and_losses_are_there(self) -> None:
        placed = Counter(each.said["hold_id"] for each in self.told if "hold_id" in each.said)
        aside = [each for each in self.holds if each.reason == SET_ASIDE and each.kind == "HELD"]
        maybe = self.unanswered.holds([each for each in aside if each.hold not in placed])
        self._same("set aside", placed, Counter(each.hold for each in aside), maybe)
        lifted = Counter(hold_of(each.path) for each in self.told if each.path.endswith(LIFT) and each.code == 204)
        ended = Counter(each.hold for each in self.holds if each.kind == "LIFTED")
        self._same("set free", lifted, ended, self.unanswered.lifts())
        missing = Counter(each.items[0] for each in self.told if each.path == LOSSES and each.code == 201)
        gone = Counter(row.item for row in self.rows if row.kind == "UNACCOUNTED")
        self._same("missing", missing, gone - (gone - missing & self.unanswered.losses()))

    @cached_property
    def unanswered(self) -> Unanswered:
        """What nobody knows of."""
        return Unanswered.of(self.told)

    def _same(self, what: str, told: Counter[Any], stored: Counter[Any], maybe: Container[Any] = ()) -> None:
        """Each as often told as stored, but for what may have been stored once and not been told."""
        for key in (told - stored).keys() | (stored - told).keys():
            if key in maybe and (told[key], stored[key]) == (0, 1):
                continue
            self.wrong.append(f"{what} {key}: told {told[key]} times, stored {stored[key]} times")

    def _firsts(self) -> Iterator[Told]:
        """The first answer to each key; those after it must be the same."""
        first: dict[tuple[int, str], Told] = {}
        for each in self.told:
            before = first.get((each.hand, each.key))
            if before is None or "decision_id" not in before.said:  # only what was decided is kept under its key
                first[each.hand, each.key] = each
                yield each
            elif each.body == before.body and (each.code, each.said) != (before.code, before.said):
                self.wrong.append(f"{each.key} was answered {before.code} {before.said}, then {each.code} {each.said}")
            elif each.body != before.body and each.code != 422:
                self.wrong.append(f"{each.key} was used for two things, and answered {each.code}")

    # ---- what was given ------------------------------------------------------------------------------------

    def _was_right(self, entry: Entry) -> None:
        """Whether this issue is one that the rules allow."""
        officer = entry.taker[1] if entry.taker else 0
        held_back = self.store.held_back(entry.item, entry.seq)
        sort = self._sort(entry.item)
        reasons = [*self._against(officer, sort)]
        reasons += [what for what, of in (("held", self.world.held), ("past its date", self.world.past))
                    if entry.item in of]  # fmt: skip
        reasons += [f"set aside as {each}" for each in held_back if entry.item not in self.world.held]
        if entry.giver != (STORE, synthetic.STORE):
            reasons.append(f"it was with {entry.giver}")
        if entry.decision is None or self.decisions.get(entry.decision) != "ALLOW":
            reasons.append("no decision allows it")
        if reasons:
            self.wrong.append(f"entry {entry.id}: {entry.item} issued to {officer}, against {reasons}")

    def _sort(self, item: int) -> str:
        return CAMERA if item < synthetic.FIRST_SET or item == NOBODYS_ITEM else CED

    def _against(self, officer: int, sort: str) -> frozenset[str]:
        codes, keeps = AGAINST[self.world.officers.get(officer, "STAFF")]
        return codes if sort in keeps else frozenset()

    # ---- what was refused ------------------------------------------------------------------------------------

    def _answer_is_right(self, each: Told) -> None:
        expected = EXPECTED.get(each.act, {200} if each.path == RETURNS else {201, 403, 409})
        if each.code not in expected and each.code != UNKNOWN:
            self.wrong.append(f"{each.act}: answered {each.code} {each.said}")
        is_refusal = each.path in (ISSUES, HANDOVERS) and each.code in (403, 409)
        if is_refusal and "decision_id" in each.said and not each.is_repeat:
            self._refusal_is_right(each)

    def _refusal_is_right(self, each: Told) -> None:
        codes = {(code, item) for code, item in each.said["refusals"]}
        certain = self._certain(each)
        for missing in certain - {code for code, _ in codes}:
            self.wrong.append(f"{each.act} {each.key}: refused, and {missing} not named among {sorted(codes, key=str)}")
        for code, item in codes:
            if code not in certain and not self._was_so(each, code, item):
                self.wrong.append(f"{each.act} {each.key}: refused for {code} of {item}, which was not so")

    def _certain(self, each: Told) -> set[str]:
        """What is against an ask whenever it is made."""
        officer, items = each.officer, each.items
        found = {code for item in items for code in self._against(officer, self._sort(item))}
        found |= {"RECALLED"} if set(items) & set(self.world.held) else set()
        found |= {"EXPIRED"} if set(items) & set(self.world.past) else set()
        found |= {"AT_ANOTHER_STORE", "DOCK_FEED_STALE"} if set(items) & set(self.world.strays) else set()
        found |= {"ITEM_UNKNOWN"} if NOBODYS_ITEM in items else set()
        if items[0] in self.store.handles:
            found |= {"FUNCTION_TEST_MISSING"} if not each.body["function_tests"] else set()
            found |= {"FITNESS_NOT_DECLARED"} if not each.body["fit_declared"] else set()
        if officer == FIRST_HAND + each.hand:
            found.add("ISSUES_TO_SELF")
        return found

    def _was_so(self, each: Told, code: str, item: int | None) -> bool:
        officer, during = each.officer, (each.sent_us, each.told_us)
        if item is not None and code in HELD_BACK:
            return bool(HELD_BACK[code] & self.store.held_back_within(item, *during))
        if item is not None and code == "PLACE_UNKNOWN":
            return any(what == "UNKNOWN" for what, _ in self.store.holders_within(item, *during))
        if code in (HELD_BY_ANOTHER, WITH_YOU):
            holders = self.store.holders_within(item, *during) if item is not None else []
            return any((who == officer) == (code == WITH_YOU) for what, who in holders if what == PERSON)
        if code in ALONE:
            return each.act == "draws_a_handle_alone"
        if code not in HAD_ALREADY:
            return False
        had = self.store.had_within(officer, *during)
        return any(self._part(other) in HAD_ALREADY[code] for other in had)

    def _part(self, item: int) -> str:
        if self._sort(item) == CAMERA:
            return CAMERA
        return PARTS[min(2, (item - synthetic.FIRST_SET) % synthetic.SET_SIZE)]


def read_told(folder: Path) -> list[Told]:
    """What every client wrote down."""
    lines = [line for path in sorted(folder.glob("told-*.jsonl")) for line in path.read_text().splitlines()]
    return sorted((Told(**json.loads(line)) for line in lines), key=lambda each: each.told_us)


def reckon(url: str, folder: Path, world: World) -> tuple[Reckoning, list[str]]:
    """Hold everything against everything; the audit's and the verifier's findings are among what is wrong."""
    engine = make_engine(url)
    with engine.connect() as conn:
        made = Reckoning(world, read_told(folder), _entries(conn), *_verdicts(conn), _holds(conn))
        wrong = made.reckon()
        wrong += [f"audit: {each}" for each in audit(conn)]
        wrong += [f"verify: {each}" for each in verify(conn).findings]
    engine.dispose()
    return made, wrong


def _entries(conn: sa.Connection) -> list[Entry]:
    c = ledger.c
    rows = conn.execute(
        sa.select(c.id, c.item_id, c.seq, c.kind, c.at_us, c.giver, c.giver_id, c.taker, c.taker_id, c.decision_id,
                  c.tx_id)
        .where(c.kind.in_(MOVES), c.item_id.is_not(None))
        .order_by(c.item_id, c.seq)
    )  # fmt: skip
    return [
        Entry(row.id, row.item_id, row.seq, row.kind, row.at_us,
              None if row.giver is None or row.giver == "SUPPLIER" else (row.giver, row.giver_id),
              None if row.taker is None else (row.taker, row.taker_id), row.decision_id, row.tx_id)
        for row in rows
    ]  # fmt: skip


def _verdicts(conn: sa.Connection) -> tuple[dict[int, str], dict[int, int]]:
    """Every decision's verdict; and of those about hand-overs, to whom."""
    c = decision.c
    rows = list(conn.execute(sa.select(c.id, c.verdict, c.door, c.person_id)))
    return {row.id: row.verdict for row in rows}, {row.id: row.person_id for row in rows if row.door == "handover"}


def _holds(conn: sa.Connection) -> list[HoldEntry]:
    c = ledger.c
    asked = sa.select(c.id, c.item_id, c.seq, c.kind, c.at_us, c.hold_id, c.reason)
    rows = conn.execute(asked.where(c.kind.in_(("HELD", "LIFTED")), c.item_id.is_not(None)))
    return [HoldEntry(*row) for row in rows]
