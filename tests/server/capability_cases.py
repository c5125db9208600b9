"""For each capability of CAP LS, a function that tries what it promises; see ``test_promises.py``.

A function gets a server where nobody is signed in, and the value of the capability. Where the capability changes a
line, a session without it shows the line as it is otherwise. Spec: the IRCv3 specification of each name; for
`chatapp/*`, README.md of the server; for `soju.im/search` and `znc.in/*`, those projects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from tests.server.isupport_cases import alone, code, codes
from tests.server.world import PASSWORD, Actor, World, b64

FOUR = "batch labeled-response message-tags echo-message"


def tags(line: str) -> dict[str, str]:
    """Return the tags of a line."""
    words = line[1:].partition(" ")[0].split(";") if line.startswith("@") else []
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def together(world: World, caps: str) -> tuple[Actor, Actor, Actor]:
    """Let alice be the founder of #room, bob know ``caps``, and carol know nothing; both are members."""
    alice, bob, carol = alone(world), world.enter("bob", caps), world.enter("carol")
    bob.say("JOIN #room")
    carol.say("JOIN #room")
    world.deaf()
    return alice, bob, carol


def only_with(world: World, caps: str, line: str, expected: str) -> None:
    """Check that after a ``line`` of alice the one with the capabilities hears ``expected``, and the other does not."""
    alice, bob, carol = together(world, caps)
    alice.say(line)
    heard, other = bob.hear(), carol.hear()
    assert expected in heard
    assert expected not in other


def with_guests(world: World) -> World:
    """Make a server that lets guests in."""
    folder = world.folder / "guests"
    folder.mkdir(mode=0o700)
    return World(folder, accounts="bob carol", guests=True)


def account_notify(world: World, value: str) -> None:
    """ "notify clients when other clients in common channels ... identify"."""
    with with_guests(world) as guests:
        zoe = guests.guest("zoe", "draft/account-registration")
        bob, carol = guests.enter("bob", "account-notify"), guests.enter("carol")
        guests.channel("#room", "bob carol zoe")
        zoe.ask(f"REGISTER * * {PASSWORD}-long")
        assert ":zoe!zoe@s ACCOUNT zoe" in bob.hear()
        assert carol.hear() == []


def account_tag(world: World, value: str) -> None:
    """ "the account tag ... MUST be sent ... if the sending user is logged in"."""
    only_with(world, "account-tag", "PRIVMSG #room :hi", "@account=alice :alice!alice@s PRIVMSG #room :hi")


def away_notify(world: World, value: str) -> None:
    """ "AWAY messages ... when a user sets or unsets" it."""
    only_with(world, "away-notify", "AWAY :lunch", ":alice!alice@s AWAY :lunch")


def batch(world: World, value: str) -> None:
    """Without it, nothing comes in a batch."""
    for caps, has in (("batch draft/chathistory", True), ("draft/chathistory", False)):
        alice = world.enter("alice", caps, as_=f"alice {has}")
        alice.ask("JOIN #room", "PRIVMSG #room :hi")
        answer = alice.ask("CHATHISTORY LATEST #room * 1")
        assert (codes(answer)[0] == "BATCH") is has
        assert "PRIVMSG" in codes(answer)


def cap_notify(world: World, value: str) -> None:
    """ "CAP NEW and CAP DEL"; who said CAP LS 302 has it anyway."""
    alice, bob, old = world.enter("alice", "cap-notify"), world.connect("x", says="CAP LS 302"), world.enter("carol")
    bob.hear()
    world.run(world.watch.set_sign_up("closed"))
    assert alice.hear() == [":s CAP alice DEL :draft/account-registration"]
    assert bob.hear() == [":s CAP * DEL :draft/account-registration"]
    assert old.hear() == []


def account_lookup(world: World, value: str) -> None:
    """README.md: ACCOUNT, PASSWD and TOKEN; the value says that there is TOKEN."""
    assert value == "tokens"
    *_, made = world.enter("bob", "chatapp/account").ask("TOKEN ADD laptop")
    assert made.startswith(":s TOKEN ADDED ")
    x = world.connect("x", says="CAP REQ chatapp/account")
    x.hear()
    assert x.ask("ACCOUNT alice") == [":s ACCOUNT alice known"]
    assert x.ask("ACCOUNT zoe") == [":s ACCOUNT zoe unknown"]
    done = world.enter("alice", "chatapp/account").ask(f"PASSWD {b64(PASSWORD)} {b64('another-password')}")
    assert done[0].startswith(":s PASSWD SUCCESS :")


