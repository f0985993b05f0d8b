"""A sweep of tags becomes where each of them was last seen.

One rule for the editor: a sweep moves nothing and decides nothing, whoever's hatch the reader stands beside.
"""

import json

from api import bridges
from api.bridges import BridgeRow, Under
from devices.codes.identify import identity_of_tag
from devices.readings import TagSeen, TagsSwept
from devices.wire import Sent
from inventory.custody.stocktake import counting as stocktaking
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
    stocktaking.swept(tx, sweep.store_id, sweep.place_id, [_sighting(sweep, *each) for each in found.tags])
    told = {"type": "tags", "device": sweep.device, "items": list(found.items), "strangers": found.strangers}
    tx.say(f"store:{of.store_id}", {**told, "at_us": tx.now_us})


def _sighting(sweep: Sweep, read: TagRead, item_id: int | None) -> stocktaking.Sighting:
    """A tag as a count that is open in this store sees it: unknown ones are kept with what the reader said of them."""
    said = {"tag": read.tag, "antenna": read.antenna, "rssi_dbm": read.rssi_dbm, "reading": sweep.reading_key}
    return stocktaking.Sighting(
        key="", code=read.tag, way="SWEEP", seen_us=sweep.seen_us, item_id=item_id, matches=int(item_id is not None),
        device=sweep.device, place_id=sweep.place_id, evidence=json.dumps(said),
    )  # fmt: skip


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
