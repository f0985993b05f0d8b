"""Names and metadata as an Axis body-worn system writes them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.docks.content import TEXT_MAX, Recording, read_metadata, read_recording, read_target
from tests.devices.test_claimed_vectors import AXIS, of


@of(AXIS)
def test_a_recording_is_known_by_its_container(vector: dict[str, Any]) -> None:
    recording = read_recording(vector["input_text"])
    assert recording is not None
    expected = vector["expected"]
    assert (recording.filmed_by, recording.serial) == (expected["user_id"], expected["bwc_serial"])
    assert recording.trigger_on() == expected["trigger_on"]


@pytest.mark.parametrize(
    "name",
    ["System", "Devices", "RejectedContent_20261122T081530Z_2d6b8ea4-6b0c", "RejectedContent_UnknownTime_2d6b8ea4",
     "a_ACCC8EF00001_20261322T081530Z", "_ACCC8EF00001_20261122T081530Zx", ""],
)  # fmt: skip
def test_what_is_no_recording_is_none(name: str) -> None:
    assert read_recording(name) is None


def test_the_older_way_of_writing_the_time_is_read_too() -> None:
    assert read_recording("a_AABBCCDD1234_20190101_090909") == Recording(
        "a", "AABBCCDD1234", "20190101T090909Z"
    )


@given(st.text(max_size=200))
def test_no_name_raises(name: str) -> None:
    recording = read_recording(name)
    assert recording is None or recording.trigger_on()


def test_a_path_is_read_below_its_storage_and_decoded() -> None:
    assert read_target("/v1/acct", "/v1/acct/Devices/B8A44F000001") == ("Devices", "B8A44F000001")
    assert read_target("/v1/acct", "/v1/acct/a%5Fb?x=1") == ("a_b", "")
    assert read_target("/v1/acct", "/v1/accts/Devices") is None
    assert read_target("/v1/acct", "/v1/acct/" + "a" * 4000) is None


def test_metadata_is_read_in_any_case_and_of_object_or_container_alike() -> None:
    headers = [
        ("X-Container-Meta-Status", "Complete"),
        ("x-object-meta-name", "BWC%2001%20%E2%9C%93"),
        ("X-Object-Meta-Startlocation", "51.38"),
        ("X-Auth-Token", "secret"),
        ("X-Object-Meta-Model", "W102%00" + "x" * 1000),
    ]
    said = read_metadata(headers)
    assert said["status"] == "Complete"
    assert said["name"] == "BWC 01 ✓"
    assert said["model"].startswith("W102\N{REPLACEMENT CHARACTER}x")
    assert len(said["model"]) <= TEXT_MAX
    assert set(said) == {"status", "name", "model"}
