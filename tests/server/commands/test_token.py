"""TOKEN: making, showing and revoking device tokens."""

from __future__ import annotations

import re

import pytest

from chatapp.model.entities import TOKENS_MAX
from chatapp.protocol.tokens import is_token
from tests.server.world import CLOSED, PASSWORD, b64, plain

NEW = "correct horse"


def make(actor, name="laptop", send=""):
    """Let an actor make a token; return its id and its text."""
    *_, answer = actor.ask(f"TOKEN ADD {f'send={send} ' if send else ''}:{name}")
    found = re.fullmatch(rf":s TOKEN ADDED ([0-9a-f]{{16}}) (\S+) :{re.escape(name)}", answer)
    assert found is not None, answer
    return found[1], found[2]


def sign_in(world, text, name="alice", as_="x", caps="standard-replies chatapp/account", **options):
    """Connect with a token in the place of the password; return the actor, who has heard its welcome."""
    actor = world.connect(as_, says=f"CAP REQ :sasl {caps}\nNICK {name}\nUSER {name} 0 * :{name}", **options)
    actor.hear()
    actor.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain(name, text)), "CAP END")
    return actor


def numerics(actor):
    """Take what an actor has heard; return the second words."""
    return [line.split()[1] for line in actor.hear() if " " in line]


def test_a_token_signs_in(world):
    """ "A token is used as the password in SASL PLAIN"."""
    _, text = make(world.enter("alice"))
    assert is_token(text)
    assert numerics(sign_in(world, text))[:4] == ["+", "900", "903", "001"]
    assert numerics(sign_in(world, text, "ALICE", as_="y"))[:4] == ["+", "900", "903", "001"]


@pytest.mark.parametrize("form", ["PASS alice:{}", "PASS {}"])
def test_a_client_without_sasl(world, form):
    """``PASS name:token``, and ``PASS token`` with the account as NICK."""
    _, text = make(world.enter("alice"))
    x = world.connect("x", says="\n".join((form.format(text), "NICK alice", "USER a 0 * :a")))
    assert x.hear()[0] == ":s 001 alice :Welcome to Net, alice."


def test_only_the_session_that_asked_is_told_the_text(world):
    """The others of the account learn that there is a token, and nobody else learns anything."""
    alice, second, bob = world.enter("alice"), world.enter("alice", as_="second"), world.enter("bob")
    token_id, text = make(alice)
    words = f"The token laptop signs in to your account now. If you did not want that: /tokens del {token_id}"
    assert second.hear() == [f":s NOTICE alice :{words}"]
    assert bob.hear() == []
    assert not any(text in str(row.event) for row in world.disk.rows), "the log has the hash only"


def test_the_list(world, monkeypatch):
    """It shows when each was made and last used, and which one this connection has signed in with."""
    monkeypatch.setattr("chatapp.model.tokens.USED_MS", 30_000)
    alice = world.enter("alice")
    assert alice.ask("TOKEN LIST") == [":s TOKEN END"]
    first, text = make(alice)
    world.advance(60)
    second, _ = make(alice, "the backup of #ops", "#ops,Bob")
    assert alice.ask("token list") == [
        f":s TOKEN {first} 2026-01-01T00:16:40.000Z * 0 :laptop",
        f":s TOKEN {second} 2026-01-01T00:17:40.000Z * 0 send=#ops,Bob :the backup of #ops",
        ":s TOKEN END",
    ]
    x = sign_in(world, text)
    x.hear()
    used = "2026-01-01T00:17:40.000Z"
    assert x.ask("TOKEN LIST")[0] == f":s TOKEN {first} 2026-01-01T00:16:40.000Z {used} 1 :laptop"
    assert alice.ask("TOKEN LIST")[0] == f":s TOKEN {first} 2026-01-01T00:16:40.000Z {used} 0 :laptop"
    world.advance(5)
    assert alice.ask("TOKEN LIST")[0].split()[4] == "2026-01-01T00:17:45.000Z", "it is in use"
    world.advance(55)
    x.hang_up()
    world.advance(10)
    later = world.enter("alice", as_="later")
    assert later.ask("TOKEN LIST")[0].split()[4] == "2026-01-01T00:18:40.000Z", "it was in use until then"
    again = sign_in(world, text)
    world.advance(10)
    again.hang_up()
    assert later.ask("TOKEN LIST")[0].split()[4] == "2026-01-01T00:18:40.000Z", "the last note is not old"
    assert world.enter("bob").ask("TOKEN LIST") == [":s TOKEN END"]


