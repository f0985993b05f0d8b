"""The registers that are there when the system is down: made again and again into a folder of each store.

One rule for the editor: a file is whole or not there. Files of ours alone are ever deleted, and never the newest.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from api.later import Later
from api.settings import Paper
from inventory.custody.alarms import Lasting, Raise
from inventory.custody.paper.register import Register, register_of
from inventory.gate.kind_policy import Policy
from inventory.gate.paper_terms import PaperTerms
from inventory.people.calendar import moment_said
from inventory.schema.fast import Fast
from inventory.schema.people import store

REGISTER_PDF = Later("api.paper_pdf:register_pdf")
TOO_OLD = "PAPER_TOO_OLD"
_STORES = Fast(sa.select(store.c.code, store.c.id, store.c.name).where(store.c.closed_us.is_(None)))


class NoFolder(ValueError):
    """A store's folder cannot be written; the message names it and says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The register of a store that lies in its folder: when it was made (None: there is none)."""

    store_id: int
    store_name: str
    folder: str
    made_us: int | None


def kept(conn: sa.Connection, paper: Paper) -> list[Kept]:
    """What lies in the folder of each store that has one. A code that no open store has is left out."""
    known = {code: (store_id, name) for code, store_id, name in _STORES.rows(conn)}
    return [
        Kept(*known[code], folder, _newest(Path(folder), code))
        for code, folder in sorted(paper.folders.items())
        if code in known
    ]


def _files(folder: Path, code: str) -> list[Path]:
    """Our files in a folder, the oldest first: their names sort by when they were made."""
    ours = re.compile(rf"{re.escape(code)}-\d{{8}}-\d{{4}}-(\d+)\.pdf")
    try:
        found = [(int(match[1]), each) for each in folder.iterdir() if (match := ours.fullmatch(each.name))]
    except OSError:
        return []
    return [each for _, each in sorted(found)]


def _newest(folder: Path, code: str) -> int | None:
    files = _files(folder, code)
    return int(files[-1].stem.rpartition("-")[2]) * 1_000_000 if files else None


def keep_copy(folder: Path, register: Register, keep: int) -> Path:
    """Put a register into its folder, and delete ours that are more than `keep` registers old. Raises NoFolder."""
    name = f"{register.number}-{register.made_us // 1_000_000}.pdf"
    _open(folder)
    try:
        partial = folder / f".{name}.partial"
        partial.write_bytes(REGISTER_PDF()(register))
        path = partial.replace(folder / name)
        for old in _files(folder, register.store_code)[:-keep]:
            old.unlink(missing_ok=True)
    except OSError as problem:
        raise NoFolder(
            f"{folder}: the register cannot be put there: {problem.strerror or problem}"
        ) from problem
    return path


@dataclass(frozen=True, slots=True)
class Made:
    """What one round made: who is named in the registers, and what went wrong, by store."""

    person_ids: frozenset[int]
    wrong: Mapping[int, str]


def make_due(conn: sa.Connection, paper: Paper, policy: Policy, now_us: int) -> Made:
    """Make the register that is most due: one a round, so that nobody at a hatch waits for a whole force's paper.

    A folder that cannot be written is told of, and keeps no other waiting.
    """
    wrong: dict[int, str] = {}
    for each in sorted(kept(conn, paper), key=lambda one: one.made_us or 0):
        if each.made_us is not None and now_us - each.made_us < policy.paper.every_us:
            continue
        try:
            _open(Path(each.folder))
            register = register_of(conn, each.store_id, policy, now_us)
            keep_copy(Path(each.folder), register, paper.keep)
        except NoFolder as problem:
            wrong[each.store_id] = str(problem)
        else:
            return Made(frozenset(register.person_ids), wrong)
    return Made(frozenset(), wrong)


def _open(folder: Path) -> None:
    """Make sure of a folder before anything is worked out for it. Raises NoFolder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise NoFolder(
            f"{folder}: the register cannot be put there: {problem.strerror or problem}"
        ) from problem


def too_old(found: Sequence[Kept], terms: PaperTerms, now_us: int) -> list[Lasting]:
    """An alarm for each store whose newest register is void, or that has none."""
    return [
        Lasting(
            Raise(
                TOO_OLD,
                f"The printed register of {each.store_name} {_said(each, terms)}. Print it.",
                each.store_id,
            ),
            (each.made_us or 0) + terms.valid_us,
        )
        for each in found
        if each.made_us is None or now_us - each.made_us >= terms.valid_us
    ]


def _said(each: Kept, terms: PaperTerms) -> str:
    if each.made_us is None:
        return f"was never made in {each.folder}"
    return f"in {each.folder} is void since {moment_said(each.made_us + terms.valid_us)}"
