"""Files that only the holder of a key can read: AES-256-GCM over pieces, in a row that cannot be cut or mixed.

Not here: what is in them (backups). Source: the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár 2015:
each nonce holds the number of the piece and whether it is the last, so that a piece that is missing, doubled or moved
is found.
"""

from __future__ import annotations

import hmac
import os
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from marketplace.errors import Invalid

MAGIC = b"liaocheng-market encrypted 1\n"
SALT = 16  # bytes
PREFIX = 7  # bytes of the nonce that are drawn for each file
CHECK = 16  # bytes by which a wrong key is told from a damaged file
PIECE = 1 << 20  # bytes of the plain file in one piece
TAG = 16  # bytes that AES-GCM adds to each


def is_encrypted(path: Path) -> bool:
    """Whether a file was written by `encrypt_file`."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def encrypt_file(source: Path, target: Path, key: str) -> None:
    """Write an encrypted copy; only its owner may read it.

    Args:
        source: the plain file, of any size.
        target: the copy, complete when this returns.
        key: any text; a long random one.
    """
    salt = os.urandom(SALT)
    prefix = os.urandom(PREFIX)
    cipher, check = _derive(key, salt)
    header = MAGIC + salt + prefix + check
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as plain, os.fdopen(descriptor, "wb") as packed:
        packed.write(header)
        number = 0
        piece = plain.read(PIECE)
        while True:
            following = plain.read(PIECE)
            nonce = _nonce(prefix, number, is_last=not following)
            packed.write(cipher.encrypt(nonce, piece, header))
            if not following:
                break
            piece = following
            number += 1


def decrypt_file(source: Path, target: Path, key: str) -> None:
    """Write the plain file of an encrypted one; only its owner may read it.

    Raises:
        Invalid: the key is another one, or the file is damaged or cut.
    """
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with source.open("rb") as packed, os.fdopen(descriptor, "wb") as plain:
        _decrypt(packed, plain, key)


def _decrypt(packed: IO[bytes], plain: IO[bytes], key: str) -> None:
    header = packed.read(len(MAGIC) + SALT + PREFIX + CHECK)
    salt = header[len(MAGIC) :][:SALT]
    prefix = header[len(MAGIC) + SALT :][:PREFIX]
    cipher, check = _derive(key, salt)
    if not hmac.compare_digest(check, header[-CHECK:]):
        raise Invalid("BACKUP_KEY 不是加密这份备份的那一把。", "请换成当时的钥匙再试。")
    number = 0
    piece = packed.read(PIECE + TAG)
    while True:
        following = packed.read(PIECE + TAG)
        nonce = _nonce(prefix, number, is_last=not following)
        try:
            plain.write(cipher.decrypt(nonce, piece, header))
        except (InvalidTag, ValueError):
            raise Invalid(
                f"备份已损坏或者不完整（第 {number + 1} 段）。", "请换一份备份。"
            ) from None
        if not following:
            return
        piece = following
        number += 1


def _derive(key: str, salt: bytes) -> tuple[AESGCM, bytes]:
    """The cipher of a file, and the bytes by which its key is known."""
    # 64 MB and some 0.2 s: anyone who has the file cannot try keys quickly.
    derived = Scrypt(salt, length=32 + CHECK, n=2**16, r=8, p=1).derive(key.encode())
    return AESGCM(derived[:32]), derived[32:]


def _nonce(prefix: bytes, number: int, *, is_last: bool) -> bytes:
    return prefix + number.to_bytes(4, "big") + bytes([is_last])
