"""A tag that lies on its reader is one presentation."""

from hypothesis import example, given
from hypothesis import strategies as st

from devices.debounce import VALUES_MAX, Debounce


def test_a_tag_that_is_held_is_fresh_once_and_again_after_it_was_away() -> None:
    debounce = Debounce(1.0)
    assert [debounce.fresh("A", at_s) for at_s in (0.0, 0.5, 1.4, 2.3, 3.3)] == [
        True,
        False,
        False,
        False,
        True,
    ]
    assert debounce.repeated == 3


def test_two_tags_do_not_hide_each_other() -> None:
    debounce = Debounce(1.0)
    assert [debounce.fresh(tag, 0.0) for tag in "ABAB"] == [True, True, False, False]


@given(st.lists(st.integers(0, 300)))
@example(list(range(VALUES_MAX + 9)))
def test_it_remembers_a_bounded_number_of_tags(tags: list[int]) -> None:
    debounce = Debounce(1.0)
    for tag in tags:
        debounce.fresh(str(tag), 0.0)
    assert len(debounce._seen_s) <= VALUES_MAX
