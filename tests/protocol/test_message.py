"""Tests of chatapp.protocol.message."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from parser_tests import data as vectors

from chatapp.errors import LineTooLongError, MalformedLineError, NotUtf8Error, ProtocolError
from chatapp.protocol.message import (
    CLIENT_LINE_BYTES_MAX,
    CLIENT_TAG_BYTES_MAX,
    LINE_BYTES_MAX,
    SERVER_LINE_BYTES_MAX,
    Message,
    client_verb,
    escape_tag,
    format_tags,
    parse,
    parse_client,
    serialize,
    unescape_tag,
)

from . import strategies


@pytest.mark.parametrize("vector", vectors.msg_split["tests"], ids=lambda vector: vector["input"])
def test_parse_agrees_with_the_ircdocs_vectors(vector):
    """A line is split into tags, source, verb and parameters as ircdocs/parser-tests has it."""
    atoms = vector["atoms"]
    expected = Message(atoms["verb"].upper(), atoms.get("params", []), atoms.get("source"), atoms.get("tags", {}))
    assert parse(vector["input"].encode()) == expected
    assert parse_client(vector["input"].encode()) == expected


@pytest.mark.parametrize("vector", vectors.msg_join["tests"], ids=lambda vector: vector["desc"])
def test_serialize_agrees_with_the_ircdocs_vectors(vector):
    """A message is written in one of the ways that ircdocs/parser-tests allows; the verb is in upper case."""
    atoms = vector["atoms"]
    message = Message("VERB", atoms.get("params", []), atoms.get("source"), atoms.get("tags", {}))
    allowed = [line.replace(atoms["verb"], "VERB", 1) + "\r\n" for line in vector["matches"]]
    assert serialize(message).decode() in allowed


@pytest.mark.parametrize("vector", vectors.userhost_split["tests"], ids=lambda vector: vector["source"])
def test_nick_agrees_with_the_ircdocs_vectors(vector):
    """The nick is the source up to its user and host."""
    assert Message("PING", source=vector["source"]).nick == vector["atoms"].get("nick", "")


def test_nick_is_empty_without_a_source():
    """A line without a source has no nick."""
    assert parse(b"PING x").nick == ""


@given(strategies.messages)
@example(Message("PRIVMSG", ["#c", ""]))
@example(Message("PRIVMSG", ["#c", ":"]))
@example(Message("PRIVMSG", ["#c", " :x "]))
@example(Message("PRIVMSG", ["#c\u00a0\u2028", "\x0b\x1c\x85"], tags={"k": "\\"}))
@example(Message("001", [], "a", {"+k": "\\s;\r\n "}))
def test_what_is_written_is_read_back(message):
    """parse(serialize(m)) == m."""
    line = serialize(message)
    assert line.endswith(b"\r\n")
    assert line.count(b"\n") == 1
    assert parse(line[:-2]) == message


@given(st.binary(max_size=600) | strategies.text.map(str.encode) | st.text("@:; =\\PRING\r\0é").map(str.encode))
def test_garbage_raises_only_what_is_documented(line):
    """Any bytes are a message that can be written again, or one of the documented exceptions."""
    for read in (parse, parse_client):
        try:
            message = read(line)
        except (LineTooLongError, NotUtf8Error, MalformedLineError):
            continue
        assert read(serialize(message)[:-2]) == message


@given(st.text(st.characters(exclude_categories=["Cs"])) | st.text("\\:;s rn\r\n=é", max_size=12))
def test_tag_values_survive_escaping(value):
    """Escaping leaves no ';', space, CR or LF, and unescaping gives the value back."""
    escaped = escape_tag(value)
    assert not set(escaped) & set("; \r\n")
    assert unescape_tag(escaped) == value


@pytest.mark.parametrize(
    ("escaped", "value"),
    [
        (r"\:\s\\\r\n", "; \\\r\n"),
        (r"a\b", "ab"),
        ("test\\", "test"),
        ("\\", ""),
        (r"\\s", r"\s"),
        ("\\\u00e9", "\u00e9"),
    ],
)
def test_unescape_tag(escaped, value):
    """ "If a lone \\ exists at the end of an escaped value, there SHOULD be no output character"."""
    assert unescape_tag(escaped) == value


def test_of_a_tag_that_comes_twice_the_last_counts():
    """ "Clients ... SHOULD discard all but the final occurrence"; a key without a name is none."""
    assert parse(b"@a=1;b;a=2;;=x PING").tags == {"a": "2", "b": ""}


@pytest.mark.parametrize("key", ["", "a b", "a=b", "a;b", "a\nb", "a\rb", "a\0b"])
def test_format_tags_refuses_keys_that_end_early(key):
    """A key that would be read as something else is not written."""
    with pytest.raises(MalformedLineError):
        format_tags({key: "x"})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" ",
        b"@a=b",
        b"@a=b ",
        b":src",
        b":src ",
        b"@a :src ",
        b":a :b",
        b": PING",
        b"@",
        b":",
        b"P\xc3\x89NG",
        b"12",
        b"1234",
    ]
    + [b"PI-NG x", b"PING \0", b"PING \r x", b"PING \n x", b"@a=\0 PING", "\u0661\u0662\u0663 x".encode()],
)
def test_what_is_no_message_is_malformed(line):
    """ "command ::= letter* / 3digit"; NUL, CR and LF are in no part of a message."""
    with pytest.raises(MalformedLineError):
        parse(line)


@pytest.mark.parametrize("line", [b"PRIVMSG #c :\xff", b"@k=\xc3 PING", b"PING \xed\xa0\x80", b"PING \xc0\x80"])
def test_what_is_not_utf8_is_refused(line):
    """Bytes that are not UTF-8, half surrogates and overlong forms among them, are not guessed at."""
    with pytest.raises(NotUtf8Error):
        parse(line)


@pytest.mark.parametrize(
    ("line", "params"),
    [
        (b"VERB  a   b ", ["a", "b"]),
        (b"  VERB a", ["a"]),
        (b"VERB a\xc2\xa0b\tc", ["a\u00a0b\tc"]),
        (b"VERB a :", ["a", ""]),
        (b"VERB a :b :c", ["a", "b :c"]),
        (b"VERB a:b :c", ["a:b", "c"]),
    ],
)
def test_only_spaces_separate(line, params):
    """ "separated by one or more ASCII SPACE characters": no other white space separates."""
    assert parse(line).params == params


def test_a_message_has_any_number_of_parameters():
    """ "clients MUST parse incoming messages with any number of them"."""
    assert len(parse(b"VERB" + b" x" * 200).params) == 200


def test_the_rest_of_a_client_line_is_bounded():
    """A client's line has 512 bytes at most, line end counted, tags not counted."""
    longest = b"PRIVMSG #c :".ljust(LINE_BYTES_MAX - 2, b"x")
    for tags in (b"", b"@a=b "):
        assert parse_client(tags + longest).params[0] == "#c"
        with pytest.raises(LineTooLongError):
            parse_client(tags + longest + b"x")


