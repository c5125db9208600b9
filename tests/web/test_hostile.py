"""A hostile member: markup, script URLs, bidirectional controls, long texts and many reactions change nothing."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import pytest

from tests.support.irc import Client, msgid_of, text_of
from tests.support.server import Server, make_accounts
from tests.web.browser import Person

MARKUP = [
    "<img src=x onerror=\"document.title='owned'\">",
    "<script>document.title='owned'</script>",
    "javascript:document.title='owned'",
    "[x](javascript:alert(1)) data:text/html,<b>x</b> vbscript:x",
    "https://example.org/\"onmouseover=\"document.title='owned'",
    "&lt;b&gt; &amp; <a href=javascript:alert(1)>x</a>",
    "*<b>bold</b>* `<i>code</i>` ``` <u>",
    "\u202eright to left\u202c \u2066isolated\u2069 \u200f\u061c",
    "Z" + "\u0335\u0321\u0489" * 60 + "algo",
    "\x02bold\x03" + "4,8colour\x1f\x1b[31m\x07\x7f",
]
CAPS = "message-tags batch echo-message labeled-response draft/multiline server-time"


@pytest.fixture
def attacked(browser, tmp_path: Path):
    """A server without limits of rate, so that the attacker is quick; eve, who attacks; and alice at the page."""
    make_accounts(tmp_path / "data", ["alice", "eve"])
    with Server(tmp_path / "data", "--no-rate-limits") as server, Client(server.address) as eve:
        eve.sign_in("eve", caps=CAPS)
        context = browser.new_context(viewport={"width": 800, "height": 700})
        alice = Person(context, server.address, "alice").sign_in()
        yield eve, alice
        assert alice.console == []
        context.close()


def worked_s(devtools: Any) -> float:
    """Return the seconds of CPU time that the page has used."""
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(each["value"] for each in metrics if each["name"] == "TaskDuration")


def test_markup_stays_text(attacked):
    """What is said is shown as it was written; there is no element and no link that the page did not make."""
    eve, alice = attacked
    eve.send(*(f"PRIVMSG #lobby :{text}" for text in MARKUP), "TOPIC #lobby :<b onclick=x>topic</b>")
    eve.send("PRIVMSG #lobby :the end")
    alice.sees("the end")
    page = alice.page
    assert page.title().endswith("Chat")
    assert page.locator(".messages :is(img, script, iframe, object, form, b, u, i, svg image)").count() == 0
    for link in page.locator(".messages a").all():
        assert link.get_attribute("href").startswith(("http://", "https://"))
        assert set(link.evaluate("each => each.getAttributeNames()")) == {"href", "target", "rel", "dir", "tabindex"}
    assert page.locator(".messages [onerror], .messages [onmouseover], .messages [style]").count() == 0
    assert MARKUP[0] in alice.texts()
    assert "\u202e" not in page.inner_text("body")


def test_a_link_shows_where_it_leads(attacked):
    """Beside a link whose text looks like another host, there is the host to which a browser goes."""
    eve, alice = attacked
    eve.send("PRIVMSG #lobby :https://bank.example:pw@evil.example/", "PRIVMSG #lobby :https://b\u0430nk.example/")
    eve.send("PRIVMSG #lobby :https://example.org/")
    alice.sees("https://example.org/")
    shown = [(link.get_attribute("href"), link.inner_text()) for link in alice.page.locator(".messages a").all()]
    assert shown == [
        ("https://evil.example/", "https://bank.example:pw@evil.example/ (evil.example)"),
        ("https://xn--bnk-6cd.example/", "https://b\u0430nk.example/ (xn--bnk-6cd.example)"),
        ("https://example.org/", "https://example.org/"),
    ]


def test_what_cannot_be_seen_is_told(attacked):
    """A message of marks or of invisible characters has a row like others, neither empty nor high."""
    eve, alice = attacked
    texts = ["\u200b\u2060", "\u3164", "\u0301", "\u0489" * 150, "a" + "\u0321" * 190, "plain"]
    eve.send(*(f"PRIVMSG #lobby :{text}" for text in texts))
    alice.sees("plain")
    blank = "(nothing that can be seen)"
    assert alice.texts() == [
        blank, blank, "\u25cc\u0301", "\u25cc" + "\u0489" * 8, "a" + "\u0321" * 8, "plain"
    ]  # fmt: skip
    heights = alice.page.locator(".message .text").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert min(heights) > 15
    assert max(heights) < 40


def test_a_direction_does_not_leave_its_message(attacked):
    """A text from right to left is shown so, and the name beside it, and the next message, are not turned."""
    eve, alice = attacked
    eve.send("PRIVMSG #lobby :שלום עולם", "PRIVMSG #lobby :next")
    alice.sees("next")
    directions = "all => all.map(each => getComputedStyle(each).direction)"
    assert alice.page.locator(".message .text").evaluate_all(directions) == ["rtl", "ltr"]
    assert alice.page.locator(".message .name").evaluate_all(directions) == ["ltr"]


def test_64_kilobytes_of_text_are_shortened(attacked):
    """A very long message shows its beginning; all of it is shown when somebody asks."""
    eve, alice = attacked
    for at in range(8):
        lines = [f"@batch=b{at} PRIVMSG #lobby :{'x' * 390}" for _ in range(20)]
        eve.send(f"BATCH +b{at} draft/multiline #lobby", *lines, f"BATCH -b{at}")
    eve.send("PRIVMSG #lobby :" + "W" * 400, "PRIVMSG #lobby :the end")
    alice.sees("the end")
    widths = alice.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert widths[0] <= widths[1]
    assert max(len(text) for text in alice.texts()) <= 2600
    alice.page.locator(".message .link-button", has_text="Show all").first.click()
    alice.until("[...document.querySelectorAll('.text')].some(each => each.textContent.length > 7000)")


def test_10000_reactions_are_bounded(attacked):
    """The page stays quick, and shows a few."""
    eve, alice = attacked
    eve.send("PRIVMSG #lobby :react to this")
    msgid = msgid_of(eve.wait_for("react to this"))
    for begin in range(0, 10_000, 500):
        eve.send(*(f"@+draft/react=r{at};+reply={msgid} TAGMSG #lobby" for at in range(begin, begin + 500)))
        eve.sync()
    eve.send("PRIVMSG #lobby :the end")
    alice.sees("the end")
    assert alice.page.locator(".reaction").count() <= 20
    devtools = alice.page.context.new_cdp_session(alice.page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # its own work, whatever else the machine does
    before = worked_s(devtools)
    alice.say("still quick")
    assert worked_s(devtools) - before < 2


def test_many_reactions_of_others_do_not_hide_our_own(comes, server):
    """Who reacts to a message with more reactions than have room sees that, and can take it back."""
    alice = comes("alice").sign_in()
    alice.say("react to this")
    for name in ("bob", "carol", "eve"):
        with Client(server.address) as one:
            one.sign_in(name, caps=CAPS)
            msgid = msgid_of(one.history("#lobby")[-1])
            one.send(*(f"@+draft/react={name}{at};+reply={msgid} TAGMSG #lobby" for at in range(10)))
            one.sync()
    alice.sees("and 10 more", ".reactions")
    alice.tool("react to this", "React with 👍")
    own = alice.page.locator(".reaction[aria-pressed=true]", has_text="👍")
    own.wait_for()
    alice.sees("and 11 more", ".reactions")
    own.click()
    own.wait_for(state="detached")


def test_who_is_removed_while_they_write_says_nothing_elsewhere(comes, server):
    """What somebody still types when a channel is taken away does not go to the conversation that is shown instead."""
    with Client(server.address) as eve:
        eve.sign_in("eve")
        eve.send("JOIN #trap")
        alice = comes("alice").sign_in()
        alice.type("/join #trap")
        alice.sees("#trap", ".title")
        alice.page.keyboard.type("between us: ")
        eve.send("KICK #trap alice :bye")
        alice.sees("You were removed from #trap by eve: bye", ".toast")
        alice.sees("#lobby", ".title")
        alice.page.keyboard.type("a secret")
        alice.page.keyboard.press("Enter")
        alice.say("hello")
        assert [text_of(line) for line in eve.history("#lobby")] == ["hello"]


def test_a_name_of_many_marks_stays_in_its_row(attacked):
    """A channel's name with 32 combining marks does not paint over its neighbours."""
    eve, alice = attacked
    name = unicodedata.normalize("NFC", "#e" + "\u0323\u0331\u0324\u0330" * 8)
    eve.send(f"JOIN {name}", f"INVITE alice {name}")
    alice.page.click(".invitations summary")
    alice.page.click(".invitation .button")
    alice.sees(name[:10], ".title")
    row = alice.page.locator(".side .row.open").bounding_box()
    assert row is not None
    assert row["height"] <= 60
    assert "paint" in alice.page.locator(".side .row.open .row-name").evaluate("each => getComputedStyle(each).contain")


