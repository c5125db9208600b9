"""Reads the server's certificate and key, or makes them at the first start.

Importing ``cryptography.x509`` is slow. A start with the server's own certificate does it only when it is ready.
"""

from __future__ import annotations

import datetime
import fcntl
import functools
import ipaddress
import socket
import ssl
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization

from chatapp.errors import ConfigError
from chatapp.protocol.fingerprint import fingerprint
from chatapp.reading import read_regular
from chatapp.server import client_certificates
from chatapp.server.folder.data_folder import CERTIFICATE, KEY
from chatapp.server.folder.files import write_whole
from chatapp.server.folder.precautions import time_for_certificates
from chatapp.server.joining import Keys
from chatapp.server.stamps import BEYOND, LATEST_MS, now_ms

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

_LASTS_DAYS = 3650  # long, because clients pin the key and need no renewal


class Identity:
    """A certificate with its key. :meth:`load` reads the files again.

    New connections get one of two TLS contexts: ``asking`` asks the client for a certificate, ``context`` does not.
    """

    def __init__(self, cert: Path, key: Path, *, own: bool = False, made: bool = False) -> None:
        """Read both files. Raises ConfigError if they cannot be used.

        The dates are read when they are first used, because that takes long. ``own``: a chatapp server made the
        certificate, now or earlier. ``made``: this process has just made it.
        """
        self.cert, self._key = cert, key
        self.own, self.made = own, made
        self._load(with_dates=False)

    def load(self) -> None:
        """Read the files again. Raises ConfigError, and keeps the old certificate, if they cannot be used."""
        self._load(with_dates=True)

    def check(self) -> None:
        """Raise ConfigError if only OpenSSL can read the certificate. Later uses of the dates and ``keys`` are fast."""
        self._chain.check()

    @property
    def keys(self) -> Keys:
        """What clients can pin."""
        try:
            details = self._chain.details
        except ConfigError:  # only OpenSSL can read the certificate: IRC clients cannot pin it
            return Keys(self.fingerprint, b"", self_signed=False)
        return Keys(self.fingerprint, details.sha256, details.self_signed)

    @property
    def not_before(self) -> datetime.datetime:
        """When the certificate begins to be valid. Raises ConfigError if only OpenSSL can read it."""
        return self._chain.details.not_before

    @property
    def not_after(self) -> datetime.datetime:
        """When the certificate expires. Raises ConfigError if only OpenSSL can read it."""
        return self._chain.details.not_after

    def _load(self, with_dates: bool) -> None:
        chain = _Chain(self.cert)
        if with_dates:
            chain.check()
        public_key = _private_key(self._key).public_key()  # the certificate's too, or load_cert_chain would fail
        context, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            for each in (context, asking):
                each.minimum_version = ssl.TLSVersion.TLSv1_2
                each.load_cert_chain(self.cert, self._key, password=_no_password)
        except OSError as error:  # SSLError is a subclass
            chain.check()
            why = "they do not belong together" if "MISMATCH" in str(error) else error.strerror or str(error)
            raise ConfigError(
                f"The certificate {self.cert} cannot be used with the key {self._key}: {why}."
                " Give a certificate and its own key, with --cert and --key."
            ) from error
        info = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        if client_certificates.CAN_ASK:
            client_certificates.ask(asking, after=context)
        self.context, self.asking = context, asking
        self.fingerprint = fingerprint(info)
        self._chain = chain


class _Details(NamedTuple):
    """What a certificate file says: when all its certificates are valid, and what clients can pin of the first."""

    not_before: datetime.datetime
    not_after: datetime.datetime
    sha256: bytes
    self_signed: bool


class _Chain:
    """The bytes of a certificate file: the server's certificate first, then those that sign it."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises ConfigError."""
        self._path = path
        self._pem = _read(path, "certificate")

    @functools.cached_property
    def details(self) -> _Details:
        """What the file says. Raises ConfigError. The first use takes long, because it imports ``x509``."""
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes

        try:
            chain = x509.load_pem_x509_certificates(self._pem)
        except (ValueError, x509.InvalidVersion) as error:
            raise ConfigError(
                f"{self._path} is not a certificate in PEM (-----BEGIN CERTIFICATE-----)."
                " Give one with --cert, and its key with --key."
            ) from error
        first = chain[0]
        return _Details(
            max(each.not_valid_before_utc for each in chain),
            min(each.not_valid_after_utc for each in chain),
            first.fingerprint(hashes.SHA256()),
            first.issuer == first.subject,
        )

    def check(self) -> None:
        """Raise ConfigError if the file has no certificates in PEM."""
        _ = self.details


