"""The gate's reasons as a screen lists them: each sentence once, each remedy once, in the gate's order.

One rule for the editor: only what the gate says may be shown.
"""

from collections.abc import Iterable

from inventory.gate.decision import Refusal


def reasons_shown(reasons: Iterable[Refusal]) -> tuple[list[str], list[str]]:
    """(sentences, remedies) of the reasons that stop."""
    stops = [reason for reason in reasons if reason.stops]
    sentences = list(dict.fromkeys(reason.sentence for reason in stops))
    return sentences, list(dict.fromkeys(reason.remedy for reason in stops if reason.remedy))
