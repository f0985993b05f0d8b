"""The pages of a store's devices: what is wrong first with what to do, one device's own page, and the firmware."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api.pages.devices import clock_said
from devices.readings import DeviceReported
from tests import small_force as force
from tests.browser import bridge_story, service
from tests.browser.doing import sign_in
from tests.browser.service import Running
from tests.browser.test_axe_finds_nothing import found_by_axe

Open = Callable[..., Page]
DEVICES = f"/stores/{force.MEDWAY}/devices"


@pytest.fixture(scope="module")
def told(built_force: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, int]]:
    """One service in which a bridge has told its story, and that bridge."""
    path = tmp_path_factory.mktemp("devices") / "kit.sqlite3"
    shutil.copy(built_force, path)
    with service.running(f"sqlite:///{path}") as found:
        yield found, bridge_story.tell(found)


def manager_at(told: tuple[Running, int], open_page: Open, path: str, *how: str) -> Page:
    """A manager who looks at a page."""
    page = open_page(*how)
    sign_in(page, told[0])
    page.goto(f"{told[0].url}{path}")
    return page


def test_what_is_wrong_stands_first_and_says_what_to_do(told: tuple[Running, int], open_page: Open) -> None:
    page = manager_at(told, open_page, f"/stores/{force.MEDWAY}")
    page.get_by_role("navigation", name="On this page").get_by_role("link", name="Devices").click()
    bridges = page.locator("#bridges tbody tr")
    expect(bridges.first).to_contain_text("medway-annexe")
    expect(bridges.first).to_contain_text("See that its machine is on")
    expect(bridges.filter(has_text="medway-hatch")).to_contain_text("0.2 s")
    rows = page.locator("#devices tbody tr")
    expect(rows).to_have_count(6)
    expect(rows.nth(0)).to_contain_text("Not heard")
    expect(rows.filter(has_text="card-reader")).to_contain_text("unplug it, wait ten seconds")
    expect(rows.filter(has_text="rack")).to_contain_text("needs 1.0")
    expect(rows.filter(has_text="hatch-scanner")).to_contain_text("1,204")
    expect(page.locator("#docks")).to_contain_text("2 charged")


@pytest.mark.parametrize(
    ("offset_us", "says"),
    [(None, ""), (0, "right"), (49_999, "right"), (200_000, "0.2 s behind"), (-3_400_000, "3.4 s ahead"),
     (59_900_000, "59.9 s behind"), (60_000_000, "1 min behind"), (-3_720_000_000, "1 h 2 min ahead")],
)  # fmt: skip
def test_a_clock_is_said_as_people_say_it(offset_us: int | None, says: str) -> None:
    assert clock_said(offset_us) == says


def test_every_stores_devices_are_one_click_away(told: tuple[Running, int], open_page: Open) -> None:
    page = manager_at(told, open_page, "/")
    page.get_by_role("banner").get_by_role("link", name="Devices").click()
    todo = page.locator("#todo tbody tr")
    expect(todo.first).to_contain_text("Bridge medway-annexe")
    expect(todo.filter(has_text="shelf-reader")).to_contain_text("Plug it in")
    assert found_by_axe(page) == []
    page.get_by_role("link", name="2 below the policy").click()
    expect(page.get_by_role("heading", name="Firmware")).to_be_visible()


def test_a_device_has_its_words_and_the_bytes_that_could_not_be_read(
    told: tuple[Running, int], open_page: Open
) -> None:
    page = manager_at(told, open_page, DEVICES)
    page.get_by_role("link", name="hatch-scanner").click()
    expect(page.locator("#garbled li")).to_have_count(2)
    expect(page.locator("#garbled")).to_contain_text("02 41 42")
    page.get_by_role("link", name="devices", exact=True).click()
    page.get_by_role("link", name="card-reader").click()
    expect(page.locator("#words li")).to_have_count(4)
    expect(page.locator("#words li").first).to_contain_text("Wedged")


def test_the_firmware_page_says_what_is_below_the_policy_and_what_went_back(
    told: tuple[Running, int], open_page: Open
) -> None:
    page = manager_at(told, open_page, f"/stores/{force.MEDWAY}/firmware")
    short = page.locator("#short tbody tr")
    expect(short).to_have_count(2)
    expect(short.filter(has_text=force.serial(force.CAMERAS[0]))).to_contain_text("It stays in use.")
    expect(page.locator("#changes tbody tr").filter(has_text="rack")).to_contain_text("went back")
    page.goto(f"{told[0].url}/stores/{force.MEDWAY}?kind=BWV_CAMERA")
    expect(page.locator("#shelf .pieces")).to_contain_text("runs firmware 1.19.4; 1.20 is needed.")


def test_a_device_that_is_well_again_is_drawn_so_while_one_looks(running: Running, open_page: Open) -> None:
    bridge_id = bridge_story.tell(running)
    page = open_page()
    sign_in(page, running)
    page.goto(f"{running.url}{DEVICES}")
    row = page.locator("#devices tbody tr").filter(has_text="card-reader")
    expect(row).to_contain_text("Wedged")
    well = DeviceReported(device="card-reader", word="OPEN", driver="em4100", firmware="3.1")
    running.service.database.write(lambda tx: bridge_story.beat(tx, bridge_id, well))
    expect(row).to_contain_text("Open")
    expect(row).to_contain_text("3.1")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_pages_of_devices(told: tuple[Running, int], open_page: Open, scheme: str) -> None:
    page = manager_at(told, open_page, DEVICES, "hatch", scheme)
    found = {}
    for name in ("devices", "firmware", f"device?bridge_id={told[1]}&device=hatch-scanner"):
        page.goto(f"{told[0].url}/stores/{force.MEDWAY}/{name}")
        found[name] = found_by_axe(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_the_pages_of_devices_fit_a_phone(told: tuple[Running, int], open_page: Open) -> None:
    page = manager_at(told, open_page, DEVICES, "phone")
    for name in ("devices", "firmware", f"device?bridge_id={told[1]}&device=card-reader"):
        page.goto(f"{told[0].url}/stores/{force.MEDWAY}/{name}")
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, name
