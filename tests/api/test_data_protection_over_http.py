"""Data protection in daily use, over HTTP: what is due goes only by two people and is certified, the Commissioner and
whoever asks for their own data are answered in one act, and packs are the same content whoever asks."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from api.cli import main
from inventory.custody.issue import Request, issue_kit
from inventory.oversight import standalone
from inventory.schema.engine import make_engine
from inventory.schema.oversight import processing_log
from inventory.schema.people import capability_grant, person
from inventory.schema.retention import pack_made
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import MANAGER, PIN, Hand, House, Person, running
from tests.api.shared import anyio_backend  # noqa: F401 - the module's own, as long as the service

pytestmark = pytest.mark.anyio
SECOND = {"name": "sefton", "pin": PIN}
FOR = {"purpose": "Complaint CO/17", "recipient": "Investigator"}
YEAR = 366 * 24 * force.HOUR


@pytest.fixture(scope="module")
async def house(make_database: Callable[..., str], staffed: str, anyio_backend: str) -> AsyncIterator[House]:  # noqa: F811
    """One service in which Hollis drew a TASER and Latham was refused; the manager keeps records."""
    async with running(make_database(template=staffed), Hand()) as service:
        await service.service.database.awrite(_happened)
        yield service


def _happened(tx: Tx) -> None:
    tx.conn.execute(sa.insert(capability_grant).values(
        id=tx.ids.take(), person_id=MANAGER, capability="RECORDS_MANAGER", from_us=1, reason="t"))  # fmt: skip
    asks = (force.ced_ask(force.HOLLIS), force.ced_ask(force.LAPSED, 1))
    issue_kit(tx, [Request(ask) for ask in asks], force.demo_policy())


def unpacked(body: bytes) -> dict[str, bytes]:
    """The files of a pack, each as its manifest says."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    listed = dict(reversed(line.split("  ")) for line in files["manifest.txt"].decode().splitlines())
    content = {name: body for name, body in files.items() if name not in ("manifest.txt", "header.json")}
    assert listed == {name: sha256(body).hexdigest() for name, body in content.items()}
    assert json.loads(files["header.json"])["content_sha256"] == sha256(files["manifest.txt"]).hexdigest()
    return files


def words(paper: bytes) -> str:
    """Every word on a paper."""
    document = pypdfium2.PdfDocument(paper)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def verified(folder: Path) -> int:
    """What the verifier of a pack says, run by itself."""
    run = [sys.executable, "verify.py", "ledger.jsonl"]
    return subprocess.run(run, cwd=folder, capture_output=True, check=False).returncode


async def made(who: Person, path: str, body: dict[str, Any]) -> dict[str, bytes]:
    """What a pack holds."""
    answer = await who.post(path, body)
    assert answer.status_code == 200, answer.text
    return unpacked(answer.content)


def _decision(house: House, verdict: str) -> int:
    with house.service.database.reading() as conn:
        return int(conn.execute(sa.text(f"SELECT id FROM decision WHERE verdict = '{verdict}'")).scalar_one())


async def test_the_evidence_of_a_draw_is_the_same_for_whoever_asks_and_checked_by_its_own_verifier(
    house: House, tmp_path: Path
) -> None:
    auditor = await house.sign_in("auditor")
    path = f"/api/v1/decisions/{_decision(house, 'ALLOW')}/pack"
    one, other = await made(auditor, path, FOR), await made(auditor, path, {"purpose": "Again", "recipient": "IOPC"})
    assert one.pop("header.json") != other.pop("header.json")
    assert one == other
    told = json.loads(one["evidence.json"])
    assert told["decision"]["person_id"] == force.HOLLIS
    assert {each["item"]["id"] for each in told["kit"]} >= {force.HANDLES[0]}
    assert told["policy"]["hash"] == told["decision"]["policy_hash"]
    assert "Hollis" in words(one["evidence.pdf"])
    for name, body in one.items():
        (tmp_path / name).write_bytes(body)
    assert verified(tmp_path) == 0
    ledger = one["ledger.jsonl"].decode()
    (tmp_path / "ledger.jsonl").write_text(ledger.replace(f'"taker_id": {force.HOLLIS}', '"taker_id": 999', 1))
    assert verified(tmp_path) == 1
    refused = await made(auditor, f"/api/v1/decisions/{_decision(house, 'DENY')}/pack", FOR)
    assert "PPST_OUT_OF_DATE" in words(refused["evidence.pdf"])
    lines = house.lines(operation="DISCLOSURE", recipient="IOPC")
    assert [sha256(other["manifest.txt"]).hexdigest() in line["query"] for line in lines] == [True]
    assert (await (await house.sign_in("ivory")).post(path, FOR)).status_code == 403


