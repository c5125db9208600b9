"""From a connection to a session: what it is told, and what its account missed (DESIGN R3, R6)."""

from __future__ import annotations

import re

import pytest

from chatapp.auth import VerifiedPasswords
from chatapp.errors import LogUnavailableError
from chatapp.server.edge.connection import LINGER_S
from tests.server.world import FULL_DISK


def pings(actor):
    """Take the PINGs out of what an actor has heard, and return their tokens."""
    tokens = [line.removeprefix("PING :") for line in actor.heard if line.startswith("PING :")]
    kept = [line for line in actor.heard if not line.startswith("PING :")]
    actor.heard.clear()
    actor.heard.extend(kept)
    return tokens


def pong(actor):
    """Answer every PING that was heard."""
    for token in pings(actor):
        actor.say(f"PONG :{token}")


def come_back(world, name="bob", caps="", *, as_=""):
    """Connect again; return what comes behind the channels, with the source left out."""
    actor = world.connect(as_ or name, says=f"PASS {name}:sesame\nCAP REQ :{caps}\nNICK x\nUSER x 0 * :x\nCAP END")
    return missed(actor)


def missed(actor):
    """Return what was said, and by whom, of what an actor has heard."""
    said = [re.fullmatch(r"(@\S+ )?:(\w+)!\S+ (?:PRIVMSG|NOTICE|TAGMSG) (\S+)(?: :(.*))?", x) for x in actor.heard]
    found = [f"{match[2]} {match[3]} {match[4]}" for match in said if match]
    tokens = pings(actor)
    actor.heard.clear()
    actor.heard.extend(f"PING :{token}" for token in tokens)
    return found


# The welcome


def test_everything_that_is_told(make_world):
    """ "The server MUST send, in this order, 001, 002, 003, 004, and at least one 005", then LUSERS and MOTD."""
    world = make_world(accounts="alice", lobby="#lobby", motd=("Be kind.",), network_name="Home")
    alice = world.connect("alice", says="PASS alice:sesame\nNICK alice\nUSER a 0 * :a")
    assert alice.hear() == [
        ":s 001 alice :Welcome to Home, alice.",
        ":s 002 alice :Your host is s, running chatapp-0.1.0.",
        ":s 003 alice :This server was started 2026-01-01 00:16 UTC.",
        ":s 004 alice s chatapp-0.1.0 BRTZiosw CIMRWabefhiklmnoqstv",
        ":s 005 alice NETWORK=Home CASEMAPPING=ascii CHANTYPES=# NICKLEN=32 CHANNELLEN=64 TOPICLEN=390 AWAYLEN=200"
        " NAMELEN=128 PREFIX=(qaohv)~&@%+ CHANMODES=beI,k,fl,CMRWimnst MODES=12 MAXLIST=b:100,e:100,I:100 EXCEPTS=e"
        " :are supported by this server",
        ":s 005 alice INVEX=I EXTBAN=~,amt ACCOUNTEXTBAN=a SILENCE=200 KEYLEN=32 KICKLEN=390 CHANLIMIT=#:200"
        " MAXTARGETS=4"
        " TARGMAX=PRIVMSG:4,NOTICE:4,TAGMSG:4,KICK:4,JOIN:,PART:,NAMES:,LIST:20,ISON:,USERHOST:5,WHOIS:1,WHOWAS:1"
        " ELIST=CMNTU SAFELIST WHOX CHATHISTORY=1000 :are supported by this server",
        ":s 005 alice MONITOR=100 MSGREFTYPES=msgid,timestamp UTF8ONLY LINELEN=512 CLIENTTAGDENY="
        " STATUSMSG=~&@%+ USERMODES=,,,BRTZiosw BOT=B draft/ACCOUNTREQUIRED LOBBY=#lobby :are supported by this server",
        ":s 251 alice :Users who are here: 1, 0 of them invisible.",
        ":s 252 alice 0 :administrator(s) here",
        ":s 253 alice 0 :connection(s) not signed in yet",
        ":s 254 alice 1 :channel(s)",
        ":s 255 alice :Connections to this server: 1.",
        ":s 265 alice 1 1 :Users of this server: 1, at most 1 so far.",
        ":s 266 alice 1 1 :Users of all servers: 1, at most 1 so far.",
        ":s 375 alice :Message of the day",
        ":s 372 alice :Be kind.",
        ":s 376 alice :End of the message of the day.",
        ":alice!alice@s JOIN #lobby",
        ":s 353 alice = #lobby :alice",
        ":s 366 alice #lobby :End of NAMES list.",
    ]


