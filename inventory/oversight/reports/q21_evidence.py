"""Q21: everything the ledger says of the kit of one draw, entry by entry with its hash: what the evidence pack proves.

One rule for the editor: the whole pack, with the decision's facts and the checkpoints, is made by `api.packs` alone.
"""

import sqlalchemy as sa

from inventory.oversight.disclosure.evidence import chains_of, draw_of, part_of_ledger, proved
from inventory.oversight.reports.report import Answer, Asked, Column, Parameter, Report
from inventory.schema.custody import ledger

MOST = 10**15


def ask(conn: sa.Connection, asked: Asked) -> Answer:
    """Every entry of the chains of the draw, in order; whether the verifier finds them whole."""
    number = asked.given["decision"]
    try:
        draw = draw_of(conn, int(number) if isinstance(number, int) else 0)
    except LookupError:
        return Answer((), ("There is no decision of this number, or the retention schedule erased it.",))
    entries = conn.execute(
        sa.select(ledger).where(ledger.c.chain.in_(chains_of(draw))).order_by(ledger.c.chain, ledger.c.seq)
    ).mappings()
    rows = [
        (
            row["chain"], row["seq"], row["at_us"], row["kind"], row["item_id"], _person(row, "giver"),
            _person(row, "taker"), row["by_person"], "yes" if row["decision_id"] == number else "", row["hash"],
        )
        for row in entries
    ]  # fmt: skip
    report = proved(list(part_of_ledger(conn, draw)))
    said = "The verifier finds these chains whole." if report.good else "THE VERIFIER FINDS FAULTS: make the pack."
    people = {each for row in rows for each in row[5:8] if isinstance(each, int)} | set(draw.records)
    return Answer(rows, (said, report.range_sentence()), frozenset(people), {"entries": report.entries})


def _person(row: sa.RowMapping, side: str) -> int | None:
    return row[f"{side}_id"] if row[side] == "PERSON" else None


REPORT = Report(
    name="evidence-of-a-draw",
    question="Q21",
    title="Evidence of one draw",
    definition=(
        "Every entry of the hash-chained ledger about each item of the decision, from its receipt to now, with who gave"
        " it to whom and the entry's hash; of a refusal also the chain of refusals of its store."
    ),
    trap="A table proves nothing by itself: the evidence pack has the chains, the signed checkpoints and a verifier.",
    source="design 5.3 Q21; disclosure under the CPIA 1996, referral of a death or serious injury",
    seers=("AUDITOR", "PSD"),
    columns=(
        Column("chain", "Chain"), Column("seq", "Entry", "count"), Column("at", "When", "moment"),
        Column("kind", "What"), Column("item", "Item", "item"), Column("giver", "From", "person"),
        Column("taker", "To", "person"), Column("by", "By", "person"), Column("this", "This draw"),
        Column("hash", "Hash"),
    ),
    ask=ask,
    parameters=(Parameter("decision", "Decision (its number)", "number", least=1, most=MOST),),
    names_people=True,
)  # fmt: skip
