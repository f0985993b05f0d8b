"""Issue and return as bulk kinds of command, for a writer that commits many at a time.

One rule for the editor: nothing is decided here; each kind hands its payloads to the one act.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inventory.custody.issue import Issued, Request, issue_kit
from inventory.custody.returns import Back, Returned, return_kit
from inventory.gate.kind_policy import Policy
from inventory.schema.tx import Tx


@dataclass(frozen=True, eq=False)
class IssueKind:
    """Many requests, one decision each, in a handful of statements. `policy` is the one in force."""

    policy: Policy

    def run(self, tx: Tx, payloads: Sequence[Request]) -> list[Issued]:
        """One answer a request."""
        return issue_kit(tx, payloads, self.policy)


@dataclass(frozen=True, eq=False)
class ReturnKind:
    """Many items handed in."""

    def run(self, tx: Tx, payloads: Sequence[Back]) -> list[Returned]:
        """One answer an item."""
        return return_kit(tx, payloads)


def issue_keys(request: Request) -> frozenset[str]:
    """What a request touches: its person, its items and its lots."""
    ask = request.ask
    lots = {f"l{lot}" for lot, _ in ask.lots}
    return frozenset({f"p{ask.person_id}"} | {f"i{item}" for item in ask.item_ids} | lots)
