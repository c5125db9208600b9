"""JOIN: become a member of channels.

Spec: modern-irc, "JOIN message"; IRCv3 extended-join.
"""

from __future__ import annotations

from chatapp.errors import ChatError, LogUnavailableError, NameNotAllowedError
from chatapp.model import events
from chatapp.protocol import numerics as num
from chatapp.protocol.names import ChannelName, parse_channel
from chatapp.server.commands.part import part_one
from chatapp.server.commands.refusals import refuse
from chatapp.server.session.session import Session


async def join(session: Session, names: list[str], keys: list[str]) -> None:
    """Join each channel of a list, or leave all channels if the list is ``0``.

    A JOIN with a key is refused: channels have no keys, and a user who creates a channel with a key would believe that
    the key keeps others out.

    Spec: RFC 2812, section 3.2.1 (``JOIN 0``).
    """
    user = session.user
    if names == ["0"] and user is not None:
        await _leave_all(session, [session.services.state.channels[uid].name for uid in user.channels])
        return
    for index, name in enumerate(names):
        if any(keys[index : index + 1]):
            session.reply(num.ERR_BADCHANNELKEY, name or "*", text="Channels here have no keys. Join without a key.")
            continue
        try:
            await _join_one(session, parse_channel(name))
        except NameNotAllowedError as error:
            # Without the channel prefix, the reply that clients know is 403.
            numeric = num.ERR_BADCHANMASK if name.startswith("#") else num.ERR_NOSUCHCHANNEL
            session.reply(numeric, name, text=str(error))
        except ChatError as error:
            refuse(session, "JOIN", name, error)


async def _leave_all(session: Session, names: list[str]) -> None:
    for name in names:
        try:
            await part_one(session, name, "")
        except LogUnavailableError as error:
            refuse(session, "PART", name, error)
        except ChatError:  # another connection of the account has left the channel meanwhile
            continue


async def _join_one(session: Session, name: ChannelName) -> None:
    services, user = session.services, session.user
    if user is None or session.closed:
        return
    channel = services.state.channel_named(name)
    if channel is None:  # the event creates the channel, and the event's id becomes the channel's uid
        services.channel_looks.check(name)
        event = services.proposals.event(events.Joined, user, channel=name)
    else:
        event = services.proposals.event(events.Joined, user, channel.uid, channel=channel.name)
    await services.proposals.settle(event, session, session.response)
