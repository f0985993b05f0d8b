"""What people call the kinds of kit, on screens and in sentences.

One rule for the editor: words only; what a kind needs stands in `gate/policies`.
"""

LABELS = {
    "CED_HANDLE": ("TASER handle", "TASER handles"),
    "CED_BATTERY": ("battery pack", "battery packs"),
    "CED_CARTRIDGE": ("cartridge", "cartridges"),
    "CED_MAGAZINE": ("magazine", "magazines"),
    "SBG": ("spit guard", "spit guards"),
    "BWV_CAMERA": ("body-worn camera", "body-worn cameras"),
}


def label(kind: str, count: int = 1) -> str:
    """ "cartridge", or "cartridges" for any count but one."""
    one, many = LABELS.get(kind, (kind.lower(), kind.lower()))
    return one if count == 1 else many


def title(kind: str) -> str:
    """The label with a capital first letter: "Body-worn camera"."""
    words = label(kind)
    return words[0].upper() + words[1:]
