"""From an invitation to the first word."""

from __future__ import annotations

import re

from tests.support.server import run_chat


def link(server, *options: str) -> str:
    """Make an invitation, and return what follows the address in its link."""
    made = run_chat("invite", "--data", server.data, *options)
    found = re.search(r"https://\S+?/(#invite=\S+)", made.stdout)
    assert found is not None, made
    return found[1]


def test_from_an_invitation_to_the_first_word(comes, server):
    """Whoever opens the link picks a name and a password, and talks in the channel of the link; others read it."""
    run_chat("sign-up", "invite", "--data", server.data)
    run_chat("role", "alice", "administrator", "--data", server.data)
    alice = comes("alice", permissions=["clipboard-write"]).sign_in()
    alice.type("/join #team")
    alice.sees("#team", ".title")
    alice.type("/invitation #team")
    alice.sees("one person make an account and join #team within a week", "dialog")
    alice.button("Copy")
    alice.sees("The link is copied.", "dialog .toast")
    found = alice.page.input_value("dialog input")
    alice.page.keyboard.press("Escape")
    nora = comes("nora").go()
    nora.button("Make an account")
    nora.enter("nora", "nora-s-password")
    nora.sees("Ask somebody who is here for its link, and open it.", ".error")
    nora.page.goto("about:blank")
    nora.go(found[found.index("#") :])
    nora.sees("You are invited to Riverside", "h1")
    nora.enter("nora", "nora-s-password")
    nora.ready()
    assert "invite" not in nora.page.url
    nora.sees("#team", ".title")
    nora.say("Here I am")
    alice.sees("Here I am")


def test_an_invitation_that_is_used_up_is_told(comes, server):
    """The reason is shown at once, before anything is typed; whoever has an account can sign in."""
    fragment = link(server, "--uses", "1")
    first = comes("olga").go(fragment)
    first.enter("olga", "olga-s-password")
    first.ready()
    second = comes("bob").go(fragment)
    second.sees("used as often as it may be", ".error")
    second.enter("bob", "correct-horse")
    second.ready()
