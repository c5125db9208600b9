"""The pinned keys of servers: a key is pinned at the first connection (trust on first use, as in ssh).

A pin is the SHA-256 of the server's public key. It covers the SubjectPublicKeyInfo only, so a new certificate with the
same key is still the same server. The pin ``ca`` says that a certificate authority verified the certificate; such a
server may change its key, but its certificate must always be one that an authority verifies.

The file ``pins`` in the configuration folder has one line for each server: ``host:port SHA256:...`` or
``host:port ca``. Other lines are kept as they are.
"""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from chatapp.client.network.lines_file import LinesFile, LockedError
from chatapp.errors import IdentityError
from chatapp.protocol.fingerprint import PREFIX
from chatapp.protocol.fingerprint import fingerprint as fingerprint_of
from chatapp.protocol.fingerprint import parse_fingerprint as parse_fingerprint

CA = "ca"
PIN_FILE = "pins"
LOCK_S = 5.0  # how long to wait for another client that writes the pins

_PIN_LINE = re.compile(rf"(\S+:[0-9]+) ({PREFIX}\S+|ca)")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens: a host's name or IP address, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host.lower()}:{self.port}"


def fingerprint(certificate: bytes) -> str:
    """Return the fingerprint of the public key in a server's certificate (DER), as ``SHA256:...``.

    Raises IdentityError for a certificate that cannot be read.
    """
    from cryptography import x509  # imported late, because this import is slow
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, x509.InvalidVersion, UnsupportedAlgorithm):
        raise IdentityError(
            "The server's certificate cannot be read, so its key cannot be checked. No password was sent."
            " Tell whoever runs the server."
        ) from None
    return fingerprint_of(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


class Pins:
    """The file of pins in ``folder``, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / PIN_FILE
        self._file = LinesFile(self.path)

    def get(self, address: Address) -> str | None:
        """Return the pin of a server: a fingerprint, ``ca``, or None.

        Raises IdentityError when the file cannot be read: an unreadable pin must not count as a missing pin.
        """
        try:
            lines = self._file.lines()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None
        for line in lines:
            match = _PIN_LINE.fullmatch(line.strip())
            if match is not None and match[1].lower() == str(address):
                return match[2]
        return None

    def addresses(self) -> list[Address]:
        """Return the servers that have a pin. Raises IdentityError when the file cannot be read."""
        try:
            lines = self._file.lines()
        except (OSError, UnicodeDecodeError) as error:
            raise self._unreadable(error) from None
        found = [match[1].rpartition(":") for line in lines if (match := _PIN_LINE.fullmatch(line.strip()))]
        return [Address(host.strip("[]").lower(), int(port)) for host, _, port in found]

    async def set(self, address: Address, pin: str) -> None:
        """Pin a server, in place of its former pin.

        Raises IdentityError if the file cannot be read or written, or if another program keeps its lock for LOCK_S.
        """
        try:
            async with self._file.changing(LOCK_S) as lines:
                lines[:] = [line for line in lines if not line.lower().startswith(f"{address} ")]
                lines.append(f"{address} {pin}")
        except LockedError:
            raise IdentityError(
                f"The server's key cannot be kept: another program has held {self._file.lock_path} for {LOCK_S:g} s."
                " End that program, then try again; or name another folder with --config."
            ) from None
        except UnicodeDecodeError as error:
            raise self._unreadable(error) from None
        except OSError as error:
            raise IdentityError(
                f"The server's key cannot be kept in {self.path}: {error.strerror}."
                " Make the folder writable, or name another one with --config."
            ) from None

    def _unreadable(self, error: OSError | UnicodeDecodeError) -> IdentityError:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        return IdentityError(
            f"The file of known servers, {self.path}, cannot be read: {why}."
            " Make it readable, or name another folder with --config."
        )


# The errors, with their texts for a person


def unknown(address: Address, presented: str) -> IdentityError:
    """Return the error for a new key when there is nobody to ask."""
    return IdentityError(
        f"The server at {address} is not known yet; its key is {presented}. If that is what `chat serve` shows there,"
        f" connect once with --trust {presented}"
    )


def changed(address: Address, presented: str, pinned: str, path: Path) -> IdentityError:
    """Return the error for a key that differs from the pinned key."""
    before = "was verified by a certificate authority" if pinned == CA else f"was {pinned}"
    now = f"now it is {presented}, which is not" if pinned == CA else f"now it is {presented}"
    return IdentityError(
        f"The key of the server at {address} has changed: it {before}; {now}. Either the server was set up anew, or"
        " somebody is listening in between. No password was sent. Ask whoever runs it what `chat serve` shows there;"
        f" if it is the new key, connect once with --trust {presented} (or take the line out of {path})."
    )


def not_expected(address: Address, presented: str, expected: str) -> IdentityError:
    """Return the error for a key that differs from the key given with ``--trust``."""
    return IdentityError(
        f"The server at {address} has the key {presented}, not {expected} as you said. No password was sent."
        " Check the fingerprint with whoever runs the server."
    )


def not_in_link(address: Address, presented: str, expected: str) -> IdentityError:
    """Return the error for a key that differs from the key in the link of an invitation."""
    return IdentityError(
        f"The server at {address} has the key {presented}, but the link says {expected}. Either the link is for another"
        " server, or somebody is listening in between. The invitation was not shown to it. Ask who sent you the link"
        " for a new one."
    )


def link_contradicts(address: Address, expected: str, pinned: str, path: Path) -> IdentityError:
    """Return the error for a link with another key than the pinned key of the same server."""
    return IdentityError(
        f"The link says that the server at {address} has the key {expected}, but the key that you know of it is"
        f" {pinned}. Nothing was sent. Ask who sent you the link whether the server was set up anew; if so, take the"
        f" line out of {path}, and open the link again."
    )


def declined(address: Address) -> IdentityError:
    """Return the error for a key that the person did not accept."""
    return IdentityError(f"Not connected to {address}: its key was not accepted. No password was sent.")
