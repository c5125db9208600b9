"""Two servers over one log: alice is on the one, bob on the other, and both see the same.

Nothing of a cluster is built yet; this holds that nothing prevents one (DESIGN section 4: "Several nodes may share one
log"). What never enters the log (who is away, typing) is each server's own.
"""

from __future__ import annotations

import tempfile
import unittest.mock
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.model.events import MasksLapsed, MessageEdited, MessageSent, TokenAdded
from chatapp.model.state import State
from chatapp.protocol.invitation_link import parse_link
from chatapp.server import administrating, inviting
from chatapp.server.commands import COMMANDS
from chatapp.server.delivery import figures
from chatapp.server.running import replay
from tests.fakes.clock_loop import ClockLoop
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryLog
from tests.fakes.shared_log import SharedDisk
from tests.server.world import CLOSED, HASH, World, plain
from tests.support.examples import examples

CAPS = (
    "echo-message message-tags server-time batch draft/chathistory labeled-response draft/message-redaction"
    " draft/message-edit draft/metadata-3 soju.im/search"
)


class Pair:
    """Two servers, ``one`` and ``two``, with accounts in password files of their own."""

    def __init__(self, folder: Path) -> None:
        disk, loop = SharedDisk(), ClockLoop()
        self.disk = disk
        self.worlds: list[World] = []
        for node, accounts in ((1, "alice bob"), (2, "bob carol")):
            own = folder / str(node)
            own.mkdir(mode=0o700)
            shared = {"shared": disk, "loop": loop, "node": node}
            self.worlds.append(World(own, accounts=accounts, guests=True, rate_limits=False, **shared))  # type: ignore[arg-type]
        self.one, self.two = self.worlds
        self.introduce()
        self.check()

    def introduce(self) -> None:
        """Let each server ask the other one who is connected to it."""
        for world, other in ((self.one, self.two), (self.two, self.one)):
            world.services.presence.is_elsewhere = lambda uid, other=other: uid in other.services.presence.by_user

    def make_administrator(self, name: str) -> None:
        """Give an account of the first server the role."""
        self.one.services.accounts._file.set_admin(name, True)
        self.one.advance(1)
        self.check()

    def check(self) -> None:
        """Check that both states are the same, and what the log adds up to."""
        self.one.settle()
        digests = {world.services.state.digest() for world in self.worlds}
        assert digests == {replay(MemoryLog(self.disk), MemoryHistory(self.disk))[0].digest()}
        assert all(State.restore(world.services.state.snapshot()).digest() in digests for world in self.worlds)

    def restart(self, world: World, crash: bool = False) -> None:
        """Stop one server, and start it again over what it left."""
        (world.crash if crash else world.stop)()
        world.start_again()
        self.introduce()
        self.check()

    def close(self) -> None:
        """End both."""
        self.check()
        for world in self.worlds:
            world.check_presence()
        for world in self.worlds:
            world.stop()
        loop = self.one.loop
        assert [world.complaints() + world.bugs + world.violations for world in self.worlds] == [[], []]
        for world in self.worlds:
            world.forget_complaints()
        loop.close()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Two servers over one log."""
    made = Pair(tmp_path)
    yield made
    made.close()


def test_talk(pair: Pair) -> None:
    """Channels and direct messages reach the members wherever they are; history is the same on both."""
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    assert any(line.endswith(":bob!bob@s JOIN #room") for line in alice.hear()), "bob is on the other server"
    assert any(line.endswith(" 353 bob = #room :~alice bob") for line in bob.hear())
    (echo,) = alice.ask("PRIVMSG #room :hi")
    assert bob.hear() == [echo]
    (echo,) = alice.ask("PRIVMSG bob :for you")  # and not that he is away: he is on the other server
    assert bob.hear() == [echo]
    pair.check()
    for target in ("#room", "bob"):
        page = alice.ask(f"CHATHISTORY LATEST {target} * 10")[1:-1]
        other = bob.ask(f"CHATHISTORY LATEST {target.replace('bob', 'alice')} * 10")[1:-1]
        assert [line.partition(";")[2] for line in page] == [line.partition(";")[2] for line in other] != []


def test_roles_that_come_back(pair: Pair) -> None:
    """The members on both servers are told of the roles with which somebody comes back."""
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    alice.say("MODE #room +v bob")
    bob.say("PART #room")
    alice.hear(), bob.hear()
    bob.say("JOIN #room")
    join, mode = alice.hear()
    assert join.endswith(" :bob!bob@s JOIN #room")
    assert mode.endswith(":s MODE #room +v bob")
    assert not any(" MODE " in line for line in bob.hear())
    pair.check()


def test_a_mute_that_lapses(pair: Pair) -> None:
    """Both servers propose the event, and it counts once."""
    alice, carol = pair.one.enter("alice"), pair.two.enter("carol")
    alice.say("JOIN #room")
    carol.say("JOIN #room")
    alice.say("MODE #room +b ~t:1:~m:bob")
    carol.hear()
    alice.hear()
    pair.one.advance(62)
    assert [actor.hear() for actor in (alice, carol)] == [[":s MODE #room -b ~t:1:~m:bob!*@*"]] * 2
    pair.check()
    assert [act.verb for act in pair.one.services.state.acts][-2:] == ["mode +b", "mode -b"]
    assert sum(isinstance(row.event, MasksLapsed) for row in pair.disk.rows) == 2


def test_a_message_of_several_lines(pair: Pair) -> None:
    """It is one message on both servers, and each recipient gets it in its own form."""
    alice, bob = pair.one.enter("alice", f"{CAPS} draft/multiline"), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    alice.hear(), bob.hear()
    batch = ["@batch=1 PRIVMSG #room :one", "@batch=1 PRIVMSG #room :two", "BATCH -1"]
    echo = alice.ask("BATCH +1 draft/multiline #room", *batch)
    assert len(echo) == 4
    first, second = bob.hear()
    assert first.partition(" ")[0] == echo[0].partition(" ")[0]
    assert (first[-4:], second[-4:]) == (":one", ":two")
    pair.check()


def test_a_search(pair: Pair) -> None:
    """Each server finds what was said or edited on either, and nothing that was redacted on either."""
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    (echo,) = alice.ask("PRIVMSG #room :hello one")[-1:]
    bob.say("PRIVMSG #room :hello two", "PRIVMSG alice :hello three")
    for actor in (alice, bob):
        actor.hear()
        texts = [line.rpartition(":")[2] for line in actor.ask("SEARCH text=hello")[1:-1]]
        assert texts == ["hello one", "hello two", "hello three"]
    msgid = echo.partition("msgid=")[2].partition(" ")[0]
    alice.say(f"@draft/target-msgid={msgid};draft/edit-text=hello\\sfirst EDIT #room")
    for actor in (alice, bob):
        actor.hear()
        texts = [line.rpartition(":")[2] for line in actor.ask("SEARCH text=hello")[1:-1]]
        assert texts == ["hello first", "hello two", "hello three"]
        assert len(actor.ask("SEARCH text=one")) == 2
    alice.say(f"REDACT #room {msgid}")
    for actor in (alice, bob):
        actor.hear()
        texts = [line.rpartition(":")[2] for line in actor.ask("SEARCH text=hello")[1:-1]]
        assert texts == ["hello two", "hello three"]
    pair.check()


def test_a_redaction(pair: Pair) -> None:
    """What is redacted on one server is gone on both, also if the other one hears of it later."""
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    bob.hear()
    (echo,) = bob.ask("PRIVMSG #room :hi")
    msgid = echo.partition("msgid=")[2].partition(" ")[0]
    alice.hear()
    pair.two.log.lags = True
    (line,) = alice.ask(f"REDACT #room {msgid} :no")
    assert line.endswith(f" :alice!alice@s REDACT #room {msgid} :no")
    assert bob.hear() == []
    pair.two.log.lags = False
    pair.two.settle()
    assert bob.hear() == [line]
    pair.check()
    for actor in (alice, bob):
        assert actor.ask("CHATHISTORY LATEST #room * 10")[1:-1] == []
    (line,) = bob.ask(f"REDACT #room {msgid}")
    assert line.startswith(f":s FAIL REDACT UNKNOWN_MSGID #room {msgid} :")
    pair.restart(pair.one, crash=True)
    assert pair.one.enter("alice", CAPS).ask("CHATHISTORY LATEST #room * 10")[1:-1] == []


def test_an_edit_that_comes_after_the_redaction(pair: Pair) -> None:
    """An edit is stored after the redaction of its message: nothing is left of the new text either, also if the server
    dies before it has erased that.
    """
    alice, bob = pair.one.enter("alice", CAPS), pair.two.enter("bob", CAPS)
    alice.say("JOIN #room")
    bob.say("JOIN #room")
    bob.hear()
    (echo,) = bob.ask("PRIVMSG #room :secret")
    msgid = echo.partition("msgid=")[2].partition(" ")[0]
    pair.two.log.held = True
    bob.say(f"@draft/target-msgid={msgid};draft/edit-text=secret\\sagain EDIT #room")
    alice.say(f"REDACT #room {msgid}")
    pair.one.services.proposals.snapshot()  # so that the next start replays the edit, but not the redaction
    pair.two.log.held = False
    pair.two.settle()
    heard = bob.hear()
    assert [line.split(" ")[2] for line in heard] == ["REDACT", "EDIT"]
    assert heard[1] == f":s FAIL EDIT UNKNOWN_MSGID #room {msgid} :There is no such message here."
    assert not any("secret" in str(row.event) for row in pair.disk.rows)
    (row,) = (row for row in pair.disk.rows if isinstance(row.event, MessageEdited))
    row.event = msgspec.structs.replace(row.event, text="secret")  # as if it had not been erased
    pair.restart(pair.one, crash=True)
    assert not any("secret" in str(row.event) for row in pair.disk.rows)


def sign_in_with(world: World, name: str, password: str, as_: str) -> Any:
    """Let somebody sign in with a token or a password."""
    actor = world.connect(as_, says=f"CAP REQ :sasl {CAPS}\nNICK {name}\nUSER {name} 0 * :{name}")
    actor.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain(name, password)), "CAP END")
    return actor


def test_a_token(pair: Pair) -> None:
    """A token that is made on one server signs in on both, and its sessions end on both when it is revoked on one."""
    bob = pair.one.enter("bob", CAPS)  # both password files have bob, with the same hash
    answers = [bob.ask(line)[-1].split() for line in ("TOKEN ADD laptop", "TOKEN ADD send=#a :backup")]
    (laptop, text), (backup, restricted) = [answer[3:5] for answer in answers]
    actors = [
        sign_in_with(world, "bob", token, f"{world.node} {token}")
        for world in pair.worlds
        for token in (text, restricted)
    ]
    assert all(any(" 001 bob " in line for line in actor.hear()) for actor in actors)
    pair.check()
    bob.ask(f"TOKEN DEL {laptop}")
    pair.two.settle()
    assert [actor.hear()[-1:] == [CLOSED] for actor in actors] == [True, False, True, False]
    for world in pair.worlds:
        again = sign_in_with(world, "bob", text, "again")
        world.advance(1)
        assert any(" 904 " in line for line in again.hear())
    bob.ask(f"TOKEN DEL {backup}")
    pair.two.settle()
    assert [actor.closed for actor in actors] == [True] * 4
    here = pair.two.enter("bob", CAPS)
    bound = here.ask("TOKEN ADD here :page")[-1].split()[3]
    pair.one.settle()
    assert bob.ask(f"TOKEN DEL {bound}")[-1].endswith(f" TOKEN REMOVED {bound}")
    pair.two.settle()
    assert here.hear()[-1:] == [CLOSED]
    pair.check()


def test_an_id_is_stored_once(pair: Pair) -> None:
    """A message that is sent again under its id to the other server is answered with the first echo (R4)."""
    alice, again = pair.one.enter("alice", CAPS), pair.two
    alice.say("JOIN #room")
    alice.hear()
    (echo,) = alice.ask("@+chatapp/id=k1 PRIVMSG #room :once")
    again.write_passwords("alice", "bob", "carol")
    again.advance(1)
    second = again.enter("alice", CAPS)
    assert second.ask("@+chatapp/id=k1 PRIVMSG #room :once") == [echo]
    assert alice.hear() == []
    pair.check()


def test_a_display_name_is_that_of_the_first_client_on_any_server(pair: Pair) -> None:
    """A client adopts no real name for an account that is connected to the other server."""

    def sign_in(world: World, as_: str, realname: str) -> None:
        actor = world.connect(as_)
        actor.say("CAP REQ :sasl", "NICK bob", f"USER bob 0 * :{realname}", "AUTHENTICATE PLAIN")
        actor.say(*(f"AUTHENTICATE {part}" for part in plain("bob")), "CAP END")
        pair.check()

    sign_in(pair.one, "laptop", "bob")
    sign_in(pair.two, "phone", "Robert")
    assert pair.one.services.state.user_named("bob").realname == "bob"
    pair.two.actors["phone"].quit()
    pair.one.actors["laptop"].quit()
    sign_in(pair.two, "again", "Robert")
    assert pair.one.services.state.user_named("bob").realname == "Robert"


def test_accounts_are_not_removed_because_this_file_lacks_them(pair: Pair) -> None:
    """Each file has an account that the other one lacks; only who saw an account go says that it went."""
    names = {user.name for user in pair.one.services.state.users.values()}
    assert names == {"alice", "bob", "carol"}
    for world in pair.worlds:
        pair.restart(world)
    assert {user.name for user in pair.one.services.state.users.values()} == names
    carol, bob = pair.two.enter("carol"), pair.one.enter("bob")
    carol.say("JOIN #room")
    bob.say("JOIN #room")
    carol.hear()
    pair.two.services.accounts._file.remove("carol")
    pair.two.advance(1)
    assert pair.one.services.state.user_named("carol") is None
    assert any(" QUIT :The account was removed" in line for line in bob.hear())
    assert carol.hear()[-1] == CLOSED
    pair.check()


@pytest.mark.parametrize("starts", [False, True], ids=["while-it-runs", "at-a-start"])
def test_an_account_of_the_other_server_is_not_removed_for_one_with_its_name(pair: Pair, starts: bool) -> None:
    """Another account of the same name in this server's file removes nobody, has no role, and cannot sign in."""
    alice, uid = pair.one.enter("alice"), pair.one.services.state.user_named("alice").uid
    file = pair.two.services.accounts._file
    file.add("alice", HASH, admin=True)
    if starts:
        pair.restart(pair.two)
    pair.two.advance(1)
    user = pair.one.services.state.user_named("alice")
    assert (user.uid, user.role) == (uid, "")
    assert not any("removed" in line for line in alice.hear())
    other = pair.two.connect("alice2", tls=True, says="PASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    assert not any(" 001 " in line for line in other.hear())
    pair.check()
    told = {text.partition(". ")[0] for world in pair.worlds for text in world.complaints()}
    assert told == {"alice of the password file is not the account alice of the log"}


def test_users_of_all_servers_are_counted(pair: Pair) -> None:
    """LUSERS: those of this server, and those of all servers; a user who is on both counts once."""
    alice, _, _ = pair.one.enter("alice"), pair.two.enter("bob"), pair.two.enter("carol")
    pair.one.enter("bob", as_="phone")
    pair.one.advance(figures.COUNT_S)
    local, everywhere = alice.ask("LUSERS")[-2:]
    assert local.split(" ")[1:5] == ["265", "alice", "2", "2"]
    assert everywhere.split(" ")[1:5] == ["266", "alice", "3", "3"]


def test_an_account_is_made_on_either(pair: Pair) -> None:
    """A name that has an account on one server cannot be had on the other."""
    dave = pair.one.connect("dave", says="NICK dave\nUSER d 0 * :d")
    dave.say("REGISTER * * long-enough-password")
    assert any("The account dave is made" in line for line in dave.hear())
    pair.check()
    other = pair.two.connect("dave2", says="NICK dave\nUSER d 0 * :d")
    assert any(" 433 " in line for line in other.hear())
    pair.two.services.accounts._file.add("eve", HASH)
    pair.two.advance(1)
    assert pair.one.services.state.user_named("eve") is not None
    pair.check()


def test_a_start_removes_only_its_own_guests(pair: Pair) -> None:
    """A guest of the other server is still connected there."""
    here, there = pair.one.guest("visitor"), pair.two.guest("stranger")
    for guest in (here, there):
        guest.say("JOIN #room")
    pair.restart(pair.one, crash=True)
    assert pair.one.services.state.user_named("visitor") is None
    assert pair.one.services.state.user_named("stranger") is not None
    assert any(" QUIT :The server was restarted" in line for line in there.hear())
    assert there.ask("PRIVMSG #room :alone now") == []
    pair.check()


def test_what_was_said_while_one_was_down(pair: Pair) -> None:
    """A server that comes back catches up from the log, and tells its clients what they missed."""
    alice = pair.one.enter("alice", CAPS)
    pair.two.stop()
    alice.say("PRIVMSG bob :while you were down")
    assert any(" 301 alice bob :not connected" in line for line in alice.hear())
    pair.two.start_again()
    pair.introduce()
    bob = pair.two.enter("bob", CAPS)
    pair.two.advance(5)
    assert any(line.endswith(" PRIVMSG bob :while you were down") for line in bob.hear())
    pair.check()


def test_events_that_meet_are_judged_in_the_order_of_the_log(pair: Pair) -> None:
    """Two guests take one name at the same moment: the log decides, on both servers alike."""
    for world in pair.worlds:
        world.log.held = True
    one, two = pair.one.connect("one"), pair.two.connect("two")
    for actor in (one, two):
        actor.say("NICK same", "USER s 0 * :s")
    for world in pair.worlds:
        world.log.held = False
        world.settle()
    heard = [actor.hear() for actor in (one, two)]
    assert [any(" 001 same " in line for line in lines) for lines in heard] == [True, False]
    assert any(" 433 " in line for line in heard[1])
    pair.check()


@pytest.mark.parametrize(
    ("line", "last"),
    [
        ("KILL bob :out", "ERROR :Killed (alice: out)"),
        ("UBAN ADD bob :spam", "ERROR :Closing link: banned"),
        ("UBAN ADD 203.0.113.0/24", "ERROR :Closing link: banned"),
    ],
)
def test_connections_end_on_every_server(pair: Pair, line: str, last: str) -> None:
    """Each server ends its own sessions when the event is applied, whichever server proposed it."""
    pair.make_administrator("alice")
    alice = pair.one.enter("alice")
    says = "PASS bob:sesame\nNICK bob\nUSER b 0 * :b"
    bobs = [world.connect("bob", "203.0.113.7", tls=True, says=says) for world in pair.worlds]
    carol = pair.two.enter("carol")
    alice.say(line)
    pair.two.settle()
    assert [bob.hear()[-2:] for bob in bobs] == [[last, CLOSED], [last, CLOSED]]
    assert not carol.closed
    assert not alice.closed
    pair.check()


@pytest.mark.parametrize("by", ["bob", "chat cert"])
def test_a_certificate_is_removed_on_every_server(pair: Pair, by: str) -> None:
    """ "DEL ends the other sessions that have this certificate", on the other server too."""
    lost, here = pair.two.enter("bob", certificate=b"a"), pair.one.enter("bob", certificate=b"a")
    other = pair.two.enter("bob", certificate=b"b", as_="other")
    here.say("CERT ADD")
    (fingerprint,) = (each.fingerprint for each in pair.one.services.state.user_named("bob").certificates)
    if by == "bob":
        here.say("CERT DEL")
    else:
        services = pair.one.services
        user = services.state.user_named("bob")
        pair.one.run(administrating.remove_certificate(services, user, fingerprint))
    pair.two.settle()
    assert lost.hear()[-2:] == ["ERROR :The certificate of this connection was removed from your account.", CLOSED]
    assert here.closed == (by != "bob")
    assert not other.closed
    pair.check()


def several(target: str, tags: str = "") -> str:
    """Write a message of several lines, with the line ends between its lines."""
    text = [f"@batch=1 PRIVMSG {target} :{line}" for line in ("one", "", "two")]
    return "\r\n".join([f"{tags}BATCH +1 draft/multiline {target}", *text, "BATCH -1"])


# For each verb, lines that may change something; the others are drawn as they are.
LINES: dict[str, list[str]] = {
    "AWAY": ["AWAY :x", "AWAY", "AWAY *"],
    "BATCH": [
        "BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :x", "BATCH -1", several("#a"), several("bob"),
        several("#b"), several("#a", "@+chatapp/id=k2 "), several("#a", "@label=3 "),
    ],
    "CERT": ["CERT ADD", "CERT ADD", "CERT DEL", "CERT LIST"],
    "CHATHISTORY": ["CHATHISTORY LATEST #a * 5", "CHATHISTORY AROUND bob timestamp=2026-01-01T00:16:40.000Z 5"],
    "EDIT": [
        "@draft/target-msgid={msgid};draft/edit-text=new EDIT #a", "@draft/target-msgid={msgid} EDIT bob",
        "@draft/target-msgid={msgid};draft/edit-text=two\\nlines EDIT #a",
        "@draft/target-msgid={msgid};draft/edit-text=x EDIT bob",
        "@draft/target-msgid={msgid};draft/edit-text=y EDIT #b",
    ],
    "INVITATION": [
        "INVITATION ADD", "INVITATION ADD uses=2 join=#a,#b", "INVITATION {code}", "INVITATION {code}",
        "INVITATION {code}\r\nREGISTER * * longpassword", "INVITATION ADD expires=30s join=#b", "INVITATION DEL 1",
        "INVITATION DEL 2", "INVITATION LIST",
    ],
    "INVITE": ["INVITE bob #a", "INVITE carol #b", "INVITE alice #a", "INVITE", "INVITE bob #b", "INVITE carol #a"],
    "JOIN": ["JOIN #a", "JOIN #b,#a", "JOIN #a key", "JOIN #b,#a key,key", "JOIN #c", "JOIN 0"],
    "KICK": ["KICK #a bob", "KICK #a alice,carol :out", "KICK #b,#a carol,guest11"],
    "KILL": ["KILL bob :x", "KILL guest21", "KILL carol"],
    "KNOCK": ["KNOCK #a", "KNOCK #b :please"],
    "MARKREAD": ["MARKREAD #a timestamp=2026-01-01T00:00:10.000Z", "MARKREAD bob timestamp=2030-01-01T00:00:00.000Z"],
    "METADATA": [
        "METADATA * SET avatar :x", "METADATA * SET avatar", "METADATA * SET status :here", "METADATA * CLEAR",
        "METADATA #a SET avatar :y", "METADATA #a CLEAR", "METADATA #b SET url :z", "METADATA bob CLEAR",
        "METADATA #a SET soju.im/pinned 1", "METADATA bob SET soju.im/muted 1", "METADATA #a SET soju.im/pinned 0",
        "METADATA carol SET soju.im/pinned 1", "METADATA * SUB avatar status soju.im/pinned", "METADATA *ALL SYNC",
    ],
    "MODE": [
        "MODE #a +o bob", "MODE #a +v-o carol alice", "MODE #a -q alice", "MODE #a +a carol", "MODE #a +b bob",
        "MODE #a +b ~t:1:bob", "MODE #a -b bob", "MODE #a +e-b bob carol", "MODE #a +I carol", "MODE #a +k key",
        "MODE #a -k *", "MODE #a +l 1", "MODE #a +ims", "MODE #a -ims", "MODE #a +W", "MODE #a -nt", "MODE #a +f #b",
        "MODE #a +MRC", "MODE #a -MRC", "MODE #b +s", "MODE #b +i", "MODE #b +f #a", "MODE #b +l 2",
        "MODE #a +m-m", "MODE #a +b-b x x",
        "@+chatapp/reason=loud MODE #a +b ~m:bob", "@+chatapp/reason=x MODE #b +bv x carol",
        "MODE #a +o-o+v bob bob bob", "MODE #a -o+v alice alice", "MODE #a +k-k+i-i k *",
        "MODE alice +iR", "MODE bob +RTB", "MODE bob -R+w", "MODE carol +T-B", "MODE alice -o", "MODE alice +s",
    ],
    "MONITOR": ["MONITOR + alice,bob,carol,guest11", "MONITOR - bob", "MONITOR S", "MONITOR C"],
    "NICK": ["NICK zoe", "NICK guest9"],
    "NOTICE": ["NOTICE #a :hi", "NOTICE carol :hi"],
    "OPER": ["OPER alice sesame", "OPER bob sesame"],
    "PART": ["PART #a :bye", "PART #b,#a"],
    "PRIVMSG": [
        "PRIVMSG #a :hi", "PRIVMSG bob :hi", "PRIVMSG alice,carol,#a :hi", "@+chatapp/id=k PRIVMSG #a :once",
        "PRIVMSG #a :\x01VERSION\x01", "PRIVMSG #b :hi",
        "PRIVMSG @#a :psst", "PRIVMSG +#b :psst", "PRIVMSG @%#a,bob :psst", several("@#a"),
    ],
    "REDACT": ["REDACT #a {msgid} :x", "REDACT #a {msgid}", "REDACT @#a {msgid}", "REDACT bob {msgid}"],
    "REGISTER": ["REGISTER * * longpassword"],
    "RENAME": ["RENAME #a #c", "RENAME #c #a :back", "RENAME #b #A", "RENAME #a #A"],
    "SEARCH": [
        "SEARCH text=hi", "SEARCH in=#a;from=bob", "SEARCH text=o*;limit=2", "SEARCH in=bob",
        "SEARCH from=carol~1;in=#b",
    ],
    "SETNAME": ["SETNAME :Somebody"],
    "SILENCE": ["SILENCE +bob", "SILENCE -bob", "SILENCE +alice,carol"],
    "TAGMSG": [
        "@+draft/react=x TAGMSG #a", "@+typing=active TAGMSG #a", "@+draft/react=x;+reply={msgid} TAGMSG #a",
        "@+x=y TAGMSG @#a", "@+draft/react=x;+reply={msgid} TAGMSG @#a",
        "@+draft/unreact=x;+draft/reply={msgid} TAGMSG #a", "@+draft/react=x;+reply={msgid} TAGMSG bob",
    ],
    "TOKEN": [
        "TOKEN ADD laptop", "TOKEN ADD send=#a,bob :for #a", "TOKEN DEL {token}", "TOKEN DEL {token}", "TOKEN LIST",
        "TOKEN ADD here :this device",
    ],
    "TOPIC": ["TOPIC #a :x", "TOPIC #a :", "TOPIC #b :y"],
    "UBAN": ["UBAN ADD bob 1h :x", "UBAN ADD carol 1s", "UBAN DEL bob", "UBAN DEL carol", "UBAN ADD 192.0.2.0/24"],
    "UNINVITE": ["UNINVITE bob #a", "UNINVITE carol #b", "UNINVITE alice #a", "UNINVITE carol #a"],
    "WALLOPS": ["WALLOPS :x"],
    "WHOIS": ["WHOIS bob", "WHOIS alice carol"],
}  # fmt: skip
PLAIN = [command.verb for command in COMMANDS if command.verb not in LINES]
ANY_LINE = st.one_of(
    st.sampled_from([line for lines in LINES.values() for line in lines]),
    st.sampled_from(LINES["MODE"] + LINES["KICK"] + LINES["UBAN"]),
    st.sampled_from(sorted(LINES)).flatmap(lambda verb: st.sampled_from(LINES[verb])),
    st.sampled_from(["JOIN #a", "JOIN #b", "PRIVMSG #a :hi"]),
    st.sampled_from([f"{verb}{rest}" for verb in PLAIN for rest in ("", " #a", " bob", " alice #a :x")]),
)
WHO = st.sampled_from(["alice", "alice", "bob", "carol", "guest1", "guest2"])
STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 1), WHO, st.lists(ANY_LINE, min_size=1, max_size=6)),
    st.tuples(st.just("lag"), st.integers(0, 1), WHO, st.just([])),
    st.tuples(st.just("both"), st.integers(0, 1), WHO, st.lists(ANY_LINE, min_size=1, max_size=6)),
    st.tuples(st.sampled_from(["restart", "crash", "delete", "add", "time"]), st.integers(0, 1), WHO, st.just([])),
)


