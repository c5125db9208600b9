"""The requests of ``chat ban``, ``chat kick``, ``chat role`` and ``chat log``: what they do, and how they refuse."""

from __future__ import annotations

import pytest

from chatapp.auth import hash_password
from chatapp.errors import ChatError
from chatapp.model.outcome import Reason, Refusal
from chatapp.server.control.order import refusal_words
from chatapp.server.control.requests import REQUESTS
from tests.server.world import HASH, b64


@pytest.fixture
def order(world):
    """Let alice be the founder of #class, and bob a member. carol is not connected."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#class", "alice bob")
    return world


def ask(world, verb, **arguments):
    """Ask the server, and return what it answers."""
    return world.run(REQUESTS[verb](world.watch, arguments))


def refused(world, verb, **arguments):
    """Ask the server for something that it refuses, and return why."""
    with pytest.raises(ChatError) as caught:
        ask(world, verb, **arguments)
    return str(caught.value)


def acts(world, about=""):
    """Return who did what to whom, where."""
    return [(act["nick"], act["verb"], act["target"], act["channel"]) for act in ask(world, "log", about=about)["acts"]]


def test_the_log_tells_what_is_about_somebody(order):
    """Also a mask and a network that are about the person."""
    order.actors["alice"].ask("MODE #class +b ~t:5:~m:p10", "MODE #class +b p01", "MODE #class +v bob")
    ask(order, "ban", target="203.0.113.45")
    assert [act[2] for act in acts(order, "P10")] == ["~t:5:~m:p10!*@*"]
    assert [act[2] for act in acts(order, "p01")] == ["p01!*@*"]
    assert [act[2] for act in acts(order, "203.0.113.45")] == ["203.0.113.45"]
    assert acts(order, "class") == acts(order, "#CLASS") == [act for act in acts(order) if act[3] == "#class"]
    assert acts(order, "zoe") == []


def test_an_act_on_the_servers_machine_has_the_name_that_the_channel_saw(order):
    """The server is the source of the line, and of the act and the ban."""
    ask(order, "role", name="bob", role="voice", channel="#class")
    assert ":s MODE #class +v bob" in order.actors["bob"].hear()
    assert ask(order, "ban", target="203.0.113.45", reason="spam")["nick"] == "s"
    assert [ban["nick"] for ban in ask(order, "bans")["bans"]] == ["s"]
    ask(order, "kick", name="bob", reason="enough")
    assert "ERROR :Killed (s: enough)" in order.actors["bob"].hear()
    assert {act[0] for act in acts(order)} == {"s"}
    assert acts(order, "S") == acts(order)


def test_accounts_that_the_administrator_makes_and_removes_are_in_the_log(order):
    """And those that people make are not."""
    order.services.accounts._file.add("zoe", HASH)
    order.services.accounts._file.remove("carol")
    order.advance(1)
    order.connect("yan", says="NICK yan\nUSER y 0 * :y").ask("REGISTER * * long-secret")
    assert order.services.state.user_named("yan") is not None
    assert acts(order, "carol") == [("s", "adduser", "carol", ""), ("s", "deluser", "carol", "")]
    assert acts(order, "zoe") == [("s", "adduser", "zoe", "")]
    assert acts(order, "yan") == []


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("kick", {"name": "carol"}, "carol is not connected."),
        ("kick", {"name": "carol", "channel": "#class"}, "carol is not in #class."),
        ("role", {"name": "carol", "channel": "#class", "role": "none"}, "carol is not in #class."),
        ("kick", {"name": "nobody"}, "There is nobody called nobody."),
        ("ban", {"target": "nobody"}, "There is nobody called nobody, and it is no IP address."),
        ("kick", {"name": "bob", "channel": "#none"}, "There is no channel #none. To see which there are: chat rooms"),
        ("kick", {"name": "bob", "channel": "none"}, "There is no channel #none. To see which there are: chat rooms"),
    ],
)  # fmt: skip
def test_refusals_name_the_person_and_the_channel(order, name, arguments, words):
    """And nothing is in the log of it."""
    before = acts(order)
    assert refused(order, name, **{"reason": "", "seconds": 0, **arguments}) == words
    assert acts(order) == before


def test_every_refusal_is_a_sentence():
    """Whatever policy refuses when the event is applied: it begins with a capital letter or a name."""
    for reason in Reason:
        words = refusal_words(Refusal(reason, "bob", "#class"))
        assert words[0].isupper() or words.startswith("bob "), words
        assert words.endswith(".")
        assert "the other user" not in words.lower()


def test_a_channel_may_be_named_without_its_sign(order):
    """A shell takes #class for a comment."""
    ask(order, "role", name="bob", role="operator", channel="class")
    ask(order, "kick", name="bob", channel="CLASS")
    assert acts(order)[-1] == ("s", "kick", "bob", "#class")


