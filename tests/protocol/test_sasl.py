"""Tests of chatapp.protocol.sasl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import LineTooLongError, MalformedLineError
from chatapp.protocol.sasl import (
    CHUNK_CHARS,
    PAYLOAD_BYTES_MAX,
    ChunkBuffer,
    Plain,
    chunks,
    decode_plain,
    encode_plain,
)

part = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(part, part.filter(bool), part.filter(bool))
def test_plain_is_read_back(authzid, authcid, password):
    """Who signs in comes out as it went in."""
    assert decode_plain(encode_plain(authcid, password, authzid)) == Plain(authzid, authcid, password)


@pytest.mark.parametrize("parts", [("a\0", "b", ""), ("a", "b\0", ""), ("a", "b", "\0")])
def test_plain_has_no_nul_in_its_parts(parts):
    """A NUL in a name would be read as the end of it."""
    with pytest.raises(MalformedLineError):
        encode_plain(*parts)


@pytest.mark.parametrize(
    "payload", [b"", b"a", b"\0a", b"\0\0", b"\0a\0", b"\0\0b", b"\0a\0b\0c", b"\0a\0\xff", b"\0\xc3\0b"]
)
def test_plain_needs_a_name_and_a_password(payload):
    """RFC 4616: [authzid] NUL authcid NUL passwd, the latter two with one character at least, in UTF-8."""
    with pytest.raises(MalformedLineError):
        decode_plain(payload)


def test_the_password_is_not_shown():
    """A password is in no repr and in no error."""
    assert "hunter2" not in repr(Plain("", "alice", "hunter2"))
    with pytest.raises(MalformedLineError) as raised:
        decode_plain(b"\0alice\0hunter2\0")
    assert "hunter2" not in str(raised.value)


@given(st.binary(max_size=PAYLOAD_BYTES_MAX))
def test_a_payload_comes_whole_through_its_chunks(payload):
    """The chunks have 400 characters at most, the last one fewer (or '+'), and only it gives the payload."""
    parts = chunks(payload)
    assert [len(chunk) for chunk in parts[:-1]] == [CHUNK_CHARS] * (len(parts) - 1)
    assert 1 <= len(parts[-1]) < CHUNK_CHARS
    buffer = ChunkBuffer()
    for _ in range(2):
        assert [buffer.feed(chunk) for chunk in parts] == [None] * (len(parts) - 1) + [payload]


def test_forms():
    """ "Empty responses are sent as +. If the last chunk was exactly 400 bytes long, it must also be followed by +"."""
    assert chunks(b"") == ["+"]
    assert chunks(b"\0" * 300) == ["A" * 400, "+"]
    assert chunks(b"\0" * 301) == ["A" * 400, "AA=="]


def test_a_payload_is_bounded():
    """Chunks without end are refused and what was collected is dropped; then one can begin anew."""
    buffer = ChunkBuffer()
    for _ in range(PAYLOAD_BYTES_MAX // 300):
        assert buffer.feed("A" * CHUNK_CHARS) is None
    with pytest.raises(LineTooLongError):
        buffer.feed("A" * CHUNK_CHARS)
    assert buffer.feed("AAAA") == b"\0\0\0"


def test_a_chunk_is_bounded():
    """A chunk has 400 characters at most."""
    with pytest.raises(LineTooLongError):
        ChunkBuffer().feed("A" * (CHUNK_CHARS + 4))


@pytest.mark.parametrize("chunk", ["A", "A===", "AA=A", "?", "é", "AA AA", "*", ""])
def test_what_is_not_base64_is_malformed(chunk):
    """Only Base64 with its padding is taken (an empty chunk is an empty response)."""
    buffer = ChunkBuffer()
    if chunk == "":
        assert buffer.feed(chunk) == b""
    else:
        with pytest.raises(MalformedLineError):
            buffer.feed(chunk)
        assert buffer.feed("AAAA") == b"\0\0\0"


@given(st.lists(st.text("A+=/*é", max_size=10) | st.text(max_size=450), max_size=6))
def test_garbage_raises_only_what_is_documented(garbage):
    """Any chunks give a payload within the bound, nothing yet, or a documented exception."""
    buffer = ChunkBuffer()
    for chunk in garbage:
        try:
            payload = buffer.feed(chunk)
        except (LineTooLongError, MalformedLineError):
            continue
        assert payload is None or len(payload) <= PAYLOAD_BYTES_MAX
