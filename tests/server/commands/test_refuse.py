"""The words of refusals."""

from __future__ import annotations

import pytest

from chatapp.model.outcome import Reason, Refusal
from chatapp.server.commands import refuse
from chatapp.server.proposals import EventRefusedError


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_has_words(reason):
    """The only place where a refusal becomes a reply has one for each, but for what the command itself answers."""
    answered_by_the_command = {
        *(Reason.MARKER_NOT_NEWER, Reason.TOO_MANY_MARKERS),
        *(Reason.CERTIFICATE_TAKEN, Reason.CERTIFICATE_KNOWN, Reason.CERTIFICATES_FULL, Reason.NO_SUCH_CERTIFICATE),
        *(Reason.NO_SUCH_INVITATION, Reason.INVITATION_EXPIRED, Reason.INVITATION_USED_UP, Reason.INVITATION_REVOKED),
        *(Reason.INVITATION_TOO_LARGE, Reason.INVITATIONS_FULL),
        *(Reason.TOKENS_FULL, Reason.NO_SUCH_TOKEN),
        *(Reason.NO_SUCH_MESSAGE, Reason.NOT_THE_AUTHOR, Reason.TOO_LATE, Reason.TOO_MANY_EDITS),
        *(Reason.METADATA_FULL, Reason.TOO_MANY_PREFERENCES, Reason.LOOKS_LIKE_ACCOUNT),
    }
    by_role = reason is Reason.RANK_TOO_LOW and refuse._OF_ROLE
    assert by_role or reason in refuse._OF_REASON or reason in refuse._SILENT or reason in answered_by_the_command


@pytest.mark.parametrize(
    ("verb", "target", "refusal", "answer"),
    [
        ("MODE", "#a", Refusal(Reason.NO_FORWARD, "#b", "#a", letter="f"), "696 alice #a f #b :..."),
        ("MODE", "#a", Refusal(Reason.FORWARD_RANK_TOO_LOW, "#b", "#a", letter="f"), "696 alice #a f #b :..."),
        ("MODE", "#a", Refusal(Reason.LIST_FULL, "", "#a", letter="b"), "478 alice #a b :..."),
        ("MODE", "#a", Refusal(Reason.NOT_IN_CHANNEL, "bob", "#a"), "441 alice bob #a :..."),
        ("MODE", "#a", Refusal(Reason.RANK_TOO_LOW, "#a", needs="h"), "482 alice #a :..."),
        ("UBAN", "ADD", Refusal(Reason.BANS_FULL), "400 alice UBAN :..."),
        ("UBAN", "ADD", Refusal(Reason.NO_ADMINISTRATOR), "481 alice :..."),
        ("UBAN", "ADD", Refusal(Reason.IS_ADMINISTRATOR, "bob"), "481 alice :..."),
        ("RENAME", "#a", Refusal(Reason.CHANNEL_NAME_TAKEN, "#b"), "400 alice RENAME :..."),
        ("NICK", "bob", Refusal(Reason.NOT_HERE, "alice"), "451 alice :..."),
    ],
)
def test_the_parameters_of_a_refusal(world, verb, target, refusal, answer):
    """ "<client> <target chan/user> <mode char> <parameter> :<description>" for 696, and so on: what clients parse."""
    alice = world.enter("alice")
    session = alice.connection._session
    refuse.refuse(session, verb, target, EventRefusedError(refusal))
    world.settle()
    (line,) = alice.hear()
    assert f"{line.rpartition(' :')[0]} :..." == f":s {answer}"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("CHATHISTORY LATEST #none * 5", "CHATHISTORY LATEST #none: You have no channel or conversation of this name."),
        ("CERT LATEST", "CERT LATEST: Usage: CERT ADD, or DEL [<fingerprint>], or LIST"),
        ("SETNAME :", "SETNAME: A display name is text that can be seen."),
        (f"CERT {'x' * 100}", "CERT: Usage: CERT ADD, or DEL [<fingerprint>], or LIST"),
        ("PERSISTENCE SET OFF", "PERSISTENCE: An account stays in its channels when it disconnects..."),
    ],
)
def test_standard_replies_are_for_clients_that_know_them(world, line, answer):
    """ "This capability allows servers to send arbitrary standard replies"; without it a NOTICE names the command."""
    alice = world.enter("alice", old=True)
    told = [line for line in alice.ask(line) if " NOTICE " in line]
    assert len(told) == 1
    assert told[0].startswith(f":s NOTICE alice :{answer.removesuffix('...')}"), told


