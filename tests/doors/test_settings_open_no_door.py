"""No variable, no settings file and no policy of the force's own lets anybody past a rule that is law or national."""

import ast
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from api.app import now_us
from api.commands.serving import OFFSET, clock_of
from api.settings import Settings, SettingsError, load
from inventory.gate import policy as policies
from inventory.gate.policy import PolicyError
from inventory.gate.rules import RULES
from inventory.schema.words import SECTION_5_KINDS
from tests.house.source_tree import Module, modules, read_module, refuse

READ_AT: dict[str, str] = {
    "api/settings.py": "every KIT_ variable is a setting of SETTINGS below, an unknown one stops the start",
    "api/commands/serving.py": "KITSTORE_CLOCK_OFFSET_DAYS: the demonstration's day, refused with any other overlay;"
    " KITSTORE_ONE_OF_SEVERAL: whether another process started this one",
    "api/commands/databases.py": "KITSTORE_OWNER_DATABASE: the owner's address, for `db` alone and no service",
    "api/commands/instances.py": "hands its own environment on to the instances, marked KITSTORE_ONE_OF_SEVERAL",
    "api/cli.py": "KITSTORE_CONFIG: where the settings file is",
    "api/demo/command.py": "KITSTORE_PORT and KITSTORE_DEMO_DIR: where the demonstration runs",
    "api/demo/broker.py": "PATH: where Mosquitto is",
    "api/demo/children.py": "hands its own environment on to the demonstration's processes",
    "api/faults.py": "KIT_FAULT_POINT: dies, and does nothing else",
    "firmware_bridge/cli.py": "NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID: whom systemd wants told that it is well",
    "firmware_bridge/faults.py": "KIT_FAULT_POINT: dies, and does nothing else",
}
"""Files that read the environment -> which variable, and why it decides nothing."""

SETTINGS: dict[str, str] = {
    "database": "which database; its own triggers are asked for at every start",
    "host": "where it listens",
    "port": "where it listens",
    "https": "whether cookies are Secure",
    "policies": "the force's own policy files: checked whole, never softer than law or national (tests below)",
    "overlay": "numbers over the policy: checked with it, and their hash is on every decision",
    "proxies": "whose X-Forwarded-For is believed, for throttling",
    "checkpoint_key": "which key signs",
    "checkpoints": "where copies go",
    "sign_in": "how long a sign-in lasts",
    "wedge": "how a keyboard scanner marks a scan",
    "mqtt": "by which broker observations come, through the same door as by HTTPS; never scans",
    "mail": "by which relay reminders go out as letters; they are said on people's pages all the same",
    "paper": "into which folders the printed register goes, and how often; what it says is the gate's own word",
    "visit_idle_s": "when a draft is dropped",
    "checkpoint_every_s": "how often a checkpoint is signed",
    "readers": "how many connections read",
    "report_hours": "how long the answer of a report that was worked out in the background is kept",
    "instances": "how many processes share the port; each is the same service",
}
"""Every setting -> why it decides nothing. A new setting needs its line here."""


# ---- the environment -------------------------------------------------------------------------------------


def reads_environment(module: Module) -> list[str]:
    """Places that read the environment, in any spelling, click's `envvar` among them."""
    found = []
    for node in ast.walk(module.tree):
        name = ast.unparse(node) if isinstance(node, ast.Attribute | ast.Name) else ""
        if re.search(r"(^|\.)(environb?|getenvb?)$", name):
            found.append(module.at(node))
        if isinstance(node, ast.ImportFrom) and node.module == "os":
            found += [module.at(node) for alias in node.names if alias.name in ("environ", "getenv")]
        if isinstance(node, ast.keyword) and node.arg in ("envvar", "auto_envvar_prefix"):
            found.append(module.at(node))
    return found


def test_the_environment_is_read_in_the_places_listed_and_nowhere_else() -> None:
    found = {place.split(":")[0] for module in modules() for place in reads_environment(module)}
    refuse(sorted(found - set(READ_AT)))
    refuse(sorted(set(READ_AT) - found))


@pytest.mark.parametrize(
    "text",
    ["import os\nx = os.environ['A']", "from os import getenv as g\nx = g('A')", "import os as o\nx = o.getenv('A')",
     "import os\nx = os.environb", "option('--x', envvar='A')"],
)  # fmt: skip
def test_the_search_finds_the_environment_in_any_spelling(text: str) -> None:
    assert reads_environment(read_module("api/x.py", text))


def test_nothing_below_the_service_reads_a_setting() -> None:
    below = [m for m in modules() if m.name.startswith(("inventory.gate", "inventory.custody", "inventory.people"))]
    assert below
    refuse(m.path for m in below for place in reads_environment(m) if place)


def test_every_setting_says_why_it_decides_nothing() -> None:
    assert set(SETTINGS) == set(Settings.__struct_fields__)


@pytest.mark.parametrize(
    "name", ["KIT_SKIP_GATE", "KIT_OVERRIDE", "KIT_DEBUG", "KIT_SIGN_IN__NO_PIN", "KIT_RULES__PPST_OUT_OF_DATE"]
)
def test_a_variable_that_is_no_setting_stops_the_start(name: str) -> None:
    with pytest.raises(SettingsError):
        load(environ={name: "1"})


