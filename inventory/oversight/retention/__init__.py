"""Retention: what is due by the schedule, legal holds, two people's approval, erasure in batches, and its certificate.

One rule for the editor: nothing is erased but by `erasing`, in batches of an approved run, and the database refuses the
rest (`schema.retention_triggers`).
"""
