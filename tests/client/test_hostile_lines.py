"""A session takes whatever lines a server sends, and never fails."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatapp.client.core import order, requests
from chatapp.client.core.events import AccountGone, SignInNeeded, Unusable
from chatapp.client.core.session import Session
from chatapp.client.fronts import output
from chatapp.client.fronts.menu.model import Model
from tests.client.fake_server import FakeServer, signed_in

NAMES = st.sampled_from(
    [
        "+o-v",
        "+bkl",
        "-o",
        "alice",
        "bob",
        "#lobby",
        "#",
        "",
        ":x",
        "a b",
        "*",
        "!",
        "@#lobby",
        "\u2028",
        "9" * 5000,
        "x" * 900,
    ]
)
TIME = "2026-01-02T10:11:12.000Z"
TIMES = st.sampled_from([TIME, f"timestamp={TIME}", "*", "", "9999-12-31T23:59:59.999Z"])
FIELDS = NAMES | TIMES | st.text(st.characters(blacklist_characters="\0\r\n", blacklist_categories=["Cs"]), max_size=8)
VERBS = st.sampled_from(
    [
        "PRIVMSG", "NOTICE", "JOIN", "PART", "KICK", "NICK", "TOPIC", "AWAY", "MARKREAD", "PONG", "PING", "005",
        "001", "004", "301", "352", "315", "366", "372", "401", "404", "421", "433", "473", "900", "903", "904",
        "WARN", "NOTE", "FAIL", "ERROR", "BATCH", "CAP", "ACCOUNT", "AUTHENTICATE", "REGISTER", "CHATHISTORY",
        "ACK", "QUIT", "SETNAME", "GONE", "X",
        "MODE", "TOPIC", "INVITE", "710", "324", "367", "368", "346", "336", "311", "312", "317", "319", "330", "318",
        "322", "323", "331", "332", "341", "353", "441", "443", "471", "474", "475", "478", "482", "696",
        "SILENCE", "271",
    ]
)  # fmt: skip
TAGS = st.dictionaries(
    st.sampled_from(["time", "msgid", "batch", "label", "account", "+chatapp/id"]),
    st.sampled_from([*"123456789", "10", "11", "12", "b1", "run.1", "x", "2026-01-02T10:11:12.000Z"]),
    max_size=3,
)
SOURCES = st.sampled_from(["", "s", "alice!u@h", "bob!u@h", "!u@h", ":x!u@h", "bob"])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A line in the form of a message, which need not make sense."""
    tags, source, params = draw(TAGS), draw(SOURCES), draw(st.lists(FIELDS, max_size=6))
    head = "@" + ";".join(f"{key}={value}" for key, value in tags.items()) + " " if tags else ""
    middle = [param.replace(" ", "_").lstrip(":") or "_" for param in params[:-1]]
    trailing = [f":{params[-1]}"] if params else []
    return (head + (f":{source} " if source else "") + " ".join([draw(VERBS), *middle, *trailing])).encode()


def tell(events: list[object], model: Model) -> None:
    """Show events in every front."""
    shown = [event for event in events if not isinstance(event, AccountGone | Unusable)]
    model.heard(shown)  # type: ignore[arg-type]
    model.take_rows()
    for event in shown:
        if not isinstance(event, SignInNeeded):
            output.as_json(event)  # type: ignore[arg-type]
            output.messages(event)  # type: ignore[arg-type]
            output.notices(event)  # type: ignore[arg-type]


@given(st.lists(lines(), max_size=30), st.integers(0, 8))
def test_whatever_a_server_says_after_the_sign_in(given_lines, asked):
    """No line, in whatever order, makes a session or a front fail; what it has to send can be written."""
    wire = signed_in(FakeServer({"alice": "secret"}), "alice")
    model = Model(wire.session, lambda ms: "12:00")
    tell(wire.pump(), model)
    session = wire.session
    session.ask_people()
    session.ask_history("bob")
    for request in (
        *(requests.whois("bob"), requests.channels(), order.mode("#lobby", []), order.ban("#lobby", "bob")),
        *(order.invite("#lobby", "bob"), order.topic("#lobby", None), order.invitations(), requests.blocked()),
    ):
        session.ask(request)
    session.say("bob", "hi")
    for number, line in enumerate(given_lines):
        tell(session.received(line, 1_700_000_000_000), model)
        if number == asked:
            session.mark_read()
        session.take()
    session.quit()
    session.take()
    session.closed()


@given(st.lists(lines(), max_size=30))
def test_whatever_a_server_says_before_the_sign_in(given_lines):
    """The same on the way in."""
    session = Session("alice", "run")
    model = Model(session, lambda ms: "12:00")
    session.opened(tls=True)
    for line in given_lines:
        tell(session.received(line, 1_700_000_000_000), model)
        if session.waits_for_person:
            session.sign_in("secret")
        session.take()
    session.quit()
    session.closed()
