"""Pure: the commands that people paste into a shell or an IRC client to join the server.

Each command is complete except NAME and PASSWORD. Each pins the server's key, because no authority that clients trust
has signed a certificate that the server made itself.
"""

from __future__ import annotations

import base64
from typing import NamedTuple

from chatapp.protocol.fingerprint import PREFIX

NETWORK = "chat"  # the server's name in the settings of IRC clients


class Keys(NamedTuple):
    """What a client can pin: the fingerprint of the public key (``SHA256:...``), or the SHA-256 of the certificate."""

    public_key: str
    certificate: bytes
    self_signed: bool


def chat_connect(host: str, port: int, keys: Keys) -> str:
    """Return the command for our own client."""
    return f"chat connect {host} {port} --trust {keys.public_key}"


def irssi(host: str, port: int, keys: Keys) -> list[str]:
    """Return the commands for irssi 1.0 or later.

    irssi pins the public key, so it accepts a renewed certificate with the same key. With ``-notls_verify`` irssi asks
    for no trusted authority, but still checks the pin. It asks for ``server-time`` only with ``show_server_time``; then
    missed messages have the times at which they were sent (version 1.3 or later).
    """
    return [
        "/set show_server_time on",
        f"/network add -nick NAME -sasl_mechanism PLAIN -sasl_username NAME -sasl_password PASSWORD {NETWORK}",
        f"/server add -auto -network {NETWORK} {_irssi_tls(keys)} {host} {port}",
        f"/connect {NETWORK}",
    ]


def irssi_sign_up(host: str, port: int, keys: Keys) -> list[str]:
    """Return the commands that make an account with irssi, which connects without signing in for it."""
    return [f"/connect {_irssi_tls(keys)} {host} {port}", "/quote REGISTER NAME * PASSWORD", "/disconnect"]


def _irssi_tls(keys: Keys) -> str:
    key = base64.b64decode(keys.public_key.removeprefix(PREFIX))
    return "-tls" + (f" -notls_verify -tls_pinned_pubkey {key.hex(':').upper()}" if keys.self_signed else "")


def weechat(host: str, port: int, keys: Keys, *, before_4: bool = False) -> list[str]:
    """Return the commands for WeeChat 4 or later, or for WeeChat ``before_4``, whose options have ``ssl`` in the name.

    WeeChat pins the certificate, not the public key.
    """
    tls = "ssl" if before_4 else "tls"
    pin = f" -{tls}_fingerprint={keys.certificate.hex()}" if keys.self_signed else ""
    return [
        f"/server add {NETWORK} {host}/{port} -{tls}{pin} -nicks=NAME -sasl_username=NAME -sasl_password=PASSWORD",
        f"/connect {NETWORK}",
    ]
