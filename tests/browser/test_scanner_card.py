"""The scanner test card in a real browser: what is on the screen, and so on the paper, can be scanned."""

import base64
from pathlib import Path

import pytest
import zxingcpp
from playwright.sync_api import Browser, Page

from devices.codes.commissioning import SYMBOLS
from firmware_bridge.card import card_page

PIXELS = """async (png) => {
    const picture = await createImageBitmap(await (await fetch("data:image/png;base64," + png)).blob());
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const { data } = canvas.getImageData(0, 0, picture.width, picture.height);
    let reds = "";
    for (let at = 0; at < data.length; at += 4) reds += String.fromCharCode(data[at]);
    return [picture.height, picture.width, btoa(reds)];
}"""


def seen_on(page: Page) -> memoryview:
    """The page as a camera sees it: rows of grey."""
    png = base64.b64encode(page.screenshot(full_page=True)).decode()
    height, width, reds = page.evaluate(PIXELS, png)
    return memoryview(base64.b64decode(reds)).cast("B", (height, width))


@pytest.mark.parametrize("width", [1440, 390])
def test_every_symbol_on_the_page_can_be_scanned(chromium: Browser, tmp_path: Path, width: int) -> None:
    (tmp_path / "card.html").write_text(card_page(), "utf-8")
    context = chromium.new_context(viewport={"width": width, "height": 900}, device_scale_factor=2)
    page = context.new_page()
    page.goto((tmp_path / "card.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = zxingcpp.read_barcodes(seen_on(page))
    context.close()
    assert {(it.bytes.decode(), it.symbology_identifier) for it in found} == {
        (symbol.text, symbol.symbologies[0]) for symbol in SYMBOLS
    }
