"""The kit of the demo force: what is on the books, and what is bought as cartridges run out.

One rule for the editor: a serial is made of its number and nothing else, so that the same piece has the same
serial on every day. Makers' serials are opaque; these follow no maker's scheme.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from inventory.demo import plan
from inventory.demo.cycles import VALID_MONTHS
from inventory.demo.plan import apportion, dice
from inventory.demo.records import FittingRow, HeldRow, HoldRow, ItemRow, LotRow
from inventory.demo.roster import Member
from inventory.demo.training import LONG_AGO, Force, Period, restrictions
from inventory.people.calendar import add_months

AXON = "AXON"
CAMERA_MODEL = "BODY 4"
SHELF_LIFE_DAYS = (1_500, 1_800)
NEAR_DAYS, FAR_DAYS = 90, 600
SBG_PRODUCTS = ("SPITGUARD PRO", "SPITGUARD PRO", "SPITGUARD PRO", "SPITGUARD PRO", "SAFE HOOD", "SAFE HOOD")
SBG_MAKER = "SAFEGUARD"
SHORT_AT_MEDWAY = 12
SHORT_ELSEWHERE = 8
GS1_PREFIX = "9521141"
"""The prefix GS1 sets aside for demonstrations."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One serialised item: its row's facts, before dates. `n` numbers the pieces of its kind."""

    kind: str
    model: str
    n: int
    store: str
    pool: str = "OPERATIONAL"
    purpose: str = ""
    variant: str = ""
    personal_to: str = ""

    @property
    def serial(self) -> str:
        """What is printed on it."""
        return f"{PREFIXES[self.kind, self.model]}{self.n:06d}"


PREFIXES = {
    ("CED_HANDLE", "T7"): "X4A",
    ("CED_HANDLE", "T10"): "X5T",
    ("CED_HANDLE", "X2"): "X29",
    ("CED_BATTERY", "T7"): "B7R",
    ("CED_BATTERY", "T10"): "B10R",
    ("CED_BATTERY", "X2"): "PM2",
    ("CED_CARTRIDGE", "T7"): "C7K",
    ("CED_CARTRIDGE", "T10"): "C10K",
    ("CED_CARTRIDGE", "X2"): "C2K",
    ("CED_MAGAZINE", "T10"): "M10A",
    ("BWV_CAMERA", CAMERA_MODEL): "D01A",
}
REPLACEMENT = 500_000
"""Added to a cartridge's number for each replacement after it."""


@dataclass(slots=True)
class Count:
    """Numbers pieces of each kind and model from 1."""

    seen: dict[tuple[str, str], int] = field(default_factory=dict)

    def next(self, kind: str, model: str) -> int:
        """The next number."""
        number = self.seen.get((kind, model), 0) + 1
        self.seen[kind, model] = number
        return number


def pieces(people: Sequence[Member], seed: int) -> tuple[Piece, ...]:
    """Every serialised piece on the anchor day."""
    count = Count()
    found = [*_handles(count), *_batteries(count), *_cartridges(count), *_magazines(count)]
    return (*found, *_cameras(count, people, seed))


def _t10(total: int) -> list[int]:
    """A number shared out among the stores that run the T10."""
    weights = [int(each.code in plan.T10_STORES) for each in plan.STORES]
    return apportion(total, weights)


def _some(count: Count, kind: str, model: str, per_store: Sequence[int], **facts: str) -> Iterator[Piece]:
    for store, number in zip(plan.STORES, per_store, strict=True):
        for _ in range(number):
            yield Piece(kind, model, count.next(kind, model), store.code, **facts)


def _handles(count: Count) -> Iterator[Piece]:
    t10 = _t10(plan.HANDLES_T10)
    t7 = [each.handles - n for each, n in zip(plan.STORES, t10, strict=True)]
    yield from _some(count, "CED_HANDLE", "T7", t7)
    yield from _some(count, "CED_HANDLE", "T10", t10)
    yield from _some(count, "CED_HANDLE", "X2", _at_headquarters(plan.HANDLES_X2), pool="TRAINING")
    yield from _some(count, "CED_HANDLE", "T7", _at_headquarters(plan.HANDLES_TRAINING), pool="TRAINING")


