"""Data protection in the demo force: two requests for one's own data, one of them nearly due, and a legal hold.

One rule for the editor: fictional; nothing here erases or proposes to, so that every count of the demo stays.
"""

from datetime import timedelta

from inventory.demo import posts
from inventory.demo.training import Force
from inventory.oversight.disclosure import requests
from inventory.oversight.retention import holds
from inventory.oversight.retention.holds import Placing
from inventory.people.calendar import local_day
from inventory.schema.tx import Tx

IDS = 20
RECEIVED_DAYS_AGO = (26, 4)
"""One falls due within the week, the other has a month."""


def ask(tx: Tx, force: Force, people: dict[str, int]) -> None:
    """Write two requests down, and place a hold for a claim."""
    keeper = people[posts.holder(force, "RECORDS_MANAGER")]
    second = people[posts.holder(force, "PSD")]
    officers = [people[each.ref] for each in force.people if each.frontline and each.store][: len(RECEIVED_DAYS_AGO)]
    for number, (officer, ago) in enumerate(zip(officers, RECEIVED_DAYS_AGO, strict=True), start=1):
        received = local_day(tx.now_us) - timedelta(days=ago)
        requests.receive(tx, officer, received, f"Fictional SAR/{received.year}/{number:03}", keeper)
    claim = Placing("Fictional civil claim after an arrest", "Fictional CL/118", keeper, second, person_id=officers[0])
    holds.place(tx, claim)
