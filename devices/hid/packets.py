"""What a HID port and its decoder say to each other: the topics of its packets, and the reports to be sent.

One rule for the editor: a report goes as it is on the wire, its id first where the device numbers its reports.

    descriptor/0c2e:0b8f     the report descriptor of the device 0c2e:0b8f: once, before any report
    report                   one input report
    refused                  a report that we sent and the device would not have, as it was written
    anything else            a capture: input reports one after the other

    03  FE 01                what is written: the kind of report (2 output, 3 feature), then the report
"""

DESCRIPTOR = "descriptor"
REPORT = "report"
REFUSED = "refused"

OUTPUT, FEATURE = 2, 3
"""Kinds of report that a host sends (HID 1.11, 7.2.2)."""


def descriptor_topic(vendor: int, product: int) -> str:
    """The topic of a report descriptor."""
    return f"{DESCRIPTOR}/{vendor:04x}:{product:04x}"


def vendor_in(topic: str) -> int | None:
    """The vendor in the topic of a report descriptor; None where it names none."""
    ids = topic.partition("/")[2].partition(":")[0]
    try:
        return int(ids, 16)
    except ValueError:
        return None