def _at_headquarters(number: int) -> list[int]:
    return [number if each.code == "TO" else 0 for each in plan.STORES]


def _batteries(count: Count) -> Iterator[Piece]:
    weights = [each.handles for each in plan.STORES]
    yield from _some(count, "CED_BATTERY", "T7", apportion(plan.BATTERIES - plan.BATTERIES_T10, weights))
    yield from _some(count, "CED_BATTERY", "T10", _t10(plan.BATTERIES_T10))
    packs = _at_headquarters(plan.BATTERIES_X2)
    yield from _some(count, "CED_BATTERY", "X2", packs, pool="TRAINING", variant="APPM")


def _cartridges(count: Count) -> Iterator[Piece]:
    t10 = _t10(plan.HANDLES_T10)
    sets = [each.handles - n for each, n in zip(plan.STORES, t10, strict=True)]
    for variant in ("STANDOFF", "CLOSE"):  # two loaded of one type, two spares of the other
        two = [2 * n for n in sets]
        yield from _some(count, "CED_CARTRIDGE", "T7", two, purpose="LIVE_DUTY", variant=variant)
    reserve = apportion(plan.T7_RESERVE, sets)
    yield from _some(count, "CED_CARTRIDGE", "T7", reserve, purpose="LIVE_DUTY", variant="STANDOFF")
    for purpose, number in plan.T7_TRAINING:
        there = _at_headquarters(number)
        yield from _some(
            count, "CED_CARTRIDGE", "T7", there, pool="TRAINING", purpose=purpose, variant="STANDOFF"
        )
    loaded = _t10(plan.HANDLES_T10 * plan.MAGAZINE_HOLDS)
    yield from _some(count, "CED_CARTRIDGE", "T10", loaded, purpose="LIVE_DUTY")
    yield from _some(count, "CED_CARTRIDGE", "T10", _t10(plan.T10_RESERVE), purpose="LIVE_DUTY")
    x2 = _at_headquarters(plan.CARTRIDGES_X2)
    yield from _some(count, "CED_CARTRIDGE", "X2", x2, pool="TRAINING", purpose="LIVE_TRAINING")


def _magazines(count: Count) -> Iterator[Piece]:
    yield from _some(count, "CED_MAGAZINE", "T10", _t10(plan.MAGAZINES))


def _cameras(count: Count, people: Sequence[Member], seed: int) -> Iterator[Piece]:
    """Each store's personal cameras first, one an officer, then its pool."""
    personal = apportion(plan.CAMERAS_PERSONAL, [each.cameras for each in plan.STORES])
    for store, own in zip(plan.STORES, personal, strict=True):
        officers = [each.ref for each in people if each.store == store.code]
        owners = dice(seed, "cameras", store.code).sample(officers, own)
        for ref in owners + [""] * (store.cameras - own):
            number = count.next("BWV_CAMERA", CAMERA_MODEL)
            yield Piece("BWV_CAMERA", CAMERA_MODEL, number, store.code, personal_to=ref)


# ---- cartridges and their dates --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Dated:
    """A piece with its expiry, and the day it came onto the books."""

    piece: Piece
    expires_on: date | None
    on: date


