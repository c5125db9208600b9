"""Talking: what one person does, the other sees."""

from __future__ import annotations

import signal

import pytest

from tests.support.irc import Client
from tests.support.server import run_chat


@pytest.fixture
def two(comes):
    """Alice and Bob, both in the lobby."""
    return comes("alice").sign_in(), comes("bob").sign_in()


def test_what_is_said_is_read_and_changed(two):
    """Replies, reactions, edits and deletions reach the other person at once."""
    alice, bob = two
    alice.say("Where are the slides?")
    bob.sees("Where are the slides?")
    bob.tool("Where are the slides?", "Reply")
    bob.say("In the folder, @alice")
    alice.sees("Where are the slides?", ".quote")
    assert "mentions-me" in alice.message("In the folder").get_attribute("class")
    alice.tool("In the folder", "React with ❤️")
    bob.page.locator(".reaction", has_text="1").wait_for()
    bob.page.locator(".reaction").click()
    alice.page.locator(".reaction", has_text="2").wait_for()
    bob.tool("In the folder", "Edit")
    bob.page.fill(".composer textarea", "In the shared folder, @alice")
    bob.page.press(".composer textarea", "Enter")
    alice.sees("shared folder, @alice (edited)")
    bob.say("a secret")
    alice.tool("a secret", "Reply")
    alice.sees("a secret", ".context")
    alice.button("Search messages")
    alice.page.fill("dialog input", "secret")
    alice.page.press("dialog input", "Enter")
    alice.sees("a secret", "dialog")
    bob.tool("a secret", "Delete")
    bob.sees("for everybody and for good", "dialog")
    bob.button("Delete")
    alice.sees("Message deleted")
    alice.until("!document.body.textContent.includes('a secret')")
    bob.until("document.querySelector('.message .gone') && !document.querySelector('.message:has(.gone) .tools')")
    bob.until("document.activeElement.matches('.message:has(.gone)')")
    assert "a secret" not in alice.page.content()


def test_typing_is_shown_and_ends_with_the_message(two):
    """A notice says who is typing; it ends when the message is there."""
    alice, bob = two
    bob.page.locator(".composer textarea").press_sequentially("hm")
    alice.sees("bob is typing…", ".typing")
    bob.page.press(".composer textarea", "Enter")
    alice.sees("hm")
    alice.until("document.querySelector('.typing').textContent === ''")


def test_many_lines_are_one_message(two):
    """A pasted text of many lines arrives as it was, as one message; code keeps its spaces."""
    alice, bob = two
    text = "```\nfor x in range(3):\n    print(x)\n```\n*important* `code` https://example.org/a"
    alice.page.fill(".composer textarea", text)
    alice.page.press(".composer textarea", "Enter")
    bob.sees("    print(x)", "pre")
    message = bob.message("important")
    assert message.locator("pre").inner_text() == "for x in range(3):\n    print(x)"
    assert message.locator("em").inner_text() == "important"
    link = message.locator("a")
    assert link.get_attribute("href") == "https://example.org/a"
    assert "noopener" in link.get_attribute("rel")


def test_a_direct_message_to_somebody_who_is_away_waits(comes):
    """The sender reads that the other person gets it later; the other person finds it, counted, at the sign-in."""
    alice = comes("alice").sign_in()
    alice.button("Write to somebody")
    alice.page.locator("dialog .row", has_text="carol").click()
    alice.say("Call me when you are back")
    alice.sees("carol is away and will get what you write later.", ".typing")
    carol = comes("carol").sign_in()
    carol.sees("1", ".side .row.unread .count")
    carol.until("document.title.startsWith('(1)')")
    alice.say("There is time")
    carol.sees("alice to you: There is time", "[role=log]")
    carol.choose("alice")
    carol.sees("Call me when you are back")
    assert carol.page.locator(".new").count() == 0  # nothing is old
    carol.until("!document.title.startsWith('(')")


