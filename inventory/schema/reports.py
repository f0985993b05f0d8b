"""The table of reports that are answered in the background: who asked for what, how far it is, and what was found.

One rule for the editor: this is no record of the force. A row is kept for some hours and swept (`api.report_runs`);
what lasts is its line in the processing log.
"""

import sqlalchemy as sa

from inventory.schema.base import key, metadata, moment, number, ref, text, word
from inventory.schema.words import REPORT_STATES

report_run = sa.Table(
    "report_run",
    metadata,
    key(),
    text("name"),
    ref("by_person", "person.id"),
    moment("asked_us"),
    text("given"),  # JSON: the parameters by key, checked
    text("policy_version"),
    word("state", REPORT_STATES),
    number("permille", default="0"),  # how much of the work is done
    moment("heard_us"),  # when whoever works on it was last heard: silent for long, it died
    moment("ended_us", null=True),
    text("trouble", null=True),  # why it did not work, in words for a person
    text("digest", null=True),  # SHA-256 of the data found
    text("answer", null=True),  # JSON of what was found
    sa.CheckConstraint("permille BETWEEN 0 AND 1000", name="permille"),
    sa.Index("ix_report_run_by_person", "by_person", "asked_us"),
    sa.Index("ix_report_run_asked", "asked_us"),
)
