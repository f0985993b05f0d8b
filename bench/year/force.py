"""The demo force in a database of its own, on any day: loaded as the demo loads it, with its policy.

One rule for the editor: nothing here writes custody; the demo's own steps do.
"""

from datetime import date

import sqlalchemy as sa

from inventory.demo.force import DemoForce
from inventory.demo.load import Loading, LoadStep, first_load, later_load
from inventory.gate import policy as policies
from inventory.gate.kind_policy import Policy
from inventory.people.calendar import HOUR_US, day_start_us
from inventory.schema import migrate
from inventory.schema.custody import tx_seal
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.oversight import meta
from inventory.schema.tx import Tx


def morning(day: date) -> int:
    """Five in the morning of a London day: files are read before anybody draws."""
    return day_start_us(day) + 5 * HOUR_US


class Stored:
    """A database marked synthetic with the force in it."""

    def __init__(self, url: str, demo: DemoForce) -> None:
        """`url` names a database that holds the force as it is on its anchor day."""
        self.engine = make_engine(url)
        self.demo = demo
        self.policy: Policy = policies.load(overlay=policies.DEMO)
        self.ids = Ids(writing(self.engine))
        self.brought_to = demo.force.anchor

    @classmethod
    def filled(cls, url: str, demo: DemoForce) -> "Stored":
        """The force, brought into the empty database that `url` names."""
        made = cls(url, demo)
        migrate.upgrade(made.engine)
        made.mark()
        made._take(first_load(demo), made.brought_to)
        return made

    def mark(self) -> None:
        """Say in the database that it is made up, and no force's."""
        with writing(self.engine).begin() as conn:
            conn.execute(sa.insert(meta).values(name="synthetic", value="bench"))

    def bring_to(self, day: date) -> None:
        """Read the files of the days up to this one."""
        if day > self.brought_to:
            self._take(later_load(self.demo, self.brought_to, day), day)
            self.brought_to = day

    def act(self, at_us: int, ids: int) -> "Acting":
        """A write transaction at a moment, sealed and committed at its end."""
        self.ids.reserve(ids)
        return Acting(self, at_us)

    def _take(self, steps: list[LoadStep], day: date) -> None:
        for step in steps:
            with self.act(morning(day), step.ids + 1) as tx:
                step.act(Loading(tx, self.policy))


class Acting:
    """One open write transaction of a `Stored` force."""

    def __init__(self, stored: Stored, at_us: int) -> None:
        """Opened by `with`."""
        self._begun = writing(stored.engine).begin()
        self._ids, self._at_us = stored.ids, at_us
        self._tx: Tx | None = None

    def __enter__(self) -> Tx:
        """The transaction."""
        self._tx = Tx(self._begun.__enter__(), self._ids, self._ids.take(), self._at_us)
        return self._tx

    def __exit__(self, *problem: object) -> None:
        """Seal and commit, or roll back."""
        if problem[0] is None and self._tx is not None:
            self._tx.conn.execute(sa.insert(tx_seal).values(id=self._tx.id, at_us=self._at_us, instance=1))
        self._begun.__exit__(*problem)  # type: ignore[arg-type]