def test_a_line_is_between_what_is_old_and_what_is_new(comes):
    """There is none where everything is new: at the first visit, and in a conversation that only begins."""
    alice, dave = comes("alice").sign_in(), comes("dave").sign_in()
    alice.type("/dm dave the first")
    alice.sees("dave", ".title")
    dave.choose("alice")
    dave.sees("the first")
    assert dave.page.locator(".new").count() == 0
    dave.until("!document.querySelector('.side .row.unread')")  # it is read
    dave.choose("lobby")
    alice.say("the second")
    dave.sees("1", ".side .row.unread .count")
    dave.choose("alice")
    dave.page.locator("li.new + li.message", has_text="the second").wait_for()
    eve = comes("eve").sign_in()
    eve.type("/dm dave the only one")
    eve.sees("dave", ".title")
    dave.choose("eve")
    dave.sees("the only one")
    eve.say("and one more")
    dave.sees("and one more")
    assert dave.page.locator(".new").count() == 0


def test_a_refused_correction_is_in_the_field_again(two):
    """It is still a correction; what refuses it is also told to screen readers."""
    alice, bob = two
    alice.type("/join #topics")
    alice.sees("#topics", ".title")
    bob.type("/join #topics")
    bob.sees("#topics", ".title")
    bob.say("half a word")
    alice.type("/mode +m")
    bob.sees("alice changed the channel: only members with a role", ".event")
    bob.sees("alice changed the channel: only members with a role", "[role=log]")
    bob.tool("half a word", "Edit")
    bob.holds("half a word")
    bob.type("a whole word")
    bob.sees("The correction: ", ".toast")
    bob.holds("a whole word")
    bob.sees("Editing your message", ".context")
    alice.type("/mode -m")
    bob.sees("alice changed the channel: all members can write", ".event")
    bob.page.press(".composer textarea", "Enter")
    alice.sees("a whole word")


def test_a_refused_correction_waits_while_something_else_is_typed(comes, server):
    """Neither text is lost: the new one stays in the field, and the corrected one comes back when it is asked for."""
    alice, bob = comes("alice").sign_in(), comes("bob").sign_in()
    for person in (alice, bob):
        person.type("/join #topics")
        person.sees("#topics", ".title")
    bob.say("half a word")
    bob.tool("half a word", "Edit")
    bob.holds("half a word")
    alice.type("/mode +m")
    bob.sees("alice changed the channel: only members with a role", ".event")
    server.tell(signal.SIGSTOP)  # it answers nothing
    try:
        bob.type("a whole word")
        bob.until("!document.querySelector('.composer .context').offsetParent")
        bob.page.fill(".composer textarea", "the next thought")
    finally:
        server.tell(signal.SIGCONT)
    bob.sees("Not corrected in #topics: a whole word", ".toast")
    bob.holds("the next thought")
    bob.button("Edit again")
    bob.holds("a whole word")
    bob.sees("Editing your message", ".context")
    bob.page.press(".composer textarea", "Escape")
    bob.holds("the next thought")
    bob.page.fill(".composer textarea", "")


def test_a_dialog_says_what_is_refused_and_keeps_what_was_typed(two):
    """A topic that was refused is still there; who may not invite reads that in the dialog."""
    alice, bob = two
    alice.type("/join #topics")
    alice.sees("#topics", ".title")
    alice.type("/mode -t")
    alice.sees("You changed the channel", ".event")
    bob.type("/join #topics")
    bob.sees("#topics", ".title")
    bob.button("Settings of the channel")
    bob.page.locator("dialog button", has_text="Set the topic").wait_for()
    bob.page.get_by_role("textbox", name="Topic", exact=True).fill("the topic of bob")
    alice.type("/mode +t")
    bob.sees("alice changed the channel: only those who keep order", ".event")
    bob.button("Set the topic")
    bob.sees("The topic: Only half-operators", "dialog .toast")
    bob.holds("the topic of bob", "dialog input")
    bob.page.keyboard.press("Escape")
    bob.choose("lobby")
    bob.sees("lobby", ".title")
    bob.button("Settings of the channel")
    bob.page.get_by_role("textbox", name="Invite somebody").fill("alice")
    bob.button("Invite")
    bob.sees("Inviting alice: alice is in that channel already", "dialog .toast")
    bob.page.keyboard.press("Escape")
    bob.page.locator(".account").click()
    bob.button("Invite somebody…")
    bob.sees("Only administrators make invitations here.", "dialog .error")


