"""How it looks and reads: small and large, dark and light, by keyboard, and what axe-core says."""

from __future__ import annotations

import pytest

from tests.support.irc import Client

SIZES = {"320-dark": (320, 640, "dark"), "1280-light": (1280, 800, "light"), "3840-dark": (3840, 2160, "dark")}


def violations(page):
    """Return what axe-core finds."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="there is no axe-core here").Axe()
    found = axe.run(page).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]


@pytest.fixture(params=SIZES)
def eve(request, comes):
    """Somebody who comes to the page with a screen of each size."""
    width, height, scheme = SIZES[request.param]
    viewport = {"width": width, "height": height}
    # Without transitions: half-way between two colours the contrast is another.
    return comes("eve", viewport=viewport, color_scheme=scheme, has_touch=width < 720, reduced_motion="reduce")


def check(eve):
    """Nothing is found in what is shown now, and it is not wider than the screen."""
    eve.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert violations(eve.page) == []
    assert eve.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_nothing_is_found_in_the_entrance(eve):
    """Axe-core finds nothing in the forms to sign in, and to make an account; none is wider than the screen."""
    eve.go()
    check(eve)
    eve.button("Make an account")
    check(eve)


def test_nothing_is_found_in_the_conversation(eve):
    """Axe-core finds nothing in messages, in the members and in the list; none is wider than the screen."""
    eve.sign_in()
    eve.say("Hello *everybody*, see https://example.org/ and `code`, @eve")
    eve.say("```\ncode\n```\nWe meet at nine")
    eve.tool("We meet at nine", "React with ❤️")
    eve.page.wait_for_selector(".reaction")
    check(eve)
    eve.page.click(".members")
    eve.sees("Here — ", ".panel")
    check(eve)
    eve.button("Close the list of members")
    if eve.page.viewport_size["width"] < 720:
        eve.to_list()
        check(eve)


@pytest.mark.parametrize("label", ["Settings of the channel", "Write to somebody", "Search messages", "the account"])
def test_nothing_is_found_in_a_dialog(eve, label):
    """Axe-core finds nothing in a dialog, which is not wider than the screen."""
    eve.sign_in()
    if eve.page.viewport_size["width"] < 720 and label != "Settings of the channel":
        eve.to_list()
    if label == "the account":
        eve.page.click(".account")
    else:
        eve.button(label)
    eve.page.wait_for_selector("dialog .dialog-body > :not([hidden])")
    check(eve)


def test_nothing_is_found_in_invitations(eve, server):
    """Axe-core finds nothing in the invitations to channels, and in the sentence that tells of one."""
    eve.sign_in()
    with Client(server.address) as bob:
        bob.sign_in("bob")
        channel = f"#looks{eve.page.viewport_size['width']}"
        bob.send(f"JOIN {channel}", f"INVITE eve {channel}")
        eve.sees("invites you", ".toast")
        check(eve)
        eve.type("/invite")
        eve.sees(f"bob invited you to {channel}", ".invitation")
        check(eve)


def test_with_the_keyboard_alone(comes):
    """Everything is reached with Tab, arrows, Enter and Escape: writing, reacting, the list, a dialog."""
    eve = comes("eve").sign_in()
    keys = eve.page.keyboard
    keys.type("typed at once, as the composer has the focus")
    keys.press("Enter")
    eve.sees("typed at once")
    eve.sees("typed at once", ".message.own:not(.pending)")
    keys.press("Escape")
    assert eve.page.evaluate("() => document.activeElement.matches('li.message:last-child')")
    while eve.page.evaluate("() => !document.activeElement.matches('.tools *')"):
        keys.press("Tab")
    while eve.page.evaluate("() => document.activeElement.getAttribute('aria-label') !== 'Reply'"):
        keys.press("ArrowRight")
    keys.press("Enter")
    assert eve.page.evaluate("() => document.activeElement.matches('textarea')")
    about = eve.page.locator(f"#{eve.page.get_attribute('textarea', 'aria-describedby')}")
    assert "Reply to eve typed at once" in about.inner_text()
    keys.type("the answer")
    keys.press("Enter")
    label = "[...document.querySelectorAll('li.message')].at(-1).getAttribute('aria-label')"
    eve.until(f"{label}.includes('in reply to eve: typed at once, as the composer has the focus: the answer')")
    # The messages are one stop of Tab, also while a mouse shows tools, and so are the conversations.
    eve.message("typed at once").hover()
    eve.page.locator(".tools").wait_for()
    stops = []
    while len(stops) < 20 and "Join or create a channel" not in stops:
        keys.press("Shift+Tab")
        where = "(document.activeElement.closest('.messages, .row') ?? document.activeElement)"
        stops.append(eve.page.evaluate(f"() => {where}.title || {where}.className"))
    assert (stops.count("messages"), stops.count("row open")) == (1, 1), stops
    keys.press("Control+k")
    eve.sees("Go to a conversation", "dialog")
    keys.type("LOBB")
    eve.sees("#lobby", "dialog .row")
    keys.press("Enter")
    eve.until("document.activeElement.matches('textarea')")
    keys.press("Control+Shift+F")
    eve.sees("Search", "dialog h2")
    keys.press("Escape")
    eve.type("/passwd")
    eve.sees("Your password now", "dialog")
    eve.page.locator("dialog").get_by_role("button", name="Show").first.click()
    assert eve.page.get_by_label("Your password now").get_attribute("type") == "text"
    check(eve)
    keys.press("Escape")
    eve.page.locator("dialog").wait_for(state="detached")
    eve.page.locator(".context").wait_for(state="hidden")
    keys.press("ArrowUp")
    eve.sees("Editing your message", ".context")
    keys.press("Escape")
    eve.holds("")
    keys.type("/who")
    keys.press("Enter")
    for closing in (["Escape"], ["Shift+Tab", "Enter"]):
        eve.until("document.activeElement.matches('.panel input')")
        for key in closing:
            keys.press(key)
        eve.page.locator(".panel").wait_for(state="hidden")
        eve.until("document.activeElement.matches('.members')")
        keys.press("Enter")


def test_what_is_typed_after_a_dialog_is_not_lost(comes):
    """A closed dialog gives back the focus and the caret: whoever types on, types into the text, where they were."""
    eve = comes("eve").sign_in()
    keys = eve.page.keyboard
    for opening in ("Control+k", "Control+Shift+F"):
        for closing in ("Escape", "the mouse"):
            eve.page.click(".composer textarea")
            keys.type("ac")
            keys.press("ArrowLeft")
            keys.press(opening)
            eve.until("document.activeElement.matches('dialog input')")
            if closing == "Escape":
                keys.press("Escape")
            else:
                eve.page.click("dialog .dialog-head button")
            eve.page.locator("dialog").wait_for(state="detached")
            keys.type("b")
            assert eve.page.input_value(".composer textarea") == "abc", (opening, closing)
            eve.page.fill(".composer textarea", "")


def test_what_is_typed_after_a_reload_is_not_lost(comes):
    """The composer has the focus after a reload; also after a dialog that was opened while nothing had the focus."""
    eve = comes("eve").sign_in()
    eve.say("hello")
    eve.keeps("hello")
    eve.page.reload()
    eve.ready()
    eve.page.keyboard.type("a")
    eve.holds("a")
    eve.page.evaluate("() => document.activeElement.blur()")
    eve.page.keyboard.press("Control+k")
    eve.until("document.activeElement.matches('dialog input')")
    eve.page.keyboard.press("Escape")
    eve.page.locator("dialog").wait_for(state="detached")
    eve.page.keyboard.type("b")
    eve.holds("ab")


def test_a_reload_opens_no_keyboard_on_a_touch_screen(comes):
    """A field that takes the focus would open the on-screen keyboard, over the messages."""
    eve = comes("eve", viewport={"width": 320, "height": 568}, has_touch=True, is_mobile=True).sign_in()
    eve.page.reload()
    eve.ready()
    eve.page.tap(".chat-head [aria-label^=Settings]")
    eve.page.tap("dialog .dialog-head button")
    eve.page.locator("dialog").wait_for(state="detached")
    assert not eve.page.evaluate("document.activeElement.matches('textarea')")


def test_send_again_and_drop_are_apart(eve):
    """Whoever wants to send a refused message again does not drop it by a finger's breadth."""
    eve.sign_in()
    eve.type("/join #apart")
    eve.sees("#apart", ".title")
    eve.type("/mode +m")
    eve.sees("only members with a role", ".messages")
    eve.type("/mode -q eve")
    eve.sees("no longer", ".messages")
    eve.type("refused")
    eve.sees("Drop", ".message.failed")
    again, drop = (
        eve.page.get_by_role("button", name=name, exact=True).evaluate(
            """each => {
                const range = document.createRange();
                range.selectNodeContents(each);
                const [text, box] = [range.getBoundingClientRect(), each.getBoundingClientRect()];
                return [text.left, text.right, text.top, box.height];
            }"""
        )
        for name in ("Send again", "Drop")
    )
    assert min(again[3], drop[3]) >= 24
    assert drop[0] - again[1] >= 8 or drop[2] - again[2] >= 24


