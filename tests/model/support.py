"""A state with a log beside it, as the tests of the model live through it."""

from __future__ import annotations

from typing import Any

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.outcome import Applied, Outcome, Reason, Refused
from chatapp.model.state import State


class Life:
    """Gives events their ids and places, applies them, and keeps them."""

    def __init__(self) -> None:
        self.state = State()
        self.log: list[events.AnyEvent] = []
        self._now = 1_000

    def commit(self, event: events.AnyEvent) -> Outcome:
        """Let an event be stored and applied."""
        self.log.append(event)
        return self.state.apply(len(self.log), event)

    def do(self, kind: Any, who: User | None = None, **fields: Any) -> Outcome:
        """Commit an event of a kind, with a new id and the next time unless ``fields`` say otherwise."""
        self._now += 10
        by = {} if who is None else {"actor": who.uid, "nick": who.name, "guest": who.guest}
        return self.commit(kind(**{"id": f"{len(self.log) + 1:016x}", "time": self._now, **by, **fields}))

    def account(self, name: str, uid: str = "", **fields: Any) -> User:
        """Make an account."""
        uid = uid or f"a{len(self.log):015x}"
        applied(self.do(events.AccountCreated, actor=uid, nick=name, uid=uid, name=name, **fields))
        return self.state.users[uid]

    def guest(self, name: str) -> User:
        """Let a guest in."""
        outcome = applied(self.do(events.GuestArrived, nick=name, guest=True, name=name, realname=name))
        assert outcome.actor is not None
        return outcome.actor

    def join(self, who: User, name: str, **fields: Any) -> Channel:
        """Let a user join a channel."""
        return applied(self.do(events.Joined, who, channel=name, **fields)).channels[0]

    def part(self, who: User, channel: Channel, **fields: Any) -> Outcome:
        """Let a user leave a channel."""
        return self.do(events.Parted, who, stream=channel.uid, **fields)

    def say(self, who: User, to: Channel | User, text: str = "hi", **fields: Any) -> Outcome:
        """Let a user say something to a channel or a user."""
        stream = to.uid if isinstance(to, Channel) else events.conversation(who.uid, to.uid)
        return self.do(
            events.MessageSent, who, **{"stream": stream, "verb": "PRIVMSG", "target": to.name, "text": text, **fields}
        )


def applied(outcome: Outcome) -> Applied:
    """Take the outcome of an event that has to have taken place."""
    assert isinstance(outcome, Applied), outcome.refusal
    return outcome


def refused(outcome: Outcome) -> tuple[Reason, str]:
    """Take why an event, which must not have taken place, was refused."""
    assert isinstance(outcome, Refused)
    return outcome.refusal[:2]  # type: ignore[return-value]


def replayed(log: list[events.AnyEvent], state: State | None = None) -> State:
    """Add up a log as a restart does: from its stored form, behind a state if one is given."""
    state = State() if state is None else state
    for position in range(state.position, len(log)):
        state.apply(position + 1, events.decode(events.encode(log[position])))
    return state
