"""Pure: the requests about the device tokens of our account.

Spec: chatapp/server/README.md, "Extensions", TOKEN.
"""

from __future__ import annotations

from chatapp.client.core.answers import DeviceToken, DeviceTokens, TokenMade, TokenRevoked
from chatapp.client.core.capabilities import ACCOUNT_LOOKUP
from chatapp.client.core.events import Event
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Context, Request
from chatapp.errors import MalformedLineError
from chatapp.protocol.message import Message
from chatapp.protocol.timestamps import parse_time

TOKEN = "the token"  # what ``make`` asks for, in words
_WHAT = "your tokens"
_HERE, _SEND = "here", "send="


def make(name: str, send: str = "", *, keep: bool = False) -> Request:
    """Make a token called ``name``; with ``send`` (names with commas), it only sends to these.

    ``keep``: it is for this device, so to revoke it ends this connection. The answer is TokenMade.
    """

    def read(reply: Reply, context: Context) -> list[Event]:
        answers = [message.params for message in reply.messages if message.verb == "TOKEN"]
        return [TokenMade(each[1], name, each[2], keep) for each in answers if each[:1] == ["ADDED"] and len(each) > 2]

    params = ["ADD", *([_HERE] if keep else []), *([f"{_SEND}{send}"] if send else []), name]
    return Request(Message("TOKEN", params), TOKEN, read, needs=ACCOUNT_LOOKUP)


def listing() -> Request:
    """Ask for our tokens. The answer is DeviceTokens."""

    def read(reply: Reply, context: Context) -> list[Event]:
        rows = [message.params for message in reply.messages if message.verb == "TOKEN" and len(message.params) > 4]
        return [DeviceTokens(tuple(map(_token, rows)))]

    return Request(Message("TOKEN", ["LIST"]), _WHAT, read, needs=ACCOUNT_LOOKUP)


def _token(row: list[str]) -> DeviceToken:
    """Read ``<id> <made> <used> <current> [send=<targets>] :<name>``."""
    only = row[4].removeprefix(_SEND).split(",") if len(row) > 5 and row[4].startswith(_SEND) else []
    return DeviceToken(row[0], row[-1], _time(row[1]), _time(row[2]), row[3] == "1", tuple(only))


def _time(text: str) -> int | None:
    try:
        return parse_time(text)
    except MalformedLineError:
        return None


def revoke(token_id: str) -> Request:
    """Revoke a token; the connections that have it end, except ours. The answer is TokenRevoked."""

    def read(reply: Reply, context: Context) -> list[Event]:
        done = any(message.verb == "TOKEN" and message.param(0) == "REMOVED" for message in reply.messages)
        return [TokenRevoked(token_id)] if done else []

    return Request(Message("TOKEN", ["DEL", token_id]), _WHAT, read, needs=ACCOUNT_LOOKUP)
