"""How the gate speaks: dates, models and the few sentences that several rules share.

One rule for the editor: a sentence is for an officer at a hatch at 05:50. It says what stops the issue and
since when; the remedy says what puts it right. Nothing here may hint why a person is limited.
"""

from datetime import date

from inventory.people.calendar import local_day
from inventory.stock.kit_facts import Kit

MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip

BOOK_TRAINING = "Book with the Staff Safety Training Unit."
ASK_STOREKEEPER = "Ask the storekeeper."
TAKE_ANOTHER = "Put it back and take another."
SPOC = "Speak to your CED single point of contact."

REFER_CODE = "REFER_TO_SUPERVISOR"
REFER_SENTENCE = "This kit cannot be issued to you at the moment."
REFER_REMEDY = "Speak to your supervisor."


def day_in_words(day: date) -> str:
    """'3 November 2026'."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def day_of(at_us: int) -> str:
    """The London day of a moment, in words."""
    return day_in_words(local_day(at_us))


def last_day_of(until_us: int) -> str:
    """The last London day before an exclusive end, in words."""
    return day_in_words(local_day(until_us - 1))


def ran_out(what: str, until_us: int, now_us: int) -> str:
    """'Your PPST ran out on 3 November 2026.' or '… runs out on 3 November 2026, before this duty ends.'"""
    if until_us <= now_us:
        return f"{what} ran out on {day_of(until_us)}."
    return f"{what} runs out on {day_of(until_us)}, before this duty ends."


def sentence_case(label: str) -> str:
    """A label at the head of a sentence: 'Cartridge C1'; 'CED X2' stays."""
    return label[:1].upper() + label[1:]


def label_of(kit: Kit) -> str:
    """An item or a lot at the head of a sentence."""
    return sentence_case(kit.label)


def how_many(number: int, one: str, many: str = "") -> str:
    """'1 cartridge', '2 cartridges', 'no cartridges'."""
    word = one if number == 1 else (many or f"{one}s")
    return f"{number or 'no'} {word}"