def test_a_client_without_the_capability(world):
    """It gets sentences, which clients show as they are; the text of the token is shown once, and to this session."""
    alice, other = world.enter("alice", old=True), world.enter("alice", as_="second", old=True)
    assert alice.ask("TOKEN LIST") == [":s NOTICE alice :You have no tokens."]
    (made,) = alice.ask("TOKEN ADD :my laptop")
    found = re.fullmatch(
        r":s NOTICE alice :The token (\S+) signs in to your account, in the place of the password. It is not shown"
        r" again. To end it: /quote TOKEN DEL ([0-9a-f]{16})",
        made,
    )
    assert found is not None
    assert is_token(found[1])
    assert other.hear() == [
        ":s NOTICE alice :The token my laptop signs in to your account now."
        f" If you did not want that: /quote TOKEN DEL {found[2]}"
    ]
    token = f":s NOTICE alice :{found[2]}, my laptop, made on 2026-01-01 00:16 UTC"
    assert alice.ask("TOKEN LIST") == [f"{token}, never used", ":s NOTICE alice :Tokens: 1."]
    x = sign_in(world, found[1], caps="standard-replies")
    x.hear()
    assert x.ask("TOKEN LIST")[0] == f"{token}, used here"
    assert alice.ask(f"TOKEN DEL {found[2]}") == [
        ":s NOTICE alice :The token my laptop does not sign in to your account any more."
    ]
    assert other.hear() == [":s NOTICE alice :The token my laptop does not sign in to your account any more."]


def test_revoking(world):
    """ "A revoked token ends its sessions", and signs in no more; the account's other sessions stay."""
    alice, second = world.enter("alice"), world.enter("alice", as_="second")
    token_id, text = make(alice)
    other_id, other = make(alice, "phone")
    x, y = sign_in(world, text), sign_in(world, other, as_="y")
    world.deaf()
    assert alice.ask(f"TOKEN DEL {token_id.upper()}") == [f":s TOKEN REMOVED {token_id}"]
    notice = ":s NOTICE alice :The token laptop does not sign in to your account any more."
    assert x.hear() == [notice, "ERROR :The token of this connection was revoked: you are signed out here.", CLOSED]
    assert second.hear() == y.hear() == [notice]
    assert [line.split()[2] for line in y.ask("TOKEN LIST")] == [other_id, "END"]
    again = sign_in(world, text, as_="again")
    world.advance(1)
    assert "904" in numerics(again)


def test_signing_out_of_the_own_device(world):
    """Who revokes its own token stays on this connection, as with CERT DEL; its other connections end."""
    token_id, text = make(world.enter("alice"))
    x, y = sign_in(world, text), sign_in(world, text, as_="y")
    world.deaf()
    assert x.ask(f"TOKEN DEL {token_id}") == [f":s TOKEN REMOVED {token_id}"]
    assert y.hear()[-1] == CLOSED
    assert x.ask("PING 1") == [":s PONG s :1"]


def make_here(actor, name="page"):
    """Let an actor make the token of its device; return its id and its text."""
    *_, answer = actor.ask(f"TOKEN ADD here :{name}")
    assert " TOKEN ADDED " in answer, answer
    return tuple(answer.split()[3:5])


def test_the_token_of_this_device(world):
    """With ``here``, the session that makes it has it: it is current and in use, and its end is the session's."""
    alice, page = world.enter("alice"), world.enter("alice", as_="page")
    token_id, _ = make_here(page)
    used = "2026-01-01T00:16:40.000Z"
    assert page.ask("TOKEN LIST")[0] == f":s TOKEN {token_id} {used} {used} 1 :page"
    page.hang_up()
    world.advance(60)
    alice.hear()
    assert alice.ask("TOKEN LIST")[0] == f":s TOKEN {token_id} {used} {used} 0 :page"
    again = world.enter("alice", as_="again")
    make_here(again, "again")
    (refused,) = again.ask("TOKEN ADD here :twice")
    assert refused.startswith(":s FAIL TOKEN TOKEN_EXISTS :"), refused
    alice.hear()
    other_id = alice.ask("TOKEN LIST")[1].split()[2]
    alice.ask(f"TOKEN DEL {token_id}")
    assert not again.closed, "another token"
    alice.ask(f"TOKEN DEL {other_id}")
    assert again.hear()[-2:] == ["ERROR :The token of this connection was revoked: you are signed out here.", CLOSED]
    assert not alice.closed


