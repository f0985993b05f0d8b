"""On PostgreSQL the service signs in as a role that cannot undo what the database promises: every right it has is
listed here, every way round them is attacked as that role, and a shift's work is done as that role."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from inventory.custody.holds import Placing, lift_hold, place_holds
from inventory.custody.issue import Request, issue_kit
from inventory.custody.returns import Back, return_kit
from inventory.oversight import audit, verify
from inventory.schema import backup as backups
from inventory.schema import metadata, migrate, roles, triggers
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.retention_triggers import ERASABLE
from tests import small_force as force
from tests.postgresql_server import OWNER, SERVICE, as_the_service

pytestmark = pytest.mark.db

TABLES_OWNER = "kit_owner"
"""Owns the tables and nothing else of the server: no superuser, may not make roles."""

DENIED = "42501"
READS = {"SELECT"}
READS_AND_ADDS = {"SELECT", "INSERT"}

CHANGED = {
    "alarm": "settled_us settled_by settlement",
    "authority_stop": "to_us",
    "bay": "store_id item_id serial word present charge_percent files_pending free_mb firmware clock_offset_ms"
    " log_synced fault observed_us received_us reading_key bridge_id device",
    "bay_command": "word detail answered_us dark_us",
    "binding": "to_us end_reason",
    "bridge": "boot seen_us offset_us software spool_waiting spool_bytes spool_quota_bytes listens_us"
    " certificate_ends_us",
    "bridge_key": "revoked_us",
    "capability_grant": "to_us",
    "chain_head": "seq hash noted_seq",
    "custody": "closed_entry closed_us",
    "decision": "facts refusals",
    "device_state": "word driver port detail firmware good garbled repeated since_us last_reading_us",
    "duty_restriction": "lifted_us",
    "feed_key": "revoked_us",
    "firmware_seen": "last_us",
    "fitting": "to_us unloaded_entry",
    "id_block": "next_id",
    "item_seen": "store_id place_id way device seen_us reading_key",
    "item": "model home_store_id pool purpose variant lot_id expires_on in_service_on personal_to order_ref serial",
    "kiosk": "token_hash pairing_hash pairing_ends_us paired_us revoked_us",
    "loss_case": "closed_event closed_us",
    "lot_balance": "quantity",
    "lot_due": "back",
    "person": "kind family_name given_name rank team home_store_id frontline joined_on left_on same_as ref"
    " disposed_us",
    "reading_tide": "upto",
    "reminder": "seen_us acknowledged_us mailing_us mailed_us mail_problem",
    "report_run": "state permille heard_us ended_us trouble digest answer",
    "roster": "withdrawn_us",
    "sighting": "item_id matches store_id place_id device antenna antennas rssi_cdbm reads seen_us received_us"
    " reading_key",
    "sign_in": "password_hash pin_hash changed_us closed_us",
    "throttle": "failures until_us",
    "training_feed": "last_good_us detail",
    "training_result": "retracted_us",
    "training_seat": "released_us",
    "visitor_attestation": "withdrawn_us",
    "specialist_result": "retracted_us",
    "use_point": "answer_id answered_us",
    "vendor_fact": "number words at_us import_id line",
    "visit": "state shift_name planned_return_us touched_us ended_us fit_declared authenticated_by by_person",
    "visit_handover": "side is_on giver_id giver_proof proved_by",
    "visit_line": "word function_test_passed charge_percent",
    "web_session": "seen_us ended_us",
}
DELETED_FROM = {
    "answered", "bay_command", "equality_declared", "outbox", "report_run", "sighting", "station", "throttle",
    "web_session",
    "alarm", "authority_act", "authority_stop", "binding", "carry_authorisation", "duty_restriction",
    "ledger_payload", "opt_in", "person_gate", "person_role", "processing_log", "reading",
    "reminder", "role_move", "roster", "sign_in", "specialist_result", "training_result", "training_retraction",
    "training_seat", "use_review", "visit_line", "visitor_attestation",
}  # fmt: skip
READ_ONLY = {"meta", "alembic_version"}
"""Every other right in any table is only to read and to add. A row more here is a way more to change the past."""


# ---- a force whose tables have an owner ---------------------------------------------------------------


def as_owner(url: str) -> str:
    """The database at `url` as the owner of its tables."""
    return url.replace(f"//{OWNER}@", f"//{TABLES_OWNER}@")


def by_superuser(url: str, *lines: str) -> None:
    """What the administrator of the server does."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
        for line in lines:
            conn.execute(line.encode())


