"""TLS client certificates: the server asks for one, and takes any certificate whose key the client has.

What counts here is the fingerprint of the certificate, which an account may have registered. So it does not matter who
signed a certificate or when it expires. The handshake itself proves that the client has the key.

The ``ssl`` module has no setting for this: CERT_NONE asks for no certificate, and CERT_OPTIONAL refuses a certificate
that no known authority has signed. So the certificate is made its own authority in the middle of the handshake:
``_msg_callback`` of a context gets the client's Certificate message before OpenSSL verifies it, and the connection gets
a context that trusts exactly this certificate. OpenSSL then verifies the client's signature as always.

COMPAT(Python 3.11 to 3.13): ``_msg_callback`` is not documented, but Python's own tests use it. It can go when the
``ssl`` module lets a program verify certificates itself. Without it the server asks for no certificates
(``CAN_ASK``), and does not offer SASL EXTERNAL.

Spec: RFC 8446, sections 4.3.2 (CertificateRequest) and 4.4.2 (Certificate); RFC 5246, section 7.4.6.
"""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from typing import Any

# The class in C below SSLContext. The property of SSLContext makes an enum of every number that a callback gets, which
# would make a handshake slower by a tenth.
_RawContext: Any = ssl.SSLContext.__base__
CAN_ASK = hasattr(_RawContext, "_msg_callback")

_HANDSHAKE = 22  # the record type
_CERTIFICATE, _FINISHED = 11, 20  # handshake messages
_HEADER_BYTES = 4  # of a handshake message: its type and its length
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, which the ssl module has no name for


def ask(context: ssl.SSLContext, after: ssl.SSLContext) -> None:
    """Make the TLS context of a server ask its clients for certificates.

    A connection gets the context ``after`` when its handshake ends, so that nothing here runs for later records.
    """

    def watch(connection: Any, direction: str, version: int, record: int, message: int, data: bytes) -> None:
        if direction != "read" or record != _HANDSHAKE:
            return
        if message == _CERTIFICATE:
            certificate = first_certificate(data, has_context=version == ssl.TLSVersion.TLSv1_3)
            if certificate:
                connection.context = _trusting(certificate)
        elif message == _FINISHED:
            connection.context = after

    def _trusting(certificate: bytes) -> ssl.SSLContext:
        """Return a context for the rest of a handshake, which trusts this certificate (DER) alone."""
        trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            trusting.load_verify_locations(cadata=certificate)
        except ssl.SSLError:  # no certificate: OpenSSL refuses it too
            pass
        _watch_with(trusting, watch)
        return trusting

    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    _watch_with(context, watch)


def _watch_with(context: ssl.SSLContext, watch: Any) -> None:
    """Call ``watch`` for every message of the connections of a context."""
    _RawContext._msg_callback.__set__(context, watch)


def first_certificate(message: bytes, has_context: bool) -> bytes:
    """Return the client's own certificate (DER) in a Certificate message, or nothing if there is none.

    ``has_context``: the message is that of TLS 1.3, which has a ``certificate_request_context`` first.
    """
    rest = message[_HEADER_BYTES:]
    if has_context:
        rest = rest[1 + rest[0] :] if rest else b""
    rest = rest[3:]  # the length of all certificates
    length = int.from_bytes(rest[:3])
    return rest[3 : 3 + length]


def fingerprint_of(transport: asyncio.BaseTransport) -> str:
    """Return the SHA-256 of the client's certificate (64 hexadecimal digits), or an empty text if there is none."""
    connection = transport.get_extra_info("ssl_object")
    certificate = connection.getpeercert(binary_form=True) if connection is not None else None
    return hashlib.sha256(certificate).hexdigest() if certificate else ""
