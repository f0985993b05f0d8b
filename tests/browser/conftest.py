"""A headless Chromium, the real service for it to look at, and a watch over what it asks of the network.

One rule for the editor: every page a test opens is watched, and a request that leaves our origin, a script that
throws or a refused policy fails the test whatever else it was about.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser import service
from tests.browser.watched import Watched

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--autoplay-policy=user-gesture-required",
]  # fmt: skip
PATIENCE_MS = 10_000
SIZES = {"hatch": (1280, 800), "small": (1024, 768), "tablet": (820, 1180), "phone": (390, 844), "zoomed": (320, 512)}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for Chromium belongs to its group."""
    for item in items:
        if "chromium" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The browser that Debian ships, without its window where that is packaged too: the same engine, and a page opens
    for a quarter of the CPU. A module long, no longer: its driver keeps an event loop running in this thread, in which
    no other module's asynchronous test could run its own.
    """
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        path = shutil.which("chromium-headless-shell") or shutil.which("chromium") or "/usr/bin/chromium"
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def built_force(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a database with the small force and its past; copy it, do not change it."""
    path = tmp_path_factory.mktemp("force") / "built.sqlite3"
    service.build(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(built_force: Path, tmp_path: Path) -> str:
    """URL of this test's own copy of that force."""
    return f"sqlite:///{shutil.copy(built_force, tmp_path / 'kit.sqlite3')}"


@pytest.fixture
def running(database: str) -> Iterator[service.Running]:
    """The service on this test's own force."""
    with service.running(database) as found:
        yield found


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page in a browser of its own: `open_page(size="hatch", scheme="light")`. It is watched."""
    opened: list[tuple[BrowserContext, Watched]] = []

    def open_one(size: str = "hatch", scheme: str = "light", **options: object) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=True, **options
        )
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        opened.append((context, Watched(page)))
        return page

    yield open_one
    for context, watched in opened:
        context.close()
        assert watched.wrong == []
