"""The answer to one act at the hatch: the verdict that everybody must see, and the screen as it stands now.

One rule for the editor: a sentence here is read by everyone in the queue. Nothing medical, nothing of conduct:
the gate hands over sentences that may be shown, and nothing is added to them.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any

from inventory.custody import bays
from inventory.custody.hatch_view import NO_CHOICES, Choices, view
from inventory.custody.reasons import reasons_shown
from inventory.custody.visits import Place
from inventory.gate.decision import Decision
from inventory.gate.kind_policy import Policy
from inventory.gate.override_rules import NOBODY, offered
from inventory.schema.tx import Tx


@dataclass(frozen=True, slots=True)
class Verdict:
    """What happened: a stable word, a light (green, amber, red, none), a tone, one big line, and sentences.

    `override_by` is the least capability that may override a refusal, "" where nobody may.
    """

    outcome: str
    light: str
    tone: str
    title: str
    sentences: tuple[str, ...] = ()
    remedies: tuple[str, ...] = ()
    override_by: str = NOBODY


@dataclass(frozen=True, slots=True)
class HatchAnswer:
    """A verdict and the hatch's screen after it (`hatch_view.view`)."""

    outcome: str
    light: str
    tone: str
    title: str
    sentences: tuple[str, ...]
    remedies: tuple[str, ...]
    override_by: str
    view: dict[str, Any]


def answer(
    tx: Tx, place: Place, policy: Policy, verdict: Verdict, choices: Choices = NO_CHOICES
) -> HatchAnswer:
    """Tell the hatch's screens (after the commit), light the bays that it names, and answer whoever acted."""
    shown = view(tx.conn, place.id, policy, tx.now_us, choices)
    proposed = shown["visit"]["proposed"] if shown["visit"] else ()
    bays.point(tx, place.store_id, place.id, [each["item_id"] for each in proposed])
    tx.say(
        f"place:{place.id}",
        {"type": "hatch", "view": shown, "verdict": asdict(verdict) | {"at_us": tx.now_us}},
    )
    return HatchAnswer(view=shown, **asdict(verdict))


def detail(verdict: Verdict) -> str:
    """The verdict as a visit's line keeps it."""
    return json.dumps(asdict(verdict), separators=(",", ":"))


def refused(made: Decision) -> Verdict:
    """Every reason of a refusal at once, in the gate's order, each with what puts it right."""
    sentences, remedies = reasons_shown(made.refusals)
    by = offered(made.refusals)
    return Verdict("REFUSED", "red", "refused", "REFUSED", tuple(sentences), tuple(remedies), by)
