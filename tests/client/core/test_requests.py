"""What a person can ask of a server, and what its answers mean."""

from __future__ import annotations

import pytest

from chatapp.client.core import order, requests
from chatapp.client.core.announced import Announced
from chatapp.client.core.answers import BlockedPeople, Change, Channels, Invitations, Listed, Mask, Masks, Modes, WhoIs
from chatapp.client.core.events import (
    Blocked,
    ChannelRenamed,
    Invited,
    Kicked,
    Matches,
    ModesChanged,
    NotDone,
    Notice,
    People,
    Person,
    TopicSet,
)
from chatapp.client.core.replies import Reply
from chatapp.client.core.requests import Context, Request
from chatapp.errors import MalformedLineError, RefusedError
from chatapp.protocol.message import parse, serialize
from tests.client.fake_server import FakeServer, Wire, signed_in

UNCHANGED = Notice("Nothing changed: it was so already.")


@pytest.fixture
def alice() -> Wire:
    """Be alice, signed in, with nothing left to hear."""
    server = FakeServer({"alice": "secret", "bob": "secret"})
    server.tells_whois = False  # the tests answer
    wire = signed_in(server, "alice")
    wire.pump()
    return wire


def with_tag(tag: str, line: str) -> str:
    """Add a tag to a line, which may have others."""
    return f"@{tag};{line[1:]}" if line.startswith("@") else f"@{tag} {line}"


def asked(wire: Wire, request: Request, *answers: list[str]) -> list[object]:
    """Send a request, and answer each line that was sent with the lines given for it; return what is told."""
    assert wire.peer is not None
    before = len(wire.peer.heard)
    wire.session.ask(request)
    wire.pump()
    sent = wire.peer.heard[before:]
    assert len(sent) == len(answers)
    events: list[object] = []
    for message, lines in zip(sent, answers, strict=True):
        label = message.tags["label"]
        batch = [with_tag("batch=r", line) for line in lines]
        whole = [f"@label={label} :s BATCH +r labeled-response", *batch, ":s BATCH -r"]
        for line in [with_tag(f"label={label}", lines[0])] if len(lines) == 1 else whole:
            events += wire.session.received(line.encode(), 0)
    assert wire.session.unsettled == 0
    return events


def test_removing_a_member(alice):
    """The server's own KICK tells it; nothing else is told."""
    request = order.kick("#lobby", "bob", "too loud")
    assert serialize(request.message) == b"KICK #lobby bob :too loud\r\n"
    told = asked(alice, request, [":alice!a@h KICK #lobby bob :too loud"])
    assert told == [Kicked("#lobby", "bob", me=False, by="alice", reason="too loud")]


@pytest.mark.parametrize(
    "numeric",
    [
        *(
            "401",
            "403",
            "404",
            "405",
            "407",
            "421",
            "437",
            "439",
            "441",
            "442",
            "443",
            "447",
            "461",
            "467",
            "471",
            "472",
        ),
        *(
            "473",
            "474",
            "475",
            "476",
            "477",
            "478",
            "480",
            "481",
            "482",
            "489",
            "502",
            "520",
            "696",
            "697",
            "698",
            "723",
        ),
    ],
)
def test_no_refusal_is_swallowed(alice, numeric):
    """ "Every refusal of the server in words": NotDone has the server's text and the numeric."""
    told = asked(alice, order.kick("#lobby", "bob"), [f":s {numeric} alice :is why"])
    assert told == [NotDone("removing bob from #lobby", "is why", code=numeric)]
    told = asked(alice, order.kick("#lobby", "bob"), ["FAIL KICK SOME_CODE :That is why"])
    assert told == [NotDone("removing bob from #lobby", "That is why", code="SOME_CODE")]


def test_each_refusal_is_told(alice):
    """Of several changes some may be refused, and each says why."""
    told = asked(
        alice,
        order.mode("#lobby", ["+mxz"]),
        [
            ":s 472 alice x :is unknown mode char to me",
            ":s 472 alice z :There is no such mode.",
            ":a!a@h MODE #lobby +m",
        ],
    )
    assert told == [
        ModesChanged("#lobby", "a", (Change(True, "m", ""),)),
        NotDone("the modes of #lobby", "x is unknown mode char to me", code="472"),
        NotDone("the modes of #lobby", "z: There is no such mode.", code="472"),
    ]


