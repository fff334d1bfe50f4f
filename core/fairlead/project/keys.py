"""Keys: private ones in encrypted files outside every project, public ones as text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fairlead.problems import Problem, UsageError
from fairlead.project.settings import SETTINGS_FILE

__all__ = [
    "SHORTEST_PASSPHRASE",
    "decoded",
    "is_signed_by",
    "key_id",
    "new_key",
    "public_text",
    "read_key",
    "read_public",
    "sign_bytes",
    "write_key",
]

#: characters of a passphrase, at least
SHORTEST_PASSPHRASE = 8
_PUBLIC_BYTES = 32
#: no key file that was written here is larger, in bytes
_MAX_BYTES = 64 * 1024


def new_key() -> Ed25519PrivateKey:
    """Return a new private key (Ed25519, RFC 8032)."""
    return Ed25519PrivateKey.generate()


def public_text(key: Ed25519PrivateKey) -> str:
    """Return the public key of a private one: its 32 bytes in base64."""
    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return base64.b64encode(raw).decode("ascii")


def key_id(public: str) -> str:
    """Return the id of a public key: the first 16 hexadecimal digits of the SHA-256 of its bytes."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def decoded(text: str, length: int) -> bytes | None:
    """Return the bytes of a base64 text of that many bytes; None where it is not exactly that."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # the last digits may hold bits that mean nothing: only one way of writing a key or signature counts
    is_canonical = base64.b64encode(raw).decode("ascii") == text
    return raw if is_canonical and len(raw) == length else None


def read_public(text: str) -> str:
    """Return a public key that was given in base64 or PEM as base64. Raises UsageError for anything else."""
    text = text.strip()
    if text.startswith("-----BEGIN"):
        try:
            key = serialization.load_pem_public_key(text.encode())
        except (ValueError, UnsupportedAlgorithm):
            key = None
        if isinstance(key, Ed25519PublicKey):
            raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return base64.b64encode(raw).decode("ascii")
    elif decoded(text, _PUBLIC_BYTES) is not None:
        return text
    # what was given is not repeated: it may be a secret put in the wrong place
    message = "what was given is no public key"
    remedy = "give what `fairlead register keygen` printed, or a PEM text of an Ed25519 public key"
    raise UsageError([Problem("bad-key", message, remedy=remedy)])


def sign_bytes(key: Ed25519PrivateKey, content: bytes) -> str:
    """Return the signature of some bytes, in base64."""
    return base64.b64encode(key.sign(content)).decode("ascii")


def is_signed_by(public: str, signature: str, content: bytes) -> bool:
    """Tell whether a signature is that of a public key over these bytes."""
    raw, key = decoded(signature, 64), decoded(public, _PUBLIC_BYTES)
    if raw is None or key is None:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(raw, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def write_key(path: Path, key: Ed25519PrivateKey, passphrase: str) -> Path:
    """Write a private key, encrypted (PKCS8 in PEM), into a new file that its owner alone may read.

    The public key goes into a file beside it, which is returned. Raises UsageError for a path inside a
    project, a file that is there and a passphrase that is too short, and OSError where a file cannot be
    written.
    """
    _refuse_in_project(path)
    if len(passphrase) < SHORTEST_PASSPHRASE:
        message = f"the passphrase is shorter than {SHORTEST_PASSPHRASE} characters"
        raise UsageError([Problem("wrong-passphrase", message, remedy="choose a longer one")])
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase.encode()),
    )
    beside = path.with_name(f"{path.name}.pub")
    _write_new(path, content, 0o600)
    _write_new(beside, public_text(key).encode() + b"\n", 0o644)
    return beside


def _write_new(path: Path, content: bytes, mode: int) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        message = f"there is a file `{path}` already, and a key is never overwritten"
        raise UsageError([Problem("file-exists", message, file=str(path))]) from None
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def read_key(path: Path, passphrase: str) -> Ed25519PrivateKey:
    """Return the private key in a file.

    Raises UsageError for a file inside a project, one that holds no such key, and a wrong passphrase, and
    OSError where the file cannot be read.
    """
    _refuse_in_project(path)
    with path.open("rb") as stream:
        content = stream.read(_MAX_BYTES)
    try:
        key = serialization.load_pem_private_key(content, passphrase.encode())
    except TypeError:
        message = f"the key in `{path}` is not encrypted"
        remedy = "make one with `fairlead register keygen`"
        raise UsageError([Problem("bad-key", message, file=str(path), remedy=remedy)]) from None
    except (ValueError, UnsupportedAlgorithm) as error:
        if b"ENCRYPTED" in content and isinstance(error, ValueError):
            message = f"the passphrase does not open the key in `{path}`, or the file is damaged"
            raise UsageError([Problem("wrong-passphrase", message, file=str(path))]) from None
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        message = f"`{path}` holds no private key of Ed25519"
        remedy = "make one with `fairlead register keygen`"
        raise UsageError([Problem("bad-key", message, file=str(path), remedy=remedy)])
    return key


def _refuse_in_project(path: Path) -> None:
    # a link into a project, and a path in a project that is a link out of it, are both refused
    for place in (path.absolute(), path.resolve()):
        for folder in place.parents:
            if (folder / SETTINGS_FILE).is_file():
                message = f"`{path}` lies in the project `{folder}`: a private key never does"
                remedy = "name a file outside of every project, that its owner alone can read"
                raise UsageError([Problem("key-in-project", message, file=str(path), remedy=remedy)])
