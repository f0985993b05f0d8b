"""What must hold before a passage: one small named function each, for the table's rows to name.

One rule for the editor: a guard looks and never writes, says why not and what puts it right, and without evidence says
nothing of evidence. Where each comes from: design `domain.md` 3.1 to 3.6.
"""

from inventory.custody.passages.row import Bar, Guard, Looked
from inventory.gate.wording import label_of
from inventory.stock.versions import standing

DAY_US = 86_400_000_000
DRY_US = DAY_US
"""Wet or dropped: dried for 24 hours at least before it is tested (domain 3.1)."""


def tag_bound(looked: Looked) -> Bar | None:
    """A code of ours stands for it, so that a scan finds it."""
    if looked.marks:
        return None
    return Bar(f"{label_of(looked.seen.item)} has no code bound to it.", "Bind its label or tag first.")


def firmware_new_enough(looked: Looked) -> Bar | None:
    """The firmware written down is not older than the force asks of this model."""
    item = looked.seen.item
    told = (looked.evidence or {}).get("firmware")
    terms = looked.policy.terms(item.kind, "OPERATIONAL", item.model)
    least = terms.numbers.get("firmware_min") if terms else None
    if told is None or not isinstance(least, str) or standing(str(told), least) == "ENOUGH":
        return None
    return Bar(f"{label_of(item)} runs {told}; the force asks for {least}.", "Update it first.")


def serial_as_printed(looked: Looked) -> Bar | None:
    """The label read a second time says what is on record."""
    told = (looked.evidence or {}).get("serial_read")
    if told is None or str(told).strip().upper() == looked.seen.item.serial:
        return None
    said = f"The label says {str(told).strip().upper()}, the record {looked.seen.item.serial}."
    return Bar(said, "Set it aside: one of the two is wrong.")


def expiry_as_printed(looked: Looked) -> Bar | None:
    """The date printed on it is the date on record."""
    told, known = (looked.evidence or {}).get("expiry_read"), looked.seen.item.expires_on
    if told is None or (known is not None and str(told) == known.isoformat()):
        return None
    said = f"The label says {told}, the record {known.isoformat() if known else 'no date'}."
    return Bar(said, "Set it aside: one of the two is wrong.")