def test_who_may_not_set_the_topic_only_reads_it(two):
    """There is no button for what the server would refuse, and Enter asks for nothing."""
    alice, bob = two
    alice.type("/join #meetings")
    alice.sees("#meetings", ".title")
    bob.type("/join #meetings")
    bob.sees("#meetings", ".title")
    alice.type("/topic We meet at nine")
    bob.sees("We meet at nine", ".topic")
    bob.button("Settings of the channel")
    bob.sees("We meet at nine", "dialog p")
    assert not bob.page.get_by_role("textbox", name="Topic", exact=True).is_visible()
    assert not bob.page.locator("dialog button", has_text="Set the topic").is_visible()
    bob.until("document.activeElement.labels?.[0].textContent === 'Invite somebody'")
    bob.page.keyboard.press("Enter")
    bob.page.locator("dialog").get_by_role("button", name="Close", exact=True).click()
    assert bob.page.locator(".toast").count() == 0
    alice.button("Settings of the channel")
    assert alice.page.get_by_role("textbox", name="Topic", exact=True).is_editable()
    alice.page.locator("dialog h3", has_text="Rules").wait_for()
    assert alice.page.locator("dialog button", has_text="Set the topic").is_visible()


def test_an_administrator_sets_the_topic_of_the_lobby(comes, server):
    """Administrators have no role in a channel, and may. Who may not write does not, also without the mode t."""
    run_chat("role", "carol", "administrator", "--data", server.data)
    try:
        carol, bob = comes("carol").sign_in(), comes("bob").sign_in()
        carol.button("Settings of the channel")
        carol.page.locator("dialog button", has_text="Set the topic").wait_for()
        carol.page.get_by_role("textbox", name="Topic", exact=True).fill("Welcome")
        carol.button("Set the topic")
        bob.sees("Welcome", ".topic")
        carol.type("/mode #lobby +m-t")
        bob.sees("carol changed the channel", ".event")
        bob.button("Settings of the channel")
        bob.page.get_by_role("textbox", name="Invite somebody").fill("carol")
        bob.button("Invite")
        bob.sees("carol is in that channel already", "dialog .toast")  # the server has told the modes before that
        assert not bob.page.locator("dialog button", has_text="Set the topic").is_visible()
        bob.page.keyboard.press("Escape")
        carol.type("/topic -")
        carol.type("/mode #lobby -m+t")
        bob.sees_no("Welcome", ".topic")
    finally:
        run_chat("role", "carol", "none", "--data", server.data)


@pytest.mark.parametrize(
    ("masks", "may"),
    [
        (["+b ~t:60:~m:*!b?B@*"], False),
        (["+b ~m:bob", "+e ~a:b*"], True),
        (["+b ~m:bob", "+v bob"], True),
    ],
)
def test_who_is_muted_is_not_offered_the_topic(two, masks, may):
    """Without the mode t every other member sets it. The page judges by the lists of the channel, as the server."""
    alice, bob = two
    channel = f"#quiet{len(''.join(masks))}"
    alice.type(f"/join {channel}")
    alice.sees(channel, ".title")
    bob.type(f"/join {channel}")
    bob.sees(channel, ".title")
    alice.type("/topic hello")
    for change in ["-t", *masks, "+i"]:
        alice.type(f"/mode {change}")
    bob.sees("only invited people can join", ".event")
    bob.button("Settings of the channel")
    for name in ("one", "two", "three", "four"):  # each answer comes after what the dialog has asked before
        bob.page.get_by_role("textbox", name="Invite somebody").fill(name)
        bob.button("Invite")
        bob.sees(f"Inviting {name}:", "dialog .toast")
    assert bob.page.locator("dialog button", has_text="Set the topic").is_visible() == may