def owned_database(make_pg_database: Callable[..., str], pg_url: str, template: str | None = None) -> str:
    """A new database that TABLES_OWNER owns."""
    url = make_pg_database(template=template)
    made = f"""DO $body$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{TABLES_OWNER}') THEN
               CREATE ROLE {TABLES_OWNER} LOGIN; END IF; END $body$"""
    by_superuser(pg_url, made, f'ALTER DATABASE "{sa.make_url(url).database}" OWNER TO {TABLES_OWNER}')
    return url


@pytest.fixture(scope="module")
def built(make_pg_database: Callable[..., str], pg_url: str) -> str:
    """URL (the superuser's) of the small force, its tables made by TABLES_OWNER."""
    url = owned_database(make_pg_database, pg_url)
    force.build(as_owner(url))
    return url


def copy_of(make_pg_database: Callable[..., str], pg_url: str, built: str) -> str:
    """A copy, its rights given anew: those of the database itself are not copied along."""
    made = owned_database(make_pg_database, pg_url, built)
    engine = make_engine(as_owner(made))
    with writing(engine).begin() as conn:
        roles.refresh(conn)
    engine.dispose()
    return made


@pytest.fixture
def url(make_pg_database: Callable[..., str], pg_url: str, built: str) -> str:
    """That force, this test's own."""
    return copy_of(make_pg_database, pg_url, built)


@pytest.fixture(scope="module")
def attacked(make_pg_database: Callable[..., str], pg_url: str, built: str) -> Iterator[tuple[str, sa.Engine]]:
    """That force for all attacks, none of which may change it: the superuser's URL, and the service."""
    made = copy_of(make_pg_database, pg_url, built)
    engine = make_engine(as_the_service(made))
    yield made, engine
    engine.dispose()


@pytest.fixture
def opened() -> Iterator[Callable[[str], sa.Engine]]:
    """Engines that are closed at the end."""
    made: list[sa.Engine] = []

    def make(address: str) -> sa.Engine:
        made.append(make_engine(address))
        return made[-1]

    yield make
    for each in made:
        each.dispose()


@pytest.fixture
def owner(url: str, opened: Callable[[str], sa.Engine]) -> sa.Engine:
    """The owner of the tables."""
    return opened(as_owner(url))


@pytest.fixture
def service(url: str, opened: Callable[[str], sa.Engine]) -> sa.Engine:
    """The service."""
    return opened(as_the_service(url))


# ---- what the role may do -----------------------------------------------------------------------------

ACL = """
SELECT c.relname, a.privilege_type, NULL FROM pg_class c, aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND r.rolname = 'kit_app'
UNION ALL
SELECT c.relname, a.privilege_type, t.attname FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid,
  aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee
WHERE c.relnamespace = 'public'::regnamespace AND r.rolname = 'kit_app'
"""


def rights_in(conn: sa.Connection, table: str) -> set[str]:
    """What the database's own lists say kit_app may do in a table: "INSERT", "UPDATE closed_us"."""
    rows = [row for row in conn.exec_driver_sql(ACL) if row[0] == table]
    return {f"{verb} {column}" if column else verb for _, verb, column in rows}


def expected_in(table: str) -> set[str]:
    """What this file says of it."""
    whole = READS if table in READ_ONLY else READS_AND_ADDS
    deletes = {"DELETE"} if table in DELETED_FROM else set()
    return whole | deletes | {f"UPDATE {column}" for column in CHANGED.get(table, "").split()}


