"""A relay's book, watched: each new one is given once, and an old one is a relay that is gone."""

import os
from pathlib import Path

import pytest

from devices.errors import Gone, NotOpened
from devices.transports.book_file import LOOK_S, STALE_S, BookPort, open_book

NOW_S = 1_795_334_130.0


def written(book: Path, text: str, at_s: float = NOW_S) -> None:
    book.write_text(text)
    os.utime(book, (at_s, at_s))


def watched(book: Path, now_s: float = NOW_S) -> BookPort:
    return open_book(str(book), lambda _seconds: None, lambda: now_s)


def look(port: BookPort) -> list[object]:
    """What a port gives until its next look is done."""
    return [it for _ in range(round(LOOK_S / 0.1) + 1) for it in port.read(0.1)]


def test_a_book_is_given_when_it_is_another_one(tmp_path: Path) -> None:
    book = tmp_path / "cameras.json"
    written(book, "first\n")
    port = watched(book)
    assert look(port) == [b"first\n"]
    assert look(port) == []
    written(book, "second\n")
    assert look(port) == [b"second\n"]
    book.unlink()
    with pytest.raises(Gone, match="cannot be read"):
        look(port)


def test_a_book_that_nobody_writes_any_more_is_a_relay_that_is_gone(tmp_path: Path) -> None:
    book = tmp_path / "cameras.json"
    written(book, "first\n", NOW_S - STALE_S - 1)
    with pytest.raises(NotOpened, match="start `kit-bridge relay`"):
        watched(book)
    written(book, "first\n")
    port = watched(book)
    written(book, "first\n", NOW_S - STALE_S - 1)
    with pytest.raises(Gone, match="last written 91 s ago"):
        look(port)


def test_a_book_that_is_not_there_asks_after_the_relay(tmp_path: Path) -> None:
    with pytest.raises(NotOpened, match="is `kit-bridge relay` running") as refused:
        watched(tmp_path / "none.json")
    assert refused.value.word == "MISSING"
