"""What a change of policy would do, before anybody decides it: who would newly be refused or allowed, and which kit.

One rule for the editor: nothing is written and nobody is named. The rules are the gate's, asked twice of the same
facts, once under each policy; counts of people go out through `small_numbers`.

Issue 5 line 9; times are UTC microseconds.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from inventory.gate.facts import Facts
from inventory.gate.kind_policy import Policy
from inventory.gate.readiness import judge_item
from inventory.oversight.small_numbers import LEAST, Path, shown
from inventory.oversight.whole_force import DRAWN, Who, Window, everybody, facts_of, offered, refused
from inventory.people.calendar import HOUR_US
from inventory.schema.fast import Fast, among
from inventory.schema.stock import item
from inventory.stock.item_facts import read_items
from inventory.stock.kept import keep_in_mind
from inventory.stock.kit_facts import ItemFacts

DUTY_US = 9 * HOUR_US
"""The duty that everybody is asked about: one of the demo force's shifts, from now."""
NO_TEAM = ""
PURPOSE = "OPERATIONAL"

_KIT = Fast(
    sa.select(item.c.id).where(
        item.c.pool == sa.literal_column(f"'{PURPOSE}'"), among(item.c.kind, "kinds", texts=True)
    )
)

Verdicts = Mapping[Path, tuple[frozenset[str], frozenset[str]]]
"""(kind, model, store, team, person or item) -> the codes that stop it now, and then."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group of people or of kit, and what the change does to it.

    `of` is PEOPLE or KIT. `store_id` None: the whole force (and then `team` is None); `team` None: the whole store.
    People on no store's books stand under store 0. `asked` is how many were asked about. `denied` and `allowed` are
    how many would newly be refused and newly be allowed; None: withheld, because it is a small number of people or
    would tell one. `reasons` are (code, how many) of those newly refused, for the whole force alone, most first.
    """

    of: str
    kind: str
    model: str
    store_id: int | None
    team: str | None
    asked: int
    denied: int | None
    allowed: int | None
    reasons: tuple[tuple[str, int | None], ...] = ()

    @property
    def is_withheld(self) -> bool:
        """Whether a number of it is not told."""
        return self.denied is None or self.allowed is None


def preview(conn: sa.Connection, policy_now: Policy, policy_then: Policy, now_us: int) -> list[Group]:
    """Every group for which anything changes, the whole force first, then by store, then by team.

    People are asked about every (kind, model) that their store has, for a duty of `DUTY_US` from now, as if their
    hands were empty; kit of the operational pool as the shelf shows it. An unchanged policy gives an empty list.
    """
    if policy_now.hash == policy_then.hash:
        return []
    kinds = _kinds_changed(policy_now, policy_then)
    people = _people(conn, (policy_now, policy_then), kinds, now_us) if kinds & set(DRAWN) else {}
    kit = _kit(conn, (policy_now, policy_then), kinds, now_us) if kinds else {}
    return [*_groups("PEOPLE", people, shown), *_groups("KIT", kit, _all)]


def _kinds_changed(now: Policy, then: Policy) -> frozenset[str]:
    """The kinds that the two policies could judge differently: all of them where what they share differs."""
    every = {kind for kind, _ in (*now.kinds, *then.kinds)}
    shared = ("courses", "feed_sources", "devices")
    if any(getattr(now, name) != getattr(then, name) for name in shared):
        return frozenset(every)
    return frozenset(
        kind for kind in every if now.kind(kind, PURPOSE) != then.kind(kind, PURPOSE)
    )


def _all(counts: Mapping[Path, int]) -> dict[Path, int | None]:
    """Kit is nobody: nothing is withheld."""
    return dict(counts)


# ---- asking twice ----------------------------------------------------------------------------------


def _people(
    conn: sa.Connection, policies: tuple[Policy, Policy], kinds: frozenset[str], now_us: int
) -> Verdicts:
    now, then = policies
    who, window, offers = everybody(conn, now_us), Window(now_us, now_us + DUTY_US), offered(conn)
    facts = facts_of(conn, who, now, now_us, window)
    later = facts
    if (now.courses, now.feed_sources) != (then.courses, then.feed_sources):
        later = facts_of(conn, who, then, now_us, window)
    everything = sorted({each for some in offers.values() for each in some})
    return {
        (kind, model, each.store_id or 0, each.team, each.id): verdict
        for each in who
        for kind, model in offers.get(each.store_id or 0, everything)
        if kind in kinds and (verdict := _of_person(each, kind, model, ((facts, now), (later, then)))) is not None
    }


