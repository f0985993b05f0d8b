"""What every test may ask for: databases of both kinds, and groups that say so when they are skipped.

One rule for the editor: nothing here knows the kit store. Fixtures about people, kit and hatches live
beside the tests that use them.
"""

import functools
import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

from tests.any_order import EXPLORE
from tests.devices import vector_tally
from tests.devices.network_dock import has_network_docks
from tests.devices.virtual_card import has_virtual_reader
from tests.postgresql_server import NoServer, has_binaries, running_server

# How long an example takes says something about the machine and its other work, nothing about ours. The suite draws
# the same examples every time; scripts/campaign-orders draws new ones.
settings.register_profile("kit", deadline=None, derandomize=not EXPLORE)
settings.load_profile("kit")

gc.set_threshold(20_000, 20, 20)
"""Half a million objects live as long as the run: to go through them as often as Python would is a tenth of its CPU."""

NEEDS: dict[str, tuple[Callable[[], bool], str]] = {
    "db": (has_binaries, "no PostgreSQL 15 or newer"),
    "mqtt": (lambda: _finds("mosquitto") and _finds("openssl"), "no mosquitto, or no openssl command"),
    "browser": (lambda: _finds("chromium-headless-shell") or _finds("chromium"), "no chromium command"),
    "usb": (lambda: _finds("umockdev-run"), "no umockdev-run command"),
    "dhcp": (functools.cache(has_network_docks), "no dnsmasq and udhcpc, or no right to make network namespaces"),
    "pcsc": (has_virtual_reader, "no pcscd with vpcd (vsmartcard-vpcd), or no pyscard"),
}
"""Group (a marker) -> whether this machine can run it, and what to say when it cannot."""

LONGEST = (
    "tests/inventory/demo/",
    "tests/faults/",
    "tests/journeys/",
    "tests/doors/",
    "tests/browser/",
)
"""Where the files lie that one process is busy with for the longest. Begun last, they would keep a single core busy at
the end of a run while the others had nothing to do."""

DEMANDS_ALL = os.environ.get("KIT_REQUIRE_ALL") == "1"


def _finds(command: str) -> bool:
    # Debian keeps daemons out of an ordinary person's PATH.
    return shutil.which(command, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") is not None


# ---- groups: skipped loudly, or not at all ---------------------------------------------------------


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`scripts/vectors` asks for those tests alone that are about wire vectors; what takes longest begins first."""
    if vector_tally.ASKED:
        items[:] = [it for it in items if vector_tally.vectors_of(it)]
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    return next((n for n, name in enumerate(LONGEST) if item.nodeid.startswith(name)), len(LONGEST))


def pytest_collection_finish() -> None:
    """What the collection made stays to the end, and is a great deal: the garbage collector need not go through it."""
    gc.collect()
    gc.freeze()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """`scripts/vectors` fails where one was skipped or claimed by nobody, too."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if vector_tally.ASKED and reporter and vector_tally.not_passed(reporter.stats):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_runtest_setup(item: pytest.Item) -> None:
    vector_tally.tell_vector(item)
    for group, (is_here, lack) in NEEDS.items():
        if item.get_closest_marker(group) and not is_here():
            _miss(f"{group}: {lack}")


def _miss(reason: str) -> None:
    if DEMANDS_ALL:
        pytest.fail(f"KIT_REQUIRE_ALL=1, and {reason}", pytrace=False)
    pytest.skip(reason)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The very last line of a run: how many tests did not run, and why."""
    if hasattr(config, "workerinput"):
        return  # one of several processes of a run: the one that gathers them says it
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    lines = vector_tally.vector_lines(reporter.stats) if reporter else []
    print("\n".join(lines), end="\n" if lines else "")
    skipped = reporter.stats.get("skipped", []) if reporter else []
    reasons = [_reason(report) for report in skipped]
    lines = [f"{reason}, {reasons.count(reason)} tests" for reason in sorted(set(reasons))]
    print(f"SKIPPED GROUPS: {'; '.join(lines) or 'none'} ({len(skipped)} tests in all)")


def _reason(report: pytest.TestReport) -> str:
    said = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return said.removeprefix("Skipped: ")


# ---- databases -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def pg_server() -> Iterator[str]:
    """A PostgreSQL server of this run: its address with `{database}` standing for the name."""
    with ExitStack() as stack:
        try:
            address = stack.enter_context(running_server())
        except NoServer as error:
            _miss(f"db: {error}")
        yield address


@pytest.fixture(scope="session")
def pg_url(pg_server: str) -> str:
    """SQLAlchemy URL of the server's maintenance database, for what does not need a fresh one."""
    return pg_server.format(database="postgres")


@pytest.fixture(scope="session")
def make_pg_database(pg_server: str) -> Callable[..., str]:
    """`make_pg_database()` -> URL of a new empty database; `template=` a URL made earlier copies that one.

    Nobody may be connected to the template. Databases go with the server, at the end of the run.
    """
    numbers = itertools.count(1)

    def make(template: str | None = None) -> str:
        name = f"kit{next(numbers)}"
        source = template.split("?")[0].rsplit("/", 1)[1] if template else "template0"
        with psycopg.connect(_plain(pg_server, "postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}" template "{source}"'.encode())
        return pg_server.format(database=name)

    return make


def _plain(server: str, database: str) -> str:
    return server.format(database=database).replace("+psycopg", "")


@pytest.fixture(scope="session")
def make_sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """`make_sqlite_database()` -> URL of a new file; `template=` a URL made earlier copies that file.

    Close the template's connections first, so that nothing is left in its write-ahead log.
    """

    def make(template: str | None = None) -> str:
        path = tmp_path_factory.mktemp("sqlite") / "kit.sqlite3"
        if template:
            shutil.copyfile(Path(template.removeprefix("sqlite:///")), path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.db)], ids=str)
def make_database(request: pytest.FixtureRequest) -> Callable[..., str]:
    """Runs the test once on each database: `make_database(template=None)` -> URL, as the two above."""
    name = {"sqlite": "make_sqlite_database", "postgresql": "make_pg_database"}[request.param]
    maker: Callable[..., str] = request.getfixturevalue(name)
    return maker


@pytest.fixture(scope="module")
def database_url(make_database: Callable[..., str]) -> str:
    """URL of a database that is empty and this test module's own; the module runs once on each kind."""
    return make_database()
