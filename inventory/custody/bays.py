"""What bays are told: which to light for the person at the hatch, which to open for what was issued, which to lock.

One rule for the editor: a bay is opened for one reason only, an issue written in this very transaction; the database
asks for the entry too. A light says "this one" and nothing about anybody. What a bay did not do is said aloud.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.schema.bays import bay_command
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Inserter, among
from inventory.schema.service import bridge
from inventory.schema.stock import bay, item
from inventory.schema.tx import Tx
from inventory.stock.docks import dock_said

LISTENS_US = 90_000_000
"""A bridge that has not asked for commands for this long is told none: it is away, or of before there were any."""

LIVES_US = {"POINT": 20_000_000, "RELEASE": 10_000_000, "LOCK": 20_000_000}
"""How long a command may still be begun."""

ANSWERS_US = 6_000_000
"""What a bridge may take beyond that to say what became of it: two tries of two seconds, and the way here."""

UNABLE_US = 3_600_000_000
"""A dock that said it has nothing to do an act with is not told to again for an hour."""

SHOWN_US = 120_000_000
"""How long a hatch shows what a bay did or did not do."""

KEPT_US = 7 * 86_400_000_000
"""How long a light or a lock is remembered; what let kit go stays."""

FAILED = ("REFUSED", "SILENT", "EXPIRED")
LIT = sa.and_(
    bay_command.c.act == sa.literal_column("'POINT'"),
    bay_command.c.light != sa.literal_column("'none'"),
    bay_command.c.dark_us.is_(None),
)

_LIT = Fast(
    sa.select(
        bay_command.c.id, bay_command.c.place_id, bay_command.c.item_id, bay_command.c.dock, bay_command.c.bay
    ).where(bay_command.c.store_id == sa.bindparam("store_id"), LIT)
)
_SHINING = Fast(
    sa.select(bay_command.c.dock, bay_command.c.bay).where(
        bay_command.c.store_id == sa.bindparam("store_id"), LIT, bay_command.c.word == sa.literal_column("'DONE'")
    )
)
_TOLD = Fast(  # the bays of these items, where somebody listens who can tell them
    sa.select(bay.c.item_id, bay.c.store_id, bay.c.bridge_id, bay.c.device, bay.c.dock, bay.c.bay)
    .select_from(bay.join(bridge, bridge.c.id == bay.c.bridge_id))
    .where(
        among(bay.c.item_id, "ids"),
        bay.c.present == 1,
        bay.c.device.is_not(None),
        bridge.c.listens_us > sa.bindparam("since_us"),
    )
)
_ISSUED = Fast(
    sa.select(custody.c.item_id, custody.c.opened_entry).where(
        among(custody.c.item_id, "ids"),
        custody.c.closed_entry.is_(None),
        custody.c.basis == sa.literal_column("'ISSUED'"),
        custody.c.opened_us == sa.bindparam("at_us"),
    )
)
_UNABLE = Fast(
    sa.select(bay_command.c.dock, bay_command.c.act)
    .where(
        bay_command.c.store_id == sa.bindparam("store_id"),
        bay_command.c.word == sa.literal_column("'UNABLE'"),
        bay_command.c.at_us > sa.bindparam("since_us"),
    )
    .distinct()
)
_ADD = Inserter(bay_command)
_AGAIN = Fast(sa.select(bay_command).where(bay_command.c.id == sa.bindparam("command_id")))
_DARK = Fast(
    sa.update(bay_command)
    .where(bay_command.c.id == sa.bindparam("command_id"))
    .values(dark_us=sa.bindparam("to_dark"))
)
_ANSWER = Fast(
    sa.update(bay_command)
    .where(bay_command.c.id == sa.bindparam("command_id"))
    .values(word=sa.bindparam("to_word"), detail=sa.bindparam("to_detail"), answered_us=sa.bindparam("to_answered"))
)
_OVER = Fast(
    sa.select(bay_command.c.id, bay_command.c.bridge_id).where(
        bay_command.c.word == sa.literal_column("'WAITING'"), bay_command.c.until_us < sa.bindparam("before_us")
    )
)
_OF_PLACE = Fast(
    sa.select(
        bay_command.c.act, bay_command.c.word, bay_command.c.dock, bay_command.c.bay, bay_command.c.detail,
        bay_command.c.light, item.c.serial,
    )
    .select_from(bay_command.outerjoin(item, item.c.id == bay_command.c.item_id))
    .where(bay_command.c.place_id == sa.bindparam("place_id"), bay_command.c.at_us > sa.bindparam("since_us"))
    .order_by(bay_command.c.at_us, bay_command.c.id)
)  # fmt: skip
_OF_STORE = Fast(
    sa.select(bay_command.c.dock, bay_command.c.bay, bay_command.c.act, bay_command.c.word)
    .where(
        bay_command.c.store_id == sa.bindparam("store_id"),
        bay_command.c.at_us > sa.bindparam("since_us"),
        bay_command.c.word != sa.literal_column("'WAITING'"),
    )
    .order_by(bay_command.c.at_us, bay_command.c.id)
)
_FORGET = Fast(
    sa.delete(bay_command).where(
        bay_command.c.at_us < sa.bindparam("before_us"), bay_command.c.act != sa.literal_column("'RELEASE'")
    )
)
_NAMES = tuple(str(column.name) for column in bay_command.columns)


@dataclass(frozen=True, slots=True)
class Lit:
    """What is lit in a store, as sets of items: for this hatch, and for any other."""

    here: frozenset[int]
    elsewhere: frozenset[int]


def lit_in(conn: sa.Connection, store_id: int, place_id: int) -> Lit:
    """What bays of the store point at now."""
    rows = [(row[1], row[2]) for row in _LIT.rows(conn, {"store_id": store_id})]
    here = frozenset(each for place, each in rows if place == place_id and each is not None)
    return Lit(here, frozenset(each for place, each in rows if place != place_id and each is not None))


def shining(conn: sa.Connection, store_id: int) -> set[tuple[str, int]]:
    """The bays of a store, by dock and number, that have answered that their light is on."""
    return {(dock, number) for dock, number in _SHINING.rows(conn, {"store_id": store_id})}


# ---- telling ---------------------------------------------------------------------------------------


def point(tx: Tx, store_id: int, place_id: int, item_ids: Sequence[int]) -> None:
    """Light the bays of these items for the person at this hatch, and darken every other that was lit for it."""
    mine = [row for row in _LIT.rows(tx.conn, {"store_id": store_id}) if row[1] == place_id]
    wanted = {(row["dock"], row["bay"]): row for row in _bays(tx, store_id, item_ids, "POINT")} if item_ids else {}
    lit: set[tuple[str, int]] = set()
    for command_id, _, item_id, dock, number in mine:
        if (dock, number) in wanted and wanted[dock, number]["item_id"] == item_id:
            lit.add((dock, number))
        else:
            _darken(tx, command_id, keep=(dock, number) in wanted)
    new = [row for where, row in wanted.items() if where not in lit]
    _tell(tx, [row | {"act": "POINT", "light": "green", "place_id": place_id} for row in new])


def release(tx: Tx, store_id: int, place_id: int, item_ids: Sequence[int]) -> None:
    """Open the bays that hold what was issued in this transaction, and no other."""
    rows = _bays(tx, store_id, item_ids, "RELEASE")
    if not rows:
        return
    entries: dict[int, int] = dict(_ISSUED.rows(tx.conn, {"ids": list(item_ids), "at_us": tx.now_us}))
    _tell(
        tx,
        [
            row | {"act": "RELEASE", "place_id": place_id, "entry": entries[row["item_id"]]}
            for row in rows
            if row["item_id"] in entries
        ],
    )


def lock(tx: Tx, store_id: int, item_id: int) -> None:
    """Lock the bay that an item of the store has come back to."""
    _tell(tx, [row | {"act": "LOCK"} for row in _bays(tx, store_id, [item_id], "LOCK")])


def _bays(tx: Tx, store_id: int, item_ids: Sequence[int], act: str) -> list[dict[str, Any]]:
    names = ("item_id", "store_id", "bridge_id", "device", "dock", "bay")
    found = _TOLD.rows(tx.conn, {"ids": list(item_ids), "since_us": tx.now_us - LISTENS_US})
    if not found:
        return []
    unable = set(_UNABLE.rows(tx.conn, {"store_id": store_id, "since_us": tx.now_us - UNABLE_US}))
    rows = [dict(zip(names, row, strict=True)) for row in found]
    return [row for row in rows if (row["dock"], act) not in unable]


def _darken(tx: Tx, command_id: int, *, keep: bool) -> None:
    """Put a light out; `keep`: another is about to be lit in the same bay."""
    _DARK.run(tx.conn, {"command_id": command_id, "to_dark": tx.now_us})
    was = dict(zip(_NAMES, _AGAIN.rows(tx.conn, {"command_id": command_id})[0], strict=True))
    _say_light(tx, was, is_lit=False)
    if not keep and was["word"] != "UNABLE":
        same = ("store_id", "bridge_id", "device", "dock", "bay", "item_id", "place_id")
        _tell(tx, [{name: was[name] for name in same} | {"act": "POINT", "light": "none"}])


def _tell(tx: Tx, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write commands, and wake the bridges that wait for them."""
    blank = {
        "light": "none", "item_id": None, "place_id": None, "entry": None, "word": "WAITING", "detail": None,
        "answered_us": None, "dark_us": None,
    }  # fmt: skip
    made = [
        blank | {"id": tx.ids.take(), "at_us": tx.now_us, "until_us": tx.now_us + LIVES_US[row["act"]]} | dict(row)
        for row in rows
    ]
    if made:
        _ADD.add(tx.conn, made)
    for bridge_id in sorted({row["bridge_id"] for row in made}):
        tx.say(f"bridge:{bridge_id}", {"type": "bay_command"})


