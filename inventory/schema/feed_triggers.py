"""What the database keeps of what other systems bring: see `schema.triggers`, which makes these with all the others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

ROSTER_FIXED = (
    "id", "person_id", "store_id", "starts_us", "ends_us", "duty", "source", "source_ref", "recorded_us",
)  # fmt: skip

APPEND_ONLY = ("file_mapping", "file_preview", "file_taken", "feed", "feed_batch")
KEYS = {"file_taken": ("preview_id",)}


def expected() -> list[Trigger]:
    """The triggers of rosters, kept files and feeds' keys."""
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in ROSTER_FIXED)
    again = "OLD.withdrawn_us IS NOT NULL OR NEW.withdrawn_us IS NULL"
    live = "r.source = NEW.source AND r.person_id = NEW.person_id AND r.starts_us = NEW.starts_us"
    there = f"EXISTS (SELECT 1 FROM roster r WHERE r.id = NEW.id OR ({live} AND r.withdrawn_us IS NULL))"  # noqa: S608
    return [
        Trigger("roster_withdrawn_once", "roster", "UPDATE", f"{again} OR {changed}",
                "roster: a duty may only be withdrawn, and once"),
        Trigger("roster_no_replace", "roster", "INSERT", there, "roster: this duty is on record already"),
        Trigger("roster_no_delete", "roster", "DELETE", "1 = 1", "roster is append-only"),
        Trigger("kept_file_stays", "kept_file", "UPDATE", "1 = 1", "kept_file: a file that was kept stays as it came"),
        Trigger("kept_file_no_replace", "kept_file", "INSERT",
                "EXISTS (SELECT 1 FROM kept_file k WHERE k.sha256 = NEW.sha256)", "kept_file: this file is kept"),
        Trigger("feed_key_revoked_once", "feed_key", "UPDATE",
                "OLD.revoked_us IS NOT NULL OR NEW.revoked_us IS NULL OR OLD.key_hash <> NEW.key_hash"
                " OR OLD.feed_id <> NEW.feed_id OR OLD.from_us <> NEW.from_us",
                "feed_key: may only be revoked, and once"),
    ]  # fmt: skip
