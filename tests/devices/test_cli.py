"""`decode` and its kin: one JSON object a line, honest exit codes, never a traceback."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.cli import BYTE_BY_BYTE_MAX, CODES, decode, driver_list, support, support_table, udev, udev_rules
from devices.driver import Driver, TriedOn, UsbId
from devices.drivers import DRIVERS
from devices.drivers.scanners.serial_scanner import SerialScanner
from tests.devices.hid.reports import aim_report

EVERYTHING = [*DRIVERS, *CODES]


def run(*words: str, given_input: bytes | None = None) -> Result:
    return CliRunner().invoke(decode, words, input=given_input)


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_scan_is_printed_as_one_line_of_json() -> None:
    result = run("serial-scanner", "--hex", "5D43305833303030313233340D", "-o", "prefix=aim")
    assert lines(result) == [
        {"type": "code", "text": "X30001234", "symbology": "]C0", "raw_hex": "5D4330583330303031323334"}
    ]
    assert result.exit_code == 0


def test_text_needs_no_suffix() -> None:
    assert lines(run("serial-scanner", "--text", "X1"))[0]["text"] == "X1"
    assert lines(run("serial-scanner", "--text", "X1\r"))[0]["text"] == "X1"


def test_a_fob_and_a_bay_are_printed() -> None:
    assert lines(run("em4100", "--hex", "0236324533303836434544303803"))[0]["uid"] == "62E3086CED"
    bay = run("kit-dock", "--topic", "kit/v1/medway/dock/d1/bay/7", "--text", '{"present":true,"charge":87}')
    assert lines(bay) == [{"type": "bay", "dock": "d1", "bay": 7, "present": True, "charge_percent": 87}]


def test_a_packet_that_is_no_reading_is_told_and_one_that_is_is_told_once() -> None:
    scan = run("ssi-scanner", "--hex", "0EF3000003583330303031323334FD17")
    assert [it["type"] for it in lines(scan)] == ["code"]
    answer = run("ssi-scanner", "--hex", "04D00000FF2C 0EF3000003583330303031323334FD17 04D00400FF28")
    assert [it.get("what", it["type"]) for it in lines(answer)] == ["CMD_ACK", "code", "CMD_ACK"]
    assert (scan.exit_code, answer.exit_code) == (0, 0)


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (("gs1", "--text", "]C1800495211415678"), [["GIAI", "95211415678"]]),
        (("gs1", "--text", "800495211415678"), [["GIAI", "95211415678"]]),
        (("gs1", "--hex", "303130393530363030303133343335323231533131"), None),
        (("digital-link", "--text", "https://id.gs1.org/8004/95211415678"), [["GIAI", "95211415678"]]),
        (("digital-link", "--text", "]Q1https://id.gs1.org/8004/95211415678"), [["GIAI", "95211415678"]]),
        (("code", "--text", "]C0x30001234"), [["SERIAL", "X30001234"]]),
        (
            ("epc", "--hex", "3476451FD40000000000162E"),
            [["EPC", "3476451FD40000000000162E"], ["GIAI", "95211415678"]],
        ),
        (
            ("epc", "--text", "3476451fd40000000000162e"),
            [["EPC", "3476451FD40000000000162E"], ["GIAI", "95211415678"]],
        ),
    ],
)
def test_a_code_is_printed_with_what_it_names(
    words: tuple[str, ...], candidates: list[list[str]] | None
) -> None:
    result = run(*words)
    assert result.exit_code == 0
    assert lines(result)[0]["type"] == "identity"
    assert candidates is None or lines(result)[0]["candidates"] == candidates


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("serial-scanner", "--hex", "5833303030"), "GAP"),
        (("serial-scanner", "--hex", "5833FF30FE313233340D"), "BYTES_ABOVE_7E"),
        (("serial-scanner", "--text", ""), "NOTHING"),
        (("serial-scanner", "--hex", "0D0A"), "NOTHING"),
        (("serial-scanner", "--hex", "5X"), "NOT_HEX"),
        (("serial-scanner", "--hex", "585"), "NOT_HEX"),
        (("em4100", "--text", "hello"), "NOISE"),
        (("kit-dock", "--text", ""), "EMPTY_PAYLOAD"),
        (("kit-dock", "--text", "not json at all"), "NOT_JSON"),
        (("kit-dock", "--text", '{"charge":101}'), "FIELD"),
        (("kit-dock", "--text", "{}", "--topic", "a/b"), "TOPIC"),
        (("epc", "--hex", "3074257BF7194E4000001AZZ"), "EPC_NOT_HEX"),
        (("epc", "--hex", "E28011606000020A1B2C3D4E"), "EPC_HEADER"),
        (("gs1", "--text", "]C180049"), "GS1_PREFIX"),
        (("gs1", "--text", "]C0X1"), "GS1_SYMBOL"),
        (("gs1", "--text", ""), "GS1_EMPTY"),
        (("gs1", "--hex", "FF"), "BYTES_ABOVE_7E"),
        (("gs1", "--hex", "FX"), "NOT_HEX"),
        (("code", "--text", "]X"), "AIM_ID_MISSING"),
        (("digital-link", "--text", "https://example.com/"), "DL_NO_KEY"),
    ],
)
def test_malformed_input_is_printed_as_garbled_and_exits_with_1(words: tuple[str, ...], reason: str) -> None:
    result = run(*words)
    assert result.exit_code == 1
    assert [line["reason"] for line in lines(result)] == [reason]
    assert lines(result)[0]["type"] == "garbled"
    assert lines(result)[0]["detail"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "DRIVER"),
        (("scaner", "--text", "x"), "serial-scanner"),
        (("serial-scanner",), "exactly one of"),
        (("serial-scanner", "--text", "x", "--hex", "58"), "exactly one of"),
        (("serial-scanner", "--text", "x", "-o", "prefix=guess"), "none, aim, zebra"),
        (("serial-scanner", "--text", "x", "-o", "prefix"), "NAME=VALUE"),
        (("gs1", "--text", "x", "-o", "prefix=aim"), "no options"),
        (("serial-scanner", "no-such-file"), "no-such-file"),
    ],
)
def test_wrong_words_are_explained_and_exit_with_2(words: tuple[str, ...], says: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert says in result.stderr


def test_a_capture_is_read_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    capture = tmp_path / "capture.bin"
    capture.write_bytes(b"]C0X1\r\n]C0X2\r\n")
    for result in (
        run("serial-scanner", str(capture), "-o", "prefix=aim"),
        run("serial-scanner", "-", "-o", "prefix=aim", given_input=capture.read_bytes()),
    ):
        assert [line["text"] for line in lines(result)] == ["X1", "X2"]
        assert result.exit_code == 0


def test_a_file_of_codes_holds_one_a_line(tmp_path: Path) -> None:
    codes = tmp_path / "codes.txt"
    codes.write_bytes(b"]C1800495211415678\r\n]C180049\n")
    result = run("code", str(codes))
    assert [line["type"] for line in lines(result)] == ["identity", "garbled"]
    assert result.exit_code == 1


def test_a_scanner_without_suffix_exits_with_1() -> None:
    assert run("serial-scanner", "--hex", "58").exit_code == 1


@settings(max_examples=60)
@given(st.sampled_from(EVERYTHING), st.binary(max_size=80))
def test_no_input_ends_in_a_traceback(name: str, data: bytes) -> None:
    for result in (run(name, "--hex", data.hex()), run(name, "-", given_input=data)):
        assert result.exit_code in (0, 1)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert lines(result)
        assert (result.exit_code == 1) == any(line["type"] in ("garbled", "device") for line in lines(result))


@settings(max_examples=30)
@given(st.sampled_from(EVERYTHING), st.text(max_size=60))
def test_no_text_ends_in_a_traceback(name: str, text: str) -> None:
    result = run(name, f"--text={text}")
    assert result.exit_code in (0, 1)
    assert lines(result)


def test_a_code_cannot_break_its_line_or_command_a_terminal() -> None:
    result = run("serial-scanner", "--text", "a\u2028b\x1b[31m\x9bc\x85")
    assert result.stdout.isascii()
    assert "\x1b" not in result.stdout
    assert lines(result)[0]["text"] == "a\u2028b\x1b[31m\x9bc\x85"


def test_bytes_that_a_shell_passes_undecoded_are_kept_as_evidence() -> None:
    result = run("serial-scanner", "--text", "X\udcff1")
    assert lines(result)[0]["raw_hex"] == "58FF31"


def test_the_list_names_every_driver_and_code() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in EVERYTHING)
    assert "prefix=none" in driver_list()


def test_no_drivers_name_touches_its_title_in_the_list() -> None:
    listed = [line for line in driver_list().splitlines() if not line.startswith(" ")]
    assert [line.split("  ")[0] for line in listed] == EVERYTHING


def test_a_long_capture_is_read_to_its_end_like_a_short_one(tmp_path: Path) -> None:
    """Longer than what is fed a byte at a time; a packet lies across every border between pieces."""
    packet = bytes.fromhex("0EF3000003583330303031323334FD17")
    count = BYTE_BY_BYTE_MAX // len(packet) + 20
    capture = tmp_path / "capture.bin"
    capture.write_bytes(b"\xff" + packet * count)
    result = run("ssi-scanner", str(capture))
    assert [it["text"] for it in lines(result) if it["type"] == "code"] == ["X30001234"] * count


FAKE = Driver(
    name="fake",
    title="A driver of a test",
    transport="serial",
    decoder=SerialScanner,
    usb_ids=(UsbId(0x05E0, 0x1701, "one"), UsbId(0x1EAB, None, "any"), UsbId(0x05E0, 0x1701, "twice")),
    tried_on=(TriedOn("DS457", "1.2", "2026-11-01"),),
)


def test_a_capture_of_hid_reports_is_decoded_by_the_layout_that_is_given() -> None:
    words = ["hid-pos-scanner", "--hex", (aim_report("X3000", "]C0") + aim_report("1234", "]C0")).hex()]
    read = CliRunner().invoke(decode, [*words, "-o", "layout=aim"])
    assert [json.loads(line)["text"] for line in read.stdout.splitlines()] == ["X3000", "1234"]
    unread = CliRunner().invoke(decode, words)
    assert (unread.exit_code, json.loads(unread.stdout)["reason"]) == (1, "NO_LAYOUT")
    cut = CliRunner().invoke(decode, [*words[:2], aim_report("X", "]C0", more=True).hex(), "-o", "layout=aim"])
    assert (cut.exit_code, json.loads(cut.stdout)["reason"]) == (1, "INCOMPLETE")


def test_the_support_table_admits_what_no_driver_has_met() -> None:
    table = support_table()
    assert table.count("nothing yet") == len([driver for driver in DRIVERS.values() if not driver.tried_on])
    assert "DS457, firmware 1.2, 2026-11-01" in support_table({"fake": FAKE})
    assert CliRunner().invoke(support).stdout.strip() == table


def test_udev_rules_name_each_device_once_for_the_bridges_group() -> None:
    rules = [line for line in udev_rules("kits", {"fake": FAKE}).splitlines() if not line.startswith("#")]
    grant = ', GROUP="kits", MODE="0660", ENV{ID_MM_DEVICE_IGNORE}="1"'
    assert rules == [
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="05e0", ATTRS{idProduct}=="1701"' + grant,
        'SUBSYSTEM=="tty", ATTRS{idVendor}=="1eab"' + grant,
    ]
    by_usb = udev_rules("kits", {"hid": DRIVERS["hid-pos-scanner"]}).splitlines()
    node = 'SUBSYSTEM=="usb", ENV{DEVTYPE}=="usb_device", ATTR{idVendor}=="0c2e"'
    assert node + grant in by_usb
    assert 'GROUP="kits"' in CliRunner().invoke(udev, ["--group", "kits"]).stdout


def test_the_page_of_devices_names_every_driver_as_the_registry_does() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "devices" / "README.md").read_text("utf-8")
    rows = re.sub(r"\[(`[^`]+`)\]\([^)]+\.md\)", r"\1", page)
    assert support_table() in rows
