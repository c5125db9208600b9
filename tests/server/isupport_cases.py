"""For each token of ISUPPORT, a function that tries what it promises; see ``test_promises.py``.

A function gets a server where nobody is signed in, and the value of the token. Spec: modern-irc, "RPL_ISUPPORT
Parameters", and the IRCv3 specification of each token, where nothing else is said.
"""

from __future__ import annotations

from collections.abc import Callable

from chatapp.model.entities import SILENCED_MAX
from chatapp.protocol.modes import LISTS
from tests.server.world import HOST, PASSWORD, Actor, World, account_id


def code(line: str) -> str:
    """Return the verb or the numeric of a line, without its tags and its source."""
    words = line.split(" ")
    words = words[1:] if words[0].startswith("@") else words
    return words[1] if words[0].startswith(":") else words[0]


def codes(lines: list[str]) -> list[str]:
    """Return the verbs and numerics of lines."""
    return [code(line) for line in lines]


def alone(world: World, name: str = "alice", caps: str = "", channel: str = "#room") -> Actor:
    """Let a user enter, and make a channel of which it is the founder."""
    actor = world.enter(name, caps)
    actor.ask(f"JOIN {channel}")
    return actor


def network(world: World, value: str) -> None:
    """ "The NETWORK parameter indicates the name of the IRC network"."""
    x = world.connect("x", says=f"PASS alice:{PASSWORD}\nNICK alice")
    assert x.ask("USER a 0 * :a")[0] == f":s 001 alice :Welcome to {value}, alice."


def casemapping(world: World, value: str) -> None:
    """ "ascii": A to Z and a to z are the same, and nothing else is."""
    assert value == "ascii"
    alice, bob = alone(world, channel="#ROOM"), world.enter("bob")
    bob.ask("PRIVMSG ALICE :hi")
    assert alice.hear() == [":bob!bob@s PRIVMSG alice :hi"]
    assert bob.ask("JOIN #room")[0] == ":bob!bob@s JOIN #ROOM"
    alice.hear()
    assert alice.ask("JOIN #[")[0] == ":alice!alice@s JOIN #["
    assert bob.ask("JOIN #{")[0] == ":bob!bob@s JOIN #{"


def chantypes(world: World, value: str) -> None:
    """ "the valid prefixes of channels"."""
    alice = world.enter("alice")
    for prefix in "#&+!":
        assert (code(alice.ask(f"JOIN {prefix}a")[0]) == "JOIN") is (prefix in value)


def nicklen(world: World, value: str) -> None:
    """ "the maximum length of a nickname", which is an account's name here."""
    x = world.connect("x", says="CAP REQ :draft/account-registration")
    x.hear()
    (refused,) = x.ask(f"REGISTER {'n' * (int(value) + 1)} * {PASSWORD}-long")
    assert refused.startswith(f":s FAIL REGISTER BAD_ACCOUNT_NAME {'n' * 10}")
    assert x.ask(f"REGISTER {'n' * int(value)} * {PASSWORD}-long")[-1].startswith(":s REGISTER SUCCESS ")


def channellen(world: World, value: str) -> None:
    """ "the maximum length of a channel name"."""
    alice, longest = world.enter("alice"), "#" + "c" * (int(value) - 1)
    assert codes(alice.ask(f"JOIN {longest}c"))[0] in ("403", "476", "479")
    assert alice.ask(f"JOIN {longest}")[0] == f":alice!alice@s JOIN {longest}"


def cut_at(most: int, text: str, whole: list[str], longer: list[str]) -> None:
    """Check that a text of ``most`` bytes was taken whole, and a longer one was not."""
    assert len(text) == most
    assert any(line.endswith(f":{text}") for line in whole)
    assert not any(line.endswith(f":{text}x") for line in longer)


def topiclen(world: World, value: str) -> None:
    """ "the maximum length of a topic"."""
    alice, text = alone(world), "t" * int(value)
    cut_at(int(value), text, alice.ask(f"TOPIC #room :{text}"), alice.ask(f"TOPIC #room :{text}x", "TOPIC #room"))


