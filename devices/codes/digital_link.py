"""GS1 Digital Link: a GS1 key inside a web address, in an ordinary QR code or Data Matrix.

    https://id.gs1.org/01/09506000134352/21/32a%2Fb?17=261231
            anything   key and its qualifiers        attributes

One rule for the editor: the address is text to read, never a place to go; nothing here opens it. The scheme
may be in capitals (a dense QR code is). Source: GS1 Digital Link standard, URI syntax 1.4.
"""

import re
from itertools import combinations

from devices.codes.gs1 import Elements, check_together, check_value
from devices.codes.gs1_table import RULES
from devices.codes.problem import Problem

_QUALIFIERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "00": ((),), "01": (("22", "10", "21"), ("235",)), "253": ((),), "255": ((),), "401": ((),),
    "402": ((),), "414": (("254",), ("7040",)), "415": (("8020",),), "417": (("7040",),), "8003": ((),),
    "8004": (("7040",),), "8006": (("22", "10", "21"),), "8010": (("8011",),), "8013": ((),),
    "8017": (("8019",),), "8018": (("8019",),),
}  # fmt: skip
"""Each primary key and the qualifiers that may follow it in the path, in this order; any may be left out."""

_PATHS = frozenset(
    (key, *chosen)
    for key, orders in _QUALIFIERS.items()
    for order in orders
    for count in range(len(order) + 1)
    for chosen in combinations(order, count)
)

_NOT_ATTRIBUTES = {
    "03", "21", "22", "235", "254", "7040", "7041", "8011", "8014", "8019", "8020",
    "8040", "8041", "8042", "8043", "8200",
}  # fmt: skip
"""Identifiers that may not stand in the query."""

_ADDRESS = re.compile(r"(?:https?|HTTPS?)://([^/]+)(/[^?#]*)(?:\?([^#]*))?(?:#.*)?")
_URI_CHARACTERS = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*")
_DOMAIN = re.compile(r"[A-Za-z0-9\-.:\[\]]+")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")

NO_KEY = "DL_NO_KEY"
"""The code of a Problem that says: a web address, but not a Digital Link."""


def looks_like_address(text: str) -> bool:
    """Whether `text` begins as a web address does."""
    return text[:8].lower().startswith(("http://", "https://"))


def parse(text: str) -> Elements | Problem:
    """The elements in the address `text`, key first, then qualifiers and attributes; or what is wrong."""
    if _URI_CHARACTERS.fullmatch(text) is None:
        return Problem("DL_CHARACTER", "The address holds a character that no web address may hold.")
    address = _ADDRESS.fullmatch(text)
    if address is None or _DOMAIN.fullmatch(address[1]) is None:
        return Problem(NO_KEY, "This is no web address with a GS1 key in its path.")
    path = _path_elements(address[2])
    if isinstance(path, Problem):
        return path
    query = _query_elements(address[3] or "", tuple(ai for ai, _ in path))
    if isinstance(query, Problem):
        return query
    return _checked(path + query)


def write(elements: Elements, stem: str = "https://id.gs1.org") -> str:
    """The address of `elements` (key, qualifiers, attributes, in that order) under `stem`."""
    names: tuple[str, ...] = ()
    path, query = "", ""
    for ai, value in elements:
        if not query and (*names, ai) in _PATHS:
            names = (*names, ai)
            path += f"/{ai}/{_escape(value)}"
        else:
            query += f"{'&' if query else '?'}{ai}={_escape(value)}"
    return stem + path + query


def _path_elements(path: str) -> Elements | Problem:
    """The key and qualifiers at the end of the path: the last /key/... that the standard allows."""
    segments = path[1:].split("/")
    for start in range(len(segments) - 2, -1, -2):
        ai = segments[start]
        if ai not in RULES:
            break
        if ai in _QUALIFIERS:
            pairs = segments[start:]
            names = tuple(pairs[0::2])
            if names not in _PATHS:
                return Problem("DL_PATH", f"The path may not hold {'/'.join(names)} in this order.")
            return tuple(zip(names, map(_unescape, pairs[1::2]), strict=True))
    return Problem(NO_KEY, "The path of this address ends in no GS1 key.")


def _query_elements(query: str, path: tuple[str, ...]) -> Elements | Problem:
    elements = []
    for parameter in query.split("&"):
        name, equals, value = parameter.partition("=")
        if not equals or not name.isdigit():
            continue  # other software's parameters are no business of ours
        if name not in RULES:
            return Problem("GS1_UNKNOWN_AI", f"No application identifier is called {name[:8]}.")
        if name in _NOT_ATTRIBUTES or name in path or _belongs_in(path, name):
            return Problem("DL_ATTRIBUTE", f"AI ({name}) may not stand in the query of a Digital Link.")
        elements.append((name, _unescape(value.replace("+", " "))))
    names = [name for name, _ in elements]
    if len(set(names)) < len(names):
        return Problem("GS1_REPEATED", "The query names one application identifier twice.")
    return tuple(elements)


def _belongs_in(path: tuple[str, ...], name: str) -> bool:
    """Whether `name` would be a qualifier somewhere in `path`, where the standard wants it."""
    return any((*path[:at], name, *path[at:]) in _PATHS for at in range(1, len(path) + 1))


def _checked(elements: Elements) -> Elements | Problem:
    for ai, value in elements:
        problem = check_value(RULES[ai], value)
        if problem is not None:
            return problem
    return check_together(elements)


def _unescape(value: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)


def _escape(value: str) -> str:
    return "".join(c if c.isalnum() or c in "-._~" else f"%{ord(c):02X}" for c in value)
