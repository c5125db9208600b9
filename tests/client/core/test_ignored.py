"""People who are ignored on a server that cannot do it."""

from __future__ import annotations

import pytest

from tests.client.fake_server import HOST, FakeServer, signed_in


@pytest.mark.parametrize(
    "line",
    ["PRIVMSG alice :x", "NOTICE #lobby :alice: x", "@+typing=active TAGMSG #lobby", "INVITE alice #x"],
)
def test_nothing_is_told_of_them(line):
    """Nor counted as unread, nor shown as typing; others are heard."""
    alice = signed_in(FakeServer({"alice": "secret"}), "alice")
    alice.pump()
    tags, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
    session = alice.session
    session.ignored.use(["Eve"])

    def hear(nick: str) -> list[object]:
        return session.received(f"{tags} :{nick}!e@{HOST} {rest}".strip().encode(), alice.server.time)

    assert hear("eve") == []
    assert session.received(f":eve!e@{HOST} NICK adam".encode(), alice.server.time)
    assert hear("adam") == []
    assert [each.unread for each in session.conversations.values()] == [0]
    assert session.conversations.typing("#lobby", alice.server.time) == []
    assert hear("bob") or session.conversations.typing("#lobby", alice.server.time) == ["bob"]
    session.ignored.use([])
    assert hear("adam") or "adam" in session.conversations.typing("#lobby", alice.server.time)
