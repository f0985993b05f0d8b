"""The files around the code: locks, scripts, decisions, and what must never be in a tracked file.

One rule for the editor: what is promised in README.md and CONTRIBUTING.md about these files is checked here.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.house.source_tree import TOP, refuse, tracked_files

LOCKS = (
    "requirements-build.lock", "requirements.lock", "requirements-dev.lock", "requirements-cards.lock",
    "requirements-fuzz.lock",
)  # fmt: skip
PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9._-]*)(\[[^]]*\])?==(?P<version>\S+)", re.MULTILINE)
SHARED_FOLDERS = ("/", "/tmp", "/var", "/srv", "/opt", "/home", "/usr", "/mnt")


def pins(lock: str) -> dict[str, str]:
    """Package -> version of a lock file; a package pinned twice (by platform) shows its last version."""
    return {match["name"]: match["version"] for match in PIN.finditer((TOP / lock).read_text("utf-8"))}


def text_of(path: str) -> str:
    """A tracked file's text; a binary file's readable part."""
    return (TOP / path).read_bytes().decode("utf-8", "ignore")


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_hashes_every_package(lock: str) -> None:
    text = (TOP / lock).read_text("utf-8")
    refuse(re.findall(r"://|file:|^-|--index|--find-links", text, re.MULTILINE))
    blocks = [block for block in re.split(r"\n(?=\S)", text) if block.strip()]
    assert blocks
    refuse([block for block in blocks if "--hash=sha256:" not in block or "==" not in block])


def test_what_is_tested_is_what_is_installed() -> None:
    tested, installed = pins("requirements-dev.lock"), pins("requirements.lock")
    refuse({name: v for name, v in installed.items() if tested.get(name) != v})


def test_every_dependency_asked_for_is_locked() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["demo"]]
    names = {re.split(r"[^A-Za-z0-9._-]", line)[0].lower() for line in wanted}
    refuse(names - set(pins("requirements.lock")))


def test_what_needs_a_compiler_is_locked_apart() -> None:
    """Card readers' library has no wheel for Linux: a checkout must install without it."""
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["project"]
    (cards,) = project["optional-dependencies"]["cards"]
    (locked,) = pins("requirements-cards.lock")
    assert locked == re.split(r"[^a-z]", cards)[0]
    assert locked not in pins("requirements.lock") | pins("requirements-dev.lock")


def test_no_tracked_file_names_a_place_on_this_machine() -> None:
    here = [str(TOP), f"{Path.home()}/"]
    here += [f"{TOP.parent}/"] if str(TOP.parent) not in SHARED_FOLDERS else []
    found = [(path, place) for path in tracked_files() for place in here if place in text_of(path)]
    refuse(found)


def test_no_tracked_file_holds_a_secret_or_a_database() -> None:
    keys = re.compile("-----BEGIN [A-Z ]*PRIVATE " + "KEY-----")
    refuse([path for path in tracked_files() if keys.search(text_of(path))])
    refuse([path for path in tracked_files() if re.search(r"\.(sqlite3?|db|pem|key|env)$", path)])


@pytest.mark.parametrize("script", [f"scripts/{it}" for it in ("demo", "fuzz", "test", "vectors", "lock", "lib.sh")])
def test_scripts_are_plain_shell(script: str) -> None:
    shell = "/bin/dash" if Path("/bin/dash").exists() else "/bin/sh"
    subprocess.run([shell, "-n", str(TOP / script)], check=True)
    text = (TOP / script).read_text("utf-8")
    refuse(re.findall(r"\[\[|\blocal \b|\bfunction \b|\$'|<\(|\bsource ", text))


@pytest.mark.parametrize("command", ["scripts/demo", "scripts/test", ".ci/run"])
def test_the_commands_of_the_readme_can_be_run(command: str) -> None:
    assert os.access(TOP / command, os.X_OK)
    assert command == ".ci/run" or command in (TOP / "README.md").read_text("utf-8")


def test_the_build_machine_runs_the_same_tests_as_everyone() -> None:
    assert "scripts/test" in (TOP / ".ci/run").read_text("utf-8")


def decisions() -> list[Path]:
    """The decision records, in order of number."""
    return sorted((TOP / "docs/decisions").glob("*.md"))


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.name[:4]) for path in decisions()] == list(range(1, len(decisions()) + 1))


def test_a_decision_says_what_was_decided_why_and_what_it_costs() -> None:
    sections = ("## Decision", "## Why", "## Cost")
    lacking = []
    for path in decisions():
        text = path.read_text("utf-8")
        number = int(path.name[:4])
        lacking += [] if text.startswith(f"# {number}. ") else [f"{path.name}: title"]
        lacking += [f"{path.name}: {section}" for section in sections if f"\n{section}\n" not in text]
    refuse(lacking)


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for path in [name for name in tracked_files() if name.endswith(".md")]:
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text_of(path)):
            if not (TOP / path).parent.joinpath(target).exists():
                broken.append(f"{path}: {target}")
    refuse(broken)