def test_an_account_keeps_its_channels(world):
    """ "For each channel its account is a member of: JOIN, topic, read marker, names", as if it joined; in order."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#b,#a", "alice bob")
    world.actors["alice"].ask("TOPIC #a :what we do", "MARKREAD #b timestamp=2026-01-01T00:00:00.000Z")
    world.actors["alice"].hang_up()
    world.deaf()
    alice = world.connect(
        "alice",
        says="PASS alice:sesame\nCAP REQ :draft/read-marker extended-join\nNICK x\nUSER x 0 * :x\nCAP END",
    )
    heard = alice.hear()
    start = heard.index(":s 422 alice :There is no message of the day.")
    heard[start + 7] = heard[start + 7].rpartition(" ")[0]
    assert heard[start + 1 :] == [
        ":alice!alice@s JOIN #b alice :x",
        ":s MARKREAD #b timestamp=2026-01-01T00:00:00.000Z",
        ":s 353 alice = #b :~alice bob",
        ":s 366 alice #b :End of NAMES list.",
        ":alice!alice@s JOIN #a alice :x",
        ":s 332 alice #a :what we do",
        ":s 333 alice #a alice!alice@s",
        ":s MARKREAD #a *",
        ":s 353 alice = #a :~alice bob",
        ":s 366 alice #a :End of NAMES list.",
    ]


def test_membership_lasts(world):
    """ "Membership of a channel belongs to the account, not to a connection": over disconnects and restarts."""
    world.enter("alice")
    world.enter("bob")
    world.channel("#room", "alice bob")
    for end in ("hang_up", "vanish"):
        getattr(world.actors["alice"], end)()
        world.play("""
            bob> NAMES #room
            bob< :s 353 bob = #room :~alice bob
            bob< :s 366 bob #room :End of NAMES list.
        """)
        world.enter("alice")
    for end in ("stop", "crash"):
        getattr(world, end)()
        world.start_again()
        world.enter("bob")
        world.play("""
            bob> NAMES #room
            bob< :s 353 bob = #room :~alice bob
            bob< :s 366 bob #room :End of NAMES list.
        """)


def test_coming_and_going_is_told_once(world):
    """Neighbours with away-notify hear of the first connection, and of the end of the last one."""
    world.enter("alice", "away-notify")
    world.enter("bob")
    world.channel("#room", "alice bob")
    world.enter("bob", as_="bob2")
    world.actors["bob"].hang_up()
    world.play("""
        alice> PING 1
        alice< :s PONG s :1
    """)
    world.actors["bob2"].hang_up()
    world.play("""
        alice< :bob!bob@s AWAY :not connected
    """)
    world.enter("bob")
    world.play("""
        alice< :bob!bob@s AWAY
    """)


# What was missed


@pytest.fixture(params=["memory", "sqlite"])
def gone(request, make_world):
    """alice, bob and carol are in #a and #b; bob has left politely."""
    world = make_world(accounts="alice bob carol", sqlite=request.param == "sqlite")
    for name in ("alice", "bob", "carol"):
        world.enter(name, "message-tags draft/chathistory" if name != "bob" else "")
    world.channel("#a,#b", "alice bob carol")
    world.actors["alice"].ask("PRIVMSG #a :heard", "PRIVMSG bob :heard too")
    world.deaf()
    world.actors["bob"].quit()
    return world


