"""On which line of the configuration a wrong value stands."""

import pytest

from firmware_bridge.toml_lines import line_of

TEXT = """bridge = "medway"
# a comment
[broker]
host = "b"
tls.ca_file = "x"
[[station]]
device = "a"
[[station]]
device = "b"
options = { prefix = "aim" }
[station.options]
prefix = "zebra"
[[light]]
name = "l"
"""


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("$.bridge", 1),
        ("$.broker", 3),
        ("$.broker.host", 4),
        ("$.broker.tls.ca_file", 5),
        ("$.station", 6),
        ("$.station[0].device", 7),
        ("$.station[1]", 8),
        ("$.station[1].device", 9),
        ("$.station[1].driver", 8),
        ("$.station[1].options.prefix", 12),
        ("$.light[0].name", 14),
        ("$.nothing", 1),
        ("$", 1),
    ],
)
def test_a_value_or_the_table_it_lacks_is_found(place: str, line: int) -> None:
    assert line_of(TEXT, place) == line
