"""Readiness: the hatch's own rules about kit, asked without a person, of as many items as a store has.

One rule for the editor: no rule of its own. Ready means that the gate would find nothing wrong with the item now.
"""

from collections.abc import Callable, Iterable, Mapping

import sqlalchemy as sa

from inventory.gate.ask import COMPLETING, Ask
from inventory.gate.decision import Refusal, judge_kit
from inventory.gate.facts import Facts
from inventory.gate.kind_policy import Policy
from inventory.gate.rule import BOTH
from inventory.people.calendar import local_day
from inventory.stock.item_facts import read_items
from inventory.stock.kept import keep_in_mind
from inventory.stock.kit_facts import ItemFacts, LotFacts

NOBODY = 0
"""No person has this id: custody by anybody is custody by somebody else."""


def ready(
    conn: sa.Connection, item_ids: Iterable[int], policy: Policy, now_us: int
) -> dict[int, tuple[Refusal, ...]]:
    """What stops each item from being issued to anybody now, by id; an empty tuple means it is ready.

    An item of the training pool is judged for training. What is loaded in an item goes out with it, and what stops
    that stops both. Unknown ids have no entry.
    """
    nobody = {purpose: _nobody_asks(purpose, now_us) for purpose in BOTH}
    asked = list(dict.fromkeys(item_ids))
    items = keep_in_mind(conn, read_items(conn, asked, fitted_too=True), now_us)
    own = {item_id: _judged(item, policy, nobody) for item_id, item in items.items()}
    return {
        item_id: (*own[item_id], *(each for child in loaded_in(items[item_id], items) for each in own[child]))
        for item_id in asked
        if item_id in items
    }


def loaded_in(item: ItemFacts, items: Mapping[int, ItemFacts]) -> list[int]:
    """What is loaded in an item, and in that."""
    waiting, found = list(item.fitted), []
    while waiting:
        child = waiting.pop(0)
        if child in items and child not in found:
            found.append(child)
            waiting += items[child].fitted
    return found


def judge_item(item: ItemFacts, policy: Policy, now_us: int) -> tuple[Refusal, ...]:
    """What stops one item, whoever asks; for callers that have its facts already."""
    return _judged(item, policy, {purpose: _nobody_asks(purpose, now_us) for purpose in BOTH})


def judging(policy: Policy, now_us: int, until_us: int | None = None) -> Callable[[ItemFacts], tuple[Refusal, ...]]:
    """What tells of one item after the other what stops it at `now_us`, for a duty that ends at `until_us`.

    For whoever has the facts of many already, and looks at what is loaded in what (`ready` does both).
    """
    nobody = {purpose: _nobody_asks(purpose, now_us, until_us) for purpose in BOTH}
    return lambda item: _judged(item, policy, nobody)


def judging_lots(policy: Policy, now_us: int) -> Callable[[LotFacts], tuple[Refusal, ...]]:
    """What tells of one lot after the other what stops pieces of it from being issued for duty to anybody now."""
    nobody = _nobody_asks("OPERATIONAL", now_us)
    return lambda lot: judge_kit(nobody, lot, policy.terms(lot.kind, "OPERATIONAL", lot.model))


def _judged(item: ItemFacts, policy: Policy, nobody: Mapping[str, Facts]) -> tuple[Refusal, ...]:
    purpose = "TRAINING" if item.pool == "TRAINING" else "OPERATIONAL"
    return judge_kit(nobody[purpose], item, policy.terms(item.kind, purpose, item.model))


def _nobody_asks(purpose: str, now_us: int, until_us: int | None = None) -> Facts:
    ask = Ask(
        person_id=NOBODY, store_id=NOBODY, item_ids=(), lots=(), purpose=purpose, planned_return_us=until_us,
        door="readiness", by_person_id=None, stage=COMPLETING,
    )  # fmt: skip
    return Facts(
        ask=ask, now_us=now_us, today=local_day(now_us), person=None, items=(), lots=(), store=None, issuer=None,
        feed_us=None,
    )  # fmt: skip
