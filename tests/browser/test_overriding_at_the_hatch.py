"""A supervisor at the hatch's screen: the refusal says who may override it, and their own PIN puts the camera in."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from inventory.schema.overrides import override
from inventory.schema.people import binding, capability_grant
from inventory.schema.stock import bay
from inventory.schema.tx import Tx
from tests import small_force as force
from tests.browser.doing import collar, pair_and_sign_in, says, scans
from tests.browser.service import MANAGER, PIN, Running
from tests.browser.test_axe_finds_nothing import settled

Open = Callable[..., Page]
WHY = "No other camera is charged"
CARD = "8801"


def post_supervisors(tx: Tx) -> None:
    """The manager and PC Mercer may override at Medway; the first camera is half empty; the manager has a number."""
    for person_id in (MANAGER, force.MERCER):
        row = {"id": tx.ids.take(), "person_id": person_id, "capability": "SUPERVISOR", "store_id": force.MEDWAY}
        tx.conn.execute(sa.insert(capability_grant), row | {"from_us": 1, "reason": "Posted"})
    tx.conn.execute(sa.update(bay).where(bay.c.item_id == force.CAMERAS[0]).values(charge_percent=50))
    mark = {"id": tx.ids.take(), "technology": "COLLAR", "value": CARD, "person_id": MANAGER, "from_us": 1}
    tx.conn.execute(sa.insert(binding), mark)


def refused_camera(running: Running, page: Page) -> Page:
    """PC Hollis scans a half-empty camera and is refused."""
    running.service.database.write(post_supervisors)
    pair_and_sign_in(page, running)
    scans(page, collar(force.HOLLIS))
    says(page, "READY")
    scans(page, force.serial(force.CAMERAS[0]))
    says(page, "REFUSED")
    return page


@pytest.fixture
def hatch(running: Running, open_page: Open) -> Page:
    """The Medway hatch with that refusal on its screen."""
    return refused_camera(running, open_page())


def given(running: Running) -> list[tuple[str, int, str]]:
    """Every override: the rule, who gave it, and why."""
    with running.service.database.reading() as conn:
        rows = conn.execute(sa.select(override.c.code, override.c.by_person, override.c.reason))
        return [tuple(row) for row in rows]


def test_a_refusal_says_who_may_override_and_their_pin_puts_the_camera_in(hatch: Page, running: Running) -> None:
    refused = hatch.locator("#groups .group[data-word=REFUSED]")
    expect(refused).to_contain_text("A sergeant or above may override this for one duty.")
    expect(refused).to_contain_text("Marlowe 8801")
    refused.get_by_role("button", name="Override the refusal of").tap()
    form = hatch.get_by_role("dialog", name="Override for this duty")
    form.get_by_label("Supervisor", exact=True).select_option(label="Marlowe 8801")
    form.get_by_label("Why").fill(WHY)
    form.get_by_label("The supervisor's own PIN").fill(PIN)
    form.get_by_role("button", name="Override").tap()
    says(hatch, "OVERRIDDEN")
    expect(hatch.locator("#groups .group[data-word=IN_SET]")).to_contain_text("Marlowe 8801's override for this duty")
    expect(hatch.locator("body")).not_to_contain_text(WHY)
    hatch.get_by_role("button", name="Face checked: issue 1 item").tap()
    says(hatch, "ISSUED")
    assert given(running) == [("CAMERA_CHARGE_LOW", MANAGER, WHY)]


def test_a_supervisors_card_opens_the_form_and_names_them(hatch: Page, running: Running) -> None:
    scans(hatch, CARD)
    form = hatch.get_by_role("dialog", name="Override for this duty")
    expect(form).to_contain_text("Marlowe 8801: say why, and enter your PIN to override.")
    expect(form.get_by_role("combobox")).to_have_count(0)
    form.get_by_label("Why").fill(WHY)
    form.get_by_label("The supervisor's own PIN").fill(PIN)
    form.get_by_label("The supervisor's own PIN").press("Enter")
    says(hatch, "OVERRIDDEN")
    assert given(running) == [("CAMERA_CHARGE_LOW", MANAGER, WHY)]


def test_a_wrong_pin_an_empty_reason_and_cancel_override_nothing(hatch: Page, running: Running) -> None:
    button = hatch.get_by_role("button", name="Override the refusal of")
    button.tap()
    form = hatch.get_by_role("dialog", name="Override for this duty")
    form.get_by_label("Supervisor", exact=True).select_option(label="Marlowe 8801")
    form.get_by_label("The supervisor's own PIN").fill("000000")
    form.get_by_role("button", name="Override").tap()
    expect(form).to_be_visible()
    form.get_by_label("Why").fill(WHY)
    form.get_by_role("button", name="Override").tap()
    says(hatch, "Not done")
    button.tap()
    form.get_by_role("button", name="Cancel").tap()
    expect(form).to_have_count(0)
    expect(hatch.locator("#groups .group[data-word=REFUSED] .line")).to_have_count(1)
    assert given(running) == []


def test_a_hard_refusal_offers_no_override(hatch: Page) -> None:
    scans(hatch, force.serial(force.HANDLES[2]))
    says(hatch, "REFUSED")
    lines = hatch.locator("#groups .group[data-word=REFUSED] .line")
    expect(lines).to_have_count(2)
    expect(lines.filter(has_text=force.serial(force.HANDLES[2])).locator(".overriding")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["hatch", "phone"])
def test_the_offer_and_its_form_are_as_axe_wants_them(
    running: Running, open_page: Open, size: str, scheme: str
) -> None:
    page = refused_camera(running, open_page(size, scheme))
    found = {"offer": settled(page)}
    page.get_by_role("button", name="Override the refusal of").tap()
    found["form"] = settled(page)
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
