"""The test card: what is right is nothing else, and what is wrong names the setting to change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.commissioning import (
    CODE_39,
    CODE_128,
    GS,
    GS1_DATA_MATRIX,
    QR_CODE,
    SYMBOLS,
    Symbol,
    judge,
    visible,
)
from devices.codes.identify import identify
from devices.drivers.scanners.serial_scanner import SerialScanner, frame
from devices.readings import CardPresented, CodePresented, DeviceReported, Garbled
from tests.devices.feeding import fed


def codes_of(symbol: Symbol, text: str, symbology: str | None = None) -> list[str]:
    """What is wrong with this arrival of the symbol."""
    arrived = CodePresented(text=text, symbology=symbology or symbol.symbologies[0])
    return [problem.code for problem in judge(symbol, arrived)]


def through(symbol: Symbol, data: bytes, prefix: str = "aim") -> list[str]:
    """The sentences about a serial scanner's bytes."""
    readings = fed(lambda: SerialScanner({"prefix": prefix}), data)
    return [problem.sentence for reading in readings for problem in judge(symbol, reading)]


@pytest.mark.parametrize("symbol", SYMBOLS, ids=[it.name for it in SYMBOLS])
def test_a_symbol_that_arrives_exactly_is_right(symbol: Symbol) -> None:
    for symbology in symbol.symbologies:
        assert codes_of(symbol, symbol.text, symbology) == []
    assert through(symbol, frame(symbol.text, symbol.symbologies[0])) == []


@given(st.sampled_from(SYMBOLS), st.text(max_size=60), st.sampled_from(["]C0", "]A0", "]d2", "]Q1", None]))
def test_nothing_else_is_right_and_everything_wrong_says_what_to_do(
    symbol: Symbol, text: str, symbology: str | None
) -> None:
    problems = judge(symbol, CodePresented(text=text, symbology=symbology))
    if text == symbol.text and symbology in symbol.symbologies:
        assert problems == ()
    else:
        assert problems
        assert all(it.code and it.sentence.strip() for it in problems)


@given(st.sampled_from(SYMBOLS), st.data())
def test_one_changed_lost_or_added_character_is_noticed(symbol: Symbol, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(symbol.text) - 1))
    with_it = data.draw(st.sampled_from(["", "x", "X", GS, "\t", "é", symbol.text[at] * 2]))
    text = symbol.text[:at] + with_it + symbol.text[at + 1 :]
    assert (codes_of(symbol, text) == []) == (text == symbol.text)


@pytest.mark.parametrize(
    ("symbol", "text", "code"),
    [
        (GS1_DATA_MATRIX, GS1_DATA_MATRIX.text.replace(GS, ""), "SEPARATOR_LOST"),
        (GS1_DATA_MATRIX, GS1_DATA_MATRIX.text.replace(GS, "|"), "SEPARATOR_REPLACED"),
        (GS1_DATA_MATRIX, GS1_DATA_MATRIX.text.replace(GS, "{GS}"), "SEPARATOR_REPLACED"),
        (GS1_DATA_MATRIX, GS + GS1_DATA_MATRIX.text, "SEPARATOR_FIRST"),
        (GS1_DATA_MATRIX, "(01)09506000134352(17)261231(10)Kit1(21)Card1", "BRACKETS"),
        (GS1_DATA_MATRIX, "010950600013435217261231", "CUT_SHORT"),
        (CODE_128, CODE_128.text.upper(), "CASE"),
        (CODE_128, CODE_128.text.swapcase(), "CASE"),
        (CODE_128, CODE_128.text.translate(str.maketrans("yzYZ", "zyZY")), "OTHER_KEYS"),
        (CODE_128, CODE_128.text.translate(str.maketrans("aqAQ", "qaQA")), "OTHER_KEYS"),
        (CODE_128, CODE_128.text + "\t", "ENDED_BY_MORE"),
        (CODE_128, "S01" + CODE_128.text, "ADDED_BEFORE"),
        (CODE_128, CODE_128.text[3:], "CUT_AT_THE_START"),
        (CODE_39, "*2-KITCARD*", "STARS"),
        (CODE_39, "2-KITCARDK", "CHECK_DIGIT"),
        (CODE_39, "2-KITCARD end", "ADDED_AT_THE_END"),
        (QR_CODE, '4-Kit"@£¬#|~', "OTHER_KEYS"),
        (QR_CODE, QR_CODE.text.replace("£", "Â£"), "CHARACTER_SET"),
        (QR_CODE, CODE_39.text, "OTHER_SYMBOL"),
        (QR_CODE, "X30001234", "NOT_ON_THE_CARD"),
        (QR_CODE, "", "NOT_ON_THE_CARD"),
    ],
)
def test_a_fault_is_told_by_what_it_does_to_the_text(symbol: Symbol, text: str, code: str) -> None:
    assert codes_of(symbol, text) == [code]


