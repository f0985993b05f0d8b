"""Reads the facts for a batch of asks in a handful of statements, in the transaction that will write on them.

One rule for the editor: everything is read here and nothing is judged. A fact is read for the whole batch at once,
and every ask sees the same moment.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from inventory.gate.ask import Ask
from inventory.gate.facts import (
    Attested,
    Authority,
    Facts,
    Held,
    IssuerFacts,
    PersonFacts,
    Restriction,
    StoreFacts,
    Suspension,
)
from inventory.gate.kind_policy import Policy
from inventory.gate.override_facts import IN_FORCE, overrides_of
from inventory.people.calendar import local_day
from inventory.people.standing import Standing, standing_steps
from inventory.schema.custody import custody
from inventory.schema.fast import Fast, Row, among
from inventory.schema.people import capability_grant, person, store, training_feed
from inventory.schema.steps import Steps, abreast, nothing, once, read
from inventory.schema.stock import item, lot, lot_balance
from inventory.stock.item_facts import item_steps, lot_steps
from inventory.stock.kept import KeptRead, kept_steps, with_kept
from inventory.stock.kit_facts import ItemFacts, LotFacts

_PEOPLE = Fast(
    sa.select(person.c.id, person.c.same_as, person.c.frontline, person.c.left_on).where(
        among(person.c.id, "ids")
    )
)
_HELD_COLUMNS = (item.c.id, item.c.kind, item.c.model, item.c.variant, custody.c.purpose)
_HOLDING = Fast(
    sa.select(custody.c.person_id, *_HELD_COLUMNS)
    .select_from(custody.join(item, item.c.id == custody.c.item_id))
    .where(
        among(custody.c.person_id, "ids"), custody.c.person_id.is_not(None), custody.c.closed_entry.is_(None)
    )
)
_LOTS_HELD = Fast(
    sa.select(lot_balance.c.holder_id, lot.c.kind, sa.func.sum(lot_balance.c.quantity))
    .select_from(lot.join(lot_balance, lot_balance.c.lot_id == lot.c.id))
    .where(lot_balance.c.holder == sa.literal_column("'PERSON'"), among(lot_balance.c.holder_id, "ids"))
    .group_by(lot_balance.c.holder_id, lot.c.kind)
)
_TEXT: sa.ColumnElement[Any] = sa.cast(sa.null(), sa.Text)
_NUMBER: sa.ColumnElement[Any] = sa.cast(sa.null(), sa.BigInteger)
_NOW: sa.BindParameter[int] = sa.bindparam("now_us", type_=sa.BigInteger)
_MOMENT = Fast(
    # One statement for three small tables: what each row is, an id, a text, two numbers.
    sa.union_all(
        sa.select(
            sa.literal_column("'ISSUER'"),
            capability_grant.c.person_id,
            _TEXT,
            capability_grant.c.store_id,
            _NUMBER,
        ).where(
            among(capability_grant.c.person_id, "issuers"),
            capability_grant.c.capability == sa.literal_column("'ISSUER'"),
            capability_grant.c.from_us <= _NOW,
            sa.or_(capability_grant.c.to_us.is_(None), capability_grant.c.to_us > _NOW),
        ),
        sa.select(
            sa.literal_column("'STORE'"), store.c.id, store.c.name, store.c.opened_us, store.c.closed_us
        ).where(among(store.c.id, "stores")),
        sa.select(
            sa.literal_column("'FEED'"),
            _NUMBER,
            training_feed.c.source,
            training_feed.c.last_good_us,
            _NUMBER,
        ),
    )
)
"""Who of the issuers may issue now and where, the stores, and when each training feed last came in."""

CARRIED_BY_LOT = frozenset({"SBG"})
"""Kinds that people hold by number rather than by serial."""


@dataclass(frozen=True, slots=True)
class _Read:
    """What the batch's statements gave, by id."""

    people: Mapping[int, PersonFacts]
    roots: Mapping[int, int]
    items: Mapping[int, ItemFacts]
    lots: Mapping[tuple[int, int, int], LotFacts]
    issuers: frozenset[tuple[int, int | None]]
    stores: Mapping[int, StoreFacts]
    feed_us: int | None
    overrides: Sequence[Row]
    kept: KeptRead


def gather(conn: sa.Connection, asks: Sequence[Ask], policy: Policy, now_us: int) -> list[Facts]:
    """The facts for each ask, in the same order, read through `conn` as they stand at `now_us`."""
    return read(conn, _gathering(asks, policy, now_us)) if asks else []