def test_another_program_is_not_here(world):
    """Without ``here``, a token is for something else: its end is not that of the session which made it."""
    alice, second = world.enter("alice"), world.enter("alice", as_="second")
    token_id, _ = make(second)
    alice.hear()
    alice.ask(f"TOKEN DEL {token_id}")
    assert not second.closed
    assert make(alice, "here")[0]  # a name


def test_revoked_before_its_session_goes_on(world):
    """A token that is refused changes nothing, and a session without a living token may have another."""
    page = world.enter("alice")
    first, _ = make_here(page)
    assert page.ask(f"TOKEN DEL {first}") == [f":s TOKEN REMOVED {first}"]
    second, _ = make_here(page)
    assert second != first
    assert page.ask("TOKEN LIST")[0].split()[5] == "1"


def test_a_stolen_token_makes_no_others(world):
    """Nothing that a token gives outlives it: its session makes no tokens, also when it has revoked its own."""
    alice = world.enter("alice")
    token_id, text = make(alice)
    thief = sign_in(world, text)
    thief.hear()
    for line in ("TOKEN ADD another", "TOKEN ADD here :another", "TOKEN ADD send=#ops :another"):
        (refused,) = thief.ask(line)
        assert refused == (
            ":s FAIL TOKEN NEED_PASSWORD :This connection signed in with a token, which makes no others."
            " Sign in with the password first."
        )
    (refused,) = thief.ask("CERT ADD")
    assert refused.startswith(":s FAIL CERT NEED_PASSWORD :"), refused
    thief.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('alice', text)[0]}")
    thief.hear()
    assert thief.ask(f"TOKEN DEL {token_id}") == [f":s TOKEN REMOVED {token_id}"]
    assert thief.ask("TOKEN ADD another")[0].startswith(":s FAIL TOKEN NEED_PASSWORD :")
    assert thief.ask("TOKEN LIST") == [":s TOKEN END"]


def test_who_proved_the_password_makes_others(world):
    """A session that has its token by ``here`` signed in with the password; it may make tokens for programs."""
    page = world.enter("alice")
    own, _ = make_here(page)
    other, _ = make(page, "backup", "#ops")
    assert [line.split()[2] for line in page.ask("TOKEN LIST")] == [own, other, "END"]
    page.say(f"PASSWD {b64(PASSWORD)} {b64(NEW)}")
    page.hear()
    assert [line.split()[2] for line in page.ask("TOKEN LIST")] == [own, "END"], "a new password keeps its own token"


def test_a_token_that_is_revoked_during_the_sign_in(world):
    """A session that has signed in and is not welcomed yet does not come in any more."""
    alice = world.enter("alice")
    token_id, text = make(alice)
    x = world.connect("x", says="CAP REQ :sasl chatapp/account\nNICK alice\nUSER a 0 * :a\nAUTHENTICATE PLAIN")
    x.say(f"AUTHENTICATE {plain('alice', text)[0]}")
    assert numerics(x)[-1] == "903"
    alice.say(f"TOKEN DEL {token_id}")
    assert x.ask("CAP END") == ["ERROR :The token of this connection was revoked: you are signed out here.", CLOSED]


