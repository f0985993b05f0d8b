"""Somebody writes down what is owed after a use: who may is the policy's to say, and each answer is checked by field.

One rule for the editor: what an answer does beside closing its point is in DOES; a point is never closed by a clock.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from inventory.custody.passages.fields import BadEvidence, read_fields
from inventory.custody.passages.looking import capable
from inventory.custody.passages.row import Value
from inventory.custody.uses.downloads import downloaded, parts_of, release
from inventory.custody.uses.points import EXPLAINED, POINTS, Answer, OpenPoint, point_of, write_answer
from inventory.gate.kind_policy import Policy
from inventory.people.capabilities import held_by
from inventory.people.people import root_of
from inventory.schema.tx import Tx


class NotOwed(LookupError):
    """This use has no such point, or somebody has answered it already."""


class NotTheirs(ValueError):
    """Somebody else answers this point; the message says who."""


@dataclass(frozen=True, slots=True)
class Answering:
    """An answer on its way: to which point of which use, by whom, and what it says."""

    use_id: int
    point: str
    by_person: int
    facts: Mapping[str, Value]
    second_person: int | None = None


def answer_point(tx: Tx, said: Answering, policy: Policy) -> int:
    """Answer one point; gives the ledger's entry.

    Raises NotOwed, NotTheirs where this person may not, and BadEvidence for a field that does not fit.
    """
    owed = point_of(tx.conn, said.use_id, said.point)
    if owed is None:
        raise NotOwed(f"{said.point} is not owed for use {said.use_id}")
    _check_person(tx, owed, said, policy)
    if not POINTS[owed.point].asks:
        raise BadEvidence("cartridges", "the cartridges themselves, by serial")
    facts = read_fields(POINTS[owed.point].asks, said.facts, tx.now_us)
    answer = Answer(said.by_person, facts, said.second_person)
    entry = DOES.get(owed.point, _plainly)(tx, owed, answer, policy)
    tx.say(f"store:{owed.store_id}", {"type": "use_answered", "use_id": owed.use_id, "at_us": tx.now_us})
    return entry


def _check_person(tx: Tx, owed: OpenPoint, said: Answering, policy: Policy) -> None:
    terms = policy.uses.points.get(owed.point)
    who = terms.who if terms else ()
    if not capable(held_by(tx.conn, [said.by_person], tx.now_us)[said.by_person], who, owed.store_id):
        listed = " or ".join(each.replace("_", " ").lower() for each in who)
        raise NotTheirs(f"{POINTS[owed.point].title}: this is written down by {listed} of the store.")
    if said.second_person is None:
        return
    if root_of(tx.conn, said.second_person) == root_of(tx.conn, said.by_person):
        raise NotTheirs("The second person is the first.")


def _plainly(tx: Tx, owed: OpenPoint, answer: Answer, _policy: Policy) -> int:
    return write_answer(tx, owed, answer)


def _reviewed(tx: Tx, owed: OpenPoint, answer: Answer, _policy: Policy) -> int:
    is_over = answer.facts["outcome"] == EXPLAINED
    entry = write_answer(tx, owed, answer, settles=is_over)
    if is_over:
        release(tx, parts_of(tx.conn, owed.use_id), answer.by_person)
    return entry


DOES: dict[str, Callable[[Tx, OpenPoint, Answer, Policy], int]] = {"DOWNLOAD": downloaded, "LOG_REVIEW": _reviewed}
"""Point -> what answers it, where that does more than close it."""

