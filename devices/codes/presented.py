"""From the bytes of one scan to the code it presents: text, prefix, symbology.

One rule for the editor: the prefix is the scanner's setting and never guessed; bytes that are no UTF-8 are
garbled, for they mean a wrong baud rate or character set and no label of ours needs them.
"""

from devices.codes.problem import Problem
from devices.codes.symbology import PrefixStyle, split_prefix
from devices.evidence import garbled, raw_hex
from devices.readings import TEXT_MAX, CodePresented, Garbled


def presented(
    data: bytes, style: PrefixStyle, symbology: str | None = None, frame: bytes | None = None
) -> CodePresented | Garbled:
    """The code in `data`. `symbology` is what the packet around it says, where the prefix says nothing; `frame`
    all the bytes that carried it, kept as evidence."""
    evidence = data if frame is None else frame
    try:
        text = data.decode()
    except UnicodeDecodeError:
        detail = "Bytes above 7E that are no UTF-8: check baud rate, parity and character set."
        return garbled("BYTES_ABOVE_7E", detail, evidence)
    split = split_prefix(text, style)
    if isinstance(split, Problem):
        return garbled(split.code, split.sentence, evidence)
    if len(split.text) > TEXT_MAX:
        return garbled("TOO_LONG", f"A code has at most {TEXT_MAX} characters.", evidence)
    return CodePresented(text=split.text, symbology=split.symbology or symbology, raw_hex=raw_hex(evidence))
