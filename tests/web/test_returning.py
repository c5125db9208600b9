"""Coming back: the server restarts, a second tab, and far back in the history."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.irc import Client, text_of
from tests.support.server import PASSWORD, Server, make_accounts
from tests.web.browser import KEPT, Person

MESSAGES = 5_000
# A page in the background, as far as it can tell; true brings it there, false back.
HIDE = """is => {
    Object.defineProperty(document, 'hidden', { value: is, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
}"""
SCROLLER = "document.querySelector('.scroller')"


@pytest.fixture
def alone(browser: Any, tmp_path: Path) -> Iterator[tuple[Server, Any]]:
    """A server of one's own, which may be killed, and a browser profile."""
    make_accounts(tmp_path / "data", ["alice", "bob"])
    with Server(tmp_path / "data", "--no-rate-limits") as server:
        context = browser.new_context(viewport={"width": 1000, "height": 700})
        yield server, context
        context.close()


def again(server: Server) -> None:
    """Start the server again, on its port."""
    server.command[server.command.index("serve") + 1] = str(server.address.port)
    server.start()


def test_the_server_is_killed_while_somebody_writes(alone):
    """What was typed meanwhile arrives once, when the server is back; the state of the connection is told in words."""
    server, context = alone
    alice = Person(context, server.address, "alice")
    alice.fine = True
    alice.sign_in()
    alice.say("before")
    server.kill()
    alice.sees("No connection.", ".offline")
    alice.type("meanwhile")
    alice.page.locator(".message.pending", has_text="meanwhile").wait_for()
    again(server)
    with Client(server.address) as bob:
        bob.sign_in("bob")
        alice.until("!document.querySelector('.message.pending') && document.querySelector('.offline').hidden")
        alice.say("after")
        assert alice.texts() == ["before", "meanwhile", "after"]
        assert [text_of(line) for line in bob.history("#lobby")] == ["before", "meanwhile", "after"]


def test_what_is_not_answered_is_asked_again(alone):
    """A correction, a reaction and a deletion that were on their way when the connection ended are done on the next."""
    server, context = alone
    alice = Person(context, server.address, "alice")
    alice.fine = True
    alice.sign_in()
    for text in ("a word", "a thought", "a slip"):
        alice.say(text)
    os.kill(server.process.pid, signal.SIGSTOP)  # it reads nothing
    alice.tool("a word", "Edit")
    alice.holds("a word")
    alice.type("another word")
    alice.tool("a thought", "React with 👍")
    alice.tool("a slip", "Delete")
    alice.button("Delete")
    server.kill()
    alice.sees("No connection.", ".offline")
    again(server)
    alice.sees("another word")
    alice.sees("1", ".reaction")
    alice.sees("Message deleted")
    assert alice.page.locator(".toast").count() == 0
    with Client(server.address) as bob:
        bob.sign_in("bob")
        assert [text_of(line) for line in bob.history("#lobby")] == ["another word", "a thought"]


def tokens(server: Server) -> list[str]:
    """Return the lines about Alice's tokens."""
    with Client(server.address) as other:
        other.sign_in("alice", caps="message-tags labeled-response batch chatapp/account standard-replies")
        other.send("TOKEN LIST")
        return [line for line in other.until(" TOKEN END") if " TOKEN END" not in line and " TOKEN " in line]


def test_a_token_is_revoked_after_a_sign_out_without_a_connection(alone):
    """The server learns of it as soon as this browser has a connection, and the browser keeps the token until then."""
    server, context = alone
    alice = Person(context, server.address, "alice").sign_in()
    alice.until("localStorage['chatapp.account']?.includes('chat_')")
    alice.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    alice.page.reload()
    alice.ready()
    assert len(tokens(server)) == 1
    server.kill()
    alice.sees("No connection.", ".offline")
    alice.page.click(".account")
    alice.button("Sign out…")
    alice.sees("There is no connection now.", "dialog")
    alice.sees("sign this browser out on another device", "dialog")
    alice.button("Sign out")
    alice.page.wait_for_selector("#name")
    alice.sees("does not know yet that this browser is signed out", ".entrance .connection")
    assert alice.page.evaluate(KEPT)[:2] == [0, 0]
    again(server)
    alice.until("!JSON.stringify({...localStorage}).includes('chat_')")
    assert tokens(server) == []
    alice.until("document.querySelector('.entrance .connection').textContent === ''")
    alice.enter("alice", PASSWORD)
    alice.ready()


def test_two_tabs_of_one_account_agree(alone):
    """Each tab shows what the other says; what is read in one is read in the other."""
    server, context = alone
    first = Person(context, server.address, "alice").sign_in()
    second = Person(context, server.address, "alice").go()
    if second.page.is_visible("#name"):
        second.enter("alice", PASSWORD)
    second.ready()
    first.say("from the first tab")
    second.sees("from the first tab")
    second.say("from the second tab")
    first.sees("from the second tab")
    assert first.texts() == second.texts() == ["from the first tab", "from the second tab"]
    assert first.console == second.console == []


def test_a_tab_does_not_undo_the_draft_of_another(alone):
    """A draft is kept by the tab in which it is written; a tab that only shows the conversation leaves it as it is."""
    server, context = alone
    first = Person(context, server.address, "alice").sign_in()
    first.type("/join #other")
    first.sees("#other", ".title")
    first.choose("lobby")
    second = Person(context, server.address, "alice").go()
    second.ready()
    second.sees("#lobby", ".title")
    first.page.locator(".composer textarea").press_sequentially("half a thought")
    kept = "async () => (localStorage['chatapp.drafts'] ?? '').includes('half a thought')"
    first.until_it_is(kept)
    second.choose("other")
    second.sees("#other", ".title")
    assert first.page.evaluate(kept)
    second.choose("lobby")
    second.holds("half a thought")
    first.page.fill(".composer textarea", "")
    first.say("half a thought")
    second.choose("other")
    second.choose("lobby")
    second.holds("")


def test_5000_messages_back_with_the_position_kept(alone):
    """Scrolling back fetches page after page; what is in view stays where it is, and the list stays bounded."""
    server, context = alone
    with Client(server.address) as bob:
        bob.sign_in("bob")
        for begin in range(0, MESSAGES, 500):
            bob.send(*(f"PRIVMSG #lobby :message number {number}" for number in range(begin, begin + 500)))
            bob.sync()
    alice = Person(context, server.address, "alice").sign_in()
    alice.sees(f"message number {MESSAGES - 1}")
    found = alice.page.evaluate(
        """async () => {
            const scroller = document.querySelector('.scroller');
            const frame = () => new Promise(requestAnimationFrame);
            const texts = () => [...document.querySelectorAll('.message .text')].map(each => each.textContent);
            let jumps = 0, most = 0, pages = 0;
            while (!texts().includes('message number 0')) {
                scroller.scrollTop = 300;
                await frame();
                const before = texts()[0];
                const seen = [...document.querySelectorAll('li.message')].find(
                    each => each.getBoundingClientRect().top >= scroller.getBoundingClientRect().top);
                const at = seen.getBoundingClientRect().top;
                for (let waited = 0; texts()[0] === before && waited < 600; waited++) await frame();
                if (texts()[0] === before) return {stuck: before, pages};
                pages += 1;
                if (Math.abs(seen.getBoundingClientRect().top - at) > 2) jumps += 1;
                most = Math.max(most, document.querySelectorAll('li').length);
            }
            return {jumps, most, pages};
        }"""
    )
    assert found["jumps"] == 0, found
    assert found["pages"] > 40
    assert found["most"] < 1000
    alice.button("To the newest messages")
    alice.sees(f"message number {MESSAGES - 1}")
    alice.page.wait_for_selector(".side .row.open.unread", state="detached")
    # Opened again, it is at its end, and has more than what is drawn first.
    alice.page.reload()
    alice.sees(f"message number {MESSAGES - 31}")
    alice.until("Math.abs(it.scrollTop + it.clientHeight - it.scrollHeight) < 60".replace("it.", f"{SCROLLER}."))
    assert alice.console == []


@pytest.mark.parametrize(("pages", "missed"), [(7, 0), (1, 900)])
def test_a_lost_connection_does_not_move_who_reads_older_messages(alone, pages: int, missed: int):
    """The message that somebody reads stays where it is when the connection comes back, whatever came below it."""
    server, context = alone

    def top() -> Any:
        return alice.page.evaluate(
            f"""() => {{
                const edge = {SCROLLER}.getBoundingClientRect().top;
                const all = [...document.querySelectorAll('li.message')];
                const seen = all.find(it => it.getBoundingClientRect().bottom > edge);
                return [seen.textContent, Math.round(seen.getBoundingClientRect().top)];
            }}"""
        )

    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send(*(f"PRIVMSG #lobby :message number {number}" for number in range(900)))
        bob.sync()
    alice = Person(context, server.address, "alice")
    alice.fine = True
    alice.sign_in()
    alice.sees("message number 899")
    for begin in range(799, 799 - 100 * pages, -100):
        alice.page.evaluate(f"{SCROLLER}.scrollTop = 0")
        alice.sees(f"message number {begin}")
    alice.page.evaluate(f"{SCROLLER}.scrollTop = 900")
    alice.page.evaluate("() => new Promise(requestAnimationFrame)")
    before = top()
    shown = alice.page.locator("li.message").count()
    server.stop()
    alice.page.wait_for_selector(".offline")
    context.set_offline(True)  # until enough was missed
    again(server)
    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send(*(f"PRIVMSG #lobby :missed {number}" for number in range(missed)))
        bob.sync()
    context.set_offline(False)
    alice.ready()
    alice.until("[...document.querySelectorAll('li.message')].length < it", shown)  # the page around it has come
    assert top() == before


@pytest.mark.parametrize(
    "way", ["another day", "a lost connection", "another conversation", "another tab", "the list on a phone"]
)
def test_what_came_meanwhile_begins_in_view(alone, way: str):
    """Who returns to more news than a screen has sees where they begin; they are unread until their end was in view."""
    server, context = alone
    alice = Person(context, server.address, "alice")
    alice.fine = True
    alice.sign_in()
    alice.say("before")
    alice.until("localStorage['chatapp.account']?.includes('chat_')")
    alice.keeps("before")
    if way == "another day":
        alice.page.goto("about:blank")
    elif way == "another conversation":
        alice.type("/join #other")
        alice.sees("#other", ".title")
    elif way == "another tab":
        alice.page.evaluate(HIDE, True)
    elif way == "the list on a phone":
        alice.page.set_viewport_size({"width": 360, "height": 640})
        alice.to_list()
    else:
        context.set_offline(True)  # no new connection; that of before ends with the server
        server.stop()
        again(server)
    with Client(server.address) as bob:
        bob.sign_in("bob")
        bob.send(*(f"PRIVMSG #lobby :news {number}" for number in range(60)))
        bob.sync()
    if way == "another day":
        alice.go().ready()
    elif way in ("another conversation", "the list on a phone"):
        alice.sees("60", ".side .row.unread")
        alice.choose("lobby")
    elif way == "another tab":
        alice.sees("news 59")
        alice.page.evaluate(HIDE, False)
    else:
        context.set_offline(False)
        alice.ready()
    alice.page.locator("li.new + li.message", has_text="news 0").wait_for()
    alice.sees("news 59")
    alice.page.wait_for_selector(".side .row.open.unread", state="attached")
    alice.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    line, top, end = alice.page.evaluate(
        """['.messages .new', '.scroller', '.composer']
            .map(it => document.querySelector(it).getBoundingClientRect().top)"""
    )
    assert top <= line < end
    assert alice.page.locator(".side .row.open.unread").count() == 1
    alice.button("To the newest messages")
    alice.page.wait_for_selector(".side .row.open.unread", state="detached")


def test_the_channels_that_somebody_is_no_longer_in_are_one_sentence(alone):
    """However many they are, each is named."""
    server, context = alone
    channels = [f"#{letter}" for letter in "bcdef"]
    with Client(server.address) as other:
        other.sign_in("alice")
        other.send(f"JOIN {','.join(channels)}")
        other.sync()
        alice = Person(context, server.address, "alice").sign_in()
        alice.until("localStorage['chatapp.account']?.includes('chat_')")
        alice.keeps("#f")
        alice.page.goto("about:blank")
        other.send(f"PART {','.join(channels)}")
        other.sync()
    alice.go().ready()
    alice.sees("You are no longer in #b, #c, #d, #e and #f.", ".toast")
