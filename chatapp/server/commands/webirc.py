"""WEBIRC: a gateway tells for whom it has connected. From then on the connection has the address of that client.

Whatever is wrong ends the connection. Otherwise the client would go on under the gateway's address, and a ban of one
client would be a ban of all.

Spec: IRCv3 webirc.
"""

from __future__ import annotations

from chatapp.auth import address_key
from chatapp.errors import ChatError
from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.gateways import client_address, may_send_passwords
from chatapp.server.session.session import Session

_PARAMS = 4  # password, gateway, hostname, ip; options may follow


class GatewayRefusedError(ChatError):
    """A WEBIRC is refused; the text is for the client."""


async def webirc(session: Session, message: Message) -> None:
    """Give a connection the address of the client behind a gateway, or end the connection.

    The parameters are ``password gateway hostname ip [options]``. Nothing shows the name of the gateway or the
    hostname, as all users have the same host here.

    Spec: IRCv3 webirc, "Security Considerations": "If the WEBIRC command does not originate from a whitelisted IP
    address or uses an incorrect password, the gateway SHOULD close any connections with an ERROR command."
    """
    gateway = session.wire.address
    try:
        if len(message.params) < _PARAMS:
            session.reply(refusals.NEED_MORE_PARAMS, "WEBIRC")
            raise GatewayRefusedError(refusals.WEBIRC_PARAMS_MISSING)
        address = await _real_address(session, message.params[0], message.params[3])
        await _move(session, address, is_secure(message.params[_PARAMS:]))
    except GatewayRefusedError as error:
        session.services.activity.gateway_refused(gateway, str(error))
        session.end(str(error))


async def _real_address(session: Session, password: str, address: str) -> str:
    """Return the client's address, if this connection may tell it. Raises GatewayRefusedError.

    Spec: IRCv3 webirc, "Format": "The WEBIRC command MUST be the first command sent from the WebIRC gateway".
    """
    services, told = session.services, session.registering
    if not services.gateways.lists(session.wire.address):
        raise GatewayRefusedError(refusals.NOT_A_GATEWAY)
    if told is None or told.commands > 1:
        raise GatewayRefusedError(refusals.WEBIRC_NOT_FIRST)
    if not await services.accounts.check_gateway(services.gateways, password, session.wire.address, session.pause):
        raise GatewayRefusedError(refusals.WRONG_GATEWAY_PASSWORD)
    real = client_address(address)
    if real is None:
        raise GatewayRefusedError(refusals.NOT_A_CLIENT_ADDRESS)
    return real


def is_secure(options: list[str] | tuple[str, ...]) -> bool:
    """Return whether the options say that the client's connection to the gateway is secure.

    Spec: IRCv3 webirc, "Options": "they MUST treat the options secure and secure=examplevalue123 in exactly the same
    way".
    """
    return any(option.partition("=")[0] == "secure" for option in " ".join(options).split(" "))


async def _move(session: Session, address: str, secure: bool) -> None:
    """Give a session its client's address: from now on, its limits and bans are those of this address.

    Raises GatewayRefusedError.

    Spec: IRCv3 webirc, "Options": "Servers MUST ONLY treat the connection as secure if this flag is sent and the
    connection from the gateway to the server is also secure with TLS."
    """
    services, wire = session.services, session.wire
    wire.tls = wire.tls and secure
    wire.certificate = None  # the certificate of this connection is the gateway's
    session.watch.move(session, address)
    if session.closed:
        return
    if not secure and not may_send_passwords(services.config, address):
        raise GatewayRefusedError(refusals.NOT_ENCRYPTED)
    await _wait_for_turn(session, address)


async def _wait_for_turn(session: Session, address: str) -> None:
    """Count a connection of the client's address, and wait if there were too many at once, as the listener does.

    Raises GatewayRefusedError if the wait would be too long.
    """
    services, key = session.services, address_key(address)
    now = services.loop.time()
    if not services.rate_limits:
        return
    wait_s = services.limits.connects.wait_s(key, now)
    if wait_s > services.config.connect_wait_s:
        raise GatewayRefusedError(refusals.TOO_MANY_AT_ONCE)
    services.limits.connects.take(key, now)
    if wait_s:
        text = "too many connections from one address at once; more of them wait, or are closed"
        services.activity.limit_reached("connects_per_address_burst", address, text)
        await session.pause(wait_s, "")
