"""TLS client certificates, with both ends of a handshake in memory."""

from __future__ import annotations

import datetime
import hashlib
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from chatapp.server import client_certificates
from chatapp.server.client_certificates import fingerprint_of, first_certificate
from tests.support.certificate import make_pair

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
DAY = datetime.timedelta(days=1)


def make_card(
    folder: Path, *, days: int = 30, issued: bool = False, rsa_key: bool = False, purpose: x509.ObjectIdentifier | None
) -> tuple[Path, str]:
    """Make a client certificate, in one file with its key; return the file and the fingerprint.

    ``days``: until it expires. ``issued``: another certificate has signed it, which the client does not send.
    """
    key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
    issuer_key = ec.generate_private_key(ec.SECP256R1()) if issued else key
    name, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("alice", "authority"))
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer if issued else name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days * DAY - 60 * DAY)
        .not_valid_after(now + days * DAY)
    )
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    file = folder / "card.pem"
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + pem)
    return file, hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


class Ends:
    """A server that asks for certificates, and a client of it."""

    def __init__(self, folder: Path) -> None:
        pair = make_pair(folder, "server")
        self.asking, self.after = (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) for _ in range(2))
        for context in (self.asking, self.after):
            context.load_cert_chain(pair.cert, pair.key)
        client_certificates.ask(self.asking, self.after)
        self.server: ssl.SSLObject

    def get_extra_info(self, name: str) -> ssl.SSLObject:
        """Be the transport of the server."""
        assert name == "ssl_object"
        return self.server

    def meet(
        self, version: ssl.TLSVersion, card: Path | None = None, context: ssl.SSLContext | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:  # fmt: skip
        """Let a client with a certificate connect; return its end when both have ended the handshake."""
        if context is None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = context.minimum_version = version
            if card is not None:
                context.load_cert_chain(card)
        there, here = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = context.wrap_bio(here, there, session=session)
        self.server = self.asking.wrap_bio(there, here, server_side=True)
        waiting = [client, self.server]
        for _ in range(10):
            for end in list(waiting):
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    pass
        assert not waiting
        self.server.write(b"welcome")
        assert client.read() == b"welcome"
        return client


@pytest.fixture
def ends(tmp_path: Path) -> Ends:
    """Make both ends."""
    return Ends(tmp_path)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"rsa_key": True},
        {"days": -3},
        {"days": 90},
        {"issued": True},
        {"purpose": ExtendedKeyUsageOID.CLIENT_AUTH},
    ],
)
def test_any_certificate_is_taken(ends, tmp_path, version, kind):
    """Nobody need know who signed it or when it expires: it is its fingerprint that an account registers."""
    card, fingerprint = make_card(tmp_path, **{"purpose": None, **kind})
    ends.meet(version, card)
    assert fingerprint_of(ends) == fingerprint


@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_without_a_certificate(ends, version):
    """Spec RFC 8446, section 4.4.2: "If the client does not send any certificates ... the server MAY at its discretion
    either continue the handshake without client authentication or abort": it continues.
    """
    ends.meet(version)
    assert fingerprint_of(ends) == ""


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_that_is_not_for_clients(ends, tmp_path, version):
    """A certificate that says itself that it is only for servers is refused, as TLS says."""
    card, _ = make_card(tmp_path, purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    with pytest.raises(ssl.SSLError, match="certificate"):
        ends.meet(version, card)


@pytest.mark.parametrize("version", VERSIONS)
def test_after_the_handshake(ends, tmp_path, version):
    """The connection has the other context, so that nothing of this runs for what is sent later."""
    for card in (None, make_card(tmp_path, purpose=None)[0]):
        ends.meet(version, card)
        assert ends.server.context is ends.after


def test_certificates_are_trusted_in_one_handshake_only(ends, tmp_path):
    """What a client presents does not stay in a context, however many clients come."""
    for _ in range(3):
        ends.meet(ssl.TLSVersion.TLSv1_3, make_card(tmp_path, purpose=None)[0])
    assert ends.asking.cert_store_stats()["x509"] == ends.after.cert_store_stats()["x509"] == 0


def test_a_resumed_session(ends, tmp_path):
    """A client that resumes a session sends no certificate again; the session has it."""
    card, fingerprint = make_card(tmp_path, purpose=None)
    client = ends.meet(ssl.TLSVersion.TLSv1_2, card)
    context, session = client.context, client.session
    again = ends.meet(ssl.TLSVersion.TLSv1_2, context=context, session=session)
    assert again.session_reused
    assert fingerprint_of(ends) == fingerprint
    assert ends.server.context is ends.after


def test_certificates_are_still_verified(ends, tmp_path):
    """A handshake trusts one certificate, and OpenSSL verifies that it is the client's."""
    card, _ = make_card(tmp_path, purpose=None)
    (tmp_path / "other").mkdir()
    other, _ = make_card(tmp_path / "other", purpose=None)
    trusted = ssl.PEM_cert_to_DER_cert(other.read_text().partition("-----BEGIN PRIVATE")[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client_certificates, "first_certificate", lambda data, has_context: trusted)
        with pytest.raises(ssl.SSLError, match="certificate verify failed"):
            ends.meet(ssl.TLSVersion.TLSv1_3, card)


@given(data=st.binary(max_size=40), has_context=st.booleans())
def test_any_message(data, has_context):
    """A message of any form raises no error."""
    assert first_certificate(data, has_context) in data


def test_a_message_that_is_cut():
    """No certificate, or the part that is there; OpenSSL refuses the message itself."""
    assert first_certificate(b"", True) == first_certificate(b"\x0b\0\0\0", True) == b""
    assert first_certificate(b"\x0b\0\0\x09" + b"\0" + b"\0\0\x05" + b"\0\0\x02ab", True) == b"ab"
    assert first_certificate(b"\x0b\0\0\x08" + b"\0\0\x05" + b"\0\0\x02ab", False) == b"ab"