def awaylen(world: World, value: str) -> None:
    """ "the maximum length of an away message"."""
    alice, bob, text = world.enter("alice"), world.enter("bob"), "a" * int(value)

    def away(words: str) -> list[str]:
        bob.ask(f"AWAY :{words}")
        return alice.ask("PRIVMSG bob :hi")

    cut_at(int(value), text, away(text), away(f"{text}x"))


def namelen(world: World, value: str) -> None:
    """IRCv3 setname: "the maximum length of the realname"."""
    alice, text = world.enter("alice", "setname"), "n" * int(value)
    cut_at(int(value), text, alice.ask(f"SETNAME :{text}"), alice.ask(f"SETNAME :{text}x"))


def kicklen(world: World, value: str) -> None:
    """ "the maximum length for the <reason> of a KICK command"."""
    alice, bob, text = alone(world), world.enter("bob"), "k" * int(value)

    def kick(reason: str) -> list[str]:
        bob.ask("JOIN #room")
        alice.hear()
        return alice.ask(f"KICK #room bob :{reason}")

    cut_at(int(value), text, kick(text), kick(f"{text}x"))


def keylen(world: World, value: str) -> None:
    """The longest key of a channel."""
    alice, key = alone(world), "k" * int(value)
    assert alice.ask(f"MODE #room +k {key}") == [f":alice!alice@s MODE #room +k {key}"]
    assert f"{key}x" not in "".join(alice.ask(f"MODE #room +k {key}x", "MODE #room")[-2:-1])


def prefix(world: World, value: str) -> None:
    """ "the channel membership prefixes ... and their mode characters", "in order from ... the most powers"."""
    letters, prefixes = value[1:].split(")")
    assert len(letters) == len(prefixes)
    alice, bob = alone(world, caps="multi-prefix"), world.enter("bob")
    bob.ask("JOIN #room")
    alice.hear()
    for letter in letters:
        assert alice.ask(f"MODE #room +{letter} bob") == [f":alice!alice@s MODE #room +{letter} bob"]
    (names, _) = alice.ask("NAMES #room")
    assert f"{prefixes}bob" in names.partition(" :")[2].split(" ")


def chanmodes(world: World, value: str) -> None:
    """The types A (a list), B (always with a parameter), C (with a parameter when set) and D (never)."""
    alice, letters = alone(world), value.split(",")
    world.enter("bob").ask("JOIN #other", "MODE #other +o alice")
    alice.ask("JOIN #target", "MODE #room -nt")
    parameter = {"l": "5", "f": "#target", "k": "key"}
    for kind, group in zip("ABCD", letters, strict=True):
        for letter in group:
            given = parameter.get(letter, "eve!*@*") if kind != "D" else ""
            done = "iW" if letter == "i" else letter  # README.md, "Modes of channels": "`+i` ... sets it too"
            assert alice.ask(f"MODE #room +{letter} {given}".rstrip()) == [
                f":alice!alice@s MODE #room +{done} {given}".rstrip()
            ]
            if kind == "A":
                assert len(alice.ask(f"MODE #room {letter}")) == 2  # the entry, and the end of the list
            given = {"B": "*", "C": ""}.get(kind, given)
            assert alice.ask(f"MODE #room -{letter} {given}".rstrip()) == [
                f":alice!alice@s MODE #room -{done} {given}".rstrip()
            ]
    assert codes(alice.ask("MODE #room +z")) == ["472"]


def modes(world: World, value: str) -> None:
    """ "the maximum number of variable modes that may be set on a channel by a single MODE command"."""
    alice, most = alone(world), int(value)
    masks = [f"e{number}!*@*" for number in range(most + 1)]
    (line,) = alice.ask(f"MODE #room +{'b' * most} {' '.join(masks[:most])}")
    assert line == f":alice!alice@s MODE #room +{'b' * most} {' '.join(masks[:most])}"
    alice.ask(f"MODE #room -{'b' * most} {' '.join(masks[:most])}")
    alice.ask(f"MODE #room +{'b' * (most + 1)} {' '.join(masks)}")
    assert codes(alice.ask("MODE #room b")).count("367") <= most


