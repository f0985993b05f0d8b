"""Times as people say them, for pages made by the service.

One rule for the editor: `static/kit-time.js` says the same words for the same times; both are held to
`tests/browser/said_times.json`.
"""

from datetime import UTC, date, datetime

from inventory.gate.wording import day_in_words
from inventory.people.calendar import LONDON, local_day

MINUTE_US = 60_000_000


def _local(at_us: int) -> datetime:
    return datetime.fromtimestamp(at_us / 1_000_000, LONDON)


def clock(at_us: int) -> str:
    """'05:50', in London."""
    return f"{_local(at_us):%H:%M}"


def clock_seconds(at_us: int) -> str:
    """'05:50:12', in London."""
    return f"{_local(at_us):%H:%M:%S}"


def said(at_us: int, now_us: int) -> str:
    """'now', '12 min ago', 'in 25 min', 'at 16:00', 'yesterday 22:10', 'Tuesday 07:00', '3 November 2026'."""
    minutes = (abs(at_us - now_us) + MINUTE_US // 2) // MINUTE_US
    if minutes == 0:
        return "now"
    if minutes < 60:
        return f"{minutes} min ago" if at_us < now_us else f"in {minutes} min"
    day = local_day(at_us)
    days = (day - local_day(now_us)).days
    near = {0: "at", -1: "yesterday", 1: "tomorrow"}
    if days in near:
        return f"{near[days]} {clock(at_us)}"
    if abs(days) < 7:
        return f"{_local(at_us):%A} {clock(at_us)}"
    return day_in_words(day)


def exact(at_us: int) -> str:
    """'Sunday 22 November 2026, 05:50:12 GMT'."""
    return f"{exact_day(at_us)}, {_local(at_us):%H:%M:%S %Z}"


def exact_day(at_us: int) -> str:
    """'Sunday 22 November 2026'."""
    return f"{_local(at_us):%A} {day_in_words(local_day(at_us))}"


def weekday(at_us: int) -> str:
    """'Sun 22 Nov', in London."""
    return f"{_local(at_us):%a %-d %b}"


def iso(at_us: int) -> str:
    """The UTC time as <time datetime> wants it."""
    return f"{datetime.fromtimestamp(at_us / 1_000_000, UTC):%Y-%m-%dT%H:%M:%S}.{at_us // 1000 % 1000:03}Z"


def days_said(days: int) -> str:
    """'today', 'tomorrow', 'in 12 days', 'yesterday', '3 days ago'; beyond a quarter year in months."""
    near = {0: "today", 1: "tomorrow", -1: "yesterday"}
    if days in near:
        return near[days]
    amount = f"{round(abs(days) / 30.4)} months" if abs(days) > 92 else f"{abs(days)} days"
    return f"in {amount}" if days > 0 else f"{amount} ago"


def day_said(day: str, now_us: int) -> str:
    """How far an ISO date is from today: 'in 12 days'."""
    return days_said((date.fromisoformat(day) - local_day(now_us)).days)