def all_tables(conn: sa.Connection) -> list[str]:
    """Every table of the database, whoever made it."""
    return sa.inspect(conn).get_table_names()


def test_the_service_has_the_listed_rights_in_every_table_and_no_others(owner: sa.Engine) -> None:
    with owner.connect() as conn:
        tables = all_tables(conn)
        assert len(tables) >= 48
        assert {name: rights_in(conn, name) for name in tables} == {name: expected_in(name) for name in tables}


def test_nothing_that_a_trigger_guards_may_be_deleted_from_and_only_an_end_is_ever_set() -> None:
    guarded = set(triggers.truncate_guards())
    assert guarded & DELETED_FROM <= set(ERASABLE), "what an approved disposal may erase, by a trigger of its own"
    ends = {
            "custody": "closed_entry closed_us", "firmware_seen": "last_us", "fitting": "to_us unloaded_entry",
            "loss_case": "closed_event closed_us", "use_point": "answer_id answered_us", "lot_due": "back",
            "roster": "withdrawn_us", "visitor_attestation": "withdrawn_us", "decision": "facts refusals",
        }  # fmt: skip
    assert {name: CHANGED[name] for name in guarded & CHANGED.keys()} == ends


def test_every_right_names_a_column_or_table_that_there_is() -> None:
    named = {(right.table, right.column) for right in roles.rights() if right.table != roles.REVISION_TABLE}
    there = {(table.name, name) for table in metadata.sorted_tables for name in ("", *table.c.keys())}
    assert named <= there


def test_a_table_of_a_later_version_can_be_read_and_not_written_before_its_rights_are_given(
    owner: sa.Engine, service: sa.Engine
) -> None:
    with writing(owner).begin() as conn:
        conn.exec_driver_sql("CREATE TABLE later (id BIGINT)")
        assert rights_in(conn, "later") == READS
    with service.connect() as conn, pytest.raises(sa.exc.ProgrammingError, match="permission denied"):
        conn.exec_driver_sql("INSERT INTO later VALUES (1)")


def test_rights_that_were_changed_by_hand_are_put_back_by_the_owners_next_upgrade(
    url: str, owner: sa.Engine, service: sa.Engine
) -> None:
    by_superuser(url, "REVOKE UPDATE (closed_us) ON custody FROM kit_app", "GRANT DELETE ON ledger TO kit_app",
                 "GRANT UPDATE ON decision TO PUBLIC")  # fmt: skip
    with pytest.raises(roles.NeedsOwner, match=r"lacks UPDATE \(closed_us\) on custody.*kitstore db upgrade"):
        migrate.upgrade(service)
    assert migrate.upgrade(owner)
    assert not migrate.upgrade(owner), "once is enough"
    assert not migrate.upgrade(service), "and the service finds nothing to do"
    with service.connect() as conn:
        assert (roles.lacking(conn), roles.powers(conn)) == ([], [])


def test_a_migration_that_makes_a_table_anew_gives_its_rights_again(owner: sa.Engine) -> None:
    with writing(owner).begin() as conn:
        conn.exec_driver_sql("ALTER TABLE throttle RENAME TO throttle_old")
        conn.exec_driver_sql("CREATE TABLE throttle (LIKE throttle_old INCLUDING ALL)")
        conn.exec_driver_sql("DROP TABLE throttle_old")
        assert rights_in(conn, "throttle") == READS
    assert migrate.upgrade(owner)
    with owner.connect() as conn:
        assert rights_in(conn, "throttle") == expected_in("throttle")


# ---- what it may not do -------------------------------------------------------------------------------

