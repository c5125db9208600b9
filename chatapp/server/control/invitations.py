"""The requests of ``chat invite`` and ``chat invites``: they make, list and revoke invitations to the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatapp.errors import ControlError
from chatapp.model.entities import ServerInvitation
from chatapp.model.server_invitations import open_invitations
from chatapp.server import inviting, refusals
from chatapp.server.control.order import refused_in_words
from chatapp.server.inviting import Wish
from chatapp.server.services import Services
from chatapp.server.watch import SessionWatch

_HOST_CHARACTERS_MAX = 255
_PORT_MAX = 65_535


@refused_in_words
async def invite(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make an invitation for ``uses`` people and ``seconds``, to join ``channels``; ``host`` and ``port`` in its link.

    Without a ``host``, the link has the address by which this machine is reached. Returns the invitation with its
    ``link``, and the sign-up policy.
    """
    channels, host = arguments.get("channels"), arguments.get("host")
    if not isinstance(channels, list) or not all(isinstance(each, str) and each.isprintable() for each in channels):
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument="channels"))
    if (
        not isinstance(host, str)
        or not host.isprintable()
        or len(host) > _HOST_CHARACTERS_MAX
        or set(host) & set(" /#")
    ):
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument="host"))
    services = watch.services
    usual_host, usual_port = services.place()
    port = _number(arguments, "port")
    if port > _PORT_MAX:
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument="port"))
    place = host or usual_host, port or usual_port
    wish = Wish(_number(arguments, "uses"), _number(arguments, "seconds"), channels)
    made, link = await inviting.make(services, None, wish, place)
    return {**_told(services, made), "link": link, "sign_up": services.settings.sign_up}


async def invites(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the open invitations, the oldest first."""
    services = watch.services
    found = open_invitations(services.state, None, services.log_ms())
    return {"invitations": [_told(services, each) for each in found]}


@refused_in_words
async def revoke(watch: SessionWatch, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Take back the invitation with this ``number``."""
    await inviting.revoke(watch.services, None, _number(arguments, "number"))
    return {}


def _number(arguments: Mapping[str, Any], name: str) -> int:
    value = arguments.get(name)
    if type(value) is not int or value < 0:
        raise ControlError(refusals.UNUSABLE_ARGUMENT.format(argument=name))
    return value


def _told(services: Services, each: ServerInvitation) -> dict[str, Any]:
    """Return an invitation as JSON has it. Without a nick, it has the server's name."""
    return {
        "number": each.number,
        "nick": each.nick or services.host,
        "time": each.time,
        "until": each.until,
        "used": each.uses - each.left,
        "uses": each.uses,
        "channels": inviting.channel_names(services, None, each),
    }