def last_msgid(pair: Pair) -> str:
    """Return the id of the last message in the log, or of no message."""
    found = (row.event.id for row in reversed(pair.disk.rows) if isinstance(row.event, MessageSent))
    return next(found, "0000000000000000")


def some_token(pair: Pair) -> str:
    """Return the id of the token that was made last, or of no token."""
    found = (row.event.token for row in reversed(pair.disk.rows) if isinstance(row.event, TokenAdded))
    return next(found, "0000000000000000")


def actor_of(world: World, name: str) -> Any:
    """Find somebody's connection to a server, or connect: an account of its password file, or a guest."""
    actor = world.actors.get(name)
    if actor is None or actor.closed:
        if world.services.accounts._file.get(name) is not None:
            says = f"CAP REQ :sasl {CAPS} draft/multiline\nNICK {name}\nUSER {name} 0 * :{name}"
            certificate = b"bob's" if name == "bob" else b"shared"  # alice and carol both want the same certificate
            actor = world.connect(name, certificate=certificate, says=says)
            actor.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain(name)), "CAP END")
        else:
            actor = world.connect(name, says=f"NICK {name}{world.node}\nUSER {name} 0 * :{name}")
    return actor


@given(steps=st.lists(STEPS, min_size=3, max_size=12))
@settings(max_examples=examples(60))
def test_whatever_is_done_both_are_the_same(steps: list[tuple[str, int, str, list[str]]]) -> None:
    """Equal digests after every step, whoever does what on which server, whoever lags, stops or crashes."""
    codes = ["unknown"]

    def next_code(_: int) -> str:
        codes.append(f"{len(codes):022d}")
        return codes[-1]

    with (
        tempfile.TemporaryDirectory() as folder,
        unittest.mock.patch.object(inviting.secrets, "token_urlsafe", next_code),
    ):
        pair = Pair(Path(folder))
        pair.make_administrator("alice")
        for number, name in enumerate(("alice", "bob", "carol")):
            actor_of(pair.worlds[number > 0], name).say("JOIN #a,#b")
        for kind, number, name, lines in steps:
            world = pair.worlds[number]
            file = world.services.accounts._file
            for word, value in (("msgid", last_msgid(pair)), ("token", some_token(pair)), ("code", codes[-1])):
                lines = [line.replace(f"{{{word}}}", value) for line in lines]
            if kind == "say":
                actor_of(world, name).say(*lines)
            elif kind == "lag":
                world.log.lags = True
                actor_of(pair.worlds[1 - number], name).say("PRIVMSG #a :not heard yet")
                world.log.lags = False
            elif kind == "both":
                actors = [actor_of(each, name) for each in pair.worlds]
                for each in pair.worlds:
                    each.log.held = True
                for actor in actors:
                    actor.say(*lines)
                for each in pair.worlds[:: 1 - 2 * number]:
                    each.log.held = False
            elif kind == "delete" and file.get(name) is not None:
                file.remove(name)
                world.advance(1)
            elif (
                kind == "add" and file.get(f"new{number}") is None and not world.services.accounts.knows(f"new{number}")
            ):
                file.add(f"new{number}", HASH)
                world.advance(1)
            elif kind in ("restart", "crash"):
                pair.restart(world, crash=kind == "crash")
            elif kind == "time":
                world.advance(61)
            pair.check()
        for world in pair.worlds:
            pair.restart(world)
        pair.close()


