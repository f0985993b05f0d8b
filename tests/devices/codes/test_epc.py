"""EPCs: every field from its bits, every overflow refused, the inverse exact, and epcpy of the same mind."""

import string
import warnings

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from devices.codes import epc, epc_classic
from devices.codes.check_digit import check_digit
from devices.codes.epc_value import Epc, read_text, write_text
from devices.codes.problem import Problem

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import epcpy

SET_82 = "!\"%&'()*+,-./:;<=>?_" + string.digits + string.ascii_letters
SERIAL_BITS = {"sgtin-96": 38, "grai-96": 38}
SERIAL_CHARACTERS = {"sgtin-198": 20, "grai-170": 16}
PAIR_DIGITS = {"sgtin": 13, "grai": 12, "sscc": 17}
EPCPY_READS_RIGHT = set(string.digits + string.ascii_letters + "-._")
"""epcpy 0.1.8 loses text after a colon, and raises on some texts with characters that a URI escapes."""
BASE_64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
CODE_40 = "\0" + string.ascii_uppercase + "-.:" + string.digits


@st.composite
def tags(draw: st.DrawFn) -> tuple[str, int, tuple[str, ...]]:
    """A scheme, a filter and URI parts that the scheme can hold."""
    name = draw(st.sampled_from([scheme.name for scheme in epc_classic.SCHEMES]))
    company = draw(st.text(string.digits, min_size=6, max_size=12))
    filter_value = draw(st.integers(0, 7))
    key = name.partition("-")[0]
    if name == "giai-202":
        return name, filter_value, (company, draw(st.text(SET_82, min_size=1, max_size=30 - len(company))))
    if name == "giai-96":
        bits = 82 - epc_classic._COMPANY_BITS[12 - len(company)]
        return name, filter_value, (company, str(draw(st.integers(0, 2**bits - 1))))
    digits = PAIR_DIGITS[key] - len(company)
    reference = draw(st.text(string.digits, min_size=digits, max_size=digits))
    if key == "sscc":
        return name, filter_value, (company, reference)
    if name in SERIAL_BITS:
        return name, filter_value, (company, reference, str(draw(st.integers(0, 2**38 - 1))))
    serial = draw(st.text(SET_82, min_size=1, max_size=SERIAL_CHARACTERS[name]))
    return name, filter_value, (company, reference, serial)


def bits(value: int, width: int) -> str:
    return f"{value:0{width}b}"