def test_a_channel_is_made_and_kept_in_order(two):
    """Its founder invites, removes and bans, after a sentence that says what will happen."""
    alice, bob = two
    alice.button("Join or create a channel")
    alice.page.fill("dialog input", "project x")
    alice.button("Create #project-x")
    alice.sees("#project-x", ".title")
    alice.type("/invite bob")
    bob.page.click(".invitations summary")
    bob.sees("alice invited you to #project-x", ".invitation")
    bob.page.click(".invitation .button")
    bob.sees("#project-x", ".title")
    bob.say("here I am")
    alice.sees("here I am")
    alice.page.locator("li.message .name", has_text="bob").click()
    alice.button("Remove…")
    alice.sees("bob is removed from #project-x, and can come back.", "dialog")
    alice.page.fill("dialog input", "only a test")
    alice.button("Remove")
    bob.sees("You were removed from #project-x by alice: only a test", ".toast")
    bob.sees_no("project-x", ".side .row")
    alice.sees("bob was removed by you: only a test", ".event")
    alice.type("/ban bob for 1h too loud")
    alice.sees("You banned bob for an hour. Reason: too loud", ".event")
    alice.type("/mode +e carol")
    alice.sees("You excepted carol from bans and mutes.", ".event")
    alice.until("localStorage['chatapp.account']?.includes('chat_')")
    alice.page.reload()
    alice.ready()
    alice.sees("bob was removed by you: only a test", ".event")
    alice.sees("You excepted carol from bans and mutes.", ".event")
    alice.button("Settings of the channel")
    alice.button("Who is banned")
    alice.sees("banned for an hour by alice", "dialog")
    alice.sees("too loud", "dialog")
    alice.sees("excepted by alice", "dialog")


def test_a_finger_does_not_use_a_tool_that_it_did_not_see(comes):
    """The tools come when a tap has ended, so that they do not take it; and they stay for the next tap."""
    alice = comes("alice", viewport={"width": 320, "height": 640}, has_touch=True).sign_in()
    alice.say("tap on me")
    shown = alice.message("tap on me").evaluate(
        """message => {
            const shown = [];
            const happens = (node, type) => {
                const options = {bubbles: type !== 'pointerleave', pointerType: 'touch'};
                node.dispatchEvent(new PointerEvent(type, options));
                shown.push(Boolean(message.querySelector('.tools')));
            };
            document.querySelector('.tools')?.remove();
            happens(message, 'pointerover');
            happens(message, 'click');
            happens(message.closest('.history'), 'pointerleave');
            return shown;
        }"""
    )
    assert shown == [False, True, True]
    assert alice.page.locator(".composer .box").bounding_box()["height"] >= 40


def test_search_finds_and_jumps(two):
    """A result opens the message where it was said."""
    alice, bob = two
    alice.say("the zebra crossing at noon")
    bob.sees("zebra crossing")
    bob.button("Search messages")
    bob.page.fill("dialog input", "zebra from:alice")
    bob.page.press("dialog input", "Enter")
    bob.page.locator("dialog .found-text", has_text="zebra crossing").click()
    bob.page.wait_for_selector("li.message.found:has-text('zebra crossing')")


def test_the_composer_completes_and_keeps_drafts(two):
    """Names, channels, emoji and commands are completed; a draft waits in its conversation."""
    alice, _ = two
    box = alice.page.locator(".composer textarea")
    for typed, wanted in (("@bo", "@bob "), ("#lob", "#lobby "), (":tada", "🎉 "), ("/sea", "/search ")):
        box.fill("")
        box.press_sequentially(typed)
        alice.page.wait_for_selector(".suggestions li")
        box.press("Tab")
        alice.holds(wanted)
    box.fill("")
    box.press_sequentially("an unfinished thought")
    alice.button("Write to somebody")
    alice.page.locator("dialog .row", has_text="bob").click()
    alice.sees("bob", ".title")
    alice.holds("")
    alice.choose("lobby")
    alice.holds("an unfinished thought")


