"""Can we send it and keep business as usual? Who, with what, from which store, what is carried where, what is short.

One rule for the editor: nothing is written. The answer is yes only where every post is filled by somebody the gate
would let draw for the whole operation, with kit it would let go, and every store keeps what `business_as_usual` says.

Who is preferred, in this order: whoever has the fewest duties on the roster meanwhile and in the eleven hours before
(nobody rostered, or on rest, first); then people of the stores that have most to spare; then fewest things carried
between stores. Among equals a draw by the operation's name decides, so that it is not always the same people.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from inventory.gate.kind_policy import Policy
from inventory.oversight.mobilisation import business_as_usual as usual
from inventory.oversight.mobilisation.business_as_usual import KEPT, Duties, Shift, Targets
from inventory.oversight.mobilisation.choosing import CED, Alike, Choice, Problem, Shelf, choose
from inventory.oversight.mobilisation.issuing import Issued, issued
from inventory.oversight.mobilisation.operation import Operation
from inventory.oversight.mobilisation.people import Candidate, Pool, pool
from inventory.oversight.mobilisation.stock import CAMERA, GUARD, Stock, stock
from inventory.oversight.moments import StoreSaid, open_stores
from inventory.oversight.most_pairs import most_sets
from inventory.oversight.program import Solve
from inventory.oversight.whole_force import offered
from inventory.people.calendar import HOUR_US

REST_US = 11 * HOUR_US
"""Between two duties (Working Time Regulations 1998, reg. 10)."""
DUTIES_MOST, A_DUTY, A_PLACE = 9, 100, 1
"""A duty missed outweighs every place in the order of the stores' surplus."""
SHORT = ("PEOPLE", "BUSINESS_AS_USUAL", *("CED_HANDLE", "BWV_CAMERA", "SBG"))
"""What there would have to be more of: people who may, what stores keep less of, or a kind of kit."""


@dataclass(frozen=True, slots=True)
class KeptAt:
    """What one store keeps of a kind: on its shortest shift, and of kit. `people` that stay on that shift and may draw
    it, of `wanted`; `pieces` that stay, of `pieces_wanted` (None: nothing of the
    kind is drawn, so nothing was counted). What is wanted is never more than there is."""

    store_id: int
    kind: str
    shift: str
    people: int
    wanted: int
    pieces: int | None
    pieces_wanted: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one operation.

    `unfilled`: post -> people who lack; `short_of`: words of SHORT, each of which alone would fill more. `sent`: who,
    with what. `kept`: what every store keeps. `asked_people`: how many were judged; `stopped`: code -> how many of them
    it stops. `kit_stopped`: (kind, code) -> pieces. `duties`: person -> duties on the roster that it touches.
    """

    asked: Operation
    unfilled: Mapping[str, int]
    short_of: tuple[str, ...]
    sent: tuple[Issued, ...]
    kept: tuple[KeptAt, ...]
    asked_people: int
    candidates: int
    stopped: Mapping[str, int]
    kit_stopped: Mapping[tuple[str, str], int]
    stores: Mapping[int, str] = field(default_factory=dict)

    @property
    def yes(self) -> bool:
        """Whether it can be sent, with business as usual kept."""
        return not any(self.unfilled.values())


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything an answer is made from, read once: what-ifs lay their changes over it."""

    stores: Sequence[StoreSaid]
    pool: Pool
    stock: Stock
    targets: Targets
    duties: Duties


def ground(conn: sa.Connection, asked: Operation, policy: Policy, now_us: int) -> Ground:
    """Read the force for one operation."""
    stores = open_stores(conn)
    there = stock(conn, asked, policy, now_us)
    models = {model for some in offered(conn).values() for kind, model in some if kind == CED}
    people = pool(conn, asked, tuple(sorted(models)), policy, now_us)
    teams = {who: (each.store_id, each.team) for who, each in people.people.items() if each.store_id is not None}
    duties = usual.duties(conn, stores, teams, asked.from_us - REST_US, asked.until_us)
    return Ground(stores, people, there, usual.targets(conn, asked.from_us, asked.keep_percent), duties)


def answer(conn: sa.Connection, asked: Operation, policy: Policy, solve: Solve, now_us: int) -> Answer:
    """Read and answer. Raises ValueError where the solver finds nothing, which no operation should bring about."""
    return answered(asked, ground(conn, asked, policy, now_us), solve)


