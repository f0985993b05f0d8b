"""The prefix of a scan: a setting of each scanner, never a guess."""

import pytest
from biip.symbology import ISOSymbology
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.problem import Problem
from devices.codes.symbology import AIM_LETTERS, Split, split_prefix, symbology_name, zebra_name


def test_a_code_128_that_begins_like_a_data_matrix_stays_a_code_128() -> None:
    """Real trap: the payload of this Code 128 begins "AP00"."""
    assert split_prefix("DAP00838418592059", "zebra") == Split("AP00838418592059", "]C0")


@pytest.mark.parametrize(
    ("frame", "text", "symbology"),
    [
        ("A7393481008232", "7393481008232", "]E0"),
        ("A42154587", "42154587", "]E4"),
        ("A001100133391", "001100133391", "]X0"),
        ("K97PAH932721210504", "97PAH932721210504", "]C1"),
        ("P0G010950600013435221S1", "010950600013435221S1", "]d2"),
        ("P01X30001234", "X30001234", "]Q1"),
        ("BX30001234", "X30001234", "]A0"),
        ("zX30001234", "X30001234", "]z0"),
    ],
)
def test_zebras_codes_stand_for_aim_identifiers(frame: str, text: str, symbology: str) -> None:
    assert split_prefix(frame, "zebra") == Split(text, symbology)


@pytest.mark.parametrize("frame", ["", "P", "P0", "P99ABC", "3", "p00X"])
def test_an_unknown_zebra_code_is_refused(frame: str) -> None:
    assert split_prefix(frame, "zebra").code == "ZEBRA_CODE_UNKNOWN"
    assert zebra_name(frame) == "unknown"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("", "AIM_ID_MISSING"),
        ("]", "AIM_ID_MISSING"),
        ("]C", "AIM_ID_MISSING"),
        ("X30001234", "AIM_ID_MISSING"),
        ("]Yx", "AIM_ID_UNKNOWN"),
        ("]C?", "AIM_ID_UNKNOWN"),
        ("]Cé", "AIM_ID_UNKNOWN"),
        ("]]0", "AIM_ID_UNKNOWN"),
    ],
)
def test_a_frame_without_a_known_aim_identifier_is_refused(frame: str, code: str) -> None:
    assert split_prefix(frame, "aim").code == code


def test_no_prefix_means_nothing_is_taken_off() -> None:
    assert split_prefix("]C0X30001234", "none") == Split("]C0X30001234", None)


def test_every_symbology_of_the_standard_is_known() -> None:
    """ISO/IEC 15424, table 1, as biip has it; "Y" only announces an extension."""
    assert {symbology.value for symbology in ISOSymbology} - {"Y"} <= set(AIM_LETTERS)


def test_an_identifier_has_a_name_for_people() -> None:
    assert (symbology_name("]C1"), symbology_name("")) == ("Code 128", "unknown")


@given(st.text(max_size=30), st.sampled_from(["none", "aim", "zebra"]))
def test_no_frame_makes_it_raise(frame: str, style: str) -> None:
    assert isinstance(split_prefix(frame, style), Split | Problem)
