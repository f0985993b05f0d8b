"""What the screens are made of: our own files, readable, and nothing that a strict browser would refuse.

One rule for the editor: no page asks another server for anything, and no script stands inside a page; the
service's Content-Security-Policy says the same to the browser.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.source_tree import TOP, refuse

COLUMNS_MAX = 160
PAGES = (".html", ".css", ".js", ".svg")
NAMESPACES = re.compile(r"https?://www\.w3\.org/\S*")
ELSEWHERE = re.compile(r"""(?:https?:)?//[a-z0-9-]+\.[a-z]""", re.IGNORECASE)
INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|\son[a-z]+\s*=\s*[\"']|\sstyle\s*=|<style\b|javascript:", re.IGNORECASE
)


def page_files(*suffixes: str) -> Iterator[Path]:
    """The service's templates, styles and scripts."""
    return (path for path in sorted((TOP / "api").rglob("*")) if path.suffix in suffixes)


def places(pattern: re.Pattern[str], *suffixes: str) -> list[str]:
    """`file:line` of each match, names of XML dialects left out."""
    return [
        f"{path.relative_to(TOP)}:{number} {line.strip()[:80]}"
        for path in page_files(*suffixes)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(NAMESPACES.sub("", line))
    ]


def test_no_page_asks_another_server_for_anything() -> None:
    refuse(places(ELSEWHERE, *PAGES))


def test_no_page_holds_a_script_or_a_style_of_its_own() -> None:
    refuse(places(INLINE, ".html"))


def test_pages_are_read_without_scrolling_sideways() -> None:
    refuse(places(re.compile(rf"^(?!.*<(path|symbol)\b).{{{COLUMNS_MAX + 1},}}$"), ".html", ".js", ".css"))


def test_no_script_builds_code_out_of_text() -> None:
    refuse(places(re.compile(r"\beval\(|new Function\(|document\.write"), ".js"))


def test_the_searches_find_what_they_should() -> None:
    assert ELSEWHERE.search('<link href="//cdn.example.net/a.css">')
    assert INLINE.search('<b onclick="x()">')
    assert INLINE.search("<script>1</script>")
    assert not INLINE.search('<script type="module" src="/pages/kit.js">')
