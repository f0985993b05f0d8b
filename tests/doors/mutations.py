"""Guards, each taken away in a copy of the source, and the test of doors that must then fail.

One rule for the editor: a mutation takes away ONE guard, by replacing a text that stands exactly once in its file; a
guard that no test misses is a test to be written. `scripts/campaign-doors` runs them all, the suite runs SHORT.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.faults.service_process import quick_to_start
from tests.house.source_tree import PACKAGES, TOP

GATE = "tests/doors/test_no_second_door.py"
ROUTES = "tests/doors/test_every_route_attempted.py"
LAST = "tests/doors/test_the_database_is_the_last_door.py"
SETTINGS = "tests/doors/test_settings_open_no_door.py"
SOURCE = "tests/doors/test_one_file_writes_custody.py"
KNOWN = "tests/doors/test_every_door_is_known.py"
OVERRIDES = "tests/inventory/gate/test_overrides_help_only_so.py"
GIVEN = "tests/inventory/custody/test_overrides.py"
OVER_HTTP = "tests/api/test_overrides_over_http.py"
SCHEMA = "tests/inventory/schema/test_the_database_keeps_its_promises.py"
PATIENCE_S = 240


@dataclass(frozen=True)
class Mutation:
    """One guard gone: `old` in `file` replaced by `new`, or `new` put at the end where `old` is empty."""

    name: str
    file: str
    old: str
    new: str
    test: str
    only: str = ""


TRIGGERS = "inventory/schema/triggers.py"
ISSUE = "inventory/custody/issue.py"
MUTATIONS = (
    # ---- the gate
    Mutation("the gate says ALLOW whatever it found", "inventory/gate/decision.py",
             "allowed = not any(refusal.stops for refusal in refusals)", "allowed = True", GATE,
             "sqlite and no_way_gives"),
    Mutation("suspensions are not read", "inventory/gate/gather.py",
             'if stop.kind == "SUSPENDED"', 'if stop.kind == "NEVER"', GATE, "sqlite and no_way_gives"),
    Mutation("limited duties are not read", "inventory/gate/gather.py",
             "for r in known.restrictions", "for r in ()", GATE, "sqlite and no_way_gives"),
    Mutation("an issuer may issue to themselves", "inventory/gate/rules/issues_to_self.py",
             "    if not same and not (facts.issuer is not None and facts.issuer.is_recipient):\n        return None",
             "    return None", GATE, "sqlite and themselves"),
    Mutation("anybody may countersign", "inventory/gate/rules/issuer_not_entitled.py",
             "facts.issuer.may_issue", "facts.issuer", LAST, "sqlite and may_not_issue"),
    Mutation("whatever is overridden is let through", "inventory/gate/decision.py",
             'by = least(rule.rule_id, section_5=section_5) if weight == "SOFT" else NOBODY', 'by = "SUPERVISOR"',
             OVERRIDES, "spoilt or exactly"),
    Mutation("an officer or the issuer may override for themselves", "inventory/gate/decision.py",
             "            and each.by_person_id not in parties\n            and not each.is_party\n", "", OVERRIDES,
             "spoilt or exactly"),
    Mutation("an override never ends", "inventory/gate/decision.py",
             "            and facts.lasts(each.until_us)\n", "", OVERRIDES, "spoilt or exactly"),
    Mutation("another person's override is read as one's own", "inventory/gate/override_facts.py",
             "        if tuple(whose) == wanted\n", "", GIVEN, "sqlite and helps_nothing"),
    Mutation("a revoked override is read", "inventory/gate/override_facts.py",
             "        override_revoked.c.override_id.is_(None),\n", "", GIVEN, "sqlite and revoked_override_helps"),
    Mutation("a linked record overrides for its own person", "inventory/custody/overrides.py",
             "if roots[giving.person_id] == roots[giving.by_person]:", "if False:", GIVEN, "sqlite and not_given"),
    Mutation("an override may last for ever", "inventory/custody/overrides.py",
             "if not tx.now_us < giving.until_us <= tx.now_us + LONGEST_US:", "if False:", GIVEN,
             "sqlite and not_given"),
    Mutation("anybody's PIN is tried at the hatch", "api/hatch_override.py",
             "    if not entitled:", "    if False:", OVER_HTTP, "sqlite and by_a_guess"),
    Mutation("a sergeant answers what takes an inspector", "api/overrides.py",
             "if not any(ctx.may(word, data.store_id) for word in SUFFICES[least]):", "if False:", OVER_HTTP,
             "sqlite and takes_an_inspector"),
    Mutation("a supervisor's PIN is not asked at the hatch", "api/hatch_override.py",
             "    await prove_pin(ctx, by, data.pin)\n", "", OVER_HTTP, "sqlite and by_a_guess"),
    Mutation("the countersign judges as a scan does", "inventory/custody/touches.py",
             'ask_of(opened, drawing, issuer_id, "COMPLETING")', 'ask_of(opened, drawing, issuer_id, "ADDING")',
             GATE, "sqlite and countersign_that_leaves"),
    Mutation("a request is judged as a scan is", "api/issues.py",
             "ask = await ask_of(ctx, data, COMPLETING)", "ask = await ask_of(ctx, data, ADDING)",
             GATE, "sqlite and everything_that_a_hatch_declares"),
    # ---- the one door
    Mutation("everything asked for is passed on", ISSUE,
             'allowed = [each for each in judged if each.made.verdict == "ALLOW"]', "allowed = list(judged)",
             GATE, "sqlite and no_way_gives"),
    Mutation("refusals are not written into the ledger", ISSUE,
             'append(tx, [_refusal(each) for each in judged if each.made.verdict != "ALLOW"])', "append(tx, [])",
             GATE, "sqlite and no_way_gives"),
    Mutation("a refused scan is not stored", "inventory/custody/hatch.py",
             "record_refusal(here.tx, Request(ask, opened.id, here.shown.reading_key), facts, made)", "pass",
             GATE, "sqlite and no_way_gives"),
    Mutation("one person vouches for what had already happened", "inventory/custody/receive.py",
             "if each.asserted_by == each.asserted_second:", "if False:", LAST, "sqlite and asserted_by_one"),
    Mutation("any word gets kit from a store to a person", "inventory/custody/moves.py",
             '("STORE", "PERSON"): ("ISSUED", "ASSERTED"),', '("STORE", "PERSON"): ("ISSUED", "ASSERTED", "FOUND"),',
             LAST, "sqlite and other_word"),
    # ---- the database
    Mutation("custody needs no decision", TRIGGERS,
             "f\"NEW.basis = 'ISSUED' AND NOT EXISTS ({_ALLOWED})\"", '"1 = 0"', LAST, "sqlite and by_a_refusal"),
    Mutation("a refusal is as good as an ALLOW", TRIGGERS,
             "AND d.tx_id = NEW.tx_id AND d.verdict = 'ALLOW' AND d.person_id = NEW.person_id",
             "AND d.tx_id = NEW.tx_id AND d.person_id = NEW.person_id", LAST, "sqlite and by_a_refusal"),
    Mutation("somebody else's ALLOW is good enough", TRIGGERS,
             "d.verdict = 'ALLOW' AND d.person_id = NEW.person_id\n", "d.verdict = 'ALLOW'\n", LAST,
             "sqlite and something_else"),
    Mutation("decisions may be written over", TRIGGERS,
             'Trigger(f"{table}_no_update", table, "UPDATE", "1 = 1", says)',
             'Trigger(f"{table}_no_update", table, "UPDATE", "1 = 0", says)', LAST, "sqlite and written_over"),
    Mutation("a sealed transaction takes more rows", TRIGGERS,
             '"EXISTS (SELECT 1 FROM tx_seal s WHERE s.id = NEW.tx_id)"', '"1 = 0"', LAST, "sqlite and pretending"),
    Mutation("pieces of a lot need no decision", TRIGGERS,
             "f\"NEW.kind = 'ISSUED' AND NEW.lot_id IS NOT NULL AND NOT EXISTS ({_LOT_ALLOWED})\"", '"1 = 0"',
             LAST, "sqlite and pieces"),
    Mutation("one person vouches for pieces of a lot", TRIGGERS,
             '" OR NEW.by_person = NEW.second_person OR NEW.reason IS NULL OR length(trim(NEW.reason)) = 0)"',
             '" OR NEW.reason IS NULL OR length(trim(NEW.reason)) = 0)"', LAST, "sqlite and two_people"),
    Mutation("a trigger counts by its name alone", TRIGGERS,
             "if live.get(trigger.name) == _sqlite(trigger)[1]}", "if trigger.name in live}", LAST,
             "sqlite and hollow"),
    Mutation("anybody's override is kept", TRIGGERS,
             'f"NOT EXISTS ({_ENTITLED})"', '"1 = 0"', SCHEMA, "sqlite and override_is_refused"),
    Mutation("nobody's other record is known", TRIGGERS,
             'f"EXISTS ({_SAME_PERSON})"', '"1 = 0"', SCHEMA, "sqlite and override_is_refused"),
    Mutation("a decision relies on any override", TRIGGERS,
             'f"NOT EXISTS ({_RELIED_ON})"', '"1 = 0"', SCHEMA, "sqlite and relies_on"),
    # ---- the routes
    Mutation("a route loses its guard", "api/issues.py",
             '@post("/issues", operation_id="issue_kit", guards=[holding("ISSUER")],',
             '@post("/issues", operation_id="issue_kit", guards=[],', ROUTES, "guard_of_its_own"),
    Mutation("an issuer of one store issues in every store", "api/issues.py",
             '    ctx.need("ISSUER", data.store_id)\n', "", ROUTES, "at_one_store or reaches_the_gate"),
    Mutation("an issuer of one store takes kit back in every store", "api/returns.py",
             '    ctx.need("ISSUER", data.store_id)\n', "", ROUTES, "at_one_store"),
    Mutation("a magazine is loaded by somebody of another store", "api/magazines.py",
             "    ctx.need_any(LOADERS, at[0])\n", "", ROUTES, "at_one_store"),
    Mutation("a bridge needs no key", "api/guards.py",
             "if _ctx(connection).bridge_id is None:", "if False:", ROUTES, "nobody_unknown"),
    Mutation("a kiosk needs no pairing", "api/guards.py",
             "    if ctx.who.kiosk_id is None:\n        raise denied(\"This is done at a paired kiosk.\")\n", "",
             ROUTES, "every_capability"),
    Mutation("a kiosk's person need not be an issuer of its store", "api/guards.py",
             '    ctx.need("ISSUER", ctx.who.store_id)\n', "", ROUTES, "at_one_store"),
    Mutation("a guard lets anybody with any capability in", "api/guards.py",
             "if not any(each.capability in wanted for each in _ctx(connection).who.held):", "if False:",
             ROUTES, "nobody_unknown"),
    Mutation("a cookie is enough", "api/identity.py",
             "if compare_digest(given.encode(), wanted.encode()):", "if True:", ROUTES, "pages_token"),
    Mutation("another site's page is believed", "api/front.py",
             "ctx.problem = foreign(method, headers, self.service.settings.https)", "ctx.problem = None",
             ROUTES, "another_site"),
    Mutation("a kiosk acts at any place", "api/hatch.py",
             "if ctx.who.place_id != place_id:", "if False:", ROUTES, "own_place_only"),
    Mutation("a kiosk completes any hatch's visit", "api/hatch.py",
             "if found.place_id != place_id:", "if False:", ROUTES, "own_place_only"),
    Mutation("a key is good for another request's answer", "api/once.py",
             "same = wanted[name].request_hash == request_hash", "same = True", GATE, "sqlite and under_its_key"),
    Mutation("requests may say more than they are asked", "api/asking.py",
             "class IssueAsk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):",
             "class IssueAsk(msgspec.Struct, frozen=True, kw_only=True):", ROUTES, "state_no_fact"),
    # ---- readings
    Mutation("a scan is decided however late it comes", "api/readings.py",
             "if coming.sent.age_ms > SCAN_AGE_MAX_MS:", "if False:", GATE, "sqlite and only_in_time"),
    Mutation("a shelf's reader passes kit to people", "inventory/custody/hatch.py",
             'if here.place.activity != "HATCH":', "if False:", GATE, "sqlite and only_in_time"),
    Mutation("another's card takes over the set", "inventory/custody/hatch.py",
             '    visits.change(here.tx, opened.id, state="PARKED")\n',
             "    visits.change(here.tx, opened.id, person_id=person_id)\n", GATE, "sqlite and takes_over"),
    # ---- settings and policy
    Mutation("a firm rule may be softened", "inventory/gate/policy_check.py",
             'if concerned and weight != "HARD":', "if False:", SETTINGS, "softens or leaves_a_firm"),
    Mutation("a year of training may be made longer", "inventory/gate/course_policy.py",
             "short = is_whole(months) and months + grace <= CED_MONTHS_MAX", "short = True", SETTINGS, "easier"),
    Mutation("unknown settings are let be", "api/settings.py",
             "class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):",
             "class Settings(msgspec.Struct, frozen=True, kw_only=True):", SETTINGS, "stops_the_start"),
    Mutation("the day may be moved", "api/commands/serving.py",
             'if settings.overlay != "demo":', "if False:", SETTINGS, "cannot_be_moved"),
    Mutation("the environment is read in a new place", "api/guards.py", "",
             "\nimport os\nSKIP = os.environ.get('SKIP_GUARDS')\n", SETTINGS, "nowhere_else"),
    # ---- the source
    Mutation("another file writes custody", "api/holds.py", "", "\nROGUE = sa.insert(custody)\n", SOURCE),
    Mutation("another file writes custody in a text", "api/alarms.py", "",
             "\nROGUE = 'UPDATE custody SET person_id = 1'\n", SOURCE),
    Mutation("another file takes the write path", "api/returns.py", "",
             "\nfrom inventory.custody import passing as rogue\n", SOURCE),
    Mutation("another file commits", "api/holds.py", "", "\ndef rogue(conn):\n    conn.commit()\n", SOURCE),
    Mutation("imports write custody", "inventory/people/imports/run.py",
             "    duty_restriction, person_gate, inspection, training_feed, force_count,\n)",
             "    duty_restriction, person_gate, inspection, training_feed, force_count,\n"
             "    __import__('inventory.schema.custody', fromlist=['custody']).custody,\n)", SOURCE),
    Mutation("a new route", "api/returns.py", "ROUTES = [hand_in]",
             "@post('/gifts', guards=[holding('ISSUER')], opt=COLLECTS)\n"
             "async def gift(ctx: NamedDependency[Ctx]) -> None:\n    ...\n\n\nROUTES = [hand_in, gift]", KNOWN),
    Mutation("a new command", "api/cli.py", "",
             "\n@main.command()\ndef gift() -> None:\n    ...\n", KNOWN),
    Mutation("a new job", "api/clock.py", 'Job("housekeeping", 3600.0, _sweep),',
             'Job("housekeeping", 3600.0, _sweep), Job("gifts", 1.0, _sweep),', KNOWN),
)  # fmt: skip

SHORT = (
    "the gate says ALLOW whatever it found",
    "custody needs no decision",
    "refusals are not written into the ledger",
    "a bridge needs no key",
    "a firm rule may be softened",
    "another file writes custody",
)


def copy_source(to: Path) -> None:
    """Copy what a test of doors needs to `to`."""
    for name in (*PACKAGES, "tests"):
        shutil.copytree(TOP / name, to / name, ignore=shutil.ignore_patterns("__pycache__", "vectors"))
    shutil.copy(TOP / "pyproject.toml", to)


def forget_source(top: Path) -> None:
    """Throw away what Python compiled of the copy at `top`; the copy itself lies in somebody's temporary folder."""
    shutil.rmtree(Path(quick_to_start()["PYTHONPYCACHEPREFIX"]) / top.relative_to("/"), ignore_errors=True)


@contextmanager
def guard_gone(top: Path, mutation: Mutation) -> Iterator[None]:
    """The copy at `top` without the guard, which is put back at the end."""
    path = top / mutation.file
    before = path.read_bytes()
    mutate(path, mutation)
    try:
        yield
    finally:
        path.write_bytes(before)


def mutate(path: Path, mutation: Mutation) -> None:
    """Take the guard away in the file at `path`. Fails where the guard is no longer what it was."""
    text = path.read_text("utf-8")
    if mutation.old:
        found = text.count(mutation.old)
        assert found == 1, f"{mutation.file}: expected once, found {found} times: {mutation.old}"
        text = text.replace(mutation.old, mutation.new)
    else:
        text += mutation.new
    path.write_text(text, "utf-8")


def run_test(top: Path, mutation: Mutation) -> subprocess.CompletedProcess[str]:
    """Run the mutation's test on the source at `top`."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", mutation.test]
    command += ["-k", mutation.only] if mutation.only else []
    environment = quick_to_start() | {"PYTHONPATH": str(top)}
    return subprocess.run(
        command, cwd=top, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )


def is_missed(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the test failed as a test (not for want of it, and not by an error of collection)."""
    return done.returncode == 1 and " failed" in done.stdout
