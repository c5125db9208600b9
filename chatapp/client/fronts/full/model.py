"""Pure: the full-screen client: events of the session go into the conversations of the screen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from chatapp.client.core import requests
from chatapp.client.core.answers import DeviceTokens, Masks, TokenMade
from chatapp.client.core.capabilities import CHATHISTORY
from chatapp.client.core.conversations import is_mention
from chatapp.client.core.events import (
    Blocked,
    CaughtUp,
    ChannelRenamed,
    Deleted,
    Earlier,
    Edited,
    Event,
    Gone,
    History,
    Invited,
    Joined,
    Kicked,
    Left,
    Matches,
    ModesChanged,
    NickChanged,
    NotDone,
    Notice,
    NotSent,
    Offline,
    PasswordChanged,
    PasswordNotChanged,
    People,
    Presence,
    Reacted,
    Said,
    Sent,
    SignedIn,
    SignInNeeded,
    TopicSet,
    WhileAway,
)
from chatapp.client.core.reading import action
from chatapp.client.fronts.absences import Absences
from chatapp.client.fronts.full.actions import FullActions
from chatapp.client.fronts.full.being_away import stay_away
from chatapp.client.fronts.full.buffers import Buffer
from chatapp.client.fronts.full.coming import Coming
from chatapp.client.fronts.full.deeds import Deeds
from chatapp.client.fronts.full.effects import Do
from chatapp.client.fronts.full.greeting import RETURNED, greeting
from chatapp.client.fronts.full.journal import Remark
from chatapp.client.fronts.full.lines import Look
from chatapp.client.fronts.full.state import State
from chatapp.client.fronts.full.text import shown
from chatapp.client.fronts.partners import Partners
from chatapp.client.fronts.person.invitations import Invitations
from chatapp.client.fronts.sentences import absent, sentences, why_not_sent
from chatapp.protocol.names import fold, is_channel

PEOPLE_LISTED = 30  # people with whom we talked before, who are listed at the start
EARLY_MAX = 50  # notices of the server during the sign-in
GREETING_S = 2.0  # how long the first words wait for the answer who is here
HISTORY_WHAT = "the history of "


class Model:
    """Takes the events of the session; ``state`` is what the view shows, ``deeds`` what a person can do."""

    def __init__(self, state: State, look: Look, deeds: type[Deeds] = Deeds) -> None:
        self.state = state
        self.session = state.session
        self.actions = FullActions(state)
        self.deeds = deeds(state, self.actions, look)
        self._invitations = Invitations()
        self._partners = Partners()
        self._absences = Absences(self._partners)
        self._coming = Coming(state, self._partners)
        self._earlier: set[str] = set()  # conversations whose missed messages are not unread
        self._greeted = False
        self._greet_by_s: float | None = None  # when to greet at the latest; None: we are not signed in yet
        self._early: list[str] = []  # what the server said during the sign-in, such as its message of the day
        self.session.is_read = state.views

    def heard(self, events: Sequence[Event], now_s: float, now_ms: int) -> None:
        """Take events of the session at a time: ``now_s`` of any clock, and ``now_ms`` since 1970."""
        state = self.state
        state.now_s, state.now_ms = now_s, now_ms
        for event in events:
            handler = self._HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
            else:
                self._tell(event)
        state.typed()
        state.read()
        state.buffers.shrink()

    def tick(self, now_s: float, now_ms: int) -> None:
        """Note the time, once a second."""
        state = self.state
        state.now_s, state.now_ms = now_s, now_ms
        self._greet()
        self.deeds.tick()
        if state.box is not None:
            state.box.renew()
        if state.offline:
            state.hold_old()

    def _tell(self, event: Event, where: Buffer | None = None) -> None:
        """Show an event in sentences, in the conversation that is shown unless it is about another one."""
        bad = isinstance(event, NotDone) or (isinstance(event, Kicked) and event.me)
        for sentence in sentences(event):
            self.state.note(sentence, bad=bad, where=where)

    def _tell_there(self, event: Any) -> None:
        """Show an event about a channel in that channel."""
        self._tell(event, self.state.buffers.find(event.channel))

    def _on_act(self, event: Kicked | ModesChanged | TopicSet) -> None:
        """Show what was done in a channel in that channel; what we did or asked for, where we are too."""
        there, here = self.state.buffers.find(event.channel) or self.state.buffer, self.state.buffer
        by = event.nick if isinstance(event, TopicSet) else event.by
        if isinstance(event, TopicSet) and not by:  # an answer
            self._tell(event, here)
            return
        self._tell(event, there)
        if there is not here and fold(by) == fold(self.session.nick):
            self._tell(event, here)

    # The connection

    def _on_sign_in_needed(self, event: SignInNeeded) -> None:
        self.state.sign_out()
        self.state.signing_in.needed(event)

    def _on_signed_in(self, event: SignedIn) -> None:
        state = self.state
        state.signed_in, state.offline, state.network = True, "", event.network
        state.staying.signed_in()
        state.forget()
        for channel in event.channels:
            state.buffers.get(channel)
        state.buffers.begin_waiting()
        for buffer in state.buffers:
            buffer.asked_people = False
        self.deeds.past.doubt()
        stay_away(self.state)
        if event.again:
            self._tell_gap()
            if state.is_viewed:
                state.buffer.stopped = None  # what is missed since then is new
        if state.buffer is state.buffers.home:
            self.deeds.show(state.buffers.get(event.lobby) if event.lobby else self._first())
            state.buffers.move_early_draft()
        for invited in self._invitations.take():
            self._tell(invited)

    def _first(self) -> Buffer:
        """Return the conversation to begin with on a server without a lobby."""
        return next((each for each in self.state.buffers.listed if each.is_channel), self.state.buffers.home)

    def _tell_gap(self) -> None:
        """Say where messages are missing, if the server keeps none."""
        if CHATHISTORY not in self.session.account.enabled:
            for buffer in self.state.buffers:
                if buffer.is_channel:
                    self.state.note("There was no connection. This server keeps no messages, so some may be missing.",
                                    where=buffer)  # fmt: skip

    def _on_caught_up(self, event: CaughtUp) -> None:
        state = self.state
        state.catch_ups += 1
        self._earlier.clear()
        for missed in event.conversations:
            if (buffer := state.buffers.find(missed.conversation)) is not None:
                buffer.missed = missed
        for name in self.session.catching_up.people[:PEOPLE_LISTED]:
            self.actions.know(state.buffers.get(name))
        self.actions.choosing.list_pinned()
        self.deeds.fill()
        if not self._greeted and self._greet_by_s is None:
            self._greet_by_s = state.now_s + GREETING_S
            self._greet()

    def _greet(self) -> None:
        """Show what the server said first, and the three lines of help, once; wait until it is known who is here."""
        due_s, waits = self._greet_by_s, self.actions.asking.is_open
        if self._greeted or due_s is None or (waits and self.state.now_s < due_s):
            return
        self._greeted = True
        if self.state.buffer.name:
            for words in self._early:
                self.state.note(words)
        for words in greeting(self.state, self.deeds.size.columns * self.deeds.size.rows):
            self.state.note(words)
        if self.state.buffers.returned:
            self.state.note(RETURNED.format(places=shown(", ".join(self.state.buffers.returned))))
        self.state.staying.offer(typed=self.state.signing_in.typed_password)

    def _on_offline(self, event: Offline) -> None:
        state = self.state
        if not state.offline:
            state.hint = ""  # it would hide that the connection is lost
        state.offline, state.retry_at_s = event.reason, state.now_s + event.retry_s
        self.actions.lost()
        state.changing.lost()
        state.staying.failed()

    # Messages

    def _on_said(self, event: Said) -> None:
        state = self.state
        buffer = state.buffers.get(event.conversation)
        for_us = not buffer.is_channel or is_mention(event.text, self.session.nick)
        entry = buffer.entries.say(event, mention=buffer.is_channel and for_us and not event.own)
        if entry is None:
            return
        unread = not (event.missed and event.conversation in self._earlier)
        if unread:
            state.tell(buffer, entry, missed=event.missed)
        if not is_channel(event.conversation):
            self._partners.add(event.conversation)
        self.deeds.picking.came(buffer)
        if event.own:
            buffer.stopped = None
            self.deeds.picking.arrived(entry)
            if event.ours and buffer is not state.buffer and state.journal is None:  # a journal tells it already
                state.hint = shown(f"Sent to {buffer.name}: {event.text}".replace("\n", " "))
            return
        if unread and (event.missed or not state.views(event.conversation)):
            self._stopped_before(buffer, event, is_first=buffer.entries.first_said is entry)
        if unread and for_us and not event.missed and buffer.key not in state.buffers.quiet:
            self._notify(buffer, event)

    def _stopped_before(self, buffer: Buffer, event: Said, *, is_first: bool) -> None:
        """Note that the person has not read a message; ``is_first``: it is the first that was told here."""
        until = event.time - 1
        if event.missed and is_first:  # unread messages before it may not be told: the marker says where they begin
            until = min(until, self.session.catching_up.read_until(event.conversation) or until)
        buffer.stopped = until if buffer.stopped is None else min(until, buffer.stopped)

    def _notify(self, buffer: Buffer, event: Said) -> None:
        """Tell the desktop of a message for us, unless the person sees it."""
        state = self.state
        if state.settings.is_quiet(self.deeds.look.clock(state.now_ms)):
            return
        if state.focused is False or (state.focused is None and buffer is not state.buffer):
            title = event.sender if not buffer.is_channel else f"{event.sender} in {buffer.name}"
            state.do(Do.NOTIFY, action(event.text, notice=event.notice) or event.text, title)

    def _on_history(self, event: History) -> None:
        buffer = self.deeds.past.take(event)
        if buffer is not None:
            self.deeds.fetched(buffer)

    def _on_remark(self, event: Edited | Reacted | Deleted) -> None:
        buffer = self.state.buffers.find(event.conversation)
        if buffer is None:
            return
        for sentence in sentences(event):
            self.state.tell(buffer, Remark(sentence))
        if isinstance(event, Edited):
            buffer.entries.edit(event)
        elif isinstance(event, Reacted):
            buffer.entries.react(event)
        else:
            buffer.entries.delete(event)

    def _on_sent(self, event: Sent) -> None:
        away = self._absences.take(event)
        if away:
            self.state.note(absent(event.target, away), where=self.state.buffers.find(event.target))

    def _on_not_sent(self, event: NotSent) -> None:
        buffer = self.state.buffers.find(event.target) or self.state.buffer
        nobody = f"nobody is called {event.target}"
        why = nobody if event.code == "401" else why_not_sent(event).lstrip(": ").rstrip(".")
        if event.stored:
            why = f"only {event.stored} of {event.lines} lines were sent: {why}"
        me, now_ms = self.session.nick, self.state.now_ms
        entry = buffer.entries.note(event.text, sender=me, why=why, to=event.target, now_ms=now_ms)
        self.state.tell(buffer, entry)

    # People

    def _on_joined(self, event: Joined) -> None:
        buffer = self.state.buffers.get(event.channel) if event.me else self.state.buffers.find(event.channel)
        if buffer is None:
            return
        if not event.me:
            self.state.saw(event.nick, away=False)
            self._coming.came(buffer, event.nick, there=True)
        else:
            buffer.unsure_until = buffer.entries.last_time
            self._invitations.joined(event.channel)
            self.actions.entering.joined(event.channel)

    def _on_left(self, event: Left) -> None:
        buffer = self.state.buffers.find(event.channel)
        if event.me:
            if buffer is not None:
                self.state.buffers.drop(buffer)
            self._tell(event)
        elif buffer is not None:
            self._coming.came(buffer, event.nick, there=False)

    def _on_presence(self, event: Presence) -> None:
        self.state.saw(event.nick, away=not event.here)
        away = self._absences.take(event)
        buffer = self.state.buffers.find(event.nick)
        if buffer is not None and (away or (event.here and event.nick in self._partners)):
            self.state.note(absent(event.nick, away) if away else f"{event.nick} is here.", where=buffer)

    def _on_people(self, event: People) -> None:
        for person in event.people:
            self.state.saw(person.nick, away=not person.here)
        self.actions.asking.answered(event.people)
        self._greet()

    def _on_invited(self, event: Invited) -> None:
        if event.me and (not self.state.signed_in or self.state.offline):
            self._invitations.hold(event)
            return
        if event.me:
            self._invitations.told(event)
        self._tell(event, None if event.me else self.state.buffers.find(event.channel))

    def _on_renamed(self, event: ChannelRenamed) -> None:
        self.state.buffers.rename(event.channel, event.name)
        self.actions.choosing.renamed(event.channel, event.name)
        self._tell(event, self.state.buffers.find(event.name))

    # Answers

    def _on_not_done(self, event: NotDone) -> None:
        self.actions.not_done(event)
        if event.people:
            self._greet()
        self.state.staying.not_done(event)
        if event.what == requests.TYPING:
            return
        if event.what.startswith(HISTORY_WHAT):
            buffer = self.state.buffers.find(event.what.removeprefix(HISTORY_WHAT))
            if buffer is not None and buffer.fetching:
                self.deeds.past.refused(buffer)
                return
        self._tell(event)

    def _on_notice(self, event: Notice) -> None:
        self.state.note(event.text)
        if not self.state.signed_in:
            self._early = [*self._early, event.text][:EARLY_MAX]

    def _on_blocked(self, event: Blocked) -> None:
        self.deeds.past.blocked(event)
        self._tell(event)

    def _on_list(self, event: Masks | DeviceTokens) -> None:
        for sentence in sentences(event, lambda ms: self.deeds.look.day(ms) + " " + self.deeds.look.clock(ms)):
            self.state.note(sentence)

    _HANDLERS: ClassVar[dict[type, Callable[..., None]]] = {
        Blocked: _on_blocked,
        CaughtUp: _on_caught_up,
        ChannelRenamed: _on_renamed,
        Deleted: _on_remark,
        DeviceTokens: _on_list,
        Earlier: lambda self, event: self._earlier.add(event.conversation),
        Edited: _on_remark,
        Gone: lambda self, event: self._coming.gone(event),
        History: _on_history,
        Invited: _on_invited,
        Joined: _on_joined,
        Kicked: _on_act,
        Left: _on_left,
        Masks: _on_list,
        Matches: lambda self, event: self.deeds.found(event),
        ModesChanged: _on_act,
        NickChanged: lambda self, event: self._coming.renamed(event),
        NotDone: _on_not_done,
        NotSent: _on_not_sent,
        Notice: _on_notice,
        Offline: _on_offline,
        PasswordChanged: lambda self, event: self.deeds.password_answered(event),
        PasswordNotChanged: lambda self, event: self.deeds.password_answered(event),
        People: _on_people,
        Presence: _on_presence,
        Reacted: _on_remark,
        Said: _on_said,
        Sent: _on_sent,
        SignInNeeded: _on_sign_in_needed,
        SignedIn: _on_signed_in,
        TokenMade: lambda self, event: self.state.staying.made(event),
        TopicSet: _on_act,
        WhileAway: lambda self, event: self._tell_there(event),
    }
