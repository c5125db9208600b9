"""Certificates for tests, made anew."""

from __future__ import annotations

import datetime
import ssl
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from chatapp.protocol.fingerprint import fingerprint


class Pair(NamedTuple):
    """The files of a certificate and its key, and the key's fingerprint."""

    cert: Path
    key: Path
    fingerprint: str


def make_pair(folder: Path, name: str, password: str = "", days: float = 30) -> Pair:
    """Make a key (encrypted, where there is a password) and a certificate that it signs itself, for so many days.

    With less than none it has expired, after it was valid for a day.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + datetime.timedelta(days=min(days, 0) - 1))
        .not_valid_after(now + datetime.timedelta(days=days))
        .sign(private, hashes.SHA256())
    )
    pair = Pair(folder / f"{name}.crt", folder / f"{name}.key", key_of(certificate))
    pair.cert.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    encryption = serialization.BestAvailableEncryption(password.encode()) if password else serialization.NoEncryption()
    pair.key.touch(0o600)
    pair.key.write_bytes(
        private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    )
    return pair


def key_of(certificate: x509.Certificate) -> str:
    """Return the fingerprint of a certificate's key."""
    return fingerprint(
        certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def only_openssl_reads(cert: Path) -> None:
    """Give a certificate a version that does not exist, which OpenSSL accepts."""
    version, wrong = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x03"
    der = ssl.PEM_cert_to_DER_cert(cert.read_text())
    assert der.count(version) == 1
    cert.write_text(ssl.DER_cert_to_PEM_cert(der.replace(version, wrong)))