def maxlist(world: World, value: str) -> None:
    """ "how many 'variable' modes of type A ... in total"; more are refused (478)."""
    alice = alone(world)
    limits = [each.split(":") for each in value.split(",")]
    assert "".join(letters for letters, _ in limits) == LISTS
    for letters, most in limits:
        for number in range(int(most)):
            letter = letters[number % len(letters)]
            assert codes(alice.ask(f"MODE #room +{letter} e{number}!*@*")) == ["MODE"]
        assert codes(alice.ask(f"MODE #room +{letters[0]} one-more!*@*")) == ["478"]


def excepts(world: World, value: str) -> None:
    """ "the mode for ban exceptions": who matches is not kept out by a ban."""
    alice, bob = alone(world), world.enter("bob")
    alice.ask("MODE #room +b b*!*@*")
    assert codes(bob.ask("JOIN #room")) == ["474"]
    alice.ask(f"MODE #room +{value} bob!*@*")
    assert codes(bob.ask("JOIN #room"))[0] == "JOIN"


def invex(world: World, value: str) -> None:
    """ "the mode for invite exceptions": who matches needs no invitation."""
    alice, bob = alone(world), world.enter("bob")
    alice.ask("MODE #room +i")
    assert codes(bob.ask("JOIN #room")) == ["473"]
    alice.ask(f"MODE #room +{value} bob!*@*")
    assert codes(bob.ask("JOIN #room"))[0] == "JOIN"


def extban(world: World, value: str) -> None:
    """ "the extended ban masks": the prefix and the letters. a: an account; m: a mute; t: for some minutes."""
    sign, letters = value.split(",")
    alice, bob = alone(world), world.enter("bob")
    parameters = {"a": "bob", "m": "bob!*@*", "t": "1:bob!*@*"}
    assert set(letters) == set(parameters)
    for letter in letters:
        mask = f"{sign}{letter}:{parameters[letter]}"
        assert alice.ask(f"MODE #room +b {mask}") == [f":alice!alice@s MODE #room +b {mask}"]
        assert codes(bob.ask("JOIN #room"))[:1] == (["JOIN"] if letter == "m" else ["474"])
        if letter == "m":
            assert codes(bob.ask("PRIVMSG #room :hi")) == ["404"]
            bob.ask("PART #room")
        if letter == "t":
            world.advance(61)
            assert codes(bob.ask("JOIN #room"))[:1] == ["JOIN"]
        alice.ask(f"MODE #room -b {mask}")


def accountextban(world: World, value: str) -> None:
    """IRCv3 account-extban: the letter of EXTBAN whose mask is an account; guests and others are not meant."""
    alice, bob = alone(world), world.enter("bob")
    alice.ask(f"MODE #room +b ~{value}:bob")
    assert codes(bob.ask("JOIN #room")) == ["474"]
    assert codes(world.enter("carol").ask("JOIN #room"))[0] == "JOIN"


def silence(world: World, value: str) -> None:
    """ "the maximum number of entries on their silence list"."""
    assert int(value) == SILENCED_MAX
    names = [f"user{number}" for number in range(SILENCED_MAX + 1)]
    world.write_passwords("alice", "bob", "carol", *names)
    world.run(world.services.accounts.roster.take_in())
    alice = world.enter("alice", old=True)
    for name in names[:-1]:
        assert alice.ask(f"SILENCE +{name}") == [
            f":s NOTICE alice :{name} is silenced: you get no messages of theirs, on any device."
        ]
    assert codes(alice.ask(f"SILENCE +{names[-1]}")) == ["511"]
    user = world.services.state.users[account_id("user0")]
    assert user.uid in world.services.state.user_named("alice").silenced  # type: ignore[union-attr]


