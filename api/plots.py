"""The picture of a report: its rows as bars or lines, worked out once and drawn on a screen and on paper alike.

One rule for the editor: a figure is boxes, rules, paths and words with a tone each, and no colour. The page gives tones
colours and patterns by its styles, light or dark; paper gives them greys and hatching. Nothing is told by tone alone:
every series has its pattern and its name, every bar its number, and the table with the same figures stands below.

Lengths are pixels of the page (CSS) and points on paper, from the top left.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, log10

from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Cell, Column, Plot
from inventory.oversight.reports.wording import cell_said
from inventory.people.calendar import day_start_us

WIDE, LEFT, RIGHT = 920.0, 210.0, 70.0
TOP, LEGEND, BAR, GAP, FOOT = 14.0, 26.0, 16.0, 10.0, 26.0
LINE_HIGH, LINE_LEFT = 300.0, 60.0
BARS_MAX, TONES, LABEL_CHARS = 40, 5, 34
HOUR_BANDS = ((24, "Less than a day"), (168, "1 to 7 days"), (720, "7 to 30 days"), (2160, "30 to 90 days"))
LONGEST = "More than 90 days"


@dataclass(frozen=True, slots=True)
class Box:
    """A bar. `says` is what it stands for, in words."""

    x: float
    y: float
    wide: float
    high: float
    tone: int
    says: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line: "grid", "axis" or "target"."""

    x: float
    y: float
    to_x: float
    to_y: float
    style: str


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, one series of a line plot."""

    points: tuple[tuple[float, float], ...]
    tone: int
    says: str


@dataclass(frozen=True, slots=True)
class Words:
    """A text; `anchor` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    anchor: str = "start"


@dataclass(slots=True)
class Figure:
    """A picture: how large it is, what is on it, and one sentence that says what it shows."""

    high: float
    says: str
    wide: float = WIDE
    boxes: list[Box] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Group:
    """The numbers of one value of x, one a series, and the target where there is one."""

    name: str
    values: tuple[float, ...]
    target: float | None = None


def figure_of(found: Found) -> Figure | None:
    """The picture of a report; None where it has none or nothing was found."""
    plot = found.report.plot
    if plot is None or not found.answer.rows:
        return None
    return _KINDS[plot.kind](found, plot)


def ticks(top: float) -> list[float]:
    """Round numbers from 0 to `top` or just above it: six at most, 1, 2 or 5 times a power of ten apart; of a number of
    things, whole ones."""
    if top <= 0:
        return [0.0, 1.0]
    rough = max(top / 4, 1.0) if top == int(top) else top / 4
    power = 10.0 ** floor(log10(rough))
    step = next(each * power for each in (1, 2, 5, 10) if each * power >= rough * 0.999)
    return [step * n for n in range(ceil(top / step - 1e-9) + 1)]


# ---- bars --------------------------------------------------------------------------------------------------


def _bars(found: Found, plot: Plot) -> Figure:
    names = tuple(_column(found, key).title for key in plot.ys)
    return _drawn(found, _groups(found, plot), names, is_stacked=plot.kind == "stacked")


def _ages(found: Found, plot: Plot) -> Figure:
    """How many rows are how old: `ys` is a column of hours, and `x` what the bars are divided by."""
    hours, words = _place(found, plot.ys[0]), _place(found, plot.x)
    column = found.report.columns[words]
    names = tuple(
        dict.fromkeys(cell_said(row[words], column.kind, found.names) for row in found.answer.rows)
    )[:TONES]
    bands = [band for _, band in HOUR_BANDS] + [LONGEST]
    counts = {band: [0] * len(names) for band in bands}
    for row in found.answer.rows:
        name = cell_said(row[words], column.kind, found.names)
        if row[hours] is not None and name in names:
            counts[_band(float(row[hours] or 0))][names.index(name)] += 1
    return _drawn(
        found, [Group(band, tuple(map(float, counts[band]))) for band in bands], names, is_stacked=True
    )


def _band(hours: float) -> str:
    return next((said for most, said in HOUR_BANDS if hours < most), LONGEST)


