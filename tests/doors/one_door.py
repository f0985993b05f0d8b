"""Our source searched for a second door: who writes which table, with which SQL, in whose transaction.

One rule for the editor: what cannot be read from the source (a table that is handed in, a text that is put
together) counts as found, so that a door cannot be hidden by writing it in an unusual way.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping

from tests.house.source_tree import Module, imports

HIDDEN = "?"
"""A table that the source does not name."""

ERASES = "inventory/oversight/retention/erasing.py"
"""Empties and deletes what an approved disposal lists, and the database lets nothing else of it pass."""

WRITERS: dict[str, tuple[str, ...]] = {
    "custody": ("inventory/custody/passing.py",),
    "decision": ("inventory/custody/issue.py", ERASES),
    "decision_item": ("inventory/custody/issue.py",),
    "decision_lot": ("inventory/custody/issue.py",),
    "ledger": ("inventory/custody/ledger.py",),
    "ledger_payload": ("inventory/custody/ledger.py", ERASES),
    "lot_balance": ("inventory/custody/lots.py",),
    "lot_due": ("inventory/custody/lots.py",),
    "decision_override": ("inventory/custody/issue.py",),
    "override": ("inventory/custody/overrides.py",),
    "override_revoked": ("inventory/custody/overrides.py",),
    "fitting": ("inventory/custody/fittings.py",),
    "hold": ("inventory/custody/holds.py",),
    "loss_case": ("inventory/custody/losses/opening.py", "inventory/custody/losses/acts.py"),
    "loss_event": ("inventory/custody/losses/acts.py",),
    "recall": ("inventory/custody/recalls/acts.py",),
    "recall_event": ("inventory/custody/recalls/acts.py",),
    "recall_line": ("inventory/custody/recalls/holding.py",),
    "policy_change": ("inventory/oversight/policy/acts.py",),
    "policy_change_end": ("inventory/oversight/policy/acts.py",),
    "policy_document": ("inventory/oversight/policy/register.py",),
    "policy_taken_up": ("api/policies.py",),
    "equality_file": ("inventory/oversight/equality/declared.py",),
    "equality_declared": ("inventory/oversight/equality/declared.py",),
    "equality_release": ("inventory/oversight/equality/releases.py",),
    "equality_figure": ("inventory/oversight/equality/releases.py",),
    "lapse": ("inventory/custody/lapses/writing.py",),
    "lapse_event": ("inventory/custody/lapses/writing.py",),
    "hold_lift": ("inventory/custody/holds.py",),
    "handover": ("inventory/custody/handovers/act.py",),
    "handover_item": ("inventory/custody/handovers/act.py",),
    "visit_handover": ("inventory/custody/handovers/draft.py",),
    "reservation": ("inventory/custody/reservations/making.py",),
    "reservation_person": ("inventory/custody/reservations/making.py",),
    "reservation_line": ("inventory/custody/reservations/making.py",),
    "reservation_ended": ("inventory/custody/reservations/making.py",),
    **dict.fromkeys(
        ("purchase", "purchase_line", "purchase_line_ended", "delivery", "delivery_event", "delivery_file"),
        ("inventory/custody/receiving/writing.py",),
    ),
    "consignment": ("inventory/custody/transfers/writing.py",),
    "consignment_event": ("inventory/custody/transfers/writing.py",),
    "use_declared": tuple(f"inventory/custody/uses/{name}.py" for name in ("declaring", "downloads", "guards")),
    "use_item": ("inventory/custody/uses/downloads.py", "inventory/custody/uses/parts.py"),
    "use_point": ("inventory/custody/uses/points.py",),
    "correction": ("inventory/custody/corrections/correcting.py",),
    "paper_page": ("inventory/custody/paper/writing_up.py",),
    "paper_scan": ("inventory/custody/paper/writing_up.py",),
    "paper_line": ("inventory/custody/paper/writing_up.py",),
    "told_later": ("inventory/custody/told_later.py",),
    "use_answer": ("inventory/custody/uses/points.py",),
    "tx_seal": ("api/database.py",),
    "processing_log": ("inventory/oversight/processing_log.py", ERASES),
    "checkpoint": ("inventory/oversight/checkpoints.py",),
    "chain_head": (
        "inventory/custody/ledger.py",
        "inventory/oversight/processing_log.py",
        "inventory/oversight/checkpoints.py",
    ),
    HIDDEN: (ERASES, "inventory/schema/fast.py", "inventory/people/imports/run.py"),
}
"""Guarded table -> the only files that write it. The hidden ones are `Inserter` itself, and the imports, whose
list of tables a test reads at run time."""

ONLY_BY: dict[str, tuple[str, ...]] = {
    "inventory.custody.passing.pass_items": (
        "inventory/custody/corrections/effects.py",
        "inventory/custody/issue.py",
        "inventory/custody/loss.py",
        "inventory/custody/losses/acts.py",
        "inventory/custody/passages/effects.py",
        "inventory/custody/receive.py",
        "inventory/custody/returns.py",
        "inventory/custody/stocktake/settling.py",
        "inventory/custody/transfers/sending.py",
        "inventory/custody/uses/spending.py",
    ),
    "inventory.custody.passing.Passage": (
        "inventory/custody/corrections/effects.py",
        "inventory/custody/issue.py",
        "inventory/custody/loss.py",
        "inventory/custody/losses/acts.py",
        "inventory/custody/passages/effects.py",
        "inventory/custody/receive.py",
        "inventory/custody/returns.py",
        "inventory/custody/stocktake/settling.py",
        "inventory/custody/transfers/sending.py",
        "inventory/custody/uses/spending.py",
    ),
    "inventory.custody.lots.pass_lots": (
        "inventory/custody/issue.py",
        "inventory/custody/paper/writing_up.py",
        "inventory/custody/receive.py",
        "inventory/custody/stocktake/lots.py",
        "inventory/custody/transfers/overdue.py",
        "inventory/custody/transfers/receiving.py",
        "inventory/custody/transfers/sending.py",
        "inventory/custody/uses/guards.py",
    ),
    "inventory.custody.lots.LotPassage": (
        "inventory/custody/issue.py",
        "inventory/custody/paper/writing_up.py",
        "inventory/custody/receive.py",
        "inventory/custody/stocktake/lots.py",
        "inventory/custody/transfers/overdue.py",
        "inventory/custody/transfers/receiving.py",
        "inventory/custody/transfers/sending.py",
        "inventory/custody/uses/guards.py",
    ),
    "inventory.custody.ledger.append": (
        "inventory/custody/paper/writing_up.py",
        "inventory/custody/corrections/effects.py",
        "inventory/custody/fittings.py",
        "inventory/custody/holds.py",
        "inventory/custody/issue.py",
        "inventory/custody/lapses/writing.py",
        "inventory/custody/losses/acts.py",
        "inventory/custody/lots.py",
        "inventory/custody/marking.py",
        "inventory/custody/overrides.py",
        "inventory/custody/reservations/making.py",
        "inventory/custody/passages/perform.py",
        "inventory/custody/passing.py",
        "inventory/custody/recalls/acts.py",
        "inventory/oversight/policy/acts.py",
        "inventory/custody/stocktake/counting.py",
        "inventory/custody/transfers/receiving.py",
        "inventory/custody/transfers/sending.py",
        "inventory/custody/uses/declaring.py",
        "inventory/custody/uses/downloads.py",
        "inventory/custody/uses/guards.py",
        "inventory/custody/uses/naming.py",
        "inventory/custody/uses/points.py",
        ERASES,
    ),
    "inventory.custody.handovers.act.hand_over": (
        "api/handovers.py",
        "inventory/custody/handovers/at_hatch.py",
    ),
    "inventory.custody.handovers.at_hatch.complete_handover": ("inventory/custody/touches.py",),
    "inventory.custody.issue.issue_kit": (
        "api/issues.py",
        "inventory/custody/handovers/act.py",
        "inventory/custody/hatch.py",
        "inventory/custody/kinds_of_act.py",
        "inventory/custody/touches.py",
    ),
    "inventory.custody.issue.record_refusal": (
        "inventory/custody/handovers/act.py",
        "inventory/custody/hatch.py",
        "inventory/custody/receive.py",
        "inventory/custody/touches.py",
    ),
    "inventory.custody.hatch_override.override": ("api/hatch_override.py", "inventory/custody/hatch.py"),
    "inventory.custody.overrides.give": ("api/overrides.py", "inventory/custody/hatch_override.py"),
    "inventory.custody.touches.complete": ("inventory/custody/hatch.py",),
    "inventory.custody.hatch.present": ("api/clock.py", "api/hatch.py", "api/readings.py"),
    "inventory.custody.docking.bay_reported": ("api/clock.py", "api/readings.py"),
    "inventory.custody.loss.report_unaccounted": (
        "api/losses.py",
        "inventory/custody/came_along.py",
        "inventory/custody/transfers/overdue.py",
        "inventory/demo/load.py",
        "inventory/custody/stocktake/settling.py",
        "inventory/custody/uses/declaring.py",
    ),
    "inventory.custody.loading.load": ("api/magazines.py", "inventory/demo/load.py"),
    "inventory.custody.receive.assert_lots_held": ("inventory/demo/load.py",),
    "inventory.custody.receive.assert_held": (),
    "inventory.custody.receive.assert_drawn": (
        "inventory/custody/corrections/effects.py",
        "inventory/custody/paper/writing_up.py",
    ),
}
"""What leads to custody -> the only files that may import it. A row that grows is a new door: see docs/doors.md."""

PASSES_AS: dict[str, tuple[str, ...]] = {
    "ISSUED": ("inventory/custody/issue.py",),
    "ASSERTED": ("inventory/custody/receive.py",),
    HIDDEN: ("inventory/custody/passages/effects.py", "inventory/custody/returns.py"),
}
"""How kit reaches a person -> the only file that says so. What returns and the rows of the passages pass on is looked
at as it is when they run."""

OPENS: dict[str, tuple[str, ...]] = {
    "create_engine": ("inventory/schema/engine.py",),
    "make_engine": (
        "api/claim.py",
        "api/commands/serving.py",
        "api/database.py",
        "inventory/schema/backup.py",
    ),
    "writing": ("api/commands/", "api/database.py", "inventory/schema/backup.py", "inventory/schema/migrate.py"),
    "begin": (
        "api/database.py",
        "inventory/schema/backup.py",
        "inventory/schema/ids.py",
        "inventory/schema/migrate.py",
    ),
    "begin_nested": ("api/database.py", "inventory/custody/file_previews.py"),  # the second one to go back, always
    "commit": ("api/database.py", "inventory/schema/engine.py"),
    "cursor": ("inventory/schema/backup.py", "inventory/schema/engine.py", "inventory/schema/fast.py"),
    "driver_connection": (),
    "executescript": ("firmware_bridge/spool.py",),
    "raw_connection": (),
    "sessionmaker": (),
}
"""Call by name -> the only files that make it: who opens the database, begins a write, and commits."""

SPEAKS_SQL = (
    "api/bridge_alarms.py",
    "api/bridges.py",
    "api/claim.py",
    "api/clock.py",
    "api/database.py",
    "api/health.py",
    "api/heartbeats.py",
    "api/throttle.py",
    "firmware_bridge/spool.py",
    "inventory/schema/backup.py",
    "inventory/schema/base.py",
    "inventory/schema/custody.py",
    "inventory/schema/engine.py",
    "inventory/schema/migrate.py",
    "inventory/schema/prefix.py",
    "inventory/schema/roles.py",
    "inventory/schema/service.py",
    "inventory/schema/statistics.py",
    "inventory/schema/stock.py",
    "inventory/schema/triggers.py",
    "inventory/stock/last_seen.py",
)
"""Files that hand a database a text of their own (`exec_driver_sql`, `sa.text`, a driver's connection)."""

MAKES_TABLES = ("inventory/schema/triggers.py", "inventory/schema/backup.py", "inventory/schema/migrations/versions/")
"""Files that may speak of triggers and of whole tables: they make them, and copy them into an empty database."""

_WRITE = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|replace\s+into|merge\s+into|update|delete\s+from|truncate(?:\s+table)?|copy)"
    r"\s+[\"'`]?(?:main\.|public\.)?(?P<table>[a-z_]+|\?)",
    re.IGNORECASE,
)
_UNDERMINES = re.compile(
    r"drop\s+(?:table|trigger|index|function)|alter\s+table|disable\s+trigger|session_replication_role"
    r"|writable_schema|ignore_check_constraints|recursive_triggers\s*=\s*off|foreign_keys\s*=\s*off|set\s+role",
    re.IGNORECASE,
)
_INSERTING = ("insert", "update", "delete")


