"""Reads `policy_table.txt` into rows, and judges a row.

One rule for the editor: the table is the policy for people to read; this file only turns it into calls.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from inventory.gate.decision import Decision, decide
from inventory.gate.facts import Facts
from inventory.gate.policy import Policy
from tests.inventory.gate.cases import case_of, policy_named, us
from tests.inventory.gate.phrases import apply

TABLE = Path(__file__).parent / "policy_table.txt"
ANSWER = re.compile(
    r"(?P<codes>.*?)(?: until (?P<until>[-\d]+ [\d:]+))?(?: ; to go (?P<to_go>.*?))?(?: ; says (?P<says>.*))?"
)


@dataclass(frozen=True)
class Row:
    """One row: what is drawn, what is different, and the answer expected."""

    line: int
    draws: str
    differences: tuple[str, ...]
    codes: tuple[str, ...]
    until_us: int | None
    missing: tuple[str, ...]
    says: str | None

    @property
    def name(self) -> str:
        """The row as a test's name."""
        changes = " ; ".join(each for each in self.differences if each != "-") or "-"
        return f"{self.draws} | {changes} | {' '.join(self.codes)}"


@cache
def rows() -> tuple[Row, ...]:
    """Every row of the table."""
    lines = TABLE.read_text("utf-8").splitlines()
    return tuple(
        _row(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")
    )


def _row(line: int, text: str) -> Row:
    draws, officer, kit, moment, answer = (cell.strip() for cell in text.split("|"))
    match = ANSWER.fullmatch(answer)
    assert match, f"line {line}: {answer}"
    return Row(
        line=line,
        draws=draws,
        differences=(officer, kit, moment),
        codes=tuple(match["codes"].split()),
        until_us=us(match["until"]) if match["until"] else None,
        missing=tuple(match["to_go"].split(" + ")) if match["to_go"] else (),
        says=match["says"],
    )


@cache
def facts_of(row: Row) -> tuple[Facts, Policy]:
    """The facts of a row, and the policy it is judged by."""
    case = case_of(row.draws)
    for difference in row.differences:
        apply(case, difference)
    return case.facts(), policy_named(case.policy)


def judged(row: Row) -> Decision:
    """What the gate answers."""
    return decide(*facts_of(row))


def codes_of(decision: Decision) -> tuple[str, ...]:
    """A decision as the table writes it: ALLOW or the codes, '?' after a warning, '!' after what was overridden."""
    said = tuple(
        each.code + ("" if each.stops else "?" if each.weight == "WARN" else "!")
        for each in decision.refusals
    )
    return ("ALLOW", *said) if decision.allowed else said


def is_right(row: Row) -> bool:
    """Whether the gate answers as the row says."""
    decision = judged(row)
    said = decision.refusals[0].sentence if decision.refusals else None
    return (
        codes_of(decision) == row.codes
        and decision.missing == row.missing
        and row.until_us in (None, decision.valid_until_us)
        and row.says in (None, said)
    )
