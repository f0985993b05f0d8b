"""What the database keeps of acts on authority and of reminders; `schema.triggers` makes these with all others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = ("authority_act", "role_move")
SEALED = ("authority_act",)
REMINDER_FIXED = ("id", "person_id", "what", "model", "ends_on", "band", "made_us")

_SAME_PERSON = """
SELECT 1 FROM person theirs JOIN person doer ON COALESCE(doer.same_as, doer.id) = COALESCE(theirs.same_as, theirs.id)
WHERE theirs.id = NEW.person_id AND doer.id = NEW.by_person
"""
_SUSPENDED_IT = """
SELECT 1 FROM authority_act a JOIN person then_by ON then_by.id = a.by_person
JOIN person now_by ON now_by.id = NEW.by_person
WHERE a.stop_id = NEW.stop_id AND a.act = 'SUSPENDED'
  AND COALESCE(then_by.same_as, then_by.id) = COALESCE(now_by.same_as, now_by.id)
"""
_CHANGED = " OR ".join(f"(OLD.{each} IS DISTINCT FROM NEW.{each})" for each in REMINDER_FIXED)
_TAKEN_BACK = " OR ".join(
    f"(OLD.{each} IS NOT NULL AND NEW.{each} IS DISTINCT FROM OLD.{each})"
    for each in ("seen_us", "acknowledged_us", "mailing_us", "mailed_us")
)


def expected() -> list[Trigger]:
    """The triggers of acts on authority and of reminders."""
    return [
        Trigger("authority_act_by_another", "authority_act", "INSERT",
                f"NEW.act NOT IN ('OPTED_IN', 'OPTED_OUT') AND EXISTS ({_SAME_PERSON})",
                "authority_act: nobody acts on their own authority"),
        Trigger("authority_act_lifted_by_another", "authority_act", "INSERT",
                f"NEW.act = 'LIFTED' AND EXISTS ({_SUSPENDED_IT})",
                "authority_act: nobody lifts a suspension of their own making"),
        Trigger("reminder_stays", "reminder", "UPDATE", f"{_CHANGED} OR {_TAKEN_BACK}",
                "reminder: what was said stays said"),
    ]  # fmt: skip