def chanlimit(world: World, value: str) -> None:
    """ "the number of channels a client may join"; the lobby is one."""
    types, most = value.split(":")
    alice = world.enter("alice")
    assert types == "#"
    for number in range(int(most) - 1):
        assert codes(alice.ask(f"JOIN #c{number}"))[0] == "JOIN"
    assert codes(alice.ask("JOIN #more")) == ["405"]


def maxtargets(world: World, value: str) -> None:
    """ "the maximum number of targets a PRIVMSG or NOTICE command may have"."""
    alice, most = world.enter("alice", "echo-message"), int(value)
    targets = ["bob", "carol", "alice"]
    assert codes(alice.ask(f"PRIVMSG {','.join(targets[:most])} :hi")).count("PRIVMSG") == most
    assert "407" in codes(alice.ask(f"PRIVMSG {','.join(targets[: most + 1])} :hi"))
    assert alice.ask(f"NOTICE {','.join(targets[: most + 1])} :hi") == []  # a NOTICE is never answered


def targmax(world: World, value: str) -> None:
    """ "the maximum number of targets allowed for commands"; empty: no limit but that of the line."""
    limits = dict(each.split(":") for each in value.split(","))
    alice = world.enter("alice", "echo-message message-tags")
    for name in "bob", "carol":
        world.enter(name)
    alice.ask("JOIN #a,#b")
    tried = {
        "PRIVMSG": lambda most: (alice.ask(f"PRIVMSG {_users(most)} :x"), "PRIVMSG"),
        "NOTICE": lambda most: (alice.ask(f"NOTICE {_users(most)} :x"), "NOTICE"),
        "TAGMSG": lambda most: (alice.ask(f"@+x=1 TAGMSG {_users(most)}"), "TAGMSG"),
        "KICK": lambda most: (alice.ask(f"KICK #a {_users(most)}"), "441"),
        "LIST": lambda most: (alice.ask(f"LIST {','.join(['#a', '#b', '#lobby', '#none'][:most])}"), "322"),
        "USERHOST": lambda most: (alice.ask(f"USERHOST {' '.join(['alice', 'bob', 'carol'][:most])}"), "302"),
    }
    for verb, limited in tried.items():
        most = int(limits[verb])
        lines, answer = limited(most)
        assert answer in codes(lines), verb
        beyond = codes(limited(most + 1)[0])
        assert beyond.count(answer) <= most, verb
        if verb in ("PRIVMSG", "TAGMSG", "KICK", "LIST"):
            assert "407" in beyond, verb
        elif verb == "USERHOST":
            assert "carol" not in "".join(limited(most + 1)[0])
    for verb in ("JOIN", "PART", "NAMES"):
        assert limits[verb] == ""
        channels = ",".join(f"#{chr(97 + number)}" for number in range(3))
        assert len(alice.ask(f"{verb} {channels}")) >= 3
    assert limits["ISON"] == ""
    assert alice.ask("ISON alice bob carol") == [":s 303 alice :alice bob carol"]
    assert (limits["WHOIS"], limits["WHOWAS"]) == ("1", "1")
    assert "311" in codes(alice.ask("WHOIS bob"))
    assert set(limits) == {*tried, "JOIN", "PART", "NAMES", "ISON", "WHOIS", "WHOWAS"}


def _users(most: int) -> str:
    return ",".join(["bob", "carol", "alice"][:most])


def elist(world: World, value: str) -> None:
    """ "C ... creation time, M ... a mask, N ... a !mask, T ... topic, U ... user count"; others are not promised."""
    alice = alone(world)
    alice.answers_pings = True
    world.advance(600)
    alice.ask("JOIN #young", "TOPIC #young :new")
    cases = {
        "C": {"C<5": "#young", "C>5": "#lobby #room"},
        "M": {"#r*": "#room"},
        "N": {"!#r*": "#lobby #young"},
        "T": {"T<5": "#young", "T>5": ""},
        "U": {">1": "#lobby", "<2": "#room #young"},
    }
    assert set(value) == set(cases)
    for condition, found in (pair for pairs in cases.values() for pair in pairs.items()):
        names = [line.split(" ")[3] for line in alice.ask(f"LIST {condition}") if code(line) == "322"]
        assert sorted(names) == found.split(), condition


