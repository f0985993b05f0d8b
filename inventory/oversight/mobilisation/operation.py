"""What an operation asks for: units, the posts of each, who may fill a post, with which kit, from when and how long.

One rule for the editor: values only. An operation is kept as the JSON of its fields; what is wrong with it is named by
field, all the same whether it comes from a screen, a file or a program.

Source: design `domain.md` 1.4 (PSU composition is configuration: sources conflict), 5.3 Q17 and Q18.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from inventory.people.calendar import HOUR_US
from inventory.people.errors import BadField
from inventory.schema import words

DAY_US = 24 * HOUR_US
DAYS_MAX = 60
"""Mutual aid of more than eight weeks is a secondment (APP mobilisation, design source S36)."""
UNITS_MAX = 100
POSTS_MAX = 200
KIT = ("CED_HANDLE", "BWV_CAMERA", "SBG")
"""What a post may be asked to draw; a CED is a whole set."""
TIERS = ("LOCAL", "REGIONAL", "NATIONAL")
LEVELS = ("", "1", "2", "3")
"""Of public order training: 1 takes in 2, and 2 takes in 3. "": none is asked."""
NAME_MAX = 80

RANKS: Mapping[str, tuple[str, ...]] = {
    "INSPECTOR": ("INSP", "INSPECTOR", "DI", "T/INSP"),
    "SERGEANT": ("SGT", "SERGEANT", "PS", "DS", "T/SGT"),
    "CONSTABLE": ("PC", "DC", "CONSTABLE", "SC"),
}
"""A grade of a post -> the ranks, as people files write them, that fill it."""


@dataclass(frozen=True, slots=True)
class Post:
    """One sort of post of a unit: how many a unit has, of which grade, and what each draws."""

    name: str
    each: int
    grade: str = "CONSTABLE"
    kit: tuple[str, ...] = KIT

    def takes(self, rank: str) -> bool:
        """Whether somebody of this rank may fill it."""
        return rank.strip().upper() in RANKS[self.grade]


PSU = (Post("Inspector", 1, "INSPECTOR", ("BWV_CAMERA", "SBG")), Post("Sergeant", 3, "SERGEANT", ("BWV_CAMERA", "SBG")),
       Post("Constable", 18, "CONSTABLE", ("BWV_CAMERA", "SBG")))  # fmt: skip
"""A Police Support Unit: one inspector, three sergeants, eighteen constables (design `domain.md` 1.4)."""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation. `keep_percent`: what each shift holds back where no target is set for its store; `rests`: whether
    only people with no duty on the roster meanwhile may be sent. `mobilises`: whether holders of roles on the JNCC's
    list may be called beside those of the front line."""

    name: str
    from_us: int
    days: int = 1
    units: int = 1
    tier: str = "LOCAL"
    level: str = ""
    posts: tuple[Post, ...] = PSU
    keep_percent: int = 60
    rests: bool = False
    mobilises: bool = False

    until_us: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "until_us", self.from_us + self.days * DAY_US)

    @property
    def wanted(self) -> dict[str, int]:
        """Post -> how many people of it in all."""
        return {post.name: post.each * self.units for post in self.posts}


def checked(asked: Operation) -> Operation:
    """The operation, if it can be asked. Raises BadField naming what is wrong."""
    names = [each.name for each in asked.posts]
    faults = (
        (not 1 <= len(asked.name.strip()) <= NAME_MAX, "name", asked.name, f"1 to {NAME_MAX} characters"),
        (asked.from_us < 0, "from_us", asked.from_us, "a moment after 1970"),
        (not 1 <= asked.days <= DAYS_MAX, "days", asked.days, f"1 to {DAYS_MAX}"),
        (not 0 <= asked.units <= UNITS_MAX, "units", asked.units, f"0 to {UNITS_MAX}"),
        (asked.tier not in TIERS, "tier", asked.tier, f"one of {', '.join(TIERS)}"),
        (asked.level not in LEVELS, "level", asked.level, "1, 2 or 3, or nothing"),
        (not asked.posts, "posts", "", "at least one post"),
        (len(set(names)) != len(names), "posts", ", ".join(names), "each name once"),
        (not 0 <= asked.keep_percent <= 100, "keep_percent", asked.keep_percent, "0 to 100"),
    )
    for wrong, name, value, expected in faults:
        if wrong:
            raise BadField(name, value, expected)
    for post in asked.posts:
        _checked_post(post)
    return asked


def _checked_post(post: Post) -> None:
    faults = (
        (not 1 <= len(post.name.strip()) <= NAME_MAX, "posts.name", post.name, f"1 to {NAME_MAX} characters"),
        (not 0 <= post.each <= POSTS_MAX, "posts.each", post.each, f"0 to {POSTS_MAX}"),
        (post.grade not in RANKS, "posts.grade", post.grade, f"one of {', '.join(RANKS)}"),
        (not set(post.kit) <= set(KIT), "posts.kit", ", ".join(post.kit), f"any of {', '.join(KIT)}"),
    )
    for wrong, name, value, expected in faults:
        if wrong:
            raise BadField(name, value, expected)


CALLED = tuple(words.CONSTABLES)
"""The kinds of people who can be sent: constables."""


def as_json(asked: Operation) -> str:
    """As it is kept."""
    return json.dumps({name: value for name, value in asdict(asked).items() if name != "until_us"})


def from_json(body: str) -> Operation:
    """What `as_json` wrote."""
    known: dict[str, Any] = json.loads(body)
    posts = tuple(Post(**{**each, "kit": tuple(each["kit"])}) for each in known.pop("posts"))
    return Operation(**known, posts=posts)