def _groups(found: Found, plot: Plot) -> list[Group]:
    """The rows by their x; numbers of rows that share one are added, but for percentages, whose rows stay apart."""
    x = _place(found, plot.x)
    places = [_place(found, key) for key in plot.ys]
    at_target = _place(found, plot.target) if plot.target else None
    apart = any(found.report.columns[place].kind == "percent" for place in places)
    groups: dict[str, Group] = {}
    at_only = _place(found, plot.only[0]) if plot.only else None
    rows = [row for row in found.answer.rows if at_only is None or plot.only is None or row[at_only] == plot.only[1]]
    for row in rows:
        name = cell_said(row[x], found.report.columns[x].kind, found.names)
        values = tuple(_number(row[place]) for place in places)
        target = None if at_target is None or row[at_target] is None else _number(row[at_target])
        known = groups.get(name)
        if known is None:
            groups[name] = Group(name, values, target)
        elif not apart:
            sums = tuple(a + b for a, b in zip(known.values, values, strict=True))
            groups[name] = Group(name, sums, _sum(known.target, target))
    return list(groups.values())


def _sum(one: float | None, other: float | None) -> float | None:
    return None if one is None and other is None else (one or 0) + (other or 0)


def _drawn(found: Found, groups: Sequence[Group], names: Sequence[str], *, is_stacked: bool) -> Figure:
    shown = groups[:BARS_MAX]
    has_target = any(each.target is not None for each in shown)
    needs_legend = len(names) > 1 or has_target
    above = TOP + (LEGEND if needs_legend else 0)
    thick = BAR if is_stacked or len(names) == 1 else BAR * 0.75
    each_high = GAP + thick * (1 if is_stacked else len(names))
    figure = Figure(above + each_high * len(shown) + FOOT, _sentence(found, len(groups)))
    tops = [sum(each.values) if is_stacked else max(each.values) for each in shown]
    marks = ticks(max([*tops, *(each.target or 0 for each in shown)], default=0))
    scale = (WIDE - LEFT - RIGHT) / marks[-1]
    if needs_legend:
        _legend(figure, names, _target_title(found) if has_target else None)
    _grid(figure, marks, above, above + each_high * len(shown), lambda value: LEFT + value * scale)
    for number, group in enumerate(shown):
        top = above + number * each_high + GAP / 2
        figure.words.append(Words(LEFT - 8, top + (each_high - GAP) / 2 + 4, _cut(group.name), "end"))
        (_stack if is_stacked else _beside)(figure, group, names, top, scale)
        if group.target is not None:
            x = LEFT + group.target * scale
            figure.rules.append(Rule(x, top - 3, x, top + each_high - GAP + 3, "target"))
    return figure


def _stack(figure: Figure, group: Group, names: Sequence[str], top: float, scale: float) -> None:
    x = LEFT
    for tone, (name, value) in enumerate(zip(names, group.values, strict=True)):
        figure.boxes.append(
            Box(x, top, value * scale, BAR, tone % TONES, f"{group.name}, {name}: {_said(value)}")
        )
        x += value * scale
    figure.words.append(Words(x + 6, top + BAR - 4, _said(sum(group.values))))


def _beside(figure: Figure, group: Group, names: Sequence[str], top: float, scale: float) -> None:
    thick = BAR if len(names) == 1 else BAR * 0.75
    for tone, (name, value) in enumerate(zip(names, group.values, strict=True)):
        y = top + tone * thick
        says = f"{group.name}, {name}: {_said(value)}"
        figure.boxes.append(Box(LEFT, y, value * scale, thick - 1, tone % TONES, says))
        figure.words.append(Words(LEFT + value * scale + 6, y + thick - 3, _said(value)))


# ---- lines -------------------------------------------------------------------------------------------------


