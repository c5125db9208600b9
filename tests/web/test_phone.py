"""On a phone: taps, the on-screen keyboard, text from right to left, notifications, and the page as an app."""

from __future__ import annotations

import pytest

from tests.support.irc import Client

PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

# Notifications as a browser has them, which tell the test what they show.
NOTIFICATIONS = """
window.shown = [];
window.Notification = class {
    static permission = 'default';
    static async requestPermission() { return (window.Notification.permission = window.answer ?? 'granted'); }
    constructor(title, options) {
        Object.assign(this, {title, ...options, isClosed: false});
        shown.push(this);
    }
    close() { this.isClosed = true; }
};
"""


@pytest.fixture
def dave(comes):
    """Somebody with a phone, who is signed in."""
    return comes("dave", **PHONE).sign_in()


def boxes(person, *selectors):
    """Return where elements are, as soon as they are seen."""
    found = [person.page.locator(selector).first for selector in selectors]
    for element in found:
        element.wait_for()
    return [element.bounding_box() for element in found]


def test_everything_is_reached_by_taps(dave, comes):
    """A tap on a message shows its tools, and a tap on a tool uses it; the list and back are one tap each."""
    eve = comes("eve").sign_in()
    eve.say("tap on me")
    dave.page.locator(".message .text", has_text="tap on me").tap()
    dave.page.get_by_role("button", name="React with 👍", exact=True).tap()
    eve.page.locator(".reaction", has_text="1").wait_for()
    dave.page.locator(".message .text", has_text="tap on me").tap()
    dave.page.get_by_role("button", name="Reply", exact=True).tap()
    dave.page.wait_for_selector(".context:visible")
    dave.page.locator(".composer textarea").tap()
    dave.page.keyboard.type("tapped")
    dave.page.locator(".send").tap()
    eve.sees("tapped")
    dave.page.get_by_role("button", name="All conversations", exact=True).tap()
    eve.say("said while the list is in front")
    dave.sees("1", ".side .row:has-text('lobby') .count")
    dave.page.locator(".side .row", has_text="lobby").tap()
    dave.page.locator("li.new + li.message", has_text="said while the list is in front").wait_for()
    dave.sees("tapped")
    dave.page.locator(".members").tap()
    dave.sees("eve", ".panel .row")
    dave.page.touchscreen.tap(20, 300)
    dave.page.locator(".panel").wait_for(state="hidden")
    dave.page.locator(".members").tap()
    dave.page.locator(".panel .row", has_text="eve").tap()
    dave.page.locator("dialog").get_by_role("button", name="Message", exact=True).tap()
    dave.sees("eve", ".title")
    small = dave.page.evaluate(
        """() => [...document.querySelectorAll('button, a, input, textarea')].filter(each => each.offsetParent)
            .filter(each => each.offsetHeight < 24 && !each.closest('.text, .head')).map(each => each.outerHTML)"""
    )
    assert small == []


def test_back_leads_to_the_list(dave, comes):
    """Back closes what lies over a conversation, or over the list, leads to the list, and only then leaves the page."""
    dave.until("history.state")
    dave.page.locator(".members").tap()
    dave.sees("dave", ".panel .row")
    dave.page.go_back()
    dave.page.locator(".panel").wait_for(state="hidden")
    dave.button("Settings of the channel")
    dave.page.locator("dialog[open]").wait_for()
    dave.page.go_back()
    dave.page.locator("dialog[open]").wait_for(state="detached")
    dave.sees("lobby", ".title")
    for _ in range(2):
        dave.page.go_back()
        dave.page.wait_for_selector(".chat", state="hidden")
        dave.page.locator(".side .row", has_text="lobby").tap()
        dave.page.wait_for_selector(".side", state="hidden")
    dave.page.get_by_role("button", name="All conversations", exact=True).tap()
    dave.page.locator(".side .row", has_text="lobby").tap()  # before the browser has gone back
    dave.until("history.state")
    dave.page.wait_for_selector(".side", state="hidden")
    dave.page.reload()
    dave.ready()
    dave.page.fill(".composer textarea", "/")
    dave.page.wait_for_selector(".suggestions li")  # the rest of the page is loaded
    dave.page.go_back()
    dave.page.wait_for_selector(".chat", state="hidden")
    assert dave.page.url == dave.url
    for closes in (dave.page.go_back, lambda: dave.button("Close")):
        dave.page.locator(".account").tap()
        dave.page.locator("dialog[open]").wait_for()
        dave.until("history.state")
        closes()
        dave.page.locator("dialog[open]").wait_for(state="detached")
        dave.until("!history.state")
        dave.page.locator(".side .row", has_text="lobby").wait_for()
    dave.page.go_back()
    dave.page.wait_for_url("about:blank")