def test_a_ban_removes_too(alice):
    """ "remove somebody, who then cannot come back": the ban first, so that there is no moment to come back in."""
    request = order.ban("#lobby", "bob", "spam")
    ban, kick = [":alice!a@h MODE #lobby +b bob!*@*"], [":alice!a@h KICK #lobby bob :spam"]
    told = asked(alice, request, ban, kick)
    assert [type(event) for event in told] == [ModesChanged, Kicked]
    assert serialize(order.ban("#a", "bob").message) == b"MODE #a +b bob!*@*\r\n"


@pytest.mark.parametrize("numeric", ["401", "441"])
def test_a_ban_of_somebody_who_is_not_there(alice, numeric):
    """That nobody had to be removed is no failure."""
    told = asked(alice, order.ban("#lobby", "bob"), [":a!a@h MODE #lobby +b bob!*@*"], [f":s {numeric} alice bob :no"])
    assert [type(event) for event in told] == [ModesChanged]


def test_a_ban_that_is_refused(alice):
    """The reason is told once; another reason for the second line is told too."""
    told = asked(alice, order.ban("#lobby", "bob"), [":s 482 alice #lobby :no"], [":s 482 alice #lobby :no"])
    assert told == [NotDone("banning bob from #lobby", "no", code="482")]
    told = asked(alice, order.ban("#lobby", "bob"), ["ACK"], [":s 482 alice #lobby :above you"])
    assert told == [UNCHANGED, NotDone("removing bob from #lobby", "above you", code="482")]


@pytest.mark.parametrize("mask", ["*!*@h", "~a:bob", "~t:60:~m:bob", "b?b", "$a:bob"])
def test_a_ban_of_a_mask(alice, mask):
    """ "a mask removes nobody"; it goes to the server as it is typed."""
    request = order.ban("#lobby", mask)
    assert request.message.params == ["#lobby", "+b", mask]
    assert asked(alice, request, ["ACK"]) == [UNCHANGED]
    assert order.unban("#lobby", mask).message.params == ["#lobby", "-b", mask]


@pytest.mark.parametrize("numeric", ["401", "441"])
def test_a_reason_that_is_kept(alice, numeric):
    """The tag comes back with the MODE; a server that does not know it keeps no reason, and we say so."""
    request, kick = order.ban("#lobby", "bob", reason="too loud"), [f":s {numeric} alice bob :no"]
    assert serialize(request.message) == b"@+chatapp/reason=too\\sloud MODE #lobby +b bob!*@*\r\n"
    told = asked(alice, request, ["@+chatapp/reason=too\\sloud :a!a@h MODE #lobby +b bob!*@*"], kick)
    assert told == [ModesChanged("#lobby", "a", (Change(True, "b", "bob!*@*"),), "too loud")]
    lost = [Notice("This server keeps no reason with a ban or a mute.")]
    assert asked(alice, request, [":a!a@h MODE #lobby +b bob!*@*"], kick)[1:] == lost
    muting = order.mute("#lobby", "bob", 5, "x")
    assert asked(alice, muting, [":a!a@h MODE #lobby +b ~t:5:~m:bob!*@*"])[1:] == lost
    assert asked(alice, muting, ["ACK"]) == [UNCHANGED]


def test_the_reasons_in_a_list(alice):
    """The entries of a list have the same tag."""
    told = asked(
        alice,
        order.mode("#lobby", ["b"]),
        ["@+chatapp/reason=spam :s 367 alice #lobby eve!*@* al 1700000000", ":s 368 alice #lobby :End."],
    )
    assert told == [Masks("#lobby", "b", (Mask("eve!*@*", "al", 1_700_000_000_000, "spam"),))]


@pytest.mark.parametrize(
    "request_made",
    [
        order.kick("#lobby", "Alice"),
        order.ban("#lobby", "alice", reason="x"),
        order.ban("#lobby", "~t:5:~a:alice"),
        order.mute("#lobby", "ALICE!*@*", 5),
    ],
)
def test_nobody_bans_themselves(alice, request_made):
    """A slip would cost a founder the channel. Nothing is sent."""
    with pytest.raises(RefusedError, match="that is you"):
        alice.session.ask(request_made)
    assert (alice.session.take(), alice.session.unsettled) == (b"", 0)


