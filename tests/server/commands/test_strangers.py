"""How many people one user begins to write to whom it does not know yet."""

from __future__ import annotations

import pytest

from chatapp.counting import counted
from chatapp.model.events import MessageSent
from tests.server.support import make_admin

NAMES = "bob carol dave erin frank"


@pytest.fixture
def world(make_world):
    """Let alice in, who may write to two strangers at once, and then to one each 10 seconds."""
    limits = {"strangers_per_user_burst": 2, "strangers_per_user_s": 10.0}
    made = make_world(accounts=f"alice {NAMES}", guests=True, **limits)
    made.enter("alice")
    return made


def sent(world, name):
    """Return whether alice has a conversation with a user."""
    state = world.services.state
    return state.conversation_named(state.user_named("alice"), name) != ""


def refusal(name, seconds, nick="alice"):
    """Return the answer to a message that is too many."""
    return (
        f":s 439 {nick} {name} :Nothing was sent: you write to too many people whom you do not know yet."
        f" Try again in {counted(seconds, 'second')}."
    )


def test_too_many_strangers(world):
    """Who writes to the third at once is told when to try again, and nothing of the message is stored."""
    alice = world.actors["alice"]
    alice.answers_pings = True
    for name in ("bob", "carol"):
        assert alice.ask(f"PRIVMSG {name} :hi") == [f":s 301 alice {name} :not connected; will get it later"]
    assert alice.ask("PRIVMSG Dave :hi", "PRIVMSG Dave :hi") == [refusal("dave", 10)] * 2
    assert (sent(world, "bob"), sent(world, "dave")) == (True, False)
    world.advance(9.5)
    assert alice.ask("PRIVMSG dave :hi") == [refusal("dave", 1)]
    world.advance(0.5)
    assert alice.ask("PRIVMSG dave :hi")[0].startswith(":s 301 ")
    assert sent(world, "dave")
    assert alice.ask("PRIVMSG erin :hi") == [refusal("erin", 10)]


def test_further_messages_to_the_same_person(world):
    """However many lines come in one piece, and from another device: the person is one."""
    alice, phone = world.actors["alice"], world.enter("alice", as_="phone")
    alice.ask(*["PRIVMSG bob :hi"] * 10)
    phone.ask(*["NOTICE bob :hi"] * 3, "PRIVMSG carol :hi")
    assert sent(world, "carol")
    assert phone.ask("PRIVMSG dave :hi")[-1] == refusal("dave", 10)
    assert sum(isinstance(row.event, MessageSent) and row.event.target == "bob" for row in world.disk.rows) == 13


def test_a_line_that_is_refused_opens_nothing(world):
    """The fast path for further lines to the same target begins with a line that was sent."""
    alice = world.actors["alice"]
    alice.ask("PRIVMSG bob :hi", "PRIVMSG carol :hi")
    answers = alice.ask("PRIVMSG dave :" + "x" * 490, "PRIVMSG dave :hi", "PRIVMSG dave :hi")
    assert [line.split(" ")[1] for line in answers] == ["417", "439", "439"]


def test_who_is_known(world):
    """Members of a channel, who wrote first, administrators, and oneself; an answer is never limited."""
    alice = world.actors["alice"]
    for name in ("bob", "carol", "dave"):
        world.enter(name)
    make_admin(world, "erin")
    world.channel("#room", "alice bob")
    world.actors["carol"].ask("PRIVMSG alice :hello")
    world.deaf()
    alice.ask("PRIVMSG dave :hi", "PRIVMSG frank :hi")
    for name in ("bob", "carol", "erin", "alice"):
        alice.ask(f"PRIVMSG {name} :hi")
        assert sent(world, name)
    world.actors["bob"].ask("PART #room")
    world.deaf()
    assert alice.ask("PRIVMSG bob :hi", "PRIVMSG carol :hi") == []


def test_members_of_the_lobby(make_world):
    """Everybody joins it, so it makes nobody known; another channel does."""
    world = make_world(accounts=f"alice {NAMES}", lobby="#lobby", strangers_per_user_burst=1)
    alice, bob = world.enter("alice"), world.enter("bob")
    bob.ask("JOIN #room")
    alice.ask("JOIN #room", "PRIVMSG carol :hi")
    assert {"alice", "bob", "dave"} <= {
        world.services.state.users[uid].name for uid in world.services.state.channel_named("#lobby").members
    }
    alice.ask("PRIVMSG bob :hi", "PRIVMSG dave :hi")
    assert (sent(world, "bob"), sent(world, "dave")) == (True, False)


def test_administrators_have_no_limit(world):
    """They may have to tell everybody something."""
    make_admin(world, "alice")
    alice = world.actors["alice"]
    for name in NAMES.split():
        alice.ask(f"PRIVMSG {name} :hi")
        assert sent(world, name)


def test_without_limits(make_world):
    """``--no-rate-limits``."""
    world = make_world(accounts=f"alice {NAMES}", rate_limits=False, strangers_per_user_burst=1)
    alice = world.enter("alice")
    for name in NAMES.split():
        alice.ask(f"PRIVMSG {name} :hi")
    assert all(sent(world, name) for name in NAMES.split())


def test_several_targets_and_several_lines(world):
    """Each stranger counts, and each is answered; so a message of several lines."""
    alice = world.enter("alice", "batch draft/multiline message-tags", as_="phone")
    answers = alice.ask("PRIVMSG bob,carol,dave :hi")
    assert (len(answers), answers[0]) == (3, refusal("dave", 10))
    lines = ["BATCH +1 draft/multiline erin", "@batch=1 PRIVMSG erin :one", "@batch=1 PRIVMSG erin :two", "BATCH -1"]
    assert alice.ask(*lines) == [refusal("erin", 10)]
    world.advance(10)
    alice.ask(*lines)
    assert sent(world, "erin")


def test_a_message_with_an_id(world):
    """It may be a repeated message, which is answered with its echo; a new message to a stranger counts."""
    alice = world.enter("alice", "message-tags echo-message", as_="phone")
    alice.ask("@+chatapp/id=1 PRIVMSG bob :hi", "@+chatapp/id=2 PRIVMSG carol :hi")
    assert alice.ask("@+chatapp/id=3 PRIVMSG dave :hi") == [refusal("dave", 10)]
    assert " PRIVMSG bob :hi" in alice.ask("@+chatapp/id=1 PRIVMSG bob :hi")[0]


def test_a_notice_is_refused_without_an_answer(world):
    """Spec: modern-irc, "NOTICE message": servers "must not send any error back to the client"."""
    alice = world.actors["alice"]
    alice.ask("PRIVMSG bob :hi", "PRIVMSG carol :hi")
    assert alice.ask("NOTICE dave :hi", "NOTICE dave :hi") == []
    assert not sent(world, "dave")


def test_guests_of_an_address(world):
    """A guest that comes again is another user, so the tokens are those of its address."""
    first = world.guest("gast")
    first.ask("PRIVMSG bob :hi", "PRIVMSG carol :hi")
    first.quit()
    assert world.guest("gust").ask("PRIVMSG dave :hi") == [refusal("dave", 8, "gust")]


def test_it_is_logged(world, caplog):
    """The administrator learns who does it."""
    alice = world.actors["alice"]
    alice.ask(*[f"PRIVMSG {name} :hi" for name in NAMES.split()])
    assert "alice writes to too many people whom it does not know" in caplog.text
