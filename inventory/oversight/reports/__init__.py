"""The named reports of the force, one a file: questions Q1-Q24 of the design (`domain.md` 5.3).

One rule for the editor: a report is a line in `REPORTS` and a file beside this one; every door (screen, API, CSV, XLSX,
PDF, `kitstore report`) is made from that line, and none has a report of its own.
"""

from inventory.oversight.reports import q07_held_by
from inventory.oversight.reports.report import Report

REPORTS: tuple[Report, ...] = (q07_held_by.REPORT,)
"""Every report, in the order of the questions."""