def chghost(world: World, value: str) -> None:
    """ "the username ... of a user changes": that of a guest does, with its nick."""
    with with_guests(world) as guests:
        zoe, bob, carol = guests.guest("zoe"), guests.enter("bob", "chghost"), guests.enter("carol")
        guests.channel("#room", "bob carol zoe")
        zoe.ask("NICK zed")
        assert "CHGHOST" in codes(bob.hear())
        assert "CHGHOST" not in codes(carol.hear())


def account_registration(world: World, value: str) -> None:
    """ "before-connect", "custom-account-name": REGISTER works before NICK, with any name."""
    assert set(value.split(",")) == {"before-connect", "custom-account-name"}
    x = world.connect("x", says="CAP REQ draft/account-registration\nNICK other")
    x.hear()
    assert x.ask(f"REGISTER zoe * {PASSWORD}-long")[-1].startswith(":s REGISTER SUCCESS zoe :")


def channel_rename(world: World, value: str) -> None:
    """Who knows it gets RENAME; others part and join."""
    alice, bob, carol = together(world, "draft/channel-rename")
    alice.ask("RENAME #room #hall :bigger")
    assert bob.hear() == [":alice!alice@s RENAME #room #hall :bigger"]
    assert codes(carol.hear())[:2] == ["PART", "JOIN"]


def chathistory(world: World, value: str) -> None:
    """Each subcommand answers; who does not fetch gets what was missed, in the end, by itself."""
    alice = alone(world, caps="batch draft/chathistory server-time message-tags")
    for text in "one", "two":
        world.advance(1)
        alice.ask(f"PRIVMSG #room :{text}")
    whole = [line for line in alice.ask("CHATHISTORY LATEST #room * 3") if code(line) == "PRIVMSG"]
    assert len(whole) == 2
    first, second = (f"msgid={tags(line)['msgid']}" for line in whole)
    for request, count in (
        (f"BEFORE #room {second} 3", 1),
        (f"AFTER #room {first} 3", 1),
        (f"AROUND #room {first} 3", 2),
        (f"BETWEEN #room {first} timestamp=2030-01-01T00:00:00.000Z 3", 1),
    ):
        assert codes(alice.ask(f"CHATHISTORY {request}")).count("PRIVMSG") == count, request
    targets = alice.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2030-01-01T00:00:00.000Z 3")
    assert any(" TARGETS #room " in line for line in targets)


def event_playback(world: World, value: str) -> None:
    """ "servers ... MUST send ... events": with it, a page has more than messages."""
    alice = world.enter("alice", "batch draft/chathistory", as_="without")
    alice.ask("JOIN #room", "TOPIC #room :news", "PRIVMSG #room :hi")
    events = world.enter("alice", "batch draft/chathistory draft/event-playback", as_="with")
    request = "CHATHISTORY LATEST #room * 3"
    assert {"TOPIC", "JOIN"} & set(codes(events.ask(request)))
    assert not {"TOPIC", "JOIN"} & set(codes(alice.ask(request)))


def extended_isupport(world: World, value: str) -> None:
    """ "the server MUST accept ISUPPORT commands before connection registration completes"."""
    x = world.connect("x")
    assert codes(x.ask("ISUPPORT")) == ["451"]
    assert "005" in codes(x.ask("CAP REQ draft/extended-isupport", "ISUPPORT"))


def message_redaction(world: World, value: str) -> None:
    """REDACT arrives at those who know it, and the text is gone for everybody."""
    alice = world.enter("alice", "draft/message-redaction echo-message message-tags")
    bob, carol = world.enter("bob", "draft/message-redaction"), world.enter("carol", "batch draft/chathistory")
    world.channel("#room", "alice bob carol")
    (echo,) = alice.ask("PRIVMSG #room :oops")
    world.deaf()
    alice.ask(f"REDACT #room {tags(echo)['msgid']}")
    assert codes(bob.hear()) == ["REDACT"]
    assert carol.hear() == []
    assert "oops" not in "".join(carol.ask("CHATHISTORY LATEST #room * 3"))


