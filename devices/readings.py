"""What a device said once: the reading types, and nothing about what they mean.

One rule for the editor: a reading states what arrived, never what it implies. It names no person, no
item and no decision; the kit store does that. Every value that came from a wire is bounded here, so
neither process ever holds a reading larger than `TEXT_MAX` and `RAW_HEX_MAX` allow.

The types are msgspec structs because they are the wire form too (`devices.wire`): a field added here is
a field both processes know.
"""

from typing import Annotated, Literal

import msgspec

TEXT_MAX = 4096
"""Longest text of one code, in characters. The framers cap a frame at 8 KiB; a GS1 symbol holds 2,335."""

RAW_HEX_MAX = 16_384
"""Longest raw evidence, in hex digits (8 KiB of bytes)."""

TAGS_MAX = 4096
"""Most tags one sweep may carry."""

NO_NUL = r"^[^\x00]*$"
"""No database column holds a NUL, so no text that goes into one may."""

Text = Annotated[str, msgspec.Meta(max_length=TEXT_MAX)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120, pattern=r"^[^\x00]+$")]
Serial = Annotated[str, msgspec.Meta(max_length=120, pattern=NO_NUL)]
Port = Annotated[str, msgspec.Meta(max_length=200, pattern=NO_NUL)]
Short = Annotated[str, msgspec.Meta(max_length=60, pattern=NO_NUL)]
"""A version or a driver's name."""
Sentence = Annotated[str, msgspec.Meta(max_length=400, pattern=NO_NUL)]
RawHex = Annotated[str, msgspec.Meta(max_length=RAW_HEX_MAX, pattern="^([0-9A-F]{2})*$")]
Percent = Annotated[int, msgspec.Meta(ge=0, le=100)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Antenna = Annotated[int, msgspec.Meta(ge=0, le=255)]


class _Reading(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Common shape of every reading: frozen, keyword only, unknown fields refused."""


class CodePresented(_Reading, tag_field="type", tag="code", frozen=True, kw_only=True):
    """A barcode or matrix code was scanned.

    `text` is the content without symbology prefix; GS (0x1D) is kept. `symbology` is the AIM identifier
    (ISO/IEC 15424, such as "]C0") where the scanner sends one. `raw_hex` is the frame as it arrived.
    """

    text: Text
    symbology: Annotated[str, msgspec.Meta(max_length=3, pattern=NO_NUL)] | None = None
    raw_hex: RawHex = ""


class CardPresented(_Reading, tag_field="type", tag="card", frozen=True, kw_only=True):
    """One card, fob or tag was held to a reader.

    `technology` names the air interface ("EM4100", "ISO14443A" ...); `uid` is upper-case hex, most
    significant byte first; `printed` is the number as printed on the token, where the format defines one.
    """

    technology: Name
    uid: Annotated[str, msgspec.Meta(min_length=2, max_length=64, pattern="^[0-9A-F]+$")]
    printed: Annotated[str, msgspec.Meta(max_length=40, pattern=NO_NUL)] | None = None
    raw_hex: RawHex = ""


class TagSeen(_Reading, frozen=True, kw_only=True):
    """One tag of a sweep: `epc` and `tid` upper-case hex, `reads` how often seen.

    `rssi_dbm` is its strongest read in dBm, None where the reader measures none or in a unit of its own;
    `antenna` is where that was; `antennas` all that read it, in order, where there were several (a portal).
    """

    epc: Annotated[str, msgspec.Meta(min_length=2, max_length=128, pattern="^[0-9A-F]+$")]
    tid: Annotated[str, msgspec.Meta(max_length=64, pattern="^[0-9A-F]*$")] | None = None
    rssi_dbm: float | None = None
    antenna: Antenna | None = None
    antennas: Annotated[tuple[Antenna, ...], msgspec.Meta(max_length=256)] = ()
    reads: Count = 1


class TagsSwept(_Reading, tag_field="type", tag="tags", frozen=True, kw_only=True):
    """The tags that answered one inventory round or one debounced window, in order of first sight."""

    tags: Annotated[tuple[TagSeen, ...], msgspec.Meta(max_length=TAGS_MAX)]
    raw_hex: RawHex = ""


BayWord = Literal["EMPTY", "CHARGING", "UPLOADING", "UPDATING", "READY", "FAULT", "UNKNOWN"]
"""What a dock says of one bay. READY is the dock's word (charged, idle), not the kit store's."""


class BayReported(_Reading, tag_field="type", tag="bay", frozen=True, kw_only=True):
    """A dock's word about one of its bays.

    `dock` names the dock as configured, `bay` counts from 1 as printed on it. `present` is None where the
    dock cannot tell. `charge_percent` 0-100, `files_pending` files not yet uploaded, `free_mb` free storage
    in megabytes, `clock_offset_s` device clock minus dock clock in seconds, `log_synced` whether the
    device's own log has reached the vendor's store. `retained` marks a broker's retained copy: it refreshes
    what the bay shows and never moves custody.
    """

    dock: Name
    bay: Annotated[int, msgspec.Meta(ge=1, le=999)]
    word: BayWord = "UNKNOWN"
    present: bool | None = None
    serial: Serial | None = None
    charge_percent: Percent | None = None
    files_pending: Count | None = None
    free_mb: Count | None = None
    firmware: Short | None = None
    clock_offset_s: float | None = None
    log_synced: bool | None = None
    fault: Sentence | None = None
    retained: bool = False


DeviceWord = Literal["OPEN", "MISSING", "DENIED", "BUSY", "WEDGED", "MISCONFIGURED", "STOPPED"]
"""OPEN delivers; MISSING is not plugged in; DENIED and BUSY could not be opened; WEDGED answers nothing;
MISCONFIGURED delivers bytes that never end in a frame (no suffix set on the scanner)."""


class DeviceReported(_Reading, tag_field="type", tag="device", frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A change in what the bridge can say of one of its own devices.

    Heartbeats carry it, so what a newer bridge says beyond this is left alone (`devices.wire.Heartbeat`).
    Counts run since the bridge's boot: `good` readings, `garbled` frames, `repeated` (debounced) ones.
    """

    device: Name
    word: DeviceWord
    driver: Short | None = None
    port: Port | None = None
    detail: Sentence | None = None
    firmware: Short | None = None
    good: Count = 0
    garbled: Count = 0
    repeated: Count = 0


BayAct = Literal["POINT", "RELEASE", "LOCK"]
"""What a bay is told. POINT: show a light ("none" goes dark). RELEASE: let what is in it be taken. LOCK: hold it."""

ActWord = Literal["DONE", "UNABLE", "REFUSED", "SILENT", "EXPIRED"]
"""DONE was done; UNABLE: this dock has nothing that could do it; REFUSED: the dock said no; SILENT: it did not answer
in time, and may or may not have acted; EXPIRED came too late and was never passed on."""


class BayAnswered(_Reading, tag_field="type", tag="bay_answer", frozen=True, kw_only=True):
    """What became of the service's `command` (its id) to a bay. `detail` is the dock's or the bridge's sentence."""

    command: Annotated[int, msgspec.Meta(ge=1, le=2**62)]
    dock: Name
    bay: Annotated[int, msgspec.Meta(ge=1, le=999)]
    act: BayAct
    word: ActWord
    detail: Sentence | None = None


class Garbled(_Reading, tag_field="type", tag="garbled", frozen=True, kw_only=True):
    """Bytes the decoder cannot read: `reason` a stable code, `detail` a sentence, `raw_hex` the evidence."""

    reason: Name
    detail: Sentence = ""
    raw_hex: RawHex = ""


Reading = CodePresented | CardPresented | TagsSwept | BayReported | DeviceReported | BayAnswered | Garbled
"""Everything a device can say."""