Asked = tuple[Mapping[int, Facts], Policy]


def _of_person(
    who: Who, kind: str, model: str, both: tuple[Asked, Asked]
) -> tuple[frozenset[str], frozenset[str]] | None:
    if kind not in DRAWN:
        return None
    before, after = (frozenset(refused(facts[who.id], policy, kind, model)) for facts, policy in both)
    return before, after


def _kit(
    conn: sa.Connection, policies: tuple[Policy, Policy], kinds: frozenset[str], now_us: int
) -> Verdicts:
    now, then = policies
    items = keep_in_mind(conn, read_items(conn, [row[0] for row in _KIT.rows(conn, {"kinds": sorted(kinds)})]), now_us)
    return {
        (each.kind, each.model, each.home_store_id, NO_TEAM, each.id): (
            _codes(each, now, now_us), _codes(each, then, now_us),
        )
        for each in items.values()
    }  # fmt: skip


def _codes(each: ItemFacts, policy: Policy, now_us: int) -> frozenset[str]:
    return frozenset(refusal.code for refusal in judge_item(each, policy, now_us) if refusal.stops)


# ---- counting --------------------------------------------------------------------------------------


def _groups(
    of: str, verdicts: Verdicts, told: Callable[[Mapping[Path, int]], dict[Path, int | None]]
) -> list[Group]:
    """The groups of every (kind, model) that have a change, with the counts that may be told."""
    by_sort: dict[tuple[object, ...], dict[Path, tuple[frozenset[str], frozenset[str]]]] = defaultdict(dict)
    for path, verdict in verdicts.items():
        by_sort[path[:2]][path[2:]] = verdict
    groups: list[Group] = []
    for (kind, model), some in sorted(by_sort.items()):
        asked = _counted(path[:-1] for path in some)
        denied = _counted((path[:-1] for path, (a, b) in some.items() if b and not a), asked)
        allowed = _counted((path[:-1] for path, (a, b) in some.items() if a and not b), asked)
        said_denied, said_allowed = told(denied), told(allowed)
        reasons = _reasons([b for a, b in some.values() if b and not a], withhold=of == "PEOPLE")
        groups += [
            Group(
                of, str(kind), str(model), *_place(path), asked[path], said_denied[path], said_allowed[path],
                reasons if not path else (),
            )
            for path in asked
            if (of == "PEOPLE" or len(path) < 2) and (_says(path, said_denied) or _says(path, said_allowed))
        ]  # fmt: skip
    return sorted(groups, key=lambda each: (each.of != "PEOPLE", each.kind, each.model, _order(each)))


def _says(path: Path, said: Mapping[Path, int | None]) -> bool:
    """Whether anything changes there, as far as it may be told: the parts of what is withheld are not listed."""
    return said[path] != 0 and (not path or said[path[:-1]] is not None)


def _counted(paths: Iterable[Path], alike: Iterable[Path] = ()) -> Counter[Path]:
    """How many at every level: the whole, its stores, their teams. `alike` names the places that must be there."""
    counts = Counter(dict.fromkeys(alike, 0))
    for path in paths:
        counts.update(path[:depth] for depth in range(len(path) + 1))
    return counts


def _place(path: Path) -> tuple[int | None, str | None]:
    store_id, team = (*path, None, None)[:2]
    return (store_id if isinstance(store_id, int) else None), (team if isinstance(team, str) else None)


def _order(each: Group) -> tuple[int, int, str]:
    return (-1 if each.store_id is None else each.store_id, each.team is not None, each.team or "")


def _reasons(codes: list[frozenset[str]], *, withhold: bool) -> tuple[tuple[str, int | None], ...]:
    """How many of those newly refused each code stops. A count is withheld where it, or what it leaves, is small."""
    counts = Counter(code for some in codes for code in some)
    return tuple(
        (code, None if withhold and (count < LEAST or 0 < len(codes) - count < LEAST) else count)
        for code, count in sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    )
