"""From sightings to presence: a tray of tags on a reader is one sweep, told once, whatever the reader repeats.

One rule for the editor: bounded, no clock of its own, and nothing is told of a tag that was not read. A tag is
told in exactly one sweep for each time that it is here; what it says later while it stays is only counted.

    read, strong enough, at an antenna that counts   a sighting
    so many sightings                                the tag is here, and waits to be told
    no new tag for `settle_s`                        all that wait are one sweep
    not read for `gone_s`                            the tag has left; seen again, it is here again
    told `again_s` ago, and still read               told again, so that "last seen" stays true

Readers go on reading a tray for as long as it lies there, so silence cannot end a sweep: the end of news does.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from devices.errors import NotConfigured
from devices.evidence import raw_hex
from devices.options import number
from devices.readings import RAW_HEX_MAX, TAGS_MAX, TagSeen, TagsSwept

OPTIONS = {
    "reads": ("1", "how many reads make a tag count as here, 1 to 100"),
    "rssi_floor": (
        "none",
        "the weakest read that counts, as the reader gives it (dBm, such as -65), or none",
    ),
    "antennas": ("all", "the antennas whose reads count, such as 1,2, or all"),
    "settle_s": ("0.7", "seconds without a new tag after which a sweep is told"),
    "gone_s": ("10", "seconds without a read after which a tag has left"),
    "again_s": ("3600", "seconds after which a tag that stays is told again, or 0 for never"),
}
"""The options of every tag reader."""

LONGEST_S = 30.0
"""A sweep to which new tags keep coming (a portal, a belt) is told at least so often."""


class Sighting(NamedTuple):
    """A read of one tag: `epc` and `tid` upper-case hex, `rssi` in the reader's own unit, larger is nearer.

    `reads` is more than 1 where a reader tells of several reads at once."""

    epc: str
    tid: str | None = None
    rssi: float | None = None
    antenna: int | None = None
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """What makes a tag count. `in_dbm` says that the reader's RSSI is in dBm, and so may be told."""

    reads: int = 1
    rssi_floor: float | None = None
    antennas: frozenset[int] | None = None
    settle_s: float = 0.7
    gone_s: float = 10.0
    again_s: float = 3600.0
    in_dbm: bool = True


def rules_of(driver: str, chosen: Mapping[str, str], *, in_dbm: bool = True) -> Rules:
    """The rules in a driver's options. Raises NotConfigured naming the option and what it takes."""
    floor = chosen["rssi_floor"]
    rules = Rules(
        reads=int(number(driver, chosen, "reads", (1, 100), is_whole=True)),
        rssi_floor=None if floor == "none" else number(driver, chosen, "rssi_floor", (-150, 255)),
        antennas=_antennas(driver, chosen["antennas"]),
        settle_s=number(driver, chosen, "settle_s", (0, 60)),
        gone_s=number(driver, chosen, "gone_s", (0, 86_400)),
        again_s=number(driver, chosen, "again_s", (0, 864_000)),
        in_dbm=in_dbm,
    )
    if rules.gone_s <= rules.settle_s:
        raise NotConfigured(f"{driver}: option gone_s is {rules.gone_s:g}; it must be more than settle_s")
    return rules


@dataclass(slots=True)
class _Here:
    """A tag that is here, or may turn out to be: `number` is its place in the order of first sights."""

    number: int
    first: Sighting
    last_s: float
    reads: int = 0
    best: Sighting | None = None
    antennas: list[int] = field(default_factory=list)
    waits: bool = False
    told_s: float | None = None


