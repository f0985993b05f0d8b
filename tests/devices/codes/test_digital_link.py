"""GS1 Digital Link: the key in a web address, and what is no Digital Link."""

import string

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from hypothesis import given
from hypothesis import strategies as st

from devices.codes import digital_link
from devices.codes.check_digit import check_digit
from devices.codes.problem import Problem

GTIN = "09506000134352"
SET_82 = "!\"%&'()*+,-./:;<=>?_" + string.digits + string.ascii_letters
SERIALS = st.text(SET_82, min_size=1, max_size=20)
GTINS = st.text(string.digits, min_size=13, max_size=13).map(lambda body: body + check_digit(body))


@pytest.mark.parametrize(
    ("address", "elements"),
    [
        ("https://id.gs1.org/8004/95211415678", (("8004", "95211415678"),)),
        ("https://id.gs1.org/8003/095211411234545678", (("8003", "095211411234545678"),)),
        (
            "https://id.gs1.org/01/79521141123453/21/32a%2Fb?17=220630",
            (("01", "79521141123453"), ("21", "32a/b"), ("17", "220630")),
        ),
        (f"HTTPS://EXAMPLE.COM/01/{GTIN}", (("01", GTIN),)),
        (
            f"http://example.com:8080/shop/kit/01/{GTIN}/10/L1/21/S1",
            (("01", GTIN), ("10", "L1"), ("21", "S1")),
        ),
        (f"https://example.com/01/{GTIN}?utm_source=x&17=261231&y#01/1", (("01", GTIN), ("17", "261231"))),
        (f"https://example.com/01/{GTIN}?10=L1", None),
        (f"https://example.com/01/{GTIN}/21/S1?99=a%2Bb", (("01", GTIN), ("21", "S1"), ("99", "a+b"))),
    ],
)
def test_an_address_is_read_into_its_elements(
    address: str, elements: tuple[tuple[str, str], ...] | None
) -> None:
    result = digital_link.parse(address)
    assert result == elements if elements else result.code == "DL_ATTRIBUTE"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("https://kit.example.org/item/123", "DL_NO_KEY"),
        ("https://example.com", "DL_NO_KEY"),
        ("https:///01/09506000134352", "DL_NO_KEY"),
        ("https://exa_mple.com/01/09506000134352", "DL_NO_KEY"),
        ("ftp://example.com/01/09506000134352", "DL_NO_KEY"),
        ("HttpS://example.com/01/09506000134352", "DL_NO_KEY"),
        (f"https://example.com/01/{GTIN}/", "DL_NO_KEY"),
        (f"https://example.com/01/{GTIN}/99/X", "DL_PATH"),
        (f"https://example.com/01/{GTIN}/21/S1/10/L1", "DL_PATH"),
        (f"https://example.com/01/{GTIN}/21/", "GS1_TOO_SHORT"),
        (f"https://example.com/01/{GTIN[:-1]}9", "GS1_CHECK_DIGIT"),
        (f"https://example.com/01/{GTIN}?21=S1", "DL_ATTRIBUTE"),
        (f"https://example.com/01/{GTIN}?01={GTIN}", "DL_ATTRIBUTE"),
        (f"https://example.com/01/{GTIN}?17=261231&17=261231", "GS1_REPEATED"),
        (f"https://example.com/01/{GTIN}?05=1", "GS1_UNKNOWN_AI"),
        (f"https://example.com/01/{GTIN}?99=a+b", "GS1_CHARACTER"),
        (f"https://example.com/01/{GTIN}/21/%00", "GS1_CHARACTER"),
        (f"https://example.com/01/{GTIN}/21/S 1", "DL_CHARACTER"),
        (f"https://exämple.com/01/{GTIN}", "DL_CHARACTER"),
        ("https://example.com/8004/95211415678?17=261231", "GS1_NEEDS"),
    ],
)
def test_an_address_that_is_no_digital_link_is_refused_with_its_reason(address: str, code: str) -> None:
    assert digital_link.parse(address).code == code


@given(GTINS, SERIALS, st.none() | SERIALS)
def test_what_is_written_is_read_again(gtin: str, serial: str, lot: str | None) -> None:
    elements = (("01", gtin), *((("10", lot),) if lot else ()), ("21", serial), ("17", "261231"))
    assert digital_link.parse(digital_link.write(elements)) == elements


@given(GTINS, st.text(string.ascii_letters + string.digits + "/", min_size=1, max_size=20))
def test_biip_reads_the_same_elements(gtin: str, serial: str) -> None:
    address = digital_link.write((("01", gtin), ("21", serial), ("17", "261231")))
    uri = GS1DigitalLinkURI.parse(address)
    assert tuple((part.ai.ai, part.value) for part in uri.element_strings) == digital_link.parse(address)


@given(st.text(max_size=200) | st.text("/?&=%#012189https:.", max_size=60).map("https://x/".__add__))
def test_no_text_makes_the_parser_raise(text: str) -> None:
    assert isinstance(digital_link.parse(text), Problem | tuple)


@pytest.mark.parametrize(("text", "is_one"), [("HTTPS://x", True), ("http://x", True), ("X30001234", False)])
def test_an_address_is_known_by_its_beginning(text: str, is_one: bool) -> None:
    assert digital_link.looks_like_address(text) is is_one
