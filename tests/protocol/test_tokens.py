"""The form of device tokens and of their names."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.errors import NameNotAllowedError
from chatapp.protocol.tokens import NAME_BYTES_MAX, digest_of, is_token, parse_token_name, token_of

TOKEN = "chat_" + "A" * 43


@given(secret=st.binary(min_size=32, max_size=32))
def test_every_secret_makes_a_token(secret):
    """ "Its text is chat_ and 43 characters of base64url"."""
    token = token_of(secret)
    assert is_token(token)
    assert (len(token), token[:5]) == (48, "chat_")
    assert digest_of(token) == hashlib.sha256(token.encode()).hexdigest()


@given(one=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32))
def test_different_secrets_make_different_tokens(one, other):
    """No random bit is lost."""
    assert (token_of(one) == token_of(other)) is (one == other)


@pytest.mark.parametrize(
    "text",
    ["", "sesame", "chat_", TOKEN[:-1], TOKEN + "A", TOKEN + "\n", TOKEN[:-1] + "=", TOKEN[:-1] + "é", " " + TOKEN,
     TOKEN.upper(), TOKEN[:-1] + "+", "chat-" + "A" * 43, "\udcff" * 48],
)  # fmt: skip
def test_what_is_no_token(text):
    """Every other text is a password, and only that."""
    assert not is_token(text)


def test_a_digest_of_any_text():
    """Any text that a client can send has one."""
    assert digest_of("\udcff") != digest_of("")


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("laptop", "laptop"),
        ("  my  laptop ", "my  laptop"),
        ("e\u0301", "é"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("🏳\ufe0f\u200d🌈", "🏳\ufe0f\u200d🌈"),
        ("x" * NAME_BYTES_MAX, "x" * NAME_BYTES_MAX),
        ("a:b, c", "a:b, c"),
    ],
)
def test_a_name(typed, name):
    """It is free text that can be seen."""
    assert parse_token_name(typed) == name


@pytest.mark.parametrize(
    "text",
    ["", " ", "\u200d", "a\tb", "a\nb", "\x1b[2J", "\u202eevil", "a\u2028b", "\x00", "x" * (NAME_BYTES_MAX + 1),
     "é" * (NAME_BYTES_MAX // 2 + 1), "\u3000", "\udcff"],
)  # fmt: skip
def test_a_name_that_is_refused(text):
    """Nothing that forges a line, hides, or turns the direction of text around, and nothing endless."""
    with pytest.raises(NameNotAllowedError, match="The name of a token has"):
        parse_token_name(text)
