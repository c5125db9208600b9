"""Pure: the lines that people paste to join, in our client and in IRC clients of others.

Each line is complete but for NAME and PASSWORD, and pins the server's key: a certificate that the server made itself is
signed by no authority that a client knows.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from chatapp.protocol.fingerprint import PREFIX

NETWORK = "chat"  # what the server is called in the settings of IRC clients


class Keys(NamedTuple):
    """What a client can pin: the fingerprint of the public key (``SHA256:...``), and the SHA-256 of the certificate."""

    public_key: str
    certificate: bytes
    self_signed: bool


def chat_connect(host: str, port: int, keys: Keys) -> str:
    """Write the line for our own client."""
    return f"chat connect {host} {port} --trust {keys.public_key}"


def irssi(host: str, port: int, keys: Keys) -> list[str]:
    """Write the lines for irssi 1.0 or later; it pins the public key, so that a renewed certificate is the same server.

    irssi checks the pin also with ``-notls_verify``, which only asks for no authority.
    """
    key = base64.b64decode(keys.public_key.removeprefix(PREFIX))
    pin = f" -notls_verify -tls_pinned_pubkey {key.hex(':').upper()}" if keys.self_signed else ""
    return [
        f"/network add -nick NAME -sasl_mechanism PLAIN -sasl_username NAME -sasl_password PASSWORD {NETWORK}",
        f"/server add -auto -network {NETWORK} -tls{pin} {host} {port}",
        f"/connect {NETWORK}",
    ]


def weechat(host: str, port: int, keys: Keys, *, before_4: bool = False) -> list[str]:
    """Write the lines for WeeChat 4 or later, or for older ones, whose options have ``ssl`` in their names.

    WeeChat pins the certificate.
    """
    tls = "ssl" if before_4 else "tls"
    pin = f" -{tls}_fingerprint={keys.certificate.hex()}" if keys.self_signed else ""
    return [
        f"/server add {NETWORK} {host}/{port} -{tls}{pin} -nicks=NAME -sasl_username=NAME -sasl_password=PASSWORD",
        f"/connect {NETWORK}",
    ]
