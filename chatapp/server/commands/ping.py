"""PING and PONG: answer a client's PING, and take its answer to ours.

Spec: modern-irc, "PING message", "PONG message".
"""

from __future__ import annotations

from chatapp.protocol.message import Message
from chatapp.server import refusals
from chatapp.server.delivery import render
from chatapp.server.session.session import Session


def ping(session: Session, word: str | None) -> None:
    """Answer with the same token. The answer proves that all earlier messages are stored and delivered here."""
    if word is None:
        raise refusals.NO_WORD_TO_SEND_BACK.of()
    line = f":{session.services.host} PONG {session.services.host} :{word}"
    if not render.fits(line):
        raise refusals.WORD_TOO_LONG.of()
    session.send(line)


def pong(session: Session, message: Message) -> None:
    """Take the client's answer to our PING; its last parameter is the token."""
    if message.params:
        session.watch.answered(session, message.params[-1])