def test_a_question_begins_with_its_first_choice(comes):
    """A screen reader reads what a question says; the focus is on its first choice: for how long, before the reason."""
    eve, dave = comes("eve").sign_in(), comes("dave").sign_in()
    eve.type("/join #choice")
    eve.sees("#choice", ".title")
    dave.type("/join #choice")
    dave.sees("#choice", ".title")
    eve.button("2 members")
    eve.page.locator(".panel .row", has_text="dave").click()
    eve.button("Mute…")
    eve.until("document.activeElement.matches('dialog select')")
    about = eve.page.locator(f"#{eve.page.get_attribute('dialog', 'aria-describedby')}")
    assert "dave cannot write in #choice without an end" in about.inner_text()


def test_what_waits_has_enough_contrast(eve):
    """What waits for the connection is dim, and can be read: also its links, its code and its mentions."""
    eve.sign_in()
    eve.page.context.set_offline(True)
    eve.fine = True
    eve.page.evaluate("() => dispatchEvent(new Event('offline'))")
    eve.type("it waits: https://example.org/ and `code` for @eve")
    eve.sees("it waits", ".message.pending")
    check(eve)
    eve.page.context.set_offline(False)


def test_the_focus_is_not_lost_with_what_had_it(comes, server):
    """What had the focus may go away: then an open dialog has it, or the composer; never the whole page."""
    comes("dave").sign_in()  # the second device
    dave, eve = comes("dave").sign_in(), comes("eve").sign_in()
    keys = eve.page.keyboard
    eve.type("/join #focus")
    eve.sees("#focus", ".title")
    eve.type("/invite dave")
    dave.sees("Invitations to channels: 1", ".invitations summary")
    dave.page.locator(".invitations summary").focus()
    for key in ("Enter", "Tab", "Tab"):
        dave.page.keyboard.press(key)
    assert dave.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Join #focus"
    for key in ("Tab", "Enter"):
        dave.page.keyboard.press(key)
    dave.until("document.activeElement.matches('.composer textarea')")
    dave.type("/join #focus")
    eve.button("2 members")
    eve.page.locator(".panel .row", has_text="dave").focus()
    keys.press("Enter")
    eve.page.get_by_role("button", name="Remove…", exact=True).focus()
    keys.press("Enter")
    eve.sees("can come back", "dialog")
    keys.press("Enter")
    eve.sees_no("dave", ".panel .row")
    eve.until("document.activeElement.matches('.composer textarea')")
    dave.page.locator(".account").click()
    devices = dave.page.locator("dialog li button[aria-label^='Sign out: ']")
    devices.first.focus()
    before = devices.count()
    dave.page.keyboard.press("Enter")
    dave.until("document.querySelectorAll('dialog li button').length < it", before)
    dave.until("document.activeElement.closest('dialog')")


