"""When a verdict is seen: the hatch's page in a headless browser, looking on while scans are measured.

A MutationObserver notes when the band of words holds a new verdict; the first task after the animation frame that
follows stands for its pixels: by then the browser has laid out and painted the frame that shows it. A headless
browser draws at 60 frames a second and has no screen behind it: what a panel adds is not in these figures.

The page's clock is compared with ours by asking it many times; the quickest answer bounds the error.
"""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Page, expect, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
ASKED_TIMES = 200
SETTLE_MS = 500

OBSERVER = """
addEventListener("DOMContentLoaded", () => {
  const band = document.getElementById("verdict");
  if (!band) return;
  const now = () => performance.timeOrigin + performance.now();
  const seen = new Map();
  window.kitSeen = seen;
  new MutationObserver(() => {
    const at = JSON.parse(band.dataset.print ?? "null")?.at_us;
    if (!at || seen.has(at)) return;
    const row = { changed: now(), painted: null };
    seen.set(at, row);
    requestAnimationFrame(() => {
      const next = new MessageChannel();
      next.port1.onmessage = () => { row.painted = now(); };
      next.port2.postMessage(null);
    });
  }).observe(band, { attributes: true, childList: true });
});
"""
"""Put into the page before its own scripts; it reads what the page shows and changes nothing."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One verdict on the page, in seconds of `time.perf_counter`: in the document, and painted."""

    changed_s: float
    painted_s: float


class Looking:
    """A browser on the hatch's page."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def seen(self) -> tuple[dict[int, Seen], float]:
        """Every verdict by its `at_us`, and how far off its times may be at most, in milliseconds."""
        self._page.wait_for_timeout(SETTLE_MS)
        offset_ms, error_ms = self._clock()
        rows = self._page.evaluate("() => [...kitSeen].map(([at, row]) => [at, row.changed, row.painted])")
        found = {
            int(at_us): Seen((changed - offset_ms) / 1000, (painted - offset_ms) / 1000)
            for at_us, changed, painted in rows
            if painted is not None
        }
        return found, error_ms

    def _clock(self) -> tuple[float, float]:
        """The page's clock less ours, in milliseconds, and half of the quickest asking."""
        best = (0.0, float("inf"))
        for _ in range(ASKED_TIMES):
            asked_s = time.perf_counter()
            theirs_ms = self._page.evaluate("() => performance.timeOrigin + performance.now()")
            took_ms = 1000 * (time.perf_counter() - asked_s)
            if took_ms / 2 < best[1]:
                best = (theirs_ms - 1000 * asked_s - took_ms / 2, took_ms / 2)
        return best


def browser() -> str | None:
    """The browser of this machine; None where there is none."""
    return shutil.which("chromium")


@contextmanager
def looking(path: str, port: int, place_id: int, cookies: str) -> Iterator[Looking]:
    """A browser on the page of one hatch, signed in by `cookies` ("name=value; name=value")."""
    origin = f"http://127.0.0.1:{port}"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        pairs = (each.partition("=") for each in cookies.split("; "))
        context.add_cookies([{"name": name, "value": value, "url": origin} for name, _, value in pairs])
        context.add_init_script(OBSERVER)
        page = context.new_page()
        page.goto(f"{origin}/hatch/{place_id}")
        expect(page.locator("body[data-ready=true]")).to_have_count(1)
        yield Looking(page)
        chromium.close()
