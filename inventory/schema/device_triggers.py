"""What the database keeps of devices: firmware that was seen, and what bays were told: see `schema.triggers`.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

FIRMWARE_FIXED = (
    "id", "subject", "who", "store_id", "bridge_id", "item_id", "name", "driver", "version", "first_us",
)  # fmt: skip
BAY_COMMAND_FIXED = (
    "id", "store_id", "bridge_id", "device", "dock", "bay", "act", "light", "item_id", "place_id", "entry", "at_us",
    "until_us",
)  # fmt: skip
_ISSUED_FROM_BAY = """
SELECT 1 FROM ledger l JOIN custody c ON c.opened_entry = l.id JOIN bay b ON b.dock = NEW.dock AND b.bay = NEW.bay
WHERE l.id = NEW.entry AND l.kind = 'ISSUED' AND c.basis = 'ISSUED' AND c.item_id = NEW.item_id
  AND c.closed_entry IS NULL AND c.opened_us = NEW.at_us AND b.item_id = NEW.item_id AND b.present = 1
  AND b.bridge_id = NEW.bridge_id AND NEW.until_us <= NEW.at_us + 60000000
"""


def expected() -> list[Trigger]:
    """The triggers of firmware and of bay commands."""
    return _firmware() + _bay_commands()


def _firmware() -> list[Trigger]:
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in FIRMWARE_FIXED)
    there = "EXISTS (SELECT 1 FROM firmware_seen o WHERE o.id = NEW.id)"
    return [
        Trigger("firmware_seen_goes_on", "firmware_seen", "UPDATE", f"NEW.last_us < OLD.last_us OR {changed}",
                "firmware_seen: may only be seen again"),
        Trigger("firmware_seen_no_replace", "firmware_seen", "INSERT", there, "firmware_seen is append-only"),
        Trigger("firmware_seen_no_delete", "firmware_seen", "DELETE", "1 = 1", "firmware_seen is append-only"),
    ]  # fmt: skip


def _bay_commands() -> list[Trigger]:
    changed = " OR ".join(f"(OLD.{c} IS DISTINCT FROM NEW.{c})" for c in BAY_COMMAND_FIXED)
    there = "EXISTS (SELECT 1 FROM bay_command o WHERE o.id = NEW.id)"
    return [
        Trigger("bay_command_release_by_issue", "bay_command", "INSERT",
                f"NEW.act = 'RELEASE' AND NOT EXISTS ({_ISSUED_FROM_BAY})",
                "bay_command: nothing in this bay was issued at this moment"),
        Trigger("bay_command_starts_waiting", "bay_command", "INSERT", "NEW.word <> 'WAITING'",
                "bay_command: starts waiting"),
        Trigger("bay_command_no_replace", "bay_command", "INSERT", there, "bay_command: told already"),
        Trigger("bay_command_is_answered", "bay_command", "UPDATE",
                "(NEW.word <> OLD.word AND (OLD.word NOT IN ('WAITING', 'EXPIRED') OR NEW.word = 'WAITING'))"
                f" OR {changed}",
                "bay_command: may only be answered"),
        Trigger("bay_command_release_stays", "bay_command", "DELETE", "OLD.act = 'RELEASE'",
                "bay_command: what let kit go stays on record"),
    ]  # fmt: skip
