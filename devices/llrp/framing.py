"""Where a message begins and ends in the stream: `look`, for `devices.seeking.SeekingFramer`.

TCP loses and changes nothing, so bytes that are no message mean that the other side is no LLRP reader, or is ill.
There is no mark at which a message begins. What is taken for one must have a version, a type and a length that
exist, and parameters that fill it to its last byte; as soon as what has come of the outermost ones rules that out,
or the whole cannot be read, the search goes on from its second byte. So garbage costs at most the message that it
touches. (A maker's own CUSTOM_MESSAGE may hold anything: one with a wrong length costs what that covers.) A stream
in which nothing sound is found any more is the session's to give up: closed and opened anew, it begins with a
message.

One rule for the editor: a message that may still be whole is waited for, however slowly it comes.
"""

from devices.framing import LENGTH, NOISE
from devices.llrp.messages import HEADER_BYTES, Broken, fixed_bytes, read_header, read_message, step_over
from devices.llrp.vocabulary import MESSAGES
from devices.seeking import WAIT

MESSAGE_BYTES_MAX = 1 << 18
"""The longest message taken: some 8,000 tags in one report."""

STALL_S = 10.0
"""How long the rest of a message may be on its way. TCP sends lost segments again after seconds."""

_VERSIONS = frozenset((1, 2))
"""1.0.1, and 1.1, whose readers speak 1.0.1 to a client that does not ask for more."""


def look(held: bytearray, at: int, is_end: bool) -> int | str:
    """What begins at `at`: see `devices.seeking`."""
    if held[at] >> 2 not in _VERSIONS:
        return NOISE
    here = len(held) - at
    if here > 1 and (held[at] & 3) << 8 | held[at + 1] not in MESSAGES:
        return NOISE
    if here < HEADER_BYTES:
        return LENGTH if is_end else WAIT
    header = read_header(held, at)
    if not HEADER_BYTES <= header.length <= MESSAGE_BYTES_MAX:
        return LENGTH
    if not _may_be_whole(held, at, header.type, at + header.length):
        return LENGTH
    if here < header.length:
        return LENGTH if is_end else WAIT
    return LENGTH if isinstance(read_message(bytes(held[at : at + header.length])), Broken) else header.length


def _may_be_whole(held: bytearray, at: int, type_: int, end: int) -> bool:
    """Whether what has come of a message's outermost parameters may fill it to `end`."""
    shape = MESSAGES[type_]
    at += HEADER_BYTES + fixed_bytes(shape.fields)
    if at > end or not shape.holds:
        # Nothing may follow the fields, where they do not reach to the end themselves.
        return at == end or (at < end and any(kind == "rest" for _, kind in shape.fields))
    have = min(end, len(held))
    try:
        while at < have:
            stop = step_over(held, at, have, end)
            if not stop:
                return True
            at = stop
    except Broken:
        return False
    return True
