"""What we ask of a reader, step by step, until its inventory runs.

    GET_READER_CAPABILITIES   who it is, and how many antennas it has
    DELETE_ROSPEC 0           what another client left running ends
    DELETE_ACCESSSPEC 0       what another client wanted done to tags (locks, kills!) is forgotten
    SET_READER_CONFIG         a sign of life every so often; hold what was read while nobody listened
    SET_READER_CONFIG         tell of antennas, of trouble, and of an inventory that ends
    GET_READER_CONFIG         which antenna sockets are filled
    ENABLE_EVENTS_AND_REPORTS what was held comes, and is dropped: those tags are seen again in a moment
    ADD_ROSPEC · ENABLE_ROSPEC · START_ROSPEC

The inventory ends never and reports each tag at once (N = 1): with a larger N the last few tags of a small tray would
wait for others that never come, as an inventory that does not end has no "end of ROSpec" to flush them. Power,
region and channel are not touched.

One rule for the editor: each message is checked against bytes that another implementation wrote (tests).
"""

from collections.abc import Mapping
from typing import NamedTuple

from devices.llrp.messages import Message, Parameter, Value
from devices.llrp.vocabulary import (
    ADD_ROSPEC,
    AI_STOP_TRIGGER,
    AISPEC,
    ANTENNA_CONFIGURATION,
    BOUNDARY,
    CLOSE_CONNECTION,
    CONTENT_SELECTOR,
    DELETE_ACCESSSPEC,
    DELETE_ROSPEC,
    ENABLE_EVENTS_AND_REPORTS,
    ENABLE_ROSPEC,
    EVENT_SPEC,
    EVENT_STATE,
    EVENTS_AND_REPORTS,
    GET_READER_CAPABILITIES,
    GET_READER_CONFIG,
    INVENTORY,
    INVENTORY_COMMAND,
    KEEPALIVE_SPEC,
    REPORT_SPEC,
    ROSPEC,
    SET_READER_CONFIG,
    SINGULATION_CONTROL,
    START_ROSPEC,
    START_TRIGGER,
    STOP_ROSPEC,
    STOP_TRIGGER,
)

OUR_ROSPEC = 1
ALL = 0
GENERAL_ONLY = 1
ANTENNA_PROPERTIES_ONLY = 2
ON, OFF = 0x80, 0x00

EVENT_TYPES = {2: ON, 3: OFF, 4: ON, 8: ON}
"""ROSpec started or ended, report buffer filling up, reader exception, antenna: which of them we want to hear."""

TELL_ANTENNA, TELL_RSSI, TELL_LAST_SEEN, TELL_COUNT = 0x1000, 0x0400, 0x0100, 0x0080
"""Bits of the TagReportContentSelector (16.2.7.3)."""

N_TAGS_OR_END_OF_ROSPEC = 2
GEN2 = 1
TAGS_EXPECTED = 32


class Step(NamedTuple):
    """One request. One that is not `needed` may be refused: old readers do not know them all. One that is not
    `answered` is followed by the next at once."""

    request: Message
    needed: bool = True
    answered: bool = True


def steps(
    antennas: tuple[int, ...], keepalive_ms: int, session: int | None, *, reset: bool
) -> tuple[Step, ...]:
    """The way from the greeting to the running inventory. Their message ids are the session's to give.

    `antennas` are port numbers, none for all; `session` is the Gen2 session of the inventory, None for the reader's
    own; with `reset` the reader first forgets all that was set by LLRP.
    """
    factory = (Step(_request(SET_READER_CONFIG, {"reset": ON})),) if reset else ()
    rospec = {"rospec": OUR_ROSPEC}
    sockets = {"antenna": ALL, "asked": ANTENNA_PROPERTIES_ONLY, "gpi": 0, "gpo": 0}
    return (
        Step(_request(GET_READER_CAPABILITIES, {"asked": GENERAL_ONLY})),
        Step(_request(DELETE_ROSPEC, {"rospec": ALL})),
        Step(_request(DELETE_ACCESSSPEC, {"accessspec": ALL}), needed=False),
        *factory,
        Step(keepalive(keepalive_ms)),
        Step(events(), needed=False),
        Step(_request(GET_READER_CONFIG, sockets), needed=False),
        Step(_request(ENABLE_EVENTS_AND_REPORTS), answered=False),
        Step(add_rospec(antennas, session)),
        Step(_request(ENABLE_ROSPEC, rospec)),
        Step(_request(START_ROSPEC, rospec)),
    )


def parting() -> tuple[Message, ...]:
    """What is said before the line is closed: the field goes off, and the reader is free for another."""
    return _request(STOP_ROSPEC, {"rospec": OUR_ROSPEC}), _request(CLOSE_CONNECTION)


def keepalive(period_ms: int) -> Message:
    """Ask for a KEEPALIVE each `period_ms`. A reader that cannot hold reports refuses that part alone, so it stands
    with the events."""
    return _request(
        SET_READER_CONFIG, {"reset": OFF}, Parameter(KEEPALIVE_SPEC, {"type": 1, "period_ms": period_ms})
    )


def events() -> Message:
    """Ask for the events that matter here, and that what is read while nobody listens is held back."""
    states = tuple(Parameter(EVENT_STATE, {"type": type_, "on": on}) for type_, on in EVENT_TYPES.items())
    hold = Parameter(EVENTS_AND_REPORTS, {"hold": ON})
    return _request(SET_READER_CONFIG, {"reset": OFF}, Parameter(EVENT_SPEC, {}, states), hold)


def add_rospec(antennas: tuple[int, ...], session: int | None) -> Message:
    """The inventory: started by hand, ended by hand, at these antennas, each tag told at once."""
    boundary = Parameter(
        BOUNDARY,
        {},
        (Parameter(START_TRIGGER, {"type": 0}), Parameter(STOP_TRIGGER, {"type": 0, "duration_ms": 0})),
    )
    inventory = Parameter(INVENTORY, {"number": 1, "protocol": GEN2}, _in_session(session))
    never = Parameter(AI_STOP_TRIGGER, {"type": 0, "duration_ms": 0})
    aispec = Parameter(AISPEC, {"antennas": antennas or (ALL,)}, (never, inventory))
    told = Parameter(CONTENT_SELECTOR, {"flags": TELL_ANTENNA | TELL_RSSI | TELL_LAST_SEEN | TELL_COUNT})
    report = Parameter(REPORT_SPEC, {"trigger": N_TAGS_OR_END_OF_ROSPEC, "n": 1}, (told,))
    rospec = Parameter(ROSPEC, {"rospec": OUR_ROSPEC, "priority": 0, "state": 0}, (boundary, aispec, report))
    return _request(ADD_ROSPEC, {}, rospec)


def _in_session(session: int | None) -> tuple[Parameter, ...]:
    """The Gen2 session at every antenna: it stands in the top two bits of its byte."""
    if session is None:
        return ()
    control = Parameter(
        SINGULATION_CONTROL, {"session": session << 6, "population": TAGS_EXPECTED, "transit": 0}
    )
    command = Parameter(INVENTORY_COMMAND, {"state_aware": 0}, (control,))
    return (Parameter(ANTENNA_CONFIGURATION, {"antenna": ALL}, (command,)),)


def _request(type_: int, fields: Mapping[str, Value] | None = None, *inner: Parameter) -> Message:
    return Message(type_, 0, fields or {}, inner)