@pytest.mark.parametrize("mask", ["alice2", "ali*!*@*", "*!*@*", "~a:alice2", "~m:bob!alice@*"])
def test_a_mask_that_is_not_about_oneself_alone(alice, mask):
    """A mask with wildcards may be meant for others too."""
    assert asked(alice, order.mute("#lobby", mask), ["ACK"]) == [UNCHANGED]


def test_the_end_of_a_ban(alice):
    """ "/unban NAME ends every ban and mute that names this person"; one answer for all masks of the request."""
    request, bans = order.unban("#lobby", "bob"), ["bob!*@*", "~a:bob", "*!*bob@*"]  # the last is irssi's
    assert request.message.params == ["#lobby", "-bbbbbb", *bans, *(f"~m:{mask}" for mask in bans)]
    words = [Notice("Nothing changed: no ban and no mute in #lobby is of bob alone. /bans #lobby shows the list.")]
    none = [":s 368 alice #lobby :End"]
    assert asked(alice, request, ["ACK"], none) == words
    absent = [":s 698 alice #lobby b bob!*@* :Channel ban list does not contain bob!*@*"] * 4  # InspIRCd
    assert asked(alice, request, absent, none) == words
    told = asked(alice, request, [*absent[1:], ":alice!a@h MODE #lobby -b ~m:bob!*@*"], none)
    assert [type(event) for event in told] == [ModesChanged]
    told = asked(alice, request, [":s 442 alice #lobby :no"], [":s 442 alice #lobby :no"])
    assert told == [NotDone("ending the ban of bob in #lobby", "no", code="442")]


@pytest.mark.parametrize(
    ("mask", "kind"),
    [
        ("b*!*@*", "banned"),
        ("*!?ob@s", "banned"),
        ("~t:5:~m:BO?!*@*", "muted"),
        ("~m:~a:b*", "muted"),
        ("bob!*@203.0.113.*", "banned"),  # of another server, which does not find it by bob!*@*
        ("*!*@203.0.113.9", ""),  # nobody knows here whose address that is
        ("*!*@*", ""),
        ("eve!*@*", ""),
        ("$a:eve", ""),
    ],
)
def test_a_wider_mask_that_is_still_about_the_person(alice, mask, kind):
    """ "/unban NAME" and "/unmute NAME" say which masks are left, and how to end them."""
    ended, listed = (
        [":alice!a@h MODE #lobby -b bob!*@*"],
        [f":s 367 alice #lobby {mask} eve 5", ":s 368 alice #lobby :"],
    )
    words = f"bob is still {kind} in #lobby by {mask}. To end that: /mode #lobby -b {mask}"
    told = asked(alice, order.unban("#lobby", "bob"), ended, listed)
    assert told[1:] == ([Notice(words)] if kind else [])
    told = asked(alice, order.unmute("#lobby", "bob"), ended, listed)
    assert told[1:] == ([Notice(words)] if kind == "muted" else [])


def test_the_end_of_a_mute(alice):
    """ "/unmute NAME" leaves a ban of the same name as it is."""
    request = order.unmute("#lobby", "bob")
    assert request.message.params == ["#lobby", "-bbb", "~m:bob!*@*", "~m:~a:bob", "~m:*!*bob@*"]
    words = "Nothing changed: no mute in #lobby is of bob alone. /bans #lobby shows the list."
    none = [":s 368 alice #lobby :End"]
    assert asked(alice, request, ["ACK"], none) == [Notice(words)]
    assert asked(alice, request, [":s 482 alice #lobby :no"], none) == [
        NotDone("ending the mute of bob in #lobby", "no", code="482")
    ]


def test_nothing_to_change(alice):
    """IRCv3 labeled-response: ACK is the answer if "the response would otherwise be empty"; a person needs words."""
    assert asked(alice, order.role("#lobby", "+o", "bob"), ["ACK"]) == [UNCHANGED]


