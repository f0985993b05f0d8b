"""Named reports by program, by command, on a page and in the background: who may, what is said, what the log keeps."""

import asyncio
import csv
import hashlib
import io
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from api.claim import claim
from api.cli import main
from api.database import Database
from api.report_asking import BY_NAME
from api.report_runs import DEAD_US
from api.settings import Settings
from inventory.oversight.reports import REPORTS
from inventory.oversight.reports.report import Answer, Asked, Report
from inventory.schema.oversight import processing_log
from inventory.schema.reports import report_run
from tests import small_force as force
from tests.api.conftest import Hand, House, Person, _staff, running
from tests.built_once import built_once
from tests.inventory.oversight.reports.force_for_reports import build

pytestmark = pytest.mark.anyio
LOST = "/api/v1/reports/late-and-lost"
ROUTE = "GET /api/v1/reports/{name}"
REPORTS_BY = {each.name: each for each in REPORTS}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """As the conftest's, in the scope of the service."""
    return "asyncio"


@pytest.fixture(scope="module")
async def week(make_sqlite_database: Callable[..., str], anyio_backend: str) -> AsyncIterator[House]:
    """The service on the week of acts that the reports are checked with, and people who can sign in."""
    url = make_sqlite_database(template=built_once(make_sqlite_database, build))
    database = Database(url, lambda: force.NOW)
    database.start()
    database.write(lambda tx: _staff(tx.conn, tx.ids.take))
    database.stop()
    async with running(url, Hand()) as house:
        yield house


@pytest.fixture(scope="module")
async def manager(week: House) -> Person:
    """A manager of every store."""
    return await week.sign_in("manager")


async def done(house: House, person: Person, path: str) -> dict[str, Any]:
    """A run in the background, when it is over."""
    for _ in range(400):
        told: dict[str, Any] = (await person.get(path)).json()
        if told["state"] != "RUNNING":
            return told
        await asyncio.sleep(0.02)
    raise AssertionError("it never ended")


async def test_every_report_is_listed_with_what_it_counts_and_asked_by_who_may(week: House, manager: Person) -> None:
    listed = {each["name"]: each for each in (await manager.get("/api/v1/reports")).json()}
    assert list(listed) == [each.name for each in REPORTS]
    assert (listed["held-by"]["may_ask"], listed["undeclared-activity"]["may_ask"]) == (True, False)
    assert listed["late-and-lost"]["parameters"][1]["choices"] == ["NAMED", "LEFT_OUT"]
    assert (await manager.get("/api/v1/reports/undeclared-activity")).status_code == 403
    assert (await manager.get("/api/v1/reports/no-such")).status_code == 404
    ivory = await week.sign_in("ivory")
    asked = [await ivory.get("/api/v1/reports/checks-due", **given) for given in ({}, {"store": "DO"}, {"store": "ME"})]
    assert [each.status_code for each in asked] == [403, 403, 200], "an issuer of Medway, and of no other store"
    assert (await ivory.get("/api/v1/reports/held-by", person="4417")).status_code == 200, "of an officer of Medway"


async def test_a_report_tells_what_it_found_and_the_log_keeps_about_whom(week: House, manager: Person) -> None:
    asked = [(await manager.get("/api/v1/reports/held-by", person=each)).json()["asked"] for each in ("4418", "id:102")]
    assert asked == [{"person": force.MERCER}] * 2
    assert (await manager.get("/api/v1/reports/held-by", person="id:4418")).status_code == 422
    before = len(week.lines(route=ROUTE))
    told = (await manager.get(LOST)).json()
    body = {"columns": [each["key"] for each in told["columns"]], "rows": told["rows"]}
    said = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    assert told["sha256"] == hashlib.sha256(said.encode()).hexdigest()
    assert told["names"]["people"] == {str(force.MERCER): "PC Mercer 4418"}
    assert told["totals"] == {"late": 1, "missing_now": 1, "cases_open": 1, "cases_closed": 1}
    (line,) = week.lines(route=ROUTE)[before:]
    assert (line["operation"], json.loads(line["subjects"])) == ("CONSULTATION", [force.MERCER])
    assert json.loads(line["query"])["asked"] == {"store": None, "people": "NAMED"}