def _private_key(path: Path) -> PrivateKeyTypes:
    """Read a key. Raises ConfigError."""
    try:
        return serialization.load_pem_private_key(_read(path, "key of the certificate"), None)
    except TypeError as error:
        raise ConfigError(
            f"The key {path} has a password. Give one without: openssl pkey -in {path} -out NEWKEY"
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ConfigError(
            f"{path} is not a key in PEM (-----BEGIN PRIVATE KEY-----). Give the certificate's own with --key."
        ) from error


def _read(path: Path, what: str) -> bytes:
    try:
        return read_regular(path)
    except OSError as error:
        raise ConfigError(f"The {what} {path} cannot be read: {error.strerror}. Give a readable file.") from error


def _no_password() -> bytes:
    """Raise ConfigError, so that OpenSSL never asks for a password on the terminal.

    :func:`_private_key` has already refused a key with a password.
    """
    raise ConfigError("The key of the certificate has a password. Give one without.")


def own_identity(folder: Path, names: Iterable[str]) -> Identity:
    """Read the certificate in the data folder, or make it for ``names`` (host names and addresses).

    Raises ConfigError.
    """
    cert, key = folder / CERTIFICATE, folder / KEY
    make = not (cert.exists() and key.exists())
    if make:
        try:
            _make(cert, key, names)
        except OSError as error:
            raise ConfigError(f"A certificate cannot be made in {folder}: {error.strerror}.") from error
    return Identity(cert, key, own=True, made=make)


def _make(cert: Path, key: Path, names: Iterable[str]) -> None:
    """Make a key, unless there is one already, and a certificate signed by that key. Raises OSError and ConfigError."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    if key.exists():
        loaded = _private_key(key)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ConfigError(
                f"{key} is not a key that chatapp made, and there is no {cert} for it. Move it away, and both are made."
            )
        private = loaded
    else:
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_whole(key, pem, 0o600)
    clock_ms = now_ms()
    if clock_ms >= LATEST_MS:
        raise ConfigError(BEYOND)
    now = time_for_certificates(clock_ms)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "chatapp")])
    alternatives = [_general_name(name) for name in dict.fromkeys(names)]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_LASTS_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    write_whole(cert, certificate.public_bytes(serialization.Encoding.PEM), 0o644)


def _general_name(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def own_names() -> list[str]:
    """Return the names and addresses by which others may reach this machine, without asking the network."""
    hostname = socket.gethostname()
    names = ["localhost", "127.0.0.1", "::1"]
    if hostname.isascii() and hostname.replace("-", "").replace(".", "").isalnum():
        names.insert(0, hostname)
    return names + own_addresses()


def own_addresses() -> list[str]:
    """Return the addresses by which others may reach this machine, without sending anything.

    They are the IPv4 addresses of its network interfaces (only on Linux), and the source addresses (IPv4 and IPv6) from
    which it would send to the internet.
    """
    found = _interface_addresses()
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):  # RFC 5737, RFC 3849
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                found.append(probe.getsockname()[0])
        except OSError:
            continue
    return list(dict.fromkeys(found))


def _interface_addresses() -> list[str]:
    """Return the IPv4 address of each network interface except loopback (only on Linux, by SIOCGIFADDR)."""
    found = []
    if sys.platform == "linux":
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            for _, name in socket.if_nameindex():
                try:
                    answer = fcntl.ioctl(probe, 0x8915, struct.pack("256s", name.encode()[:15]))
                except OSError:  # an interface without an address
                    continue
                address = socket.inet_ntoa(answer[20:24])
                if not ipaddress.ip_address(address).is_loopback:
                    found.append(address)
    return found