def _gathering(asks: Sequence[Ask], policy: Policy, now_us: int) -> Steps[list[Facts]]:
    drawing = list({ask.person_id for ask in asks})
    issuers = list({ask.by_person_id for ask in asks if ask.by_person_id is not None})
    moment: dict[str, Any] = {
        "issuers": issuers, "stores": list({ask.store_id for ask in asks}), "now_us": now_us,
    }  # fmt: skip
    wanted = list({each for ask in asks for each in ask.item_ids})
    until_us = max([now_us, *(ask.planned_return_us or 0 for ask in asks)])
    items, lots, standing, known, holding, small, overridden, kept = yield from abreast(
        item_steps(wanted, fitted_too=True),
        lot_steps([(lot_id, n, ask.store_id) for ask in asks for lot_id, n in ask.lots]),
        standing_steps(drawing, now_us, policy.courses),
        once(_PEOPLE, {"ids": list({*drawing, *issuers})}),
        once(_HOLDING, {"ids": drawing}),
        once(_MOMENT, moment),
        once(IN_FORCE, {"ids": drawing, "now_us": now_us}),
        kept_steps(moment["stores"], wanted, now_us, until_us),
    )
    rows: dict[int, Row] = {row[0]: row for row in known}
    roots = {each: row[1] or each for each, row in rows.items()}
    # What a linked record of the person holds is held by the person.
    owners = {"ids": list({*drawing, *(each for known in standing.values() for each in known.records)})}
    by_lot = any(ask.lots for ask in asks) or any(each.kind in CARRIED_BY_LOT for each in items.values())
    linked = len(owners["ids"]) > len(drawing)
    held_too, lots_held = yield from abreast(
        once(_HOLDING, owners) if linked else nothing(), once(_LOTS_HELD, owners) if by_lot else nothing()
    )
    roots |= {each: known.person_id for known in standing.values() for each in known.records}
    held = _Held(_holding([*holding, *held_too], roots), _lots_held(lots_held, roots))
    people = _people(standing, rows, held)
    found = _Read(
        people, roots, with_kept(items, kept.lines) if kept.lines else items, lots, _issuers(small, rows, now_us),
        _stores(small, now_us), _feed_us(small, policy), overridden, kept,
    )  # fmt: skip
    return [_facts(ask, found, now_us) for ask in asks]


def _facts(ask: Ask, read: _Read, now_us: int) -> Facts:
    item_ids = _with_fitted(ask.item_ids, read.items)
    items = [_as_handed_in(read.items[each], ask) for each in item_ids if each in read.items]
    kept = [each for each in read.kept.lines if each.kind is not None and each.store_id == ask.store_id]
    return Facts(
        ask=ask,
        now_us=now_us,
        today=local_day(now_us),
        person=read.people.get(ask.person_id),
        items=tuple(items),
        lots=tuple(
            read.lots[lot_id, n, ask.store_id]
            for lot_id, n in ask.lots
            if (lot_id, n, ask.store_id) in read.lots
        ),
        store=read.stores.get(ask.store_id),
        issuer=_issuer(ask, read),
        feed_us=read.feed_us,
        unknown_items=tuple(each for each in item_ids if each not in read.items),
        unknown_lots=tuple(lot_id for lot_id, n in ask.lots if (lot_id, n, ask.store_id) not in read.lots),
        overrides=overrides_of(ask, read.overrides, read.roots) if read.overrides else (),
        kept=tuple(kept) if ask.purpose == "OPERATIONAL" else (),
        left=_left(ask, read, item_ids) if kept else {},
    )


def _as_handed_in(kit: ItemFacts, ask: Ask) -> ItemFacts:
    """An item as it is once the officer who hands over has handed it in."""
    if ask.handed_by is None or (kit.holder, kit.holder_id) != ("PERSON", ask.handed_by):
        return kit
    return replace(kit, holder="STORE", holder_id=ask.store_id)


def _left(ask: Ask, read: _Read, item_ids: Sequence[int]) -> dict[tuple[str, str], int]:
    """What of each kind and model is in the store, and what is handed in for this ask."""
    left = Counter(
        {
            (kind, model): count
            for (store_id, pool, kind, model), count in read.kept.left.items()
            if (store_id, pool) == (ask.store_id, ask.purpose)
        }
    )
    handed = [read.items[each] for each in item_ids if each in read.items]
    left.update(
        (each.kind, each.model)
        for each in handed
        if ask.handed_by is not None and (each.holder, each.holder_id) == ("PERSON", ask.handed_by)
    )
    return dict(left)


