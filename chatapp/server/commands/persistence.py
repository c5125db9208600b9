"""PERSISTENCE: say that an account stays in its channels when it disconnects. It always does (DESIGN R3).

A client's wish is not kept, because it would change nothing: the setting is always ``DEFAULT``.

Spec: IRCv3 draft/persistence (pull request 503).
"""

from __future__ import annotations

from chatapp.model.entities import User
from chatapp.server import refusals
from chatapp.server.capabilities import PERSISTENCE
from chatapp.server.commands.topics import TOPICS
from chatapp.server.delivery.greeting import persistence_line
from chatapp.server.session.session import Session

_SETTINGS = ("ON", "OFF", "DEFAULT")


def persistence(session: Session, user: User, subcommand: str, setting: str) -> None:
    """Answer GET and SET with STATUS. Raises StandardRefused.

    Spec: "Implementations SHOULD ignore unrecognized subcommands": so they are answered only to a client without the
    capability, where a person has typed the line. "servers MAY accept the change in client setting
    while not changing the effective setting. [...] In this event, the server MUST NOT send a FAIL response, but MUST
    send a PERSISTENCE STATUS response describing the current settings. The server MAY send a WARN or NOTE response".
    """
    subcommand, setting = subcommand.upper(), setting.upper()
    if subcommand not in ("GET", "SET"):
        if session.caps & PERSISTENCE:
            return
        raise refusals.WRONG_PARAMS.of(usage=TOPICS["PERSISTENCE"].syntax)
    if user.guest:
        raise refusals.GUEST_LEAVES.of()
    if subcommand == "SET" and setting not in _SETTINGS:
        raise refusals.PERSISTENCE_USAGE.of()
    line = persistence_line(session.services.host).decode().rstrip()
    if setting != "OFF" or session.caps & PERSISTENCE:  # without the capability, the NOTE below says it all
        session.tell("PERSISTENCE", line, "Your account stays in its channels when it disconnects.")
    if setting == "OFF":
        session.standard_reply("NOTE", "PERSISTENCE", refusals.ACCOUNT_STAYS)