def dried_for_a_day(looked: Looked) -> Bar | None:
    """It has dried for 24 hours since it was last put there as wet."""
    since = max((each.placed_us for each in looked.holds if each.reason == "WET"), default=0)
    left = since + DRY_US - looked.now_us
    if left <= 0:
        return None
    hours = -(-left // 3_600_000_000)
    said = f"{label_of(looked.seen.item)} dries for 24 hours before it is tested."
    return Bar(said, f"Test it in {hours} {'hour' if hours == 1 else 'hours'}.")


def by_its_authority(looked: Looked) -> Bar | None:
    """The authority written down is the one recorded on every evidential hold (domain 3.0, invariant 5)."""
    told = (looked.evidence or {}).get("authority")
    named = {each.authority for each in looked.open_holds("EVIDENTIAL")}
    if told is None or named <= {str(told).strip()}:
        return None
    return Bar(
        f"It may only be released by {' and '.join(sorted(str(each) for each in named))}.", "Ask them."
    )


def held_by_itself(*reasons: str) -> Guard:
    """The hold that is to be lifted is on the item itself, and on no lot."""

    def guard(looked: Looked) -> Bar | None:
        if looked.open_holds(*reasons):
            return None
        return Bar(
            "Its whole lot is held, not this one alone.", "The hold on the lot is lifted for all of it."
        )

    guard.__name__, guard.__doc__ = "held_by_itself", held_by_itself.__doc__
    return guard


def nothing_else_holds_it(*reasons: str) -> Guard:
    """No hold is in force on it or its lot but those that belong to where it is."""

    def guard(looked: Looked) -> Bar | None:
        others = sorted({each.reason for each in looked.holds} - set(reasons))
        if not others:
            return None
        words = ", ".join(each.replace("_", " ").lower() for each in others)
        return Bar(f"{label_of(looked.seen.item)} is held for: {words}.", "Have that settled first.")

    guard.__name__, guard.__doc__ = "nothing_else_holds_it", nothing_else_holds_it.__doc__
    return guard


def log_is_downloaded(looked: Looked) -> Bar | None:
    """No download of its log is outstanding."""
    if not any(each.reason == "DOWNLOAD" for each in looked.holds):
        return None
    return Bar(f"The log of {label_of(looked.seen.item)} is still to be read.", "Download it first.")


def no_evidence_on_it(looked: Looked) -> Bar | None:
    """It is not held as evidence, nor being examined."""
    if not any(each.reason in ("EVIDENTIAL", "EXTERNAL_EXAM") for each in looked.holds):
        return None
    return Bar(f"{label_of(looked.seen.item)} is held as evidence.", "Ask who holds the evidence.")


def not_live_duty(looked: Looked) -> Bar | None:
    """Live duty cartridges never enter the training pool (domain 3.1; T10 shows them yellow)."""
    item = looked.seen.item
    if item.purpose != "LIVE_DUTY":
        return None
    return Bar(
        f"{label_of(item)} is a live duty cartridge.", "It is disposed of, or marked again once expired."
    )


def in_a_store(looked: Looked) -> Bar | None:
    """A store has it."""
    if looked.seen.item.holder == "STORE":
        return None
    return Bar(f"{label_of(looked.seen.item)} is not in a store.", "Book it in first.")


def stands_alone(looked: Looked) -> Bar | None:
    """It is loaded in nothing, and nothing is loaded in it: whatever moves, moves by itself."""
    item = looked.seen.item
    if item.fitted_in is None and not item.fitted:
        return None
    said = (
        f"{label_of(item)} is loaded."
        if item.fitted_in is not None
        else f"{label_of(item)} has cartridges in it."
    )
    return Bar(said, "Unload it first.")


def nothing_left_to_upload(looked: Looked) -> Bar | None:
    """Its dock says that no film is left on it."""
    spoke = looked.seen.item.bay
    if spoke is not None and spoke.files_pending == 0:
        return None
    if spoke is None or spoke.files_pending is None:
        return Bar(
            "No dock has said that its films are uploaded.", "Dock it, and wait until it says 0 files."
        )
    return Bar(
        f"{spoke.files_pending} films are still on it.", "Let its dock upload them; never wipe it before."
    )


def wiped(looked: Looked) -> Bar | None:
    """Its memory was wiped, by two people, since it was last in service (domain 2.2, 3.6)."""
    if looked.seen.sanitised:
        return None
    return Bar(f"{label_of(looked.seen.item)} is not wiped.", "Wipe its memory first, with its certificate.")


def no_films_at_risk(looked: Looked) -> Bar | None:
    """It is not held for films on board; never factory-reset while there are any (domain 3.6)."""
    if not looked.open_holds("FOOTAGE"):
        return None
    return Bar(
        f"{label_of(looked.seen.item)} is faulty, with films on board.", "Have them uploaded or recovered first."
    )


def films_are_safe(looked: Looked) -> Bar | None:
    """Its dock says that no film is left, or somebody who is named has recovered them."""
    told = looked.evidence or {}
    if told.get("how") == "RECOVERED" and not told.get("recovered_by"):
        return Bar("Nobody is named who recovered the films.", "Name them, by collar number or company.")
    spoke = looked.seen.item.bay
    left = spoke.files_pending if spoke is not None else None
    if told.get("how") != "UPLOADED" or not left:
        return None
    return Bar(f"Its dock says that {left} films are still on it.", "Let its dock upload them, or have them recovered.")


def not_expired(looked: Looked) -> Bar | None:
    """Its printed date is not past."""
    ends = looked.seen.item.expires_on
    if ends is None or ends >= looked.seen.clock.today:
        return None
    return Bar(f"{label_of(looked.seen.item)} expired on {ends:%-d %B %Y}.", "It does not come back to duty.")