def message_edit(world: World, value: str) -> None:
    """EDIT arrives at those who know it; others get a new line, and everybody reads the new text later."""
    caps = "draft/message-edit echo-message message-tags"
    alice, bob, carol = world.enter("alice", caps), world.enter("bob", caps), world.enter("carol", "draft/chathistory")
    world.channel("#room", "alice bob carol")
    (echo,) = alice.ask("PRIVMSG #room :one")
    world.deaf()
    alice.ask(f"@draft/target-msgid={tags(echo)['msgid']};draft/edit-text=two EDIT #room")
    assert codes(bob.hear()) == ["EDIT"]
    assert carol.hear() == [':alice!alice@s PRIVMSG #room :Correction of "one": two']
    assert carol.ask("CHATHISTORY LATEST #room * 1") == [":alice!alice@s PRIVMSG #room :two"]


def aggregate(world: World, value: str) -> None:
    """README.md: "a message in a page of CHATHISTORY has the tag chatapp/reactions"."""
    caps = "echo-message message-tags draft/chathistory"
    alice, bob = world.enter("alice", caps), world.enter("bob", f"{caps} chatapp/aggregate")
    world.channel("#room", "alice bob")
    (echo,) = alice.ask("PRIVMSG #room :one")
    alice.ask(f"@+draft/react=x;+reply={tags(echo)['msgid']} TAGMSG #room")
    world.deaf()
    (told,), (plain,) = [each.ask("CHATHISTORY LATEST #room * 1") for each in (bob, alice)]
    assert tags(told)["chatapp/reactions"] == r"1\salice\sx"
    assert "chatapp/reactions" not in plain


def metadata(name: str, told: str) -> Callable[[World, str], None]:
    """Return the function for one of the two versions of metadata; ``told`` is the verb that tells of a change."""

    def tried(world: World, value: str) -> None:
        """Values are set and read, subscribers are told, and each limit of the value holds."""
        limits = dict(each.partition("=")[::2] for each in value.split(","))
        assert set(limits) == {"before-connect", "max-subs", "max-keys", "max-key-bytes", "max-value-bytes"}
        alice, bob, _ = together(world, f"batch {name}")
        alice = world.enter("alice", f"batch {name}", as_="second")
        bob.ask("METADATA * SUB k0")
        assert code(alice.ask("METADATA * SET k0 :x")[0]) == "761"
        assert codes(bob.hear()) == [told]
        for number in range(1, int(limits["max-keys"])):
            assert code(alice.ask(f"METADATA * SET k{number} :x")[0]) == "761"
        assert _fails(alice.ask("METADATA * SET more :x"), "METADATA", "LIMIT_REACHED")
        alice.ask("METADATA * CLEAR")
        longest, text = "k" * int(limits["max-key-bytes"]), "v" * int(limits["max-value-bytes"])
        assert code(alice.ask(f"METADATA * SET {longest} :{text}")[0]) == "761"
        assert _fails(alice.ask(f"METADATA * SET {longest}k :x"), "METADATA", "KEY_INVALID", "INVALID_KEY")
        assert _fails(alice.ask(f"METADATA * SET {longest} :{text}v"), "METADATA", "VALUE_INVALID", "INVALID_VALUE")
        subs = " ".join(f"k{number}" for number in range(int(limits["max-subs"])))
        assert "770" in codes(alice.ask(f"METADATA * SUB {subs}"))
        assert _fails(alice.ask("METADATA * SUB more"), "METADATA", "TOO_MANY_SUBS", "LIMIT_REACHED")
        early = world.connect("early", says=f"CAP REQ :batch {name}")
        early.hear()
        assert "770" in codes(early.ask("METADATA * SUB k0"))

    return tried


def _fails(lines: list[str], verb: str, *failures: str) -> bool:
    """Tell whether one of the lines is a FAIL of a verb with one of these codes."""
    return any(f":s FAIL {verb} {failure} " in line for line in lines for failure in failures)


