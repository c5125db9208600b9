"""The data of a session that is not welcomed yet."""

from __future__ import annotations


class Registering:
    """The data that a client sends before the welcome. The session drops it then, to save memory for idle sessions."""

    __slots__ = (
        "arriving", "away", "commands", "metadata", "nick", "password", "realname", "subscriptions", "token", "uid",
        "wants_caps",
    )  # fmt: skip

    def __init__(self) -> None:
        self.arriving = ""  # casefolded name of the account that it signs up for, in ``Presence.arriving``; or empty
        self.away = ""  # the away message of this connection, or empty
        self.commands = 0  # how many it has sent so far
        self.metadata: dict[str, str] | None = None  # keys to set at the welcome; an empty value removes a key
        self.nick = ""
        self.realname: str | None = None  # None until USER
        self.password: str | None = None  # the text of PASS
        self.wants_caps = False  # True between CAP LS or CAP REQ and CAP END
        self.subscriptions: dict[str, None] | None = None  # keys of metadata
        self.uid = ""  # uid of the account that the session has signed in to
        self.token = ""  # id of the device token that it has signed in with; empty for none

    def signed_in(self, uid: str, token: str) -> None:
        """Record a sign-in that has succeeded: as whom and with which token (empty for none), which belong together."""
        self.uid, self.token = uid, token
