"""One target under atheris (libFuzzer guided by the coverage of our Python), in a process of its own.

    python -m tests.fuzz.one TARGET CORPUS CRASHES SECONDS

One rule for the editor: our packages are imported within `instrument_imports`, or nothing is guided. libFuzzer ends the
process itself: with 0 when the time is over, with another code after it has written what it found to CRASHES.
"""

import importlib
import sys

import atheris

OURS = ("devices", "firmware_bridge", "inventory.people.imports", "api.workbooks")
BYTES_MAX = 4096
ONE_INPUT_S = 20


def main(target: str, corpus: str, crashes: str, seconds: str) -> None:
    """Fuzz `target`; does not return."""
    with atheris.instrument_imports(include=list(OURS)):
        found = importlib.import_module("tests.fuzz.targets").TARGETS[target]
    words = [
        sys.argv[0], corpus, f"-artifact_prefix={crashes}/", f"-max_total_time={seconds}", f"-max_len={BYTES_MAX}",
        f"-timeout={ONE_INPUT_S}", "-rss_limit_mb=1024", "-print_final_stats=1", "-verbosity=1",
    ]  # fmt: skip
    atheris.Setup(words, found.check)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
