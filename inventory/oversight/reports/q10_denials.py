"""Q10: what draws were refused for, by rule, store and team.

One rule for the editor: a reason is told by its public code alone, the one that was shown: nobody learns here why
somebody is limited.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field

import sqlalchemy as sa

from inventory.oversight.reports.period import STORE, among_stores, last_days, percent, since_us
from inventory.oversight.reports.report import Answer, Asked, Column, Plot, Report, Row
from inventory.schema.custody import decision
from inventory.schema.fast import Fast
from inventory.schema.people import person

DRAWS = ("hatch", "api", "handover")
"""The doors at which somebody draws; what paper or a correction brings in later was drawn already (Q11)."""
_DECIDED = Fast(
    sa.select(
        decision.c.store_id, decision.c.verdict, decision.c.refusals,
        sa.func.coalesce(person.c.same_as, person.c.id), person.c.team,
    )
    .select_from(decision.join(person, person.c.id == decision.c.person_id))
    .where(decision.c.decided_us >= sa.bindparam("from_us"), decision.c.door.in_(DRAWS))
    .order_by(decision.c.decided_us, decision.c.id)
)  # fmt: skip


@dataclass(slots=True)
class _Sum:
    """How often a rule stopped draws of one team at one store, and of how many people."""

    denials: int = 0
    people: set[int] = field(default_factory=set)


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """The draws refused in the days asked for; the most frequent reason first."""
    sums: dict[tuple[str, int, str], _Sum] = defaultdict(_Sum)
    decided: dict[int, int] = defaultdict(int)
    denied = 0
    for store_id, verdict, refusals, person_id, team in _DECIDED.rows(conn, {"from_us": since_us(asked)}):
        if not among_stores(asked, [store_id]):
            continue
        decided[store_id] += 1
        denied += verdict == "DENY"
        for code in _stopped_by(refusals) if verdict == "DENY" else ():
            one = sums[code, store_id, team or ""]
            one.denials += 1
            one.people.add(person_id)
    rows: list[Row] = [
        (code, store_id, team or None, one.denials, len(one.people), percent(one.denials, decided[store_id]))
        for (code, store_id, team), one in sorted(sums.items(), key=lambda pair: (-pair[1].denials, pair[0]))
    ]
    draws = sum(decided.values())
    return Answer(rows, totals={"decided": draws, "denied": denied, "denied_percent": percent(denied, draws)})


def _stopped_by(refusals: str) -> list[str]:
    """The public codes that stopped a draw, each once."""
    stops = [
        str(each["public_code"]) for each in json.loads(refusals)
        if each["weight"] == "HARD" or (each["weight"] == "SOFT" and not each["overridden"])
    ]  # fmt: skip
    return list(dict.fromkeys(stops))


REPORT = Report(
    name="denied-draws",
    question="Q10",
    title="Denied draws, by rule, store and team",
    definition=(
        "Decisions of the gate on draws (at the hatch, by program, at a hand-over) that were DENY, in the days asked"
        " for: once under every rule that stopped them, by its public code. People: how many different people that was."
        " Share: of all decisions on draws at that store, allowed ones too."
    ),
    trap=(
        "A draw that three rules stopped stands in three rows: do not add rows up. Somebody who tries four times is"
        " four denials and one person. A rule that stops few may stop them for good, and is no measure of training."
    ),
    source="Design domain.md 5.3, Q10 (training demand; equality lens)",
    seers=("STORE_MANAGER", "CED_SPOC", "TRAINING_RECORDER", "AUDITOR", "PSD", "PLANNER", "POLICY_OWNER"),
    columns=(
        Column("rule", "Rule"), Column("store", "Store", "store"), Column("team", "Team"),
        Column("denials", "Denials", "count"), Column("people", "People", "count"),
        Column("share", "Share of the store's decisions", "percent"),
    ),
    ask=ask,
    parameters=(STORE, last_days(28)),
    plot=Plot("bars", "rule", ("denials",)),
)  # fmt: skip
