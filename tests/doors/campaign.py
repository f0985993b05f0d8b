"""`scripts/campaign-doors`: every guard taken away, one at a time.

One rule for the editor: it prints what nobody missed, and its exit code is 1 where there is anything.
"""

import sys
import tempfile
from pathlib import Path

from tests.doors.mutations import (
    MUTATIONS,
    Mutation,
    copy_source,
    forget_source,
    guard_gone,
    is_missed,
    run_test,
)


def attempt(top: Path, mutation: Mutation) -> bool:
    """Whether the mutation is missed; prints what its test said where it is not."""
    with guard_gone(top, mutation):
        done = run_test(top, mutation)
    missed = is_missed(done)
    print(f"{'missed ' if missed else 'NOBODY '} {mutation.name}", flush=True)
    if not missed:
        print(done.stdout[-1500:], done.stderr[-1500:], sep="\n", flush=True)
    return missed


def main(words: list[str]) -> int:
    """Run the mutations whose name holds one of `words` (all without)."""
    wanted = [each for each in MUTATIONS if not words or any(word in each.name for word in words)]
    with tempfile.TemporaryDirectory(prefix="kit-doors-") as name:
        top = Path(name) / "mutant" / "source"
        copy_source(top)
        kept = [each for each in wanted if not attempt(top, each)]
        forget_source(top)
    print(f"{len(wanted)} guards taken away, {len(wanted) - len(kept)} missed")
    return 1 if kept or not wanted else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
