"""Pure: the states of the sign-in (``signin.py``)."""

from __future__ import annotations

import enum


class State(enum.Enum):
    """The state of the sign-in: which line of the server, or which person, it waits for."""

    OFFLINE = enum.auto()
    OFFERS = enum.auto()  # the answer to CAP LS
    ASKED = enum.auto()  # the answers to CAP REQ
    EXTERNAL = enum.auto()  # the result of the sign-in with a certificate
    INVITATION = enum.auto()  # the answer to INVITATION
    LOOKUP = enum.auto()  # the answer to ACCOUNT
    WAITING = enum.auto()  # a person, for a password
    SASL = enum.auto()
    REGISTER = enum.auto()
    ENDING = enum.auto()  # the welcome after CAP END
    DONE = enum.auto()
