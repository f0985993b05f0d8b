"""Everything that is wrong with the keys and values of a configuration, at once.

One rule for the editor: a fault is told by itself. What only follows from another fault (a port that is missing because
it was written `prot`) is left out, so that every line of the answer is something to mend.

Nothing is known here of what keys mean; a struct says what there may be.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar, get_args, get_origin

import msgspec

from firmware_bridge.toml_lines import line_of

T = TypeVar("T", bound=msgspec.Struct)

Problem = tuple[str, str]
"""Where, as msgspec writes it ("$.station[1].driver"), and why."""


def faults(table: Mapping[str, object], struct: type[msgspec.Struct], place: str = "$") -> Iterator[Problem]:
    """Every key of `table` that `struct` does not have, every value that does not suit, every key that is missing."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(struct)}
    unknown = [key for key in table if key not in fields]
    for key in unknown:
        yield f"{place}.{key}", f"there is no such key here{nearest(key, fields)}"
    for key, field in fields.items():
        if key in table:
            yield from _value_faults(table[key], field.type, f"{place}.{key}")
        elif field.required and not difflib.get_close_matches(key, unknown, 1):
            yield f"{place}.{key}", "is missing, and nothing stands for it"


def sound(table: Mapping[str, object], struct: type[T], found: Iterable[Problem]) -> T | None:
    """`table` without what is at fault, so that the rest can be judged; None if too much is missing then."""
    wrong = {place for place, _ in found}
    whole = {
        f"$.{it.encode_name}" for it in msgspec.structs.fields(struct) if _struct_in(it.type)[0] is not None
    }
    whole |= {f"$.{key}" for key, value in table.items() if isinstance(value, Mapping | list)}
    if wrong & whole:
        return None
    try:
        return msgspec.convert(_without(table, "$", wrong), struct)
    except msgspec.ValidationError:
        return None


def is_told(place: str, found: Iterable[Problem]) -> bool:
    """Whether the table in which `place` stands has a fault already, of which this may only follow."""
    table = place if place.endswith("]") else place.rpartition(".")[0]
    return table != "$" and any(other.startswith(table) for other, _ in found)


def sentences(path: Path, text: str, found: Iterable[Problem]) -> list[str]:
    """Each fault with file, line and key, in the order of the lines."""
    placed = [
        (line_of(text, place), place.removeprefix("$").lstrip(".") or "the file", why) for place, why in found
    ]
    return [
        f"{path} line {line}: `{shown}`: {why}" for line, shown, why in sorted(placed, key=lambda it: it[0])
    ]


def nearest(word: str, known: Iterable[str]) -> str:
    """What may have been meant, and what there is, to be put behind a sentence."""
    words = sorted(known)
    likely = difflib.get_close_matches(word.lower(), words, 1)
    meant = f"; `{likely[0]}` is meant?" if likely else ""
    return f"{meant} (there are {', '.join(words) or 'none'})"


def _value_faults(value: object, kind: object, place: str) -> Iterator[Problem]:
    struct, is_list = _struct_in(kind)
    if struct is not None and is_list:
        yield from _list_faults(value, struct, kind, place)
    elif struct is not None and isinstance(value, Mapping):
        yield from faults(value, struct, place)
    elif struct is not None:
        yield place, f"expected a table, [{place.removeprefix('$.')}]; found {type(value).__name__}"
    else:
        yield from _leaf_faults(value, kind, place)


def _list_faults(value: object, struct: type[msgspec.Struct], kind: object, place: str) -> Iterator[Problem]:
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        name = place.removeprefix("$.")
        yield place, f"expected tables, each under its own [[{name}]] in two brackets"
        return
    found = [it for at, each in enumerate(value) for it in faults(each, struct, f"{place}[{at}]")]
    yield from found or _leaf_faults(value, kind, place)


def _leaf_faults(value: object, kind: object, place: str) -> Iterator[Problem]:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        why, _, inside = str(error).partition(" - at ")
        yield place + inside.strip("`").removeprefix("$"), f"{why}; found {value!r}"[:300]


def _struct_in(kind: object) -> tuple[type[msgspec.Struct] | None, bool]:
    """The struct that a field holds, and whether it holds many."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind, False
    is_list = get_origin(kind) is tuple
    for part in get_args(kind):
        struct, is_inner_list = _struct_in(part)
        if struct is not None:
            return struct, is_list or is_inner_list
    return None, False


def _without(value: object, place: str, wrong: set[str]) -> object:
    if isinstance(value, Mapping):
        return {
            key: _without(each, f"{place}.{key}", wrong)
            for key, each in value.items()
            if f"{place}.{key}" not in wrong
        }
    if isinstance(value, list):
        return [_without(each, f"{place}[{at}]", wrong) for at, each in enumerate(value)]
    return value
