"""Which version of a curriculum a result was taught by, and what is wrong with one that names another."""

from datetime import date

import pytest

from inventory.people.curricula import Curriculum, in_force, mismatch, taught_by

PPST = tuple(
    Curriculum(name, "PPST", "COP", name, date.fromisoformat(begins), date.fromisoformat(ends) if ends else None)
    for name, begins, ends in (("P1", "2023-04-01", None), ("P2", "2024-04-01", None),
                               ("P3", "2026-10-25", "2027-01-01"))
)  # fmt: skip
JRFT = Curriculum("J1", "JRFT", "COP", "J1", date(2014, 1, 1))
ALL = (*PPST, JRFT)


@pytest.mark.parametrize(
    ("on", "name"),
    [
        ("2023-03-31", None), ("2023-04-01", "P1"), ("2024-03-31", "P1"), ("2024-04-01", "P2"),
        ("2026-10-24", "P2"), ("2026-10-25", "P3"),  # the day the clocks go back is a day like any other
        ("2027-01-01", "P2"),
    ],
)  # fmt: skip
def test_a_course_is_taught_by_the_newest_version_in_force_on_its_day(on: str, name: str | None) -> None:
    found = in_force(ALL, "PPST", date.fromisoformat(on))
    assert (found and found.name) == name
    assert taught_by(ALL, None, "PPST", date.fromisoformat(on)) == name
    assert taught_by(ALL, "P1", "PPST", date.fromisoformat(on)) == "P1", "what the result says comes first"


@pytest.mark.parametrize(
    ("said", "on", "why"),
    [
        ("P2", "2025-01-01", None), ("P1", "2024-03-31", None), ("P1", "2024-04-01", "SUPERSEDED"),
        ("P2", "2024-03-31", "NOT_YET"), ("J1", "2025-01-01", "OTHER_COURSE"), ("P9", "2025-01-01", "UNKNOWN"),
        ("P3", "2027-01-01", "SUPERSEDED"),
    ],
)  # fmt: skip
def test_a_result_that_names_another_version_than_the_one_in_force_is_a_mismatch(
    said: str, on: str, why: str | None
) -> None:
    assert mismatch(ALL, said, "PPST", date.fromisoformat(on)) == why
