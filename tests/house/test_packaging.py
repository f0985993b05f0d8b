"""What is installed is what is written here: the wheel, the declared dependencies, their licences.

One rule for the editor: the package's top names (`api`, `devices`, `inventory`) are common words, so nothing
here may find somebody else's package of that name.
"""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.house.source_tree import PACKAGES, TOP, imports, is_within, modules, refuse, tracked_files

BINDING = re.compile(r"GPL|General Public License")
"""GPL, AGPL and LGPL in any spelling."""

LGPL_KNOWN = {"psycopg", "psycopg-binary"}
"""Lesser GPL, used unmodified and replaceable: allowed, and named."""

EXTRAS = {"api.demo": "demo", "devices.transports.pcsc": "cards"}
"""Where a library of an extra may be imported: the module says what is missing when it is not there."""

IMPORTED_AS = {"smartcard": "pyscard", "yaml": "pyyaml", "usb": "pyusb", "serial": "pyserial", "paho": "paho-mqtt"}


def project() -> dict[str, object]:
    """The [project] table of pyproject.toml."""
    table: dict[str, object] = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    return table


def named(requirements: object) -> set[str]:
    """Distribution names of a list of requirements, normalised."""
    assert isinstance(requirements, list)
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;!~ ]", line)[0]).lower() for line in requirements}


@cache
def owner_of(package: str) -> set[str]:
    """Normalised names of the installed distributions that bring an import name."""
    found = importlib.metadata.packages_distributions().get(package, [])
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def test_the_four_packages_are_the_ones_in_this_checkout() -> None:
    script = f"import {', '.join(PACKAGES)}; print(*(m.__file__ for m in ({', '.join(PACKAGES)})), sep='\\n')"
    said = subprocess.run(
        [sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True, cwd="/"
    )
    assert [Path(line).parent.parent for line in said.stdout.split()] == [TOP] * len(PACKAGES)


def test_every_library_that_is_imported_is_asked_for_by_name() -> None:
    asked, extras = named(project()["dependencies"]), project()["optional-dependencies"]
    assert isinstance(extras, dict)
    undeclared = set()
    for module in modules():
        extra = next((it for place, it in EXTRAS.items() if is_within(module.name, place)), None)
        declared = asked | named(extras[extra]) if extra else asked
        for item in imports(module):
            library = item.target.split(".")[0]
            if library not in sys.stdlib_module_names and library not in PACKAGES:
                owners = owner_of(library) or {IMPORTED_AS.get(library, library)}
                undeclared |= set() if owners & declared else {f"{module.path}:{item.line} {library}"}
    refuse(undeclared)


def licences_of(name: str) -> list[str]:
    """What an installed distribution says of its licence; empty for one meant for another platform."""
    try:
        metadata = importlib.metadata.metadata(name)
    except importlib.metadata.PackageNotFoundError:
        return []
    short = (metadata.get("License") or "").splitlines()[:1]
    classifiers = [line for line in metadata.get_all("Classifier", []) if line.startswith("License")]
    return [metadata.get("License-Expression") or "", *short, *classifiers]


def test_nothing_that_runs_is_under_a_licence_that_would_bind_the_force() -> None:
    names = re.findall(
        r"^([a-z0-9][a-z0-9._-]*)", (TOP / "requirements.lock").read_text("utf-8"), re.MULTILINE
    )
    bound = {name for name in names if any(BINDING.search(line) for line in licences_of(name))}
    assert bound == LGPL_KNOWN


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout with the locked builder and without the network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, check=True, capture_output=True, cwd=TOP)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_every_page_policy_and_migration(wheel: Path) -> None:
    shipped = set(zipfile.ZipFile(wheel).namelist())
    ours = {path for path in tracked_files() if path.split("/")[0] in PACKAGES}
    refuse(ours - shipped)


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {name for name in tops if not name.endswith(".dist-info")} == set(PACKAGES)


def test_both_commands_are_installed() -> None:
    assert project()["scripts"] == {"kitstore": "api.cli:main", "kit-bridge": "firmware_bridge.cli:main"}