def second_writers(tree: Iterable[Module]) -> list[str]:
    """Statements built on a guarded table, or on one the source hides, outside the files of `WRITERS`."""
    found = []
    for module in tree:
        tables = _tables_of(module)
        for node in ast.walk(module.tree):
            table = _written(node, tables)
            if table in WRITERS and not _is_in(module.path, WRITERS[table]):
                found.append(f"{module.at(node)} writes {table}")
    return found


def second_sql(tree: Iterable[Module]) -> list[str]:
    """SQL texts that write a guarded table, undermine a promise, or are spoken where none may be."""
    found = []
    for module in tree:
        if _is_in(module.path, MAKES_TABLES):
            continue
        found += [f"{module.at(node)} {said}" for node, text in _texts(module) for said in _bad_sql(text, module.path)]
        found += [
            f"{module.at(node)} speaks SQL of its own"
            for node in ast.walk(module.tree)
            if _speaks_sql(node) and module.path not in SPEAKS_SQL
        ]
    return found


def second_callers(tree: Iterable[Module]) -> list[str]:
    """Files that get at what leads to custody and are not in `ONLY_BY`."""
    found = []
    for module in tree:
        for name, line in _names_taken(module):
            allowed = next((files for guarded, files in ONLY_BY.items() if _gives(name, guarded)), None)
            own = module.name == name.rpartition(".")[0] or module.name == name.removesuffix(".*")
            if allowed is not None and not own and module.path not in allowed:
                found.append(f"{module.path}:{line} takes {name}")
    return found