@pytest.mark.parametrize(
    ("change", "nick", "words"),
    [
        (
            "-o",
            "boss",
            "boss is not an operator in #lobby, but is a founder.",
        ),
        (
            "-v",
            "half",
            "half has no voice in #lobby, but is a half-operator.",
        ),
        ("-o", "vee", "vee is not an operator in #lobby, but has a voice."),
        ("-o", "bob", "bob is not an operator in #lobby, and has no role there."),
        ("-v", "bob", "bob has no voice in #lobby, and has no role there."),
        ("+o", "Oper", "Oper is an operator in #lobby already."),
        ("+v", "vee", "vee has a voice in #lobby already."),
        ("-o", "zed", "it was so already."),
    ],
)
def test_a_role_that_stays_as_it_is(alice, change, nick, words):
    """Who has another role than the one that is taken away still has rights: the answer says which role it is."""
    rows = [":s 353 alice = #lobby :alice ~@boss %half +vee bob @oper", ":s 366 alice #lobby :End"]
    for row in rows:
        alice.session.received(row.encode(), 0)
    held = {"boss": "-q", "half": "-h", "vee": "-v"}.get(nick, "")
    how = f" /mode #lobby {held} {nick} takes that role away." if ", but " in words else ""
    told = [Notice(f"Nothing changed: {words}{how}")]
    assert asked(alice, order.role("#lobby", change, nick), ["ACK"]) == told
    assert asked(alice, order.mode("#lobby", [change, nick]), ["ACK"]) == told


def test_several_modes_that_stay_as_they_are(alice):
    """Each role has its sentence; a mode that is no role has the general sentence, once."""
    for row in (":s 353 alice = #lobby :alice @boss", ":s 366 alice #lobby :End"):
        alice.session.received(row.encode(), 0)
    told = asked(alice, order.mode("#lobby", ["+no-vt", "boss", "alice"]), ["ACK"])
    assert told == [
        UNCHANGED,
        Notice("Nothing changed: boss is an operator in #lobby already."),
        Notice("Nothing changed: alice has no voice in #lobby, and has no role there."),
    ]


def test_a_numeric_that_is_not_known(alice):
    """What a server says instead of doing it is told in its words."""
    assert asked(alice, order.role("#lobby", "+o", "bob"), [":s 399 alice :Ask me later"]) == [Notice("Ask me later")]


def test_the_modes_of_a_channel(alice):
    """Spec: RPL_CHANNELMODEIS: "<client> <channel> <modestring> <mode arguments>..."."""
    told = asked(alice, order.mode("#lobby", []), [":s 324 alice #lobby +lkn 9 key", ":s 329 alice #lobby 1700000000"])
    assert told == [Modes("#lobby", (Change(True, "l", "9"), Change(True, "k", "key"), Change(True, "n", "")))]


def test_the_bans_of_a_channel(alice):
    """Spec: RPL_BANLIST: "<client> <channel> <mask> [<who> <set-ts>]"; RPL_ENDOFBANLIST also ends an empty list."""
    end = ":s 368 alice #lobby :End of channel ban list"
    rows = [
        ":s 367 alice #lobby bob!*@* op!o@h 1700000000",
        ":s 367 alice #lobby x",
        ":s 367 alice #lobby y z soon",
        end,
    ]
    masks = (Mask("bob!*@*", "op", 1_700_000_000_000), Mask("x", "", 0), Mask("y", "z", 0))
    assert asked(alice, order.mode("#lobby", ["b"]), rows) == [Masks("#lobby", "b", masks)]
    assert asked(alice, order.mode("#lobby", ["b"]), [end]) == [Masks("#lobby", "b", ())]
    end = ":s 347 alice #lobby :End"
    assert asked(alice, order.mode("#lobby", ["I"]), [end]) == [Masks("#lobby", "I", ())]


@pytest.mark.parametrize(
    ("exceptions", "told"),
    [
        (
            [":s 348 alice #lobby eve!*@*", ":s 349 alice #lobby :End"],
            [Masks("#lobby", "e", (Mask("eve!*@*", "", 0),))],
        ),
        ([":s 349 alice #lobby :End"], []),
        ([":s 482 alice #lobby :You are no operator"], []),
    ],
)
def test_who_is_excepted_from_the_bans(alice, exceptions, told):
    """Who asks for the bans reads the exceptions too: with one, somebody who is muted writes all the same."""
    end = ":s 368 alice #lobby :End of channel ban list"
    assert asked(alice, order.bans("#lobby"), [end], exceptions) == [Masks("#lobby", "b", ()), *told]


