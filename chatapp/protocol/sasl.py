"""SASL PLAIN and EXTERNAL, and their transport in AUTHENTICATE lines.

Spec: RFC 4616 (PLAIN); RFC 4422, appendix A (EXTERNAL); IRCv3 sasl-3.1: "The response is encoded in Base64, then
split to 400-byte chunks, and each chunk is sent as a separate AUTHENTICATE command. Empty (zero-length) responses are
sent as AUTHENTICATE +. If the last chunk was exactly 400 bytes long, it must also be followed by AUTHENTICATE + to
signal end of response."
"""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from chatapp.errors import LineTooLongError, MalformedLineError

PLAIN, EXTERNAL = "PLAIN", "EXTERNAL"  # the names of the mechanisms
CHUNK_CHARS = 400
PAYLOAD_BYTES_MAX = 1_200  # after Base64 decoding; far more than two names and a password may have together
EMPTY = "+"
ABORT = "*"

_BASE64_CHARS_MAX = (PAYLOAD_BYTES_MAX + 2) // 3 * 4


class Plain(NamedTuple):
    """The content of SASL PLAIN: the account ``authcid`` signs in to act as ``authzid`` (empty: as ``authcid``)."""

    authzid: str
    authcid: str
    password: str

    def __repr__(self) -> str:
        return f"Plain(authzid={self.authzid!r}, authcid={self.authcid!r}, password=...)"


def encode_plain(authcid: str, password: str, authzid: str = "") -> bytes:
    """Return the payload of PLAIN.

    Raises MalformedLineError if an argument has a NUL in it.

    Spec: RFC 4616, section 2.
    """
    if "\0" in authzid + authcid + password:
        raise MalformedLineError("A name or password cannot have a NUL in it.")
    return f"{authzid}\0{authcid}\0{password}".encode()


def decode_plain(payload: bytes) -> Plain:
    """Parse the payload of PLAIN.

    Raises MalformedLineError if the payload is not UTF-8, has not exactly three parts separated by NUL, or has an empty
    ``authcid`` or password.

    Spec: RFC 4616, section 2: ``[authzid] UTF8NUL authcid UTF8NUL passwd``.
    """
    try:
        parts = payload.decode().split("\0")
    except UnicodeDecodeError:
        raise MalformedLineError("The name and password are not UTF-8.") from None
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise MalformedLineError("SASL PLAIN needs a name and a password.")
    return Plain(*parts)


def decode_external(payload: bytes) -> str:
    """Parse the payload of EXTERNAL: the account that the client wants, or empty for that of its certificate.

    Raises MalformedLineError if the payload is not UTF-8 or has a NUL in it.

    Spec: RFC 4422, appendix A.1: ``extern-resp = *( UTF8-char-no-nul )``.
    """
    try:
        authzid = payload.decode()
    except UnicodeDecodeError:
        raise MalformedLineError("The name is not UTF-8.") from None
    if "\0" in authzid:
        raise MalformedLineError("A name cannot have a NUL in it.")
    return authzid


def chunks(payload: bytes) -> list[str]:
    """Return the parameters of the AUTHENTICATE lines, one for each line, that carry ``payload``."""
    text = base64.b64encode(payload).decode()
    parts = [text[at : at + CHUNK_CHARS] for at in range(0, len(text), CHUNK_CHARS)]
    if not parts or len(parts[-1]) == CHUNK_CHARS:
        parts.append(EMPTY)
    return parts


class Exchange:
    """A sign-in that has begun: its mechanism, and the chunks received so far."""

    __slots__ = ("chunks", "mechanism")

    def __init__(self, mechanism: str) -> None:
        self.mechanism = mechanism
        self.chunks = ChunkBuffer()


class ChunkBuffer:
    """Collects the parameters of AUTHENTICATE lines until a payload is complete; then it is empty for the next payload.

    The caller handles ``*``, with which the peer aborts, and never feeds it.
    """

    __slots__ = ("_text",)

    def __init__(self) -> None:
        self._text = ""

    def feed(self, chunk: str) -> bytes | None:
        """Add the parameter of one line; return the decoded payload after its last chunk, otherwise ``None``.

        Raises LineTooLongError for a chunk over CHUNK_CHARS or a payload over PAYLOAD_BYTES_MAX, and MalformedLineError
        for a payload that is not Base64. After either error the buffer is empty.
        """
        text, self._text = self._text + ("" if chunk == EMPTY else chunk), ""
        if len(chunk) > CHUNK_CHARS or len(text) > _BASE64_CHARS_MAX:
            raise LineTooLongError("The sign-in data is too long.")
        if len(chunk) == CHUNK_CHARS:
            self._text = text
            return None
        try:
            return base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            raise MalformedLineError("The sign-in data is not Base64.") from None
