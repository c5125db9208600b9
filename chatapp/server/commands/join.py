"""JOIN: becoming a member of channels."""

from __future__ import annotations

from chatapp.errors import ChatError, LogUnavailableError, NameNotAllowedError
from chatapp.model import events
from chatapp.protocol import numerics as num
from chatapp.protocol.names import ChannelName, parse_channel
from chatapp.server.commands.part import part_one
from chatapp.server.commands.refusals import refuse
from chatapp.server.session.session import Session


async def join(session: Session, names: list[str], keys: list[str]) -> None:
    """Join each channel of a list; ``JOIN 0`` leaves all (RFC 2812, 3.2.1).

    A key is refused: whoever gives one when making a channel would believe that it keeps others out.
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
            # 403 where the name is not even that of a channel, as clients know it.
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
        except ChatError:  # another connection of the account has left it meanwhile
            continue


async def _join_one(session: Session, name: ChannelName) -> None:
    services, user = session.services, session.user
    if user is None or session.closed:
        return
    channel = services.state.channel_named(name)
    if channel is None:  # it is made by this, and then has the event's id
        services.channel_looks.check(name)
        event = services.proposals.event(events.Joined, user, channel=name)
    else:
        event = services.proposals.event(events.Joined, user, channel.uid, channel=channel.name)
    await services.proposals.settle(event, session, session.response)
