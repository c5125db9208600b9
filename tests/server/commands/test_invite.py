"""INVITE and KNOCK: how people come into a channel that not everybody may join."""

from __future__ import annotations

import pytest

from chatapp.model.entities import ADMINISTRATOR
from chatapp.protocol import numerics as num


def test_inviting(world):
    """The target hears of it on all connections; so do members with invite-notify; 341 confirms it."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.enter("bob", as_="phone")
    world.enter("carol", "invite-notify")
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +i-W")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 473 bob #room :...
        bob> INVITE
        bob< :s 337 bob :...
        alice> INVITE BOB #ROOM
        alice< :s 341 alice bob #room
        bob< :alice!alice@s INVITE bob #room
        phone< :alice!alice@s INVITE bob #room
        carol< :alice!alice@s INVITE bob #room
        bob> INVITE
        bob< :s 336 bob #room
        bob< :s 337 bob :...
        carol> INVITE bob #room
        carol< :s 482 carol #room :...
        bob> JOIN #room
        bob< :bob!bob@s JOIN #room
        bob< :s 353 bob = #room :~alice carol bob
        bob< :s 366 bob #room :End of NAMES list.
        phone< :bob!bob@s JOIN #room
        phone< :s 353 bob = #room :~alice carol bob
        phone< :s 366 bob #room :End of NAMES list.
        alice< :bob!bob@s JOIN #room
        carol< :bob!bob@s JOIN #room
        bob> INVITE
        bob< :s 337 bob :...
    """)


def test_the_inviter_gets_341_and_no_invite(world):
    """Clients show a line for each of both; whatever other capabilities the inviter has, 341 is enough."""
    alice = world.enter("alice", "invite-notify server-time setname message-tags batch")
    world.enter("bob")
    world.channel("#room", "alice")
    assert alice.ask("INVITE bob #room") == [":s 341 alice bob #room"]


def test_somebody_who_is_not_there_is_invited(world):
    """The invitation waits; who invites is told that the other one is away."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    bob.hang_up()
    assert alice.ask("INVITE bob #room") == [
        ":s 341 alice bob #room",
        ":s 301 alice bob :not connected; will get it later",
    ]
    bob = world.enter("bob", as_="again")
    assert bob.ask("INVITE")[0] == ":s 336 bob #room"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("INVITE bob", "461 alice INVITE"),
        ("INVITE nobody #room", "401 alice nobody"),
        ("INVITE bob #none", "403 alice #none"),
        ("INVITE bob room", "403 alice room"),
        ("INVITE bob #room", "443 alice bob #room"),
        ("INVITE carol #other", "442 alice #other"),
        ("KNOCK", "461 alice KNOCK"),
        ("KNOCK #none", "403 alice #none"),
        ("KNOCK #room", "714 alice #room"),
        ("KNOCK #other", "713 alice #other"),
        ("KNOCK #shut :" + "x" * 300, "417 alice"),
    ],
)
def test_mistakes(world, line, answer):
    """Each gets its numeric."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.channel("#other,#shut", "carol")
    world.actors["carol"].say("MODE #shut +i")
    assert [each.split(" :")[0] for each in world.actors["alice"].ask(line)] == [f":s {answer}"]


def test_knocking(world):
    """The operators hear it, once in a while; somebody who is banned cannot."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +i")
    world.deaf()
    world.play("""
        bob> KNOCK #room :it is me
        alice< :s 710 alice #room bob!bob@s :asks to be invited. it is me
        bob< :s 711 bob #room :...
        bob> KNOCK #room
        bob< :s 712 bob #room :...
    """)
    world.advance(61)
    world.actors["alice"].say("MODE #room +b bob")
    world.deaf()
    world.play("""
        bob> KNOCK #room
        bob< :s 480 bob #room :...
    """)


def test_the_words_of_a_knock(world):
    """irssi and WeeChat send them without a colon, so all words after the channel count."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice")
    world.actors["alice"].say("MODE #room +i")
    world.deaf()
    assert world.actors["bob"].ask("KNOCK #room let me in") == [f":s 711 bob #room :{num.RPL_KNOCKDLVR.text}"]
    assert world.actors["alice"].hear()[0].endswith(" let me in")