def second_passages(tree: Iterable[Module]) -> list[str]:
    """Passages of kit to a person, made anywhere but in their one file."""
    found = []
    for module in tree:
        for node in ast.walk(module.tree):
            word = _passes_as(node)
            if word in PASSES_AS and module.path not in PASSES_AS[word]:
                found.append(f"{module.at(node)} passes kit as {word}")
    return found


def second_openers(tree: Iterable[Module]) -> list[str]:
    """Calls that open the database, begin a write or commit, outside the files of `OPENS`; and any use of the ORM."""
    found = []
    for module in tree:
        for node in ast.walk(module.tree):
            name = _called(node)
            if name in OPENS and not _is_in(module.path, OPENS[name]):
                found.append(f"{module.at(node)} calls {name}")
        found += [f"{module.path}:{i.line} the ORM" for i in imports(module) if i.target.startswith("sqlalchemy.orm")]
    return found


# ---- tables ----------------------------------------------------------------------------------------------


def _tables_of(module: Module) -> Mapping[str, str]:
    """Local name -> table, for tables imported by name and for plain second names of them."""
    known: dict[str, str] = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("inventory.schema"):
            known |= {alias.asname or alias.name: alias.name for alias in node.names}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in known:
            known |= {t.id: known[node.value.id] for t in node.targets if isinstance(t, ast.Name)}
    return known


