"""HELP: how to use the commands."""

from __future__ import annotations

import pytest

from chatapp.protocol import sasl
from chatapp.server.commands.subjects import SUBJECTS
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


@pytest.mark.parametrize("subject", ["mute", "BAN", "roles", "op", "UNMUTE", "modes"])
def test_subjects_that_are_no_commands(world, subject):
    """People ask for what they want to do, by the names that other servers and clients use."""
    heard = world.enter("alice").ask(f"HELP {subject}")
    assert heard[0].startswith(f":s 704 alice {subject} :{subject.upper()}")
    assert heard[2].startswith(f":s 705 alice {subject} :MODE <channel")
    assert all(len(line) <= 510 for line in heard)


def test_subjects_are_no_commands():
    """A command has its help in the table of commands."""
    assert SUBJECTS.keys().isdisjoint(TOPICS)
