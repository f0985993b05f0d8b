"""Who may know whom. The table below is the picture of docs/decisions, checked.

One rule for the editor: a new row needs a decision; a row is never widened to make a test pass.
"""

import ast
import sys
from collections.abc import Iterable

import pytest

from tests.house.source_tree import (
    Module,
    dotted,
    functions,
    imports,
    is_within,
    modules,
    read_module,
    refuse,
)

OURS = ("devices", "inventory", "firmware_bridge", "api")

MAY_SEE: dict[str, tuple[str, ...]] = {
    "devices": ("devices",),
    "firmware_bridge": ("firmware_bridge", "devices"),
    # Modules directly under inventory (ids, words) are the ground all its packages stand on.
    "inventory": ("inventory.*",),
    "inventory.schema": ("inventory.*", "inventory.schema"),
    "inventory.people": ("inventory.*", "inventory.schema", "inventory.people"),
    "inventory.stock": ("inventory.*", "inventory.schema", "inventory.stock"),
    "inventory.gate": (
        "inventory.*",
        "inventory.schema",
        "inventory.people",
        "inventory.stock",
        "inventory.gate",
    ),
    "inventory.custody": (
        "inventory.*",
        "inventory.schema",
        "inventory.people",
        "inventory.stock",
        "inventory.gate",
        "inventory.custody",
    ),
    "inventory.oversight": (
        "inventory.*",
        "inventory.schema",
        "inventory.people",
        "inventory.stock",
        "inventory.gate",
        "inventory.custody",
        "inventory.oversight",
    ),
    # The made-up force: it stands on all of the kit store, and nothing but the service's demo stands on it.
    "inventory.demo": ("inventory",),
    "api": ("api", "inventory", "devices.readings", "devices.wire", "devices.codes"),
    "api.cli": ("api", "inventory", "devices.readings", "devices.wire", "devices.codes", "devices.cli"),
}
"""Package -> what of ours it may import; the longest name that fits a module governs it."""

MAY_USE: dict[str, tuple[str, ...]] = {
    "devices": ("msgspec",),
    "devices.transports": ("msgspec", "serial", "usb", "libusb_package", "paho", "smartcard"),
    "devices.cli": ("msgspec", "click", "rich"),
    "inventory": ("sqlalchemy",),
    "inventory.schema": ("sqlalchemy", "alembic"),
}
"""Package -> the third-party packages it may import; a package of ours that is not named may use any."""

ONLY_IN: dict[str, tuple[str, ...]] = {
    "serial": ("devices.transports", "firmware_bridge.simulate"),
    "usb": ("devices.transports",),
    "libusb_package": ("devices.transports",),
    "smartcard": ("devices.transports",),
    "paho": ("devices.transports", "api.mqtt_ingest", "firmware_bridge.simulate"),
    "amqtt": ("api.demo",),
    "highspy": ("api.solver",),
    "litestar": ("api",),
    "openpyxl": ("api.workbooks", "api.workbook_out"),
    "sqlalchemy": ("inventory", "api"),
}
"""Third-party package -> the only places of ours that may import it."""

BY_NAME = "api/later.py"
"""The one place that imports by name; what it is given is checked as an import (`source_tree.imports`)."""

PURE = ("inventory.gate.decision", "inventory.gate.rules")
IMPURE = (
    "sqlalchemy",
    "alembic",
    "time",
    "datetime.datetime",
    "os",
    "pathlib",
    "sqlite3",
    "socket",
    "random",
)


def governing(name: str, table: Iterable[str]) -> str | None:
    """The longest row of `table` that `name` lies within."""
    return max((row for row in table if is_within(name, row)), key=len, default=None)


def may_see(target: str, allowed: tuple[str, ...]) -> bool:
    """Whether one of our modules is among `allowed`; `inventory.*` means the modules directly under it."""
    plain = any(is_within(target, place) for place in allowed if not place.endswith(".*"))
    ground = "inventory.*" in allowed and target.startswith("inventory.") and target.count(".") == 1
    is_package = any(row == target for row in MAY_SEE)
    return plain or target == "inventory" or (ground and not is_package)


def wrong_directions(tree: Iterable[Module]) -> list[str]:
    """Imports of ours that go the wrong way."""
    found = []
    for module in tree:
        row = governing(module.name, MAY_SEE)
        allowed = MAY_SEE[row] if row else ()
        for item in imports(module):
            if item.target.split(".")[0] in OURS and not may_see(item.target, allowed):
                found.append(f"{module.path}:{item.line} {row} may not see {item.target}")
    return found


def test_every_import_goes_in_its_one_direction() -> None:
    refuse(wrong_directions(modules()))


def knowing_pages(tree: Iterable[Module]) -> list[str]:
    """Modules of the service that import a page. Pages stand on the routes' shared reading, never under it."""
    return [
        f"{module.path}:{item.line} imports {item.target}"
        for module in tree
        if is_within(module.name, "api") and module.name != "api.app" and not is_within(module.name, "api.pages")
        for item in imports(module)
        if is_within(item.target, "api.pages")
    ]


