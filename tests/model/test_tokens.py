"""Device tokens that sign in to an account, and what a session with a restricted token may do."""

from __future__ import annotations

import pytest

from chatapp.model import events
from chatapp.model.entities import TOKENS_MAX, Token
from chatapp.model.outcome import Reason
from chatapp.model.state import State
from chatapp.model.tokens import USED_MS, held, may_do
from tests.model.support import Life, applied, refused, replayed


@pytest.fixture
def life():
    """Begin with two accounts."""
    life = Life()
    life.account("alice")
    life.account("bob")
    return life


def add(life, name, token, mark="m1", by="", **fields):
    """Give an account a token whose digest is ``d-<id>``, at its own request or at that of ``by``."""
    user = life.state.user_named(name)
    kept = {"token": token, "account": user.uid, "digest": f"d-{token}", "name": f"n-{token}", "password_mark": mark}
    return life.do(events.TokenAdded, life.state.user_named(by) if by else user, **{**kept, **fields})


def remove(life, name, token, by=""):
    """Let an account revoke a token, its own or that of somebody else."""
    fields = {"token": token, "account": life.state.user_named(name).uid, "name": "n"}
    return life.do(events.TokenRemoved, life.state.user_named(by or name), **fields)


def use(life, name, token, **fields):
    """Note that a token was used."""
    return life.do(events.TokenUsed, None, token=token, account=life.state.user_named(name).uid, **fields)


def ids(life, name):
    """Return the ids of the tokens of an account."""
    return [each.id for each in life.state.user_named(name).tokens]


def test_a_token_is_of_one_account(life):
    """It is found by its hash, and only its account revokes it."""
    applied(add(life, "alice", "t1"))
    assert life.state.token_holder("d-t1") == (life.state.user_named("alice"), life.state.user_named("alice").tokens[0])
    assert refused(add(life, "bob", "t2", digest="d-t1"))[0] == Reason.UNCHANGED
    assert refused(remove(life, "bob", "t1"))[0] == Reason.NO_SUCH_TOKEN
    assert refused(remove(life, "alice", "t1", by="bob"))[0] == Reason.NOT_HERE
    assert refused(add(life, "alice", "t3", by="bob"))[0] == Reason.NOT_HERE
    applied(remove(life, "alice", "t1"))
    assert life.state.token_holder("d-t1") is None
    assert refused(remove(life, "alice", "t1"))[0] == Reason.NO_SUCH_TOKEN
    assert life.state.acts == []


def test_a_guest_has_none(life):
    """A guest cannot sign in."""
    life.guest("zoe")
    assert refused(add(life, "zoe", "t1"))[0] == Reason.NOT_HERE


def test_the_console_makes_and_revokes_tokens(life):
    """``chat tokens``. It is in the record of acts; what an account does itself is not."""
    alice = life.state.user_named("alice")
    fields = {"token": "t1", "account": alice.uid, "name": "backup"}
    done = applied(life.do(events.TokenAdded, None, **fields, digest="d", password_mark="m", targets=("#ops",)))
    assert (done.actor, done.peer) == (None, alice)
    done = applied(life.do(events.TokenRemoved, None, **fields))
    assert (done.actor, done.peer) == (None, alice)
    acts = [(act.nick, act.verb, act.target, act.detail) for act in life.state.acts]
    assert acts == [("", "add-token", "alice", "backup"), ("", "remove-token", "alice", "backup")]
    assert replayed(life.log).digest() == life.state.digest()


def test_how_many_an_account_has(life):
    """There is a limit, and a token that is revoked makes room."""
    for number in range(TOKENS_MAX):
        applied(add(life, "alice", f"t{number}"))
    assert refused(add(life, "alice", "one more"))[0] == Reason.TOKENS_FULL
    applied(remove(life, "alice", "t3"))
    applied(add(life, "alice", "one more"))
    applied(add(life, "bob", "his"))


def test_a_new_password_drops_the_older_ones(life):
    """A token that is made under a new password takes the place of all those under the old password."""
    for number in range(TOKENS_MAX):
        applied(add(life, "alice", f"t{number}"))
    applied(use(life, "alice", "t1"))
    before = held(life.state.user_named("alice"), "t1")
    applied(add(life, "alice", "t1", mark="m2"))
    assert ids(life, "alice") == ["t1"]
    assert life.state.token_holder("d-t2") is None
    now = held(life.state.user_named("alice"), "t1")
    assert (now.time, now.used, now.password_mark) == (before.time, before.used, "m2"), "it is the same token"
    assert refused(add(life, "alice", "t1", mark="m2"))[0] == Reason.UNCHANGED


def test_the_last_use_is_noted_once_in_ten_minutes(life):
    """Who comes and goes all the time writes little."""
    applied(add(life, "alice", "t1"))
    (token,) = life.state.user_named("alice").tokens
    assert token.used == 0
    first = applied(use(life, "alice", "t1")).event.time
    assert refused(use(life, "alice", "t1", time=first + USED_MS - 1))[0] == Reason.UNCHANGED
    applied(use(life, "alice", "t1", time=first + USED_MS))
    (token,) = life.state.user_named("alice").tokens
    assert token.used == first + USED_MS
    assert life.state.token_holder("d-t1")[1] is token
    assert refused(use(life, "alice", "t2"))[0] == Reason.NO_SUCH_TOKEN
    assert refused(life.do(events.TokenUsed, None, token="t1", account="nobody"))[0] == Reason.NO_SUCH_TOKEN


def test_a_removed_account_has_none(life):
    """Nobody signs in to an account that is gone."""
    applied(add(life, "alice", "t1"))
    applied(life.do(events.AccountRemoved, life.state.user_named("alice")))
    assert life.state.token_holder("d-t1") is None


def test_a_snapshot_keeps_them(life):
    """The state after a restart knows whose token it is, and the digest covers it."""
    before = life.state.digest()
    applied(add(life, "alice", "t1", targets=("#ops", "bob")))
    applied(use(life, "alice", "t1"))
    assert life.state.digest() != before
    again = State.restore(life.state.snapshot())
    assert again.token_holder("d-t1") == (again.user_named("alice"), again.user_named("alice").tokens[0])
    assert again.digest() == replayed(life.log).digest() == life.state.digest()


ANY = Token("t", "d", "n", 1, "m")
ONLY = Token("t", "d", "n", 1, "m", ("#Ops", "bob"))


@pytest.mark.parametrize(
    ("verb", "targets", "may"),
    [
        ("PRIVMSG", ["#ops"], True),
        ("NOTICE", ["BOB"], True),
        ("TAGMSG", ["#ops", "bob"], True),
        ("JOIN", ["#OPS"], True),
        ("PRIVMSG", ["#ops", "carol"], False),
        ("PRIVMSG", ["@#ops"], False),
        ("PRIVMSG", ["*playback"], False),
        ("PRIVMSG", [], False),
        ("PRIVMSG", [""], False),
        ("JOIN", ["0"], False),
        ("JOIN", ["#lobby"], False),
        ("PART", ["#ops"], False),
        ("CHATHISTORY", ["LATEST", "#ops"], False),
        ("PASSWD", ["x"], False),
        ("TOKEN", ["LIST"], False),
        ("NONSENSE", ["#ops"], False),
        ("CAP", ["LS"], True),
        ("PING", ["1"], True),
        ("PONG", ["1"], True),
        ("QUIT", [], True),
    ],
)
def test_what_a_restricted_token_allows(verb, targets, may):
    """It only sends to its targets, in any case of their letters; a token without targets allows everything."""
    assert may_do(ONLY, verb, targets) is may
    assert may_do(ANY, verb, targets) is True