def test_the_focus_stays_at_a_message_that_is_deleted(comes):
    """Also if its author's name had the focus; and who answers the message reads that it is gone."""
    dave, eve = comes("dave").sign_in(), comes("eve").sign_in()
    dave.say("a slip")
    eve.tool("a slip", "Reply")
    eve.sees("Reply to dave", ".context")
    eve.message("a slip").locator(".name").focus()
    dave.tool("a slip", "Delete")
    dave.button("Delete")
    eve.sees("The message that you answer was deleted.", ".toast")
    eve.until("document.activeElement.matches('li.message')")
    assert "Message deleted" in eve.page.evaluate("() => document.activeElement.textContent")
    eve.sees_no("Reply to dave", ".context")


def test_a_row_that_moves_keeps_the_focus(comes, server):
    """A member who comes moves up in the list of members, and who writes in that of people: with the focus."""
    dave = comes("dave").sign_in()
    for name in ("bob", "carol"):
        dave.type(f"/dm {name} hi")
        dave.sees(name, ".title")
    dave.choose("lobby")
    dave.button("5 members")
    with Client(server.address) as bob:
        dave.page.locator(".panel .row.away", has_text="bob").focus()
        bob.sign_in("bob")
        dave.page.locator(".panel .row:not(.away)", has_text="bob").wait_for()
        dave.until("document.activeElement.matches('.panel .row:not(.away)')")
        assert "bob" in dave.page.evaluate("() => document.activeElement.textContent")
        dave.page.locator(".side .row", has_text="bob").focus()
        bob.send("PRIVMSG dave :look")
        dave.page.locator(".side section:last-of-type li:first-child .row.unread", has_text="bob").wait_for()
        assert "bob" in dave.page.evaluate("() => document.activeElement.textContent")


def test_new_messages_are_read_aloud_and_the_list_is_not(comes):
    """Screen readers get new messages from a region of their own; the list, which moves, is not live."""
    alice, eve = comes("alice").sign_in(), comes("eve").sign_in()
    eve.say("listen")
    alice.sees("eve: listen", "[role=log]")
    assert alice.page.locator(".messages").get_attribute("aria-live") is None


def test_it_draws_at_most_once_in_a_frame(comes):
    """A hundred lines of the server are one drawing."""
    alice = comes("alice").sign_in()
    counted = alice.page.evaluate(
        """async () => {
            let asked = 0;
            const request = window.requestAnimationFrame;
            window.requestAnimationFrame = (draw) => {
                asked += 1;
                return request((time) => { asked -= 1; draw(time); });
            };
            const drawn = () => new Promise(done => request(() => setTimeout(done)));
            await drawn(); // what was asked for before
            while (asked) await drawn();
            for (let at = 0; at < 100; at++) window.dispatchEvent(new Event('offline'));
            return asked;
        }"""
    )
    assert counted == 1
