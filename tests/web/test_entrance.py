"""The way in: sign-in, sign-up, staying signed in, and signing out."""

from __future__ import annotations

from tests.support.server import PASSWORD


def test_a_wrong_password_is_told_and_the_right_one_opens_the_lobby(comes):
    """The server's reason is shown beside the form; the password is never kept by the browser."""
    alice = comes("alice").go()
    assert "Welcome back" not in alice.page.inner_text("body")
    alice.enter("alice", "wrong-password")
    alice.sees("The name or the password is wrong.", ".error")
    alice.page.fill("#password", PASSWORD)
    alice.page.click(".card button[type=submit]")
    alice.ready()
    assert alice.page.inner_text(".title") == "#lobby"
    kept = alice.page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])")
    assert PASSWORD not in kept


def test_an_unknown_name_can_make_an_account_and_talks(comes):
    """Whoever mistypes or is new learns it at once, and makes the account with what is typed already."""
    nora = comes("nora").go()
    nora.enter("nora", "nora-s-password")
    nora.button("Make the account nora")
    nora.page.click(".card button[type=submit]")
    nora.ready()
    nora.say("Hello, I am new here")


def test_a_form_says_what_is_wrong_before_it_is_sent(comes):
    """A name or a password that no server takes is told without asking the server."""
    somebody = comes("x").go()
    somebody.button("Make an account")
    for name, password, words in (
        ("", "long-enough", "Type your name."),
        ("1st", "long-enough", "does not begin with a digit"),
        ("ok", "short", "at least 8 characters"),
        ("ok", "ü" * 40, "at most 72 bytes"),
    ):
        somebody.enter(name, password)
        somebody.sees(words, ".error")


def test_a_taken_or_official_name_is_refused_in_words(comes):
    """The server's refusal of a name is shown, and the form stays."""
    somebody = comes("x").go()
    somebody.button("Make an account")
    somebody.enter("alice", "long-enough-password")
    somebody.page.wait_for_selector(".error:not(:empty)")
    somebody.enter("NickServ", "long-enough-password")
    somebody.until("!document.querySelector('.error').textContent.includes('alice')")
    assert somebody.page.is_visible("#name")