def _lines(found: Found, plot: Plot) -> Figure:
    x = _place(found, plot.x)
    rows = [row for row in found.answer.rows if row[x] is not None]
    kind = found.report.columns[x].kind
    at = [_along(row[x], kind, n) for n, row in enumerate(rows)]
    keys = [*plot.ys, *([plot.target] if plot.target else [])]
    names = [_column(found, key).title for key in keys]
    figure = Figure(LINE_HIGH, _sentence(found, len(rows)))
    values = {key: [row[_place(found, key)] for row in rows] for key in keys}
    marks = ticks(max((_number(each) for some in values.values() for each in some), default=0))
    bottom, above = LINE_HIGH - FOOT - 6, TOP + LEGEND
    across = (WIDE - LINE_LEFT - 30) / ((max(at) - min(at)) or 1) if at else 1
    up = (bottom - above) / marks[-1]
    for mark in marks:
        y = bottom - mark * up
        figure.rules.append(Rule(LINE_LEFT, y, WIDE - 30, y, "grid" if mark else "axis"))
        figure.words.append(Words(LINE_LEFT - 8, y + 4, _said(mark), "end"))
    for n in _some(len(rows)):
        said = cell_said(rows[n][x], kind, found.names)
        figure.words.append(Words(LINE_LEFT + (at[n] - min(at)) * across, bottom + 18, said, "middle"))
    for tone, key in enumerate(keys):
        points = [(LINE_LEFT + (at[n] - min(at)) * across, bottom - _number(each) * up)
                  for n, each in enumerate(values[key]) if each is not None]  # fmt: skip
        figure.paths.append(Path(tuple(points), tone % TONES, names[tone]))
    _legend(figure, names, None, is_lines=True)
    return figure


def _along(value: Cell, kind: str, number: int) -> float:
    """How far along the x axis: by the time where it is one, else one step a row."""
    if kind == "moment" and isinstance(value, int):
        return float(value)
    return (
        float(day_start_us(date.fromisoformat(value)))
        if kind == "day" and isinstance(value, str)
        else float(number)
    )


def _some(number: int) -> list[int]:
    """At most six of so many places, the first and the last among them."""
    if number <= 6:
        return list(range(number))
    return sorted({round(n * (number - 1) / 5) for n in range(6)})


# ---- what both share ---------------------------------------------------------------------------------------


def _legend(figure: Figure, names: Sequence[str], target: str | None, *, is_lines: bool = False) -> None:
    x = LINE_LEFT if is_lines else LEFT
    for tone, name in enumerate(names):
        if is_lines:
            figure.paths.append(Path(((x, TOP + 2), (x + 26, TOP + 2)), tone % TONES, name))
        else:
            figure.boxes.append(Box(x, TOP - 5, 26, 12, tone % TONES, name))
        figure.words.append(Words(x + 32, TOP + 6, _cut(name)))
        x += 46 + 7.2 * len(_cut(name))
    if target is not None:
        figure.rules.append(Rule(x + 12, TOP - 6, x + 12, TOP + 8, "target"))
        figure.words.append(Words(x + 22, TOP + 6, _cut(target)))


def _grid(
    figure: Figure, marks: Sequence[float], top: float, bottom: float, at: Callable[[float], float]
) -> None:
    for mark in marks:
        figure.rules.append(Rule(at(mark), top, at(mark), bottom, "grid" if mark else "axis"))
        figure.words.append(Words(at(mark), bottom + 16, _said(mark), "middle"))


def _sentence(found: Found, groups: int) -> str:
    is_cut = groups > BARS_MAX and found.report.plot is not None and found.report.plot.kind != "line"
    more = f"; the first {BARS_MAX} of {groups}" if is_cut else ""
    return f"{found.report.title}{more}. The table below holds the same numbers."


def _target_title(found: Found) -> str:
    plot = found.report.plot
    return _column(found, plot.target).title if plot is not None and plot.target else "Target"


def _place(found: Found, key: str) -> int:
    return next(n for n, column in enumerate(found.report.columns) if column.key == key)


def _column(found: Found, key: str) -> Column:
    return found.report.columns[_place(found, key)]


def _number(value: Cell) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _said(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.1f}"


def _cut(text: str) -> str:
    return text if len(text) <= LABEL_CHARS else text[: LABEL_CHARS - 1] + "…"


_KINDS: dict[str, Callable[[Found, Plot], Figure]] = {
    "bars": _bars,
    "stacked": _bars,
    "ages": _ages,
    "line": _lines,
}