def test_the_application_alone_knows_the_pages() -> None:
    refuse(knowing_pages(modules()))
    assert knowing_pages([read_module("api/x.py", "from api.pages import looks")]) != []


def test_each_package_uses_only_the_libraries_named_for_it() -> None:
    wrong = []
    for module in modules():
        row = governing(module.name, MAY_USE)
        for item in imports(module):
            library = item.target.split(".")[0]
            if row and library not in sys.stdlib_module_names and library not in (*OURS, *MAY_USE[row]):
                wrong.append(f"{module.path}:{item.line} {row} may not use {library}")
    refuse(wrong)


def test_libraries_that_touch_the_outside_are_imported_only_in_their_places() -> None:
    wrong = []
    for module in modules():
        for item in imports(module):
            places = ONLY_IN.get(item.target.split(".")[0])
            if places and not any(is_within(module.name, place) for place in places):
                wrong.append(f"{module.path}:{item.line} {item.target} belongs in {' or '.join(places)}")
    refuse(wrong)


def test_no_relative_import_no_lazy_import_no_type_checking_import() -> None:
    wrong = []
    for module in modules():
        wrong += [
            f"{module.path}:{item.line} lazy import of {item.target}"
            for item in imports(module)
            if item.is_lazy
        ]
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node.level:
                wrong.append(f"{module.at(node)} relative import")
            if isinstance(node, ast.Name | ast.alias) and "TYPE_CHECKING" in ast.dump(node):
                wrong.append(f"{module.at(node)} TYPE_CHECKING")
    refuse(wrong)


def imports_by_name(module: Module) -> list[str]:
    """Places where a module is imported by a name that no reader of the source can know."""
    names = ("import_module", "__import__")
    return [
        module.at(node)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Name | ast.Attribute) and dotted(node).split(".")[-1] in names
    ]


def test_modules_are_imported_by_name_in_one_place_alone() -> None:
    found = [place for module in modules() for place in imports_by_name(module)]
    refuse([place for place in found if place.split(":")[0] != BY_NAME])
    assert len(found) == 1
    assert imports_by_name(read_module("api/x.py", "import importlib as i\ni.import_module('a')"))


def test_what_is_loaded_later_is_held_to_the_same_directions() -> None:
    rogue = 'DOOR = Later("firmware_bridge.cli:main")'
    assert len(wrong_directions([read_module("api/cli.py", rogue)])) == 1
    assert imports(read_module("api/x.py", 'def f():\n    return Later("api.app:now_us")()'))[0].is_lazy
    with pytest.raises(ValueError, match="written-out"):
        imports(read_module("api/x.py", "DOOR = Later(name)"))


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Every module reached from `start`, itself only where a cycle leads back to it."""
    seen: set[str] = set()
    waiting = [*graph.get(start, ())]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph.get(name, ())
    return seen


def import_graph(tree: Iterable[Module]) -> dict[str, set[str]]:
    """Module -> what it imports, of ours."""
    return {
        module.name: {item.target for item in imports(module) if item.target.split(".")[0] in OURS}
        - {module.name}
        for module in tree
    }


def test_no_module_imports_itself_by_a_detour() -> None:
    graph = import_graph(modules())
    refuse(sorted(name for name in graph if name in reachable(graph, name)))


def impure_imports(module: Module) -> list[str]:
    """What a module imports that a pure decision may not know."""
    return [i.target for i in imports(module) if any(is_within(i.target, library) for library in IMPURE)]


@pytest.mark.parametrize("pure", PURE)
def test_the_decision_and_its_rules_know_no_database_and_no_clock(pure: str) -> None:
    by_name = {module.name: module for module in modules()}
    graph = import_graph(modules())
    assert pure in by_name, "the place this test guards has gone"
    reached = {
        name: start
        for start in by_name
        if is_within(start, pure)
        for name in (start, *reachable(graph, start))
        if name in by_name
    }
    wrong = {f"{start} reaches {impure_imports(by_name[name])} in {name}" for name, start in reached.items()}
    refuse([line for line in sorted(wrong) if "reaches []" not in line])


def test_nothing_below_the_service_is_asynchronous() -> None:
    wrong = []
    for module in modules():
        if not is_within(module.name, "api"):
            wrong += [module.at(node) for node in functions(module) if isinstance(node, ast.AsyncFunctionDef)]
            wrong += [f"{module.path}:{i.line}" for i in imports(module) if is_within(i.target, "asyncio")]
    refuse(wrong)


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("inventory/gate/x.py", "from inventory.custody import ledger", 1),
        ("inventory/schema/x.py", "import inventory.people.training", 1),
        ("devices/x.py", "from inventory import schema", 1),
        ("firmware_bridge/x.py", "import api.app", 1),
        ("api/x.py", "from devices.drivers import DRIVERS", 1),
        ("api/x.py", "from devices import wire", 0),
        ("api/cli.py", "from devices.cli import decode", 0),
        ("inventory/oversight/x.py", "from inventory.custody import ledger", 0),
    ],
)
def test_the_layer_check_sees_an_import_in_any_form(path: str, text: str, found: int) -> None:
    assert len(wrong_directions([read_module(path, text)])) == found
