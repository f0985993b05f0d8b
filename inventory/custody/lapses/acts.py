"""What a supervisor says of kit whose holder lapsed: RETURN NOW, or RETAIN UNTIL with a rationale; and who was told.

One rule for the editor: nobody decides on their own, what is kept is bounded by the duty and by the force, and nothing
said here gives anybody a right to draw: the gate does not know of it.
"""

from dataclasses import dataclass

from inventory.custody.lapses.reading import Lapse, lapses
from inventory.custody.lapses.watch import keep_alarms, one_at_a_time
from inventory.custody.lapses.writing import write
from inventory.custody.losses.late import moment_said
from inventory.gate.chase_terms import ChaseTerms
from inventory.people.capabilities import Held, held_by
from inventory.people.people import root_of
from inventory.schema.tx import Tx

DECIDES = ("SUPERVISOR", "DUTY_INSPECTOR")
TELLS = (*DECIDES, "ISSUER", "STORE_MANAGER", "CED_SPOC")
RATIONALE_MIN = 10


class LapseRefused(ValueError):
    """Nothing was written down. `bars` say why; `instead` is what is possible."""

    def __init__(self, bars: list[str], instead: list[str]) -> None:
        super().__init__(" ".join(bars))
        self.bars, self.instead = bars, instead


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody says of a lapse: TOLD, RETURN_NOW or RETAIN_UNTIL (`until_us`), with who and how, or why."""

    lapse_id: int
    act: str
    by_person: int
    detail: str
    until_us: int | None = None


def say(tx: Tx, saying: Saying, terms: ChaseTerms) -> int:
    """Write it down; the event's id. Raises LookupError, LapseRefused, and ValueError naming a field."""
    one_at_a_time(tx)
    of = lapses(tx.conn, [saying.lapse_id]).get(saying.lapse_id)
    if of is None:
        raise LookupError(f"lapse {saying.lapse_id} is not known")
    bars = _people_bars(tx, of, saying) or _bars(tx, of, saying)
    if bars:
        raise LapseRefused(bars, possible(of, tx.now_us, terms))
    _check(of, saying, tx.now_us, terms)
    said = {"act": saying.act, "by_person": saying.by_person, "detail": saying.detail.strip()}
    until_us = saying.until_us if saying.act == "RETAIN_UNTIL" else None
    event_id = write(tx, of, said | {"until_us": until_us})
    keep_alarms(tx, terms)
    return event_id


def possible(of: Lapse, now_us: int, terms: ChaseTerms) -> list[str]:
    """What can be said of a lapse as it stands, by whoever may."""
    if of.ended is not None:
        return []
    retains = not of.must_return and of.latest_us(terms) > now_us
    return ["TOLD", "RETURN_NOW", *(["RETAIN_UNTIL"] if retains else [])]


def _people_bars(tx: Tx, of: Lapse, saying: Saying) -> list[str]:
    wanted = TELLS if saying.act == "TOLD" else DECIDES
    if root_of(tx.conn, saying.by_person) == root_of(tx.conn, of.person_id):
        return ["Nobody decides on their own lapse. Another supervisor does."]
    held = held_by(tx.conn, [saying.by_person], tx.now_us)[saying.by_person]
    if any(Held(each, at) in held for each in wanted for at in (None, of.store_id)):
        return []
    return [f"This is for a {' or '.join(each.replace('_', ' ').lower() for each in wanted)} of this store."]


def _bars(tx: Tx, of: Lapse, saying: Saying) -> list[str]:
    if of.ended is not None:
        return ["This lapse is over."]
    if saying.act != "RETAIN_UNTIL":
        return []
    if of.must_return:
        return ["Authority is suspended or gone: the kit comes back now, and nobody lets it be kept."]
    said = of.decision
    held = held_by(tx.conn, [saying.by_person], tx.now_us)[saying.by_person]
    inspects = any(Held("DUTY_INSPECTOR", at) in held for at in (None, of.store_id))
    if said is not None and said.act == "RETURN_NOW" and not inspects:
        return ["It was said already that it comes back now. Only a duty inspector says otherwise."]
    return []


def _check(of: Lapse, saying: Saying, now_us: int, terms: ChaseTerms) -> None:
    if saying.act not in ("TOLD", "RETURN_NOW", "RETAIN_UNTIL"):
        raise ValueError("act: one of TOLD, RETURN_NOW, RETAIN_UNTIL")
    if len(saying.detail.strip()) < (RATIONALE_MIN if saying.act == "RETAIN_UNTIL" else 3):
        raise ValueError("detail: say in a sentence why, or who was told and how")
    if saying.act != "RETAIN_UNTIL":
        return
    latest_us = of.latest_us(terms)
    if saying.until_us is None or not now_us < saying.until_us <= latest_us:
        said = moment_said(latest_us)
        raise ValueError(f"until_us: after now and not after {said}, the end of the duty at the latest")
