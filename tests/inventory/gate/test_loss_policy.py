"""The file of late and missing kit: what it says is taken over, and what is not right in it is refused by line."""

import re
from pathlib import Path

import pytest

from inventory.gate.policy import HERE, load
from inventory.gate.policy_error import PolicyError

MINUTE = 60_000_000
SHIPPED = (HERE / "losses.toml").read_text("utf-8")
LAST = next(line for line in SHIPPED.splitlines(keepends=True) if 'tell = "LOSS"' in line)


def load_with(folder: Path, losses: str | None) -> object:
    """The shipped policy with another file of losses, or with none."""
    for path in HERE.glob("*.toml"):
        if path.name != "losses.toml":
            (folder / path.name).write_text(path.read_text("utf-8"), "utf-8")
    if losses is not None:
        (folder / "losses.toml").write_text(losses, "utf-8")
    return load(folder)


def test_the_ladders_shipped_are_the_designs() -> None:
    ladders = load().losses.ladders
    said = {kind: [(step.after_us // MINUTE, step.tell) for step in each.steps] for kind, each in ladders.items()}
    ced = [(0, "OFFICER"), (60, "SERGEANT"), (240, "INSPECTOR"), (720, "LOSS")]
    assert said["CED_HANDLE"] == said["CED_BATTERY"] == said["CED_CARTRIDGE"] == said["CED_MAGAZINE"] == ced
    assert said["BWV_CAMERA"] == [(720, "OFFICER"), (2880, "SERGEANT")]
    assert all(each.origin and each.source for each in ladders.values())


def test_a_camera_alone_is_a_breach_and_its_72_hours_are_the_laws() -> None:
    terms = load().losses
    assert [kind for kind in terms.ladders if terms.is_breach(kind)] == ["BWV_CAMERA"]
    told = {each.to: each for each in terms.tellings["BWV_CAMERA"]}
    assert (told["ICO"].within_us, told["ICO"].after, told["ICO"].unless_no_risk) == (4320 * MINUTE, "REPORTED", True)


def test_a_force_without_the_file_has_no_ladders(tmp_path: Path) -> None:
    policy = load_with(tmp_path, None)
    assert policy.losses.ladders == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("within_minutes = 4320", "within_minutes = 4321", "never lengthened"),
        ("after_minutes = 60,", "after_minutes = 0,", "each step after the one before"),
        ("after_minutes = 720, tell = \"LOSS\"", "after_minutes = 720, tell = \"GUARD\"", "each once: OFFICER"),
        ('tell = "LOSS"', 'tell = "OVER"', "each once: OFFICER"),
        (LAST, "", "a last step LOSS"),
        ('kinds = ["BWV_CAMERA"]\norigin', 'kinds = ["SBG"]\norigin', "kinds that no other ladder has"),
        ('kinds = ["CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE", "CED_MAGAZINE"]\norigin',
         'kinds = ["CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE"]\norigin', "a ladder for CED_MAGAZINE"),
        ("[told.NLLW]", "[told.NEWSPAPER]", "one of DUTY_INSPECTOR"),
        ("warn_minutes = 1440", "warn_minutes = 4320", "fewer minutes than within_minutes"),
        ("days = 7", "days = 0", "a number of days"),
        ('after = "DECLARED"', 'after = "LATER"', "one of REPORTED, DECLARED"),
    ],
)  # fmt: skip
def test_what_is_not_right_is_refused_with_what_was_expected(
    tmp_path: Path, old: str, new: str, expected: str
) -> None:
    assert old in SHIPPED
    with pytest.raises(PolicyError, match=re.escape(expected)):
        load_with(tmp_path, SHIPPED.replace(old, new, 1))
