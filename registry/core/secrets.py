"""Keys, encrypted columns and the blind index. Keys live under instance/keys, never in the database."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets as random
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from sqlalchemy import String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from registry.core.errors import StorageError
from registry.core.i18n import N_

KEY_BYTES = 32
WRONG_KEY = N_(
    "The keys of this server do not open what is stored. Nothing was saved; please tell the administrator to "
    "bring back the key file."
)


class WrongKeyError(StorageError):
    """What is stored was encrypted under other keys than those of this installation."""


@dataclass(frozen=True)
class Keys:
    """The five keys of an installation, each 32 bytes as hex, each for one purpose.

    field encrypts columns and wraps the keys of persons; index makes the blind index; journal chains
    the journal; session signs cookies and forms; digest keys the digests of figures.
    """

    field: str
    index: str
    journal: str
    session: str
    digest: str

    @classmethod
    def create(cls) -> Keys:
        """Fresh random keys."""
        return cls(*(random.token_hex(KEY_BYTES) for _ in fields(cls)))

    @classmethod
    def load(cls, folder: Path) -> Keys:
        """Read the keys of an installation; FileNotFoundError before `init` made them."""
        return cls(**json.loads((folder / "keys.json").read_text(encoding="utf-8")))

    def save(self, folder: Path) -> None:
        """Write the keys readable by the owner alone; existing keys are never overwritten."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(folder / "keys.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=1)

    def fingerprints(self) -> dict[str, str]:
        """What a backup carries, so that a restore can say which key is missing."""
        return {
            name: hashlib.sha256(b"fingerprint" + bytes.fromhex(value)).hexdigest()[:16]
            for name, value in asdict(self).items()
        }

    def export(self, passphrase: str) -> str:
        """The keys under a passphrase (scrypt, AES-GCM), to be kept outside this machine."""
        salt, nonce = os.urandom(16), os.urandom(12)
        sealed = AESGCM(_stretch(passphrase, salt)).encrypt(nonce, json.dumps(asdict(self)).encode(), None)
        return b64encode(salt + nonce + sealed).decode("ascii")

    @classmethod
    def read_export(cls, text: str, passphrase: str) -> Keys:
        """The keys out of `export`; ValueError when the passphrase is not the one used."""
        raw = b64decode(text)
        try:
            opened = AESGCM(_stretch(passphrase, raw[:16])).decrypt(raw[16:28], raw[28:], None)
        except InvalidTag as error:
            raise ValueError("wrong passphrase, or the file is damaged") from error
        return cls(**json.loads(opened))

    @cached_property
    def field_cipher(self) -> AESGCM:
        """The cipher of encrypted columns."""
        return AESGCM(bytes.fromhex(self.field))

    @cached_property
    def index_key(self) -> bytes:
        """The key of the blind index."""
        return bytes.fromhex(self.index)

    @cached_property
    def journal_key(self) -> bytes:
        """The key of the journal chain."""
        return bytes.fromhex(self.journal)


def _stretch(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=KEY_BYTES, n=2**15, r=8, p=1).derive(passphrase.encode("utf-8"))


class _Ring:
    """The keys this process uses. Column types have no other way to reach them."""

    keys: Keys | None = None


def use_keys(keys: Keys) -> None:
    """Set the keys of this process; `create_app` and the command line call it once."""
    _Ring.keys = keys


def current_keys() -> Keys:
    """The keys of this process; RuntimeError before `init`."""
    if _Ring.keys is None:
        raise RuntimeError("no keys: run `flask --app app init` first")
    return _Ring.keys


def seal(cipher: AESGCM, text: str) -> str:
    """Encrypt a text with AES-GCM under a fresh nonce."""
    nonce = os.urandom(12)
    return b64encode(nonce + cipher.encrypt(nonce, text.encode("utf-8"), None)).decode("ascii")


def unseal(cipher: AESGCM, sealed: str) -> str:
    """Decrypt what `seal` made; InvalidTag when key or text is not the one."""
    raw = b64decode(sealed)
    return cipher.decrypt(raw[:12], raw[12:], None).decode("utf-8")


def read_sealed(cipher: AESGCM, sealed: str) -> str:
    """The same of what the database holds; WrongKeyError when it was stored under other keys."""
    try:
        return unseal(cipher, sealed)
    except InvalidTag as error:
        raise WrongKeyError(WRONG_KEY) from error


def blind_index(kind: str, value: str) -> str:
    """A keyed hash by which an equal value is found without being readable (128 bits as hex)."""
    return hmac.digest(current_keys().index_key, f"{kind}:{value}".encode(), "sha256").hex()[:32]


def new_token() -> str:
    """A random 128-bit token as 22 URL-safe characters."""
    return random.token_urlsafe(16)


class Encrypted(TypeDecorator[str]):
    """A text column stored encrypted; it can be read back but not searched."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else seal(current_keys().field_cipher, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else read_sealed(current_keys().field_cipher, value)


class EncryptedJson(TypeDecorator[Any]):
    """A JSON value stored encrypted."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return (
            None
            if value is None
            else seal(current_keys().field_cipher, json.dumps(value, ensure_ascii=False))
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(read_sealed(current_keys().field_cipher, value))


TOKEN = String(22)
BLIND = String(32)