def test_what_was_missed_is_replayed(gone):
    """ "For the rest, what an account missed is replayed when it connects": all of it, once, in order."""
    alice, carol = gone.actors["alice"], gone.actors["carol"]
    alice.ask("PRIVMSG #a :one", "NOTICE bob :two", "@+react TAGMSG #a", "PRIVMSG #b :three")
    carol.ask("PRIVMSG #a :four", "TOPIC #a :x", "PRIVMSG bob :five")
    expected = ["alice #a one", "carol #a four", "alice #b three", "alice bob two", "carol bob five"]
    assert come_back(gone) == expected
    gone.actors["bob"].quit()
    assert come_back(gone) == []
    alice.ask("PRIVMSG #a :six")
    assert missed(gone.actors["bob"]) == ["alice #a six"]
    gone.actors["bob"].quit()
    assert come_back(gone) == []


def test_it_comes_as_it_was(gone):
    """With its time, id and tags where those are known."""
    gone.actors["alice"].ask("@+x=1 PRIVMSG #a :one", "@+react TAGMSG #a")
    gone.advance(60)
    bob = gone.connect(
        "bob", says="PASS bob:sesame\nCAP REQ :message-tags server-time account-tag\nNICK x\nUSER x 0 * :x\nCAP END"
    )
    said = [line for line in bob.heard if "alice!" in line and "#a" in line]
    assert len(said) == 2
    pattern = r"@time=2026-01-01T00:16:42\.50\dZ;msgid=[0-9a-f]{16};account=alice;"
    assert re.fullmatch(pattern + r"\+x=1 :alice!alice@s PRIVMSG #a :one", said[0])
    assert re.fullmatch(pattern + r"\+react :alice!alice@s TAGMSG #a", said[1])


def test_not_to_those_who_can_ask(gone):
    """chathistory: "if a client requests this capability, the server SHOULD NOT play back any history"."""
    gone.actors["alice"].ask("PRIVMSG #a :one")
    assert come_back(gone, caps="draft/chathistory") == []


def test_ones_own_is_not_replayed(gone):
    """What the account itself said, it has not missed."""
    come_back(gone)
    gone.actors["bob"].ask("PRIVMSG #a :mine")
    gone.actors["alice"].ask("PRIVMSG #a :yours")
    gone.actors["bob"].vanish()
    assert come_back(gone) == ["alice #a yours"]


def test_only_what_may_be_read(gone):
    """Channels that died meanwhile are closed, and those that were made again are others."""
    gone.actors["alice"].ask("JOIN #c")
    come_back(gone)
    gone.actors["bob"].ask("JOIN #c", "QUIT")
    gone.actors["alice"].ask("PRIVMSG #c :secret")
    for name in ("alice", "carol"):
        gone.actors[name].ask("PART #b")
    gone.services.accounts._file.remove("alice")
    gone.advance(1)
    assert come_back(gone) == ["alice #c secret"]


def test_so_many_at_most(make_world):
    """Of each channel the last ones, and it is said that there is more; where there is not, all of them."""
    world = make_world(accounts="alice bob", replay_max=3)
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b,#c", "alice bob")
    world.actors["bob"].quit()
    for number in range(4):
        world.actors["alice"].ask(f"PRIVMSG #a :a{number}", f"PRIVMSG bob :d{number}")
    world.actors["alice"].ask("PRIVMSG #b :b0", "PRIVMSG #b :b1", "PRIVMSG #b :b2", "PRIVMSG #c :c0", "PRIVMSG #c :c1")
    world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    heard = [line for line in world.actors["bob"].hear() if " PRIVMSG " in line or " NOTICE " in line]
    assert heard == [
        ":s NOTICE bob :More was said in #a while you were away; the last 3 messages follow.",
        *(f":alice!alice@s PRIVMSG #a :a{number}" for number in (1, 2, 3)),
        *(f":alice!alice@s PRIVMSG #b :b{number}" for number in (0, 1, 2)),
        *(f":alice!alice@s PRIVMSG #c :c{number}" for number in (0, 1)),
        ":s NOTICE bob :More was said in alice while you were away; the last 3 messages follow.",
        *(f":alice!alice@s PRIVMSG bob :d{number}" for number in (1, 2, 3)),
    ]


