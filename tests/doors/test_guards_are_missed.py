"""Take one guard away and the build turns red. The whole list: scripts/campaign-doors."""

from pathlib import Path

import pytest

from tests.doors.mutations import MUTATIONS, SHORT, copy_source, is_missed, mutate, run_test
from tests.house.source_tree import TOP

BY_NAME = {each.name: each for each in MUTATIONS}


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_a_guard_taken_away_is_missed(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    top = tmp_path_factory.mktemp("mutant") / "source"
    copy_source(top)
    mutate(top, BY_NAME[name])
    done = run_test(top, BY_NAME[name])
    assert is_missed(done), f"nobody missed it: {name}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda each: each.name)
def test_every_guard_on_the_list_stands_where_the_list_says(mutation: object, tmp_path: Path) -> None:
    each = BY_NAME[mutation.name]  # type: ignore[attr-defined]
    target = tmp_path / each.file
    target.parent.mkdir(parents=True)
    target.write_bytes((TOP / each.file).read_bytes())
    mutate(tmp_path, each)
    assert target.read_bytes() != (TOP / each.file).read_bytes()


def test_the_names_are_each_anothers() -> None:
    assert len(BY_NAME) == len(MUTATIONS)