def safelist(world: World, value: str) -> None:
    """ "a client may request a LIST without being disconnected due to the large volume of data"."""
    assert value == ""
    alice = alone(world)
    answer = codes(alice.ask("LIST"))
    assert (answer[-1], answer.count("322")) == ("323", 2)
    assert not alice.closed


def whox(world: World, value: str) -> None:
    """RPL_WHOSPCRPL (354) has the fields that were asked for."""
    assert value == ""
    assert alone(world).ask("WHO #room %tna,42") == [
        ":s 354 alice 42 alice alice",
        ":s 315 alice #room :End of WHO list.",
    ]


def chathistory(world: World, value: str) -> None:
    """IRCv3 draft/chathistory: "the maximum number of messages that can be requested"."""
    alice, most = alone(world, caps="batch draft/chathistory"), int(value)
    for number in range(most + 1):
        alice.ask(f"PRIVMSG #room :{number}")
    assert codes(alice.ask(f"CHATHISTORY LATEST #room * {most + 5}")).count("PRIVMSG") == most


def monitor(world: World, value: str) -> None:
    """IRCv3 monitor: "the maximum number of targets a client may have in their monitor list"; more are 734."""
    alice, most = world.enter("alice"), int(value)
    names = [f"name{number}" for number in range(most + 1)]
    assert codes(alice.ask(f"MONITOR + {','.join(names[:most])}")) == ["731"]
    assert alice.ask(f"MONITOR + {names[-1]}")[0].startswith(f":s 734 alice {most} {names[-1]} :")


def msgreftypes(world: World, value: str) -> None:
    """IRCv3 draft/chathistory: "the types of message references"; each finds the message."""
    alice = alone(world, caps="batch draft/chathistory message-tags server-time echo-message")
    (echo,) = alice.ask("PRIVMSG #room :hi")
    tags = dict(each.split("=", 1) for each in echo.partition(" ")[0][1:].split(";"))
    references = {"msgid": tags["msgid"], "timestamp": tags["time"]}
    assert value.split(",") == list(references)
    for kind, reference in references.items():
        found = alice.ask(f"CHATHISTORY AROUND #room {kind}={reference} 1")
        assert "PRIVMSG" in codes(found), kind


def utf8only(world: World, value: str) -> None:
    """IRCv3 utf8-only: what is not UTF-8 is refused, and nobody gets it."""
    assert value == ""
    alice, bob = alone(world, caps="standard-replies"), world.enter("bob")
    bob.ask("JOIN #room")
    alice.hear()
    alice.feed(b"PRIVMSG #room :\xff\xfe\r\n")
    assert alice.hear()[0].startswith(":s FAIL PRIVMSG INVALID_UTF8 ")
    assert bob.hear() == []


def linelen(world: World, value: str) -> None:
    """ "the maximum line length, in bytes": a line of so many bytes, with its CR LF, is read whole; more is 417."""
    alice = world.enter("alice")
    line = "ISON alice ".ljust(int(value) - 2, "x")
    assert alice.ask(line) == [":s 303 alice :alice"]
    assert codes(alice.ask(f"{line}x")) == ["417"]


def clienttagdeny(world: World, value: str) -> None:
    """IRCv3 message-tags: the client-only tags that the server blocks: none."""
    assert value == ""
    alice, bob = world.enter("alice", "message-tags"), world.enter("bob", "message-tags")
    alice.ask("@+any/tag=x;+typing=active TAGMSG bob")
    (line,) = bob.hear()
    assert "+any/tag=x;+typing=active" in line


def statusmsg(world: World, value: str) -> None:
    """ "messages to channel members with a certain status or higher"."""
    alice, bob = alone(world), world.enter("bob")
    bob.ask("JOIN #room")
    letters = dict(zip("~&@%+", "qaohv", strict=True))
    for sign in value:
        alice.hear()
        alice.ask(f"PRIVMSG {sign}#room :hi")
        assert bob.hear() == []
        alice.ask(f"MODE #room +{letters[sign]} bob")
        bob.hear()
        alice.ask(f"PRIVMSG {sign}#room :hi")
        assert bob.hear() == [f":alice!alice@s PRIVMSG {sign}#room :hi"]
        alice.ask(f"MODE #room -{letters[sign]} bob")
        bob.hear()