def test_every_command_has_its_lines() -> None:
    """A command that stores something has lines above: a new one takes part in the test."""
    assert {command.verb for command in COMMANDS if command.stores} - LINES.keys() == {"PASSWD"}, (
        "PASSWD stores no event"
    )


def test_who_is_connected_to_the_other_server_is_connected(pair: Pair) -> None:
    """WHOIS, MONITOR, and the 301 that answers a message or an invitation, ask the other server too."""
    alice, carol = pair.one.enter("alice"), pair.two.enter("carol")
    alice.ask("JOIN #room")
    whois = alice.ask("WHOIS carol")
    assert whois == [
        ":s 311 alice carol carol s * :carol",
        ":s 312 alice carol s :Net",
        ":s 330 alice carol carol :is signed in as",
        ":s 318 alice carol :End of WHOIS list.",
    ]
    assert alice.ask("MONITOR + carol") == [":s 730 alice :carol!carol@s"]
    assert alice.ask("PRIVMSG carol :hi") == []
    assert alice.ask("INVITE carol #room") == [":s 341 alice carol #room"]
    carol.quit()
    assert alice.hear() == []
    whois[2:3] = [":s 330 alice carol carol :is the account"]
    whois.insert(1, ":s 301 alice carol :not connected")
    assert alice.ask("WHOIS carol") == whois
    assert alice.ask("MONITOR S") == [":s 731 alice :carol"]
    away = ":s 301 alice carol :not connected; will get it later"
    assert alice.ask("PRIVMSG carol :hi") == [away]
    assert alice.ask("UNINVITE carol #room", "INVITE carol #room")[-2:] == [":s 341 alice carol #room", away]
    pair.check()