def test_a_channel_cannot_send_people_to_itself(world):
    """The mode is refused, and who may not join the channel reads why."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room", "alice")
    world.deaf()
    world.play("""
        alice> MODE #room +f #ROOM
        alice< :s 696 alice #room f #ROOM :A channel cannot send people to itself.
        alice> MODE #room +i
        alice< :alice!alice@s MODE #room +iW
        bob> JOIN #room
        bob< :s 473 bob #room :...
    """)


def test_nobody_is_sent_on_in_vain(world):
    """Two channels that forward to each other, and keep somebody out: the answer is about the one asked for."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#one,#two", "alice")
    world.actors["alice"].say("MODE #one +if #two", "MODE #two +kf key #one")
    world.deaf()
    world.play("""
        bob> JOIN #one
        bob< :s 473 bob #one :...
        bob> JOIN #two
        bob< :s 475 bob #two :...
        bob> JOIN #two key
        bob< :bob!bob@s JOIN #two
        bob< :s 353 bob = #two :~alice bob
        bob< :s 366 bob #two :End of NAMES list.
        alice< :bob!bob@s JOIN #two
    """)


def test_a_full_channel_sends_people_on(world):
    """ "470": who may not join #room joins the channel that it forwards to."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#waiting", "alice")
    world.actors["alice"].say("MODE #room +lf 1 #waiting")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 470 bob #room #waiting :...
        bob< :bob!bob@s JOIN #waiting
        bob< :s 353 bob = #waiting :~alice bob
        bob< :s 366 bob #waiting :End of NAMES list.
        alice< :bob!bob@s JOIN #waiting
    """)


def test_a_forward_ends_with_the_channel_that_it_leads_to(world):
    """A channel that died and was created again is a different channel, so nobody is sent to it: no operator of it has
    chosen that, and it may be secret."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room,#next", "alice")
    world.actors["alice"].say("MODE #room +if #next", "PART #next")
    world.channel("#next", "carol")
    world.actors["carol"].say("MODE #next +s")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 473 bob #room :...
    """)


def test_who_is_sent_on_in_vain_learns_no_name(world):
    """ "A secret channel is invisible everywhere": the refusal has its present name only if the user gets in."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#back", "alice")
    world.actors["alice"].say("MODE #room +if #back", "MODE #back +si", "RENAME #back #hidden")
    world.deaf()
    world.play("""
        bob> JOIN #room
        bob< :s 473 bob #room :...
    """)
    world.actors["alice"].say("MODE #hidden -i")
    world.deaf()
    assert [line.split(" :")[0] for line in world.actors["bob"].ask("JOIN #room")[:2]] == [
        ":s 470 bob #room #hidden",
        ":bob!bob@s JOIN #hidden",
    ]


def test_a_secret_channel_is_not_there_for_others(world):
    """ "A secret channel is invisible everywhere": the same answers as for a channel that does not exist."""
    for name in ("alice", "bob"):
        world.enter(name, "draft/chathistory batch labeled-response draft/read-marker")
    world.channel("#room", "alice bob")
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.say("MODE #room +s", "KICK #room bob")
    world.deaf()
    for line in (
        "MODE {}", "MODE {} b", "MODE {} +m", "TOPIC {}", "TOPIC {} :x", "NAMES {}", "WHO {}", "LIST {}", "LIST",
        "INVITE bob {}", "KNOCK {}", "KICK {} alice", "PART {}", "PRIVMSG {} :x", "NOTICE {} :x",
        "@+typing=active TAGMSG {}", "CHATHISTORY LATEST {} * 5", "MARKREAD {}",
        "MARKREAD {} timestamp=2026-01-01T00:00:00.000Z", "@label=7 PRIVMSG {} :x",
    ):  # fmt: skip
        secret = [each.replace("#room", "#none") for each in bob.ask(line.format("#room"))]
        assert secret == bob.ask(line.format("#none")), line
    assert alice.hear() == []
    assert alice.ask("LIST")[1].startswith(":s 322 alice #room 1 ")
    assert alice.ask("NAMES #room")[0] == ":s 353 alice @ #room :~alice"


def test_a_member_without_a_role_undoes_no_ban(world):
    """ "Cannot join": neither an invitation after the ban, nor an invitation by an operator before it."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room,#before", "alice bob carol")
    alice, bob, carol = (world.actors[name] for name in ("alice", "bob", "carol"))
    alice.say(
        "MODE #room +b carol", "KICK #room carol", "KICK #before carol", "INVITE carol #before", "MODE #before +b carol"
    )
    assert bob.ask("INVITE carol #room")[-2:] == [
        ":s 341 bob carol #room",
        ":s NOTICE bob :carol is banned from #room, and cannot join until an operator invites carol or ends the ban.",
    ]
    carol.hear()
    assert [line.split(" :")[0] for line in carol.ask("JOIN #room", "JOIN #before")] == [
        ":s 474 carol #room",
        ":s 474 carol #before",
    ]