async def test_the_commissioner_has_the_log_of_a_person_in_one_act_and_it_is_never_counted(house: House) -> None:
    auditor = await house.sign_in("auditor")
    await (await house.sign_in("manager")).get(f"/people/{force.HOLLIS}")
    asked = {"person": "4417", "from_on": "2026-11-22", "to_on": "2026-11-22", **FOR}
    files = await made(auditor, "/api/v1/ico-exports", asked)
    rows = [json.loads(line) for line in files["processing-log.jsonl"].splitlines()]
    assert any(row["route"] == "GET /people/{person_id}" and row["actor_id"] == MANAGER for row in rows)
    assert all(force.HOLLIS in json.loads(row["subjects"]) or row["actor_id"] == force.HOLLIS for row in rows)
    for row in rows:
        fields = [row[name] for name in standalone.LOG_FIELDS]
        assert standalone.link(row["prev_hash"], fields) == row["hash"]
    assert house.lines(route="POST /api/v1/ico-exports")[-1]["recipient"] == "Investigator"
    told = await (await house.sign_in("hollis")).get("/my-record/looks")
    assert "opened your record" in told.text, "a look by the manager"
    assert "Investigator" not in told.text, "to be told of the export is to be told of an investigation"
    span = {"from_us": 0, "to_us": force.NOW}
    counted = await auditor.get("/api/v1/processing-log", **span, count_by="actor_id")
    assert counted.status_code == 403
    assert "s.62(4)" in counted.json()["detail"]
    assert (await auditor.get("/api/v1/processing-log", **span, purpose="PRODUCTIVITY")).status_code == 400
    read = await auditor.get("/api/v1/processing-log", from_us=force.NOW, to_us=force.NOW + 1, purpose="LAWFULNESS")
    assert read.status_code == 200
    assert house.lines(route="GET /api/v1/processing-log")[-1]["reason"] == "verifying the lawfulness of processing"


def test_one_command_writes_the_same_export_with_its_line(
    make_sqlite_database: Callable[..., str], tmp_path: Path
) -> None:
    url, folder = make_sqlite_database(), tmp_path / "ico"
    force.build(url)

    def typed(*asked: str) -> Result:
        done = CliRunner().invoke(main, asked, env={"KIT_DATABASE": url})
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        return done

    asked = ("ico-export", "--person", "4417", "--from", "2026-11-01", "--to", "2027-11-01", "--out")
    assert typed(*asked, str(folder)).exit_code == 0
    assert typed(*asked, str(folder)).exit_code == 1, "an export never overwrites"
    listed = dict(reversed(line.split("  ")) for line in (folder / "manifest.txt").read_text().splitlines())
    assert listed == {name: sha256((folder / name).read_bytes()).hexdigest() for name in listed}
    assert typed(*asked, str(tmp_path / "again")).exit_code == 0
    assert typed("ico-export", "--person", "nobody", *asked[3:], str(tmp_path / "none")).exit_code == 1
    assert not (tmp_path / "none").exists()
    assert typed("records-of-processing", str(tmp_path / "records.csv")).exit_code == 0
    engine = make_engine(url)
    with engine.connect() as conn:
        log = processing_log.c
        made = conn.execute(sa.select(log.query).where(log.recipient == "Information Commissioner")).scalars().all()
    engine.dispose()
    assert len(made) == 2
    assert sha256((folder / "manifest.txt").read_bytes()).hexdigest() in made[0]


async def test_whoever_asks_for_their_own_data_is_answered_once_and_sees_nobody_else(house: House) -> None:
    keeper = await house.sign_in("manager")
    asked = {"person": "4417", "received_on": "2026-10-31", "reference": "SAR 9"}
    number = (await keeper.post("/api/v1/rights-requests", asked)).json()["id"]
    (row,) = (await keeper.get("/api/v1/rights-requests")).json()
    assert (row["due_on"], row["days_left"], row["state"]) == ("2026-11-30", 8, "OPEN")
    at = f"/api/v1/rights-requests/{number}"
    assert (await keeper.post(f"{at}/extend", {"detail": "Told on the 20th"})).status_code == 200
    assert (await keeper.post(f"{at}/extend", {"detail": "Again"})).status_code == 409
    files = await made(keeper, f"{at}/answer", FOR)
    own = json.loads(files["own-data.json"])
    assert {row["course"] for row in own["training_result"]} >= {"PPST", "CED_INITIAL"}
    assert own["decisions"][0]["by_person"] == "[another person]"
    assert {"Ivory", "Sefton", "Latham"} & set(files["own-data.json"].decode().split('"')) == set()
    assert "password_hash" not in files["own-data.json"].decode()
    assert (await keeper.post(f"{at}/answer", FOR)).status_code == 409
    (row,) = (await keeper.get("/api/v1/rights-requests")).json()
    assert (row["due_on"], row["state"], row["sha256"]) == (
        "2027-01-31", "ANSWERED", sha256(files["manifest.txt"]).hexdigest()
    )  # fmt: skip


