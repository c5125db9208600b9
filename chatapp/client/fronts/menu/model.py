"""Pure: the line client. Typed lines and events go in; rows to show and the next question come out.

::

    question                        effect of a typed line
    ------------------------------  ------------------------------------------------------------
    the questions of the sign-in    see SigningIn
    >              (at the menu)    runs a command, with or without its slash; a text is sent to nobody
    To whom ...                     a number or a name begins that conversation
    alice>   (in a conversation)    sends the text to alice; Enter alone goes back to the menu
    Send 211 lines ...              y sends them
    Old password, New ...           see Changing
    any question after the sign-in  DM, BM, WHO or EX alone in the line runs it; /command too, unless the question is
                                    for a password
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from chatapp.client.core.answers import DeviceTokens, Masks, TokenMade
from chatapp.client.core.events import (
    CaughtUp,
    ChannelRenamed,
    Event,
    Gone,
    History,
    Invited,
    Joined,
    Kicked,
    Left,
    Matches,
    NickChanged,
    NotDone,
    NotSent,
    Offline,
    PasswordChanged,
    PasswordNotChanged,
    People,
    Presence,
    Said,
    Sent,
    SignedIn,
    SignInNeeded,
)
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands, farewell
from chatapp.client.fronts.absences import Absences
from chatapp.client.fronts.bursts import Bursts
from chatapp.client.fronts.menu import view
from chatapp.client.fronts.menu.actions import MenuActions
from chatapp.client.fronts.menu.talk import MENU
from chatapp.client.fronts.menu.view import Stamp
from chatapp.client.fronts.person import completion
from chatapp.client.fronts.person.invitations import Invitations
from chatapp.client.fronts.person.questions import Ask, Question, yes_or_no
from chatapp.client.fronts.person.roster import sort_names
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.person.signing_in import SigningIn
from chatapp.client.fronts.person.staying import Device, Staying
from chatapp.client.fronts.sentences import absent, sentences
from chatapp.errors import ChatError
from chatapp.protocol.names import fold

HEIGHT = 24  # rows of a terminal whose size is not known
_NOBODY = "What you type here now goes to nobody. Enter goes back to the menu."


class Model:
    """The line client on one session.

    ``stamp`` writes a time (ms) in the person's time zone; ``height`` returns how many rows the terminal has.
    ``password`` and ``new``: see SigningIn. ``device``: see Staying.
    """

    def __init__(
        self,
        session: Session,
        stamp: Stamp,
        *,
        password: str = "",
        new: bool = False,
        device: Device | None = None,
        height: Callable[[], int] = lambda: HEIGHT,
    ) -> None:
        self.session = session
        self.height = height
        self._staying = Staying(session, self._show, device)
        self.signing_in = SigningIn(session, self._show, self._staying, password=password, new=new)
        self._stamp = stamp
        self._rows: list[Row] = []
        self._actions = MenuActions(session, self._show, stamp, lambda: self.height(), self._staying)
        self._bursts = Bursts()
        self._invitations = Invitations()
        self._absences = Absences(self._actions.roster.partners)
        self._signed_in = False  # the questions of the sign-in are answered; stays so while the connection is lost
        self._offline = False
        self._menu_shown = False
        self._menu_explained = False

    @property
    def question(self) -> Question:
        """The question that is open now."""
        return self.signing_in.question if self._is_signing_in else self._actions.question

    @property
    def signed_in(self) -> bool:
        """Tell whether the questions of the sign-in are answered."""
        return self._signed_in

    @property
    def leaving(self) -> bool:
        """Tell whether the person wants to leave."""
        return self._actions.leaving

    @property
    def progress(self) -> str:
        """How many lines of a long text are stored, as ``61 of 211``; empty if no long text is open."""
        return self._actions.talk.progress

    @property
    def due_s(self) -> float | None:
        """The time (s) at which to call :meth:`heard`, even without events; None if it need not be called."""
        return self._bursts.due_s

    @property
    def _is_signing_in(self) -> bool:
        return not self._signed_in or self.signing_in.question.ask is Ask.TRUST

    def take_rows(self) -> list[Row]:
        """Return the rows to show that are new since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def _show(self, row: Row) -> None:
        self._rows.append(row)

    # Input of the person

    def typed(self, text: str) -> None:
        """Take a typed line. Raises SignInError when the person gives up the sign-in."""
        if self._is_signing_in:
            self.signing_in.typed(text)
            return
        word, changing = commands.menu_word(text), self._actions.changing
        try:
            if word is not None:
                self._actions.typed_word(word)
            elif changing.question is not None:  # a password may begin with a slash
                changing.typed(text)
            elif text.startswith("/") and not text.startswith("//"):
                self._typed_command(text)
            else:
                self._ANSWERS[self._actions.talk.question.ask](self, text)
        except ChatError as error:
            self._show(view.bad(str(error)))

    def _typed_command(self, line: str) -> None:
        """Run a command, with or without its slash; drop the open question. For any other line, say what to type."""
        self._actions.drop_question()
        found = commands.find(line, menu=True)
        if self._staying.offered and (answer := yes_or_no(line)) is not None:
            self._staying.answer(answer)
        elif found is not None:
            command, rest = found
            command.run(self._actions, rest)
        elif line.startswith("/") and not line.startswith("//"):
            name = farewell.shortened(line.split()[0], commands.COMMAND_CHARACTERS_MAX)
            self._show(view.bad(f"There is no command {name}; nothing was sent. /help shows all."))
        else:
            self._show(view.note(f"{'Sent to nobody. ' if line.strip() else ''}{view.MENU_IN_SHORT}"))
            if line.strip() and not self._menu_explained:
                self._menu_explained = True
                self._rows += view.menu()

    def _typed_pick(self, text: str) -> None:
        """Take a name or a number, or a command that cannot be a name."""
        is_name = " " not in text.strip() and text.strip().lower() not in ("help", "?")
        if is_name or commands.find(text, menu=True) is None:
            self._actions.typed_pick(text)
        else:
            self._typed_command(text)

    _ANSWERS: ClassVar[dict[Ask, Callable[[Model, str], None]]] = {
        Ask.COMMAND: _typed_command,
        Ask.PICK: _typed_pick,
        Ask.TALK: lambda self, text: self._actions.typed_talk(text),
        Ask.MANY: lambda self, text: self._actions.talk.typed_many(text),
    }

    def exit(self) -> None:
        """Begin to leave, as EX does."""
        self._actions.exit()

    def interrupted(self, typed: str = "") -> bool:
        """Take Ctrl-C: drop the ``typed`` text, or else the question, or else end the conversation.

        True if there was none of these, so the client is to end at once.
        """
        if not self._signed_in:
            return True
        talk = self._actions.talk
        if typed:
            self._show(view.note("Nothing was sent."))
        elif self._actions.drop_question():
            pass
        elif talk.place != MENU:
            talk.to_menu()
        else:
            return True
        return False

    def completions(self, before: str) -> tuple[completion.Slot, list[str]]:
        """Return the word at the cursor and its completions; ``before`` is the line up to the cursor."""
        slot = completion.slot(before, self.question.ask)
        here = sort_names(self.session.conversations.nicks(self._actions.talk.place.target))
        names = list(dict.fromkeys([*here, *self._actions.roster.names]))  # the members of the present channel first
        return slot, completion.candidates(slot, names, list(self.session.channels.values()))

    def ask_names(self, before: str) -> bool:
        """Ask the server for names if Tab needs unknown names; True if it asked. ``before``: see ``completions``."""
        wanted = completion.Kind.NAMES in completion.slot(before, self.question.ask).kinds
        return wanted and self._actions.ask_names()

    def show_options(self, options: Sequence[str]) -> None:
        """Show the completions of a word, or the first of them."""
        self._show(view.note(completion.summary(options)))

    def took_lines(self, count: int) -> None:
        """Say that ``count`` pasted lines, which the terminal did not show, are part of the text."""
        self._show(view.note(f"and {count} more {'line' if count == 1 else 'lines'} that came in one go with it"))

    def show_unacknowledged(self) -> None:
        """Show the unacknowledged texts: they may not have arrived, and are lost when the client ends."""
        texts = self.session.outbox.texts
        if texts:
            self._show(view.bad(farewell.sentence(texts)))
            self._rows += [view.bad(text) for text in farewell.contents(self.session.outbox.units)]

    def dropped_typed_ahead(self) -> None:
        """Say that the text which was typed before the question was dropped."""
        self._show(view.note("What you typed before you were asked was dropped: it could have been a password."))

    # Events of the session

    def heard(self, events: Sequence[Event], now_s: float = 0.0) -> None:
        """Take events of the session at the time ``now_s`` (s, of the clock that ``due_s`` uses)."""
        self._rows += [view.note(sentence) for sentence in self._bursts.due(now_s)]
        for event in events:
            self._actions.roster.take(event)
            if isinstance(event, NickChanged):
                self._actions.talk.renamed(event.nick, event.name)
            has_ended = isinstance(event, Gone) and self._actions.talk.gone(event.nick)
            if not has_ended and self._bursts.counts(event, now_s):
                continue
            handler = self._HANDLERS.get(type(event))
            if handler is not None:
                handler(self, event)
            else:
                self._rows += view.told(event, self.session.lobby)
            if has_ended:
                self._show(view.note(_NOBODY))

    def _on_sign_in_needed(self, event: SignInNeeded) -> None:
        self._signed_in = False
        self.signing_in.needed(event)

    def _on_signed_in(self, event: SignedIn) -> None:
        first, self._signed_in, self._offline = not event.again, True, False
        self._actions.signed_in(event.channels)
        if first:
            place = f" at {event.network}" if event.network else ""
            channels = f", in {', '.join(event.channels)}" if event.channels else ""
            self._show(view.good(f"You are {event.nick}{place}{channels}."))
        else:
            self._show(view.good("Connected again."))
        for invited in self._invitations.take():
            self._rows += view.told(invited, self.session.lobby)

    def _on_caught_up(self, event: CaughtUp) -> None:
        self._rows += view.told(event, self.session.lobby)
        if not self._menu_shown:
            self._menu_shown = True
            self._staying.offer(typed=self.signing_in.typed_password)
            self._rows += view.menu()

    def _on_offline(self, event: Offline) -> None:
        if not self._offline:  # say this once, not for each failed attempt
            self._show(view.bad(f"{event.reason} Trying again until there is a connection."))
        self._offline = True
        self._actions.lost()

    def _on_said(self, event: Said) -> None:
        if not event.ours:  # a text typed here is on the screen already, and Sent follows
            self._rows += view.said(event, self._stamp)

    def _on_people(self, event: People) -> None:
        self._actions.asking.answered(event.people)

    def _on_not_done(self, event: NotDone) -> None:
        if event.people:
            self._actions.asking.refused()
        self._staying.not_done(event)
        self._rows += view.told(event, self.session.lobby)

    def _on_history(self, event: History) -> None:
        self._rows += self._actions.browsing.rows(event)

    def _on_matches(self, event: Matches) -> None:
        self._rows += self._actions.browsing.matches(event)

    def _on_list(self, event: Masks | DeviceTokens) -> None:
        self._rows += [view.note(sentence) for sentence in sentences(event, self._stamp)]

    def _on_joined(self, event: Joined) -> None:
        if event.me:
            self._actions.removed.joined(event.channel)
            self._invitations.joined(event.channel)
        self._rows += view.told(event, self.session.lobby)

    def _on_invited(self, event: Invited) -> None:
        if event.me and (not self._signed_in or self._offline):
            self._invitations.hold(event)
            return
        if event.me:
            self._invitations.told(event)
        self._rows += view.told(event, self.session.lobby)

    def _on_left(self, event: Left | Kicked) -> None:
        if event.me and isinstance(event, Kicked):
            if event.channel in self._actions.removed:
                return  # the server told it before
            self._actions.removed.add(event.channel)
        self._rows += view.told(event, self.session.lobby)
        if event.me and fold(event.channel) == fold(self._actions.talk.place.target):
            # The place stays: a text that is typed next must not be taken for a command of the menu.
            self._show(view.note(_NOBODY))

    def _on_not_sent(self, event: NotSent) -> None:
        removed = self._actions.removed.words(event.target)
        if removed and not event.stored:
            self._show(view.bad(f"Not sent: y{removed[1:]}"))
        else:
            self._rows += view.told(event, self.session.lobby)

    def _on_channel_renamed(self, event: ChannelRenamed) -> None:
        self._rows += view.told(event, self.session.lobby)
        self._actions.talk.renamed(event.channel, event.name)

    def _on_sent(self, event: Sent) -> None:
        away = self._absences.take(event)
        self._rows += [view.sent_to_absent(event, away)] if away else view.told(event, self.session.lobby)

    def _on_presence(self, event: Presence) -> None:
        away = self._absences.take(event)
        # The presence of everybody would be noise, so only partners of direct messages get a row.
        if away or (event.here and event.nick in self._actions.roster.partners):
            self._show(view.note(absent(event.nick, away) if away else f"{event.nick} is here."))

    _HANDLERS: ClassVar[dict[type, Callable[..., None]]] = {
        CaughtUp: _on_caught_up,
        ChannelRenamed: _on_channel_renamed,
        History: _on_history,
        Invited: _on_invited,
        Joined: _on_joined,
        Kicked: _on_left,
        Left: _on_left,
        DeviceTokens: _on_list,
        Masks: _on_list,
        Matches: _on_matches,
        NotDone: _on_not_done,
        NotSent: _on_not_sent,
        Offline: _on_offline,
        PasswordChanged: lambda self, event: self._actions.password_answered(event),
        PasswordNotChanged: lambda self, event: self._actions.password_answered(event),
        People: _on_people,
        Presence: _on_presence,
        Said: _on_said,
        Sent: _on_sent,
        SignInNeeded: _on_sign_in_needed,
        SignedIn: _on_signed_in,
        TokenMade: lambda self, event: self._staying.made(event),
    }
