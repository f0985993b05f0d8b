"""What an examination finds: one line each, and for what is not well what to do.

One rule for the editor: a sentence that is wrong without its remedy is half a finding.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at: whether it is well, and what was found."""

    what: str
    well: bool
    found: str


def fine(what: str, found: str) -> Finding:
    """It is well."""
    return Finding(what, well=True, found=found)


def wrong(what: str, found: str, mend: str = "") -> Finding:
    """It is not well, and `mend` is what to do, where `found` does not say so itself."""
    return Finding(what, well=False, found=f"{found}; {mend}" if mend else found)