def multiline(world: World, value: str) -> None:
    """A message of several lines arrives whole, up to the limits of the value."""
    limits = dict(each.split("=") for each in value.split(","))
    caps = "batch draft/multiline message-tags standard-replies"
    alice, bob, carol = world.enter("alice", caps), world.enter("bob", caps), world.enter("carol")
    world.channel("#room", "alice bob carol")
    most = int(limits["max-lines"])

    def send(texts: list[str]) -> list[str]:
        lines = [f"@batch=1 PRIVMSG #room :{text}" for text in texts]
        return alice.ask("BATCH +1 draft/multiline #room", *lines, "BATCH -1")

    assert send(["x"] * most) == []
    assert codes(bob.hear()) == ["BATCH", *["PRIVMSG"] * most, "BATCH"]
    assert codes(carol.hear()) == ["PRIVMSG"] * most
    assert _fails(send(["x"] * (most + 1)), "BATCH", "MULTILINE_MAX_LINES")
    longest = "x" * int(limits["max-bytes"])
    assert send([longest]) == []
    assert _fails(send([f"{longest}x"]), "BATCH", "MULTILINE_MAX_BYTES")


def no_implicit_names(name: str) -> Callable[[World, str], None]:
    """Return the function for one of the two names of no-implicit-names."""

    def tried(world: World, value: str) -> None:
        """ "servers MUST NOT send an implicit NAMES reply after sending a JOIN message"."""
        assert "353" not in codes(world.enter("alice", name).ask("JOIN #room"))
        assert "353" in codes(world.enter("bob").ask("JOIN #room"))

    return tried


def persistence(world: World, value: str) -> None:
    """PERSISTENCE STATUS comes with the welcome."""
    alice = world.connect("alice", says=f"CAP REQ {'draft/persistence'}\nPASS alice:{PASSWORD}\nNICK alice\nCAP END")
    assert ":s PERSISTENCE STATUS DEFAULT ON" in alice.ask("USER a 0 * :a")


def pre_away(world: World, value: str) -> None:
    """ "clients can use the AWAY command prior to connection registration"."""
    without = world.connect("without")
    assert codes(without.ask("AWAY :early")) == ["451"]
    alice = world.connect("alice", says="CAP REQ draft/pre-away")
    assert codes(alice.ask("AWAY :early"))[-1] == "306"
    alice.ask(f"PASS alice:{PASSWORD}", "NICK alice", "USER a 0 * :a", "CAP END")
    assert world.enter("bob").ask("PRIVMSG alice :hi") == [":s 301 bob alice :early"]


def read_marker(world: World, value: str) -> None:
    """The marker is set, asked for, and told to the other devices of the account."""
    alice, phone = alone(world, caps="draft/read-marker"), world.enter("alice", "draft/read-marker", as_="phone")
    assert alice.ask("MARKREAD #room") == [":s MARKREAD #room *"]
    line = ":s MARKREAD #room timestamp=2026-01-01T00:00:00.000Z"
    assert alice.ask("MARKREAD #room timestamp=2026-01-01T00:00:00.000Z") == [line]
    assert phone.hear() == [line]


def echo_message(world: World, value: str) -> None:
    """ "servers MUST send PRIVMSG, NOTICE and TAGMSG ... back to the client"."""
    assert alone(world).ask("PRIVMSG #room :hi") == []
    with_echo = world.enter("alice", "echo-message", as_="second")
    assert with_echo.ask("PRIVMSG #room :hi") == [":alice!alice@s PRIVMSG #room :hi"]


def extended_join(world: World, value: str) -> None:
    """ "the account name ... and the realname"."""
    bob, carol = world.enter("bob", "extended-join"), world.enter("carol")
    world.channel("#room", "bob carol")
    world.enter("alice").ask("JOIN #room")
    assert bob.hear() == [":alice!alice@s JOIN #room alice :alice"]
    assert carol.hear() == [":alice!alice@s JOIN #room"]


