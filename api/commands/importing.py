"""`kitstore import`: files of people, training, authority, limited duties and kit, and those of vendors' systems.

One rule for the editor: good rows are kept and each bad row is named; the exit code says whether there were any.
"""

from functools import partial
from pathlib import Path
from typing import Any

import click

from api.commands.importing_preview import preview_file
from api.commands.importing_vendor import Asked, import_vendor_file
from api.commands.opened import policy_of, told, writing
from api.commands.terminal import Told, out, progress
from api.imports import KINDS, ids_for, look_over, opened, take
from api.settings import Settings
from inventory.custody.carrying.moves import look_after
from inventory.people.imports.report import ImportReport
from inventory.schema.tx import Tx

SHOWN_MAX = 50


@click.command("import")
@click.argument("kind", type=click.Choice((*KINDS, "vendor")))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--source", default="file", show_default=True, help="Who vouches for training results or duties.")
@click.option("--sheet", default="", help="Sheet of a workbook (default: its first).")
@click.option("--mapping", default="", help="How the file is read: a name on record; of a vendor also a JSON file.")
@click.option("--as-of", default="", help="vendor: when it was exported (default: the file's own date).")
@click.option("--preview", is_flag=True, help="Say what it would change, whom it would newly refuse; write nothing.")
@click.pass_obj
def import_file(settings: Settings, /, kind: str, file: Path, source: str, **vendor: Any) -> None:
    """Import FILE, CSV or an XLSX workbook, with headings (docs/imports.md). The same file twice changes nothing.

    Exit code 0: every row was good; 1: some rows were left out, each named.
    """
    asked = Asked(**vendor)
    if kind == "vendor":
        import_vendor_file(settings, file, asked)
        return
    if asked.preview and not asked.as_of:
        preview_file(settings, kind, file, source, (asked.sheet, asked.mapping))
        return
    if asked.mapping or asked.as_of:
        raise click.UsageError("--as-of is for vendor files, and --mapping for those and with --preview")
    _import_ours(settings, kind, file, source, asked.sheet)


def _import_ours(settings: Settings, kind: str, file: Path, source: str, sheet: str) -> None:
    with told():
        policy = policy_of(settings)
        data = opened(file.read_bytes(), sheet)

    def act(tx: Tx, tell: Told) -> ImportReport:
        report = take(tx, kind, data, source, tell)
        if report.person_ids_changed:
            look_after(tx, policy, report.person_ids_changed)
        return report

    with writing(settings) as database, progress(f"importing {kind}") as tell:
        report = database.write(partial(act, tell=tell), ids=ids_for(data))
        look_over(database, report)
    show(report)


def show(report: ImportReport) -> None:
    """Say what an import did; exits 1 where rows were left out."""
    out.print(f"{report.new} new, {report.changed} changed, {report.unchanged} unchanged")
    if report.other_sheets:
        left = ", ".join(report.other_sheets)
        out.print(f"read the sheet {report.sheet}; left aside (--sheet): {left}", markup=False)
    if report.ignored:
        out.print(f"headings not known, left aside: {', '.join(report.ignored)}")
    for problem in report.problems[:SHOWN_MAX]:
        out.print(f"  {problem}", markup=False)
    if len(report.problems) > SHOWN_MAX:
        out.print(f"  … and {len(report.problems) - SHOWN_MAX} more")
    if report.problems:
        out.print(f"{len({each.line for each in report.problems})} rows were left out")
        raise SystemExit(1)