ATTACKS = (
    "ALTER TABLE ledger DISABLE TRIGGER ledger_no_update",
    "ALTER TABLE custody DISABLE TRIGGER USER",
    "ALTER TABLE decision DISABLE TRIGGER ALL",
    "ALTER TABLE custody DROP CONSTRAINT ck_custody_issued_needs_decision",
    "ALTER TABLE ledger OWNER TO kit_service",
    "ALTER TABLE ledger RENAME TO old_ledger",
    "ALTER TABLE ledger ADD COLUMN note TEXT",
    "ALTER FUNCTION custody_needs_allow_fn() RENAME TO gone",
    "CREATE OR REPLACE FUNCTION custody_needs_allow_fn() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE FUNCTION public.length(text) RETURNS integer LANGUAGE sql AS 'SELECT 10'",
    "DROP TRIGGER ledger_no_delete ON ledger",
    "DROP INDEX uq_custody_open_item",
    "DROP TABLE hold_lift",
    "DROP TABLE ledger CASCADE",
    "DROP SCHEMA public CASCADE",
    "DROP OWNED BY kit_owner CASCADE",
    "TRUNCATE processing_log",
    "TRUNCATE tx_seal CASCADE",
    "SET session_replication_role = replica",
    "SET ROLE kit_owner",
    "SET SESSION AUTHORIZATION kit_owner",
    "GRANT kit_owner TO kit_service",
    "ALTER ROLE kit_service SUPERUSER",
    "CREATE RULE nothing AS ON INSERT TO ledger DO INSTEAD NOTHING",
    "CREATE TRIGGER silent BEFORE INSERT ON ledger FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE TABLE public.ledger_two (id BIGINT)",
    "CREATE TEMPORARY TABLE decision (id BIGINT)",
    "CREATE SCHEMA mine",
    "CREATE INDEX slow ON ledger (reason)",
    "LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE",
    "COPY ledger TO PROGRAM 'cat > /dev/null'",
    "UPDATE alembic_version SET version_num = 'none'",
    "UPDATE meta SET value = 'another epoch'",
    "DELETE FROM meta",
    "UPDATE person SET id = 9",
    "UPDATE training_result SET outcome = 'PASS'",
    "UPDATE training_result SET attended_on = '2026-11-01'",
    "DELETE FROM person",
    "UPDATE decision SET verdict = 'ALLOW'",
    "UPDATE custody SET person_id = 103",
    "UPDATE custody SET closed_us = 1, planned_return_us = 2",
    "UPDATE ledger_payload SET body = '{}'",
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_would_undo_a_promise_is_refused_to_the_service(attacked: tuple[str, sa.Engine], attack: str) -> None:
    url, service = attacked
    with service.connect() as conn, pytest.raises(sa.exc.ProgrammingError) as problem:
        conn.exec_driver_sql(attack)
    assert problem.value.orig.sqlstate == DENIED  # type: ignore[union-attr]
    assert _is_understood(url, attack), "it is the role that is refused, not the sentence"


def _is_understood(url: str, attack: str) -> bool:
    """Whether the superuser may do it, or is stopped by a trigger or a constraint alone. Nothing is kept."""
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        try:
            conn.execute(attack.encode())
        except (psycopg.errors.IntegrityError, psycopg.errors.RaiseException):
            pass
        finally:
            conn.rollback()
    return True


@pytest.mark.parametrize("table", triggers.truncate_guards())
@pytest.mark.parametrize("attack", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET {} = {}"])
def test_history_is_out_of_the_services_reach_before_any_trigger_is_asked(
    attacked: tuple[str, sa.Engine], table: str, attack: str
) -> None:
    _, service = attacked
    if attack.startswith("DELETE") and table in ERASABLE:
        return  # a trigger lets pass what an approved disposal lists (tests/inventory/oversight/test_retention.py)
    column = {"custody": "holder_id", "fitting": "parent_id"}.get(table, next(iter(metadata.tables[table].c)).name)
    with service.connect() as conn, pytest.raises(sa.exc.ProgrammingError) as problem:
        conn.exec_driver_sql(attack.format(table, column, column))
    assert problem.value.orig.sqlstate == DENIED  # type: ignore[union-attr]


def test_the_service_can_give_itself_no_right(service: sa.Engine) -> None:
    with service.begin() as conn:
        conn.exec_driver_sql("GRANT DELETE ON ledger TO kit_service")  # PostgreSQL warns, and gives nothing
    with service.connect() as conn:
        assert roles.powers(conn) == []


def test_a_temporary_table_cannot_stand_in_for_the_decisions_that_a_trigger_reads(
    url: str, service: sa.Engine
) -> None:
    by_superuser(url, f'GRANT TEMPORARY ON DATABASE "{sa.make_url(url).database}" TO kit_service')
    decided = (
        "INSERT INTO decision (id, tx_id, person_id, store_id, purpose, verdict, decided_us, valid_until_us,"
        " policy_hash, door, refusals, facts) VALUES (700, 70, 103, 1, 'OPERATIONAL', 'ALLOW', 5, 5, '', '', '', '')"
    )
    passed = (
        "INSERT INTO custody (id, tx_id, item_id, holder, holder_id, person_id, is_handle, basis, purpose, decision_id,"
        " return_mode, opened_entry, opened_us)"
        f" VALUES (7, 70, {force.HANDLES[0]}, 'PERSON', 103, 103, 1, 'ISSUED', 'OPERATIONAL', 700, 'PERSONAL', 1, 5)"
    )
    with service.connect() as conn, pytest.raises(sa.exc.IntegrityError, match="no matching fresh ALLOW decision"):
        conn.exec_driver_sql("CREATE TEMPORARY TABLE decision (LIKE public.decision)")
        conn.exec_driver_sql("CREATE TEMPORARY TABLE decision_item (LIKE public.decision_item)")
        conn.exec_driver_sql(f"INSERT INTO decision_item VALUES (700, {force.HANDLES[0]})")
        conn.exec_driver_sql(decided)
        conn.exec_driver_sql(passed)


# ---- a connection that could do more is told of -------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "taken", "says"),
    [
        ("GRANT kit_owner TO kit_service", "REVOKE kit_owner FROM kit_service", "owns the tables, or may become"),
        ("ALTER ROLE kit_service SUPERUSER", "ALTER ROLE kit_service NOSUPERUSER", "is a superuser"),
        ("ALTER ROLE kit_service CREATEROLE", "ALTER ROLE kit_service NOCREATEROLE", "may make roles"),
        ("GRANT DELETE ON ledger TO kit_service", "", "has DELETE on ledger"),
        ("GRANT UPDATE (verdict) ON decision TO PUBLIC", "", "has UPDATE (verdict) on decision"),
        ("GRANT TRIGGER ON custody TO kit_app", "", "has TRIGGER on custody"),
        ("GRANT CREATE ON SCHEMA public TO kit_service", "", "may create in that schema"),
        ("GRANT SET ON PARAMETER session_replication_role TO kit_app",
         "REVOKE SET ON PARAMETER session_replication_role FROM kit_app", "may set what is for superusers"),
        (
            "GRANT pg_write_all_data TO kit_service", "REVOKE pg_write_all_data FROM kit_service",
            "has DELETE on assessment",
        ),
        ("GRANT pg_execute_server_program TO kit_app", "REVOKE pg_execute_server_program FROM kit_app",
         "may run programs"),
    ],
)  # fmt: skip
def test_a_power_too_many_is_named(url: str, service: sa.Engine, given: str, taken: str, says: str) -> None:
    with service.connect() as conn:
        assert roles.powers(conn) == []
    by_superuser(url, given)
    try:
        with service.connect() as conn:
            assert says in "; ".join(roles.powers(conn))
    finally:
        by_superuser(url, *([taken] if taken else []))


def test_the_owner_and_a_superuser_are_told_so_in_one_line(
    url: str, owner: sa.Engine, opened: Callable[[str], sa.Engine]
) -> None:
    with owner.connect() as conn:
        assert roles.powers(conn) == ["owns the tables, or may become their owner"]
    with opened(url).connect() as conn:
        assert roles.powers(conn) == ["is a superuser"]


def test_sqlite_has_no_roles_and_nothing_is_asked_of_it(make_sqlite_database: Callable[..., str]) -> None:
    engine = make_engine(make_sqlite_database())
    migrate.upgrade(engine)
    with engine.connect() as conn:
        assert (roles.powers(conn), roles.lacking(conn), roles.stale(conn)) == ([], [], "")
        assert not roles.refresh(conn)
        roles.need_owner(conn, "anything")
    engine.dispose()


# ---- the work -----------------------------------------------------------------------------------------


def test_a_shift_is_drawn_refused_held_and_handed_in_by_the_services_role(service: sa.Engine) -> None:
    ids, policy = Ids(writing(service)), force.demo_policy()
    with force.acting(service, ids) as tx:
        asked = force.ced_ask(force.HOLLIS), force.camera_ask(force.MERCER), force.ced_ask(force.LAPSED, 1)
        given = issue_kit(tx, [Request(each) for each in asked], policy)
        assert [each.allowed for each in given] == [True, True, False]
    with force.acting(service, ids, force.NOW + force.HOUR) as tx:
        back = [*given[0].item_ids, force.CAMERAS[0]]
        return_kit(tx, [Back(each, force.MEDWAY, force.ISSUER) for each in back])
    with force.acting(service, ids, force.NOW + 2 * force.HOUR) as tx:
        held = place_holds(tx, [Placing("DEFECT", "cracked", force.HANDLES[0], placed_by=force.ISSUER)])
    with force.acting(service, ids, force.NOW + 3 * force.HOUR) as tx:
        lift_hold(tx, held[0], force.SECOND_ISSUER, "repaired")
    with service.connect() as conn:
        assert (audit.audit(conn), verify.verify(conn).findings) == ([], [])


def test_the_service_makes_a_backup_and_only_the_owner_restores_it(
    url: str, service: sa.Engine, make_pg_database: Callable[..., str], pg_url: str, tmp_path: Path,
    opened: Callable[[str], sa.Engine],
) -> None:  # fmt: skip
    copy = tmp_path / "kit.backup"
    backups.backup(as_the_service(url), copy)
    empty = owned_database(make_pg_database, pg_url)
    with pytest.raises(roles.NeedsOwner, match="the role kit_service"):
        backups.restore(as_the_service(empty), copy)
    backups.restore(as_owner(empty), copy)
    with opened(as_the_service(empty)).connect() as conn:
        assert (roles.lacking(conn), roles.powers(conn), audit.audit(conn)) == ([], [], [])
        assert {name: rights_in(conn, name) for name in all_tables(conn)} == {
            name: expected_in(name) for name in all_tables(conn)
        }


def test_an_empty_database_is_for_the_owner_to_fill(make_pg_database: Callable[..., str], pg_url: str,
                                                    opened: Callable[[str], sa.Engine]) -> None:  # fmt: skip
    url = owned_database(make_pg_database, pg_url)
    with pytest.raises(roles.NeedsOwner, match=f"at nothing.*the role {SERVICE}"):
        migrate.upgrade(opened(as_the_service(url)))
    assert migrate.upgrade(opened(as_owner(url)))
    assert not migrate.upgrade(opened(as_the_service(url)))


# ---- making the role ----------------------------------------------------------------------------------


def test_an_owner_who_may_make_roles_makes_the_role_and_its_sign_in(
    url: str, owner: sa.Engine, opened: Callable[[str], sa.Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roles, "APP_ROLE", "kit_app_of_another_force")
    with pytest.raises(roles.NeedsOwner, match="kit_owner may not make roles") as told:
        migrate.establish_role(owner)
    assert str(told.value).endswith("run: CREATE ROLE kit_app_of_another_force NOLOGIN;")
    by_superuser(url, f"ALTER ROLE {TABLES_OWNER} CREATEROLE")
    try:
        migrate.establish_role(owner, "night-desk")
    finally:
        by_superuser(url, f"ALTER ROLE {TABLES_OWNER} NOCREATEROLE")
    migrate.establish_role(owner, "night-desk")  # nothing is left to make
    with opened(url.replace(f"//{OWNER}@", "//night-desk@")).connect() as conn:
        assert (roles.connected_as(conn), roles.lacking(conn), roles.powers(conn)) == ("night-desk", [], [])
