"""Presence: a tray on a reader is one sweep, told once, within a second of the last read; nothing is made up."""

from collections import Counter
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import NotConfigured
from devices.readings import TAGS_MAX, TagSeen, TagsSwept
from devices.settling import LONGEST_S, OPTIONS, Rules, Settler, Sighting, rules_of

DEFAULTS = {name: default for name, (default, _) in OPTIONS.items()}
STEP_S = 0.1
"""How often a station asks, at least."""

Read = tuple[float, Sighting]


def tag(number: int, rssi: float | None = None, antenna: int | None = None) -> Sighting:
    return Sighting(f"{number:024X}", None, rssi, antenna)


def swept(settler: Settler, reads: Iterable[Read], until_s: float) -> list[tuple[float, TagsSwept]]:
    """The sweeps, and when, of a station that takes `reads` as they come and asks every tenth of a second."""
    told: list[tuple[float, TagsSwept]] = []
    coming = sorted(reads, key=lambda read: read[0])
    for step in range(round(until_s / STEP_S) + 1):
        at_s = step * STEP_S
        while coming and coming[0][0] <= at_s:
            read_s, sighting = coming.pop(0)
            settler.see(sighting, sighting.epc.encode(), read_s)
            told += [(read_s, sweep) for sweep in settler.settled(read_s)]
        told += [(at_s, sweep) for sweep in settler.settled(at_s)]
    return told


def epcs(sweeps: list[tuple[float, TagsSwept]]) -> list[list[str]]:
    return [[seen.epc for seen in sweep.tags] for _, sweep in sweeps]


def test_a_tray_of_200_is_one_sweep_told_within_a_second_of_the_last_new_tag() -> None:
    reads = [(n * 0.02, tag(n % 200)) for n in range(1000)]
    told = swept(Settler(Rules()), reads, 30.0)
    assert [len(sweep.tags) for _, sweep in told] == [200]
    assert told[0][0] <= 199 * 0.02 + 1.0
    assert [seen.epc for seen in told[0][1].tags] == [tag(n).epc for n in range(200)], (
        "in order of first sight"
    )


