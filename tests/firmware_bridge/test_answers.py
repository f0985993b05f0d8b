"""What becomes of a scan: nothing of ours is ever green."""

from pathlib import Path

import pytest

from devices.wire import Answer
from firmware_bridge.answers import Answers, rejected
from firmware_bridge.errors import KeepingRefused
from firmware_bridge.journal import Journal, JournalLimits
from tests.firmware_bridge.hands import BOOT, Hands, Noted, scan


def test_every_word_of_ours_is_amber_or_red_and_says_what_to_do(tmp_path: Path) -> None:
    hands, lights = Hands(), Noted()
    answers = Answers(Journal(tmp_path, JournalLimits(), hands.now_us), lights, hands.clock)
    answers.waiting(scan(1, hands))
    answers.given_up(scan(1, hands))
    answers.not_kept("hatch", KeepingRefused("full"))
    said = [answer for _, answer in lights.shown] + [rejected(4)]
    assert [(it.outcome, it.light) for it in said] == [
        ("NO_ANSWER", "amber"),
        ("GIVEN_UP", "red"),
        ("NOT_KEPT", "red"),
        ("REJECTED", "red"),
    ]
    assert all(it.sentence.endswith(".") for it in said)


def test_an_answer_is_journalled_before_it_is_lit(tmp_path: Path) -> None:
    hands = Hands()
    journal = Journal(tmp_path, JournalLimits(), hands.now_us)
    found: list[bool] = []

    class Looking:
        def show(self, device: str, answer: Answer) -> None:
            found.append(b'"answer"' in next(tmp_path.iterdir()).read_bytes())

    sent = scan(1, hands)
    journal.scanned(BOOT, sent)
    Answers(journal, Looking(), hands.clock).live(BOOT, sent, Answer(seq=1, outcome="IN_SET", light="green"))
    assert found == [True]


def test_an_answer_that_the_disk_will_not_take_is_still_lit_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    hands, lights = Hands(), Noted()
    journal = Journal(tmp_path, JournalLimits(), hands.now_us)
    journal.close()
    answers = Answers(journal, lights, hands.clock)
    for seq in (1, 2):
        answers.live(BOOT, scan(seq, hands), Answer(seq=seq, outcome="IN_SET", light="green"))
    assert lights.outcomes() == ["IN_SET", "IN_SET"]
    assert caplog.text.count("scan journal: lost") == 1
