"""Where a measurement goes: a table on the screen, and a JSON file with the machine it was made on."""

import json
import os
import platform
import time
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


def show_row(row: dict[str, object]) -> None:
    """Print one row as soon as it is known."""
    print("  ".join(f"{key}={value}" for key, value in row.items()), flush=True)


def write(name: str, rows: list[dict[str, object]]) -> None:
    """Keep the rows under bench/results (not committed: figures belong to a machine)."""
    RESULTS.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    kept = {
        "name": name,
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine,
        "rows": rows,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    print(f"kept in {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path.name}")
