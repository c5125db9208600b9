"""PING and PONG."""

from __future__ import annotations

from chatapp.protocol import numerics as num
from chatapp.protocol.message import Message
from chatapp.server import render
from chatapp.server.dispatch import CommandRefused
from chatapp.server.session import Session


def ping(session: Session, message: Message) -> None:
    """Answer with the same word; it proves that all messages sent before are stored and handed out here."""
    if not message.params:
        raise CommandRefused(num.ERR_NOORIGIN)
    line = f":{session.hub.host} PONG {session.hub.host} :{message.params[0]}"
    if not render.fits(line):
        raise CommandRefused(num.ERR_INPUTTOOLONG, text="That is too long to be sent back. Take a shorter word.")
    session.send(line)


def pong(session: Session, message: Message) -> None:
    """Take the answer to our PING."""
    if message.params:
        session.hub.answered(session, message.params[-1])
