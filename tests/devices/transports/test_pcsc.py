"""Card readers by PC/SC, on a service of our own and on a real pcscd: cards come and go, readers and the daemon too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.driver import Packet
from devices.errors import Gone, NotConfigured, NotOpened
from devices.pcsc.packets import CARD, GET_UID, LYING, REMOVED, RESPONSE
from devices.transports.pcsc import PcscPort, listed_readers, open_pcsc
from devices.transports.port import Arrival
from tests.devices.drivers.rfid.test_pcsc_card_reader import CLASSIC
from tests.devices.fake_pcsc import FakeCard, FakeScard
from tests.devices.virtual_card import PATIENCE_S, VirtualReader

ACS, OMNIKEY = "ACS ACR122U PICC Interface 00 00", "HID OMNIKEY 5022 CL 01 00"
UID = bytes.fromhex("04A1B2C3D4E5809000")


@pytest.fixture
def scard() -> FakeScard:
    """A service with two readers, no card on either."""
    return FakeScard({ACS: None, OMNIKEY: None})


def test_a_reader_is_named_by_the_beginning_of_its_name(scard: FakeScard) -> None:
    assert ACS in str(open_pcsc("pcsc:ACS", scard))
    assert OMNIKEY in str(open_pcsc(f"pcsc:{OMNIKEY}", scard))
    with pytest.raises(NotConfigured, match="several readers"):
        open_pcsc("pcsc:", scard)
    with pytest.raises(NotOpened, match="no such card reader is plugged in") as refused:
        open_pcsc("pcsc:SCM", scard)
    assert refused.value.word == "MISSING"
    assert scard.contexts == 2
    assert ACS in str(open_pcsc("pcsc:", FakeScard({ACS: None})))


def test_a_whole_name_wins_over_a_longer_one() -> None:
    assert (
        str(open_pcsc("pcsc:Reader", FakeScard({"Reader": None, "Reader 2": None}))) == "the reader 'Reader'"
    )


def test_a_card_comes_is_asked_and_goes(scard: FakeScard) -> None:
    port = open_pcsc("pcsc:ACS", scard)
    assert port.read(0.01) == []
    scard.lay(ACS, FakeCard(CLASSIC, UID))
    assert port.read(1.0) == [Packet(CARD, CLASSIC)]
    port.kept()
    port.write(GET_UID)
    assert scard.sent == [GET_UID]
    assert port.read(0.01) == [Packet(RESPONSE, UID)]
    assert port.read(0.01) == []
    scard.lay(ACS, None)
    assert port.read(1.0) == [Packet(REMOVED, b"")]
    port.close()
    assert scard.contexts == 0


def test_a_card_that_lies_there_before_is_told_as_such(scard: FakeScard) -> None:
    scard.lay(ACS, FakeCard(CLASSIC, UID))
    port = open_pcsc("pcsc:ACS", scard)
    assert port.read(0.01) == [Packet(LYING, CLASSIC)]
    assert port.read(0.01) == []


def test_a_card_that_was_exchanged_between_two_looks_is_seen(scard: FakeScard) -> None:
    port = open_pcsc("pcsc:ACS", scard)
    scard.lay(ACS, FakeCard(CLASSIC, UID))
    port.read(1.0)
    scard.lay(ACS, None)
    scard.lay(ACS, FakeCard(CLASSIC, UID))
    assert port.read(1.0) == [Packet(REMOVED, b""), Packet(CARD, CLASSIC)]


def test_another_program_that_looks_at_the_card_changes_nothing(scard: FakeScard) -> None:
    port = open_pcsc("pcsc:ACS", scard)
    scard.lay(ACS, FakeCard(CLASSIC, UID))
    port.read(1.0)
    scard.in_use = 1
    assert port.read(0.01) == []


@pytest.mark.parametrize("call", ["connect", "transmit"])
@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (0x80100066, [Packet(RESPONSE, b"")]),
        (0x8010000B, [Packet(RESPONSE, b"")]),
        (0x80100069, []),
        (0x8010000C, []),
    ],
)
def test_trouble_with_a_card_ends_nothing(
    scard: FakeScard, call: str, code: int, answer: list[Arrival]
) -> None:
    port = open_pcsc("pcsc:ACS", scard)
    scard.lay(ACS, FakeCard(CLASSIC, UID, **{call: code}))
    port.read(1.0)
    port.write(GET_UID)
    assert port.read(0.01) == answer


def test_a_reader_or_a_service_that_goes_away_ends_the_session(scard: FakeScard) -> None:
    port = open_pcsc("pcsc:ACS", scard)
    scard.unplug(ACS)
    with pytest.raises(Gone, match="unplugged"):
        port.read(0.01)
    with pytest.raises(NotOpened, match="OMNIKEY"):
        open_pcsc("pcsc:ACS", scard)
    other = open_pcsc("pcsc:HID", scard)
    scard.lay(OMNIKEY, FakeCard(CLASSIC, UID, connect=0x80100017))
    other.read(1.0)
    with pytest.raises(Gone):
        other.write(GET_UID)
    scard.fails["status"] = 0x8010001D
    with pytest.raises(Gone, match="start pcscd"):
        other.read(0.01)
    with pytest.raises(NotOpened):
        open_pcsc("pcsc:HID", scard)


@pytest.mark.parametrize(
    ("call", "code", "word", "said"),
    [
        ("establish", 0x8010001D, "MISSING", "pcscd does not answer"),
        ("establish", -0x7FEFFFE3, "MISSING", "pcscd does not answer"),
        ("establish", 0x8010006A, "DENIED", "polkit"),
        ("list", 0x80100027, "DENIED", "polkit"),
        ("list", 0x80100013, "MISSING", "pcscd refuses"),
    ],
)
def test_a_service_that_lets_nobody_in_says_what_to_do(
    scard: FakeScard, call: str, code: int, word: str, said: str
) -> None:
    scard.fails[call] = code
    with pytest.raises(NotOpened, match=said) as refused:
        open_pcsc("pcsc:ACS", scard)
    assert refused.value.word == word
    assert scard.contexts == 0
    assert listed_readers(scard) == ()


def test_without_pyscard_the_bridge_says_what_is_missing() -> None:
    with pytest.raises(NotConfigured, match=r"kitstore\[cards\]"):
        open_pcsc("pcsc:ACS", None)
    assert listed_readers(None) == ()


def test_readers_are_listed_by_name(scard: FakeScard) -> None:
    assert listed_readers(scard) == (ACS, OMNIKEY)
    assert listed_readers(FakeScard()) == ()
    assert isinstance(listed_readers(), tuple)


# ---- a real pcscd ---------------------------------------------------------------------------------

VIRTUAL = "pcsc:Virtual Test Reader 00 00"


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[VirtualReader]:
    """pcscd with a virtual reader."""
    with VirtualReader(tmp_path) as made:
        yield made


def heard(port: PcscPort) -> list[Arrival]:
    """The next thing that happens."""
    for _ in range(int(PATIENCE_S / 0.2)):
        if arrived := port.read(0.2):
            return arrived
    pytest.fail("nothing happened at the reader")


@pytest.mark.pcsc
def test_a_real_service_tells_of_cards_and_their_numbers(reader: VirtualReader) -> None:
    assert VIRTUAL.removeprefix("pcsc:") in listed_readers()
    port = open_pcsc(VIRTUAL)
    card = reader.lay("04A1B2C3D4E580", CLASSIC.hex())
    assert heard(port) == [Packet(CARD, CLASSIC)]
    port.write(GET_UID)
    assert heard(port) == [Packet(RESPONSE, UID)]
    assert card.asked == [GET_UID]
    card.take_away()
    assert heard(port) == [Packet(REMOVED, b"")]
    port.write(GET_UID)
    assert port.read(0.01) == []
    port.close()


@pytest.mark.pcsc
def test_a_real_service_that_is_restarted_is_missed_and_found_again(reader: VirtualReader) -> None:
    port = open_pcsc(VIRTUAL)
    reader.stop()
    with pytest.raises(Gone):
        heard(port)
    port.close()
    with pytest.raises(NotOpened, match="pcscd does not answer"):
        open_pcsc(VIRTUAL)
    reader.start()
    card = reader.lay("F68E2A99", CLASSIC.hex())
    again = open_pcsc(VIRTUAL)
    (arrived,) = heard(again)
    assert arrived in (Packet(LYING, CLASSIC), Packet(CARD, CLASSIC))
    card.take_away()
    assert heard(again) == [Packet(REMOVED, b"")]
    again.close()
