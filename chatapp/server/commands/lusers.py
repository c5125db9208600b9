"""LUSERS: how many users, connections and channels there are.

Spec: modern-irc, "LUSERS message".
"""

from __future__ import annotations

from chatapp.server.session.lusers import lusers_lines
from chatapp.server.session.session import Session


def lusers(session: Session) -> None:
    """Send the numbers. RFC 2812 has a mask and a server as parameters; they are ignored, as in modern servers."""
    for line in lusers_lines(session):
        session.send(line)
