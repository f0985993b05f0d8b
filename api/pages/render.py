"""Templates into pages.

One rule for the editor: everything is escaped, an unknown name is an error, and a page is given plain values:
no template reaches a connection or a clock.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from api.pages import times
from api.pages.files import VERSION
from api.pages.life import said_word
from inventory.gate.wording import day_in_words
from inventory.people.calendar import local_day
from inventory.stock.docks import dock_said
from inventory.stock.kinds import label, title

FILES = Path(__file__).resolve().parents[1]
THEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Link:
    """One place the bar leads to."""

    href: str
    name: str


@dataclass(frozen=True, slots=True)
class Me:
    """The person signed in, as the bar names them."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """What every page's frame is given. `csrf` is what forms and scripts send back; `theme` light, dark or ""."""

    title: str
    path: str
    now_us: int
    csrf: str = ""
    theme: str = ""
    me: Me | None = None
    links: tuple[Link, ...] = ()
    query: str = ""
    is_staff: bool = False
    sees_alarms: bool = False


def _when(at_us: int, now_us: int) -> Markup:
    """A <time> that says how long ago, with the exact time on hover; scripts say it again as it grows old."""
    return Markup('<time datetime="{}" title="{}" data-us="{}">{}</time>').format(
        times.iso(at_us), times.exact(at_us), at_us, times.said(at_us, now_us)
    )


def _day(day: str) -> Markup:
    """An ISO date in words."""
    return Markup('<time datetime="{}">{}</time>').format(day, day_in_words(date.fromisoformat(day)))


def _day_at(at_us: int) -> Markup:
    """The London day of a moment in words."""
    return _day(local_day(at_us).isoformat())


def _kinds(kind: str) -> str:
    """The plural of a kind with a capital: 'TASER handles'."""
    words = label(kind, 2)
    return words[:1].upper() + words[1:]


def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(FILES / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        when=_when,
        dock=dock_said,
        day=_day,
        day_at=_day_at,
        words=said_word,
        kind=title,
        kinds=_kinds,
        clock=times.clock,
        clock_seconds=times.clock_seconds,
        exact=times.exact,
        iso=times.iso,
        weekday=times.weekday,
        day_said=times.day_said,
        exact_day=times.exact_day,
    )
    made.globals["static"] = f"/static/{VERSION}"
    return made


_TEMPLATES = _environment()


def render(template: str, page: Page, **shown: Any) -> str:
    """The HTML of `template` ("item.html"), given its page and what it shows."""
    return _TEMPLATES.get_template(template).render(page=page, now_us=page.now_us, **shown)