def expiries(force: Force, kit: Sequence[Piece]) -> dict[str, date]:
    """When each cartridge of the anchor day expires: 190 within 90 days, as many a day up to day 600."""
    cartridges = [each for each in kit if each.kind == "CED_CARTRIDGE"]
    rng = dice(force.seed, "expiries")
    rng.shuffle(cartridges)
    expired = [each for each in cartridges if each.pool == "OPERATIONAL" and each.model == "T7"]
    expired.sort(key=lambda each: each.store != plan.MEDWAY)
    gone = {each.serial for each in expired[: plan.CARTRIDGES_EXPIRED // 3]}
    gone |= {each.serial for each in expired[-(plan.CARTRIDGES_EXPIRED - len(gone)) :]}
    near = plan.CARTRIDGES_EXPIRING_90
    far = near * (FAR_DAYS - NEAR_DAYS) // NEAR_DAYS
    found, place = {}, 0
    for each in cartridges:
        if each.serial in gone:
            days = -rng.randint(3, 40)
        else:
            days = rng.randint(*_band(place, near, far))
            place += 1
        found[each.serial] = force.anchor + timedelta(days=days)
    return found


def _band(place: int, near: int, far: int) -> tuple[int, int]:
    if place < near:
        return 2, NEAR_DAYS - 1
    if place < near + far:
        return NEAR_DAYS + 1, FAR_DAYS
    return FAR_DAYS + 1, SHELF_LIFE_DAYS[1]


def dated(force: Force, kit: Sequence[Piece], upto: date) -> Iterator[Dated]:
    """Every piece that is on the books by `upto`; a cartridge's replacement comes on its last good day."""
    ends = expiries(force, kit)
    for each in kit:
        yield Dated(each, ends.get(each.serial), force.anchor)
        if each.serial in ends and ends[each.serial] > force.anchor:
            yield from _replacements(force.seed, each, ends[each.serial], upto)


def _replacements(seed: int, piece: Piece, ends: date, upto: date) -> Iterator[Dated]:
    number = 1
    while ends <= upto:
        on = ends
        ends = on + timedelta(days=dice(seed, "shelf life", piece.serial, number).randint(*SHELF_LIFE_DAYS))
        new = Piece(
            piece.kind, piece.model, piece.n + number * REPLACEMENT, piece.store, piece.pool, piece.purpose,
            piece.variant,
        )  # fmt: skip
        yield Dated(new, ends, on)
        number += 1


# ---- rows ------------------------------------------------------------------------------------------


def items(force: Force, kit: Sequence[Piece], period: Period) -> Iterator[ItemRow]:
    """The items that come onto the books in the period."""
    for each in dated(force, kit, period.upto):
        if each.on in period:
            yield item_row(force, each)


def item_row(force: Force, dated_piece: Dated) -> ItemRow:
    """The row of the items file for one piece."""
    piece = dated_piece.piece
    marks = f"GIAI:{camera_key(piece)}" if piece.kind == "BWV_CAMERA" else ""
    return ItemRow(
        maker=AXON, kind=piece.kind, serial=piece.serial, model=piece.model, store=piece.store, pool=piece.pool,
        purpose=piece.purpose, variant=piece.variant, lot="", expires_on=dated_piece.expires_on,
        in_service_on=_in_service(force, piece), marks=marks, personal_to=piece.personal_to,
        order_ref=f"PO-{dated_piece.on.year}-{piece.kind[-4:]}",
    )  # fmt: skip


def camera_key(piece: Piece) -> str:
    """The GIAI of the force's own label on a camera."""
    return f"{GS1_PREFIX}BWV{piece.n:06d}"


def _in_service(force: Force, piece: Piece) -> date | None:
    if piece.kind not in ("CED_HANDLE", "BWV_CAMERA"):
        return None
    months = {"T7": (2, 34), "T10": (1, 11), "X2": (72, 96)}.get(piece.model, (3, 30))
    days = dice(force.seed, "in service", piece.serial).randint(months[0] * 30, months[1] * 30)
    return force.anchor - timedelta(days=days)


def lots(force: Force) -> Iterator[LotRow]:
    """Spit guards in the stores: lot by lot, what is not on officers."""
    per_lot = apportion(plan.SBG - plan.SBG_ON_OFFICERS, [1] * plan.SBG_LOTS)
    for n, quantity in enumerate(per_lot):
        shares = apportion(quantity, [each.on_books for each in plan.STORES])
        for store, share in zip(plan.STORES, shares, strict=True):
            lot = lot_number(force, n)
            yield LotRow(
                SBG_MAKER, "SBG", lot, SBG_PRODUCTS[n], store.code, share, None, f"SBG{lot.replace('-', '')}"
            )


def lot_number(force: Force, n: int) -> str:
    """The number of the n-th lot of spit guards."""
    return f"{force.anchor.year - 2000 - n // 3:02d}-{n + 11}"


def held(force: Force) -> Iterator[HeldRow]:
    """Spit guards officers carry already: two each, but for a few who are short of one or both.

    Only those whom the gate would let draw one have any.
    """
    carriers = _spit_guard_carriers(force)
    missing = dict.fromkeys(short_at_medway(force), 1)
    others = [each.ref for each in carriers if each.store and each.store != plan.MEDWAY]
    missing |= dict.fromkeys(dice(force.seed, "spit guards").sample(others, SHORT_ELSEWHERE), 2)
    left = plan.SBG_ON_OFFICERS
    for place, each in enumerate(carriers):
        quantity = min(2 - missing.get(each.ref, 0), left)
        left -= quantity
        if quantity:
            yield HeldRow(each.ref, lot_number(force, place % plan.SBG_LOTS), quantity)


def short_at_medway(force: Force) -> list[str]:
    """Officers of Medway who have used one of their two spit guards and not yet drawn another."""
    there = [each.ref for each in _spit_guard_carriers(force) if each.store == plan.MEDWAY]
    in_slots = {ref for slot in force.standing.slots for ref in slot.people}
    may = [ref for ref in there if ref not in in_slots]
    return dice(force.seed, "spit guards", plan.MEDWAY).sample(may, SHORT_AT_MEDWAY)


def _spit_guard_carriers(force: Force) -> list[Member]:
    """Officers and specials with PPST in date and no limit on spit guards, those of the stores first."""
    limited = {
        row.ref
        for row in restrictions(force, Period(LONG_AGO, force.anchor))
        if "SBG" not in row.kinds_allowed
    }
    carriers = [
        each
        for each in force.people
        if each.trained
        and each.ref not in limited
        and add_months(force.standing.cycles[each.ref, "PPST"].last_pass, VALID_MONTHS) > force.anchor
    ]
    return sorted(carriers, key=lambda each: not each.store)


def fittings(kit: Sequence[Piece]) -> Iterator[FittingRow]:
    """The loaded magazines: each store's first ones, filled with its first T10 cartridges."""
    for code in plan.T10_STORES:
        magazines = [each.serial for each in kit if each.kind == "CED_MAGAZINE" and each.store == code]
        rounds = [each.serial for each in kit if each.kind == "CED_CARTRIDGE" and each.model == "T10"
                  and each.store == code]  # fmt: skip
        loaded = plan.HANDLES_T10 // len(plan.T10_STORES)
        for n, magazine in enumerate(magazines[:loaded]):
            for slot in range(plan.MAGAZINE_HOLDS):
                yield FittingRow(magazine, rounds[n * plan.MAGAZINE_HOLDS + slot], slot + 1)


def holds(force: Force, kit: Sequence[Piece]) -> Iterator[HoldRow]:
    """The holds of the anchor day: withdrawn X2s, and cameras in repair."""
    for each in kit:
        if each.kind == "CED_HANDLE" and each.model == "X2":
            yield HoldRow(
                each.kind, each.serial, "WITHDRAWN", "No X2 is in service; kept for training records"
            )
    for each in _out_of_use(force, kit)[: plan.CAMERAS_IN_REPAIR]:
        yield HoldRow(each.kind, each.serial, "MAINTENANCE", "Away for repair")


def unaccounted(force: Force, kit: Sequence[Piece]) -> list[str]:
    """Serials of cameras nobody can find."""
    return [each.serial for each in _out_of_use(force, kit)[plan.CAMERAS_IN_REPAIR :]]


def _out_of_use(force: Force, kit: Sequence[Piece]) -> list[Piece]:
    cameras = [each for each in kit if each.kind == "BWV_CAMERA" and not each.personal_to]
    return dice(force.seed, "repair").sample(cameras, plan.CAMERAS_IN_REPAIR + plan.CAMERAS_UNACCOUNTED)
