"""The policy in force: loaded and checked at the start, looked at again while the service runs.

One rule for the editor: a first start with a policy that is not right refuses; a running service keeps the last
good one and raises an alarm that names the line.
"""

from pathlib import Path

import sqlalchemy as sa

from inventory.custody.alarms import Raise, raise_alarms
from inventory.gate.policy import DEMO, Policy, PolicyError, load
from inventory.schema.oversight import policy_version
from inventory.schema.tx import Tx

LOCK = 0x6B69740F
Stamp = tuple[tuple[str, int, int], ...]


class PolicyShelf:
    """Holds the one policy that every act of this process is given (`now`)."""

    def __init__(self, directory: str | None, overlay: str | None) -> None:
        """Load the policy in `directory` (ours where None) under `overlay` ("demo", or a file). Raises PolicyError."""
        self._directory = Path(directory) if directory else None
        self._overlay = DEMO if overlay == "demo" else Path(overlay) if overlay else None
        self._stamp = self._look()
        self.now: Policy = load(self._directory, self._overlay)
        self.trouble: str | None = None

    def _look(self) -> Stamp:
        files = [*self._directory.glob("*.toml")] if self._directory else []
        files += [self._overlay] if self._overlay else []
        seen = [(str(path), path.stat()) for path in sorted(files) if path.exists()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in seen)

    def has_changed(self) -> bool:
        """Whether a policy file was touched since it was last loaded or refused."""
        return self._look() != self._stamp

    def take_up(self, tx: Tx) -> bool:
        """Load the files again; True when the new policy is in force, False when the old one stays (and alarms)."""
        self._stamp = self._look()
        try:
            fresh = load(self._directory, self._overlay)
        except (PolicyError, OSError) as problem:
            self.trouble = str(problem)
            raise_alarms(tx, [Raise("POLICY_REFUSED", f"The changed policy is not used: {problem}")])
            return False
        self.now, self.trouble = fresh, None
        keep(tx, fresh)
        return True


def keep(tx: Tx, policy: Policy) -> None:
    """Keep the text of a policy under its hash, so that every decision's policy can be read for ever."""
    if tx.conn.dialect.name == "postgresql":  # instances that start together all have the same one to keep
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = tx.conn.execute(sa.select(policy_version.c.hash).where(policy_version.c.hash == policy.hash)).first()
    if known is None:
        row = {"hash": policy.hash, "loaded_us": tx.now_us, "body": policy.body}
        tx.conn.execute(sa.insert(policy_version).values(row))