def test_an_operator_invites_somebody_who_is_banned(world):
    """The invitation opens the channel; the ban keeps the new member from writing."""
    alice, carol = world.enter("alice"), world.enter("carol")
    world.channel("#room", "alice")
    alice.say("MODE #room +b carol")
    assert alice.ask("INVITE carol #room")[-1] == (
        ":s NOTICE alice :carol is banned from #room, and cannot write there until the ban is removed."
    )
    assert carol.ask("JOIN #room", "PRIVMSG #room :hi")[-1].startswith(":s 404 carol #room :")


def test_who_is_muted_knocks_without_words(world):
    """ "~m: who matches may join, but not write": its words would reach the operators."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    alice.say("MODE #room +i", "MODE #room +b ~m:bob")
    world.deaf()
    assert bob.ask("KNOCK #room :hear me") == [f":s 711 bob #room :{num.RPL_KNOCKDLVR.text}"]
    assert alice.hear() == [f":s 710 alice #room bob!bob@s :{num.RPL_KNOCK.text}"]


def test_an_invitation_is_told_once(world):
    """Who repeats it gets 341 each time, and members hear it; the target hears nothing more."""
    alice, bob = world.enter("alice"), world.enter("bob")
    carol = world.enter("carol", "invite-notify")
    world.channel("#room", "alice carol")
    world.deaf()
    answers = alice.ask("INVITE bob #room", "INVITE bob #room", "INVITE bob #room")
    assert answers == [":s 341 alice bob #room"] * 3
    assert carol.hear() == [":alice!alice@s INVITE bob #room"] * 3
    assert bob.hear() == [":alice!alice@s INVITE bob #room"]


def test_strangers_invite_nobody_with_the_mode_r(world):
    """ "531": as for a message."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    bob.say("MODE bob +R")
    world.deaf()
    assert alice.ask("INVITE bob #room") == alice.ask("PRIVMSG bob :hi")
    assert bob.hear() == []
    assert [line.split(" ")[1] for line in bob.ask("INVITE")] == ["337"]


def test_invitations_of_a_silenced_user_are_not_listed(world):
    """They are not shown when they arrive either; an invitation by somebody else is."""
    alice, bob, carol = world.enter("alice"), world.enter("bob"), world.enter("carol")
    world.channel("#room", "bob carol")
    alice.say("SILENCE +carol")
    world.deaf()
    carol.say("INVITE alice #room")
    assert [line.split(" ")[1] for line in alice.ask("INVITE")] == ["337"]
    bob.say("INVITE alice #room")
    assert alice.hear() == [":bob!bob@s INVITE alice #room"]
    assert alice.ask("INVITE")[0] == ":s 336 alice #room"


def test_the_answer_to_a_repeated_invitation_has_the_label(world):
    """Every answer to a labeled command has it."""
    alice = world.enter("alice", "labeled-response batch message-tags")
    world.enter("bob")
    world.channel("#room", "alice")
    alice.say("INVITE bob #room")
    world.deaf()
    assert alice.ask("@label=7 INVITE bob #room") == ["@label=7 :s 341 alice bob #room"]


def test_taking_it_back(world):
    """494 is the answer; who had the invitation hears 653 on all connections, and nobody else hears anything."""
    world.enter("alice")
    world.enter("bob", "message-tags")
    world.enter("bob", as_="phone")
    world.enter("carol", "invite-notify")
    world.channel("#room", "alice carol")
    world.actors["alice"].say("MODE #room +i", "INVITE bob #room")
    world.deaf()
    world.play("""
        carol> UNINVITE bob #room
        carol< :s 482 carol #room :...
        alice> UNINVITE BOB #ROOM
        bob< @msgid={m} :s 653 bob :Your invitation to #room was taken back by alice.
        phone< :s 653 bob :Your invitation to #room was taken back by alice.
        alice< :s 494 alice #room bob :Uninvited
        bob> INVITE
        bob< :s 337 bob :...
        bob> JOIN #room
        bob< :s 473 bob #room :...
        alice> UNINVITE bob #room
        alice< :s 505 alice bob #room :They have no invitation to that channel.
        alice> UNINVITE nobody #room
        alice< :s 401 alice nobody :...
        alice> UNINVITE bob #none
        alice< :s 403 alice #none :...
        alice> UNINVITE bob
        alice< :s 461 alice UNINVITE :Usage: UNINVITE <nick> <channel>
        bob> UNINVITE carol #room
        bob< :s 442 bob #room :...
    """)


