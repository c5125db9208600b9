"""Pure: the questions of the sign-in: the server's key, the password, a new account."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import passwords
from chatapp.client.core.events import SignInNeeded
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands
from chatapp.client.fronts.person import rows
from chatapp.client.fronts.person.questions import NOTHING, Ask, Question, yes_or_no
from chatapp.client.fronts.person.rows import Row
from chatapp.client.fronts.person.staying import Staying
from chatapp.errors import NoAccountError, SignInError


class SigningIn:
    """Asks the questions until the session is signed in; ``show`` takes rows.

    ``password`` comes from a file, and is tried before a person is asked, as is the token that ``staying`` has. With
    ``new``, make the account.
    """

    def __init__(
        self, session: Session, show: Callable[[Row], None], staying: Staying, *, password: str = "", new: bool = False
    ) -> None:
        self.question = NOTHING
        self.trusted: bool | None = None
        self._session = session
        self._show = show
        self._file_password = password
        self._new = new
        self._staying = staying
        self.asks_nothing = bool(password) or staying.has_token  # no password, as far as we know
        self.typed_password = False  # a person has typed the password
        self._perhaps_known = False  # the server did not say whether the account exists
        self._first = ""  # the new password, until it is typed a second time

    def ask_trust(self, address: str, fingerprint: str) -> None:
        """Ask whether the key of an unknown server is the right one; ``trusted`` gets the answer."""
        self.trusted = None
        self._show(rows.note(f"The server at {address} is not known yet. The fingerprint of its key is"))
        self._show([("name", f"     {fingerprint}")])
        self._show(rows.note("If `chat serve` shows the same there, it is the right one."))
        self._ask(Ask.TRUST, "Is it the right one? [y/n] ")

    def needed(self, event: SignInNeeded) -> None:
        """Ask for what the session needs, or use the password from the file."""
        refused = event.refused
        if refused or event.lookup == "unknown":
            refused = self._staying.refused(refused)
        if refused:
            self._show(rows.bad(refused))
        self._perhaps_known = event.can_sign_up
        self._new = self._new or bool(self._session.account.invitation)
        if event.lookup == "unknown" or (event.can_sign_up and self._new):
            self._unknown(refused=bool(event.refused))
            return
        if event.can_sign_up and event.refused:
            self._ask(Ask.CREATE, f"Is {self._session.nick} a new name, for which to make an account? [y/n] ")
            return
        if self._new and event.lookup == "known":
            name = self._session.nick
            self._show(rows.note(f"The name {name} is taken: it has an account here. If it is yours, sign in to it."))
            if self._session.account.invitation:
                self._show(rows.note("If it is not, type EX, and open the link again with another name."))
        self._new = False
        if self._file_password:
            self._file_password, password = "", self._file_password
            self._session.sign_in(password)
            self.question = NOTHING
            return
        if self._staying.begin():
            self.question = NOTHING
            return
        self._ask(Ask.PASSWORD, f"Password for {self._session.nick}: ")

    def _unknown(self, *, refused: bool) -> None:
        if self._file_password and self._new:
            self._file_password, password = "", self._file_password
            self._session.sign_up(password)
            self.question = NOTHING
        elif self._new or refused:
            self._ask_new()
        else:
            self._show(rows.note(f"Nobody is called {self._session.nick} here yet."))
            self._ask(Ask.CREATE, "Make a new account with this name? [y/n] ")

    def typed(self, text: str) -> None:
        """Take the answer. Raises SignInError when the person gives up."""
        ask, self.question = self.question.ask, NOTHING
        if commands.menu_word(text) is commands.MENU["EX"] and ask is not Ask.TRUST:
            raise SignInError("Not signed in.")
        if ask is Ask.TRUST:
            self.trusted = yes_or_no(text)
            if self.trusted is None:
                self._ask(Ask.TRUST, "Type y or n. Is it the right one? [y/n] ")
        elif ask is Ask.PASSWORD:
            self._typed_password(text)
        elif ask is Ask.CREATE:
            self._typed_create(text)
        elif ask is Ask.NEW_PASSWORD:
            self._typed_new(text)
        elif ask is Ask.REPEAT_PASSWORD:
            self._typed_again(text)

    def _ask(self, ask: Ask, prompt: str) -> None:
        self.question = Question(ask, prompt)
        self.asks_nothing = self.asks_nothing and ask is Ask.TRUST

    def _ask_new(self) -> None:
        self._ask(Ask.NEW_PASSWORD, f"New password for {self._session.nick}: ")

    def _typed_password(self, text: str) -> None:
        wrong = passwords.problem(text)
        if wrong:
            self._show(rows.bad(wrong))
            self._ask(Ask.PASSWORD, f"Password for {self._session.nick}: ")
        else:
            self.typed_password = True
            self._session.sign_in(text)

    def _typed_create(self, text: str) -> None:
        answer = yes_or_no(text)
        if answer is None:
            self._ask(Ask.CREATE, "Type y or n. Make a new account with this name? [y/n] ")
        elif answer:
            self._new = True
            self._ask_new()
        elif self._perhaps_known:
            self._ask(Ask.PASSWORD, f"Password for {self._session.nick}: ")
        else:
            raise NoAccountError(f"Not signed in: there is no account {self._session.nick}. Give another name.")

    def _typed_new(self, text: str) -> None:
        wrong = passwords.problem(text)
        if wrong:
            self._show(rows.bad(wrong))
            self._ask_new()
        else:
            self._first = text
            self._ask(Ask.REPEAT_PASSWORD, "The same again: ")

    def _typed_again(self, text: str) -> None:
        self._first, first = "", self._first
        if text == first:
            self.typed_password = True
            self._session.sign_up(text)
        else:
            self._show(rows.bad("The two are not the same."))
            self._ask_new()
