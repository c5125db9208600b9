"""A committed event -> who hears it -> bytes, once per batch.

What commits together is delivered together. Messages in a row to one channel make a run: its lines are rendered once
for each set of capabilities, joined, and handed to every listener in one piece. Each session gets its pieces in the
order of the log, and one write for all of them.

The session that proposed an event hears it too (its echo) when it has echo-message; a labelled one hears it as part of
its response. DESIGN section 4: "Answers come in the order of the questions."
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.messages import may_read
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol.numerics import RPL_AWAY
from chatapp.server import capabilities as cap
from chatapp.server import render
from chatapp.server.greeting import channel_lines, marker_line
from chatapp.server.outbox import Outbox
from chatapp.server.presence import NOT_CONNECTED, Presence

if TYPE_CHECKING:
    from chatapp.server.proposals import Origin
    from chatapp.server.session import Session


class _Run:
    """Messages in a row to one channel, rendered once for each set of capabilities."""

    __slots__ = ("_host", "_rendered", "entries", "speakers", "uid")

    def __init__(self, uid: str, host: str) -> None:
        self.uid = uid
        self.entries: list[tuple[events.MessageSent, Origin | None]] = []
        self.speakers: set[Session] = set()
        self._host = host
        self._rendered: dict[int, list[bytes]] = {}

    def lines(self, caps: int) -> list[bytes]:
        """Render all its messages for those who negotiated ``caps``."""
        caps &= cap.MESSAGE_PROFILE
        lines = self._rendered.get(caps)
        if lines is None:
            host = self._host
            lines = self._rendered[caps] = [render.message(event, caps, host) for event, _ in self.entries]
        return lines

    def hand_to_speaker(self, session: Session) -> None:
        """Hand one who spoke in it all lines in order, its own as it asked for them."""
        for (_, origin), line in zip(self.entries, self.lines(session.caps), strict=True):
            if origin is None or origin.session is not session:
                if line:
                    session.deliver(line)
            else:
                origin.echo(line)


class Hearers(msgspec.Struct):
    """Who hears what a session says to one user, as long as nobody comes or goes (``Presence.changes``)."""

    stream: str
    changes: int
    sessions: tuple[Session, ...]  # besides the speaker's echo
    answers: bool  # the speaker hears of it too


class Delivery:
    """Hands events that took place to the sessions of this process."""

    def __init__(self, state: State, presence: Presence, outbox: Outbox, host: str) -> None:
        self._state = state
        self._presence = presence
        self._outbox = outbox
        self._host = host
        self._run: _Run | None = None
        self._marked: dict[tuple[str, str], None] = {}  # (account, stream) of markers that messages moved
        self._handlers: dict[type, Callable[[Applied, Any, Origin | None], None]] = {
            events.Joined: self._joined,
            events.AccountCreated: self._account_created,
            events.Parted: self._to_channels,
            events.TopicSet: self._to_channels,
            events.Renamed: self._to_neighbours_and_self,
            events.RealnameSet: self._to_neighbours_and_self,
            events.GuestLeft: self._user_gone,
            events.AccountRemoved: self._user_gone,
            events.MarkerSet: self._marker,
        }

    def hear(self, applied: Applied, origin: Origin | None) -> None:
        """Take one event in log order; what it comes to is written by :meth:`flush`."""
        event, run = applied.event, self._run
        if type(event) is not events.MessageSent:
            self.end_run()
            for user, channel in applied.joined:
                self._presence.joined(user.uid, channel)
            handler = self._handlers.get(type(event))
            if handler is not None:
                handler(applied, event, origin)
            for user, channel in applied.left:
                self._presence.left(user.uid, channel)
            if isinstance(event, events.GuestLeft | events.AccountRemoved):
                self._end_sessions(event)
        elif applied.peer is not None:
            if run is not None:
                self.end_run()
            self._direct(event, applied.peer, origin)
        else:
            if run is None or run.uid != event.stream:
                self.end_run()
                run = self._run = _Run(event.stream, self._host)
            run.entries.append((event, origin))
            if origin is not None:
                run.speakers.add(origin.session)
        if self._presence.marker_sessions and type(event) is events.MessageSent:
            self._note_marker(event)

    def _note_marker(self, event: events.MessageSent) -> None:
        """Remember that a message moved its sender's read marker; guests have none, and TAGMSG moves none."""
        if not event.guest and event.verb != "TAGMSG":
            self._marked[event.actor, event.stream] = None

    def repeat(self, first: events.AnyEvent, origin: Origin | None) -> None:
        """Answer a second copy with the first one's echo; nobody else hears it (DESIGN R4)."""
        self.end_run()
        if origin is not None and isinstance(first, events.MessageSent):
            origin.echo(render.past_message(self._state, first, origin.session.caps, self._host))

    def flush(self) -> None:
        """Write everything that was handed out."""
        self.end_run()
        if self._marked:
            self._tell_moved_markers()
        self._outbox.flush()

    def _tell_moved_markers(self) -> None:
        """Tell an account's sessions, once, how far its own messages moved its read markers.

        Spec: IRCv3 draft/read-marker, "When the read timestamp of a target is updated": all sessions of the user.
        """
        marked, self._marked = self._marked, {}
        for uid, stream in marked:
            user = self._state.users.get(uid)
            if user is None or may_read(self._state, user, stream) is None:
                continue
            line = marker_line(self._state, user, stream, self._host)
            for session in self._presence.sessions(uid):
                if session.caps & cap.READ_MARKER:
                    session.deliver(line)

    def away(self, user: User, text: str) -> None:
        """Tell a user's neighbours that it is away, or back (empty text)."""
        channels = [self._state.channels[uid] for uid in user.channels]
        for caps, session in self._presence.neighbours(channels, besides=user.uid):
            if caps & cap.AWAY_NOTIFY:
                session.deliver(render.away(user.name, text, caps, self._host))

    def whisper(self, event: events.MessageSent, channel: Channel | None, peer: User | None, origin: Origin) -> None:
        """Hand out a message that is not stored (typing)."""
        self.end_run()
        if peer is not None:
            self._direct(event, peer, origin)
        elif channel is not None:
            run = self._run = _Run(channel.uid, self._host)
            run.entries.append((event, origin))
            run.speakers.add(origin.session)
        self.flush()

    def end_run(self) -> None:
        """Hand out the messages taken so far, so that what comes next comes after them."""
        run, self._run = self._run, None
        if run is None:
            return
        speakers, dirty = run.speakers, self._outbox.dirty
        for caps, group in self._presence.listeners(run.uid).items():
            data = b"".join(run.lines(caps))
            if not data:
                continue
            for session in group:
                if session not in speakers:
                    if not session.out:
                        dirty.append(session)
                    session.out.append(data)
        for session in speakers:
            run.hand_to_speaker(session)

    def _direct(self, event: events.MessageSent, peer: User, origin: Origin | None) -> None:
        """Hand a message to the sessions of the one it is for, and to all of the sender's."""
        speaker = None if origin is None else origin.session
        hearers = None if speaker is None else speaker.hearers
        if hearers is None or hearers.stream != event.stream or hearers.changes != self._presence.changes:
            hearers = self._find_hearers(event, peer, speaker)
        line, shape = b"", -1
        for session in hearers.sessions:
            caps = session.caps & cap.MESSAGE_PROFILE
            if caps != shape:
                line, shape = render.message(event, caps, self._host), caps
            if line:
                session.deliver(line)
        if origin is not None and hearers.answers:
            self._answer(event, peer, origin)

    def _find_hearers(self, event: events.MessageSent, peer: User, speaker: Session | None) -> Hearers:
        presence = self._presence
        sessions = presence.sessions(peer.uid)
        if peer.uid != event.actor:
            sessions += tuple(session for session in presence.sessions(event.actor) if session is not speaker)
        answers = speaker is not None and bool(speaker.caps & cap.ECHO_MESSAGE or presence.away(peer.uid))
        hearers = Hearers(event.stream, presence.changes, sessions, answers)
        if speaker is not None:
            speaker.hearers = hearers
        return hearers

    def _answer(self, event: events.MessageSent, peer: User, origin: Origin) -> None:
        """Let the speaker hear its echo, where it asked for that, and that the other one is away."""
        if origin.session.caps & cap.ECHO_MESSAGE:
            origin.echo(render.message(event, origin.session.caps, self._host))
        away = self._presence.away(peer.uid)
        if away and event.verb == "PRIVMSG":
            # Clients show "bob is away: ..." themselves, so the name is not part of the text.
            words = "not connected; will get it later" if away == NOT_CONNECTED else away
            origin.answer(f":{self._host} {RPL_AWAY.code} {event.nick} {peer.name} :{words}\r\n".encode())

    def _to_listeners(self, applied: Applied, origin: Origin | None, channel: Channel) -> None:
        """Hand an event to all who hear a channel; its proposer gets it within its response."""
        for caps, group in self._presence.listeners(channel.uid).items():
            line = render.event_line(applied, caps, self._host)
            if not line:
                continue
            for session in group:
                if origin is not None and session is origin.session:
                    origin.answer(line)
                else:
                    session.deliver(line)

    def _to_channels(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        for channel in applied.channels:
            self._to_listeners(applied, origin, channel)

    def _to_neighbours_and_self(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        actor = applied.actor
        assert actor is not None
        others = self._presence.neighbours(applied.channels, besides=actor.uid)
        own = ((session.caps, session) for session in self._presence.sessions(actor.uid))
        for caps, session in (*others, *own):
            line = render.event_line(applied, caps, self._host)
            if not line:
                continue
            if origin is not None and session is origin.session:
                origin.answer(line)
            else:
                session.deliver(line)

    def _joined(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        actor, channel = applied.actor, applied.channels[0]
        assert actor is not None
        self._to_listeners(applied, origin, channel)
        for session in self._presence.sessions(actor.uid):
            lines = channel_lines(self._state, actor, channel, session.caps, self._host)
            if origin is not None and session is origin.session:
                for line in lines:
                    origin.answer(line)
            else:
                session.deliver(b"".join(lines))
        away = self._presence.away(actor.uid)
        if away:
            for caps, session in self._presence.neighbours((channel,), besides=actor.uid):
                if caps & cap.AWAY_NOTIFY:
                    session.deliver(render.away(actor.name, away, caps, self._host))

    def _account_created(self, applied: Applied, event: events.AccountCreated, origin: Origin | None) -> None:
        actor = applied.actor
        assert actor is not None
        if self._presence.count(actor.uid):  # a guest that became an account
            channels = [self._state.channels[uid] for uid in actor.channels]
            line = f":{render.source(actor.name, self._host)} ACCOUNT {actor.name}\r\n".encode()
            own = ((session.caps, session) for session in self._presence.sessions(actor.uid))
            for caps, session in (*self._presence.neighbours(channels, besides=actor.uid), *own):
                if caps & cap.ACCOUNT_NOTIFY:  # "including themselves"
                    session.deliver(line)
        if applied.channels:
            self._joined(applied, event, origin)

    def _user_gone(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        for caps, session in self._presence.neighbours(applied.channels, besides=event.actor):
            session.deliver(render.event_line(applied, caps, self._host))

    def _end_sessions(self, event: events.GuestLeft | events.AccountRemoved) -> None:
        """Close the sessions of a user that is no more."""
        why = event.reason if isinstance(event, events.GuestLeft) else "Your account was removed"
        for session in self._presence.sessions(event.actor):
            session.close(why)

    def _marker(self, applied: Applied, event: events.MarkerSet, origin: Origin | None) -> None:
        """Tell all of the account's sessions (read-marker: "SHOULD send ... to all the clients of the user")."""
        assert applied.actor is not None
        for session in self._presence.sessions(event.actor):
            if session.caps & cap.READ_MARKER:
                line = marker_line(self._state, applied.actor, event.stream, self._host)
                if origin is not None and session is origin.session:
                    origin.answer(line)
                else:
                    session.deliver(line)