def test_the_bans_of_another_channel(alice):
    """Why the server does not tell is said once."""
    why = [":s 442 alice #lobby :You are not in it"]
    assert asked(alice, order.bans("#lobby"), why, why) == [
        NotDone("the modes of #lobby", "You are not in it", code="442")
    ]


@pytest.mark.parametrize(
    ("line", "text"), [(":s 332 alice #lobby :The news", "The news"), (":s 331 alice #lobby :No topic is set", "")]
)
def test_the_topic_of_a_channel(alice, line, text):
    """Spec: RPL_TOPIC "<client> <channel> :<topic>", RPL_NOTOPIC "<client> <channel> :No topic is set"."""
    assert asked(alice, order.topic("#lobby", None), [line, ":s 333 alice #lobby bob 1"]) == [
        TopicSet("#lobby", "", text)
    ]


def test_an_empty_topic_removes_it():
    """Spec: modern-irc, TOPIC: "If the <topic> param is provided but empty, the previous topic is cleared"."""
    assert serialize(order.topic("#lobby", "").message) == b"TOPIC #lobby :\r\n"


def test_inviting(alice):
    """RPL_INVITING (341) is the answer, and 301 says that the user is away."""
    request = order.invite("#lobby", "bob")
    invited = Invited("#lobby", "bob", me=False, by="alice")
    assert asked(alice, request, [":s 341 alice bob #lobby"]) == [invited]
    away = Invited("#lobby", "bob", me=False, by="alice", away="gone")
    assert asked(alice, request, [":s 341 alice bob #lobby", ":s 301 alice bob :gone"]) == [away]
    refused = asked(alice, request, [":s 443 alice bob #lobby :is already on channel"])
    assert refused == [NotDone("inviting bob to #lobby", "bob is already on channel", code="443")]


def test_taking_an_invitation_back(alice):
    """494 is no refusal; who had the invitation reads the words of the server."""
    request = order.uninvite("#lobby", "bob")
    assert serialize(request.message) == b"UNINVITE bob #lobby\r\n"
    done = [Notice("bob is not invited to #lobby any more.")]
    assert asked(alice, request, [":s 494 alice #lobby bob :Uninvited"]) == done
    refused = asked(alice, request, [":s 505 alice bob #lobby :They have no invitation."])
    what = "taking back the invitation of bob to #lobby"
    assert refused == [NotDone(what, "They have no invitation.", code="505")]
    told = alice.session.received(b":s 653 alice :Your invitation to #a was taken back by bob.", 0)
    assert told == [Notice("Your invitation to #a was taken back by bob.")]


@pytest.mark.parametrize("numeric", ["336", "346"])
def test_invitations(alice, numeric):
    """Spec: RPL_INVITELIST "<client> <channel>"; "some rare implementations use 346 instead of 336"."""
    end = ":s 337 alice :End of /INVITE list"
    rows = [f":s {numeric} alice #a", f":s {numeric} alice #b", end]
    assert asked(alice, order.invitations(), rows) == [Invitations(("#a", "#b"))]
    assert asked(alice, order.invitations(), [end]) == [Invitations(())]


def test_a_knock(alice):
    """RPL_KNOCKDLVR (711) says that it was told; in no specification, so the server's words are shown."""
    request = order.knock("#dev", "let me in")
    told = asked(alice, request, [":s 711 alice #dev :The operators were asked."])
    assert told == [Notice("The operators were asked.")]
    refused = asked(alice, request, [":s 713 alice #dev :Channel is open"])
    assert refused == [NotDone("asking to join #dev", "Channel is open", code="713")]