OUTSIDE = """
async distance => {
    const it = document.querySelector('.scroller');
    const view = it.getBoundingClientRect();
    it.scrollTop = distance;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const out = [];
    for (const message of document.querySelectorAll('li.message')) {
        const { top, bottom } = message.getBoundingClientRect();
        if (bottom < view.top + 21 || top > view.bottom - 21) continue; // not a line of it is in view
        message.querySelector('.text').click();
        const tools = message.querySelector('.tools').getBoundingClientRect();
        const isIn = tools.top > view.top - 1 && tools.bottom < view.bottom + 1;
        if (!isIn || tools.left < 0 || tools.right > view.right)
            out.push([message.textContent.slice(0, 20), it.scrollTop, tools.top, tools.bottom]);
    }
    return [it.scrollHeight - it.clientHeight, out];
}
"""


GONE = """
async () => {
    const it = document.querySelector('.scroller');
    const still = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const first = [...document.querySelectorAll('li.message')].findLast(each => each.textContent.includes('message 0'));
    it.scrollTop = first.offsetTop - 100;
    await still();
    first.querySelector('.text').click();
    it.scrollTop += 300;
    await still();
    const tools = document.querySelector('.tools');
    const message = tools.parentNode.getBoundingClientRect();
    return [message.bottom - it.getBoundingClientRect().top, message.bottom, tools.getBoundingClientRect().top];
}
"""


@pytest.mark.parametrize("screen", [PHONE, {"viewport": {"width": 1280, "height": 640}}], ids=["phone", "desk"])
def test_the_tools_of_every_message_in_view_are_on_the_screen(comes, screen):
    """Over their message; under it at the upper edge of the list; and at the edge if both its ends are out of view."""
    dave = comes("dave", **screen).sign_in()
    for at in range(12):
        dave.say(f"message {at}")
    dave.say("\n".join(["a line that is long " * 9] * 40))
    dave.page.locator(".message .link-button", has_text="Show all").last.click()
    end, outside = dave.page.evaluate(OUTSIDE, 0)
    for distance in range(0, end, 29):
        outside += dave.page.evaluate(OUTSIDE, distance)[1]
    above, bottom, top = dave.page.evaluate(GONE)
    assert above < 0
    assert top <= bottom + 1  # they went with their message
    assert end > 640
    assert outside == []


STILL = """
async () => {
    const it = document.querySelector('.scroller');
    for (let last, frames = 0; frames < 15; last = it.scrollTop) {
        await new Promise(requestAnimationFrame);
        frames = it.scrollTop === last ? frames + 1 : 0;
    }
}
"""


def drag(person, y, distance, step):
    """Move a finger down from a place in the middle, by some pixels in each frame; returns how far the end then is."""
    devtools = person.page.context.new_cdp_session(person.page)

    def touch(kind, *points):
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": 180, "y": at} for at in points]})

    touch("touchStart", y)
    for moved in range(20, distance + 1, step):  # at first farther than in a long press
        touch("touchMove", y + moved)
        person.page.evaluate("() => new Promise(requestAnimationFrame)")
    touch("touchEnd")
    devtools.detach()
    person.page.evaluate(STILL)  # the list goes on by itself, as after a push
    return below(person)


def below(person):
    """Return how far the end of the messages is, after everything is drawn again."""
    return person.page.evaluate(
        """async () => {
            const it = document.querySelector('.scroller');
            for (let at = 0; at < 3; at++) {
                dispatchEvent(new Event('online'));
                await new Promise(requestAnimationFrame);
            }
            return it.scrollHeight - it.scrollTop - it.clientHeight;
        }"""
    )


