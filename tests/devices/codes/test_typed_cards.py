"""What a keyboard reader types of an EM4100: the number printed on the card, and what it may stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.typed import EM4100_END, cards_typed
from devices.drivers.rfid.em4100 import facility_and_card, printed_number

uids = st.integers(min_value=0, max_value=2**40 - 1).map(lambda number: f"{number:010X}")


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("0001234567", [("EM4100", "0001234567"), ("EM4100_END", "0012D687"), ("PRINTED", "0001234567"),
                        ("PRINTED", "018,54919")]),
        ("0008075634", [("EM4100", "0008075634"), ("EM4100_END", "007B3972"), ("PRINTED", "0008075634"),
                        ("PRINTED", "123,14706")]),
        ("018,54321", [("EM4100_END", "12D431"), ("PRINTED", "018,54321")]),
        ("18,54321", [("EM4100_END", "12D431"), ("PRINTED", "018,54321")]),
        (" 62e3086ced ", [("EM4100", "62E3086CED")]),
    ],
)  # fmt: skip
def test_a_printed_number_names_the_card_by_its_end(typed: str, names: list[tuple[str, str]]) -> None:
    assert list(cards_typed(typed)) == names


@pytest.mark.parametrize(
    "typed",
    ["", "4417", "X30001234", "123456789", "01854321", "256,00001", "018,65536", "0001234567 018,54919"],
)
def test_what_has_the_form_of_no_card_names_none(typed: str) -> None:
    assert cards_typed(typed) == ()


def test_a_number_too_large_for_four_bytes_can_only_be_hexadecimal() -> None:
    assert cards_typed("4294967296") == (("EM4100", "4294967296"),)
    assert (EM4100_END, "FFFFFFFF") in cards_typed("4294967295")


@given(uids)
def test_both_printed_forms_of_every_card_lead_to_its_end(uid: str) -> None:
    for printed in (printed_number(uid), facility_and_card(uid)):
        ends = [value for technology, value in cards_typed(printed) if technology == EM4100_END]
        assert len(ends) == 1
        assert uid.endswith(ends[0])