def test_monitor_sees_guests_of_the_other_server(pair):
    """A guest's arrival, new name and leaving are events of the log, so MONITOR tells of them on every server."""
    carol = pair.two.enter("carol")
    assert carol.ask("MONITOR + gast,gus") == [":s 731 carol :gast,gus"]
    gast = pair.one.guest("gast")
    pair.check()
    pair.two.settle()
    assert carol.hear() == [":s 730 carol :gast!gast@s"]
    gast.say("NICK gus")
    pair.two.settle()
    assert carol.hear() == [":s 731 carol :gast", ":s 730 carol :gus!gus@s"]
    assert carol.ask("MONITOR S") == [":s 730 carol :gus!gus@s", ":s 731 carol :gast"]
    gast.say("QUIT")
    pair.two.settle()
    assert carol.hear() == [":s 731 carol :gus"]


# Invitations to the server


def invitation(pair: Pair, words: str = "") -> str:
    """Let alice make an invitation on the first server; return its code."""
    alice = pair.one.actors["alice"]
    link = alice.ask(f"INVITATION ADD {words}".rstrip())[-1].partition(" :")[2]
    return parse_link(link).code


def newcomer(world: World, name: str, code: str) -> Any:
    """Open a connection of somebody who has an invitation, and has shown it."""
    actor = world.connect(name, says=f"CAP REQ :standard-replies chatapp/account\nNICK {name}\nUSER {name} 0 * :{name}")
    actor.hear()
    assert actor.ask(f"INVITATION {code}")[-1].startswith(":s INVITATION VALID ")
    return actor


