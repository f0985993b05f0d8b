"""The named reports of the force, one a file: questions Q1-Q24 of the design (`domain.md` 5.3).

One rule for the editor: a report is a line in `REPORTS` and a file beside this one; every door (screen, API, CSV, XLSX,
PDF, `kitstore report`) is made from that line, and none has a report of its own.
"""

from inventory.oversight.reports import (
    q01_may_draw,
    q02_pairs,
    q03_availability,
    q04_expiring_training,
    q04_rostered_past,
    q05_expiring,
    q07_held_by,
    q08_late_and_lost,
    q17_mobilisation,
    q18_mutual_aid,
    q19_conversion,
)
from inventory.oversight.reports.report import Report

REPORTS: tuple[Report, ...] = (
    q01_may_draw.REPORT,
    q02_pairs.REPORT,
    q03_availability.SHIFTS,
    q03_availability.HOURS,
    q04_expiring_training.REPORT,
    q04_rostered_past.REPORT,
    q05_expiring.REPORT,
    q07_held_by.REPORT,
    q08_late_and_lost.REPORT,
    q17_mobilisation.REPORT,
    q18_mutual_aid.REPORT,
    q19_conversion.REPORT,
)
"""Every report, in the order of the questions."""
