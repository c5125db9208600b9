"""Pure: our own absence: what is asked of the server, and what the status line shows of it."""

from __future__ import annotations

from chatapp.client.core import requests
from chatapp.client.core.events import Event, Notice
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Context, Request
from chatapp.client.fronts.full.state import State


def be_away(state: State, text: str) -> Request:
    """Return the request to be away, or with an empty ``text`` to be here again; note it when it is done."""
    request = requests.away(text)

    def read(reply: Reply, context: Context) -> list[Event]:
        state.own_away = text
        return [*request.read(reply, context), *([Notice("To be here again, type /away alone.")] if text else [])]

    return request._replace(read=read)


def stay_away(state: State) -> None:
    """Be away on a new connection, as on the connection before: a server forgets it with the connection."""
    if state.own_away:
        state.session.ask(requests.away(state.own_away)._replace(read=lambda reply, context: []))
