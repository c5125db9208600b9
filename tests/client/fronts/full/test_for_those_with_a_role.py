"""A message to members with a role (STATUSMSG) says so, so that nobody takes it for a message to all.

Spec: modern-irc, "STATUSMSG parameter": "to send a message via the PRIVMSG / NOTICE commands to those people on a
channel with (one of) the specified channel membership prefixes".
"""

from __future__ import annotations

import pytest

from chatapp.protocol.message import Message
from tests.client.fake_server import HOST
from tests.client.fronts.full.desk import Desk
from tests.client.fronts.full.stream.desk import StreamDesk
from tests.client.fronts.menu.desk import Desk as MenuDesk

BOB = f"bob!b@{HOST}"


@pytest.mark.parametrize(
    ("verb", "text", "shown"),
    [
        ("PRIVMSG", "ops only", "bob (to those with a role): ops only"),
        ("NOTICE", "ops only", "bob (notice) (to those with a role): ops only"),
        ("PRIVMSG", "\x01ACTION waves\x01", "* bob (to those with a role) waves"),
    ],
)
@pytest.mark.parametrize("desk", [Desk, StreamDesk])
def test_it_is_said_who_hears_it(server, desk, verb, text, shown):
    """The screen and the stream say it of messages, notices and actions, and of none that all members hear."""
    alice = desk(server, columns=160).sign_in()
    alice.hears(verb, "@#lobby", text, source=BOB)
    alice.hears("PRIVMSG", "#lobby", "for all", source=BOB)
    assert shown in alice.screen()
    assert "bob: for all" in alice.screen()


def test_the_menu_says_it(server):
    """The menu says it too, and ``--plain`` has the target as it was addressed."""
    alice = MenuDesk(server)
    alice.type("secret")
    peer = alice.wire.peer
    assert peer is not None
    peer.send(Message("PRIVMSG", ["@#lobby", "ops only"], BOB))
    peer.send(Message("PRIVMSG", ["#lobby", "for all"], BOB))
    assert alice.see() == ["12:00 #lobby <bob> (to those with a role) ops only", "12:00 #lobby <bob> for all"]
