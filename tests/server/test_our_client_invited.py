"""Our client and the server: from the link of an invitation to the first word, and /invitation."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chatapp.client.core.events import AccountGone, Event, Unusable
from chatapp.client.fronts.person.questions import Ask
from chatapp.protocol.invitation_link import parse_link
from tests.server.person import Person
from tests.server.world import HASH, PASSWORD, World

NEW = "correct horse"


class Newcomer(Person):
    """Somebody with the code of an invitation or without."""

    def __init__(self, world: World, name: str, code: str = "", **options: object) -> None:
        self.ends: list[str] = []  # why the client had to end
        super().__init__(world, name, code, **options)

    def heard(self, events: Sequence[Event]) -> None:
        """Show events, and keep why the client has to end."""
        self.ends += [each.text for each in events if isinstance(each, Unusable | AccountGone)]
        super().heard([each for each in events if not isinstance(each, Unusable | AccountGone)])

    @property
    def asked(self) -> str:
        """The open question."""
        return self.model.question.prompt


@pytest.fixture
def world(make_world):
    """Make a server where people sign up with invitations; alice is its administrator, in #dev and #secret."""
    world = make_world(accounts="alice bob", lobby="#lobby", sign_up="invite", rate_limits=False)
    world.services.accounts._file.set_admin("alice", True)
    world.advance(1)
    alice = world.enter("alice", "chatapp/account")
    alice.ask("JOIN #dev,#secret", "MODE #secret +si")
    return world


def invite(world: World, words: str = "") -> str:
    """Let alice make an invitation; return its code."""
    link = world.actors["alice"].ask(f"INVITATION ADD {words}".rstrip())[-1].partition(" :")[2]
    return parse_link(link).code


def test_from_the_link_to_the_first_word(world):
    """A name and a password twice, and nothing else is asked; then the channels are there, and text arrives."""
    dave = Newcomer(world, "dave", invite(world, "join=#dev,#secret"))
    assert dave.see() == ["-- You are invited to Net, to join #dev, #secret."]
    assert (dave.asked, dave.model.question.hidden) == ("New password for dave: ", True)
    assert dave.type(NEW) == []
    assert dave.asked == "The same again: "
    rows = dave.type(NEW)
    assert rows[0] == "-- You are dave at Net, in #lobby, #dev, #secret."
    assert dave.model.question.ask is Ask.COMMAND
    world.actors["alice"].hear()
    dave.type("/dm #secret here I am")
    assert any(line.endswith(" PRIVMSG #secret :here I am") for line in world.actors["alice"].hear())


def test_two_passwords_that_differ(world):
    """As at every sign-up, it is asked again, and the invitation is not used."""
    dave = Newcomer(world, "dave", invite(world))
    dave.see()
    dave.type(NEW)
    assert dave.type("something else") == ["-- The two are not the same."]
    dave.type(NEW)
    assert dave.type(NEW)[0].startswith("-- You are dave")


def test_a_weak_password(world):
    """The server refuses it, and another one is asked for."""
    dave = Newcomer(world, "dave", invite(world))
    dave.see()
    dave.type("short")
    assert dave.type("short")[0].startswith("-- The password has 5 characters")
    dave.type(NEW)
    assert dave.type(NEW)[0].startswith("-- You are dave")


def test_somebody_who_has_an_account(world):
    """ "Also on a server where the account exists already: signs in": also with an invitation that has ended."""
    code = invite(world)
    for _ in range(2):
        bob = Newcomer(world, "bob", code)
        assert bob.see()[-2:] == [
            "-- The name bob is taken: it has an account here. If it is yours, sign in to it.",
            "-- If it is not, type EX, and open the link again with another name.",
        ]
        assert bob.asked == "Password for bob: "
        assert bob.type(PASSWORD)[0].startswith("-- You are bob")
        if "INVITATION DEL" not in str(world.actors["alice"].ask("INVITATION LIST")):
            world.actors["alice"].ask("INVITATION DEL 1")
    assert world.services.state.server_invitations.uses == {}


def test_the_link_a_second_time(world):
    """The one who signed up with it opens it again: it is used up, and the account signs in."""
    code = invite(world)
    dave = Newcomer(world, "dave", code)
    dave.see()
    dave.type(NEW)
    dave.type(NEW)
    dave.drop()
    again = Newcomer(world, "dave", code)
    again.see()
    assert again.asked == "Password for dave: "
    assert again.type(NEW)[0].startswith("-- You are dave")


