"""`scripts/fuzz`: each target for so many seconds, guided by coverage; what breaks a promise is kept as a file.

One rule for the editor: a crash ends with a file and the command that plays it again, and with exit code 1.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from tests.fuzz.targets import TARGETS, Target

ROOT = Path(__file__).parents[2]
HOME = ROOT / "var" / "fuzz"
STARTING_S = 120
"""What a target may take beyond its time: to load what was found before, and to end."""


@click.command()
@click.argument("names", nargs=-1, metavar="[TARGET ...]")
@click.option("--seconds", default=20, show_default=True, help="How long each target is given.")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=HOME, help="Where inputs and crashes are kept."
)
@click.option("--list", "lists", is_flag=True, help="Name the targets, and stop.")
@click.option(
    "--again", type=click.Path(exists=True, path_type=Path), help="Give this file to TARGET once, and stop."
)
def main(names: Sequence[str], seconds: int, folder: Path, lists: bool, again: Path | None) -> None:
    """Fuzz each TARGET (all of them, where none is named; DRIVER: means all of a driver)."""
    if lists:
        click.echo("\n".join(TARGETS))
        return
    chosen = _chosen(names)
    if again is not None:
        for target in chosen:
            target.check(again.read_bytes())
            click.echo(f"{target.name}: every promise holds")
        return
    broken = [target.name for target in chosen if not _fuzzed(target, folder, seconds)]
    click.echo(f"{len(chosen) - len(broken)} of {len(chosen)} targets held for {seconds} s each")
    if broken:
        click.echo(f"broken: {', '.join(broken)}")
        sys.exit(1)


def _chosen(names: Sequence[str]) -> list[Target]:
    for name in names:
        if not any(_is_meant(name, it) for it in TARGETS):
            raise click.UsageError(f"no target is called {name}; there are: {', '.join(TARGETS)}")
    return [it for it in TARGETS.values() if not names or any(_is_meant(name, it.name) for name in names)]


def _is_meant(name: str, target: str) -> bool:
    return target == name or (name.endswith(":") and f"{target}:".startswith(name))


def _fuzzed(target: Target, folder: Path, seconds: int) -> bool:
    """Whether the target held; says how much was tried, and what to do about a crash."""
    place = re.sub(r"[^a-z0-9]+", "-", target.name)
    corpus, crashes = folder / "inputs" / place, folder / "crashes" / place
    for each in (corpus, crashes):
        each.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (corpus / f"seed-{number}").write_bytes(seed)
    known = set(crashes.iterdir())
    words = [sys.executable, "-m", "tests.fuzz.one", target.name, str(corpus), str(crashes), str(seconds)]
    try:
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=seconds + STARTING_S)
        code, said = done.returncode, done.stdout + done.stderr
    except subprocess.TimeoutExpired as late:
        code, said = -1, f"{late.stdout or ''}\nno end after {STARTING_S} s more"
    tried = re.search(r"number_of_executed_units: *([0-9]+)", said)
    coverage = re.findall(r"cov: ([0-9]+)", said)
    click.echo(
        f"{target.name:40} {tried[1] if tried else '?':>9} inputs  cov {coverage[-1] if coverage else '?'}"
    )
    if not code:
        return True
    click.echo(_end_of(said))
    for crash in sorted(set(crashes.iterdir()) - known):
        _tell(target, crash)
    return False


def _end_of(said: str) -> str:
    start = said.find(" === Uncaught Python exception")
    return said[start if start >= 0 else -3000 :][:4000]


def _tell(target: Target, crash: Path) -> None:
    click.echo(f"  scripts/fuzz --again {crash} {target.name}")
    if target.again:
        file = crash.with_name(f"{crash.name}.decode")
        file.write_bytes(target.written(crash.read_bytes()))
        click.echo(
            f"  {shlex.join(['kitstore', target.again[0], target.again[1], str(file), *target.again[2:]])}"
        )


if __name__ == "__main__":
    main()
