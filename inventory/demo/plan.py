"""The size of the demo force: design `domain.md` section 5.2 as tables.

One rule for the editor: every number here is fictional or an estimate of that section; a count that the section
gives is never repeated elsewhere in this package.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class StorePlan:
    """One line of the table of stores. Shifts are people on duty; `spares` is not in the table."""

    code: str
    name: str
    division: str
    early: int
    late: int
    night: int
    on_books: int
    stos: int
    handles: int
    cameras: int


STORES = (
    StorePlan("ME", "Medway", "North", 56, 50, 39, 299, 180, 106, 280),
    StorePlan("MA", "Maidstone", "West", 46, 41, 32, 245, 149, 87, 230),
    StorePlan("CA", "Canterbury", "East", 39, 36, 29, 212, 129, 75, 199),
    StorePlan("TH", "Thanet", "East", 41, 38, 31, 222, 135, 78, 208),
    StorePlan("SW", "Swale", "North", 31, 29, 24, 168, 102, 60, 158),
    StorePlan("FO", "Folkestone & Hythe", "East", 30, 28, 22, 160, 97, 59, 150),
    StorePlan("DO", "Dover", "East", 30, 28, 22, 160, 97, 59, 150),
    StorePlan("AS", "Ashford", "East", 30, 28, 22, 160, 97, 59, 150),
    StorePlan("GR", "Gravesham", "North", 31, 29, 24, 168, 102, 60, 158),
    StorePlan("DA", "Dartford", "North", 29, 27, 22, 154, 93, 56, 145),
    StorePlan("TM", "Tonbridge & Malling", "West", 28, 26, 21, 149, 90, 54, 140),
    StorePlan("TW", "Tunbridge Wells", "West", 26, 24, 20, 138, 84, 50, 130),
    StorePlan("SE", "Sevenoaks", "West", 24, 22, 18, 124, 75, 47, 116),
    StorePlan("TO", "Tactical Operations", "HQ", 26, 24, 16, 198, 120, 50, 186),
)
MEDWAY = "ME"
STORE_CODES = tuple(each.code for each in STORES)
T10_STORES = ("ME", "TO")
SHIFTS = (("Early", "07:00", "16:00"), ("Late", "15:00", "00:00"), ("Night", "22:00", "07:00"))
TEAMS = "ABCDE"

# ---- people ----------------------------------------------------------------------------------------

OFFICERS = 4_200
OFFICERS_FRONTLINE = 2_700
OFFICERS_MOBILISABLE = 420
STAFF = 2_450
PCSOS = 90
SPECIALS = 230
DETENTION = 150
PEOPLE = OFFICERS + STAFF + PCSOS + SPECIALS + DETENTION

ON_BOOKS = sum(each.on_books for each in STORES)
PCSOS_ON_BOOKS = 40
SPECIALS_ON_BOOKS = 30
OFFICERS_ON_BOOKS = ON_BOOKS - PCSOS_ON_BOOKS - SPECIALS_ON_BOOKS

STOS = sum(each.stos for each in STORES)
STOS_T10 = 60
STOS_X2_ONLY = 110
STOS_LAPSED = 62
STOS_LAPSED_X2 = 6
STOS_DUE_30 = 118
STOS_DUE_60 = 240
STOS_SUSPENDED = 9
STOS_LIMITED = 41
STOS_SUSPENDED_AND_LIMITED = 3

TRAINED_POPULATION = OFFICERS_FRONTLINE + OFFICERS_MOBILISABLE + SPECIALS_ON_BOOKS
"""Who must hold PPST, first aid and JRFT."""

CURRENT_PERCENT = {"PPST": 93, "FIRST_AID": 91, "JRFT": 95}

# ---- kit -------------------------------------------------------------------------------------------

HANDLES = sum(each.handles for each in STORES)
HANDLES_T10 = 60
HANDLES_X2 = 110
HANDLES_TRAINING = 40
BATTERIES = 1_250
BATTERIES_T10 = 80
BATTERIES_X2 = 60
T7_RESERVE = 900
T7_TRAINING = (("LIVE_TRAINING", 2_000), ("HALT", 600), ("INERT", 600))
T10_RESERVE = 300
CARTRIDGES_X2 = 220
MAGAZINES = 75
MAGAZINE_HOLDS = 10
CARTRIDGES_EXPIRING_90 = 190
CARTRIDGES_EXPIRED = 12
CAMERAS = sum(each.cameras for each in STORES)
CAMERAS_PERSONAL = 1_900
CAMERAS_IN_REPAIR = 60
CAMERAS_UNACCOUNTED = 7
SBG_LOTS = 6
SBG = 9_000
SBG_ON_OFFICERS = 5_100
CED_DOCKS = 56
CED_DOCK_BAYS = 6
CAMERA_DOCKS = 240
CAMERA_DOCK_BAYS = 10


def apportion(total: int, weights: Sequence[int]) -> list[int]:
    """`total` shared out in proportion to `weights`, to the whole number, by largest remainder."""
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda n: (-(total * weights[n] % whole), n))
    for n in by_remainder[: total - sum(shares)]:
        shares[n] += 1
    return shares


def dice(seed: int, *what: object) -> Random:
    """A source of numbers of its own for each thing, so that adding one never changes another."""
    return Random("/".join(map(str, (seed, *what))))
