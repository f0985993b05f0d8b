"""A session with a reader: asked step by step, given up with a reason, and never deceived by a late answer."""

import pytest

from devices.llrp.messages import HEADER_BYTES, Message, Parameter, read_header
from devices.llrp.requests import steps
from devices.llrp.session import ANSWER_S, GREETING_S, MISSED_MAX, TRIES_MAX, Session

WELL = (Parameter(287, {"code": 0, "description": ""}),)
REFUSED = (Parameter(287, {"code": 101, "description": "busy"}),)


def opened() -> Session:
    """A session whose line is open."""
    session = Session(steps((), 5000, None, reset=False), 5.0)
    session.start()
    session.tick(0.0)
    return session


def asked(session: Session) -> list[tuple[int, int]]:
    """The types and ids of what is to be sent now."""
    data, found = session.take(), []
    while data:
        head = read_header(data)
        found.append((head.type, head.id))
        data = data[head.length :]
    return found


def up() -> Session:
    """A session whose inventory runs."""
    session = opened()
    session.greeted(0)
    for _ in range(20):
        for type_, id_ in asked(session):
            session.answered(Message(type_ + 10, id_, {}, WELL))
    return session


def test_requests_go_one_by_one_each_after_the_answer_to_the_last() -> None:
    session = opened()
    assert asked(session) == []
    session.greeted(0)
    assert asked(session) == [(1, 1)]
    assert asked(session) == []
    session.answered(Message(11, 1, {}, WELL))
    assert asked(session) == [(21, 2)]
    assert not session.is_up


def test_the_inventory_runs_once_all_is_answered() -> None:
    session = up()
    assert session.is_up
    assert session.ended is None
    assert [type_ for type_, _ in sent(session.parting())] == [23, 14]


def sent(data: bytes) -> list[tuple[int, int]]:
    """The types and lengths of messages in a row."""
    found = []
    while len(data) >= HEADER_BYTES:
        head = read_header(data)
        found.append((head.type, head.length))
        data = data[head.length :]
    return found


def test_an_answer_counts_only_for_the_request_whose_id_it_bears() -> None:
    session = opened()
    session.greeted(0)
    asked(session)
    for type_, id_ in ((11, 99), (31, 1), (12, 1)):
        session.answered(Message(type_, id_, {}, WELL))
        assert asked(session) == []


def test_a_request_is_asked_again_and_then_the_reader_is_given_up() -> None:
    session = opened()
    session.greeted(0)
    assert asked(session) == [(1, 1)]
    at_s = 0.0
    for try_ in range(2, TRIES_MAX + 1):
        session.tick(at_s)
        at_s += ANSWER_S
        session.tick(at_s)
        assert asked(session) == [(1, try_)]
    session.tick(at_s)
    session.tick(at_s + ANSWER_S)
    assert session.ended is not None
    assert session.ended.word == "WEDGED"
    assert "GET_READER_CAPABILITIES" in session.ended.why
    assert asked(session) == []


def test_a_late_answer_to_the_first_try_is_an_answer() -> None:
    session = opened()
    session.greeted(0)
    session.tick(0.0)
    session.tick(ANSWER_S)
    asked(session)
    session.answered(Message(11, 1, {}, WELL))
    assert asked(session) == [(21, 3)]


@pytest.mark.parametrize(("outcome", "word"), [(1, "BUSY"), (2, "BUSY"), (3, "DENIED")])
def test_a_reader_that_is_not_ours_is_said_so_and_left_alone(outcome: int, word: str) -> None:
    session = opened()
    session.greeted(outcome)
    assert session.ended is not None
    assert session.ended.word == word
    assert session.take() == session.parting() == b""


def test_another_clients_attempt_changes_nothing() -> None:
    session = up()
    for outcome in (4, 2, 0):
        session.greeted(outcome)
    assert session.ended is None
    assert session.take() == b""


def test_what_does_not_greet_is_no_reader() -> None:
    session = opened()
    session.tick(GREETING_S - 0.1)
    assert session.ended is None
    session.tick(GREETING_S)
    assert session.ended is not None
    assert "5084" in session.ended.why


def test_a_refusal_that_matters_ends_it_and_one_that_does_not_goes_on() -> None:
    session = opened()
    session.greeted(0)
    ((_, id_),) = asked(session)
    session.answered(Message(11, id_, {}, WELL))
    ((_, id_),) = asked(session)
    session.answered(Message(31, id_, {}, WELL))
    ((type_, id_),) = asked(session)
    assert type_ == 41
    assert "101" in session.answered(Message(100, id_, {}, REFUSED))
    ((type_, id_),) = asked(session)
    assert type_ == 3
    session.answered(Message(13, id_, {}, REFUSED))
    assert session.ended is not None
    assert session.ended.word == "MISCONFIGURED"
    assert "SET_READER_CONFIG: 101 field error, “busy”" in session.ended.why


def test_a_reader_that_misses_its_signs_of_life_is_gone() -> None:
    session = up()
    session.tick(100.0)
    session.heard(110.0)
    session.tick(110.0 + MISSED_MAX * 5.0)
    assert session.ended is None
    session.tick(110.1 + MISSED_MAX * 5.0)
    assert session.ended is not None
    assert session.ended.word == "WEDGED"


def test_without_a_line_it_only_listens() -> None:
    session = Session(steps((), 5000, None, reset=False), 5.0)
    session.greeted(2)
    session.say(Message(72, 1))
    session.tick(0.0)
    session.tick(1e6)
    assert session.ended is None
    assert session.take() == b""
    assert session.takes_reports


def test_reports_count_from_the_start_of_our_own_inventory() -> None:
    session = opened()
    session.greeted(0)
    types = []
    while not session.is_up:
        for type_, id_ in asked(session):
            types.append(type_)
            assert session.takes_reports == (type_ == 22)
            session.answered(Message(type_ + 10, id_, {}, WELL))
    assert types[-1] == 22
