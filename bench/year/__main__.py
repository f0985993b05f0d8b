"""A year of the demo force, and whether a day of it is what the gate would have made of it.

    python -m bench.year [--days 365] [--database sqlite|postgresql] [--sample N] [--seed N]

Draws and returns of every shift of all fourteen stores are written in bulk, a week at a time, between the files that
the force brings, up to this moment; then `kitstore audit` and every chain are held to them, one sampled day is played
through the gate in a database of its own and compared custody by custody, and the two questions of `bench.growth` are
asked over HTTP.
"""

import argparse
import random
import tempfile
import time
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path

from rich.progress import track

from bench import postgresql, report
from bench.year.asked import asked
from bench.year.force import Stored
from bench.year.plan import Draw, Year
from bench.year.replay import Disagrees, Replay, agree, came_of
from bench.year.rows import write
from inventory.demo.force import build
from inventory.oversight.audit import audit
from inventory.oversight.verify import verify
from inventory.people.calendar import local_day

WEEK = 7


def year_of(stored: Stored, days: int) -> tuple[dict[date, list[Draw]], int]:
    """Write so many days from the anchor day on; the draws by day, and how many movements they made."""
    anchor, now_us = stored.demo.force.anchor, time.time_ns() // 1000
    plan = Year(stored.demo, anchor + timedelta(days=days))
    drawn: dict[date, list[Draw]] = {}
    moved = 0
    for first in track(range(0, days, WEEK), "weeks", transient=True):
        week = [anchor + timedelta(days=n) for n in range(first, min(first + WEEK, days))]
        stored.bring_to(week[0])
        drawn |= {each: plan.day(each, week[0]) for each in week}
        moved += write(stored, [one for each in week for one in drawn[each]], now_us)
    return drawn, moved


def main() -> None:
    """Command line, see the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--sample", type=int, metavar="N", help="play this day of the year; any, if left out")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10_000)
    wanted = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kit-year-")))
        url = f"sqlite:///{folder}/year.sqlite3"
        if wanted.database == "postgresql":
            url = stack.enter_context(postgresql.server())
        run(url, folder, wanted)


def run(url: str, folder: Path, wanted: argparse.Namespace) -> None:
    """Write, check, play, ask; rows go to the screen and to bench/results."""
    demo = build(local_day(time.time_ns() // 1000) - timedelta(days=wanted.days - 1))
    begun = time.perf_counter()
    stored = Stored.filled(url, demo)
    drawn, moved = year_of(stored, wanted.days)
    draws = sum(not each.refused for some in drawn.values() for each in some)
    refused = sum(map(len, drawn.values())) - draws
    rows: list[dict[str, object]] = [
        {"database": wanted.database, "days": wanted.days, "draws": draws, "refused": refused, "movements": moved,
         "written_s": round(time.perf_counter() - begun)},
    ]  # fmt: skip
    report.show_row(rows[0])
    rows.append(sound(stored))
    rows.append(sampled(stored, drawn, folder, wanted))
    until_us = time.time_ns() // 1000
    out = [each for some in drawn.values() for each in some if not each.refused and each.out_us < until_us]
    for row in asked(url, stored, out, folder, until_us):
        rows.append(row)
        report.show_row(row)
    report.write(f"year-{wanted.database}", rows)


def sound(stored: Stored) -> dict[str, object]:
    """The audit's checks and every chain, over the whole of it. Raises Disagrees with the first fault."""
    begun = time.perf_counter()
    with stored.engine.connect() as conn:
        faults = [str(each) for each in (*audit(conn), *verify(conn).findings)]
    if faults:
        raise Disagrees(f"{len(faults)} faults in the ledger, the first: {faults[0]}")
    row: dict[str, object] = {"audit_and_chains": "clean", "audit_s": round(time.perf_counter() - begun)}
    report.show_row(row)
    return row


def sampled(
    stored: Stored, drawn: dict[date, list[Draw]], folder: Path, wanted: argparse.Namespace
) -> dict[str, object]:
    """One day through the gate, in a database of its own. Raises Disagrees where it is not the same."""
    number = random.Random(wanted.seed).randrange(max(wanted.days - 2, 1)) if wanted.sample is None else wanted.sample
    day = stored.demo.force.anchor + timedelta(days=number)
    begun = time.perf_counter()
    alone = Stored.filled(f"sqlite:///{folder}/day.sqlite3", stored.demo)
    alone.bring_to(day)
    replay = Replay(alone)
    replay.play(drawn[day])
    with stored.engine.connect() as bulk, alone.engine.connect() as played:
        ours = came_of(bulk, day)
        agree(ours, came_of(played, day), replay.wrong)
    row: dict[str, object] = {
        "sampled": day.isoformat(), "number": number, "items": len(ours.held), "refused": len(ours.refused),
        "agrees": "yes", "played_s": round(time.perf_counter() - begun),
    }  # fmt: skip
    report.show_row(row)
    return row


if __name__ == "__main__":
    main()
