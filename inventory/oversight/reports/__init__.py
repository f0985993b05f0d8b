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
    q06_where_is,
    q07_held_by,
    q08_late_and_lost,
    q09_counts,
    q10_denials,
    q11_overrides,
    q12_checks,
    q13_evidence,
    q14_undeclared,
    q15_cameras,
    q16_guards,
    q17_mobilisation,
    q18_mutual_aid,
    q19_conversion,
    q20_equality,
    q24_policy_clock,
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
    q06_where_is.REPORT,
    q07_held_by.REPORT,
    q08_late_and_lost.REPORT,
    q09_counts.VARIANCE,
    q09_counts.SIGHTED,
    q10_denials.REPORT,
    q11_overrides.REPORT,
    q12_checks.REPORT,
    q13_evidence.REPORT,
    q14_undeclared.REPORT,
    q15_cameras.READY,
    q15_cameras.BEHIND,
    q16_guards.REPORT,
    q17_mobilisation.REPORT,
    q18_mutual_aid.REPORT,
    q19_conversion.REPORT,
    q20_equality.REPORT,
    q24_policy_clock.REPORT,
)
"""Every report, in the order of the questions."""
