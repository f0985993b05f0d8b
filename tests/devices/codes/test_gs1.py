"""GS1 element strings: read as GS1's own engine reads them, and refused as it refuses them."""

import datetime
import string

import biip
import pytest
from biip.gs1_messages import GS1Message
from hypothesis import given
from hypothesis import strategies as st

from devices.codes import gs1
from devices.codes.check_digit import check_digit, has_check_digit
from devices.codes.gs1_table import AI_LENGTH, PREDEFINED_LENGTH, RULES
from devices.codes.problem import Problem

GTIN = "09506000134352"
SET_82 = "!\"%&'()*+,-./:;<=>?_" + string.digits + string.ascii_letters
SERIALS = st.text(SET_82, min_size=1, max_size=20)
GTINS = st.text(string.digits, min_size=13, max_size=13).map(lambda body: body + check_digit(body))
DATES = st.dates(datetime.date(1990, 1, 1), datetime.date(2060, 12, 31)).map(lambda day: f"{day:%y%m%d}")


def code_of(text: str) -> str:
    problem = gs1.parse(text)
    assert isinstance(problem, Problem)
    return problem.code


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        (f"01{GTIN}21S1\x1d17261231", (("01", GTIN), ("21", "S1"), ("17", "261231"))),
        (f"01{GTIN}1726123121S1", (("01", GTIN), ("17", "261231"), ("21", "S1"))),
        (f"01{GTIN}\x1d21S1\x1d", (("01", GTIN), ("21", "S1"))),
        ("8003095211411234545678", (("8003", "095211411234545678"),)),
        ("800309521141123454", (("8003", "09521141123454"),)),
        ("8004952114132a/b", (("8004", "952114132a/b"),)),
        (f"21S1\x1d01{GTIN}", (("21", "S1"), ("01", GTIN))),
        (f"01{GTIN}01{GTIN}21S1", (("01", GTIN), ("01", GTIN), ("21", "S1"))),
        (f"01{GTIN}3103001250", (("01", GTIN), ("3103", "001250"))),
        ("00095201234567891235", (("00", "095201234567891235"),)),
        ("0009520123456789123543242603312359", (("00", "095201234567891235"), ("4324", "2603312359"))),
        ("8006095060001343520203\x1d21S1", (("8006", "095060001343520203"), ("21", "S1"))),
        (f"01{GTIN}7006260131", (("01", GTIN), ("7006", "260131"))),
    ],
)
def test_a_label_is_read_into_its_elements(text: str, elements: gs1.Elements) -> None:
    assert gs1.parse(text) == elements


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "GS1_EMPTY"),
        ("\x1d", "GS1_UNKNOWN_AI"),
        (f"01{GTIN}21S1\x1d\x1d17261231", "GS1_UNKNOWN_AI"),
        (f"(01){GTIN}", "GS1_UNKNOWN_AI"),
        ("0", "GS1_UNKNOWN_AI"),
        ("05123", "GS1_UNKNOWN_AI"),
        ("01", "GS1_TOO_SHORT"),
        (f"01{GTIN[:13]}", "GS1_TOO_SHORT"),
        (f"01{GTIN}21", "GS1_TOO_SHORT"),
        (f"01{GTIN}21" + "A" * 21, "GS1_TOO_LONG"),
        (f"01{GTIN[:-1]}9", "GS1_CHECK_DIGIT"),
        (f"01{GTIN[:-1]}X", "GS1_CHARACTER"),
        (f"01{GTIN}21S 1", "GS1_CHARACTER"),
        (f"01{GTIN}21S^1", "GS1_CHARACTER"),
        (f"01{GTIN}21S€1", "GS1_CHARACTER"),
        (f"01{GTIN}17261301", "GS1_DATE"),
        (f"01{GTIN}17260001", "GS1_DATE"),
        (f"01{GTIN}17260431", "GS1_DATE"),
        (f"01{GTIN}17270229", "GS1_DATE"),
        (f"01{GTIN}7006260100", "GS1_DATE"),
        ("0009520123456789123543242603312460", "GS1_TIME"),
        ("421ABC", "GS1_FORM"),
        ("80049", "GS1_PREFIX"),
        ("8004952A1", "GS1_PREFIX"),
        ("800319521141123454", "GS1_FORM"),
        ("80060950600013435202020", "GS1_TOO_LONG"),
        ("8006095060001343520302", "GS1_PART"),
        ("21S1", "GS1_NEEDS"),
        ("17261231", "GS1_NEEDS"),
        (f"02{GTIN}", "GS1_NEEDS"),
        (f"01{GTIN}21S1\x1d235T1", "GS1_CLASH"),
        (f"01{GTIN}3103001250\x1d3102001250", "GS1_CLASH"),
        (f"01{GTIN}21S1\x1d21S2", "GS1_REPEATED"),
        (f"01{GTIN}3922199", "GS1_NEEDS"),
    ],
)
def test_a_malformed_label_is_refused_with_its_reason(text: str, code: str) -> None:
    assert code_of(text) == code