class Settler:
    """Takes sightings, gives sweeps. `repeated` counts reads of tags already told, and reads that do not count."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._here: dict[tuple[str, str | None], _Here] = {}  # in the order of last sight
        self._waiting: list[_Here] = []
        self._waiting_since_s = 0.0
        self._news_s = 0.0
        self._evidence = bytearray()
        self._frame = b""
        self._seen = 0
        self._is_full = False
        self.repeated = 0

    def see(self, sighting: Sighting, frame: bytes, at_s: float) -> None:
        """A tag was read in `frame`, at `at_s`."""
        if not self._counts(sighting):
            self.repeated += 1
            return
        key = (sighting.epc, sighting.tid)
        tag = self._here.pop(key, None)
        if tag is None or self._has_left(tag, at_s):
            self._make_room()
            self._seen += 1
            self._news_s = at_s
            tag = _Here(self._seen, sighting, at_s)
        self._here[key] = tag
        tag.last_s = at_s
        if tag.told_s is not None:
            self.repeated += 1
            return
        self._count(tag, sighting)
        if tag.reads >= self._rules.reads and not tag.waits:
            self._wait(tag, frame, at_s)

    def settled(self, at_s: float) -> list[TagsSwept]:
        """The sweep that has settled by `at_s`, if one has. To be asked after every frame and every silence."""
        waiting = self._waiting
        if not waiting:
            self._forget(at_s)
            return []
        is_quiet = at_s - self._news_s >= self._rules.settle_s
        is_long = at_s - self._waiting_since_s >= LONGEST_S
        if not (is_quiet or is_long or self._is_full):
            return []
        waiting.sort(key=lambda tag: tag.number)
        told = [self._told(tag, at_s) for tag in waiting]
        evidence = raw_hex(bytes(self._evidence))
        waiting.clear()
        self._evidence.clear()
        self._frame = b""
        self._is_full = False
        chunks = [tuple(told[at : at + TAGS_MAX]) for at in range(0, len(told), TAGS_MAX)]
        return [TagsSwept(tags=chunk, raw_hex=evidence) for chunk in chunks]

    def _counts(self, sighting: Sighting) -> bool:
        rules = self._rules
        if rules.antennas is not None and sighting.antenna not in rules.antennas:
            return False
        return rules.rssi_floor is None or (sighting.rssi is not None and sighting.rssi >= rules.rssi_floor)

    def _has_left(self, tag: _Here, at_s: float) -> bool:
        """Whether this sight of a tag is a new presence. One that waits to be told is still the same."""
        if tag.waits:
            return False
        is_due = (
            bool(self._rules.again_s) and tag.told_s is not None and at_s - tag.told_s >= self._rules.again_s
        )
        return is_due or at_s - tag.last_s >= self._rules.gone_s

    def _count(self, tag: _Here, sighting: Sighting) -> None:
        tag.reads += sighting.reads
        if tag.best is None or _strength(sighting) > _strength(tag.best):
            tag.best = sighting
        if sighting.antenna is not None and sighting.antenna not in tag.antennas:
            tag.antennas.append(sighting.antenna)

    def _wait(self, tag: _Here, frame: bytes, at_s: float) -> None:
        if not self._waiting:
            self._waiting_since_s = at_s
        tag.waits = True
        self._waiting.append(tag)
        self._news_s = at_s
        if frame != self._frame and len(self._evidence) + len(frame) <= RAW_HEX_MAX // 2:
            self._frame = frame
            self._evidence += frame

    def _told(self, tag: _Here, at_s: float) -> TagSeen:
        tag.waits, tag.told_s = False, at_s
        best = tag.best or tag.first
        return TagSeen(
            epc=best.epc,
            tid=best.tid,
            rssi_dbm=best.rssi if self._rules.in_dbm else None,
            antenna=best.antenna,
            antennas=tuple(tag.antennas) if len(tag.antennas) > 1 else (),
            reads=tag.reads,
        )

    def _forget(self, at_s: float) -> None:
        """Forget the tags that have left; the one not seen for longest stands first."""
        while self._here:
            key = next(iter(self._here))
            if at_s - self._here[key].last_s < self._rules.gone_s:
                return
            del self._here[key]

    def _make_room(self) -> None:
        """Before one more tag: at the limit, the one not seen for longest goes; where it is still to be told, a
        sweep is told at once."""
        while len(self._here) >= TAGS_MAX and not self._is_full:
            key = next(iter(self._here))
            self._is_full = self._here[key].waits
            if not self._is_full:
                del self._here[key]


def _strength(sighting: Sighting) -> float:
    return float("-inf") if sighting.rssi is None else sighting.rssi


def _antennas(driver: str, value: str) -> frozenset[int] | None:
    if value == "all":
        return None
    words = value.split(",")
    if not all(word.strip().isascii() and word.strip().isdigit() and int(word) <= 255 for word in words):
        raise NotConfigured(f"{driver}: option antennas is {value!r}; it takes numbers such as 1,2, or all")
    return frozenset(int(word) for word in words)
