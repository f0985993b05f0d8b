"""The played desk behaves as a browser does: cookies, page token, a sign-in renewed, a problem read out."""

import json
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from api.demo.desk import LOOKS, Desk, Refused, Unreachable
from api.demo.own_hatch import NAME, example, offer
from api.demo.players import proposed
from inventory.demo.force import build
from inventory.demo.shift import early_shift
from inventory.people.calendar import HOUR_US, day_start_us

DAY = date(2026, 11, 22)


class Stub(BaseHTTPRequestHandler):
    """A service that plays back `answers` (a request's line -> what to answer, in turn) and keeps what it was sent."""

    answers: dict[str, list[tuple[int, Any]]]
    asked: list[tuple[str, dict[str, str], bytes]]

    def answer(self) -> None:
        """Answer the next thing in turn; the last one again when the turns are over. None hangs up."""
        line = f"{self.command} {self.path}"
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((line, dict(self.headers), body))
        turns = self.answers[line]
        code, said = turns.pop(0) if len(turns) > 1 else turns[0]
        if said is None:
            self.close_connection = True
            return
        self.send_response(code)
        if line == "POST /api/v1/sign-in":
            self.send_header("Set-Cookie", f"kit_session=token{len(self.asked)}; Path=/; HttpOnly")
        self.end_headers()
        self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

    do_GET = do_POST = answer  # noqa: N815 - the names that http.server calls

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def service() -> Iterator[type[Stub]]:
    """The stub, listening; `service.desk` is a desk at it."""

    class Mine(Stub):
        desk: Desk

    Mine.answers, Mine.asked = {"POST /api/v1/sign-in": [(200, {"csrf": "page-token"})]}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mine)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    Mine.desk = Desk("127.0.0.1", server.server_port, {"kit_kiosk": "paired"})
    yield Mine
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_signed_in_desk_carries_its_cookies_and_the_pages_token(service: Any) -> None:
    service.answers["POST /api/v1/visits/7/drop"] = [(200, {"outcome": "DROPPED"})]
    service.desk.sign_in("storekeeper", "secret")
    assert service.desk.post("/visits/7/drop", {}) == {"outcome": "DROPPED"}
    _, headers, body = service.asked[-1]
    assert headers["Cookie"] == "kit_kiosk=paired; kit_session=token1"
    assert (headers["X-CSRF"], body) == ("page-token", b"{}")


def test_a_sign_in_that_ran_out_is_renewed_once(service: Any) -> None:
    service.answers["GET /api/v1/items"] = [(401, {"title": "Sign in first."}), (200, {"rows": []})]
    service.desk.sign_in("storekeeper", "secret")
    assert service.desk.get("/items") == {"rows": []}
    assert [line for line, _, _ in service.asked].count("POST /api/v1/sign-in") == 2


def test_who_never_signed_in_is_told_to(service: Any) -> None:
    service.answers["GET /api/v1/items"] = [(401, {"title": "Sign in first.", "detail": "Please."})]
    with pytest.raises(Refused, match=r"401 Sign in first\. Please\.") as refused:
        service.desk.get("/items")
    assert refused.value.code == 401


def test_a_problem_is_read_out_with_its_fields(service: Any) -> None:
    told = {"title": "Not as expected", "errors": [{"field": "source", "expected": "a name"}]}
    service.answers["POST /api/v1/imports/training"] = [(422, told), (500, b"<html>")]
    with pytest.raises(Refused, match="422 Not as expected source: a name"):
        service.desk.send_file("/imports/training", b"ref\n")
    with pytest.raises(Refused, match="500 <html>"):
        service.desk.send_file("/imports/training", b"ref\n")


def test_a_look_is_tried_again_and_an_act_never_is(service: Any) -> None:
    service.answers["GET /api/v1/items"] = [(0, None)] * (LOOKS - 1) + [(200, {"rows": []})]
    service.answers["POST /api/v1/visits/7/complete"] = [(0, None), (200, {})]
    assert service.desk.get("/items") == {"rows": []}
    with pytest.raises(Unreachable, match="POST /visits/7/complete"):
        service.desk.post("/visits/7/complete", {})


def test_an_offered_hatch_takes_back_the_code_that_nobody_used(service: Any) -> None:
    kiosk = {"id": 5, "name": NAME, "paired_us": None, "revoked_us": None}
    others = [
        {**kiosk, "id": 6, "paired_us": 1},
        {**kiosk, "id": 7, "revoked_us": 1},
        {**kiosk, "id": 8, "name": "x"},
    ]
    service.answers |= {
        "GET /api/v1/kiosks": [(200, [kiosk, *others])],
        "POST /api/v1/kiosks/5/revoke": [(204, b"")],
        "POST /api/v1/kiosks": [(201, {"code": "K7QM-2XAB"})],
        "POST /api/v1/sign-out": [(204, b"")],
    }
    service.desk.sign_in("manager", "secret")
    lines = "\n".join(offer(service.desk, 1017, ("4417", "X4A000076")))
    assert all(part in lines for part in ("/pair", "K7QM-2XAB", "relief", "4417", "X4A000076"))


def test_the_example_is_somebody_who_has_nothing_yet_and_may_draw() -> None:
    demo = build(DAY)
    steps = early_shift(demo, DAY)
    collar, serial = example(demo, steps, DAY)
    member = next(each for each in demo.force.people if each.collar == collar)
    assert (member.store, member.model) == ("ME", "T7")
    assert member.ref not in {step.ref for step in steps}
    assert serial.startswith("X4A")


@pytest.mark.parametrize(
    ("hour", "name"), [(6, "Early"), (13, "Early"), (14, "Late"), (20, "Late"), (21, "Night"), (3, "Night")]
)
def test_the_demo_says_which_shift_is_drawn_for_at_this_hour(hour: int, name: str) -> None:
    said = proposed(day_start_us(DAY) + hour * HOUR_US)
    assert f"the {name} shift" in said
    assert ("--shift Early" in said) == (name != "Early")
