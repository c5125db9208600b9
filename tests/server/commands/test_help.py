"""HELP: how to use the commands."""

from __future__ import annotations

import re

import pytest

from chatapp.protocol import modes, sasl
from chatapp.server.commands.topics import TOPICS


def test_the_list(world):
    """Without a subject: all commands."""
    heard = world.enter("alice").ask("HELP")
    assert heard[:2] == [":s 704 alice * :The commands of this server", ":s 705 alice * :"]
    assert (
        heard[-1]
        == ":s 706 alice * :HELP <command> tells more about one of them; see also HELP ROLES, HELP BAN and HELP MUTE."
    )
    assert all(line.startswith(":s 705 alice * :") for line in heard[1:-1])
    assert " ".join(line.partition(" :")[2] for line in heard[2:-1]).split(" ") == list(TOPICS)


def test_authenticate_names_the_mechanisms():
    """PLAIN and EXTERNAL, as the capability's value says."""
    assert f"{sasl.PLAIN} or {sasl.EXTERNAL}" in " ".join(TOPICS["AUTHENTICATE"].more)


@pytest.mark.parametrize("subject", ["WHOIS", "whois"])
def test_one_command(world, subject):
    """ "RPL_HELPSTART SHOULD be some sort of title and the first RPL_HELPTXT message SHOULD be empty"."""
    world.enter("alice")
    world.play(f"""
        alice> HELP {subject}
        alice< :s 704 alice {subject} :The command WHOIS
        alice< :s 705 alice {subject} :
        alice< :s 705 alice {subject} :WHOIS [<server>] <nick>
        alice< :s 705 alice {subject} :Show what you may know about a user.
        alice< :s 705 alice {subject} :Addresses are shown only to the user and to administrators.
        alice< :s 706 alice {subject} :End of help.
    """)


@pytest.mark.parametrize("verb", sorted(TOPICS))
def test_every_topic_can_be_sent(world, verb):
    """All lines of a topic arrive whole."""
    topic = TOPICS[verb]
    heard = world.enter("alice").ask(f"HELP {verb}")
    texts = [f"The command {verb}", "", topic.syntax, topic.summary, *topic.more, "End of help."]
    assert [line.partition(" :")[2] for line in heard] == texts


def test_mode_names_every_mode():
    """HELP MODE explains each mode of channels and of users, and no other. A mode stands where a statement begins."""
    lines = [line for line in TOPICS["MODE"].more if not line.startswith("A mask ")]
    own = next(index for index, line in enumerate(lines) if line.startswith("Your own modes"))
    explained = [
        "".join(sorted(set(re.findall(r"(?:^|[.,:;] )[+-]?([A-Za-z])(?= )", "\n".join(part), re.MULTILINE))))
        for part in (lines[:own], lines[own:])
    ]
    assert explained == [modes.LETTERS, modes.USER_LETTERS]


@pytest.mark.parametrize("line", ["CHATHISTORY X", "METADATA * X", "SEARCH x=y"])
def test_every_subcommand_is_named(world, line):
    """HELP names each subcommand or attribute that the command has; the command itself lists them when it refuses X."""
    topic = TOPICS[line.split(" ")[0]]
    (answer,) = world.enter("alice", "standard-replies").ask(line)
    known = re.findall(r"\w+", answer.rpartition(" are " if " are " in answer else " It has ")[2])
    assert len(known) > 5
    assert set(known) <= set(re.findall(r"\w+", " ".join([topic.syntax, *topic.more])))


@pytest.mark.parametrize(("asked", "shown"), [("NONSENSE", "NONSENSE"), ("ł", "ł"), (":a b", "*"), ("*", "*")])
def test_an_unknown_subject(world, asked, shown):
    """ "The <subject> MUST be the one requested by the client ... unless it would be an invalid parameter"."""
    assert world.enter("alice").ask(f"HELP {asked}") == [f":s 524 alice {shown} :There is no help on that."]


def test_before_signing_in(make_world):
    """Who has no account reads how to make one."""
    world = make_world()
    x = world.connect("x")
    lines = x.ask("HELP REGISTER")
    assert lines[0] == ":s 704 * REGISTER :The command REGISTER"
    assert ":s 705 * REGISTER :REGISTER <account or *> <e-mail or *> <password>" in lines
    assert x.ask("HELP")[0].startswith(":s 704 * * :")


@pytest.mark.parametrize(
    ("verb", "words", "line", "lowest"),
    [
        ("KICK", "You need a role from half-operator (%) on", "KICK #room carol", "h"),
        ("TOPIC", "With the mode t, only half-operators and higher set it.", "TOPIC #room :x", "h"),
        ("MODE", "t only half-operators and higher set the topic.", "TOPIC #room :x", "h"),
        ("MODE", "Half-operators and higher set modes, and give v.", "MODE #room +m", "h"),
        ("MODE", "Half-operators and higher set modes, and give v.", "MODE #room +v carol", "h"),
        ("MODE", "Operators also give o and h, and founders a and q.", "MODE #room +h carol", "o"),
        ("MODE", "Operators also give o and h, and founders a and q.", "MODE #room +o carol", "o"),
        ("MODE", "Operators also give o and h, and founders a and q.", "MODE #room +a carol", "q"),
        ("MODE", "Operators also give o and h, and founders a and q.", "MODE #room +q carol", "q"),
        ("METADATA", "You set your own keys, and as an operator those of a channel.", "METADATA #room SET x :y", "o"),
        ("REDACT", "In a channel, half-operators and higher erase those of members", "REDACT #room {msgid}", "h"),
        ("INVITE", "To a channel with the mode i, only half-operators and higher invite.", "INVITE dave #room", "h"),
        ("UNINVITE", "Whoever invited somebody may do it, and every half-operator", "UNINVITE eve #room", "h"),
    ],
)
def test_what_it_says_of_roles(make_world, verb, words, line, lowest):
    """HELP names the lowest role that may do it, as the model judges it."""
    world = make_world(accounts="alice bob carol dave eve", rate_limits=False)
    for name in ("alice", "bob", "carol"):
        world.enter(name, "message-tags draft/metadata-2 batch draft/message-redaction")
    world.channel("#room", "alice bob carol")
    alice, bob = world.actors["alice"], world.actors["bob"]
    alice.ask("MODE #room +i", "INVITE eve #room")
    for letter in ("", *reversed(modes.BY_LETTER)):
        alice.say(f"MODE #room +{letter} bob" if letter else "PING x")
        world.deaf()
        world.actors["carol"].say("PRIVMSG #room :x")
        msgid = bob.hear()[0].partition("msgid=")[2].partition(" ")[0]
        (answer, *_) = bob.ask(line.replace("{msgid}", msgid))
        if " 482 " not in answer and " FAIL " not in answer:
            break
        alice.say(f"MODE #room -{letter} bob" if letter else "PING x")
    assert letter == lowest
    assert words in " ".join(TOPICS[verb].more)
