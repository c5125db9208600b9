"""Pure: the gateways whose word on a client's address counts (WEBIRC), and who may send passwords without TLS.

A gateway, such as a web chat or a bouncer, connects to the server for people elsewhere. The administrator lists the
addresses of the gateways, and they have one password.

Spec: IRCv3 webirc, "Security Considerations".
"""

from __future__ import annotations

import hmac

from chatapp.config import Config
from chatapp.protocol.addresses import is_loopback, parse_address, parse_network


class Gateways:
    """The gateways of one server."""

    def __init__(self, config: Config) -> None:
        self._networks = [network for each in config.webirc_gateways if (network := parse_network(each)) is not None]
        self._password = config.webirc_password.encode()

    def lists(self, address: str) -> bool:
        """Return whether an IP address is that of a gateway."""
        if not self._networks:
            return False
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)

    def is_password(self, text: str) -> bool:
        """Return whether this is the gateways' password. The time that this takes tells nothing about the password."""
        return bool(self._password) and hmac.compare_digest(text.encode(), self._password)


def client_address(text: str) -> str | None:
    """Return the IP address that a gateway gives for its client in its usual form; ``None`` for text that is none.

    An IPv4-mapped IPv6 address becomes its IPv4 address. An address with a zone (``%eth0``) is none: it means something
    on the gateway's machine only.
    """
    parsed = parse_address(text) if "%" not in text else None
    return None if parsed is None else str(parsed)


def may_send_passwords(config: Config, address: str) -> bool:
    """Return whether this IP address may send passwords without TLS (DESIGN R7)."""
    return config.plaintext == "any" or (config.plaintext == "loopback" and is_loopback(address))
