"""A change approved on the screen passes the very checks a file passes; the register knows every document cited."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.gate import documents
from inventory.gate.documents import Document, Review, cited, last_good_day, review_of, shipped
from inventory.gate.policy import DEMO, PolicyError, load
from inventory.gate.policy_changes import BACK, Change, check_not_lengthened, in_force, term_of, terms

FILES = load()
CHECK = "numbers.full_check_weeks.value.T7"


def change(family: str, key: str, value: Any, number: int = 7) -> Change:
    """A change that cites paragraph 4 of O43."""
    return Change(number, family, key, value, "O43 paragraph 4")


def test_every_number_that_is_not_of_our_design_cites_a_document_of_the_register() -> None:
    known = shipped()
    uncited = [each for each in terms(FILES) if each.origin not in ("", "D") and not cited(each.source, known)]
    assert not uncited, uncited
    assert cited("S31", known) == ("O43l",)
    assert cited("S3, S44", known) == ("APP-CED", "SBG-HUMBERSIDE")
    assert cited("the force's choice", known) == ()
    assert all(each.title and each.owner for each in known.values())
    marks = [mark for each in known.values() for mark in (each.reference, *each.cited_as)]
    assert len(marks) == len(set(marks))


def test_o43_was_to_be_reviewed_in_february_2026_and_is_nine_months_late_on_22_november() -> None:
    o43 = shipped()["O43"]
    assert (o43.risk, o43.reviewed_on) == ("MEDIUM", "2024-02")
    assert review_of(o43, date(2026, 11, 22)) == Review("OVERDUE", date(2026, 2, 28), -267, 9)
    assert review_of(o43, date(2026, 2, 28)).state == "DUE"
    assert review_of(Document("X", "X", "X"), date(2026, 1, 1)) == Review("UNKNOWN")
    with pytest.raises(ValueError, match="2026-02"):
        last_good_day("February 2026")


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(-800, 800))
def test_a_review_is_due_sixty_days_before_and_late_the_day_after(day: date, off: int) -> None:
    state = review_of(Document("X", "X", "X", next_review_on=day.isoformat()), day - timedelta(days=off)).state
    assert state == ("OVERDUE" if off < 0 else "DUE" if off <= documents.AHEAD_DAYS else "GOOD")


def test_a_shortened_interval_is_in_force_and_says_who_said_so() -> None:
    then = load(changes=[change("ced", CHECK, 20)])
    said = term_of(then, "ced", CHECK)
    assert said
    assert (said.value, said.source) == (20, "S3; O43 paragraph 4 (policy change 7)")
    assert then.version.endswith("+change-7")
    assert then.hash != FILES.hash
    setting = then.terms("CED_HANDLE", "OPERATIONAL", "T7")
    assert setting
    assert setting.numbers["full_check_weeks"] == 20
    assert load(overlay=DEMO, changes=[change("ced", CHECK, 20)]).version == "2026-11-22+demo+change-7"


@pytest.mark.parametrize(
    ("family", "key", "value", "says"),
    [
        ("ced", CHECK, 25, "24 or less"),
        ("ced", CHECK, "twenty", "a whole number"),
        ("ced", "numbers.full_check_weeks.value.T10", 30, "24 or less"),
        ("ced", "numbers.eligible_kinds.value", ["PCSO"], "no other words"),
        ("ced", "rules.CED_OUT_OF_DATE", "SOFT", "HARD, because section 5 kit"),
        ("ced", "rules.FIRST_AID_OUT_OF_DATE", "WARN", "HARD, because section 5 kit"),
        ("ced", "rules.AUTHORITY_SUSPENDED", "OFF", "HARD, because section 5 kit"),
        ("training", "courses.CED.months", 13, "12 or less"),
        ("training", "courses.CED.grace_months", 1, "12 or less"),
        ("training", "courses.CED.boundary", "INCLUSIVE", "never lengthened"),
        ("training", "courses.CED.months", "NONE", "12 or less"),
        ("ced", "numbers.nobody_knows.value", 1, "something that the files set"),
        ("ced", "section_5", False, "true for these kinds"),
        ("nothing", "x", 1, "a policy file that is there"),
    ],
)
def test_what_no_file_may_say_no_change_may_say(family: str, key: str, value: Any, says: str) -> None:
    with pytest.raises(PolicyError, match=says) as told:
        load(changes=[change(family, key, value)])
    assert told.value.file in ("policy change 7", "ced.toml", "training.toml")


def test_a_national_validity_is_never_lengthened_and_a_local_one_may_be() -> None:
    first_aid, ppst = (change("training", f"courses.{each}.months", 15) for each in ("FIRST_AID", "PPST"))
    with pytest.raises(PolicyError, match="12 months or less"):
        check_not_lengthened(FILES, load(changes=[first_aid]), first_aid)
    check_not_lengthened(FILES, load(changes=[ppst]), ppst)
    shorter = change("training", "courses.FIRST_AID.months", 9)
    check_not_lengthened(FILES, load(changes=[shorter]), shorter)


def test_a_later_change_takes_the_place_of_an_earlier_and_one_may_go_back_to_the_files() -> None:
    first, second, back = change("ced", CHECK, 20, 7), change("ced", CHECK, 22, 8), change("ced", CHECK, BACK, 9)
    other = change("training", "courses.PPST.months", 11, 10)
    assert in_force([first, other, second]) == (other, second)
    assert in_force([first, other, second, back]) == (other,)
    assert load(changes=in_force([first, back])).hash == FILES.hash


def test_what_may_be_changed_is_what_the_files_set_and_no_national_content() -> None:
    keys = {(each.family, each.key) for each in terms(FILES)}
    assert {("ced", CHECK), ("training", "courses.CED.months"), ("ced", "rules.STORE_CLOSED")} <= keys
    assert not any(key.split(".")[-1] in ("origin", "source", "section_5", "version") for _, key in keys)
    assert not any(family == "curricula" for family, _ in keys)
    of_new_model = term_of(FILES, "ced", "numbers.dock_days.value.T10")
    assert of_new_model
    assert (of_new_model.value, of_new_model.origin) == (None, "N")
    assert term_of(FILES, "ced", "numbers.nothing.value") is None
    assert term_of(FILES, "ced", "section_5") is None