def test_the_roles_of_members(alice):
    """Spec: modern-irc, RPL_WHOREPLY: "<flags>", of which the last are "the highest channel membership prefix"."""
    rows = [
        ":s 352 alice #lobby u h s boss H*~@ :0 Boss",
        ":s 352 alice #lobby u h s half G%+B :0 Half",
        ":s 352 alice #lobby u h s Alice HB :0 A",
        ":s 315 alice #lobby :End",
    ]
    people = (
        Person("boss", True, False, "founder"),
        Person("half", False, False, "half-operator"),
        Person("Alice", True, True),
    )
    reply = Reply("", "", [parse(row.encode()) for row in rows])
    context = Context("alice", Announced(), alice.session.conversations.prefixes)
    assert requests.people("#lobby").read(reply, context) == [People("#lobby", people)]
    (told,) = requests.people("*").read(reply, context)
    assert {person.role for person in told.people} == {""}
    context.announced.take(["alice", "PREFIX=(Yo)~@", "are supported"])
    (told,) = requests.people("#lobby").read(reply, context)
    assert [person.role for person in told.people] == ["Y", "", ""]


def test_blocking(alice):
    """The server tells every device of ours by SILENCE; a name and its mask are the same."""
    assert asked(alice, requests.block("eve"), [":alice!a@h SILENCE +eve!*@*"]) == [Blocked("eve", on=True)]
    assert alice.session.received(b":alice!a@h SILENCE -Eve!*@*", 0) == [Blocked("Eve", on=False)]
    assert asked(alice, requests.unblock("eve"), ["ACK"]) == [UNCHANGED]
    refused = asked(alice, requests.block("zed"), [":s 401 alice zed :nobody"])
    assert refused == [NotDone("blocking zed", "nobody", code="401")]


@pytest.mark.parametrize("row", ["271 alice alice eve!*@*", "271 alice eve!*@*"])
def test_whom_we_block(alice, row):
    """RPL_SILELIST has the mask last; some servers have our nick before it."""
    end = ":s 272 alice alice :End of silence list"
    assert asked(alice, requests.blocked(), [f":s {row}", ":s 271", end]) == [BlockedPeople(("eve",))]
    assert asked(alice, requests.blocked(), [end]) == [BlockedPeople(())]


def test_the_list_of_channels(alice):
    """Spec: RPL_LIST "<client> <channel> <client count> :<topic>"; RPL_LISTSTART "MAY be skipped"."""
    end = ":s 323 alice :End of /LIST"
    rows = [":s 321 alice Channel :Users  Name", ":s 322 alice #a 12 :All", ":s 322 alice #b many :", ":s 322", end]
    assert asked(alice, requests.channels(), rows) == [
        Channels((Listed("#a", 12, "All"), Listed("#b", 0, ""), Listed("", 0, "")))
    ]
    assert asked(alice, requests.channels(), rows[-1:]) == [Channels(())]


def test_who_somebody_is(alice):
    """Spec: the numerics of WHOIS; "Clients MUST ignore the trailing SPACE character" of RPL_WHOISCHANNELS."""
    rows = [
        ":s 311 alice Bob ~b h.example * :Bob Example",
        ":s 319 alice Bob :@#a #b ",
        ":s 319 alice Bob :+#c",
        ":s 312 alice Bob s.example :A server",
        ":s 301 alice Bob :out",
        ":s 313 alice Bob :is an IRC operator",
        ":s 317 alice Bob 61 1700000000 :seconds idle, signon time",
        ":s 330 alice Bob bobby :is logged in as",
        ":s 338 alice Bob 10.0.0.1 :is actually using host",
        ":s 318 alice bob :End of /WHOIS list",
    ]
    assert asked(alice, requests.whois("bob"), rows) == [
        WhoIs(
            nick="Bob",
            name="Bob Example",
            user="~b",
            host="h.example",
            server="s.example",
            account="bobby",
            channels=("@#a", "#b", "+#c"),
            here=False,
            away="out",
            idle_s=61,
            since=1_700_000_000_000,
            notes=("is an IRC operator", "is actually using host 10.0.0.1"),
        )
    ]


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("338 alice bob 10.0.0.1 :connects from", "connects from 10.0.0.1"),
        ("338 alice bob u@h.example 10.0.0.1 :Is actually using host", "Is actually using host u@h.example 10.0.0.1"),
        ("338 alice bob :is actually bob@h [10.0.0.1]", "is actually bob@h [10.0.0.1]"),
        ("335 alice bob Fake :is a bot on", "Fake is a bot on"),
    ],
)
def test_the_address_follows_its_words(alice, line, note):
    """Spec: modern-irc, RPL_WHOISACTUALLY (338): the address comes before the text, which begins the sentence."""
    assert asked(alice, requests.whois("bob"), [f":s {line}", ":s 318 alice bob :End"]) == [WhoIs("bob", notes=(note,))]