def test_a_problem_names_the_identifier_and_what_it_needs() -> None:
    problem = gs1.parse("21S1")
    assert problem.sentence == "AI (21) needs 01 or 03 or 8006 on the same label."
    assert "brackets are for people" in gs1.parse("(01)123").sentence


def test_a_serial_swallowed_by_its_batch_is_not_found_again() -> None:
    """The separator was lost on the way: nobody can see it, so nothing here may pretend to."""
    assert dict(gs1.parse(f"01{GTIN}1726123110B121S1")) == {"01": GTIN, "17": "261231", "10": "B121S1"}


@pytest.mark.parametrize("year", ["24", "28", "00"])
def test_leap_days_exist_in_leap_years(year: str) -> None:
    assert isinstance(gs1.parse(f"01{GTIN}17{year}0229"), tuple)


@pytest.mark.parametrize(
    ("yymmdd", "near_year", "day"),
    [
        ("261231", 2026, "2026-12-31"),
        ("260200", 2026, "2026-02-28"),
        ("280200", 2026, "2028-02-29"),
        ("770101", 2026, "1977-01-01"),
        ("760101", 2026, "2076-01-01"),
        ("990101", 2060, "2099-01-01"),
        ("110101", 2060, "2011-01-01"),
        ("100101", 2060, "2110-01-01"),
    ],
)
def test_two_digits_of_a_year_mean_the_near_one(yymmdd: str, near_year: int, day: str) -> None:
    assert gs1.iso_date(yymmdd, near_year) == day


def test_no_two_identifiers_can_be_mistaken_for_each_other() -> None:
    assert all(len(ai) == AI_LENGTH[ai[:2]] for ai in RULES)


def test_every_identifier_that_needs_no_separator_has_one_length() -> None:
    for ai, rule in RULES.items():
        assert (rule.length > 0) == (ai[:2] in PREDEFINED_LENGTH)
        if rule.length:
            assert rule.form.startswith("N")
            assert ".." not in rule.form
            assert "[" not in rule.form


def test_every_association_names_identifiers_that_exist() -> None:
    for rule in RULES.values():
        words = {word for group in rule.needs for word in group} | set(rule.never_beside)
        assert all(any(ai.startswith(word.rstrip("*")) for ai in RULES) for word in words), rule.ai


@given(GTINS, SERIALS, SERIALS, DATES)
def test_what_is_written_is_read_again(gtin: str, serial: str, lot: str, expiry: str) -> None:
    elements = (("01", gtin), ("10", lot), ("17", expiry), ("21", serial))
    assert gs1.parse(gs1.write(elements)) == elements


@given(GTINS, SERIALS, SERIALS, DATES)
def test_biip_reads_the_same_elements(gtin: str, serial: str, lot: str, expiry: str) -> None:
    text = gs1.write((("01", gtin), ("10", lot), ("17", expiry), ("21", serial)))
    message = GS1Message.parse(text)
    assert tuple((part.ai.ai, part.value) for part in message.element_strings) == gs1.parse(text)


@given(st.text(SET_82 + "\x1d", max_size=60))
def test_what_we_accept_biip_accepts_too(tail: str) -> None:
    text = f"01{GTIN}{tail}"
    elements = gs1.parse(text)
    if isinstance(elements, tuple):
        message = GS1Message.parse(text)
        assert tuple((part.ai.ai, part.value) for part in message.element_strings) == elements


@pytest.mark.parametrize(
    "text",
    ["8003095211411234555678", "80049", "21S1", f"\x1d01{GTIN}"],
    ids=["check digit of a GRAI", "a GIAI shorter than a prefix", "a serial alone", "a separator first"],
)
def test_where_biip_is_wrong_we_are_not(text: str) -> None:
    """biip takes these; GS1's own engine refuses them, and so do we."""
    assert isinstance(biip.parse("]d2" + text).gs1_message, GS1Message)
    assert isinstance(gs1.parse(text), Problem)


@given(st.text(max_size=200) | st.text(string.digits + "\x1d", max_size=200))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    result = gs1.parse(text)
    assert isinstance(result, Problem | tuple)
    if isinstance(result, tuple):
        assert gs1.parse(gs1.write(result)) == result


@given(st.text(string.digits, min_size=1, max_size=17))
def test_a_check_digit_is_found_and_one_wrong_digit_is_noticed(body: str) -> None:
    whole = body + check_digit(body)
    assert has_check_digit(whole)
    for at in range(len(whole)):
        other = str((int(whole[at]) + 1) % 10)
        assert not has_check_digit(whole[:at] + other + whole[at + 1 :])


def test_brackets_are_put_round_identifiers_for_people() -> None:
    assert gs1.bracketed((("01", GTIN), ("21", "S1"))) == f"(01){GTIN}(21)S1"