def extended_monitor(world: World, value: str) -> None:
    """ "the client will get AWAY notifications for monitored nicks", who share no channel with it."""
    alice = world.enter("alice")
    for name, caps in (("bob", "away-notify extended-monitor"), ("carol", "away-notify")):
        watcher = world.enter(name, caps)
        watcher.ask("PART #lobby", "MONITOR + alice")
    alice.ask("AWAY :lunch")
    assert world.actors["bob"].hear() == [":alice!alice@s AWAY :lunch"]
    assert world.actors["carol"].hear() == []


def invite_notify(world: World, value: str) -> None:
    """ "notified when other users are invited to" a channel."""
    world.write_passwords("alice", "bob", "carol", "dave")
    world.run(world.services.accounts.roster.take_in())
    only_with(world, "invite-notify", "INVITE dave #room", ":alice!alice@s INVITE dave #room")


def labeled_response(world: World, value: str) -> None:
    """ "servers MUST include ... the same label": one line, a batch, or ACK."""
    alice = alone(world, caps="batch labeled-response")
    assert alice.ask("@label=a PING x") == ["@label=a :s PONG s :x"]
    assert alice.ask("@label=b PRIVMSG #room :hi") == ["@label=b :s ACK"]
    first, *lines, last = alice.ask("@label=c NAMES #room")
    assert first.startswith("@label=c :s BATCH +")
    assert codes([*lines, last]) == ["353", "366", "BATCH"]


def message_tags(world: World, value: str) -> None:
    """Client-only tags and TAGMSG arrive at those who know them, with the msgid."""
    alice = world.enter("alice", "message-tags")
    bob, carol = world.enter("bob", "message-tags"), world.enter("carol")
    world.channel("#room", "alice bob carol")
    alice.ask("@+x=1 PRIVMSG #room :hi", "@+x=2 TAGMSG #room")
    said, tagged = bob.hear()
    assert (tags(said)["+x"], tags(tagged)["+x"], code(tagged)) == ("1", "2", "TAGMSG")
    assert tags(said)["msgid"] != tags(tagged)["msgid"]
    assert carol.hear() == [":alice!alice@s PRIVMSG #room :hi"]


def multi_prefix(world: World, value: str) -> None:
    """ "all possible prefixes"."""
    alice, bob, carol = together(world, "multi-prefix")
    alice.ask("MODE #room +ov alice alice")
    for actor, shown in ((bob, "~@+alice"), (carol, "~alice")):
        actor.hear()
        assert shown in actor.ask("NAMES #room")[0].partition(" :")[2].split(" ")


def sasl(world: World, value: str) -> None:
    """Each mechanism that is listed signs in; another is refused, with the list (908)."""
    assert value.split(",") == ["PLAIN", "EXTERNAL"]
    card = b"a certificate"
    alice = world.enter("alice", certificate=card)  # by PLAIN
    assert hashlib.sha256(card).hexdigest() in alice.ask("CERT ADD")[0]
    x = world.connect("x", certificate=card, says="CAP REQ sasl\nAUTHENTICATE EXTERNAL")
    x.hear()
    assert codes(x.ask("AUTHENTICATE +")) == ["900", "903"]
    other = world.connect("other", certificate=card, says="CAP REQ sasl")
    other.hear()
    listed, refused = other.ask("AUTHENTICATE SCRAM-SHA-256")
    assert listed.startswith(f":s 908 * {value} :")
    assert code(refused) == "904"
    assert " sasl=PLAIN " in "".join(world.connect("without", tls=True).ask("CAP LS 302"))


def server_time(world: World, value: str) -> None:
    """ "the time at which the message was sent"."""
    alice, bob, carol = together(world, "server-time")
    alice.ask("PRIVMSG #room :hi")
    assert tags(bob.hear()[0])["time"].startswith("2026-01-01T00:")
    assert carol.hear() == [":alice!alice@s PRIVMSG #room :hi"]


def setname(world: World, value: str) -> None:
    """ "servers MUST send ... SETNAME to all clients" with it in common channels."""
    only_with(world, "setname", "SETNAME :Alice A.", ":alice!alice@s SETNAME :Alice A.")


