"""The role the service runs as on PostgreSQL: what it may do to each table, and nothing else.

One rule for the editor: a line here gives what code of the running service really does, no more; who changes a
column or deletes a row somewhere new adds it here, and to the test that lists every right (decision record 0010).

The owner of the tables can switch triggers off, drop constraints and empty the ledger. So the service is not the
owner: it signs in as a member of APP_ROLE. Upgrade, restore and the grants themselves are the owner's.
SQLite has no roles: there nothing here asks or does anything.
"""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa

from inventory.schema import metadata, retention_triggers

APP_ROLE = "kit_app"
"""A role nobody signs in as; the service's own sign-in is made a member of it."""

REVISION_TABLE = "alembic_version"
READ_ONLY = ("meta", REVISION_TABLE)
"""Every other table may be added to."""

DELETES = (
    "answered", "bay_command", "equality_declared", "outbox", "report_run", "sighting", "station", "throttle",
    "web_session", *(table for table in retention_triggers.ERASABLE if table != "equality_declared"),
)  # fmt: skip
"""Tables whose rows the service deletes: what nobody can ask for any more, where a device no longer stands,
strangers' tags, what bays were told to show, and a declaration that a newer one replaced. In the erasable
tables a trigger lets pass what an approved disposal lists and nothing else."""

CHANGES: dict[str, tuple[str, ...]] = {
    "alarm": ("settled_us", "settled_by", "settlement"),
    "authority_stop": ("to_us",),
    "bay": (
        "store_id", "item_id", "serial", "word", "present", "charge_percent", "files_pending", "free_mb", "firmware",
        "clock_offset_ms", "log_synced", "fault", "observed_us", "received_us", "reading_key", "bridge_id", "device",
    ),
    "bay_command": ("word", "detail", "answered_us", "dark_us"),
    "binding": ("to_us", "end_reason"),
    "bridge": (
        "boot", "seen_us", "offset_us", "software", "spool_waiting", "spool_bytes", "spool_quota_bytes",
        "listens_us", "certificate_ends_us",
    ),
    "bridge_key": ("revoked_us",),
    "capability_grant": ("to_us",),
    "chain_head": ("seq", "hash", "noted_seq"),
    "custody": ("closed_entry", "closed_us"),
    "decision": ("facts", "refusals"),
    "device_state": (
        "word", "driver", "port", "detail", "firmware", "good", "garbled", "repeated", "since_us", "last_reading_us",
    ),
    "duty_restriction": ("lifted_us",),
    "feed_key": ("revoked_us",),
    "firmware_seen": ("last_us",),
    "fitting": ("to_us", "unloaded_entry"),
    "id_block": ("next_id",),
    "item": (
        "model", "home_store_id", "pool", "purpose", "variant", "lot_id", "expires_on", "in_service_on", "personal_to",
        "order_ref", "serial",
    ),
    "item_seen": ("store_id", "place_id", "way", "device", "seen_us", "reading_key"),
    "kiosk": ("token_hash", "pairing_hash", "pairing_ends_us", "paired_us", "revoked_us"),
    "loss_case": ("closed_event", "closed_us"),
    "lot_balance": ("quantity",),
    "lot_due": ("back",),
    "person": (
        "kind", "family_name", "given_name", "rank", "team", "home_store_id", "frontline", "joined_on", "left_on",
        "same_as", "ref", "disposed_us",
    ),
    "reading_tide": ("upto",),
    "reminder": ("seen_us", "acknowledged_us", "mailing_us", "mailed_us", "mail_problem"),
    "roster": ("withdrawn_us",),
    "report_run": ("state", "permille", "heard_us", "ended_us", "trouble", "digest", "answer"),
    "sighting": (
        "item_id", "matches", "store_id", "place_id", "device", "antenna", "antennas", "rssi_cdbm", "reads", "seen_us",
        "received_us", "reading_key",
    ),
    "sign_in": ("password_hash", "pin_hash", "changed_us", "closed_us"),
    "throttle": ("failures", "until_us"),
    "training_feed": ("last_good_us", "detail"),
    "training_result": ("retracted_us",),
    "training_seat": ("released_us",),
    "visitor_attestation": ("withdrawn_us",),
    "specialist_result": ("retracted_us",),
    "use_point": ("answer_id", "answered_us"),
    "vendor_fact": ("number", "words", "at_us", "import_id", "line"),
    "visit": (
        "state", "shift_name", "planned_return_us", "touched_us", "ended_us", "fit_declared", "authenticated_by",
        "by_person",
    ),
    "visit_handover": ("side", "is_on", "giver_id", "giver_proof", "proved_by"),
    "visit_line": ("word", "function_test_passed", "charge_percent"),
    "web_session": ("seen_us", "ended_us"),
}  # fmt: skip
"""The columns that the service changes after a row was written. Locking a row (FOR UPDATE) needs one as well."""


