"""Objects out of messages: none is made up, none is lost to a broken neighbour, and nothing is ever raised."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from devices.json_objects import MESSAGE_BYTES_MAX, SEARCHES_MAX, objects

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**19), 10**19) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
OBJECTS = st.lists(st.dictionaries(st.text(max_size=5), VALUES, max_size=4), max_size=5)
BROKEN = st.sampled_from([b'{"type":', b'{"a":1,}', b"{'a':1}", b'{"a":nan}', b'{"a" "b"}', b'{"\xff":}'])


def facts(payload: bytes) -> list[Any]:
    return [said.facts for said in objects(payload) if not said.fault]


def faults(payload: bytes) -> list[str]:
    return [said.fault for said in objects(payload) if said.fault]


@settings(max_examples=50)
@given(OBJECTS, st.sampled_from(["", "\n", "\r\n", " ", ", "]))
def test_objects_are_found_back_to_back_a_line_each_and_in_an_array(said: list[Any], between: str) -> None:
    texts = [json.dumps(it) for it in said]
    for payload in (between.join(texts), f"[{','.join(texts)}]", f" {json.dumps(said, indent=1)}\r\n"):
        assert facts(payload.encode()) == said
        assert faults(payload.encode()) == []


@settings(max_examples=50)
@given(OBJECTS, BROKEN, OBJECTS)
def test_a_broken_object_costs_no_other(before: list[Any], broken: bytes, after: list[Any]) -> None:
    # Where an object without an end is followed by another, nobody can say where the first one ended.
    end = b"" if broken.endswith(b"}") else b"}"
    first, then = (b"".join(json.dumps(it).encode() for it in some) for some in (before, after))
    found = list(objects(first + broken + end + then))
    assert [said.facts for said in found if not said.fault] == before + after
    assert b"".join(said.raw for said in found) == first + broken + end + then


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text('{}[]",:ab1\\ ', max_size=300).map(str.encode))
@example(b'{"a":' * 5000)
@example(b"[" * 60_000)
@example(b'{"a":' + b"9" * 60_000 + b"}")
@example(b'{"a":' + b"[" * 60_000)
@example(b'{"k":"}{",' * 6000)
@example(b"\xef\xbb\xbf{}")
def test_whatever_arrives_is_an_object_or_evidence(payload: bytes) -> None:
    for said in objects(payload):
        assert said.fault or isinstance(said.facts, dict)
        assert said.raw in payload
        assert bool(said.fault) == bool(said.detail)


@pytest.mark.parametrize("cut", range(1, 40))
def test_an_object_that_is_cut_short_gives_nothing_that_stands_within_it(cut: int) -> None:
    whole = b'{"data":{"idHex":"E200","antenna":1}}   '
    assert facts(whole[:cut]) == ([json.loads(whole)] if cut >= 37 else [])
    assert faults(whole[:cut]) == ([] if cut >= 37 else ["NOT_JSON"])


def test_an_array_that_is_cut_short_gives_its_whole_objects_and_says_so() -> None:
    assert facts(b'[{"a":1},{"b":2}') == [{"a": 1}, {"b": 2}]
    assert faults(b'[{"a":1},{"b":2}') == ["CUT_OFF"]
    assert faults(b'[{"a":1},{"b":') == ["NOT_JSON"]


def test_a_message_that_the_transport_has_cut_keeps_what_is_whole_and_says_what_it_is() -> None:
    payload = b'{"a":1}' * 10_000
    assert len(payload) > MESSAGE_BYTES_MAX
    assert len(facts(payload)) == MESSAGE_BYTES_MAX // 7
    assert faults(payload) == ["TOO_LONG"]


def test_a_name_that_is_said_twice_makes_its_object_worth_nothing() -> None:
    payload = b'{"idHex":"E200","idHex":"E201"}{"data":{"a":1,"a":1}}{"a":2}'
    assert facts(payload) == [{"a": 2}]
    assert faults(payload) == ["NAMED_TWICE", "NAMED_TWICE"]
    assert next(said.detail for said in objects(payload)) == "An object has two values called 'idHex'."


def test_the_search_behind_broken_objects_has_an_end() -> None:
    assert faults(b'{"a"}' * 1000) == ["NOT_JSON"] * (SEARCHES_MAX + 1)


def test_what_is_no_json_number_is_no_number() -> None:
    assert facts(b'{"a":NaN,"b":-Infinity}') == [{"a": list("NaN"), "b": list("-Infinity")}]
    (huge,) = facts(b'{"a":' + b"9" * 5000 + b"}")
    assert huge["a"] == float("inf")


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        (rb"\ud800", "\ufffd"),
        (rb"a\uDFFFb", "a\ufffdb"),
        (rb"\ude00\ud83d", "\ufffd\ufffd"),
        (rb"\ud800\ud83d\ude00", "\ufffd\U0001f600"),
        (rb"\\ud800", "\\ud800"),
        (rb"\\\ud800", "\\\ufffd"),
        (b"\xff", "\ufffd"),
        (b"\xed\xa0\x80", "\ufffd" * 3),
        ("\U0001f600".encode(), "\U0001f600"),
    ],
)
def test_text_that_cannot_be_written_as_utf_8_is_replaced_and_its_bytes_are_kept(inside: bytes, text: str) -> None:
    payload = b'{"a":"%s","b":["%s",[{"%s":1}]]}' % (inside, inside, inside)
    (said,) = objects(payload)
    assert said.facts == {"a": text, "b": [text, [{text: 1}]]}
    assert said.raw == payload


def test_two_names_that_become_one_are_a_name_said_twice() -> None:
    assert faults(rb'{"\ud800":1,"\ud801":2}') == ["NAMED_TWICE"]


@given(st.text("{}[]:,1\"\\ud8fc0\ud800é\U0001f600", max_size=40))
def test_no_text_of_an_object_is_beyond_utf_8(text: str) -> None:
    for payload in (text.encode("utf-8", "surrogatepass"), b'{"a":"' + text.encode("utf-8", "surrogatepass") + b'"}'):
        for said in objects(payload):
            json.dumps(said.facts, ensure_ascii=False).encode()
