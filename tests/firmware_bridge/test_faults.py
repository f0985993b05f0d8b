"""The points at which a test may have the bridge killed: harmless unless the environment asks."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PASS = "from firmware_bridge import faults\nfor n in range(4):\n faults.point('after_journal')\n print(n, flush=True)\n"


@pytest.mark.parametrize(
    ("asked", "reached", "code"),
    [
        ("", "0123", 0),
        ("before_post", "0123", 0),
        ("after_journal", "", -9),
        ("after_journal:3", "01", -9),
        ("after_journal:x", "", -9),
    ],
)
def test_a_process_dies_at_the_point_that_is_named_and_nowhere_else(
    asked: str, reached: str, code: int
) -> None:
    env = {**os.environ, "KIT_FAULT_POINT": asked, "PYTHONPATH": str(Path(__file__).parents[2])}
    run = subprocess.run([sys.executable, "-c", PASS], env=env, capture_output=True, text=True, timeout=60)
    assert (run.stdout.replace("\n", ""), run.returncode) == (reached, code)