def test_the_log_says_that_a_removed_member_was_a_founder(order):
    """Who is kicked loses its roles, so nothing else would tell."""
    ask(order, "kick", name="alice", channel="#class")
    assert acts(order)[-1] == ("s", "kick founder", "alice", "#class")


def test_whoever_succeeds_a_removed_founder_is_in_the_answer_and_in_the_log(order):
    """ "When the last founder's account is removed, the next in rank becomes founder": that is told, not silent."""
    order.actors["alice"].ask("MODE #class +v bob")
    order.services.accounts._file.remove("alice")
    for _ in range(2):  # the second time, the server has noticed it before it is asked
        told = {"problem": "", "heirs": [["bob", "#class"]], "without_founder": []}
        assert ask(order, "take-in", removed="alice") == told
    assert acts(order, "bob")[-1] == ("s", "heir", "bob", "#class")
    assert ask(order, "take-in") == {"problem": "", "heirs": [], "without_founder": []}


def test_a_channel_that_nobody_keeps_order_in_is_in_the_answer_and_in_the_log(order):
    """Nobody can invite to it any more, or make somebody its founder, except administrators: that is told."""
    order.enter("carol").ask("JOIN #plain", "JOIN #other")
    for name in ("bob", "alice"):
        order.actors[name].ask("JOIN #plain", "JOIN #other")
    order.actors["carol"].ask("MODE #other +q bob", "PART #plain")
    file = order.services.accounts._file
    file.remove("alice")  # without a role in #plain and #other, and the founder of #class
    assert ask(order, "take-in", removed="alice") == {"problem": "", "heirs": [], "without_founder": ["#class"]}
    assert acts(order, "class")[-1] == ("s", "no-heir", "", "#class")
    file.remove("carol")  # #plain has kept its role
    assert ask(order, "take-in", removed="carol") == {"problem": "", "heirs": [], "without_founder": ["#plain"]}
    file.remove("bob")
    assert ask(order, "take-in", removed="bob") == {"problem": "", "heirs": [], "without_founder": []}


def test_the_role_of_somebody_who_has_left(order):
    """ "The role that is kept for a user who has left can be taken too": as with MODE, from an administrator."""
    order.actors["alice"].ask("MODE #class +ov bob bob")
    order.actors["bob"].ask("PART #class")
    assert ask(order, "role", name="bob", role="none", channel="#class") == {"channel": "#class", "member": False}
    assert order.services.state.channel_named("#class").roles == {}
    assert refused(order, "role", name="bob", role="none", channel="#class") == "bob is not in #class."
    order.actors["bob"].ask("JOIN #class")
    order.deaf()
    assert order.actors["alice"].ask("NAMES #class")[0].endswith(":~alice bob")


def test_a_founder_who_is_locked_out_comes_back(order):
    """The channel keeps the role for somebody who is no member, and a founder joins in spite of a ban, i and a key."""
    alice, bob = order.actors["alice"], order.actors["bob"]
    alice.ask("MODE #class +q bob")
    bob.ask("MODE #class -q alice", "KICK #class alice", "MODE #class +b alice", "MODE #class +ik key")
    order.deaf()
    assert alice.ask("JOIN #class")[0].startswith(":s 474 ")
    assert ask(order, "role", name="alice", role="founder", channel="class") == {"channel": "#class", "member": False}
    assert bob.hear() == [":s MODE #class +q alice"]
    assert alice.ask("JOIN #class")[0] == ":alice!alice@s JOIN #class"
    assert alice.ask("NAMES #class")[0].endswith(" = #class :~bob ~alice")
    assert alice.ask("MODE #class -q bob")[-1] == ":alice!alice@s MODE #class -q bob"
    assert acts(order, "alice")[-2:] == [("s", "mode +q", "alice", "#class"), ("alice", "mode -q", "bob", "#class")]


def test_no_role_is_kept_for_a_guest(make_world):
    """A guest disappears with its connection."""
    world = make_world(accounts="alice", guests=True)
    world.enter("alice")
    world.guest("gast")
    world.channel("#class", "alice")
    assert refused(world, "role", name="gast", role="founder", channel="#class") == "gast is not in #class."


def test_new_passwords_and_the_sign_up_policy_are_in_the_log(order):
    """Each once, and only if something changed. Whoever changes its own password keeps no order."""
    file = order.services.accounts._file
    file.set_hash("carol", hash_password("another one", 4))
    order.advance(1)
    ask(order, "sign-up", policy="closed")
    ask(order, "sign-up", policy="closed")
    ask(order, "sign-up")
    told = order.actors["alice"].ask(f"PASSWD {b64('sesame')} {b64('another-password')}")
    assert " PASSWD SUCCESS " in told[0]
    order.advance(1)
    assert acts(order)[-2:] == [("s", "passwd", "carol", ""), ("s", "sign-up", "closed", "")]