async def test_what_is_asked_wrongly_is_said_field_by_field(manager: Person) -> None:
    answer = await manager.get("/api/v1/reports/where-is", person="zz", at="last week", colour="red")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["colour", "person", "at"]
    assert (await manager.get("/api/v1/reports/where-is")).json()["errors"][0]["field"] == "serial"
    twice = await manager.client.get(f"{LOST}?store=ME&store=DO")
    assert (twice.status_code, twice.json()["errors"][0]["expected"]) == (422, "to be given once")
    bad = await manager.get("/api/v1/reports/count-variance", days="0", store="XX")
    assert [each["field"] for each in bad.json()["errors"]] == ["store", "days"]


async def test_files_say_what_the_screen_says_and_the_log_keeps_their_hash_and_for_whom(
    week: House, manager: Person
) -> None:
    page = (await manager.get("/reports/late-and-lost")).text
    found = (await manager.get(LOST)).json()
    made = {form: await manager.get(f"{LOST}/{form}", recipient="DI Brook") for form in ("csv", "xlsx", "pdf")}
    lines = week.lines(operation="DISCLOSURE", recipient="DI Brook")
    hashes = [hashlib.sha256(each.content).hexdigest() for each in made.values()]
    assert [json.loads(line["query"])["sha256"] for line in lines] == hashes
    assert found["sha256"] in page
    assert "PC Mercer 4418" in page
    assert "<svg" in page
    rows = list(csv.DictReader(io.StringIO(made["csv"].text.lstrip("\ufeff"))))
    assert [row["state"] for row in rows] == [row[0] for row in found["rows"]] == ["Late", "Missing", "Closed"]
    assert (rows[0]["person"], rows[0]["item"]) == ("PC Mercer 4418", "Body-worn camera X00241")
    book = openpyxl.load_workbook(io.BytesIO(made["xlsx"].content))
    cells = [cell.value for cell in next(book["Report"].iter_rows(min_row=2))]
    assert (cells[5], cells[6]) == (datetime(2026, 11, 21, 14), 17), "London time, and a number"  # noqa: DTZ001
    about = {row[0].value: row[1].value for row in book["What this is"].iter_rows()}
    said = about["SHA-256 of the data"], about["Do not take it for"]
    assert said == (found["sha256"], REPORTS_BY["late-and-lost"].trap)
    again = await manager.get(f"{LOST}/pdf", recipient="DI Brook")
    assert (made["pdf"].content[:5], again.content == made["pdf"].content) == (b"%PDF-", True)
    assert (await manager.get(f"{LOST}/odt")).status_code == 404