@pytest.mark.parametrize("line", ["311", "311 alice", "311 alice bob x", "317 alice bob soon now", "319 alice bob"])
def test_a_whois_that_makes_no_sense(alice, line):
    """Lines that miss something are no reason to fail; what they say is shown as it is."""
    told = asked(alice, requests.whois("bob"), [f":s {line}", ":s 318 alice bob :End"])
    assert len(told) == 1
    assert isinstance(told[0], Notice | WhoIs)


def test_nobody_to_tell_of(alice):
    """401 is the refusal; the end of the list that follows is nothing to tell."""
    told = asked(
        alice, requests.whois("zed"), [":s 401 alice zed :No such nick", ":s 318 alice zed :End of /WHOIS list"]
    )
    assert told == [NotDone("who zed is", "No such nick", code="401")]
    told = asked(alice, requests.whois("zed"), [":s 318 alice zed :End of /WHOIS list"])
    assert told == [Notice("The server tells nothing about zed.")]


@pytest.mark.parametrize(
    ("request_made", "error"),
    [
        (order.topic("#lobby", "x" * 600), RefusedError),
        (order.ban("#lobby", "bob", reason="x" * 500), RefusedError),
        (order.topic("#lobby", "a\nQUIT"), MalformedLineError),
        (requests.whois("a\0b"), MalformedLineError),
        (order.kick("#lobby", "a b", "c"), MalformedLineError),
        (requests.edit("#lobby", "m1", "x" * 5_000), RefusedError),
        (requests.edit("#lobby", "m1", "x"), RefusedError),  # the server of these tests does not offer it
        (requests.delete("#lobby", "m1"), RefusedError),
    ],
)
def test_what_cannot_be_one_line_is_not_sent(alice, request_made, error):
    """Nothing of it is sent, and no answer is waited for."""
    with pytest.raises(error):
        alice.session.ask(request_made)
    assert alice.session.take() == b""
    assert alice.session.unsettled == 0


def test_without_a_connection_nothing_is_asked(alice):
    """A request is not kept for later: who sent it would not expect it any more."""
    alice.drop()
    alice.session.ask(order.kick("#lobby", "bob"))
    assert (alice.session.take(), alice.session.unsettled) == (b"", 0)


def test_a_long_correction_is_not_too_long():
    """The text is in a tag, which may be longer than a line."""
    assert not requests.edit("#lobby", "m1", "x" * 3_000).is_too_long
    assert requests.edit("#lobby", "m1", " " * 2_100).is_too_long, "each space takes two bytes"


def test_searching(alice):
    """The words are escaped as the value of a tag; the messages found are told as the answer, and as nothing else.

    Spec: soju.im/search, "SEARCH <attributes>"; "Matching messages MUST be returned in a batch".
    """
    alice.peer.server.say("bob", "#lobby", "the plan; now", "1")
    alice.peer.server.say("bob", "alice", "plan b", "2")
    assert len(alice.pump()) == 2
    alice.session.ask_search("plan; now", 5)
    (found,) = alice.pump()
    assert alice.peer.heard[-1].params == ["limit=5;text=plan\\:\\snow"]
    assert isinstance(found, Matches)
    assert (found.text, found.whole) == ("plan; now", True)
    assert [(said.conversation, said.text, said.missed) for said in found.messages] == [
        ("#lobby", "the plan; now", True)
    ]
    alice.session.ask_search("plan", 5, before=alice.peer.server.log[0].time)
    (found,) = alice.pump()
    assert [said.text for said in found.messages] == ["the plan; now"]


def test_a_search_that_may_lack_something(alice):
    """The warning is within the answer, after the batch of messages."""
    alice.peer.server.indexing = True
    alice.peer.server.say("bob", "#lobby", "plan a")
    alice.pump()
    alice.session.ask_search("plan", 5)
    (found,) = alice.pump()
    assert ([said.text for said in found.messages], found.whole) == (["plan a"], False)


