"""What a PC/SC port and its decoder say to each other: the topics of its packets, and what is sent to the card.

One rule for the editor: a card is asked for its number and for nothing else. There is no key in this program, and
nothing is ever written to a card.

    card        a card was put on the reader: its answer to reset
    lying       one lay there before the port was open
    response    what the card answered: data, then two bytes that say how it went
    removed     the card is away
    command     something that a host sends, in a capture
"""

CARD, LYING, RESPONSE, REMOVED, COMMAND = "card", "lying", "response", "removed", "command"

GET_UID = bytes.fromhex("FFCA000000")
GET_ATS = bytes.fromhex("FFCA010000")
COMMANDS = {GET_UID: "GET DATA UID", GET_ATS: "GET DATA ATS"}
"""PC/SC part 3, 3.2.2.1.3. Only the first is sent."""

WELL = b"\x90\x00"
WORDS = {
    "6300": "no card, or it did not answer",
    "6700": "wrong length",
    "6982": "security condition not met",
    "6A81": "function not supported",
    "6A82": "no such thing",
    "6B00": "wrong parameter",
    "6D00": "instruction not known",
    "6E00": "class not known",
}
"""What the two bytes at the end of a response mean (ISO/IEC 7816-4; the readers' own manuals)."""
