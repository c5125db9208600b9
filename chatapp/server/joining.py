"""Pure: the addresses to join at, and the commands that people paste into a shell or an IRC client to join the server.

Each command is complete except NAME and PASSWORD. Each pins the server's key, because no authority that clients trust
has signed a certificate that the server made itself.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chatapp.protocol.addresses import is_loopback
from chatapp.protocol.fingerprint import PREFIX

NETWORK = "chat"  # the server's name in the settings of IRC clients


class Keys(NamedTuple):
    """What a client can pin: the fingerprint of the public key (``SHA256:...``), or the SHA-256 of the certificate."""

    public_key: str
    certificate: bytes
    self_signed: bool


def chat_connect(host: str, port: int, public_key: str) -> str:
    """Return the command for our own client, with the fingerprint of the public key."""
    return f"chat connect {host} {port} --trust {public_key}"


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


def weechat_sign_up(host: str, port: int, keys: Keys, *, before_4: bool = False) -> list[str]:
    """Return the commands that make an account with WeeChat: it signs in only after the account is made.

    They replace the commands of :func:`weechat`.
    """
    add, connect = weechat(host, port, keys, before_4=before_4)
    return [
        add.partition(" -sasl_username")[0],
        connect,
        f"/quote -server {NETWORK} REGISTER NAME * PASSWORD",
        f"/set irc.server.{NETWORK}.sasl_username NAME",
        f"/set irc.server.{NETWORK}.sasl_password PASSWORD",
        f"/reconnect {NETWORK}",
    ]


def joins(addresses: Iterable[tuple[str, int]], own: Sequence[str]) -> list[tuple[str, str, int]]:
    """Return the ways to join, each as a label (from where), host and port; ``own`` are this machine's addresses."""
    found: dict[tuple[str, str, int], None] = {}
    for host, port in addresses:
        if host in ("0.0.0.0", "::"):
            found["join from this machine", "localhost", port] = None
            found |= {("join from other machines", other, port): None for other in own if not is_loopback(other)}
        elif is_loopback(host):
            found["join from this machine", "localhost" if host == "127.0.0.1" else host, port] = None
        else:  # this machine, too, can join only by this address
            found["join", host, port] = None
    order = ("join from this machine", "join", "join from other machines")
    return sorted(found, key=lambda way: order.index(way[0]))


def place_in_links(addresses: Iterable[tuple[str, int]], own: Sequence[str], host: str) -> tuple[str, int]:
    """Return the host and the port in the link of an invitation.

    ``host`` is what an administrator has chosen, or empty; then it is an address of this machine by which others reach
    it, if there is one. ``addresses`` and ``own`` are as in :func:`joins`.
    """
    ways = joins(addresses, own)
    _, reached, port = next((way for way in ways if way[0] != "join from this machine"), ways[0])
    return host or reached, port
