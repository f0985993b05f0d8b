"""Granting a permission to carry, ending one, and answering a review: by whom policy lets, for a year at most.

One rule for the editor: a permission is never stretched. It is granted anew as a row of its own, and what was ended
begins again only with a new one, from a later day.

Source: design `domain.md` 4.4 (training is not authorisation), 4.1 (what comes before a CED course), S14 (12 months).
"""

from dataclasses import dataclass
from datetime import date

from inventory.custody.carrying.refused import CarryingRefused
from inventory.custody.carrying.who import capability_of
from inventory.custody.carrying.writing import look_at, standing_of, write
from inventory.gate.kind_policy import MODELS, Policy
from inventory.gate.wording import day_in_words
from inventory.people.authority import Grant, StopOrder, grant, stop
from inventory.people.calendar import add_months, day_start_us, local_day
from inventory.people.errors import BadField
from inventory.people.standing import Standing
from inventory.schema.tx import Tx
from inventory.schema.words import CONSTABLES

MODES = ("OVERT", "COVERT")
WORDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Granting:
    """A permission asked for: London days from `from_on` up to, not including, `to_on`; said by `granted_by`, who is of
    `grade`; written down by `by_person` from `document`."""

    person_id: int
    model: str
    mode: str
    from_on: date
    to_on: date
    granted_by: str
    grade: str
    document: str
    by_person: int


@dataclass(frozen=True, slots=True)
class Ending:
    """A permission (`authorisation_id`), or every one (None), is ended now."""

    person_id: int
    by_person: int
    reason_class: str
    document: str
    authorisation_id: int | None = None


def grant_authority(tx: Tx, asked: Granting, policy: Policy) -> int:
    """Write a permission down; its id. Raises LookupError, BadField, and CarryingRefused with every bar."""
    standing = standing_of(tx, asked.person_id, policy)
    capability = capability_of(tx, asked.by_person, standing, policy.authority.granted_by)
    _check(asked, standing, policy, local_day(tx.now_us))
    bars = grant_bars(standing, asked.model, asked.from_on, tx.now_us)
    if bars:
        raise CarryingRefused(bars)
    new = Grant(standing.person_id, asked.model, asked.mode, asked.from_on, asked.to_on, asked.granted_by.strip(),
                asked.document.strip(), asked.grade)  # fmt: skip
    authorisation_id = grant(tx.conn, tx.ids, new, tx.now_us)
    said = {"person_id": standing.person_id, "act": "GRANTED", "by_person": asked.by_person}
    write(tx, said | {"capability": capability, "document": asked.document.strip()}, authorisation_id=authorisation_id)
    look_at(tx, standing, policy)
    return authorisation_id


def models_of(policy: Policy) -> tuple[str, ...]:
    """The models that the force has approved for duty."""
    of = policy.kind("CED_HANDLE", "OPERATIONAL")
    setting = of.settings.get(MODELS) if of else None
    return setting.value if setting and isinstance(setting.value, tuple) else ()


def _check(asked: Granting, standing: Standing, policy: Policy, today: date) -> None:
    terms, models = policy.authority, models_of(policy)
    latest = add_months(asked.from_on, terms.months_max)
    ended = [local_day(each.from_us) for each in standing.stops
             if each.kind == "ENDED" and each.concerns(asked.model, asked.mode)]  # fmt: skip
    after = max(ended, default=None)
    faults = (
        (asked.model not in models, "model", asked.model, f"one of {', '.join(models)}"),
        (asked.mode not in MODES, "mode", asked.mode, " or ".join(MODES)),
        (asked.grade not in terms.grades, "grade", asked.grade, f"one of {', '.join(terms.grades)}"),
        (asked.from_on < today, "from_on", asked.from_on, "today or a later day: no permission is dated back"),
        (after is not None and asked.from_on <= after, "from_on", asked.from_on, f"a day after the end on {after}"),
        (asked.to_on <= asked.from_on, "to_on", asked.to_on, f"a date after {asked.from_on}"),
        (asked.to_on > latest, "to_on", asked.to_on, f"{latest} at the latest: {terms.months_max} months"),
        (not asked.granted_by.strip(), "granted_by", asked.granted_by, "who grants it"),
        (not 0 < len(asked.document.strip()) <= WORDS_MAX, "document", asked.document, "what it is written down from"),
    )  # fmt: skip
    for wrong, field, value, expected in faults:
        if wrong:
            raise BadField(field, value, expected)


def grant_bars(standing: Standing, model: str, from_on: date, now_us: int) -> list[str]:
    """Why no permission to carry this model can be granted from that day, all of it; none where it can."""
    trained = standing.training.get(("CED", model))
    begins_us = max(now_us, day_start_us(from_on))
    bars = [] if standing.kind in CONSTABLES else ["Only a constable carries a CED."]
    if standing.left or (standing.leaves_us is not None and standing.leaves_us <= begins_us):
        bars.append("They have left the force, or will have by then.")
    if not standing.opted_in:
        bars.append("They have not chosen to carry: carrying is voluntary.")
    if standing.suspended_from_us(now_us) is not None:
        bars.append("Their authority is suspended. It is lifted first, by somebody else than who suspended it.")
    if trained is None:
        bars.append(f"They have passed no CED course for the {model}: training comes first.")
    elif not trained.covers(begins_us + 1) and trained.last_good_day is not None:
        bars.append(f"Their CED training for the {model} ran out after {day_in_words(trained.last_good_day)}.")
    return bars


def end_authority(tx: Tx, asked: Ending, policy: Policy) -> int:
    """End a permission, or all, from now on; the stop's id. Raises LookupError, BadField and CarryingRefused."""
    standing = standing_of(tx, asked.person_id, policy)
    capability = capability_of(tx, asked.by_person, standing, policy.authority.granted_by)
    if asked.reason_class not in policy.authority.classes:
        raise BadField("reason_class", asked.reason_class, f"one of {', '.join(policy.authority.classes)}")
    if not any(each.to_us > tx.now_us for each in standing.authorisations):
        raise CarryingRefused(["No permission is in force that could be ended."])
    order = StopOrder(standing.person_id, "ENDED", tx.now_us, capability, asked.document.strip(), asked.reason_class,
                      asked.authorisation_id)  # fmt: skip
    stop_id = stop(tx.conn, tx.ids, order, tx.now_us)
    said = {"person_id": standing.person_id, "act": "ENDED", "by_person": asked.by_person}
    write(tx, said | {"capability": capability, "document": asked.document.strip()}, stop_id=stop_id)
    look_at(tx, standing, policy)
    return stop_id


def review_authority(tx: Tx, person_id: int, by_person: int, document: str, policy: Policy) -> int:
    """Somebody looked at it after a role moved, and it stands; the act's id. Raises LookupError and CarryingRefused."""
    standing = standing_of(tx, person_id, policy)
    capability = capability_of(tx, by_person, standing, policy.authority.granted_by)
    said = {"person_id": standing.person_id, "act": "REVIEWED", "by_person": by_person}
    return write(tx, said | {"capability": capability, "document": document.strip()})