def test_a_tray_that_stays_is_told_again_each_hour_so_that_last_seen_stays_true() -> None:
    reads = [(n * 0.5, tag(n % 20)) for n in range(400)]
    told = swept(Settler(Rules(gone_s=30.0, again_s=60.0)), reads, 200.0)
    assert [len(sweep.tags) for _, sweep in told] == [20, 20, 20]
    assert [round(at_s) // 60 for at_s, _ in told] == [0, 1, 2]
    never = swept(Settler(Rules(gone_s=30.0, again_s=0.0)), reads, 200.0)
    assert [len(sweep.tags) for _, sweep in never] == [20]


def test_one_that_joins_a_tray_is_a_sweep_of_its_own() -> None:
    reads = [(n * 0.05, tag(n % 10)) for n in range(400)] + [(8.0, tag(99))]
    assert epcs(swept(Settler(Rules()), reads, 25.0)) == [[tag(n).epc for n in range(10)], [tag(99).epc]]


def test_one_that_left_and_comes_back_is_told_again_and_one_that_only_hid_is_not() -> None:
    settler = Settler(Rules(gone_s=10.0))
    told = swept(settler, [(0.0, tag(1)), (9.9, tag(1)), (19.8, tag(1)), (29.8, tag(1))], 40.0)
    assert [int(at_s) for at_s, _ in told] == [0, 30]
    assert settler.repeated == 2


def test_a_tag_counts_after_so_many_reads() -> None:
    reads = [(0.0, tag(1)), (0.1, tag(2)), (0.2, tag(1)), (0.3, tag(1)), (0.4, tag(2))]
    ((_, sweep),) = swept(Settler(Rules(reads=3)), reads, 5.0)
    assert [(seen.epc, seen.reads) for seen in sweep.tags] == [(tag(1).epc, 3)]


def test_a_reader_that_tells_of_several_reads_at_once_is_believed() -> None:
    reads = [(0.0, tag(1)._replace(reads=2)), (0.1, tag(2)), (0.2, tag(1)._replace(reads=5)), (0.3, tag(1))]
    ((_, sweep),) = swept(Settler(Rules(reads=3)), reads, 5.0)
    assert [(seen.epc, seen.reads) for seen in sweep.tags] == [(tag(1).epc, 8)]


def test_reads_from_far_away_or_at_another_antenna_do_not_count() -> None:
    settler = Settler(Rules(rssi_floor=-60.0, antennas=frozenset({1})))
    reads = [
        (0.0, tag(1, -61.0, 1)),
        (0.1, tag(2, -60.0, 1)),
        (0.2, tag(3, -40.0, 2)),
        (0.3, tag(4, None, 1)),
    ]
    assert epcs(swept(settler, reads, 5.0)) == [[tag(2).epc]]
    assert settler.repeated == 3


def test_a_tag_is_told_with_its_strongest_read_and_the_way_it_took_past_the_antennas() -> None:
    reads = [
        (0.0, tag(1, -70.0, 2)),
        (0.1, tag(1, -48.0, 1)),
        (0.2, tag(1, None, 2)),
        (0.3, tag(2, -50.0, 4)),
    ]
    ((_, sweep),) = swept(Settler(Rules()), reads, 5.0)
    assert sweep.tags == (
        TagSeen(epc=tag(1).epc, rssi_dbm=-48.0, antenna=1, antennas=(2, 1), reads=3),
        TagSeen(epc=tag(2).epc, rssi_dbm=-50.0, antenna=4),
    )


def test_an_rssi_on_a_scale_of_the_readers_own_is_not_told_as_dbm() -> None:
    ((_, sweep),) = swept(
        Settler(Rules(rssi_floor=100, in_dbm=False)), [(0.0, tag(1, 107)), (0.0, tag(2, 99))], 5.0
    )
    assert sweep.tags == (TagSeen(epc=tag(1).epc),)


def test_two_tags_with_one_epc_are_two_where_their_chips_say_so() -> None:
    twins = [(0.0, Sighting("30AA", "E2001")), (0.1, Sighting("30AA", "E2002"))]
    ((_, sweep),) = swept(Settler(Rules()), twins, 5.0)
    assert [seen.tid for seen in sweep.tags] == ["E2001", "E2002"]


def test_a_portal_through_which_kit_never_stops_coming_is_told_of_all_the_same() -> None:
    told = swept(Settler(Rules()), [(n * 0.5, tag(n)) for n in range(180)], 100.0)
    assert [at_s <= (n + 1) * LONGEST_S + 2 for n, (at_s, _) in enumerate(told)] == [True] * len(told)
    assert sorted(epc for sweep in epcs(told) for epc in sweep) == [tag(n).epc for n in range(180)]


def test_one_that_comes_twice_before_it_could_be_told_is_in_the_sweep_once() -> None:
    stream = [(n * 0.5, tag(n)) for n in range(50)]
    told = swept(Settler(Rules(gone_s=5.0)), [(0.1, tag(99)), (8.0, tag(99)), *stream], 60.0)
    assert Counter(epc for sweep in epcs(told) for epc in sweep)[tag(99).epc] == 1


def test_more_tags_than_one_sweep_may_hold_are_all_told_and_memory_stays_bounded() -> None:
    settler = Settler(Rules(gone_s=1000.0, again_s=0.0))
    told: Counter[str] = Counter()
    for n in range(TAGS_MAX * 2 + 10):
        settler.see(tag(n), b"", n * 0.001)
        told.update(seen.epc for sweep in settler.settled(n * 0.001) for seen in sweep.tags)
        assert len(settler._here) <= TAGS_MAX + 1
    told.update(seen.epc for sweep in settler.settled(1e6) for seen in sweep.tags)
    assert told == Counter(tag(n).epc for n in range(TAGS_MAX * 2 + 10))


def test_the_frames_that_first_showed_each_tag_are_its_evidence() -> None:
    settler = Settler(Rules())
    for number, frame in ((1, b"AB"), (2, b"AB"), (1, b"CD"), (3, b"EF")):
        settler.see(tag(number), frame, 0.0)
    (sweep,) = settler.settled(2.0)
    assert sweep.raw_hex == b"ABEF".hex().upper()


READS = st.lists(
    st.tuples(st.integers(0, 400).map(lambda tenths: tenths / 10), st.integers(0, 6).map(tag)), max_size=80
)


@given(READS, st.integers(1, 3))
def test_each_time_a_tag_is_here_it_is_told_exactly_once_and_within_a_second(
    reads: list[Read], enough: int
) -> None:
    rules = Rules(reads=enough, gone_s=5.0, again_s=0.0)
    told = swept(Settler(rules), reads, 60.0)
    told_at = [(seen.epc, at_s) for at_s, sweep in told for seen in sweep.tags]
    due = [stay for stays in stays_of(reads, rules.gone_s).values() for stay in stays if len(stay) >= enough]
    assert len(told_at) == len(due)
    last_s = max((at_s for at_s, _ in reads), default=0.0)
    assert all(at_s <= last_s + 1.0 for _, at_s in told_at)


def stays_of(reads: list[Read], gone_s: float) -> dict[str, list[list[float]]]:
    """For each tag its times here, each as the times at which it was read."""
    stays: dict[str, list[list[float]]] = {}
    for at_s, sighting in sorted(reads, key=lambda read: read[0]):
        times = stays.setdefault(sighting.epc, [])
        if not times or at_s - times[-1][-1] >= gone_s:
            times.append([])
        times[-1].append(at_s)
    return stays


@given(READS)
def test_nothing_is_told_that_was_not_read_and_every_read_is_accounted_for(reads: list[Read]) -> None:
    settler = Settler(Rules(gone_s=5.0))
    told = swept(settler, reads, 60.0)
    counted = sum(seen.reads for _, sweep in told for seen in sweep.tags) + settler.repeated
    assert counted == len(reads)
    assert {epc for sweep in epcs(told) for epc in sweep} == {sighting.epc for _, sighting in reads}


def test_the_rules_come_from_a_drivers_options() -> None:
    chosen = DEFAULTS | {
        "reads": "3",
        "rssi_floor": "-65",
        "antennas": "1, 4",
        "settle_s": "0.5",
        "again_s": "0",
    }
    rules = rules_of("m100", chosen)
    assert (rules.reads, rules.rssi_floor, rules.antennas) == (3, -65.0, frozenset({1, 4}))
    assert (rules.settle_s, rules.again_s) == (0.5, 0.0)
    assert rules_of("m100", DEFAULTS) == Rules()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reads", "0"),
        ("reads", "2.5"),
        ("reads", "many"),
        ("rssi_floor", "loud"),
        ("rssi_floor", "-200"),
        ("rssi_floor", "nan"),
        ("antennas", ""),
        ("antennas", "1,,2"),
        ("antennas", "256"),
        ("antennas", "left"),
        ("settle_s", "-1"),
        ("settle_s", "61"),
        ("gone_s", "0.7"),
        ("again_s", "often"),
    ],
)
def test_a_wrong_rule_is_refused_by_its_name(name: str, value: str) -> None:
    with pytest.raises(NotConfigured, match=f"m100: option {name}"):
        rules_of("m100", DEFAULTS | {name: value})
