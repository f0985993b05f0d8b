"""Reminders: said once a band, by whichever instance is first; letters go once; what runs out, counted plainly (Q4)."""

import socketserver
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from api.mail import send
from api.settings import Mail
from inventory.oversight.reports.q04_expiring_training import REPORT as BY_TEAM
from inventory.oversight.reports.q04_rostered_past import REPORT as ROSTERED
from inventory.oversight.reports.report import Asked
from inventory.people.due import Due
from inventory.people.due_reading import people_due
from inventory.people.errors import BadField
from inventory.people.reminders import (
    claim,
    claimed,
    mailed,
    reminders_of,
    reminders_since,
    say,
    seen,
    to_say,
)
from inventory.schema.engine import make_engine, writing
from inventory.schema.ids import Ids
from inventory.schema.people import authority_stop, carry_authorisation, person, training_result
from inventory.schema.roster import roster
from tests import small_force as force
from tests.built_once import built_once
from tests.small_force import HOLLIS, HOUR, LAPSED, MEDWAY, MERCER, NOW, TODAY, acting, demo_policy

POLICY = demo_policy()
BANDS, NOT_TO = POLICY.authority.bands, POLICY.authority.not_reminded
DAY = 24 * HOUR
ENDS = date.fromisoformat(force.LAST_GOOD).replace(year=TODAY.year + 1)
"""Everybody's courses count no more from this day on, but the lapsed officer's, which ended long ago."""


@pytest.fixture
def engine(make_database: Callable[..., str]) -> Iterator[sa.Engine]:
    """A copy of the small force, this test's own."""
    engine = make_engine(make_database(template=built_once(make_database, force.build)))
    yield engine
    engine.dispose()


@pytest.fixture
def ids(engine: sa.Engine) -> Ids:
    """Ids of that database."""
    return Ids(writing(engine))


def due_at(engine: sa.Engine, now_us: int) -> list[Due]:
    """What is to be said at that time."""
    with engine.connect() as conn:
        due = [one for each in people_due(conn, POLICY.courses, now_us) for one in each.due]
        return to_say(conn, due, BANDS, NOT_TO)


def days_before(days: int) -> int:
    """The time at which everybody's courses have so many days left."""
    return NOW + ((ENDS - TODAY).days - days) * DAY


def test_a_reminder_is_said_once_a_band_though_instances_and_restarts_repeat_themselves(
    engine: sa.Engine, ids: Ids
) -> None:
    said: list[tuple[int, int]] = []
    for days in (91, 90, 75, 60, 29, 13, 1, 0, -5):
        now_us = days_before(days)
        due = [each for each in due_at(engine, now_us) if (each.person_id, each.what) == (MERCER, "PPST")]
        for _again in range(2):  # another instance read the same a moment before, and writes it too
            with acting(engine, ids, now_us) as tx:
                say(tx, due, BANDS)
        said += [(days, each.band or 0) for each in due]
        assert not [each for each in due_at(engine, now_us) if (each.person_id, each.what) == (MERCER, "PPST")]
    assert said == [(90, 90), (60, 60), (29, 30), (13, 14), (0, 0)]
    with engine.connect() as conn:
        mine = reminders_of(conn, [MERCER])
        assert [each.band for each in mine] == [0, 14, 30, 60, 90]
        assert len(reminders_since(conn, 0)) == len(mine)


def test_whoever_left_or_is_suspended_is_reminded_of_nothing_and_a_pass_is_another_matter(
    engine: sa.Engine, ids: Ids
) -> None:
    now_us = days_before(20)
    stop = {"person_id": HOLLIS, "kind": "SUSPENDED", "from_us": 1, "authority": "x", "reason_class": "x",
            "source_ref": "x", "recorded_us": 1}  # fmt: skip
    with acting(engine, ids, now_us) as tx:
        tx.conn.execute(sa.insert(authority_stop), stop | {"id": tx.ids.take()})
        tx.conn.execute(sa.update(person).where(person.c.id == LAPSED).values(left_on="2026-11-01"))
    due = due_at(engine, now_us)
    assert HOLLIS not in {each.person_id for each in due}
    assert LAPSED not in {each.person_id for each in due}
    mine = [each for each in due if (each.person_id, each.what) == (MERCER, "PPST")]
    with acting(engine, ids, now_us) as tx:
        say(tx, mine, BANDS)
        (one,) = reminders_of(tx.conn, [MERCER])
        with pytest.raises(BadField):
            seen(tx, [HOLLIS], [one.id], acknowledged=True)
        assert [seen(tx, [MERCER], [one.id], acknowledged=know) for know in (False, True, True)] == [1, 1, 0]
    again = [replace(mine[0], ends_on=mine[0].ends_on + timedelta(days=365))]
    with engine.connect() as conn:
        assert to_say(conn, again, BANDS, NOT_TO) == again