def test_what_is_typed_belongs_to_the_conversation_that_was_opened(comes):
    """The composer changes with the conversation at once, and not with the next frame: an Enter sends nothing there."""
    alice = comes("alice").sign_in()
    alice.type("/msg eve hello")
    alice.sees("eve", ".title")
    alice.page.fill(".composer textarea", "not for the lobby")
    values = alice.page.evaluate(
        """() => {
            const box = document.querySelector('.composer textarea');
            const rows = [...document.querySelectorAll('.side .row')];
            return ['lobby', 'eve'].map(name => {
                rows.find(each => each.textContent.includes(name)).click();
                return box.value;
            });
        }"""
    )
    assert values == ["", "not for the lobby"]
    alice.page.fill(".composer textarea", "")


def test_a_channel_that_is_joined_on_another_device_is_only_listed(comes, server):
    """What somebody is typing meanwhile stays in its conversation; a channel that is joined here is opened."""
    alice = comes("alice").sign_in()
    alice.page.fill(".composer textarea", "for the lob")
    with Client(server.address) as phone:
        phone.sign_in("alice")
        phone.send("JOIN #other")
        phone.sync()
        alice.sees("other", ".side .row")
        alice.page.evaluate("() => new Promise(requestAnimationFrame)")
        alice.page.keyboard.type("by")
        alice.holds("for the lobby")
        alice.page.press(".composer textarea", "Enter")
        phone.wait_for(" PRIVMSG #lobby :for the lobby$")
    alice.type("/join #third")
    alice.sees("#third", ".title")


def test_an_edit_leaves_the_draft_as_it_was(comes):
    """The text of a message that is edited is not a draft; what was typed before is there when the edit is done.

    An edit or a reply that was begun goes on when somebody comes back from another conversation.
    """
    alice = comes("alice").sign_in()
    alice.type("/msg dave hello")
    alice.sees("dave", ".title")
    alice.say("teh cat")
    alice.page.locator(".composer textarea").press_sequentially("next")
    alice.tool("teh cat", "Edit")
    alice.holds("teh cat")
    alice.choose("lobby")
    alice.holds("")
    alice.choose("dave")
    alice.holds("teh cat")
    alice.sees("Editing your message", ".context")
    alice.type("the cat")
    alice.sees("the cat (edited)")
    alice.holds("next")
    alice.tool("the cat", "Reply")
    alice.choose("lobby")
    alice.page.wait_for_selector(".context", state="hidden")
    alice.choose("dave")
    alice.sees("Reply to alice", ".context")
    alice.holds("next")


def test_a_reply_that_begins_during_an_edit_leaves_the_draft(comes):
    """An edit that ends with a reply to another message: the field has the draft again, not the text of the edit."""
    alice = comes("alice").sign_in()
    alice.say("teh cat")
    alice.say("the dog")
    alice.page.locator(".composer textarea").press_sequentially("next")
    alice.tool("teh cat", "Edit")
    alice.holds("teh cat")
    alice.tool("the dog", "Reply")
    alice.sees("Reply to alice", ".composer")
    alice.holds("next")
    alice.tool("teh cat", "Edit")
    alice.tool("the dog", "Edit")
    alice.holds("the dog")
    alice.page.press(".composer textarea", "Escape")
    alice.holds("next")


def test_a_command_that_does_not_exist_is_not_sent(two):
    """What begins with a slash is a command; two slashes begin a text."""
    alice, bob = two
    alice.type("/nothing at all")
    alice.sees("There is no command /nothing.", ".toast")
    alice.page.fill(".composer textarea", "")
    alice.type("//etc/passwd")
    bob.sees("/etc/passwd")
    assert "/nothing" not in bob.page.content()


