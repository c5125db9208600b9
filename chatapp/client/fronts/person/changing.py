"""Pure: the questions of /passwd: the old password, and the new one twice."""

from __future__ import annotations

from collections.abc import Callable

from chatapp.client.core import passwords
from chatapp.client.core.events import PasswordChanged, PasswordNotChanged
from chatapp.client.core.session import Session
from chatapp.client.fronts import commands
from chatapp.client.fronts.person import rows
from chatapp.client.fronts.person.questions import Ask, Question
from chatapp.client.fronts.person.rows import Row
from chatapp.errors import ChatError

_OLD = Question(Ask.CHANGE_OLD, "Old password: ")
_NEW = Question(Ask.CHANGE_NEW, "New password: ")
_AGAIN = Question(Ask.CHANGE_AGAIN, "The same again: ")
_WEAK = "WEAK_PASSWORD"  # the code of the server's FAIL
_UNCHANGED = "Your password stays as it was."


class Changing:
    """Asks the questions, then makes the session change the password; ``show`` takes rows."""

    def __init__(self, session: Session, show: Callable[[Row], None]) -> None:
        self.question: Question | None = None
        self.waits = False  # the server has not answered yet
        self._session = session
        self._show = show
        self._old = self._new = ""

    def start(self) -> None:
        """Ask for the old password. Raises RefusedError if the server has no command that changes a password."""
        passwords.check_can_change(self._session.account)
        self.question = _OLD

    def typed(self, text: str) -> None:
        """Take an answer; an empty line and the word EX end the questions."""
        if not text or commands.menu_word(text) is commands.MENU["EX"]:
            self.drop()
        elif self.question == _OLD:
            self._old, self.question = text, _NEW
        elif self.question == _NEW:
            self._take_new(text)
        elif text != self._new:
            self._show(rows.bad("The two are not the same."))
            self.question = _NEW
        else:
            self._change()

    def _take_new(self, text: str) -> None:
        wrong = passwords.problem(text)
        if wrong:
            self._show(rows.bad(wrong))
        else:
            self._new, self.question = text, _AGAIN

    def _change(self) -> None:
        if not self._session.signed_in:
            self._show(rows.bad(f"There is no connection just now. {_UNCHANGED}"))
            self._forget()
            return
        try:
            self._session.change_password(self._old, self._new)
        except ChatError as error:
            self._show(rows.bad(str(error)))
            self._forget()
        else:
            self.question, self.waits = None, True

    def drop(self) -> None:
        """End the questions; the password stays as it was."""
        if self.question is not None:
            self._show(rows.note(_UNCHANGED))
        self._forget()

    def _forget(self) -> None:
        self.question = None
        self._old = self._new = ""

    def answered(self, event: PasswordChanged | PasswordNotChanged) -> None:
        """Show the server's answer; ask for another new password if the server finds this one too weak."""
        self.waits = False
        if isinstance(event, PasswordNotChanged) and event.code == _WEAK:
            self._show(rows.bad(event.text))
            self.question = _NEW
            return
        if isinstance(event, PasswordChanged):
            self._show(rows.good("Your password is changed. Your other sessions have ended."))
        else:
            self._show(rows.bad(event.text))
        self._forget()

    def lost(self) -> None:
        """Note that the connection is lost; if the answer is still missing, say so."""
        if self.waits:
            self._show(rows.bad("The server has not said whether your password is changed. Try the new one first."))
            self.waits = False
            self._forget()
