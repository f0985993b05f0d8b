"""A device's word as people read it: its tone and shape, what it says, and what to do about it in one sentence.

One rule for the editor: every word of `devices.readings.DeviceWord` has a line here, and what to do is something that
whoever stands in the store can do; what only a technician can says so.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordShown:
    """One word: `tone` and `shape` as the page draws them; `do` is empty where there is nothing to do."""

    tone: str
    shape: str
    says: str
    do: str


WORDS: dict[str, WordShown] = {
    "OPEN": WordShown("good", "tick", "Open", ""),
    "MISSING": WordShown(
        "bad", "cross", "Missing", "Plug it in at its own socket, and see that it has power. It is found by itself."
    ),
    "DENIED": WordShown(
        "bad", "lock", "Denied", "The bridge may not open it: a technician runs `kit-bridge doctor`, then `udev`."
    ),
    "BUSY": WordShown(
        "bad", "parked", "Busy", "Another program holds it: a technician ends that program on the bridge's machine."
    ),
    "WEDGED": WordShown(
        "bad", "warning", "Wedged", "It answers nothing: unplug it, wait ten seconds and plug it in again."
    ),
    "MISCONFIGURED": WordShown(
        "bad", "warning", "Misconfigured",
        "It is set up wrongly, as its reason says: a technician mends the bridge's file or the scanner's settings.",
    ),
    "STOPPED": WordShown(
        "still", "empty", "Stopped", "It is not read now: its bridge was stopped, or has its own reason beside it."
    ),
}  # fmt: skip
UNHEARD = WordShown(
    "warn", "clock", "Not heard", "Its bridge is silent, so this is an old word: see that the bridge's machine is on."
)
"""Stands for whatever a device last said, while its bridge says nothing."""

DOWN = ("MISSING", "DENIED", "BUSY", "WEDGED", "MISCONFIGURED")
"""The words of a device that is no use to anybody."""

BRIDGE_SILENT_US = 120_000_000
"""A bridge says that it is there every few seconds; after this long it is said to be silent."""


def word_shown(word: str, *, is_heard: bool) -> WordShown:
    """A device's word as drawn; `is_heard` while its bridge is."""
    shown = WORDS.get(word, WORDS["MISCONFIGURED"])
    return shown if is_heard else UNHEARD


def is_heard(seen_us: int | None, now_us: int) -> bool:
    """Whether a bridge last heard at `seen_us` still counts as there."""
    return seen_us is not None and now_us - seen_us <= BRIDGE_SILENT_US
