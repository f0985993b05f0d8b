"""Secrets: 256-bit tokens that we make, and the passwords and PINs that people choose.

One rule for the editor: what is stored is a hash, and a secret is compared only by looking its hash up or by
Argon2. A token is random, so SHA-256 is enough; what a person chooses is not, so it gets Argon2id (OWASP's
m=19 MiB, t=2, p=1: a sixth of the library's default cost, which a busy hatch would feel).
"""

import asyncio
import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
HASHES_AT_ONCE = 2
"""Argon2 runs so many at a time; the rest wait, so that a flood of sign-ins cannot eat the machine."""

CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""No I, O, 0 and 1: pairing codes are read from one screen and typed on another."""

PASSWORD_CHARS_MIN = 10
PIN_DIGITS_MIN = 6


def new_token() -> str:
    """256 random bits, as 43 characters that may stand in a cookie or a header."""
    return secrets.token_urlsafe(32)


def new_code() -> str:
    """A one-time pairing code, "K7QM-2XAB-…": 80 bits, short lived and throttled."""
    letters = "".join(secrets.choice(CODE_LETTERS) for _ in range(16))
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def digest(token: str) -> str:
    """What is stored of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def csrf_token(token: str) -> str:
    """The token a page sends beside its cookie (`X-CSRF`); it follows from the session's own."""
    return hashlib.sha256(b"csrf:" + token.encode("utf-8", "surrogateescape")).hexdigest()[:43]


def code_digest(code: str) -> str:
    """What is stored of a pairing code, however it was typed."""
    return digest("".join(c for c in code.upper() if c in CODE_LETTERS))


def hash_secret(chosen: str) -> str:
    """Argon2id of a password or PIN."""
    return HASHER.hash(chosen)


NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$xpM0YF7oXMCN/fXri/8/mw$IEzvMa0UppPCPJy0gbv5bWHplVcwyIzqh3uXLbRxvEQ"
"""The hash of random characters that nobody kept, at the cost of any other. Making one would delay every start."""


def fits(stored: str | None, offered: str) -> bool:
    """Whether `offered` is the secret behind `stored`. Takes as long when there is none."""
    try:
        HASHER.verify(stored or NOBODY, offered)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


class Verifier:
    """Runs Argon2 beside the event loop, a few at a time."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(HASHES_AT_ONCE, "argon2")

    async def fits(self, stored: str | None, offered: str) -> bool:
        """As `fits`, awaited."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, fits, stored, offered)

    async def hash(self, chosen: str) -> str:
        """As `hash_secret`, awaited."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, hash_secret, chosen)

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False)


def weakness(name: str, chosen: str) -> str | None:
    """Why `chosen` is no password for `name`, in words; None when it will do."""
    if not PASSWORD_CHARS_MIN <= len(chosen) <= 200:
        return f"{PASSWORD_CHARS_MIN} to 200 characters"
    if name.lower() in chosen.lower():
        return "a password without the sign-in name in it"
    if len(set(chosen)) < 5:
        return "at least five different characters"
    return None


def pin_weakness(pin: str) -> str | None:
    """Why `pin` is no PIN, in words; None when it will do."""
    if not (pin.isascii() and pin.isdigit() and PIN_DIGITS_MIN <= len(pin) <= 12):
        return f"{PIN_DIGITS_MIN} to 12 digits"
    steps = {int(b) - int(a) for a, b in pairwise(pin)}
    return "digits that are not all the same or in a row" if len(steps) == 1 and steps <= {-1, 0, 1} else None