def test_labelled_answers(world):
    """As for every command."""
    alice = world.enter("alice", "labeled-response batch")
    (added,) = alice.ask("@label=1 TOKEN ADD laptop")
    assert added.startswith("@label=1 :s TOKEN ADDED ")
    token_id = added.split()[4]
    shown = alice.ask("@label=2 TOKEN LIST")
    assert [line.partition(" ")[0][:6] for line in shown] == ["@label", "@batch", "@batch", ":s"]
    assert alice.ask(f"@label=3 TOKEN DEL {token_id}") == [f"@label=3 :s TOKEN REMOVED {token_id}"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("TOKEN", "NEED_MORE_PARAMS :Usage: TOKEN ..."),
        ("TOKEN WHAT", "INVALID_PARAMS WHAT :Usage: TOKEN ..."),
        ("TOKEN ADD", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD a b", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD send=#ops a b", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD send=#ops", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD here send=#ops a", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD here,send=#ops a", "INVALID_PARAMS ADD :..."),
        ("TOKEN ADD here :", "INVALID_NAME :..."),
        ("TOKEN LIST x", "INVALID_PARAMS LIST :..."),
        ("TOKEN DEL", "INVALID_PARAMS DEL :..."),
        ("TOKEN DEL 0123456789abcdef", "NO_SUCH_TOKEN 0123456789abcdef :..."),
        ("TOKEN DEL :a b", "NO_SUCH_TOKEN * :..."),
        ("TOKEN ADD :", "INVALID_NAME :The name of a token has ..."),
        ("TOKEN ADD :\x1b[2J", "INVALID_NAME :..."),
        ("TOKEN ADD :" + "x" * 101, "INVALID_NAME :..."),
        ("TOKEN ADD send= laptop", "INVALID_TARGET :A name has ..."),
        ("TOKEN ADD send=#ops,@#ops laptop", "INVALID_TARGET :..."),
        ("TOKEN ADD send=*playback laptop", "INVALID_TARGET :..."),
        ("TOKEN ADD send=" + ",".join(f"#{n}" for n in range(11)) + " laptop", "INVALID_TARGET :..."),
        ("TOKEN ADD send=" + ",".join(f"#{n}{'x' * 50}" for n in range(4)) + " laptop", "INVALID_TARGET :..."),
    ],
)
def test_what_is_refused(world, line, answer):
    """A mistake never makes a token, and above all none that may do more than was meant."""
    world.enter("alice")
    world.play(f"""
        alice> {line}
        alice< :s FAIL TOKEN {answer}
        alice> TOKEN LIST
        alice< :s TOKEN END
    """)


def test_tokens_of_others(world):
    """Nobody sees or revokes the tokens of another account."""
    token_id, text = make(world.enter("alice"))
    bob = world.enter("bob")
    world.play(f"""
        bob> TOKEN LIST
        bob< :s TOKEN END
        bob> TOKEN DEL {token_id}
        bob< :s FAIL TOKEN NO_SUCH_TOKEN {token_id} :...
    """)
    assert bob.closed is False
    assert "001" in numerics(sign_in(world, text))


def test_too_many(world):
    """There is a limit, and room when one is revoked."""
    alice = world.enter("alice")
    for number in range(TOKENS_MAX):
        token_id, _ = make(alice, f"token {number}")
    (refused,) = alice.ask("TOKEN ADD one-more")
    assert refused.startswith(":s FAIL TOKEN LIMIT_REACHED :")
    alice.ask(f"TOKEN DEL {token_id}")
    make(alice, "one more")


def test_the_longest_list(world):
    """Every line of the list fits, whatever the names are."""
    alice = world.enter("alice")
    names = ["é" * 50, "🎉" * 25, "x" * 100]
    for name in names:
        make(alice, name, ",".join(["#" + "é" * 30, "#" + "🎉" * 14, "n" * 32]))
    assert [line.rpartition(" :")[2] for line in alice.ask("TOKEN LIST")[:-1]] == names


def test_a_guest(make_world):
    """A guest cannot sign in, so it has no tokens."""
    make_world(guests=True).guest("zoe").world.play("""
        zoe> TOKEN ADD laptop
        zoe< :s FAIL TOKEN NEED_ACCOUNT :...
    """)


def test_a_client_without_standard_replies(world):
    """It gets the refusal as a NOTICE."""
    alice = world.enter("alice", old=True)
    (line,) = alice.ask("TOKEN DEL x")
    assert line.startswith(":s NOTICE alice :TOKEN x: Your account has no such token.")


# A new password


def test_a_new_password_ends_them(world):
    """ "Changing the password revokes them": all sessions end, and no token signs in or is shown any more."""
    _, text = make(world.enter("alice"))
    x = sign_in(world, text)
    file = world.services.accounts._file
    file.set_hash("alice", world.services.accounts._hasher.hash_password(NEW, 4))
    world.advance(1)
    assert x.hear()[-1] == CLOSED
    again = sign_in(world, text, as_="again")
    world.advance(1)
    assert "904" in numerics(again)
    y = world.connect("y", says="CAP REQ :sasl chatapp/account\nNICK alice\nUSER a 0 * :a\nAUTHENTICATE PLAIN")
    y.say(f"AUTHENTICATE {plain('alice', NEW)[0]}", "CAP END")
    y.hear()
    assert y.ask("TOKEN LIST") == [":s TOKEN END"]