class NeedsOwner(RuntimeError):
    """This can only be done by the owner of the tables; the message says what, and how."""


class Right(NamedTuple):
    """One right in one table; `column` where it holds for that column alone."""

    table: str
    verb: str
    column: str = ""

    def __str__(self) -> str:
        return f"{self.verb} ({self.column}) on {self.table}" if self.column else f"{self.verb} on {self.table}"


def tables() -> list[str]:
    """The names of every table that a right is given in."""
    return sorted([*metadata.tables, REVISION_TABLE])


def rights() -> set[Right]:
    """Everything the service may do, table by table."""
    return (
        {Right(name, "SELECT") for name in tables()}
        | {Right(name, "INSERT") for name in tables() if name not in READ_ONLY}
        | {Right(name, "DELETE") for name in DELETES}
        | {Right(name, "UPDATE", column) for name, columns in CHANGES.items() for column in columns}
    )


# ---- what a role may do now ------------------------------------------------------------------------

_GRANTED = """
SELECT c.relname, verb, '' FROM pg_class c,
  unnest(ARRAY['SELECT', 'INSERT', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS verb
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(:names) AND has_table_privilege(:role, c.oid, verb)
UNION ALL
SELECT c.relname, 'UPDATE', a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY(:names) AND a.attnum > 0 AND NOT a.attisdropped
  AND has_column_privilege(:role, c.oid, a.attnum, 'UPDATE')
"""
_MAY_BE_OWNER = """EXISTS (SELECT 1 FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
  AND c.relname = ANY(:names) AND pg_has_role(session_user, c.relowner, 'MEMBER'))"""
_OWNS_SCHEMA = """EXISTS (SELECT 1 FROM pg_namespace n WHERE n.nspname = 'public'
  AND pg_has_role(session_user, n.nspowner, 'MEMBER'))"""
_ON_THE_MACHINE = """pg_has_role(session_user, 'pg_execute_server_program', 'MEMBER')
  OR pg_has_role(session_user, 'pg_write_server_files', 'MEMBER')"""
_SETS_MORE = """EXISTS (SELECT 1 FROM pg_parameter_acl p, aclexplode(p.paracl) a
  WHERE a.grantee = 0 OR pg_has_role(session_user, a.grantee, 'MEMBER'))"""
SUPERUSER, IS_OWNER = "is a superuser", "owns the tables, or may become their owner"
_BEYOND = {
    SUPERUSER: "(SELECT rolsuper FROM pg_roles WHERE rolname = session_user)",
    IS_OWNER: _MAY_BE_OWNER,
    "owns the schema they are in": _OWNS_SCHEMA,
    "may create in that schema": "has_schema_privilege(session_user, 'public', 'CREATE')",
    "may create schemas": "has_database_privilege(session_user, current_database(), 'CREATE')",
    "may make temporary tables": "has_database_privilege(session_user, current_database(), 'TEMPORARY')",
    "may make roles": "(SELECT rolcreaterole FROM pg_roles WHERE rolname = session_user)",
    "may set what is for superusers": _SETS_MORE,
    "may run programs or write files on the server": _ON_THE_MACHINE,
}
"""What the service never needs, in words -> how PostgreSQL is asked about it."""
_MAY_ALTER = """
SELECT has_schema_privilege('public', 'CREATE') AND NOT EXISTS (SELECT 1 FROM pg_class c WHERE c.relname = ANY(:names)
  AND c.relnamespace = 'public'::regnamespace AND NOT pg_has_role(c.relowner, 'USAGE'))
"""


