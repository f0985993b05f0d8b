"""The hatch's screen alone, shown views that a real force reaches rarely, by a stand-in service.

One rule for the editor: what is proven here is the screen, not the store; the keys of every view used are compared
with a view of the real service.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from inventory.custody import hatch as acts
from inventory.people.credentials import Bind, bind
from tests import small_force as force
from tests.browser import hatch_views as views
from tests.browser.doing import hatch_is_ready, says, scans, verdict
from tests.browser.hatch_stage import SCAN, put_hatch
from tests.browser.service import Running
from tests.browser.stage import Stage

Open = Callable[..., Page]
Shown = Callable[..., Page]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """The stand-in service."""
    with Stage() as found:
        yield found


@pytest.fixture
def shown(stage: Stage, open_page: Open) -> Shown:
    """Show one view: `shown(views.READY, size="phone", prefix="~")`."""

    def show(view: dict[str, Any], size: str = "hatch", scheme: str = "light", **wedge: str) -> Page:
        address = put_hatch(stage, view, **wedge)
        page = open_page(size, scheme)
        page.goto(address)
        hatch_is_ready(page)
        stage.wait_for_screen()
        return page

    return show


def answer(view: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What the service answers an act with."""
    return {**said, "view": view}


def shape(value: Any) -> Any:
    """The keys of a view, without its values; a list has the shape of its first entry."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in sorted(value.items())}
    return [shape(value[0])] if isinstance(value, list) and value and isinstance(value[0], dict) else None


def test_the_views_used_here_are_shaped_as_the_services_own(running: Running) -> None:
    policy = running.service.policies.now
    database = running.service.database
    database.write(
        lambda tx: acts.present(tx, force.HATCH, force.show_card(force.HOLLIS), policy, force.ISSUER)
    )
    said = database.write(
        lambda tx: acts.present(
            tx, force.HATCH, force.scan(force.serial(force.HANDLES[0])), policy, force.ISSUER
        )
    )
    real, ours = shape(said.view), shape(views.DRAWING)
    assert set(real) == set(ours)
    assert set(real["visit"]) == set(ours["visit"])
    for part in ("lines", "may_draw"):
        assert set(real["visit"][part][0]) == set(ours["visit"][part][0]), part
    assert set(real["visit"]["proposed"][0]) == set(views.CAMERA)
    assert real["lots"] == ours["lots"]
    label = Bind("LABEL", "4418", item_id=force.CAMERAS[0])
    database.write(lambda tx: bind(tx.conn, tx.ids, label, tx.now_us))
    asked = database.write(
        lambda tx: acts.present(tx, force.HATCH, force.scan("4418"), policy, force.ISSUER)
    ).view["choices"]
    assert [set(each) for each in asked] == [set(each) for each in views.WHOSE["choices"]]


@pytest.mark.parametrize(
    ("said", "tone", "pattern"),
    [
        (views.ISSUED, "issued", "rgb"),
        (views.RETURNED, "returned", "90deg"),
        (views.REFUSED_VERDICT, "refused", "135deg"),
        (views.WARNING, "warning", "135deg"),
    ],
)
def test_each_verdict_has_its_own_colour_shape_words_and_tone(
    shown: Shown, stage: Stage, said: dict[str, Any], tone: str, pattern: str
) -> None:
    page = shown(views.DRAWING)
    stage.push({"type": "hatch", "view": views.DRAWING, "verdict": said})
    says(page, said["title"])
    frame = page.locator("#frame")
    expect(frame).to_have_class("edge on")
    background = frame.evaluate("node => getComputedStyle(node).background")
    assert pattern in background
    expect(page.locator("html")).to_have_attribute("data-last-tone", tone)
    use = verdict(page).locator("use")
    expect(use).to_have_attribute("href", f"#i-{tone}")
    for sentence in said["sentences"]:
        expect(verdict(page)).to_contain_text(sentence)


def test_the_words_of_a_verdict_stay_when_its_frame_has_gone(shown: Shown, stage: Stage) -> None:
    page = shown(views.EMPTY)
    stage.push({"type": "hatch", "view": views.EMPTY, "verdict": views.IN_SET})
    expect(page.locator("#frame")).to_have_class("edge on")
    expect(page.locator("#frame")).to_have_class("edge")
    says(page, "IN SET")


def test_what_a_reloaded_screen_repeats_is_not_sounded_again(shown: Shown, stage: Stage) -> None:
    page = shown(views.DRAWING)
    stage.push({"type": "hatch", "view": views.DRAWING, "verdict": views.REFUSED_VERDICT})
    expect(page.locator("html")).to_have_attribute("data-last-tone", "refused")
    page.evaluate("() => { document.documentElement.dataset.lastTone = 'none since'; }")
    stage.push({"type": "hatch", "view": views.DRAWING, "verdict": views.REFUSED_VERDICT})
    stage.push({"type": "hatch", "view": views.PARKED, "verdict": views.REFUSED_VERDICT})
    expect(page.get_by_role("list", name="Parked visits")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-last-tone", "none since")


def test_a_code_on_several_items_asks_by_touch(shown: Shown, stage: Stage) -> None:
    page = shown(views.CHOOSING)
    stage.answers["/api/v1/hatch/3/choose"] = answer(views.DRAWING, views.IN_SET)
    expect(page.get_by_role("heading", name="This code is on 3 items")).to_be_visible()
    expect(page.get_by_role("button", name="with Sgt Okafor 2210")).to_be_visible()
    page.get_by_role("button", name="dock ME-CED-02 bay 5").tap()
    says(page, "IN SET")
    assert stage.posted == [("/api/v1/hatch/3/choose", {"item_id": 52})]


def test_who_meant_none_of_them_is_not_held_by_the_question(shown: Shown, stage: Stage) -> None:
    page = shown(views.CHOOSING)
    stage.answers["/api/v1/hatch/3"] = views.DRAWING
    page.get_by_role("button", name="None of these").tap()
    expect(page.locator("#choices")).to_be_hidden()
    expect(page.locator("#groups .line")).to_have_count(6)
    assert stage.posted == []


def test_a_number_on_a_card_and_on_kit_asks_by_touch_whose_it_is(shown: Shown, stage: Stage) -> None:
    page = shown(views.WHOSE)
    stage.answers["/api/v1/hatch/3/choose"] = answer(views.DRAWING, views.verdict("ok", "READY"))
    expect(page.get_by_role("heading", name="Touch whose card it is")).to_be_visible()
    page.get_by_role("button", name="PC Whitcombe 4417").tap()
    says(page, "READY")
    assert stage.posted == [("/api/v1/hatch/3/choose", {"person_id": 4417})]


def test_the_screen_says_which_bay_to_go_to_and_one_touch_adds_what_is_in_it(shown: Shown, stage: Stage) -> None:
    page = shown(views.POINTED)
    camera = page.get_by_role("region", name="Next, from the bays").get_by_role("listitem").first
    expect(camera).to_contain_text("Body-worn camera X60A00243")
    expect(camera).to_contain_text("rack bay 6 (94\xa0%)")
    stage.answers["/api/v1/hatch/3/choose"] = answer(views.DRAWING, views.IN_SET)
    camera.get_by_role("button", name="Add Body-worn camera X60A00243").tap()
    says(page, "IN SET")
    assert stage.posted == [("/api/v1/hatch/3/choose", {"item_id": views.CAMERA["item_id"]})]


def test_a_bay_that_did_not_open_is_said_though_the_visit_is_over(shown: Shown, stage: Stage) -> None:
    page = shown(views.EMPTY)
    expect(page.locator("#bays")).to_be_hidden()
    stage.push({"type": "hatch_bays", "bays": [views.SILENT_BAY]})
    expect(page.locator("#bays")).to_contain_text("Bay 3 of ME-CED-05 did not answer: open it by hand.")


def test_a_visit_about_to_be_dropped_says_so_and_can_be_kept(shown: Shown, stage: Stage) -> None:
    near = views.changed(views.DRAWING, {"drops_at_us": views.NOW_US + 15_000_000})
    page = shown(near)
    strip = page.get_by_role("region", name="Visit about to be dropped")
    expect(strip).to_contain_text("This visit is dropped in")
    expect(page.locator("#closing-aloud")).to_have_text("This visit is dropped in 10 seconds.")
    stage.answers["/api/v1/visits/801/resume"] = answer(views.DRAWING, views.verdict("ok", "WELCOME BACK"))
    strip.get_by_role("button", name="Keep it open").tap()
    expect(strip).to_be_hidden()


def test_a_scan_is_caught_though_a_button_has_the_focus(shown: Shown, stage: Stage) -> None:
    stage.answers[SCAN] = answer(views.DRAWING, views.IN_SET)
    page = shown(views.READY)
    page.get_by_role("button", name="Park").focus()
    scans(page, "C73010006")
    says(page, "IN SET")
    assert stage.posted == [(SCAN, {"text": "C73010006"})]


def test_scans_arrive_in_the_order_they_were_made_however_slow_the_first_is(
    shown: Shown, stage: Stage
) -> None:
    stage.answers[SCAN] = answer(views.DRAWING, views.IN_SET)
    page = shown(views.EMPTY)
    stage.first_takes_s = 0.5
    scans(page, "4417", "X30001234", "B7000412")
    expect(page.locator("#groups .line")).to_have_count(6)
    stage.wait_for_posts(3)
    assert [body["text"] for _, body in stage.posted] == ["4417", "X30001234", "B7000412"]


def test_a_gs1_scan_keeps_its_separator(shown: Shown, stage: Stage) -> None:
    stage.answers[SCAN] = answer(views.DRAWING, views.IN_SET)
    page = shown(views.DRAWING)
    page.keyboard.type("0109506000134352")
    page.keyboard.press("Control+]")
    scans(page, "21S1")
    says(page, "IN SET")
    assert stage.posted == [(SCAN, {"text": "0109506000134352\u001d21S1"})]


def test_with_a_prefix_nothing_else_is_a_scan_and_a_scan_is_one_even_in_a_field(
    shown: Shown, stage: Stage
) -> None:
    stage.answers[SCAN] = answer(views.DRAWING, views.IN_SET)
    page = shown(views.DRAWING, prefix="F9")
    page.keyboard.type("just typing")
    expect(page.locator("#typing")).to_be_hidden()
    page.get_by_role("button", name="Type a code").tap()
    field = page.get_by_role("textbox", name="Type a collar or a serial")
    page.keyboard.press("F9")
    scans(page, "X30001234")
    says(page, "IN SET")
    expect(field).to_have_value("")
    assert stage.posted == [(SCAN, {"text": "X30001234"})]


def test_a_code_without_an_end_is_shown_and_not_sent_by_itself(shown: Shown, stage: Stage) -> None:
    stage.answers[SCAN] = answer(views.DRAWING, views.IN_SET)
    page = shown(views.DRAWING)
    page.keyboard.type("X30001234")
    expect(page.get_by_text("This code has no end")).to_be_visible()
    assert stage.posted == []
    page.get_by_role("button", name="Use it").tap()
    says(page, "IN SET")
    assert stage.posted == [(SCAN, {"text": "X30001234"})]


def test_a_card_read_while_the_pin_pad_is_open_is_not_lost_in_it(shown: Shown, stage: Stage) -> None:
    stage.answers[SCAN] = answer(views.READY, views.verdict("ok", "READY"))
    page = shown(views.READY)
    page.get_by_role("button", name="Issue with a PIN").tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    scans(page, "62E3086CED")
    says(page, "READY")
    assert stage.posted == [(SCAN, {"text": "62E3086CED"})]


def test_a_service_that_falls_silent_is_noticed_and_nothing_is_pretended(shown: Shown, stage: Stage) -> None:
    page = shown(views.DRAWING)
    stage.is_away = True
    stage.cut()
    says(page, "Not connected: use the paper register")
    expect(page.locator("#line")).to_have_text("Not connected")
    scans(page, "X30001234")
    expect(verdict(page)).to_contain_text("That was not recorded.")
    stage.is_away = False
    says(page, "Connected again")
    assert stage.posted == []


def test_a_screen_whose_sign_in_has_ended_leads_to_the_sign_in(shown: Shown, stage: Stage) -> None:
    page = shown(views.DRAWING)
    stage.pages["/hatch/3"] = "<title>Sign in</title><h1>Sign in</h1>"
    stage.is_signed_out = True
    stage.cut()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_refused_act_says_the_services_own_sentence(shown: Shown, stage: Stage) -> None:
    page = shown(views.READY)
    page.get_by_role("button", name="Park").tap()
    says(page, "Not done")
    expect(verdict(page)).to_contain_text("There is no such thing.")


def test_data_is_never_markup(shown: Shown) -> None:
    evil = views.changed(
        views.DRAWING, {"person": views.person(1, "<b>1</b>", "<img src=x onerror=alert(1)>")}
    )
    page = shown(evil)
    expect(page.locator("#who h2")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.locator("#who img, #who b")).to_have_count(0)


@pytest.mark.parametrize("view", [views.READY, views.CHOOSING, views.WHOSE, views.REFUSED, views.POINTED])
def test_everything_touched_is_large_enough_for_a_glove(shown: Shown, view: dict[str, Any]) -> None:
    page = shown(view)
    small = []
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        if box is not None and min(box["width"], box["height"]) < 44:
            small.append((button.inner_text(), box))
    assert small == []


@pytest.mark.parametrize("size", ["hatch", "small"])
def test_on_the_kiosk_nothing_that_is_acted_on_lies_below_the_edge(shown: Shown, size: str) -> None:
    page = shown(views.READY, size)
    for name in ("Face checked: issue 7 items", "Issue with a PIN", "Park", "Cancel visit", "Test passed", "Failed",
                 "Put back TASER handle X30001234", "Put back Body-worn camera X60A12345", "Type a code"):  # fmt: skip
        expect(page.get_by_role("button", name=name)).to_be_in_viewport(ratio=1)


@pytest.mark.parametrize("size", ["hatch", "small", "tablet", "phone", "zoomed"])
def test_nothing_moves_under_the_first_touch(shown: Shown, size: str) -> None:
    page = shown(views.EMPTY, size)
    button = page.get_by_role("button", name="Type a code")
    before = button.bounding_box()
    page.locator("#empty").tap()
    expect(page.locator("#sound")).to_be_hidden()
    assert button.bounding_box() == before


@pytest.mark.parametrize("size", ["hatch", "small", "tablet", "phone", "zoomed"])
def test_nothing_scrolls_sideways(shown: Shown, size: str) -> None:
    page = shown(views.POINTED if size == "phone" else views.REFUSED, size)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