@pytest.mark.parametrize("rest", [b"", b" ", b" PING", b" PRIVMSG #c :x"])
def test_the_tags_of_a_client_line_are_bounded(rest):
    """ "Clients MUST NOT send messages with tag data exceeding 4094 bytes"."""
    with pytest.raises(LineTooLongError):
        parse_client(b"@" + b"a" * (CLIENT_TAG_BYTES_MAX + 1) + rest)


def test_the_longest_client_line():
    """Tags and the rest may both be as long as they can be, which is CLIENT_LINE_BYTES_MAX with CR LF."""
    line = b"@" + b"a" * CLIENT_TAG_BYTES_MAX + b" " + b"PING ".ljust(LINE_BYTES_MAX - 2, b"x")
    assert len(line) + 2 == CLIENT_LINE_BYTES_MAX
    assert parse_client(line).verb == "PING"


def test_the_longest_server_line():
    """ "clients must allow 8191 additional bytes"."""
    line = b"PING ".ljust(SERVER_LINE_BYTES_MAX - 2, b"x")
    assert parse(line).verb == "PING"
    with pytest.raises(LineTooLongError):
        parse(line + b"x")


@pytest.mark.parametrize(
    "message",
    [
        Message("PRIVMSG", ["", "x"]),
        Message("PRIVMSG", ["a b", "x"]),
        Message("PRIVMSG", [":a", "x"]),
        Message("PRIVMSG", ["#c", "a\r\nQUIT"]),
        Message("PRIVMSG", ["#c", "a\0"]),
        Message("PRIVMSG", ["#c", "\ud800"]),
        Message("PRIVMSG", ["a\n"]),
        Message("", ["a"]),
        Message("A B", ["a"]),
        Message(":A", ["a"]),
        Message("PING", [], ""),
        Message("PING", [], "a b"),
        Message("PING", [], "a\nb"),
        Message("PING", tags={"a b": ""}),
        Message("PING", tags={"a": "\0"}),
    ],
    ids=repr,
)
def test_serialize_refuses_what_would_be_read_differently(message):
    """Nothing can smuggle a second line or another parameter into a message."""
    with pytest.raises(MalformedLineError):
        serialize(message)


def test_the_verb_is_in_upper_case():
    """Verbs are the same in any case."""
    assert parse(b"privMsg a b").verb == "PRIVMSG"


def test_param():
    """A parameter that the line does not have is the default."""
    message = parse(b"VERB a")
    assert (message.param(0), message.param(1), message.param(2, "x"), message.param(-1)) == ("a", "", "x", "")


@pytest.mark.parametrize("verb", ["PASS", "PASSWD", "AUTHENTICATE", "REGISTER", "OPER"])
def test_secrets_are_not_shown(verb):
    """What may be a password is not in the repr of a message, which is what a log would hold."""
    assert "hunter2" not in repr(Message(verb, ["x", "hunter2"]))
    assert "hunter2" in repr(Message("PRIVMSG", ["x", "hunter2"]))


def test_errors_do_not_quote_the_line():
    """The texts of errors go to logs, and the line may hold a password."""
    for line in (b"PASS hunter2\0", b"PASS hunter2 \xff", b"P-SS hunter2", b"PASS hunter2" * 50):
        with pytest.raises(ProtocolError) as raised:
            parse_client(line)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("line", "verb"),
    [
        (b"privmsg #a :\xff", "PRIVMSG"),
        (b"@a=\xff;b :nick!u@h  TOPIC #a :x", "TOPIC"),
        (b"PRIV\xffMSG #a :x", "*"),
        (b"\xc3\x28 x", "*"),
        (b"@a=\xff", "*"),
        (b"", "*"),
    ],
)
def test_the_verb_of_a_line_that_is_not_utf_8(line, verb):
    """ "FAIL PRIVMSG INVALID_UTF8", or "a FAIL command with no command name (i.e. *)"."""
    assert client_verb(line) == verb