def test_standard_replies_of_an_extension(world):
    """ "Other than ones enabled by a specific specification": who has the extension gets its FAIL, and no other."""
    alice = world.enter("alice", "draft/chathistory setname", old=True)
    heard = alice.ask("CHATHISTORY LATEST #none * 5", "SETNAME :", "REDACT #none 1")
    assert [line.split()[1:3] for line in heard] == [["FAIL", "CHATHISTORY"], ["FAIL", "SETNAME"], ["NOTICE", "alice"]]


def test_a_line_that_is_not_utf8(world):
    """IRCv3 utf8-only: UTF8ONLY itself, which every client gets, has INVALID_UTF8."""
    alice = world.enter("alice", old=True)
    alice.feed(b"PRIVMSG alice :\xff\r\n")
    assert alice.hear()[0].startswith(":s FAIL PRIVMSG INVALID_UTF8 :")


def test_what_is_missing(world):
    """ "ERR_NEEDMOREPARAMS": the text shows what the command needs."""
    alice = world.enter("alice")
    for line, usage in (("STATS", "STATS <letter> [<server>]"), ("INVITE bob", "INVITE [<nick> <channel>]")):
        assert alice.ask(line) == [f":s 461 alice {line.split()[0]} :Usage: {usage}"]


WORDS = {
    "h": "Only half-operators of the channel and higher roles can do that.",
    "o": "Only operators of the channel and higher roles can do that.",
    "q": "Only founders of the channel can do that.",
}
NEEDS = {  # a command -> the role that it needs
    "MODE #class +q carol": "q",
    "MODE #class -q alice": "q",
    "MODE #class +a carol": "q",
    "MODE #class -a paul": "q",
    "MODE #class +o carol": "o",
    "MODE #class +h carol": "o",
    "MODE #class -h hans": "o",
    "MODE #class +v carol": "h",
    "MODE #class +m": "h",
    "MODE #class +b eve": "h",
    "MODE #class +e eve": "h",
    "MODE #class +k key": "h",
    "TOPIC #class :new": "h",
    "KICK #class carol": "h",
    "INVITE dave #class": "h",
    "RENAME #class #other": "q",
}
ROLES = {"carol": 0, "vera": 1, "hans": 2, "olga": 3, "paul": 4}  # name -> rank
RANKS = {"h": 2, "o": 3, "q": 5}


@pytest.mark.parametrize(
    ("who", "line", "needs"),
    [
        (who, line, role)
        for who, rank in ROLES.items()
        for line, role in NEEDS.items()
        if rank < RANKS[role] and not line.endswith(who)  # everybody may give up its own role
    ],
)
def test_the_role_that_is_needed(class_room, who, line, needs):
    """ "ERR_CHANOPRIVSNEEDED": also a half-operator, an operator and a protected member learn who could do it."""
    assert class_room.actors[who].ask(line) == [f":s 482 {who} #class :{WORDS[needs]}"]


@pytest.fixture
def class_room(make_world):
    """Let #class have a member of each role, and let it be invite-only."""
    world = make_world(accounts="alice carol vera hans olga paul dave")
    for name in ("alice", *ROLES):
        world.enter(name, "draft/channel-rename")
    world.channel("#class", " ".join(("alice", *ROLES)))
    world.actors["alice"].ask("MODE #class +ivhoa vera hans olga paul", "MODE #class -W")
    world.deaf()
    return world
