"""What the database keeps by itself about training: who vouched for a result, and that none is edited.

One rule for the editor: a trigger compares stored columns and never asks the time (`schema.triggers`).
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = ("training_session", "training_session_ended", "training_retraction", "use_review")
KEYS = {"training_session_ended": ("session_id",), "training_retraction": ("result_id",), "use_review": ("use_id",)}

BY_TWO = ("MANUAL", "CLASS")
"""Sources of results that two people of the training unit vouch for; any other is a feed's or a file's name."""

_FIXED = {
    "training_result": (
        "id", "person_id", "course", "model", "attended_on", "minutes", "outcome", "assessor", "source", "source_ref",
        "recorded_us", "recorded_by", "second_person", "curriculum", "session_id",
    ),
    "training_seat": ("id", "session_id", "person_id", "taken_us", "taken_by"),
    "visitor_attestation": (
        "id", "person_id", "donor_force", "attested_by", "model", "operation", "from_us", "until_us", "document",
        "recorded_us", "recorded_by", "second_person",
    ),
    "specialist_result": (
        "id", "person_id", "domain", "course", "attended_on", "last_good_on", "source", "source_ref", "recorded_us",
    ),
}  # fmt: skip
"""The columns that no change may touch: what is left is when the row ended."""

_ONE_PERSON = """
SELECT 1 FROM person a JOIN person b ON COALESCE(a.same_as, a.id) = COALESCE(b.same_as, b.id)
WHERE a.id = NEW.recorded_by AND b.id = NEW.second_person
"""
_ABOUT_ONESELF = """
SELECT 1 FROM person a JOIN person b ON COALESCE(a.same_as, a.id) = COALESCE(b.same_as, b.id)
WHERE a.id = NEW.person_id AND b.id IN (NEW.recorded_by, NEW.second_person)
"""
_ENDED = "SELECT 1 FROM training_session_ended e WHERE e.session_id = NEW.session_id"
_BY_HAND = "NEW.source IN ('MANUAL', 'CLASS')"


def _fixed(table: str) -> Trigger:
    changed = " OR ".join(f"(OLD.{each} IS DISTINCT FROM NEW.{each})" for each in _FIXED[table])
    return Trigger(f"{table}_stays", table, "UPDATE", changed, f"{table}: may only be ended, never edited")


def _kept(table: str) -> list[Trigger]:
    there = f"EXISTS (SELECT 1 FROM {table} o WHERE o.id = NEW.id)"  # noqa: S608 - names of ours
    return [
        Trigger(f"{table}_no_delete", table, "DELETE", "1 = 1", f"{table} is append-only"),
        Trigger(f"{table}_no_replace", table, "INSERT", there, f"{table} is append-only"),
    ]


def expected() -> list[Trigger]:
    """The triggers of the tables of training."""
    nobody = "NEW.recorded_by IS NULL OR NEW.second_person IS NULL"
    return [
        Trigger("training_result_by_two", "training_result", "INSERT",
                f"{_BY_HAND} AND ({nobody} OR EXISTS ({_ONE_PERSON}) OR length(trim(NEW.source_ref)) = 0)",
                "training_result: by hand needs a document and two people"),
        Trigger("training_result_of_another", "training_result", "INSERT",
                f"{_BY_HAND} AND EXISTS ({_ABOUT_ONESELF})", "training_result: nobody vouches for their own"),
        Trigger("visitor_attestation_of_another", "visitor_attestation", "INSERT",
                f"EXISTS ({_ABOUT_ONESELF}) OR EXISTS ({_ONE_PERSON})",
                "visitor_attestation: two people, neither of them the visitor"),
        Trigger("training_seat_of_a_day_to_come", "training_seat", "INSERT", f"EXISTS ({_ENDED})",
                "training_seat: this course day is over"),
        *(_fixed(table) for table in _FIXED),
        *(each for table in ("visitor_attestation", "specialist_result") for each in _kept(table)),
    ]  # fmt: skip
