"""Carrying the demo force forward to a later day, through ordinary imports and never by editing rows.

One rule for the editor: advancing in one step or in many ends in the same force. So each step needs to know
only the day the force was last brought to.
"""

from datetime import date

from inventory.demo.force import DemoForce, Files, later_files


def advance(demo: DemoForce, brought_to: date, today: date) -> Files | None:
    """The files of the days after `brought_to` up to `today`: refreshers taken and failed, permissions granted
    anew, suspensions and limited duties begun and ended, cartridges replaced, checks and dockings done.

    None where there is nothing to do, because the force is at `today` already. Raises ValueError for a
    `brought_to` before the anchor day.
    """
    if brought_to < demo.force.anchor:
        raise ValueError(f"brought_to: expected {demo.force.anchor} or later, got {brought_to}")
    return later_files(demo, brought_to, today) if today > brought_to else None