def test_so_many_bytes_at_most(make_world):
    """Of all channels together: those behind are named."""
    world = make_world(accounts="alice bob", replay_bytes_max=800)
    world.enter("alice")
    world.enter("bob")
    world.channel("#a,#b,#c", "alice bob")
    world.actors["bob"].quit()
    for channel in ("#a", "#b", "#c"):
        world.actors["alice"].ask(f"PRIVMSG {channel} :{channel} {'x' * 400}")
    world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    heard = [
        line.partition("x" * 400)[0] for line in world.actors["bob"].hear() if re.search(" (PRIVMSG|NOTICE) ", line)
    ]
    assert heard == [
        ":alice!alice@s PRIVMSG #a :#a ",
        ":alice!alice@s PRIVMSG #b :#b ",
        ":s NOTICE bob :More was said in #c while you were away; it is too much to be shown here.",
    ]


def test_more_missed_than_may_wait_for_a_slow_reader(make_world):
    """All of it comes to one that reads, and what is said meanwhile after it."""
    world = make_world(accounts="alice bob", send_buffer_slow_bytes=2_000, send_buffer_bytes_max=10_000)
    world.enter("alice")
    for number in range(40):
        world.actors["alice"].ask(f"PRIVMSG bob :{number} {'x' * 400}")
        world.advance(1)
    bob = world.connect("bob")
    bob.transport.reads = False
    bob.say("PASS bob:sesame", "NICK x", "USER x 0 * :x")
    world.actors["alice"].ask("PRIVMSG bob :40 last")
    bob.transport.reads = True
    world.settle()
    told = [line.partition(" PRIVMSG bob :")[2] for line in bob.hear()]
    assert [int(text.split()[0]) for text in told if text] == list(range(41))


def test_messages_while_replaying(make_world):
    """ "Nothing lost, nothing twice, in order", also when messages come in while the history is read."""
    world = make_world(accounts="alice bob carol")
    for name in ("alice", "bob", "carol"):
        world.enter(name, "draft/chathistory" if name != "bob" else "")
    world.channel("#a,#b", "alice bob carol")
    world.actors["bob"].quit()
    world.actors["alice"].ask("PRIVMSG #a :one", "PRIVMSG bob :two")
    world.history.held = True
    world.log.held = True
    world.actors["alice"].say("PRIVMSG #a :three")
    assert come_back(world) == []
    world.log.held = False
    world.settle()
    world.actors["carol"].ask("PRIVMSG bob :four", "PRIVMSG #b :five")
    world.actors["alice"].hear()
    world.actors["bob"].say("PING end")
    assert world.actors["bob"].hear() == []
    world.history.held = False
    world.settle()
    pong(world.actors["bob"])
    world.play("""
        bob< :alice!alice@s PRIVMSG #a :one
        bob< :alice!alice@s PRIVMSG bob :two
        bob< :alice!alice@s PRIVMSG #a :three
        bob< :carol!carol@s PRIVMSG bob :four
        bob< :carol!carol@s PRIVMSG #b :five
        bob< :s PONG s :end
    """)


def test_a_clock_that_was_set_back(gone):
    """What was missed is told by its place in the log, whatever times it bears."""
    stamps = gone.services.proposals.stamps
    stamps._clock = lambda: gone.now_ms() - 3_600_000
    gone.actors["carol"].ask("PRIVMSG bob :one, and the first ever", "PRIVMSG #a :two")
    assert come_back(gone) == ["carol #a two", "carol bob one, and the first ever"]


def test_gone_while_replaying(gone):
    """What was not told is told next time."""
    gone.actors["alice"].ask("PRIVMSG #a :one")
    if hasattr(gone.history, "held"):
        gone.history.held = True
    gone.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x").vanish()
    if hasattr(gone.history, "held"):
        gone.history.held = False
    gone.actors["alice"].ask("PRIVMSG #a :two")
    assert come_back(gone) == ["alice #a one", "alice #a two"]


