"""Pure: the check of a password, and the request that changes it."""

from __future__ import annotations

import base64

from chatapp.client.core.capabilities import ACCOUNT_LOOKUP
from chatapp.client.core.events import Event, PasswordChanged, PasswordNotChanged
from chatapp.client.core.replies import OnReply, Reply, code_of, text_of
from chatapp.client.core.signin import SignIn
from chatapp.config import PASSWORD_BYTES_MAX
from chatapp.errors import RefusedError
from chatapp.protocol.message import Message


def problem(password: str) -> str:
    """Return what is wrong with a password, in words for a person; empty if it can be used."""
    if not password:
        return "A password has at least one character."
    if "\0" in password or "\n" in password or "\r" in password:
        return "A password is one line, without NUL."
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        return "The password is not UTF-8. Set the terminal to UTF-8."
    if size > PASSWORD_BYTES_MAX:
        return f"The password has {size} bytes; {PASSWORD_BYTES_MAX} is the most that can be kept."
    return ""


def check_can_change(sign_in: SignIn) -> None:
    """Raise RefusedError if the server has no command that changes a password."""
    if ACCOUNT_LOOKUP not in sign_in.enabled:
        raise RefusedError("People cannot change their password on this server with chat. Ask who runs it.")


def change(old: str, new: str, sign_in: SignIn) -> tuple[Message, OnReply]:
    """Return the request that changes the password, and the function that takes its answer.

    If the server accepts, ``sign_in`` uses the new password from the next connection on. Raises RefusedError if the
    server has no command for this.
    """
    check_can_change(sign_in)

    def on_reply(reply: Reply) -> list[Event]:
        error = reply.error
        if error is not None:
            return [PasswordNotChanged(code_of(error), text_of(error))]
        sign_in.use(new)
        return [PasswordChanged()]

    return Message("PASSWD", [base64.b64encode(each.encode()).decode() for each in (old, new)]), on_reply
