"""What the service does by itself about people: permissions that end with a role's move, reminders, and their mail.

One rule for the editor: as for every job of the clock (`api.clock`), several instances may run these at once, and
nobody is told anything twice.
"""

import sqlalchemy as sa

from api.context import Service
from api.mail import send
from api.processing import system_line
from inventory.custody.carrying.moves import look_after, to_end
from inventory.people.due import Due
from inventory.people.due_reading import people_due
from inventory.people.reminders import any_to_mail, claim, claimed, mailed, say, to_say
from inventory.schema.tx import Tx

LOCK = 0x6B697424


class Reminding:
    """The jobs of one instance: what it has taken up for the mail is in its hands alone."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._due: list[Due] = []
        self._claimed: tuple[int, list[int]] = (0, [])
        self._sent: dict[int, str | None] = {}
        self._written_to: list[int] = []

    def any_moved(self, conn: sa.Connection) -> bool:
        """Whether a role moved so that a permission to carry ends."""
        return bool(to_end(conn, self._service.policies.now.authority, self._service.now_us))

    def end_moved(self, tx: Tx) -> None:
        """End it, and look at what they hold."""
        _one_at_a_time(tx)
        policy = self._service.policies.now
        about = {each.person_id for each in to_end(tx.conn, policy.authority, tx.now_us)}
        look_after(tx, policy, about)
        tx.record([system_line("clock/role-moves", "ALTERATION", sorted(about))])

    def any_to_say(self, conn: sa.Connection) -> bool:
        """Whether somebody is to be reminded of something; worked out here, where nobody waits for it."""
        self._due = self._to_say(conn)
        return bool(self._due)

    def _to_say(self, conn: sa.Connection) -> list[Due]:
        policy = self._service.policies.now
        terms = policy.authority
        due = [one for each in people_due(conn, policy.courses, self._service.now_us) for one in each.due]
        return to_say(conn, due, terms.bands, terms.not_reminded)

    def say(self, tx: Tx) -> None:
        """Write the reminders down, but those that another instance wrote meanwhile."""
        _one_at_a_time(tx)
        terms = self._service.policies.now.authority
        still = to_say(tx.conn, self._due, terms.bands, terms.not_reminded)
        tx.record([system_line("clock/reminders", "ALTERATION", say(tx, still, terms.bands))])

    def any_mail(self, conn: sa.Connection) -> bool:
        """Hand over what this instance took up; whether anything was, or is to be taken up."""
        mail = self._service.settings.mail
        if mail is None:
            return False
        claimed_us, ids = self._claimed
        letters = claimed(conn, ids, claimed_us) if ids else []
        self._claimed = (0, [])
        if letters:
            self._sent |= send(mail, letters, lambda: self._service.now_us)
            self._written_to = sorted({of.person_id for of, _ in letters})
        return bool(self._sent) or any_to_mail(conn, self._service.now_us)

    def mail(self, tx: Tx) -> None:
        """Write down what became of the letters, and take the next ones up."""
        mailed(tx, self._sent)
        self._claimed = (tx.now_us, claim(tx))
        if self._sent:
            tx.record([system_line("clock/mail", "DISCLOSURE", self._written_to)])
            self._sent, self._written_to = {}, []


def _one_at_a_time(tx: Tx) -> None:
    if tx.conn.dialect.name == "postgresql":
        tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
