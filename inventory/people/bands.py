"""The due bands: how many days are left of something that runs out. Pure.

One rule for the editor: a band is nothing but days; what runs out, and when, is for `due` to say.

Source: design `domain.md` 4.3 (bands of 90, 60, 30, 14 and 0 days).
"""

BANDS = (90, 60, 30, 14, 0)
"""Days, the widest first. What has as many days left, and more than the next, is in the band; 0 is what has run out."""


def band_of(days: int) -> int | None:
    """The band of something with so many days left: the narrowest it fits in. None: it is beyond the widest."""
    return min((band for band in BANDS if days <= band), default=None)
