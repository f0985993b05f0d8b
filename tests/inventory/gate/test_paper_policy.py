"""What the force says of its paper is checked before it counts."""

import shutil
from pathlib import Path

import pytest

from inventory.gate import policy as policies
from inventory.people.calendar import HOUR_US


def test_the_hours_of_paper_may_be_shortened_and_never_made_longer_than_a_day(tmp_path: Path) -> None:
    here = tmp_path / "policies"
    shutil.copytree(policies.HERE, here)
    said = (here / "contingency.toml").read_text()
    for right, wrong in (("paper_hours = 24", "paper_hours = 25"), ("backfill_hours = 12", "backfill_hours = 0"),
                         ('"SUPERVISOR"', '"ANYBODY"'), ("print_every_hours = 6", "")):  # fmt: skip
        (here / "contingency.toml").write_text(said.replace(right, wrong))
        with pytest.raises(policies.PolicyError, match="contingency"):
            policies.load(here)
    (here / "contingency.toml").write_text(said.replace("paper_hours = 24", "paper_hours = 8"))
    assert policies.load(here).paper.valid_us == 8 * HOUR_US
