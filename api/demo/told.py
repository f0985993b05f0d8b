"""What the demo prints when it is ready: the address, who may sign in, and what to try.

One rule for the editor: the line that begins with `ready` is read by scripts; its first word and its address stay.
"""

from collections.abc import Iterator

from api.demo.asked import Asked
from api.demo.broker import WARNING, Broker
from api.demo.home import SCANNER, Home, Notes
from api.demo.sign_ins import PASSWORD, PIN, SIGN_INS


def ready(asked: Asked, home: Home, notes: Notes, broker: Broker) -> Iterator[str]:
    """The lines, the address first."""
    yield f"ready {asked.address}"
    yield ""
    yield "  The force, its people, numbers and policy are fictional. No real force may use them."
    if broker.is_stand_in:
        yield from (f"  WARNING: {line}" for line in WARNING.split("\n"))
    if asked.offset_days:
        yield f"  The service lives {asked.offset_days} days ahead of this machine's clock, as asked."
    yield ""
    yield f"  Sign in (password of all: {PASSWORD}   PIN of all: {PIN})"
    yield from (f"    {each.name:14} {each.shows}" for each in SIGN_INS)
    yield ""
    yield "  What to try"
    yield f"    {asked.address}/hatch/{notes.place_id}   as storekeeper or manager: Medway's hatch, live"
    yield f"    {asked.address}/stores/{notes.store_id}   as manager: the shelf, with its docks as they speak"
    yield f"    {asked.address}/search   a serial, collar or name: each leads to an item's life or a person's training"
    yield "    as lapsed: what this officer may draw tonight, and why no TASER"
    yield "    scan something yourself, as the scanner would send it (CR is added):"
    yield f"        echo '{SCANNER} ]C0X4A000001' > {home.hardware}"
    yield f"  Runs on {broker.title}. Logs in {home.logs}. Ctrl-C ends every process."
    yield ""