# ---- what became of it -----------------------------------------------------------------------------


def answered(tx: Tx, bridge_id: int, command_id: int, word: str, detail: str | None) -> bool:
    """Keep what became of a command, and tell whom it concerns. False where this bridge was told no such thing, or
    has answered it already."""
    rows = _AGAIN.rows(tx.conn, {"command_id": command_id})
    told = dict(zip(_NAMES, rows[0], strict=True)) if rows else {}
    if told.get("bridge_id") != bridge_id or told["word"] not in ("WAITING", "EXPIRED"):
        return False
    if told["word"] == word == "EXPIRED":
        return False
    answer = {"command_id": command_id, "to_word": word, "to_detail": detail, "to_answered": tx.now_us}
    _ANSWER.run(tx.conn, answer)
    if word in FAILED and told["act"] != "POINT":
        raise_alarms(tx, [Raise("BAY_NOT_MOVED", _alarm(told["act"], told["dock"], told["bay"]), told["store_id"])])
    if word in FAILED or told["act"] == "LOCK":
        said = {"dock": told["dock"], "bay": told["bay"], "act": told["act"], "word": word, "at_us": tx.now_us}
        tx.say(f"store:{told['store_id']}", {"type": "bay_answer", **said})
    if (told["act"], word, told["dark_us"]) == ("POINT", "DONE", None) and told["light"] != "none":
        _say_light(tx, told, is_lit=True)
    if told["place_id"] is not None:
        tx.say(
            f"place:{told['place_id']}",
            {"type": "hatch_bays", "bays": at_hatch(tx.conn, told["place_id"], tx.now_us)},
        )
    return True


