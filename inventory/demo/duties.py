"""Who of the demo force is rostered when: five teams of each store going round its three shifts.

One rule for the editor: the duties of a day depend on that day alone, so that a roster brought in a day at a time holds
the same coming duties as one brought in at once. How many are on is the plan's number for the store and shift.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from inventory.demo import plan
from inventory.demo.plan import dice
from inventory.demo.records import DutyRow
from inventory.demo.roster import Member
from inventory.demo.training import LONG_AGO, Force, Period

DAYS_BACK = 1
DAYS_AHEAD = 10
ROUND_DAYS = 10
"""Two earlies, two lates, two nights and four days off; five teams, two days apart."""


def duties(force: Force, period: Period) -> Iterator[DutyRow]:
    """The duties that come on record in the period: ten days ahead, and those of yesterday where none are on record."""
    yesterday = period.upto - timedelta(days=DAYS_BACK)
    told = LONG_AGO if period.after == LONG_AGO else period.after + timedelta(days=DAYS_AHEAD + 1)
    day = max(yesterday, told)
    teams = _teams(force.people)
    while day <= period.upto + timedelta(days=DAYS_AHEAD):
        yield from _of_day(force.seed, day, teams)
        day += timedelta(days=1)


def _teams(people: Sequence[Member]) -> Mapping[tuple[str, str], Sequence[Member]]:
    teams: dict[tuple[str, str], list[Member]] = defaultdict(list)
    for each in people:
        if each.store:
            teams[each.store, each.team[-1]].append(each)
    return teams


def _of_day(seed: int, day: date, teams: Mapping[tuple[str, str], Sequence[Member]]) -> Iterator[DutyRow]:
    rng = dice(seed, "duties", day.isoformat())
    for place, team in enumerate(plan.TEAMS):
        turn = (day.toordinal() + 2 * place) % ROUND_DAYS // 2
        if turn >= len(plan.SHIFTS):
            continue
        name, starts, ends = plan.SHIFTS[turn]
        ends_on = day if ends > starts else day + timedelta(days=1)
        for store in plan.STORES:
            members = teams[store.code, team]
            wanted = (store.early, store.late, store.night)[turn]
            for each in rng.sample(members, min(wanted, len(members))):
                yield DutyRow(each.ref, store.code, f"{day} {starts}", f"{ends_on} {ends}", name)
