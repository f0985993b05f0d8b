"""What the database keeps of corrections and of the paper register: see `schema.triggers`, which makes these with the
others.

One rule for the editor: as there, a trigger compares stored columns and never asks the time.
"""

from inventory.schema.trigger import Trigger

APPEND_ONLY = ("correction", "told_later", "paper_page", "paper_scan", "paper_line")
SEALED = ("correction", "told_later", "paper_page", "paper_line")

_BY_ENTRY = """
SELECT 1 FROM ledger l JOIN ledger w ON w.id = l.corrects AND w.item_id = l.item_id
WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.corrects = NEW.corrects AND l.item_id = NEW.item_id
  AND w.id <> l.id AND w.at_us <= l.at_us
"""
_MOVED = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.item_id = NEW.item_id
  AND l.taker = NEW.holder AND l.taker_id = NEW.holder_id AND l.at_us = NEW.upto_us
"""
_PAGE_ENTRY = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id AND l.kind = 'WRITTEN_UP'
  AND l.by_person = NEW.by_person AND l.second_person = NEW.second_person
"""
_LINE_ENTRY = """
SELECT 1 FROM ledger l WHERE l.id = NEW.entry_id AND l.tx_id = NEW.tx_id
  AND (l.item_id = NEW.item_id OR l.lot_id = NEW.lot_id)
"""
_RENAMED = """
SELECT 1 FROM correction c WHERE c.item_id = NEW.id AND c.sort = 'WRONG_SERIAL' AND c.was = OLD.serial
  AND c.became = NEW.serial AND NOT EXISTS (SELECT 1 FROM tx_seal s WHERE s.id = c.tx_id)
"""
_ASSERTED_FROM_PAPER = "SELECT 1 FROM paper_page p WHERE p.id = NEW.page_id AND p.tx_id = NEW.tx_id"


def expected() -> list[Trigger]:
    """The triggers of corrections and of the paper register."""
    return [
        Trigger("correction_by_entry", "correction", "INSERT", f"NOT EXISTS ({_BY_ENTRY})",
                "correction: the ledger has no entry that corrects this one"),
        Trigger("ledger_correction_to_person", "ledger", "INSERT",
                "NEW.corrects IS NOT NULL AND NEW.taker = 'PERSON' AND NEW.kind <> 'ASSERTED'",
                "ledger: a correction gives kit to a person as ASSERTED only"),
        Trigger("told_later_as_moved", "told_later", "INSERT", f"NOT EXISTS ({_MOVED})",
                "told_later: the ledger has no such movement"),
        Trigger("paper_page_by_entry", "paper_page", "INSERT", f"NOT EXISTS ({_PAGE_ENTRY})",
                "paper_page: the ledger has no entry of it"),
        Trigger("paper_line_of_its_page", "paper_line", "INSERT", f"NOT EXISTS ({_ASSERTED_FROM_PAPER})",
                "paper_line: its page was written up at another time"),
        Trigger("paper_line_by_entry", "paper_line", "INSERT", f"NOT EXISTS ({_LINE_ENTRY})",
                "paper_line: the ledger has no entry of it"),
        Trigger("item_serial_by_correction", "item", "UPDATE",
                f"OLD.serial IS DISTINCT FROM NEW.serial AND NOT EXISTS ({_RENAMED})",
                "item: a serial is only put right by a correction"),
    ]  # fmt: skip