@pytest.mark.parametrize(
    ("end", "words"),
    [
        ("used", "This invitation has been used as often as it may be. Ask for a new one. If you have an account, "),
        ("revoked", "This invitation was taken back. Ask for a new one."),
        ("unknown", "There is no such invitation. Check that the link is whole, or ask for a new one."),
    ],
)
def test_an_invitation_that_does_not_count(world, end, words):
    """Nobody chooses a password in vain: it is told at once, with what to do."""
    code = invite(world) if end != "unknown" else "x" * 22
    if end == "used":
        erin = Newcomer(world, "erin", code)
        erin.see()
        erin.type(NEW)
        erin.type(NEW)
    elif end == "revoked":
        world.actors["alice"].ask("INVITATION DEL 1")
    dave = Newcomer(world, "dave", code)
    dave.see()
    world.advance(5)
    dave.see()
    (told,) = dave.ends
    assert told.startswith(f"Nobody is called dave here. {words}")
    assert code not in told


def test_where_everybody_signs_up_it_goes_on_without(make_world):
    """A refused invitation is told; the account can be made all the same."""
    world = make_world(accounts="alice", rate_limits=False)
    dave = Newcomer(world, "dave", "x" * 22)
    assert dave.see() == ["-- There is no such invitation. Check that the link is whole, or ask for a new one."]
    assert dave.asked == "New password for dave: "


def test_where_nobody_signs_up(make_world):
    """The words of the server are the reason."""
    world = make_world(accounts="alice", sign_up="closed")
    dave = Newcomer(world, "dave", "x" * 22)
    dave.see()
    (told,) = dave.ends
    assert told.endswith(" Nobody can sign up here by themselves, not even with an invitation.")


def test_without_a_link(world):
    """It says that an invitation is needed, and how to use one."""
    dave = Newcomer(world, "dave")
    dave.see()
    assert dave.ends == [
        "Nobody is called dave here, and to sign up on this server you need an invitation. Check the name, or ask"
        " somebody who is here for a link, then type: chat connect 'LINK'"
    ]


def test_a_name_that_cannot_be_had(world):
    """It is told before a password is asked for."""
    person = Newcomer(world, "NickServ", invite(world))
    person.see()
    assert "NickServ" in person.ends[0]


def test_a_connection_that_is_lost_before_the_password(world):
    """The next one shows the invitation again; it is told once."""
    dave = Newcomer(world, "dave", invite(world))
    dave.see()
    dave.drop()
    dave.open()
    assert dave.see() == []
    dave.type(NEW)
    assert dave.type(NEW)[0].startswith("-- You are dave")
    dave.drop()
    dave.open()
    assert dave.see()[0] == "-- Connected again."
    assert "INVITATION" not in "".join(map(str, dave.session.account.out))


def test_a_connection_that_is_lost_with_the_answer(world):
    """The account was made, and nobody heard of it: the next connection signs in with the password that was chosen."""
    dave = Newcomer(world, "dave", invite(world))
    dave.see()
    dave.type(NEW)
    dave.model.typed(NEW)
    dave.actor.feed(dave.session.take())
    world.settle()
    assert world.services.accounts.knows("dave")
    dave.drop()
    dave.open()
    rows = dave.see()
    assert any(row.startswith("-- You are dave at Net") for row in rows)
    assert dave.ends == []


def test_somebody_else_takes_the_name(world):
    """The password is not theirs: it is wrong, and nothing is used."""
    code = invite(world)
    dave = Newcomer(world, "dave", code)
    dave.see()
    world.services.accounts._file.add("dave", HASH)
    world.advance(1)
    dave.type(NEW)
    dave.type(NEW)
    assert dave.asked == "Password for dave: "
    assert world.services.state.server_invitations.open != {}


# /invitation


def test_making_one(world):
    """An administrator gets the link, with a channel too."""
    alice = Newcomer(world, "alice", password=PASSWORD)
    alice.see()
    first, link = alice.type("/invitation #dev")
    assert first == "-- Invitation 1 lets one person make an account within a week. Send the link only to that person."
    code = parse_link(link.removeprefix("-- ")).code
    dave = Newcomer(world, "dave", code)
    assert dave.see() == ["-- You are invited to Net, to join #dev."]
    assert len(alice.type("/invitation")) == 2


def test_who_may_not(world):
    """The server's words say whom to ask. Words that are no channel are a usage error."""
    bob = Newcomer(world, "bob", password=PASSWORD)
    bob.see()
    (told,) = bob.type("/invitation")
    assert "Only administrators make invitations here." in told
    for words in ("dave", "#a #b", "#a,b x"):
        (told,) = bob.type(f"/invitation {words}")
        assert told.startswith("-- Type /invitation or /invitation #CHANNEL")
