"""Changes of policy that were approved on the screen, laid over the files: one number or word each, never a file.

One rule for the editor: a change passes the very checks that a file passes, in the same code, with everything else that
is in force beside it. What it may name is what the files set already: nothing new, no origin, no list of tables.

The files and their overlay stay the base (house decision 7); changes in force come over them in the order in which they
came into force, and a later one of the same key takes the place of an earlier.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inventory.gate.kind_policy import Policy
from inventory.gate.policy_check import Source
from inventory.gate.policy_error import PolicyError

WORDS_OF_A_TABLE = ("origin", "source", "kinds", "changes")
"""What stands beside a number and is not changed by itself."""
NOT_A_NUMBER = ("rules", "curricula")
"""Tables of a file that are gone through elsewhere, or are national content."""
BACK = None
"""The value of a change that ends earlier ones: again as the files say."""


@dataclass(frozen=True, slots=True)
class Change:
    """One approved change: `family` is the file's stem, `key` dotted within it, `value` as JSON has it or `BACK`."""

    id: int
    family: str
    key: str
    value: Any
    document: str


@dataclass(frozen=True, slots=True)
class Term:
    """One number or word of the policy that may be changed: where it stands, what it is now, and whose it is."""

    family: str
    key: str
    value: Any
    origin: str
    source: str


def in_force(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Those that say something, of changes in the order in which they came into force."""
    standing: dict[tuple[str, str], Change] = {}
    for change in changes:
        standing.pop((change.family, change.key), None)
        if change.value is not BACK:
            standing[change.family, change.key] = change
    return tuple(standing.values())


def laid_over(source: Source, changes: Sequence[Change]) -> Source:
    """`source` with its part of the changes over it; a fault is then told with the number of the change."""
    for change in changes:
        if change.family == source.name:
            source = _with(source, change)
    return source


def check_families(sources: Iterable[str], changes: Sequence[Change]) -> None:
    """Raise PolicyError for a change of a file that is not there."""
    known = set(sources)
    for change in changes:
        if change.family not in known:
            raise PolicyError(named(change), 1, change.family, "a policy file that is there")


def named(change: Change) -> str:
    """How a change is called where a file's name would stand."""
    return f"policy change {change.id}"


def _with(source: Source, change: Change) -> Source:
    path = change.key.split(".")
    part = _nested(path, change.value)
    data = _put(source.data, path, change)
    over = Source("changes", named(change), "", {source.name: part}, source.over)
    return Source(source.name, source.file, source.text, data, over)


def _nested(path: Sequence[str], value: Any) -> dict[str, Any]:
    nested: Any = value
    for name in reversed(path):
        nested = {name: nested}
    return dict(nested)


def _put(table: Mapping[str, Any], path: Sequence[str], change: Change) -> dict[str, Any]:
    """A copy of `table` with the value at `path`; the innermost table with a source cites the change too."""
    name, *rest = path
    put = dict(table)
    if not rest:
        put[name] = change.value
    else:
        under = put.get(name)
        if not isinstance(under, dict):
            raise PolicyError(named(change), 1, f"{change.family}.{change.key}", "something that the files set")
        put[name] = _put(under, rest, change)
    below = put[name]
    if isinstance(put.get("source"), str) and not (rest and isinstance(below, dict) and "source" in below):
        put["source"] = f"{put['source']}; {change.document} ({named(change)})"
    return put


# ---- what may be changed --------------------------------------------------------------------------------


def terms(policy: Policy) -> list[Term]:
    """Every number and word of `policy` that may be changed, in the order of the files."""
    return terms_in(policy.body)


def terms_in(body: str) -> list[Term]:
    """As `terms`, of a policy's text as it is kept."""
    whole: dict[str, Any] = json.loads(body)
    found = []
    for family, data in sorted(whole.items()):
        found += [Term(family, f"rules.{code}", weight, "", "") for code, weight in data.get("rules", {}).items()]
        found += _terms(family, "", data, ("", ""))
    return found


def _terms(family: str, prefix: str, table: Mapping[str, Any], said: tuple[str, str]) -> list[Term]:
    if isinstance(table.get("source"), str):
        said = (str(table.get("origin", "")), table["source"])
    found = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if key in NOT_A_NUMBER or name in WORDS_OF_A_TABLE:
            continue
        if isinstance(value, dict):
            found += _terms(family, f"{key}.", value, said)
        elif said[1] and _is_plain(value):
            found.append(Term(family, key, value, *said))
    return found


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | int | bool) or (
        isinstance(value, list) and all(isinstance(each, str) for each in value)
    )


def term_of(policy: Policy, family: str, key: str) -> Term | None:
    """The term at `key`, also of a model that has no value of its own yet; None where there is none."""
    known = {(each.family, each.key): each for each in terms(policy)}
    found = known.get((family, key))
    whole, _, model = key.rpartition(".")
    if found is None and key.startswith("numbers.") and whole.endswith(".value") and model:
        of_others = (each for each in known.values() if each.family == family and each.key.startswith(f"{whole}."))
        beside = next(of_others, None)
        found = beside and Term(family, key, None, beside.origin, beside.source)
    return found


# ---- what no change may do ----------------------------------------------------------------------------------


def check_not_lengthened(base: Policy, changed: Policy, change: Change) -> None:
    """A qualification whose length is law or national is never made to last longer than the files say.

    Raises PolicyError. (Numbers with a national bound are held to it by their own check, as in a file.)
    """
    whole: dict[str, Any] = json.loads(base.body)
    tables: Mapping[str, Any] = next((data["courses"] for data in whole.values() if "courses" in data), {})
    for name, table in tables.items():
        before, after = _months(base, name), _months(changed, name)
        if table.get("origin") in ("LAW", "N") and before is not None and (after is None or after > before):
            raise PolicyError(
                named(change), 1, f"{change.family}.{change.key}",
                f"{before} months or less with any grace; it may be shortened, never lengthened",
            )  # fmt: skip


def _months(policy: Policy, name: str) -> int | None:
    rule = policy.courses[name]
    return None if rule.months is None else rule.months + rule.grace_months