def test_taking_it_back_before_it_was_seen(world):
    """Who was not connected in between never hears of it."""
    alice = world.enter("alice")
    world.channel("#room", "alice")
    alice.say("INVITE bob #room", "UNINVITE bob #room")
    bob = world.connect("bob", says="PASS bob:sesame\nNICK bob\nUSER b 0 * :b")
    assert not any(" INVITE " in line or " 653 " in line for line in bob.hear())


def test_the_moment_of_an_invitation_that_was_used(world):
    """Judged again when it is applied: the target has joined before."""
    alice, bob = world.enter("alice"), world.enter("bob")
    world.channel("#room", "alice")
    alice.say("MODE #room +i", "INVITE bob #room")
    world.deaf()
    world.log.held = True
    bob.say("JOIN #room")
    alice.say("UNINVITE bob #room")
    world.log.held = False
    world.settle()
    assert ":s 505 alice bob #room :They have no invitation to that channel." in alice.hear()
    assert bob.hear()[0] == ":bob!bob@s JOIN #room"


def invited(actor, *names):
    """Let an actor invite users to #room, and return the first two words of each answer."""
    answers = [actor.ask(f"INVITE {name} #room") for name in names]
    return [line.partition(" ")[2] for heard in answers for line in heard if "!" not in line]


def test_a_flood_of_invitations(make_world):
    """ "263 <client> <command> :Please wait a while and try again": each goes to all devices of its target.

    The limit is that of the account, on all its connections and in all its channels.
    """
    world = make_world(accounts="alice bob carol", invitations_per_user_burst=2, invitations_per_user_s=10.0)
    alice, phone = world.enter("alice"), world.enter("alice", as_="phone")
    world.enter("bob")
    world.enter("carol")
    world.channel("#room", "alice")
    assert invited(alice, "bob") == ["341 alice bob #room"]
    world.advance(4.5)
    assert invited(phone, "carol") == ["341 alice carol #room"]
    refused = "263 alice INVITE :You have invited too many people at once. Invite the next one in {} seconds."
    world.deaf()
    assert invited(alice, "bob", "carol") == [refused.format(6)] * 2
    assert world.actors["bob"].hear() == []
    assert invited(alice, "nobody")[0].startswith("401 ")
    world.advance(6)
    assert invited(phone, "bob", "bob") == ["341 alice bob #room", refused.format(10)]
    world.channel("#room", "bob")
    world.deaf()
    assert invited(world.actors["bob"], "carol") == ["341 bob carol #room"]
    assert alice.ask("INVITE")[-1].startswith(":s 337 ")


def test_a_class_is_invited_at_once(world):
    """Whoever keeps order is not hindered: fifty invitations in a row; and an administrator has no limit."""
    alice = world.enter("alice")
    for name in ("bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice")
    most = world.config.invitations_per_user_burst
    assert most >= 50
    for names in (["bob"] * 25, ["carol"] * (most - 25)):
        assert {answer[:3] for answer in invited(alice, *names)} == {"341"}
        world.advance(6)
    assert invited(alice, "bob")[0].startswith("341 ")  # what has refilled meanwhile
    world.services.state.user_named("alice").role = ADMINISTRATOR
    world.deaf()
    assert {answer[:3] for answer in invited(alice, *["bob"] * 20)} == {"341"}


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("+k x", "You cannot join: the channel's key is missing or wrong."),
        ("+l 1", "You cannot join: the channel is full."),
        ("+i", "You cannot join: one has to be invited to that channel."),
        ("+b bob", "You cannot join: you are banned from that channel."),
        ("+b ~t:60:bob", "You cannot join: you are banned from that channel until 2026-01-01 01:16 UTC."),
        ("+bs bob", "You cannot join that channel."),
        ("+ks x", "You cannot join that channel."),
    ],
)
def test_why_somebody_is_sent_on(world, mode, why):
    """ "470" says what keeps people out; of a secret channel it says nothing."""
    for name in ("alice", "bob"):
        world.enter(name)
    world.channel("#room,#waiting", "alice")
    world.actors["alice"].say("MODE #room +f #waiting", f"MODE #room {mode}")
    world.deaf()
    heard = world.actors["bob"].ask("JOIN #room")
    assert heard[0] == f":s 470 bob #room #waiting :{why} You were sent to #waiting."
