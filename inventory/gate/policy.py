"""Reads the policy files, checks them whole, and gives back the one `Policy` that the gate works with.

One rule for the editor: nothing is mended or guessed. A file that is not right stops a first start and names its
line; what a service already running does then is the caller's affair (it keeps the last good policy).
"""

import hashlib
import json
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from inventory.gate.authority_terms import AUTHORITY, AuthorityTerms, authority_terms, check_authority
from inventory.gate.chase_terms import CHASES, ChaseTerms, chase_terms, check_chases
from inventory.gate.count_policy import COUNTS, check_counts, count_terms
from inventory.gate.course_policy import (
    CURRICULA,
    check_courses,
    check_curricula,
    check_hours,
    check_national,
    curricula,
    validity,
)
from inventory.gate.import_terms import IMPORTS, ImportTerms, check_imports, import_terms
from inventory.gate.kind_policy import Key, KindPolicy, Policy, Setting
from inventory.gate.loss_policy import check_losses
from inventory.gate.loss_terms import LossTerms, loss_terms
from inventory.gate.paper_terms import CONTINGENCY, PaperTerms, check_paper, paper_terms
from inventory.gate.policy_changes import Change, check_families, laid_over
from inventory.gate.policy_check import Source, check_devices, check_family, check_overlay
from inventory.gate.policy_error import PolicyError, line_of
from inventory.gate.retention_terms import RETENTION, RetentionTerms, check_retention, retention_terms
from inventory.gate.rule import DeviceTerms
from inventory.gate.rules import RULES
from inventory.gate.use_policy import check_uses
from inventory.gate.use_terms import UseTerms, use_terms

__all__ = ["KindPolicy", "Policy", "PolicyError", "load"]

HERE = Path(__file__).parent / "policies"
DEMO = HERE / "overlays" / "demo.toml"
"""The demo force's made-up numbers; never for a real one."""
COURSES = "courses"
DEVICES = "firmware"
LOSSES = "overdue"
USES = "points"
OF_NO_KIND: Mapping[str, Callable[[Source], None]] = {
    DEVICES: check_devices, LOSSES: check_losses, COUNTS: check_counts, USES: check_uses, CHASES: check_chases,
    CONTINGENCY: check_paper, RETENTION: check_retention, CURRICULA: check_curricula, AUTHORITY: check_authority,
    IMPORTS: check_imports,
}  # fmt: skip
"""The key that a file of no kind of kit is known by -> what checks it."""


def load(directory: Path | None = None, overlay: Path | None = None, changes: Sequence[Change] = ()) -> Policy:
    """The policy in `directory` (the one shipped, by default), with the numbers of `overlay` over it, and over
    these the approved `changes`, in the order in which they came into force.

    Raises PolicyError, naming file, line and key, for anything unknown, of a wrong type, softened where section 5
    kit allows no softening, or longer than a national maximum.
    """
    sources = [_read(path) for path in sorted((directory or HERE).glob("*.toml"))]
    if not sources:
        raise PolicyError(str(directory or HERE), 1, "*.toml", "at least one policy file")
    national = _read(HERE / "curricula.toml")
    if all(CURRICULA not in source.data for source in sources):
        sources.append(national)
    over = _read(overlay) if overlay else None
    if over:
        check_overlay(over, [source.name for source in sources])
    check_families([source.name for source in sources], changes)
    sources = [laid_over(_with_overlay(source, over), changes) for source in sources]
    families = [source for source in sources if not {COURSES, *OF_NO_KIND} & set(source.data)]
    courses = [source for source in sources if COURSES in source.data]
    if len(courses) != 1:
        raise PolicyError(str(directory or HERE), 1, COURSES, "one file, and one only, with the courses")
    check_courses(courses[0])
    others = list(courses)
    for key, check in OF_NO_KIND.items():
        for source in _one_at_most(sources, key):
            check(source)
            others.append(source)
    for source in families:
        check_family(source)
    taught = next(source for source in sources if CURRICULA in source.data)
    check_national(taught, national.data[CURRICULA])
    taught.data[CURRICULA] = {**national.data[CURRICULA], **taught.data[CURRICULA]}
    policy = _policy(families, others, over)
    if changes:
        policy = replace(policy, version=f"{policy.version}+change-{max(each.id for each in changes)}")
    check_hours(courses[0], policy.courses, policy.curricula)
    return policy


