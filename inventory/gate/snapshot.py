"""The facts a decision was made on, as compact JSON: kept with it, and enough to make it again.

One rule for the editor: a value goes in because a rule read it. No name, no sentence, nothing about why a person is
limited; ids, dates, times in UTC microseconds, words.
"""

import json
from typing import Any

from inventory.gate.facts import Facts, PersonFacts
from inventory.stock.kit_facts import BayFacts, ItemFacts, Kept, LotFacts, VendorFacts


def snapshot(facts: Facts) -> str:
    """`facts` as compact JSON; what was not known is absent."""
    ask = facts.ask
    known = {
        "now": facts.now_us,
        "stage": ask.stage,
        "return": ask.planned_return_us,
        "feed": facts.feed_us,
        "issuer": [facts.issuer.id, facts.issuer.may_issue] if facts.issuer else None,
        "proof": ask.authenticated_by,
        "mode": ask.mode,
        "handed_by": ask.handed_by,
        "fit": ask.fit_declared,
        "tested": sorted(ask.function_tests),
        "charges": ask.charges,
        "store_open": facts.store.open if facts.store else None,
        "person": _person(facts.person) if facts.person else None,
        "items": [_item(item) for item in facts.items],
        "lots": [_lot(lot) for lot in facts.lots],
        "unknown": [*facts.unknown_items, *facts.unknown_lots],
        "overrides": [
            [each.id, each.code, each.item_id, each.by_person_id, each.capability, each.until_us]
            for each in facts.overrides
        ],
        "kept": [_kept(each) for each in facts.kept],
        "left": [[*key, count] for key, count in facts.left.items()] if facts.kept else None,
    }
    return json.dumps(_without_blanks(known), separators=(",", ":"))


def _without_blanks(known: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in known.items() if value is not None and value != [] and value != ()}


def _person(person: PersonFacts) -> dict[str, Any]:
    return _without_blanks(
        {
            "id": person.id,
            "kind": person.kind,
            "joined": person.joined_on.isoformat() if person.joined_on else None,
            "leaves": person.leaves_us,
            "frontline": person.frontline,
            "opted_in": person.opted_in,
            "training": [
                [course, model, held.last_pass_on.isoformat(), held.valid_until_us, held.ended_by.value]
                for (course, model), held in person.training.items()
            ],
            "authorities": [[a.model, a.mode, a.from_us, a.to_us] for a in person.authorities],
            "suspensions": [[s.model, s.mode, s.from_us, s.to_us] for s in person.suspensions or ()],
            "restrictions": [
                [sorted(r.kinds_allowed), r.from_us, r.to_us] for r in person.restrictions or ()
            ],
            "gates": [[gate, met_on.isoformat()] for gate, met_on in person.gates.items()],
            "holding": [[held.item_id, held.kind, held.model, held.purpose] for held in person.holding or ()],
            "lots_held": [list(row) for row in person.lots_held.items()],
            "attested": [[each.model, each.from_us, each.until_us] for each in person.attested],
        }
    )


def _item(item: ItemFacts) -> dict[str, Any]:
    return _without_blanks(
        {
            "id": item.id,
            "kind": item.kind,
            "model": item.model,
            "variant": item.variant,
            "pool": item.pool,
            "purpose": item.purpose,
            "at": [item.holder, item.holder_id] if item.holder else None,
            "holds": sorted(item.holds) if item.holds else None,
            "expires": item.expires_on.isoformat() if item.expires_on else None,
            "in_service": item.in_service_on.isoformat() if item.in_service_on else None,
            "full_check": [item.full_check.at_us, item.full_check.passed] if item.full_check else None,
            "docked": item.docked_us,
            "fitted": item.fitted,
            "fitted_in": item.fitted_in,
            "personal_to": item.personal_to,
            "bay": _bay(item.bay) if item.bay else None,
            "vendor": _vendor(item.vendor) if item.vendor else None,
            "kept": [_kept(each) for each in item.kept],
        }
    )


def _kept(kept: Kept) -> list[Any]:
    return [kept.reservation_id, kept.from_us, kept.to_us, sorted(kept.people), kept.kind, kept.model, kept.pieces]


def _bay(bay: BayFacts) -> dict[str, Any]:
    return _without_blanks(
        {
            "store": bay.store_id,
            "present": bay.present,
            "observed": bay.observed_us,
            "charge": bay.charge_percent,
            "files": bay.files_pending,
            "free_mb": bay.free_mb,
            "firmware": bay.firmware,
            "clock_ms": bay.clock_offset_ms,
            "fault": bay.fault,
            "dock_driver": bay.dock_driver,
            "dock_firmware": bay.dock_firmware,
        }
    )


def _vendor(vendor: VendorFacts) -> dict[str, Any]:
    return _without_blanks(
        {
            "charge": vendor.charge_percent,
            "charge_at": vendor.charge_us or None,
            "firmware": vendor.firmware,
            "firmware_at": vendor.firmware_us or None,
        }
    )


def _lot(lot: LotFacts) -> dict[str, Any]:
    return _without_blanks(
        {
            "id": lot.id,
            "kind": lot.kind,
            "model": lot.model,
            "quantity": lot.quantity,
            "balance": lot.balance,
            "holds": sorted(lot.holds) if lot.holds else None,
            "expires": lot.expires_on.isoformat() if lot.expires_on else None,
        }
    )
