"""The six-monthly CED strategic assessment pack, and the pack for the Police and Crime Commissioner.

One rule for the editor: nobody is named in either. A figure stands with what exactly it counts and what it must not be
taken for; a report that could not be asked is named with why.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from api.book import Book, Cover
from api.plots import figure_of
from inventory.gate.wording import day_in_words
from inventory.oversight.reports.finding import Found
from inventory.oversight.reports.wording import cell_said, given_said
from inventory.oversight.strategic import Bought, Figure
from inventory.people.calendar import moment_said
from inventory.stock.kinds import title as kind_title

ROWS_SHOWN = 60
SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Capacity: who may carry, and deployable pairs", ("Q1", "Q2")),
    ("Availability against targets, and the 24-hour profile", ("Q3",)),
    ("Training that comes due", ("Q4",)),
    ("Kit that comes due", ("Q5", "Q12")),
    ("Losses and late kit", ("Q8",)),
    ("Counts and sightings", ("Q9",)),
    ("Refusals and overrides", ("Q10", "Q11")),
    ("What is missing after uses", ("Q13", "Q14")),
    ("Cameras and spit guards", ("Q15", "Q16")),
    ("Conversion to newer models", ("Q19",)),
)
"""What the assessment tells in which order, and the questions that answer it."""
FOR_THE_PCC = frozenset({"Q2", "Q3", "Q8", "Q9", "Q16", "Q19"})
"""Questions whose answers name nobody and go to the Commissioner."""


@dataclass(slots=True)
class Strategy:
    """What a pack is made of. `not_asked` are reports that could not be answered, with why."""

    title: str
    force: str
    first: date
    last: date
    made_us: int
    policy: str
    digest: str
    marking: str
    figures: Sequence[Figure]
    before: Sequence[Figure]
    bought: Sequence[Bought]
    reports: Sequence[Found]
    not_asked: Sequence[tuple[str, str]] = field(default_factory=tuple)


def strategy_pdf(of: Strategy) -> bytes:
    """The whole paper."""
    span = f"{day_in_words(of.first)} to {day_in_words(of.last)}"
    facts = (
        ("Span", span), ("As the kit store stood", moment_said(of.made_us)), ("Policy", of.policy),
        ("People named", "none"),
    )  # fmt: skip
    book = Book(Cover(of.force, of.title, span, facts, of.marking, of.digest))
    _in_short(book, of)
    _figures(book, of)
    _money(book, of)
    for title, questions in SECTIONS:
        answers = [each for each in of.reports if each.report.question in questions]
        if answers:
            book.section(title)
            for each in answers:
                _report(book, each)
    _left_out(book, of)
    return book.made()


def _in_short(book: Book, of: Strategy) -> None:
    book.section("In short")
    found = {each.title: each.value for each in of.figures}
    before = {each.title: each.value for each in of.before}
    discharges = [found.get(each, 0) for each in ("Fired", "Drive stun", "Angled drive stun")]
    book.words(
        f"{found['Officers who carried a CED']} officers were issued a CED for duty"
        f" {found['CED handles issued for duty']} times. {sum(discharges)} uses were discharges."
        f" {found['Draws refused']} draws of any kit were refused by the gate. {found['Cases open at the end']} losses"
        " were open at the end of the span."
    )
    book.words("The figures beside those of the span before, of the same length:")
    rows = [
        (each.title, str(each.value), str(before.get(each.title, 0)), _change(each.value, before.get(each.title, 0)))
        for each in of.figures if each.value or before.get(each.title)
    ]  # fmt: skip
    book.table(("Figure", "This span", "Span before", "Change"), rows)


def _change(now: int, before: int) -> str:
    return "–" if now == before else f"{now - before:+d}"


def _figures(book: Book, of: Strategy) -> None:
    book.section("What each figure counts")
    for part, group in groupby(of.figures, key=lambda each: each.part):
        book.heading(part)
        book.table(("Figure", "Number", "What exactly is counted"),
                   [(each.title, str(each.value), each.definition) for each in group])  # fmt: skip


def _money(book: Book, of: Strategy) -> None:
    book.section("Funding: what was ordered in the span")
    book.words("Orders as the kit store has them: pieces ordered by fund, kind and model. Prices are not held here.")
    book.table(
        ("Fund", "Orders", "Kind", "Model", "Pieces"),
        [(each.funding, str(each.orders), kind_title(each.kind), each.model, str(each.ordered)) for each in of.bought],
    )


def _report(book: Book, found: Found) -> None:
    report = found.report
    book.heading(f"{report.question}: {report.title}")
    book.words(f"What is counted: {report.definition}")
    if report.trap:
        book.words(f"What it must not be taken for: {report.trap}")
    asked = [f"{name}: {value}" for name, value in given_said(report, found.given, found.names)]
    if asked:
        book.words(f"Asked with {'; '.join(asked)}.", quiet=True)
    figure = figure_of(found)
    if figure is not None:
        book.figure(figure)
    totals = [f"{name.replace('_', ' ')} {_said(value)}" for name, value in found.answer.totals.items()]
    if totals:
        book.words(f"In all: {', '.join(totals)}.")
    places = [n for n, column in enumerate(report.columns) if column.kind != "person"]
    if not names_people(found):
        rows = [
            [cell_said(row[n], report.columns[n].kind, found.names) for n in places] for row in found.answer.rows
        ]
        book.table([report.columns[n].title for n in places], rows, ROWS_SHOWN)
    else:
        book.words(f"{len(found.answer.rows)} rows, which name people and are left out here.", quiet=True)
    for note in found.answer.notes:
        book.words(note, quiet=True)
    book.words(f"Data {found.digest}", 8, quiet=True)


def _said(value: object) -> str:
    return "not known" if value is None else str(value)


def names_people(found: Found) -> bool:
    """Whether the rows tell of people after all that was left out."""
    return bool(found.people)


def _left_out(book: Book, of: Strategy) -> None:
    if of.not_asked:
        book.section("What is not in this pack")
        book.table(("Report", "Why"), list(of.not_asked))
