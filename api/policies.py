"""The policy in force: the files, and over them the changes that two people approved on the screen.

One rule for the editor: a start with a policy that is not right refuses, be it a file or a stored change; a running
service keeps the last good one and raises an alarm that names the line. Every instance looks for itself, every second,
so that all of them work by the same policy within a heartbeat, and whoever holds kit and may no longer is raised in the
act that takes the new one up.
"""

from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from api.processing import system_line
from inventory.custody.alarms import Raise, raise_alarms
from inventory.custody.lapse import raise_ineligible
from inventory.gate.policy import DEMO, Policy, PolicyError, load
from inventory.gate.policy_changes import Change
from inventory.oversight.policy.changes import approved_by, changes_at
from inventory.schema.oversight import policy_version
from inventory.schema.policies import policy_taken_up
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
        self._approved: tuple[int, ...] = ()
        self.now: Policy = load(self._directory, self._overlay)
        self.trouble: str | None = None

    def _look(self) -> Stamp:
        files = [*self._directory.glob("*.toml")] if self._directory else []
        files += [self._overlay] if self._overlay else []
        seen = [(str(path), path.stat()) for path in sorted(files) if path.exists()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in seen)

    def trial(self, changes: Sequence[Change]) -> Policy:
        """The files with these changes over them, checked whole; nothing comes into force. Raises PolicyError."""
        return load(self._directory, self._overlay, changes)

    def is_due(self, conn: sa.Connection, now_us: int) -> bool:
        """Whether a file was touched, or a change came into force, since the policy was last loaded or refused."""
        return self._look() != self._stamp or approved_by(conn, now_us) != self._approved

    def begin(self, tx: Tx) -> None:
        """Take up what is in force when the service starts. Raises PolicyError where a stored change is not right."""
        self._approved = approved_by(tx.conn, tx.now_us)
        self.now = self.trial(changes_at(tx.conn, tx.now_us))
        keep(tx, self.now)
        _taken_up(tx, self.now)

    def take_up(self, tx: Tx) -> bool:
        """Load all again; True when the new policy is in force, False when the old one stays (and alarms)."""
        self._stamp, self._approved = self._look(), approved_by(tx.conn, tx.now_us)
        try:
            fresh = self.trial(changes_at(tx.conn, tx.now_us))
        except (PolicyError, OSError) as problem:
            self.trouble = str(problem)
            raise_alarms(tx, [Raise("POLICY_REFUSED", f"The changed policy is not used: {problem}")])
            return False
        is_new = fresh.hash != self.now.hash
        keep(tx, fresh)
        _taken_up(tx, fresh)
        if is_new:
            about = raise_ineligible(tx, fresh)
            tx.record([system_line("clock/policy", "ALTERATION", about)])
        self.now, self.trouble = fresh, None
        return True


def _taken_up(tx: Tx, policy: Policy) -> None:
    """Write down that this instance works by `policy` from now on, where it did not before."""
    mine = policy_taken_up.c.instance == tx.instance
    newest = sa.select(policy_taken_up.c.hash).where(mine).order_by(
        policy_taken_up.c.at_us.desc(), policy_taken_up.c.id.desc()
    )  # fmt: skip
    if tx.conn.execute(newest.limit(1)).scalar() == policy.hash:
        return
    row = {"id": tx.ids.take(), "at_us": tx.now_us, "instance": tx.instance, "hash": policy.hash}
    tx.conn.execute(sa.insert(policy_taken_up).values(row | {"version": policy.version}))


def keep(tx: Tx, policy: Policy) -> None:
    """Keep the text of a policy under its hash, so that every decision's policy can be read for ever."""
    if tx.conn.dialect.name == "postgresql":  # instances that start together all have the same one to keep
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
    known = tx.conn.execute(sa.select(policy_version.c.hash).where(policy_version.c.hash == policy.hash)).first()
    if known is None:
        row = {"hash": policy.hash, "loaded_us": tx.now_us, "body": policy.body}
        tx.conn.execute(sa.insert(policy_version).values(row))