def test_a_history_that_cannot_be_read(make_world):
    """It is said, and what comes in is not held up; what was missed is told the next time, whatever is answered now."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.enter("bob")
    world.actors["bob"].quit()
    world.actors["alice"].ask("PRIVMSG bob :one")
    world.history.failure = LogUnavailableError("The history cannot be read.")
    bob = world.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    pong(bob)
    assert bob.hear()[-1] == ":s NOTICE bob :What you missed could not be read: The history cannot be read."
    world.play("""
        alice> PRIVMSG bob :two
        bob< :alice!alice@s PRIVMSG bob :two
    """)
    bob.quit()
    world.history.failure = None
    assert come_back(world) == ["alice bob one", "alice bob two"]
    world.actors["bob"].quit()
    assert come_back(world) == []


# What has arrived


def test_what_was_on_its_way_when_the_network_failed(gone):
    """ "Never lose one to a dropped connection": what is not known to have arrived comes again."""
    come_back(gone)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.actors["bob"].vanish()
    gone.actors["alice"].ask("PRIVMSG #a :two")
    assert come_back(gone) == ["alice #a one", "alice #a two"]


def test_a_replay_that_did_not_arrive(gone):
    """The replay itself counts as told when an answer shows that it arrived, and not before."""
    gone.actors["alice"].ask("PRIVMSG #a :one")
    assert come_back(gone) == ["alice #a one"]
    gone.actors["bob"].vanish()
    assert come_back(gone) == ["alice #a one"]
    pong(gone.actors["bob"])
    gone.actors["bob"].vanish()
    assert come_back(gone) == []


def test_an_answered_ping_shows_what_has_arrived(gone):
    """A PONG proves all that was sent before its PING, however much the client itself says."""
    come_back(gone)
    bob, alice = gone.actors["bob"], gone.actors["alice"]
    for number in range(12):
        alice.ask(f"PRIVMSG #a :{number}")
        gone.advance(30)
        bob.say("PING busy")
        pong(bob)
        pong(alice)
        pong(gone.actors["carol"])
    alice.ask("PRIVMSG #a :last")
    bob.vanish()
    again = come_back(gone)
    assert again[-1] == "alice #a last"
    assert len(again) < 6


def test_a_connection_that_died_unnoticed(gone):
    """The next connection comes before the server knows that the last one is dead: nothing is lost in between."""
    come_back(gone)
    gone.actors["bob"].transport.reads = False
    gone.actors["alice"].ask("PRIVMSG #a :one", "PRIVMSG bob :two")
    gone.actors["old"] = gone.actors.pop("bob")
    assert come_back(gone) == ["alice #a one", "alice bob two"]
    gone.advance(200)
    assert gone.actors["old"].closed


def test_a_second_device_is_told_what_may_not_have_arrived(gone):
    """With one that surely has it, the second one is told nothing again."""
    gone.actors["alice"].ask("PRIVMSG #a :one")
    assert come_back(gone) == ["alice #a one"]
    pong(gone.actors["bob"])
    assert come_back(gone, as_="phone") == []


def test_hanging_up_without_having_read(gone):
    """A client that ends with bytes on the way has not read them, even if it ends in good order."""
    come_back(gone)
    bob = gone.actors["bob"]
    bob.transport.reads = False
    gone.actors["alice"].ask("PRIVMSG #a :one")
    bob.hang_up()
    gone.advance(5)
    assert come_back(gone) == ["alice #a one"]


def test_hanging_up_while_signing_in(gone):
    """What a client is sent after its last word may find nobody, and comes again."""
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.loop.jobs_held = True
    gone.services.accounts._verified = VerifiedPasswords(10)  # it takes a hash again
    bob = gone.connect("bob", says="PASS bob:sesame\nNICK x\nUSER x 0 * :x")
    bob.hang_up()
    gone.loop.jobs_held = False
    gone.settle()
    assert bob.closed
    assert come_back(gone) == ["alice #a one"]


def test_quitting_without_having_read(gone):
    """A client may say QUIT and close while its system has what the client has not read, and drops then."""
    come_back(gone)
    gone.advance(3)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.actors["bob"].ask("QUIT")
    assert come_back(gone) == ["alice #a one"]


def test_hanging_up_after_having_read(gone):
    """A client that closes its side has read what it was sent."""
    come_back(gone)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.actors["bob"].hang_up()
    assert come_back(gone) == []


def test_over_a_stop_of_the_server(gone):
    """Who was connected when the server stopped has heard all that was said; the others are told."""
    come_back(gone)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.actors["carol"].quit()
    gone.actors["alice"].ask("PRIVMSG #a :two")
    gone.stop()
    gone.start_again()
    assert come_back(gone) == []
    assert come_back(gone, "carol") == ["alice #a two"]


def test_over_a_stop_of_the_server_without_having_read(gone):
    """What had not reached its reader when the server stopped is told again."""
    come_back(gone)
    gone.actors["bob"].transport.reads = False
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.stop()
    gone.start_again()
    assert come_back(gone) == ["alice #a one"]


def test_over_a_crash_of_the_server(gone):
    """Nothing is lost; what may have arrived comes again."""
    come_back(gone)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.crash()
    gone.start_again()
    assert come_back(gone) == ["alice #a one"]


def test_a_note_that_could_not_be_stored(make_world):
    """Then it is told again: never lost."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.enter("bob")
    world.actors["alice"].ask("PRIVMSG bob :one")
    world.log.failure = FULL_DISK
    world.actors["bob"].quit()
    world.log.failure = None
    assert come_back(world) == ["alice bob one"]


