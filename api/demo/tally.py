"""What happened at the hatch while a shift was played, counted from the hatch's own answers, and told to people.

One rule for the editor: what is counted here was said by the service; the script's expectations are only compared.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from inventory.demo import shift
from inventory.demo.shift import Step

Told = dict[str, Any]
WIDTH = 96


def name_of(person: Told | None) -> str:
    """ "PC Hollis 4417", as the hatch calls a person."""
    if person is None:
        return "somebody"
    family = str(person["name"]).rsplit(" ", 1)[-1]
    return " ".join(str(part) for part in (person.get("rank"), family, person.get("collar")) if part)


@dataclass(frozen=True, slots=True)
class Unexpected:
    """A step that was not answered as the script says."""

    step: Step
    outcome: str


@dataclass(slots=True)
class Tally:
    """The counts. `say` is told a line for each visit that ends."""

    say: Callable[[str], None]
    people: int = 0
    scans: int = 0
    items: int = 0
    visits: int = 0
    unknown: int = 0
    issued: set[str] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)
    unexpected: list[Unexpected] = field(default_factory=list)
    _met: set[str] = field(default_factory=set)

    def note(self, step: Step, said: Told | None, person: Told | None) -> None:
        """One step and its answer (None: there was none)."""
        outcome = said["outcome"] if said else "NO ANSWER"
        if outcome != step.expected:
            self.unexpected.append(Unexpected(step, outcome))
        if step.act == shift.CARD and step.ref not in self._met:
            self._met.add(step.ref)
            self.people += 1
        if said and outcome == "REFUSED":
            self._refused(step, said, name_of(person))
        if outcome == "UNKNOWN_CODE":
            self.unknown += 1
            self.say(f"  {name_of(person):24} not known  {step.code}: kept as it was read, nothing guessed")

    def completed(self, visit: Told) -> None:
        """A visit that was countersigned: what was in its set is issued."""
        drawn = [line for line in visit["lines"] if line["word"] == "IN_SET"]
        self.visits += 1
        self.items += sum(line["quantity"] for line in drawn)
        self.issued.update(line["serial"] for line in drawn if line["item_id"])
        kinds: dict[str, int] = {}
        for line in drawn:
            kinds[line["kind_label"]] = kinds.get(line["kind_label"], 0) + line["quantity"]
        said = ", ".join(label if count == 1 else f"{count} × {label}" for label, count in kinds.items())
        self.say(f"  {name_of(visit['person']):24} issued     {said}")

    def summary(self) -> list[str]:
        """The closing lines."""
        lines = [
            f"People at the hatch: {self.people}. Scans: {self.scans}, of which {self.unknown} of something unknown.",
            f"Issued: {self.items} items in {self.visits} visits. Refused: {len(self.refused)}.",
        ]
        if self.refused:
            lines += ["Why refused:", *(f"  {who:24} {why}" for who, why in self.refused)]
        for each in self.unexpected:
            step, instead = each.step, f"{each.outcome}, not {each.step.expected}"
            lines.append(f"  not as the script says: {step.ref} {step.act} {step.code}: {instead}")
        return lines

    def _refused(self, step: Step, said: Told, who: str) -> None:
        why = " ".join(said["sentences"])
        self.refused.append((who, why))
        self.say(f"  {who:24} REFUSED    {step.code}: {why}"[: WIDTH + 60])
