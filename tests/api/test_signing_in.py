"""Signing in: fresh tokens, throttled guesses, and pages that other sites cannot speak for."""

from collections.abc import Callable

import pytest

from api.secrets import HASHER, NOBODY, fits, hash_secret
from api.sessions import issuer_at
from tests import small_force as force
from tests.api.conftest import PASSWORD, Hand, House, running

pytestmark = pytest.mark.anyio


async def test_a_person_signs_in_sees_themselves_and_signs_out(house: House) -> None:
    ivory = await house.sign_in("ivory")
    me = (await ivory.get("/api/v1/me")).json()
    assert (me["person_id"], me["name"], me["kiosk"]) == (force.ISSUER, "Alex Ivory", None)
    assert me["capabilities"] == [{"capability": "ISSUER", "store_id": force.MEDWAY}]
    assert (await ivory.post("/api/v1/sign-out")).status_code == 204
    assert (await ivory.get("/api/v1/me")).status_code == 401


async def test_a_token_planted_before_signing_in_is_worth_nothing_after(house: House) -> None:
    victim = house.browser(kit_session="planted-by-somebody-else")
    await house.sign_in("ivory", victim)
    thief = house.browser(kit_session="planted-by-somebody-else")
    assert (await thief.get("/api/v1/me")).status_code == 401
    assert (await victim.get("/api/v1/me")).status_code == 200


async def test_signing_in_again_ends_the_session_before(house: House) -> None:
    ivory = await house.sign_in("ivory")
    before = ivory.client.cookies["kit_session"]
    await house.sign_in("ivory", ivory)
    assert ivory.client.cookies["kit_session"] != before
    assert (await house.browser(kit_session=before).get("/api/v1/me")).status_code == 401


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(house: House) -> None:
    answer = await house.browser().post("/api/v1/sign-in", {"name": "ivory", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie


@pytest.mark.parametrize("name", ["ivory", "nobody"])
async def test_a_wrong_name_and_a_wrong_password_are_told_alike(house: House, name: str) -> None:
    answer = await house.browser().post("/api/v1/sign-in", {"name": name, "password": "wrong"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/wrong-name-or-password"


def test_a_name_nobody_has_costs_as_much_as_any_other_and_never_fits() -> None:
    assert not HASHER.check_needs_rehash(NOBODY), "made with other costs: a stranger's name would answer faster"
    assert not fits(None, "wrong")
    assert fits(hash_secret("a fine horse"), "a fine horse")


async def test_guessing_a_password_becomes_slow_and_then_the_right_one_must_wait_too(house: House, hand: Hand) -> None:
    browser = house.browser()
    codes = [
        (await browser.post("/api/v1/sign-in", {"name": "ivory", "password": f"guess {n}"})).status_code
        for n in range(6)
    ]
    assert codes == [401] * 5 + [429]
    right = {"name": "ivory", "password": PASSWORD}
    answer = await browser.post("/api/v1/sign-in", right)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")
    hand.now_us += 31_000_000
    assert (await browser.post("/api/v1/sign-in", right)).status_code == 200


async def test_a_session_ends_when_nobody_uses_it(house: House, hand: Hand) -> None:
    ivory = await house.sign_in("ivory")
    hand.now_us += 29 * 60_000_000
    assert (await ivory.get("/api/v1/me")).status_code == 200
    hand.now_us += 29 * 60_000_000
    assert (await ivory.get("/api/v1/me")).status_code == 200
    hand.now_us += 31 * 60_000_000
    assert (await ivory.get("/api/v1/me")).status_code == 401


async def test_a_session_ends_after_a_shift_however_busy(house: House, hand: Hand) -> None:
    ivory = await house.sign_in("ivory")
    for _ in range(25):
        hand.now_us += 29 * 60_000_000
        last = await ivory.get("/api/v1/me")
    assert last.status_code == 401


async def test_an_act_without_the_page_token_is_refused(house: House) -> None:
    ivory = await house.sign_in("ivory")
    del ivory.client.headers["X-CSRF"]
    answer = await ivory.post("/api/v1/sign-out")
    assert (answer.status_code, answer.json()["type"]) == (403, "/problems/no-page-token")


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://elsewhere.example"}, {"Origin": "http://["}, {"Sec_Fetch_Site": "cross-site"}],
    ids=str,
)
async def test_an_act_from_another_site_is_refused(house: House, headers: dict[str, str]) -> None:
    ivory = await house.sign_in("ivory")
    answer = await ivory.post("/api/v1/sign-out", **headers)
    assert answer.status_code == 403
    assert (await ivory.get("/api/v1/me")).status_code == 200


async def test_a_changed_password_ends_every_session_of_the_person(house: House) -> None:
    one, two = await house.sign_in("ivory"), await house.sign_in("ivory")
    weak = await one.post("/api/v1/me/secrets", {"password": PASSWORD, "new_password": "short"})
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "new_password")
    done = await one.post("/api/v1/me/secrets", {"password": PASSWORD, "new_password": "another fine horse"})
    assert done.status_code == 204
    assert (await two.get("/api/v1/me")).status_code == 401


async def test_a_kiosk_is_paired_once_and_knows_its_place(house: House) -> None:
    kiosk = await house.kiosk()
    assert kiosk.me["kiosk"] == {"place_id": force.HATCH, "place": "Medway hatch", "store_id": force.MEDWAY,
                                 "store": "Medway"}  # fmt: skip


async def test_a_pairing_code_works_once(house: House) -> None:
    manager = await house.sign_in("manager")
    made = await manager.post("/api/v1/kiosks", {"place_id": force.HATCH, "name": "left"})
    code = {"code": made.json()["code"].lower().replace("-", " ")}
    assert (await house.browser().post("/api/v1/kiosks/pair", code)).status_code == 200
    again = await house.browser().post("/api/v1/kiosks/pair", code)
    assert (again.status_code, again.json()["type"]) == (403, "/problems/wrong-code")


async def test_a_revoked_kiosk_loses_whoever_is_signed_in_at_it(house: House) -> None:
    kiosk = await house.kiosk()
    manager = await house.sign_in("manager")
    listed = (await manager.get("/api/v1/kiosks")).json()
    assert (await manager.post(f"/api/v1/kiosks/{listed[-1]['id']}/revoke")).status_code == 204
    assert (await kiosk.get("/api/v1/me")).status_code == 401


async def test_only_an_issuer_signed_in_at_the_kiosk_answers_for_its_scans(house: House, hand: Hand) -> None:
    settings = house.service.settings.sign_in
    with house.service.database.reading() as conn:
        assert issuer_at(conn, force.HATCH, hand.now_us, settings) is None
    kiosk = await house.kiosk("hollis")
    with house.service.database.reading() as conn:
        assert issuer_at(conn, force.HATCH, hand.now_us, settings) is None, "an officer looking at their own record"
    await house.sign_in("ivory", kiosk)
    with house.service.database.reading() as conn:
        assert issuer_at(conn, force.HATCH, hand.now_us, settings) == force.ISSUER
        assert issuer_at(conn, force.DOVER_HATCH, hand.now_us, settings) is None


async def test_over_tls_cookies_are_secure_and_the_browser_is_told_to_stay_there(
    make_database: Callable[..., str], staffed: str, hand: Hand
) -> None:
    async with running(make_database(template=staffed), hand, https=True) as house:
        answer = await house.browser().post("/api/v1/sign-in", {"name": "ivory", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-kit_session=")
        assert "secure" in cookie.lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")