def test_a_finger_scrolls_back_and_a_jump_stays(comes, server):
    """However slowly a finger moves, the list does not return to its end by itself; new messages come below.

    What somebody looked for, or a quote was said of, is in view, also when a conversation without messages was open.
    Neither the composer nor the newest message is covered by the on-screen keyboard, whether the browser makes the page
    smaller (Chrome), or only what is seen of it (Safari).
    """
    words = ", which has so many words that it is two lines on a phone"
    with Client(server.address) as eve:
        eve.sign_in("eve")
        eve.send("JOIN #scroll", *(f"PRIVMSG #scroll :line {at}{words}" for at in range(40)))
        eve.sync()
        dave = comes("dave", **PHONE).sign_in()
        dave.type("/join #scroll")
        dave.sees("#scroll", ".title")
        dave.type("/dm carol")
        dave.sees("carol", ".title")
        dave.button("Search messages")
        dave.page.fill("dialog input", "line in:#scroll")
        dave.page.press("dialog input", "Enter")
        dave.page.locator("dialog .found-text", has_text="line 25").click()
        dave.until("document.activeElement.textContent.includes('line 25')")
        below(dave)
        message, view = boxes(dave, "li.message:focus", ".scroller")
        assert view["y"] <= message["y"] <= view["y"] + view["height"] - message["height"]
        for step in (2, 10):
            dave.page.evaluate("document.querySelector('.scroller').scrollTop = 1e6")
            assert below(dave) < 2
            assert drag(dave, 250, 200, step) > 120
        eve.send("PRIVMSG #scroll :below")
        eve.sync()
        dave.page.locator(".message .text", has_text="below").wait_for(state="attached")
        assert below(dave) > 120
        dave.button("To the newest messages")
        dave.until("document.querySelector('.to-end').hidden")
    dave.page.locator(".composer textarea").tap()
    covered = """it => {
        Object.defineProperty(visualViewport, 'height', {value: it, configurable: true});
        visualViewport.dispatchEvent(new Event('resize'));
    }"""
    for height in (340, 320):
        if height == 340:
            dave.page.set_viewport_size({"width": 360, "height": height})
        else:
            dave.page.evaluate(covered, height)
        dave.until("document.querySelector('.composer').getBoundingClientRect().bottom <= it", height)
        dave.until("document.querySelector('li.message:last-child').getBoundingClientRect().bottom <= it - 40", height)
        (head,) = boxes(dave, ".chat-head")
        assert head["y"] == 0
    dave.page.evaluate("delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize'))")
    dave.page.set_viewport_size(PHONE["viewport"])
    dave.until("Math.abs(document.querySelector('.composer').getBoundingClientRect().bottom - it) < 2", 640)
    dave.type("/dm carol")
    dave.say("a few words")
    dave.page.locator(".message .text", has_text="a few words").tap()
    dave.page.get_by_role("button", name="Reply", exact=True).tap()
    dave.say("about these")
    (text,) = boxes(dave, ".message:has(.quote) .text")
    dave.page.touchscreen.tap(text["x"] + 30, text["y"] + 3)
    dave.page.locator(".message:has(.quote) .tools").wait_for()  # the quote, which is near, has not taken the tap
    dave.page.locator(".quote").tap()
    dave.page.wait_for_selector("li.message.found")
    dave.until("document.querySelector('.to-end').hidden")


def test_enter_makes_a_new_line_and_the_button_sends(dave):
    """An on-screen keyboard has no Shift and Enter. A keyboard that has a Control sends with it."""
    text = dave.page.locator(".composer textarea")
    assert text.get_attribute("enterkeyhint") == "enter"
    text.press_sequentially("the first line")
    text.press("Enter")
    text.press_sequentially("the second line")
    dave.holds("the first line\nthe second line")
    dave.page.locator(".send").tap()
    dave.sees("the first line\nthe second line", ".message .text")
    dave.holds("")
    text.press_sequentially("with Control")
    text.press("Control+Enter")
    dave.sees("with Control", ".message .text")


