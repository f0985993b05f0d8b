"""Scanners that type: the very key events of the wire vectors, given to the hatch's own script in a real browser.

What is a scan is told by the scanner's own keys and never by how fast they came, so what keeps typing apart from scans
is the prefix that the scanner is set to send.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import hatch_views as views
from tests.browser.doing import hatch_is_ready
from tests.browser.hatch_stage import SCAN, put_hatch
from tests.browser.stage import Stage
from tests.browser.typing_scanner import Key, keys_of, types
from tests.devices.feeding import vectors
from tests.devices.test_claimed_vectors import KEY_EVENTS, KEYBOARD

Open = Callable[..., Page]
PREFIX = Key("F9")
HEARD = 'window.heard = []; addEventListener("keydown", (event) => heard.push([event.key, event.timeStamp]), true);'


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The stand-in service, which takes every scan."""
    with Stage() as found:
        found.answers[SCAN] = {**views.IN_SET, "view": views.DRAWING}
        yield found


@pytest.fixture
def hatch(stage: Stage, open_page: Open) -> Callable[..., Page]:
    """Open the hatch's screen, with scanners set so: `hatch(prefix="F9")`. `window.heard` has every key and when."""

    def open_hatch(**wedge: str) -> Page:
        page = open_page()
        page.add_init_script(HEARD)
        page.goto(put_hatch(stage, views.DRAWING, **wedge))
        hatch_is_ready(page)
        return page

    return open_hatch


def of_group(transport: str) -> list[dict[str, Any]]:
    """The vectors of a group."""
    return [it for it in vectors() if it["transport"] == transport]


def events_of(vector: dict[str, Any]) -> list[Key]:
    """The key events in a vector."""
    return [Key(key, at_ms) for key, at_ms in json.loads(vector["input_text"])]


def posted(stage: Stage, number: int) -> list[str]:
    """The texts of the scans so far, which are to be so many."""
    stage.wait_for_posts(number)
    assert {path for path, _ in stage.posted} <= {SCAN}
    return [body["text"] for _, body in stage.posted]


@pytest.mark.vectors(KEY_EVENTS)
def test_with_a_prefix_a_scan_is_taken_whole_and_what_a_person_types_is_none(
    hatch: Callable[..., Page], stage: Stage
) -> None:
    page = hatch(prefix="F9")
    for turn, vector in enumerate(of_group(KEY_EVENTS), start=1):
        before = [PREFIX] if vector["expected"]["scan"] else []
        types(page, [*before, *events_of(vector)], turn * 10_000)
        if not before:
            expect(page.locator("#typing")).to_be_hidden()
    types(page, [PREFIX, Key("4"), Key("Enter")], 90_000)
    scans = [it["expected"]["text"] for it in of_group(KEY_EVENTS) if it["expected"]["scan"]]
    assert len(scans) == 1
    assert posted(stage, 2) == [*scans, "4"]


def test_without_a_prefix_whatever_is_typed_outside_a_field_and_ended_is_taken_for_a_scan(
    hatch: Callable[..., Page], stage: Stage
) -> None:
    page = hatch()
    (scan,) = (it for it in of_group(KEY_EVENTS) if it["expected"]["scan"])
    types(page, events_of(scan), 10_000)
    types(page, [Key("4", 0), Key("4", 900), Key("1", 1800), Key("7", 2700), Key("Enter", 3600)], 60_000)
    assert posted(stage, 2) == [scan["expected"]["text"], "4417"]
    heard = page.evaluate("heard")
    assert [(key, round(at_ms - heard[0][1])) for key, at_ms in heard[: len(events_of(scan))]] == [
        (key.key, key.at_ms) for key in events_of(scan)
    ]


@pytest.mark.vectors(KEYBOARD)
def test_a_keyboards_reports_become_what_the_scanner_read_and_the_separator_is_kept(
    hatch: Callable[..., Page], stage: Stage
) -> None:
    page, expected = hatch(prefix="F9"), []
    for turn, (vector, layout) in enumerate((it, on) for it in of_group(KEYBOARD) for on in ("uk", "us")):
        keys, says = keys_of(bytes.fromhex(vector["input_hex"]), layout), vector["expected"]
        if "char" in says:
            keys = [*map(Key, "21S1"), *keys, *map(Key, "10B1"), Key("Enter")]
            expected.append(f"21S1{says['char']}10B1")
        else:
            assert keys[-1].key == says["terminator"]
            expected.append(says["text"])
        types(page, [PREFIX, *keys], turn * 10_000)
    assert posted(stage, 4) == expected


def test_a_layout_that_is_not_the_scanners_shows_in_the_punctuation() -> None:
    quote, at_sign = bytes.fromhex("02001F0000000000"), bytes.fromhex("0200340000000000")
    assert [[keys_of(it, layout)[0].key for it in (quote, at_sign)] for layout in ("us", "uk")] == [
        ["@", '"'],
        ['"', "@"],
    ]
