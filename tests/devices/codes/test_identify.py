"""What a code names: surest first, never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.codes.identify import Identity, identify, identity_of_card, identity_of_epc, identity_of_tag
from devices.readings import CardPresented, CodePresented, TagSeen

GTIN = "09506000134352"
LABEL = f"01{GTIN}21s1\x1d1726123110L7\x1d11240100"
SYMBOLOGIES = [
    None,
    "]C0",
    "]C1",
    "]d1",
    "]d2",
    "]e0",
    "]E0",
    "]E1",
    "]E3",
    "]E4",
    "]J1",
    "]Q1",
    "]Q3",
    "]X0",
]


def named(text: str, symbology: str | None) -> Identity:
    return identify(CodePresented(text=text, symbology=symbology))


@pytest.mark.parametrize("symbology", ["]C1", "]d2", "]Q3", "]e0", "]J1"])
def test_a_cartridge_label_names_its_serial_lot_and_expiry(symbology: str) -> None:
    identity = named(LABEL, symbology)
    assert identity.candidates == (("SGTIN", GTIN + "s1"), ("SERIAL", "S1"))
    assert (identity.gtin, identity.lot) == (GTIN, "L7")
    assert (identity.expires_on, identity.made_on) == ("2026-12-31", "2024-01-31")


@pytest.mark.parametrize("symbology", [None, "]C0", "]A0", "]d1", "]I0"])
def test_digits_in_an_ordinary_symbol_are_never_taken_for_gs1(symbology: str | None) -> None:
    for text in ("12345670", f"01{GTIN}21S1", "00095201234567891235"):
        assert named(text, symbology).candidates == (("SERIAL", text),)


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("8004952114132a/b", (("GIAI", "952114132a/b"),)),
        ("8003095211411234545678", (("GRAI", "095211411234545678"),)),
        ("00095201234567891235", (("SSCC", "095201234567891235"),)),
        (f"01{GTIN}10L7", (("GTIN", GTIN),)),
        (f"01{GTIN}235T1", (("TPX", GTIN + "T1"), ("GTIN", GTIN))),
        ("8018952114112345678906", (("GSRN", "952114112345678906"),)),
    ],
)
def test_each_gs1_key_is_looked_up_under_its_own_name(
    text: str, candidates: tuple[tuple[str, str], ...]
) -> None:
    assert named(text, "]C1").candidates == candidates


def test_a_digital_link_names_the_same_thing_as_the_label() -> None:
    address = f"https://id.gs1.org/01/{GTIN}/10/L7/21/s1?17=261231"
    for symbology in ("]Q1", "]d1", None):
        identity = named(address, symbology)
        assert identity.candidates == (("SGTIN", GTIN + "s1"), ("SERIAL", "S1"))
        assert identity.expires_on == "2026-12-31"


def test_a_web_address_without_a_gs1_key_is_a_code_like_any_other() -> None:
    assert named("https://kit.example/i/7", "]Q1").candidates == (("SERIAL", "HTTPS://KIT.EXAMPLE/I/7"),)


def test_a_digital_link_with_a_wrong_digit_is_a_problem_and_not_a_serial() -> None:
    identity = named(f"https://id.gs1.org/01/{GTIN[:-1]}9", "]Q1")
    assert (identity.candidates, identity.problem.code) == ((), "GS1_CHECK_DIGIT")


@pytest.mark.parametrize(
    ("symbology", "text", "code"),
    [
        ("]E0", "2112345678901", "EAN_CHECK_DIGIT"),
        ("]E0", "211234567890X", "EAN_CHARACTER"),
        ("]E0", "٢١١٢٣٤٥٦٧٨٩٠٠", "EAN_CHARACTER"),
        ("]E0", "211234567890012", "EAN_TOO_LONG"),
        ("]E0", "", "EAN_TOO_SHORT"),
        ("]E4", "0234567", "EAN_TOO_SHORT"),
        ("]E1", "12", "EAN_ADD_ON"),
        ("]E0", "2112345678900|]e021", "GS1_TOO_SHORT"),
        ("]C0", "X3\x1d", "SERIAL_CHARACTER"),
    ],
)
def test_a_malformed_code_names_nothing(symbology: str, text: str, code: str) -> None:
    identity = named(text, symbology)
    assert (identity.candidates, identity.problem.code) == ((), code)


def test_an_ean_may_carry_an_add_on_or_a_composite_part() -> None:
    assert named("211234567890012", "]E3").gtin == "02112345678900"
    composite = named("2112345678900|]e0" + "21S1\x1d17261231", "]E0")
    assert composite.candidates[0] == ("SGTIN", "02112345678900S1")


def test_the_century_of_a_date_is_the_near_one() -> None:
    code = CodePresented(text=f"01{GTIN}21S1\x1d17800101", symbology="]d2")
    assert identify(code).expires_on == "1980-01-01"
    assert identify(code, near_year=2060).expires_on == "2080-01-01"


def test_a_card_is_looked_up_by_its_number_and_then_by_what_is_printed() -> None:
    card = CardPresented(technology="EM4100", uid="62E3086CED", printed="3808980205")
    assert identity_of_card(card).candidates == (("EM4100", "62E3086CED"), ("PRINTED", "3808980205"))
    assert identity_of_card(CardPresented(technology="ISO14443A", uid="04A1B2C3D4E580")).candidates == (
        ("ISO14443A", "04A1B2C3D4E580"),
    )


def test_a_phones_random_number_is_never_a_card() -> None:
    identity = identity_of_card(CardPresented(technology="ISO14443A", uid="08A1B2C3"))
    assert (identity.candidates, identity.problem.code) == ((), "CARD_RANDOM")


def test_a_tag_is_looked_up_by_its_chip_then_its_epc_then_what_it_decodes_to() -> None:
    tag = TagSeen(epc="3476451FD40000000000162E", tid="E2801170200014CD9B5A08EC")
    assert identity_of_tag(tag).candidates == (
        ("TID", "E2801170200014CD9B5A08EC"),
        ("EPC", "3476451FD40000000000162E"),
        ("GIAI", "95211415678"),
    )
    assert identity_of_tag(TagSeen(epc=tag.epc)).candidates[0] == ("EPC", tag.epc)


def test_a_tag_of_a_foreign_scheme_can_still_be_bound_by_its_whole_epc() -> None:
    identity = identity_of_epc("ab00112233445566778899aa")
    assert identity.candidates == (("EPC", "AB00112233445566778899AA"),)
    assert identity.problem.code == "EPC_HEADER"


@pytest.mark.parametrize("text", ["E28011606000020A1B2C3D4E", "0" * 24, "F" * 24, "3066C4", "xyz", ""])
def test_a_tag_never_written_or_read_from_the_wrong_bank_names_nothing(text: str) -> None:
    identity = identity_of_epc(text)
    assert identity.candidates == ()
    assert identity.problem is not None


@given(st.text(max_size=120) | st.text("0123456789\x1d|]e", max_size=60), st.sampled_from(SYMBOLOGIES))
def test_every_code_gets_a_candidate_or_a_problem_and_nothing_raises(
    text: str, symbology: str | None
) -> None:
    identity = named(text, symbology)
    assert (identity.problem is None) == bool(identity.candidates or identity.elements)