@pytest.mark.parametrize("typed", ["/in", "/ki", "/"])
def test_completions_are_read_whole(dave, typed):
    """The form of a command and its help are on several lines where one is too short."""
    dave.page.fill(".composer textarea", typed)
    dave.page.wait_for_selector(".suggestions .help")
    assert dave.page.evaluate(
        """[...document.querySelectorAll('.suggestions, .suggestions *')].every(
            it => it.scrollWidth <= it.clientWidth + 1 || getComputedStyle(it).display === 'inline')"""
    )
    box, others = boxes(dave, ".suggestions", ".chat-head")
    assert box["y"] >= others["y"]


def test_a_tap_on_a_completion_touches_nothing_beneath(dave):
    """It completes, and the text keeps the focus. A finger that scrolls the completions takes none."""
    dave.say("\n".join(["https://example.org/"] * 20))
    text = dave.page.locator(".composer textarea")
    text.press_sequentially("/in")
    (row,) = boxes(dave, ".suggestions li")
    beneath = "document.elementsFromPoint(it[0], it[1]).some(each => each.matches('.message a'))"
    dave.until(beneath, [row["x"] + 40, row["y"] + row["height"] / 2])
    drag(dave, row["y"] + 4, 40, 4)
    dave.holds("/in")
    dave.page.evaluate("addEventListener('click', ({target}) => { window.clicked = target.className; }, true)")
    dave.page.touchscreen.tap(row["x"] + 40, row["y"] + row["height"] / 2)
    dave.holds("/invitation ")
    dave.until("window.clicked !== undefined")
    assert len(dave.page.context.pages) == 1
    assert dave.page.locator(".tools").count() == 0
    dave.until("document.activeElement.matches('.composer textarea')")


def test_toasts_cover_nothing_and_leave(comes, server):
    """What happens is told above what can be tapped, in a dialog too, and leaves by itself unless somebody is at it."""
    dave = comes("dave", **{**PHONE, "viewport": {"width": 320, "height": 640}}).sign_in()
    dave.page.clock.install()
    with Client(server.address) as eve:
        eve.sign_in("eve")
        eve.send("JOIN #short", "INVITE dave #short")
        join = dave.page.locator(".toast .button", has_text="Join")
        join.focus()
        dave.page.clock.fast_forward(60_000)
        assert join.evaluate("it => it === document.activeElement")
        join.tap()
        dave.sees("#short", ".title")
        dave.to_list()
        eve.send("KICK #short dave :too loud")
        dave.sees("You were removed from #short by eve: too loud", ".toast")
    places = boxes(dave, ".toast", "[aria-label='Search messages']", "[aria-label='Join or create a channel']")
    assert places[0]["y"] + places[0]["height"] <= min(places[1]["y"], places[2]["y"])
    dave.page.clock.fast_forward(40_000)
    dave.page.locator(".toast").wait_for(state="detached")
    dave.choose("lobby")
    dave.button("Settings of the channel")
    dave.page.get_by_label("Invite somebody").fill("nobodyhere")
    dave.page.keyboard.press("Enter")
    dave.sees("Inviting nobodyhere: ", "dialog .toast")
    dave.holds("nobodyhere", "dialog [placeholder=name]")
    dave.page.locator(".dialog-head").get_by_role("button", name="Close").tap()
    dave.sees("Inviting nobodyhere: ", ".shell > .toasts")


def test_text_from_right_to_left(dave, server):
    """A text, a topic and the name of a channel are each shown in their own direction, and turn nothing beside them."""
    with Client(server.address) as eve:
        eve.sign_in("eve")
        eve.send("JOIN #שלום", "TOPIC #שלום :אבג (1) https://example.org/אב", "INVITE dave #שלום")
        eve.sync()
        dave.page.locator(".toast .button", has_text="Join").tap()
        dave.sees("#שלום", ".title")
        eve.send("PRIVMSG #שלום :שלום, @dave! (1)", "PRIVMSG #שלום :dave: ראה https://example.org/a?b=1 עכשיו")
        eve.sync()
        dave.sees("עכשיו")
    directions = "all => all.map(each => getComputedStyle(each).direction)"
    # The name at the beginning of the second text does not decide.
    assert dave.page.locator(".message .text").evaluate_all(directions) == ["rtl", "rtl"]
    assert dave.page.locator(".topic span").evaluate_all(directions) == ["rtl"]
    assert dave.page.locator(".message .text a").evaluate_all(directions) == ["ltr"]
    assert dave.page.locator(".message .mention").evaluate_all(directions) == ["ltr", "ltr"]
    time, name = boxes(dave, ".message .head time", ".message .name")
    assert name["x"] < time["x"]
    dave.page.fill(".composer textarea", "שלום")
    assert dave.page.locator(".composer textarea").evaluate_all(directions) == ["rtl"]
    dave.page.fill(".composer textarea", "")
    dave.button("All conversations")
    hash_sign, name = boxes(dave, ".side .row:has-text('שלום') .hash", ".side .row:has-text('שלום') .row-name")
    assert hash_sign["x"] < name["x"]


