"""One promise that the database keeps by itself: what `schema.triggers` makes for both databases.

One rule for the editor: the condition is SQL that both databases read, and never asks the time.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger: its table, when it fires, the condition that makes it refuse, and the words it refuses with."""

    name: str
    table: str
    event: str
    refuse_when: str
    message: str
    level: str = "ROW"