def _one_at_most(sources: Iterable[Source], key: str) -> list[Source]:
    """The file with `key`, in a list; an empty one where there is none. Raises PolicyError for a second."""
    found = [source for source in sources if key in source.data]
    if len(found) > 1:
        raise PolicyError(found[1].file, line_of(found[1].text, key), key, "one file with it, or none")
    return found


def _read(path: Path) -> Source:
    text = path.read_text("utf-8")
    try:
        return Source(path.stem, path.name, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        found = str(error).rpartition("at line ")[2].split(",")[0]
        line = int(found) if found.isdigit() else len(text.splitlines())
        raise PolicyError(path.name, line, "(whole file)", f"TOML that can be read: {error}") from error


def _with_overlay(source: Source, over: Source | None) -> Source:
    """`source` with the overlay's part for it laid over: values by model are added to, all others replaced."""
    part = over.data.get(source.name) if over else None
    if over is None or part is None:
        return source
    return Source(source.name, source.file, source.text, _laid_over(source.data, part), over)


def _laid_over(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    laid = dict(under)
    for name, value in over.items():
        below = laid.get(name)
        laid[name] = (
            _laid_over(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return laid


def _governed(families: Iterable[Source]) -> dict[Key, KindPolicy]:
    kinds: dict[Key, KindPolicy] = {}
    for source in families:
        for kind in _kinds(source):
            key = (kind.kind, kind.purpose)
            if key in kinds:
                other = kinds[key].family
                raise PolicyError(
                    source.file, line_of(source.text, "kinds"), "kinds", f"{key} is already in {other}.toml"
                )
            kinds[key] = kind
    return kinds


def _policy(families: Sequence[Source], others: list[Source], over: Source | None) -> Policy:
    whole = {source.name: source.data for source in (*families, *others)}
    courses = others[0]
    devices: dict[str, Any] = next((source.data[DEVICES] for source in others if DEVICES in source.data), {})
    losses = next((source.data for source in others if LOSSES in source.data), None)
    uses = next((source.data for source in others if USES in source.data), None)
    chases = next((source.data for source in others if CHASES in source.data), None)
    paper = next((source.data for source in others if CONTINGENCY in source.data), None)
    authority = next((source.data for source in others if AUTHORITY in source.data), None)
    imports = next((source.data for source in others if IMPORTS in source.data), None)
    kept = next((source.data for source in others if RETENTION in source.data), None)
    body = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    version = max(str(data["version"]) for data in whole.values())
    return Policy(
        version=f"{version}+{over.name}" if over else version,
        hash=hashlib.sha256(body.encode()).hexdigest(),
        body=body,
        kinds=_governed(families),
        courses={name: validity(table) for name, table in courses.data[COURSES].items()},
        feed_sources=tuple(courses.data.get("feed_sources", ())),
        devices={driver: DeviceTerms(**table) for driver, table in devices.items()},
        counts=count_terms(source for source in others if COUNTS in source.data),
        losses=LossTerms() if losses is None else loss_terms(losses),
        uses=UseTerms() if uses is None else use_terms(uses),
        chases=ChaseTerms() if chases is None else chase_terms(chases),
        curricula=curricula(next(source.data[CURRICULA] for source in others if CURRICULA in source.data)),
        paper=PaperTerms() if paper is None else paper_terms(paper),
        retention=RetentionTerms() if kept is None else retention_terms(kept),
        imports=ImportTerms() if imports is None else import_terms(imports),
        authority=AuthorityTerms() if authority is None else authority_terms(authority),
    )


def _kinds(source: Source) -> list[KindPolicy]:
    data = source.data
    weights = data["rules"]
    settings = {name: _setting(table["value"]) for name, table in data.get("numbers", {}).items()}
    return [
        KindPolicy(
            family=source.name,
            kind=kind,
            purpose=purpose,
            section_5=data["section_5"],
            return_mode=data["return"],
            review_days=data.get("review_days"),
            return_own=data.get("return_own", data["return"]),
            rules=tuple(
                (rule, weights[rule.code])
                for rule in RULES
                if kind in rule.kinds and weights.get(rule.code, "OFF") != "OFF"
            ),
            settings=settings,
        )
        for kind in data["kinds"]
        for purpose in data["purposes"]
    ]


def _setting(value: Any) -> Setting:
    if isinstance(value, dict):
        return Setting(by_model={model: _value(each) for model, each in value.items()})
    return Setting(_value(value))


def _value(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
