"""`kitstore import training --preview` and its like: who would newly be refused or allowed, printed; nothing is kept.

One rule for the editor: it asks what the page asks (`inventory.custody.file_previews`), and leaves nothing behind.
"""

from pathlib import Path

from api.commands.opened import policy_of, reading, told, writing
from api.commands.terminal import out
from api.file_preview_rows import checked_source, csv_rows, effect_rows, file_of
from api.file_previews import mapping_named
from api.imports import PLAIN, SOURCED, ids_for, opened
from api.settings import Settings
from inventory.custody.file_previews import FileToTake, Outcome, look_over
from inventory.custody.would_be import ALLOWED, REFUSED
from inventory.people.errors import BadField
from inventory.schema.words import PREVIEWED_FILES

SHOWN_MAX = 200


def preview_file(settings: Settings, kind: str, path: Path, source: str, how: tuple[str, str]) -> None:
    """Look a file over; `how` is the sheet of a workbook and a mapping's name, each "" where there is none. Exits 1
    where rows would be left out."""
    with told():
        if kind not in PREVIEWED_FILES:
            raise BadField("--preview", kind, f"one of {', '.join(PREVIEWED_FILES)}, or vendor")
        policy = policy_of(settings)
        file = _file(settings, kind, path.read_bytes(), checked_source(source), how)
    with writing(settings) as database:
        found: Outcome = database.write(lambda tx: look_over(tx, policy, file), ids=ids_for(file.source))
    with reading(settings) as conn:
        lines = csv_rows(effect_rows(conn, found.effects))
    out.print(f"{found.new} new, {found.changed} changed, {found.unchanged} unchanged; nothing was written")
    refused, allowed = len(found.people(REFUSED)), len(found.people(ALLOWED))
    out.print(f"{refused} people would newly be refused, {allowed} newly allowed")
    for ref, name, _, kit, model, word, when, starts, holds, why in lines[:SHOWN_MAX]:
        about = f"{ref} {name}: {word} {kit} {model} {when} {starts}{', HAS IT OUT' if holds else ''}"
        out.print(f"  {' '.join(about.split())}. {why}", markup=False)
    for problem in found.problems[:SHOWN_MAX]:
        out.print(f"  {problem}", markup=False)
    if found.problems:
        out.print(f"{found.refused_rows} rows would be left out")
        raise SystemExit(1)


def _file(settings: Settings, kind: str, data: bytes, source: str, how: tuple[str, str]) -> FileToTake:
    sheet, name = how
    if name:
        with reading(settings) as conn:
            return file_of(mapping_named(conn, kind, name), source, data, sheet)
    taking = SOURCED.get(kind)
    take = PLAIN[kind] if taking is None else lambda run, rows: taking(run, rows, source)
    return FileToTake(take, opened(data, sheet))
