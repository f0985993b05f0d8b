"""What hands were told in a storm, held against the ledger and against a model of a kit store: nothing is missing,
nothing is there twice, nothing was given that should not be, nothing was refused without a reason.

One rule for the editor: the ledger is read from the tables as rows; whether they are right is for the model to say.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
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
from tests.storm.acts import ISSUES, NOBODYS_ITEM, RETURNS
from tests.storm.model import PERSON, STORE, Entry, Store
from tests.storm.world import AGAINST, CAMERA, CED, FIRST_HAND, World

MOVES = ("RECEIVED", "ISSUED", "RETURNED", "UNACCOUNTED", "FOUND", "TRANSFERRED", "ASSERTED", "HANDED_OVER")
HELD_BY_ANOTHER, WITH_YOU = "HELD_BY_ANOTHER", "ALREADY_WITH_YOU"
PARTS = ("HANDLE", "BATTERY", "CARTRIDGE")
HAD_ALREADY = {
    "ALREADY_HOLDS_HANDLE": ("HANDLE",), "BATTERIES_TOO_MANY": ("BATTERY",), "CARTRIDGES_TOO_MANY": ("CARTRIDGE",),
    "EARLIER_DRAW_NOT_RECONCILED": ("BATTERY", "CARTRIDGE"), "HOLDS_ENOUGH": (CAMERA,),
}  # fmt: skip
"""Refusal -> of what the officer must have had something already for it to be right."""
ALONE = ("BATTERY_MISSING", "CARTRIDGES_SHORT")
EXPECTED = {
    "draws_malformed": {400}, "draws_what_is_not": {403}, "draws_as_a_stranger": {403},
    "draws_as_one_of_elsewhere": {403}, "draws_without_a_token": {403}, "hands_in_as_a_stranger": {403},
    "draws_to_themselves": {403, 409}, "asks_again": {201, 400, 403, 409, 422},
    "asks_other_under_the_same_key": {201, 403, 409, 422},
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

    @property
    def items(self) -> list[int]:
        """The items it named; none where it is not well formed."""
        named = self.body["items"]
        return [each["item_id"] for each in named] if isinstance(named, list) else []


@dataclass
class Reckoning:
    """The whole storm: what was told, what is stored, and what does not agree."""

    world: World
    told: list[Told]
    rows: list[Entry]
    decisions: dict[int, str]
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
            if each.code == 201:
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
        return made

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
            if each.path == ISSUES and each.code == 201:
                issued.update((item, each.said["decision_id"]) for item in each.items)
            if each.path == RETURNS and each.code == 200:
                back.update(entry for _, word, entry in each.said["rows"] if word in ("RETURNED", "STRAYED"))
        stored = Counter((row.item, row.decision) for row in self.rows if row.kind == "ISSUED")
        self._same("issued", issued, stored)
        self._same("handed in", back, Counter(row.id for row in self.rows if row.kind == "RETURNED"))
        asked = Counter(each.said["decision_id"] for each in self._firsts() if "decision_id" in each.said)
        self._same("decided", asked, Counter(self.decisions.keys()))

    def _same(self, what: str, told: Counter[Any], stored: Counter[Any]) -> None:
        for key in (told - stored).keys() | (stored - told).keys():
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
        sort = self._sort(entry.item)
        reasons = [*self._against(officer, sort)]
        reasons += [what for what, of in (("held", self.world.held), ("past its date", self.world.past))
                    if entry.item in of]  # fmt: skip
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
        if each.code not in expected:
            self.wrong.append(f"{each.act}: answered {each.code} {each.said}")
        if each.path == ISSUES and each.code in (403, 409) and "decision_id" in each.said and not each.is_repeat:
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
        officer, items = each.body["person_id"], each.items
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
        officer, during = each.body["person_id"], (each.sent_us, each.told_us)
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
        made = Reckoning(world, read_told(folder), _entries(conn), dict(_verdicts(conn)))
        wrong = made.reckon()
        wrong += [f"audit: {each}" for each in audit(conn)]
        wrong += [f"verify: {each}" for each in verify(conn).findings]
    engine.dispose()
    return made, wrong


def _entries(conn: sa.Connection) -> list[Entry]:
    c = ledger.c
    rows = conn.execute(
        sa.select(c.id, c.item_id, c.seq, c.kind, c.at_us, c.giver, c.giver_id, c.taker, c.taker_id, c.decision_id)
        .where(c.kind.in_(MOVES), c.item_id.is_not(None))
        .order_by(c.item_id, c.seq)
    )  # fmt: skip
    return [
        Entry(row.id, row.item_id, row.seq, row.kind, row.at_us,
              None if row.giver is None or row.giver == "SUPPLIER" else (row.giver, row.giver_id),
              None if row.taker is None else (row.taker, row.taker_id), row.decision_id)
        for row in rows
    ]  # fmt: skip


def _verdicts(conn: sa.Connection) -> list[tuple[int, str]]:
    return [(row.id, row.verdict) for row in conn.execute(sa.select(decision.c.id, decision.c.verdict))]
