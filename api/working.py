"""How far long pieces of work are, for whoever waits for one and named it with a ticket of their own.

One rule for the editor: nothing here is a record. What is forgotten when the service stops was only ever for the eye.
"""

from inventory.people.imports.run import Progress

KEPT_MAX = 200


class Working:
    """What is under way at this instance, by ticket."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[int, int]] = {}

    def teller(self, ticket: str) -> Progress:
        """What work calls as it goes on; without a ticket nobody is told."""

        def tell(done: int, total: int) -> None:
            if ticket and (ticket in self._told or len(self._told) < KEPT_MAX):
                self._told[ticket] = (done, total)

        return tell

    def of(self, ticket: str) -> tuple[int, int]:
        """(done, in all) of a ticket's work; noughts where nothing is under way."""
        return self._told.get(ticket, (0, 0))

    def end(self, ticket: str) -> None:
        """The work is over."""
        self._told.pop(ticket, None)