def granted(conn: sa.Connection, role: str) -> set[Right]:
    """What `role` may do in our tables, by whatever way it came to it. Nothing on SQLite."""
    if conn.dialect.name != "postgresql":
        return set()
    return {Right(*row) for row in conn.execute(sa.text(_GRANTED), {"names": tables(), "role": role})}


def powers(conn: sa.Connection) -> list[str]:
    """What the role of this connection may do and the service never needs, in words; empty where it is as it should be.

    A superuser may do all of it, and the owner of the tables may alter them: then the list stops there.
    """
    if conn.dialect.name != "postgresql":
        return []
    asked = sa.text("SELECT " + ", ".join(f"({condition})" for condition in _BEYOND.values()))
    answers = conn.execute(asked, {"names": tables()}).one()
    found = [says for says, holds in zip(_BEYOND, answers, strict=True) if holds]
    if SUPERUSER in found or IS_OWNER in found:
        return found[:1]
    return found + [f"has {right}" for right in sorted(granted(conn, connected_as(conn)) - _rights_here(conn))]


def lacking(conn: sa.Connection) -> list[Right]:
    """What the service needs and the role of this connection may not do."""
    if conn.dialect.name != "postgresql":
        return []
    return sorted(_rights_here(conn) - granted(conn, connected_as(conn)))


def _rights_here(conn: sa.Connection) -> set[Right]:
    """`rights` in the tables that this database has: an older one lacks some, and is upgraded first."""
    here = _tables_here(conn)
    return {right for right in rights() if right.table in here}


def _tables_here(conn: sa.Connection) -> list[str]:
    asked = sa.text(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname = ANY(:names)"
        " AND relkind = 'r' ORDER BY relname"
    )
    return list(conn.execute(asked, {"names": tables()}).scalars())


def connected_as(conn: sa.Connection) -> str:
    """The role of this connection, "" on SQLite."""
    return str(conn.exec_driver_sql("SELECT current_user").scalar()) if conn.dialect.name == "postgresql" else ""


def exists(conn: sa.Connection, role: str) -> bool:
    """Whether there is such a role on this server. Never on SQLite."""
    if conn.dialect.name != "postgresql":
        return False
    asked = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return conn.execute(asked, {"role": role}).first() is not None


def may_alter(conn: sa.Connection) -> bool:
    """Whether the role of this connection may make and alter the tables. Always on SQLite."""
    if conn.dialect.name != "postgresql":
        return True
    return bool(conn.execute(sa.text(_MAY_ALTER), {"names": tables()}).scalar())


def stale(conn: sa.Connection) -> str:
    """Why the rights are not this version's, in words; "" where they are.

    The owner is told of any difference, because it can mend it; the service only of what it lacks.
    """
    if not may_alter(conn):
        missing = lacking(conn)
        return f"{connected_as(conn)} lacks {_named(missing)}" if missing else ""
    if exists(conn, APP_ROLE) and granted(conn, APP_ROLE) != _rights_here(conn):
        return f"the rights of {APP_ROLE} are not this version's"
    return ""


def _named(missing: list[Right], most: int = 3) -> str:
    more = f" and {len(missing) - most} more rights" if len(missing) > most else ""
    return ", ".join(str(each) for each in missing[:most]) + more


