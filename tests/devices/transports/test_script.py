"""Scripts of simulated hardware: what they may say, and how a wrong line is answered."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.errors import NotConfigured
from devices.transports.script import Step, read_script, read_step, steps_of


def test_a_scanners_text_is_sent_byte_for_byte() -> None:
    step = read_step('{"at_s":1.5,"device":"s","text":"]d2\\u001d21S1\\u00ff\\r"}', "a line")
    assert (step.at_s, step.data()) == (1.5, b"]d2\x1d21S1\xff\r")


def test_a_docks_message_is_utf_8() -> None:
    step = read_step('{"device":"d","topic":"kit/x","text":"\\u20ac","retain":true}', "a line")
    assert step.data() == "€".encode()
    assert step.retain


@given(st.binary(max_size=200))
def test_any_bytes_can_be_written_in_hex(data: bytes) -> None:
    assert Step(device="s", hex=data.hex()).data() == data


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "truncated"),
        ('{"device":"s"}', "exactly one of `text`, `hex` or `act`"),
        ('{"device":"s","text":"a","hex":"00"}', "exactly one"),
        ('{"device":"s","hex":"0"}', "$.hex"),
        ('{"device":"s","hex":"zz"}', "$.hex"),
        ('{"device":"s","act":"explode"}', "$.act"),
        ('{"device":"s","text":"\\u20ac"}', "write such bytes in `hex`"),
        ('{"device":"s","topic":"a/+/b","text":"x"}', "$.topic"),
        ('{"device":"s","topic":"a","act":"plug"}', "not to a `topic`"),
        ('{"device":"s","text":"a","at_s":-1}', "$.at_s"),
        ('{"device":"s","text":"a","speed":1}', "unknown field `speed`"),
    ],
)
def test_a_wrong_line_is_answered_with_its_place_and_field(line: str, said: str) -> None:
    with pytest.raises(NotConfigured) as refused:
        list(steps_of(["# a comment", "", line], "scene.jsonl"))
    assert "scene.jsonl line 3" in str(refused.value)
    assert said in str(refused.value)


def test_a_script_is_played_in_the_order_of_its_times(tmp_path: Path) -> None:
    path = tmp_path / "scene.jsonl"
    path.write_text('{"at_s":2,"device":"b","text":"2"}\n{"at_s":1,"device":"a","text":"1"}\n')
    assert [step.device for step in read_script(path)] == ["a", "b"]


def test_a_script_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotConfigured, match="cannot be read"):
        read_script(tmp_path / "none.jsonl")
