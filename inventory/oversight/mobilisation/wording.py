"""An answer in sentences: what is short, what must be carried, what runs out, and what needs charging meanwhile.

One rule for the editor: nothing is worked out here that the answer does not hold, and nobody is named.
"""

from collections import Counter

from inventory.gate.wording import day_of, how_many
from inventory.oversight.mobilisation.answer import Answer
from inventory.oversight.mobilisation.issuing import moves
from inventory.oversight.mobilisation.operation import DAY_US
from inventory.oversight.mobilisation.people import said_of
from inventory.oversight.mobilisation.stock import CAMERA
from inventory.stock.kinds import label

SOON_US = 14 * DAY_US
"""What ends so soon after an operation is said with it: nobody can be retrained on the way home."""
LACKS = {
    "PEOPLE": "There are not enough people who may be sent for the whole of it: more kit, or less held back, would not"
    " fill one post more.",
    "BUSINESS_AS_USUAL": "More could go if the stores held fewer people or less kit back for their own shifts.",
    "CED_HANDLE": "More could go if there were more whole CED sets of a model that people carry.",
    "BWV_CAMERA": "More could go if there were more body-worn cameras.",
    "SBG": "More could go if there were more spit guards.",
}  # fmt: skip


def in_words(of: Answer) -> str:
    """The answer in one sentence."""
    if of.yes:
        return f"Yes: {how_many(len(of.sent), 'person', 'people')} can go, and every store keeps what it needs."
    lacking = ", ".join(f"{count} of {post}" for post, count in of.unfilled.items() if count)
    return f"No: {how_many(sum(of.unfilled.values()), 'post')} cannot be filled ({lacking})."


def short_words(of: Answer) -> list[str]:
    """What is short, a sentence each."""
    return [LACKS[word] for word in of.short_of]


def during_words(of: Answer) -> list[str]:
    """What is to be done before and meanwhile, what runs out, and what is carried between stores."""
    said = []
    pieces = [piece for each in of.sent for piece in each.pieces]
    cameras = sum(piece.kind == CAMERA for piece in pieces)
    if cameras and of.asked.days:
        nights = cameras * of.asked.days
        said.append(f"{how_many(cameras, 'camera')} need a dock each night: {how_many(nights, 'charge')} in all.")
    packs = sum(piece.kind == "CED_BATTERY" for piece in pieces)
    if packs:
        said.append(f"{how_many(packs, 'CED battery pack')} to be looked at, and charged where low, each night.")
    for name, when in (("before", "Before it begins"), ("during", "While it lasts")):
        todo = Counter((piece.kind, code) for piece in pieces for code in getattr(piece, name))
        said += [f"{when}: {n} {label(kind, n)}: {_todo(code)}." for (kind, code), n in sorted(todo.items())]
    soon = [each for each in of.sent if (each.candidate.ends_us or 2**62) < of.asked.until_us + SOON_US]
    if soon:
        first = min(each.candidate.ends_us or 0 for each in soon)
        said.append(
            f"Training of {how_many(len(soon), 'person', 'people')} sent runs out within 14 days after it,"
            f" the first on {day_of(first)}."
        )
    carried = moves(of.sent)
    if carried:
        things = sum(len(each.items) + sum(each.lots.values()) for each in carried)
        trips = how_many(len(carried), "transfer")
        said.append(f"{how_many(things, 'thing')} to be carried between stores first, in {trips}.")
    missed = sum(each.duties for each in of.sent)
    if missed:
        said.append(f"{how_many(missed, 'rostered duty', 'rostered duties')} would be missed by those sent.")
    return said


WHAT_TO_DO = {
    "CHARGE_LOW": "charge", "CHARGE_UNKNOWN": "say the charge", "CAMERA_CHARGE_LOW": "charge for the duty",
    "UPLOAD_NOT_COMPLETE": "upload the films", "DOCK_OVERDUE": "put in a dock, whose day comes", "STORAGE_LOW":
    "make room for films", "FUNCTION_TEST_MISSING": "test as they are drawn",
}  # fmt: skip


def _todo(code: str) -> str:
    return WHAT_TO_DO.get(code, said_of(code))
