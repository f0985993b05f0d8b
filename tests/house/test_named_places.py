"""Two things exist in named places only: a catch-all `except`, and the clock.

One rule for the editor: the lists are at most two long. A third place is a decision, not an edit.
"""

import ast
import re

from tests.house.source_tree import Module, dotted, is_within, modules, read_module, refuse

CATCH_ALL = ("firmware_bridge/watcher.py", "api/database.py")
"""Around one station, so that one device cannot stop the others; around one command of a batch (a reading is
one), so that one reading cannot block the store for ever. Each hands what happened to whoever must know."""

CLOCKS = ("firmware_bridge/clock.py", "api/app.py")
"""The bridge has one clock, with which it stamps what its stations read; the service's factory hands one to
everything else."""

WALL = re.compile(
    r"(^|\.)(datetime|date)\.(now|utcnow|today)$|(^|\.)time\.(time|time_ns|localtime|gmtime|ctime)$"
)
MONOTONIC = re.compile(r"(^|\.)time\.(monotonic|monotonic_ns|perf_counter|perf_counter_ns)$")
SQL_CLOCK = re.compile(
    r"\b(now\(\)|current_timestamp|current_date|datetime\('now'|clock_timestamp\()", re.IGNORECASE
)


def catch_alls(module: Module) -> list[str]:
    """Places of `except:`, `except Exception` and `except BaseException`, alone or in a tuple."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if any(c is None or dotted(c) in ("Exception", "BaseException") for c in caught):
                found.append(module.at(node))
        if isinstance(node, ast.Call) and dotted(node.func).endswith("suppress"):
            found += [module.at(node) for a in node.args if dotted(a) in ("Exception", "BaseException")]
    return found


def clock_reads(module: Module, pattern: re.Pattern[str]) -> list[str]:
    """Places that name a clock, called or handed on, however it was imported."""
    names = dict(_imported_names(module))
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Attribute | ast.Name):
            first, _, rest = dotted(node).partition(".")
            full = f"{names.get(first, first)}{'.' if rest else ''}{rest}"
            found += [module.at(node)] if pattern.search(full) else []
    return sorted(set(found))


def _imported_names(module: Module) -> list[tuple[str, str]]:
    pairs = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            pairs += [(a.asname, a.name) for a in node.names if a.asname]
        if isinstance(node, ast.ImportFrom):
            pairs += [(a.asname or a.name, f"{node.module}.{a.name}") for a in node.names]
    return pairs


def test_everything_is_caught_in_at_most_two_named_places() -> None:
    found = [place for module in modules() for place in catch_alls(module)]
    refuse([place for place in found if place.split(":")[0] not in CATCH_ALL])
    for path in CATCH_ALL:
        assert sum(place.startswith(f"{path}:") for place in found) <= 1, path


def test_the_clock_is_read_in_two_named_places() -> None:
    found = [place for module in modules() for place in clock_reads(module, WALL)]
    refuse([place for place in found if place.split(":")[0] not in CLOCKS])


def test_the_kit_store_and_the_decoders_read_no_clock_of_any_sort() -> None:
    below = [m for m in modules() if is_within(m.name, "inventory") or is_within(m.name, "devices")]
    below = [m for m in below if not is_within(m.name, "devices.transports")]
    refuse([place for module in below for place in clock_reads(module, MONOTONIC)])


def test_the_database_is_never_asked_what_time_it_is() -> None:
    found = []
    for module in modules():
        docstrings = {id(n.value) for n in ast.walk(module.tree) if isinstance(n, ast.Expr)}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found += [module.at(node)] if SQL_CLOCK.search(node.value) else []
            if isinstance(node, ast.Attribute) and dotted(node) in ("func.now", "sa.func.now"):
                found.append(module.at(node))
    refuse(found)


def test_the_two_searches_find_what_hides() -> None:
    hidden = [
        "from datetime import datetime as dt\nx = dt.now()",
        "import time as t\nx = t.time_ns",
        "from time import time\nx = time()",
        "import datetime\nx = datetime.date.today()",
    ]
    assert [len(clock_reads(read_module("api/x.py", text), WALL)) for text in hidden] == [1, 1, 1, 1]
    broad = "try: pass\nexcept (OSError, Exception): pass\ntry: pass\nexcept: pass\n"
    assert len(catch_alls(read_module("api/x.py", broad))) == 2
