"""Rules of courses that change from a day, and curricula: national content is nobody's to edit in a force."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from inventory.gate.policy import DEMO, HERE, PolicyError, load

OWN = (
    '[curricula.OWN]\norigin = "L"\nsource = "x"\n'
    'course = "SBG"\nowner = "FORCE"\ntitle = "Ours"\nfrom = "2020-01-01"\n'
)
NEWER = (
    '[curricula.PPST-2027]\norigin = "N"\nsource = "x"\n'
    'course = "PPST"\nowner = "COP"\ntitle = "New"\nfrom = "2027-04-01"\n'
)
HEAD = 'title = "Ours"\nversion = "2026-11-22"\n'
CHANGE = '\n[[courses.CED.changes]]\nfrom = "2027-01-01"\norigin = "N"\nsource = "x"\n'
FIRST = "[curricula.PPST-2023]"
AFTER_CED = "CED_REFRESHER = 360 }\norigin = \"N\"\nsource = \"S14\"\n"


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A force's own copy of the policies."""
    copy = tmp_path / "policies"
    shutil.copytree(HERE, copy)
    return copy


def edit(directory: Path, name: str, old: str, new: str) -> None:
    path = directory / f"{name}.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


EDITED = [
    ("fewer hours of it", "minutes = 720", "minutes = 480", "curricula.PPST-2024", "edits it"),
    ("another day", 'from = "2024-04-01"', 'from = "2025-04-01"', "curricula.PPST-2024", "edits it"),
    ("an end", 'from = "2023-04-01"', 'from = "2023-04-01"\nto = "2023-05-01"', "curricula.PPST-2023", "edits it"),
    ("a version of our own of it", FIRST, OWN.replace('"SBG"', '"PPST"') + FIRST,
     "curricula.OWN.course", "own this one's content"),
    ("one before the last", FIRST, NEWER.replace("2027-04-01", "2024-03-01") + FIRST,
     "curricula.PPST-2027.from", "a day after 2024-04-01"),
    ("no owner we know", FIRST, OWN.replace("FORCE", "US") + FIRST,
     "curricula.OWN.owner", "COP"),
    ("no day", FIRST, OWN.replace("2020-01-01", "2020-02-30") + FIRST,
     "curricula.OWN.from", "a date"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "says"), [row[1:] for row in EDITED], ids=[row[0] for row in EDITED])
def test_a_force_cannot_edit_national_content(directory: Path, old: str, new: str, key: str, says: str) -> None:
    edit(directory, "curricula", old, new)
    with pytest.raises(PolicyError) as caught:
        load(directory)
    assert (caught.value.file, caught.value.key) == ("curricula.toml", key)
    assert says in caught.value.expected


def test_an_overlay_cannot_either(tmp_path: Path) -> None:
    over = tmp_path / "over.toml"
    over.write_text('title = "t"\nfictional = true\n[curricula.curricula.PPST-2024]\nminutes = 60\n', "utf-8")
    with pytest.raises(PolicyError, match="edits it"):
        load(overlay=over)


def test_a_force_adds_its_own_and_takes_in_a_newer_national_one(directory: Path) -> None:
    (directory / "curricula.toml").write_text(HEAD + OWN + NEWER, "utf-8")
    names = {each.name: each for each in load(directory).curricula}
    assert {"OWN", "PPST-2024", "PPST-2027"} <= set(names), "leaving ours out takes nothing away"
    assert not names["OWN"].is_national
    (directory / "curricula.toml").unlink()
    assert {each.name for each in load(directory).curricula} == set(names) - {"OWN", "PPST-2027"}
    assert {"SPIT-GUARD-1", "BWV-1"} <= {each.name for each in load(overlay=DEMO).curricula}


CHANGED = [
    ("longer than twelve months", "months = 13\n", "courses.CED.changes.months", "12 or less"),
    ("the anniversary too", 'boundary = "INCLUSIVE"\n', "courses.CED.changes.boundary", "never lengthened"),
    ("a word nobody knows", "weeks = 3\n", "courses.CED.changes.weeks", "one of"),
]


@pytest.mark.parametrize(("more", "key", "says"), [row[1:] for row in CHANGED], ids=[row[0] for row in CHANGED])
def test_a_change_is_held_to_what_the_rule_is_held_to(directory: Path, more: str, key: str, says: str) -> None:
    edit(directory, "training", AFTER_CED, AFTER_CED + CHANGE + more)
    with pytest.raises(PolicyError) as caught:
        load(directory)
    assert caught.value.key == key
    assert says in caught.value.expected


def test_no_rule_takes_fewer_hours_for_a_pass_than_the_college_asks(directory: Path) -> None:
    edit(directory, "training", "minutes_min = { PPST = 720 }", "minutes_min = { PPST = 480 }")
    with pytest.raises(PolicyError, match="PPST = 720 or more from 2024-04-01, as PPST-2024 asks; it had 480"):
        load(directory)


def test_changes_follow_each_other_and_keep_what_they_do_not_say(directory: Path) -> None:
    sooner = CHANGE.replace("2027-01-01", "2026-12-31") + "months = 6\nfor_all = true\n"
    edit(directory, "training", AFTER_CED, AFTER_CED + sooner + CHANGE)
    rule = load(directory).courses["CED"]
    assert [(each.months, each.from_on, each.for_all) for each in rule.changes] == [
        (6, date(2026, 12, 31), True), (6, date(2027, 1, 1), False)]  # fmt: skip
    assert rule.changes[1].minutes_min["CED_INITIAL"] == 1080
    edit(directory, "training", "2026-12-31", "2027-01-01")
    with pytest.raises(PolicyError, match="each from a later day"):
        load(directory)