def test_many_invitations_bury_nothing(attacked):
    """They are one row with their number; they are listed in a place of bounded height, and each can be removed."""
    eve, alice = attacked
    for at in range(40):
        eve.send(f"JOIN #c{at:02}", f"INVITE alice #c{at:02}")
    eve.sync()
    alice.sees("Invitations to channels: 40", ".invitations")
    assert alice.page.locator(".toast").count() <= 4
    lobby = alice.page.locator(".side .row", has_text="lobby")
    assert lobby.bounding_box()["y"] < 300
    alice.page.click(".invitations summary")
    assert lobby.bounding_box()["y"] < 600
    alice.button("Remove the invitation to #c39")
    alice.sees("Invitations to channels: 39", ".invitations")
    alice.keeps("#c39")
    alice.page.reload()
    alice.ready()
    alice.sees("Invitations to channels: 39", ".invitations")
    alice.type("/block eve")
    alice.until("document.querySelector('.invitations').hidden")
    alice.type("/unblock eve")
    alice.sees("Invitations to channels: 39", ".invitations")
    alice.type("/invite")
    alice.sees("You are invited to #c38", ".invitation")
    alice.page.locator(".invitation", has_text="#c38").get_by_role("button", name="Join").click()
    alice.sees("#c38", ".title")
    alice.button("Remove all")
    alice.until("document.querySelector('.invitations').hidden")


def test_a_channel_of_marks_has_something_to_see(attacked):
    """A name is shown as a text is: a letter has a few marks, and a mark without a letter stands on a circle."""
    eve, alice = attacked
    for name in ("#" + "\u0301" * 20, "#x" + "\u0301" * 60):
        eve.send(f"JOIN {name}")
        eve.sync()
        alice.type(f"/join {name}")
        alice.until("document.querySelector('.side .row.open .row-name')?.textContent.includes(it)", name[1:9])
    rows = alice.page.locator(".side .row .row-name").all_inner_texts()
    assert "\u25cc" + "\u0301" * 8 in rows
    assert "x" + "\u0301" * 8 in rows
