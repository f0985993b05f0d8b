"""`kitstore import`: files of people, training, authority, limited duties and kit.

One rule for the editor: good rows are kept and each bad row is named; the exit code says whether there were any.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
import sqlalchemy as sa

from api.commands.common import Told, out, policy_of, progress, told, writing
from api.settings import Settings
from inventory.custody.lapse import raise_ineligible
from inventory.custody.receive import Delivered, receive, receive_lot
from inventory.people.imports.authority_file import import_authorisations, import_stops
from inventory.people.imports.duty_file import import_gates, import_restrictions
from inventory.people.imports.items_file import NewItem, import_items
from inventory.people.imports.people_file import import_people
from inventory.people.imports.report import ImportReport
from inventory.people.imports.run import ImportRun, ids_needed
from inventory.people.imports.stock_file import NewLotStock, import_checks, import_lots
from inventory.people.imports.training_file import import_training
from inventory.schema.tx import Tx

PLAIN: dict[str, Callable[[ImportRun, bytes], ImportReport]] = {
    "people": import_people,
    "authorisations": import_authorisations,
    "suspensions": import_stops,
    "restrictions": import_restrictions,
    "gates": import_gates,
    "checks": import_checks,
}
KINDS = (*PLAIN, "training", "items", "lots")
SHOWN_MAX = 50
IDS_AN_ITEM = 16
"""Ids an item or a lot takes when it comes into the ledger, over those of its own row."""


def take(tx: Tx, kind: str, data: bytes, source: str, tell: Told) -> ImportReport:
    """Import `data` in the open transaction."""
    run = ImportRun(tx.conn, tx.ids, tx.now_us, tell)
    if kind == "training":
        return import_training(run, data, source)
    if kind == "items":
        return import_items(run, data, partial(_receive_items, tx))
    if kind == "lots":
        return import_lots(run, data, partial(_receive_lots, tx))
    return PLAIN[kind](run, data)


def _receive_items(tx: Tx, conn: sa.Connection, rows: Sequence[NewItem]) -> None:  # noqa: ARG001 - the importer's shape
    receive(tx, [Delivered(each.item_id, each.store_id, order_ref=each.order_ref) for each in rows])


def _receive_lots(tx: Tx, conn: sa.Connection, rows: Sequence[NewLotStock]) -> None:  # noqa: ARG001
    for each in rows:
        receive_lot(tx, each.lot_id, each.store_id, each.quantity)


@click.command("import")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", default="file", show_default=True, help="Who vouches for training results.")
@click.pass_obj
def import_file(settings: Settings, kind: str, file: Path, source: str) -> None:
    """Import FILE (CSV with headings; see docs/imports.md). The same file twice changes nothing.

    Exit code 0: every row was good; 1: some rows were left out, each named.
    """
    data = file.read_bytes()
    with told():
        policy = policy_of(settings)

    def act(tx: Tx, tell: Told) -> ImportReport:
        report = take(tx, kind, data, source, tell)
        if report.person_ids_changed:
            raise_ineligible(tx, policy, sorted(report.person_ids_changed))
        return report

    ids = ids_needed(data) + IDS_AN_ITEM * data.count(b"\n")
    with writing(settings) as database, progress(f"importing {kind}") as tell:
        report = database.write(partial(act, tell=tell), ids=ids)
    show(report)


def show(report: ImportReport) -> None:
    """Say what an import did; exits 1 where rows were left out."""
    out.print(f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged")
    if report.ignored:
        out.print(f"headings not known, left aside: {', '.join(report.ignored)}")
    for problem in report.problems[:SHOWN_MAX]:
        out.print(f"  {problem}", markup=False)
    if len(report.problems) > SHOWN_MAX:
        out.print(f"  … and {len(report.problems) - SHOWN_MAX} more")
    if report.problems:
        out.print(f"{len({each.line for each in report.problems})} rows were left out")
        raise SystemExit(1)