def search(world: World, value: str) -> None:
    """soju.im/search: matching messages come in a batch of this type."""
    alice = alone(world, caps="batch soju.im/search")
    alice.ask("PRIVMSG #room :a needle", "PRIVMSG #room :hay")
    first, found, last = alice.ask("SEARCH text=needle")
    assert first.endswith(" soju.im/search")
    assert found.endswith(" PRIVMSG #room :a needle")
    assert code(last) == "BATCH"


def standard_replies(world: World, value: str) -> None:
    """FAIL takes the place of a numeric where a specification defines its code."""
    for caps, answer in (("standard-replies", "FAIL"), ("batch", "464")):
        x = world.connect(caps, says=f"CAP REQ {caps}\nNICK x\nUSER x 0 * :x")
        x.hear()
        assert codes(x.ask("CAP END"))[0] == answer


def sts(world: World, value: str) -> None:
    """ "the port key ... indicates the port ... for secure connections"; nothing else works without TLS."""
    assert value == "port=5000"
    assert "ERROR" in codes(world.connect("far", address="192.0.2.1", secure=False).ask(f"PASS alice:{PASSWORD}"))
    assert world.connect("near", address="192.0.2.1", tls=True).ask("PING x") != []


def userhost_in_names(world: World, value: str) -> None:
    """ "nick!user@host in NAMES"."""
    _, bob, carol = together(world, "userhost-in-names")
    for actor, shown in ((bob, "~alice!alice@s"), (carol, "~alice")):
        assert shown in actor.ask("NAMES #room")[0].partition(" :")[2].split(" ")


def znc_playback(world: World, value: str) -> None:
    """ZNC, "Playback": nothing is replayed by itself, and everything on request."""
    alice = world.enter("alice")
    world.enter("bob").hang_up()
    alice.ask("PRIVMSG #lobby :missed")
    bob = world.connect("bob", says=f"CAP REQ znc.in/playback\nPASS bob:{PASSWORD}\nNICK bob\nUSER b 0 * :b\nCAP END")
    assert not any(line.endswith(" PRIVMSG #lobby :missed") for line in bob.hear())
    assert any(line.endswith(" PRIVMSG #lobby :missed") for line in bob.ask("PRIVMSG *playback :play * 0"))


def self_message(world: World, value: str) -> None:
    """ZNC: what another client of the same user sends arrives, from the user."""
    phone, alice = world.enter("alice", "znc.in/self-message", as_="phone"), world.enter("alice")
    alice.ask("PRIVMSG bob :hi")
    assert phone.hear()[0] == ":alice!alice@s PRIVMSG bob :hi"


CAPABILITIES: dict[str, Callable[[World, str], None]] = {
    "account-notify": account_notify,
    "account-tag": account_tag,
    "away-notify": away_notify,
    "batch": batch,
    "cap-notify": cap_notify,
    "chatapp/account": account_lookup,
    "chatapp/aggregate": aggregate,
    "chghost": chghost,
    "draft/account-registration": account_registration,
    "draft/channel-rename": channel_rename,
    "draft/chathistory": chathistory,
    "draft/event-playback": event_playback,
    "draft/extended-isupport": extended_isupport,
    "draft/message-edit": message_edit,
    "draft/message-redaction": message_redaction,
    "draft/metadata-2": metadata("draft/metadata-2", "METADATA"),
    "draft/metadata-3": metadata("draft/metadata-3", "761"),
    "draft/multiline": multiline,
    "draft/no-implicit-names": no_implicit_names("draft/no-implicit-names"),
    "draft/persistence": persistence,
    "draft/pre-away": pre_away,
    "draft/read-marker": read_marker,
    "echo-message": echo_message,
    "extended-join": extended_join,
    "extended-monitor": extended_monitor,
    "invite-notify": invite_notify,
    "labeled-response": labeled_response,
    "message-tags": message_tags,
    "multi-prefix": multi_prefix,
    "no-implicit-names": no_implicit_names("no-implicit-names"),
    "sasl": sasl,
    "server-time": server_time,
    "setname": setname,
    "soju.im/search": search,
    "standard-replies": standard_replies,
    "sts": sts,
    "userhost-in-names": userhost_in_names,
    "znc.in/playback": znc_playback,
    "znc.in/self-message": self_message,
}