def _table(node: ast.expr, tables: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return tables.get(node.id, HIDDEN)
    if isinstance(node, ast.Attribute):
        return node.attr if node.attr in WRITERS else HIDDEN
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        return str(node.slice.value)
    return HIDDEN


def _written(node: ast.AST, tables: Mapping[str, str]) -> str | None:
    """The table that a call builds a write on; None where it builds none."""
    if not isinstance(node, ast.Call):
        return None
    if isinstance(node.func, ast.Attribute) and node.func.attr in _INSERTING and not _is_sqlalchemy(node.func.value):
        owner = _table(node.func.value, tables)
        return owner if owner in WRITERS and owner != HIDDEN else None
    name = _called(node)
    if name in ("Inserter", "Updater") or (name in _INSERTING and _is_statement(node.func, tables)):
        given = [*node.args, *(k.value for k in node.keywords if k.arg in ("table", None))]
        return _table(given[0], tables) if given else HIDDEN
    return None


def _is_sqlalchemy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in ("sa", "sqlalchemy", "sqlite", "postgresql")


def _is_statement(func: ast.expr, tables: Mapping[str, str]) -> bool:
    if isinstance(func, ast.Attribute):
        return _is_sqlalchemy(func.value)
    return isinstance(func, ast.Name) and func.id not in tables


# ---- texts -----------------------------------------------------------------------------------------------


def _texts(module: Module) -> Iterator[tuple[ast.AST, str]]:
    """Every text of a module with `?` for what is put in; docstrings left out."""
    spoken = {id(n.value) for n in ast.walk(module.tree) if isinstance(n, ast.Expr)}
    parts = {id(v) for n in ast.walk(module.tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            yield node, "".join(str(v.value) if isinstance(v, ast.Constant) else "?" for v in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (spoken | parts):
            yield node, node.value


def _bad_sql(text: str, path: str) -> Iterator[str]:
    if _UNDERMINES.search(text):
        yield f"undermines a promise: {text[:60]!r}"
    for match in _WRITE.finditer(text):
        table = match["table"].lower()
        if table in WRITERS and not _is_in(path, WRITERS[table]):
            yield f"writes {table} in a text"


def _speaks_sql(node: ast.AST) -> bool:
    name = _called(node)
    if name == "connect" and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return ast.unparse(node.func.value) in ("sqlite3", "psycopg")
    return name in ("exec_driver_sql", "TextClause") or (
        name == "text" and isinstance(node, ast.Call) and _is_sqlalchemy(getattr(node.func, "value", node.func))
    )


# ---- calls -----------------------------------------------------------------------------------------------


def _called(node: ast.AST) -> str | None:
    if not isinstance(node, ast.Call):
        return None
    name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
    return None if name == "begin" and node.args else name  # a transaction's takes nothing; a session's does


def _names_taken(module: Module) -> Iterator[tuple[str, int]]:
    """Dotted names a module imports; a whole module as `name.*`."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            yield from ((f"{alias.name}.*", node.lineno) for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno
                yield f"{node.module}.{alias.name}.*", node.lineno


def _gives(taken: str, guarded: str) -> bool:
    """Whether importing `taken` gives `guarded`: by name, or with the whole of its module."""
    return taken in (guarded, f"{guarded.rpartition('.')[0]}.*")


def _passes_as(node: ast.AST) -> str | None:
    """The word a passage is made with; HIDDEN where the source does not say it; None where it is no passage."""
    name = _called(node)
    if name not in ("Passage", "LotPassage") or not isinstance(node, ast.Call):
        return None
    at = 1 if name == "Passage" else 2
    given = next((k.value for k in node.keywords if k.arg == "kind"), node.args[at] if len(node.args) > at else None)
    return str(given.value) if isinstance(given, ast.Constant) else HIDDEN


def _is_in(path: str, places: Iterable[str]) -> bool:
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)
