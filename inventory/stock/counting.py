"""What a count says of each thing: a table over what was expected, what was seen, and who had it meanwhile.

One rule for the editor: pure, and the same whoever asks: the page while a count is open, its close, and the audit.
Kit that passes over the hatch while a store is counted is taken into account: it came or it went, and is not missing.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field

Holder = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Span:
    """That somebody had an item from `from_us`, up to `until_us` (None: still)."""

    holder: str
    holder_id: int
    from_us: int
    until_us: int | None

    def covers(self, at_us: int) -> bool:
        """Whether it was so at that moment."""
        return self.from_us <= at_us and (self.until_us is None or at_us < self.until_us)


@dataclass(frozen=True, slots=True)
class Seen:
    """One sighting: the item (None: nothing of ours, or several things), the code that was read, and when."""

    item_id: int | None
    code: str
    seen_us: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Everything a result is made of. `in_scope` are the items of any store that this count is of."""

    store_id: int
    opened_us: int
    expected: frozenset[int]
    in_scope: frozenset[int]
    sightings: Sequence[Seen]
    spans: Mapping[int, Sequence[Span]]


@dataclass(frozen=True, slots=True)
class Line:
    """What the count says of one thing: an item, or a code that is not one known item. `holder` has it at the close."""

    word: str
    item_id: int | None = None
    code: str | None = None
    seen_us: int | None = None
    times: int = 0
    holder: str | None = None
    holder_id: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One item, looked at. `last` is its newest sighting; `here` whether the store has it now by the ledger."""

    expected: bool
    in_scope: bool
    last: int | None
    here: bool
    came_us: int | None
    opened_us: int

    @property
    def moved(self) -> bool:
        """Whether it came to the store while it was counted: a hand gave it and a hand took it."""
        return self.came_us is not None and self.came_us > self.opened_us

    @property
    def seen_after_it_left(self) -> bool:
        """Whether it was seen here when the ledger already said that somebody else has it."""
        return not self.here and self.last is not None and (self.came_us is None or self.last >= self.came_us)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: the word, what it says, and when it is so."""

    word: str
    says: str
    when: Callable[[Case], bool]


TABLE: tuple[Row, ...] = (
    Row("FOUND", "expected, seen", lambda c: c.here and c.expected and c.last is not None),
    Row("CAME", "it came while it was counted", lambda c: c.here and c.moved and (c.in_scope or c.expected)),
    Row("MISSING", "expected, and nobody has seen it", lambda c: c.here and c.expected),
    Row("BESIDE", "this store's, and not what was counted", lambda c: c.here and c.last is not None),
    Row("STRAYED", "seen here, and somebody else has it by the ledger", lambda c: c.seen_after_it_left),
    Row("FOUND", "expected, seen, and gone since", lambda c: c.expected and c.last is not None),
    Row("WENT", "it went while it was counted", lambda c: c.expected),
)
"""In order of precedence. What no row says anything of is no part of the result."""

SAYS = {row.word: row.says for row in reversed(TABLE)} | {"UNKNOWN": "what was read is not one known item"}
VARIANCES = ("MISSING", "STRAYED", "UNKNOWN")
ORDER = ("MISSING", "STRAYED", "UNKNOWN", "BESIDE", "WENT", "CAME", "FOUND")


def judge(of: Counted) -> list[Line]:
    """Every line of a count: variances first, then by item and by code."""
    by_item: dict[int, list[Seen]] = {}
    strange: dict[str, list[Seen]] = {}
    for seen in of.sightings:
        if seen.item_id is None:
            strange.setdefault(seen.code, []).append(seen)
        else:
            by_item.setdefault(seen.item_id, []).append(seen)
    moved = {each for each in of.in_scope if _came_us(of, each) > of.opened_us}
    lines = [_line(of, item_id, by_item.get(item_id, ())) for item_id in {*of.expected, *by_item, *moved}]
    lines += [
        Line("UNKNOWN", code=code, seen_us=max(each.seen_us for each in some), times=len(some))
        for code, some in strange.items()
    ]
    found = [line for line in lines if line is not None]
    return sorted(found, key=lambda line: (ORDER.index(line.word), line.item_id or 0, line.code or ""))


def _line(of: Counted, item_id: int, sightings: Sequence[Seen]) -> Line | None:
    spans = of.spans.get(item_id, ())
    now = spans[-1] if spans else None
    here = now is not None and (now.holder, now.holder_id) == ("STORE", of.store_id)
    last = max((each.seen_us for each in sightings), default=None)
    case = Case(
        item_id in of.expected,
        item_id in of.in_scope,
        last,
        here,
        _left_or_came(of, spans, here),
        of.opened_us,
    )
    word = next((row.word for row in TABLE if row.when(case)), None)
    if word is None:
        return None
    holder, holder_id = (now.holder, now.holder_id) if now else (None, None)
    return Line(word, item_id, None, last, len(sightings), holder, holder_id)


def _left_or_came(of: Counted, spans: Sequence[Span], here: bool) -> int | None:
    """When it came to the store as it stands now; or, where it is elsewhere, when the store last ceased to have it."""
    if here:
        return spans[-1].from_us
    ours = [each for each in spans if (each.holder, each.holder_id) == ("STORE", of.store_id)]
    return ours[-1].until_us if ours else None


def _came_us(of: Counted, item_id: int) -> int:
    spans = of.spans.get(item_id, ())
    here = bool(spans) and (spans[-1].holder, spans[-1].holder_id) == ("STORE", of.store_id)
    return spans[-1].from_us if here else 0


def holder_at(spans: Sequence[Span], at_us: int) -> Holder | None:
    """Who had an item at a moment."""
    return next(((each.holder, each.holder_id) for each in reversed(spans) if each.covers(at_us)), None)


# ---- the result as it is kept ----------------------------------------------------------------------------


def as_text(lines: Sequence[Line]) -> str:
    """The result as it is stored and hashed: JSON, keys in order, no spaces."""
    return json.dumps(
        [asdict(line) for line in lines], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def lines_of(text: str) -> list[Line]:
    """The lines of a stored result."""
    return [Line(**each) for each in json.loads(text)]


def digest(text: str) -> str:
    """SHA-256 of a stored result, in hex: what the ledger's entry names and the certificate prints."""
    return hashlib.sha256(text.encode()).hexdigest()


def tally(lines: Collection[Line]) -> dict[str, int]:
    """How many lines say each word, every word named."""
    return {word: sum(line.word == word for line in lines) for word in ORDER}


@dataclass(frozen=True, slots=True)
class Scope:
    """What a count is of: kinds and models (empty: all), a pool (None: all), what was last seen at a place."""

    kinds: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    pool: str | None = None
    place_id: int | None = None
    items: frozenset[int] | None = field(default=None)  # a recount: these alone

    def takes(self, kind: str, model: str, pool: str) -> bool:
        """Whether an item is what is counted, its place left aside."""
        return (
            (not self.kinds or kind in self.kinds)
            and (not self.models or model in self.models)
            and self.pool in (None, pool)
        )