@pytest.mark.parametrize("days", ["-300", "400", "today"])
def test_the_day_of_a_real_force_cannot_be_moved(days: str) -> None:
    with pytest.raises(SettingsError, match=OFFSET):
        clock_of(Settings(), days)
    with pytest.raises(SettingsError, match=OFFSET):
        clock_of(Settings(overlay="/etc/force.toml"), days)
    assert clock_of(Settings(), "0") is now_us


def test_the_settings_of_this_machine_are_none_of_the_tests_business() -> None:
    assert [name for name in os.environ if name.startswith("KIT_") and name != "KIT_REQUIRE_ALL"] == []


# ---- the policy ------------------------------------------------------------------------------------------

FAMILIES = {"ced": "OPERATIONAL", "ced_training": "TRAINING"}
FIRM = sorted(
    (rule.code, family)
    for rule in RULES
    for family, purpose in FAMILIES.items()
    if purpose in rule.firm and rule.kinds & set(SECTION_5_KINDS)
)
"""Rules that nobody may soften -> the policy file of section 5 kit that must ask them."""


def overlay(tmp_path: Path, text: str) -> Path:
    """A force's overlay file."""
    path = tmp_path / "force.toml"
    path.write_text(f"fictional = false\n{text}", "utf-8")
    return path


@pytest.mark.parametrize(("code", "family"), FIRM)
def test_no_overlay_softens_a_rule_that_section_5_kit_is_always_asked(tmp_path: Path, code: str, family: str) -> None:
    for weight in ("SOFT", "WARN", "OFF"):
        with pytest.raises(PolicyError, match=re.escape(code)) as refused:
            policies.load(overlay=overlay(tmp_path, f'[{family}.rules]\n{code} = "{weight}"\n'))
        assert (refused.value.file, refused.value.line) == ("force.toml", 3)


def test_the_rules_of_currency_and_authority_are_among_the_firm() -> None:
    assert {"PPST_OUT_OF_DATE", "CED_OUT_OF_DATE", "CED_NOT_TRAINED", "FIRST_AID_OUT_OF_DATE", "JRFT_OUT_OF_DATE",
            "AUTHORITY_SUSPENDED", "NOT_AUTHORISED", "NOT_A_CONSTABLE", "NOT_OPTED_IN", "DUTY_RESTRICTED",
            "ISSUES_TO_SELF", "ISSUER_NOT_ENTITLED", "NOT_AUTHENTICATED"} <= {code for code, _ in FIRM}  # fmt: skip


SOFTER = {
    "a longer year": "[training.courses.CED]\nmonths = 18\n",
    "a month of grace": "[training.courses.CED]\ngrace_months = 1\n",
    "the last day too": '[training.courses.CED]\nboundary = "INCLUSIVE"\n',
    "for ever": '[training.courses.CED]\nmonths = "NONE"\n',
    "not section 5 after all": "[ced]\nsection_5 = false\n",
    "another kind's name": '[ced]\nkinds = ["SBG"]\n',
    "no rules": '[ced]\nrules = "none"\n',
    "a rule of their own": '[ced.rules]\nCHIEF_SAYS_SO = "HARD"\n',
    "an unknown family": "[anybody]\nx = 1\n",
}


@pytest.mark.parametrize("how", SOFTER)
def test_no_overlay_makes_section_5_kit_easier_to_get(tmp_path: Path, how: str) -> None:
    with pytest.raises(PolicyError):
        policies.load(overlay=overlay(tmp_path, SOFTER[how]))


def softened_folders(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The shipped policy, once for each firm rule with that rule's line taken out or made softer."""
    for code, family in FIRM:
        for weight in ("SOFT", None):
            folder = tmp_path / f"{family}-{code}-{weight}"
            shutil.copytree(policies.HERE, folder)
            path = folder / f"{family}.toml"
            line = re.compile(rf"^{code}\s*=.*$", re.MULTILINE)
            path.write_text(line.sub(f'{code} = "SOFT"' if weight else "", path.read_text("utf-8")), "utf-8")
            yield code, folder


def test_no_folder_of_a_forces_own_leaves_a_firm_rule_out(tmp_path: Path) -> None:
    taken = []
    for code, folder in softened_folders(tmp_path):
        try:
            policies.load(folder)
        except PolicyError:
            continue
        taken.append(f"{code} in {folder.name}")
    refuse(taken)


def test_a_kind_that_no_policy_names_is_not_issued(tmp_path: Path) -> None:
    for path in policies.HERE.glob("*.toml"):
        if path.stem not in ("ced", "ced_training"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    without = policies.load(tmp_path)
    assert [key for key in without.kinds if key[0] in SECTION_5_KINDS] == []


def test_a_setting_is_never_given_by_a_request() -> None:
    assert issubclass(Settings, msgspec.Struct)
    assert Settings.__struct_config__.frozen
    assert Settings.__struct_config__.forbid_unknown_fields
