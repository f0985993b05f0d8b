"""Input reports as scanners send them, in the two layouts that manuals print."""


def aim_report(text: str, symbology: str, *, more: bool = False) -> bytes:
    """A report with the AIM identifier in a field of its own: up to 56 bytes of `text`."""
    data = text.encode("latin-1")
    body = bytes((2, len(data))) + symbology.encode("latin-1") + data.ljust(56, b"\0")
    return body + bytes((0, 0, int(more)))


def plain_report(text: str, *, more: bool = False) -> bytes:
    """A report of count and data alone."""
    data = text.encode("latin-1")
    return bytes((2, len(data))) + data.ljust(56, b"\0") + bytes((0, 0, 0, 0, 0, int(more)))
