"""A watch over one page: what it asks of the network, what its scripts say.

One rule for the editor: what is expected to go wrong in a test (a service that is away) is named in `EXPECTED`.
"""

from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Page, Request

EXPECTED = ("Failed to load resource",)
"""Chromium's words for an answer that is an error; the tests look at such answers themselves."""


class Watched:
    """Everything that should not happen on a page, as it happens."""

    def __init__(self, page: Page) -> None:
        self.wrong: list[str] = []
        page.on("request", self._asked)
        page.on("console", self._said)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))

    def _asked(self, request: Request) -> None:
        there = urlsplit(request.url)
        if there.scheme in ("http", "https", "ws", "wss") and there.hostname != "127.0.0.1":
            self.wrong.append(f"asked another server: {request.url}")

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(EXPECTED):
            self.wrong.append(f"{message.type}: {message.text}")
