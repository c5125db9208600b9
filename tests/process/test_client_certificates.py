"""SASL EXTERNAL against a real server, with real handshakes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from tests.support.certificate import Pair, make_pair
from tests.support.irc import CAPS, Client, tls_context
from tests.support.server import Server, make_accounts


def with_certificate(pair: Pair | None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> ssl.SSLContext:
    """Return the context of a client with a certificate."""
    context = tls_context()
    context.maximum_version = version
    if pair is not None:
        context.load_cert_chain(pair.cert, pair.key)
    return context


def mechanisms(client: Client) -> str:
    """Return the value of the capability sasl."""
    client.send("CAP LS 302")
    offers = " ".join(client.until(r" LS :")).split()
    return next(each for each in offers if each.startswith("sasl="))


def test_signing_in_with_a_certificate(tmp_path: Path) -> None:
    """Registered once with the password, the certificate signs in without one, after a restart too."""
    data = tmp_path / "data"
    make_accounts(data, ["alice", "bob"])
    card = make_pair(tmp_path, "card", days=-3)
    with Server(data) as server:
        with Client(server.address, with_certificate(card)) as alice:
            alice.sign_in("alice")
            alice.ask("CERT ADD", " NOTICE alice :The certificate [0-9a-f]{64} signs in to your account now")
            alice.ask("WHOIS alice", r" 276 alice alice :has client certificate fingerprint [0-9a-f]{64}$")
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with Client(server.address, with_certificate(card, version)) as alice:
                assert mechanisms(alice) == "sasl=PLAIN,EXTERNAL"
                alice.send(f"CAP REQ :sasl {CAPS}", "NICK x", "USER x 0 * :x", "AUTHENTICATE EXTERNAL")
                alice.wait_for(r"^AUTHENTICATE \+$")
                alice.ask("AUTHENTICATE +", " 903 ")
                alice.ask("CAP END", " 001 alice ")
                alice.wait_for(" (422|376) ")
                alice.say("#lobby", f"over {version.name}")
        server.stop()
        server.start()
        with Client(server.address, with_certificate(card)) as alice:
            alice.ask("AUTHENTICATE EXTERNAL", r"^AUTHENTICATE \+$")
            alice.ask("AUTHENTICATE +", " 900 ")
        with Client(server.address, with_certificate(make_pair(tmp_path, "other"))) as other:
            other.ask("AUTHENTICATE EXTERNAL", r"^AUTHENTICATE \+$")
            other.ask("AUTHENTICATE +", " 904 .*CERT ADD")


def test_who_is_not_asked(tmp_path: Path) -> None:
    """A browser, which offers HTTP, and a client without TLS are offered PLAIN only; a certificate is never needed."""
    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    browser = with_certificate(make_pair(tmp_path, "card"))
    browser.set_alpn_protocols(["http/1.1"])
    with Server(data) as server:
        for tls, offered in ((browser, "PLAIN"), (False, "PLAIN"), (with_certificate(None), "PLAIN,EXTERNAL")):
            with Client(server.address, tls) as client:
                assert mechanisms(client) == f"sasl={offered}"
                client.sign_in("alice").say("#lobby", "hi")


def test_a_certificate_that_the_server_cannot_take(tmp_path: Path) -> None:
    """Only that handshake fails, and the server goes on; the log has no complaint."""
    from cryptography.x509.oid import ExtendedKeyUsageOID

    from tests.server.test_client_certificates import make_card

    data = tmp_path / "data"
    make_accounts(data, ["alice"])
    card, _ = make_card(tmp_path, purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    context = tls_context()
    context.load_cert_chain(card)
    with Server(data) as server:
        with pytest.raises((ssl.SSLError, ConnectionError, AssertionError)), Client(server.address, context) as client:
            client.sync()
        with Client(server.address, tls=True) as alice:
            alice.sign_in("alice")
