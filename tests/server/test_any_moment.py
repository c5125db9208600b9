"""A connection may end in any turn of the event loop; nothing of it stays but what was stored."""

from __future__ import annotations

import asyncio

import pytest

from tests.server.world import plain

SIGN_IN = ["CAP REQ :sasl labeled-response batch echo-message", "NICK x", "USER x 0 * :x", "AUTHENTICATE PLAIN"]

CONVERSATIONS = {
    "guest": ["NICK zoe", "USER zoe 0 * :zoe"],
    "pass": ["PASS bob:sesame", "NICK bob", "USER bob 0 * :b"],
    "sasl": [*SIGN_IN, f"AUTHENTICATE {plain('bob')[0]}", "CAP END"],
    "register": ["NICK dave", "USER d 0 * :d", "REGISTER * * long-secret"],
    "guest register": ["NICK zoe", "USER zoe 0 * :zoe", "REGISTER * * long-secret"],
    "talk": [
        "PASS bob:sesame", "NICK bob", "USER bob 0 * :b", "JOIN #a,#b,#c", "PRIVMSG #a :1", "PRIVMSG alice :2",
        "TOPIC #a :x", "WHO *", "LIST", "CHATHISTORY LATEST #a * 5", "SETNAME :B", "PART #b", "PING 1",
        "MARKREAD #a timestamp=2026-01-01T00:00:00.000Z", "QUIT",
    ],
}  # fmt: skip


async def turns(count):
    """Let the loop turn so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


@pytest.mark.parametrize("end", ["reset", "end"])
@pytest.mark.parametrize("what", CONVERSATIONS)
def test_ending_at_any_moment(make_world, what, end):
    """Nobody stays connected, no guest stays, nothing goes wrong; and it can be begun anew at once."""
    world = make_world(accounts="alice bob", guests=True, rate_limits=False)
    world.enter("alice")
    world.channel("#a", "alice")
    for moment in range(60):
        actor = world.connect("x")
        actor.transport.feed("".join(f"{line}\r\n" for line in CONVERSATIONS[what]).encode())
        world.loop.run_until_complete(turns(moment))
        done = world.loop.idle
        getattr(actor.transport, end)()
        world.settle()
        assert [session.nick for session in world.watch.sessions] == ["alice"]
        state, presence = world.services.state, world.services.presence
        assert not any(user.guest for user in state.users.values())
        assert [user.name for user in state.users.values() if presence.count(user.uid)] == ["alice"]
        world.check_presence()
        for name in ("dave", "zoe"):
            if world.services.accounts._file.get(name) is not None:
                world.services.accounts._file.remove(name)
                world.advance(1)
        if done:
            break
    assert done, "there are more turns than were tried"