def need_owner(conn: sa.Connection, why: str, command: str = "upgrade") -> None:
    """Raise NeedsOwner, because of `why`, where the role of this connection may not make and alter the tables.

    `command` is the one of `kitstore db` that the owner is to run.
    """
    if not may_alter(conn):
        raise NeedsOwner(
            f"{why}. That takes the owner of the tables, and this connection is the role {connected_as(conn)}. Give"
            f" the owner's address in KITSTORE_OWNER_DATABASE and run `kitstore db {command}` (docs/postgresql.md)."
        )


# ---- giving the rights -----------------------------------------------------------------------------


def statements(conn: sa.Connection) -> list[str]:
    """The SQL that gives APP_ROLE exactly its rights in this database, whatever it had before."""
    here = _tables_here(conn)
    added_to = [name for name in here if name not in READ_ONLY]
    sql = [
        f"REVOKE ALL ON {_listed(here)} FROM {APP_ROLE}, PUBLIC",
        f"GRANT SELECT ON {_listed(here)} TO {APP_ROLE}",
        f"GRANT INSERT ON {_listed(added_to)} TO {APP_ROLE}",
        f"GRANT DELETE ON {_listed(DELETES)} TO {APP_ROLE}",
    ]
    sql += [
        f"GRANT UPDATE ({', '.join(columns)}) ON public.{name} TO {APP_ROLE}" for name, columns in CHANGES.items()
    ]
    # A table made by a later version can be read (and backed up) before anybody thought of its rights.
    sql.append(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {APP_ROLE}")
    return sql + (_of_the_database(conn) if _owns_database(conn) else [])


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"public.{name}" for name in names)


def _of_the_database(conn: sa.Connection) -> list[str]:
    database = conn.dialect.identifier_preparer.quote(
        str(conn.exec_driver_sql("SELECT current_database()").scalar())
    )
    return [
        f"REVOKE TEMPORARY, CREATE ON DATABASE {database} FROM {APP_ROLE}, PUBLIC",
        f"GRANT CONNECT ON DATABASE {database} TO {APP_ROLE}",
        f"REVOKE CREATE ON SCHEMA public FROM {APP_ROLE}, PUBLIC",
        f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}",
    ]


def _owns_database(conn: sa.Connection) -> bool:
    asked = "SELECT pg_has_role(datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    return bool(conn.exec_driver_sql(asked).scalar())


def refresh(conn: sa.Connection) -> bool:
    """Give APP_ROLE exactly its rights; False where there is no such role (and on SQLite). The owner's to do."""
    if not exists(conn, APP_ROLE):
        return False
    for line in statements(conn):
        conn.exec_driver_sql(line)
    return True


def make(conn: sa.Connection) -> None:
    """Make APP_ROLE on this server. Raises NeedsOwner where the role of this connection may not make roles."""
    _may_make_roles(conn, f"CREATE ROLE {APP_ROLE} NOLOGIN")
    conn.exec_driver_sql(f"CREATE ROLE {APP_ROLE} NOLOGIN")


def admit(conn: sa.Connection, login: str) -> None:
    """Let `login` sign in as a member of APP_ROLE; made, without a password, where it is not there.

    Raises NeedsOwner where the role of this connection may not make roles.
    """
    name = conn.dialect.identifier_preparer.quote(login)
    is_there = exists(conn, login)
    if is_there and _is_member(conn, login):
        return
    sql = [*([] if is_there else [f"CREATE ROLE {name} LOGIN"]), f"GRANT {APP_ROLE} TO {name}"]
    _may_make_roles(conn, "; ".join(sql))
    for line in sql:
        conn.exec_driver_sql(line)


def _is_member(conn: sa.Connection, login: str) -> bool:
    asked = sa.text("SELECT pg_has_role(:login, :role, 'MEMBER')")
    return bool(conn.execute(asked, {"login": login, "role": APP_ROLE}).scalar())


def _may_make_roles(conn: sa.Connection, sql: str) -> None:
    asked = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    if not conn.exec_driver_sql(asked).scalar():
        raise NeedsOwner(f"{connected_as(conn)} may not make roles. Have a superuser of the server run: {sql};")
