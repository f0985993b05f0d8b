"""`kitstore ledger` and `kitstore audit`: is the history whole, and does everything agree with it?

One rule for the editor: these only read, and work beside a running service.
"""

import json
from pathlib import Path

import click

from api.commands.opened import reading, told
from api.commands.said import Said
from api.commands.terminal import out, progress
from api.keys import checkpoint_key
from api.settings import Settings
from inventory.oversight.audit import CHECKS
from inventory.oversight.verify import export as export_lines
from inventory.oversight.verify import verify as verify_chains


@click.group()
def ledger() -> None:
    """Verify or export the ledger."""


def public_keys(settings: Settings, given: tuple[str, ...]) -> list[bytes]:
    """The keys checkpoints may be signed with: those given, or the service's own."""
    try:
        keys = [bytes.fromhex(each) for each in given]
    except ValueError as problem:
        raise click.BadParameter("expected hex digits", param_hint="--key") from problem
    if not keys and settings.checkpoint_key and Path(settings.checkpoint_key).exists():
        with told():
            keys = [checkpoint_key(Path(settings.checkpoint_key)).public]
    return keys


def kept_checkpoints(folder: Path | None) -> list[dict[str, object]]:
    """The checkpoints copied to `folder`."""
    found: list[dict[str, object]] = []
    for path in sorted(folder.glob("*.json")) if folder else []:
        try:
            found.append(json.loads(path.read_text("utf-8")))
        except ValueError as problem:
            raise Said(f"{path}: not a checkpoint: {problem}") from problem
    return found


@ledger.command()
@click.option("--key", multiple=True, help="Public key of the checkpoints, hex (default: the service's own).")
@click.option(
    "--kept",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Checkpoints kept elsewhere.",
)
@click.pass_obj
def verify(settings: Settings, key: tuple[str, ...], kept: Path | None) -> None:
    """Find any edit, insertion, reorder or deletion, name it, and say what cannot be proved. Exit 1 if something is."""
    keys = public_keys(settings, key)
    with reading(settings) as conn, progress("verifying") as tell:
        report = verify_chains(conn, keys, kept_checkpoints(kept), tell)
    for finding in report.findings:
        out.print(f"[red]{finding.kind}[/red] {finding.sentence}")
    out.print(f"{report.entries} entries in {report.chains} chains, {report.checkpoints} checkpoints")
    if not keys:
        out.print("no public key was given: the checkpoints' signatures were not checked")
    out.print(report.range_sentence())
    if not report.good:
        raise SystemExit(1)


@ledger.command()
@click.argument("target", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def export(settings: Settings, target: Path) -> None:
    """Write the ledger to TARGET, to be checked with inventory/oversight/standalone.py anywhere."""
    if target.exists():
        raise Said(f"{target} exists already; an export never overwrites")
    with reading(settings) as conn, progress("exporting") as tell, target.open("w", encoding="utf-8") as file:
        for line in export_lines(conn, tell):
            file.write(line + "\n")
    out.print(f"exported to {target}")


@click.command()
@click.pass_obj
def audit(settings: Settings) -> None:
    """Check every promise over the whole ledger. Exit 1 where one does not hold."""
    wrong = 0
    with reading(settings) as conn:
        for check in CHECKS:
            faults = check(conn)
            wrong += len(faults)
            word = "[green]holds[/green]" if not faults else f"[red]{len(faults)} faults[/red]"
            out.print(f"{check.__name__.replace('_', ' ')}: {word}")
            for fault in faults[:20]:
                out.print(f"  {fault.about}: {fault.sentence}", markup=False)
    if wrong:
        raise SystemExit(1)