def usermodes(world: World, value: str) -> None:
    """ "the user modes", of the four types of CHANMODES; 501 is for others."""
    *lists, flags = value.split(",")
    assert lists == ["", "", ""]
    alice = world.enter("alice")
    assert alice.ask("MODE alice -i") == []
    for letter in flags:
        assert "501" not in codes(alice.ask(f"MODE alice +{letter}")), letter
    (modes_now,) = alice.ask("MODE alice")
    assert set("BRTiw") <= set(modes_now.rpartition("+")[2])
    assert set(modes_now.rpartition("+")[2]) <= set(flags)
    assert codes(alice.ask("MODE alice +q")) == ["501"]


def bot(world: World, value: str) -> None:
    """IRCv3 bot-mode: the user mode; "RPL_WHOISBOT (335)", the flag in WHO, and the tag ``bot``."""
    alice, bob = alone(world), world.enter("bob", "message-tags")
    bob.ask("JOIN #room")
    alice.hear()
    assert alice.ask(f"MODE alice +{value}") == [f":alice!alice@s MODE alice :+{value}"]
    bob.hear()
    assert "335" in codes(bob.ask("WHOIS alice"))
    assert value in next(line for line in bob.ask("WHO alice") if code(line) == "352").split(" ")[8]
    alice.ask("PRIVMSG #room :beep")
    assert "bot" in bob.hear()[0].partition(" ")[0][1:].split(";")


def account_required(world: World, value: str) -> None:
    """IRCv3 account-registration: "an account is required to connect"."""
    assert value == ""
    x = world.connect("x", says="NICK x")
    assert not [line for line in x.ask("USER x 0 * :x") if code(line) == "001"]
    assert world.services.state.user_named("x") is None


def icon(world: World, value: str) -> None:
    """IRCv3 network-icon: "the value MUST be a URL to an image", that of the configuration."""
    assert value == world.config.icon


def lobby(world: World, value: str) -> None:
    """README.md of the server, "Extensions": the channel that every new account joins."""
    x = world.connect("x", says=f"REGISTER newcomer * {PASSWORD}-long\nNICK newcomer")
    x.hear()
    assert f":newcomer!newcomer@{HOST} JOIN {value}" in x.ask("USER n 0 * :n")


TOKENS: dict[str, Callable[[World, str], None]] = {
    "ACCOUNTEXTBAN": accountextban,
    "AWAYLEN": awaylen,
    "BOT": bot,
    "CASEMAPPING": casemapping,
    "CHANLIMIT": chanlimit,
    "CHANMODES": chanmodes,
    "CHANNELLEN": channellen,
    "CHANTYPES": chantypes,
    "CHATHISTORY": chathistory,
    "CLIENTTAGDENY": clienttagdeny,
    "ELIST": elist,
    "EXCEPTS": excepts,
    "EXTBAN": extban,
    "INVEX": invex,
    "KEYLEN": keylen,
    "KICKLEN": kicklen,
    "LINELEN": linelen,
    "LOBBY": lobby,
    "MAXLIST": maxlist,
    "MAXTARGETS": maxtargets,
    "MODES": modes,
    "MONITOR": monitor,
    "MSGREFTYPES": msgreftypes,
    "NAMELEN": namelen,
    "NETWORK": network,
    "NICKLEN": nicklen,
    "PREFIX": prefix,
    "SAFELIST": safelist,
    "SILENCE": silence,
    "STATUSMSG": statusmsg,
    "TARGMAX": targmax,
    "TOPICLEN": topiclen,
    "USERMODES": usermodes,
    "UTF8ONLY": utf8only,
    "WHOX": whox,
    "draft/ACCOUNTREQUIRED": account_required,
    "draft/ICON": icon,
}
