"""The client certificate in a file: what can be used, and what is said of a file that cannot."""

from __future__ import annotations

import asyncio
import os
import ssl
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from chatapp.client.network import contexts
from chatapp.client.network.client_certificate import FILE_BYTES_MAX, ClientCertificate
from chatapp.client.network.link import Identity, open_link
from chatapp.client.network.pins import Address, Pins
from chatapp.errors import SignInError
from tests.client import tls
from tests.client.net import run
from tests.server.test_client_certificates import make_card
from tests.support.certificate import Pair, make_pair


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """A certificate and its key, in two files."""
    return make_pair(tmp_path, "card")


@pytest.fixture
def both(tmp_path: Path, pair: Pair) -> Path:
    """A certificate and its key in one file."""
    path = tmp_path / "both.pem"
    path.touch(0o600)
    path.write_bytes(pair.cert.read_bytes() + pair.key.read_bytes())
    return path


def refused(cert: Path, key: Path | None = None) -> str:
    """Return what is said of files that cannot be used."""
    with pytest.raises(SignInError) as caught:
        ClientCertificate(cert, key)
    return str(caught.value)


@pytest.mark.parametrize("authority", [False, True])
@pytest.mark.parametrize("files", [1, 2])
def test_it_is_presented(tmp_path, monkeypatch, pair, both, authority, files):
    """The server gets it, whether the key of the server is pinned or an authority has signed its certificate."""
    pem = tls.make(tmp_path, "server", authority=authority)
    if authority:
        ca = str(tmp_path / "ca.pem")
        monkeypatch.setattr(contexts, "verifying", lambda: ssl.create_default_context(cafile=ca))
    certificate = ClientCertificate(both) if files == 1 else ClientCertificate(pair.cert, pair.key)

    async def story() -> None:
        presented = asyncio.get_running_loop().create_future()

        async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            presented.set_result(writer.get_extra_info("ssl_object").getpeercert(binary_form=True))
            writer.close()
            await writer.wait_closed()

        context = tls.server_context(pem)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(pair.cert)
        server = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
        async with server:
            address = Address("127.0.0.1", server.sockets[0].getsockname()[1])
            link = await open_link(address, Identity(Pins(tmp_path / "pins"), certificate=certificate), 20)
            assert await presented == ssl.PEM_cert_to_DER_cert(pair.cert.read_text())
            await link.close()

    run(story)


def test_a_file_that_is_not_there(tmp_path, pair):
    """The file is named, and what is wrong with it."""
    assert (
        refused(tmp_path / "none.pem")
        == f"The certificate file {tmp_path}/none.pem cannot be read: No such file or directory."
    )
    assert (
        refused(pair.cert, tmp_path / "none.key")
        == f"The key file {tmp_path}/none.key cannot be read: No such file or directory."
    )
    assert "cannot be read: it is a folder" in refused(tmp_path)


def test_a_pipe(tmp_path):
    """It is refused at once: nobody waits for a program that writes to it."""
    os.mkfifo(tmp_path / "pipe")
    assert "cannot be read: it is a named pipe" in refused(tmp_path / "pipe")


def test_a_file_without_a_certificate(tmp_path, pair):
    """Something else than PEM, or the key alone."""
    (tmp_path / "text").write_text("hello")
    for path in (tmp_path / "text", pair.key):
        assert refused(path) == f"{path} has no certificate in PEM form, which begins with -----BEGIN CERTIFICATE-----."


def test_a_certificate_without_a_key(pair):
    """It says where to put the key."""
    assert refused(pair.cert) == (
        f"{pair.cert} has a certificate, but no private key. Name the file of the key with --cert-key."
    )
    assert refused(pair.cert, pair.cert) == f"{pair.cert} has no private key in PEM form."


def test_a_key_of_another_certificate(tmp_path, pair):
    """The key does not match."""
    other = make_pair(tmp_path, "other")
    assert refused(pair.cert, other.key) == f"The key in {other.key} is not the key of the certificate in {pair.cert}."


def test_a_key_with_a_passphrase(tmp_path):
    """OpenSSL would ask for it at the terminal, in the middle of everything; it says how to make a key without."""
    pair = make_pair(tmp_path, "locked", password="open sesame")
    assert refused(pair.cert, pair.key) == (
        f"The key in {pair.key} has a passphrase. Make a key without: openssl pkey -in {pair.key} -out NEW"
    )


@pytest.mark.parametrize("damaged", ["cert", "key"])
def test_a_damaged_file(pair, damaged):
    """The right first line, and then something else."""
    path: Path = getattr(pair, damaged)
    path.write_text(path.read_text()[:60] + "x" + path.read_text()[80:])
    assert f"{pair.cert} and its key in {pair.key} cannot be used" in refused(pair.cert, pair.key)


@pytest.mark.parametrize(("purpose", "usable"), [("SERVER_AUTH", False), ("CLIENT_AUTH", True)])
def test_a_certificate_for_servers_only(tmp_path, purpose, usable):
    """OpenSSL at the other end would refuse the handshake, and not say why (RFC 5280, 4.2.1.12: extended key usage)."""
    card, _ = make_card(tmp_path, purpose=getattr(ExtendedKeyUsageOID, purpose))
    Path(card).chmod(0o600)
    if usable:
        ClientCertificate(Path(card))
    else:
        assert (
            refused(Path(card)) == f"The certificate in {card} is for servers only. Make another one to sign in with."
        )


def test_a_file_that_has_no_end(tmp_path):
    """R9: a file is read up to a limit."""
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(FILE_BYTES_MAX + 1)
    assert refused(path) == f"The certificate file {path} is too long: it has more than {FILE_BYTES_MAX} bytes."


@pytest.mark.skipif(os.name != "posix", reason="there are no modes")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o777])
def test_a_key_that_others_can_read(pair, both, mode):
    """As ssh does, chat does not use it; only the file with the key counts."""
    pair.key.chmod(mode)
    both.chmod(mode)
    words = "can be read or changed by other users, so it is not used. Type: chmod 600"
    assert refused(pair.cert, pair.key) == f"The key in {pair.key} {words} {pair.key}"
    assert refused(both) == f"The key in {both} {words} {both}"
    pair.key.chmod(0o600)
    pair.cert.chmod(mode)
    ClientCertificate(pair.cert, pair.key)


def test_the_files_are_read_once(pair):
    """A reconnect needs them no more; a card may be out of its reader then."""
    certificate = ClientCertificate(pair.cert, pair.key)
    pair.cert.unlink()
    pair.key.unlink()
    assert certificate.verifying.verify_mode is ssl.CERT_REQUIRED
    assert certificate.trusting.verify_mode is ssl.CERT_NONE