class Relay(socketserver.StreamRequestHandler):
    """As much of a mail relay (RFC 5321) as a letter needs; it takes nothing for the address it does not like."""

    def handle(self) -> None:
        letters: list[tuple[str, str]] = self.server.letters  # type: ignore[attr-defined]
        self._say("220 relay")
        to, is_data, lines = "", False, list[str]()
        for raw in self.rfile:
            line = raw.decode().rstrip("\r\n")
            if is_data:
                is_data = line != "."
                lines.append(line)
                if not is_data:
                    letters.append((to, "\n".join(lines)))
                    self._say("250 taken")
                continue
            verb = line.split(":")[0].upper()
            if verb == "RCPT TO":
                to, lines = line.partition(":")[2].strip("<> "), []
                self._say("550 nobody here" if to.startswith("102") else "250 ok")
            else:
                is_data = verb == "DATA"
                self._say({"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 ok"))

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def relay() -> Iterator[tuple[Mail, list[tuple[str, str]]]]:
    """A relay on this machine, and what it was handed."""
    with socketserver.TCPServer(("127.0.0.1", 0), Relay) as server:
        letters: list[tuple[str, str]] = []
        server.letters = letters  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Mail(host="127.0.0.1", port=server.server_address[1], sender="kit@force.example", tls=False,
                   to="{ref}@force.example"), letters  # fmt: skip
        server.shutdown()
        thread.join()


def test_a_letter_goes_once_whichever_instance_takes_it_up_and_a_refusal_is_written_down(
    engine: sa.Engine, ids: Ids
) -> None:
    now_us = days_before(20)
    mine = [each for each in due_at(engine, now_us) if each.what == "PPST" and each.person_id in (HOLLIS, MERCER)]
    with acting(engine, ids, now_us) as tx:
        say(tx, mine, BANDS)
    with acting(engine, ids, now_us + 1) as tx:
        taken = claim(tx)
    with acting(engine, ids, now_us + 2) as tx:
        assert claim(tx) == [], "another instance finds nothing left"
    with engine.connect() as conn:
        letters = claimed(conn, taken, now_us + 1)
        assert claimed(conn, taken, now_us + 2) == []
    with relay() as (mail, handed):
        problems = send(mail, letters, lambda: now_us)
    ((to, text),) = handed
    assert to == "101@force.example"
    assert "runs out within 30 days" in text.replace("=\n", "")
    assert sorted(problem is None for problem in problems.values()) == [False, True]
    with acting(engine, ids, now_us + 3) as tx:
        mailed(tx, problems)
        assert {bool(each.mailed_us) for each in reminders_since(tx.conn, 0)} == {True, False}
        assert claimed(tx.conn, taken, now_us + 1) == [], "and nothing is sent again"
    closed = send(replace_port(mail), letters, lambda: now_us)
    assert all(problem for problem in closed.values())


def replace_port(mail: Mail) -> Mail:
    """The relay that is no longer there."""
    return Mail(host=mail.host, port=mail.port, sender=mail.sender, tls=False, to=mail.to, timeout_s=1)


def test_the_report_by_team_and_the_roster_agree_with_a_plain_reckoning(engine: sa.Engine, ids: Ids) -> None:
    now_us = days_before(10)
    night = {"person_id": MERCER, "store_id": MEDWAY, "starts_us": days_before(1) + 12 * HOUR,
             "ends_us": days_before(0), "duty": "Night", "source": "t", "recorded_us": 1}  # fmt: skip
    with acting(engine, ids, now_us) as tx:
        tx.conn.execute(sa.insert(roster), night | {"id": tx.ids.take()})
        tx.conn.execute(sa.update(person).values(team="A"))
    with engine.connect() as conn:
        given = {"store": None, "what": "ALL"}
        answer = BY_TEAM.ask(conn, Asked(given, now_us, POLICY))
        past = ROSTERED.ask(conn, Asked(given, now_us, POLICY))
        by_hand = plainly(conn, now_us)
    found = {(row[2], row[3]): row[4:9] for row in answer.rows}
    assert {key: tuple(bands[each] for each in (0, 14, 30, 60, 90)) for key, bands in by_hand.items()} == found
    assert {row[4] for row in past.rows} == {"PPST", "FIRST_AID", "JRFT", "SBG", "CED", "AUTHORITY"}
    assert past.people == {MERCER}


def plainly(conn: sa.Connection, now_us: int) -> dict[tuple[str, str], Counter[int]]:
    """Days from today to a year after the last pass (or the permission's end), sorted into bands by hand."""
    today = TODAY + timedelta(days=(now_us - NOW) // DAY)
    last: dict[tuple[int, str, str], date] = {}
    for who, course, model, on in conn.execute(
        sa.select(training_result.c.person_id, training_result.c.course, training_result.c.model,
                  training_result.c.attended_on).where(training_result.c.course != "BWV_USER")
    ):  # fmt: skip
        key = (who, "CED" if course.startswith("CED") else course, model or "")
        first_bad = date.fromisoformat(on)
        last[key] = max(first_bad.replace(year=first_bad.year + 1), last.get(key, date.min))
    for who, model, to_on in conn.execute(
        sa.select(carry_authorisation.c.person_id, carry_authorisation.c.model, carry_authorisation.c.to_on)
    ):
        last[who, "AUTHORITY", model] = date.fromisoformat(to_on)
    counted: dict[tuple[str, str], Counter[int]] = {}
    for (_, what, model), first_bad in last.items():
        left = (first_bad - today).days
        for band in (0, 14, 30, 60, 90):
            if left <= band:
                counted.setdefault((what, model), Counter())[band] += 1
                break
    return counted