def hex_of(digits: str) -> str:
    """A bit string as hex, filled with zeros to whole words of at least 96 bits, as a reader returns it."""
    filled = digits.ljust(max(96, -(-len(digits) // 16) * 16), "0")
    return f"{int(filled, 2):0{len(filled) // 4}X}"


def nibbles(digits: str) -> str:
    return "".join(bits(int(digit, 16), 4) for digit in digits)


METHODS = {
    "number": lambda s: bits(0, 3) + bits(len(s), 5) + bits(int(s), (10 ** len(s) - 1).bit_length()),
    "HEX": lambda s: bits(1, 3) + bits(len(s), 5) + nibbles(s),
    "hex": lambda s: bits(2, 3) + bits(len(s), 5) + nibbles(s),
    "base64": lambda s: bits(3, 3) + bits(len(s), 5) + "".join(bits(BASE_64.index(c), 6) for c in s),
    "ascii": lambda s: bits(4, 3) + bits(len(s), 5) + "".join(bits(ord(c), 7) for c in s),
    "code40": lambda s: bits(5, 3) + bits(len(s), 5) + "".join(
        bits(1600 * CODE_40.index(a) + 40 * CODE_40.index(b) + CODE_40.index(c) + 1, 16)
        for a, b, c in zip(*[iter(s.ljust(-(-len(s) // 3) * 3, "\0"))] * 3, strict=True)
    ),
}  # fmt: skip
"""An encoder of each method of TDS 14.5.6, written here from the standard, independent of the decoder."""

ALPHABETS = {
    "number": string.digits,
    "HEX": string.digits + "ABCDEF",
    "hex": string.digits + "abcdef",
    "base64": BASE_64,
    "ascii": SET_82,
    "code40": CODE_40[1:],
}


@given(tags())
def test_what_is_written_to_a_tag_is_read_again(tag: tuple[str, int, tuple[str, ...]]) -> None:
    name, filter_value, parts = tag
    decoded = epc.decode(epc_classic.encode(name, filter_value, parts))
    assert isinstance(decoded, Epc)
    assert (decoded.scheme, decoded.filter, decoded.parts) == tag


@given(tags())
def test_epcpy_reads_the_same_tag(tag: tuple[str, int, tuple[str, ...]]) -> None:
    name, filter_value, parts = tag
    assume(set(parts[-1]) <= EPCPY_READS_RIGHT)
    text = epc_classic.encode(name, filter_value, parts)
    decoded, other = epc.decode(text), epcpy.hex_to_tag_encodable(text)
    assert decoded.epc_uri == other.epc_uri
    assert decoded.element_string == other.gs1_element_string()


def test_where_epcpy_loses_half_an_asset_number_we_do_not() -> None:
    text = epc_classic.encode("giai-202", 3, ("9521141", "A:B"))
    assert epcpy.hex_to_tag_encodable(text).gs1_element_string() == "(8004)9521141A"
    assert epc.decode(text).element_string == "(8004)9521141A:B"


@given(st.sampled_from(sorted(METHODS)), st.data())
def test_every_way_of_writing_a_serial_is_read(method: str, data: st.DataObject) -> None:
    serial = data.draw(st.text(ALPHABETS[method], min_size=1, max_size=20))
    body = data.draw(st.text(string.digits, min_size=13, max_size=13))
    gtin = body + check_digit(body)
    decoded = epc.decode(hex_of(nibbles("F73" + gtin) + METHODS[method](serial)))
    assert isinstance(decoded, Epc)
    assert decoded.elements == (("01", gtin), ("21", serial))
    assert (decoded.scheme, decoded.filter, decoded.tag_uri) == ("sgtin+", 3, "")


@given(st.text(string.digits, min_size=4, max_size=12), st.text(SET_82, max_size=18))
def test_a_giai_plus_is_digits_and_then_text(digits: str, rest: str) -> None:
    assume(not rest[:1].isdigit())
    tail = "1110" + METHODS["ascii"](rest) if rest else "1111"
    decoded = epc.decode(hex_of(nibbles("FA0" + digits) + tail))
    assert decoded.elements == (("8004", digits + rest),)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "EPC_NOT_HEX"),
        ("3066C4409047E140075BCD1_", "EPC_NOT_HEX"),
        (" 3066C4409047E140075BCD15", "EPC_NOT_HEX"),
        ("٣066C4409047E140075BCD15", "EPC_NOT_HEX"),
        ("30" * 63, "EPC_NOT_HEX"),
        ("3066C4409047E140075BCD1", "EPC_TOO_SHORT"),
        ("3666C4409047E159B2C2BF10", "EPC_TOO_SHORT"),
        ("000000000000000000000000", "EPC_HEADER"),
        ("FFFFFFFFFFFFFFFFFFFFFFFF", "EPC_HEADER"),
        ("E28011606000020A1B2C3D4E", "EPC_HEADER"),
        ("AB8011606000020A1B2C3D4E", "EPC_HEADER"),
        ("307C257BF7194E4000001A85", "EPC_PARTITION"),
        ("307BFFFFFFFFFFFFFFFFFFFF", "EPC_PREFIX"),
        ("3074257BF7FFFFFFFFFFFFFF", "EPC_REFERENCE"),
        ("3403FFFFFFFFFFFFFFFFFFFF", "EPC_PREFIX"),
        ("3876451FD50000000000000000000000000000000000000000", "EPC_TOO_SHORT"),
        ("3876451FD5000000000000000000000000000000000000000000", "EPC_CHARACTER"),
        ("3066C4409047E140075BCD150001", "EPC_TRAILING"),
        ("311BA1B300CE0A6A83000001", "EPC_TRAILING"),
        ("350007AB70425D40000005860001", "EPC_TRAILING"),
        ("3666C4409047E100000000000000000000000000000000000000", "EPC_CHARACTER"),
        ("3666C4409047E159B2C2BF100000000000000000000000000400", "EPC_CHARACTER"),
        ("3776451FD40C0E01B2C2BF1000000000000000000000", "EPC_CHARACTER"),
        ("F737952114112345A8566CB0AFC4", "EPC_NIBBLE"),
        ("F73795211411234508566CB0AFC4", "EPC_VALUE"),
        ("F7379521141123453E566CB0AFC4", "EPC_METHOD"),
        ("F73795211411234538066CB0AFC4", "EPC_LENGTH"),
        ("F73795211411234539F66CB0AFC4", "EPC_LENGTH"),
        ("F73795211411234539466CB0AFC4", "EPC_TOO_SHORT"),
        ("F73795211411234538566CB0AFC40001", "EPC_TRAILING"),
        ("F7379521141123453A3FFFFFFFFF", "EPC_CHARACTER"),
        ("FB372CDE795211411234538566CB0AFC4000", "EPC_DATE"),
        ("FB34C8DE795211411234538566CB0AFC4000", "EPC_DATE"),
        ("FB342C5F795211411234538566CB0AFC4000", "EPC_VALUE"),
        ("FA3952114132952114132952", "EPC_TOO_SHORT"),
        ("F9009520123456789123600000", "EPC_VALUE"),
    ],
)
def test_what_is_no_epc_is_refused_with_its_reason(text: str, code: str) -> None:
    problem = epc.decode(text)
    assert isinstance(problem, Problem)
    assert problem.code == code


def test_data_that_the_toggle_announces_after_the_epc_is_left_alone() -> None:
    decoded = epc.decode("F7B795211411234538566CB0AFC417AB")
    assert decoded.element_string == "(01)79521141123453(21)32a/b"


def test_an_epc_in_whole_words_may_be_filled_with_zeros() -> None:
    assert (
        epc.decode("3066C4409047E140075BCD150000").elements == epc.decode("3066C4409047E140075BCD15").elements
    )


def test_gid_has_no_gs1_key() -> None:
    decoded = epc.decode("350007AB70425D4000000586")
    assert (decoded.tag_uri, decoded.elements) == ("urn:epc:tag:gid-96:31415.271828.1414", ())


@pytest.mark.parametrize(
    ("name", "filter_value", "parts", "says"),
    [
        ("sgtin-97", 0, ("9506000", "013435", "1"), "no such scheme"),
        ("sgtin-96", 8, ("9506000", "013435", "1"), "filter"),
        ("sgtin-96", 0, ("95060", "013435", "1"), "company prefix"),
        ("sgtin-96", 0, ("95060a0", "013435", "1"), "company prefix"),
        ("sgtin-96", 0, ("9506000", "01343", "1"), "cannot hold"),
        ("sgtin-96", 0, ("9506000", "x13435", "1"), "reference"),
        ("sgtin-96", 0, ("9506000", "013435", "01"), "cannot hold"),
        ("sgtin-96", 0, ("9506000", "013435", str(2**38)), "serial"),
        ("sgtin-198", 0, ("9506000", "013435", "a" * 21), "20 characters"),
        ("sgtin-198", 0, ("9506000", "013435", "a b"), "set 82"),
        ("giai-96", 0, ("9506000", "A1"), "expected digits"),
        ("giai-202", 0, ("9506000", "A" * 24), "23 characters"),
        ("giai-202", 0, ("952114100000", "A" * 20), "cannot hold"),
    ],
)
def test_what_a_tag_cannot_hold_is_refused_by_name(
    name: str, filter_value: int, parts: tuple[str, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        epc_classic.encode(name, filter_value, parts)


def test_an_alphanumeric_police_serial_fits_a_giai_202() -> None:
    text = epc_classic.encode("giai-202", 0, ("9521141", "X30001234"))
    assert epc.decode(text).elements == (("8004", "9521141X30001234"),)


@given(st.text(SET_82, min_size=1, max_size=20))
def test_packed_text_is_read_again(text: str) -> None:
    assert read_text(write_text(text, 140), 140) == text


@given(st.text(max_size=140) | st.text("0123456789ABCDEF", min_size=22, max_size=64))
def test_no_text_makes_the_decoder_raise(text: str) -> None:
    assert isinstance(epc.decode(text), Epc | Problem)


HEADERS = ["30", "31", "33", "34", "35", "36", "37", "38", "F1", "F7", "F9", "FA", "FB"]


@given(st.sampled_from(HEADERS), st.text("0123456789ABCDEF", min_size=22, max_size=60))
def test_no_bits_under_a_known_header_make_the_decoder_raise(header: str, rest: str) -> None:
    decoded = epc.decode(header + rest)
    assert isinstance(decoded, Epc | Problem)
    if isinstance(decoded, Epc) and decoded.filter is not None and decoded.parts:
        again = epc_classic.encode(decoded.scheme, decoded.filter, decoded.parts)
        assert again.rstrip("0") == decoded.hex.rstrip("0")
