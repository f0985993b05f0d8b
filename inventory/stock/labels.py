"""The code on a label of ours: KS, the item's number, and a check character, so that a label tells whose it is.

One rule for the editor: a code that was printed once means the same for ever. What a label stands for is still said by
its binding alone; the number in it only shows a label that is being stuck on the wrong item.
"""

PREFIX = "KS"
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_BASE = len(_DIGITS)


def label_code(item_id: int) -> str:
    """The code on an item's label: "KS", its number to the base 36, a check character (ISO/IEC 7064 MOD 37,36)."""
    if item_id < 1:
        raise ValueError(f"item_id: expected 1 or more, got {item_id}")
    digits, left = "", item_id
    while left:
        left, digit = divmod(left, _BASE)
        digits = _DIGITS[digit] + digits
    return f"{PREFIX}{digits}{_check(digits)}"


def printed_for(code: str) -> int | None:
    """The item that a label of ours was printed for; None for any other code, or one that was misread."""
    text = code.strip().upper()
    body, check = text[len(PREFIX) : -1], text[-1:]
    if not (text.startswith(PREFIX) and 1 <= len(body) <= 12 and all(each in _DIGITS for each in body)):
        return None
    return int(body, _BASE) if _check(body) == check else None


def _check(digits: str) -> str:
    """The check character that ISO/IEC 7064 (hybrid system MOD 37,36) puts after `digits`."""
    kept = _BASE
    for each in digits:
        kept = ((kept + _DIGITS.index(each)) % _BASE or _BASE) * 2 % (_BASE + 1)
    return _DIGITS[(_BASE + 1 - kept) % _BASE]
