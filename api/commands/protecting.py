"""`kitstore ico-export` and `kitstore records-of-processing`: what a data protection officer hands out, in one command.

One rule for the editor: the line of a disclosure, with its recipient and hash, is committed before a file is written,
and where it cannot be, no file is. It is written beside a running service too (decision record 0032).
"""

import csv
import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from api.app import create_app, now_us
from api.bundles import HEADER, MANIFEST
from api.claim import Taken, claim
from api.commands.opened import steadily, told
from api.commands.said import Said
from api.commands.terminal import out
from api.database import Database
from api.processing_records import HEADS, records_of_processing
from api.rights import LogExportAsk, log_bundle
from api.settings import Settings
from inventory.oversight.disclosure.log_export import PURPOSES
from inventory.oversight.disclosure.rows import text_of, utc_said
from inventory.schema.tx import LogLine, Tx

DAY = click.DateTime(["%Y-%m-%d"])


@click.command("ico-export")
@click.option("--person", required=True, help="Collar, or the force's number of the person.")
@click.option("--from", "first", required=True, type=DAY, help="The first day, 2026-04-01 (London).")
@click.option("--to", "last", required=True, type=DAY, help="The last day.")
@click.option(
    "--out", "folder", required=True, type=click.Path(path_type=Path, file_okay=False),
    help="A folder to make; never one that exists.",
)  # fmt: skip
@click.option("--use", default="COMMISSIONER", type=click.Choice(sorted(PURPOSES)), show_default=True,
              help="For which use of s.62(4) or (5).")  # fmt: skip
@click.option("--for", "recipient", default="Information Commissioner", show_default=True, help="Whom it is for.")
@click.pass_obj
def ico_export(settings: Settings, /, person: str, folder: Path, **how: Any) -> None:
    """The processing log about and by a person over some days, with every hash and a manifest (DPA 2018 s.62)."""
    if folder.exists():
        raise Said(f"{folder} exists already; an export never overwrites")
    asked = LogExportAsk(
        person=person, from_on=how["first"].date(), to_on=how["last"].date(), use=how["use"],
        purpose=PURPOSES[how["use"]], recipient=how["recipient"],
    )  # fmt: skip
    with steadily(settings) as conn:
        try:
            person_id, made = log_bundle(conn, asked)
        except (LookupError, ValueError) as problem:
            raise Said(str(problem)) from problem
    line = LogLine(
        "DISCLOSURE", "kitstore ico-export", "SYSTEM", None, (person_id,), f"command:{getpass.getuser()}",
        query=f"{asked.from_on} to {asked.to_on}, sha256 {made.sha256}", reason=asked.purpose,
        recipient=asked.recipient,
    )  # fmt: skip
    _beside(settings, lambda tx: tx.record([line]))
    header = {"made_at": utc_said(now_us()), "made_by": getpass.getuser(), "content_sha256": made.sha256,
              "purpose": asked.purpose, "recipient": asked.recipient}  # fmt: skip
    folder.mkdir(parents=True)
    for name, body in {**made.files, MANIFEST: made.manifest, HEADER: text_of(header)}.items():
        (folder / name).write_bytes(body)
    out.print(f"{folder}: SHA-256 of {MANIFEST} {made.sha256}", markup=False)


def _beside(settings: Settings, run: Callable[[Tx], None]) -> None:
    """One short transaction, beside a running service too."""
    with told():
        try:
            held = claim(settings)
        except Taken:
            held = None
        database = Database(settings.database, now_us, instance=held.instance if held else 1)
        database.start()
        try:
            database.write(run)
        finally:
            database.stop()
            if held is not None:
                held.release()


@click.command("records-of-processing")
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def records(settings: Settings, target: Path) -> None:
    """Write the records of processing (UK GDPR art. 30; DPA 2018 s.61) to TARGET as CSV, made from every route."""
    if target.exists():
        raise Said(f"{target} exists already; nothing is overwritten")
    rows = records_of_processing(create_app(settings))
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADS)
        writer.writerows(rows)
    out.print(f"{target}: {len(rows)} operations", markup=False)
