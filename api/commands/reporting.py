"""`kitstore report`: a named report on the terminal, or as a file.

One rule for the editor: a look at people's records is in the processing log before anything is shown, and where that
line cannot be written nothing is. The line is written beside a running service too (decision record 0032).
"""

import getpass
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from api.app import now_us
from api.claim import Taken, claim
from api.commands.opened import policy_of, steadily, told
from api.commands.said import Said
from api.commands.terminal import out, progress
from api.database import Database
from api.report_files import made
from api.report_words import Asker, about
from api.reports import answer_of
from api.settings import Settings
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.asking import NotAsked, given_of
from inventory.oversight.reports.finding import Found, find
from inventory.oversight.reports.report import Asked, Report
from inventory.oversight.reports.wording import cell_said
from inventory.schema.tx import LogLine

SHOWN_MAX = 500
FORMS = ("table", "csv", "xlsx", "pdf", "json")


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("name", required=False)
@click.option("--list", "is_list", is_flag=True, help="Every report, and what each is asked with.")
@click.option(
    "--param", "-p", "params", multiple=True, metavar="KEY=VALUE", help="A parameter; as many as needed."
)
@click.option(
    "--as", "form", type=click.Choice(FORMS), default="table", show_default=True, help="In what form."
)
@click.option(
    "--out",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A file to write; never one that exists.",
)
@click.option("--for", "recipient", default="", help="Whom it is for; kept in the processing log.")
@click.pass_obj
def report(settings: Settings, /, name: str | None, is_list: bool, **how: Any) -> None:
    """Answer the report NAME: what was found, what exactly was counted, and what it must not be taken for.

    A store is given by its code, a person by collar, a time as 2026-11-22T07:00 (London).
    """
    if is_list or name is None:
        _list()
        return
    asked = next((each for each in REPORTS if each.name == name), None)
    if asked is None:
        raise Said(f"there is no report {name}; `kitstore report --list` names them")
    form, target = how["form"], how["target"]
    if target is not None and target.exists():
        raise Said(f"{target} exists already; a report never overwrites")
    if target is None and form in ("xlsx", "pdf"):
        raise click.UsageError(f"{form} is a file: name it with --out")
    found = _found(settings, asked, _texts(how["params"]))
    body = _body(found, form)
    _log(settings, found, how["recipient"], is_file=form != "table")
    _give(found, body, target)


def _list() -> None:
    for each in REPORTS:
        out.print(f"[bold]{each.name}[/bold]  {each.title} ({each.question})")
        for one in each.parameters:
            words = f" ({', '.join(one.choices)})" if one.choices else ""
            needed = "" if one.optional or one.default is not None else ", needed"
            out.print(f"    -p {one.key}=…  {one.title}{words}{needed}", markup=False)


def _texts(params: Iterable[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for each in params:
        key, is_given, value = each.partition("=")
        if not is_given or key in texts:
            raise click.BadParameter(f"expected KEY=VALUE, each key once, got {each!r}", param_hint="--param")
        texts[key] = value
    return texts


def _found(settings: Settings, asked: Report, texts: dict[str, str]) -> Found:
    """The answer, seen in one state of the database."""
    at_us = now_us()
    with told():
        policy = policy_of(settings)
    with steadily(settings) as conn, progress(asked.title) as tell:
        try:
            given = given_of(conn, asked, texts, at_us)
            return find(conn, asked, Asked(given, at_us, policy, lambda share: tell(int(share * 1000), 1000)))
        except NotAsked as problem:
            raise Said(
                "\n".join(f"{each.field}: expected {each.expected}" for each in problem.faults)
            ) from problem


def _body(found: Found, form: str) -> bytes | None:
    """The file; None where it is shown."""
    if form == "table":
        return None
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(answer_of(found)), indent=1) + b"\n"
    return made(found, form, Asker(f"{getpass.getuser()} (kitstore report)")).body


def _log(settings: Settings, found: Found, recipient: str, *, is_file: bool) -> None:
    """Write down who looked at whom. Beside a running service the line is one more short transaction of its file."""
    if not found.people:
        return
    told_to = recipient.strip() or (f"whoever has the files of {getpass.getuser()}" if is_file else None)
    line = LogLine(
        "DISCLOSURE" if is_file else "CONSULTATION", f"kitstore report {found.report.name}", "SYSTEM", None,
        tuple(sorted(found.people)), f"command:{getpass.getuser()}",
        query=json.dumps({"report": found.report.name, "asked": dict(found.given), "sha256": found.digest}),
        recipient=told_to,
    )  # fmt: skip
    with told():
        try:
            held = claim(settings)
        except Taken:
            held = None
        database = Database(settings.database, now_us, instance=held.instance if held else 1)
        database.start()
        try:
            database.write(lambda tx: tx.record([line]))
        finally:
            database.stop()
            if held is not None:
                held.release()


def _give(found: Found, body: bytes | None, target: Path | None) -> None:
    if body is None and target is None:
        if out.is_terminal:
            _show(found)
        else:
            out.print(_plain(found), markup=False, end="")
    elif target is None:
        sys.stdout.buffer.write(body or b"")
    else:
        target.write_bytes(body if body is not None else _plain(found).encode())
        out.print(f"{target}", markup=False)


def _show(found: Found) -> None:
    table = Table(title=found.report.title, show_lines=False)
    for column in found.report.columns:
        table.add_column(
            column.title, justify="right" if column.kind in ("count", "percent", "hours") else "left"
        )
    for row in found.answer.rows[:SHOWN_MAX]:
        table.add_row(*map(Text, _words(found, row)))
    out.print(table)
    if len(found.answer.rows) > SHOWN_MAX:
        out.print(f"and {len(found.answer.rows) - SHOWN_MAX} more: --as csv --out FILE has them all")
    for title, words in about(found, Asker(getpass.getuser()))[1:]:
        out.print(f"{title}: {words}", markup=False)


def _words(found: Found, row: Iterable[Any]) -> list[str]:
    return [
        cell_said(cell, column.kind, found.names)
        for cell, column in zip(row, found.report.columns, strict=True)
    ]


def _plain(found: Found) -> str:
    """The table as a text file, cells apart by tabs."""
    lines = ["\t".join(column.title for column in found.report.columns)]
    lines += ["\t".join(_words(found, row)) for row in found.answer.rows]
    lines += [f"{title}: {words}" for title, words in about(found, Asker(getpass.getuser()))]
    return "\n".join(lines) + "\n"
