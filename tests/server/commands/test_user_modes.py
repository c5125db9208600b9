"""MODE of oneself: invisible, bot, who may write, WALLOPS, the role, server notices, TLS."""

from __future__ import annotations

import pytest

from tests.server.world import HASH

TAGS = "message-tags echo-message"


def admin(world, name="alice"):
    """Give an account the role."""
    world.services.accounts._file.set_admin(name, True)
    world.advance(1)


def test_all_sessions_share_them(world):
    """ "a MODE message will be sent to the user containing the changed modes": to all sessions of the account."""
    world.enter("alice")
    world.enter("alice", as_="phone")
    world.play("""
        alice> MODE alice
        alice< :s 221 alice +
        alice> MODE ALICE +wi
        alice< :alice!alice@s MODE alice :+iw
        phone< :alice!alice@s MODE alice :+iw
        phone> MODE alice
        phone< :s 221 alice +iw
        phone> MODE alice -i+B
        phone< :alice!alice@s MODE alice :+B-i
        alice< :alice!alice@s MODE alice :+B-i
    """)


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ("+i", [":alice!alice@s MODE alice :+i"]),
        ("-i", []),
        ("+i-i", []),
        ("-i+i", [":alice!alice@s MODE alice :+i"]),
        ("i", [":alice!alice@s MODE alice :+i"]),
        ("+", [":s 221 alice +"]),
        ("+o", []),
        ("-o", []),
        ("+Z", []),
        ("-Z", []),
        ("+s", [":s 481 alice :Only an administrator can do that."]),
        ("-s", []),
        ("+x", [":s 501 alice x :There is no such user mode."]),
        ("+xx:", [":s 501 alice x :There is no such user mode.", ":s 501 alice * :There is no such user mode."]),
        (
            "+yxyi",
            [
                ":alice!alice@s MODE alice :+i",
                ":s 501 alice y :There is no such user mode.",
                ":s 501 alice x :There is no such user mode.",
            ],
        ),
    ],
)
def test_changes(world, changes, answers):
    """ "the server MUST apply the modes that are implemented, and then send the ERR_UMODEUNKNOWNFLAG (501)"."""
    alice = world.enter("alice")
    assert alice.ask(f"MODE alice {changes}") == answers


def test_of_another_user(world):
    """ "If <target> is a different nick than the user who sent the command, the server must reply with" 502."""
    world.enter("alice")
    world.enter("bob")
    world.play("""
        alice> MODE bob +i
        alice< :s 502 alice :You can change and see only your own modes.
        alice> MODE bob
        alice< :s 502 alice :You can change and see only your own modes.
        alice> MODE nobody +i
        alice< :s 401 alice nobody :There is nobody with that name.
    """)


