"""How it looks and reads: small and large, dark and light, by keyboard, and what axe-core says."""

from __future__ import annotations

import pytest

SIZES = {"320-dark": (320, 640, "dark"), "1280-light": (1280, 800, "light"), "3840-dark": (3840, 2160, "dark")}


def violations(page):
    """Return what axe-core finds."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="there is no axe-core here").Axe()
    found = axe.run(page).response["violations"]
    return [(each["id"], [node["html"][:200] for node in each["nodes"]][:3]) for each in found]


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_found_and_nothing_is_cut(comes, size):
    """Axe-core finds nothing in any view, and no view is wider than the screen."""
    width, height, scheme = SIZES[size]
    small = width < 720
    options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme, "has_touch": small}
    eve = comes("eve", **options).go()
    page = eve.page
    assert violations(page) == []
    eve.enter("eve", "correct-horse")
    eve.ready()
    eve.say("Hello *everybody*, see https://example.org/ and `code`, @eve")
    eve.say("```\ncode\n```\nWe meet at nine")
    eve.tool("We meet at nine", "React with ❤️")
    page.wait_for_selector(".reaction")
    views = [lambda: None, lambda: eve.page.click(".members"), lambda: eve.button("Close the list of members")]
    views += [lambda: eve.button("Settings of the channel"), lambda: page.keyboard.press("Escape")]
    if small:
        views.append(lambda: eve.button("All conversations"))
    views += [lambda: eve.button("Search messages"), lambda: page.keyboard.press("Escape")]
    views += [lambda: eve.button("Write to somebody"), lambda: page.locator("dialog .row").first.wait_for()]
    views += [lambda: page.keyboard.press("Escape"), lambda: page.click(".account")]
    for view in views:
        view()
        page.evaluate("() => new Promise(requestAnimationFrame)")
        assert violations(page) == []
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_with_the_keyboard_alone(comes):
    """Everything is reached with Tab, arrows, Enter and Escape: writing, reacting, the list, a dialog."""
    eve = comes("eve").sign_in()
    keys = eve.page.keyboard
    keys.type("typed at once, as the composer has the focus")
    keys.press("Enter")
    eve.sees("typed at once")
    eve.page.wait_for_selector(".message.own:not(.pending)")
    keys.press("Shift+Tab")
    keys.press("Shift+Tab")
    while eve.page.evaluate("() => !document.activeElement.matches('.messages')"):
        keys.press("Shift+Tab")
    keys.press("ArrowUp")
    assert eve.page.evaluate("() => document.activeElement.matches('li.message')")
    while eve.page.evaluate("() => document.activeElement.getAttribute('aria-label') !== 'Reply'"):
        keys.press("Tab")
    keys.press("Enter")
    assert eve.page.evaluate("() => document.activeElement.matches('textarea')")
    eve.sees("Reply to eve", ".context")
    keys.press("Escape")
    eve.page.locator(".context").wait_for(state="hidden")
    keys.press("ArrowUp")
    eve.sees("Editing your message", ".context")
    keys.press("Escape")


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
            let frames = 0;
            const request = window.requestAnimationFrame;
            await new Promise(done => request(() => request(done)));
            window.requestAnimationFrame = (draw) => { frames += 1; return request(draw); };
            for (let at = 0; at < 100; at++) window.dispatchEvent(new Event('offline'));
            await new Promise(request);
            return frames;
        }"""
    )
    assert counted == 1