def answered(asked: Operation, on: Ground, solve: Solve) -> Answer:
    """The answer on this ground."""
    counting = _counting(asked, on)
    problem = _problem(asked, on, counting)
    choice = choose(problem, solve)
    sent = issued(_named(asked, on, choice, counting), on.stock, choice)
    stopped = Counter(code for codes in on.pool.refusals.values() for code in codes)
    return Answer(
        asked=asked, unfilled=choice.unfilled, short_of=() if choice.is_whole else _short_of(problem, choice, solve),
        sent=sent, kept=_kept(on, counting, problem, sent), asked_people=len(on.pool.people),
        candidates=len(on.pool.candidates), stopped=dict(stopped.most_common()),
        kit_stopped=dict(on.stock.stopped), stores={each.id: each.name for each in on.stores},
    )  # fmt: skip


def left_over(asked: Operation, on: Ground) -> dict[str, int]:
    """What all stores could give beyond what they keep, by kind: whole sets, cameras of the pool, spit guards."""
    problem = _problem(asked, on, _counting(asked, on))
    found: Counter[str] = Counter({CED: 0, CAMERA: 0, GUARD: 0})
    for store in on.stores:
        shelf = problem.shelves[store.id]
        sets = most_sets(on.stock.sets[store.id]) if store.id in on.stock.sets else 0
        cameras = shelf.pieces[CAMERA] + shelf.own[CAMERA] - shelf.keeps[CAMERA]
        found.update({CED: sets - shelf.keeps[CED], CAMERA: min(shelf.pieces[CAMERA], cameras)})
        found[GUARD] += shelf.pieces[GUARD]
    return dict(found)


# ---- what is kept, and what may go -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """What makes people alike: where, as what, with what, counted in which shifts for which kinds, at what cost."""

    store_id: int | None
    posts: tuple[str, ...]
    models: tuple[str, ...]
    own: frozenset[str]
    shifts: frozenset[Shift]
    counted: frozenset[str]
    cost: int


@dataclass(frozen=True, slots=True)
class _Counting:
    """People counted in shifts: `there` and `keeps` by (shift, kind), and the candidates in groups that are alike."""

    there: Mapping[tuple[Shift, str], int]
    keeps: Mapping[tuple[Shift, str], int]
    groups: Mapping[Group, list[Candidate]]


def _counting(asked: Operation, on: Ground) -> _Counting:
    there: Counter[tuple[Shift, str]] = Counter()
    for who, shifts in on.duties.shifts.items():
        for kind in on.pool.may.get(who, frozenset()) & set(KEPT):
            there.update((shift, kind) for shift in shifts)
    keeps = {at: usual.to_keep(on.targets, at[0], at[1], count) for at, count in there.items()}
    places = _places(on, there, keeps)
    groups: dict[Group, list[Candidate]] = defaultdict(list)
    for who, each in on.pool.candidates.items():
        duties = on.duties.touched.get(who, 0)
        if asked.rests and duties:
            continue
        groups[Group(
            each.who.store_id, each.posts, each.models, on.stock.owned_by(who), on.duties.shifts.get(who, frozenset()),
            on.pool.may[who] & set(KEPT), min(duties, DUTIES_MOST) * A_DUTY + places[each.who.store_id] * A_PLACE,
        )].append(each)  # fmt: skip
    return _Counting(there, keeps, groups)


def _places(
    on: Ground, there: Mapping[tuple[Shift, str], int], keeps: Mapping[tuple[Shift, str], int]
) -> dict[int | None, int]:
    """Store -> its place among all by the share of its people it may spare, the most first; no store at all is 0."""
    spare: dict[int, list[int]] = {each.id: [0, 0] for each in on.stores}
    for (shift, kind), count in there.items():
        if shift[0] in spare:
            spare[shift[0]][0] += count - keeps[shift, kind]
            spare[shift[0]][1] += count
    order = sorted(spare, key=lambda each: (-spare[each][0] / max(1, spare[each][1]), each))
    return {None: 0, **{store_id: place for place, store_id in enumerate(order)}}


def _problem(asked: Operation, on: Ground, counting: _Counting) -> Problem:
    people = [
        Alike(
            key=group, count=len(some), store=group.store_id, posts=dict.fromkeys(group.posts, group.cost),
            models=frozenset(group.models), own=group.own, shifts=frozenset(group.shifts), counted=group.counted,
        )
        for group, some in counting.groups.items()
    ]  # fmt: skip
    owners = Counter(on.pool.people[who].store_id for who in on.stock.own if who in on.pool.people)
    return Problem(
        wanted=asked.wanted,
        draws={post.name: frozenset(post.kit) for post in asked.posts},
        people=people,
        shelves={each.id: _shelf(asked, on, each, owners[each.id]) for each in on.stores},
        spare={at: count - counting.keeps[at] for at, count in counting.there.items()},
    )