def test_a_lost_separator_is_why_the_card_has_one() -> None:
    lost = identify(CodePresented(text=GS1_DATA_MATRIX.text.replace(GS, ""), symbology="]d2"))
    kept = identify(CodePresented(text=GS1_DATA_MATRIX.text, symbology="]d2"))
    assert (lost.problem, lost.lot) == (
        None,
        "Kit121Card1",
    )  # a serial number disappears, and nothing says so
    assert (kept.lot, dict(kept.candidates)["SERIAL"]) == ("Kit1", "CARD1")


def test_a_scanner_that_says_nothing_of_the_kind_of_code_is_not_ready() -> None:
    for symbol in SYMBOLS:
        (problem,) = judge(symbol, CodePresented(text=symbol.text))
        assert problem.code == "NO_IDENTIFIER"
        assert 'prefix = "aim"' in problem.sentence


def test_a_gs1_label_that_comes_as_a_plain_data_matrix_is_not_right() -> None:
    (problem,) = judge(GS1_DATA_MATRIX, CodePresented(text=GS1_DATA_MATRIX.text, symbology="]d1"))
    assert "]d2" in problem.sentence


@pytest.mark.parametrize("prefix", ["]C0", "D"])
def test_a_prefix_that_the_scanner_sends_and_nobody_takes_off_is_named(prefix: str) -> None:
    (sentence,) = through(CODE_128, frame(prefix + CODE_128.text), "none")
    assert f'prefix = "{"aim" if prefix == "]C0" else "zebra"}"' in sentence


def test_two_faults_at_once_are_both_named() -> None:
    lost = GS1_DATA_MATRIX.text.replace(GS, "")
    said = through(GS1_DATA_MATRIX, frame("]d2" + lost), "none")
    assert len(said) == 2
    assert "separator" in said[1]


@pytest.mark.parametrize(
    ("data", "prefix", "word"),
    [
        (CODE_128.text.encode() + b"\r", "aim", "AIM"),
        (CODE_128.text.encode() + b"\r", "zebra", "Transmit Code ID"),
        (b"]C0" + CODE_128.text.encode(), "aim", "suffix to CR"),
        (b"]Q1" + QR_CODE.text.encode("latin-1") + b"\r", "aim", "UTF-8"),
        (b"]C0\xff\xfe\x80\r", "aim", "baud rate"),
    ],
)
def test_what_cannot_even_be_read_names_its_setting_too(data: bytes, prefix: str, word: str) -> None:
    symbol = QR_CODE if b"]Q1" in data else CODE_128
    assert word in through(symbol, data, prefix)[0]


def test_other_readings_prove_nothing() -> None:
    assert judge(CODE_128, CardPresented(technology="EM4100", uid="62E3086CED"))[0].code == "NOT_ON_THE_CARD"
    own_word = DeviceReported(device="d", word="MISCONFIGURED", detail="No suffix is set.")
    assert judge(CODE_128, own_word)[0].sentence == "No suffix is set."
    assert "cable" in judge(CODE_128, Garbled(reason="CHECKSUM", detail="Wrong."))[0].sentence


def test_a_person_can_see_what_is_invisible() -> None:
    assert visible("a\x1db\t\r\n\x0b£") == "a<GS>b<TAB><CR><LF><0B>£"