def test_a_search_that_is_refused(alice):
    """Spec: soju.im/search, "Errors are returned using the standard replies syntax"."""
    alice.peer.server.refuse["plan"] = "INTERNAL_ERROR"
    alice.session.ask_search("plan", 5)
    assert alice.pump() == [NotDone("the search", "This search takes too long.", code="INTERNAL_ERROR")]


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("+", "bob has a voice in #lobby, and can still write there: type /devoice #lobby bob first."),
        ("@", "bob is an operator in #lobby, and can still write there: type /deop #lobby bob first."),
        ("%+", "bob is a half-operator in #lobby, and can still write there: type /mode #lobby -h bob first."),
        ("~", "bob is a founder in #lobby, and can still write there: type /mode #lobby -q bob first."),
    ],
)
def test_a_mute_of_somebody_with_a_role(alice, prefix, words):
    """Who has a role writes in spite of a mute: who keeps order must not take the mute for enough."""
    alice.session.received(f":s 353 alice = #lobby :alice {prefix}bob".encode(), 0)
    alice.session.received(b":s 366 alice #lobby :End", 0)
    told = asked(alice, order.mute("#lobby", "Bob"), [":alice!a@h MODE #lobby +b ~m:Bob!*@*"])
    assert told[1:] == [Notice(words.replace("bob", "Bob"))]
    assert asked(alice, order.mute("#lobby", "bob"), ["ACK"]) == [UNCHANGED, Notice(words)]
    assert asked(alice, order.mute("#lobby", "bob"), [":s 482 alice #lobby :no"]) == [
        NotDone("muting bob in #lobby", "no", code="482")
    ]


def test_a_mute_of_somebody_without_a_role(alice):
    """Nothing is added."""
    assert asked(alice, order.mute("#lobby", "bob"), ["ACK"]) == [UNCHANGED]


def test_the_bans_of_the_server(alice):
    """Servers answer UBAN with notices; UBAN DEL and KILL too."""
    alice.session.received(b":s NOTICE alice :x", 0)
    said = [":s NOTICE alice :The account bob is banned", ":s NOTICE alice :Bans: 1."]
    assert asked(alice, order.ubans(), said) == [Notice("The account bob is banned"), Notice("Bans: 1.")]
    assert asked(alice, order.uban("bob"), [":s 481 alice :No."]) == [
        NotDone("banning bob from the server", "No.", code="481")
    ]
    assert asked(alice, order.unuban("bob"), said[:1]) == [Notice("The account bob is banned")]
    assert asked(alice, order.kill("bob"), said[:1]) == [Notice("The account bob is banned")]
    for request in (order.uban("alice"), order.kill("ALICE")):
        with pytest.raises(RefusedError, match="that is you"):
            alice.session.ask(request)


def test_another_name_for_a_channel(alice):
    """Where the server has channel-rename."""
    with pytest.raises(RefusedError, match="cannot do that"):
        alice.session.ask(order.rename("#lobby", "#hall"))


def test_renaming_a_channel_from_outside(alice):
    """The members read RENAME; an administrator who is no member reads that it is done."""
    alice.session.account.enabled.add("draft/channel-rename")
    renamed = ChannelRenamed("#junk", "#gone", "alice", "bad name")
    request = order.rename("#junk", "#gone", "bad name")
    assert asked(alice, request, ["ACK"]) == [renamed]
    assert asked(alice, request, [":alice!a@h RENAME #junk #gone :bad name"]) == [renamed]
    assert asked(alice, order.rename("#junk", "#junk"), ["ACK"]) == [UNCHANGED]
    refused = asked(alice, request, [":s FAIL RENAME CANNOT_RENAME #junk #gone :No."])
    assert refused == [NotDone("renaming #junk", "No.", code="CANNOT_RENAME")]


def test_a_mute_that_changes_nothing(alice):
    """The server's warning stands after the mute, and does not hide it."""
    done, note = ":alice!a@h MODE #lobby +b ~m:eve!*@*", ":s NOTE MODE EXCEPTED #lobby eve :eve can write all the same."
    told = asked(alice, order.mute("#lobby", "eve"), [done, note])
    assert told == [
        ModesChanged("#lobby", "alice", (Change(True, "b", "~m:eve!*@*"),)),
        Notice("eve can write all the same."),
    ]