@pytest.fixture
def told(comes):
    """Carol, who wants notifications, and looks at the lobby."""
    carol = comes("carol")
    carol.page.add_init_script(NOTIFICATIONS)
    carol.sign_in()
    carol.page.click(".account")
    carol.page.get_by_label("Notify me of direct messages and mentions").check()
    carol.page.wait_for_function("Notification.permission === 'granted'")
    carol.button("Close")
    return carol


def test_notifications_tell_of_direct_messages_and_mentions(told, server):
    """Not of other messages, nor of what is read here or on another device; a click opens the conversation."""
    shown = "shown.map(each => [each.title, each.body, each.isClosed])"
    with Client(server.address) as eve, Client(server.address) as phone:
        eve.sign_in("eve")
        phone.sign_in("carol", caps="message-tags server-time echo-message draft/read-marker")
        eve.send("JOIN #den", "INVITE carol #den")
        told.page.locator(".toast .button", has_text="Join").click()
        told.sees("#den", ".title")
        told.choose("lobby")
        eve.send("PRIVMSG #den :nothing for you", "PRIVMSG #lobby :carol: seen at once")
        eve.send("PRIVMSG #den :carol: <b>look</b>", "PRIVMSG carol :are you there?")
        told.until("shown.length === 2")
        assert told.page.evaluate(shown) == [
            ["eve in #den", "carol: <b>look</b>", False],
            ["eve", "are you there?", False],
        ]
        told.page.evaluate("shown[1].onclick()")
        told.sees("eve", ".title")
        told.until("shown[1].isClosed")
        phone.send("MARKREAD #den timestamp=9999-12-31T23:59:59.999Z")
        told.until("shown[0].isClosed")


def test_who_forbids_notifications_reads_how_to_allow_them(comes):
    """The box is not ticked, and a sentence says where the browser's settings are."""
    carol = comes("carol")
    carol.page.add_init_script(NOTIFICATIONS + "window.answer = 'denied';")
    carol.sign_in()
    carol.page.click(".account")
    box = carol.page.get_by_label("Notify me of direct messages and mentions")
    box.click()
    carol.sees("The browser does not allow notifications of this page.", ".toast")
    assert not box.is_checked()


# As Chrome on Android is. Chromium without a screen forgets some notifications, so the list of them is the test's.
OF_A_WORKER = """
window.shown = [];
Notification = class extends Notification { constructor() { throw TypeError(); } };
const show = ServiceWorkerRegistration.prototype.showNotification;
ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    const notification = {title, ...options, close: () => shown.splice(shown.indexOf(notification), 1)};
    shown.push(notification);
};
ServiceWorkerRegistration.prototype.getNotifications = async ({tag} = {}) =>
    shown.filter(each => [undefined, each.tag].includes(tag));
"""


def test_a_phone_gets_notifications_from_the_service_worker(comes, server):
    """Chrome on Android has no other way: ``new Notification`` is an error there."""
    carol = comes("carol", permissions=["notifications"])
    carol.page.add_init_script(OF_A_WORKER)
    carol.sign_in()
    carol.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    carol.page.click(".account")
    carol.page.get_by_label("Notify me of direct messages and mentions").check()
    carol.until_it_is("() => JSON.parse(localStorage['chatapp.settings'] ?? '{}').notifications")
    carol.button("Close")
    with Client(server.address) as eve, Client(server.address) as dave:
        for client, name in ((eve, "eve"), (dave, "dave")):
            client.sign_in(name)
            client.send("PRIVMSG carol :are you there?")
            client.sync()
    carol.until("shown.length === 2")
    assert carol.page.evaluate("shown.map(({ title, body }) => [title, body]).sort()") == [
        ["dave", "are you there?"],
        ["eve", "are you there?"],
    ]
    carol.choose("eve")
    carol.until("shown.length === 1 && shown[0].title === 'dave'")


