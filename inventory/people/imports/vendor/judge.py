"""What a vendor's row amounts to: what it adds to what we hold, and where it contradicts the ledger.

One rule for the editor: nothing here changes who has an item. Where the vendor and the ledger disagree, both are
kept as they are and a person is told; a newer word replaces an older one of the same vendor's, never a dock's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from inventory.people.calendar import LONDON, SECOND_US
from inventory.people.imports.report import Tally
from inventory.people.imports.vendor.on_record import KnownItem, OnRecord
from inventory.people.imports.vendor.rows import TIMED, Value, VendorRow

NEW, CHANGED, CONFIRMED, SAME, OLDER = "NEW", "CHANGED", "CONFIRMED", "SAME", "OLDER"
TAKES = (NEW, CHANGED, CONFIRMED)
"""The words that write: a first word, another one, and the same one said later."""

DOCKED_KINDS = ("CED_BATTERY",)
"""The kinds that a rule asks to have been docked lately (I-04)."""

UNKNOWN, REFUSED, SAYS_NEW, NOTHING_NEW = "UNKNOWN", "REFUSED", "NEW", "SAME"


@dataclass(frozen=True, slots=True)
class Change:
    """One fact that a row says: what was held, what it says, and which of the five words that is."""

    fact: str
    before: str
    after: str
    word: str
    value: Value


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Where a row and our records disagree. `kind` is the alarm's word; `is_new` where the row's word is."""

    kind: str
    detail: str
    item_id: int
    store_id: int
    person_id: int | None
    is_new: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One row: its item where there is one, and what it amounts to. `word`: NEW, SAME, UNKNOWN or REFUSED.

    `counts_as_docked`: the gate's own rule may count it (I-04).
    """

    row: VendorRow
    word: str
    item: KnownItem | None = None
    changes: tuple[Change, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    notes: tuple[str, ...] = ()
    counts_as_docked: int | None = None


def said(fact: str, value: Value | None) -> str:
    """A value in words: times as London's clocks showed them."""
    if value is None:
        return ""
    if fact in TIMED and value.number is not None:
        return datetime.fromtimestamp(value.number // SECOND_US, UTC).astimezone(LONDON).strftime("%d/%m/%Y %H:%M")
    if value.number is not None:
        return f"{value.number} %"
    return value.words or ""


class Judge:
    """Judges the rows of one file in their order, each against what the ones before it left."""

    def __init__(self, known: OnRecord, vendor: str, tally: Tally) -> None:
        self._known = known
        self._vendor = vendor
        self._tally = tally
        self._line_of: dict[tuple[int, str], int] = {}

    def judge(self, row: VendorRow) -> Judged:
        """What `row` amounts to. What it says is held from now on."""
        item = self._item(row)
        if item is None:
            return Judged(row, UNKNOWN)
        changes = tuple(self._change(item, fact, value) for fact, value in row.facts.items())
        twice = [each for each in changes if self._was_said(item, each)]
        for each in twice:
            line = self._line_of[item.id, each.fact]
            self._tally.refuse(row.line, each.fact.lower(), each.after, f"what line {line} says of the same time")
        if twice:
            return Judged(row, REFUSED, item)
        for each in changes:
            if each.word in TAKES:
                self._known.facts[item.id, each.fact] = each.value
                self._line_of[item.id, each.fact] = row.line
        word = SAYS_NEW if any(each.word in TAKES for each in changes) else NOTHING_NEW
        by_fact = {each.fact: each for each in changes}
        found, notes = self._contradictions(item, row, by_fact)
        return Judged(row, word, item, changes, found, notes, self._docked(item, by_fact.get("DOCKED")))

    def _item(self, row: VendorRow) -> KnownItem | None:
        found = [
            each
            for each in self._known.items.get(row.serial, ())
            if each.maker == row.maker and row.kind in ("", each.kind)
        ]
        if len(found) > 1:
            kinds = " and ".join(sorted(each.kind for each in found))
            self._tally.refuse(row.line, "kind", "", f"the kind of kit: {kinds} have this serial")
        elif not found:
            what = f"a {row.kind}" if row.kind else "an item"
            self._tally.refuse(row.line, "serial", row.serial, f"the serial of {what} of {row.maker} on record")
        return found[0] if len(found) == 1 else None

    def _change(self, item: KnownItem, fact: str, value: Value) -> Change:
        held = self._known.facts.get((item.id, fact))
        is_same = held is not None and (held.number, held.words) == (value.number, value.words)
        if held is None:
            word = NEW
        elif value.at_us < held.at_us or (is_same and value.at_us == held.at_us):
            word = SAME if is_same else OLDER
        else:
            word = CONFIRMED if is_same else CHANGED
        return Change(fact, said(fact, held), said(fact, value), word, value)

    def _was_said(self, item: KnownItem, change: Change) -> bool:
        """Whether another row of this file says something else of the same time."""
        key = (item.id, change.fact)
        held = self._known.facts.get(key)
        return change.word == CHANGED and key in self._line_of and held is not None and held.at_us == change.value.at_us

    def _docked(self, item: KnownItem, change: Change | None) -> int | None:
        """When it was docked, where that is later than any dock of ours or check has said."""
        if change is None or item.kind not in DOCKED_KINDS or change.word not in TAKES:
            return None
        at_us = change.value.at_us
        if at_us <= self._known.docked_us.get(item.id, 0):
            return None
        self._known.docked_us[item.id] = at_us
        return at_us

    # ---- where it disagrees ------------------------------------------------------------------------

    def _contradictions(
        self, item: KnownItem, row: VendorRow, changes: Mapping[str, Change]
    ) -> tuple[tuple[Contradiction, ...], tuple[str, ...]]:
        found: list[tuple[str, str, str]] = []
        notes: list[str] = []
        if "ASSIGNED_COLLAR" in row.facts:
            detail, note = self._assigned(item, row.facts["ASSIGNED_COLLAR"].words or "")
            found += [("VENDOR_ASSIGNEE_DIFFERS", detail, "ASSIGNED_COLLAR")] if detail else []
            notes += [note] if note else []
        docked = row.facts.get("DOCKED")
        if docked and item.holder == "PERSON" and docked.at_us > (item.opened_us or 0):
            since = said("DOCKED", Value(item.opened_us, None, 0))
            when = changes["DOCKED"].after
            detail = f"{self._vendor} says it was docked on {when}; {self._with(item)} since {since}."
            found.append(("VENDOR_DOCKED_WHILE_OUT", detail, "DOCKED"))
        expires = row.facts.get("EXPIRES")
        if expires and item.expires_on and expires.words != item.expires_on:
            detail = f"{self._vendor} says it expires on {expires.words}; our record says {item.expires_on}."
            found.append(("VENDOR_EXPIRY_DIFFERS", detail, "EXPIRES"))
        holder = item.holder_id if item.holder == "PERSON" else None
        made = (
            Contradiction(kind, detail, item.id, item.home_store_id, holder, changes[fact].word in TAKES)
            for kind, detail, fact in found
        )
        return tuple(made), tuple(notes)

    def _assigned(self, item: KnownItem, collar: str) -> tuple[str, str]:
        """How the ledger disagrees with the collar a vendor names, and what else is to be said; "" for nothing."""
        people = self._known.people
        whom = self._known.collars.get(collar)
        if whom is None:
            return "", f"Nobody on record has the collar {collar}; it was compared with nobody."
        has = people.get(item.holder_id or 0) if item.holder == "PERSON" else None
        its_own = people.get(item.personal_to or 0)
        says = f"{self._vendor} says it is assigned to collar {collar}; {self._with(item)}"
        if whom in (has, its_own if has is None else None):
            return "", ""
        if has is None and its_own is not None:
            owner = self._known.collar_of.get(item.personal_to or 0, "another officer")
            return f"{says}, and is {owner}'s own.", ""
        # Most clouds keep pool kit assigned to whoever had it last: in the store that is a note, and no alarm.
        return (f"{says}.", "") if has is not None else ("", f"{says}.")

    def _with(self, item: KnownItem) -> str:
        """Who has it by the ledger, in words."""
        if item.holder == "PERSON":
            collar = self._known.collar_of.get(item.holder_id or 0)
            return f"the ledger says collar {collar} has it" if collar else "the ledger says another officer has it"
        if item.holder == "STORE":
            return f"the ledger says it is in {self._known.stores.get(item.holder_id or 0, 'a store')}"
        return f"the ledger says it is with {item.holder}" if item.holder else "the ledger has not received it"
