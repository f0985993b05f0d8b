"""Q19: how far the conversion from model to model is, in people and in handles, store by store.

One rule for the editor: who is in date on a model is worked out as everywhere (`people.standing`), and a handle counts
where it belongs. Nobody is counted twice for one model.
"""

from collections import Counter, defaultdict
from datetime import date

import sqlalchemy as sa

from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Plot, Report, Row
from inventory.people.calendar import add_months, day_start_us, local_day
from inventory.people.standing import Standing, standings
from inventory.schema.custody import custody
from inventory.schema.fast import Fast
from inventory.schema.people import store, training_result
from inventory.schema.stock import item

OPENING = ("CED_INITIAL", "CED_CONVERSION")
_TRAINED = Fast(
    sa.select(training_result.c.person_id).where(training_result.c.course.in_(OPENING)).distinct()
)
_OPENED = Fast(
    sa.select(training_result.c.person_id, training_result.c.model)
    .where(
        training_result.c.course.in_(OPENING), training_result.c.attended_on >= sa.bindparam("since"),
        training_result.c.outcome == sa.literal_column("'PASS'"), training_result.c.retracted_us.is_(None),
    )
    .distinct()
)  # fmt: skip
_HANDLES = Fast(
    sa.select(
        item.c.home_store_id, item.c.model, sa.func.count(),
        sa.func.sum(sa.case((item.c.recorded_us >= sa.bindparam("since_us"), 1), else_=0)),
    )
    .select_from(item.join(custody, sa.and_(custody.c.item_id == item.c.id, custody.c.closed_entry.is_(None))))
    .where(
        item.c.kind == sa.literal_column("'CED_HANDLE'"),
        item.c.pool == sa.literal_column("'OPERATIONAL'"),
        custody.c.holder.in_(("STORE", "PERSON", "CARRIER")),
    )
    .group_by(item.c.home_store_id, item.c.model)
)  # fmt: skip
_STORES = Fast(sa.select(store.c.id).where(store.c.closed_us.is_(None)).order_by(store.c.name))


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """A row a store and model that somebody there is in date on, or of which it has a handle."""
    months = asked.given["months"]
    assert isinstance(months, int), "the parameter is a number"
    since = add_months(local_day(asked.now_us), -months)
    known = standings(conn, [row[0] for row in _TRAINED.rows(conn)], asked.now_us, asked.policy.courses)
    people = {each.person_id: each for each in known.values() if not each.left}
    current = _current(people, asked.now_us)
    fresh = _fresh(conn, known, since)
    handles = {(row[0], row[1]): (int(row[2]), int(row[3] or 0))
               for row in _HANDLES.rows(conn, {"since_us": day_start_us(since)})}  # fmt: skip
    rows: list[Row] = []
    for (store_id,) in _STORES.rows(conn):
        models = sorted({model for at, model in (*current, *handles) if at == store_id})
        for model in models:
            there, came = handles.get((store_id, model), (0, 0))
            trained = current[store_id, model]
            rows.append((store_id, model, trained, fresh[store_id, model], there, came, _said(trained, there)))
    return Answer(rows, _notes(people, asked.now_us), frozenset(), _totals(rows))


def _models(each: Standing, now_us: int) -> frozenset[str]:
    return frozenset(
        model or "" for (name, model), lasts in each.training.items()
        if name == "CED" and (lasts.valid_until_us is None or lasts.valid_until_us > now_us)
    )  # fmt: skip


def _current(people: dict[int, Standing], now_us: int) -> Counter[tuple[int | None, str]]:
    return Counter((each.home_store_id, model) for each in people.values() for model in _models(each, now_us))


def _fresh(conn: sa.Connection, known: dict[int, Standing], since: date) -> Counter[tuple[int | None, str]]:
    opened = {
        (known[row[0]].person_id, known[row[0]].home_store_id, row[1] or "")
        for row in _OPENED.rows(conn, {"since": since.isoformat()})
        if row[0] in known
    }
    return Counter((home, model) for _, home, model in opened)


def _said(trained: int, handles: int) -> str:
    if trained and not handles:
        return "trained, and no kit"
    if handles and not trained:
        return "kit, and nobody trained"
    return "more kit than people" if handles > trained else ""


def _notes(people: dict[int, Standing], now_us: int) -> tuple[str, ...]:
    sets: dict[frozenset[str], int] = defaultdict(int)
    for each in people.values():
        sets[_models(each, now_us)] += 1
    said = [
        f"{n} on {' and '.join(sorted(models)) if models else 'nothing any more'}{' alone' if len(models) == 1 else ''}"
        for models, n in sorted(sets.items(), key=lambda one: sorted(one[0]))
    ]
    return (f"In date now: {'; '.join(said)}.",) if said else ()


def _totals(rows: list[Row]) -> dict[str, int]:
    totals: Counter[str] = Counter()
    for row in rows:
        totals[f"people {row[1]}"] += int(row[2] or 0)
        totals[f"handles {row[1]}"] += int(row[4] or 0)
    return dict(totals)


REPORT = Report(
    name="conversion",
    question="Q19",
    title="Conversion: people trained against handles delivered",
    definition=(
        "By store and model: people of the store whose training on that very model is in date now; of them all, those"
        " who passed the initial or conversion course within the months asked for; handles of the operational pool that"
        " belong there and are in a store, out or on their way; and those that came onto the books in those months."
    ),
    trap=(
        "Trained and no kit, or kit and nobody trained, are both nothing. Somebody in date on two models counts for"
        " each. Permission to carry is another question (Q1)."
    ),
    source="Design domain.md 5.3, Q19",
    seers=("CED_SPOC", "TRAINING_RECORDER", "INSTRUCTOR", "STORE_MANAGER", "PLANNER", "DUTY_INSPECTOR", "AUDITOR"),
    columns=(
        Column("store", "Store", "store"), Column("model", "Model"), Column("people", "People in date", "count"),
        Column("fresh", "Newly trained", "count"), Column("handles", "Handles", "count"),
        Column("came", "Handles delivered", "count"), Column("says", "Amiss"),
    ),
    ask=ask,
    parameters=(Parameter("months", "Within months", "number", default=12, least=1, most=60),),
    plot=Plot("bars", "store", ("people", "handles")),
)  # fmt: skip
