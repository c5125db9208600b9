"""The tree of exceptions.

The text of every exception is for the person who sees it: what happened, why, and what to do next.

::

    ChatError
    +-- ConfigError             a setting that cannot be used (at start-up)
    +-- DataError               the data folder or the log cannot be used (at start-up)
    |   +-- NewerDataError      written by a newer chatapp
    |   +-- LostLogError        the folder had a log that is now missing, empty, or another one
    |   +-- DataLockedError     another server uses this data folder
    +-- BackupError             a backup cannot be made, read, or put in place
    +-- ControlError            a request to a running server fails or is refused (chat status, chat sign-up)
    |   +-- NoServerError       no server runs on the data folder
    +-- LogUnavailableError     an event could not be stored, or history not read (full disk, I/O error, overload)
    |   +-- StoppingError       the server is stopping
    +-- ProtocolError           a peer's bytes are not a message
    |   +-- LineTooLongError
    |   +-- NotUtf8Error
    |   +-- MalformedLineError
    |       +-- UnknownVerbError    its command is neither letters nor three digits
    +-- InvitationLinkError     not the link of an invitation; the text has nothing of the link
    +-- NameNotAllowedError     not a valid nick, account or channel name
    |   +-- NameReservedError   a valid name that users may not take; an administrator may give it to a user
    +-- AuthError               accounts and passwords
    |   +-- AccountExistsError
    |   +-- NoSuchAccountError
    |   +-- PasswordError       a password that cannot be used (empty, over 72 bytes, NUL)
    |   |   +-- WeakPasswordError   a new password that is too short
    |   +-- PasswordFileError   the password file cannot be read, parsed or written
    +-- ClientError             our client; each carries the exit code of ``chat``
        +-- RefusedError        1: the server refused the request
        +-- CannotConnectError  3
        +-- SignInError         4
        +-- IdentityError       5: the server's key is unknown or changed
        +-- DeliveryUnknownError    6: a message was sent, and nobody knows whether it is stored
"""

from __future__ import annotations


class ChatError(Exception):
    """Base of all errors that a person or a peer can cause. The text is safe to show to users."""


class ConfigError(ChatError):
    """A setting that cannot be used."""


class DataError(ChatError):
    """The data folder or the log in it cannot be used."""


class NewerDataError(DataError):
    """The data was written by a newer version."""


class LostLogError(DataError):
    """The data folder had a log that is now missing, empty, or another one."""


class DataLockedError(DataError):
    """Another server uses this data folder."""


class BackupError(ChatError):
    """A backup cannot be made, read, or put in place."""


class ControlError(ChatError):
    """A request to a running server failed, or the server refused it."""


class NoServerError(ControlError):
    """No server runs on the data folder."""


class LogUnavailableError(ChatError):
    """An event could not be stored, and nobody has seen it; or the history cannot be read."""


class StoppingError(LogUnavailableError):
    """The event was not stored, because the server is stopping."""


class ProtocolError(ChatError):
    """A peer's bytes are not a message."""


class LineTooLongError(ProtocolError):
    """A line is longer than the limit for its kind."""


class NotUtf8Error(ProtocolError):
    """A line is not UTF-8."""


class MalformedLineError(ProtocolError):
    """A line does not have the form of a message."""


class UnknownVerbError(MalformedLineError):
    """The command of a line is neither letters nor three digits. ``verb`` is the text in its place.

    Spec: modern-irc, "Message Format": ``command ::= letter* / 3digit``.
    """

    def __init__(self, verb: str) -> None:
        super().__init__("The line does not begin with a command: letters, or three digits.")
        self.verb = verb


class InvitationLinkError(ChatError):
    """A text is not the link of an invitation. The text of the error has nothing of it."""


class NameNotAllowedError(ChatError):
    """A text is not a valid name of a user or a channel."""


class NameReservedError(NameNotAllowedError):
    """A user may not take this name: it belonged to a removed account, looks official, or looks like another name."""


class AuthError(ChatError):
    """Base of errors about accounts and passwords."""


class AccountExistsError(AuthError):
    """The name belongs to an account already."""


class NoSuchAccountError(AuthError):
    """No account has this name."""


class PasswordError(AuthError):
    """A password cannot be used: it is empty, over 72 bytes, or contains NUL."""


class WeakPasswordError(PasswordError):
    """A new password is too short."""


class PasswordFileError(AuthError):
    """The password file cannot be read, parsed or written."""


class ClientError(ChatError):
    """Our own client cannot continue. ``exit_code`` is the exit code of ``chat``."""

    exit_code = 1


class RefusedError(ClientError):
    """The server refused the request."""

    exit_code = 1


class CannotConnectError(ClientError):
    """No connection to the server."""

    exit_code = 3


class SignInError(ClientError):
    """The server does not accept this account and password."""

    exit_code = 4


class NoAccountError(SignInError):
    """There is no account of this name, and none is made. With another name it may go on."""


class IdentityError(ClientError):
    """The server's key is unknown or has changed."""

    exit_code = 5


class DeliveryUnknownError(ClientError):
    """A message was sent, and the server has not said whether it is stored."""

    exit_code = 6