def test_they_survive_a_restart(world):
    """What belongs to the account is in the log; a new session is told (MODE)."""
    world.enter("alice").say("MODE alice +RiB")
    world.crash()
    world.start_again()
    alice = world.connect("alice", says="PASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    assert ":alice!alice@s MODE alice :+BRi" in alice.hear()


def test_tls_is_shown(world):
    """Z: the connection uses TLS; nobody sets it."""
    alice = world.connect("alice", tls=True, says="PASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    assert ":alice!alice@s MODE alice :+Z" in alice.hear()
    assert alice.ask("MODE alice -Z", "MODE alice") == [":s 221 alice +Z"]


def test_invisible(world):
    """ "they will not show up in commands such as WHO unless they share a channel with the user"."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.channel("#room", "alice bob")
    world.channel("#bobs", "bob")
    alice, bob, carol = (world.actors[name] for name in ("alice", "bob", "carol"))
    bob.ask("MODE bob +i")

    def seen(actor, line):
        return sorted({each.split(" ")[7] for each in actor.ask(line) if " 352 " in each})

    assert [seen(alice, line) for line in ("WHO *", "WHO b*", "WHO #room")] == [
        ["alice", "bob", "carol"], ["bob"], ["alice", "bob"],
    ]  # fmt: skip
    assert [seen(carol, line) for line in ("WHO *", "WHO b*", "WHO *!*@*", "WHO #room")] == [
        ["alice", "carol"], [], ["alice", "carol"], ["alice"],
    ]  # fmt: skip
    assert seen(carol, "WHO bob") == ["bob"]  # by its name, as WHOIS
    assert seen(bob, "WHO *") == ["alice", "bob", "carol"]
    assert carol.ask("NAMES #room") == [":s 353 carol = #room :~alice", ":s 366 carol #room :End of NAMES list."]
    assert alice.ask("NAMES #room")[0] == ":s 353 alice = #room :~alice bob"
    # "the only channels that will show up in a WHOIS of an invisible user will be those they share"
    assert [line for line in alice.ask("WHOIS bob") if " 319 " in line] == [":s 319 alice bob :#room"]
    assert [line for line in carol.ask("WHOIS bob") if " 319 " in line] == []
    assert [line for line in bob.ask("WHOIS bob") if " 319 " in line] == [":s 319 bob bob :#room ~#bobs"]
    world.advance(6)
    assert carol.ask("LUSERS")[0] == ":s 251 carol :Users who are here: 3, 1 of them invisible."
    admin(world, "carol")
    assert seen(carol, "WHO *") == ["alice", "bob", "carol"]


def test_bots(world):
    """IRCv3 bot-mode: 335 in WHOIS, a flag in WHO, and the tag `bot`, "only to users who have" message-tags."""
    bot = world.enter("bob", TAGS)
    alice, carol = world.enter("alice", TAGS), world.enter("carol")
    for actor in (bot, alice, carol):
        actor.say("JOIN #room")
    bot.say("PRIVMSG #room :before")
    world.deaf()
    assert bot.ask("MODE bob +B")[0].startswith("@bot;msgid=")
    bot.say("PRIVMSG #room :hi", "PRIVMSG #room :again", "@+x=1 NOTICE alice :psst", "TOPIC #room :t", "TAGMSG #room")
    heard = [line.partition(" ") for line in alice.hear()]
    assert [(rest, "bot" in tags[1:].split(";")) for tags, _, rest in heard] == [
        (":bob!bob@s PRIVMSG #room :hi", True),
        (":bob!bob@s PRIVMSG #room :again", True),
        (":bob!bob@s NOTICE alice :psst", True),
        (":bob!bob@s TOPIC #room :t", True),
    ]
    assert "bot;+x=1" in heard[2][0]
    assert carol.hear()[:1] == [":bob!bob@s PRIVMSG #room :hi"]
    assert ":s 335 alice bob :is a bot" in alice.ask("WHOIS bob")
    assert alice.ask("WHO #room")[0].startswith(":s 352 alice #room bob s s bob H~B :0 ")
    line = bot.ask("CAP REQ draft/message-edit", "CAP REQ echo-message", "PRIVMSG #room :hi")[-1]
    msgid = line.partition("msgid=")[2].partition(";")[0]
    bot.say(f"@draft/target-msgid={msgid};draft/edit-text=one\\ntwo EDIT #room")
    heard = alice.hear()
    assert [line.partition(" ")[0][1:].split(";").count("bot") for line in heard] == [1, 1, 1, 1]
    assert len(carol.hear()) == 4, "the message, and three lines of the correction"
    bot.say("MODE bob -B", "PRIVMSG #room :no more")
    assert ";bot" not in alice.hear()[-1]
    assert "335" not in "".join(alice.ask("WHOIS bob"))


def test_bots_of_the_past(world):
    """The tag is part of the message, and a page of history has it; also a message of several lines."""
    caps = f"{TAGS} batch draft/multiline draft/chathistory"
    bot = world.enter("bob", caps)
    bot.say("JOIN #room", "MODE bob +B", "PRIVMSG #room :hi")
    bot.say("BATCH +1 draft/multiline #room", "@batch=1 PRIVMSG #room :a", "@batch=1 PRIVMSG #room :b", "BATCH -1")
    bot.say("MODE bob -B")
    bot.hear()
    page = bot.ask("CHATHISTORY LATEST #room * 10")
    assert [";bot" in line for line in page if " PRIVMSG " in line or "draft/multiline" in line].count(True) == 2


def test_strangers_and_ctcp(world):
    """R and T: the sender learns why; a NOTICE gets no answer (modern-irc); nothing arrives."""
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.play("""
        alice> MODE alice +RT
        alice< :alice!alice@s MODE alice :+RT
        bob> PRIVMSG alice :hi
        bob< :s 531 bob alice :Nothing was sent: they take messages only from people they know (mode R).
        bob> NOTICE alice :hi
        bob> PRIVMSG alice :again
        bob< :s 531 bob alice :...
        alice> PRIVMSG bob :you may
        bob< :alice!alice@s PRIVMSG bob :you may
        bob> PRIVMSG alice :thanks
        alice< :bob!bob@s PRIVMSG alice :thanks
        bob> PRIVMSG alice :\x01VERSION\x01
        bob< :s 531 bob alice :Nothing was sent: they take no CTCP (mode T).
        bob> PRIVMSG alice :\x01ACTION waves\x01
        alice< :bob!bob@s PRIVMSG alice :\x01ACTION waves\x01
    """)


def test_the_role_is_given_up(world):
    """-o ends the rights on all devices, also across restarts; OPER takes it back."""
    admin(world)
    alice, phone = world.enter("alice"), world.enter("alice", as_="phone")
    assert alice.ask("MODE alice") == [":s 221 alice +o"]
    assert alice.ask("MODE alice -o") == [":alice!alice@s MODE alice :-o"]
    assert phone.ask("UBAN LIST")[-1] == ":s 481 alice :Only an administrator can do that."
    world.services.accounts._file.add("dave", HASH)
    world.advance(1)
    world.stop()
    world.start_again()
    alice = world.enter("alice")
    assert alice.ask("MODE alice", "MODE alice +o", "UBAN LIST")[::2] == [
        ":s 221 alice +",
    ]
    alice.say("OPER alice wrong")
    world.advance(60)
    assert alice.hear()[0].startswith(":s 464 alice ")
    assert alice.ask("OPER alice sesame") == [
        ":alice!alice@s MODE alice :+o",
        ":s 381 alice :You are an administrator now.",
    ]
    assert alice.ask("UBAN LIST") == [":s NOTICE alice :There are no bans."]


def test_wallops(world):
    """w: gets WALLOPS; administrators always do."""
    admin(world)
    for name in ("alice", "bob", "carol"):
        world.enter(name)
    world.play("""
        bob> MODE bob +w
        bob< :bob!bob@s MODE bob :+w
        alice> WALLOPS :a restart at noon
        alice< :alice!alice@s WALLOPS :a restart at noon
        bob< :alice!alice@s WALLOPS :a restart at noon
        bob> MODE bob -w
        bob< :bob!bob@s MODE bob :-w
        alice> WALLOPS :over
        alice< :alice!alice@s WALLOPS :over
    """)


def test_server_notices(world):
    """s: an administrator's session sees what the operational log says, until it or its role ends."""
    admin(world)
    alice, phone = world.enter("alice"), world.enter("alice", as_="phone")
    assert alice.ask("MODE alice +s") == [":alice!alice@s MODE alice :+s"]
    assert phone.ask("MODE alice") == [":s 221 alice +o"]
    assert alice.ask("MODE alice +s", "MODE alice") == [":s 221 alice +os"]
    bob = world.enter("bob")
    assert alice.hear() == [":s NOTICE alice :*** bob signed in from 127.0.0.1 (plain text)"]
    alice.say("UBAN ADD bob :enough")
    heard = alice.hear()
    assert any(line.startswith(":s NOTICE alice :*** alice banned bob: enough") for line in heard), heard
    assert bob.closed
    assert phone.hear() == []
    alice.ask("MODE alice -o")
    world.enter("carol")
    assert alice.hear() == []
    alice.ask("OPER alice sesame")
    alice.hang_up()
    world.connect("bob")
    assert phone.hear() == [":alice!alice@s MODE alice :-o", ":alice!alice@s MODE alice :+o"]
