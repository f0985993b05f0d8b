"""The policy files: what is shipped is whole, and what is wrong is refused by file, line and key."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from inventory.gate.policy import DEMO, HERE, PolicyError, load
from inventory.gate.policy_check import NUMBERS, ORIGINS
from inventory.gate.policy_error import line_of
from inventory.gate.rule import BOTH
from inventory.gate.rules import BY_CODE, RULES
from tests.inventory.gate.cases import policy_named

Edit = Callable[..., Path]


@pytest.fixture
def edited(tmp_path: Path) -> Edit:
    """`edited("ced", old, new)`: a copy of the shipped policies with one text replaced in one file."""

    def edit(name: str, old: str, new: str) -> Path:
        copy = tmp_path / "policies"
        shutil.copytree(HERE, copy, dirs_exist_ok=True)
        path = copy / f"{name}.toml"
        text = path.read_text("utf-8")
        assert text.count(old) >= 1, old
        path.write_text(text.replace(old, new, 1), "utf-8")
        return copy

    return edit


DOCK = '[firmware.hub]\nminimum = "1.83"\nnot_ready = true\norigin = "L"\nsource = "x"\n'

WRONG = [
    # what is wrong, file, its text, its text instead, the key named, what is said
    ("an unknown rule", "ced", 'WET_OR_DROPPED = "HARD"', 'WET_OR_DROPED = "HARD"', "rules.WET_OR_DROPED", "exists"),
    ("an unknown weight", "ced", 'STORE_CLOSED = "SOFT"', 'STORE_CLOSED = "MAYBE"', "rules.STORE_CLOSED", "HARD"),
    ("a rule always asked", "ced", "[rules]", '[rules]\nPERSON_LEFT = "SOFT"', "rules.PERSON_LEFT", "always"),
    ("a rule of other kinds", "ced", "[rules]", '[rules]\nSTORAGE_LOW = "SOFT"', "rules.STORAGE_LOW", "concerns"),
    ("soft CED training", "ced", 'CED_OUT_OF_DATE = "HARD"', 'CED_OUT_OF_DATE = "SOFT"', "rules.CED_OUT_OF_DATE",
     "section 5"),
    ("soft first aid for a CED", "ced", 'FIRST_AID_OUT_OF_DATE = "HARD"', 'FIRST_AID_OUT_OF_DATE = "SOFT"',
     "rules.FIRST_AID_OUT_OF_DATE", "section 5"),
    ("a suspension only warned of", "ced", 'AUTHORITY_SUSPENDED = "HARD"', 'AUTHORITY_SUSPENDED = "WARN"',
     "rules.AUTHORITY_SUSPENDED", "section 5"),
    ("authority left out", "ced", 'NOT_AUTHORISED = "HARD"\n', "", "rules.NOT_AUTHORISED", "section 5"),
    ("countersigning switched off", "ced_training", 'COUNTERSIGN_MISSING = "HARD"', 'COUNTERSIGN_MISSING = "OFF"',
     "rules.COUNTERSIGN_MISSING", "section 5"),
    ("a check interval too long", "ced", "value = { T7 = 24 }", "value = { T7 = 25 }",
     "numbers.full_check_weeks.value.T7", "24 or less"),
    ("a dock interval too long", "ced", "T7 = 30 }", "T7 = 31 }", "numbers.dock_days.value.T7", "30 or less"),
    ("no dock interval for the T7", "ced", "T7 = 30 }", 'T7 = "NONE" }', "numbers.dock_days.value.T7", "NONE"),
    ("no check at all", "ced", "value = { T7 = 24 }", 'value = { T7 = "NONE" }',
     "numbers.full_check_weeks.value.T7", "NONE"),
    ("a charge below the maker's mark", "ced", "{ X2 = 20,", "{ X2 = 19,",
     "numbers.charge_percent_above.value.X2", "20 or more"),
    ("words where a number stands", "ced", "value = 24\norigin", 'value = "a day"\norigin',
     "numbers.feed_hours_max.value", "whole number"),
    ("yes where a number stands", "ced", "value = 24\norigin", "value = true\norigin",
     "numbers.feed_hours_max.value", "whole number"),
    ("a number where yes or no stands", "ced", "value = false", "value = 0", "numbers.visitors_draw.value", "true"),
    ("a PCSO with a CED", "ced", '"SPECIAL", "VISITING', '"PCSO", "VISITING', "numbers.eligible_kinds.value",
     "no other words"),
    ("a number by model that has none", "ced", "value = 24\norigin", "value = { T7 = 24 }\norigin",
     "numbers.feed_hours_max.value", "one value"),
    ("a number no rule needs", "ced", "[numbers.feed_hours_max]", "[numbers.feed_hours]", "numbers.feed_hours",
     "some rule needs"),
    ("no origin", "ced", 'origin = "LAW"', 'origin = "Q"', "numbers.eligible_kinds.origin", "LAW"),
    ("no source", "ced", 'source = "S13"', 'source = " "', "numbers.eligible_kinds.source", "comes from"),
    ("a part nobody knows", "ced", 'source = "S13"', 'source = "S13"\nnote = "x"', "numbers.eligible_kinds.note",
     "value, origin, source"),
    ("a number that is no table", "spit_guard", '[numbers.carry_max]\nvalue = 2\norigin = "D"\nsource = "design 3.5"',
     "[numbers]\ncarry_max = 2", "numbers.carry_max", "a table with value"),
    ("a kind nobody knows", "bwv_camera", '["BWV_CAMERA"]', '["CAMERA"]', "kinds", "BWV_CAMERA"),
    ("a kind twice", "bwv_camera", '["BWV_CAMERA"]', '["BWV_CAMERA", "BWV_CAMERA"]', "kinds", "BWV_CAMERA"),
    ("a purpose nobody knows", "bwv_camera", '"TRAINING"]', '"FUN"]', "purposes", "TRAINING"),
    ("a return nobody knows", "bwv_camera", 'return = "DUTY"', 'return = "NEVER"', "return", "PERSONAL"),
    ("a CED that is no section 5 kit", "ced", "section_5 = true", "section_5 = false", "section_5", "true for these"),
    ("personal kit never reviewed", "spit_guard", "review_days = 365", "", "review_days", "PERSONAL"),
    ("a review of duty kit", "bwv_camera", 'return = "DUTY"', 'return = "DUTY"\nreview_days = 9', "review_days",
     "only"),
    ("a version that is none", "bwv_camera", 'version = "2026-11-22"', "version = 3", "version", "as text"),
    ("a key nobody knows", "bwv_camera", "title", "titel", "titel", "no such key"),
    ("no rules", "bwv_camera", "[rules]", "[numbers]\n[rule]", "rule", "no such key"),
    ("a CED year of thirteen months", "training", "months = 12", "months = 13", "courses.CED.months",
     "never lengthened"),
    ("a month of grace for a CED", "training", "grace_months = 0", "grace_months = 1", "courses.CED.months",
     "never lengthened"),
    ("a CED year that counts its last day", "training", '"EXCLUSIVE"\ngrace', '"INCLUSIVE"\ngrace',
     "courses.CED.boundary", "never lengthened"),
    ("a firmware nobody can compare", "bwv_camera", 'value = "NONE"', 'value = "newest"', "numbers.firmware_min.value",
     "compared"),
    ("a firmware that is a number", "bwv_camera", 'value = "NONE"', "value = 1.24", "numbers.firmware_min.value",
     "compared"),
    ("a dock's firmware nobody can compare", "devices", "[firmware]", DOCK.replace("1.83", "newest"),
     "firmware.hub.minimum", "compared"),
    ("a dock that may or may not", "devices", "[firmware]", DOCK.replace("true", "1"), "firmware.hub.not_ready",
     "true"),
    ("a dock's firmware of no origin", "devices", "[firmware]", DOCK.replace('"L"', '"Q"'), "firmware.hub.origin",
     "LAW"),
    ("a part of a dock nobody knows", "devices", "[firmware]", f"{DOCK}note = 1", "firmware.hub.note", "not_ready"),
    ("a dock that is no table", "devices", "[firmware]", '[firmware]\nhub = "1.83"', "firmware.hub", "a table with"),
    ("a devices' key nobody knows", "devices", "title", "titel", "titel", "no such key"),
    ("no months", "training", 'months = "NONE"', 'months = "ALL"', "courses.BWV_USER.months", "NONE"),
    ("negative grace", "training", "grace_months = 0", "grace_months = -1", "courses.CED.grace_months", "number of"),
    ("no such boundary", "training", '"EXCLUSIVE"\ngrace', '"SOON"\ngrace', "courses.CED.boundary", "INCLUSIVE"),
    ("minutes of no course", "training", "CED_INITIAL", "CED_FIRST", "courses.CED.minutes_min.CED_FIRST", "one of"),
    ("minutes that are none", "training", "1080", "-1", "courses.CED.minutes_min.CED_INITIAL", "minutes"),
    ("a qualification left out", "training", "[courses.JRFT]", "[courses.JRTF]", "courses.JRFT", "a table"),
    ("feeds that are no list", "training", "feed_sources = []", 'feed_sources = "LMS"', "feed_sources", "a list"),
    ("a course of no source", "training", 'source = "S30"', "", "courses.FIRST_AID.source", "comes from"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "old", "new", "key", "says"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG]
)
def test_a_wrong_policy_is_refused_by_file_line_and_key(
    edited: Edit, name: str, old: str, new: str, key: str, says: str
) -> None:
    directory = edited(name, old, new)
    with pytest.raises(PolicyError) as caught:
        load(directory)

    error = caught.value
    assert (error.file, error.key) == (f"{name}.toml", key)
    assert says in error.expected
    text = (directory / error.file).read_text("utf-8").splitlines()
    assert 1 <= error.line <= len(text)
    last = key.split(".")[-1]
    if last in "".join(text) and old.strip() and new.strip():
        assert last in text[error.line - 1] or key.split(".")[-2] in text[error.line - 1]


def test_what_cannot_be_read_is_refused_with_its_line(edited: Edit) -> None:
    directory = edited("ced", "section_5 = true", "section_5 = = true")

    with pytest.raises(PolicyError, match=r"ced.toml line 9, \(whole file\): TOML that can be read"):
        load(directory)


def test_an_empty_directory_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="at least one policy file"):
        load(tmp_path)


def test_no_courses_is_no_policy(edited: Edit) -> None:
    directory = edited("training", "feed_sources = []", "")
    (directory / "training.toml").unlink()

    with pytest.raises(PolicyError, match="one file, and one only"):
        load(directory)


def test_two_files_may_not_govern_one_kind(edited: Edit) -> None:
    directory = edited("bwv_camera", "title", "title")
    shutil.copy(directory / "bwv_camera.toml", directory / "old_camera.toml")

    with pytest.raises(PolicyError, match=r"old_camera.toml line 5, kinds: .* already in bwv_camera.toml"):
        load(directory)


def test_a_force_whose_policies_say_nothing_of_docks_asks_nothing_of_them(edited: Edit) -> None:
    directory = edited("devices", "[firmware]", "[firmware]")
    (directory / "devices.toml").unlink()

    assert load(directory).devices == {}


def test_what_docks_need_stands_in_one_file(edited: Edit) -> None:
    directory = edited("devices", "[firmware]", DOCK)
    assert load(directory).devices["hub"].minimum == "1.83"
    shutil.copy(directory / "devices.toml", directory / "docks.toml")

    with pytest.raises(PolicyError, match=r"docks.toml .* one file with it, or none"):
        load(directory)


OVERLAYS = [
    ("softens currency", '[ced.rules]\nPPST_OUT_OF_DATE = "SOFT"', 3, "ced.rules.PPST_OUT_OF_DATE"),
    ("lengthens the check", "[ced.numbers.full_check_weeks]\nvalue = { X2 = 52 }", 3,
     "ced.numbers.full_check_weeks.value.X2"),
    ("lengthens the CED year", "[training.courses.CED]\nmonths = 24", 3, "training.courses.CED.months"),
    ("speaks of no policy", "[drones.rules]\nX = 1", 2, "drones"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "key"), [row[1:] for row in OVERLAYS], ids=[row[0] for row in OVERLAYS]
)
def test_an_overlay_is_held_to_the_same_rules(tmp_path: Path, text: str, line: int, key: str) -> None:
    overlay = tmp_path / "ours.toml"
    overlay.write_text(f"fictional = false\n{text}\n", "utf-8")
    with pytest.raises(PolicyError) as caught:
        load(overlay=overlay)

    assert (caught.value.file, caught.value.line, caught.value.key) == ("ours.toml", line, key)


def test_an_overlay_must_say_whether_it_is_made_up(tmp_path: Path) -> None:
    overlay = tmp_path / "ours.toml"
    overlay.write_text('title = "Ours"\n', "utf-8")

    with pytest.raises(PolicyError, match="fictional"):
        load(overlay=overlay)
    assert "fictional = true" in DEMO.read_text("utf-8")


def test_an_overlay_adds_to_what_is_set_by_model_and_replaces_the_rest() -> None:
    shipped, demo = policy_named("shipped"), policy_named("demo")
    x2, t7 = (demo.terms("CED_HANDLE", "OPERATIONAL", model) for model in ("X2", "T7"))
    alone = shipped.terms("CED_HANDLE", "OPERATIONAL", "X2")

    assert x2 is not None
    assert t7 is not None
    assert alone is not None
    assert (x2.count("full_check_weeks"), t7.count("full_check_weeks"), alone.unset) == (
        24,
        24,
        ("full_check_weeks",),
    )
    assert shipped.hash != demo.hash
    assert demo.version == f"{shipped.version}+demo"


def test_the_hash_is_that_of_all_that_is_in_force(edited: Edit) -> None:
    one = load(edited("ced", "value = 40", "value = 41"))

    assert one.hash != load().hash
    assert load().hash == load().hash
    assert json.loads(one.body)["ced"]["numbers"]["charge_percent_warn"]["value"] == 41


def test_a_number_not_set_stops_that_model_alone() -> None:
    unset = {
        (kind, model): terms.unset
        for kind in ("CED_HANDLE", "CED_BATTERY", "CED_CARTRIDGE")
        for model in ("X2", "T7", "T10", "X26")
        if (terms := policy_named("shipped").terms(kind, "OPERATIONAL", model)) and terms.unset
    }

    assert unset == {
        ("CED_HANDLE", "X2"): ("full_check_weeks",),
        ("CED_HANDLE", "T10"): ("full_check_weeks",),
        ("CED_BATTERY", "T10"): ("dock_days",),
    }


def test_every_rule_is_asked_by_some_policy_and_every_number_has_an_origin() -> None:
    whole = json.loads(policy_named("other").body)
    listed = {
        code
        for family in whole.values()
        for code, weight in family.get("rules", {}).items()
        if weight != "OFF"
    }
    origins = {table["origin"] for family in whole.values() for table in family.get("numbers", {}).values()}

    assert {rule.code for rule in RULES if not rule.always} == listed
    assert origins <= set(ORIGINS)


def test_what_the_design_lets_nobody_override_is_firm() -> None:
    none = {"O-01", "O-02", "O-03", "O-04", "O-05", "O-06", "O-07", "O-09", "O-10", "O-17", "O-16", "I-02", "I-03",
            "I-04", "I-06", "I-10", "I-11", "I-12", "I-14", "I-15", "M-05", "M-06"}  # fmt: skip
    soft = [rule.code for rule in RULES if rule.rule_id in none and not rule.firm and not rule.always]

    assert soft == ["DOCK_FAULT"]
    assert set(BY_CODE["NOT_A_CONSTABLE"].firm) == set(BOTH)


def test_courses_last_as_the_policy_says() -> None:
    courses = load().courses

    assert (courses["CED"].months, courses["BWV_USER"].months) == (12, None)
    assert courses["CED"].minutes_min == {"CED_INITIAL": 1080, "CED_REFRESHER": 360}


def test_numbers_with_one_name_are_one_number() -> None:
    for rule in RULES:
        assert all(NUMBERS[number.name] == number for number in rule.numbers), rule.code


def test_a_key_is_found_where_it_is_set_or_where_it_should_be() -> None:
    text = 'a = 1\n[b]\n# c\n"c d" = 2\n[b.e]\nf = { g = 3 }\n'

    found = {key: line_of(text, key) for key in ("a", "b", "b.c d", "b.e.f.g", "b.x", "nowhere")}
    assert found == {"a": 1, "b": 2, "b.c d": 4, "b.e.f.g": 6, "b.x": 2, "nowhere": 1}
    assert line_of("[a.b]\nc = 1\n", "a") == 1
