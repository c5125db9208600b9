"""Pure: the lines that tell a member that its channel has another name.

Spec: IRCv3 draft/channel-rename: clients without the capability get a PART from the old name and a JOIN to the new one,
with the topic and the members, as if they had joined.
"""

from __future__ import annotations

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.state import State
from chatapp.protocol.message import LINE_BYTES_MAX
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.greeting import channel_lines


def renamed_lines(
    state: State, event: events.ChannelRenamed, channel: Channel, user: User, caps: int, host: str
) -> list[bytes]:
    """Return the lines for a session of the member ``user`` with these capabilities."""
    reason = f" :{event.reason}" if event.reason else " :"
    if caps & cap.CHANNEL_RENAME:
        source = render.source_of(event, host)
        return [f"{render.tags(event, caps)}:{source} RENAME {event.old} {event.name}{reason}\r\n".encode()]
    account = "" if user.guest else user.name
    return [
        _part(f":{render.source(user.name, host)} PART {event.old}", event).encode() + b"\r\n",
        render.join(user.name, account, user.realname, event.name, caps, host),
        *channel_lines(state, user, channel, caps, host),
    ]


def _part(head: str, event: events.ChannelRenamed) -> str:
    """Write the PART that begins with ``head``: with the new name and as much of the reason as a line has room for."""
    said = f"{head} :This channel is now {event.name}"
    if not render.fits(said):
        return head
    reason = f": {event.reason}" if event.reason else ""
    return said + next(render.divided(reason, LINE_BYTES_MAX - 2 - len(said.encode())))