def test_it_can_be_installed(dave):
    """Chromium finds nothing that is missing of an app."""
    dave.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    devtools = dave.page.context.new_cdp_session(dave.page)
    manifest = devtools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    found = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [each["errorId"] for each in found if each["errorId"] != "in-incognito"] == []


def test_the_shell_opens_without_a_connection(comes):
    """Also where nobody is signed in: the form is there, and says that there is no connection."""
    dave = comes("dave", fine=True, **PHONE).go()
    dave.page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    dave.context.set_offline(True)
    dave.page.reload()
    dave.page.wait_for_selector("#name")
    dave.sees("You are offline.", ".connection")
    dave.context.set_offline(False)
    dave.page.reload()
    dave.enter("dave", "correct-horse")
    dave.ready()


@pytest.mark.parametrize("screen", [PHONE, {"viewport": {"width": 320, "height": 568}}])
def test_the_focus_goes_with_what_a_small_screen_shows(comes, screen):
    """What hides the list or the conversation does not lose the focus: a screen reader is where the eye is.

    In the list, it is on the conversation that was shown.
    """
    dave = comes("dave", **screen).sign_in()
    for channel in ("#one", "#two"):
        dave.type(f"/join {channel}")
        dave.sees(channel, ".title")
    dave.page.get_by_role("button", name="All conversations", exact=True).focus()
    dave.page.keyboard.press("Enter")
    dave.until("document.activeElement.matches('.row') && document.activeElement.textContent.includes('two')")
    dave.page.keyboard.press("Enter")
    dave.until("document.activeElement.matches(it)", ".title" if screen is PHONE else ".composer textarea")


def test_the_list_of_members_goes_when_the_focus_leaves_it(comes):
    """On a small screen it lies over the conversation: no control beneath it has the focus unseen."""
    dave = comes("dave", viewport={"width": 320, "height": 568}).sign_in()
    dave.page.click(".members")
    dave.until("document.activeElement.matches('.panel input')")
    while dave.page.evaluate("() => document.activeElement.matches('.panel *')"):
        dave.page.keyboard.press("Shift+Tab")
    focused = "document.activeElement.matches('.chat *')"
    dave.until(f"({focused}) && document.querySelector('.panel').hidden")


def test_the_tools_of_a_message_leave_when_somebody_writes(dave, comes):
    """They would cover what is above the message for as long as the text takes."""
    comes("eve").sign_in().say("tap on me")
    dave.page.locator(".message .text", has_text="tap on me").tap()
    dave.page.wait_for_selector(".tools")
    dave.page.locator(".composer textarea").tap()
    dave.page.wait_for_selector(".tools", state="detached")


@pytest.mark.parametrize("covers", [False, True], ids=["resizes", "covers"])
def test_an_answer_is_seen_above_the_keyboard_with_a_phone_on_its_side(comes, covers):
    """The composer is whole in what the on-screen keyboard leaves, also with many lines; then the heading is back."""
    dave = comes("dave", **{**PHONE, "viewport": {"width": 568, "height": 320}}).sign_in()
    dave.say("what to answer")
    dave.page.locator(".message .text", has_text="what to answer").tap()
    dave.page.get_by_role("button", name="Reply", exact=True).tap()
    if covers:
        dave.page.evaluate("""() => {
            Object.defineProperty(visualViewport, 'height', {value: 130, configurable: true});
            visualViewport.dispatchEvent(new Event('resize'));
        }""")
    else:
        dave.page.set_viewport_size({"width": 568, "height": 130})
    for text in ("a", "a\nb\nc\nd\ne\nf"):
        dave.page.fill(".composer textarea", text)
        dave.until("document.querySelector('.context').getBoundingClientRect().top >= 0")
        dave.until("document.querySelector('.box').getBoundingClientRect().bottom <= it", 130)
    if covers:
        dave.page.evaluate("delete visualViewport.height; visualViewport.dispatchEvent(new Event('resize'))")
    else:
        dave.page.set_viewport_size({"width": 568, "height": 320})
    dave.page.locator(".chat-head").wait_for()
