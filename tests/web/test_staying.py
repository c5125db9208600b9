"""Staying signed in on a device: reload, without a connection, revoked, and signed out."""

from __future__ import annotations

import signal

import pytest

from tests.support.irc import CAPS, Client, text_of
from tests.support.server import PASSWORD
from tests.web.browser import KEPT, Person


def test_a_reload_shows_the_conversation_again(comes, server):
    """A device token signs in; the password is kept nowhere. A line is before what is new since the last visit."""
    dave = comes("dave").sign_in()
    dave.say("before the reload")
    dave.until("localStorage['chatapp.account']?.includes('chat_')")
    dave.page.locator(".composer textarea").press_sequentially("a draft")
    dave.until("localStorage['chatapp.drafts']?.includes('a draft')")
    dave.page.goto("about:blank")
    with Client(server.address) as eve:
        eve.sign_in("eve")
        eve.send("PRIVMSG #lobby :said meanwhile")
        eve.sync()
    dave.go().ready()
    dave.sees("before the reload")
    dave.page.locator("li.new + li.message", has_text="said meanwhile").wait_for()
    assert dave.page.input_value(".composer textarea") == "a draft"
    dave.page.fill(".composer textarea", "")
    dave.say("after the reload")
    assert PASSWORD not in dave.page.evaluate(KEPT)[2]


def test_who_returns_sees_what_is_unread_elsewhere(comes, server):
    """What was said meanwhile is counted also in the conversations that are not open, with the mentions."""
    with Client(server.address) as bob:
        bob.sign_in("bob")
        alice = comes("alice").sign_in()
        bob.send("PRIVMSG alice :hello")
        alice.choose("bob")
        alice.say("hello yourself")
        alice.keeps("hello yourself")
        alice.page.goto("about:blank")
        bob.send("PRIVMSG #lobby :alice: call me")
        bob.history("#lobby")
        with Client(server.address) as carol:
            carol.sign_in("carol")
            carol.send("PRIVMSG alice :me too")
            carol.history("alice")
        alice.go().ready()
        alice.sees("1 mention, 1 unread", ".side .row:has-text('lobby')")
        alice.sees("1", ".side .row:has-text('carol') .count")


def test_without_a_connection_it_shows_what_it_has(comes, server):
    """The shell comes from the service worker, the messages from IndexedDB; what is written waits, and is sent once.

    It does not wait for a server that takes connections, and does not answer.
    """
    dave = comes("dave", fine=True).sign_in()
    dave.say("this is kept")
    dave.until("localStorage['chatapp.account']?.includes('chat_')")
    dave.page.reload()
    dave.ready()
    dave.page.evaluate("async () => { await navigator.serviceWorker.ready; dispatchEvent(new Event('pagehide')); }")
    dave.keeps("this is kept")
    server.tell(signal.SIGSTOP)
    try:
        dave.page.reload(wait_until="commit")
        dave.sees("this is kept")
    finally:
        server.tell(signal.SIGCONT)
    dave.ready()
    dave.context.set_offline(True)
    dave.page.reload()
    dave.sees("this is kept")
    dave.sees("You are offline.", ".offline")
    dave.type("written without a connection")
    dave.page.locator(".message.pending", has_text="without a connection").wait_for()
    dave.page.evaluate("dispatchEvent(new Event('pagehide'))")
    dave.keeps("without a connection")
    dave.context.set_offline(False)
    dave.page.reload()
    dave.ready()
    dave.until("!document.querySelector('.message.pending')")
    assert dave.texts().count("written without a connection") == 1


def test_what_was_written_arrives_though_the_channel_was_renamed_meanwhile(comes, server):
    """It is in the channel, under its new name, once."""
    with Client(server.address) as bob:
        bob.sign_in("bob", caps=f"{CAPS} draft/channel-rename")
        bob.send("JOIN #before")
        dave = comes("dave", fine=True).sign_in()
        dave.type("/join #before")
        dave.sees("#before", ".title")
        dave.say("this is kept")
        dave.page.evaluate("async () => { await navigator.serviceWorker.ready; dispatchEvent(new Event('pagehide')); }")
        dave.keeps("this is kept")
        dave.context.set_offline(True)
        dave.page.reload()
        dave.sees("this is kept")
        dave.type("written without a connection")
        dave.page.locator(".message.pending", has_text="without a connection").wait_for()
        dave.page.evaluate("dispatchEvent(new Event('pagehide'))")
        dave.keeps("without a connection")
        bob.send("RENAME #before #after")
        bob.until("RENAME")
        dave.context.set_offline(False)
        dave.page.reload()
        dave.ready()
        dave.choose("after")
        dave.sees("written without a connection", ".message:not(.pending) .text")
        assert [text_of(line) for line in bob.history("#after")] == ["this is kept", "written without a connection"]


def test_a_reload_soon_after_joining_stays_in_the_channel(comes, server):
    """What is open is known at once; the browser may not have kept the channel itself yet."""
    dave = comes("dave").sign_in()
    dave.say("this is kept")
    dave.page.evaluate("dispatchEvent(new Event('pagehide'))")
    dave.keeps("this is kept")
    dave.page.evaluate("localStorage['chatapp.settings'] = JSON.stringify({open: '#late', screen: 'chat'})")
    dave.page.goto("about:blank")
    with Client(server.address) as other:
        other.sign_in("dave")
        other.send("JOIN #late")
        other.sync()
    dave.go().ready()
    dave.page.wait_for_function("document.querySelector('.title').textContent === '#late'", timeout=5000)


