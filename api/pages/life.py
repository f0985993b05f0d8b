"""An item's life as one time line: ledger entries, checks and alarms in sentences, and the spans between them.

One rule for the editor: a sentence says what its row says; what is not in the row is not said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from inventory.people.calendar import local_day

Row = Mapping[str, Any]
NOTHING_CORRECTED: Mapping[int, int] = {}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: its shape and tone, a sentence, and what proves it; of an entry of the ledger, which one
    it puts right and which one puts it right."""

    at_us: int
    shape: str
    tone: str
    said: str
    by: str = ""
    detail: str = ""
    proof: str = ""
    person_id: int | None = None
    entry_id: int | None = None
    corrects: int | None = None
    corrected_by: int | None = None
    decision_id: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """From one movement to the next: who had it. `from_us` to `until_us` (None: still)."""

    holder: str
    name: str
    from_us: int
    until_us: int | None


SAID: dict[str, tuple[str, str, str]] = {
    "RECEIVED": ("born", "still", "Received into {taker}"),
    "ISSUED": ("moved", "good", "Issued to {taker}"),
    "RETURNED": ("returned", "back", "Returned by {giver} to {taker}"),
    "TRANSFERRED": ("moved", "back", "Moved from {giver} to {taker}"),
    "ASSERTED": ("person", "warn", "Recorded as already with {taker}"),
    "HANDED_OVER": ("moved", "warn", "Handed over by {giver} to {taker}"),
    "UNACCOUNTED": ("warning", "bad", "Unaccounted for, last with {giver}"),
    "FOUND": ("sighted", "good", "Found, now with {taker}"),
    "DISPOSED": ("cross", "still", "Disposed of by {giver}"),
    "HELD": ("lock", "bad", "Hold placed"),
    "LIFTED": ("tick", "good", "Hold lifted"),
    "REFUSED": ("refused", "bad", "Issue refused"),
    "OVERRIDDEN": ("check", "warn", "A refusal was overridden for {taker}"),
    "REVOKED": ("cross", "warn", "The override for {taker} was revoked"),
    "LOADED": ("tick", "good", "Loaded"),
    "UNLOADED": ("empty", "still", "Unloaded"),
    "SENT": ("moved", "back", "A consignment was sent"),
    "DELIVERED": ("moved", "back", "A consignment was received"),
    "PASSED": ("check", "back", "Passed on"),
    "COUNT_OPENED": ("check", "still", "A count was opened"),
    "COUNT_CLOSED": ("check", "still", "A count was closed"),
    "RECALL": ("warning", "warn", "In a recall"),
    "LAPSE": ("warning", "warn", "Its holder might no longer hold it"),
    "LOSS": ("check", "warn", "In the case of its loss"),
    "USED": ("warning", "warn", "Its use was declared"),
    "USE_ANSWERED": ("check", "back", "Written down after its use"),
    "RESERVED": ("person", "back", "Kit was reserved"),
    "UNRESERVED": ("cross", "still", "A reservation was ended"),
    "MARKED": ("card", "still", "A code was bound to it"),
    "UNMARKED": ("card", "still", "A code no longer stands for it"),
    "WRITTEN_UP": ("check", "warn", "A page of paper was written up"),
    "CORRECTED": ("check", "warn", "Record corrected"),
    "ERASED": ("check", "warn", "Personal data erased as the retention rule says"),
}
"""Ledger word -> shape, tone, sentence."""

HOLDERS = {
    "EXHIBIT": "the exhibit store", "CARRIER": "the carrier", "SUPPLIER": "the supplier", "DISPOSAL": "disposal",
    "UNKNOWN": "nobody we know of", None: "nowhere on record",
}  # fmt: skip
CHECKS = {
    "FUNCTION_TEST": ("Function test passed", "Function test failed"),
    "FULL_CHECK": ("Full check passed", "Full check failed"),
    "DOCKED": ("Docked", "Docked, and the dock found a fault"),
    "DOWNLOAD": ("Log downloaded", "Log download failed"),
    "SANITISED": ("Memory wiped", "Memory could not be wiped"),
    "CLOCK": ("Its clock is in step", "Its clock is out of step"),
}
"""Check -> what is said when it passed, and when it did not."""

ABOUT_HOLDS = ("HELD", "LIFTED")
ABOUT_ISSUING = ("REFUSED", "OVERRIDDEN", "REVOKED")
"""Entries that name a person to whom nothing passed by them."""


