"""Policy and equality in the demo force: a change that waits for its second owner, and declarations drawn by lot.

One rule for the editor: fictional. Who declares what is drawn from the number of a made-up person, in shares that
belong to no force, and says nothing of anybody.
"""

from collections.abc import Sequence
from datetime import date

from inventory.demo import posts
from inventory.demo.plan import dice
from inventory.demo.training import Force
from inventory.gate.policy import DEMO, Policy, load
from inventory.gate.policy_changes import Change
from inventory.oversight.equality.declared import take_file
from inventory.oversight.equality.quarters import last_over
from inventory.oversight.equality.releases import publish
from inventory.oversight.policy.acts import Proposing, propose
from inventory.people.calendar import add_months
from inventory.schema.tx import Tx

SHARES: dict[str, tuple[tuple[str, float], ...]] = {
    "GENDER": (("FEMALE", 0.42), ("MALE", 0.52), ("PREFER_NOT_TO_SAY", 0.03)),
    "ETHNICITY": (("WHITE", 0.70), ("ASIAN", 0.11), ("BLACK", 0.06), ("MIXED", 0.05), ("PREFER_NOT_TO_SAY", 0.03)),
}
"""Characteristic -> answers and their shares; whoever is left declares nothing."""
IDS_A_PERSON = len(SHARES) + 2
SEED = 149
SENT_BY = "Fictional extract 1 (drawn by lot, of nobody)"
WEEKS, NOW_WEEKS = 20, "numbers.full_check_weeks.value.T7"


def govern(tx: Tx, force: Force, people: dict[str, int]) -> None:
    """Propose the change, take in the declarations, publish the quarter before the anchor day."""
    owner = people[posts.holder(force, "POLICY_OWNER")]
    propose(tx, _proposal(force.anchor, owner), _trial)
    analyst = people[posts.holder(force, "EQUALITY_ANALYST")]
    take_file(tx, declarations(force).encode(), SENT_BY, analyst)
    publish(tx, last_over(tx.now_us)[0].name, "Fictional publication under the public sector equality duty", analyst)


def _proposal(anchor: date, owner: int) -> Proposing:
    return Proposing(
        family="ced", key=NOW_WEEKS, value=WEEKS, in_force_on=add_months(anchor, 1).replace(day=1), by_person=owner,
        reason="Fictional: two handles failed their full check in the summer", document="APP-CED; O43 6.1",
    )  # fmt: skip


def _trial(changes: Sequence[Change]) -> Policy:
    return load(overlay=DEMO, changes=changes)


def declarations(force: Force) -> str:
    """The file, as HR would send it."""
    lines = [",".join(("ref", *SHARES))]
    lines += [",".join((each.ref, *(_drawn(each.ref, what) for what in SHARES))) for each in force.people]
    return "\r\n".join(lines)


def _drawn(ref: str, what: str) -> str:
    at = dice(SEED, "declares", ref, what).random()
    for answer, share in SHARES[what]:
        if at < share:
            return answer
        at -= share
    return ""