def _shelf(asked: Operation, on: Ground, store: StoreSaid, owners: int) -> Shelf:
    bare = on.stock.shelf(store.id, {}, owners)
    sets = most_sets(on.stock.sets[store.id]) if store.id in on.stock.sets else 0
    cameras = bare.pieces[CAMERA] + owners
    keeps = {
        CED: on.targets.at_once(store, CED, asked.from_us, sets),
        CAMERA: on.targets.at_once(store, CAMERA, asked.from_us, cameras),
    }
    return replace(bare, keeps=keeps)


# ---- who by name -----------------------------------------------------------------------------------


def _named(asked: Operation, on: Ground, choice: Choice, counting: _Counting) -> list[Issued]:
    """The people of each group who are sent, drawn by the operation's name among equals."""
    found: list[Issued] = []
    taken: Counter[object] = Counter()
    for (group, post, model), count in sorted(choice.sent.items(), key=repr):
        if not isinstance(group, Group):
            continue
        some = sorted(
            counting.groups[group],
            key=lambda each: (on.duties.touched.get(each.who.id, 0), _drawn(asked.name, each.who.ref)),
        )
        draws = next(each.kit for each in asked.posts if each.name == post)
        for each in some[taken[group] : taken[group] + count]:
            duties = on.duties.touched.get(each.who.id, 0)
            found.append(Issued(each, post, model, draws, duties))
        taken[group] += count
    order = {post.name: place for place, post in enumerate(asked.posts)}
    return sorted(found, key=lambda one: (order[one.post], one.duties, one.candidate.who.name, one.candidate.who.id))


def _drawn(name: str, ref: str) -> str:
    return hashlib.sha256(f"{name}\n{ref}".encode()).hexdigest()


# ---- what is short, what is kept -------------------------------------------------------------------


def _short_of(problem: Problem, choice: Choice, solve: Solve) -> tuple[str, ...]:
    """What alone would fill more posts: no more kit asked of a kind, nothing kept back; else people."""
    lacks = sum(choice.unfilled.values())
    kinds = sorted({kind for draws in problem.draws.values() for kind in draws})
    without = {kind: replace(problem, draws={post: draws - {kind} for post, draws in problem.draws.items()})
               for kind in kinds}  # fmt: skip
    free = {at: replace(shelf, keeps={}) for at, shelf in problem.shelves.items()}
    tried = {"BUSINESS_AS_USUAL": replace(problem, spare={}, shelves=free), **without}
    found = tuple(word for word, other in tried.items() if sum(choose(other, solve).unfilled.values()) < lacks)
    return found or ("PEOPLE",)


def _kept(on: Ground, counting: _Counting, problem: Problem, sent: Sequence[Issued]) -> tuple[KeptAt, ...]:
    gone: Counter[tuple[Shift, str]] = Counter()
    for each in sent:
        who = each.candidate.who.id
        for kind in on.pool.may[who] & set(KEPT):
            gone.update((shift, kind) for shift in on.duties.shifts.get(who, ()))
    rows = []
    drawn = {kind for kinds in problem.draws.values() for kind in kinds}
    for store in on.stores:
        for kind in KEPT:
            shifts = [at for at in counting.there if at[0][0] == store.id and at[1] == kind]
            worst = min(shifts, key=lambda at: (_slack(at, counting, gone), at), default=None)
            people = counting.there[worst] - gone[worst] if worst else 0
            wanted = counting.keeps[worst] if worst else 0
            rows.append(KeptAt(
                store.id, kind, worst[0][1] if worst else "", people, wanted,
                _pieces_left(on, store.id, kind, sent) if kind in drawn else None,
                problem.shelves[store.id].keeps.get(kind, 0),
            ))  # fmt: skip
    return tuple(rows)


def _slack(at: tuple[Shift, str], counting: _Counting, gone: Counter[tuple[Shift, str]]) -> int:
    return counting.there[at] - gone[at] - counting.keeps[at]


def _pieces_left(on: Ground, store_id: int, kind: str, sent: Sequence[Issued]) -> int:
    """Whole sets, or cameras with those of the people who stay, that are left."""
    gone = {item_id for each in sent for item_id in each.items}
    if kind == CED:
        return most_sets(on.stock.without(gone, store_id))
    left = sum(unit.item.id not in gone for (at, of, _), some in on.stock.units.items() for unit in some
               if (at, of) == (store_id, CAMERA))  # fmt: skip
    own = sum(who in on.pool.people and on.pool.people[who].store_id == store_id and unit.item.id not in gone
              for who, unit in on.stock.own.items())  # fmt: skip
    return left + own
