"""chatapp/server/joining.py; real irssi and WeeChat paste the lines in tests/process/test_irc_clients.py."""

from __future__ import annotations

import base64
import hashlib

from chatapp.server import joining

SHA256 = hashlib.sha256(b"key").digest()
KEYS = joining.Keys("SHA256:" + base64.b64encode(SHA256).decode(), hashlib.sha256(b"cert").digest(), self_signed=True)
TRUSTED = KEYS._replace(self_signed=False)


def test_our_client():
    """It is told the fingerprint, so that it asks nothing at the first contact."""
    line = joining.chat_connect("chat.example", 5000, KEYS.public_key)
    assert line == f"chat connect chat.example 5000 --trust {KEYS.public_key}"


def test_irssi():
    """It pins the public key, written in hexadecimal with colons; a certificate of an authority needs no pin."""
    (times, network, server, connect) = joining.irssi("chat.example", 5000, KEYS)
    assert times == "/set show_server_time on"
    assert network == "/network add -nick NAME -sasl_mechanism PLAIN -sasl_username NAME -sasl_password PASSWORD chat"
    pin = ":".join(f"{byte:02X}" for byte in SHA256)
    assert server == f"/server add -auto -network chat -tls -notls_verify -tls_pinned_pubkey {pin} chat.example 5000"
    assert connect == "/connect chat"
    assert joining.irssi("chat.example", 5000, TRUSTED)[2] == "/server add -auto -network chat -tls chat.example 5000"


def test_making_an_account_with_irssi():
    """It connects without signing in, which the server refuses; the connection stays open for REGISTER."""
    pin = ":".join(f"{byte:02X}" for byte in SHA256)
    assert joining.irssi_sign_up("chat.example", 5000, KEYS) == [
        f"/connect -tls -notls_verify -tls_pinned_pubkey {pin} chat.example 5000",
        "/quote REGISTER NAME * PASSWORD",
        "/disconnect",
    ]


def test_making_an_account_with_weechat():
    """It connects without signing in, makes the account, and signs in from then on."""
    for before_4, tls in ((False, "tls"), (True, "ssl")):
        assert joining.weechat_sign_up("chat.example", 5000, KEYS, before_4=before_4) == [
            f"/server add chat chat.example/5000 -{tls} -{tls}_fingerprint={KEYS.certificate.hex()} -nicks=NAME",
            "/connect chat",
            "/quote -server chat REGISTER NAME * PASSWORD",
            "/set irc.server.chat.sasl_username NAME",
            "/set irc.server.chat.sasl_password PASSWORD",
            "/reconnect chat",
        ]


def test_weechat():
    """It pins the certificate; the option has another name before version 4."""
    rest = "-nicks=NAME -sasl_username=NAME -sasl_password=PASSWORD"
    pin = KEYS.certificate.hex()
    assert joining.weechat("chat.example", 5000, KEYS) == [
        f"/server add chat chat.example/5000 -tls -tls_fingerprint={pin} {rest}", "/connect chat",
    ]  # fmt: skip
    assert joining.weechat("chat.example", 5000, KEYS, before_4=True)[0] == (
        f"/server add chat chat.example/5000 -ssl -ssl_fingerprint={pin} {rest}"
    )
    assert joining.weechat("chat.example", 5000, TRUSTED)[0] == f"/server add chat chat.example/5000 -tls {rest}"