def name_of(end: str, row: Row, stores: Mapping[int, str]) -> str:
    """Who or what the "giver" or "taker" of an entry is."""
    holder, holder_id = row[end], row[f"{end}_id"]
    if holder == "PERSON":
        return person_said(row["people"].get(end))
    if holder == "STORE":
        return stores.get(holder_id, f"store {holder_id}")
    return HOLDERS.get(holder, str(holder))


def person_said(known: Row | None) -> str:
    """'PC Whitcombe 4417'."""
    if known is None:
        return "a person whose data was erased"
    family = str(known["name"]).rsplit(" ", 1)[-1]
    called = known["rank"] or str(known["name"]).split(" ")[0]
    return " ".join(str(part) for part in (called, family, known["collar"]) if part)


def entry_event(
    row: Row, stores: Mapping[int, str], corrected: Mapping[int, int] = NOTHING_CORRECTED
) -> Event:
    """An entry of the ledger as it stands on the line; `corrected`: entry -> the entry that put it right."""
    shape, tone, sentence = SAID.get(row["kind"], ("dot", "still", str(row["kind"]).capitalize()))
    giver, taker = name_of("giver", row, stores), name_of("taker", row, stores)
    people = [
        person_said(row["people"][end]) for end in ("by_person", "second_person") if end in row["people"]
    ]
    proof = f"Entry {row['seq']}, {str(row['hash'])[:12]}"
    if row["decision_id"] is not None:
        proof += f", decision {row['decision_id']}"
    if row["reading_key"]:
        proof += f", reading {row['reading_key']}"
    person_id = next((row[f"{end}_id"] for end in ("taker", "giver") if row[end] == "PERSON"), None)
    said, detail = sentence.format(giver=giver, taker=taker), row["reason"] or ""
    if row["kind"] in ABOUT_HOLDS and detail:
        said, detail = f"{said}: {said_word(detail).lower()}", ""
    by, entry_id = " and ".join(people), row["id"]
    return Event(
        row["at_us"], shape, tone, said, by, detail, proof, person_id, entry_id, row["corrects"],
        corrected.get(entry_id), row["decision_id"],
    )  # fmt: skip


def check_event(row: Row) -> Event:
    """An inspection as it stands on the line."""
    passed = bool(row["passed"])
    words = CHECKS.get(
        row["kind"], (f"{said_word(row['kind'])}: passed", f"{said_word(row['kind'])}: failed")
    )
    shape, tone = ("check", "good") if passed else ("cross", "bad")
    return Event(row["at_us"], shape, tone, words[0] if passed else words[1], detail=row["detail"] or "")


def alarm_events(row: Row, people: Mapping[int, str]) -> list[Event]:
    """An alarm, and its settling where it was settled: by whom and with what words, to whom `people` are told."""
    raised = Event(row["raised_us"], "warning", "warn", said_word(row["kind"]), detail=row["detail"])
    if row["settled_us"] is None:
        return [raised]
    by = people.get(row["settled_by"], "")
    said = f"Settled: {said_word(row['kind'])}"
    return [raised, Event(row["settled_us"], "tick", "good", said, by, row["settlement"] if by else "")]


def said_word(kind: str) -> str:
    """A stored word as people say it: 'TAKEN_WITHOUT_ISSUE' becomes 'Taken without issue'."""
    return kind.replace("_", " ").capitalize()


def by_day(events: Iterable[Event]) -> list[tuple[str, list[Event]]]:
    """Newest day first, each with its events newest first. The day is London's, as ISO text."""
    newest = sorted(events, key=lambda event: event.at_us, reverse=True)
    return [
        (day, list(group))
        for day, group in groupby(newest, key=lambda event: local_day(event.at_us).isoformat())
    ]


def spans(rows: Sequence[Row], stores: Mapping[int, str]) -> list[Span]:
    """Who had it from each movement to the next, oldest first."""
    moves = [row for row in rows if row["taker"] is not None and row["kind"] not in ABOUT_ISSUING]
    ends = [later["at_us"] for _, later in pairwise(moves)] + [None]
    return [
        Span(row["taker"], name_of("taker", row, stores), row["at_us"], until)
        for row, until in zip(moves, ends, strict=True)
    ]  # fmt: skip
