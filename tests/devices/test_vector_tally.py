"""What is said of the wire vectors at the end of a run: each group with how many passed, and nothing made better."""

from types import SimpleNamespace
from typing import Any

from tests.devices.vector_tally import not_passed, vector_lines, vectors

EVERY = [it["id"] for it in vectors()]


def reports(*ids: str) -> list[Any]:
    return [SimpleNamespace(user_properties=[("vector", each)]) for each in ids]


def test_a_run_of_all_says_so_group_by_group() -> None:
    lines = vector_lines({"passed": reports(*EVERY)}, is_asked=False)
    assert lines[0] == "VECTORS, passed/total:"
    assert lines[-1].split() == ["all", f"{len(EVERY)}/{len(EVERY)}"]
    assert "  serial SCI                                   1/1" in lines


def test_a_vector_of_which_one_test_failed_has_not_passed_and_is_named() -> None:
    lines = vector_lines({"passed": reports(*EVERY), "failed": reports("A-sci-mindeo")}, is_asked=False)
    assert "  serial SCI                                   0/1" in lines
    assert lines[-1] == "  not passed: A-sci-mindeo"


def test_a_run_of_some_says_nothing_unless_it_is_asked() -> None:
    some = {"passed": reports(*EVERY[1:])}
    assert vector_lines(some, is_asked=False) == []
    assert vector_lines(some, is_asked=True)[-1] == f"  not passed: {EVERY[0]}"
    assert not_passed(some) == [EVERY[0]]
