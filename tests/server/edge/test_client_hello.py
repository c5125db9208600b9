"""What a ClientHello tells, as OpenSSL writes it."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.server.edge.client_hello import RECORD_BYTES_MAX, offers_http, record_bytes


def hello(*protocols: str, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes:
    """Return the ClientHello of a client that offers protocols by ALPN."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.maximum_version = version
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="chat.example.org").do_handshake()
    return out.read()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize(
    ("protocols", "is_browser"),
    [
        (["h2", "http/1.1"], True),
        (["http/1.1"], True),
        (["irc", "http/1.1"], True),
        (["irc"], False),
        (["xmpp-client", "h3"], False),
        ([], False),
    ],
)
def test_who_offers_http(protocols, is_browser, version):
    """A browser says with ALPN that it speaks HTTP; an IRC client sends no ALPN, or its own."""
    assert offers_http(hello(*protocols, version=version)) is is_browser


def test_every_beginning_of_it():
    """However little has come: how much is missing is known after the header, and nothing is made up."""
    whole = hello("h2")
    assert record_bytes(b"") == record_bytes(whole[:4]) == 5
    assert record_bytes(whole[:5]) == record_bytes(whole) == len(whole)
    assert not any(offers_http(whole[:length]) for length in range(whole.index(b"\x00\x10\x00\x05\x00\x03\x02h2")))
    assert record_bytes(b"\x16\x03\x01\xff\xff") == RECORD_BYTES_MAX


@given(data=st.binary(max_size=300))
def test_any_bytes(data):
    """Nothing that a peer sends raises an error."""
    offers_http(data)
    offers_http(hello()[:60] + data)
    assert 5 <= record_bytes(data) <= RECORD_BYTES_MAX
