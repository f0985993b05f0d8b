"""Every question of the design has a named report, each report's file is asked by the doors, and each says what it is.

One rule for the editor: `NOT_YET` only shrinks.
"""

import importlib
import re

import pytest

from api.report_asking import RECIPIENT
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.report import Report
from inventory.schema.words import CAPABILITIES
from tests.house.source_tree import modules, refuse

QUESTIONS = {f"Q{number}" for number in range(1, 25)}
"""Design `domain.md` 5.3."""
NOT_YET: dict[str, str] = {}
"""Question -> why no report answers it yet."""
SENTENCE = re.compile(r"[A-Z].{30,}[.]$", re.DOTALL)


def test_every_question_has_a_report_or_is_listed_as_lacking_one() -> None:
    asked = {each.question for each in REPORTS}
    refuse(sorted(QUESTIONS - asked - set(NOT_YET)))
    refuse(sorted(asked - QUESTIONS))
    refuse(sorted(f"{each} has its report: take it off the list" for each in asked & set(NOT_YET)))


def test_reports_stand_in_the_order_of_the_questions_under_names_of_their_own() -> None:
    numbers = [int(each.question.removeprefix("Q")) for each in REPORTS]
    assert numbers == sorted(numbers)
    names = [each.name for each in REPORTS]
    assert len(names) == len(set(names))
    refuse(name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name))


def test_every_report_that_a_file_makes_is_one_of_the_list() -> None:
    files = [each.name for each in modules() if re.match(r"inventory/oversight/reports/q\d\d_\w+\.py", each.path)]
    made = [(name, value) for name in files for value in vars(importlib.import_module(name)).values()
            if isinstance(value, Report)]  # fmt: skip
    assert len(made) >= len(REPORTS)
    refuse(f"{name}: {value.name}" for name, value in made if value not in REPORTS)
    refuse(name for name in files if all(name != each for each, _ in made))


@pytest.mark.parametrize("report", REPORTS, ids=lambda each: each.name)
def test_a_report_says_what_it_counts_what_it_is_not_and_where_it_is_from(report: Report) -> None:
    assert SENTENCE.match(report.definition), report.definition
    assert SENTENCE.match(report.trap), report.trap
    assert report.source
    assert report.seers
    refuse(set(report.seers) - set(CAPABILITIES))
    keys = [each.key for each in report.columns]
    assert len(keys) == len(set(keys))
    asked = [each.key for each in report.parameters]
    assert len(asked) == len(set(asked))
    assert RECIPIENT not in asked
    plot = report.plot
    refuse({plot.x, *plot.ys, *([plot.target] if plot.target else [])} - set(keys) if plot else set())
    assert report.names_people or all(each.kind != "person" for each in report.columns)
    refuse(each.key for each in report.parameters if (each.kind == "word") != bool(each.choices))
