"""How the demo force looks after its kit: full checks, docks, and what each bay says.

One rule for the editor: a check belongs to a day, is handed in the day after and is due again later; asked for a
period, only the last of each item is given, because the ones before it change nothing.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from inventory.demo import plan
from inventory.demo.kit import AXON, Piece, holds, unaccounted
from inventory.demo.plan import apportion, dice
from inventory.demo.records import BayRow, CheckRow
from inventory.demo.training import Force, Period

FULL_CHECK_DAYS = (145, 160)
"""Between full checks; the limit is 24 weeks, 168 days."""
DOCKED_EVERY_DAYS = 7
LOW_CHARGE = 15
CAMERA_FIRMWARE = "1.24.3"


def checks(force: Force, kit: Sequence[Piece], period: Period, technician: str) -> Iterator[CheckRow]:
    """The last full check of each handle and docking of each rechargeable pack in the period."""
    for each in kit:
        if each.model == "X2":
            continue
        if each.kind == "CED_HANDLE":
            yield from _last(each, "FULL_CHECK", period, (_full_checks(force, each, period.upto), technician))
        if each.kind == "CED_BATTERY":
            yield from _last(each, "DOCKED", period, (_dockings(force, each, period.upto), ""))


def _last(piece: Piece, check: str, period: Period, done: tuple[Iterator[date], str]) -> Iterator[CheckRow]:
    days, by = done
    last = max((day for day in days if day + timedelta(days=1) in period), default=None)
    if last is not None:
        at = f"{last.isoformat()} {'10:00' if by else '21:40'}"
        yield CheckRow(AXON, piece.kind, piece.serial, check, at, "yes", by, "")


def _full_checks(force: Force, piece: Piece, upto: date) -> Iterator[date]:
    rng = dice(force.seed, "full checks", piece.serial)
    is_late = checked_late(piece)
    day = force.anchor - timedelta(days=rng.randint(175, 200) if is_late else rng.randint(1, 140))
    step = timedelta(days=max(rng.randint(*FULL_CHECK_DAYS), (force.anchor - day).days + 5))
    while day < upto:  # handed in the day after: a file read in the morning holds nothing still to come
        yield day
        day += step
        step = timedelta(days=rng.randint(*FULL_CHECK_DAYS))


def checked_late(piece: Piece) -> bool:
    """Whether this handle's full check was overdue on the anchor day."""
    return piece.model == "T7" and piece.pool == "OPERATIONAL" and piece.n % 100 == 7


def docks_late(piece: Piece) -> bool:
    """Whether this pack is one of those that nobody docked for a month before the anchor day."""
    return piece.model == "T7" and piece.n % 83 == 5


def is_low(piece: Piece) -> bool:
    """Whether this pack stands in its bay with a loose contact and does not charge."""
    return piece.kind == "CED_BATTERY" and piece.model == "T7" and piece.n % 83 == 9


def _dockings(force: Force, piece: Piece, upto: date) -> Iterator[date]:
    is_late = docks_late(piece)
    ago = 31 + piece.n % 17 if is_late else 1 + piece.n % (DOCKED_EVERY_DAYS - 1)
    day = force.anchor - timedelta(days=ago)
    while day < upto:
        yield day
        day = max(day, force.anchor - timedelta(days=1)) + timedelta(days=DOCKED_EVERY_DAYS)


def bays(force: Force, kit: Sequence[Piece]) -> Iterator[BayRow]:
    """What every dock says: charged packs and ready cameras, as many as there are bays."""
    away = {each.serial for each in holds(force, kit)} | set(unaccounted(force, kit))
    cameras = apportion(plan.CAMERA_DOCKS, [each.cameras for each in plan.STORES])
    packs = apportion(plan.CED_DOCKS, [each.handles for each in plan.STORES])
    for store, camera_docks, pack_docks in zip(plan.STORES, cameras, packs, strict=True):
        mine = [each for each in kit if each.store == store.code and each.serial not in away]
        standing = [each for each in mine if each.kind == "BWV_CAMERA"]
        yield from _dock(f"{store.code}-BWV", (camera_docks, plan.CAMERA_DOCK_BAYS), standing, store.code)
        standing = [each for each in mine if each.kind == "CED_BATTERY" and each.model != "X2"]
        standing.sort(key=lambda each: (each.model != "T7", docks_late(each)))
        yield from _dock(f"{store.code}-CED", (pack_docks, plan.CED_DOCK_BAYS), standing, store.code)


def _dock(name: str, size: tuple[int, int], standing: Sequence[Piece], store: str) -> Iterator[BayRow]:
    docks, bays_each = size
    for place in range(docks * bays_each):
        dock, bay = f"{name}-{place // bays_each + 1:02d}", place % bays_each + 1
        if place >= len(standing):
            yield BayRow(store, dock, bay, "", "EMPTY", None, None, None, None)
            continue
        each = standing[place]
        charge = LOW_CHARGE if is_low(each) else 94 + each.n % 7
        if each.kind == "BWV_CAMERA":
            yield BayRow(store, dock, bay, each.serial, "READY", charge, 0, 60_000, CAMERA_FIRMWARE)
        else:
            yield BayRow(store, dock, bay, each.serial, "READY", charge, None, None, None)
