"""The test card as it is printed: every symbol on it reads back as what the check expects."""

import re
from html.parser import HTMLParser

import pytest
import zxingcpp
from click.testing import CliRunner

from devices.codes.commissioning import SYMBOLS, Symbol, visible
from firmware_bridge.card import card_page, drawn
from firmware_bridge.cli import main


class Page(HTMLParser):
    """The words and the attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(card_page())

    def handle_data(self, data: str) -> None:
        """A piece of text."""
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag."""
        self.attributes += attrs


@pytest.mark.parametrize("symbol", SYMBOLS, ids=[it.name for it in SYMBOLS])
def test_a_symbol_reads_back_as_what_the_check_expects(symbol: Symbol) -> None:
    (read,) = zxingcpp.read_barcodes(zxingcpp.write_barcode_to_image(drawn(symbol), scale=3))
    assert read.bytes.decode() == symbol.text
    assert read.symbology_identifier in symbol.symbologies


def test_the_page_shows_each_symbol_with_its_text_and_its_name_for_those_who_do_not_see_it() -> None:
    page = Page()
    labels = [value for name, value in page.attributes if name == "aria-label"]
    assert labels == [f"{it.name}: {visible(it.text)}" for it in SYMBOLS]
    assert all(visible(it.text) in page.words for it in SYMBOLS)


def test_the_page_fetches_nothing() -> None:
    page = Page()
    assert not {"src", "href", "id"} & {name for name, _ in page.attributes}
    assert not re.search(r"url\(|@import|//(?!www\.w3\.org/2000/svg)", card_page())


def test_the_command_prints_the_page() -> None:
    done = CliRunner().invoke(main, ["card"])
    assert (done.exit_code, done.output) == (0, card_page())
