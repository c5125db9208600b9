"""Client certificates that sign in to an account."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import CERTIFICATES_MAX
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from tests.model.support import Life, applied, refused, replayed


@pytest.fixture
def life():
    """Begin with two accounts."""
    life = Life()
    life.account("alice")
    life.account("bob")
    return life


def add(life, name, fingerprint, mark="m1"):
    """Let an account register a certificate."""
    user = life.state.user_named(name)
    return life.do(events.CertificateAdded, user, fingerprint=fingerprint, password_mark=mark)


def remove(life, name, fingerprint):
    """Let an account remove a certificate."""
    return life.do(events.CertificateRemoved, life.state.user_named(name), fingerprint=fingerprint)


def certificates(life, name):
    """Return the fingerprints of an account."""
    return [each.fingerprint for each in life.state.user_named(name).certificates]


def test_a_certificate_is_of_one_account(life):
    """No two accounts have the same certificate, and only its account removes it."""
    applied(add(life, "alice", "c1"))
    assert refused(add(life, "alice", "c1"))[0] == Reason.CERTIFICATE_KNOWN
    assert refused(add(life, "bob", "c1"))[0] == Reason.CERTIFICATE_TAKEN
    assert refused(remove(life, "bob", "c1"))[0] == Reason.NO_SUCH_CERTIFICATE
    assert life.state.certificate_holder("c1") is life.state.user_named("alice")
    applied(remove(life, "alice", "c1"))
    assert life.state.certificate_holder("c1") is None
    applied(add(life, "bob", "c1"))
    assert certificates(life, "bob") == ["c1"]


def test_the_console_removes_a_certificate_of_anybody(life):
    """``chat cert``. It is in the record of acts; what an account does itself is not."""
    applied(add(life, "alice", "c1"))
    applied(add(life, "alice", "c2"))
    applied(remove(life, "alice", "c2"))
    assert life.state.acts == []
    done = applied(life.do(events.CertificateRemoved, None, fingerprint="c1"))
    assert (done.actor, done.peer) == (None, life.state.user_named("alice"))
    assert certificates(life, "alice") == []
    (act,) = life.state.acts
    assert (act.nick, act.verb, act.target, act.detail) == ("", "remove-certificate", "alice", "c1")
    again = life.do(events.CertificateRemoved, None, fingerprint="c1")
    assert refused(again)[0] == Reason.NO_SUCH_CERTIFICATE
    assert replayed(life.log).digest() == life.state.digest()


def test_how_many_an_account_has(life):
    """There is a limit, and a certificate that is removed makes room."""
    for number in range(CERTIFICATES_MAX):
        applied(add(life, "alice", f"c{number}"))
    assert refused(add(life, "alice", "one more"))[0] == Reason.CERTIFICATES_FULL
    applied(remove(life, "alice", "c3"))
    applied(add(life, "alice", "one more"))


def test_a_new_password_drops_the_older_ones(life):
    """A certificate that is registered under a new password takes the place of all those under the old password."""
    for number in range(CERTIFICATES_MAX):
        applied(add(life, "alice", f"c{number}"))
    applied(add(life, "alice", "c1", mark="m2"))
    assert certificates(life, "alice") == ["c1"]
    assert life.state.certificate_holder("c2") is None


def test_a_removed_account_has_none(life):
    """Nobody signs in to an account that is gone, and the certificate is free."""
    applied(add(life, "alice", "c1"))
    applied(life.do(events.AccountRemoved, life.state.user_named("alice")))
    assert life.state.certificate_holder("c1") is None
    applied(add(life, "bob", "c1"))


def test_a_snapshot_keeps_them(life):
    """The state after a restart knows whose certificate it is."""
    applied(add(life, "alice", "c1"))
    again = State.restore(life.state.snapshot())
    assert again.certificate_holder("c1") is again.user_named("alice")
    assert again.digest() == replayed(life.log).digest()