def test_without_a_connection_nothing_is_done_in_silence(comes):
    """What cannot be asked of the server says so, in the dialog or beside it, and keeps what was typed."""
    dave = comes("dave", fine=True).sign_in()
    dave.say("without an answer")
    dave.until("localStorage['chatapp.account']?.includes('chat_')")
    dave.page.reload()
    dave.ready()
    dave.page.evaluate("async () => { await navigator.serviceWorker.ready; dispatchEvent(new Event('pagehide')); }")
    dave.keeps("without an answer")
    dave.context.set_offline(True)
    dave.page.reload()
    dave.sees("You are offline.", ".offline")
    dave.button("Join or create a channel")
    dave.sees("There is no connection.", "dialog .hint")
    dave.page.fill("dialog input", "offline")
    dave.page.press("dialog input", "Enter")
    dave.sees("Joining #offline: There is no connection. Try again when it is back.", ".toast")
    dave.tool("without an answer", "React with ❤️")
    dave.sees("The reaction: There is no connection.", ".toast")
    dave.page.locator(".account").click()
    dave.sees("There is no connection.", "dialog .hint")
    dave.button("Change the password…")
    dave.page.get_by_label("Your password now").fill(PASSWORD)
    dave.page.get_by_label("New password").fill("another password")
    dave.button("Change it")
    dave.sees("There is no connection.", "dialog .error")
    dave.context.set_offline(False)


def test_signing_out_leaves_nothing(comes):
    """The token is revoked, and the browser keeps neither messages, nor drafts, nor the name."""
    dave = comes("dave").sign_in()
    dave.say("nobody else may read this here")
    dave.until("localStorage['chatapp.account']?.includes('chat_')")
    dave.page.click(".account")
    dave.button("Sign out…")
    dave.sees("keeps nothing of your account", "dialog")
    dave.button("Sign out")
    dave.page.wait_for_selector("#name")
    account, rows, kept = dave.page.evaluate(KEPT)
    assert (account, rows) == (0, 0)
    assert "nobody else" not in kept


def test_a_token_that_does_not_sign_in_any_more_is_forgotten(comes, server):
    """What the server has revoked already needs no revoking."""
    dave = comes("dave").go()
    token = {"name": "dave", "token": "chat_" + "x" * 43, "id": "0123456789abcdef"}
    dave.page.evaluate("it => { localStorage['chatapp.revoked'] = JSON.stringify(it); }", [token])
    dave.page.reload()
    dave.until("!('chatapp.revoked' in localStorage)")
    dave.enter("dave", PASSWORD)
    dave.ready()


@pytest.mark.parametrize("by_token", [False, True])
def test_a_revoked_device_is_signed_out(comes, server, by_token):
    """Whoever revokes the token of a device ends its session, also that which made the token; the page then asks for
    the password.
    """
    dave = comes("dave").sign_in()
    dave.until("localStorage['chatapp.account']?.includes('chat_')")
    if by_token:
        dave.page.reload()  # from now on the token signs in
        dave.ready()
    with Client(server.address) as other:
        other.sign_in("dave", caps="message-tags labeled-response batch chatapp/account standard-replies")
        other.send("TOKEN LIST")
        rows = [line for line in other.until(" TOKEN END") if " TOKEN END" not in line and " TOKEN " in line]
        for line in rows:
            other.send(f"TOKEN DEL {line.split()[2]}")
        other.sync()
    dave.page.wait_for_selector("#name")
    assert dave.page.inner_text(".error")
    assert dave.page.evaluate(KEPT)[:2] == [0, 0]


def test_without_staying_nothing_is_kept(comes):
    """Whoever does not tick the box is asked again after a reload."""
    dave = comes("dave").go()
    dave.enter("dave", PASSWORD, stay=False)
    dave.ready()
    dave.say("hello")
    dave.page.reload()
    dave.page.wait_for_selector("#name")
    assert dave.page.evaluate(KEPT)[:2] == [0, 0]


def test_two_accounts_in_two_tabs(comes, server):
    """A tab that does not stay signed in keeps nothing, and takes nothing from the account that the browser keeps."""
    bob = comes("bob").go()
    alice = Person(bob.context, server.address, "alice").go()
    bob.enter("bob", PASSWORD)
    bob.ready()
    bob.until("localStorage['chatapp.account']?.includes('chat_')")
    alice.enter("alice", PASSWORD, stay=False)
    alice.ready()
    alice.say("of alice alone")
    alice.page.locator(".composer textarea").press_sequentially("a draft of alice")
    alice.page.evaluate("dispatchEvent(new Event('pagehide'))")
    bob.say("of bob")
    bob.page.evaluate("dispatchEvent(new Event('pagehide'))")
    bob.keeps('"name":"bob"')
    assert "a draft of alice" not in bob.page.evaluate(KEPT)[2]
    alice.page.click(".account")
    alice.button("Sign out…")
    alice.button("Sign out")
    alice.sees("bob", ".account")  # as a new tab is
    bob.say("still here")
    assert bob.page.evaluate(KEPT)[:2] == [1, 1]
    bob.page.click(".account")
    bob.button("Sign out…")
    bob.button("Sign out")
    for tab in (bob, alice):
        tab.page.wait_for_selector("#name")
    assert bob.page.evaluate(KEPT)[:2] == [0, 0]
    assert alice.console == []
