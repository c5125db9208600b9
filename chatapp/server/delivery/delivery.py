"""Delivery: takes committed events in log order, finds their recipients, and renders and writes the lines.

Events that are committed together are delivered together. Consecutive messages to one channel form a run. A run is
rendered once for each set of capabilities. A listener that sent no message of the run gets all its lines as one piece.
Each session gets its pieces in log order, with one write.

The session that proposed a message gets it too, as its echo, if it has echo-message; the echo of a labelled message is
part of the labelled response. Answers must come in the order of the commands, so all outcomes of an event (applied,
repeated, refused) pass through this module in log order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from chatapp.errors import ChatError
from chatapp.model import events
from chatapp.model.entities import Channel, User
from chatapp.model.events import MessageSent
from chatapp.model.messages import CTCP, is_ctcp, may_read
from chatapp.model.outcome import Applied
from chatapp.model.state import State
from chatapp.protocol.numerics import RPL_AWAY, numeric_line
from chatapp.server import capabilities as cap
from chatapp.server.delivery import render
from chatapp.server.delivery.announcements import ANNOUNCEMENTS, Audience
from chatapp.server.delivery.arrivals import with_real_name
from chatapp.server.delivery.audiences import members, recipients
from chatapp.server.delivery.endings import end_sessions
from chatapp.server.delivery.flush_queue import FlushQueue
from chatapp.server.delivery.greeting import channel_lines, marker_line, persistence_line
from chatapp.server.delivery.heirs import tell_heirs
from chatapp.server.delivery.listeners import tell_listeners
from chatapp.server.delivery.metadata import MetadataNews
from chatapp.server.delivery.origin import Origin, Proposer
from chatapp.server.delivery.past import repeated_items
from chatapp.server.delivery.presence import NOT_CONNECTED, Presence
from chatapp.server.delivery.recipient import Recipient
from chatapp.server.delivery.renaming import renamed_lines
from chatapp.server.delivery.returning import tell_roles
from chatapp.server.delivery.run import Run
from chatapp.server.delivery.statuses import Statuses
from chatapp.server.delivery.tokens import tell_token
from chatapp.server.delivery.wordless import telling

_UNMARKED = (events.MarkerSet, events.MessageEdited)  # lines without the tag of a bot, or with this tag already


class Delivery:
    """Delivers the outcomes of events to the recipients that are connected to this process."""

    def __init__(self, state: State, presence: Presence, flush_queue: FlushQueue, host: str) -> None:
        self._state = state
        self._presence = presence
        self._flush_queue = flush_queue
        self._host = host
        self.metadata = MetadataNews(state, presence, host)
        self.statuses = Statuses(state, presence, host, self.metadata)
        self._run: Run | None = None
        self._settled: dict[Proposer, int] = {}  # how many messages of a proposer are settled; told after the flush
        self._marked: dict[tuple[str, str], None] = {}  # (account uid, stream) of read markers moved by messages
        # Additional work for some events, before and after the announcement. Other parts may add rows to ``after``.
        self._before: dict[type, Callable[[Applied, Any, Origin | None], None]] = {
            events.AccountCreated: self._tell_account,
        }
        self.after: dict[type, Callable[[Applied, Any, Origin | None], None]] = {
            events.AccountCreated: self._tell_new_member,
            events.AccountRemoved: self._tell_watchers,
            events.CertificateRemoved: self._end_certificate,
            events.ChannelRenamed: self._tell_channel_renamed,
            events.GuestArrived: self._tell_watchers,
            events.GuestLeft: self._tell_watchers,
            events.Renamed: self._tell_renamed,
            events.Joined: self._tell_new_member,
            events.MetadataSet: self.metadata.changed,
            events.MultilineSent: self._tell_lines,
            events.PreferenceSet: self.metadata.preferred,
            events.TokenAdded: self._tell_token,
            events.TokenRemoved: self._tell_token,
        }
        self.on_network_ban: Callable[[], None] = lambda: None  # called after a ban of IP addresses
        # Called after the removal of a client certificate: the account's uid, the fingerprint, the session that did it.
        self.on_certificate_removed: Callable[[str, str, Proposer | None], None] = lambda *_: None

    # The outcomes of events, in log order

    def deliver(self, applied: Applied, origin: Origin | None) -> None:
        """Deliver an applied event. ``origin`` says which session proposed it, if a session of this process did."""
        event = applied.event
        if type(event) is not MessageSent:
            self._announce(applied, origin)
            return
        run = self._run
        if applied.peer is not None:
            if run is not None:
                self._end_run()
            self._direct(event, applied.peer, origin)
        else:
            if run is None or run.uid != event.stream:
                self._end_run()
                if event.stream != applied.channels[0].uid:
                    self._tell_lines(applied, event, origin)
                    return
                run = self._run = Run(event.stream, self._host)
            run.entries.append((event, origin))
            if origin is not None:
                run.speakers.add(origin.proposer)
            if CTCP in event.text and is_ctcp(event.text):  # the sender's other sessions do not get it
                run.speakers.update(self._presence.sessions(event.actor))
        if self._presence.marker_sessions:
            self._note_marker(event)
        if origin is not None:
            if origin.response is None:  # ``_settle``, without a call
                proposer, settled = origin.proposer, self._settled
                settled[proposer] = settled.get(proposer, 0) + 1
            else:
                self._settle(origin)

    def repeat(self, event: events.AnyEvent, first: events.AnyEvent, origin: Origin | None) -> None:
        """Answer a repeated message with the echo of ``first``, the stored one; nobody else gets it (DESIGN R4).

        Another session of the account may have sent that, so a session that only sends gets its own words back.
        """
        if origin is None:
            return
        if isinstance(first, MessageSent):
            if not origin.proposer.hears and isinstance(event, MessageSent):
                first = msgspec.structs.replace(event, id=first.id, time=first.time)
            self._end_run()
            origin.echo_items(repeated_items(self._state, first, origin.proposer.caps, self._host))
        self._settle(origin)

    def refuse(self, message: MessageSent, error: ChatError, origin: Origin) -> None:
        """Tell the proposer that its message was not stored, or was stored and then refused by policy."""
        self._end_run()
        origin.refused(message, error)
        self._settle(origin)

    def flush(self) -> None:
        """Write all queued lines, then tell each proposer how many of its messages are settled."""
        self._end_run()
        if self._marked:
            self._tell_moved_markers()
        self._flush_queue.flush()
        if self._settled:
            settled, self._settled = self._settled, {}
            for proposer, count in settled.items():
                proposer.settled(count)

    def _settle(self, origin: Origin) -> None:
        """Note that a message is settled and answered. A command that awaits its event answers by itself."""
        if origin.waits:
            return
        proposer, response = origin.proposer, origin.response
        if response is not None:
            self._end_run()  # the run still holds the echo, which belongs to the response
            proposer.close_response(response)
        self._settled[proposer] = self._settled.get(proposer, 0) + 1

    # Events that are not in the log

    def deliver_unstored(self, event: MessageSent, channel: Channel | None, peer: User | None, origin: Origin) -> None:
        """Deliver a message that is not stored (typing)."""
        self._end_run()
        if peer is not None:
            self._direct(event, peer, origin)
        elif channel is not None and channel.uid != event.stream:
            tell_listeners(self._state, self._presence, Applied(event, None, (channel,)), event, origin, self._host)
        elif channel is not None:
            run = self._run = Run(channel.uid, self._host)
            run.entries.append((event, origin))
            run.speakers.add(origin.proposer)
        self.flush()

    # Messages

    def _end_run(self) -> None:
        """Deliver the messages of the run, so that later lines follow them."""
        run, self._run = self._run, None
        if run is None:
            return
        speakers, dirty = run.speakers, self._flush_queue.dirty
        if self._state.silenced_by:
            speakers = speakers | self._silencers(run)
        groups = self._presence.listeners(run.uid)
        for caps, group in groups.items():
            data = b"".join(run.lines(caps))
            if not data:
                continue
            for recipient in group:
                if recipient not in speakers:
                    if not recipient.out:
                        dirty.append(recipient)
                    recipient.out.append(data)
        for speaker in speakers:
            listens = speaker in groups.get(speaker.caps & cap.EVENT_PROFILE, ())
            run.hand_to_speaker(speaker, self._state.users, listens=listens)

    def _silencers(self, run: Run) -> set[Recipient]:
        """Return the recipients in the channel that do not want to hear the sender of one of the run's messages."""
        silenced_by, presence = self._state.silenced_by, self._presence
        actors = {event.actor for event, _ in run.entries} & silenced_by.keys()
        uids = {uid for actor in actors for uid in silenced_by[actor]}
        found = {recipient for uid in uids for recipient in presence.sessions(uid)}
        return found.intersection(set[Recipient]().union(*presence.listeners(run.uid).values())) if found else found

    def _direct(self, event: MessageSent, peer: User, origin: Origin | None) -> None:
        """Deliver a direct message to the sessions of its target, and to all sessions of its sender."""
        by_user, dirty = self._presence.by_user, self._flush_queue.dirty
        actor, peer_uid = event.actor, peer.uid
        recipients = by_user.get(peer_uid, ()) if actor not in peer.silenced else ()
        speaker: Proposer | None = None
        if origin is not None:
            speaker = origin.proposer
        if actor != peer_uid:
            own = by_user.get(actor, ())
            # The speaker itself gets its echo.
            if (len(own) != 1 or own[0] is not speaker) and not is_ctcp(event.text):
                recipients = (*recipients, *(each for each in own if each is not speaker))
        line, shape = b"", -1
        for recipient in recipients:
            caps = recipient.caps & cap.MESSAGE_PROFILE
            if caps != shape:
                line, shape = render.message(event, caps, self._host), caps
            if line:
                out = recipient.out
                if not out:
                    dirty.append(recipient)
                out.append(line)
        # The proposer is answered if it wants echoes, or must be told that the other user is away.
        if speaker is not None and (
            speaker.caps & cap.ECHO_MESSAGE or peer_uid not in by_user or peer_uid in self._presence.away_words
        ):
            assert origin is not None
            self._answer(event, peer, origin)

    def _answer(self, event: MessageSent, peer: User, origin: Origin) -> None:
        """Send the sender its echo, if it has echo-message, and RPL_AWAY (301) if the other user is away."""
        caps = origin.proposer.caps
        if caps & cap.ECHO_MESSAGE:
            origin.echo(render.message(event, caps, self._host))
        away = self._presence.away(peer.uid)
        if away and event.verb == "PRIVMSG":
            self._tell_away(event, peer, away, origin)

    def _tell_away(self, event: MessageSent, peer: User, away: str, origin: Origin) -> None:
        """Send the sender RPL_AWAY (301); ``away`` is what ``Presence.away`` returned for the other user.

        A session that only sends must learn nothing about others, so it gets none.
        """
        if not origin.proposer.hears:
            return
        words = away if is_ctcp(event.text) else self.away_words(away)  # CTCP is not replayed
        line = numeric_line(RPL_AWAY, self._host, event.nick, peer.name, text=words)
        origin.answer(line.encode() + b"\r\n")

    def _tell_lines(self, applied: Applied, event: MessageSent, origin: Origin | None) -> None:
        """Deliver a message of several lines, or to a role in a channel, which is in no run, and settle it."""
        tell_listeners(self._state, self._presence, applied, event, origin, self._host)
        if self._presence.marker_sessions:
            self._note_marker(event)
        if origin is None:
            return
        if applied.peer is not None and (away := self._presence.away(applied.peer.uid)):
            self._tell_away(event, applied.peer, away, origin)
        self._settle(origin)

    def away_words(self, away: str) -> str:
        """Return the text of RPL_AWAY for what ``Presence.away`` returned. Clients put the name before it."""
        return "not connected; will get it later" if away == NOT_CONNECTED else away

    def _note_marker(self, event: MessageSent) -> None:
        """Note that a message moved its sender's read marker. Guests have no markers, and TAGMSG moves none."""
        if not event.guest and event.verb != "TAGMSG":
            self._marked[event.actor, events.channel_uid(event.stream)] = None

    def _tell_moved_markers(self) -> None:
        """Send all sessions of an account its moved read markers, each marker once per flush.

        Spec: IRCv3 draft/read-marker, "When the read timestamp of a target is updated", for all its sessions.
        """
        marked, self._marked = self._marked, {}
        for uid, stream in marked:
            user = self._state.users.get(uid)
            if user is None or may_read(self._state, user, stream) is None:
                continue
            line = marker_line(self._state, user, stream, self._host)
            for recipient in self._presence.sessions(uid):
                if recipient.caps & cap.READ_MARKER:
                    recipient.deliver(line)

    # All other events

    def _announce(self, applied: Applied, origin: Origin | None) -> None:
        """Deliver an event that is not a message.

        Before the lines go out, sessions enter the channels that they join. Afterwards they leave those that they part.
        """
        self._end_run()
        event, kind = applied.event, type(applied.event)
        for user, channel in applied.joined:
            self._presence.joined(user.uid, channel)
        if kind in self._before:
            self._before[kind](applied, event, origin)
        announcement = ANNOUNCEMENTS.get(kind)
        if announcement is not None:
            bot = applied.actor is not None and "B" in applied.actor.modes
            shown = applied if not self._presence.arriving else with_real_name(self._presence.arriving, applied)
            as_told = telling(self._state, shown)
            for caps, recipient in recipients(announcement.audience, applied, self._state, self._presence):
                told = as_told(recipient.uid)
                line = announcement.line(self._state, told, told.event, caps, self._host)
                if bot and kind not in _UNMARKED:
                    line = render.from_bot(line, caps)
                self._tell(recipient, line, origin)
        if kind in self.after:
            self.after[kind](applied, event, origin)
        for user, channel in applied.left:
            self._presence.left(user.uid, channel)
        proposer = origin.proposer if origin is not None else None
        end_sessions(self._presence, self._host, event, self.on_network_ban, proposer)

    def _tell(self, recipient: Recipient, line: bytes, origin: Origin | None) -> None:
        """Deliver a line about an event. The proposer gets it as part of its labelled response, if it has one."""
        if not line:
            return
        if origin is not None and recipient is origin.proposer:
            origin.answer(line)
        else:
            recipient.deliver(line)

    def _tell_new_member(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        """Send a new member the channel's topic, marker and names; tell the others its roles, and if it is away."""
        actor = applied.actor
        assert actor is not None
        for channel in applied.channels:
            for recipient in self._presence.sessions(actor.uid):
                for line in channel_lines(self._state, actor, channel, recipient.caps, self._host):
                    self._tell(recipient, line, origin)
                self.metadata.joined(recipient, actor, channel, origin)
            tell_roles(self._presence, event, actor, channel, self._host)
        self.statuses.joined(actor, applied.channels)

    def _tell_channel_renamed(self, applied: Applied, event: events.ChannelRenamed, origin: Origin | None) -> None:
        """Tell the members of a channel its new name."""
        (channel,) = applied.channels
        for _, recipient in members(applied, self._presence):
            user = self._state.users.get(recipient.uid)
            if user is not None:
                for line in renamed_lines(self._state, event, channel, user, recipient.caps, self._host):
                    self._tell(recipient, line, origin)
                if not recipient.caps & cap.CHANNEL_RENAME:  # for this client, its user has joined another channel
                    self.metadata.joined(recipient, user, channel, origin)

    def _end_certificate(self, applied: Applied, event: events.CertificateRemoved, origin: Origin | None) -> None:
        """End the sessions with a removed certificate, besides the session that removed it: a device may be lost."""
        assert applied.peer is not None
        proposer = origin.proposer if origin is not None else None
        self.on_certificate_removed(applied.peer.uid, event.fingerprint, proposer)

    def _tell_account(self, applied: Applied, event: events.AccountCreated, origin: Origin | None) -> None:
        """Tell that a guest has become an account."""
        actor = applied.actor
        assert actor is not None
        sessions = self._presence.sessions(actor.uid)
        if sessions:
            self.statuses.became_account(actor)
        for recipient in sessions:
            self._tell(recipient, persistence_line(self._host) if recipient.caps & cap.PERSISTENCE else b"", origin)

    def _tell_watchers(self, applied: Applied, event: events.AnyEvent, origin: Origin | None) -> None:
        """Tell the sessions that monitor a guest, or a removed account, and the channels that it changes."""
        actor = applied.actor
        assert actor is not None
        if isinstance(event, events.GuestArrived):
            self.statuses.came_online(actor)
        else:
            self.statuses.removed(actor)
        tell_heirs(self._state, self._presence, applied, self._host)

    def _tell_token(
        self, applied: Applied, event: events.TokenAdded | events.TokenRemoved, origin: Origin | None
    ) -> None:
        """Tell an account that it has got or lost a device token."""
        tell_token(self._presence, self._host, applied, event, origin)

    def _tell_renamed(self, applied: Applied, event: events.Renamed, origin: Origin | None) -> None:
        """Tell that a guest has another user name (chghost), and tell the sessions that monitor one of its names."""
        actor = applied.actor
        assert actor is not None
        for _, recipient in recipients(Audience.NEIGHBOURS_AND_SELF, applied, self._state, self._presence):
            if recipient.caps & cap.CHGHOST:
                self._tell(recipient, render.username_changed(event, self._host), origin)
        self.statuses.renamed(actor, event.nick)