def _with_fitted(ids: Sequence[int], items: Mapping[int, ItemFacts]) -> list[int]:
    """What was asked for, each once, and what is loaded in it: issuing a magazine issues its cartridges."""
    waiting, found = list(ids), dict.fromkeys(ids)
    while waiting:
        each = items.get(waiting.pop())
        inside = [child for child in (each.fitted if each else ()) if child not in found]
        found |= dict.fromkeys(inside)
        waiting += inside
    return list(found)


def _issuer(ask: Ask, read: _Read) -> IssuerFacts | None:
    by = ask.by_person_id
    if by is None or by not in read.roots:
        return None
    same = read.roots[by] == read.roots.get(ask.person_id)
    return IssuerFacts(by, bool({(by, None), (by, ask.store_id)} & read.issuers), same)


def _feed_us(small: Sequence[Row], policy: Policy) -> int | None:
    """When training records last came in: of the sources the policy names the oldest, else the newest of all."""
    known: dict[str, int] = {source: at_us for what, _, source, at_us, _ in small if what == "FEED"}
    if policy.feed_sources:
        named = [known.get(source) for source in policy.feed_sources]
        there = [at_us for at_us in named if at_us is not None]
        return min(there) if len(there) == len(named) else None
    return max(known.values(), default=None)


def _stores(small: Sequence[Row], now_us: int) -> dict[int, StoreFacts]:
    return {
        store_id: StoreFacts(
            store_id, name, opened_us <= now_us and (closed_us is None or closed_us > now_us)
        )
        for what, store_id, name, opened_us, closed_us in small
        if what == "STORE"
    }


def _issuers(
    small: Sequence[Row], people: Mapping[int, Row], now_us: int
) -> frozenset[tuple[int, int | None]]:
    """(person, store; None for every store) for who may issue now; a leaver may not."""
    today = local_day(now_us).isoformat()
    return frozenset(
        (who, where)
        for what, who, _, where, _ in small
        if what == "ISSUER" and who in people and (people[who][3] or today) >= today
    )


# ---- people ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Held:
    """What people hold, by the record that counts: items, and pieces of lots by kind."""

    items: Mapping[int, Mapping[int, Held]]
    lots: Mapping[int, Mapping[str, int]]


def _holding(rows: Sequence[Row], roots: Mapping[int, int]) -> dict[int, dict[int, Held]]:
    holding: dict[int, dict[int, Held]] = defaultdict(dict)
    for owner, item_id, *rest in rows:
        holding[roots.get(owner, owner)][item_id] = Held(item_id, *rest)
    return holding


def _lots_held(rows: Sequence[Row], roots: Mapping[int, int]) -> dict[int, dict[str, int]]:
    lots_held: dict[int, dict[str, int]] = defaultdict(dict)
    for owner, kind, quantity in rows:
        there = lots_held[roots.get(owner, owner)]
        there[kind] = there.get(kind, 0) + int(quantity)
    return lots_held


def _people(
    known: Mapping[int, Standing], rows: Mapping[int, Row], held: _Held
) -> dict[int, PersonFacts]:
    return {
        each: _person(
            standing,
            bool(rows[each][2]),
            tuple(held.items.get(standing.person_id, {}).values()),
            held.lots.get(standing.person_id, {}),
        )
        for each, standing in known.items()
        if each in rows
    }


def _person(
    known: Standing, frontline: bool, holding: tuple[Held, ...], lots_held: Mapping[str, int]
) -> PersonFacts:
    return PersonFacts(
        id=known.person_id,
        kind=known.kind,
        name=known.name,
        collar=known.collar,
        leaves_us=known.leaves_us,
        joined_on=known.joined_on,
        frontline=frontline,
        opted_in=known.opted_in,
        training=known.training,
        authorities=tuple(Authority(a.model, a.mode, a.from_us, a.to_us) for a in known.authorisations),
        suspensions=tuple(
            Suspension(stop.from_us, stop.to_us, stop.model, stop.mode)
            for stop in known.stops
            if stop.kind == "SUSPENDED"
        ),
        restrictions=tuple(Restriction(r.kinds_allowed, r.from_us, r.to_us) for r in known.restrictions),
        gates=known.gates,
        holding=holding,
        lots_held=lots_held,
        attested=tuple(Attested(a.model, a.from_us, a.until_us) for a in known.attested),
    )
