"""A driver's options: a wrong one is refused by name."""

import pytest

from devices.errors import NotConfigured
from devices.options import allowed_words, choose, seconds

OPTIONS = {"prefix": ("none", "none|aim: what the scanner sends"), "note": ("", "any text: it is kept")}


def test_options_left_out_take_their_defaults() -> None:
    assert choose("scanner", OPTIONS, {"prefix": "aim"}) == {"prefix": "aim", "note": ""}


@pytest.mark.parametrize(
    ("chosen", "says"),
    [({"prefiks": "aim"}, "prefiks"), ({"prefix": "AIM"}, "it takes one of: none, aim"), ({"": ""}, "''")],
)
def test_a_wrong_option_is_refused_by_name(chosen: dict[str, str], says: str) -> None:
    with pytest.raises(NotConfigured, match=says):
        choose("scanner", OPTIONS, chosen)


def test_an_option_of_free_text_lists_no_words() -> None:
    assert allowed_words(OPTIONS["note"][1]) == ()
    assert allowed_words("seconds a tag must be away") == ()


@pytest.mark.parametrize("value", ["x", "-1", "61", "nan", ""])
def test_seconds_outside_their_range_are_refused(value: str) -> None:
    with pytest.raises(NotConfigured, match="quiet_s"):
        seconds("em4100", "quiet_s", value)


def test_seconds_inside_their_range_are_taken() -> None:
    assert seconds("em4100", "quiet_s", "1.5") == 1.5
