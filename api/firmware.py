"""Firmware: what was seen on a store's bridges, devices, docks and docked kit, beside the least the policy asks for.

One rule for the editor: whether kit is ready is the gate's word; here it is only said how a version stands to the
policy in force, by the comparison that the gate uses too.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from inventory.gate.kind_policy import Policy
from inventory.gate.shapes import FIRMWARE, FIRMWARE_STOPS
from inventory.stock.firmware import Stretch
from inventory.stock.kinds import title
from inventory.stock.versions import standing

Word = Literal["ENOUGH", "BELOW", "UNREADABLE", "NOT_ASKED"]
"""How a version stands to the policy; NOT_ASKED where the policy asks for none."""
BEARERS = {"BRIDGE": "Bridge", "DEVICE": "Device", "SERIAL": "Unknown serial"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the policy asks of one version: `minimum` is None where nothing; `not_ready` what follows below it."""

    word: Word
    minimum: str | None = None
    not_ready: bool = False

    @property
    def is_short(self) -> bool:
        """Whether it is below the minimum, or cannot be compared with it."""
        return self.word in ("BELOW", "UNREADABLE")


NOTHING = Asked("NOT_ASKED")


def asked_of_device(policy: Policy, driver: str | None, version: str | None) -> Asked:
    """How the firmware of a device, a dock or a bridge's own software stands to the policy."""
    terms = policy.devices.get(driver or "")
    if terms is None or not version:
        return NOTHING
    return Asked(standing(version, terms.minimum), terms.minimum, terms.not_ready)


def asked_of_item(policy: Policy, kind: str, model: str, version: str) -> Asked:
    """How the firmware of a piece of kit stands to the policy of its kind and model on duty."""
    terms = policy.terms(kind, "OPERATIONAL", model)
    least = terms.numbers.get(FIRMWARE.name) if terms else None
    if terms is None or not isinstance(least, str):
        return NOTHING
    return Asked(standing(version, least), least, terms.numbers.get(FIRMWARE_STOPS.name) is not False)


class FirmwareRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one bearer, from `first_us` to `last_us` (to the hour). `model` is an item's, else the driver.

    `word` is how it stands to `minimum` of the policy in force: ENOUGH, BELOW, UNREADABLE (the two cannot be compared)
    or NOT_ASKED. `not_ready`: the policy holds back what is below. `before` is what it ran before, null where this was
    the first seen; `is_now`: nothing came after.
    """

    bearer: str
    name: str
    item_id: int | None
    bridge_id: int | None
    model: str | None
    version: str
    first_us: int
    last_us: int
    is_now: bool
    before: str | None
    is_downgrade: bool
    minimum: str | None
    word: Word
    not_ready: bool


def judged(stretches: Iterable[Stretch], policy: Policy) -> list[FirmwareRow]:
    """Each version that was seen, with how it stands to the policy in force."""
    return [_row(each, _asked(each, policy)) for each in stretches]


def _asked(said: Stretch, policy: Policy) -> Asked:
    if said.kind is not None and said.model is not None:
        return asked_of_item(policy, said.kind, said.model, said.version)
    return asked_of_device(policy, said.model, said.version) if said.subject != "SERIAL" else NOTHING


def _row(said: Stretch, asked: Asked) -> FirmwareRow:
    return FirmwareRow(
        bearer=title(said.kind) if said.kind else BEARERS[said.subject], name=said.name, item_id=said.item_id,
        bridge_id=said.bridge_id, model=said.model, version=said.version, first_us=said.first_us, last_us=said.last_us,
        is_now=said.is_now, before=said.before, is_downgrade=said.is_downgrade, minimum=asked.minimum, word=asked.word,
        not_ready=asked.not_ready,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OfModel:
    """How many of one model run one version now, first and last seen on any of them."""

    bearer: str
    model: str
    version: str
    number: int
    first_us: int
    last_us: int
    word: Word
    minimum: str | None
    not_ready: bool


def by_model(rows: Iterable[FirmwareRow]) -> list[OfModel]:
    """What runs now, by model and version, the most common version of a model first."""
    running = [row for row in rows if row.is_now]
    counted = Counter((row.bearer, row.model or "", row.version) for row in running)
    found = []
    for (bearer, model, version), number in counted.items():
        alike = [row for row in running if (row.bearer, row.model or "", row.version) == (bearer, model, version)]
        found.append(
            OfModel(
                bearer, model, version, number, min(row.first_us for row in alike), max(row.last_us for row in alike),
                alike[0].word, alike[0].minimum, alike[0].not_ready,
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: (each.bearer, each.model, -each.number, each.version))
