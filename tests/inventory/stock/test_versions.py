"""Firmware versions: in the order makers mean, and never compared where they cannot be."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.stock.versions import read_version, standing

IN_ORDER = [
    ("1.9", "1.10", "1.10.1", "2"),
    ("v1.24.2", "1.24.3", "V1.25", "ver. 1.25.0.1"),
    ("2.1-dev", "2.1-alpha", "2.1-beta2", "2.1-rc1", "2.1-rc2", "2.1", "2.1a", "2.1b", "2.1 build 7", "2.1.1"),
    ("PAABKS00-003-R00", "PAABKS00-003-R02", "PAABKS00-004-R01"),
    ("2026-04-17", "2026-11-02"),
    ("FW 8.2", "Firmware 8.10 (type 0A)"),
]


@pytest.mark.parametrize("versions", IN_ORDER, ids=lambda row: row[0])
def test_a_makers_versions_stand_in_the_order_they_came_out(versions: tuple[str, ...]) -> None:
    for earlier, later in pairwise(versions):
        assert (standing(earlier, later), standing(later, earlier)) == ("BELOW", "ENOUGH")


@pytest.mark.parametrize(
    ("one", "other"),
    [("2.0", "2"), ("2.0", "2.0.0"), ("v1.24.3", " 1.24.3 "), ("1.2.0-rc1", "1.2-rc1"), ("1.2+police", "1.2"),
     ("12.5 (type 0A)", "12.5"), ("1.02", "1.2"), ("R1.2", "rev 1.2"), ("1_2", "1.2")],
)  # fmt: skip
def test_one_version_written_in_two_ways_is_one_version(one: str, other: str) -> None:
    assert (standing(one, other), standing(other, one)) == ("ENOUGH", "ENOUGH")


@pytest.mark.parametrize(
    "text",
    ["", " ", "beta", "unknown", "1.2-police", "a1b2c3d4", "1.2.3#4", "1" * 19, "1." * 31, "eins ½", "１.２", "(1.2)",
     "1.24 of spring", "\x00"],
)  # fmt: skip
def test_what_is_in_no_shape_known_is_not_read(text: str) -> None:
    assert read_version(text) is None
    assert (standing(text, "1.2"), standing("1.2", text)) == ("UNREADABLE", "UNREADABLE")


def test_two_families_are_never_compared() -> None:
    assert standing("PAABKS00-003-R00", "CAABLS00-001-R00") == "UNREADABLE"
    assert standing("AXON BODY 4 1.2", "1.3") == "UNREADABLE"


VERSIONS = st.from_regex(
    r"\A(v|FW |NB)?[0-9]{1,3}([.-][0-9]{1,3}){0,3}([a-c]|-rc[0-9]|-beta| build [0-9])?\Z"
)


@given(st.text(max_size=70))
def test_no_text_at_all_makes_it_fall_over(text: str) -> None:
    read = read_version(text)

    assert standing(text, text) == ("UNREADABLE" if read is None else "ENOUGH")


@given(VERSIONS, VERSIONS, VERSIONS)
def test_the_order_of_a_family_is_total(a: str, b: str, c: str) -> None:
    read = [read_version(each) for each in (a, b, c)]
    assert None not in read
    x, y, z = (each.key for each in read if each)

    assert x <= y or y <= x
    assert not (x <= y and y <= x) or x == y
    assert not (x <= y and y <= z) or x <= z


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
def test_dotted_numbers_are_compared_as_numbers(one: list[int], other: list[int]) -> None:
    width = max(len(one), len(other))
    padded = [each + [0] * (width - len(each)) for each in (one, other)]
    texts = [".".join(map(str, each)) for each in (one, other)]

    assert standing(*texts) == ("ENOUGH" if padded[0] >= padded[1] else "BELOW")  # type: ignore[call-arg]