def test_a_new_token_is_told_in_the_words_of_the_page(comes, server):
    """The page has no command to revoke a token: it says where the devices are, until somebody has read that."""
    carol = comes("carol").sign_in(stay=False)
    with Client(server.address) as other:
        other.sign_in("carol", caps="message-tags labeled-response batch chatapp/account standard-replies")
        other.send("TOKEN ADD :kitchen")
        other.sync()
        carol.sees(
            "The token kitchen signs in to your account now. If you did not want that: sign that device", ".toast"
        )
        assert "/tokens" not in carol.page.inner_text(".toasts")
        carol.page.locator(".toast .button", has_text="Settings").click()
        carol.sees("kitchen", "dialog")
        carol.page.locator("dialog li", has_text="kitchen").get_by_role("button", name="Sign out").click()
        carol.sees_no("kitchen", "dialog")


def test_a_long_answer_stays(comes, server):
    """The bans of the server are read in a dialog; why somebody was signed out stays at the sign-in."""
    run_chat("role", "alice", "administrator", "--data", server.data)
    alice, eve = comes("alice").sign_in(), comes("eve").sign_in()
    alice.type("/uban eve 1h too loud")
    alice.sees("The account eve is banned until", "dialog")
    alice.button("Close")
    eve.sees("too loud. Ask whoever runs the server", ".error")
    alice.type("/ubans")
    alice.sees("The bans of the server", "dialog h2")
    alice.sees("too loud", "dialog")
    alice.sees("Bans: 1.", "dialog")
    alice.button("Close")
    alice.type("/unuban eve")
    alice.sees("The ban of eve has ended.", ".toast")
    run_chat("role", "alice", "none", "--data", server.data)


def test_a_message_to_those_with_a_role(comes, server):
    """The page says who gets it, to screen readers too: their words for a message are "all that is seen of it"."""
    carol = comes("carol").sign_in(stay=False)
    carol.type("/join #kitchen")
    carol.sees("#kitchen", ".row.open")
    with Client(server.address) as other:
        other.sign_in("carol")
        other.send("PRIVMSG @#kitchen :for operators", "PRIVMSG #kitchen :for all")
        other.sync()
    carol.sees("for all")
    assert carol.message("for operators").locator(".badge").inner_text() == "to those with a role"
    spoken = [each.get_attribute("aria-label") for each in carol.page.locator("li.message").all()]
    assert [", to those with a role: for operators" in spoken[0], "role" in spoken[1]] == [True, False]


def test_one_reads_whom_one_blocks(comes):
    """In the conversation with somebody whom we block it says so; nobody waits there for an answer in vain."""
    alice = comes("alice").sign_in()
    alice.type("/msg bob hello")
    alice.sees("bob", ".title")
    alice.type("/block bob")
    alice.sees("You block bob, and get no messages from them.", ".typing")
    alice.type("/unblock bob")
    alice.until("!document.querySelector('.typing').textContent.includes('block')")
    for label, told in (("Block", "You block bob now."), ("Unblock", "You no longer block bob.")):
        alice.button("Who is this")
        alice.page.locator("dialog button", has_text=label).click()
        if label == "Block":
            alice.button("Block")
        alice.sees(told, ".toast")


def test_the_own_name_in_an_own_message_is_no_mention(two):
    """Who names themselves asks for nothing; for others it is a mention, and a stop of Tab."""
    alice, bob = two
    alice.say("I am alice, says @alice to @bob")
    bob.sees("I am alice")
    assert alice.message("I am alice").locator(".mention").all_inner_texts() == ["@bob"]
    assert bob.message("I am alice").locator(".mention").all_inner_texts() == ["@alice", "@bob"]


def test_a_channel_that_is_left_on_another_device_is_told(comes, server):
    """It leaves the list of the page, also if it is open there."""
    dave = comes("dave").sign_in()
    dave.type("/join #here")
    dave.sees("#here", ".title")
    with Client(server.address) as other:
        other.sign_in("dave")
        other.send("PART #here")
        dave.sees("You are no longer in #here.", ".toast")
    dave.sees_no("#here", ".title")