async def test_packs_for_chief_officer_and_commissioner_name_nobody_and_stand_on_record(house: House) -> None:
    spoc = await house.sign_in("admin")
    span = {"from_on": "2026-06-01", "to_on": "2026-11-30", **FOR}
    for kind in ("assessment", "pcc"):
        files = await made(spoc, f"/api/v1/packs/{kind}", span)
        told = json.loads(files["figures.json"])
        values = {each["title"]: each["value"] for each in told["figures"]}
        assert (values["Draws allowed"], values["Draws refused"], values["Officers who carried a CED"]) == (1, 1, 1)
        said = words(files[f"{kind}.pdf"])
        assert "What each figure counts" in said
        with house.service.database.reading() as conn:
            names = [name for (name,) in conn.execute(sa.select(person.c.family_name))]
            assert [name for name in names if name in said] == []
    turned = await spoc.post("/api/v1/packs/pcc", {**span, "from_on": "2026-12-01"})
    assert turned.status_code == 422
    with house.service.database.reading() as conn:
        kinds = [kind for (kind,) in conn.execute(sa.select(pack_made.c.kind).order_by(pack_made.c.id))]
    assert {"ASSESSMENT", "PCC"} <= set(kinds)
    records = await (await house.sign_in("auditor")).get("/api/v1/records-of-processing.csv")
    assert "POST /api/v1/ico-exports" in records.text
    assert "LOG_READER" in next(line for line in records.text.splitlines() if "/api/v1/ico-exports" in line)


async def test_what_is_due_is_proposed_approved_by_two_erased_by_the_clock_and_certified(house: House) -> None:
    keeper = await house.sign_in("manager")
    held = {"serial": force.serial(force.HANDLES[0]), "reason": "Claim", "reference": "C 1", "second": SECOND}
    number = (await keeper.post("/api/v1/legal-holds", held)).json()["id"]
    assert (await keeper.post("/api/v1/legal-holds", {**held, "person": "4417"})).status_code == 409
    assert (await keeper.post("/api/v1/retention/log/propose")).status_code == 409
    assert (await keeper.post("/api/v1/retention/none/propose")).status_code == 404
    house.hand.now_us += 8 * YEAR
    keeper = await house.sign_in("manager")
    run = (await keeper.post("/api/v1/retention/refusals/propose")).json()["id"]
    alone = {"reason": "Due", "second": {"name": "manager", "pin": PIN}}
    assert (await keeper.post(f"/api/v1/disposals/{run}/approve", alone)).status_code == 422
    assert (await keeper.get(f"/api/v1/disposals/{run}/certificate")).status_code == 404
    answer = await keeper.post(f"/api/v1/disposals/{run}/approve", {"reason": "Due", "second": SECOND})
    assert (answer.status_code, answer.json()["state"]) == (200, "UNDER_WAY")
    clock = house.clock
    job = next(each for each in clock._jobs if each.name == "disposals")
    for _ in range(3):
        await clock.once(job)
    shown = (await keeper.get("/api/v1/retention")).json()
    assert (shown["disposals"][0]["state"], shown["disposals"][0]["erased"] > 0) == ("ERASED", True)
    paper = await keeper.get(f"/api/v1/disposals/{run}/certificate")
    assert "Certificate of disposal" in words(paper.content)
    assert "Latham" not in words(paper.content)
    released = await keeper.post(f"/api/v1/legal-holds/{number}/release", {"reason": "Settled", "second": SECOND})
    assert released.status_code == 200
    with house.service.database.reading() as conn:
        log = processing_log.c
        assert conn.execute(sa.select(log.actor_id).where(log.operation == "ERASURE")).scalars().all() == [MANAGER]

