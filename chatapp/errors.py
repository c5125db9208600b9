"""The tree of exceptions.

Every text is written for the person who meets it: what happened, why, what to do next.

::

    ChatError
    +-- ConfigError             a setting that cannot be used (at start-up)
    +-- DataError               the data folder or the log cannot be used (at start-up)
    |   +-- NewerDataError      written by a newer chatapp
    |   +-- LostLogError        the folder had a log, which is gone or empty
    |   +-- DataLockedError     another server uses this data folder
    +-- BackupError             a backup cannot be made, read, or put in place
    +-- ControlError            a running server cannot be asked, or refuses (chat status, chat sign-up)
    |   +-- NoServerError       no server runs on the data folder
    +-- LogUnavailableError     an event could not be stored (full disk, write error)
    +-- ProtocolError           a peer's bytes are not a message
    |   +-- LineTooLongError
    |   +-- NotUtf8Error
    |   +-- MalformedLineError
    |       +-- UnknownVerbError    its command is not made of letters, or of three digits
    +-- NameNotAllowedError     not a nick, account or channel name
    |   +-- NameReservedError   a name that only an administrator may give to somebody
    +-- AuthError               accounts and passwords
    |   +-- AccountExistsError
    |   +-- NoSuchAccountError
    |   +-- PasswordError       a password that cannot be used (empty, over 72 bytes, NUL)
    |   |   +-- WeakPasswordError   a new password that is too short
    |   +-- PasswordFileError   the password file cannot be read, parsed or written
    +-- ClientError             our client; each carries the exit code of ``chat``
        +-- RefusedError        1: the server said no
        +-- CannotConnectError  3
        +-- SignInError         4
        +-- IdentityError       5: the server's key is unknown or changed
"""

from __future__ import annotations


class ChatError(Exception):
    """Base of all errors a person or a peer can cause; its text is safe to show."""


class ConfigError(ChatError):
    """A setting that cannot be used."""


class DataError(ChatError):
    """The data folder or the log in it cannot be used."""


class NewerDataError(DataError):
    """The data was written by a newer version."""


class LostLogError(DataError):
    """The data folder had a log, which is gone or empty."""


class DataLockedError(DataError):
    """Another server uses this data folder."""


class BackupError(ChatError):
    """A backup that cannot be made, read, or put in place."""


class ControlError(ChatError):
    """A request to a running server that cannot be made, or that the server refuses."""


class NoServerError(ControlError):
    """No server runs on the data folder."""


class LogUnavailableError(ChatError):
    """An event could not be stored; nobody has seen it."""


class StoppingError(LogUnavailableError):
    """Nothing is stored any more, as the server stops; it will be there again."""


class ProtocolError(ChatError):
    """A peer's bytes are not a message."""


class LineTooLongError(ProtocolError):
    """A line over the limit of its kind."""


class NotUtf8Error(ProtocolError):
    """A line that is not UTF-8."""


class MalformedLineError(ProtocolError):
    """A line that is not in the form of a message."""


class UnknownVerbError(MalformedLineError):
    """A line whose command is not made of letters, or of three digits; carries what stands there."""

    def __init__(self, verb: str) -> None:
        super().__init__("The line does not begin with a command: letters, or three digits.")
        self.verb = verb


class NameNotAllowedError(ChatError):
    """Text that cannot be the name of a user or a channel."""


class NameReservedError(NameNotAllowedError):
    """A name that nobody may take alone: it belonged to a removed account, or could be mistaken for another name."""


class AuthError(ChatError):
    """Accounts and passwords."""


class AccountExistsError(AuthError):
    """The name belongs to an account already."""


class NoSuchAccountError(AuthError):
    """No account has this name."""


class PasswordError(AuthError):
    """A password that cannot be used."""


class WeakPasswordError(PasswordError):
    """A new password that is too easy to guess."""


class PasswordFileError(AuthError):
    """The password file cannot be read, parsed or written."""


class ClientError(ChatError):
    """Our own client cannot go on."""

    exit_code = 1


class RefusedError(ClientError):
    """The server said no."""

    exit_code = 1


class CannotConnectError(ClientError):
    """No connection to the server."""

    exit_code = 3


class SignInError(ClientError):
    """The server does not accept this account and password."""

    exit_code = 4


class IdentityError(ClientError):
    """The server's key is unknown or has changed."""

    exit_code = 5