def _say_light(tx: Tx, told: Mapping[str, Any], *, is_lit: bool) -> None:
    said = {"dock": told["dock"], "bay": told["bay"], "is_lit": is_lit, "at_us": tx.now_us}
    tx.say(f"store:{told['store_id']}", {"type": "bay_light", **said})


def overdue(conn: sa.Connection, now_us: int) -> list[tuple[int, int]]:
    """The commands that nobody answered in time, with their bridges."""
    return [(row[0], row[1]) for row in _OVER.rows(conn, {"before_us": now_us - ANSWERS_US})]


def give_up(tx: Tx) -> None:
    """Say of every command that nobody answered in time that it is over."""
    for command_id, bridge_id in overdue(tx.conn, tx.now_us):
        answered(tx, bridge_id, command_id, "EXPIRED", "Its bridge has not answered.")


def forget(tx: Tx) -> None:
    """Forget the lights and locks that nobody asks for any more."""
    _FORGET.run(tx.conn, {"before_us": tx.now_us - KEPT_US})


def _alarm(act: str, dock: str, number: int) -> str:
    what = {"RELEASE": "did not open for what was issued", "LOCK": "did not lock again"}[act]
    return f"Bay {number} of {dock_said(dock)} {what}. Look at it, and at its bridge."


def at_hatch(conn: sa.Connection, place_id: int, now_us: int) -> list[dict[str, Any]]:
    """What a hatch shows of its bays: which is open, and which did not do as it was told. The last word of each."""
    names = ("act", "word", "dock", "bay", "detail", "light", "serial")
    last: dict[tuple[str, int], dict[str, Any] | None] = {}
    for row in _OF_PLACE.rows(conn, {"place_id": place_id, "since_us": now_us - SHOWN_US}):
        told = dict(zip(names, row, strict=True))
        if told["word"] != "WAITING":
            last[told["dock"], told["bay"]] = _said(told)
    return [said for said in last.values() if said is not None]


def failing(conn: sa.Connection, store_id: int, now_us: int) -> dict[tuple[str, int], str]:
    """The bays of a store whose last command within the hour failed, by dock and bay, with the act."""
    rows = _OF_STORE.rows(conn, {"store_id": store_id, "since_us": now_us - UNABLE_US})
    last = {(dock, number): (act, word) for dock, number, act, word in rows}
    return {where: act for where, (act, word) in last.items() if word in FAILED}


def _said(told: Mapping[str, Any]) -> dict[str, Any] | None:
    where, act, word = f"Bay {told['bay']} of {dock_said(told['dock'])}", told["act"], told["word"]
    if act == "RELEASE" and word == "DONE":
        return {"tone": "good", "sentence": f"{where} is open: take {told['serial']}."}
    if word not in FAILED or (act == "POINT" and told["light"] == "none"):
        return None
    why = f" ({told['detail'].rstrip('.')})" if told["detail"] and word == "REFUSED" else ""
    did = "refused" if word == "REFUSED" else "did not answer"
    then = "open it by hand." if act == "RELEASE" else "its light may be dark."
    return {"tone": "warn", "sentence": f"{where} {did}{why}: {then}"}
