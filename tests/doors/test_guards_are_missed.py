"""Take one guard away and the build turns red. The whole list: scripts/campaign-doors."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doors.mutations import (
    MUTATIONS,
    SHORT,
    copy_source,
    forget_source,
    guard_gone,
    is_missed,
    mutate,
    run_test,
)
from tests.house.source_tree import TOP

BY_NAME = {each.name: each for each in MUTATIONS}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the source, for all mutations in turn."""
    top = tmp_path_factory.mktemp("mutant") / "source"
    copy_source(top)
    yield top
    forget_source(top)


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_guard_taken_away_is_missed(name: str, source: Path) -> None:
    with guard_gone(source, BY_NAME[name]):
        done = run_test(source, BY_NAME[name])
    assert is_missed(done), f"nobody missed it: {name}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.mark.parametrize("name", BY_NAME)
def test_every_guard_on_the_list_stands_where_the_list_says(name: str, tmp_path: Path) -> None:
    copied = tmp_path / "copied.py"
    original = TOP / BY_NAME[name].file
    copied.write_bytes(original.read_bytes())
    mutate(copied, BY_NAME[name])
    assert copied.read_bytes() != original.read_bytes()


def test_the_names_are_each_anothers() -> None:
    assert len(BY_NAME) == len(MUTATIONS)
