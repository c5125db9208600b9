"""Another password, at the menu."""

from __future__ import annotations

import pytest

from chatapp.client.core.events import PasswordNotChanged


def asked(alice) -> tuple[str, bool]:
    """Return the prompt, and whether what is typed is hidden."""
    return alice.asked, alice.model.question.hidden


@pytest.mark.parametrize("place", ["> ", "bob> "])
def test_another_password(server, alice, place):
    """ "asks the old password and the new twice, hidden"; then it goes on where it was."""
    alice.type(*(["/dm bob"] if place == "bob> " else []), "/passwd")
    assert asked(alice) == ("Old password: ", True)
    assert alice.type("secret") == []
    assert asked(alice) == ("New password: ", True)
    assert alice.type("/EX is fine") == []
    assert asked(alice) == ("The same again: ", True)
    assert alice.type("/EX is fine") == ["-- Your password is changed. Your other sessions have ended."]
    assert server.accounts["alice"] == "/EX is fine"
    assert asked(alice) == (place, False)
    alice.drop()
    alice.wire.open()
    assert "-- Connected again." in alice.see()


def test_a_wrong_old_password(server, alice):
    """The server says so, and nothing is changed."""
    assert alice.type("/passwd", "wrong", "new password", "new password") == ["-- The old password is wrong."]
    assert alice.asked == "> "
    assert server.accounts["alice"] == "secret"


def test_two_that_are_not_the_same(server, alice):
    """Both are asked for again; what cannot be a password is said before it is repeated."""
    assert alice.type("/passwd", "secret", "x" * 73)[0].startswith("-- The password has 73 bytes")
    assert alice.type("new password", "newpassword") == ["-- The two are not the same."]
    assert alice.asked == "New password: "
    alice.type("new password", "new password")
    assert server.accounts["alice"] == "new password"


def test_a_new_password_that_is_refused(alice):
    """Only the new one is asked for again."""
    alice.type("/passwd", "secret", "short")
    alice.model.typed("short")
    alice.model.heard([PasswordNotChanged("WEAK_PASSWORD", "A password has at least 8 characters.")])
    assert [row[0][1] for row in alice.model.take_rows()] == ["-- A password has at least 8 characters."]
    assert alice.asked == "New password: "


@pytest.mark.parametrize("answers", [[], ["secret"], ["secret", "new password"]])
@pytest.mark.parametrize("way_out", ["", "EX", "Ctrl-C", "WHO"])
def test_ways_out(server, alice, answers, way_out):
    """Enter alone, a word of the menu and Ctrl-C end it, and it is said that nothing was changed."""
    alice.type("/passwd", *answers)
    if way_out == "Ctrl-C":
        assert not alice.model.interrupted()
    else:
        alice.model.typed(way_out)
    assert alice.see()[0] == "-- Your password stays as it was."
    assert alice.asked == "> "
    assert server.accounts["alice"] == "secret"


def test_without_a_connection(server, alice):
    """It is refused before anything is asked, and when the connection is lost in the middle nothing is promised."""
    alice.type("/passwd", "secret", "new password")
    alice.drop()
    assert alice.type("new password") == ["-- There is no connection just now. Your password stays as it was."]
    assert alice.type("/passwd")[0].startswith("-- There is no connection just now.")
    assert alice.asked == "> "
    alice.wire.open()
    alice.type("/passwd", "secret", "new password")
    alice.model.typed("new password")
    assert alice.drop()[-1] == "-- The server has not said whether your password is changed. Try the new one first."
    assert alice.asked == "> "


def test_a_server_without_the_command(server, alice):
    """It is said at once: nobody types a password in vain."""
    server.offers = server.offers.replace("chatapp/account ", "")
    alice.drop()
    alice.wire.open()
    rows = alice.type("/passwd")
    assert rows[-1].startswith("-- People cannot change their password on this server")
    assert alice.asked == "> "
