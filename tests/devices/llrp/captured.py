"""The published LLRP bytes of `captures.txt`, by name."""

from pathlib import Path

LINES = (Path(__file__).parent / "captures.txt").read_text("ascii").splitlines()

CAPTURES = {
    name: bytes.fromhex(hex_) for name, _, hex_ in (it.partition(" ") for it in LINES if it[:1] != "#")
}
