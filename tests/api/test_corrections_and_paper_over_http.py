"""Corrections and paper over HTTP: put right by two at one screen, printed, written up with its scan, exported."""

import base64
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from click.testing import CliRunner

from api import paper_folders
from api.cli import main
from api.settings import Paper
from inventory.people.capabilities import CapabilityGrant, give
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.api.conftest import PIN, House, Person
from tests.api.shared import anyio_backend, shared_house

__all__ = ["anyio_backend", "shared_house"]
pytestmark = pytest.mark.anyio
SIGNED = {"name": "sefton", "pin": PIN}


@pytest.fixture(scope="module")
async def house(shared_house: House) -> House:
    """The small force; Sefton is the sergeant, and Ivory manages Medway."""

    def empower(tx: Tx) -> None:
        for person_id, capability in ((force.SECOND_ISSUER, "SUPERVISOR"), (force.ISSUER, "STORE_MANAGER")):
            give(tx.conn, tx.ids, CapabilityGrant(person_id, capability, force.MEDWAY, "test"), tx.now_us)

    await shared_house.service.database.awrite(empower)
    return shared_house


async def draw(who: Person, person_id: int, camera: int) -> None:
    ask = {"person_id": person_id, "store_id": force.MEDWAY, "fit_declared": True, "authenticated_by": "FACE",
           "items": [{"item_id": camera}], "planned_return_us": force.SHIFT_ENDS}  # fmt: skip
    answer = await who.post("/api/v1/issues", ask)
    assert answer.status_code == 201, answer.text


async def last_entry(who: Person, item_id: int) -> int:
    life = (await who.get(f"/api/v1/items/{item_id}/life")).json()
    return int([each["id"] for each in life if each["taker"]][-1])


async def shown_struck(ivory: Person, camera: int, entry: int, made: int) -> None:
    """Who had it is answered as known then and now, and the page leads from one entry to the other and back."""
    had = (await ivory.get(f"/api/v1/items/{camera}/had", at_us=force.NOW)).json()
    assert (had["person"]["id"], had["known_now"]["person"]["id"]) == (force.MERCER, force.HOLLIS)
    assert had["known_now"]["entry_id"] == made
    page = (await ivory.get(f"/items/{camera}")).text
    assert f'href="#entry-{made}"' in page
    assert f'href="#entry-{entry}"' in page
    assert "<s>" in page


async def test_an_issue_on_the_wrong_card_is_put_right_by_two_and_shown_struck(house: House) -> None:
    ivory, hollis = await house.sign_in("ivory"), await house.sign_in("hollis")
    camera = force.CAMERAS[0]
    await draw(ivory, force.MERCER, camera)
    entry = await last_entry(ivory, camera)
    offered = (await ivory.get(f"/api/v1/ledger/{entry}/corrections")).json()
    assert [(each["sort"], each["may"]) for each in offered["sorts"]] == [
        ("WRONG_PERSON", True),
        ("WRONG_ITEM_OUT", True),
    ]
    path, house.hand.now_us = f"/api/v1/ledger/{entry}/corrections", house.hand.now_us + 1_000_000
    asked: dict[str, Any] = {
        "sort": "WRONG_PERSON",
        "collar": "4417",
        "reason": "The wrong card",
        "document": "Memo 7",
    }
    assert (await hollis.post(path, asked | {"second": SIGNED})).status_code == 403
    alone = await ivory.post(path, asked)
    assert (alone.status_code, alone.json()["type"]) == (409, "/problems/not-corrected")
    assert (
        await ivory.post(path, asked | {"second": {"name": "sefton", "pin": "000000"}})
    ).status_code == 403
    assert (await ivory.post(path, asked | {"collar": "0000", "second": SIGNED})).status_code == 422
    done = await ivory.post(path, asked | {"second": SIGNED})
    assert done.status_code == 200, done.text
    made = done.json()["entries"][str(camera)]
    await shown_struck(ivory, camera, entry, made)
    again = await ivory.post(path, asked | {"second": SIGNED})
    assert again.status_code == 409
    assert again.json()["refusals"][-1]["instead"]
    listed = (await ivory.get(f"/api/v1/stores/{force.MEDWAY}/corrections")).json()
    assert [(each["corrects"], each["entry_id"], each["reason"]) for each in listed] == [
        (entry, made, "The wrong card")
    ]
    csv = (await ivory.get(f"/api/v1/stores/{force.MEDWAY}/corrections.csv")).text
    assert "Memo 7" in csv
    assert "The wrong card" in (await ivory.get(f"/stores/{force.MEDWAY}/corrections")).text
    assert (await hollis.get(f"/api/v1/stores/{force.MEDWAY}/corrections")).status_code == 403


async def test_the_register_is_printed_and_says_when_it_is_void_and_who_may_draw(house: House) -> None:
    ivory = await house.sign_in("ivory")
    printed = await ivory.get(f"/api/v1/stores/{force.MEDWAY}/paper.pdf")
    assert (printed.status_code, printed.headers["Content-Type"]) == (200, "application/pdf")
    said = words_of(printed.content)
    for part in (
        "VOID from 23 November 2026, 07:00 GMT",
        "PC Hollis 4417",
        "Officer signs",
        force.serial(force.HANDLES[1]),
    ):
        assert part in said
    lines = [each for each in house.lines(operation="DISCLOSURE") if each["route"].endswith("/paper.pdf")]
    assert lines
    assert (
        await (await house.sign_in("hollis")).get(f"/api/v1/stores/{force.MEDWAY}/paper.pdf")
    ).status_code == 403


