"""A page of the paper register as it is written up: its lines, who signs for it, and its scan.

One rule for the editor: what is wrong with a page is said line by line, all at once, with what is possible instead.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

MEDIA = ("application/pdf", "image/jpeg", "image/png")
SCAN_BYTES_MAX = 4 << 20
LINES_MAX = 60


@dataclass(frozen=True, slots=True)
class Said:
    """One line of a page: `person_id` drew this, or gave it back, at `at_us`.

    `issuer_id` handed it over by the page. `fit` and `tested` are its ticks, `charge` what was read off the battery;
    `condition` is of what came back (a word of `returns.CONDITIONS`).
    """

    act: str
    person_id: int
    at_us: int
    item_ids: tuple[int, ...] = ()
    lots: tuple[tuple[int, int], ...] = ()
    issuer_id: int | None = None
    fit: bool = False
    tested: bool = False
    charge: int | None = None
    planned_return_us: int | None = None
    condition: str = "GOOD"


@dataclass(frozen=True, slots=True)
class Page:
    """A page: a word of `words.PAPER_SORTS`, what people call it, its scan, and the lines that stand on it.

    `register` and `page_no` are printed on a register of ours. `second_person` has signed by themselves.
    """

    store_id: int
    sort: str
    document: str
    scan: bytes
    media: str
    by_person: int
    second_person: int
    lines: tuple[Said, ...]
    register: str | None = None
    page_no: int | None = None

    @property
    def sha256(self) -> str:
        """Of the scan, in hex."""
        return hashlib.sha256(self.scan).hexdigest()

    @property
    def lines_hash(self) -> str:
        """Of what the lines say, in hex."""
        body = json.dumps([self.store_id, self.sort, [asdict(each) for each in self.lines]], sort_keys=True)
        return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a line (0: the page), and what is possible instead."""

    line_no: int
    sentence: str
    instead: str = ""


class PageRefused(ValueError):
    """Nothing of the page was written up. `wrong` says why, of every line."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        said = [f"Line {each.line_no}: {each.sentence}" if each.line_no else each.sentence for each in wrong]
        super().__init__(
            " ".join(f"{text} {each.instead}".strip() for text, each in zip(said, wrong, strict=True))
        )
        self.wrong = tuple(wrong)
