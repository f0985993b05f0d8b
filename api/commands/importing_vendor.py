"""`kitstore import vendor`: a vendor's file by a mapping on record, or one in a JSON file; looked over, or taken in.

One rule for the editor: what `--preview` prints and what is written come of one judgement, and a preview opens the
database to read alone.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa

from api.app import now_us
from api.commands.opened import reading, told, writing
from api.commands.terminal import out
from api.settings import Settings
from api.vendor_files import MappingBody, file_of, mapping_in, take_vendor
from devices.wire import read
from inventory.people.errors import BadField
from inventory.people.imports.fields import Unfit, moment
from inventory.people.imports.vendor.judge import UNKNOWN, Judged
from inventory.people.imports.vendor.mapping import VendorMapping
from inventory.people.imports.vendor.vendor_file import VendorFile, VendorReport, look_over, mapping_named

_mappings = msgspec.json.Decoder(MappingBody)

SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed: a mapping's name or a JSON file of one, when the file was exported ("": its own date)."""

    sheet: str
    mapping: str
    as_of: str
    preview: bool


def import_vendor_file(settings: Settings, path: Path, asked: Asked) -> None:
    """Look a vendor's file over, or take it in. Exits 1 where rows were left out."""
    with told():
        data, own_us = path.read_bytes(), path.stat().st_mtime_ns // 1000
        as_of_us = _as_of(asked.as_of) if asked.as_of else own_us
    if asked.preview:
        with told(), reading(settings) as conn:
            file = file_of(path.name, data, asked.sheet, _mapping(conn, asked.mapping), as_of_us)
            report = look_over(conn, file, now_us())
    else:
        with writing(settings) as database:
            with database.reading() as conn:
                mapping = _mapping(conn, asked.mapping)
            file = file_of(path.name, data, asked.sheet, mapping, as_of_us)
            report = database.write(lambda tx: take_vendor(tx, file, None), ids=file.ids_needed)
    _show(file, report, is_own_date=not asked.as_of)


def _as_of(text: str) -> int:
    try:
        return moment(text)
    except Unfit as error:
        raise BadField("--as-of", text, error.expected) from error


def _mapping(conn: sa.Connection, wanted: str) -> VendorMapping:
    """The mapping of a name, or that of a JSON file as the API takes it. Raises BadField."""
    if wanted.endswith(".json"):
        try:
            return mapping_in(read(_mappings, Path(wanted).read_bytes()))
        except (OSError, msgspec.DecodeError) as error:
            raise BadField("--mapping", wanted, f"a file of one mapping in JSON ({error})") from error
    found = mapping_named(conn, wanted)
    if found is None:
        raise BadField("--mapping", wanted, "the name of a mapping on record, or a JSON file of one")
    return found


def _show(file: VendorFile, report: VendorReport, *, is_own_date: bool) -> None:
    if file.as_of_us is not None and is_own_date:
        out.print("as of the file's own date; --as-of says another")
    for each in report.rows[:SHOWN_MAX]:
        for line in _lines(each):
            out.print(f"  line {each.row.line}, {each.row.serial}: {line}", markup=False)
    for problem in report.problems[:SHOWN_MAX]:
        out.print(f"  {problem}", markup=False)
    done = f"taken in as {report.import_id}" if report.import_id else "nothing was written"
    if report.before_id and not report.import_id:
        done += f"; this file was taken in before, as {report.before_id}"
    out.print(
        f"{report.count('NEW')} new, {report.unchanged} unchanged, {report.count(UNKNOWN)} not on record,"
        f" {report.refused} left out, {len(report.contradictions)} contradictions; {done}"
    )
    if report.problems:
        raise SystemExit(1)


def _lines(judged: Judged) -> list[str]:
    """What a row says that is new, what it contradicts, and what is noted."""
    new = [f"{each.fact} {each.after}" + (f" (was {each.before})" if each.before else "")
           for each in judged.changes if each.word in ("NEW", "CHANGED")]  # fmt: skip
    against = [f"contradicts: {each.detail}" for each in judged.contradictions if each.is_new]
    return [*new, *against, *judged.notes]
