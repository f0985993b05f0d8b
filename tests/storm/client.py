"""A process of hands in a storm: each asks until it is answered, and writes down what it was told.

    python -m tests.storm.client FOLDER NUMBER

One rule for the editor: no answer, 502 or 503 means the same request again under the same key, at the next instance;
any other answer is the answer. What takes no key is not asked again: no answer is written down as UNKNOWN.
"""

import http.client
import json
import random
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tests import small_force as force
from tests.storm.acts import HANDOVERS, KEYED, RETURNS, Act, Hand
from tests.storm.world import FIRST_HAND, OF_ELSEWHERE, STRANGER, World

PATIENCE_S = 120.0
TRY_AGAIN_S = 0.05
UNKNOWN = 0
"""The code of an act that was not answered: it may have been done, once, or not at all."""
Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Plan:
    """What every client is told: the instances' ports, the wall clock that was NOW, everybody's password, the dice."""

    ports: list[int]
    began_ns: int
    password: str
    seed: int
    hands_each: int
    acts_each: int


@dataclass
class Wire:
    """A connection to one instance at a time, and to the next one when that does not answer."""

    ports: list[int]
    at: int
    began_ns: int
    password: str
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    open: http.client.HTTPConnection | None = None

    def now_us(self) -> int:
        """What the clock of the services shows."""
        return force.NOW + (time.time_ns() - self.began_ns) // 1000

    def sign_in(self, under: str, name: str) -> None:
        """Sign in; a session is in the database, so every instance knows it, after a kill too."""
        asked = {"name": name, "password": self.password}
        code, headers, body = self.until_answered("POST", "/api/v1/sign-in", asked, {})[:3]
        while code == 429:  # it was asked twice within a second, by a connection that was cut
            time.sleep(float(json.loads(body)["retry_after_s"]))
            code, headers, body = self.until_answered("POST", "/api/v1/sign-in", asked, {})[:3]
        assert code == 200, body
        cookie = headers["set-cookie"].split(";")[0]
        self.headers[under] = {"Cookie": cookie, "X-CSRF": json.loads(body)["csrf"]}

    def until_answered(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes, int]:
        """Ask until there is an answer; the last value is how often it took."""
        end, times = time.monotonic() + PATIENCE_S, 0
        while True:
            times += 1
            answer = self._once(method, path, json.dumps(body), headers)
            if answer is not None and answer[0] not in (502, 503):
                return *answer, times
            assert time.monotonic() < end, f"no answer to {path}"
            self.at = (self.at + 1) % len(self.ports)
            time.sleep(TRY_AGAIN_S)

    def once(
        self, method: str, path: str, body: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes, int]:
        """Ask once; UNKNOWN where no answer came, or one that may be given after it was done (503: not logged)."""
        answer = self._once(method, path, json.dumps(body), headers)
        if answer is None or answer[0] in (502, 503):
            self.at = (self.at + 1) % len(self.ports)
            return UNKNOWN, {}, b"", 1
        return *answer, 1

    def _once(self, method: str, path: str, body: str, headers: dict[str, str]) -> Answer | None:
        try:
            if self.open is None:
                self.open = http.client.HTTPConnection("127.0.0.1", self.ports[self.at], timeout=30)
            self.open.request(method, path, body, {"Content-Type": "application/json", **headers})
            answer = self.open.getresponse()
            return answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read()
        except (OSError, http.client.HTTPException):
            if self.open is not None:
                self.open.close()
            self.open = None
            return None


def boiled(act: Act, body: bytes) -> dict[str, Any]:
    """What of an answer is held against the ledger."""
    said = json.loads(body or b"{}")
    if act.path == RETURNS:
        return {"rows": [(row["item_id"], row["word"], row["entry_id"]) for row in said.get("items", ())]}
    kept = {name: said[name] for name in ("decision_id", "type", "hold_id", "case_id") if name in said}
    if act.path == HANDOVERS and "items" in said:
        kept["rows"] = [(row["item_id"], "HANDED_ON", row["returned_entry"]) for row in said["items"]]
    if "refusals" in said:
        kept["refusals"] = [(each["code"], each["item_id"]) for each in said["refusals"]]
    return kept


def work(hand: Hand, wire: Wire, acts: int, notes: TextIO, lock: threading.Lock) -> None:
    """Do so many acts, one after the other, and note each when it was answered."""
    wire.sign_in("own", f"hand{FIRST_HAND + hand.number}")
    wire.headers["without_token"] = {"Cookie": wire.headers["own"]["Cookie"]}
    for _ in range(acts):
        act = hand.next()
        sent_us = wire.now_us()
        headers = {**wire.headers[act.under], "Idempotency-Key": act.key}
        ask = wire.until_answered if act.path in KEYED else wire.once
        code, told, body, times = ask("POST", act.path, act.body, headers)
        said = boiled(act, body)
        note = {
            "hand": hand.number, "act": act.name, "under": act.under, "path": act.path, "key": act.key,
            "body": act.body, "sent_us": sent_us, "told_us": wire.now_us(), "code": code, "times": times,
            "is_repeat": told.get("idempotency-replayed") == "true", "said": said, "officer": act.officer,
            "items": act.items,
        }  # fmt: skip
        hand.heard(act, code, said)
        with lock:
            notes.write(json.dumps(note) + "\n")
            notes.flush()


def _safely(failed: list[BaseException], *args: Any) -> None:
    try:
        work(*args)
    except BaseException as error:  # a thread's failure is the process's
        failed.append(error)


def main(folder: Path, number: int) -> None:
    """Run the hands of one process."""
    plan = Plan(**json.loads((folder / "plan.json").read_text()))
    world = World.load(folder / "world.json")
    lock = threading.Lock()
    with (folder / f"told-{number}.jsonl").open("w") as notes:
        threads, failed = [], []
        others = Wire(plan.ports, number % len(plan.ports), plan.began_ns, plan.password)
        others.sign_in("stranger", f"hand{STRANGER + number}")
        others.sign_in("of_elsewhere", f"hand{OF_ELSEWHERE + number}")
        for n in range(number * plan.hands_each, (number + 1) * plan.hands_each):
            hand = Hand(n, world, random.Random(f"{plan.seed}/{n}"))
            wire = Wire(plan.ports, n % len(plan.ports), plan.began_ns, plan.password, dict(others.headers))
            threads.append(threading.Thread(target=_safely, args=(failed, hand, wire, plan.acts_each, notes, lock)))
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    if failed:
        raise failed[0]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