@pytest.fixture
def inviting_pair(pair: Pair) -> Pair:
    """Two servers; alice is an administrator on the first one."""
    pair.make_administrator("alice")
    pair.one.enter("alice", "chatapp/account")
    return pair


@pytest.mark.parametrize("first", [0, 1])
def test_two_people_use_one_invitation_at_the_same_moment(inviting_pair: Pair, first: int) -> None:
    """One on each server, both before the log has heard of either: exactly one of them gets an account."""
    pair = inviting_pair
    pair.one.actors["alice"].ask("JOIN #room", "MODE #room +i")
    code = invitation(pair, "join=#room")
    people = [newcomer(world, name, code) for world, name in zip(pair.worlds, ("dave", "erin"), strict=True)]
    for world in pair.worlds:
        world.log.held = True
    for person in people:
        person.say("REGISTER * * long-secret", "CAP END")
    for world in pair.worlds[:: 1 - 2 * first]:
        world.log.held = False
        world.settle()
    heard = [person.hear() for person in people]
    winner, loser = heard[first], heard[1 - first]
    assert any(" is made, and you are signed in" in line for line in winner)
    assert any(line.endswith(" JOIN #room") for line in winner)
    assert loser[0].startswith(f":s FAIL REGISTER INVITATION_USED_UP {('dave', 'erin')[1 - first]} :")
    pair.check()
    names = [pair.worlds[number].services.accounts._file.get(name) for number, name in enumerate(("dave", "erin"))]
    assert [name is not None for name in names] == [first == 0, first == 1]


def test_a_use_in_progress_on_the_other_server(inviting_pair: Pair) -> None:
    """A server that starts gives back its own uses, and none of the other server's."""
    pair = inviting_pair
    code = invitation(pair)
    dave = newcomer(pair.one, "dave", code)
    queue = pair.one.services.accounts._queue
    free, queue._free = queue._free, 0
    dave.say("REGISTER * * long-secret")
    pair.check()
    pair.restart(pair.two, crash=True)
    erin = pair.two.connect("erin", says="CAP REQ :standard-replies chatapp/account\nNICK erin")
    erin.hear()
    assert erin.ask(f"INVITATION {code}")[-1].startswith(":s FAIL INVITATION INVITATION_USED_UP :")
    queue._free = free
    pair.restart(pair.one, crash=True)
    assert erin.ask(f"INVITATION {code}")[-1].startswith(":s INVITATION VALID ")
