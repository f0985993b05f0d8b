"""What the assessment and the Commissioner's pack are made of: figures, funding, the named reports; nobody is named.

One rule for the editor: a report that names people is asked to leave them out, or only its totals go in.
"""

from dataclasses import asdict
from datetime import date, timedelta

import sqlalchemy as sa

from api.bundles import Bundle
from api.context import Service
from api.later import Later
from api.report_asking import Wanted, answered
from inventory.oversight.disclosure.rows import sha256_of, text_of
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.asking import NotAsked, given_of
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.report import Report
from inventory.oversight.strategic import Bought, Figure, bought, figures

STRATEGY_PDF = Later("api.strategy_paper:strategy_pdf")
STRATEGY = Later("api.strategy_paper:Strategy")
TITLES = {
    "ASSESSMENT": ("CED strategic assessment", "OFFICIAL"),
    "PCC": ("Report to the Police and Crime Commissioner", "OFFICIAL"),
}  # fmt: skip
QUESTIONS = {
    "ASSESSMENT": frozenset(f"Q{n}" for n in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 19)),
    "PCC": frozenset({"Q2", "Q3", "Q8", "Q9", "Q16", "Q19"}),
}
"""Which questions go into which pack."""
LEFT_OUT = "LEFT_OUT"


def strategy_bundle(service: Service, kind: str, span: tuple[date, date], as_of_us: int) -> Bundle:
    """The pack of a span of days as it stood at `as_of_us`; its header is still to be filled in."""
    first, last = span
    back = (last - first) + timedelta(days=1)
    with service.database.reading() as conn:
        now, before = figures(conn, first, last), figures(conn, first - back, last - back)
        funds = bought(conn, first, last)
        wanted, not_asked = _wanted(conn, kind, as_of_us)
    found = [answered(service, each, as_of_us) for each in wanted]
    content = _content(now, before, funds, found)
    files = {"figures.json": text_of(content)}
    title, marking = TITLES[kind]
    digest = sha256_of(files["figures.json"])
    paper = STRATEGY_PDF()(
        STRATEGY()(
            title=title, force="Kit store", first=first, last=last, made_us=as_of_us,
            policy=service.policies.now.version, digest=digest, marking=marking, figures=now, before=before,
            bought=funds, reports=found, not_asked=not_asked,
        )
    )  # fmt: skip
    return Bundle(f"{kind.lower()}-{first}-{last}.zip", {**files, f"{kind.lower()}.pdf": paper}, {})


def _wanted(conn: sa.Connection, kind: str, as_of_us: int) -> tuple[list[Wanted], list[tuple[str, str]]]:
    """The reports of a pack with what they are asked with, and those that cannot be asked without more."""
    wanted, not_asked = [], []
    for report in REPORTS:
        if report.question not in QUESTIONS[kind]:
            continue
        try:
            wanted.append(Wanted(report, given_of(conn, report, _texts(report), as_of_us), None))
        except NotAsked as problem:
            not_asked.append((f"{report.question}: {report.title}", str(problem)))
    return wanted, not_asked


def _texts(report: Report) -> dict[str, str]:
    return {each.key: LEFT_OUT for each in report.parameters if LEFT_OUT in each.choices}


def _content(
    now: list[Figure], before: list[Figure], funds: list[Bought], found: list[Found]
) -> dict[str, object]:
    return {
        "figures": [asdict(each) for each in now],
        "figures_before": [asdict(each) for each in before],
        "ordered": [asdict(each) for each in funds],
        "reports": [
            {
                "name": each.report.name, "question": each.report.question, "definition": each.report.definition,
                "given": dict(each.given), "totals": dict(each.answer.totals), "notes": list(each.answer.notes),
                "sha256_of_data": each.digest, "rows": None if each.people else [list(row) for row in each.answer.rows],
            }
            for each in found
        ],
    }  # fmt: skip
