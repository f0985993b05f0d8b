"""A store of bays for tests: a hatch, a rack of cameras and a charger of handles and batteries behind one bridge."""

from typing import Any

import sqlalchemy as sa

from inventory.custody import bays, docking, hatch
from inventory.custody.answers import HatchAnswer
from inventory.schema.bays import bay_command
from inventory.schema.engine import writing
from inventory.schema.ids import Ids
from inventory.schema.people import place
from inventory.schema.service import bridge
from inventory.schema.stock import bay
from inventory.stock.docks import BayWord
from tests.small_force import (
    BATTERIES,
    CAMERAS,
    HANDLES,
    HATCH,
    ISSUER,
    MEDWAY,
    NOW,
    acting,
    demo_policy,
    scan,
    serial,
    show_card,
)  # fmt: skip

POLICY = demo_policy()
SECOND = 1_000_000
BRIDGE, OTHER_HATCH = 900, 14
RACK, CHARGER = "medway/rack", "medway/charger"


class Store:
    """The Medway hatch with a rack of cameras and a charger of handles and batteries, a second between acts."""

    def __init__(self, engine: sa.Engine, ids: Ids) -> None:
        self.engine, self.ids, self.now = engine, ids, NOW

    def does(self, act) -> Any:  # type: ignore[no-untyped-def]
        self.now += SECOND
        with acting(self.engine, self.ids, self.now) as tx:
            return act(tx)

    def shows(self, person_id: int, at: int = HATCH) -> HatchAnswer:
        return self.does(lambda tx: hatch.present(tx, at, show_card(person_id), POLICY, ISSUER))  # type: ignore[no-any-return]

    def scans(self, item_id: int) -> HatchAnswer:
        return self.does(lambda tx: hatch.present(tx, HATCH, scan(serial(item_id)), POLICY, ISSUER))  # type: ignore[no-any-return]

    def completes(self, answer: HatchAnswer) -> HatchAnswer:
        visit_id = answer.view["visit"]["id"]
        return self.does(lambda tx: hatch.complete(tx, visit_id, ISSUER, "FACE", POLICY))  # type: ignore[no-any-return]

    def told(self, **only: Any) -> list[dict[str, Any]]:
        query = sa.select(bay_command).order_by(bay_command.c.at_us, bay_command.c.id)
        with self.engine.connect() as conn:
            rows = [dict(row) for row in conn.execute(query).mappings()]
        return [row for row in rows if all(row[name] == value for name, value in only.items())]

    def lit(self, at: int = HATCH) -> set[tuple[str, int]]:
        """What is lit now, if every dock did as it was told: the last word to each bay."""
        last = {(row["dock"], row["bay"]): row["light"] for row in self.told(act="POINT", place_id=at)}
        return {where for where, light in last.items() if light != "none"}

    def answers(self, command: dict[str, Any], word: str, detail: str | None = None, by: int = BRIDGE) -> bool:
        return self.does(lambda tx: bays.answered(tx, by, command["id"], word, detail))  # type: ignore[no-any-return]

    def dock_says(self, number: int, item_id: int, *, present: bool, retained: bool = False) -> str:
        said = BayWord(dock=RACK, bay=number, store_id=MEDWAY, word="READY" if present else "EMPTY", present=present,
                       serial=serial(item_id) if present else None, observed_us=self.now + SECOND, reading_key="k",
                       bridge_id=BRIDGE, device="docks", charge_percent=80, files_pending=0, free_mb=64_000,
                       clock_offset_ms=0)  # fmt: skip
        return self.does(lambda tx: docking.bay_reported(tx, said, retained=retained)).word  # type: ignore[no-any-return]


def stands(conn: sa.Connection, item_id: int, dock: str, number: int, charge: int) -> None:
    conn.execute(sa.delete(bay).where(bay.c.item_id == item_id))
    conn.execute(
        sa.insert(bay).values(
            dock=dock, bay=number, store_id=MEDWAY, item_id=item_id, serial=serial(item_id), word="READY", present=1,
            charge_percent=charge, files_pending=0, free_mb=64_000, clock_offset_ms=0, observed_us=NOW, received_us=NOW,
            reading_key="k", bridge_id=BRIDGE, device="docks",
        )
    )  # fmt: skip


def store_of_bays(engine: sa.Engine, ids: Ids) -> Store:
    """The small force with its kit in bays."""
    with writing(engine).begin() as conn:
        conn.execute(sa.insert(bridge).values(id=BRIDGE, name="medway", store_id=MEDWAY, listens_us=NOW))
        conn.execute(sa.insert(place).values(id=OTHER_HATCH, store_id=MEDWAY, name="Yard hatch", activity="HATCH"))
        for number, (item_id, charge) in enumerate(zip(CAMERAS, (90, 97, 94), strict=True), start=1):
            stands(conn, item_id, RACK, number, charge)
        for number, item_id in enumerate((HANDLES[0], BATTERIES[0], BATTERIES[1]), start=1):
            stands(conn, item_id, CHARGER, number, 95 + number)
    return Store(engine, ids)
