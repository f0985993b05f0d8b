"""The measurement of pixels sees every verdict that a hatch's page shows, on our own clock."""

import time

import httpx
import pytest

from bench import pixels
from tests import small_force as force
from tests.browser.service import PASSWORD, Running

pytestmark = pytest.mark.browser


def test_each_verdict_is_timed_in_the_document_and_then_painted(running: Running) -> None:
    path = pixels.browser()
    assert path is not None
    signed_in = httpx.post(f"{running.url}/api/v1/sign-in", json={"name": "manager", "password": PASSWORD})
    cookies = "; ".join(f"{name}={value}" for name, value in signed_in.cookies.items())
    port = int(running.url.rsplit(":", 1)[1])
    with pixels.looking(path, port, force.HATCH, cookies) as page:
        began_s = time.perf_counter()
        for text in (force.card(force.HOLLIS), force.serial(force.BATTERIES[1]), "ZZ-NOT-OURS"):
            running.scan(text)
            time.sleep(0.05)
        seen, error_ms = page.seen()
        ended_s = time.perf_counter()
    assert len(seen) == 3
    times = [each for _, each in sorted(seen.items())]
    assert all(each.changed_s <= each.painted_s for each in times)
    assert [each.changed_s for each in times] == sorted(each.changed_s for each in times)
    slack_s = error_ms / 1000
    assert began_s - slack_s <= times[0].changed_s
    assert times[-1].painted_s <= ended_s + slack_s
