"""A scanner that types, and a person who does: key events as the browser gets them, each with its own time.

One rule for the editor: nothing here is timed by a clock. When a key came stands in its event, as a keyboard's does.
"""

from collections.abc import Iterable
from typing import NamedTuple

from playwright.sync_api import Page

CTRL, SHIFT = 0x11, 0x22
"""Bits of a boot report's first byte: left and right."""

_LETTERS = {0x04 + at: (chr(97 + at), chr(65 + at)) for at in range(26)}
_DIGITS = {0x1E + at: digit for at, digit in enumerate("1234567890")}
_SHIFTED = {"us": "!@#$%^&*()", "uk": '!"£$%^&*()'}
_SIGNS = {
    0x2D: "-_", 0x2E: "=+", 0x2F: "[{", 0x30: "]}", 0x33: ";:", 0x36: ",<", 0x37: ".>", 0x38: "/?",
}  # fmt: skip
_SIGNS_OF = {"us": _SIGNS | {0x31: "\\|", 0x34: "'\""}, "uk": _SIGNS | {0x31: "#~", 0x34: "'@"}}
_NAMED = {0x28: "Enter", 0x2B: "Tab", 0x2C: " "}


class Key(NamedTuple):
    """One key pressed: as `KeyboardEvent.key` names it, and at which millisecond of its scan."""

    key: str
    at_ms: float = 0.0
    ctrl: bool = False


def keys_of(reports: bytes, layout: str) -> list[Key]:
    """The keys in boot keyboard reports of eight bytes (USB HID 1.11, usage page 07), on a "uk" or "us" layout: those
    that were not down in the report before."""
    pressed: list[Key] = []
    down: set[int] = set()
    # Eight bytes a report and eight milliseconds between reports: a byte's place is also its time.
    for at in range(0, len(reports), 8):
        modifiers, usages = reports[at], [it for it in reports[at + 2 : at + 8] if it]
        for usage in usages:
            if usage not in down:
                key = _key(usage, bool(modifiers & SHIFT), layout)
                pressed.append(Key(key, at, bool(modifiers & CTRL)))
        down = set(usages)
    return pressed


def _key(usage: int, is_shifted: bool, layout: str) -> str:
    if usage in _NAMED:
        return _NAMED[usage]
    if usage in _DIGITS:
        digit = _DIGITS[usage]
        return _SHIFTED[layout][int(digit) - 1] if is_shifted else digit
    plain, shifted = _LETTERS.get(usage) or _SIGNS_OF[layout][usage]
    return shifted if is_shifted else plain


def types(page: Page, keys: Iterable[Key], began_ms: float) -> None:
    """Press and release each of `keys`, as a keyboard that began at `began_ms` of the page's own time."""
    browser = page.context.new_cdp_session(page)
    origin_ms = page.evaluate("performance.timeOrigin")
    for key in keys:
        is_single = len(key.key) == 1
        event: dict[str, object] = {
            "key": key.key,
            "modifiers": 2 if key.ctrl else 0,
            "timestamp": (origin_ms + began_ms + key.at_ms) / 1000,
        }
        text = key.key if is_single and not key.ctrl else "\r" if key.key == "Enter" else ""
        browser.send(
            "Input.dispatchKeyEvent", {**event, "type": "keyDown" if text else "rawKeyDown", "text": text}
        )
        browser.send("Input.dispatchKeyEvent", {**event, "type": "keyUp"})
    browser.detach()
