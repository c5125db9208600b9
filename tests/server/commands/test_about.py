"""ADMIN, INFO, LINKS, TIME and VERSION: what this server is."""

from __future__ import annotations

import pytest

from chatapp.server.commands.about import check_server
from chatapp.server.delivery.figures import COUNT_S
from chatapp.server.refusals import CommandRefused
from tests.server.support import make_admin


@pytest.mark.parametrize(
    ("target", "known"),
    [("", True), ("s", True), ("S", True), ("*", True), ("?", True), ("carol", True), ("x", False), ("c*", False)],
)
def test_the_server_that_is_meant(world, target, known):
    """A server's name, a mask of it, or a user, connected or not; "If ... cannot be found, ... ERR_NOSUCHSERVER"."""
    session = world.enter("alice").connection._session
    if known:
        check_server(session, target)
        return
    with pytest.raises(CommandRefused) as refused:
        check_server(session, target)
    assert refused.value.numeric.code == "402"


def test_version(world):
    """ "One RPL_VERSION reply and one or more RPL_ISUPPORT replies"; those are the replies of the welcome."""
    alice = world.connect("alice", says="PASS alice:sesame\nNICK a\nUSER a 0 * :a")
    welcome = [line for line in alice.hear() if line.startswith(":s 005 ")]
    for asked in ("VERSION", "VERSION s", "VERSION *", "VERSION carol"):
        first, *others = alice.ask(asked)
        assert first == ":s 351 alice chatapp-0.1.0 s :a private chat that people own"
        assert others == welcome


def test_time(world):
    """RPL_TIME: the server, a UNIX timestamp with its offset, and a time for people."""
    alice = world.enter("alice")
    world.advance(5)
    alice.hear()
    assert alice.ask("TIME") == [":s 391 alice s 1767226605 0 :2026-01-01 00:16 UTC"]
    assert alice.ask("TIME s")[0].startswith(":s 391 alice s 1767226605 ")


def test_info(world):
    """ "Zero or more RPL_INFO replies, followed by one RPL_ENDOFINFO numeric"."""
    world.enter("alice")
    world.play("""
        alice> INFO
        alice< :s 371 alice :chatapp-0.1.0: a private chat that people own
        alice< :s 371 alice :Net was started 2026-01-01 00:16 UTC. Everybody can sign up.
        alice< :s 371 alice :Every message is on disk before anybody sees it. HELP lists the commands.
        alice< :s 374 alice :End of INFO.
    """)


def test_info_says_who_can_sign_up(make_world):
    """Where sign-up is closed, nobody is told to sign up."""
    alice = make_world(accounts="alice", sign_up="closed").enter("alice")
    assert alice.ask("INFO")[1].endswith(" Nobody can sign up.")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("", ["364 alice s s :0 Net", "365 alice * :End of LINKS list."]),
        ("*", ["364 alice s s :0 Net", "365 alice * :End of LINKS list."]),
        ("S", ["364 alice s s :0 Net", "365 alice S :End of LINKS list."]),
        ("s *", ["364 alice s s :0 Net", "365 alice * :End of LINKS list."]),
        ("*.org", ["365 alice *.org :End of LINKS list."]),
        ("x *", ["402 alice x :There is no such server."]),
    ],
)
def test_links(world, asked, answer):
    """ "A user can list all servers which are known by the server answering the query": this one."""
    assert world.enter("alice").ask(f"LINKS {asked}") == [f":s {line}" for line in answer]


def test_admin(world):
    """256 to 259: what can be said without a setting is who has the role."""
    world.enter("alice")
    make_admin(world, "carol")
    make_admin(world, "bob")
    world.advance(COUNT_S)
    world.deaf()
    world.play("""
        alice> ADMIN
        alice< :s 256 alice s :Who runs this server:
        alice< :s 257 alice :Net, a private chat that people own
        alice< :s 258 alice :Administrators: bob, carol.
        alice< :s 259 alice :No e-mail address is known. Write to an administrator here.
    """)


def test_admin_without_administrators(world):
    """That is said, too."""
    heard = world.enter("alice").ask("ADMIN s")
    assert heard[2] == ":s 258 alice :No account here is an administrator's."


def test_many_administrators(make_world):
    """An answer is bounded."""
    names = [f"admin{chr(97 + number)}" for number in range(12)]
    world = make_world(accounts=" ".join(names))
    for name in names:
        make_admin(world, name)
    shown = world.enter("admina").ask("ADMIN")[2].partition("Administrators: ")[2].rstrip(".").split(", ")
    assert len(shown) == 10


@pytest.mark.parametrize("verb", ["ADMIN", "INFO", "TIME", "VERSION"])
@pytest.mark.parametrize(("asked", "shown"), [("other.example", "other.example"), ("x*", "x*"), (":a b", "*")])
def test_another_server(world, verb, asked, shown):
    """ "If <target> is given and a matching server cannot be found, ... ERR_NOSUCHSERVER"."""
    assert world.enter("alice").ask(f"{verb} {asked}") == [f":s 402 alice {shown} :There is no such server."]
