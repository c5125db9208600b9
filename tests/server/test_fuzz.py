"""Bad input of every kind: documented answers only, no mistake of ours, nobody else disturbed."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatapp.model.state import State
from chatapp.protocol import numerics
from chatapp.protocol.message import parse
from chatapp.server import refusals
from chatapp.server.commands import COMMANDS
from chatapp.server.running import replay
from tests.fakes.memory_history import MemoryHistory
from tests.fakes.memory_log import MemoryLog
from tests.server.world import CLOSED, World, plain
from tests.support.examples import examples

# What the server says of itself, besides numerics; and the codes of its standard replies.
VERBS = {
    "ACCOUNT", "ACK", "AUTHENTICATE", "AWAY", "BATCH", "CAP", "CHATHISTORY", "CHGHOST", "EDIT", "ERROR", "FAIL",
    "INVITATION", "INVITE", "JOIN", "KICK", "MARKREAD", "METADATA", "MODE", "NICK", "NOTICE", "PART", "PASSWD",
    "PERSISTENCE", "PING", "PONG", "PRIVMSG", "QUIT", "REDACT", "REGISTER", "RENAME", "SETNAME", "SILENCE",
    "TAGMSG", "TOKEN", "TOPIC",
}  # fmt: skip
CODES = {each.code for each in vars(refusals).values() if isinstance(each, refusals.Standard)}
ERRORS = {
    "Bye.", "You did not sign in in time. Connect again.",
    "WEBIRC needs a password, a gateway, a hostname and an IP address.",
    "Your address is not that of a WebIRC gateway of this server.",
}  # fmt: skip

ACTORS = ["alice", "bob", "zoe", "new", "alice", "bob", "restart"]
ALL_CAPS = "message-tags server-time account-tag echo-message labeled-response batch extended-join away-notify setname"
ALL_CAPS += " draft/multiline draft/metadata-3 soju.im/search"

words = st.sampled_from(
    [
        "alice", "bob", "carol", "BOB", "zed", "#room", "#ROOM", "#new", "#é", "#", "0", "*", "", "a b", ":x", ",",
        "#room,bob", "#a,#b,,#room", "LS", "302", "REQ", "END", "LIST", "LATEST", "BEFORE", "AFTER", "AROUND",
        "text=hello*;in=#room", "from=bob;limit=2",
        "BETWEEN", "TARGETS", "timestamp=2026-01-01T00:16:40.000Z", "timestamp=2026-13-01T00:00:00.000Z", "msgid=",
        "msgid=0000000000000001", "1", "50", "99999999999999999999", "PLAIN", "+", "=", "A" * 400, "long-secret",
        "c2VzYW1l",
        "+1", "-1", "draft/multiline",
        "GET", "SET", "SUB", "SYNC", "CLEAR", "SUBS", "UNSUB", "*ALL", "avatar", "soju.im/pinned", "Key",
        "ADD", "DEL", "send=#room,bob", "send=", "my laptop",
        plain("bob")[0], "batch", "-batch", "echo-message nonsense", "+b", "+o", "-i", "x" * 520, "é" * 200, "🎉",
        "\x01ACTION x\x01", "s", "\x7f",
    ]
)  # fmt: skip
tag_keys = st.sampled_from(
    ["label", "+x", "+typing", "+chatapp/id", "msgid", "+", "time", "+draft/reply", "+a/b", "batch"]
)
tag_values = st.sampled_from(["", "1", "active", r"a\sb", "x" * 70, r"\\", "é", "2"])
verbs = st.sampled_from([*(command.verb for command in COMMANDS), "NONSENSE", "privmsg", "001"])


@st.composite
def line(draw):
    """Make a line that looks like a command, and mostly is one."""
    tags = draw(st.lists(st.tuples(tag_keys, tag_values), max_size=3))
    before = "@" + ";".join(f"{key}={value}" for key, value in tags) + " " if tags else ""
    source = draw(st.sampled_from(["", "", "", ":bob!b@h ", ": "]))
    *middle, last = [draw(verbs), *draw(st.lists(words, max_size=5))]
    text = " ".join([*middle, f":{last}" if middle and draw(st.booleans()) else last])
    return f"{before}{source}{text}".encode()


@st.composite
def mutated(draw):
    """Make a line and break it somewhere."""
    data = bytearray(draw(line()))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        kind = draw(st.integers(0, 2))
        if kind == 0:
            data[at : at + 1] = bytes([draw(st.integers(0, 255))])
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 8))]
        else:
            data[at:at] = draw(st.binary(max_size=6))
    return bytes(data)


@st.composite
def multiline(draw):
    """Make a message of several lines, sometimes a wrong one."""
    target = draw(st.sampled_from(["#room", "bob", "alice", "#nowhere"]))
    tag = draw(st.sampled_from(["", "@label=1 ", "@+chatapp/id=2 "]))
    texts = draw(st.lists(st.sampled_from([":x", ":", ":a b", ":\x01x", "", ":" + "y" * 470]), max_size=4))
    tags = st.sampled_from(["@batch=1", "@batch=1", "@batch=1;draft/multiline-concat", "@batch=2", "@label=3"])
    between = [f"{draw(tags)} PRIVMSG {target} {text}" for text in texts]
    whole = [f"{tag}BATCH +1 draft/multiline {target}", *between, "BATCH -1"]
    return "\r\n".join(whole[: draw(st.integers(1, len(whole)))]).encode()


any_line = st.one_of(line(), line(), line(), mutated(), multiline(), st.binary(max_size=80))
lines = st.lists(any_line, min_size=1, max_size=25)

CODES_OF_NUMERICS = {
    each.code for each in vars(numerics).values() if isinstance(each, numerics.Numeric | numerics.ErrorNumeric)
}


def documented(text):
    """Check that a line is one that the server is documented to say."""
    if text == CLOSED:
        return True
    message = parse(text.encode())
    if message.verb in ("FAIL", "WARN", "NOTE"):
        return message.param(1) in CODES and len(message.params) >= 3
    if message.verb == "ERROR":
        return message.param(0) in ERRORS
    return message.verb in VERBS or message.verb in CODES_OF_NUMERICS


def check_batches(heard):
    """Every batch begins before its lines, and ends."""
    open_batches = set()
    for text in heard:
        reference = re.match(r"@(?:[^ ]*;)?batch=([^; ]+)", text)
        assert reference is None or reference[1] in open_batches, text
        if mark := re.match(r"(?:@\S+ )?:\S+ BATCH ([+-])(\S+)", text):
            assert (mark[2] in open_batches) is (mark[1] == "-")
            (open_batches.add if mark[1] == "+" else open_batches.remove)(mark[2])
    assert not open_batches


@example(said=[("alice", [b"INVITATION LIST", b"TOKEN LIST", b"CERT LIST", b"SILENCE", b"PERSISTENCE STATUS"])])
@given(said=st.lists(st.tuples(st.sampled_from(ACTORS), lines), min_size=1, max_size=6))
@settings(max_examples=examples(120))
def test_whatever_is_said(said):
    """ "A fuzz test feeds a whole session; only documented" answers come, every session answers to the end, the state
    is what the log adds up to, and who has nothing to do with it hears nothing.
    """
    settings = {"accounts": "alice bob carol", "guests": True, "rate_limits": False}
    with tempfile.TemporaryDirectory() as folder, World(Path(folder), **settings) as world:
        world.enter("alice", f"{ALL_CAPS} draft/chathistory draft/message-redaction draft/read-marker")
        world.enter("bob")
        world.enter("carol", ALL_CAPS)
        world.guest("zoe", "message-tags labeled-response batch")
        world.channel("#room", "alice bob zoe")
        heard: dict[str, list[str]] = {name: [] for name in ("alice", "bob", "zoe", "new")}
        for name, sent in said:
            if name == "restart":
                (world.crash if sent[0] < b"M" else world.stop)()
                digest = world.services.state.digest()
                assert replay(MemoryLog(world.disk), MemoryHistory(world.disk))[0].digest() == digest
                world.start_again()
                world.enter("carol", f"{ALL_CAPS} draft/chathistory")
                for lines_heard in heard.values():
                    lines_heard.clear()
                continue
            if name not in world.actors or world.actors[name].closed:
                check_batches(heard[name])
                heard[name].clear()
                world.connect(name, says="PING 1")  # it speaks IRC; what HTTP is told, others test
            world.actors[name].feed(b"\r\n".join(sent) + b"\r\n")
            world.advance(1)
            for each in heard:
                heard[each] += world.actors[each].hear() if each in world.actors else []
        world.advance(20)
        for name in heard:
            if name in world.actors and not world.actors[name].closed:
                heard[name] += world.actors[name].ask("PING the-end")
                assert any("the-end" in text for text in heard[name])
                check_batches(heard[name])
            assert [text for text in heard[name] if not documented(text)] == []
        carol = world.actors["carol"].ask("PING 1")
        assert carol[-1] == ":s PONG s :1"
        # A direct message that she missed comes in a batch.
        ours = re.compile(r"(PING :|:s BATCH [+-]\w+( chathistory \S+)?$)")
        assert all("carol" in text or ours.match(text) for text in carol[:-1]), "not meant for her"
        assert replay(world.log, world.history)[0].digest() == world.services.state.digest()
        assert State.restore(world.services.state.snapshot()).digest() == world.services.state.digest()
