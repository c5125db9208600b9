"""Who a session is before it is welcomed."""

from __future__ import annotations

from chatapp.protocol.sasl import ChunkBuffer


class Registering:
    """What a session has told before it is welcomed; dropped then, for most sessions live long and idle."""

    __slots__ = ("nick", "password", "realname", "sasl", "uid", "wants_caps")

    def __init__(self) -> None:
        self.nick = ""
        self.realname: str | None = None  # None until USER
        self.password: str | None = None  # of PASS
        self.wants_caps = False  # between CAP LS or REQ and CAP END
        self.sasl: ChunkBuffer | None = None
        self.uid = ""  # of the account it has signed in to
