"""A sweep of tags becomes where each of them was last seen.

One rule for the editor: a sweep moves nothing and decides nothing, whoever's hatch the reader stands beside.
"""

from api import bridges
from api.bridges import BridgeRow, Under
from devices.codes.identify import identity_of_tag
from devices.readings import TagSeen, TagsSwept
from devices.wire import Sent
from inventory.schema.tx import Tx
from inventory.stock.sightings import Sweep, TagRead, swept


def tags_swept(tx: Tx, of: BridgeRow, under: Under, sent: Sent, said: TagsSwept) -> None:
    """Keep where each tag was seen, and tell the store's screens that there was a sweep."""
    sweep = Sweep(
        device=f"{of.name}/{sent.device}",
        store_id=of.store_id,
        place_id=bridges.place_of_device(tx.conn, of.id, sent.device),
        seen_us=bridges.observed_us(of, under.boot, sent, tx.now_us),
        reading_key=under.text(),
    )
    found = swept(tx, sweep, [_read(seen) for seen in said.tags])
    told = {"type": "tags", "device": sweep.device, "items": list(found.items), "strangers": found.strangers}
    tx.say(f"store:{of.store_id}", {**told, "at_us": tx.now_us})


def _read(seen: TagSeen) -> TagRead:
    candidates = identity_of_tag(seen).candidates
    return TagRead(
        tag=f"{seen.epc}/{seen.tid}" if seen.tid else seen.epc,
        lookups=tuple((candidate.technology, candidate.value) for candidate in candidates),
        antenna=seen.antenna,
        antennas=seen.antennas,
        rssi_dbm=seen.rssi_dbm,
        reads=seen.reads,
    )