async def test_a_cell_that_begins_as_a_formula_is_a_text_in_a_workbook_and_in_a_table(
    manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [("=1+1", 1, "@x", None, None, 1, 1.5, None, None, None)]
    known = replace(REPORTS_BY["late-and-lost"], ask=lambda _conn, _asked: Answer(rows))
    monkeypatch.setitem(BY_NAME, "late-and-lost", known)
    book = openpyxl.load_workbook(io.BytesIO((await manager.get(f"{LOST}/xlsx")).content))
    assert (book["Report"]["A2"].value, book["Report"]["A2"].data_type) == ("=1+1", "s")
    assert "'=1+1" in (await manager.get(f"{LOST}/csv")).text


# ---- in the background -----------------------------------------------------------------------------------------


async def test_a_report_in_the_background_is_found_again_by_who_asked_and_by_nobody_else(
    week: House, manager: Person
) -> None:
    begun = await manager.post(f"{LOST}/runs", {"asked": {"store": "ME"}})
    assert begun.status_code == 202
    path = f"/api/v1/report-runs/{begun.json()['run_id']}"
    told = await done(week, manager, path)
    assert (told["state"], told["share"], told["asked"]) == ("DONE", 1.0, {"store": 1, "people": "NAMED"})
    answer = (await manager.get(f"{path}/answer")).json()
    now = (await manager.get(LOST, store="ME")).json()
    assert answer["rows"] == now["rows"]
    assert answer["sha256"] == told["sha256"] == now["sha256"]
    assert (await manager.get(f"{path}/csv")).text == (await manager.get(f"{LOST}/csv", store="ME")).text
    assert told["run_id"] in [each["run_id"] for each in (await manager.get("/api/v1/report-runs")).json()]
    assert "PC Mercer 4418" in (await manager.get(f"/reports/runs/{told['run_id']}")).text
    admin = await week.sign_in("admin")
    assert [(await admin.get(each)).status_code for each in (path, f"{path}/answer", f"{path}/pdf")] == [404] * 3
    (line,) = week.lines(request_id=f"report-run:{told['run_id']}")
    assert (line["operation"], line["actor_id"], json.loads(line["subjects"])) == ("CONSULTATION", 121, [force.MERCER])


async def test_a_long_report_says_how_far_it_is_and_one_that_fails_or_dies_says_so(
    week: House, manager: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, works = threading.Event(), threading.Event()

    def slowly(_conn: sa.Connection, asked: Asked) -> Answer:
        asked.told(0.4)
        works.set()
        assert go_on.wait(20)
        raise ValueError("it broke")

    monkeypatch.setitem(BY_NAME, "late-and-lost", long(slowly))
    assert (await manager.get(LOST)).status_code == 409
    path = f"/api/v1/report-runs/{(await manager.post(f'{LOST}/runs')).json()['run_id']}"
    await asyncio.to_thread(works.wait, 20)
    assert (await manager.get(path)).json()["state"] == "RUNNING"
    assert (await manager.get(f"{path}/answer")).status_code == 409
    go_on.set()
    failed = await done(week, manager, path)
    assert (failed["state"], failed["trouble"][:28], failed["share"]) == ("FAILED", "It could not be answered. As", 0.4)
    row = {"id": 9_000_001, "name": "late-and-lost", "by_person": 121, "asked_us": week.hand.now_us, "given": "{}",
           "policy_version": "p", "state": "RUNNING", "heard_us": week.hand.now_us - DEAD_US - 1}  # fmt: skip
    await week.service.database.awrite(lambda tx: tx.conn.execute(sa.insert(report_run), row) and None)
    assert (await manager.get("/api/v1/report-runs/9000001")).json()["state"] == "DIED"
    assert "It stopped with the service" in (await manager.get("/reports/runs/9000001")).text


def long(ask: Any) -> Report:
    """A report that takes long."""
    return replace(REPORTS_BY["late-and-lost"], ask=ask, is_long=True)


async def test_what_was_asked_for_is_swept_after_its_hours_and_the_log_says_so(week: House, manager: Person) -> None:
    path = f"/api/v1/report-runs/{(await manager.post(f'{LOST}/runs')).json()['run_id']}"
    await done(week, manager, path)
    clock = week.clock
    assert await clock.once(clock.job("reports"))
    assert (await manager.get(path)).status_code == 200
    was = week.hand.now_us
    week.hand.now_us += 72 * force.HOUR + 1
    assert await clock.once(clock.job("reports"))
    with week.service.database.reading() as conn:
        assert conn.execute(sa.select(report_run.c.id)).all() == []
    assert week.lines(operation="ERASURE", route="clock/reports")[-1]["subjects"] == "[121]"
    week.hand.now_us = was


# ---- by command ------------------------------------------------------------------------------------------------


async def test_by_command_it_is_the_same_and_its_line_is_written_beside_a_running_service(
    make_sqlite_database: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.commands.reporting.now_us", lambda: force.NOW)
    url = make_sqlite_database(template=built_once(make_sqlite_database, build))
    settings = Settings(database=url)
    told = {"KIT_DATABASE": url, "KIT_OVERLAY": "demo"}

    def say(*words: str) -> tuple[int, str]:
        ran = CliRunner().invoke(main, ["report", *words], env=told)
        return ran.exit_code, ran.output

    with claim(settings):
        code, out = say("late-and-lost", "-p", "store=me", "--for", "DI Brook")
        assert (code, "PC Mercer 4418" in out, REPORTS_BY["late-and-lost"].trap in out) == (0, True, True)
    target = tmp_path / "lost.xlsx"
    assert say("late-and-lost", "--as", "xlsx", "--out", str(target))[0] == 0
    assert openpyxl.load_workbook(target)["Report"]["A2"].value == "Late"
    assert say("late-and-lost", "--as", "xlsx", "--out", str(target))[0] == 1, "never over a file that is there"
    assert say("late-and-lost", "-p", "people=SOME")[1].strip() == "Error: people: expected one of NAMED, LEFT_OUT"
    assert json.loads(say("last-sighted", "--as", "json")[1])["name"] == "last-sighted"
    assert all(each.name in say("--list")[1] for each in REPORTS[:3])
    database = Database(url, lambda: force.NOW)
    with database.reading() as conn:
        rows = conn.execute(sa.select(processing_log).order_by(processing_log.c.id)).mappings().all()
    database.engine.dispose()
    kept = [(row["operation"], row["recipient"], json.loads(row["subjects"])) for row in rows]
    assert kept[0] == ("CONSULTATION", "DI Brook", [force.MERCER])
    assert [each[0] for each in kept] == ["CONSULTATION", "DISCLOSURE"], "what names nobody, or failed, leaves no line"