def test_at_the_very_moment_of_a_new_password(world):
    """The password file is looked at before the token counts."""
    _, text = make(world.enter("alice"))
    world.services.accounts._file.set_hash("alice", world.services.accounts._hasher.hash_password(NEW, 4))
    x = sign_in(world, text)
    world.advance(1)
    assert "904" in numerics(x)


def test_who_changes_its_password_keeps_its_own_token(world):
    """PASSWD ends the tokens of other devices, as it ends their connections, and keeps that of this one."""
    alice = world.enter("alice")
    own, text = make(alice)
    _, other = make(alice, "phone")
    x = sign_in(world, text)
    world.deaf()
    answer = x.ask(f"PASSWD {b64(PASSWORD)} {b64(NEW)}")
    assert answer == [":s PASSWD SUCCESS :Your password is changed. Your other sessions have ended."]
    assert alice.hear()[-1] == CLOSED
    assert [line.split()[2] for line in x.ask("TOKEN LIST")] == [own, "END"]
    assert "001" in numerics(sign_in(world, text, as_="y"))
    z = sign_in(world, other, as_="z")
    world.advance(1)
    assert "904" in numerics(z)
    (refused,) = [line for line in x.ask(f"PASSWD {b64(text)} {b64(PASSWORD + 'x' * 8)}") if " FAIL " in line] or [""]
    world.advance(30)
    assert "WRONG_PASSWORD" in (refused + " ".join(x.hear())), "a token is no password"


def test_a_removed_account(world):
    """Its token signs in to nothing, not even to a new account of its name."""
    _, text = make(world.enter("alice"))
    file = world.services.accounts._file
    entry = file.get("alice")
    x = sign_in(world, text)
    file.remove("alice")
    world.advance(1)
    assert x.hear()[-1] == CLOSED
    file.add("alice", entry.hash, reuse=True)
    again = sign_in(world, text, as_="again")
    world.advance(1)
    assert "904" in numerics(again)


def test_after_a_restart(world):
    """ "Survives restarts": tokens, and when they were last used."""
    token_id, text = make(world.enter("alice"))
    sign_in(world, text)
    world.stop()
    world.start_again()
    world.advance(60)
    alice = world.enter("alice")
    assert alice.ask("TOKEN LIST")[0] == (
        f":s TOKEN {token_id} 2026-01-01T00:16:40.000Z 2026-01-01T00:16:40.000Z 0 :laptop"
    )
    assert "001" in numerics(sign_in(world, text))


def test_a_password_that_changed_while_the_server_was_down(world):
    """It ends the tokens too."""
    _, text = make(world.enter("alice"))
    world.stop()
    world.services.accounts._file.set_hash("alice", world.services.accounts._hasher.hash_password(NEW, 4))
    world.start_again()
    x = sign_in(world, text)
    world.advance(1)
    assert "904" in numerics(x)


@pytest.mark.parametrize("send", ["", "#lobby"])
@pytest.mark.parametrize(
    "second",
    [
        ("EXTERNAL", "+"),  # the certificate is nobody's
        ("EXTERNAL", b64("alice")),
        ("PLAIN", b64("\0alice\0wrong")),
        ("PLAIN", b64("\0bob\0" + PASSWORD)),
        ("PLAIN", "*"),
    ],
)
def test_a_refused_sign_in_changes_nothing(world, send, second):
    """A session that has signed in with a token stays one of the token, whatever is refused after it."""
    token_id, text = make(world.enter("alice"), send=send)
    thief = world.connect(
        "thief", certificate=b"other", says="CAP REQ :sasl standard-replies chatapp/account\nNICK alice\nUSER a 0 * :a"
    )
    thief.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {part}" for part in plain("alice", text)))
    mechanism, answer = second
    thief.say(f"AUTHENTICATE {mechanism}", f"AUTHENTICATE {answer}")
    world.advance(5)  # a wrong password is answered later
    heard = numerics(thief)
    assert "903" in heard
    assert {*heard} & {"904", "906", "907"}
    thief.say("CAP END")
    assert "001" in numerics(thief)
    refusal = " TOKEN_RESTRICTED " if send else " NEED_PASSWORD "
    assert refusal in thief.ask("TOKEN ADD :another")[0]
    world.actors["alice"].ask(f"TOKEN DEL {token_id}")
    assert thief.hear()[-1] == CLOSED