def only_file(folder: Path, begins: str) -> bytes:
    """The one file in a folder, whose name begins so."""
    (found,) = folder.iterdir()
    assert found.name.startswith(begins)
    return found.read_bytes()


def words_of(content: bytes) -> str:
    """Everything that stands in a PDF file."""
    document = pypdfium2.PdfDocument(content)
    try:
        return "\n".join(
            document[number].get_textpage().get_text_bounded() for number in range(len(document))
        )
    finally:
        document.close()


async def test_a_page_is_written_up_with_its_scan_once_and_shown_with_what_the_gate_would_have_said(
    house: House,
) -> None:
    ivory = await house.sign_in("ivory")
    scan = b"\x89PNG a scanned page"
    line = {"act": "DRAWN", "collar": "4419", "at_us": force.NOW, "issuer_collar": "9001", "fit": True, "tested": True,
            "items": [{"serial": force.serial(each)} for each in (force.HANDLES[2], *force.CARTRIDGES[8:12])],
            "planned_return_us": force.SHIFT_ENDS}  # fmt: skip
    page = {"document": "Register ME, page 3", "scan": base64.b64encode(scan).decode(), "media": "image/png",
            "lines": [line], "second": SIGNED, "register": "ME-20261122-0600", "page_no": 3}  # fmt: skip
    path = f"/api/v1/stores/{force.MEDWAY}/paper-pages"
    wrong = await ivory.post(path, page | {"lines": [line | {"at_us": force.NOW + 10**12}]})
    assert (wrong.status_code, wrong.json()["refusals"][0]["line"]) == (409, 1)
    unknown = await ivory.post(path, page | {"lines": [line | {"collar": "1"}]})
    assert (unknown.status_code, unknown.json()["errors"][0]["field"]) == (422, "lines[0].collar")
    done = await ivory.post(path, page)
    assert done.status_code == 200, done.text
    told = done.json()
    assert ([each["line_no"] for each in told["refused"]], told["again"]) == ([1], False)
    again = (await ivory.post(path, page)).json()
    assert (again["again"], again["page_id"]) == (True, told["page_id"])
    kept = await ivory.get(f"/api/v1/paper-pages/{told['page_id']}/scan")
    assert (kept.content, kept.headers["Content-Type"]) == (scan, "image/png")
    one = (await ivory.get(f"/api/v1/paper-pages/{told['page_id']}")).json()
    assert (one["refused"], len(one["lines"])) == (1, 5)
    shown = (await ivory.get(f"/stores/{force.MEDWAY}/paper")).text
    assert "The gate would have refused 1 line" in shown
    assert "PPST" in (await ivory.get(f"{path}.csv")).text
    assert (await (await house.sign_in("hollis")).post(path, page)).status_code == 403


async def test_the_register_lies_in_its_folder_before_it_is_needed_and_an_old_one_is_told_of(
    house: House, tmp_path: Path
) -> None:
    paper, policy, now_us = (
        Paper(folders={"ME": str(tmp_path / "me"), "XX": "x"}, keep=2),
        house.service.policies.now,
        force.NOW,
    )
    with house.service.database.reading() as conn:
        assert paper_folders.too_old(paper_folders.kept(conn, paper), policy.paper, now_us)
        for later_us in (0, 60_000_000, 7 * force.HOUR, 14 * force.HOUR):
            made = paper_folders.make_due(conn, paper, policy, now_us + later_us)
            assert not made.wrong
        files = sorted(each.name for each in (tmp_path / "me").iterdir())
        assert [name[:16] for name in files] == ["ME-20261122-1400", "ME-20261122-2100"]
        kept = paper_folders.kept(conn, paper)
        assert not paper_folders.too_old(kept, policy.paper, now_us + 37 * force.HOUR)
        (told,) = paper_folders.too_old(kept, policy.paper, now_us + 38 * force.HOUR)
        assert "is void since 23 November 2026, 21:00 GMT. Print it." in told.raised.detail
        (tmp_path / "file").write_text("in the way")
        barred = Paper(folders={"ME": str(tmp_path / "file" / "me")})
        assert force.MEDWAY in paper_folders.make_due(conn, barred, policy, now_us).wrong
    assert await house.clock.once(house.clock.job("paper"))


async def test_one_command_prints_the_register_beside_a_running_service(house: House, tmp_path: Path) -> None:
    env = {"KIT_DATABASE": house.service.settings.database, "KIT_OVERLAY": "demo"}
    done = CliRunner().invoke(main, ["paper", "me", "--to", str(tmp_path)], env=env)
    assert done.exit_code == 0, done.output
    assert "Kit store Medway" in words_of(only_file(tmp_path, "ME-"))
    unknown = CliRunner().invoke(main, ["paper", "ZZ"], env=env)
    assert (unknown.exit_code, "there is no store ZZ" in unknown.output) == (1, True)