def test_what_arrived_is_noted_while_talk_goes_on(make_world):
    """So that after a crash at most the last hour comes again."""
    world = make_world(accounts="alice bob")
    world.enter("alice")
    world.enter("bob")
    for _ in range(3):
        world.actors["alice"].ask("PRIVMSG bob :old")
        for _ in range(82):
            world.advance(45)
            pong(world.actors["bob"])
            pong(world.actors["alice"])
    world.actors["alice"].ask("PRIVMSG bob :new")
    world.crash()
    world.start_again()
    assert come_back(world)[-1:] == ["alice bob new"]
    assert len(come_back(world, as_="again")) < 4


@pytest.mark.parametrize("token", ["", "x", "1", "1.", ".1", "1.2.3", "-1.5", "99999999999999999999.1", "²."])
def test_a_pong_that_proves_nothing(gone, token):
    """Only what the server asked is an answer; and nobody has heard what is yet to come."""
    come_back(gone)
    gone.actors["alice"].ask("PRIVMSG #a :one")
    gone.actors["bob"].ask(f"PONG :{token}")
    gone.actors["bob"].vanish()
    assert come_back(gone) == ["alice #a one"]


def test_who_has_left_is_away_at_once(world, monkeypatch):
    """Though its connection takes a while yet to be closed, as over TLS: nothing reaches it any more."""
    alice, bob = world.enter("alice"), world.enter("bob")
    monkeypatch.setattr(bob.transport, "close", lambda: None)
    bob.say("QUIT")
    assert bob.hear() == ["ERROR :Bye."]
    assert alice.ask("PRIVMSG bob :late") == [":s 301 alice bob :not connected; will get it later"]
    world.advance(LINGER_S)
    assert bob.closed
    again = world.connect("bob", says="PASS bob:sesame\nNICK bob\nUSER bob 0 * :b")
    assert [line for line in again.hear() if " PRIVMSG bob " in line] == [":alice!alice@s PRIVMSG bob :late"]


def test_a_clock_that_was_an_hour_ahead(make_world):
    """R6: "a client that asks for everything after a time gets everything", also in a conversation that is new."""
    world = make_world(accounts="alice bob carol")
    caps = "server-time batch draft/chathistory"
    world.enter("alice", caps)
    world.services.proposals.stamps._clock = lambda: world.now_ms() + 3_600_000
    world.actors["alice"].ask("PRIVMSG bob :from an hour ahead")
    world.crash()
    world.start_again()
    bob = world.enter("bob", caps)
    seen = bob.ask("CHATHISTORY LATEST alice * 1")[1]
    time = re.search(r"time=([^; ]+)", seen)[1]
    world.enter("carol")
    world.actors["carol"].ask("PRIVMSG bob :the clock is right again")
    world.deaf()
    targets = bob.ask(f"CHATHISTORY TARGETS timestamp={time} timestamp=2100-01-01T00:00:00.000Z 10")
    assert any(" TARGETS carol " in line for line in targets)
