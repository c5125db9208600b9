"""The client certificate of a person, with which a connection can sign in (SASL EXTERNAL)."""

from __future__ import annotations

import os
import re
import ssl
import stat
from pathlib import Path

from chatapp.client.network import contexts
from chatapp.errors import SignInError
from chatapp.reading import open_regular

FILE_BYTES_MAX = 1024 * 1024
_CERTIFICATE = re.compile(rb"^-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----", re.MULTILINE)
_KEY = re.compile(rb"^-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----", re.MULTILINE)
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class ClientCertificate:
    """A certificate and its key, read from files, in the two TLS contexts that a link needs (``contexts.py``)."""

    def __init__(self, cert: Path, key: Path | None = None) -> None:
        """Read ``cert``, and ``key`` if the key is in another file. Raises SignInError if they cannot be used.

        Like ssh, it refuses a key of this user's that other users can read or change.
        """
        certificate, found = _read(cert, "certificate")
        if not _CERTIFICATE.search(certificate):
            raise SignInError(f"{cert} has no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----.")
        if key is None and not _KEY.search(certificate):
            raise SignInError(
                f"{cert} has a certificate, but no private key. Name the file of the key with --cert-key."
            )
        if key is not None:
            private, found = _read(key, "key")
            if not _KEY.search(private):
                raise SignInError(f"{key} has no private key in PEM form.")
        if os.name == "posix" and found.st_uid == os.getuid() and found.st_mode & _OTHERS:
            path = key or cert
            raise SignInError(
                f"The key in {path} can be read or changed by other users, so it is not used. Type: chmod 600 {path}"
            )
        self.verifying, self.trusting = contexts.verifying(), contexts.trusting()
        for context in (self.verifying, self.trusting):
            _load(context, cert, key or cert)
        if _is_for_servers(certificate):
            raise SignInError(f"The certificate in {cert} is for servers only. Make another one to sign in with.")


def _read(path: Path, what: str) -> tuple[bytes, os.stat_result]:
    """Return the content of a regular file and its ``stat``. Raises SignInError."""
    try:
        with open(path, "rb", opener=open_regular) as file:
            data, found = file.read(FILE_BYTES_MAX + 1), os.fstat(file.fileno())
    except OSError as error:
        raise SignInError(f"The {what} file {path} cannot be read: {error.strerror}.") from None
    if len(data) > FILE_BYTES_MAX:
        raise SignInError(f"The {what} file {path} is too long: it has more than {FILE_BYTES_MAX} bytes.")
    return data, found


def _is_for_servers(data: bytes) -> bool:
    """Tell whether a certificate (PEM) says that clients may not use it.

    Spec: RFC 5280, section 4.2.1.12 (extended key usage). A server whose TLS is OpenSSL ends the handshake.
    """
    from cryptography import x509  # imported late, because this import is slow
    from cryptography.x509.oid import ExtendedKeyUsageOID

    try:
        purposes = x509.load_pem_x509_certificate(data).extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, x509.InvalidVersion, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False
    return ExtendedKeyUsageOID.CLIENT_AUTH not in purposes


def _load(context: ssl.SSLContext, cert: Path, key: Path) -> None:
    """Make a TLS context present the certificate. Raises SignInError."""

    def passphrase() -> str:  # without this function, OpenSSL would ask at the terminal
        raise SignInError(f"The key in {key} has a passphrase. Make a key without: openssl pkey -in {key} -out NEW")

    try:
        context.load_cert_chain(cert, key, passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise SignInError(f"The key in {key} is not the key of the certificate in {cert}.") from None
        why = f" ({error.reason})" if error.reason else ""
        raise SignInError(f"The certificate in {cert} and its key in {key} cannot be used{why}.") from None
    except OSError as error:
        raise SignInError(f"The certificate in {cert} cannot be read: {error.strerror}.") from None
