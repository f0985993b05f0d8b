"""Every driver, rule and policy that has a file is in use, and has a test.

One rule for the editor: a registry is read as source here, and as the running program reads it; a file that
only one of them knows is a file nobody is asked about.
"""

import importlib
from pathlib import Path
from types import ModuleType

import pytest

from devices.driver import Driver
from devices.drivers import DRIVERS
from inventory.gate.policy import DEMO, HERE, load
from inventory.gate.rule import Rule
from inventory.gate.rules import RULES
from tests.house.source_tree import TOP, modules, refuse


def files_below(folder: str) -> list[str]:
    """Dotted names of the modules in a folder and below, packages left out."""
    return [
        m.name for m in modules() if m.path.startswith(f"{folder}/") and not m.path.endswith("__init__.py")
    ]


def has_test(module: str) -> bool:
    """Whether some test file is named after a module, in a folder of the same path."""
    *folders, name = module.split(".")
    return any((TOP / "tests").joinpath(*folders).glob(f"test_{name}*.py")) or any(
        (TOP / "tests").joinpath(*folders[:-1]).glob(f"test_{folders[-1]}_{name}*.py")
    )


def of_type(module: ModuleType, kind: type) -> list[object]:
    """What a module makes of one type, at module level."""
    return [value for value in vars(module).values() if isinstance(value, kind)]


@pytest.mark.parametrize("name", files_below("devices/drivers"))
def test_every_driver_file_brings_a_driver_that_can_be_configured(name: str) -> None:
    made = of_type(importlib.import_module(name), Driver)
    assert made, f"{name} makes no Driver"
    assert all(driver in DRIVERS.values() for driver in made)


def test_a_driver_is_configured_by_the_name_it_gives_itself() -> None:
    refuse([name for name, driver in DRIVERS.items() if driver.name != name])


@pytest.mark.parametrize("name", files_below("devices/drivers"))
def test_every_driver_has_a_test_of_its_own(name: str) -> None:
    assert has_test(name)


@pytest.mark.parametrize("name", sorted(DRIVERS))
def test_a_drivers_file_opens_with_its_wire_format_drawn(name: str) -> None:
    source = Path(str(importlib.import_module(DRIVERS[name].decoder.__module__).__file__)).read_text("utf-8")
    drawing = [line for line in source.split('"""')[1].splitlines() if line.startswith("    ")]
    assert len(drawing) >= 2, "the docstring draws nothing"


# ---- rules and policies ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", files_below("inventory/gate/rules"))
def test_every_rule_file_holds_one_rule_named_after_it_and_asked_by_the_gate(name: str) -> None:
    made = [value for value in of_type(importlib.import_module(name), Rule) if isinstance(value, Rule)]
    assert len(made) == 1
    assert made[0].code.startswith(name.rsplit(".", 1)[1].upper())
    assert made[0] in RULES


def test_no_rule_is_asked_twice_or_shares_its_code() -> None:
    codes = [rule.code for rule in RULES]
    refuse(code for code in set(codes) if codes.count(code) > 1)


def test_every_rule_is_weighed_by_some_policy_or_always_asked() -> None:
    # A policy may weigh a rule "OFF": the force sees that it exists and that it was not taken.
    weighed = "".join(path.read_text("utf-8") for path in HERE.glob("*.toml"))
    refuse(rule.code for rule in RULES if f"\n{rule.code} = " not in weighed and not rule.always)


def test_every_rule_is_named_in_a_test_of_the_gate() -> None:
    files = [
        path for path in sorted((TOP / "tests/inventory/gate").rglob("*")) if path.suffix in (".py", ".txt")
    ]
    texts = "".join(path.read_text("utf-8") for path in files)
    refuse(rule.code for rule in RULES if rule.code not in texts)


def test_every_policy_file_is_loaded_with_and_without_the_demos_numbers() -> None:
    files = {path.stem for path in HERE.glob("*.toml")}
    for policy in (load(), load(overlay=DEMO)):
        loaded = {kind.family for kind in policy.kinds.values()}
        of_no_kind = {
            "authority", "training", "curricula", "devices", "losses", "stocktake", "uses", "chases", "contingency",
            "imports", "retention",
        }  # fmt: skip
        assert files - loaded == of_no_kind
        assert policy.courses


def test_what_firmware_is_asked_of_a_driver_that_does_not_exist_would_be_asked_of_nothing() -> None:
    asked = {*load().devices, *load(overlay=DEMO).devices}
    assert asked
    assert asked - {driver.name for driver in DRIVERS.values()} - {"kit-bridge"} == set()


def test_the_demos_numbers_say_that_they_are_fictional() -> None:
    assert "fictional" in DEMO.read_text("utf-8").lower()
