"""The key that signs checkpoints: Ed25519, in a file that only the service's account may read.

One rule for the editor: the private key never enters the database, a backup or an answer.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)  # fmt: skip

from api.settings import SettingsError


@dataclass(frozen=True, slots=True)
class CheckpointKey:
    """A key, by what it can do. `id` is the beginning of the public key's SHA-256; `public` its 32 bytes."""

    id: str
    public: bytes
    sign: Callable[[bytes], str]


def checkpoint_key(path: Path) -> CheckpointKey:
    """The key in the file at `path`; a new one is made where there is no file. Raises SettingsError."""
    if not path.exists():
        _make(path)
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as problem:
        raise SettingsError(f"checkpoint_key: {path} holds no key: {problem}") from problem
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"checkpoint_key: {path} holds another kind of key than Ed25519")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return CheckpointKey(sha256(public).hexdigest()[:16], public, lambda data: key.sign(data).hex())


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
