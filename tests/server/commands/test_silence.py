"""SILENCE: people whose messages one does not want."""

from __future__ import annotations

import pytest

CAPS = "draft/chathistory batch echo-message invite-notify"


def test_nothing_of_a_blocked_user_arrives(world):
    """ "A blocked account's messages do not reach the blocker on any device"."""
    for name in ("alice", "bob", "carol"):
        world.enter(name, "message-tags" if name == "alice" else "", old=True)
    world.enter("alice", as_="phone", old=True)
    world.enter("alice", "chatapp/account", as_="ours")
    world.channel("#room", "alice bob carol")
    world.channel("#other", "bob")
    world.play("""
        alice> SILENCE +BOB
        alice< :s NOTICE alice :bob is silenced: you get no messages of theirs, on any device.
        phone< :s NOTICE alice :bob is silenced: you get no messages of theirs, on any device.
        ours< :alice!alice@s SILENCE +bob!*@*
        bob> PRIVMSG alice :hey
        bob> NOTICE alice :hey
        bob> PRIVMSG #room :hello all
        carol< :bob!bob@s PRIVMSG #room :hello all
        bob> INVITE alice #other
        bob< :s 341 bob alice #other
        bob> PRIVMSG alice,carol :both
        carol< :bob!bob@s PRIVMSG carol :both
        carol> PRIVMSG #room :from carol
        alice< @msgid={m} :carol!carol@s PRIVMSG #room :from carol
        phone< :carol!carol@s PRIVMSG #room :from carol
        ours< :carol!carol@s PRIVMSG #room :from carol
        bob< :carol!carol@s PRIVMSG #room :from carol
        alice> SILENCE -bob
        alice< :s NOTICE alice :bob is not silenced any more.
        phone< :s NOTICE alice :bob is not silenced any more.
        ours< :alice!alice@s SILENCE -bob!*@*
        bob> PRIVMSG alice :better?
        alice< @msgid={n} :bob!bob@s PRIVMSG alice :better?
        phone< :bob!bob@s PRIVMSG alice :better?
        ours< :bob!bob@s PRIVMSG alice :better?
        ours> SILENCE +carol
        ours< :alice!alice@s SILENCE +carol!*@*
        alice< :s NOTICE alice :carol is silenced: you get no messages of theirs, on any device.
        phone< :s NOTICE alice :carol is silenced: you get no messages of theirs, on any device.
    """)


def test_no_words_of_a_blocked_user_arrive_as_something_else(world):
    """ "A blocked account's messages do not reach the blocker on any device": nor as a reason, or as a real name."""
    for name in ("alice", "bob", "carol"):
        world.enter(name, "extended-join setname")
    world.channel("#room", "alice bob carol")
    world.actors["alice"].say("SILENCE +bob")
    world.deaf()
    world.play("""
        bob> SETNAME :read this
        bob< :bob!bob@s SETNAME :read this
        carol< :bob!bob@s SETNAME :read this
        bob> PART #room :read this
        bob< :bob!bob@s PART #room :read this
        carol< :bob!bob@s PART #room :read this
        alice< :bob!bob@s PART #room
        bob> JOIN #room
        bob< :bob!bob@s JOIN #room bob :read this
        bob< :s 353 bob = #room :~alice carol bob
        bob< :s 366 bob #room :End of NAMES list.
        carol< :bob!bob@s JOIN #room bob :read this
        alice< :bob!bob@s JOIN #room bob :
    """)


def test_no_words_of_a_blocked_guest_who_quits(make_world):
    """The same for the reason of a QUIT, which only guests have. What the server says of a lost connection stays."""
    world = make_world(accounts="alice", guests=True)
    alice, zoe, max_ = world.enter("alice"), world.guest("zoe"), world.guest("max")
    world.channel("#room", "alice zoe max")
    alice.say("SILENCE +zoe", "SILENCE +max")
    world.deaf()
    zoe.say("QUIT :read this")
    max_.hang_up()
    assert alice.hear() == [":zoe!zoe@s QUIT :Quit", ":max!max@s QUIT :Connection closed"]


def test_messages_of_sbobral_in_one_batch(world):
    """What others said at the same moment arrives, in order."""
    alice = world.enter("alice")
    for name in ("carol", "bob"):
        world.enter(name)
    world.channel("#room", "alice carol bob")
    alice.say("SILENCE +bob")
    world.deaf()
    world.log.held = True
    for number in range(3):
        world.actors["carol"].say(f"PRIVMSG #room :b{number}")
        world.actors["bob"].say(f"PRIVMSG #room :e{number}")
    alice.say("PRIVMSG #room :mine")
    world.log.held = False
    world.settle()
    assert [line.rpartition(":")[2] for line in alice.hear()] == ["b0", "b1", "b2"]
    assert [line.rpartition(":")[2] for line in world.actors["carol"].hear()] == ["e0", "e1", "e2", "mine"]


def test_nothing_in_history_nor_in_what_was_missed(world):
    """On bobry device, also on those that come later."""
    alice, bob = world.enter("alice", CAPS), world.enter("bob", CAPS)
    world.channel("#room", "alice bob")
    alice.say("SILENCE +bob")
    echoes = bob.ask("PRIVMSG #room :noise", "PRIVMSG alice :noise")
    assert [line for line in echoes if "noise" in line] == echoes != []
    for target in ("#room", "bob"):
        assert not [line for line in alice.ask(f"CHATHISTORY LATEST {target} * 10") if "noise" in line]
    targets = alice.ask("CHATHISTORY TARGETS timestamp=2000-01-01T00:00:00.000Z timestamp=2099-01-01T00:00:00.000Z 9")
    assert not [line for line in targets if line.endswith(" bob") or " bob " in line]
    alice.hang_up()
    bob.ask("PRIVMSG #room :noise", "PRIVMSG alice :noise")
    late = world.enter("alice", as_="late")
    assert not [line for line in late.hear() if "noise" in line]
    late.say("SILENCE -bob")
    again = world.enter("alice", CAPS, as_="again")
    assert [line for line in again.ask("CHATHISTORY LATEST bob * 10") if "noise" in line]


def test_it_survives_a_restart_and_the_end_of_accounts(world):
    """It belongs to the account; a removed account is not in the list any more."""
    alice = world.enter("alice")
    world.enter("bob")
    alice.say("SILENCE +bob", "SILENCE +carol")
    world.stop()
    world.start_again()
    alice = world.enter("alice")
    assert [line.split(" :")[0] for line in alice.ask("SILENCE")] == [
        ":s 271 alice alice bob!*@*",
        ":s 271 alice alice carol!*@*",
        ":s 272 alice alice",
    ]
    world.services.accounts._file.remove("carol")
    world.advance(1)
    assert len(alice.ask("SILENCE")) == 2


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("SILENCE +nobody", "401 alice nobody"),
        ("SILENCE +alice", "400 alice SILENCE"),
        ("SILENCE", "272 alice alice"),
    ],
)
def test_mistakes(world, line, answer):
    """Each gets its answer."""
    alice = world.enter("alice")
    assert [each.split(" :")[0] for each in alice.ask(line)] == [f":s {answer}"]


def test_the_list_is_bounded(world, monkeypatch):
    """ "Everything is bounded"."""
    monkeypatch.setattr("chatapp.model.users.SILENCED_MAX", 1)
    alice = world.enter("alice")
    alice.say("SILENCE +bob")
    world.deaf()
    assert alice.ask("SILENCE +carol")[0].startswith(":s 511 alice ")
